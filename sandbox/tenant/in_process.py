################################################################
# The tenant without sockets, in virtual time
################################################################
#
# Rule 1: time passes only when it is told to. What falls due on the way happens at its own instant, in order.
# Rule 2: the product is one function; what it asks the tenant while it answers is answered at the same instant.

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Any

from sandbox.tenant.controls import offset_s
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import Job, Request, Response


class InProcess:
    """A tenant and a product in one process.

    `product` takes each request the tenant has for it (NO_ANSWER says that nobody answered). The tenant's clock
    control moves `now` as `advance` does.
    """

    def __init__(self, tenant: Tenant, product: Callable[[Request], Response], start: datetime) -> None:
        self.tenant = tenant
        self._product = product
        self._unshifted = start

    @property
    def now(self) -> datetime:
        return self._unshifted + timedelta(seconds=offset_s(self.tenant))

    def request(self, request: Request) -> Response:
        """Answer a request to the tenant, once everything that is due has happened."""
        self.settle()
        answer: Response = self._walk(self.tenant.handle(request, self.now))
        return answer

    def settle(self) -> None:
        """Let happen what is due now."""
        while (key := self.tenant.deliveries.take_due(self.now)) is not None:
            self._walk(self.tenant.deliveries.carry(key, self.now))

    def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that falls due meanwhile."""
        end = self._unshifted + timedelta(seconds=seconds)
        self.settle()
        while (due := self.tenant.deliveries.next_due()) is not None and due <= end + (self.now - self._unshifted):
            self._unshifted = max(self._unshifted, due - (self.now - self._unshifted))
            self.settle()
        self._unshifted = max(self._unshifted, end)

    def _walk(self, steps: Generator[Request | Job, Response, Any]) -> Any:
        try:
            asked = next(steps)
            while True:
                asked = steps.send(asked.run() if isinstance(asked, Job) else self._product(asked))
        except StopIteration as done:
            return done.value
