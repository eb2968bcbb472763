"""The product takes commands: a head refers, the colleague completes, the head approves, and the record is closed.

Each is `take` as a door calls it: key, rights, record, sheet with its hash chain, projections, outbox, one commit.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count

from bench.side import serve, spent, told
from registry.commands import Approve, Command, Complete, Refer, Register
from registry.decisions import Accepted
from service.take import Taker
from store.database import Database
from store.store import SqlStore
from tests.values import OFFICE, forwarded

_NOTE = "يرجى دراسة الطلب وموافاتنا بالرد قبل نهاية الأسبوع."


class Office:
    """A register, and records in it on which commands are taken."""

    def __init__(self, url: str) -> None:
        self.store = SqlStore(Database(url), OFFICE.entity_id)
        self.store.write(lambda tx: tx.save_office(OFFICE))
        self.taker = Taker(self.store, lambda: datetime.now(UTC))
        self._numbers = count(1)

    def registered(self) -> str:
        """A new letter before Huda, who heads Finance; the id of its record."""
        number = next(self._numbers)
        ask = Register(record_id=f"r{number}", mail=forwarded(number))
        self.accept(ask, f"letter:{number}")
        return ask.record_id

    def token(self, record_id: str) -> str:
        """The token of Huda's card of a letter that was just registered."""
        token = self.store.read(lambda tx: tx.token_of(record_id, 1, "huda"))
        assert token is not None
        return token

    def live(self, record_id: str) -> int:
        """Bring a record to its end; how many commands that took."""
        way: list[Command] = [
            Refer(record_id=record_id, step=1, by="huda", asked="for_action", to_person="omar", note=_NOTE),
            Complete(record_id=record_id, step=2, by="omar", note=_NOTE),
            Approve(record_id=record_id, step=3, by="huda", note=_NOTE),
        ]
        for command in way:
            self.accept(command, f"press:{record_id}:{type(command).__name__}")
        return len(way)

    def accept(self, command: Command, key: str) -> None:
        taken = self.taker.take(command, key=key)
        assert isinstance(taken.decision, Accepted), f"{command}: {taken.decision}"


def main(url: str, clients: int, records: int) -> None:
    office = Office(url)
    with ThreadPoolExecutor(clients) as threads:

        def measure() -> dict[str, float]:
            ids = [office.registered() for _ in range(records)]
            with spent() as round_:
                steps = sum(threads.map(office.live, ids))
            return {"per_s": steps / round_.wall_s, "cpu_us": round_.cpu_s / steps * 1e6}

        serve(measure)
    office.store.close()


if __name__ == "__main__":
    main(**told())
