################################################################
# A small office outside the product: letters come, people press, and what must have come of it
################################################################
#
# Rule 1: the office outlives every process of the product; what is true is written down here, as it happens.
# Rule 2: people press what their card offers; a press that was not answered is made again, under the same id.
# Rule 3: `wrong` holds what the product keeps against that, and says which letter, note or card.

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from random import Random
from types import MappingProxyType
from typing import Any

from sqlalchemy import text as sql

from registry.events import AnnotationFinal, Event, StepAcknowledged, StepApproved, StepCompleted, StepReturned
from registry.record import Record, fold
from registry.sheet import read_entry, verify
from service.ports import AnyView, CardView, Conversation, Drafted, Wanted
from store.store import SqlStore
from tests.fakes.archive import FakeArchive
from tests.fakes.chats import FakeChats
from tests.fakes.installs import FakeInstalls
from tests.fakes.mailbox import FakeMailbox
from tests.service.house import letter
from tests.values import FORWARDED, MAILBOX

type Json = dict[str, Any]

FORWARDERS = ("omar", "salem")
_ENDS = (StepAcknowledged, StepApproved, StepCompleted, StepReturned)


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody presses a button of theirs; `then` are the presses that they make once it was answered."""

    person: str
    token: str
    verb: str
    inputs: dict[str, str]
    activity_id: str
    then: tuple["Press", ...] = ()

    @property
    def activity(self) -> Json:
        """What Teams' channel sends of it, each time the same."""
        data = {"token": self.token, "verb": self.verb, **self.inputs}
        action = {"type": "Action.Execute", "verb": self.verb, "data": data}
        return _activity(
            self.person,
            id=self.activity_id,
            type="invoke",
            name="adaptiveCard/action",
            value={"action": action, "trigger": "manual"},
            replyToId=f"card-{self.token}",
        )


def installed(person: str) -> Json:
    """What Teams tells when the app came to somebody."""
    return _activity(person, id=f"installed-{person}", type="installationUpdate", action="add")


def _activity(person: str, **own: Any) -> Json:
    return {
        "channelId": "msteams",
        "serviceUrl": "https://smba.example/emea/",
        "from": {"id": f"29:{person}", "aadObjectId": person, "name": person},
        "recipient": {"id": "28:bot"},
        "conversation": {"id": f"a:{person}", "conversationType": "personal", "tenantId": "t"},
        "channelData": {"tenant": {"id": "t"}},
        **own,
    }


class Chats(FakeChats):
    """Chats in which it is counted how often each card came; `shown` is told of the first."""

    def __init__(self, shown: Callable[[CardView], None]) -> None:
        super().__init__()
        self.sent: Counter[str] = Counter()
        self._shown = shown

    async def ask(self, conversation: Conversation, card: AnyView) -> str:
        activity_id = await super().ask(conversation, card)
        if not isinstance(card, CardView):
            return activity_id
        self.sent[card.asked.token] += 1
        if self.sent[card.asked.token] == 1:
            self._shown(card)
        return activity_id


class Mailbox(FakeMailbox):
    """A mailbox that may be bad at finding what was drafted under a key before."""

    finds_drafts = True

    async def draft_reply(self, item_id: str, html: str, *, key: str) -> Drafted:
        return await super().draft_reply(item_id, html, key=key if self.finds_drafts else f"{key}?{self._made}")


@dataclass
class Office:
    """The world outside. `pressing` are the presses that people are about to make; `told`, what Teams is to tell;
    `how_many_notes`, what is drawn from for each card."""

    rng: Random
    clock: Callable[[], datetime]
    how_many_notes: tuple[int, ...] = (0, 0, 1, 2)
    pressing: list[Press] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # final ones, as they were pressed
    came: int = 0

    def __post_init__(self) -> None:
        self.box = Mailbox(MAILBOX, self.clock, page=7)
        self.chats, self.installs, self.archive = Chats(self._a_card_came), FakeInstalls(), FakeArchive()
        self._ids = count(1)

    def arrives(self) -> None:
        """One of FORWARDERS forwards a letter of the audit office to the registry."""
        self.came += 1
        words = FORWARDED.replace("الربع الثاني", f"الربع الثاني، كتاب {self.came}")
        by = f"{self.rng.choice(FORWARDERS)}@ministry.example"
        self.box.arrive(letter(self.came, by, subject=f"إعادة توجيه: كتاب {self.came}", text=words))

    async def install(self, person: str) -> bool:
        new = await self.installs.install(person)
        if new:
            self.told.append(installed(person))
        return new

    def _a_card_came(self, card: CardView) -> None:
        """Whose turn it is writes a note or two now and then, refers or decides."""
        person, token = card.person.person_id, card.asked.token
        if card.step.asked == "for_action":
            last = self._press(person, token, "complete", note="أُعدّت المستندات")
        elif person == "huda" and len(card.record.steps) == 1 and self.rng.random() < 0.4:
            last = self._press(person, token, "refer", to="omar", disposition="for_action", note="للإفادة")
        elif card.step.asked == "for_approval":
            last = self._press(person, token, "approve")
        else:
            last = self._press(person, token, "acknowledge")
        for _ in range(self.rng.choice(self.how_many_notes)):
            self.notes.append(f"ملاحظة {next(self._ids)}")
            last = self._press(person, token, "annotate_final", (last,), note=self.notes[-1])
        self.pressing.append(last)

    def _press(self, person: str, token: str, verb: str, then: tuple[Press, ...] = (), **inputs: str) -> Press:
        return Press(person, token, verb, inputs, f"press-{next(self._ids)}", then)


