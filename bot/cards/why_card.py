"""The card that answers "why can I not act?" and "who can?": nothing of the record but its number stands on it."""

from collections.abc import Sequence

from bot.cards.parts import Json, box, button, buttons, card, fitting, head, label, sentence, short
from registry.explaining import Turn
from registry.office import Person
from registry.record import Record
from texts import Language, say

_MOST_TURNS = 6
_MOST_NAMES = 6


def why_card(record: Record, turns: Sequence[Turn], lang: Language, token: str | None = None) -> Json:
    """Draw whose turn it is and why. *token*: that of the reader's own card of it, if they have one."""

    def draw(longest: int) -> Json:
        shown = turns[-max(min(_MOST_TURNS, longest // 60), 1) :]
        rows = [_turn(turn, record, lang) for turn in shown] or [sentence(say(lang, "explain.ended"))]
        opens = [button(lang, "view", token, said="verb.open")] if token is not None else []
        title, status = say(lang, "explain.title"), say(lang, f"status.{record.status.value}")
        body = [
            head(lang, title, status, record, "emphasis"),
            *rows,
            buttons(opens, spacing="medium"),
        ]
        return card(lang, body, say(lang, "card.fallback", asked=title, reference=record.reference))

    return fitting(draw)


def _turn(turn: Turn, record: Record, lang: Language) -> Json | None:
    asked = say(lang, f"asked.{turn.step.asked}")
    who = _names(turn.asked, lang) or say(lang, "explain.nobody")
    lines = [label(say(lang, "explain.turn", asked=asked, who=who))]
    if turn.step.to_person is not None:
        others = _names(turn.stand_ins, lang)
        said = say(lang, "explain.stand_ins", others=others) if others else say(lang, "explain.no_stand_in")
        lines.append(sentence(said, spacing="small"))
    for barred in turn.barred[:_MOST_NAMES]:
        why = say(lang, f"explain.why.{barred.reason.partition('.')[2]}")
        line = say(lang, "explain.barred", who=short(barred.person.name), why=why)
        lines.append(sentence(line, size="small", isSubtle=True, spacing="small"))
    lines.append(sentence(_you(turn, record, lang), spacing="small", weight="bolder"))
    return box(lang, lines, separator=True, spacing="medium")


def _you(turn: Turn, record: Record, lang: Language) -> str:
    if turn.reasons:
        reasons = " ".join(say(lang, reason, reference=record.reference, who="") for reason in turn.reasons)
        return say(lang, "explain.you_may_not", why=reasons)
    verbs = ("، " if lang == "ar" else ", ").join(say(lang, f"verb.{verb.value}") for verb in turn.verbs)
    if turn.acts_for is not None:
        return say(lang, "explain.you_may_for", whom=short(turn.acts_for.name), verbs=verbs)
    return say(lang, "explain.you_may", verbs=verbs)


def _names(people: Sequence[Person], lang: Language) -> str:
    return ("، " if lang == "ar" else ", ").join(short(person.name) for person in people[:_MOST_NAMES])
