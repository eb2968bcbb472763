"""Whom each question of a record reached, and how: by its card, by mail in the card's place, or not yet."""

from datetime import datetime
from typing import Any

from registry.office import Office
from registry.record import DONE, Record, Step, Unreached, asked_people
from service.ports import Transaction
from service.views import instant
from texts import LANGUAGES, say


def deliveries(tx: Transaction, record: Record, office: Office) -> list[dict[str, Any]]:
    """Return for each step and each person asked: the state (answered, sent, mailed, unreached, waiting), since when
    where that is known, and why the card did not come where it did not."""
    return [
        _delivery(tx, record, step, person.person_id, person.name)
        for step in record.steps
        for person in asked_people(step, office)
    ]


def _delivery(tx: Transaction, record: Record, step: Step, person: str, name: str) -> dict[str, Any]:
    missed = next((u for u in record.unreached if (u.step, u.person) == (step.number, person)), None)
    token = tx.token_of(record.record_id, step.number, person)
    state, at = _state(step, person, missed, has_card=token is not None and bool(tx.cards(token)))
    return {
        "step": step.number,
        "person": person,
        "person_name": name,
        "state": state,
        "state_said": {lang: say(lang, f"delivery.{state}") for lang in LANGUAGES},
        "at": instant(at),
        "why_not": {lang: say(lang, missed.reason) for lang in LANGUAGES} if missed is not None else None,
    }


def _state(step: Step, person: str, missed: Unreached | None, *, has_card: bool) -> tuple[str, datetime | None]:
    if step.state == DONE and step.ended_by == person:
        return "answered", step.ended_at
    if has_card:
        return "sent", None
    if missed is None:
        return "waiting", None
    return ("mailed", missed.mailed_at) if missed.mailed_at is not None else ("unreached", missed.at)
