################################################################
# Intake: what came in, one mailbox at a time
################################################################
#
# Rule 1: a notification is a hint; delta is the truth. The cursor is stored last, when every mail of its page has a
#         verdict: a crash anywhere before shows the same page again, and what was taken is not taken twice.
# Rule 2: one reader for each mailbox, by a lease. Who finds it taken rings, and the holder looks again before it ends.
# Rule 3: the bytes are in the archive before anything is said of them.
# Rule 4: what cannot be read or entered is quarantined with a number. A mail that cannot even be fetched does not stand
#         in the way of those behind it: they are taken, the cursor stays before it, and it is tried at every visit.
# Rule 5: a letter makes one record, in whatever mailbox it arrives, and whoever reads them at the same moment; where a
#         register enters for itself what another one has, one in each.
# Rule 6: what a page shows is noted before it is worked on: should it be gone when we come back, it was seen.

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import timedelta
from itertools import batched, count
from math import inf
from typing import Any

from registry.commands import NewRecord, NoteCopy, NoteLink, NoteMachine, NoteMail, NoteOurs, Quarantine, Register
from registry.decisions import Nothing, Refused
from registry.errors import Gone, Misconfigured, TarasulError, Throttled, Unavailable
from registry.mail import Address, Letter, Mail
from registry.noting import same_item
from registry.recognise import (
    Again,
    Copy,
    Machine,
    NewLetter,
    Noise,
    Ours,
    Recognised,
    ReplyTo,
    Suspect,
    copy_of,
    recognise,
    traces,
)
from registry.record import Link, Record
from service.folders import INBOX, Folders
from service.ports import Archive, Arrived, Changes, Clock, Fetched, Mailbox, SeenMail, Store, Transaction
from service.take import Taken, Taker, Undone
from texts import clean

log = logging.getLogger("tarasul.intake")

MAILS_OF_A_VISIT = 60  # where what they ask for is not to wait for the last of them

_FETCHED_AHEAD = 3  # of the four calls that a mailbox allows at once, one is left for what goes out
_FAILED_AT_MOST = 3  # mails of one visit; where more fail, it is not the mails


@dataclass(frozen=True, slots=True)
class Round:
    """What one visit to a mailbox did.

    `busy` says that somebody else was there and has been rung; `more`, that it ended with mails left, so that what
    those before them ask for need not wait.
    """

    taken: int = 0
    busy: bool = False
    more: bool = False


