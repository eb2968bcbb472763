################################################################
# The forms of what we issue: write it, change its way
################################################################
#
# Rule 1: a form changes nothing; its button does. What was typed stands in it.
# Rule 2: nothing secret is written in a chat: the form offers no level that would have it lie there.
# Rule 3: a reply is offered no level below that of its letter, and no kind that stays inside.

from collections.abc import Sequence
from datetime import datetime

from bot.actions import Inputs
from bot.cards.issued import circuit, stage_name
from bot.cards.letter import handed_in, sender, their_reference
from bot.cards.letter import subject as subject_of
from bot.cards.parts import (
    Json,
    button,
    buttons,
    card,
    choice,
    columns,
    facts,
    head,
    label,
    line_input,
    notice,
    sentence,
    short,
    text_input,
)
from registry.circuits import ACTS, EVERYONE, OPEN, WAITING
from registry.mail import Part
from registry.office import Office, Person
from registry.record import Record
from registry.rights import may_act
from registry.vocabulary import CONFIDENTIALITIES, ISSUED_FOR, ISSUED_KINDS, KINDS, URGENCIES, Verb, is_secret, may_see
from service.ports import CardView
from texts import Language, isolate, say, search_key

NOBODY = "nobody"
UNIT, PERSON = "unit:", "person:"  # what a choice of an addressee begins with
_MOST_PEOPLE = 40
_MOST_COPIES = 60
_MOST_ENTITIES = 40


def draft_form(
    person: Person,
    office: Office,
    lang: Language,
    typed: Inputs,
    *,
    token: str = "",
    files: Sequence[Part] = (),
    record: Record | None = None,
    said: str | None = None,
    letter: Record | None = None,
    opened: bool = False,
) -> Json:
    """Write something of ours, or write *record* anew, or what answers *letter*.

    Args:
        typed: What was filled in before; its `kind` is what was asked for.
        token: What stands for the files that were handed in; of a record or a letter, that of the reader's card.
        opened: Whether it is filled in beside the chat, by somebody who signed in anew.
    """
    kind = KINDS.get(record.kind if record is not None else typed.kind) or KINDS[ISSUED_KINDS[0]]
    name = say(lang, "card.edit_it" if record is not None else "card.reply_to" if letter else "card.draft_it")
    levels = [(str(n), v.en if lang == "en" else v.ar) for n, v in enumerate(office.circuits.levels, start=1)]
    open_levels = [c for c in CONFIDENTIALITIES if opened or not is_secret(c)]
    if letter is not None:
        open_levels = [c for c in open_levels if may_see(c, letter.confidentiality) and may_see(person.clearance, c)]
    kinds = [c for c in ISSUED_KINDS if letter is None or KINDS[c].direction == "out"]
    body = [
        notice(lang, said),
        head(lang, say(lang, f"kind.{kind.code}") if record is not None else say(lang, "product"), name, letter),
        *_answered(letter, lang),
        facts(handed_in(files, lang)),
        choice(lang, "kind", "card.kind", [(c, say(lang, f"kind.{c}")) for c in kinds], kind.code)
        if record is None
        else None,
        line_input(lang, "subject", "card.subject", typed.subject, **_needed(lang, "say.subject_missing")),
        text_input(lang, "text", "card.draft_text", typed.text),
        choice(lang, "to", "card.draft_to", _addressees(person, office, lang), typed.to),
        choice(
            lang,
            "disposition",
            "card.draft_asked",
            [(code, say(lang, f"asked.{code}")) for code in ISSUED_FOR],
            typed.disposition or kind.sent_for,
        ),
        _copies(office, lang, typed.copy_to),
        *_entities(office, lang, typed),
        line_input(lang, "party", "card.draft_party", typed.party),
        _beside(
            lang,
            choice(lang, "urgency", "card.urgency", _said(lang, "urgency", URGENCIES), typed.urgency),
            choice(
                lang,
                "confidentiality",
                "card.confidentiality",
                _said(lang, "confidentiality", open_levels),
                typed.confidentiality,
            ),
        ),
        choice(lang, "level", "card.draft_level", levels, typed.level) if len(levels) > 1 else None,
        sentence(say(lang, "card.word_rule"), size="small", isSubtle=True, spacing="small")
        if (record.in_word if record is not None else kind.code in office.documents.word)
        else None,
        sentence(
            say(lang, "card.edit_rule" if record is not None else "card.reply_rule" if letter else "card.draft_rule"),
            size="small",
            isSubtle=True,
            spacing="small",
        ),
        _begins(lang, token, record, letter),
    ]
    return card(lang, body, name)


