################################################################
# What must hold when a day is over
################################################################
#
# Rule 1: what is held against the register is what truly happened outside, never what the product says of itself.
# Rule 2: `broken(day)` names every law that does not hold, in words that say which mail, record or card.

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from registry.events import Closed, Referred, StepAcknowledged, StepApproved, StepCompleted, StepReturned
from registry.record import Record, Step, evolve, holders
from registry.sheet import read_entry, verify
from service.ports import SeenMail, Wanted
from tests.simulation.day import Day
from tests.simulation.outside import Truth

_ENDS = (StepAcknowledged, StepApproved, StepCompleted, StepReturned)


def broken(day: Day) -> list[str]:
    """Every law that *day* breaks; none for a good day."""
    records = day.store.read(lambda tx: tx.find(Wanted(top=1_000)))
    return [
        *_conservation(day),
        *_count(day),
        *_statement(day),
        *_one_record_each(day, records),
        *_numbers(records),
        *_sheets(day, records),
        *_cards(day, records),
        *_presses(day),
        *_replies(day, records),
        *_outbox(day),
    ]


# ---------------------------------------------------------------- the mail


def _verdicts(day: Day) -> dict[tuple[str, str], SeenMail]:
    return {(seen.mailbox, seen.item_id): seen for seen in day.kept.seen()}


def _conservation(day: Day) -> Iterator[str]:
    """Every mail that came has one verdict, the right one; whatever was shown or lies there is judged."""
    seen = _verdicts(day)
    for truth in day.outside.truths:
        judged = [seen[truth.mailbox, i] for i in truth.ids if (truth.mailbox, i) in seen]
        verdicts = [s.verdict for s in judged if s.verdict not in ("gone", "shown")]
        renamed = {"copy"} if len(truth.ids) > 1 else set()  # under its new id it is the same letter once more
        if wrong := set(verdicts) - truth.must_be - renamed:
            yield f"{truth.letter} ({truth.ids}) was taken for {', '.join(sorted(wrong))}"
        if not verdicts and not truth.deleted:
            yield f"{truth.letter} ({truth.ids}) came and was never judged"
    for address in day.outside.boxes:
        judged_there = {i for (m, i), s in seen.items() if m == address and s.verdict != "shown"}
        for item in sorted(day.outside.there(address) - judged_there):
            yield f"{item} lies at {address} and has no verdict"


def _count(day: Day) -> Iterator[str]:
    """The day's count says what is true: delta alone brought everything, and the sums are those of the mailbox."""
    for mailbox, item in sorted(day.unhealed):
        yield f"{item} lay at {mailbox} and only the count found it"
    seen = _verdicts(day)
    for count in day.counts:
        told = [s.verdict for (mailbox, _), s in seen.items() if mailbox == count.mailbox]
        there = day.outside.there(count.mailbox)
        judged = {i for m, i in seen if m == count.mailbox}
        if count.green and not there <= judged:
            yield f"the day is green at {count.mailbox}, and {sorted(there - judged)} has no verdict"
        if not count.green and there <= judged:
            yield f"the day is red at {count.mailbox}, and everything was judged: {count}"
        sums = (count.seen, count.registered, count.copies, count.quarantined)
        true = (len(told), *(told.count(v) for v in ("registered", "copy", "quarantined")))
        if count.green and sums != true:
            yield f"{count.mailbox}: the count says {sums}, the mailbox {true}"


def _statement(day: Day) -> Iterator[str]:
    """The closed day is stated once for each colour, with both sides by name, and told once."""
    if day.statement is None:
        yield "the day was not stated"
        return
    seen = _verdicts(day)
    for box in json.loads(day.statement["statement"])["mailboxes"]:
        true = {i: s.verdict for (m, i), s in seen.items() if m == box["mailbox"]}
        told = {j["item"]: j["verdict"] for j in box["judged"]}
        if box["green"] and (told != true or {s["item"] for s in box["seen"]} != set(true)):
            yield f"{box['mailbox']}: the statement names {sorted(told)}, and there is {sorted(true)}"
        if not box["green"] and all(count.green for count in day.counts):
            yield f"{box['mailbox']} adds up, and is stated as red"
    said = sum(map(len, day.outside.chats.told.values()))
    if said > day.statement["number"] + _excuses(day) or not said:
        yield f"a day that was stated {day.statement['number']} times was told {said} times"


def _excuses(day: Day) -> int:
    """How often an answer was lost, so that what cannot be looked up may have been said twice."""
    return day.deaths + day.unanswered_of_dead + sum(day.weather.struck[kind] for kind in _LOSES_ANSWERS)


def _one_record_each(day: Day, records: list[Record]) -> Iterator[str]:
    """A letter makes one record, however often and wherever it came; a record is of a letter that came."""
    of_letter: defaultdict[str, set[str]] = defaultdict(set)
    letters = {(t.mailbox, i): t for t in day.outside.truths for i in t.ids}
    for record in records:
        truth = letters.get((record.source.mailbox, record.source.item_id))
        if truth is None:
            yield f"{record.reference} is of a mail that never came"
        else:
            of_letter[truth.letter].add(record.reference)
    by_letter: defaultdict[str, list[Truth]] = defaultdict(list)
    for truth in day.outside.truths:
        by_letter[truth.letter].append(truth)
    for letter, came in by_letter.items():
        made = of_letter[letter]
        makes_one = any(t.must_be & {"registered", "quarantined"} for t in came)
        if len(made) > 1:
            yield f"{letter} made {len(made)} records: {', '.join(sorted(made))}"
        if makes_one and not made and not all(t.deleted for t in came):
            yield f"{letter} made no record"


