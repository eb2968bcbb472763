"""Notifications that Graph never sent, drawn by chance, and a door that counts what comes of them.

Whoever forges knows everything but the key: addresses of mailboxes, ids of subscriptions, how a clientState is made,
and one that was made with a key which is good no longer.
"""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from graph.notifications import client_state
from sandbox.kept import Kept
from tests.stage import REPOSITORY, Stage

type Json = dict[str, Any]

DOORS = ("notifications", "lifecycle")
REGISTRY, ELSEWHERE = "registry@ministry.example", "registry@other.example"
EVENTS = ("reauthorizationRequired", "subscriptionRemoved", "missed", "somethingNew")
_TENANT, _OTHER_TENANT = "c0ffee00-1111-4222-8333-444455556666", "0badcafe-1111-4222-8333-444455556666"

# The notification doors alone, as the product opens them: nobody empties the queue, so that what they put there stays.
_APP = """
import azure.functions as func
from functions import notifications
{before}
app = func.FunctionApp()
app.register_functions(notifications.bp)
"""
CHECK_IS_OFF = """
from graph import notifications as told
told._Callers._check = lambda self, state: next(iter(self._mailboxes.values()))
"""


@dataclass(frozen=True, slots=True)
class Knock:
    """One POST at a door. `echo` is what it must be answered, where that is not 202."""

    kind: str
    body: bytes
    door: str = "notifications"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    echo: str | None = None


def knocks(seed: int, count: int) -> Iterator[Knock]:
    """*count* forged knocks; every kind comes, the large ones seldom."""
    rng = random.Random(seed)
    for number in range(count):
        kinds = _LARGE if number % 400 == 399 else _SMALL
        make = kinds[number % len(kinds)] if number < 3 * len(kinds) else rng.choice(kinds)
        made = make(rng)
        yield made if isinstance(made, Knock) else _posted(make.__name__.strip("_"), made, rng)


def _posted(kind: str, told: Any, rng: random.Random) -> Knock:
    body = told if isinstance(told, bytes) else json.dumps({"value": told}, ensure_ascii=rng.random() < 0.5).encode()
    return Knock(kind, body, rng.choice(DOORS))


def _item(rng: random.Random, state: Any, **more: Any) -> Json:
    return {
        "subscriptionId": f"{rng.getrandbits(128):032x}",
        "subscriptionExpirationDateTime": "2026-11-28T08:00:00Z",
        "clientState": state,
        "changeType": "created",
        "lifecycleEvent": rng.choice(EVENTS),
        "resource": f"Users/{rng.getrandbits(64):x}/Messages/AAk{rng.getrandbits(64):x}",
        "tenantId": rng.choice((_TENANT, _OTHER_TENANT)),
        **more,
    }


def _signed(rng: random.Random, mailbox: str = REGISTRY) -> str:
    """A clientState as ours are, with a key that is not ours."""
    return client_state(f"{rng.getrandbits(256):064x}", mailbox, rng.randint(0, 9_999_999_999))


# ---------------------------------------------------------------- kinds of forgery


def _wrong_state(rng: random.Random) -> list[Json]:
    return [_item(rng, rng.choice(("", "opaque", "..", "a" * rng.randint(1, 400), "' OR 1=1 --", "\u202e\u0000")))]


def _no_state(rng: random.Random) -> list[Json]:
    item = _item(rng, None)
    if rng.random() < 0.5:
        del item["clientState"]
    return [item]


def _state_of_another_type(rng: random.Random) -> list[Json]:
    return [_item(rng, rng.choice((7, 1e308, True, [], [_signed(rng)], {"clientState": _signed(rng)})))]


def _signed_by_another_key(rng: random.Random) -> list[Json]:
    return [_item(rng, _signed(rng))]


def _of_another_epoch(rng: random.Random) -> list[Json]:
    head, _, digest = _signed(rng).rpartition(".")
    epoch = rng.choice(("0", "1", "01", "\u0661", "9999999999", "99999999999", "-1"))
    return [_item(rng, f"{head.partition('.')[0]}.{epoch}.{digest}")]


def _of_another_mailbox(rng: random.Random) -> list[Json]:
    return [_item(rng, _signed(rng, ELSEWHERE), tenantId=_OTHER_TENANT)]


def _nearly_right(rng: random.Random) -> list[Json]:
    state = _signed(rng)
    at = rng.randrange(len(state))
    return [_item(rng, rng.choice((state[:at], state + state[-1], state.upper(), f" {state}", state[:at] + "%00")))]


def _rich(rng: random.Random) -> bytes:
    """With resource data, and tokens that nobody of Microsoft's signed."""
    token = ".".join(("eyJhbGciOiJub25lIn0", "eyJhcHBpZCI6IjBiZjMwZjNiIn0", rng.choice(("", "AAAA"))))
    content = {"data": "AAAA" * rng.randint(1, 2_000), "dataSignature": "bad", "dataKey": "bad"}
    items = [_item(rng, _signed(rng), encryptedContent=content)]
    return json.dumps({"value": items, "validationTokens": rng.choice(([token], [], token, [None]))}).encode()


def _keys_twice(rng: random.Random) -> bytes:
    first, last = json.dumps(_signed(rng)), json.dumps(_signed(rng))
    item = f'{{"clientState":{first},"clientState":{last},"subscriptionId":"a","lifecycleEvent":"missed"}}'
    return f'{{"value":[],"value":[{item}],"value":[{item},{item}]}}'.encode()


def _no_json(rng: random.Random) -> bytes:
    whole = json.dumps({"value": [_item(rng, _signed(rng))]}).encode()
    return rng.choice(
        (b"", b"{", whole[: rng.randrange(len(whole))], rng.randbytes(200), whole.decode().encode("utf-16"))
    )


