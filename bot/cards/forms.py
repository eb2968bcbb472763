"""The two forms of a card: to whom it is referred, and a note on it."""

from datetime import datetime

from bot.actions import PEOPLE
from bot.cards import letter
from bot.cards.parts import (
    Json,
    button,
    buttons,
    card,
    fitting,
    head,
    in_dialog,
    is_hidden,
    notice,
    opens,
    sentence,
    short,
    text_input,
)
from registry.commands import Refer
from registry.decide import decide
from registry.decisions import Refused
from registry.office import Office, Person
from registry.referring import offered
from service.ports import CardView
from texts import Language, isolate, say, search_key

REFER_WIDELY = "refer_widely"
_MOST_CHOICES = 60


def referral_form(
    view: CardView, at: datetime, *, to: str = "", disposition: str = "", note: str = "", wide: bool = False
) -> Json:
    """To whom, what is asked, and a note: none on a secret record, since it would lie in the chat.

    *to*, *disposition* and *note* are what the reader chose and wrote before; they stay. With *wide*, in a dialog,
    whoever they type the name of may be chosen; else some who are near, and the dialog is offered.
    """
    lang, record = view.language, view.record
    masked = is_hidden(view)
    colleagues = colleagues_for(view, at)
    if wide:  # what is found is shown beside what stands there already
        colleagues = [chosen] if (chosen := view.office.person(to)) is not None else []
    offers = not wide and (not masked or opens(record, view.person.clearance))
    back = button(lang, "view", view.asked.token, said="verb.back", with_inputs=False)
    refer = button(lang, "refer", view.asked.token, style="positive")

    def draw(longest: int) -> Json:
        shown = colleagues[: min(_MOST_CHOICES, max(longest // 10, 10))]
        body = [
            notice(lang, view.said),
            head(lang, say(lang, f"asked.{view.step.asked}"), say(lang, "card.refer_it"), record, "accent"),
            letter.subject(record, lang) if not masked else None,
            _to(view, shown, to, wide=wide),
            sentence(say(lang, "card.refer_some", count=len(shown)), size="small", isSubtle=True, spacing="small")
            if len(shown) < len(colleagues) and not wide
            else None,
            _asked(view, disposition) if shown or wide else None,
            text_input(lang, "note", "card.refer_note", note) if (shown or wide) and not masked else None,
            buttons([refer, back] if shown or wide else [back], spacing="medium"),
            buttons([in_dialog(lang, REFER_WIDELY, view.asked.token)] if offers else [], spacing="small"),
        ]
        return card(lang, body, _fallback(view, "card.refer_it"))

    return fitting(draw)


def note_form(view: CardView, *, note: str = "") -> Json:
    """A note on the record: a draft for oneself, or the final word. Begins with the reader's own draft."""
    lang, record, token = view.language, view.record, view.asked.token
    draft = next((a.text for a in record.annotations if a.by == view.person.person_id and not a.final), "")
    final = button(lang, "annotate_final", token, style="positive")
    keep = button(lang, "annotate_draft", token)
    back = button(lang, "view", token, said="verb.back", with_inputs=False)
    body = [
        notice(lang, view.said),
        head(lang, say(lang, f"asked.{view.step.asked}"), say(lang, "card.note_on"), record, "accent"),
        letter.subject(record, lang),
        text_input(lang, "note", "card.write_note", note or draft),
        sentence(say(lang, "card.note_rule"), size="small", isSubtle=True, spacing="small"),
        buttons([final, keep, back], spacing="medium"),
    ]
    return card(lang, body, _fallback(view, "card.note_on"))


def colleagues_for(view: CardView, at: datetime) -> list[Person]:
    """Whom the reader may refer to from this step, as the registry judges: their own unit, then other units' heads."""
    office, mine = view.office, view.person.unit_id
    heads = [head for unit_id in office.units if unit_id != mine and (head := office.head(unit_id)) is not None]
    listed = {p.person_id: p for group in (office.members(mine), heads) for p in sorted(group, key=_by_name)}
    return [p for p in listed.values() if may_be_asked(view, p, at)]


def _by_name(person: Person) -> str:
    return search_key(person.name)


def may_be_asked(view: CardView, colleague: Person, at: datetime) -> bool:
    ask = Refer(
        record_id=view.record.record_id,
        step=view.step.number,
        by=view.person.person_id,
        asked="for_action",
        to_person=colleague.person_id,
    )
    return not isinstance(decide(ask, view.record, view.office, at), Refused)


def _to(view: CardView, colleagues: list[Person], chosen: str, *, wide: bool) -> Json:
    lang = view.language
    if not colleagues and not wide:
        return sentence(say(lang, "card.refer_nobody"))
    known = {p.person_id for p in colleagues}
    return {
        "type": "Input.ChoiceSet",
        "id": "to",
        "label": say(lang, "card.refer_to"),
        "placeholder": say(lang, "card.refer_choose"),
        "style": "filtered",
        "isRequired": True,
        "errorMessage": say(lang, "card.refer_missing"),
        "choices": [{"title": title_of(p, view.office, lang), "value": p.person_id} for p in colleagues],
        **({"choices.data": {"type": "Data.Query", "dataset": f"{PEOPLE}{view.asked.token}"}} if wide else {}),
        **({"value": chosen} if chosen in known else {}),
    }


def title_of(person: Person, office: Office, lang: Language) -> str:
    """`Omar al-Fahad — financial analyst`; the unit where the directory knows no post."""
    unit = office.unit(person.unit_id)
    post = person.post or (unit.name(lang) if unit is not None else "")
    return " — ".join(isolate(short(text, 50)) for text in (person.name, post) if text)


def _asked(view: CardView, chosen: str) -> Json:
    lang, codes = view.language, offered(view.person, view.record, view.office)
    return {
        "type": "Input.ChoiceSet",
        "id": "disposition",
        "label": say(lang, "card.refer_asked"),
        "style": "compact",
        "isRequired": True,
        "errorMessage": say(lang, "card.asked_missing"),
        "choices": [{"title": say(lang, f"asked.{code}"), "value": code} for code in codes],
        "value": chosen if chosen in codes else codes[0],
    }


def _fallback(view: CardView, title: str) -> str:
    lang = view.language
    return say(lang, "card.fallback", asked=say(lang, title), reference=view.record.reference)
