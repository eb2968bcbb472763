"""The card of a record where others read along: its number, a button that opens it, and nothing else."""

from collections.abc import Sequence

from bot.cards.parts import Json, button, buttons, card, head, sentence
from registry.record import Record
from texts import Language, say


def number_card(record: Record, lang: Language, refreshed_for: Sequence[str] = ()) -> Json:
    """Draw no more of *record* than its number.

    Args:
        refreshed_for: Those whose client asks by itself for their own view, as Teams names them; 60 at most. Empty:
            nobody's does.
    """
    title = say(lang, "number.title", reference=record.reference)
    body = [
        head(lang, say(lang, "product"), title),
        sentence(say(lang, "number.who"), isSubtle=True),
        buttons([button(lang, "record", record.record_id, said="verb.open")], spacing="medium"),
    ]
    ask = {"type": "Action.Execute", "verb": "record", "data": {"token": record.record_id, "verb": "record"}}
    return card(lang, body, title) | {"refresh": {"action": ask, "userIds": list(refreshed_for)}}
