################################################################
# The forms of what is done seldom: taken back, corrected, voided, opened again, linked, circulated, awaited, filed
################################################################
#
# Rule 1: they stand behind one button, so that a card on a phone shows what is done every day.
# Rule 2: a form changes nothing; its button does, and says what cannot be undone.

from collections.abc import Sequence
from datetime import datetime

from bot.actions import Inputs
from bot.cards import letter
from bot.cards.forms import colleagues_for
from bot.cards.parts import (
    Json,
    button,
    buttons,
    card,
    choice,
    columns,
    head,
    line_input,
    moment,
    name_of,
    notice,
    sentence,
    short,
    text_input,
)
from bot.cards.step_card import besides
from registry.office import Unit
from registry.recipients import FAILED, ON_ITS_WAY
from registry.record import Step
from registry.rights import has_asked, opened_of, recallable
from registry.vocabulary import CONFIDENTIALITIES, DONE, FOR_CIRCULATION, RELATIONS, URGENCIES
from service.dispatch_views import recipient_name
from service.ports import CardView
from texts import Language, say, search_key

MATTER, MYSELF = "matter", "myself"
_IN_A_ROW = 3
_MOST_UNITS = 60
_MOST_ASKED = 12
# Those that ask for a reason and nothing else: the title, what stands under it, and the button.
_REASONS = {
    "void": ("card.void_it", "card.void_rule", "verb.void"),
    "reopen": ("card.reopen_it", "card.reopen_rule", "verb.reopen"),
    "leave_matter": ("card.leave_it", "card.link_rule", "verb.leave_matter"),
    "file_closed": ("verb.file", "card.write_file", "verb.file"),
}


def verb_form(verb: str, view: CardView, at: datetime, typed: Inputs | None = None) -> Json:
    """Draw the form that *verb* opens, with what was *typed* before."""
    filled = typed or Inputs()
    match verb:
        case "more":
            return _more(view)
        case "recall":
            return _recall(view, filled)
        case "amend":
            return _amend(view, filled)
        case "link":
            return _link(view, filled)
        case "circulate":
            return _circulate(view, filled)
        case "resend":
            return _resend(view, filled)
        case "await_reply":
            return _await(view, filled, at)
        case _:
            return _reason(verb, view, filled)


def _form(view: CardView, title: str, rule: str | None, doing: tuple[str, str] | None, *parts: Json | None) -> Json:
    """A form of the record: its title (a text key), its inputs, what must be known, and its button: verb and title."""
    lang, record, token = view.language, view.record, view.asked.token
    does = button(lang, doing[0], token, said=doing[1], style="positive") if doing is not None else None
    back = button(lang, "view", token, said="verb.back", with_inputs=False)
    body = [
        notice(lang, view.said),
        head(lang, say(lang, f"kind.{record.kind}"), say(lang, title), record),
        letter.subject(record, lang),
        *parts,
        sentence(say(lang, rule), size="small", isSubtle=True, spacing="small") if rule is not None else None,
        buttons([does, back], spacing="medium"),
    ]
    return card(lang, body, say(lang, "card.fallback", asked=say(lang, title), reference=record.reference))


def _more(view: CardView) -> Json:
    lang, token, may = view.language, view.asked.token, besides(view)
    rows = [may[at : at + _IN_A_ROW] for at in range(0, len(may), _IN_A_ROW)]
    drawn = [
        buttons(
            [button(lang, verb, token, said=_titles.get(verb), with_inputs=False) for verb in row], spacing="medium"
        )
        for row in rows
    ]
    return _form(view, "card.more_of", None, None, *drawn)


_titles = {"file_closed": "verb.file"}


def _recall(view: CardView, filled: Inputs) -> Json:
    """What may still be taken back, and who has opened the rest."""
    lang, record, office = view.language, view.record, view.office
    mine = recallable(view.person, record)
    asked = [s for s in record.steps if s.state != DONE and has_asked(view.person, record, s)][-_MOST_ASKED:]
    opened = [
        sentence(
            say(lang, "card.opened_line", asked=_asked(s, view), who=name_of(by, "", office, lang), when=when),
            spacing="small",
        )
        for s in asked
        if (found := opened_of(record, s)) is not None
        for by, when in [(found[0], moment(found[1], office, lang))]
    ]
    if not mine:
        nothing = sentence(say(lang, "card.recall_nothing"), weight="bolder")
        return _form(view, "card.recall_it", "card.recall_rule", None, nothing, *opened)
    choices = [(str(s.number), _asked(s, view)) for s in mine[-_MOST_ASKED:]]
    return _form(
        view,
        "card.recall_it",
        "card.recall_rule",
        ("recall_it", "verb.recall"),
        choice(lang, "to", "card.recall_which", choices, filled.to),
        *opened,
        text_input(lang, "note", "card.write_why_if", filled.note),
    )


def _asked(step: Step, view: CardView) -> str:
    return letter.asked_of(step, view.office, view.language)


