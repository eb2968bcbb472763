"""O365 lists the letters of a mailbox, page by page, and keeps nothing. Runs in the peers' environment."""

import importlib
from typing import Any

from bench import letters
from bench.side import serve, spent, told


def main(base_url: str, page: int, count: int, select: list[str]) -> None:
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
    query = folder.new_query().select(*select) if select else None

    def measure() -> dict[str, float]:
        with spent() as round_:
            listed = folder.get_messages(limit=count, query=query, batch=page)
            found = sum(1 for message in listed if message.object_id and message.received)
        assert found == count, f"{found} letters were listed"
        return {"letters": found, "cpu_s": round_.cpu_s, "wall_s": round_.wall_s}

    serve(measure)


if __name__ == "__main__":
    main(**told())