def _numbers(records: list[Record]) -> Iterator[str]:
    drawn = defaultdict(list)
    for record in records:
        drawn[record.registry_unit_id, record.kind, record.year].append(record.serial)
    for series, serials in drawn.items():
        if sorted(serials) != list(range(1, len(serials) + 1)):
            yield f"the numbers of {series} have a gap or stand twice: {sorted(serials)}"


# ---------------------------------------------------------------- the sheets


def _presses(day: Day) -> Iterator[str]:
    """Every press that was answered was answered with a card or a sentence."""
    for press in day.unanswered:
        yield f"a press was not answered: {press}"


def _sheets(day: Day, records: list[Record]) -> Iterator[str]:
    for record in records:
        entries = day.store.read(lambda tx, r=record: tx.sheet(r.record_id))
        if (fault := verify(entries)) is not None:
            yield f"{record.reference}: line {fault.seq} of the sheet: {fault.reason}"
        events = [read_entry(entry) for entry in entries]
        ended = Counter(e.step for e in events if isinstance(e, _ENDS))
        ended.update(e.resumes for e in events if isinstance(e, Referred) and e.resumes is not None)
        if twice := [step for step, times in ended.items() if times > 1]:
            yield f"{record.reference}: steps {twice} were decided more than once"
        if sum(isinstance(e, Closed) for e in events) > 1:
            yield f"{record.reference} was closed more than once"
        stands: Record | None = None
        for _, together in groupby(events, key=lambda e: e.at):
            for event in together:
                stands = evolve(record.record_id, stands, event)
            assert stands is not None
            if bool(holders(stands)) == stands.ended:
                yield f"{record.reference} at version {stands.version} is held by {len(holders(stands))}"
        if stands != record:
            yield f"{record.reference}: its events add up to another record"


# ---------------------------------------------------------------- cards and replies


def _as_shown(step: Step | None) -> Step | None:
    """The step without what no card shows: that it was looked at."""
    return replace(step, read_at=None, read_by=None) if step is not None else None


def _cards(day: Day, records: list[Record]) -> Iterator[str]:
    """Of every step its people have one card, and what stands there is true; after a lost answer there may be two."""
    known = {r.record_id: r for r in records}
    sends = day.outside.chats.sent
    doubled = sum(n - 1 for n in sends.values())
    excuses = _excuses(day)
    if doubled > excuses:
        yield f"{doubled} cards stand twice, for {excuses} lost answers"
    copies = day.kept.copies()
    for asked in day.kept.asked():
        step = known[asked.record_id].step(asked.step)
        assert step is not None
        if not sends.get(asked.token) and step.state != "done":
            yield f"{asked.person} has no card of step {asked.step} of {known[asked.record_id].reference}"
    for chat in day.outside.chats.cards.values():
        for activity_id, view in chat.items():
            record = known.get(view.record.record_id)
            if record is None:
                yield f"a card stands of {view.record.reference}, which there is not"
            elif (view.asked.token, activity_id) in copies and _as_shown(view.step) != _as_shown(
                record.step(view.step.number)
            ):
                yield f"a card of step {view.step.number} of {record.reference} shows what it was, not what it is"


_LOSES_ANSWERS = ("504 after success", "reset after", "slow drip", "cut JSON", "database down", "commit unanswered")


def _replies(day: Day, records: list[Record]) -> Iterator[str]:
    """Whoever forwarded a letter that is closed is answered once."""
    sent: Counter[str] = Counter()
    for box in day.outside.boxes.values():
        sent.update(reply.key.partition("?")[0] for reply in box.sent.values())
        for reply in box.drafts.values():
            yield f"a draft of {reply.key} was left lying"
    for record in records:
        times, owed = sent.pop(f"reply:{record.record_id}", 0), record.ended and record.forwarded_by is not None
        if owed and not times and "DraftReply" in record.stuck and _is_gone(day, record):
            continue  # the mail it would answer was deleted, and the sheet says so
        if times != int(owed):
            yield f"{record.reference} was answered {times} times, and {int(owed)} is due"
    for record in records:
        for missed in record.unreached:
            times = sent.pop(f"question:{record.record_id}:{missed.step}:{missed.person}", 0)
            if times != int(missed.mailed_at is not None):
                yield f"{missed.person} was written to {times} times about step {missed.step} of {record.reference}"
    for key in sent:
        yield f"an answer went out for {key}, which there is not"


def _is_gone(day: Day, record: Record) -> bool:
    """Whether its mail was deleted. Ids are those of a mailbox: another may have the same."""
    mailbox, item_id = record.source.mailbox, record.source.item_id
    mails = [t for t in day.outside.truths if t.mailbox == mailbox and item_id in t.ids and not t.deleted]
    return not {i for t in mails for i in t.ids} & day.outside.there(mailbox)


def _outbox(day: Day) -> Iterator[str]:
    for kind, record_id, state, error in day.kept.undone():
        if (kind, state) != ("DraftReply", "stuck") or not error.startswith("Gone"):
            yield f"{kind} of {record_id} is {state}: {error}"
