################################################################
# What cards are built of
################################################################
#
# Rule 1: what somebody wrote stands in a RichTextBlock, which shows it as it is. TextBlocks and facts read Markdown, so
#         that a letter could put links of its own on an official's card; facts are disarmed by `fact`.
# Rule 2: `rtl` at every level that has it. Every line that somebody wrote is isolated: it keeps its own direction.
# Rule 3: a button carries the token and the verb, nothing else; Execute, and Submit where a client knows no Execute.
# Rule 4: a card is at most 20 KB as Teams counts (UTF-16); whoever draws gives shorter texts until it is.
#
# Source: https://adaptivecards.io/explorer (1.5) and Teams' limits for cards

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from bot.limits import ACTIONS, CARD
from registry.office import Office
from registry.record import Record
from registry.vocabulary import is_secret, may_see
from service.ports import CardView
from texts import Language, both_dates, isolate, say
from texts.dates import clock_time
from texts.isolates import bare

type Json = dict[str, Any]
type Press = Literal["positive", "destructive"]
type Style = Literal["default", "emphasis", "accent", "good", "attention", "warning"]

LARGEST_BYTES = CARD.value - 8 * 1024  # what Teams adds to it is not ours to count
LONGEST_NOTE = 3_000  # characters that an input takes …
LARGEST_NOTE_BYTES = 7 * 1024  # … unless many of them are of the large kind, as an emoji is
LONGEST_LINE = 500  # characters of an input of one line
MOST_ACTIONS = ACTIONS.value
OPEN_SECRET = "open_secret"  # noqa: S105 (a verb)
OPEN_LETTER = "open_letter"

_FIRST_STRONG, _END = "\u2068", "\u2069"
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# A number with something before, in or after it that would let the Arabic around tear it apart: LG-2026-00417, 12-34.
_NUMBERS = re.compile(r"(?<![0-9A-Za-z])(?=[!-~–]*[0-9])[0-9A-Za-z]+[!-/:-@\[-`{-~–][!-~–]*[0-9A-Za-z]")
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")
_URGENT: dict[str, Style] = {"urgent": "warning", "very_urgent": "attention"}


def card(lang: Language, body: Iterable[Json | None], fallback: str) -> Json:
    """A whole card. *fallback* is what a client shows that draws no cards, and what a notification says."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": lang,
        "rtl": lang == "ar",
        "fallbackText": fallback,
        "msteams": {"width": "Full"},
        "body": present(body),
    }


def size_bytes(whole: Json | str) -> int:
    """How large a card is, or a part of one, as Teams counts: its JSON in UTF-16."""
    return len(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le", "surrogatepass"))


def fits_input(text: str) -> bool:
    """Whether a card can give *text* back in its input."""
    return len(text) <= LONGEST_NOTE and size_bytes(text) <= LARGEST_NOTE_BYTES


def fitting(draw: Callable[[int], Json]) -> Json:
    """Draw with ever shorter texts (*draw* takes the most characters of one) until the card is small enough."""
    drawn: Json = {}
    for longest in (1_500, 700, 300, 120, 40):
        drawn = draw(longest)
        if size_bytes(drawn) <= LARGEST_BYTES:
            return drawn
    raise ValueError(f"a card of {size_bytes(drawn)} bytes: something in it has no limit")


def present(items: Iterable[Json | None]) -> list[Json]:
    return [item for item in items if item is not None]


# ---------------------------------------------------------------- texts


def cut(text: str, longest: int, lang: Language) -> str:
    """Return *text* as it may stand on a card: unseen characters out, and `… more` where it was longer."""
    tidy = _BLANK_LINES.sub("\n\n", _UNSEEN.sub("", bare(text))).strip()
    if len(tidy) <= longest:
        return tidy
    kept = tidy[:longest]
    at_word = kept.rfind(" ", longest // 2)
    return f"{kept[:at_word] if at_word > 0 else kept} {say(lang, 'card.more')}"


def short(text: str, longest: int = 80) -> str:
    """A name or the like, on one line."""
    tidy = " ".join(_UNSEEN.sub("", bare(text)).split())
    return tidy if len(tidy) <= longest else f"{tidy[: longest - 1]}…"


def heading(text: str) -> Json:
    """Our own words, large. Never what somebody wrote."""
    return {"type": "TextBlock", "text": text, "wrap": True, "size": "large", "weight": "bolder", "style": "heading"}


def label(text: str, *, spacing: str | None = None, color: str | None = None) -> Json:
    """Our own words, small: above what they name."""
    named = {"type": "TextBlock", "text": text, "wrap": True, "size": "small", "weight": "bolder"}
    return _some({**named, "isSubtle": True, "spacing": spacing, "color": color})


def words(text: str, **look: Any) -> Json | None:
    """A text as it was written, its lines each in its own direction; None for nothing. *look* is the TextRun's."""
    spacing = look.pop("spacing", None)
    run = {"type": "TextRun", "text": "\n".join(map(_line, text.split("\n"))), **look}
    return _some({"type": "RichTextBlock", "inlines": [run], "spacing": spacing}) if text.strip() else None


