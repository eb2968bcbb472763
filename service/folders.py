################################################################
# Which folders of a mailbox are followed
################################################################
#
# Rule 1: those that the settings name, with all that lie below them, as the mailbox has them now. What is followed is
#         kept beside the cursor of each: how far it was read, and when.
# Rule 2: where the mailbox cannot be asked, what was followed before goes on being followed.
# Rule 3: a mailbox that was not read for long is told: silence looks like a quiet day.

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from registry.errors import TarasulError
from service.ports import Clock, Mailbox, Store

log = logging.getLogger("tarasul.folders")

INBOX = "inbox"
LATE = timedelta(minutes=35)  # three visits of the timer, and some minutes


class Folders:
    """The folders of the registry's mailboxes.

    Args:
        named: As the setting MAIL_FOLDERS names them.
    """

    def __init__(
        self, store: Store, clock: Clock, mailboxes: Mapping[str, Mailbox], named: Sequence[str] = (INBOX,)
    ) -> None:
        self._store, self._clock, self._mailboxes, self._named = store, clock, mailboxes, tuple(named)

    async def of(self, mailbox: str) -> list[str]:
        """The keys of the folders that are followed. Raises what Mailbox.folders raises where none is known yet."""
        known = await asyncio.to_thread(self._store.read, lambda tx: tx.followed(mailbox))
        return list(known) or await self._look(mailbox)

    async def look(self) -> None:
        """Follow what the mailboxes have now, and tell of those that were not read for long."""
        for mailbox in self._mailboxes:
            try:
                await self._look(mailbox)
            except TarasulError as error:
                log.error("no folders", extra={"mailbox": mailbox, "why": f"{type(error).__name__}: {error}"})
        for mailbox, since in await asyncio.to_thread(self.unread):
            log.error("a mailbox is not read", extra={"mailbox": mailbox, "since": since.isoformat()})

    def unread(self) -> list[tuple[str, datetime]]:
        """The mailboxes with a folder that was not read to its end for long, and since when."""
        before = self._clock() - LATE
        read = self._store.read(lambda tx: {m: min(tx.followed(m).values(), default=None) for m in self._mailboxes})
        return [(mailbox, at) for mailbox, at in read.items() if at is not None and at < before]

    async def gone(self, mailbox: str, folder: str) -> bool:
        """Follow a folder no longer that is not there; False for one that the settings name."""
        if folder in self._named:
            return False
        log.warning("a folder is gone", extra={"mailbox": mailbox, "folder": folder})
        known = await asyncio.to_thread(self._store.read, lambda tx: tx.followed(mailbox))
        await self._follow(mailbox, [key for key in known if key != folder])
        return True

    async def _look(self, mailbox: str) -> list[str]:
        keys = [folder.key for folder in await self._mailboxes[mailbox].folders(self._named)]
        await self._follow(mailbox, keys)
        return keys

    async def _follow(self, mailbox: str, keys: list[str]) -> None:
        now = self._clock()
        known = await asyncio.to_thread(self._store.read, lambda tx: tx.followed(mailbox))
        if set(keys) != known.keys():
            await asyncio.to_thread(self._store.write, lambda tx: tx.follow(mailbox, keys, now))
