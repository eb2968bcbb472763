################################################################
# The drafter's part: begin a record of ours, write it anew, put it on its way, give it up
################################################################
#
# Rule 1: a draft has no number, and its drafter holds it until it is submitted.
# Rule 2: what is submitted can be finished: everybody who must decide is there, cleared and entitled, and so is
#         everybody to whom it will go.
# Rule 3: an edit voids what was decided on other words, and the way begins again; what comes back unchanged goes on
#         where it was.
# Rule 4: what is drafted in Word is on its way when its file was frozen: registry/documents.py.

from dataclasses import replace
from datetime import datetime

from registry.acting import capacity_of, refusal, words
from registry.answering import date_of, joined, too_open, unanswerable
from registry.changed import changed
from registry.circuit_commands import Draft, Redraft, Submit, Withdraw
from registry.circuit_events import Drafted, Redrafted, Submitted
from registry.circuits import OPEN, WAITING, Addressee, Stage, seal_of
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.document_events import PressPending
from registry.entities import named_in
from registry.events import Attachment, Closed
from registry.issuing import nobody_there
from registry.limits import MOST_RECIPIENTS
from registry.mail import Address
from registry.numbers import draft_reference
from registry.office import Office, Person
from registry.planning import fault, plan
from registry.recipients import Chosen, as_chosen
from registry.record import DONE, Record, evolve
from registry.rights import may_act
from registry.seats import asked_in, begun, to_drafter
from registry.vocabulary import CONFIDENTIALITIES, ISSUED_FOR, KINDS, URGENCIES, Kind, Verb, may_see


def decide_draft(ask: Draft, record: Record | None, office: Office, now: datetime) -> Decision:
    """Begin it, and put it before whoever drafts it."""
    if record is not None:
        return Nothing()
    person, kind = office.person(ask.by), KINDS.get(ask.kind)
    if person is None:
        return Refused("may.unknown_person")
    if not person.active:
        return Refused("may.inactive")
    unit = office.unit(person.unit_id)
    if unit is None:
        return Refused("draft.no_unit")
    if kind is None or not kind.issued:
        return Refused("draft.unknown_kind")
    in_word = kind.code in office.documents.word
    letter = ask.letter if ask.in_reply_to is not None else None
    if ask.in_reply_to is not None and (no := unanswerable(letter, person, kind, now)) is not None:
        return no
    if (why := _unfit(ask, person, office, in_word=in_word) or _nowhere(ask, kind, office)) is not None:
        return Refused(why)
    if (no := too_open(ask.confidentiality, letter)) is not None:
        return no
    drafted = Drafted(
        at=now,
        by=ask.by,
        capacity=_capacity(person, office),
        entity_id=office.entity_id,
        kind=kind.code,
        direction=kind.direction,
        registry_unit_id=unit.unit_id,
        reference=draft_reference(unit, kind),
        subject=_line(ask.subject),
        text=words(ask.text) or "",
        sender=Address(person.name, person.mail),
        addressees=_known(ask.addressees, office),
        party=words(ask.party),
        confidentiality=ask.confidentiality,
        urgency=ask.urgency,
        level=ask.level,
        outside=_outside(ask, kind, office),
        expects_reply=(ask.expects_reply and kind.direction == "out") or None,
        attachments=tuple(
            Attachment(size_bytes=f.size_bytes, sha256=f.sha256, content_type=f.content_type) for f in ask.files
        ),
        attachment_names=tuple(f.name for f in ask.files),
        written_in="word" if in_word else None,
        in_reply_to=letter.record_id if letter is not None else None,
        their_reference=letter.their_reference if letter is not None else None,
        their_date=date_of(letter, office.zone) if letter is not None else None,
    )
    after = evolve(ask.record_id, None, drafted)
    answers = (joined(letter, ask.by, drafted.capacity, now),) if letter is not None else ()
    return Accepted((drafted, *answers, to_drafter(after, drafted, "draft", now)))


