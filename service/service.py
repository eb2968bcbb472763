"""What the doors ask: take a press, show a record, list, count. Synchronous; each call is one transaction."""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from registry.commands import Command
from registry.document_effects import LookAtDraft
from registry.joining import MOST_IN_A_MATTER
from registry.office import Office, Person
from registry.record import Record, record_at
from registry.rights import has_asked, recallable, steps_of
from registry.sheet import read_entry
from registry.vocabulary import KINDS
from service.deliveries import SLIP_TYPE
from service.document_views import document_of
from service.finding import is_named_by
from service.issued_views import words_of
from service.links import Links
from service.once import take_once
from service.ports import Clock, Conversation, Store, Stored, Transaction, Wanted
from service.reached import deliveries
from service.reconcile import read_count
from service.replying import reply_begins
from service.sealed_views import PDF_TYPE
from service.take import Taken, Taker, Undone
from service.views import Viewer, instant, record_view, sheet_view


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was asked for, and where the rest begins."""

    items: list[dict[str, Any]]
    as_of: datetime
    next: str | None


class BadCursor(ValueError):
    """The place to go on from is not one that we gave."""


class NotYet(Exception):
    """The record was not registered yet at the instant that was asked for."""


class Service:
    """The office's desk: everything that is answered from what is kept."""

    def __init__(self, store: Store, taker: Taker, clock: Clock, links: Links | None = None) -> None:
        self.store, self.taker, self.clock, self.links = store, taker, clock, links

    def take(self, command: Command, *, key: str) -> Taken:
        """See service.take.Taker.take."""
        return self.taker.take(command, key=key)

    def take_once(self, command: Command, *, key: str, digest: str) -> Taken:
        """Take what a caller asks under a key of their own. Raises KeyReused, Unavailable."""
        try:
            return self.store.write(
                lambda tx: take_once(tx, self.taker, command, key=key, digest=digest, at=self.clock())
            )
        except Undone as undone:
            return undone.taken

    def reply_begins(self, person_id: str, letter_id: str, kind: str) -> dict[str, Any]:
        """What a reply of that kind to a letter begins with, for a person who may read it; else nothing. What is
        written in the chat has its text from whoever writes it."""

        def work(tx: Transaction) -> dict[str, Any]:
            office = tx.office()
            first = reply_begins(tx, office.person(person_id), letter_id, self.clock())
            return first if kind in office.documents.word else {n: v for n, v in first.items() if n != "text"}

        return self.store.read(work)

    def open_step_of(self, person_id: str, record_id: str) -> int | None:
        """The step of a record that is *person_id*'s to end: the one by which they hold it, else the first."""
        stored, person = self._of(record_id, person_id)
        mine = steps_of(person, stored.record, self.clock()) if stored is not None and person is not None else ()
        return min(mine, key=lambda s: (not s.custody, s.number)).number if mine else None

    def step_of(self, person_id: str, record_id: str) -> int:
        """As `open_step_of`; where none is theirs, the last of those that were, else the record's last: a refusal says
        whose turn it is, and what was done already is not told off."""
        if (own := self.open_step_of(person_id, record_id)) is not None:
            return own
        stored, _ = self._of(record_id, person_id)
        steps = stored.record.steps if stored is not None else ()
        return next((s.number for s in reversed(steps) if s.to_person == person_id), len(steps))

    def recallable_of(self, person_id: str, record_id: str) -> int:
        """The last step by which *person_id* asked and that may be taken back, else the last by which they asked."""
        stored, person = self._of(record_id, person_id)
        if stored is None or person is None:
            return 0
        may = recallable(person, stored.record)
        asked = may or [s for s in stored.record.steps if has_asked(person, stored.record, s)]
        return asked[-1].number if asked else 0

    def _of(self, record_id: str, person_id: str) -> tuple[Stored | None, Person | None]:
        return self.store.read(lambda tx: (tx.record(record_id), tx.office().person(person_id)))

    # ------------------------------------------------------------ for the bot

    def office(self) -> Office:
        return self.store.read(lambda tx: tx.office())

    def person(self, person_id: str) -> Person | None:
        return self.office().person(person_id)

    def met(self, conversation: Conversation) -> int:
        """The bot learnt where somebody's chat is; how many effects waited for that and are now due."""

        def work(tx: Transaction) -> int:
            now = self.clock()
            tx.save_conversation(conversation, now)
            return tx.hasten(conversation.person, now)

        return self.store.write(work)

    def left(self, person: str, reason: str) -> None:
        """The bot may not write to this person any more, for the reason (a text key)."""
        self.store.write(lambda tx: tx.block_conversation(person, reason, self.clock()))

    # ------------------------------------------------------------ for the API

    def records(self, viewer: Viewer, wanted: Wanted, after: str | None = None) -> Page:
        """The records that *viewer* may read and that fit. Raises BadCursor."""
        person = viewer.person
        if person is not None:
            givers = tuple({s.for_person for s in person.stands_for if s.works(self.clock())})
            unit = person.unit_id if person.clerk else ""
            wanted = replace(wanted, reader=person.person_id, reader_unit=unit, reader_for=givers)
        wanted = replace(wanted, after=_place(after), listed_kinds=tuple(k for k, v in KINDS.items() if v.listed))
        now = self.clock()
        found, office = self.store.read(lambda tx: (tx.find(wanted), tx.office()))
        items = [
            record_view(r, office, viewer, now)
            for r in found
            if viewer.may_read(r, now) and (viewer.is_cleared(r, now) or is_named_by(r, wanted.search))
        ]
        more = _cursor(found[-1]) if len(found) == wanted.top else None
        return Page(items, now, more)

    def show(self, viewer: Viewer, record_id: str, at: datetime | None = None) -> dict[str, Any] | None:
        """A record, or how it stood *at* an instant, judged by who may read it now. Raises NotYet."""
        now = self.clock()
        record, office = self._readable(viewer, record_id, now)
        if record is None:
            return None
        if at is not None and at < now:
            entries = self.store.read(lambda tx: tx.sheet(record_id))
            stood = record_at(record_id, map(read_entry, entries), at)
            if stood is None:
                raise NotYet(record_id)
            shown = record_view(stood, office, viewer, now, judged=record)
            return shown | {"matter": self._matter(viewer, stood, office, now), "as_of": instant(at)}
        reached = self.store.read(lambda tx: deliveries(tx, record, office))
        return record_view(record, office, viewer, now) | {
            "deliveries": reached,
            "matter": self._matter(viewer, record, office, now),
            "as_of": instant(now),
        }

    def _matter(self, viewer: Viewer, record: Record, office: Office, now: datetime) -> list[dict[str, Any]]:
        """The other records that belong with it, the oldest first, as far as *viewer* may read them."""
        if record.matter_id is None:
            return []
        wanted = Wanted(matter=record.matter_id, top=MOST_IN_A_MATTER, oldest_first=True)
        found = self.store.read(lambda tx: tx.find(wanted))
        others = (r for r in found if r.record_id != record.record_id and viewer.may_read(r, now))
        return [
            {
                "record_id": r.record_id,
                "reference": r.reference,
                "subject": r.subject if viewer.is_cleared(r, now) else None,
                "status": r.status.value,
            }
            for r in sorted(others, key=lambda r: r.registered_at)
        ]

    def show_as_made(self, viewer: Viewer, record_id: str) -> dict[str, Any]:
        """A record as whoever just made it is shown it, whether or not they may read others."""
        now = self.clock()
        stored, office = self.store.read(lambda tx: (tx.record(record_id), tx.office()))
        assert stored is not None, "it was just made"
        return record_view(stored.record, office, viewer, now) | {"matter": [], "as_of": instant(now)}

    def words_of(self, record_id: str) -> dict[str, Any]:
        """What the drafter of a record of ours wrote; nothing where it is none."""
        stored = self.store.read(lambda tx: tx.record(record_id))
        return words_of(stored.record) if stored is not None else {}

    def reference(self, record_id: str) -> str:
        """The number of a record; empty where there is none."""
        stored = self.store.read(lambda tx: tx.record(record_id))
        return stored.record.reference if stored is not None else ""

    def sheet(self, viewer: Viewer, record_id: str) -> dict[str, Any] | None:
        now = self.clock()
        record, office = self._readable(viewer, record_id, now)
        if record is None:
            return None
        entries = self.store.read(lambda tx: tx.sheet(record_id))
        return sheet_view(record, entries, office, viewer, now)

    def document(self, viewer: Viewer, record_id: str, sha256: str) -> tuple[str, str] | None:
        """The name and content type of a document of a record, where *viewer* may open it."""
        now = self.clock()
        record, _ = self._readable(viewer, record_id, now)
        if record is None or not viewer.is_cleared(record, now):
            return None
        if not sha256:
            return None
        if record.delivered and sha256 == record.source.sha256:
            return f"{record.reference.replace('/', '-')}.json", SLIP_TYPE
        if record.sealed is not None and sha256 == record.sealed.sha256:
            return f"{record.reference.replace('/', '-')}.pdf", PDF_TYPE
        if sha256 in (record.source.sha256, *(m.sha256 for m in record.mails)):
            return f"{record.reference.replace('/', '-')}.eml", "message/rfc822"
        if (of_the_draft := document_of(record, sha256)) is not None:
            return of_the_draft
        return next(
            (
                (name, a.content_type)
                for a, name in zip(record.attachments, record.attachment_names, strict=True)
                if a.sha256 == sha256
            ),
            None,
        )

    def readable(self, viewer: Viewer, record_id: str) -> tuple[Record | None, Office]:
        """A record, where *viewer* may read it, and the office."""
        return self._readable(viewer, record_id, self.clock())

    def look_at_file(self, record: Record) -> bool:
        """Have a draft's Word file looked at: somebody opens its card. False where it has none to be looked at."""
        if record.lies_in is None:
            return False
        look = LookAtDraft(record_id=record.record_id)
        self.store.write(lambda tx: tx.request([look], record.version, self.clock(), self.taker.chance.new_token))
        return True

    def body(self, viewer: Viewer, record_id: str) -> str | None:
        """The SHA-256 of the mail whose words are the letter's, where *viewer* may open it; empty for a letter that is
        no mail, None for one that they may not."""
        now = self.clock()
        record, _ = self._readable(viewer, record_id, now)
        if record is None or not viewer.is_cleared(record, now):
            return None
        return "" if record.delivered or record.rules.issued else record.source.sha256

    def day(self, day: date) -> dict[str, Any]:
        """The last count of *day*, as the API shows it."""
        kept = self.store.read(lambda tx: tx.day_counts(day.isoformat()))
        counts = [(as_of, read_count(body)) for as_of, body in kept.values()]
        return {
            "date": day.isoformat(),
            "as_of": min((as_of for as_of, _ in counts), default=instant(self.clock())),
            "mailboxes": [
                {
                    "mailbox": c.mailbox,
                    "seen": c.seen,
                    "registered": c.registered,
                    "copies": c.copies,
                    "replies": c.replies,
                    "ours": c.ours,
                    "quarantined": c.quarantined,
                    "ignored": c.ignored,
                    "missing": list(c.missing),
                    "lost": list(c.lost),
                    "listed": c.listed,
                    "green": c.green,
                    "as_of": as_of,
                }
                for as_of, c in counts
            ],
        }

    def _readable(self, viewer: Viewer, record_id: str, now: datetime) -> tuple[Record | None, Office]:
        stored, office = self.store.read(lambda tx: (tx.record(record_id), tx.office()))
        readable = stored is not None and viewer.may_read(stored.record, now)
        return stored.record if stored is not None and readable else None, office


def _cursor(record: Record) -> str:
    place = json.dumps([record.updated_at.isoformat(), record.record_id])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[str, str] | None:
    if not cursor:
        return None
    try:
        at, record_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return f"{datetime.fromisoformat(at):%Y-%m-%dT%H:%M:%S.%fZ}", str(record_id)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadCursor(cursor) from error
