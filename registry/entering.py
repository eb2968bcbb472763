"""How a letter on paper becomes a record: by a clerk, or by a system that was let in to register."""

from datetime import datetime

from registry.acting import words
from registry.changed import changed
from registry.commands import Enter
from registry.confirming import written_sender
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.delivery import Delivery
from registry.events import Attachment, Referred, Registered, Source
from registry.mail import Letter
from registry.numbers import numbered
from registry.office import SYSTEM, Office, Unit
from registry.record import Record
from registry.rights import is_clerk
from registry.routing import Route, confidentiality_said, route, urgency_said
from registry.vocabulary import (
    ASKED_FROM_CARDS,
    CONFIDENTIALITIES,
    DELIVERIES,
    DISPOSITIONS,
    FOR_REVIEW,
    KINDS,
    URGENCIES,
    may_see,
)


def decide_enter(ask: Enter, record: Record | None, office: Office, now: datetime) -> Decision:
    """Enter the letter and refer it: to the head of the unit that was named, else by the registry's rules."""
    if record is not None:
        return Nothing()
    delivery, unit = ask.delivery, office.unit(ask.delivery.unit_id)
    if ask.by is not None:
        person = office.person(ask.by)
        if person is None:
            return Refused("may.unknown_person")
        if not person.active:
            return Refused("may.inactive")
        if not is_clerk(person, delivery.unit_id):
            return Refused("may.registry_only")
    if unit is None or not unit.registry_for:
        return Refused("register.no_such_register")
    if (reason := _unfit(delivery)) is not None:
        return Refused(reason)
    letter = _letter(delivery)
    secrecy = max(
        (delivery.confidentiality or "normal", confidentiality_said(letter) or "normal"), key=CONFIDENTIALITIES.index
    )
    goes = _route(delivery, letter, secrecy, unit, office)
    if isinstance(goes, Refused):
        return goes
    by, capacity = (ask.by, "clerk") if ask.by is not None else (SYSTEM, None)
    registered = _registered(ask, letter, secrecy, unit, office, now)
    referred = Referred(
        at=now,
        by=by,
        capacity=capacity,
        on_behalf_of=ask.on_behalf_of,
        step=1,
        asked=goes.asked,
        to_person=goes.to_person,
        to_unit=goes.to_unit,
        parent=None,
        cause="rule" if goes.rule else "person",
        rule=goes.rule or None,
    )
    if DISPOSITIONS[goes.asked].custody:
        return Accepted((registered, referred))
    # Who is only told of it does not hold it: the register does.
    kept = changed(referred, asked=FOR_REVIEW, to_person=None, to_unit=unit.unit_id)
    return Accepted((registered, kept, changed(referred, step=2)))


def _unfit(delivery: Delivery) -> str | None:
    if words(delivery.letter.subject) is None:
        return "say.subject_missing"
    if written_sender(delivery.letter.sender) is None:
        return "say.sender_missing"
    if delivery.way not in DELIVERIES:
        return "register.unknown_way"
    if delivery.urgency not in ("", *URGENCIES) or delivery.confidentiality not in ("", *CONFIDENTIALITIES):
        return "register.unknown_level"
    return None


def _letter(delivery: Delivery) -> Letter:
    """What is kept of the words: the subject and the date each on one line."""
    told, sender = delivery.letter, written_sender(delivery.letter.sender)
    assert sender is not None, "_unfit refuses a letter of nobody"
    subject, sent_at = (" ".join((words(text) or "").split()) for text in (told.subject, told.sent_at))
    return Letter(sender=sender, subject=subject, text=told.text, sent_at=sent_at, to=told.to)


def _route(delivery: Delivery, letter: Letter, secrecy: str, unit: Unit, office: Office) -> Route | Refused:
    """Where it goes; a route without a rule is a person's choice."""
    if not delivery.to_unit:
        return route(letter, secrecy, unit, office)
    head = office.head(delivery.to_unit)
    if head is None:
        return Refused("refer.nobody")
    if not may_see(head.clearance, secrecy):
        return Refused("refer.not_cleared", {"who": head.name})
    asked = delivery.asked or ASKED_FROM_CARDS[0]
    if asked not in ASKED_FROM_CARDS:
        return Refused("refer.unknown_disposition")
    return Route("", head.person_id, delivery.to_unit, asked)


def _registered(ask: Enter, letter: Letter, secrecy: str, unit: Unit, office: Office, now: datetime) -> Registered:
    delivery = ask.delivery
    return Registered(
        at=now,
        by=ask.by or SYSTEM,
        capacity="clerk" if ask.by is not None else None,
        on_behalf_of=ask.on_behalf_of,
        **numbered(office, unit, KINDS[ask.kind], ask.serial, now),
        subject=letter.subject,
        sender=letter.sender,
        original_sender=letter.sender,
        forwarded_by=None,
        received_at=delivery.received_at,
        received_via=delivery.way,
        letter_date=letter.sent_at,
        confidentiality=secrecy,
        urgency=delivery.urgency or urgency_said(letter) or "normal",
        needs_reply=False,
        dmarc="none",
        source=Source(
            mailbox="",
            item_id="",
            internet_message_id="",
            sha256=delivery.sha256,
            size_bytes=delivery.size_bytes,
            identity=f"slip:{delivery.sha256}",
        ),
        attachments=tuple(
            Attachment(size_bytes=p.size_bytes, sha256=p.sha256, content_type=p.content_type) for p in delivery.parts
        ),
        attachment_names=tuple(p.name for p in delivery.parts),
        reasons=tuple(dict.fromkeys(remark for p in delivery.parts for remark in p.remarks)),
        their_reference=words(delivery.their_reference),
        same_as=delivery.same_as,
        same_reference=delivery.same_reference,
    )
