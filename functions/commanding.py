################################################################
# What a person may ask of a record over the API: JSON in, a command out
################################################################
#
# Rule 1: one row for each command: its fields, as openapi.py describes them, and what is made of them. What is no
#         field of its command is left alone; a field that makes no sense is told by its name.
# Rule 2: where `step` is left out, it is the caller's own. Nothing is decided here.

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from functions.limits import LONGEST_NOTE, LONGEST_TEXT, MOST_UNITS

if TYPE_CHECKING:
    from registry.commands import Command
    from registry.mail import Address
    from service.service import Service


class BadField(ValueError):
    """A field of what was asked makes no sense; its name is the argument."""


class Asked:
    """What was asked: its fields, read one by one; each read raises BadField where it makes no sense."""

    def __init__(self, body: dict[str, Any], record_id: str, by: str, service: "Service") -> None:
        self.body, self.record_id, self.by, self.service = body, record_id, by, service

    @property
    def note(self) -> str | None:
        return self.text("note", LONGEST_NOTE)

    @property
    def step(self) -> int:
        step = self.number("step")
        return step if step is not None else self.service.step_of(self.by, self.record_id)

    def number(self, name: str) -> int | None:
        value = self.body.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**6):
            raise BadField(name)
        return value

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str | None:
        from texts import clean

        value = self.body.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > longest):
            raise BadField(name)
        return clean(value) if value is not None else None

    def needed(self, name: str) -> str:
        text = self.text(name)
        if not text:
            raise BadField(name)
        return text

    def flag(self, name: str) -> bool:
        value = self.body.get(name, False)
        if not isinstance(value, bool):
            raise BadField(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.body.get(name)
        if not isinstance(value, list) or len(value) > MOST_UNITS:
            raise BadField(name)
        if any(not isinstance(one, str) or not 0 < len(one) <= LONGEST_TEXT for one in value):
            raise BadField(name)
        return tuple(value)

    def sender(self, *, needed: bool) -> "Address | None":
        from registry.mail import Address

        value = self.body.get("sender")
        if value is None and not needed:
            return None
        if not isinstance(value, dict):
            raise BadField("sender")
        inner = Asked(value, self.record_id, self.by, self.service)
        try:
            return Address(inner.text("name") or "", inner.text("address") or "")
        except BadField:
            raise BadField("sender") from None


def _redraft(ask: Asked) -> "Command":
    from functions.drafting import redraft_of

    return redraft_of(ask.body, ask)


def command_of(body: dict[str, Any], record_id: str, by: str, service: "Service") -> "Command":
    """Return what *body* asks of the record. Raises BadField."""
    name = body.get("command")
    make = _MAKES.get(name) if isinstance(name, str) else None
    if make is None:
        raise BadField("command")
    return make(Asked(body, record_id, by, service))


def _release(ask: Asked) -> "Command":
    from registry.commands import Release

    return Release(
        record_id=ask.record_id,
        by=ask.by,
        as_record=ask.service.taker.chance.new_id(),
        subject=ask.text("subject"),
        sender=ask.sender(needed=False),
    )


def _confirm_sender(ask: Asked) -> "Command":
    from registry.commands import ConfirmSender

    sender = ask.sender(needed=True)
    assert sender is not None, "it was needed"
    return ConfirmSender(record_id=ask.record_id, by=ask.by, sender=sender)


def _on_step(name: str) -> Callable[[Asked], "Command"]:
    """A command on a step, with words."""

    def make(ask: Asked) -> "Command":
        from registry import commands

        made: Command = getattr(commands, name)(record_id=ask.record_id, step=ask.step, by=ask.by, note=ask.note)
        return made

    return make


def _on_record(name: str) -> Callable[[Asked], "Command"]:
    """A command on the record as a whole, with words."""

    def make(ask: Asked) -> "Command":
        from registry import commands

        made: Command = getattr(commands, name)(record_id=ask.record_id, by=ask.by, note=ask.note)
        return made

    return make


def _acknowledge(ask: Asked) -> "Command":
    from registry.commands import Acknowledge

    return Acknowledge(record_id=ask.record_id, step=ask.step, by=ask.by)


def _file(ask: Asked) -> "Command":
    """Of a record that has ended already it is the register that files it; that is no step's."""
    from registry.commands import File

    step = ask.number("step")
    if step is None:
        step = ask.service.open_step_of(ask.by, ask.record_id) or 0
    return File(record_id=ask.record_id, step=step, by=ask.by, note=ask.note)


def _refer(ask: Asked) -> "Command":
    from registry.commands import Refer

    return Refer(
        record_id=ask.record_id,
        step=ask.step,
        by=ask.by,
        asked=ask.needed("asked"),
        to_person=ask.text("to_person") or None,
        to_unit=ask.text("to_unit") or None,
        note=ask.note,
    )


def _circulate(ask: Asked) -> "Command":
    from registry.commands import Circulate

    return Circulate(record_id=ask.record_id, step=ask.step, by=ask.by, to_units=ask.texts("to_units"), note=ask.note)


def _await_reply(ask: Asked) -> "Command":
    from registry.commands import AwaitReply

    return AwaitReply(
        record_id=ask.record_id, step=ask.step, by=ask.by, to_person=ask.text("to_person") or None, note=ask.note
    )


def _recall(ask: Asked) -> "Command":
    from registry.commands import Recall

    step = ask.number("step")
    if step is None:
        step = ask.service.recallable_of(ask.by, ask.record_id)
    return Recall(record_id=ask.record_id, step=step, by=ask.by, note=ask.note)


def _annotate(ask: Asked) -> "Command":
    from registry.commands import Annotate

    return Annotate(record_id=ask.record_id, by=ask.by, note=ask.note, final=ask.flag("final"))


def _correct(ask: Asked) -> "Command":
    from registry.commands import Correct

    return Correct(
        record_id=ask.record_id,
        by=ask.by,
        note=ask.note,
        subject=ask.text("subject"),
        their_reference=ask.text("their_reference"),
        letter_date=ask.text("letter_date"),
        urgency=ask.text("urgency"),
        confidentiality=ask.text("confidentiality"),
    )


def _link(ask: Asked) -> "Command":
    from registry.commands import Relate, Unrelate

    kind = Unrelate if ask.flag("ended") else Relate
    return kind(record_id=ask.record_id, by=ask.by, to_record=ask.needed("to_record"), relation=ask.needed("relation"))


def _join_matter(ask: Asked) -> "Command":
    from registry.commands import JoinMatter

    return JoinMatter(record_id=ask.record_id, by=ask.by, to_record=ask.needed("to_record"))


def _return(ask: Asked) -> "Command":
    from registry.commands import Return

    return Return(record_id=ask.record_id, step=ask.step, by=ask.by, note=ask.note, to_stage=ask.number("to_stage"))


def _insert(ask: Asked) -> "Command":
    from registry.circuit_commands import Insert

    return Insert(
        record_id=ask.record_id,
        by=ask.by,
        act=ask.needed("act"),
        people=ask.texts("people"),
        before=ask.number("before") or 0,
        mode=ask.text("mode") or "all",
        quorum=ask.number("quorum") or 0,
        note=ask.note,
    )


def _skip(ask: Asked) -> "Command":
    from registry.circuit_commands import Skip

    return Skip(record_id=ask.record_id, by=ask.by, stage=ask.number("stage") or 0, note=ask.note)


def _of_a_draft(name: str) -> Callable[[Asked], "Command"]:
    """A command on a step of what we issue, with words."""

    def make(ask: Asked) -> "Command":
        from registry import circuit_commands

        asked: Command = getattr(circuit_commands, name)(
            record_id=ask.record_id, step=ask.step, by=ask.by, note=ask.note
        )
        return asked

    return make


def _resend(ask: Asked) -> "Command":
    from registry.dispatch_commands import Resend

    recipient, address = ask.number("recipient"), ask.needed("address")
    if recipient is None:
        raise BadField("recipient")
    return Resend(record_id=ask.record_id, by=ask.by, recipient=recipient, address=address, note=ask.note)


def _withdraw(ask: Asked) -> "Command":
    from registry.circuit_commands import Withdraw

    return Withdraw(record_id=ask.record_id, by=ask.by, note=ask.note)


_MAKES: dict[str, Callable[[Asked], "Command"]] = {
    "release": _release,
    "confirm_sender": _confirm_sender,
    "refer": _refer,
    "circulate": _circulate,
    "await_reply": _await_reply,
    "acknowledge": _acknowledge,
    "complete": _on_step("Complete"),
    "approve": _on_step("Approve"),
    "return": _return,
    "reject": _on_step("Reject"),
    "close": _on_step("Close"),
    "file": _file,
    "recall": _recall,
    "annotate": _annotate,
    "correct": _correct,
    "void": _on_record("Void"),
    "reopen": _on_record("Reopen"),
    "link": _link,
    "join_matter": _join_matter,
    "leave_matter": _on_record("LeaveMatter"),
    "redraft": _redraft,
    "submit": _of_a_draft("Submit"),
    "initial": _of_a_draft("Initial"),
    "sign": _of_a_draft("Sign"),
    "withdraw": _withdraw,
    "resend": _resend,
    "insert": _insert,
    "skip": _skip,
}
