################################################################
# What the buttons of the rarer verbs do
################################################################
#
# Rule 1: as in acts.py: a press is one command under a key of its own, and a form changes nothing.
# Rule 2: whether it may be done is decided where everything is; here it is only asked for.

import hashlib
from collections.abc import Callable
from dataclasses import astuple

from bot.actions import Press
from bot.cards.step_card import besides
from bot.cards.verb_forms import DOES, MATTER, MYSELF
from bot.desk import Desk
from registry.commands import (
    AwaitReply,
    Circulate,
    Command,
    Correct,
    File,
    JoinMatter,
    LeaveMatter,
    Recall,
    Relate,
    Reopen,
    Void,
)
from registry.decisions import Refused
from registry.dispatch_commands import Resend
from service.ports import CardView
from service.service import Service
from texts import say, search_key

FORMS = frozenset({"more", *DOES})


def may_open(view: CardView, verb: str) -> bool:
    """Whether the form of *verb* is one of the reader's."""
    return verb in besides(view) if verb != "more" else bool(besides(view))


def key_of(press: Press) -> str:
    """Under which the press is taken: the same filled in twice is one press, however often the client sends it."""
    typed = hashlib.sha256("\n".join(map(str, astuple(press.inputs))).encode("utf-8", "replace")).hexdigest()
    return f"press:{press.token}:{press.verb}:{typed}:{press.activity_id}"


def command_of(service: Service, press: Press, view: CardView) -> Command | Refused:
    """What the press asks for; Refused where it names nothing that could be asked."""
    make = _COMMANDS[press.verb]
    return make(service, press, view)


def told_of(press: Press, view: CardView) -> str | None:
    """What is said of it above the card, where the card itself does not say it."""
    if press.verb == "circulate_it":
        return say(view.language, "card.circulated_now", count=len(_units(press)))
    if press.verb == "link_it":
        return say(view.language, "card.linked", reference=press.inputs.number)
    if press.verb == "resend_it":
        return say(view.language, "card.resent", address=press.inputs.address.strip())
    return None


def _recall(_: Service, press: Press, view: CardView) -> Command | Refused:
    number = press.inputs.to
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        return Refused("card.choose_first")
    return Recall(record_id=view.record.record_id, step=int(number), by=press.by, note=press.inputs.note)


def _amend(_: Service, press: Press, view: CardView) -> Command | Refused:
    typed = press.inputs
    return Correct(
        record_id=view.record.record_id,
        by=press.by,
        note=typed.note,
        subject=typed.subject,
        their_reference=typed.their_reference,
        letter_date=typed.letter_date,
        urgency=typed.urgency or None,
        confidentiality=typed.confidentiality or None,
    )


def _link(service: Service, press: Press, view: CardView) -> Command | Refused:
    """The other record is named by its number, as far as the reader may find it."""
    number = search_key(press.inputs.number).strip().lstrip("#")
    found = Desk(service).numbered(number, view.person) if number else []
    others = [one.record for one in found if one.record.record_id != view.record.record_id]
    if len(others) > 1:
        return Refused("link.several_records")
    if not others:
        return Refused("link.to_itself" if found else "link.unknown_record")
    r, other = view.record.record_id, others[0].record_id
    if press.inputs.disposition == MATTER:
        return JoinMatter(record_id=r, by=press.by, to_record=other)
    return Relate(record_id=r, by=press.by, to_record=other, relation=press.inputs.disposition)


def _circulate(_: Service, press: Press, view: CardView) -> Command | Refused:
    return Circulate(
        record_id=view.record.record_id,
        step=view.step.number,
        by=press.by,
        to_units=_units(press),
        note=press.inputs.note,
    )


def _units(press: Press) -> tuple[str, ...]:
    return tuple(unit for unit in press.inputs.units.split(",") if unit)


def _await(_: Service, press: Press, view: CardView) -> Command | Refused:
    to = press.inputs.to
    return AwaitReply(
        record_id=view.record.record_id,
        step=view.step.number,
        by=press.by,
        to_person=to if to not in ("", MYSELF) else None,
        note=press.inputs.note,
    )


def _resend(_: Service, press: Press, view: CardView) -> Command | Refused:
    number = press.inputs.to
    if not number.isascii() or not number.isdigit() or len(number) > 4:
        return Refused("card.choose_first")
    return Resend(
        record_id=view.record.record_id,
        by=press.by,
        recipient=int(number),
        address=press.inputs.address,
        note=press.inputs.note,
    )


_COMMANDS: dict[str, Callable[[Service, Press, CardView], Command | Refused]] = {
    "recall_it": _recall,
    "amend_it": _amend,
    "link_it": _link,
    "circulate_it": _circulate,
    "await_it": _await,
    "resend_it": _resend,
    "void_it": lambda _, p, v: Void(record_id=v.record.record_id, by=p.by, note=p.inputs.note, step=v.step.number),
    "reopen_it": lambda _, p, v: Reopen(record_id=v.record.record_id, by=p.by, note=p.inputs.note),
    "leave_it": lambda _, p, v: LeaveMatter(record_id=v.record.record_id, by=p.by, note=p.inputs.note),
    "file_it": lambda _, p, v: File(record_id=v.record.record_id, step=0, by=p.by, note=p.inputs.note),
}