def _other_json(rng: random.Random) -> bytes:
    told = (7, None, [], "x", {"value": 7}, {"value": {}}, {"value": [7, None, "x", [[]]]}, {"Value": []}, {})
    return json.dumps(rng.choice(told)).encode()


def _deep(rng: random.Random) -> bytes:
    return rng.choice((b"[", b'{"value":', b'{"value":[{"clientState":')) * rng.randint(1_000, 20_000)


def _many_items(rng: random.Random) -> list[Json]:
    return [_item(rng, _signed(rng)) for _ in range(50)]


def _a_token(rng: random.Random) -> Knock:
    """What a browser or a proxy might make something of comes back as plain text, harmless."""
    nasty = ("<script>alert(1)</script>", "a\r\nSet-Cookie: a=b\r\n\r\n<html>", '"><img src=x onerror=alert(1)>')
    plain = ("Validation: Testing client application reachability", "سؤال", "a+b%2Bc", "%3Cb%3E", "")
    token = rng.choice(nasty + plain)
    harmless = token.replace("<", "&lt;").replace(">", "&gt;")
    query = f"?validationToken={quote(token, safe='')}"
    return Knock("a_token", b"", rng.choice(DOORS), query, {"Content-Type": "text/plain"}, echo=harmless)


def _a_long_token(rng: random.Random) -> Knock:
    """Longer than any of Graph's: it is no validation, and a body that rings for nobody."""
    return Knock("a_long_token", b"", rng.choice(DOORS), f"?validationToken={'A' * rng.randint(4_097, 7_000)}")


def _other_headers(rng: random.Random) -> Knock:
    headers = rng.choice(
        (
            {"Content-Type": "text/html"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
            {"X-Forwarded-For": "20.20.32.0", "X-Original-URL": "/api/v1/records"},
            {"Content-Type": "application/json; charset=utf-16"},
        )
    )
    body = json.dumps({"value": [_item(rng, _signed(rng))]}).encode()
    return Knock("other_headers", body, rng.choice(DOORS), headers=headers)


def _ten_thousand_items(rng: random.Random) -> list[Json]:
    return [_item(rng, _signed(rng)) for _ in range(10_000)]


def _ten_megabytes(rng: random.Random) -> bytes:
    return json.dumps({"value": [_item(rng, _signed(rng), resource="A" * (10 * 2**20))]}).encode()


def _ten_megabytes_of_state(rng: random.Random) -> bytes:
    return json.dumps({"value": [_item(rng, "A" * (7 * 2**20))]}).encode()


_SMALL: tuple[Callable[[random.Random], Any], ...] = (
    *(_wrong_state, _no_state, _state_of_another_type, _signed_by_another_key, _of_another_epoch, _of_another_mailbox),
    *(_nearly_right, _rich, _keys_twice, _no_json, _other_json, _deep, _many_items, _a_token, _a_long_token),
    _other_headers,
)
_LARGE = (_ten_thousand_items, _ten_megabytes, _ten_megabytes_of_state)


# ---------------------------------------------------------------- the door


class Door:
    """The product's notification doors under their host, beside a tenant that would see every call out."""

    def __init__(self, folder: Path, before: str = "") -> None:
        root = folder / "app"
        root.mkdir()
        (root / "host.json").write_text((REPOSITORY / "host.json").read_text("utf-8"), "utf-8")
        (root / "function_app.py").write_text(_APP.format(before=before), "utf-8")
        self._exchanges = folder / "exchanges.jsonl"
        arguments = ("--exchanges", str(self._exchanges))
        ready = "/sandbox/health"
        self.stage = Stage(folder / "state", root=root, ready=ready, tenant_arguments=arguments)

    def __enter__(self) -> "Door":
        self.stage.__enter__()
        self._pid = int(self.stage.product("GET", "/sandbox/health").json()["pid"])
        return self

    def __exit__(self, *ended: Any) -> None:
        self.stage.__exit__(*ended)

    def hands(self) -> Callable[[Knock], tuple[int, dict[str, str], bytes]]:
        """A connection of one's own: knock, and return status, headers and body of the answer."""
        host = urlsplit(self.stage.urls["product"]).netloc
        return partial(_knock, HTTPConnection(host, timeout=60))

    def genuine(self, door: str = "notifications") -> Knock:
        """What Graph itself would send."""
        key = str(Kept(self.stage.state / "secrets.json").get("client_state", ""))
        item = _item(random.Random(1), client_state(key, REGISTRY, 1), lifecycleEvent="missed")
        return Knock("genuine", json.dumps({"value": [item]}).encode(), door)

    def rung(self) -> int:
        """How many messages lie in queues."""
        with sqlite3.connect(self.stage.state / "host" / "queues.db") as queues:
            return int(queues.execute("SELECT count(*) FROM messages").fetchone()[0])

    def calls_out(self) -> int:
        """How often the product asked anything of Microsoft."""
        return len(self._exchanges.read_text("utf-8").splitlines()) if self._exchanges.exists() else 0

    def kept(self) -> list[str]:
        """What the product keeps: files of a register or an archive."""
        return [name for name in ("tarasul.db", "archive") if (self.stage.state / name).exists()]

    def most_memory_bytes(self) -> int:
        """The most that the host ever held."""
        status = Path(f"/proc/{self._pid}/status").read_text("utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024


def _knock(connection: HTTPConnection, knock: Knock) -> tuple[int, dict[str, str], bytes]:
    headers = {"Content-Type": "application/json", **knock.headers}
    connection.request("POST", f"/api/graph/{knock.door}{knock.query}", knock.body, headers)
    answer = connection.getresponse()
    body = answer.read()
    told = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
    return answer.status, told, body
