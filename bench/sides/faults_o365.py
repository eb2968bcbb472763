"""O365 lists the letters of a folder while Graph fails, with its own retries. Runs in the peers' environment."""

import importlib
import signal
from types import FrameType
from typing import Any, NoReturn

from bench import letters
from bench.side import serve


def listed(base_url: str, page: int, count: int) -> list[str]:
    o365: Any = importlib.import_module("O365")
    token: Any = importlib.import_module("O365.utils.token")
    protocol = o365.MSGraphProtocol(api_version="v1.0")
    protocol.service_url = f"{base_url}/"
    account = o365.Account(
        ("id", "secret"),
        auth_flow_type="credentials",
        tenant_id="tenant",
        protocol=protocol,
        token_backend=token.MemoryTokenBackend(),
    )
    account.con.session = account.con.get_session()
    account.con.session.headers["Authorization"] = "Bearer a-token-that-nobody-looks-at"
    folder = account.mailbox(resource=letters.MAILBOX).inbox_folder()
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
