"""Cards that explain: a welcome, what can be written to the bot, several records with one number."""

from collections.abc import Sequence

from bot.cards.parts import Json, button, buttons, card, head, is_masked, notice, sentence, short, words
from registry.office import Person
from registry.record import Record
from texts import Language, say

EXAMPLE = "12/2026"  # a number, to show how one is written


def welcome_card(person: Person, lang: Language) -> Json:
    """The first card that somebody gets."""
    greeting = say(lang, "chat.welcome", name=short(person.name))
    body = [
        sentence(greeting, size="large", weight="bolder"),
        sentence(say(lang, "chat.welcome_what")),
        *_lines(lang, person.clerk),
        _pending(lang),
    ]
    return card(lang, body, greeting)


def help_card(lang: Language, greeting: str | None = None, *, sorry: str | None = None, clerk: bool = False) -> Json:
    """What can be written, by a *clerk* more than by others. *sorry* says first why this is shown."""
    title = say(lang, "chat.help")
    body = [
        notice(lang, sorry),
        sentence(greeting, weight="bolder") if greeting else None,
        head(lang, say(lang, "product"), title),
        *_lines(lang, clerk),
        _pending(lang),
    ]
    return card(lang, body, greeting or title)


def several_card(records: Sequence[Record], person: Person, lang: Language) -> Json:
    """Records that share a number, for the reader to say which."""
    rows: list[Json | None] = []
    for record in records:
        rows.append(
            sentence(say(lang, "card.number_of", reference=record.reference), weight="bolder", spacing="medium")
        )
        if is_masked(record, person.clearance):
            rows.append(sentence(say(lang, f"confidentiality.{record.confidentiality}"), spacing="small"))
        else:
            rows.append(words(short(record.subject, 200) or say(lang, "subject.none"), spacing="small"))
    title = say(lang, "chat.several_numbers")
    body = [
        head(lang, say(lang, "product"), title),
        *rows,
        sentence(say(lang, "chat.write_whole_number"), isSubtle=True, spacing="medium"),
    ]
    return card(lang, body, title)


def _lines(lang: Language, clerk: bool) -> list[Json]:
    said = (
        say(lang, "chat.help_pending"),
        say(lang, "chat.help_number", example=EXAMPLE),
        say(lang, "chat.help_search"),
        say(lang, "chat.help_why", example=EXAMPLE),
        say(lang, "chat.help_delegate"),
        *((say(lang, "chat.help_register"), say(lang, "chat.help_quarantine", example=EXAMPLE)) if clerk else ()),
        say(lang, "chat.help_digest"),
        say(lang, "chat.help_draft"),
        say(lang, "chat.help_help"),
    )
    return [sentence(text, spacing="small") for text in said]


def _pending(lang: Language) -> Json | None:
    return buttons([button(lang, "pending", None, style="positive")], spacing="medium")