def _answered(letter: Record | None, lang: Language) -> list[Json | None]:
    """The letter that is answered, and that it was before."""
    if letter is None:
        return []
    again = sentence(say(lang, "card.reply_again"), weight="bolder", color="warning") if letter.answers else None
    return [facts(sender(letter, lang), their_reference(letter, lang)), again]


def _begins(lang: Language, token: str, record: Record | None, letter: Record | None) -> Json | None:
    """The button that does it, and the way back."""
    if letter is not None:
        does = button(lang, f"reply_it:{len(letter.answers)}", token, said="verb.reply_it", style="positive")
        way_back = "record" if token == letter.record_id else "view"
    else:
        does = button(lang, "redraft" if record is not None else "draft_new", token or None, style="positive")
        way_back = "view"
    back = button(lang, way_back, token, said="verb.back", with_inputs=False)
    return buttons([does, back if record is not None or letter is not None else None], spacing="medium")


def typed_of(record: Record) -> Inputs:
    """What the form of *record* begins with."""
    first, *others = record.addressees or (None,)
    to = ""
    if first is not None:
        to = f"{PERSON}{first.person}" if first.person is not None else f"{UNIT}{first.unit}"
    return Inputs(
        subject=record.subject,
        text=record.text,
        to=to,
        disposition=first.asked if first is not None else "",
        copy_to=",".join(a.unit for a in others if a is not None and a.person is None),
        party=record.party or "",
        expects_reply="true" if record.expects_reply else "",
        outside=",".join(r.entity for r in record.recipients if not r.copy),
        outside_copies=",".join(r.entity for r in record.recipients if r.copy),
        urgency=record.urgency,
        confidentiality=record.confidentiality,
        level=str(record.level),
        kind=record.kind,
    )


def circuit_form(view: CardView, at: datetime, typed: Inputs | None = None) -> Json:
    """Add a stage to the way of a record, or leave one out."""
    lang, record, office, token = view.language, view.record, view.office, view.asked.token
    filled = typed or Inputs()
    stages = record.circuit.stages if record.circuit is not None else ()
    left = [(str(s.number), stage_name(s, office, lang)) for s in stages if s.state in (WAITING, OPEN)]
    loose = [(str(s.number), stage_name(s, office, lang)) for s in stages if s.state in (WAITING, OPEN) and not s.fixed]
    people = [(p.person_id, _named(p, office, lang)) for p in _who_may_sit(view.person, record, office)]
    skips = bool(loose) and bool(may_act(view.person, record, Verb.SKIP, at))
    body = [
        notice(lang, view.said),
        head(lang, say(lang, f"kind.{record.kind}"), say(lang, "card.route_it"), record, "accent"),
        subject_of(record, lang),
        circuit(record, office, lang),
        label(say(lang, "card.insert_act"), spacing="medium"),
        choice(lang, "act", "card.insert_act", [(a, say(lang, f"act.{a}")) for a in ACTS], filled.act),
        {**choice(lang, "to", "card.insert_who", people, filled.to), "style": "filtered"} if people else None,
        choice(lang, "before", "card.insert_before", left, filled.before) if left else None,
        choice(lang, "stage", "card.skip_stage", loose, filled.stage) if skips else None,
        text_input(lang, "note", "card.write_route", filled.note),
        sentence(say(lang, "card.route_rule"), size="small", isSubtle=True, spacing="small"),
        buttons(
            [
                button(lang, "insert_stage", token, style="positive") if left and people else None,
                button(lang, "skip_stage", token) if skips else None,
                button(lang, "view", token, said="verb.back", with_inputs=False),
            ],
            spacing="medium",
        ),
    ]
    fallback = say(lang, "card.fallback", asked=say(lang, "card.route_it"), reference=record.reference)
    return card(lang, body, fallback)


