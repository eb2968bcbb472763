################################################################
# The small office with entities outside, and a letter of ours that was sealed: what the tests of sending speak of
################################################################
#
# The Central Bank and the Audit Bureau take mail, the Municipality takes paper. Omar drafts, Huda signs; the register,
# where Noura and Abdullah are, dispatches.

from dataclasses import replace
from typing import Any

from registry.circuit_commands import Sign, Submit
from registry.decisions import Accepted
from registry.dispatch_commands import Dispatch, NoteLetterDrafted, NoteLetterSent
from registry.dispatch_events import (
    Dispatched,
    LetterDrafted,
    LetterSent,
    Readdressed,
    RecipientMissed,
    RecipientReached,
)
from registry.dispatching import due
from registry.effects import Effect
from registry.entities import HAND, MAIL, PAPER, Entity
from registry.event import Event
from registry.mail import Address, Mail, Report
from registry.recipients import Addressed, Chosen
from registry.record import evolve
from registry.sealed_events import Sealed
from tests.circuit_values import draft
from tests.values import MAILBOX, NOON, OFFICE, PEOPLE, Desk, mail

BANK = Entity(code="cbk", ar="البنك المركزي", en="Central Bank", channel=MAIL, address="registry@bank.example")
BUREAU = Entity(code="sab", ar="ديوان المحاسبة", en="Audit Bureau", channel=MAIL, address="post@bureau.example")
TOWN = Entity(code="kmu", ar="البلدية", en="Municipality", channel=PAPER)
COURT = Entity(code="moj", ar="وزارة العدل", en="Ministry of Justice", channel=HAND)
ENTITIES = {e.code: e for e in (BANK, BUREAU, TOWN, COURT)}
SENDING_OFFICE = replace(
    OFFICE, people={**PEOPLE, "huda": replace(PEOPLE["huda"], signs=1, clearance="secret")}, entities=ENTITIES
)
TO_BANK = (Chosen(entity="cbk"),)
TO_BOTH = (Chosen(entity="cbk"), Chosen(entity="sab", copy=True))
PDF = b"%PDF-1.7 the letter"


def outgoing(record_id: str = "l1", **fields: Any) -> Any:
    """Omar's letter to the bank."""
    usual: dict[str, Any] = {"kind": "outgoing_letter", "addressees": (), "recipients": TO_BANK}
    return draft(record_id, **usual | fields)


def signed(office: Any = SENDING_OFFICE, **fields: Any) -> Desk:
    """A desk on which the letter has its number: the register is asked to see that it goes out."""
    desk = Desk(office, record_id="l1")
    desk.accept(outgoing(**fields))
    desk.accept(Submit(record_id="l1", step=1, by="omar"))
    desk.accept(Sign(record_id="l1", step=desk.last_step, by="huda", serial=7))
    return desk


def seal_event(sha256: str = "e" * 64, size_bytes: int = len(PDF)) -> Sealed:
    return Sealed(
        at=NOON,
        by="tarasul",
        sha256=sha256,
        size_bytes=size_bytes,
        frozen="f" * 64,
        level="approval",
        certificate=None,
        stamped_at=None,
        manifest="d" * 64,
    )


def happen(desk: Desk, event: Event) -> tuple[Effect, ...]:
    """Something that another part of the house brings about happens; what it asks for outside."""
    before = desk.record
    desk.record = evolve(desk.record_id, before, event)
    desk.events.append(event)
    return due(before, desk.held, desk.office)


def dispatched(office: Any = SENDING_OFFICE, **fields: Any) -> Desk:
    """… which is sealed, and goes out."""
    desk = signed(office, **fields)
    happen(desk, seal_event())
    desk.accept(Dispatch(record_id="l1"))
    return desk


def draft_of(desk: Desk, recipient: int = 1, attempt: int = 1) -> NoteLetterDrafted:
    made = f"{desk.record_id}-{recipient}-{attempt}"
    return NoteLetterDrafted(
        record_id=desk.record_id,
        recipient=recipient,
        attempt=attempt,
        mailbox=MAILBOX,
        item_id=f"item-{made}",
        internet_message_id=f"<{made}@ministry.example>",
    )


def send(desk: Desk, recipient: int = 1, attempt: int = 1) -> Accepted:
    """The mail to a recipient is drafted and sent."""
    desk.accept(draft_of(desk, recipient, attempt))
    return desk.accept(sent_of(desk, recipient, attempt))


def sent_of(desk: Desk, recipient: int = 1, attempt: int = 1) -> NoteLetterSent:
    message_id = f"<{desk.record_id}-{recipient}-{attempt}@ministry.example>"
    return NoteLetterSent(
        record_id=desk.record_id, recipient=recipient, attempt=attempt, internet_message_id=message_id
    )


def report(what: str, status: str = "") -> Report:
    return Report(what=what, status=status, recipients=("registry@bank.example",))


def answering(number: int, *message_ids: str, sender: str = "registry@bank.example", **fields: Any) -> Mail:
    """A mail from outside that answers one of ours."""
    return mail(number, sender=Address("البنك المركزي", sender), references=message_ids, **fields)


# ---------------------------------------------------------------- every event, as it stands on the sheet

DISPATCH_EVENTS: tuple[Event, ...] = (
    Dispatched(
        at=NOON,
        by="tarasul",
        outside=(
            Addressed(number=1, entity="cbk", ar=BANK.ar, en=BANK.en, channel="mail", address=BANK.address, copy=False),
        ),
    ),
    LetterDrafted(
        at=NOON,
        by="tarasul",
        recipient=1,
        attempt=1,
        mailbox=MAILBOX,
        item_id="AAMkADkl=",
        internet_message_id="<7@ministry.example>",
    ),
    LetterSent(at=NOON, by="tarasul", recipient=1, attempt=1, internet_message_id="<7@ministry.example>"),
    RecipientMissed(
        at=NOON, by="tarasul", recipient=1, attempt=1, state="bounced", why="dispatch.why.address", status="5.1.1"
    ),
    RecipientReached(at=NOON, by="tarasul", recipient=1, attempt=1, state="delivered"),
    Readdressed(
        at=NOON, by="abdullah", capacity="clerk", recipient=1, attempt=2, address="new@bank.example", note="صُحّح"
    ),
)
