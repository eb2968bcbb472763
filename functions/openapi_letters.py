"""The API's description of issued letters: the file of a record, and what anybody is told who has it in their hand."""

from typing import Any

from registry.answers import STATES as ANSWER_STATES

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_SAID = {"$ref": "#/components/schemas/Said"}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_SHA256_OR_NULL = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
_LEVEL = {"type": "string", "enum": ["approval", "protected"]}


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields}


SEALED = {
    "description": "The issued file. `level` approval: pressed in Teams; protected: under the entity's certificate.",
    **_object(
        sha256=_SHA256,
        size_bytes={"type": "integer", "minimum": 0},
        frozen=_SHA256,
        level=_LEVEL,
        level_said=_SAID,
        certificate=_SHA256_OR_NULL,
        stamped_at={"type": ["string", "null"], "format": "date-time"},
        sealed_at={"type": "string", "format": "date-time"},
        manifest=_SHA256,
        verify=_TEXT,
    ),
}
IN_REPLY_TO = {
    "type": ["object", "null"],
    "description": "Of a letter of ours: the letter that came in and that it answers.",
    "required": ["record_id", "reference", "their_reference", "their_date"],
    "properties": {
        "record_id": _TEXT,
        "reference": _TEXT_OR_NULL,
        "their_reference": _TEXT_OR_NULL,
        "their_date": {**_TEXT_OR_NULL, "description": "As it is printed on it; else the day on which it came."},
    },
}
ANSWER = {
    "description": "Of a letter that came in: a letter of ours that replies to it.",
    **_object(
        record_id=_TEXT,
        reference=_TEXT,
        state={"type": "string", "enum": list(ANSWER_STATES)},
        state_said=_SAID,
        at={"type": "string", "format": "date-time"},
    ),
}
LETTER = {
    "description": "What stands on a letter of ours, and what became of it.",
    **_object(
        ours={"type": "boolean"},
        state={"type": "string", "enum": ["sealed", "amended", "cancelled", "voided"]},
        state_said=_SAID,
        entity=_SAID,
        reference=_TEXT,
        kind=_TEXT,
        kind_said=_SAID,
        issued_at={"type": "string", "format": "date-time"},
        issued_said=_SAID,
        sha256=_SHA256,
        size_bytes={"type": "integer", "minimum": 0},
        level=_LEVEL,
        level_said=_SAID,
        certificate=_SHA256_OR_NULL,
        limits_said={"oneOf": [_SAID, {"type": "null"}]},
    ),
}


def verify_path(problem: Any) -> dict[str, Any]:
    """The path of the public question. *problem*: what describes the answer of a status."""
    return {
        "get": {
            "operationId": "verify_letter",
            "summary": "Whether a letter is ours, by what its QR code says or by its file's SHA-256; for anybody.",
            "security": [],
            "parameters": [
                {
                    "name": "token",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,100}$"},
                }
            ],
            "responses": {
                "200": {
                    "description": "It is ours. A page, unless JSON is asked for.",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Letter"}},
                        "text/html": {"schema": _TEXT},
                    },
                },
                "404": {
                    "description": "It is none of ours.",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
                        "text/html": {"schema": _TEXT},
                    },
                },
                **{str(status): problem(status) for status in (429, 503)},
            },
        }
    }