class Intake:
    """Reads mailboxes into the register.

    Args:
        most: Mails of one visit; None: all that there are. What is left is for the next one.
    """

    def __init__(
        self,
        store: Store,
        taker: Taker,
        clock: Clock,
        archive: Archive,
        mailboxes: Mapping[str, Mailbox],
        *,
        owner: str,
        lease_s: float = 60.0,
        named_folders: Sequence[str] = (INBOX,),
        most: int | None = None,
    ) -> None:
        self.folders = Folders(store, clock, mailboxes, named_folders)
        self._store, self._taker, self._clock, self._archive = store, taker, clock, archive
        self._mailboxes, self._owner, self._lease_s = mailboxes, owner, lease_s
        self._visits, self._most = count(), most

    async def visit(self, mailbox: str) -> Round:
        """Bring the register up to date with *mailbox*.

        Raises:
            Unavailable, Misconfigured: Graph is or we are; what was taken so far stays taken, the rest is read again.
        """
        visit = _Visit(self._store, self._clock, mailbox, f"{self._owner}:{next(self._visits)}", self._lease_s)
        visit.left = inf if self._most is None else self._most
        if not await visit.begin():
            return Round(busy=True)
        taken, ended = 0, False
        failed: list[Exception] = []
        try:
            while not ended:
                failed.clear()  # what failed is tried again, where somebody rang
                taken += await self._read(visit, failed)
                ended = await visit.end(whoever_rang=visit.left <= 0)
        except BaseException:
            await visit.end(whoever_rang=True)
            raise
        if failed:
            raise failed[0]
        return Round(taken, more=visit.left <= 0)

    async def take_missing(self, mailbox: str, items: Iterable[Arrived]) -> int:
        """Take mails that a listing shows and no delta page brought; how many there were. One that fails is raised
        when the others are taken."""
        failed: list[Exception] = []
        taken = await self._take_all(mailbox, list(items), None, failed)
        if failed:
            raise failed[0]
        return taken

    # ------------------------------------------------------------ reading

    async def _read(self, visit: "_Visit", failed: list[Exception]) -> int:
        taken = 0
        for folder in await self.folders.of(visit.mailbox):
            try:
                taken += await self._read_folder(visit, folder, failed)
            except Gone:
                if not await self.folders.gone(visit.mailbox, folder):
                    raise
        return taken

    async def _read_folder(self, visit: "_Visit", folder: str, failed: list[Exception]) -> int:
        mailbox, before = visit.mailbox, len(failed)
        cursor = await asyncio.to_thread(self._store.read, lambda tx: tx.cursor(mailbox, folder))
        taken, more = 0, visit.left > 0
        while more:
            page = await self._page(mailbox, folder, cursor)
            taken += await self._take_page(visit, page, failed)
            if visit.left <= 0:  # the cursor stays before the page: what is left of it is shown again
                break
            cursor, more = page.cursor, page.more
            if len(failed) == before:
                await asyncio.to_thread(self._save_cursor, mailbox, folder, cursor)
        return taken

    async def _page(self, mailbox: str, folder: str, cursor: str | None) -> Changes:
        try:
            return await self._mailboxes[mailbox].changes(folder, cursor)
        except Gone:
            if cursor is None:
                raise
            log.warning("the cursor is dead; reading the whole folder again", extra={"mailbox": mailbox})
            return await self._mailboxes[mailbox].changes(folder, None)

    async def _take_page(self, visit: "_Visit", page: Changes, failed: list[Exception]) -> int:
        if not page.arrived:
            return 0
        mailbox = visit.mailbox
        ids = [item.item_id for item in page.arrived]
        unseen = await asyncio.to_thread(self._store.read, lambda tx: tx.unseen(mailbox, ids))
        fresh = list({i.item_id: i for i in page.arrived if i.item_id in unseen}.values())
        if fresh:
            await asyncio.to_thread(self._store.write, lambda tx: tx.show_mail(mailbox, fresh, self._clock()))
        visit.left -= len(fresh)
        if visit.left < 0:
            fresh = fresh[: int(visit.left)]
        return await self._take_all(mailbox, fresh, visit, failed)

    async def _take_all(
        self, mailbox: str, items: Sequence[Arrived], visit: "_Visit | None", failed: list[Exception]
    ) -> int:
        """Take *items* in their order, a few fetched ahead; how many there were."""
        box, taken = self._mailboxes[mailbox], 0
        for several in batched(items, _FETCHED_AHEAD, strict=False):
            answers = await asyncio.gather(*(self._fetch(box, item) for item in several), return_exceptions=True)
            for item, answer in zip(several, answers, strict=True):
                if visit is not None:
                    await visit.go_on()
                if isinstance(answer, BaseException):
                    self._note_failure(mailbox, item, answer, failed)
                elif answer is None:
                    await asyncio.to_thread(self._note_gone, mailbox, item)
                elif error := await asyncio.to_thread(self._take, answer.mail):
                    self._note_failure(mailbox, item, error, failed)
                else:
                    taken += 1
                    if answer.mail.item_id != item.item_id:  # it was moved, and judged under the id that it has now
                        await asyncio.to_thread(self._note_gone, mailbox, item, "noise.moved")
        return taken

    async def _fetch(self, box: Mailbox, item: Arrived) -> Fetched | None:
        try:
            fetched = await box.fetch(item)
        except Gone:
            return None
        await self._archive.put(fetched.raw)
        for body in fetched.parts.values():
            await self._archive.put(body)
        return fetched

    def _note_failure(self, mailbox: str, item: Arrived, error: BaseException, failed: list[Exception]) -> None:
        """Go on without this one; raise where going on makes no sense."""
        if not isinstance(error, Exception) or isinstance(error, Throttled | Misconfigured):
            raise error
        log.error("a mail could not be taken", exc_info=error, extra={"mailbox": mailbox, "item": item.item_id})
        failed.append(error)
        if len(failed) > _FAILED_AT_MOST:
            raise error

    # ------------------------------------------------------------ taking

    def _take(self, fetched: Mail) -> Exception | None:
        """Give a mail its verdict. An error that is returned is the mail's own; one that is raised stops us all."""
        mail: Mail = _cleaned(fetched)
        try:
            known, office = self._store.read(lambda tx: (tx.known(mail), tx.office()))
            self._take_as(mail, recognise(mail, known, office))
        except TarasulError:
            raise
        except Exception:
            log.exception("a mail could not be entered", extra={"mailbox": mail.mailbox, "item": mail.item_id})
            try:
                self._take_as(_bare(mail), Suspect(("quarantine.unparseable",)))
            except TarasulError:
                raise
            except Exception as error:
                return error
        return None

    def _take_as(self, mail: Mail, verdict: Recognised) -> None:
        taken = self._enter(mail, verdict)
        if taken is not None and isinstance(taken.decision, Refused):
            raise Misconfigured(f"{mail.mailbox}: a mail could not be entered: {taken.decision.reason}")
        record = taken.record if taken is not None else None
        log.info(
            "mail",
            extra={
                "mailbox": mail.mailbox,
                "message_id": mail.message_id,
                "verdict": type(verdict).__name__,
                "record": record.record_id if record is not None else None,
                "reference": record.reference if record is not None else None,
            },
        )

    def _enter(self, mail: Mail, verdict: Recognised) -> Taken | None:
        match verdict:
            case NewLetter(links=links):
                letter = Register(record_id=self._taker.chance.new_id(), mail=mail, links=links)
                return self._register(letter, "registered", None)
            case Again(link=link):
                return self._again(mail, link)
            case Suspect(reasons=reasons, links=links):
                apart = Quarantine(record_id=self._taker.chance.new_id(), mail=mail, reasons=reasons, links=links)
                return self._register(apart, "quarantined", reasons[0])
            case Copy():
                return self._copy(mail, verdict)
            case ReplyTo(record_id=record_id, answers=answers):
                return self._reply(NoteMail(record_id=record_id, mail=mail, answers=answers), None)
            case Machine(record_id=record_id, answers=answers, rule=rule):
                return self._reply(NoteMachine(record_id=record_id, mail=mail, answers=answers), rule)
            case Ours(record_id=record_id, known_by=known_by):
                ask = NoteOurs(record_id=record_id, mail=mail, known_by=known_by)
                key = f"ours:{mail.mailbox}:{mail.identity}"
                taken = self._taker.take(ask, key=key, seen=_seen(mail, "ours"))
                return self._seen_before(mail, "ours", None, taken)
            case Noise(rule=rule):
                self._see(mail, "ignored", rule=rule)
        return None

    def _register(self, ask: NewRecord, verdict: str, rule: str | None) -> Taken:
        """Enter a letter. It may have been entered before: from another mailbox, even at this moment; or from this
        one, and the verdict on it was lost."""
        mail = ask.mail
        taken = self._taken_once(ask, f"letter:{mail.identity}", verdict, rule)
        if not taken.repeated:
            return taken
        assert taken.record is not None, "a record that is not there was registered anew"
        record = taken.record if taken.record.released_as is None else self._released(taken.record)
        if not same_item(record.source, mail):
            return self._once_more(mail, record)
        self._see(mail, _verdict_of(record), record=record)
        return replace(taken, record=record)

    def _once_more(self, mail: Mail, record: Record) -> Taken:
        """The letter of *record* came in another mail: another register may want it."""
        office = self._store.read(lambda tx: tx.office())
        unit_id = record.registry_unit_id if record.rules.listed else ""
        what = copy_of(mail, record.record_id, record.reference, unit_id, office)
        return self._again(mail, what.link) if isinstance(what, Again) else self._copy(mail, what)

    def _again(self, mail: Mail, link: Link) -> Taken:
        """Enter in this register the letter of a record in another; each says so of the other."""
        unit = self._store.read(lambda tx: tx.office()).registry_unit(mail.mailbox)
        ask = Register(record_id=self._taker.chance.new_id(), mail=mail, links=(link,))
        key = f"letter:{mail.identity}:{unit.unit_id if unit is not None else ''}"
        taken = self._taken_once(ask, key, "registered", None, also=link)
        if not taken.repeated:
            return taken
        assert taken.record is not None, "a record that is not there was registered anew"
        if not same_item(taken.record.source, mail):
            return self._copy(mail, Copy(taken.record.record_id))
        self._see(mail, _verdict_of(taken.record), record=taken.record)
        return taken

    def _taken_once(self, ask: NewRecord, key: str, verdict: str, rule: str | None, also: Link | None = None) -> Taken:
        """Take *ask* under *key*; where the record that was made under it is gone from our tables, anew."""
        seen = _seen(ask.mail, verdict, rule)
        taken = self._take_linked(ask, key, seen, also)
        while taken.repeated and taken.record is None:
            key += ":lost"
            taken = self._take_linked(ask, key, seen, also)
        return taken

    def _take_linked(self, ask: NewRecord, key: str, seen: SeenMail, also: Link | None) -> Taken:
        """Take *ask*; the record that *also* names is linked back with the new one, in the same transaction."""
        if also is None:
            return self._taker.take(ask, key=key, seen=seen)

        def work(tx: Transaction) -> Taken:
            taken = self._taker.take_in(tx, ask, key=key, seen=seen)
            if not taken.repeated and taken.record is not None:
                back = Link(record_id=ask.record_id, reference=taken.record.reference, how=also.how)
                note = NoteLink(record_id=also.record_id, link=back)
                self._taker.take_in(tx, note, key=f"link:{also.record_id}:{ask.record_id}")
            return taken

        try:
            return self._store.write(work)
        except Undone as undone:
            return undone.taken

    def _released(self, held: Record) -> Record:
        """The record as which a quarantined one was registered after all."""
        stored = self._store.read(lambda tx: tx.record(held.released_as or ""))
        return stored.record if stored is not None else held

    def _copy(self, mail: Mail, what: Copy) -> Taken:
        copy = NoteCopy(record_id=what.record_id, mail=mail, refer_to=what.refer_to)
        taken = self._taker.take(copy, key=f"copy:{mail.mailbox}:{mail.item_id}", seen=_seen(mail, "copy"))
        return self._seen_before(mail, "copy", None, taken)

    def _reply(self, ask: NoteMail | NoteMachine, rule: str | None) -> Taken:
        mail = ask.mail
        taken = self._taker.take(ask, key=f"mail:{mail.identity}", seen=_seen(mail, "reply", rule))
        noted = taken.record is not None and any(same_item(m, mail) for m in taken.record.mails)
        return self._seen_before(mail, "reply" if noted else "copy", rule if noted else None, taken)

    def _seen_before(self, mail: Mail, verdict: str, rule: str | None, taken: Taken) -> Taken:
        """What changed nothing kept no verdict on the mail either: keep it now. It may be the very mail that made the
        record, which another reader entered at this moment."""
        if isinstance(taken.decision, Nothing):
            if taken.record is not None and same_item(taken.record.source, mail):
                verdict, rule = _verdict_of(taken.record), None
            self._see(mail, verdict, rule, record=taken.record)
        return taken

    def _see(self, mail: Mail, verdict: str, rule: str | None = None, record: Record | None = None) -> None:
        seen = _seen(mail, verdict, rule, record.record_id if record is not None else None)
        self._store.write(lambda tx: tx.see_mail(seen, self._clock()))

    def _note_gone(self, mailbox: str, item: Arrived, rule: str = "noise.gone") -> None:
        """Not to be found under this id when we read it: said so; should it come back, it is read then."""
        seen = SeenMail(
            mailbox=mailbox,
            item_id=item.item_id,
            identity="",
            message_id=item.message_id,
            received_at=item.received_at,
            verdict="gone",
            rule=rule,
        )
        self._store.write(lambda tx: tx.see_mail(seen, self._clock()))

    def _save_cursor(self, mailbox: str, folder: str, cursor: str) -> None:
        self._store.write(lambda tx: tx.save_cursor(mailbox, folder, cursor, self._clock()))