def _addressees(person: Person, office: Office, lang: Language) -> list[tuple[str, str]]:
    """Units that have a head, everyone, and the people of the drafter's own unit and those who head others."""
    units = [(f"{UNIT}{u}", short(v.name(lang), 60)) for u, v in office.units.items() if office.head(u) is not None]
    heads = [h for u in office.units if (h := office.head(u)) is not None]
    near = {p.person_id: p for p in (*office.members(person.unit_id), *heads) if p.person_id != person.person_id}
    people = [(f"{PERSON}{p.person_id}", _named(p, office, lang)) for p in near.values()]
    everyone = (f"{UNIT}{EVERYONE}", say(lang, "card.everyone"))
    nobody = (NOBODY, say(lang, "card.to_nobody"))
    return [nobody, *sorted(units, key=_by_name), *sorted(people, key=_by_name)[:_MOST_PEOPLE], everyone]


def _copies(office: Office, lang: Language, chosen: str) -> Json:
    units = [(u, short(v.name(lang), 60)) for u, v in office.units.items() if office.head(u) is not None]
    listed = choice(lang, "copy_to", "card.draft_copies", sorted(units, key=_by_name)[:_MOST_COPIES] or [("", "")], "")
    return {**listed, "isMultiSelect": True, "value": chosen}


def _entities(office: Office, lang: Language, typed: Inputs) -> list[Json]:
    """The entities outside, to whom it is addressed and of whom each has a copy; those that were chosen always. Where
    there are more than a card can hold, the name of one is recognised among the words of the party."""
    if not office.entities:
        return []
    names = [(code, short(entity.name(lang), 40)) for code, entity in office.entities.items()]
    picked = {code.strip() for code in f"{typed.outside},{typed.outside_copies}".split(",")}
    first = sorted(names, key=lambda one: (one[0] not in picked, _by_name(one)))[:_MOST_ENTITIES]
    shown = sorted(first, key=_by_name)
    replies = {
        "type": "Input.Toggle",
        "id": "expects_reply",
        "title": say(lang, "card.draft_expects_reply"),
        "value": "true" if typed.expects_reply == "true" else "false",
        "wrap": True,
    }
    return [
        *(
            {**choice(lang, name, title, shown, ""), "isMultiSelect": True, "value": chosen}
            for name, title, chosen in (
                ("outside", "card.draft_recipients", typed.outside),
                ("outside_copies", "card.draft_recipient_copies", typed.outside_copies),
            )
        ),
        replies,
    ]


def _who_may_sit(reader: Person, record: Record, office: Office) -> list[Person]:
    heads = [h for u in office.units if (h := office.head(u)) is not None]
    near = {p.person_id: p for p in (*heads, *office.members(reader.unit_id), *office.members(record.registry_unit_id))}
    fit = [p for p in near.values() if p.person_id != record.drafter]
    return sorted(fit, key=lambda p: search_key(p.name))[:_MOST_PEOPLE]


def _named(person: Person, office: Office, lang: Language) -> str:
    unit = office.unit(person.unit_id)
    post = person.post or (unit.name(lang) if unit is not None else "")
    return " — ".join(isolate(short(t, 50)) for t in (person.name, post) if t)


def _by_name(one: tuple[str, str]) -> str:
    return search_key(one[1])


def _said(lang: Language, ladder: str, codes: Sequence[str]) -> list[tuple[str, str]]:
    return [(code, say(lang, f"{ladder}.{code}")) for code in codes]


def _needed(lang: Language, key: str) -> Json:
    return {"isRequired": True, "errorMessage": say(lang, key)}


def _beside(lang: Language, first: Json, second: Json) -> Json:
    return columns(lang, ("stretch", [first]), ("stretch", [second]), spacing="medium")
