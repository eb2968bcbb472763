################################################################
# Intake: what came in, one mailbox at a time
################################################################
#
# Rule 1: a notification is a hint; delta is the truth. The cursor is stored last, when every mail of its page has a
#         verdict: a crash anywhere before shows the same page again, and what was taken is not taken twice.
# Rule 2: one reader for each mailbox, by a lease. Who finds it taken rings, and the holder looks again before it ends.
# Rule 3: the bytes are in the archive before anything is said of them.
# Rule 4: what cannot be read is quarantined with a number; a mail that fails does not stand in the way of the others'
#         pages for ever: the page is tried again, and the count shows what is missing.

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from registry.commands import NewRecord, NoteCopy, NoteMail, Quarantine, Register
from registry.decisions import Refused
from registry.errors import Gone, Misconfigured, Unavailable
from registry.mail import Mail
from registry.recognise import Copy, NewLetter, Noise, Ours, Recognised, ReplyTo, Suspect, recognise
from service.ports import Archive, Arrived, Changes, Clock, Fetched, Mailbox, SeenMail, Store
from service.take import Taken, Taker

log = logging.getLogger("tarasul.intake")

INBOX = "inbox"
_FETCHED_AHEAD = 3  # of the four calls that a mailbox allows at once, one is left for what goes out


@dataclass(frozen=True, slots=True)
class Round:
    """What one visit to a mailbox did. `busy` says that somebody else was there and has been rung."""

    taken: int = 0
    busy: bool = False


