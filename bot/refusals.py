################################################################
# What the Bot Connector means when it refuses
################################################################
#
# Rule 1: a refusal is read here and nowhere else: status and code in, whose turn it is out.
# Rule 2: what no row names goes by its status alone. A 500 is not asked again by itself: the message may be standing.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
#         (errors) and …/bots/how-to/rate-limit

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.errors import Gone, Misconfigured, Mistaken, Throttled, Unavailable
from service.ports import ChatBlocked, NotInstalled

_BLOCKED_BY_CODE_209 = "MessageWritesBlocked"  # older answers give the number alone


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which the connector refuses. `code` is empty where the status says it all; `meaning` is a text key:
    what it means, and whose turn it is."""

    status: int
    code: str
    meaning: str
    raises: Callable[[str], Exception]


def _blocked(code: str, reason: str) -> Refusal:
    return Refusal(403, code, reason, lambda _: ChatBlocked(reason))


REFUSALS = (
    Refusal(403, "ForbiddenOperationException", "teams.not_installed", NotInstalled),
    Refusal(403, "BotNotInConversationRoster", "teams.not_installed", NotInstalled),
    Refusal(404, "BotNotInConversationRoster", "teams.not_installed", NotInstalled),
    _blocked("ConversationBlockedByUser", "chat.blocked_by_person"),
    _blocked("BotDisabledByAdmin", "chat.blocked_by_policy"),
    _blocked("NotEnoughPermissions", "chat.blocked_without_permission"),
    _blocked("MessageWritesBlocked", "chat.blocked_for_writing"),
    Refusal(401, "", "teams.not_registered", Misconfigured),
    Refusal(403, "", "teams.forbidden", Misconfigured),  # InvalidBotApiHost and its like
    Refusal(404, "", "teams.gone", Gone),
    Refusal(408, "", "teams.busy", Unavailable),
    Refusal(410, "", "teams.gone", Gone),
    Refusal(412, "", "teams.busy", Unavailable),  # somebody else is writing in the conversation
    Refusal(429, "", "teams.busy", Unavailable),  # without a wait that we can read
    Refusal(500, "", "teams.mistaken", Mistaken),
)
_BY_CODE = {(r.status, r.code): r.raises for r in REFUSALS if r.code}
_BY_STATUS = {r.status: r.raises for r in REFUSALS if not r.code}


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """Return what to raise for an answer that is not 2xx.

    Args:
        headers: Names in lower case; `retry-after` is in seconds, may be decimal, may be missing.
        body: `{"error": {"code", "message", "subCode"?}}`, or anything else.
    """
    codes = _codes(body)
    said = f"the connector answered {status} {' '.join(codes)}".rstrip()
    if status in (429, 503) and (wait_s := _seconds(headers.get("retry-after", ""))) is not None:
        return Throttled(wait_s)
    for code in codes:
        if (kind := _BY_CODE.get((status, code))) is not None:
            return kind(said)
    if 300 <= status < 400:
        return Misconfigured(said)
    return _BY_STATUS.get(status, Unavailable if status >= 500 else Mistaken)(said)


def _codes(body: bytes) -> list[str]:
    """Every code that the body names, the outer one first."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(told, dict):
        return []
    inner = told.get("error")
    found: list[str] = []
    for place in (inner if isinstance(inner, dict) else {}, told):
        for name in ("code", "subCode", "errorCode"):
            code = place.get(name)
            if code in (209, "209"):
                found.append(_BLOCKED_BY_CODE_209)
            elif isinstance(code, str) and code:
                found.append(code[:80])
    return list(dict.fromkeys(found))


def _seconds(text: str) -> float | None:
    try:
        wait_s = float(text)
    except ValueError:
        return None
    return wait_s if 0 <= wait_s < 86_400 else None