class _Visit:
    """Our turn at one mailbox: a lease that goes on while there is something to read."""

    def __init__(self, store: Store, clock: Clock, mailbox: str, owner: str, lease_s: float) -> None:
        self.mailbox = mailbox
        self._store, self._clock, self._owner, self._lease_s = store, clock, owner, lease_s
        self._until, self.left = clock(), inf

    async def begin(self) -> bool:
        """Take or prolong our turn; False where it is somebody else's, who has now been rung."""
        now = self._clock()
        until = now + timedelta(seconds=self._lease_s)
        name, owner = f"mailbox:{self.mailbox}", self._owner
        if await asyncio.to_thread(self._store.write, lambda tx: tx.take_lease(name, owner, now, until)):
            self._until = until
            return True
        return False

    async def go_on(self) -> None:
        """Prolong our turn when half of it is over. Raises Unavailable where somebody took it meanwhile."""
        if self._clock() > self._until - timedelta(seconds=self._lease_s / 2) and not await self.begin():
            raise Unavailable(f"{self.mailbox}: our turn at the mailbox was over")

    async def end(self, *, whoever_rang: bool = False) -> bool:
        """Let go. False where somebody rang meanwhile: it is still our turn, unless we go *whoever_rang*."""
        name, owner = f"mailbox:{self.mailbox}", self._owner
        ended: bool = await asyncio.to_thread(self._store.write, lambda tx: tx.end_lease(name, owner))
        if not ended and whoever_rang:
            await asyncio.to_thread(self._store.write, lambda tx: tx.end_lease(name, owner))
        return ended


