"""What cards say of a record that we issue: its words, to whom it goes, and the way it goes."""

from bot.cards import letter
from bot.cards.parts import (
    OPEN_LETTER,
    Json,
    box,
    button,
    buttons,
    cut,
    day,
    fact,
    label,
    moment,
    name_of,
    sentence,
    short,
    words,
)
from registry.circuits import AGAINST, EVERYONE, FOR, OPEN, PASSED, QUORUM, WAITING, Addressee, Circuit, Stage
from registry.decisions import Refused
from registry.issuing import acknowledged
from registry.office import Office
from registry.planning import plan
from registry.recipients import FAILED, Recipient
from registry.record import Record, Step
from service.dispatch_views import recipient_name
from service.ports import CardView
from service.replying import which_letter
from texts import Language, isolate, say

_MOST_NAMES = 4
_MOST_STAGES = 12
_MOST_RECIPIENTS = 8
_OUTCOMES = {"completed": "outcome.opined"}  # in a circuit, what is completed is an opinion


def title(record: Record, lang: Language) -> str:
    """What it is: a draft of its kind, or the kind."""
    kind = say(lang, f"kind.{record.kind}")
    return say(lang, "card.draft_of", kind=kind) if record.is_draft else kind


def facts_of(record: Record, office: Office, lang: Language) -> list[Json | None]:
    """Whose it is, to whom it goes, who signs it."""
    return [
        in_reply_to(record, office, lang),
        drafter(record, office, lang),
        addressees(record, office, lang),
        fact(say(lang, "card.party"), isolate(short(record.party)) if record.party else ""),
        recipients(record, office, lang),
        fact(say(lang, "card.signed_by"), isolate(name_of(record.signed_by, "", office, lang)))
        if record.signed_by and not record.is_draft
        else signing_level(record, office, lang),
        fact(say(lang, "card.issued_on"), day(record.registered_at, office, lang)) if not record.is_draft else None,
        issued_file(record, lang),
        rate(record, lang),
    ]


def in_reply_to(record: Record, office: Office, lang: Language) -> Json | None:
    """Which letter it answers: our number of it, and theirs with its date."""
    letter = next((k for k in record.links if (k.record_id, k.how) == (record.in_reply_to, "replies_to")), None)
    if letter is None:
        return None
    which = short(which_letter(record.their_reference, record.their_date, office.zone, lang))
    said = say(lang, "card.in_reply_to_letter", reference=letter.reference, which=which) if which else ""
    return fact(say(lang, "card.in_reply_to"), said or isolate(letter.reference))


def issued_file(record: Record, lang: Language) -> Json | None:
    """That the letter lies in the archive as a file, and what its seal is worth."""
    if record.sealed is None:
        return None
    return fact(say(lang, "card.sealed"), say(lang, f"card.sealed.{record.sealed.level}"))


def letter_button(record: Record, lang: Language, token: str) -> Json | None:
    """What opens the issued letter, where there is one. *token*: that of the reader's card, or the record's id."""
    return button(lang, OPEN_LETTER, token, with_inputs=False) if record.sealed is not None else None


def drafter(record: Record, office: Office, lang: Language) -> Json | None:
    unit = office.unit(record.registry_unit_id)
    who = name_of(record.drafter, record.registry_unit_id, office, lang)
    return fact(
        say(lang, "card.drafted_by"), say(lang, "card.drafter_of", who=who, unit=unit.name(lang) if unit else "")
    )


def addressees(record: Record, office: Office, lang: Language) -> Json | None:
    """To whom it goes, the first few by name."""
    rows = [
        say(lang, "card.addressee", who=addressee_name(a, office, lang), asked=say(lang, f"asked.{a.asked}"))
        for a in record.addressees[:_MOST_NAMES]
    ]
    if len(record.addressees) > _MOST_NAMES:
        more = isolate(len(record.addressees) - _MOST_NAMES)
        shown = say(lang, "card.attachments_more", names="{names}", count=more)
        rows = [shown.replace(isolate("{names}"), "\n\n".join(rows) + "\n\n")]
    return fact(say(lang, "card.addressed_to"), "\n\n".join(rows))


def recipients(record: Record, office: Office, lang: Language) -> Json | None:
    """To whom it goes outside, and how it stands with each; those first with whom something is wrong."""
    listed = sorted(record.recipients, key=lambda r: r.state not in FAILED)
    rows = [_recipient(r, office, lang) for r in listed[:_MOST_RECIPIENTS]]
    if len(listed) > _MOST_RECIPIENTS:
        rows.append(f"+{isolate(len(listed) - _MOST_RECIPIENTS)}")
    return fact(say(lang, "card.recipients"), "\n\n".join(rows))


def _recipient(recipient: Recipient, office: Office, lang: Language) -> str:
    name = short(recipient_name(recipient, office, lang), 60)
    name = say(lang, "recipient.copy", name=name) if recipient.copy else name
    state = say(lang, f"recipient.{recipient.state}")
    if recipient.at is None:
        return say(lang, "recipient.line", name=name, state=state)
    return say(lang, "recipient.line_since", name=name, state=state, when=moment(recipient.at, office, lang))


