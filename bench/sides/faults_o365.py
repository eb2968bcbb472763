"""O365 lists the letters of a folder while Graph fails, with its own retries. Runs in the peers' environment."""

import signal
from types import FrameType
from typing import NoReturn

from bench.side import serve
from bench.sides.o365 import inbox


def listed(base_url: str, page: int, count: int) -> list[str]:
    folder = inbox(base_url)
    return [str(message.object_id) for message in folder.get_messages(limit=count * 2, batch=page)]


def too_long(number: int, frame: FrameType | None) -> NoReturn:
    raise TimeoutError("no end in sight")


def main() -> None:
    signal.signal(signal.SIGALRM, too_long)

    def measure(base_url: str, page: int, count: int, within_s: float) -> dict[str, object]:
        signal.setitimer(signal.ITIMER_REAL, within_s)
        try:
            ids, error = listed(base_url, page, count), ""
        except Exception as why:
            ids, error = [], f"{type(why).__name__}: {why}"[:200]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return {"ids": len(set(ids)), "all": len(ids), "visits": 1, "error": error}

    serve(measure)


if __name__ == "__main__":
    main()
