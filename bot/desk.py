"""What a press or a word needs of what is kept: one read each, and the few things the chat itself is remembered by."""

from dataclasses import dataclass
from datetime import datetime

from bot.cards import Waiting
from registry.annexes import may_hand_in
from registry.commands import NoteOpened
from registry.office import Office, Person
from registry.record import OPEN, Record, Step
from registry.rights import is_asked, is_reader, steps_of
from registry.vocabulary import FOR_MISSING_FILE
from service.matters import numbers_of_matter
from service.ports import CardView, Conversation, SentCard, Transaction, Wanted
from service.service import Service
from texts import search_key

_MOST_PENDING = 25
_MOST_NUMBERED = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a press was about. `view` is None for a token that we never gave, or one that is not this person's."""

    person: Person | None
    known: bool  # whether we ever gave the token
    view: CardView | None


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a person may read, with the step that is theirs now and their token for it, if there is one."""

    record: Record
    step: Step | None
    token: str | None


class Desk:
    """Reads what is kept, for the bot."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def look(self, token: str, person_id: str) -> Seen:
        """What *token* stands for, if it is this person's: put before them, or before the clerks they are one of."""

        def work(tx: Transaction) -> Seen:
            asked = tx.asked(token) if token else None
            stored = tx.record(asked.record_id) if asked is not None else None
            office = tx.office()
            person = office.person(person_id)
            step = stored.record.step(asked.step) if stored is not None and asked is not None else None
            if person is None or asked is None or stored is None or step is None:
                return Seen(person, asked is not None, None)
            if asked.person != person_id and not (step.to_person is None and is_asked(person, step)):
                return Seen(person, True, None)
            numbers = numbers_of_matter(tx, stored.record)
            shown = CardView(asked, stored.record, step, person, office, person.language, matter=numbers)
            return Seen(person, True, shown)

        return self._service.store.read(work)

    def office(self) -> Office:
        return self._service.office()

    def record(self, record_id: str) -> Record | None:
        stored = self._service.store.read(lambda tx: tx.record(record_id))
        return stored.record if stored is not None else None

    def pending(self, person: Person, kind: str = "") -> list[Waiting]:
        """What waits for *person*, of one kind or of all, oldest first."""

        def work(tx: Transaction) -> list[Waiting]:
            unit, at = person.unit_id if person.clerk else "", self._service.clock()
            found = tx.find(Wanted(kind=kind, asked_of=person.person_id, asked_of_unit=unit, top=_MOST_PENDING))
            if givers := _givers(person, at):
                known = {record.record_id for record in found}
                theirs = tx.find(Wanted(kind=kind, put_before=givers, top=_MOST_PENDING))
                found += [record for record in theirs if record.record_id not in known]
            mine = ((record, step) for record in found for step in steps_of(person, record, at))
            listed = [Waiting(r, s, tx.token_of(r.record_id, s.number, person.person_id)) for r, s in mine]
            return sorted(listed, key=lambda one: one.step.opened_at)

        return self._service.store.read(work)

    def numbered(self, number: str, person: Person, kind: str = "", *, all_of_theirs: bool = False) -> list[Found]:
        """Records that *person* may read, of one kind or of all, whose serial or reference is *number*, as `search_key`
        writes it. With *all_of_theirs*, also what waits for somebody for whom they stand in and was not delegated."""
        unit, at = person.unit_id if person.clerk else "", self._service.clock()
        givers = _givers(person, at)

        def named(tx: Transaction, search: str) -> list[Record]:
            wanted = Wanted(
                kind=kind, search=search, reader=person.person_id, reader_unit=unit, reader_for=givers, top=50
            )
            found = [r for r in tx.find(wanted) if _has_number(r, number)]
            return found if all_of_theirs else [r for r in found if is_reader(person, r, at)]

        def work(tx: Transaction) -> list[Found]:
            between_slashes = f"/{number}/" if number.isdigit() else number
            records = named(tx, between_slashes) or named(tx, number)
            found = []
            for record in records[:_MOST_NUMBERED]:
                step = next(iter(steps_of(person, record, at)), None)
                token = tx.token_of(record.record_id, step.number, person.person_id) if step is not None else None
                found.append(Found(record, step, token))
            return found

        return self._service.store.read(work)

    def lacking(self, person: Person, number: str) -> tuple[Record | None, bool]:
        """The record for which *person* hands in a file: the one they name by its number, else the only one for which
        they were asked; and whether there are several, so that they must say which. A clerk must name it."""
        if number:
            named = [found.record for found in self.numbered(number, person) if may_hand_in(person, found.record)]
            return (named[0], False) if len(named) == 1 else (None, len(named) > 1)
        if person.clerk:
            return None, False
        asked = [one.record for one in self.pending(person) if one.step.asked == FOR_MISSING_FILE]
        return (asked[0], False) if len(asked) == 1 else (None, len(asked) > 1)

    def matter(self, record: Record) -> tuple[str, ...]:
        """The numbers of what belongs with *record*."""
        return self._service.store.read(lambda tx: numbers_of_matter(tx, record))

    def opened(self, view: CardView) -> None:
        """Note that the reader looked at what a person asks of them; the first time, and where it is theirs."""
        step = view.step
        put_by_somebody = step.cause == "person" or step.stage is not None
        if not put_by_somebody or step.state != OPEN or step.read_at is not None or not is_asked(view.person, step):
            return
        r, by = view.record.record_id, view.person.person_id
        self._service.take(NoteOpened(record_id=r, step=step.number, by=by), key=f"opened:{r}:{step.number}")

    def meet(self, chat: Conversation) -> tuple[int, Person | None]:
        """Keep where somebody's chat is: how many effects waited for that, and the person, if they are new to us."""
        due = self._service.met(chat)
        now = self._service.clock()

        def work(tx: Transaction) -> Person | None:
            person = tx.office().person(chat.person)
            return person if person is not None and tx.first_time(f"welcome:{chat.person}", "", now) else None

        return due, self._service.store.write(work)

    def hear(self, chat: Conversation) -> int:
        """As `meet`, from somebody who writes: nothing is written where we know all that; how many effects are due."""
        kept = self._service.store.read(lambda tx: tx.conversation(chat.person))
        return 0 if kept == chat else self._service.met(chat)

    def note_card(self, card: SentCard) -> None:
        """Remember one more copy of a card, so that it is refreshed with the others."""
        store = self._service.store
        if card not in store.read(lambda tx: tx.cards(card.token)):
            store.write(lambda tx: tx.add_card(card, self._service.clock()))


def _givers(person: Person, at: datetime) -> tuple[str, ...]:
    """Everybody for whom *person* stands in at the instant *at*."""
    return tuple(sorted({s.for_person for s in person.stands_for if s.works(at)}))


def _has_number(record: Record, number: str) -> bool:
    reference = search_key(record.reference)
    return str(record.serial) == number or reference == number or reference.endswith(f"/{number}")
