"""What a press or a word needs of what is kept: one read each, and the few things the chat itself is remembered by."""

from dataclasses import dataclass

from bot.limits import REFRESHED_FOR
from registry.annexes import may_hand_in
from registry.commands import NoteOpened
from registry.office import Office, Person
from registry.record import OPEN, Record
from registry.rights import is_asked, is_reader
from registry.vocabulary import FOR_MISSING_FILE, is_secret
from service.digest import DIGEST
from service.finding import Found, found_by, latest_of, with_step
from service.listed import Listed
from service.matters import numbers_of_matter
from service.ports import CardView, Conversation, SentCard, Transaction, Wanted
from service.service import Service
from service.views import Viewer
from service.waiting import Page, Waiting, givers_of, page_of, waiting_for
from texts import search_key

_MOST_NUMBERED = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a press was about. `view` is None for a token that we never gave, or one that is not this person's."""

    person: Person | None
    known: bool  # whether we ever gave the token
    view: CardView | None


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
        """What waits for *person*, of one kind or of all."""
        return self._service.store.read(lambda tx: waiting_for(tx, person, self._service.clock(), kind))

    def page(self, person: Person, kind: str = "", start: int = 0) -> Page:
        """A page of what waits for *person*, under a token of its own."""
        at, token = self._service.clock(), self._service.taker.chance.new_token()
        return self._service.store.write(lambda tx: page_of(tx, person, at, token, kind=kind, start=start))

    def listed(self, token: str) -> Listed | None:
        """The list that *token* stands for; None where we never gave it, or forgot."""
        return self._service.store.read(lambda tx: tx.listed(token)) if token else None

    def numbered(self, number: str, person: Person, kind: str = "", *, all_of_theirs: bool = False) -> list[Found]:
        """Records that *person* may read, of one kind or of all, whose serial or reference is *number*, as `search_key`
        writes it. With *all_of_theirs*, also what waits for somebody for whom they stand in and was not delegated."""
        unit, at = person.unit_id if person.clerk else "", self._service.clock()
        givers = givers_of(person, at)

        def named(tx: Transaction, search: str) -> list[Record]:
            wanted = Wanted(
                kind=kind, search=search, reader=person.person_id, reader_unit=unit, reader_for=givers, top=50
            )
            found = [r for r in tx.find(wanted) if _has_number(r, number)]
            return found if all_of_theirs else [r for r in found if is_reader(person, r, at)]

        def work(tx: Transaction) -> list[Found]:
            between_slashes = f"/{number}/" if number.isdigit() else number
            records = named(tx, between_slashes) or named(tx, number)
            return [with_step(tx, record, person, at) for record in records[:_MOST_NUMBERED]]

        return self._service.store.read(work)

    def found(self, text: str, person: Person, most: int) -> tuple[list[Found], bool]:
        """What *text* finds for *person*, and whether there is more than *most*."""
        return self._service.store.read(lambda tx: found_by(tx, text, person, most, self._service.clock()))

    def latest(self, person: Person, most: int) -> list[Found]:
        return self._service.store.read(lambda tx: latest_of(tx, person, most, self._service.clock()))

    def readable(self, record_id: str, person: Person) -> Found | None:
        """The record, where *person* may read it or at least know of it; None where there is none for them."""

        def work(tx: Transaction) -> Found | None:
            stored = tx.record(record_id)
            if stored is None or not Viewer(person).may_read(stored.record, self._service.clock()):
                return None
            return with_step(tx, stored.record, person, self._service.clock())

        return self._service.store.read(work)

    def taken(self, key: str) -> Record | None:
        """The record that was made under *key*; None where there is none."""

        def work(tx: Transaction) -> Record | None:
            stored = tx.record(tx.taken_for(key) or "")
            return stored.record if stored is not None else None

        return self._service.store.read(work)

    def chat(self, person_id: str) -> Conversation | None:
        """A person's own chat with the bot, where we may write there."""
        kept = self._service.store.read(lambda tx: tx.conversation(person_id))
        return kept if kept is not None and kept.blocked is None else None

    def refreshed_for(self, record: Record, asker_mri: str) -> list[str]:
        """Those whose client may ask by itself for their own view of *record*, as Teams names them to us: whoever
        asked, and those who may read it; nobody where it is secret, but by their own hand."""
        if is_secret(record.confidentiality):
            return []

        def work(tx: Transaction) -> list[str]:
            office = tx.office()
            clerks = [clerk.person_id for unit in sorted(record.registers) for clerk in office.clerks(unit)]
            chats = (tx.conversation(person) for person in (*sorted(record.participants), *clerks))
            return [chat.user_mri for chat in chats if chat is not None]

        known = dict.fromkeys((asker_mri, *self._service.store.read(work)))
        return [mri for mri in known if mri.startswith("29:")][: REFRESHED_FOR.value]

    def wants_digest(self, person: Person, wanted: bool) -> None:
        """Keep whether *person* wants to be told each morning what waits."""
        value = "on" if wanted else "off"
        self._service.store.write(lambda tx: tx.save_preference(person.person_id, DIGEST, value))

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

    def opened_by(self, found: Found, person: Person) -> None:
        """As `opened`, of a record that was found."""
        view = self.look(found.token, person.person_id).view if found.token is not None else None
        if view is not None:
            self.opened(view)

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


def _has_number(record: Record, number: str) -> bool:
    reference = search_key(record.reference)
    return str(record.serial) == number or reference == number or reference.endswith(f"/{number}")