# ---------------------------------------------------------------- what must have come of it


def at_rest(store: SqlStore) -> bool:
    """Whether nothing is to be done any more."""
    return not _rows(store, "SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT 1")


def unnoted(store: SqlStore, office: Office) -> set[str]:
    """The tokens of cards that were sent and not noted: they will be sent again."""
    return set(office.chats.sent) - {row[0] for row in _rows(store, "SELECT token FROM cards")}


def wrong(store: SqlStore, office: Office, *, excused: Mapping[str, int] = MappingProxyType({})) -> list[str]:
    """What was lost and what was done twice. A card is the one thing that may stand twice, as often as *excused*."""
    records: list[Record] = store.read(lambda tx: tx.find(Wanted(top=1_000_000)))
    return [*_letters(records, office), *_sheets(store, records, office), *_outside(store, records, office, excused)]


def _letters(records: list[Record], office: Office) -> Iterator[str]:
    of_mail = Counter(r.source.item_id for r in records)
    for item_id in office.box.items:
        if of_mail[item_id] != 1:
            yield f"the letter {item_id} made {of_mail[item_id]} records"
    if strange := set(of_mail) - set(office.box.items):
        yield f"records of mails that never came: {sorted(strange)}"
    if sorted(r.serial for r in records) != list(range(1, len(records) + 1)):
        yield f"{len(records)} numbers have a gap, or stand twice"


def _sheets(store: SqlStore, records: list[Record], office: Office) -> Iterator[str]:
    notes: Counter[str] = Counter()
    for record in records:
        entries = store.read(lambda tx, r=record: tx.sheet(r.record_id))
        events: list[Event] = [read_entry(entry) for entry in entries]
        if verify(entries) is not None or fold(record.record_id, events) != record:
            yield f"{record.reference}: its sheet does not add up to it"
        ended = Counter(e.step for e in events if isinstance(e, _ENDS))
        if twice := [step for step, times in ended.items() if times > 1]:
            yield f"{record.reference}: steps {twice} were decided twice"
        if not record.ended:
            yield f"{record.reference} was not closed"
        notes.update(e.note for e in events if isinstance(e, AnnotationFinal) and e.note)
    for note in office.notes:
        if notes[note] != 1:
            yield f"the note {note!r} stands {notes[note]} times"


def _outside(store: SqlStore, records: list[Record], office: Office, excused: Mapping[str, int]) -> Iterator[str]:
    answers = Counter(reply.key.partition("?")[0] for reply in office.box.sent.values())
    for record in records:
        if answers[f"reply:{record.record_id}"] != 1:
            yield f"{record.reference} was answered {answers[f'reply:{record.record_id}']} times"
        marks = office.box.items[record.source.item_id].categories if record.source.item_id in office.box.items else []
        if len(marks) != 1 or record.reference not in marks[0]:
            yield f"{record.reference}: its mail is marked {marks}"
    if office.box.drafts:
        yield f"{len(office.box.drafts)} drafts were left lying"
    asked = {row[0] for row in _rows(store, "SELECT token FROM asks")}
    if missing := asked - set(office.chats.sent):
        yield f"{len(missing)} cards never came"
    for token, times in office.chats.sent.items():
        if times > 1 + excused.get(token, 0):
            yield f"the card {token} was sent {times} times"
    if undone := _rows(store, "SELECT kind, state, error FROM outbox WHERE state <> 'done'"):
        yield f"{len(undone)} effects were not performed, the first: {tuple(undone[0])}"
    yield from _what_cards_show(store, office)


def _what_cards_show(store: SqlStore, office: Office) -> Iterator[str]:
    """A card of which the product knows shows what was decided."""
    known = {(row[0], row[1]) for row in _rows(store, "SELECT token, activity_id FROM cards")}
    for chat in office.chats.cards.values():
        for activity_id, view in chat.items():
            if (view.asked.token, activity_id) in known and view.step.state == "open":
                yield f"a card of {view.record.reference} still asks"


def _rows(store: SqlStore, question: str) -> list[Any]:
    return store.database.read(lambda on: list(on.cold.execute(sql(question))))
