################################################################
# What each button does
################################################################
#
# Rule 1: a press is one command under a key of its own, and the card that comes of it; a refusal says why on the card,
#         and what was typed stays in its inputs.
# Rule 2: a form changes nothing: it is the same card with something to fill in.

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.actions import Press
from bot.cards import (
    circuit_form,
    draft_form,
    note_form,
    recorded,
    referral_form,
    release_form,
    sender_form,
    short,
    step_card,
    typed_of,
    verb_form,
)
from bot.cards.forms import REFER_WIDELY
from bot.cards.parts import moment
from bot.cards.verb_forms import OPENS
from bot.draft_words import draft_words
from bot.verb_acts import FORMS, command_of, key_of, may_open, told_of
from registry.acting import refusal
from registry.circuit_commands import Initial, Insert, Redraft, Sign, Skip, Submit, Withdraw
from registry.commands import (
    Acknowledge,
    Annotate,
    Approve,
    Close,
    Command,
    Complete,
    ConfirmSender,
    File,
    Recall,
    Refer,
    Reject,
    Release,
    Return,
)
from registry.decisions import Refused
from registry.mail import Address
from registry.record import OPEN
from registry.rights import may_act
from registry.vocabulary import ASKED_FROM_CARDS, Verb
from service.ports import CardView
from service.service import Service
from service.take import Taken
from texts import say

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a press is answered with: a card, or a sentence where there is none to show."""

    card: Json | None = None
    text: str | None = None
    rang: bool = False


type Act = Callable[[Service, Press, CardView, datetime], Shown]


ENDS: dict[str, Callable[[str, int, str, str], Command]] = {
    "approve": lambda r, s, by, note: Approve(record_id=r, step=s, by=by, note=note),
    "return": lambda r, s, by, note: Return(record_id=r, step=s, by=by, note=note),
    "complete": lambda r, s, by, note: Complete(record_id=r, step=s, by=by, note=note),
    "close": lambda r, s, by, note: Close(record_id=r, step=s, by=by, note=note),
    "acknowledge": lambda r, s, by, _: Acknowledge(record_id=r, step=s, by=by),
    "reject": lambda r, s, by, note: Reject(record_id=r, step=s, by=by, note=note),
    "file": lambda r, s, by, note: File(record_id=r, step=s, by=by, note=note),
    "submit": lambda r, s, by, note: Submit(record_id=r, step=s, by=by, note=note),
    "initial": lambda r, s, by, note: Initial(record_id=r, step=s, by=by, note=note),
    "sign": lambda r, s, by, note: Sign(record_id=r, step=s, by=by, note=note),
    "withdraw": lambda r, s, by, note: Withdraw(record_id=r, by=by, note=note),
}


def end_step(service: Service, view: CardView, verb: str, by: str, note: str) -> Taken:
    """End the step of *view* by one of ENDS, with words: the same fact from its card and from a list."""
    command = ENDS[verb](view.record.record_id, view.step.number, by, note)
    return service.take(command, key=f"press:{view.asked.token}:{verb}")


def _end(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    """A verb that ends the step, with the words of the card's input."""
    return _after(press, view, end_step(service, view, press.verb, press.by, press.inputs.note), at)


