"""What the API answers when it cannot do what was asked: application/problem+json, and whose turn it is."""

import json

import azure.functions as func

from texts import say


def problem(status: int, key: str, **values: object) -> func.HttpResponse:
    """Answer *status* with the sentence `api.<key>` in both languages. Source: RFC 9457."""
    body = {
        "type": f"https://tarasul.invalid/problems/{key}",
        "status": status,
        "title": key.replace("_", " "),
        "detail": say("en", f"api.{key}", **values),
        "detail_ar": say("ar", f"api.{key}", **values),
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/problem+json", headers=headers
    )
