################################################################
# A quarantined mail registered after all
################################################################
#
# Rule 1: one decision on the quarantined record closes it and asks for the letter's own record, in one transaction: a
#         mail is released once, whoever presses and how often.
# Rule 2: a person has judged that it is a letter, so a person says where it goes: it lies with the register first.
# Rule 3: what the quarantine knew of the mail is kept; what a clerk read and the machine could not is put in its place.

from datetime import datetime

from registry.acting import words
from registry.annexes import fetches_due
from registry.commands import Admit, Release
from registry.confirming import written_sender
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.effects import MarkMail
from registry.events import Closed, Referred, Registered, Released
from registry.numbers import numbered, reference
from registry.office import Office
from registry.record import INCOMPLETE, Record, missing_annexes
from registry.rights import may_act
from registry.vocabulary import FOR_REVIEW, KINDS, Verb


def decide_release(ask: Release, record: Record, office: Office, now: datetime) -> Decision:
    """Close the quarantined record and have its letter entered. The serial stands in the command."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if record.released_as is not None and record.steps[-1].ended_by == ask.by:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.REGISTER, now)):
        return Refused(verdict.reasons[0], {"reference": record.reference})
    unit = office.unit(record.registry_unit_id)
    if unit is None:
        return Refused("register.no_such_register")
    subject = words(ask.subject) or record.subject
    if not subject:
        return Refused("say.subject_missing")
    number = reference(unit, KINDS[ask.kind], ask.serial, now.astimezone(office.zone).year)
    admit = Admit(
        record_id=ask.as_record,
        held=record,
        by=ask.by,
        subject=" ".join(subject.split()),
        sender=written_sender(ask.sender) or record.original_sender,
        serial=ask.serial,
        kind=ask.kind,
        same_as=ask.same_as,
        same_reference=ask.same_reference,
    )
    return Accepted(
        (
            Released(at=now, by=ask.by, capacity="clerk", as_record=ask.as_record, reference=number),
            Closed(at=now, by=ask.by, capacity="clerk", outcome="released", note=None),
        ),
        then=(admit,),
    )


def decide_admit(ask: Admit, record: Record | None, office: Office, now: datetime) -> Decision:
    """Enter the letter of a quarantined mail, and put it before the register."""
    if record is not None:
        return Nothing()
    held = ask.held
    unit = office.unit(held.registry_unit_id)
    if unit is None:
        return Refused("register.no_such_register")
    official = office.by_address(held.sender.address)
    forwarder = official.person_id if official is not None and official.active else None
    registered = Registered(
        at=now,
        by=ask.by,
        capacity="clerk",
        **numbered(office, unit, KINDS[ask.kind], ask.serial, now),
        subject=ask.subject,
        sender=held.sender,
        original_sender=ask.sender,
        forwarded_by=forwarder,
        received_at=held.received_at,
        received_via=held.received_via,
        letter_date=held.letter_date,
        confidentiality=held.confidentiality,
        urgency=held.urgency,
        needs_reply=forwarder is not None,
        dmarc=held.dmarc,
        source=held.source,
        attachments=held.attachments,
        attachment_names=held.attachment_names,
        reasons=(INCOMPLETE,) if missing_annexes(held) else (),
        arc=held.arc,
        repairs=held.repairs,
        released_from=held.record_id,
        same_as=ask.same_as,
        same_reference=ask.same_reference,
    )
    referred = Referred(
        at=now,
        by=ask.by,
        capacity="clerk",
        step=1,
        asked=FOR_REVIEW,
        to_person=None,
        to_unit=unit.unit_id,
        parent=None,
        cause="rule",
        rule="released",
    )
    mark = MarkMail(record_id=ask.record_id, mailbox=held.source.mailbox, item_id=held.source.item_id)
    return Accepted((registered, referred), (mark, *fetches_due(ask.record_id, missing_annexes(held))))
