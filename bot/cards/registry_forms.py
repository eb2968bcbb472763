################################################################
# The clerk's forms: release a mail, say whose letter it is, enter a letter on paper
################################################################
#
# Rule 1: a form changes nothing; its button does. What was read or typed stands in it already.
# Rule 2: of a secret record nothing is shown or asked but its number.

from collections.abc import Sequence

from bot.actions import Inputs
from bot.cards import letter
from bot.cards.parts import (
    Json,
    button,
    buttons,
    card,
    choice,
    columns,
    facts,
    head,
    is_hidden,
    line_input,
    notice,
    sentence,
    short,
)
from registry.mail import Address, Part
from registry.office import Office
from registry.vocabulary import ASKED_FROM_CARDS, CONFIDENTIALITIES, DELIVERIES, URGENCIES
from service.ports import CardView
from texts import Language, say, search_key

BY_RULE, AS_SAID = "rules", "said"  # "whatever the registry would do": a choice needs a value


def release_form(view: CardView, *, subject: str = "", sender: Address | None = None) -> Json:
    """Register a quarantined mail after all: why it was kept apart, and what it says, to be put right."""
    lang, record, token = view.language, view.record, view.asked.token
    title = say(lang, "card.release_it")
    body: list[Json | None] = [notice(lang, view.said), head(lang, say(lang, f"kind.{record.kind}"), title, record)]
    if not is_hidden(view):
        body += [
            facts(letter.reasons(record, lang)),
            line_input(lang, "subject", "card.subject", subject or record.subject),
            *_sender_lines(lang, _typed(sender) or record.original_sender),
        ]
    body += [
        sentence(say(lang, "card.release_rule"), size="small", isSubtle=True, spacing="small"),
        buttons([button(lang, "release", token, style="positive"), _back(lang, token)], spacing="medium"),
    ]
    return card(lang, body, say(lang, "card.fallback", asked=title, reference=record.reference))


def sender_form(view: CardView, *, sender: Address | None = None) -> Json:
    """Whose letter it is: what was read out of the forwarded text, to be confirmed or put right."""
    lang, record, token = view.language, view.record, view.asked.token
    title = say(lang, "card.sender_of")
    body = [
        notice(lang, view.said),
        head(lang, say(lang, f"kind.{record.kind}"), title, record),
        letter.subject(record, lang),
        facts(letter.forwarder(record, view.office, lang)),
        *_sender_lines(lang, _typed(sender) or record.original_sender),
        sentence(say(lang, "card.sender_rule"), size="small", isSubtle=True, spacing="small"),
        buttons([button(lang, "confirm_sender", token, style="positive"), _back(lang, token)], spacing="medium"),
    ]
    return card(lang, body, say(lang, "card.fallback", asked=title, reference=record.reference))


def entry_form(
    office: Office,
    lang: Language,
    typed: Inputs | None = None,
    *,
    token: str = "",
    files: Sequence[Part] = (),
    said: str | None = None,
    anyway: bool = False,
) -> Json:
    """Enter a letter on paper, or one that is a message between people.

    Args:
        typed: What was filled in before.
        token: What stands for the files that were handed in.
        anyway: Whether the files are known from another record, and it may be entered all the same.
    """
    filled = typed or Inputs(received_via="scan" if files else "")
    as_said = (AS_SAID, say(lang, "card.as_the_letter_says"))
    units = [(u.unit_id, short(u.name(lang), 60)) for u in office.units.values() if office.head(u.unit_id) is not None]
    title = say(lang, "extension.register" if filled.received_via == "chat" else "card.enter")
    verb = "enter_again" if anyway else "enter"
    body = [
        notice(lang, said),
        head(lang, say(lang, "product"), title),
        facts(letter.handed_in(files, lang)),
        line_input(lang, "subject", "card.subject", filled.subject, **_needed(lang)),
        *_sender_lines(lang, Address(filled.sender_name, filled.sender_address)),
        _beside(
            lang,
            line_input(lang, "their_reference", "card.their_reference", filled.their_reference),
            line_input(lang, "letter_date", "card.letter_date", filled.letter_date),
        ),
        choice(
            lang, "received_via", "card.came", [(w, say(lang, f"via.{w}")) for w in DELIVERIES], filled.received_via
        ),
        _beside(
            lang,
            choice(lang, "urgency", "card.urgency", [as_said, *_levels(lang, "urgency", URGENCIES)], filled.urgency),
            choice(
                lang,
                "confidentiality",
                "card.confidentiality",
                [as_said, *_levels(lang, "confidentiality", CONFIDENTIALITIES)],
                filled.confidentiality,
            ),
        ),
        choice(
            lang,
            "to",
            "card.enter_to",
            [(BY_RULE, say(lang, "card.by_the_rules")), *sorted(units, key=lambda unit: search_key(unit[1]))],
            filled.to,
        ),
        choice(
            lang,
            "disposition",
            "card.refer_asked",
            [(code, say(lang, f"asked.{code}")) for code in ASKED_FROM_CARDS],
            filled.disposition,
        ),
        sentence(say(lang, "card.enter_rule"), size="small", isSubtle=True, spacing="small"),
        buttons([button(lang, verb, token or None, style="positive")], spacing="medium"),
    ]
    return card(lang, body, title)


def _sender_lines(lang: Language, sender: Address) -> list[Json]:
    return [
        line_input(lang, "sender_name", "card.sender_name", sender.name),
        line_input(lang, "sender_address", "card.sender_address", sender.address),
    ]


def _levels(lang: Language, ladder: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(code, say(lang, f"{ladder}.{code}")) for code in codes]


def _beside(lang: Language, first: Json, second: Json) -> Json:
    return columns(lang, ("stretch", [first]), ("stretch", [second]), spacing="medium")


def _typed(sender: Address | None) -> Address | None:
    return sender if sender is not None and (sender.name.strip() or sender.address.strip()) else None


def _needed(lang: Language) -> Json:
    return {"isRequired": True, "errorMessage": say(lang, "say.subject_missing")}


def _back(lang: Language, token: str) -> Json:
    return button(lang, "view", token, said="verb.back", with_inputs=False)
