"""What the Word file of a draft says when its drafter opens it first: the template of its kind, its fields filled."""

from collections.abc import Callable

from documents.templates import Templates
from documents.word import fill
from registry.circuits import EVERYONE
from registry.office import Office
from registry.recipients import named_party
from registry.record import Record
from service.replying import their_letter
from texts import say


def beginnings(templates: Templates) -> Callable[[Record, Office], bytes]:
    """Return what makes the first bytes of a draft. What is known only when it is issued (number, dates, stamp, who
    signed) is left as the template has it."""

    def first_words(record: Record, office: Office) -> bytes:
        unit = office.unit(record.registry_unit_id)
        party = named_party(record, office)
        values = {
            "entity": office.names.get("ar", ""),
            "entity_en": office.names.get("en", ""),
            "subject": record.subject,
            "body": record.text,
            "addressee": "، ".join(_names(record, office)) or party,
            "party": party,
            "unit": unit.ar if unit is not None else "",
            "their_reference": their_letter(record, office.zone),
            "confidentiality": _unusual("confidentiality", record.confidentiality),
            "urgency": _unusual("urgency", record.urgency),
        }
        known = {name: value for name, value in values.items() if value}
        return fill(templates.template(record.kind), known)

    return first_words


def _unusual(ladder: str, level: str) -> str:
    """What stands at the head of a letter that is not an ordinary one."""
    return "" if level == "normal" else say("ar", f"{ladder}.{level}")


def _names(record: Record, office: Office) -> list[str]:
    names = []
    for addressee in record.addressees:
        person, unit = office.person(addressee.person), office.unit(addressee.unit)
        if addressee.unit == EVERYONE:
            names.append(say("ar", "card.everyone"))
        elif person is not None:
            names.append(person.name)
        elif unit is not None:
            names.append(unit.ar)
    return names