def decide_redraft(ask: Redraft, record: Record, office: Office, now: datetime) -> Decision:
    """Write it anew: a draft that its drafter holds stays with them, one that is on its way begins again."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    written = Redrafted(
        at=now,
        by=ask.by,
        capacity=_capacity(person, office),
        subject=_line(ask.subject),
        text=words(ask.text) or "",
        addressees=_known(ask.addressees, office),
        party=words(ask.party),
        confidentiality=ask.confidentiality,
        urgency=ask.urgency,
        level=ask.level,
        outside=_outside(ask, record.rules, office),
        expects_reply=(ask.expects_reply and record.direction == "out") or None,
    )
    same = (as_chosen(record.recipients), record.expects_reply) == (written.outside, bool(written.expects_reply))
    if record.drafter == ask.by and same and all(getattr(record, n) == getattr(written, n) for n in _WORDS):
        return Nothing()
    if not (verdict := may_act(person, record, Verb.EDIT, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    if (why := _unfit(ask, person, office, in_word=record.in_word) or _nowhere(ask, record.rules, office)) is not None:
        return Refused(why)
    if (no := too_open(ask.confidentiality, ask.letter)) is not None:
        return no
    if record.circuit is None or record.circuit.current is None:
        return Accepted((written,))
    after = evolve(record.record_id, record, written)
    return _restarted(written, after, office, now)


def decide_submit(ask: Submit, record: Record, office: Office, now: datetime) -> Decision:
    """Put it on its way."""
    person, step = office.person(ask.by), record.step(ask.step)
    if person is None:
        return Refused("may.unknown_person")
    if step is not None and step.state == DONE and (step.outcome, step.ended_by) == ("submitted", ask.by):
        return Nothing()
    pending = record.pending
    if pending is not None and (pending.what, pending.step, pending.by) == ("submit", ask.step, ask.by):
        return Nothing()
    if not (verdict := may_act(person, record, Verb.SUBMIT, now, ask.step)):
        return refusal(verdict.reasons[0], record, step, office)
    assert step is not None, "may_act knows the step"
    if (no := too_open(record.confidentiality, ask.letter)) is not None:
        return no
    stages = way_of(record, office)
    if isinstance(stages, Refused):
        return stages
    if (nobody := undeliverable(record, office)) is not None:
        return nobody
    if record.in_word:
        capacity, note = capacity_of(person, step, office), words(ask.note)
        return Accepted(
            (PressPending(at=now, by=ask.by, capacity=capacity, what="submit", step=step.number, note=note),)
        )
    submitted = Submitted(
        at=now,
        by=ask.by,
        capacity=capacity_of(person, step, office),
        step=step.number,
        stages=stages,
        seal=sealed(record),
        note=words(ask.note),
    )
    after = evolve(record.record_id, record, submitted)
    begins = after.circuit.next if after.circuit is not None else None
    assert begins is not None, "a way that is planned has a stage that is not over"
    return Accepted((submitted, *asked_in(begins, after, submitted, office, now)))


def decide_withdraw(ask: Withdraw, record: Record, office: Office, now: datetime) -> Decision:
    """End a draft: it will not be issued."""
    person, note = office.person(ask.by), words(ask.note)
    if person is None:
        return Refused("may.unknown_person")
    if record.outcome == "withdrawn" and record.drafter == ask.by:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.WITHDRAW, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    if note is None:
        return Refused("say.reason_missing")
    return Accepted((Closed(at=now, by=ask.by, capacity=_capacity(person, office), outcome="withdrawn", note=note),))


def sealed(record: Record) -> str:
    """Return the seal of the record's words and files as they stand."""
    files = [a.sha256 for a in record.attachments]
    if record.document is not None and record.document.frozen is not None:
        files.append(record.document.frozen)
    outside = as_chosen(record.recipients)
    return seal_of(record.subject, record.text, record.addressees, record.party, files, outside)


_WORDS = ("subject", "text", "addressees", "party", "confidentiality", "urgency", "level")


