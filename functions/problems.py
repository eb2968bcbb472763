"""What the API answers when it cannot do what was asked: application/problem+json, and whose turn it is."""

import json
from collections.abc import Mapping

import azure.functions as func

from texts import say

_OVER = frozenset(
    {
        "may.ended",
        "may.already_done",
        "may.already_ended",
        "may.not_ended",
        "may.not_for_this_kind",
        "may.opened",
        "may.voided",
        "reopen.reply_on_its_way",
    }
)


def problem(status: int, key: str, **values: object) -> func.HttpResponse:
    """Answer *status* with the sentence `api.<key>` in both languages. Source: RFC 9457."""
    return _problem(status, key, f"api.{key}", values)


def refused(reason: str, values: Mapping[str, object]) -> func.HttpResponse:
    """Answer a refusal of the registry: 403 where it is somebody else's turn, 409 where it is over, else 422."""
    over = reason in _OVER
    status = 409 if over else 403 if reason.startswith("may.") else 422
    from registry.decisions import Refused

    sentence = Refused(reason, {name: str(value) for name, value in values.items()}).sentence
    return _problem(status, reason.replace(".", "_"), sentence, values)


def _problem(status: int, name: str, sentence: str, values: Mapping[str, object]) -> func.HttpResponse:
    body = {
        "type": f"https://tarasul.invalid/problems/{name}",
        "status": status,
        "title": name.replace("_", " "),
        "detail": say("en", sentence, **values),
        "detail_ar": say("ar", sentence, **values),
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/problem+json", headers=headers
    )