def _seen(mail: Mail, verdict: str, rule: str | None = None, record_id: str | None = None) -> SeenMail:
    sender, thread = traces(mail)
    return SeenMail(
        mailbox=mail.mailbox,
        item_id=mail.item_id,
        identity=mail.identity,
        message_id=mail.message_id,
        received_at=mail.received_at,
        verdict=verdict,
        rule=rule,
        record_id=record_id,
        sender=sender,
        thread=thread,
    )


def _verdict_of(record: Record) -> str:
    """The verdict on the mail that made *record*."""
    return "registered" if record.rules.listed else "quarantined"


def _cleaned(value: Any) -> Any:
    """*value*, a mail or a part of one, with every text in it clean: what others sent must be fit to be kept."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(map(_cleaned, value))
    if is_dataclass(value) and not isinstance(value, type):
        before = {f.name: getattr(value, f.name) for f in fields(value)}
        new = {name: now for name, held in before.items() if (now := _cleaned(held)) != held}
        return replace(value, **new) if new else value
    return value


def _bare(mail: Mail) -> Mail:
    """Of a mail that could not be entered, what names it: its bytes are in the archive."""
    nothing = Letter(sender=Address("", ""), subject="", text="")
    return Mail(
        mailbox=mail.mailbox,
        item_id=mail.item_id,
        identity=mail.identity,
        sha256=mail.sha256,
        size_bytes=mail.size_bytes,
        received_at=mail.received_at,
        message_id=mail.message_id,
        letter=nothing,
    )