def _take_back(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    """From one card it may be taken back again, once it was sent on again."""
    command = Recall(record_id=view.record.record_id, step=view.step.number, by=press.by, note=press.inputs.note)
    return _after(press, view, service.take(command, key=f"press:{press.token}:take_back:{press.activity_id}"), at)


def _give_back(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    """To whoever wrote it, or to the stage that was chosen."""
    to_stage = int(press.inputs.back_to) if press.inputs.back_to.isdecimal() else None
    r, n = view.record.record_id, view.step.number
    command = Return(record_id=r, step=n, by=press.by, note=press.inputs.note, to_stage=to_stage)
    return _after(press, view, service.take(command, key=f"press:{press.token}:return"), at)


def _redraft(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    words = draft_words(press.inputs, view.record.kind)
    command = Redraft(record_id=view.record.record_id, by=press.by, **words)
    taken = service.take(command, key=f"press:{press.token}:redraft:{press.activity_id}")
    return _after(press, view, taken, at, told=say(view.language, "card.redrafted"))


def _insert(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    typed = press.inputs
    command = Insert(
        record_id=view.record.record_id,
        by=press.by,
        act=typed.act,
        people=(typed.to,) if typed.to else (),
        before=int(typed.before) if typed.before.isdecimal() else 0,
        note=typed.note,
    )
    taken = service.take(command, key=f"press:{press.token}:insert:{press.activity_id}")
    return _after(press, view, taken, at, told=say(view.language, "card.route_kept"))


def _skip(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    stage = int(press.inputs.stage) if press.inputs.stage.isdecimal() else 0
    command = Skip(record_id=view.record.record_id, by=press.by, stage=stage, note=press.inputs.note)
    taken = service.take(command, key=f"press:{press.token}:skip:{stage}:{press.activity_id}")
    return _after(press, view, taken, at, told=say(view.language, "card.route_kept"))


def _refer(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    """Without a colleague: the form. With one: the referral."""
    to, asked = press.inputs.to, press.inputs.disposition
    if not to:
        return _form(press, view, Verb.REFER, at)
    if asked not in ASKED_FROM_CARDS:
        return _refused(press, view, Refused("refer.unknown_disposition"), at)
    command = Refer(
        record_id=view.record.record_id,
        step=view.step.number,
        by=press.by,
        asked=asked,
        to_person=to,
        note=press.inputs.note,
    )
    taken = service.take(command, key=f"press:{press.token}:refer:{to}:{asked}")
    lang = view.language
    colleague = view.office.person(to)
    sent = say(
        lang, "card.copy_sent", who=short(colleague.name) if colleague else "", asked=say(lang, f"asked.{asked}")
    )
    return _after(press, view, taken, at, told=sent)


def _opens(verb: Verb) -> Act:
    """A verb that opens its form."""
    return lambda service, press, view, at: _form(press, view, verb, at)


def _release(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    typed = press.inputs
    command = Release(
        record_id=view.record.record_id,
        by=press.by,
        as_record=service.taker.chance.new_id(),
        subject=typed.subject,
        sender=Address(typed.sender_name, typed.sender_address),
    )
    return _after(press, view, service.take(command, key=f"press:{press.token}:release"), at)


def _confirm_sender(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    sender = Address(press.inputs.sender_name, press.inputs.sender_address)
    command = ConfirmSender(record_id=view.record.record_id, by=press.by, sender=sender)
    taken = service.take(command, key=f"press:{press.token}:confirm_sender:{press.activity_id}")
    return _after(press, view, taken, at, told=say(view.language, "card.sender_kept"))


def _write_note(final: bool) -> Act:
    def act(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
        note = press.inputs.note
        command = Annotate(record_id=view.record.record_id, by=press.by, note=note, final=final)
        digest = hashlib.sha256(note.encode()).hexdigest()
        # With the activity's id: somebody may go back to words that they had before, and that is a new press.
        taken = service.take(command, key=f"press:{press.token}:{press.verb}:{digest}:{press.activity_id}")
        told = say(view.language, "card.note_kept" if final else "card.draft_saved")
        return _after(press, view, taken, at, told=told)

    return act


def _opens_seldom(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    """The form of something that is done seldom; the card, where it may not be done."""
    if not may_open(view, press.verb):
        return Shown(card=step_card(view, at))
    return Shown(card=verb_form(press.verb, view, at))


def _does_seldom(service: Service, press: Press, view: CardView, at: datetime) -> Shown:
    command = command_of(service, press, view)
    if isinstance(command, Refused):
        return _refused(press, view, command, at)
    taken = service.take(command, key=key_of(press))
    told = told_of(press, view) if not isinstance(taken.decision, Refused) else None
    return _after(press, view, taken, at, told=told)


ACTS: dict[str, Act] = {
    **dict.fromkeys(FORMS, _opens_seldom),
    **dict.fromkeys(OPENS, _does_seldom),
    **dict.fromkeys(ENDS, _end),
    "return": _give_back,
    "take_back": _take_back,
    "edit": _opens(Verb.EDIT),
    "redraft": _redraft,
    "insert": _opens(Verb.INSERT),
    "insert_stage": _insert,
    "skip_stage": _skip,
    "refer": _refer,
    REFER_WIDELY: _opens(Verb.REFER),
    "register": _opens(Verb.REGISTER),
    "release": _release,
    "correct": _opens(Verb.CORRECT),
    "confirm_sender": _confirm_sender,
    "annotate": _opens(Verb.ANNOTATE),
    "annotate_draft": _write_note(final=False),
    "annotate_final": _write_note(final=True),
}


# Forms with words of the record on them: of what is masked, none comes into the chat.
SHOWS_WORDS = frozenset(
    {
        *("annotate", "annotate_draft", "annotate_final", "correct", "confirm_sender", "edit", "redraft"),
        *("insert", "insert_stage", "skip_stage"),
    }
)


def _form(press: Press, view: CardView, verb: Verb, at: datetime) -> Shown:
    """The form of *verb*, where the reader may use it."""
    verdict = may_act(view.person, view.record, verb, at, view.step.number)
    if not verdict:
        return _refused(press, view, refusal(verdict.reasons[0], view.record, view.step, view.office, at), at)
    return Shown(card=again(press, view, at))


def _after(press: Press, view: CardView, taken: Taken, at: datetime, told: str | None = None) -> Shown:
    """The card after a command: what came of it, or why nothing did. *told* is said where the step is open still."""
    view = as_it_stands(view, taken)
    if isinstance(taken.decision, Refused):
        return _refused(press, view, taken.decision, at)
    stays = ("annotate", "confirm", "link", "redraft", "insert", "skip")
    still_open = view.step.state == OPEN or press.verb.startswith(stays)
    return Shown(card=step_card(view, at, told=told if still_open else None), rang=bool(taken.effects))


def why_not(view: CardView, refused: Refused) -> str:
    """The sentence that says why, as the step now stands."""
    if refused.reason == "may.already_done":
        return recorded(view)
    values = {name: short(value) for name, value in refused.values.items()}
    if "at" in values:
        values["at"] = moment(datetime.fromisoformat(refused.values["at"]), view.office, view.language)
    return say(view.language, refused.sentence, **values)


def as_it_stands(view: CardView, taken: Taken) -> CardView:
    """What *view* showed, after the command."""
    record = taken.record or view.record
    return replace(view, record=record, step=record.step(view.step.number) or view.step)


def _refused(press: Press, view: CardView, refused: Refused, at: datetime) -> Shown:
    said = why_not(view, refused)
    return Shown(card=again(press, replace(view, said=said), at), text=said)


_FORMS = {
    "edit": Verb.EDIT,
    "redraft": Verb.EDIT,
    "insert": Verb.INSERT,
    "insert_stage": Verb.INSERT,
    "skip_stage": Verb.SKIP,
    "register": Verb.REGISTER,
    "release": Verb.REGISTER,
    "correct": Verb.CORRECT,
    "confirm_sender": Verb.CORRECT,
}


def again(press: Press, view: CardView, at: datetime) -> Json:
    """The card or form that was pressed, as it now is, with what was typed still in it."""
    inputs = press.inputs
    opened = OPENS.get(press.verb)
    if opened is not None and may_open(view, opened):
        return verb_form(opened, view, at, inputs)
    if view.step.state == OPEN and press.verb in ("refer", REFER_WIDELY):
        wide = press.kind == "dialog"
        return referral_form(view, at, to=inputs.to, disposition=inputs.disposition, note=inputs.note, wide=wide)
    if press.verb.startswith("annotate") and not view.record.ended:
        return note_form(view, note=inputs.note)
    sender = Address(inputs.sender_name, inputs.sender_address)
    form = _FORMS.get(press.verb)
    if form is not None and not may_act(view.person, view.record, form, at):
        form = None
    if form is Verb.EDIT:
        typed = inputs if press.verb == "redraft" else typed_of(view.record)
        lang, record = view.language, view.record
        return draft_form(view.person, view.office, lang, typed, token=press.token, record=record, said=view.said)
    if form in (Verb.INSERT, Verb.SKIP):
        return circuit_form(view, at, inputs)
    if form is Verb.REGISTER:
        return release_form(view, subject=inputs.subject, sender=sender)
    if form is Verb.CORRECT:
        return sender_form(view, sender=sender)
    return step_card(view, at, typed=inputs.note)
