################################################################
# Who rings when a mailbox changes
################################################################
#
# Rule 1: wanted against what we know and what Graph still has: none → subscribe, half of its life over → renew, gone →
#         subscribe again. Graph need not tell that one is gone.
# Rule 2: every subscription that is made is followed by a visit: what happened before it rang nobody.
# Rule 3: a mailbox that cannot be subscribed to is still read, by the timer; this is told, and the others go on.

import asyncio
import logging
from collections.abc import Sequence

from registry.errors import Gone, TarasulError
from service.ports import Clock, Store, Subscribed, Subscriptions

log = logging.getLogger("tarasul.subscribe")


def resource_of(mailbox: str) -> str:
    """The path that Graph watches for a mailbox: its inbox."""
    return f"users/{mailbox}/mailFolders('inbox')/messages"


class Subscriber:
    """Keeps one subscription for each registry mailbox alive."""

    def __init__(self, store: Store, subscriptions: Subscriptions, clock: Clock, mailboxes: Sequence[str]) -> None:
        self._store, self._subscriptions, self._clock, self._mailboxes = store, subscriptions, clock, mailboxes

    async def keep(self) -> list[str]:
        """Renew what is half over and make what is missing; return the mailboxes that must be visited for it."""
        visit: list[str] = []
        there = await self._there()
        for mailbox in self._mailboxes:
            try:
                visit += [mailbox] if await self._keep_one(mailbox, there) else []
            except TarasulError as error:
                log.error("no subscription", extra={"mailbox": mailbox, "why": f"{type(error).__name__}: {error}"})
        return visit

    async def hear(self, subscription_id: str, event: str) -> None:
        """Do what a lifecycle notification demands; the mailbox is visited after each, by whoever heard it."""
        known = {s.subscription_id: s for s in await asyncio.to_thread(self._store.read, lambda tx: tx.subscriptions())}
        if event == "reauthorizationRequired" and subscription_id in known:
            await self._renew(known[subscription_id])
        elif event == "subscriptionRemoved":
            await asyncio.to_thread(self._store.write, lambda tx: tx.drop_subscription(subscription_id))
            await self.keep()

    async def _there(self) -> frozenset[str] | None:
        """The subscriptions that Graph has; None where it cannot be asked: then ours are taken to be there."""
        try:
            return frozenset(s.subscription_id for s in await self._subscriptions.actual())
        except TarasulError as error:
            log.warning("the subscriptions could not be listed", extra={"why": f"{type(error).__name__}: {error}"})
            return None

    async def _keep_one(self, mailbox: str, there: frozenset[str] | None) -> bool:
        known = await asyncio.to_thread(self._store.read, lambda tx: tx.subscriptions())
        mine = [s for s in known if s.mailbox == mailbox and s.resource == resource_of(mailbox)]
        now = self._clock()
        alive = [s for s in mine if s.expires_at > now and (there is None or s.subscription_id in there)]
        for dead in (s for s in mine if s not in alive):
            await asyncio.to_thread(self._store.write, lambda tx, i=dead.subscription_id: tx.drop_subscription(i))
        if not alive:
            await self._make(mailbox)
            return True
        if alive[0].renew_at <= self._clock():
            return await self._renew(alive[0])
        return False

    async def _renew(self, subscribed: Subscribed) -> bool:
        """Whether it had to be made anew."""
        try:
            renewed = await self._subscriptions.renew(subscribed)
        except Gone:
            gone = subscribed.subscription_id
            await asyncio.to_thread(self._store.write, lambda tx: tx.drop_subscription(gone))
            await self._make(subscribed.mailbox)
            return True
        await asyncio.to_thread(self._store.write, lambda tx: tx.save_subscription(renewed))
        log.info("renewed", extra={"mailbox": renewed.mailbox, "expires_at": renewed.expires_at.isoformat()})
        return False

    async def _make(self, mailbox: str) -> None:
        made = await self._subscriptions.subscribe(mailbox, resource_of(mailbox))
        await asyncio.to_thread(self._store.write, lambda tx: tx.save_subscription(made))
        log.info("subscribed", extra={"mailbox": mailbox, "expires_at": made.expires_at.isoformat()})