class Intake:
    """Reads mailboxes into the register."""

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
    ) -> None:
        self._store, self._taker, self._clock, self._archive = store, taker, clock, archive
        self._mailboxes, self._owner, self._lease_s = mailboxes, owner, lease_s
        self._visits = count()

    async def visit(self, mailbox: str) -> Round:
        """Bring the register up to date with *mailbox*.

        Raises:
            Unavailable, Misconfigured: Graph is or we are; what was taken so far stays taken, the rest is read again.
        """
        visit = _Visit(self._store, self._clock, mailbox, f"{self._owner}:{next(self._visits)}", self._lease_s)
        if not await visit.begin():
            return Round(busy=True)
        taken = 0
        try:
            ended = False
            while not ended:
                taken += await self._read(visit)
                ended = await visit.end()
        except BaseException:
            await visit.end(whoever_rang=True)
            raise
        return Round(taken)

    async def take_missing(self, mailbox: str, items: Iterable[Arrived]) -> int:
        """Take mails that a listing shows and no delta page brought; how many there were."""
        taken = 0
        async for fetched in self._fetched(mailbox, list(items)):
            await asyncio.to_thread(self._take, fetched.mail)
            taken += 1
        return taken

    # ------------------------------------------------------------ reading

    async def _read(self, visit: "_Visit") -> int:
        mailbox = visit.mailbox
        cursor = await asyncio.to_thread(self._store.read, lambda tx: tx.cursor(mailbox, INBOX))
        taken, more = 0, True
        while more:
            page = await self._page(mailbox, cursor)
            taken += await self._take_page(visit, page)
            cursor, more = page.cursor, page.more
            await asyncio.to_thread(self._save_cursor, mailbox, cursor)
        return taken

    async def _page(self, mailbox: str, cursor: str | None) -> Changes:
        try:
            return await self._mailboxes[mailbox].changes(INBOX, cursor)
        except Gone:
            if cursor is None:
                raise
            log.warning("the cursor is dead; reading the whole folder again", extra={"mailbox": mailbox})
            return await self._mailboxes[mailbox].changes(INBOX, None)

    async def _take_page(self, visit: "_Visit", page: Changes) -> int:
        if not page.arrived:
            return 0
        mailbox = visit.mailbox
        ids = [item.item_id for item in page.arrived]
        unseen = await asyncio.to_thread(self._store.read, lambda tx: tx.unseen(mailbox, ids))
        fresh = list({i.item_id: i for i in page.arrived if i.item_id in unseen}.values())
        taken = 0
        async for fetched in self._fetched(mailbox, fresh):
            await visit.go_on()
            await asyncio.to_thread(self._take, fetched.mail)
            taken += 1
        return taken

    async def _fetched(self, mailbox: str, items: Sequence[Arrived]) -> AsyncIterator[Fetched]:
        """The mails in their order, a few fetched ahead. One that is gone is noted and left out."""
        box = self._mailboxes[mailbox]
        for start in range(0, len(items), _FETCHED_AHEAD):
            several = items[start : start + _FETCHED_AHEAD]
            answers = await asyncio.gather(*(self._fetch(box, item) for item in several), return_exceptions=True)
            for item, answer in zip(several, answers, strict=True):
                if isinstance(answer, BaseException):
                    raise answer
                if answer is not None:
                    yield answer
                else:
                    await asyncio.to_thread(self._note_gone, mailbox, item)

    async def _fetch(self, box: Mailbox, item: Arrived) -> Fetched | None:
        try:
            fetched = await box.fetch(item)
        except Gone:
            return None
        await self._archive.put(fetched.raw)
        for body in fetched.parts.values():
            await self._archive.put(body)
        return fetched

    # ------------------------------------------------------------ taking

    def _take(self, mail: Mail) -> None:
        for _ in range(2):  # a second look where the same letter was taken by another mailbox's reader meanwhile
            known, office = self._store.read(lambda tx: (tx.known(mail), tx.office()))
            verdict = recognise(mail, known, office)
            taken = self._enter(mail, verdict)
            if taken is None or not taken.repeated:
                break
        if taken is not None and taken.repeated:
            self._see(mail, "copy", rule=None, record_id=taken.record.record_id if taken.record else None)
        if taken is not None and isinstance(taken.decision, Refused):
            raise Misconfigured(f"{mail.mailbox}: a mail could not be entered: {taken.decision.reason}")
        log.info(
            "mail",
            extra={
                "mailbox": mail.mailbox,
                "message_id": mail.message_id,
                "verdict": type(verdict).__name__,
                "record": taken.record.record_id if taken is not None and taken.record is not None else None,
                "reference": taken.record.reference if taken is not None and taken.record is not None else None,
            },
        )

    def _enter(self, mail: Mail, verdict: Recognised) -> Taken | None:
        letter_key = f"mail:{mail.mailbox}:{mail.identity}"
        match verdict:
            case NewLetter():
                register: NewRecord = Register(record_id=self._taker.chance.new_id(), mail=mail)
                return self._taker.take(register, key=letter_key, seen=_seen(mail, "registered"))
            case Suspect(reasons=reasons):
                apart = Quarantine(record_id=self._taker.chance.new_id(), mail=mail, reasons=reasons)
                return self._taker.take(apart, key=letter_key, seen=_seen(mail, "quarantined", rule=reasons[0]))
            case Copy(record_id=record_id):
                copy = NoteCopy(record_id=record_id, mail=mail)
                return self._taker.take(copy, key=f"copy:{mail.mailbox}:{mail.item_id}", seen=_seen(mail, "copy"))
            case ReplyTo(record_id=record_id, answers=answers):
                note = NoteMail(record_id=record_id, mail=mail, answers=answers)
                return self._taker.take(note, key=letter_key, seen=_seen(mail, "reply"))
            case Ours():
                self._see(mail, "ours")
            case Noise(rule=rule):
                self._see(mail, "ignored", rule=rule)
        return None

    def _see(self, mail: Mail, verdict: str, rule: str | None = None, record_id: str | None = None) -> None:
        seen = _seen(mail, verdict, rule, record_id)
        self._store.write(lambda tx: tx.see_mail(seen, self._clock()))

    def _note_gone(self, mailbox: str, item: Arrived) -> None:
        """Deleted before we read it: said so; should it come back, it is read then."""
        seen = SeenMail(
            mailbox=mailbox,
            item_id=item.item_id,
            identity="",
            message_id=item.message_id,
            received_at=item.received_at,
            verdict="gone",
            rule="noise.gone",
        )
        self._store.write(lambda tx: tx.see_mail(seen, self._clock()))

    def _save_cursor(self, mailbox: str, cursor: str) -> None:
        self._store.write(lambda tx: tx.save_cursor(mailbox, INBOX, cursor, self._clock()))


class _Visit:
    """Our turn at one mailbox: a lease that goes on while there is something to read."""

    def __init__(self, store: Store, clock: Clock, mailbox: str, owner: str, lease_s: float) -> None:
        self.mailbox = mailbox
        self._store, self._clock, self._owner, self._lease_s = store, clock, owner, lease_s
        self._until = clock()

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
    return SeenMail(
        mailbox=mail.mailbox,
        item_id=mail.item_id,
        identity=mail.identity,
        message_id=mail.message_id,
        received_at=mail.received_at,
        verdict=verdict,
        rule=rule,
        record_id=record_id,
    )
