"""What the form of a draft says, as commands want it."""

from typing import Any

from bot.actions import Inputs
from bot.cards.draft_form import NOBODY, PERSON, UNIT
from registry.circuits import Addressee
from registry.recipients import Chosen
from registry.vocabulary import FOR_INFORMATION, KINDS


def draft_words(typed: Inputs, kind: str) -> dict[str, Any]:
    """What a form says, as commands want it."""
    rules = KINDS.get(kind)
    asked = typed.disposition or (rules.sent_for if rules is not None else FOR_INFORMATION)
    addressees: list[Addressee] = []
    if typed.to.startswith(UNIT):
        addressees.append(Addressee(typed.to.removeprefix(UNIT), None, asked))
    elif typed.to.startswith(PERSON):
        addressees.append(Addressee("", typed.to.removeprefix(PERSON), asked))
    taken = {a.unit for a in addressees} | {"", NOBODY}
    copies = dict.fromkeys(unit.strip() for unit in typed.copy_to.split(","))
    addressees += [Addressee(unit, None, FOR_INFORMATION) for unit in copies if unit not in taken]
    return {
        "subject": typed.subject,
        "text": typed.text,
        "addressees": tuple(addressees),
        "party": typed.party or None,
        "expects_reply": typed.expects_reply == "true",
        "recipients": (
            *(Chosen(entity=code) for code in _codes(typed.outside)),
            *(Chosen(entity=code, copy=True) for code in _codes(typed.outside_copies)),
        ),
        "confidentiality": typed.confidentiality or "normal",
        "urgency": typed.urgency or "normal",
        "level": int(typed.level) if typed.level.isdecimal() else 1,
    }


def _codes(chosen: str) -> list[str]:
    """The codes of a choice of several."""
    return [code for code in dict.fromkeys(c.strip() for c in chosen.split(",")) if code]
