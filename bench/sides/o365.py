"""O365's inbox on a server of ours, signed in with a token that nobody looks at. Runs in the peers' environment."""

import importlib
from typing import Any

from bench import letters


def inbox(base_url: str) -> Any:
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
    return account.mailbox(resource=letters.MAILBOX).inbox_folder()