def _restarted(written: Redrafted, after: Record, office: Office, now: datetime) -> Decision:
    """The way from its beginning, with the new words under a new seal; back to the drafter where it has none now."""
    stages = way_of(after, office)
    if isinstance(stages, Refused):
        return stages
    if (nobody := undeliverable(after, office)) is not None:
        return nobody
    back = to_drafter(after, written, "edit", now)
    again = evolve(after.record_id, after, back)
    submitted = Submitted(
        at=now, by=written.by, capacity=written.capacity, step=back.step, stages=stages, seal=sealed(after), note=None
    )
    again = evolve(after.record_id, again, submitted)
    assert again.circuit is not None, "it was just submitted"
    return Accepted((written, back, submitted, *asked_in(begun(again.circuit), again, submitted, office, now)))


def way_of(record: Record, office: Office) -> tuple[Stage, ...] | Refused:
    """Return the stages to go through: those it has, where they still serve; else what the office lays down now."""
    circuit = record.circuit
    if circuit is None or circuit.level != record.level:
        return plan(record, office)
    stages = circuit.stages
    if circuit.edited:
        stages = tuple(changed(s, state=WAITING, opened_from=0) for s in stages)
    if all(s.state not in (WAITING, OPEN) for s in stages):
        return plan(record, office)
    return stages if fault(stages, record, office) is None else plan(record, office)


def undeliverable(record: Record, office: Office) -> Refused | None:
    """Return why it could not be put before everybody to whom it goes; None where it can."""
    if record.direction == "internal" and record.kind == "internal_memo" and not record.addressees:
        return Refused("issue.to_nobody")
    return next((why for a in record.addressees if (why := nobody_there(a, record, office)) is not None), None)


def _unfit(ask: Draft | Redraft, person: Person, office: Office, *, in_word: bool) -> str | None:
    if words(ask.subject) is None:
        return "say.subject_missing"
    if words(ask.text) is None and not in_word:
        return "say.text_missing"
    if ask.confidentiality not in CONFIDENTIALITIES or ask.urgency not in URGENCIES:
        return "register.unknown_level"
    if not may_see(person.clearance, ask.confidentiality):
        return "may.secrecy"
    if not 1 <= ask.level <= max(len(office.circuits.levels), 1):
        return "draft.unknown_signing"
    if any(a.asked not in ISSUED_FOR for a in ask.addressees):
        return "refer.unknown_disposition"
    return None


def _nowhere(ask: Draft | Redraft, kind: Kind, office: Office) -> str | None:
    """Why it cannot go outside to those who were chosen."""
    if kind.direction != "out":
        return None
    named = [r.entity for r in ask.recipients]
    if len(named) > MOST_RECIPIENTS:
        return "draft.too_many_recipients"
    if any(code not in office.entities for code in named):
        return "draft.unknown_recipient"
    return "draft.copies_alone" if ask.recipients and all(r.copy for r in ask.recipients) else None


def _outside(ask: Draft | Redraft, kind: Kind, office: Office) -> tuple[Chosen, ...]:
    """The recipients, each once, those to whom it is addressed first: who was chosen, or else is named as the party.
    What stays inside has none."""
    if kind.direction != "out":
        return ()
    named = (Chosen(entity=code) for code in named_in(ask.party, office.entities.values()))
    recipients = ask.recipients or tuple(named)
    first: dict[str, Chosen] = {}
    for recipient in sorted(recipients, key=lambda r: r.copy):
        first.setdefault(recipient.entity, recipient)
    return tuple(first.values())


def _known(addressees: tuple[Addressee, ...], office: Office) -> tuple[Addressee, ...]:
    """The addressees, each once; of a person, the unit is theirs."""
    listed = (
        replace(a, unit=person.unit_id) if (person := office.person(a.person)) is not None else a for a in addressees
    )
    return tuple(dict.fromkeys(listed))


def _line(text: str) -> str:
    return " ".join((words(text) or "").split())


def _capacity(person: Person, office: Office) -> str:
    unit = office.unit(person.unit_id)
    return "head" if unit is not None and unit.head == person.person_id else "member"
