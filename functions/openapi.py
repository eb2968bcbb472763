"""The API's description: OpenAPI 3.1. A test holds the answers to it."""

from typing import Any

from functions.limits import (
    LARGEST_LETTER_BYTES,
    LONGEST_KEY,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_TEXT,
    MOST_FILES,
)
from functions.openapi_commands import COMMAND, DRAFT
from functions.openapi_letters import ANSWER, IN_REPLY_TO, LETTER, SEALED, verify_path
from registry.circuits import ACTS, MODES
from registry.entities import CHANNELS
from registry.recipients import STATES as RECIPIENT_STATES
from registry.vocabulary import (
    ASKED_FROM_CARDS,
    CONFIDENTIALITIES,
    DELIVERIES,
    DISPOSITIONS,
    INVERSE,
    KINDS,
    URGENCIES,
    Status,
)

type Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_YES_NO: Schema = {"type": "boolean"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_INSTANT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _one_of(values: Any) -> Schema:
    return {"type": "string", "enum": list(values)}


def _object(**fields: Schema) -> Schema:
    """An object that has all of *fields*, and may get more."""
    return {"type": "object", "required": list(fields), "properties": fields}


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


# A draft's Word file; what leads to its words is null for who may not read them.
_DOCUMENT = _object(
    name=_TEXT_OR_NULL,
    web_url=_TEXT_OR_NULL,
    version=_WHOLE,
    sha256=_SHA256,
    size_bytes=_WHOLE,
    frozen=_or_null(_SHA256),
    frozen_version=_or_null(_WHOLE),
    preview=_or_null(_SHA256),
    lost=_TEXT_OR_NULL,
    held_by=_TEXT_OR_NULL,
    is_held={"type": "boolean"},
    unfit={"type": "array", "items": {"type": "string"}},
    pending=_or_null(_one_of(("submit", "sign"))),
    versions=_list_of(_object(version=_WHOLE, sha256=_SHA256, size_bytes=_WHOLE, editor=_TEXT_OR_NULL, at=_INSTANT)),
)

_SCHEMAS: dict[str, Schema] = {
    "Said": {"description": "A sentence in both languages.", **_object(ar=_TEXT, en=_TEXT)},
    "Party": {"description": "A name and an address, as a letter writes them.", **_object(name=_TEXT, address=_TEXT)},
    "Unit": _object(unit=_TEXT, name=_ref("Said")),
    "Holder": {
        "description": "Whose turn it is. `person` is null where it is whoever keeps the unit's register.",
        **_object(
            person=_TEXT_OR_NULL,
            person_name=_TEXT_OR_NULL,
            unit=_TEXT,
            unit_name=_ref("Said"),
            asked=_one_of(DISPOSITIONS),
            asked_said=_ref("Said"),
            since=_INSTANT,
            due_at=_INSTANT_OR_NULL,
        ),
    },
    "Stage": {
        "description": "A stage of what we issue; they are asked one after another, in this order.",
        **_object(
            stage=_WHOLE,
            act=_one_of(ACTS),
            act_said=_ref("Said"),
            mode=_one_of(MODES),
            needed=_WHOLE,
            fixed=_YES_NO,
            state=_one_of(("waiting", "open", "passed", "skipped")),
            seats=_list_of(_object(person=_TEXT, name=_TEXT, unit=_TEXT, outcome=_TEXT_OR_NULL)),
        ),
    },
    "Recipient": {
        "description": "To whom a letter of ours goes outside, and how it stands with them.",
        **_object(
            recipient=_WHOLE,
            entity=_TEXT,
            name=_ref("Said"),
            copy=_YES_NO,
            channel=_or_null(_one_of(CHANNELS)),
            address=_TEXT_OR_NULL,
            state=_one_of(RECIPIENT_STATES),
            state_said=_ref("Said"),
            at=_INSTANT_OR_NULL,
            attempt=_WHOLE,
            why=_or_null(_ref("Said")),
            status=_TEXT_OR_NULL,
        ),
    },
    "Attachment": _object(
        name=_TEXT, size_bytes=_WHOLE, sha256=_SHA256, content_type=_TEXT, complete=_YES_NO, inline=_YES_NO
    ),
    "Sealed": SEALED,
    "Letter": LETTER,
    "Answer": ANSWER,
    "Record": {
        "description": "`masked`: the record is secret and the caller is not cleared for it; its words are null.",
        **_object(
            record_id=_TEXT,
            kind=_one_of(KINDS),
            status=_one_of(Status),
            reference=_TEXT,
            serial=_or_null(_WHOLE),
            year=_or_null(_WHOLE),
            version=_WHOLE,
            subject=_TEXT_OR_NULL,
            from_party=_or_null(_ref("Party")),
            to_parties=_list_of(_ref("Unit")),
            original_sender=_or_null(_ref("Party")),
            sender=_or_null(_ref("Party")),
            proposed_sender=_or_null(_ref("Party")),
            sender_confirmed=_YES_NO,
            text=_TEXT_OR_NULL,
            drafter=_or_null(_object(person=_TEXT, name=_TEXT)),
            party=_TEXT_OR_NULL,
            addressees=_list_of(
                _object(person=_TEXT_OR_NULL, unit=_TEXT, name=_ref("Said"), asked=_one_of(DISPOSITIONS))
            ),
            recipients=_list_of(_ref("Recipient")),
            expects_reply=_YES_NO,
            in_reply_to=IN_REPLY_TO,
            answers=_list_of(_ref("Answer")),
            signing_level=_or_null(_WHOLE),
            signed_by=_or_null(_object(person=_TEXT, name=_TEXT)),
            acknowledged=_or_null(_object(done=_WHOLE, all=_WHOLE)),
            sealed=_or_null(_ref("Sealed")),
            document=_or_null(_DOCUMENT),
            circuit=_list_of(_ref("Stage")),
            their_reference=_TEXT_OR_NULL,
            letter_date=_TEXT_OR_NULL,
            forwarded_by=_or_null(_object(person=_TEXT, name=_TEXT)),
            urgency=_one_of(URGENCIES),
            confidentiality=_one_of(CONFIDENTIALITIES),
            masked=_YES_NO,
            received_at=_INSTANT,
            received_via=_one_of(("outlook", "forward", "draft", *DELIVERIES)),
            received_said=_ref("Said"),
            registered_at=_INSTANT,
            registered_hijri=_TEXT,
            registered_on=_ref("Said"),
            updated_at=_INSTANT,
            due_at=_INSTANT_OR_NULL,
            dmarc=_one_of(("pass", "fail", "none")),
            arc=_one_of(("pass", "fail", "none")),
            sender_check=_ref("Said"),
            passed_on_check=_or_null(_ref("Said")),
            reasons=_list_of(_ref("Said")),
            repairs=_list_of(_object(what=_TEXT, raw=_TEXT, confidence=_one_of(("high", "likely")))),
            links=_list_of(
                _object(
                    record_id=_TEXT,
                    reference=_TEXT,
                    how=_one_of((*INVERSE, "same_id", "number", "register", "may_answer", "may_be_answered_by")),
                    said=_ref("Said"),
                )
            ),
            undelivered=_list_of(_object(at=_INSTANT, recipients=_list_of(_TEXT), status=_TEXT)),
            released_from=_TEXT_OR_NULL,
            released_as=_or_null(_object(record_id=_TEXT, reference=_TEXT)),
            same_as=_TEXT_OR_NULL,
            same_reference=_TEXT_OR_NULL,
            outcome=_TEXT_OR_NULL,
            outcome_note=_TEXT_OR_NULL,
            filed_in=_TEXT_OR_NULL,
            matter_id=_TEXT_OR_NULL,
            awaits_reply=_YES_NO,
            circulation=_or_null(_object(units=_WHOLE, acknowledged=_WHOLE, waiting=_list_of(_ref("Unit")))),
            corrections=_list_of(
                _object(
                    what=_one_of(("subject", "their_reference", "letter_date", "urgency", "confidentiality")),
                    was=_TEXT_OR_NULL,
                    now=_TEXT_OR_NULL,
                    by=_TEXT,
                    by_name=_TEXT,
                    at=_INSTANT,
                    note=_TEXT_OR_NULL,
                )
            ),
            replied_at=_INSTANT_OR_NULL,
            stuck=_list_of(_TEXT),
            holders=_list_of(_ref("Holder")),
            source=_object(
                mailbox=_TEXT_OR_NULL,
                internet_message_id=_TEXT_OR_NULL,
                item_id=_TEXT_OR_NULL,
                sha256=_or_null(_SHA256),
            ),
            attachments=_list_of(_ref("Attachment")),
        ),
    },
    "Matter": {
        "description": "The other records of the matter, as far as the caller may read them; not in a list.",
        **_list_of(_object(record_id=_TEXT, reference=_TEXT, subject=_TEXT_OR_NULL, status=_one_of(Status))),
    },
    "Shown": {
        "description": "A record with what belongs together with it.",
        "allOf": [_ref("Record"), _object(matter=_ref("Matter"))],
    },
    "Event": {
        "description": "A line of the sheet: hash = SHA-256(prev_hash as 64 hex characters, then canonical as UTF-8).",
        "type": "object",
        "required": ["seq", "type", "at", "at_hijri", "by", "note", "canonical", "prev_hash", "hash", "said"],
        "properties": {
            "seq": _WHOLE,
            "type": _TEXT,
            "at": _INSTANT_OR_NULL,
            "at_hijri": _TEXT,
            "at_said": _ref("Said"),
            "by": _TEXT_OR_NULL,
            "by_name": _TEXT,
            "on_behalf_of": _TEXT_OR_NULL,
            "capacity": _TEXT_OR_NULL,
            "capacity_said": _ref("Said"),
            "disposition": _TEXT_OR_NULL,
            "to": _TEXT_OR_NULL,
            "note": _TEXT_OR_NULL,
            "note_said": _ref("Said"),
            "said": _ref("Said"),
            "canonical": _TEXT,
            "prev_hash": _SHA256,
            "hash": _SHA256,
        },
    },
    "Delivery": _object(
        step=_WHOLE,
        person=_TEXT,
        person_name=_TEXT,
        state=_one_of(("answered", "sent", "mailed", "unreached", "waiting")),
        state_said=_ref("Said"),
        at=_INSTANT_OR_NULL,
        why_not=_or_null(_ref("Said")),
    ),
    "Sheet": _object(
        record_id=_TEXT,
        reference=_TEXT,
        as_of=_INSTANT,
        verified=_YES_NO,
        broken=_or_null(_object(seq=_WHOLE, reason=_ref("Said"))),
        events=_list_of(_ref("Event")),
    ),
    "Records": _object(as_of=_INSTANT, items=_list_of(_ref("Record")), next=_TEXT_OR_NULL),
    "Day": _object(
        date={"type": "string", "format": "date"},
        as_of=_INSTANT,
        mailboxes=_list_of(
            _object(
                mailbox=_TEXT,
                seen=_WHOLE,
                registered=_WHOLE,
                copies=_WHOLE,
                replies=_WHOLE,
                ours=_WHOLE,
                quarantined=_WHOLE,
                ignored=_WHOLE,
                missing=_list_of(_TEXT),
                lost=_list_of(_TEXT),
                listed=_YES_NO,
                green=_YES_NO,
                as_of=_INSTANT,
            )
        ),
        statement=_or_null(_ref("DayStatement")),
    ),
    "DayStatement": {
        "description": "What was stated when the day was over: a text, its SHA-256, and the signature of its bytes.",
        **_object(
            number=_WHOLE,
            statement=_TEXT,
            sha256=_TEXT,
            signature=_or_null(_ref("Signature")),
        ),
    },
    "Signature": _object(algorithm=_TEXT, public_key=_TEXT, value=_TEXT),
    "Delegation": {
        "description": "`to` acts for `from`, from `starts` to before `until`; with `post`, for the head of that unit.",
        **_object(
            **{"from": _object(person=_TEXT, name=_TEXT)},
            to=_object(person=_TEXT, name=_TEXT),
            delegation_id=_TEXT,
            starts=_INSTANT,
            until=_INSTANT,
            kinds=_list_of(_one_of(KINDS)),
            secrecy=_one_of(CONFIDENTIALITIES),
            may_pass_on=_YES_NO,
            post=_TEXT_OR_NULL,
            order=_TEXT_OR_NULL,
            note=_TEXT_OR_NULL,
            state=_one_of(("proposed", "declined", "coming", "working", "over")),
            why_over=_or_null(_one_of(("revoked", "handed_back", "over", "lapsed", "left"))),
            accepted_at=_INSTANT_OR_NULL,
            ended_at=_INSTANT_OR_NULL,
        ),
    },
    "Delegations": _object(as_of=_INSTANT, items=_list_of(_ref("Delegation"))),
    "Problem": _object(type=_TEXT, status=_WHOLE, title=_TEXT, detail=_TEXT, detail_ar=_TEXT),
}


def _answers(schema: str, *problems: int) -> Schema:
    good = {"description": "As asked.", "content": {"application/json": {"schema": _ref(schema)}}}
    return {"200": good, **{str(status): _problem(status) for status in (400, 401, 403, 503, *problems)}}


# Whom its questions reached: of one record that is asked for, not of a list.
_SCHEMAS["Record"]["properties"]["deliveries"] = _list_of(_ref("Delivery"))


_MADE: Schema = {
    "description": "Entered now; 200 says that it was entered by the same request before.",
    "content": {"application/json": {"schema": _ref("Shown")}},
}


def _problem(status: int) -> Schema:
    said = {
        400: "A parameter, a header or the body makes no sense.",
        401: "No token, or not one for this API.",
        403: "The token has no role or scope of ours, or names nobody we know.",
        404: "Nothing there that the caller may read.",
        409: "It is over, or it is known already; nothing was changed.",
        413: "Larger than the limit.",
        415: "Not in the form that is asked for.",
        422: "The registry refuses it as it is, or the key was used for another request; nothing was changed.",
        429: "Asked too often: `Retry-After` says when again.",
        503: "Busy, or a setting is missing; nothing was changed.",
    }[status]
    return {"description": said, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _text(longest: int) -> Schema:
    return {"type": "string", "maxLength": longest}


def _in_path(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_RECORD = _in_path("record_id", {"type": "string", "pattern": "^[0-9A-Za-z-]{1,64}$"})
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    "description": "The caller's own. The same request under it again changes nothing; another one is refused.",
}
_PARTY: Schema = _object(name=_text(LONGEST_TEXT), address=_text(LONGEST_TEXT))
_LETTER: Schema = {
    "type": "object",
    "required": ["subject"],
    "description": f"Sender by name, address or both. {LARGEST_LETTER_BYTES // 2**20} MB in all.",
    "properties": {
        "subject": {**_text(LONGEST_TEXT), "minLength": 1},
        "sender_name": _text(LONGEST_TEXT),
        "sender_address": _text(LONGEST_TEXT),
        "received_via": _one_of(DELIVERIES),
        "received_at": {**_INSTANT, "description": "With an offset; now where it is left out."},
        "their_reference": {**_text(LONGEST_TEXT), "description": "The number that the sender gave it."},
        "letter_date": {**_text(LONGEST_TEXT), "description": "As it is printed."},
        "urgency": {**_one_of(URGENCIES), "description": "What the letter says where it is left out."},
        "confidentiality": {**_one_of(CONFIDENTIALITIES), "description": "Never less than the letter's words say."},
        "unit": {**_TEXT, "description": "Whose register; the caller's own, or the only one, where it is left out."},
        "to_unit": {**_TEXT, "description": "To whose head it goes; by the registry's rules where it is left out."},
        "asked": {**_one_of(ASKED_FROM_CARDS), "description": "Of the head of `to_unit`."},
        "again": {
            **_one_of(("true", "false")),
            "description": "Enter it although another record has one of its files; it names that in `same_as`.",
        },
        "files": {
            "type": "array",
            "maxItems": MOST_FILES,
            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
            "description": f"Each with a name of at most {LONGEST_NAME} characters.",
        },
    },
}

_DELEGATE: Schema = {
    "type": "object",
    "required": ["to", "starts", "until"],
    "properties": {
        "from": {**_text(LONGEST_TEXT), "description": "Id or address; the caller themselves where it is left out."},
        "to": {**_text(LONGEST_TEXT), "description": "Id or address."},
        "starts": {**_INSTANT, "description": "With an offset."},
        "until": {**_INSTANT, "description": "With an offset: the first instant at which it works no more."},
        "kinds": {**_list_of(_one_of(KINDS)), "description": "All where it is empty or left out."},
        "secrecy": {**_one_of(CONFIDENTIALITIES), "description": "Up to which; the delegator's own if left out."},
        "may_pass_on": _YES_NO,
        "post": {**_TEXT, "description": "A unit, whose head's post it is; then `order` is needed."},
        "order": _text(LONGEST_TEXT),
        "note": _text(LONGEST_NOTE),
    },
}


def _body(kind: str, schema: Schema) -> Schema:
    return {"required": True, "content": {kind: {"schema": schema}}}


_TICKET = _in_query("ticket", _TEXT, "In a token's place: of a link that somebody was given for some minutes.")

_EVIDENCE: Schema = {
    "/v1/records/{record_id}/dossier": {
        "get": {
            "operationId": "show_dossier",
            "summary": "The record on one page that opens offline, with its documents inside up to 20 MB.",
            "parameters": [_RECORD, _in_query("lang", _one_of(("ar", "en")), "Arabic where it is left out.")],
            "responses": {
                "200": {"description": "HTML, to be saved.", "content": {"text/html": {"schema": _TEXT}}},
                **{str(status): _problem(status) for status in (400, 401, 403, 404, 503)},
            },
        }
    },
    "/v1/records/{record_id}/export": {
        "get": {
            "operationId": "export_record",
            "summary": "The record, its sheet, its documents and the program that verifies them; at most 300 MB.",
            "parameters": [_RECORD],
            "responses": {
                "200": {
                    "description": "A ZIP file; the same record gives the same bytes.",
                    "headers": {"Tarasul-Head": {"schema": _SHA256, "description": "The sheet's last hash."}},
                    "content": {"application/zip": {"schema": {}}},
                },
                **{str(status): _problem(status) for status in (400, 401, 403, 404, 422, 503)},
            },
        }
    },
}


DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {"title": "Tarasul", "version": "1", "description": "Records, procedure sheets and the day's count."},
    "servers": [{"url": "/api"}],
    "security": [{"entra": []}],
    "paths": {
        "/v1/records": {
            "get": {
                "operationId": "list_records",
                "summary": "Records the caller may read, newest change first.",
                "parameters": [
                    _in_query("search", _TEXT, "Words of the number, subject or sender; forgiving Arabic spelling."),
                    _in_query("kind", _one_of(KINDS), "Letters of every kind where it is left out."),
                    _in_query("status", _one_of(Status), "Where the record stands."),
                    _in_query("matter", _TEXT, "A `matter_id`: what belongs together."),
                    _in_query("holder", _TEXT, "A person's id or address: what waits for them."),
                    _in_query("updated_since", _INSTANT, "With an offset."),
                    _in_query("top", {"type": "integer", "minimum": 1, "maximum": 200}, "50 where it is left out."),
                    _in_query("after", _TEXT, "From `next` of the page before; not to be made by hand."),
                ],
                "responses": _answers("Records", 400),
            },
            "post": {
                "operationId": "enter_record",
                "summary": "Enter a letter on paper, scanned or brought by hand; or begin something that we issue.",
                "parameters": [_KEY],
                "requestBody": {
                    "required": True,
                    "content": {"multipart/form-data": {"schema": _LETTER}, "application/json": {"schema": DRAFT}},
                },
                "responses": {
                    "201": {**_MADE, "headers": {"Location": {"schema": _TEXT}}},
                    **_answers("Shown", 400, 409, 413, 415, 422),
                },
            },
        },
        "/v1/records/{record_id}": {
            "get": {
                "operationId": "show_record",
                "summary": "One record.",
                "parameters": [_RECORD, _in_query("at", _INSTANT, "As it stood then, with an offset; now without it.")],
                "responses": _answers("Shown", 400, 404),
            }
        },
        "/v1/records/{record_id}/commands": {
            "post": {
                "operationId": "command_record",
                "summary": "What a person does to a record, with their own token.",
                "parameters": [_RECORD, _KEY],
                "requestBody": _body("application/json", COMMAND),
                "responses": _answers("Shown", 400, 404, 409, 422),
            }
        },
        "/v1/records/{record_id}/sheet": {
            "get": {
                "operationId": "show_sheet",
                "summary": "The procedure sheet, for anyone to verify.",
                "parameters": [_RECORD],
                "responses": _answers("Sheet", 404),
            }
        },
        "/v1/records/{record_id}/documents/{sha256}": {
            "get": {
                "operationId": "open_document",
                "summary": "The exact bytes of the mail, of an annex, or of a version of a draft and its preview.",
                "parameters": [_RECORD, _in_path("sha256", _SHA256), _TICKET],
                "responses": {
                    "200": {"description": "The bytes.", "content": {"*/*": {"schema": {}}}},
                    **{str(status): _problem(status) for status in (400, 401, 403, 404, 503)},
                },
            }
        },
        "/v1/records/{record_id}/body": {
            "get": {
                "operationId": "show_body",
                "summary": "The letter as its reader saw it: a page that runs nothing and fetches nothing.",
                "parameters": [_RECORD],
                "responses": {
                    "200": {
                        "description": "HTML, to be shown in a frame.",
                        "content": {"text/html": {"schema": _TEXT}},
                    },
                    **{str(status): _problem(status) for status in (400, 401, 403, 404, 409, 503)},
                },
            }
        },
        "/v1/records/{record_id}/comparison/{before}/{after}": {
            "get": {
                "operationId": "compare_versions",
                "summary": "What changed between two versions of a draft's Word file: its words alone.",
                "parameters": [
                    _RECORD,
                    _in_path("before", _SHA256),
                    _in_path("after", _SHA256),
                    _in_query("lang", _one_of(("ar", "en")), "Arabic where it is left out."),
                    _TICKET,
                ],
                "responses": {
                    "200": {
                        "description": "HTML that runs nothing and fetches nothing.",
                        "content": {"text/html": {"schema": _TEXT}},
                    },
                    **{str(status): _problem(status) for status in (400, 401, 403, 404, 503)},
                },
            }
        },
        **_EVIDENCE,
        "/v1/delegations": {
            "get": {
                "operationId": "list_delegations",
                "summary": "Who acts for whom: what is not over first, then the newest.",
                "parameters": [_in_query("person", _TEXT, "A person's id or address; one's own where left out.")],
                "responses": _answers("Delegations", 400),
            },
            "post": {
                "operationId": "enter_delegation",
                "summary": "Have somebody act for another; they are asked by card, except where it is ordered.",
                "parameters": [_KEY],
                "requestBody": _body("application/json", _DELEGATE),
                "responses": {
                    "201": {
                        "description": "Entered; 200 says that the same request entered it before.",
                        "content": {"application/json": {"schema": _ref("Delegation")}},
                    },
                    **_answers("Delegation", 400, 409, 422),
                },
            },
        },
        "/v1/reconciliation/{date}": {
            "get": {
                "operationId": "show_day",
                "summary": "The day's count: seen = registered + copies + replies + ours + quarantined + ignored.",
                "parameters": [_in_path("date", {"type": "string", "format": "date"})],
                "responses": _answers("Day", 400),
            }
        },
        "/v1/verify/{token}": verify_path(_problem),
        "/v1/openapi.json": {
            "get": {
                "operationId": "describe",
                "summary": "This document.",
                "security": [],
                "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {}}}}},
            }
        },
    },
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {"entra": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    },
}