def _line(text: str) -> str:
    """A line in its own direction; `12-34` in it is not turned into `34-12` by the Arabic before it."""
    kept = _NUMBERS.sub(lambda number: isolate(number[0]), bare(text))
    return f"{_FIRST_STRONG}{kept}{_END}" if kept.strip() else ""


def sentence(text: str, **look: Any) -> Json:
    """A sentence of `say`, with somebody's words in it perhaps: shown as it is."""
    spacing = look.pop("spacing", None)
    return _some({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}], "spacing": spacing})


def fact(title: str, value: str) -> Json | None:
    """A row of a fact set; None for no value. Links and tags in it are broken up, unseen: facts read Markdown."""
    disarmed = value.replace("](", "]\u2060(").replace("<", "<\u2060")
    return {"title": title, "value": disarmed} if value.strip() else None


def facts(*rows: Json | None) -> Json | None:
    kept = present(rows)
    return {"type": "FactSet", "facts": kept} if kept else None


# ---------------------------------------------------------------- boxes


def box(lang: Language, items: Iterable[Json | None], style: Style | None = None, **look: Any) -> Json | None:
    """A container, or None when there is nothing to put in."""
    kept = present(items)
    return _some({"type": "Container", "rtl": lang == "ar", "items": kept, "style": style, **look}) if kept else None


def columns(lang: Language, *parts: tuple[str, list[Json]], **look: Any) -> Json:
    """Columns side by side: each its width (`stretch`, `auto`) and what stands in it."""
    return {
        "type": "ColumnSet",
        "columns": [
            {
                "type": "Column",
                "rtl": lang == "ar",
                "width": width,
                "verticalContentAlignment": "center",
                "items": items,
            }
            for width, items in parts
        ],
        **look,
    }


def head(lang: Language, above: str, title: str, record: Record | None = None, style: Style | None = None) -> Json:
    """The top of a card: what it is, and of its record the number and the urgency."""
    urgency = record.urgency if record is not None else "normal"
    named = [label(above), {**heading(title), "spacing": "none"}]
    badge = label(say(lang, f"urgency.{urgency}"), color="attention" if urgency == "very_urgent" else "warning")
    top = columns(lang, ("stretch", named), *([("auto", [badge])] if urgency in _URGENT else []))
    number = None
    if record is not None:
        number = sentence(say(lang, "card.number_of", reference=record.reference), isSubtle=True, spacing="none")
    whole = box(lang, [top, number], style or _URGENT.get(urgency, "accent"), bleed=True, spacing="none")
    assert whole is not None, "a head has a title"
    return whole


def notice(lang: Language, text: str | None, *, good: bool = False) -> Json | None:
    """What came of the last press, above everything else."""
    said = [sentence(text, weight="bolder", color="good" if good else "attention")] if text else []
    return box(lang, said, "good" if good else "attention", bleed=True, spacing="none")


# ---------------------------------------------------------------- inputs and buttons


