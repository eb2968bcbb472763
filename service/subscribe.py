################################################################
# Who rings when a mailbox changes
################################################################
#
# Rule 1: what is wanted (one subscription for each followed folder, and for whatever else is named: the directory, a
#         drive) against what Graph has: none → make, half of its life over → renew, ours but unknown (the answer was
#         lost) → adopt, twice, outdated or unwanted → end. Graph need not tell that one is gone.
# Rule 2: every subscription that is made or adopted is followed by a visit: what happened before it rang nobody.
# Rule 3: what cannot be subscribed to is still read, by the timer; this is told, and the others go on.
# Rule 4: Graph asks our door before it makes one. A door that was cold answers the second time: the first of many goes
#         alone and wakes it, and whichever failed for it is asked for once more.

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.errors import Gone, TarasulError, Throttled, Unavailable
from service.folders import INBOX
from service.ports import Clock, Store, Subscribed, Subscriptions, Transaction

log = logging.getLogger("tarasul.subscribe")

MOST_FOLDERS = 200  # of one mailbox that ring; Graph allows 1,000 to all applications together. The others are visited


@dataclass(frozen=True, slots=True)
class Place:
    """Something that shall ring: a folder of a mailbox. What is no mailbox's has its resource in the place of one."""

    mailbox: str
    resource: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes what there is into what is wanted. `forget` are ids of ours that are there no more."""

    make: tuple[Place, ...] = ()
    renew: tuple[Subscribed, ...] = ()
    adopt: tuple[Subscribed, ...] = ()
    end: tuple[Subscribed, ...] = ()
    forget: tuple[str, ...] = ()


def resource_of(mailbox: str, folder: str = INBOX) -> str:
    """The path that Graph watches for a folder."""
    return f"users/{mailbox}/mailFolders('{folder}')/messages"


def drive_resource(drive: str) -> str:
    """The path that Graph watches for a drive: its root, for it watches nothing less."""
    return f"drives/{drive}/root"


def plan(
    wanted: Sequence[Place], known: Iterable[Subscribed], actual: Iterable[Subscribed] | None, now: datetime
) -> Plan:
    """Compare what is *wanted* with what we know and what Graph has.

    Args:
        known: As we keep them; they know when to be renewed.
        actual: As Graph lists them; None where it could not be asked: then ours are taken to be there, and none ends.
    """
    ours = {s.subscription_id: s for s in known}
    there = list(ours.values()) if actual is None else list(actual)
    ringing: dict[str, list[Subscribed]] = {}
    for subscribed in sorted(there, key=lambda s: (s.subscription_id in ours, s.expires_at), reverse=True):
        if subscribed.expires_at > now and not subscribed.outdated:
            ringing.setdefault(subscribed.resource, []).append(subscribed)
    kept = {place: ringing[place.resource][0] for place in wanted if place.resource in ringing}
    ids = {s.subscription_id for s in kept.values()}
    return Plan(
        make=tuple(place for place in wanted if place not in kept),
        renew=tuple(s for s in kept.values() if s.subscription_id in ours and ours[s.subscription_id].renew_at <= now),
        adopt=tuple(s for s in kept.values() if s.subscription_id not in ours),
        end=tuple(s for s in there if s.subscription_id not in ids) if actual is not None else (),
        forget=tuple(i for i in ours if i not in ids),
    )


class Subscriber:
    """Keeps one subscription alive for each folder that is followed.

    Args:
        besides: The resources that are to ring as well.
    """

    def __init__(
        self,
        store: Store,
        subscriptions: Subscriptions,
        clock: Clock,
        mailboxes: Sequence[str],
        besides: Sequence[str] | Callable[[Transaction], Iterable[str]] = (),
    ) -> None:
        """
        Args:
            besides: The resources that shall ring beside the mailboxes, or what names those of the moment: the
                directory, the drives that have open drafts (`drive_resource`).
        """
        self._store, self._subscriptions, self._clock = store, subscriptions, clock
        self._mailboxes = mailboxes
        self._besides = besides if callable(besides) else lambda tx: besides

    async def keep(self) -> list[str]:
        """Do what the plan says; return the mailboxes that must be visited for it."""
        actual = await self._actual()
        wanted, known = await asyncio.to_thread(self._known)
        todo = plan(wanted, known, actual, self._clock())
        for subscription_id in todo.forget:
            await asyncio.to_thread(self._drop, subscription_id)
        visit: dict[str, None] = {}
        await self._make(todo.make[:1], visit)  # alone: it wakes our door for the others
        await self._make(todo.make[1:], visit)
        visit |= dict.fromkeys(subscribed.mailbox for subscribed in todo.adopt)
        await self._renew((*todo.adopt, *todo.renew), visit)
        await self._end(todo.end)
        return list(visit)

    async def hear(self, subscription_id: str, event: str) -> None:
        """Do what a lifecycle notification demands; the mailbox is visited after each, by whoever heard it.

        Where notifications were missed, it is read from its beginning: what was taken is not taken twice.
        """
        _, known = await asyncio.to_thread(self._known)
        mine = next((s for s in known if s.subscription_id == subscription_id), None)
        if event == "reauthorizationRequired" and mine is not None:
            await self._renew((mine,), {})
        elif event == "subscriptionRemoved":
            await asyncio.to_thread(self._drop, subscription_id)
            await self.keep()
        elif event == "missed" and mine is not None:
            await asyncio.to_thread(self._store.write, lambda tx: _forget_place(tx, mine.mailbox, self._clock()))

    # ------------------------------------------------------------ what there is, what there should be

    def _known(self) -> tuple[list[Place], list[Subscribed]]:
        followed, known, besides = self._store.read(
            lambda tx: (
                {m: list(tx.followed(m)) or [INBOX] for m in self._mailboxes},
                tx.subscriptions(),
                list(dict.fromkeys(self._besides(tx))),
            )
        )
        wanted = [Place(m, resource_of(m, key)) for m, keys in followed.items() for key in keys[:MOST_FOLDERS]]
        wanted += [Place(resource, resource) for resource in besides]
        return wanted, known

    async def _actual(self) -> list[Subscribed] | None:
        try:
            return await self._subscriptions.actual()
        except TarasulError as error:
            log.warning("the subscriptions could not be listed", extra={"why": f"{type(error).__name__}: {error}"})
            return None

    # ------------------------------------------------------------ doing it

    async def _make(self, places: Sequence[Place], visit: dict[str, None]) -> None:
        outcomes = await self._outcomes(self._subscribe, places)
        slow = [n for n, outcome in enumerate(outcomes) if _may_have_been_cold(outcome)]
        again = await self._outcomes(self._subscribe, [places[n] for n in slow])
        outcomes = [*({**dict(enumerate(outcomes)), **dict(zip(slow, again, strict=True))}).values()]
        for place, outcome in zip(places, await self._saved(outcomes), strict=True):
            if isinstance(outcome, TarasulError):
                self._told("no subscription", place.mailbox, outcome)
                continue
            visit[place.mailbox] = None
            log.info("subscribed", extra={"mailbox": place.mailbox, "expires_at": outcome.expires_at.isoformat()})

    async def _renew(self, several: Sequence[Subscribed], visit: dict[str, None]) -> None:
        outcomes = await self._saved(await self._outcomes(self._subscriptions.renew_all, several))
        gone: list[Place] = []
        for subscribed, outcome in zip(several, outcomes, strict=True):
            if isinstance(outcome, Gone):
                await asyncio.to_thread(self._drop, subscribed.subscription_id)
                gone.append(Place(subscribed.mailbox, subscribed.resource))
            elif isinstance(outcome, TarasulError):
                self._told("a subscription could not be renewed", subscribed.mailbox, outcome)
            else:
                log.info("renewed", extra={"mailbox": outcome.mailbox, "expires_at": outcome.expires_at.isoformat()})
        await self._make(gone, visit)

    async def _end(self, several: Sequence[Subscribed]) -> None:
        outcomes = await self._outcomes(self._subscriptions.end_all, [s.subscription_id for s in several])
        for subscribed, error in zip(several, outcomes, strict=True):
            if error is not None:
                self._told("a subscription could not be ended", subscribed.mailbox, error)
            else:
                extra = {"mailbox": subscribed.mailbox, "subscription_id": subscribed.subscription_id}
                log.info("ended", extra=extra)

    async def _subscribe(self, places: Sequence[Place]) -> list[Subscribed | TarasulError]:
        return await self._subscriptions.subscribe_all([(place.mailbox, place.resource) for place in places])

    async def _outcomes[T, R](
        self, do: Callable[[Sequence[T]], Awaitable[list[R | TarasulError]]], several: Sequence[T]
    ) -> list[R | TarasulError]:
        """What became of each of *several*; where all of it failed, of each the same."""
        try:
            return await do(several) if several else []
        except TarasulError as error:
            return [error for _ in several]

    async def _saved(self, outcomes: list[Subscribed | TarasulError]) -> list[Subscribed | TarasulError]:
        """Keep those that are subscribed. What cannot be kept is taken over when it is listed."""
        good = [outcome for outcome in outcomes if isinstance(outcome, Subscribed)]
        try:
            if good:
                await asyncio.to_thread(self._save, good)
        except TarasulError as error:
            return [error if isinstance(outcome, Subscribed) else outcome for outcome in outcomes]
        return outcomes

    def _save(self, several: Sequence[Subscribed]) -> None:
        def work(tx: Transaction) -> None:
            for subscribed in several:
                tx.save_subscription(subscribed)

        self._store.write(work)

    def _drop(self, subscription_id: str) -> None:
        self._store.write(lambda tx: tx.drop_subscription(subscription_id))

    def _told(self, said: str, mailbox: str, error: TarasulError) -> None:
        log.error(said, extra={"mailbox": mailbox, "why": f"{type(error).__name__}: {error}"})


def _forget_place(tx: Transaction, mailbox: str, at: datetime) -> None:
    """Have the folders of *mailbox* read from their beginning, by whoever reads them next."""
    folders = list(tx.followed(mailbox))
    tx.follow(mailbox, [], at)
    tx.follow(mailbox, folders, at)


def _may_have_been_cold(outcome: Subscribed | TarasulError) -> bool:
    """Whether Graph may have had no answer from our door in time, or was busy itself for a moment."""
    return isinstance(outcome, Unavailable) and not isinstance(outcome, Throttled)
