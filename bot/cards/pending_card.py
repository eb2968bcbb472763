"""The card that lists what waits for a person, oldest first, each with a button that opens its own card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards import letter
from bot.cards.parts import (
    Json,
    box,
    button,
    buttons,
    card,
    columns,
    day,
    fitting,
    head,
    is_masked,
    label,
    moment,
    sentence,
)
from registry.office import Office, Person
from registry.record import Record, Step
from texts import Language, say

_MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record, the step that is the reader's, and the token of their card of it, if they have one."""

    record: Record
    step: Step
    token: str | None


def pending_card(waiting: Sequence[Waiting], person: Person, office: Office, lang: Language, at: datetime) -> Json:
    """Draw what waits for *person*; that nothing does is said too."""
    count = str(len(waiting))

    def draw(longest: int) -> Json:
        shown = waiting[: max(min(_MOST_ROWS, longest // 60), 1)]
        rows = [_row(one, person, office, lang, at) for one in shown]
        left = len(waiting) - len(shown)
        body = [
            head(lang, moment(at, office, lang), say(lang, "card.pending"), None, "accent"),
            *(rows or [sentence(say(lang, "chat.nothing_pending"))]),
            sentence(say(lang, "chat.pending_more", count=left), isSubtle=True) if left else None,
            buttons([button(lang, "pending", None, said="verb.view")], spacing="medium"),
        ]
        return card(lang, body, say(lang, "card.fallback_waiting", count=count))

    return fitting(draw)


def _row(one: Waiting, person: Person, office: Office, lang: Language, at: datetime) -> Json | None:
    record, step = one.record, one.step
    late = step.due_at is not None and at > step.due_at
    urgent = record.urgency != "normal"
    color = {"urgent": "warning", "very_urgent": "attention"}.get(record.urgency)
    asked = say(lang, f"asked.{step.asked}")
    title = f"{asked} · {say(lang, f'urgency.{record.urgency}')}" if urgent else asked
    if is_masked(record, person.clearance):
        about: Json | None = sentence(say(lang, f"confidentiality.{record.confidentiality}"), weight="bolder")
    else:
        about = letter.subject(record, lang)
    number = say(lang, "card.number_since", reference=record.reference, when=day(step.opened_at, office, lang))
    text = [
        label(title, color=color),
        *([about] if about is not None else []),
        sentence(number, size="small", isSubtle=True, spacing="small"),
        *([sentence(say(lang, "card.late"), size="small", color="attention", spacing="small")] if late else []),
    ]
    opens = buttons([button(lang, "view", one.token, said="verb.open")]) if one.token is not None else None
    parts = [("stretch", text), *([("auto", [opens])] if opens is not None else [])]
    return box(lang, [columns(lang, *parts)], separator=True, spacing="medium")