def text_input(lang: Language, name: str, hint: str, value: str = "") -> Json:
    """Some lines to write in. *value* stands in it; what `fits_input` refuses is cut."""
    typed = _UNSEEN.sub("", value)
    typed = typed if fits_input(typed) else typed[: LARGEST_NOTE_BYTES // 4]
    asked = {"type": "Input.Text", "id": name, "label": say(lang, hint), "placeholder": say(lang, "card.write_here")}
    return {**asked, "isMultiline": True, "maxLength": LONGEST_NOTE, **({"value": typed} if typed else {})}


def line_input(lang: Language, name: str, title: str, value: str = "", **more: Any) -> Json:
    """One line to write in, or a date; *title* is the text key of its label."""
    typed = " ".join(_UNSEEN.sub("", bare(value)).split())[:LONGEST_LINE]
    asked = {"type": "Input.Text", "id": name, "label": say(lang, title), "maxLength": LONGEST_LINE, **more}
    return {**asked, **({"value": typed} if typed else {})}


def choice(lang: Language, name: str, title: str, choices: Iterable[tuple[str, str]], chosen: str) -> Json:
    """One of *choices* (a value and what is shown of it) to choose; *title* is the text key of its label."""
    listed = [{"title": shown, "value": value} for value, shown in choices]
    known = {one["value"] for one in listed}
    return {
        "type": "Input.ChoiceSet",
        "id": name,
        "label": say(lang, title),
        "style": "compact",
        "choices": listed,
        "value": chosen if chosen in known else listed[0]["value"],
    }


def button(
    lang: Language,
    verb: str,
    token: str | None,
    *,
    said: str | None = None,
    style: Press | None = None,
    with_inputs: bool = True,
) -> Json:
    """One press, two spellings. *said* is the text key of its title, if not the verb's own."""
    data = {"token": token, "verb": verb} if token is not None else {"verb": verb}
    look = {"title": say(lang, said or f"verb.{verb}"), "data": data, "style": style}
    look["associatedInputs"] = None if with_inputs else "none"
    fallback = _some({"type": "Action.Submit", **look})
    return _some({"type": "Action.Execute", "verb": verb, **look, "fallback": fallback})


def buttons(actions: Iterable[Json | None], **look: Any) -> Json | None:
    kept = present(actions)
    assert len(kept) <= MOST_ACTIONS, "Teams shows six actions"
    return {"type": "ActionSet", "actions": kept, **look} if kept else None


# ---------------------------------------------------------------- the office's own


def is_masked(record: Record, clearance: str, *, opened: bool = False) -> bool:
    """Whether nothing of the record but its number and its urgency may be shown: of a secret one, in the chat never;
    where it was *opened* by a sign-in and does not stay, to those who are cleared."""
    return (is_secret(record.confidentiality) and not opened) or not may_see(clearance, record.confidentiality)


def is_hidden(view: CardView) -> bool:
    """Whether nothing of the view's record but its number and its urgency may be shown."""
    return is_masked(view.record, view.person.clearance, opened=view.opened)


def opens(record: Record, clearance: str) -> bool:
    """Whether it is masked as a secret that signing in anew would open."""
    return is_secret(record.confidentiality) and may_see(clearance, record.confidentiality)


def in_dialog(lang: Language, verb: str, token: str, *, said: str | None = None) -> Json:
    """A button that opens a dialog: what stands in it does not stay in the chat."""
    data = {"token": token, "verb": verb, "msteams": {"type": "task/fetch"}}
    return {
        "type": "Action.Submit",
        "title": say(lang, said or f"verb.{verb}"),
        "data": data,
        "associatedInputs": "none",
    }


def name_of(person_id: str | None, unit_id: str, office: Office, lang: Language) -> str:
    """Who somebody is: the person's name, or the clerks of the unit; the registry's rule where nobody acted."""
    person = office.person(person_id)
    if person is not None:
        return short(person.name)
    if person_id is not None:
        return say(lang, "card.by_rule")
    unit = office.unit(unit_id)
    return say(lang, "unit.register", unit=unit.name(lang) if unit else unit_id)


def actor(who: str | None, whom: str | None, unit_id: str, office: Office, lang: Language) -> str:
    """Who acted, and for whom where it was for another."""
    name = name_of(who, unit_id, office, lang)
    return say(lang, "card.for_another", who=name, whom=name_of(whom, "", office, lang)) if whom else name


def moment(at: datetime, office: Office, lang: Language) -> str:
    """Both dates and the time of day."""
    return f"{both_dates(at, office.zone, lang)} {clock_time(at, office.zone)}"


def day(at: datetime, office: Office, lang: Language) -> str:
    return both_dates(at, office.zone, lang)


def _some(element: Json) -> Json:
    return {name: value for name, value in element.items() if value is not None}


def for_dialog(whole: Json) -> Json:
    """The same card for a dialog, which knows no Execute: each button is its own fallback."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(one) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("type") == "Action.Execute":
            return node["fallback"]
        return {name: plain(value) for name, value in node.items()}

    drawn: Json = plain(whole)
    return drawn
