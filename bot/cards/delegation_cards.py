################################################################
# The cards of a delegation: the form, one for each of the two, and the list
################################################################
#
# Rule 1: a button that is shown is one that the registry allows the reader now.
# Rule 2: nothing of any record stands on them.

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.actions import Inputs
from bot.cards.parts import (
    Json,
    Style,
    box,
    button,
    buttons,
    card,
    choice,
    columns,
    cut,
    day,
    fact,
    facts,
    fitting,
    head,
    label,
    line_input,
    moment,
    name_of,
    notice,
    present,
    sentence,
    short,
    text_input,
    words,
)
from registry.delegating import posts_of
from registry.delegation import COMING, OVER, PROPOSED, WORKING, Delegation
from registry.office import Office, Person
from registry.vocabulary import CONFIDENTIALITIES, KINDS, may_see
from service.ports import AwayView, DelegationView
from texts import Language, isolate, say, search_key

MYSELF = "myself"
_MOST_CHOICES = 60
_MOST_ROWS = 12
_TITLES = {
    COMING: "card.delegate_coming",
    WORKING: "card.delegate_working",
    OVER: "card.delegate_over",
    PROPOSED: "card.delegate_waits",
}
_STYLES: dict[str, Style] = {PROPOSED: "accent", COMING: "accent", WORKING: "good"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A delegation of the reader's, and the token of their card of it, if they have one."""

    delegation: Delegation
    token: str | None


def kinds() -> tuple[str, ...]:
    """The kinds of records that can be delegated."""
    return tuple(code for code, kind in KINDS.items() if kind.listed)


# ---------------------------------------------------------------- the form


def delegation_form(
    person: Person,
    office: Office,
    lang: Language,
    at: datetime,
    typed: Inputs | None = None,
    *,
    search: str = "",
    said: str | None = None,
) -> Json:
    """Who acts for *person*, from when until when, in what.

    Args:
        typed: What the reader chose and wrote before; it stays.
        search: A part of the substitute's name.
        said: Why the last press did nothing, or why the reader is asked.
    """
    typed = typed or Inputs()
    colleagues = colleagues_of(person, office, search)
    today = at.astimezone(office.zone).date()
    levels = [level for level in CONFIDENTIALITIES if may_see(person.clearance, level)]
    posts = posts_of(person, office)

    def draw(longest: int) -> Json:
        shown = colleagues[: min(_MOST_CHOICES, max(longest // 10, 10))]
        more = say(lang, "card.delegate_some", count=len(shown)) if len(shown) < len(colleagues) else None
        inputs: list[Json | None] = [
            _to(shown, office, lang, typed.to),
            sentence(more, size="small", isSubtle=True, spacing="small") if more else None,
            _date(lang, "starts", "card.delegate_from", typed.starts or today.isoformat(), today.isoformat()),
            _date(
                lang,
                "ends",
                "card.delegate_until",
                typed.ends or (today + timedelta(days=6)).isoformat(),
                today.isoformat(),
            ),
            _kinds(lang, typed.kinds),
            choice(
                lang,
                "secrecy",
                "card.delegate_secrecy",
                [(level, say(lang, f"confidentiality.{level}")) for level in levels],
                typed.secrecy or levels[-1],
            ),
            _post(posts, office, lang, typed.post) if posts else None,
            line_input(lang, "order", "card.delegate_order", typed.order) if posts else None,
            _toggle(lang, "hands_on", "card.delegate_pass_on", typed.hands_on),
            text_input(lang, "note", "card.delegate_note", typed.note),
            sentence(say(lang, "card.delegate_rule"), size="small", isSubtle=True, spacing="small"),
        ]
        nobody = sentence(say(lang, "card.delegate_nobody"))
        listing = button(lang, "delegations", None, with_inputs=False)
        sending = [button(lang, "delegate", None, style="positive")] if shown else []
        body = [
            notice(lang, said),
            head(lang, say(lang, "card.delegate"), say(lang, "card.delegate_who"), None, "accent"),
            *(inputs if shown else [nobody]),
            buttons([*sending, listing], spacing="medium"),
        ]
        return card(lang, body, say(lang, "card.delegate_who"))

    return fitting(draw)


def away_card(view: AwayView, at: datetime) -> Json:
    """The form, to somebody whose automatic reply says that they are away."""
    lang, office = view.language, view.office
    starts, until = view.starts, view.until
    if until is not None:
        said = say(lang, "card.away", starts=day(starts, office, lang), until=day(until, office, lang))
    else:
        said = say(lang, "card.away_open", starts=day(starts, office, lang))
    last = (until - timedelta(microseconds=1)) if until is not None else max(starts, at) + timedelta(days=6)
    typed = Inputs(
        starts=max(starts, at).astimezone(office.zone).date().isoformat(),
        ends=last.astimezone(office.zone).date().isoformat(),
    )
    return delegation_form(view.person, office, lang, at, typed, said=said)


def colleagues_of(person: Person, office: Office, search: str = "") -> list[Person]:
    """Who may stand in: their own unit first, then heads, then everybody; with *search*, those of that name."""
    heads = {unit.head for unit in office.units.values()}
    wanted = search_key(search).split()

    def order(one: Person) -> tuple[int, str]:
        near = 0 if one.unit_id == person.unit_id else 1 if one.person_id in heads else 2
        return near, search_key(one.name)

    others = (p for p in office.people.values() if p.active and p.person_id != person.person_id)
    found = [p for p in others if all(word in search_key(f"{p.name} {p.upn}") for word in wanted)]
    return sorted(found, key=order)


def _to(shown: Sequence[Person], office: Office, lang: Language, chosen: str) -> Json:
    known = {p.person_id for p in shown}
    return {
        "type": "Input.ChoiceSet",
        "id": "to",
        "label": say(lang, "card.delegate_to"),
        "placeholder": say(lang, "card.delegate_choose"),
        "style": "filtered",
        "isRequired": True,
        "errorMessage": say(lang, "card.refer_missing"),
        "choices": [{"title": _title(p, office, lang), "value": p.person_id} for p in shown],
        **({"value": chosen} if chosen in known else {}),
    }


def _title(person: Person, office: Office, lang: Language) -> str:
    unit = office.unit(person.unit_id)
    post = person.post or (unit.name(lang) if unit is not None else "")
    return " — ".join(isolate(short(text, 50)) for text in (person.name, post) if text)


def _date(lang: Language, name: str, title: str, value: str, earliest: str) -> Json:
    asked = {"type": "Input.Date", "id": name, "label": say(lang, title), "value": value, "min": min(value, earliest)}
    return {**asked, "isRequired": True, "errorMessage": say(lang, "delegate.no_time")}


def _kinds(lang: Language, chosen: str) -> Json:
    return {
        "type": "Input.ChoiceSet",
        "id": "kinds",
        "label": say(lang, "card.delegate_kinds"),
        "style": "expanded",
        "isMultiSelect": True,
        "choices": [{"title": say(lang, f"kind.{code}"), "value": code} for code in kinds()],
        **({"value": chosen} if chosen else {}),
    }


def _post(posts: Sequence[str], office: Office, lang: Language, chosen: str) -> Json:
    named = [(unit_id, office.units[unit_id].name(lang)) for unit_id in posts]
    listed = [(unit_id, say(lang, "card.delegate_the_post", unit=name)) for unit_id, name in named]
    return choice(lang, "post", "card.delegate_post", [(MYSELF, say(lang, "card.delegate_myself")), *listed], chosen)


def _toggle(lang: Language, name: str, title: str, chosen: str) -> Json:
    value = "true" if chosen == "true" else "false"
    return {"type": "Input.Toggle", "id": name, "title": say(lang, title), "wrap": True, "value": value}


# ---------------------------------------------------------------- one delegation


def delegation_card(view: DelegationView, at: datetime, *, typed: str = "", told: str | None = None) -> Json:
    """Draw a delegation as it stands, for one of the two. *typed*: what the reader wrote and is not recorded."""
    lang, office, one = view.language, view.office, view.delegation
    state = one.state(at)
    mine = one.to_person == view.person.person_id
    if state == PROPOSED and mine:
        title = say(lang, "card.delegate_asked")
    else:
        title = say(lang, _TITLES.get(state, "card.delegate_declined"))
    giver, taker = (name_of(who, "", office, lang) for who in (one.from_person, one.to_person))

    def draw(longest: int) -> Json:
        note = words(cut(one.note or "", longest, lang), spacing="small")
        written = box(lang, [label(say(lang, "card.delegate_the_note")), note], "emphasis", spacing="medium")
        asks_why = state == PROPOSED and mine
        body = [
            notice(lang, view.said) or notice(lang, told, good=True),
            head(lang, say(lang, "card.delegate"), title, None, _STYLES.get(state, "emphasis")),
            facts(
                fact(say(lang, "card.delegate_giver"), isolate(giver)),
                fact(say(lang, "card.delegate_to"), isolate(taker)),
                *_scope(one, office, lang),
                fact(say(lang, "card.delegate_why"), say(lang, f"delegate.why.{one.why}")) if one.why else None,
            ),
            written if note is not None else None,
            text_input(lang, "note", "card.delegate_note", typed) if asks_why else None,
            buttons(_presses(view, state, mine), spacing="medium"),
        ]
        return card(lang, body, say(lang, "card.fallback_delegation", giver=giver, taker=taker))

    return fitting(draw)


def period(one: Delegation, office: Office, lang: Language) -> str:
    """Both ends, the last day included."""
    last = one.until - timedelta(microseconds=1)
    return say(lang, "card.delegate_from_to", starts=day(one.starts, office, lang), until=day(last, office, lang))


def _scope(one: Delegation, office: Office, lang: Language) -> list[Json | None]:
    comma = "، " if lang == "ar" else ", "
    named = comma.join(say(lang, f"kind.{code}") for code in one.kinds) or say(lang, "card.delegate_kinds_all")
    unit = office.unit(one.post)
    post = say(lang, "card.delegate_the_post", unit=unit.name(lang)) if unit is not None else ""
    passes = say(lang, "card.delegate_passes_yes") if one.may_pass_on else ""
    return [
        fact(say(lang, "card.delegate_post"), post),
        fact(say(lang, "card.delegate_by_order"), isolate(short(one.order or "")) if one.order else ""),
        fact(say(lang, "card.delegate_time"), period(one, office, lang)),
        fact(say(lang, "card.delegate_kinds_row"), named),
        fact(say(lang, "card.delegate_secrecy_row"), say(lang, f"confidentiality.{one.secrecy}")),
        fact(say(lang, "card.delegate_passes"), passes),
    ]


def _presses(view: DelegationView, state: str, mine: bool) -> list[Json]:
    lang, token = view.language, view.asked.token
    listing = button(lang, "delegations", None, with_inputs=False)
    if not view.delegation.is_open or state == OVER:
        return [listing]
    if mine and state == PROPOSED:
        accept = button(lang, "accept_delegation", token, style="positive", with_inputs=False)
        return [accept, button(lang, "decline_delegation", token), listing]
    if mine and view.delegation.order is not None:
        return [listing]
    ends = button(lang, "end_delegation", token, said="verb.hand_back" if mine else None, style="destructive")
    return [ends, listing]


# ---------------------------------------------------------------- the list


def delegations_card(
    listed: Sequence[Listed], person: Person, office: Office, lang: Language, at: datetime, told: str | None = None
) -> Json:
    """What *person* delegated and was asked to take on; that there is nothing is said too."""

    def draw(longest: int) -> Json:
        rows = [_row(one, office, lang, at) for one in listed[: max(min(_MOST_ROWS, longest // 60), 1)]]
        body = [
            notice(lang, told, good=True),
            head(lang, moment(at, office, lang), say(lang, "card.delegations"), None, "accent"),
            *(rows or [sentence(say(lang, "card.no_delegations"))]),
            buttons([button(lang, "delegate", None)], spacing="medium"),
        ]
        return card(lang, body, say(lang, "card.delegations"))

    return fitting(draw)


def _row(one: Listed, office: Office, lang: Language, at: datetime) -> Json | None:
    delegation = one.delegation
    state = say(lang, _TITLES.get(delegation.state(at), "card.delegate_declined"))
    giver, taker = (name_of(who, "", office, lang) for who in (delegation.from_person, delegation.to_person))
    text = [
        label(state),
        sentence(say(lang, "card.delegation_row", giver=giver, taker=taker), weight="bolder"),
        sentence(period(delegation, office, lang), size="small", isSubtle=True, spacing="small"),
    ]
    opens = buttons([button(lang, "view", one.token, said="verb.open")]) if one.token is not None else None
    parts = [("stretch", present(text)), *([("auto", [opens])] if opens is not None else [])]
    return box(lang, [columns(lang, *parts)], separator=True, spacing="medium")