def _amend(view: CardView, filled: Inputs) -> Json:
    lang, record = view.language, view.record
    known = filled.their_reference or record.their_reference or ""
    their_reference = line_input(lang, "their_reference", "card.their_reference", known)
    letter_date = line_input(lang, "letter_date", "card.letter_date", filled.letter_date or record.letter_date)
    urgencies = [(code, say(lang, f"urgency.{code}")) for code in URGENCIES]
    urgency = choice(lang, "urgency", "card.urgency", urgencies, filled.urgency or record.urgency)
    levels = [(code, say(lang, f"confidentiality.{code}")) for code in CONFIDENTIALITIES]
    level = filled.confidentiality or record.confidentiality
    secrecy = choice(lang, "confidentiality", "card.confidentiality", levels, level)
    return _form(
        view,
        "card.amend_it",
        "card.amend_rule",
        ("amend_it", "verb.amend"),
        line_input(lang, "subject", "card.subject", filled.subject or record.subject),
        _beside(lang, their_reference, letter_date),
        _beside(lang, urgency, secrecy),
        text_input(lang, "note", "card.write_why", filled.note),
    )


def _beside(lang: Language, first: Json, second: Json) -> Json:
    return columns(lang, ("stretch", [first]), ("stretch", [second]), spacing="medium")


def _link(view: CardView, filled: Inputs) -> Json:
    lang = view.language
    hows = [(code, say(lang, f"link.{code}")) for code in (*RELATIONS, "replied_by")]
    hows.insert(0, (MATTER, say(lang, "card.link_matter")))
    return _form(
        view,
        "card.link_it",
        "card.link_rule",
        ("link_it", "verb.link"),
        line_input(lang, "number", "card.link_number", filled.number),
        choice(lang, "disposition", "card.link_how", hows, filled.disposition),
    )


def _circulate(view: CardView, filled: Inputs) -> Json:
    lang, known = view.language, {s.to_unit for s in view.record.steps if s.asked == FOR_CIRCULATION}
    units = [u for u in view.office.units.values() if u.unit_id not in known and view.office.head(u.unit_id)]
    units.sort(key=lambda unit: search_key(unit.name(lang)))
    return _form(
        view,
        "card.circulate_it",
        "card.circulate_rule",
        ("circulate_it", "verb.circulate") if units else None,
        _several(view, units[:_MOST_UNITS], filled.units),
        text_input(lang, "note", "card.refer_note", filled.note),
    )


def _several(view: CardView, units: Sequence[Unit], chosen: str) -> Json | None:
    lang = view.language
    if not units:
        return None
    return {
        "type": "Input.ChoiceSet",
        "id": "units",
        "label": say(lang, "card.circulate_to"),
        "isMultiSelect": True,
        "choices": [{"title": short(unit.name(lang), 60), "value": unit.unit_id} for unit in units],
        **({"value": chosen} if chosen else {}),
    }


def _await(view: CardView, filled: Inputs, at: datetime) -> Json:
    lang = view.language
    people = [(p.person_id, short(p.name, 60)) for p in colleagues_for(view, at)[:_MOST_UNITS]]
    return _form(
        view,
        "card.await_it",
        "card.await_rule",
        ("await_it", "verb.await_reply"),
        choice(lang, "to", "card.await_who", [(MYSELF, say(lang, "card.await_myself")), *people], filled.to),
        text_input(lang, "note", "card.refer_note", filled.note),
    )


def _resend(view: CardView, filled: Inputs) -> Json:
    """Those with whom something is wrong come first."""
    lang, office = view.language, view.office
    may = sorted((r for r in view.record.recipients if r.state not in ON_ITS_WAY), key=lambda r: r.state not in FAILED)
    named = [
        (
            str(r.number),
            say(
                lang,
                "recipient.line",
                name=short(recipient_name(r, office, lang), 50),
                state=say(lang, f"recipient.{r.state}"),
            ),
        )
        for r in may
    ]
    address = filled.address or (may[0].address if may else "")
    return _form(
        view,
        "card.resend_it",
        "card.resend_rule",
        ("resend_it", "verb.resend") if may else None,
        choice(lang, "to", "card.resend_which", named, filled.to) if may else None,
        line_input(lang, "address", "card.resend_address", address),
        text_input(lang, "note", "card.write_why_if", filled.note),
    )


def _reason(verb: str, view: CardView, filled: Inputs) -> Json:
    title, rule, does = _REASONS[verb]
    hint = "card.write_file" if verb == "file_closed" else "card.write_why"
    return _form(
        view,
        title,
        rule if rule != hint else None,
        (DOES[verb], does),
        text_input(view.language, "note", hint, filled.note),
    )


# Which button a form has: the verb that opens it, and the verb that does it.
DOES = {
    "recall": "recall_it",
    "amend": "amend_it",
    "link": "link_it",
    "circulate": "circulate_it",
    "await_reply": "await_it",
    "void": "void_it",
    "reopen": "reopen_it",
    "leave_matter": "leave_it",
    "file_closed": "file_it",
    "resend": "resend_it",
}
OPENS = {does: opens for opens, does in DOES.items()}
