"""A program that registers letters from several threads, and prints each one's number when it is kept, until killed.

python -m tests.store.registers_until_killed <database URL> <the first letter's number>
"""

import itertools
import sys
import threading

from registry.commands import Close, Register
from service.take import Taker
from store.database import Database
from store.store import SqlStore
from tests.values import NOON, OFFICE, mail


def main(url: str, first: int) -> None:
    store = SqlStore(Database(url), OFFICE.entity_id)
    taker = Taker(store, lambda: NOON)
    numbers, lock = itertools.count(first), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                n = next(numbers)
            taker.take(Register(record_id=f"r{n}", mail=mail(n)), key=f"m{n}")
            if n % 3 == 0:
                taker.take(Close(record_id=f"r{n}", step=1, by="huda", note="مكرر"), key=f"c{n}")
            with lock:
                print(n, flush=True)  # noqa: T201

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
