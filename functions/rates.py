"""How often a stranger may ask: a bucket for each address and one for all, in this process."""

from collections import OrderedDict
from datetime import datetime

import azure.functions as func

_MOST_ADDRESSES = 10_000


class Rate:
    """At most *each* questions a minute from one address, *all_of_them* from all together."""

    def __init__(self, each: int, all_of_them: int) -> None:
        self._each, self._all = each, all_of_them
        self._minute: datetime | None = None
        self._asked: OrderedDict[str, int] = OrderedDict()
        self._total = 0

    def wait_s(self, address: str, now: datetime) -> int:
        """Count a question and return 0, or after how many seconds it may be asked again."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._total = minute, 0
            self._asked.clear()
        if self._total >= self._all or self._asked.get(address, 0) >= self._each:
            return 60 - now.second
        self._total += 1
        self._asked[address] = self._asked.get(address, 0) + 1
        if len(self._asked) > _MOST_ADDRESSES:
            self._asked.popitem(last=False)
        return 0


def address_of(req: func.HttpRequest) -> str:
    """Where a question comes from, as the platform's own front saw it: the last of those that pass it on."""
    return req.headers.get("x-forwarded-for", "").rpartition(",")[2].strip().rpartition(":")[0][:64] or "-"
