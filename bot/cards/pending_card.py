################################################################
# The list of what waits for a person: each item with a box to tick and a button that opens its card
################################################################
#
# Rule 1: an item that can be ticked is one that one of the buttons below may decide; a button is there where one of the
#         items shown allows it.
# Rule 2: what became of each item of a press stands above the list, done or refused and why.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.parts import (
    Json,
    Style,
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
    notice,
    sentence,
    short,
    text_input,
    words,
)
from bot.cards.step_card import verbs_of
from registry.office import Office, Person
from registry.vocabulary import Verb
from service.ports import Asked, CardView
from service.waiting import Page, Waiting, is_late
from texts import Language, say

BULK: Mapping[str, Verb] = {
    "all_approve": Verb.APPROVE,
    "all_acknowledge": Verb.ACKNOWLEDGE,
    "all_complete": Verb.COMPLETE,
    "all_return": Verb.RETURN,
}
PICK = "pick"  # and the place of the row, from 1
LONGEST_LIST_NOTE = 300  # characters of a note on a list: it stands there beside all its items
_SUBJECT = 80  # characters of a subject on a list
_WITH_WORDS = {Verb.APPROVE, Verb.COMPLETE, Verb.RETURN}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item that was ticked."""

    reference: str
    done: bool
    said: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of the last press on a list, and what the reader had filled in that was not recorded."""

    said: str | None = None
    results: Sequence[Result] = ()
    note: str = ""
    picked: frozenset[str] = frozenset()  # the tokens of the items that stay ticked


@dataclass(frozen=True, slots=True)
class _Tick:
    """The box beside an item, in its place on the list."""

    place: int
    ticked: bool

    def drawn(self, title: str) -> Json:
        """*title* is our own words alone: a client may read Markdown in them."""
        return {
            "type": "Input.Toggle",
            "id": f"{PICK}{self.place}",
            "title": title,
            "value": "true" if self.ticked else "false",
            "wrap": True,
            "spacing": "small",
        }


def pending_card(
    page: Page,
    person: Person,
    office: Office,
    lang: Language,
    at: datetime,
    *,
    pressed: Pressed | None = None,
    title: str = "card.pending",
    foot: str | None = None,
) -> Json:
    """Draw what waits for *person*; that nothing does is said too. *title* and *foot* are text keys."""
    return fitting(lambda longest: _draw(page, person, office, lang, at, pressed or Pressed(), (title, foot), longest))


def _draw(
    page: Page,
    person: Person,
    office: Office,
    lang: Language,
    at: datetime,
    came: Pressed,
    framed: tuple[str, str | None],
    longest: int,
) -> Json:
    token, (title, foot) = page.token, framed
    may = [_may_from_list(one, person, office, lang, at) for one in page.rows]
    rows = [
        _row(one, person, office, lang, at, _Tick(n, one.token in came.picked) if may[n - 1] else None, longest)
        for n, one in enumerate(page.rows, start=1)
    ]
    offered = [name for name, verb in BULK.items() if any(verb in verbs for verbs in may)]
    turns = (("page_back", page.start > 0), ("page_next", page.more > 0))
    body = [
        notice(lang, came.said),
        _results(came.results, lang, longest),
        head(lang, moment(at, office, lang), say(lang, title), None, "accent"),
        _place(page, lang),
        *(rows or [sentence(say(lang, "chat.nothing_pending"))]),
        _note(lang, came.note) if _WITH_WORDS & {BULK[n] for n in offered} else None,
        buttons((button(lang, name, token) for name in offered), spacing="medium"),
        buttons(
            [
                *(button(lang, name, token, with_inputs=False) for name, there in turns if there),
                button(lang, "pending", None, said="verb.view", with_inputs=False),
            ],
            spacing="small",
        ),
        sentence(say(lang, foot), size="small", isSubtle=True) if foot is not None else None,
    ]
    return card(lang, body, say(lang, "card.fallback_waiting", count=page.total))


def _may_from_list(one: Waiting, person: Person, office: Office, lang: Language, at: datetime) -> frozenset[Verb]:
    """What may be done with an item without opening it: what its card would offer, of what a list can do."""
    if one.token is None:
        return frozenset()
    asked = Asked(
        token=one.token,
        record_id=one.record.record_id,
        step=one.step.number,
        person=person.person_id,
        version=one.record.version,
    )
    view = CardView(asked, one.record, one.step, person, office, lang)
    return frozenset(verbs_of(view, at)) & frozenset(BULK.values())


def _place(page: Page, lang: Language) -> Json | None:
    """Which of them are shown, where that is not all; how many are overdue."""
    told = []
    if page.total > len(page.rows):
        first, last = page.start + 1, page.start + len(page.rows)
        told.append(say(lang, "list.place", first=first, last=last, total=page.total))
    if page.late:
        told.append(say(lang, "list.late", count=page.late))
    joint = "، " if lang == "ar" else ", "
    return sentence(joint.join(told), isSubtle=True, spacing="small") if told else None


def _note(lang: Language, typed: str) -> Json:
    return text_input(lang, "note", "list.note", typed[:LONGEST_LIST_NOTE]) | {"maxLength": LONGEST_LIST_NOTE}


def _results(results: Sequence[Result], lang: Language, longest: int) -> Json | None:
    if not results:
        return None
    lines = [
        sentence(
            say(lang, "list.result", reference=one.reference, what=short(one.said, max(longest // 3, 40))),
            color="good" if one.done else "attention",
            spacing="small",
        )
        for one in results
    ]
    style: Style = "good" if all(one.done for one in results) else "attention"
    return box(lang, [label(say(lang, "list.results")), *lines], style, bleed=True, spacing="none")


def _row(
    one: Waiting, person: Person, office: Office, lang: Language, at: datetime, tick: _Tick | None, longest: int
) -> Json | None:
    record, step = one.record, one.step
    urgent = record.urgency != "normal"
    color = {"urgent": "warning", "very_urgent": "attention"}.get(record.urgency)
    asked = say(lang, "list.since", asked=say(lang, f"asked.{step.asked}"), when=day(step.opened_at, office, lang))
    title = f"{say(lang, f'urgency.{record.urgency}')} · {asked}" if urgent else asked
    if is_masked(record, person.clearance):
        about: Json | None = sentence(say(lang, f"confidentiality.{record.confidentiality}"), weight="bolder")
    else:
        about = words(
            short(record.subject, min(_SUBJECT, max(longest // 4, 20))) or say(lang, "subject.none"), weight="bolder"
        )
    number = say(lang, "card.number_of", reference=record.reference)
    text = [
        label(title, color=color),
        *([about] if about is not None else []),
        tick.drawn(number) if tick is not None else sentence(number, size="small", isSubtle=True, spacing="small"),
        *(
            [sentence(say(lang, "card.late"), size="small", color="attention", spacing="small")]
            if is_late(step, at)
            else []
        ),
    ]
    opens = buttons([button(lang, "view", one.token, said="verb.open", with_inputs=False)]) if one.token else None
    parts = [("stretch", text), *([("auto", [opens])] if opens is not None else [])]
    return box(lang, [columns(lang, *parts)], separator=True, spacing="medium")
