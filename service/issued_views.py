"""What the API shows of a record that we issue: its words, to whom it goes, its way, who has acknowledged it."""

from typing import Any

from registry.circuits import EVERYONE, Addressee, Stage
from registry.issuing import acknowledged
from registry.office import Office
from registry.record import Record
from service.document_views import document_view
from service.sealed_views import sealed_view
from texts import LANGUAGES, say


def issued_view(record: Record, office: Office, *, open_to_viewer: bool) -> dict[str, Any]:
    """The fields that only what we issue has; of a letter that came in they say nothing."""
    done, all_of_them = acknowledged(record)
    return {
        "text": record.text if open_to_viewer and record.rules.issued else None,
        "drafter": _person(record.drafter, office),
        "party": record.party if open_to_viewer else None,
        "addressees": [_addressee(a, office) for a in record.addressees],
        "expects_reply": record.expects_reply,
        "signing_level": record.level or None,
        "signed_by": _person(record.signed_by, office),
        "acknowledged": {"done": done, "all": all_of_them} if all_of_them else None,
        "sealed": sealed_view(record) if open_to_viewer else None,
        "document": document_view(record, open_to_viewer=open_to_viewer),
        "circuit": [_stage(s, record, office) for s in record.circuit.stages] if record.circuit is not None else [],
    }


def words_of(record: Record) -> dict[str, Any]:
    """What its drafter wrote, as commands want it; nothing of a letter that came in."""
    if not record.rules.issued:
        return {}
    names = ("kind", "subject", "text", "addressees", "party", "confidentiality", "urgency", "level")
    return {name: getattr(record, name) for name in names}


def _stage(stage: Stage, record: Record, office: Office) -> dict[str, Any]:
    since = [s for s in record.steps if s.stage == stage.number and s.number >= stage.opened_from > 0]
    outcomes = {s.to_person: s.outcome for s in since}
    return {
        "stage": stage.number,
        "act": stage.act,
        "act_said": {lang: say(lang, f"act.{stage.act}") for lang in LANGUAGES},
        "mode": stage.mode,
        "needed": stage.needed,
        "fixed": stage.fixed,
        "state": stage.state,
        "seats": [
            {"person": s.person, "name": _name(s.person, office), "unit": s.unit, "outcome": outcomes.get(s.person)}
            for s in stage.seats
        ],
    }


def _addressee(addressee: Addressee, office: Office) -> dict[str, Any]:
    unit = office.unit(addressee.unit)
    names = {lang: unit.name(lang) if unit is not None else addressee.unit for lang in LANGUAGES}
    if addressee.person is not None:
        names = dict.fromkeys(LANGUAGES, _name(addressee.person, office))
    if addressee.unit == EVERYONE:
        names = {lang: say(lang, "card.everyone") for lang in LANGUAGES}
    return {"person": addressee.person, "unit": addressee.unit, "name": names, "asked": addressee.asked}


def _person(person_id: str | None, office: Office) -> dict[str, str] | None:
    return {"person": person_id, "name": _name(person_id, office)} if person_id is not None else None


def _name(person_id: str, office: Office) -> str:
    person = office.person(person_id)
    return person.name if person is not None else person_id
