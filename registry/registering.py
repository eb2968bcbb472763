"""How a mail becomes a record: a letter with its number and its first referral, or quarantine with its own."""

from datetime import datetime

from registry.annexes import fetches_due
from registry.brought import Brought, brought
from registry.commands import NewRecord, Quarantine, Register
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.dispatching import answers
from registry.effects import MarkMail
from registry.events import Attachment, Referred, Registered
from registry.mail import Address, Mail
from registry.noting import linked, source_of
from registry.numbers import numbered
from registry.office import SYSTEM, Office, Unit
from registry.record import Record, links_among
from registry.routing import Route, confidentiality_of, route, urgency_of
from registry.vocabulary import FOR_REVIEW, KINDS
from texts import search_key


def decide_new(ask: NewRecord, record: Record | None, office: Office, now: datetime) -> Decision:
    """Enter a letter, or keep a mail apart. The serial stands in the command: whoever takes it drew it."""
    if record is not None:
        return Nothing()
    unit = office.registry_unit(ask.mail.mailbox)
    if unit is None:
        return Refused("register.no_register", {"mailbox": ask.mail.mailbox})
    what = brought(ask.mail, office)
    registered = _registered(ask, what, unit, office, now)
    if isinstance(ask, Quarantine):
        goes = Route("quarantine", None, unit.unit_id, FOR_REVIEW)
    elif is_sealed(ask.mail):  # nobody here can say whose it is; the register opens it in Outlook
        goes = Route("sealed", None, unit.unit_id, FOR_REVIEW)
    else:
        goes = route(what.letter, registered.confidentiality, unit, office)
    referred = Referred(
        at=now,
        by=SYSTEM,
        step=1,
        asked=goes.asked,
        to_person=goes.to_person,
        to_unit=goes.to_unit,
        parent=None,
        cause="rule",
        rule=goes.rule,
    )
    mark = MarkMail(record_id=ask.record_id, mailbox=ask.mail.mailbox, item_id=ask.mail.item_id)
    told = (_told_of_the_scan(unit, now),) if registered.same_as is not None and goes.to_person is not None else ()
    fetches = fetches_due(ask.record_id, links_among(registered.attachments)) if isinstance(ask, Register) else ()
    links = (linked(link, now) for link in ask.links)
    then = answers(ask.links, ask.record_id, registered.reference, ask.mail) if isinstance(ask, Register) else ()
    return Accepted((registered, referred, *told, *links), (mark, *fetches), then=then)


def _told_of_the_scan(unit: Unit, now: datetime) -> Referred:
    """The clerks know paper and mail alike: they are told that both brought the same."""
    return Referred(
        at=now,
        by=SYSTEM,
        step=2,
        asked="for_information",
        to_person=None,
        to_unit=unit.unit_id,
        parent=None,
        cause="rule",
        rule="same_file",
    )


def is_sealed(mail: Mail) -> bool:
    """Whether what a mail says can be read by its addressee alone."""
    return any(remark.startswith("sealed.") for remark in mail.remarks)


def is_automatic(mail: Mail) -> bool:
    """Whether a machine wrote it, so that nobody may answer by one (RFC 3834)."""
    return mail.auto_submitted not in ("", "no") or mail.null_sender or mail.report is not None


def _registered(ask: NewRecord, what: Brought, unit: Unit, office: Office, now: datetime) -> Registered:
    mail, kind, letter = ask.mail, KINDS[ask.kind], what.letter
    return Registered(
        at=now,
        by=SYSTEM,
        **numbered(office, unit, kind, ask.serial, now),
        subject=letter.subject,
        sender=mail.sender,
        original_sender=letter.sender if letter.sender != Address("", "") else mail.sender,
        forwarded_by=what.forwarder if not isinstance(ask, Quarantine) else None,
        received_at=mail.received_at,
        received_via=what.via,
        letter_date=letter.sent_at,
        confidentiality=confidentiality_of(mail, letter),
        urgency=urgency_of(mail, letter),
        needs_reply=kind.listed and what.forwarder is not None and not is_automatic(mail),
        dmarc=mail.authentication.dmarc,
        source=source_of(mail),
        attachments=tuple(
            Attachment(
                size_bytes=p.size_bytes,
                sha256=p.sha256,
                content_type=p.content_type,
                complete=p.complete,
                inline=p.inline,
            )
            for p in mail.parts
        ),
        attachment_names=tuple(p.name for p in mail.parts),
        reasons=ask.reasons if isinstance(ask, Quarantine) else mail.remarks,
        arc=mail.authentication.arc if mail.authentication.arc != "none" else None,
        repairs=mail.repairs,
        same_as=ask.same_as if isinstance(ask, Register) else None,
        same_reference=ask.same_reference if isinstance(ask, Register) else None,
    )


def searchable(record: Record) -> str:
    """Return the key under which a record is found: number, subject, who it is from, names of annexes."""
    return search_key(
        " ".join(
            (
                record.reference,
                record.subject,
                str(record.original_sender),
                str(record.sender),
                record.party or "",
                *record.attachment_names,
            )
        )
    )
