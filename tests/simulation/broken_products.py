"""The product, broken in named ways: each of them the simulator must notice. A name, and the parts that do it."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from service.intake import Intake
from service.perform import Done, Performer
from service.reconcile import Reconciler
from tests.simulation.process import Parts


class _Store:
    """A store whose transactions are *twisted* before work is done in them."""

    def __init__(self, twist: Callable[[Any], Any], inner: Any) -> None:
        self._inner, self._twist = inner, twist

    def write(self, work: Callable[[Any], Any]) -> Any:
        return self._inner.write(lambda tx: work(self._twist(tx)))

    def read(self, work: Callable[[Any], Any]) -> Any:
        return self._inner.read(work)

    def close(self) -> None:
        self._inner.close()


class _Twisted:
    """A transaction, some of whose methods were replaced."""

    def __init__(self, tx: Any, **methods: Any) -> None:
        self._tx, self._methods = tx, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._tx, name)


def _without_keys(tx: Any) -> Any:
    return _Twisted(tx, first_time=lambda *_: True)


def _without_effects_now_and_then(tx: Any) -> Any:
    def request(effects: Iterable[Any], version: int, at: datetime, new_token: Any, **rest: Any) -> None:
        kept = [e for e in effects if version % 5]
        tx.request(kept, version, at, new_token, **rest)

    return _Twisted(tx, request=request)


def _without_leases(tx: Any) -> Any:
    return _Twisted(tx, claim=lambda owner, now, until, limit: tx.claim(owner, now, now, limit))


class CursorFirst(Intake):
    """The cursor is kept before the letters of its page are."""

    async def _page(self, mailbox: str, folder: str, cursor: str | None) -> Any:
        page = await super()._page(mailbox, folder, cursor)
        self._save_cursor(mailbox, folder, page.cursor)
        return page


class _SettlesFirst(Performer):
    """An effect is settled before it is performed."""

    async def _perform(self, claimed: Any, owner: str) -> None:
        if type(claimed.effect).__name__ in ("AskAction", "RefreshCard", "MarkMail"):
            self._settle(claimed, owner, Done())
            await self._do(claimed.effect, claimed.tries)
        else:
            await super()._perform(claimed, owner)


class _TrustsDelta(Reconciler):
    """A day is counted out of what delta showed alone."""

    async def _list(self, *_: Any) -> Any:
        return {}


def _with_numbers_apart() -> Callable[[Any], Any]:
    """Numbers are drawn outside the transaction: what comes to nothing does not give its number back."""
    last: Counter[Any] = Counter()

    def draw(series: Any) -> int:
        last[series] += 1
        return last[series]

    return lambda tx: _Twisted(tx, draw=draw)


def _twisted(twist: Callable[[Any], Any]) -> Parts:
    return Parts(store=lambda store: _Store(twist, store))


_STORE_FAULTS = ("database down", "commit unanswered", "crash", "503", "504 after success")
_LOST_ANSWERS = ("504 after success", "reset after", "crash", "commit unanswered", "queue doubles")

# By name: the broken product, and the faults of the days on which it is to be found out (None: any).
BROKEN: dict[str, tuple[Callable[[], Parts], tuple[str, ...] | None]] = {
    "no key is checked": (lambda: _twisted(_without_keys), None),
    "the cursor is saved before the letters": (lambda: Parts(intake=CursorFirst, counts=False), None),
    "the outbox is forgotten now and then": (lambda: _twisted(_without_effects_now_and_then), None),
    "numbers are drawn outside the transaction": (lambda: _twisted(_with_numbers_apart()), _STORE_FAULTS),
    "what delta showed is all that is counted": (lambda: Parts(intake=CursorFirst, reconciler=_TrustsDelta), None),
    "half a mail is believed": (lambda: Parts(asks_again=False), ("half a mail", "id changes", "mail moved")),
    "it sends without looking for the draft": (lambda: Parts(finds_drafts=False), _LOST_ANSWERS),
    "effects are settled before they are performed": (lambda: Parts(performer=_SettlesFirst), None),
    "a lease holds nobody off": (
        lambda: _twisted(_without_leases),
        ("queue doubles", "press doubled", "notification doubled", "429 whole", "503"),
    ),
}
