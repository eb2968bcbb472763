################################################################
# One question to Graph, and what its answer means
################################################################
#
# Rule 1: an answer is judged by its status and the code in it, never by its message.
# Rule 2: the error says whose turn it is (registry/errors.py); its text names status, code and Graph's request id, and
#         nothing of what a letter says.

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from registry.errors import (
    Changed,
    Forbidden,
    Gone,
    Locked,
    Misconfigured,
    Mistaken,
    TarasulError,
    Throttled,
    Unavailable,
)

LONGEST_WAIT_S = 86_400.0  # nobody waits longer than a day for anything


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Args:
        path: Below the base URL, percent-encoded ("/users/a%40b/messages"), or an absolute link as Graph gave it.
        query: Added to the path, encoded here; left empty for a link, in which everything stands.
        json: What is sent as JSON; None sends `body` as it is.
        headers: Names in lower case; `prefer` is joined with the client's own.
        mailbox: Whose calls this one is counted with; empty for what is no mailbox's.
        repeatable: Whether asking twice does no harm; None: so it is for GET.
        deadline_s: Seconds for everything, waiting included; None: the client's own.
        limit_bytes: The longest answer that is read.
        for_link: The answer is a redirect to a link that opens itself; it is given as it is, and never followed here.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    mailbox: str = ""
    repeatable: bool | None = None
    deadline_s: float | None = None
    limit_bytes: int = 64 * 1024 * 1024
    for_link: bool = False

    @property
    def may_be_repeated(self) -> bool:
        return self.method == "GET" if self.repeatable is None else self.repeatable


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status below 300, or the redirect that was asked for. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


# What a code means wherever it stands; all others are judged by their status.
_CODES: dict[str, type[TarasulError]] = {
    # the sync state of a delta link, which services tell with 400, 404 or 410
    "syncstatenotfound": Gone,
    "syncstateinvalid": Gone,
    "resyncrequired": Gone,
    "resyncchangesapplydifferences": Gone,
    "resyncchangesuploaddifferences": Gone,
    # no such mailbox, or none that Graph can reach: an address among the settings is wrong
    "errorinvaliduser": Misconfigured,
    "mailboxnotenabledforrestapi": Misconfigured,
    # 409 where a person has the file open
    "resourcelocked": Locked,
    # Graph asked our notification address and had no answer in time
    "validationerror": Unavailable,
}


class _Told(msgspec.Struct):
    code: str | None = None


class _Body(msgspec.Struct):
    error: _Told | None = None


_ERROR = msgspec.json.Decoder(_Body)
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def decipher(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the JSON that Graph sent, or raise whose turn it is to act.

    Args:
        headers: Names in lower case; `retry-after` is in seconds, may be decimal or a date, may be missing.
        body: Raw bytes; an empty body reads as `{}`.

    Raises:
        Throttled: 429, 503 or 504 that names a wait; carries `retry_after_s`.
        Locked: 423: a person has the file open.
        Unavailable: any other 429 or 5xx, 408, a redirect, and a success that is not the JSON it should be.
        Gone, Changed: 404 and 410; 409 and 412. Gone also for any code that says that a delta link is dead.
        Misconfigured: 401, 403 (as Forbidden) and 507: token, consent, scope or quota; and a mailbox that there is not.
        Mistaken: any other 4xx.

    Source: https://learn.microsoft.com/graph/errors and /graph/throttling
    """
    judge(status, headers, body)
    return read_json(body, _OBJECT) if body else {}


def read_json[T](body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a success. Raises Unavailable for what a proxy put in its place, or what was cut off."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise Unavailable(f"an answer of {len(body)} bytes that cannot be read: {why}") from why


def judge(status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raise what `decipher` raises for an answer that is no success."""
    if 200 <= status < 300:
        return
    code = code_of(body)
    said = f"{status} {code or 'without a code'}, request-id {headers.get('request-id', 'none')}"
    if (by_code := _CODES.get(code.lower())) is not None and status >= 400:
        raise by_code(said)
    if status in (429, 503, 504) and (wait_s := wait_of(headers)) is not None:
        raise Throttled(wait_s)
    raise _by_status(status)(said)


def _by_status(status: int) -> type[TarasulError]:
    match status:
        case 404 | 410:
            return Gone
        case 409 | 412:
            return Changed
        case 423:
            return Locked
        case 403:
            return Forbidden
        case 401 | 507:
            return Misconfigured
        case _ if 400 <= status < 500 and status not in (408, 429):
            return Mistaken
    return Unavailable


def code_of(body: bytes) -> str:
    """The code of an error, empty where the body is empty, HTML or anything else."""
    try:
        told = _ERROR.decode(body).error if body else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return told.code[:80] if told is not None and told.code is not None else ""


def wait_of(headers: Mapping[str, str]) -> float | None:
    """The seconds that `retry-after` names: whole, decimal, or a date (against the answer's own `date`)."""
    said = headers.get("retry-after", "").strip()
    try:
        wait_s = float(said)
    except ValueError:
        at, until = _instant(headers.get("date", "")), _instant(said)
        if at is None or until is None:
            return None
        wait_s = (until - at).total_seconds()
    return min(max(wait_s, 0.0), LONGEST_WAIT_S) if math.isfinite(wait_s) else None


def _instant(said: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo is not None else None
