"""The description of what may be asked of a record; openapi.py puts it in its place."""

from typing import Any

from functions.limits import LONGEST_NOTE, LONGEST_TEXT, MOST_UNITS
from registry.circuits import ACTS, MODES
from registry.vocabulary import CONFIDENTIALITIES, DISPOSITIONS, INVERSE, ISSUED_FOR, KINDS, URGENCIES

type Schema = dict[str, Any]

_NAME: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
_THAT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_NOTE: Schema = {"type": "string", "maxLength": LONGEST_NOTE}
_WHY: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_NOTE}
_STEP: Schema = {
    "type": "integer",
    "minimum": 0,
    "maximum": 999_999,
    "description": "The caller's own where it is left out.",
}
_STAGE: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999}
_PARTY: Schema = {"type": "object", "properties": {"name": _NAME, "address": _NAME}}


# What whoever drafts says of it.
WORDS: dict[str, Schema] = {
    "subject": _THAT,
    "text": {**_WHY, "description": "Longer ones are files."},
    "addressees": {
        "type": "array",
        "maxItems": MOST_UNITS,
        "description": "Each a unit, whose head it goes to (`*`: everybody), or a person.",
        "items": {
            "type": "object",
            "properties": {"unit": _THAT, "person": _THAT, "asked": {"type": "string", "enum": list(ISSUED_FOR)}},
            "oneOf": [{"required": ["unit"]}, {"required": ["person"]}],
        },
    },
    "party": _NAME,
    "confidentiality": {"type": "string", "enum": list(CONFIDENTIALITIES)},
    "urgency": {"type": "string", "enum": list(URGENCIES)},
    "level": {"type": "integer", "minimum": 1, "description": "The level at which it is signed."},
}
DRAFT: Schema = {
    "type": "object",
    "description": "Something that we issue, in the unit of the caller, who is a person. It has no number yet.",
    "anyOf": [{"required": ["kind", "subject", "text"]}, {"required": ["in_reply_to"]}],
    "properties": {
        "kind": {"type": "string", "enum": [k.code for k in KINDS.values() if k.issued]},
        "in_reply_to": {
            **_THAT,
            "description": "The record of a letter that the caller may read. The reply is linked with it, goes to who "
            "wrote it and has its subject and its confidentiality where nothing else is said here, never less of the "
            "latter; the kind is outgoing_letter unless it is said.",
        },
        **WORDS,
    },
}


def _ask(name: str, said: str, needs: tuple[str, ...] = (), **fields: Schema) -> Schema:
    return {
        "type": "object",
        "description": said,
        "required": ["command", *needs],
        "properties": {"command": {"const": name}, **fields},
    }


COMMAND: Schema = {
    "oneOf": [
        _ask(
            "release",
            "Register a quarantined mail after all; subject and sender where it could not be read.",
            subject=_NAME,
            sender=_PARTY,
        ),
        _ask("confirm_sender", "Say whose letter it is.", ("sender",), sender=_PARTY),
        _ask(
            "refer",
            "Ask a person, else whoever heads a unit.",
            ("asked",),
            asked={"type": "string", "enum": list(DISPOSITIONS)},
            to_person=_NAME,
            to_unit=_NAME,
            note=_NOTE,
            step=_STEP,
        ),
        _ask(
            "circulate",
            "Tell the heads of units, each of whom acknowledges for the unit.",
            ("to_units",),
            to_units={"type": "array", "items": _THAT, "maxItems": MOST_UNITS},
            note=_NOTE,
            step=_STEP,
        ),
        _ask(
            "await_reply",
            "A reply was asked for outside: the person named, or the caller, holds the record until it is linked.",
            to_person=_NAME,
            note=_NOTE,
            step=_STEP,
        ),
        _ask("acknowledge", "It was read.", step=_STEP),
        _ask("complete", "It is done: the result, the opinion, the statement.", note=_NOTE, step=_STEP),
        _ask("approve", "Yes.", note=_NOTE, step=_STEP),
        _ask(
            "return",
            "It is to be done again, or by somebody else; `to_stage`: of a circuit, the stage that it goes back to.",
            ("note",),
            note=_WHY,
            step=_STEP,
            to_stage=_STAGE,
        ),
        _ask("redraft", "Write a draft of one's own anew; what is left out stays.", (), **WORDS),
        _ask("submit", "Put a draft of one's own on its way.", note=_NOTE, step=_STEP),
        _ask("initial", "Initial it.", note=_NOTE, step=_STEP),
        _ask("sign", "Sign it: the last signature numbers it.", note=_NOTE, step=_STEP),
        _ask("withdraw", "End a draft of one's own.", ("note",), note=_WHY),
        _ask(
            "insert",
            "Ask somebody else as well, before the stage `before`.",
            ("act", "people", "before"),
            act={"type": "string", "enum": list(ACTS)},
            people={"type": "array", "items": _THAT, "maxItems": MOST_UNITS},
            before=_STAGE,
            mode={"type": "string", "enum": list(MODES)},
            quorum=_STAGE,
            note=_NOTE,
        ),
        _ask("skip", "Leave a stage out.", ("stage", "note"), stage=_STAGE, note=_WHY),
        _ask("reject", "No: it ends the question, and whoever asked is told.", ("note",), note=_WHY, step=_STEP),
        _ask(
            "close",
            "Close it, with the reason; of a quarantined mail: it is no letter.",
            ("note",),
            note=_WHY,
            step=_STEP,
        ),
        _ask("file", "It lies in the file `note`; of a closed record, the register says so.", note=_NOTE, step=_STEP),
        _ask("recall", "Take back what was asked by `step`, until somebody has opened it.", note=_NOTE, step=_STEP),
        _ask(
            "annotate",
            "A note: a draft that the caller alone reads, or final.",
            ("note",),
            note=_WHY,
            final={"type": "boolean"},
        ),
        _ask(
            "correct",
            "A counter-entry by a clerk: what was entered wrongly, and why. What is left out stays.",
            ("note",),
            note=_WHY,
            subject=_THAT,
            their_reference=_NAME,
            letter_date=_NAME,
            urgency={"type": "string", "enum": list(URGENCIES)},
            confidentiality={"type": "string", "enum": list(CONFIDENTIALITIES)},
        ),
        _ask(
            "resend",
            "Send a letter of ours to a recipient once more, to this address.",
            ("recipient", "address"),
            recipient={"type": "integer", "minimum": 1, "maximum": 999_999},
            address=_THAT,
            note=_NOTE,
        ),
        _ask("void", "It should not have been made: it ends, and its number is kept.", ("note",), note=_WHY),
        _ask("reopen", "Go on with a record that was closed.", ("note",), note=_WHY),
        _ask(
            "link",
            "Say how it has to do with another record; `ended`: that it has not, after all.",
            ("to_record", "relation"),
            to_record=_THAT,
            relation={"type": "string", "enum": list(INVERSE)},
            ended={"type": "boolean"},
        ),
        _ask(
            "join_matter",
            "It belongs together with that one, and all that does with either.",
            ("to_record",),
            to_record=_THAT,
        ),
        _ask("leave_matter", "It does not belong with the others.", ("note",), note=_WHY),
    ]
}
