################################################################
# What the tenant does later, of its own accord
################################################################
#
# Rule 1: a delivery is kept in the world until its courier says that it is done: a restart loses none.
# Rule 2: of one lane only the first is carried; the next waits until it is done. Without a lane there is no order.
# Rule 3: nothing happens here by itself: whoever drives the tenant asks what is due.

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.tenant import faults
from sandbox.tenant.wire import Request, Response
from sandbox.tenant.world import Thing

if TYPE_CHECKING:
    from sandbox.tenant.tenant import Tenant

# A courier takes the tenant, what was put down, how often it was tried before, and the instant. It yields each request
# for the product, is sent the response, and returns None when done, or after how many seconds it wants to try again.
type Errand = Generator[Request, Response, float | None]
type Courier = Callable[["Tenant", Thing, int, datetime], Errand]


class Deliveries:
    """All that is still to be carried, in the order in which it falls due."""

    def __init__(self, tenant: "Tenant", couriers: dict[str, Courier]) -> None:
        self._tenant = tenant
        self._couriers = couriers
        self._table = tenant.world.table("deliveries")
        self._lanes: defaultdict[str, deque[str]] = defaultdict(deque)
        self._heap: list[tuple[datetime, int]] = []
        for key, item in self._table.items():
            self._line_up(key, item)

    def put(
        self, kind: str, payload: Thing, now: datetime, *, after_s: float = 0.0, lane: str | None = None
    ) -> list[str]:
        """Have *payload* carried, and return the ids under which it lies here: two when a fault doubles it."""
        if kind not in self._couriers:
            raise LookupError(f"nobody here carries {kind!r}")
        keys = []
        for more_s in faults.on_delivery(self._tenant.world, kind, now):
            key = str(self._tenant.world.next("deliveries"))
            due = now + timedelta(seconds=after_s + more_s)
            order = lane if more_s == 0 else None  # what is put off loses its place: others overtake it
            item = {"kind": kind, "payload": payload, "due": due.isoformat(), "tries": 0, "lane": order}
            self._table[key] = item
            self._line_up(key, item)
            keys.append(key)
        return keys

    def waiting(self, key: str, until: datetime) -> Thing | None:
        """The payload of a delivery that will have its first try by then, to add to it with `amend`."""
        item = self._table.get(key)
        untried = item is not None and item["tries"] == 0 and "carried" not in item
        if item is None or not untried or datetime.fromisoformat(item["due"]) > until:
            return None
        payload: Thing = item["payload"]
        return payload

    def amend(self, key: str, payload: Thing) -> None:
        self._table[key] = {**self._table[key], "payload": payload}

    def next_due(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: datetime) -> str | None:
        """The id of what is due first, taken out of the order until `carry` has run; None when nothing is due."""
        if not self._heap or self._heap[0][0] > now:
            return None
        key = str(heapq.heappop(self._heap)[1])
        self._table[key] = {**self._table[key], "carried": True}
        return key

    def carry(self, key: str, now: datetime) -> Generator[Request, Response]:
        """Run the courier of this delivery, and put it down again if it wants another try."""
        item = self._table[key]
        try:
            again_s = yield from self._couriers[item["kind"]](self._tenant, item["payload"], item["tries"], now)
        except Exception:
            self._done(key, item)
            raise
        if again_s is None:
            self._done(key, item)
        else:
            due = now + timedelta(seconds=again_s)
            self._table[key] = {**item, "due": due.isoformat(), "tries": item["tries"] + 1}
            heapq.heappush(self._heap, (due, int(key)))
        self._tenant.world.flush()

    def listed(self) -> list[dict[str, Any]]:
        """What waits, without what it says: for people and tests to look at."""
        return [{"id": k, **{f: item[f] for f in ("kind", "due", "tries", "lane")}} for k, item in self._table.items()]

    def _line_up(self, key: str, item: Thing) -> None:
        if item["lane"] is not None:
            lane = self._lanes[item["lane"]]
            lane.append(key)
            if lane[0] != key:
                return
        heapq.heappush(self._heap, (datetime.fromisoformat(item["due"]), int(key)))

    def _done(self, key: str, item: Thing) -> None:
        del self._table[key]
        if item["lane"] is None:
            return
        lane = self._lanes[item["lane"]]
        lane.popleft()
        if lane:
            heapq.heappush(self._heap, (datetime.fromisoformat(self._table[lane[0]]["due"]), int(lane[0])))
        else:
            del self._lanes[item["lane"]]
