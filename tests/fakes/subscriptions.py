"""Graph's subscriptions in memory."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from registry.errors import Gone, TarasulError
from service.ports import Clock, Subscribed
from tests.fakes.faults import Faults


class FakeSubscriptions:
    """Subscriptions. `known` is what there is, by id; a test may take one away, as Graph does."""

    def __init__(self, clock: Clock = lambda: datetime.now(UTC), life: timedelta = timedelta(days=7)) -> None:
        self._clock, self._life = clock, life
        self.known: dict[str, Subscribed] = {}
        self.faults = Faults()
        self._made = 0

    async def subscribe(self, mailbox: str, resource: str) -> Subscribed:
        self.faults.before("subscribe")
        there = next((s for s in self.known.values() if s.resource == resource), None)
        if there is not None and there.outdated:
            del self.known[there.subscription_id]
            there = None
        self._made += there is None
        found = there or Subscribed(
            subscription_id=f"subscription-{self._made}",
            mailbox=mailbox,
            resource=resource,
            expires_at=self._clock(),
            renew_at=self._clock(),
        )
        self.known[found.subscription_id] = self._prolonged(found)
        self.faults.after("subscribe")
        return self.known[found.subscription_id]

    async def renew(self, subscribed: Subscribed) -> Subscribed:
        self.faults.before("renew")
        if subscribed.subscription_id not in self.known:
            raise Gone(f"no subscription {subscribed.subscription_id}")
        self.known[subscribed.subscription_id] = self._prolonged(self.known[subscribed.subscription_id])
        return self.known[subscribed.subscription_id]

    async def actual(self) -> list[Subscribed]:
        self.faults.before("actual")
        return list(self.known.values())

    async def end(self, subscription_id: str) -> None:
        self.faults.before("end")
        self.known.pop(subscription_id, None)

    async def subscribe_all(self, places: Sequence[tuple[str, str]]) -> list[Subscribed | TarasulError]:
        return [await _outcome(self.subscribe(mailbox, resource)) for mailbox, resource in places]

    async def renew_all(self, several: Sequence[Subscribed]) -> list[Subscribed | TarasulError]:
        return [await _outcome(self.renew(subscribed)) for subscribed in several]

    async def end_all(self, subscription_ids: Sequence[str]) -> list[TarasulError | None]:
        return [await _outcome(self.end(i)) for i in subscription_ids]

    def _prolonged(self, subscribed: Subscribed) -> Subscribed:
        now = self._clock()
        return replace(subscribed, expires_at=now + self._life, renew_at=now + self._life / 2)


async def _outcome[T](call: Awaitable[T]) -> T | TarasulError:
    """What *call* returns, or what went wrong with it."""
    try:
        return await call
    except TarasulError as error:
        return error