def missed(view: CardView) -> Json | None:
    """Why it did not reach somebody, and what whoever sees to that can do."""
    lang, record, office = view.language, view.record, view.office
    failed = [r for r in record.recipients if r.state in FAILED]
    if view.step.cause != "dispatch" or not failed:
        return None
    rows = [
        words(say(lang, "recipient.why", line=short(recipient_name(r, office, lang), 60), why=say(lang, r.why)))
        for r in failed[:_MOST_NAMES]
        if r.why is not None
    ]
    again = buttons([button(lang, "resend", view.asked.token, with_inputs=False)], spacing="small")
    said = sentence(say(lang, "card.dispatch_failed"), weight="bolder")
    return box(lang, [said, *rows, again], "attention", spacing="medium")


def addressee_name(addressee: Addressee, office: Office, lang: Language) -> str:
    if addressee.unit == EVERYONE:
        return say(lang, "card.everyone")
    if addressee.person is not None:
        return name_of(addressee.person, addressee.unit, office, lang)
    unit = office.unit(addressee.unit)
    return unit.name(lang) if unit is not None else addressee.unit


def signing_level(record: Record, office: Office, lang: Language) -> Json | None:
    """At which level it must be signed, where there are several."""
    levels = office.circuits.levels
    if len(levels) < 2 or not 1 <= record.level <= len(levels):
        return None
    level = levels[record.level - 1]
    return fact(say(lang, "card.signed_at_level"), level.en if lang == "en" else level.ar)


def rate(record: Record, lang: Language) -> Json | None:
    """How many of those to whom it went have acknowledged it."""
    done, everybody = acknowledged(record)
    if not everybody:
        return None
    said = say(lang, "card.acknowledged_of", done=done, all=everybody)
    return fact(say(lang, "card.acknowledged_rate"), said)


def text(record: Record, lang: Language, longest: int) -> Json | None:
    if record.document is not None:
        return None  # its words are the file's
    return letter.written(lang, label(say(lang, "card.text")), cut(record.text, longest, lang))


def circuit(record: Record, office: Office, lang: Language) -> Json | None:
    """The way it goes: who has done what, whose turn it is. Of a draft, the way that it would go."""
    made, name = record.circuit, "card.circuit"
    if made is None:
        planned = plan(record, office)
        if isinstance(planned, Refused):
            why = say(lang, planned.reason, **{n: short(v) for n, v in planned.values.items()})
            return box(lang, [sentence(why, color="attention")], "warning", spacing="medium")
        made, name = Circuit(stages=planned, seal=""), "card.circuit_planned"
    rows = [
        sentence(_line(stage, place, record, office, lang), spacing="small", **_look(stage))
        for place, stage in enumerate(made.stages[:_MOST_STAGES], start=1)
    ]
    edited = _was_edited(record) and not record.in_word  # of a file, document.file_state says so
    void = sentence(say(lang, "card.edited_void"), color="warning", spacing="small") if edited else None
    return box(lang, [label(say(lang, name)), *rows, void], spacing="medium")


def stage_name(stage: Stage, office: Office, lang: Language) -> str:
    """`Initials: Salem al-Azmi`."""
    names = [isolate(name_of(s.person, s.unit, office, lang)) for s in stage.seats]
    return say(lang, "card.back_to_stage", act=say(lang, f"act.{stage.act}"), who=_several(names, lang))


def said_before(record: Record, office: Office, lang: Language, longest: int) -> list[Json | None]:
    """What those wrote who decided in its way, last ones last."""
    said: list[Json | None] = []
    for step in [s for s in record.steps if s.stage is not None and s.result and s.outcome in FOR and not s.voided][
        -3:
    ]:
        who = name_of(step.ended_by, step.to_unit, office, lang)
        name = sentence(say(lang, "card.words_of", who=who), size="small", weight="bolder", isSubtle=True)
        said.append(letter.written(lang, name, cut(step.result or "", longest // 2, lang)))
    return said


def voided(step: Step, lang: Language) -> Json | None:
    """That what was decided here was about other words."""
    return words(say(lang, "card.decided_void"), color="warning", weight="bolder") if step.voided else None


def _line(stage: Stage, place: int, record: Record, office: Office, lang: Language) -> str:
    since = [s for s in record.steps if s.stage == stage.number and s.number >= stage.opened_from > 0]
    outcomes = {s.to_person: s.outcome for s in since if s.outcome in (*FOR, AGAINST)}
    names = []
    for seat in stage.seats:
        who, outcome = name_of(seat.person, seat.unit, office, lang), outcomes.get(seat.person)
        done = say(lang, _OUTCOMES.get(outcome, f"outcome.{outcome}")) if outcome else ""
        names.append(say(lang, "stage.seat_done", who=who, outcome=done) if done else isolate(who))
    said = say(lang, "stage.dropped" if record.ended and stage.state in (WAITING, OPEN) else f"stage.{stage.state}")
    if stage.mode != "all" and len(stage.seats) > 1 and stage.state != PASSED:
        mode = say(lang, f"mode.{stage.mode}", **({"needed": stage.needed} if stage.mode == QUORUM else {}))
        said = f"{said}، {mode}" if lang == "ar" else f"{said}, {mode}"
    act = say(lang, f"act.{stage.act}")
    return say(lang, "stage.line", place=place, act=act, who=_several(names, lang), state=said)


def _several(names: list[str], lang: Language) -> str:
    shown = names[:_MOST_NAMES] + (["…"] if len(names) > _MOST_NAMES else [])
    return ("، " if lang == "ar" else ", ").join(shown)


def _look(stage: Stage) -> Json:
    if stage.state == "open":
        return {"weight": "bolder"}
    return {"isSubtle": True} if stage.state != PASSED else {"color": "good"}


def _was_edited(record: Record) -> bool:
    return any(s.voided for s in record.steps)
