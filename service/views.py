################################################################
# What people and other systems are shown
################################################################
#
# Rule 1: who may not read a record is answered as if there were none.
# Rule 2: of a secret record, whoever is not cleared for it sees its number, its urgency and who holds it, nothing else.
# Rule 3: a sheet says whether its chain holds, and where it does not.
# Rule 4: names and sentences are in both languages; which one is shown is the page's business.

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.answer_events import AnswerBegun, AnswerDropped, AnswerLeft
from registry.circuit_events import Drafted, Numbered, SentBack, StageInserted, Submitted
from registry.circulating import awaiting, circulation
from registry.dispatch_events import DISPATCH_EVENTS
from registry.events import (
    AnnexFetched,
    AnnexRefused,
    AnnotationDrafted,
    AutoReplyReceived,
    CardUnreached,
    CopyReceived,
    DeliveryFailed,
    EffectStuck,
    Event,
    Linked,
    MailReceived,
    OursReturned,
    QuestionDrafted,
    QuestionMailed,
    ReceiptReceived,
    Referred,
    Registered,
    Released,
    SenderConfirmed,
)
from registry.mail import Address
from registry.office import SYSTEM, Office, Person
from registry.record import Record, holders
from registry.rights import may_act
from registry.sealed_events import Sealed
from registry.sheet import ERASED, Entry, read_entry, verify
from registry.verb_events import Corrected, MatterJoined, Unlinked
from registry.vocabulary import DELIVERIES, INVERSE, KINDS, Verb
from service.dispatch_views import dispatch_said, recipients_view
from service.document_views import document_said
from service.instants import instant as instant
from service.issued_views import issued_view
from service.replying import answers_view
from texts import LANGUAGES, Language, both_dates, say
from texts.dates import hijri_iso


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a person, or a system that may read everything (`person` is None)."""

    person: Person | None

    def may_read(self, record: Record, now: datetime) -> bool:
        if self.person is None:
            return True
        reasons = may_act(self.person, record, Verb.READ, now).reasons
        return not set(reasons) - {"may.secrecy"}

    def is_cleared(self, record: Record, now: datetime) -> bool:
        return self.person is None or bool(may_act(self.person, record, Verb.READ, now))


def record_view(
    record: Record, office: Office, viewer: Viewer, now: datetime, *, judged: Record | None = None
) -> dict[str, Any]:
    """A record as the API shows it. *judged*: the record as it stands now, where *record* is how it stood once."""
    open_to_viewer = viewer.is_cleared(judged or record, now)
    shown: dict[str, Any] = {
        "record_id": record.record_id,
        "kind": record.kind,
        "status": record.status.value,
        "reference": record.reference,
        "serial": record.serial,
        "year": record.year,
        "version": record.version,
        "subject": record.subject if open_to_viewer else None,
        "from_party": _party(record.original_sender) if open_to_viewer else None,
        "to_parties": [_unit(record.registry_unit_id, office)],
        "original_sender": _party(record.original_sender) if open_to_viewer else None,
        "sender": _party(record.sender) if open_to_viewer else None,
        "proposed_sender": _party(record.proposed_sender) if open_to_viewer and record.proposed_sender else None,
        "sender_confirmed": not record.sender_is_proposed,
        **issued_view(record, office, open_to_viewer=open_to_viewer),
        **answers_view(record, open_to_viewer=open_to_viewer),
        "recipients": [
            r | {"at": instant(r["at"])} for r in (recipients_view(record, office) if open_to_viewer else [])
        ],
        "their_reference": record.their_reference if open_to_viewer else None,
        "letter_date": record.letter_date if open_to_viewer else None,
        "forwarded_by": _person(record.forwarded_by, office) if open_to_viewer and record.forwarded_by else None,
        "urgency": record.urgency,
        "confidentiality": record.confidentiality,
        "masked": not open_to_viewer,
        "received_at": instant(record.received_at),
        "received_via": record.received_via,
        "received_said": _said(f"via.{record.received_via}"),
        "registered_at": instant(record.registered_at),
        "registered_hijri": hijri_iso(record.registered_at, office.zone),
        "registered_on": _in_both(lambda lang: both_dates(record.registered_at, office.zone, lang)),
        "updated_at": instant(record.updated_at),
        "due_at": instant(record.due_at),
        "dmarc": record.dmarc,
        "arc": record.arc or "none",
        "sender_check": _said(f"dmarc.{record.dmarc}"),
        "passed_on_check": _said(f"arc.{record.arc}") if record.arc is not None else None,
        "reasons": [_said(reason) for reason in record.reasons if open_to_viewer or not record.rules.listed],
        "repairs": [
            {"what": r.name, "raw": r.raw, "confidence": r.confidence} for r in record.repairs if open_to_viewer
        ],
        "links": [
            {
                "record_id": link.record_id,
                "reference": link.reference,
                "how": link.how,
                "said": _said(f"link.{link.how}"),
            }
            for link in record.links
        ],
        "undelivered": [
            {"at": instant(u.at), "recipients": list(u.recipients) if open_to_viewer else [], "status": u.status}
            for u in record.undelivered
        ],
        "released_from": record.released_from,
        "released_as": {"record_id": record.released_as, "reference": record.released_reference}
        if record.released_as
        else None,
        "same_as": record.same_as,
        "same_reference": record.same_reference,
        "outcome": record.outcome,
        "outcome_note": record.outcome_note if open_to_viewer else None,
        "filed_in": record.filed_in if open_to_viewer else None,
        "matter_id": record.matter_id,
        "awaits_reply": awaiting(record) is not None,
        "circulation": _circulation(record, office),
        "corrections": [
            {
                "what": c.what,
                "was": c.was if open_to_viewer else None,
                "now": c.now if open_to_viewer else None,
                "by": c.by,
                "by_name": _name(c.by, office),
                "at": instant(c.at),
                "note": c.note if open_to_viewer else None,
            }
            for c in record.corrections
        ],
        "replied_at": instant(record.reply.sent_at) if record.reply else None,
        "stuck": list(record.stuck),
        "holders": [
            {
                "person": h.person,
                "person_name": _name(h.person, office) if h.person else None,
                "unit": h.unit,
                "unit_name": _unit(h.unit, office)["name"],
                "asked": h.asked,
                "asked_said": _said(f"asked.{h.asked}"),
                "since": instant(h.since),
                "due_at": instant(h.due_at),
            }
            for h in holders(record)
        ],
        "source": {
            "mailbox": record.source.mailbox or None,
            "internet_message_id": record.source.internet_message_id or None,
            "item_id": record.source.item_id or None,
            "sha256": record.source.sha256 or None,
        },
        "attachments": _attachments(record) if open_to_viewer else [],
    }
    return shown


def sheet_view(record: Record, entries: list[Entry], office: Office, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """A procedure sheet as the API shows it: every line with its exact bytes, and whether the chain holds."""
    broken = verify(entries)
    return {
        "record_id": record.record_id,
        "reference": record.reference,
        "as_of": instant(now),
        "verified": broken is None and len(entries) == record.version,
        "broken": {"seq": broken.seq, "reason": _said(broken.reason)} if broken is not None else None,
        "events": [_line(entry, record, office, viewer, now) for entry in entries],
    }


def _line(entry: Entry, record: Record, office: Office, viewer: Viewer, now: datetime) -> dict[str, Any]:
    bare = {
        "seq": entry.seq,
        "type": entry.type,
        "canonical": entry.canonical.decode("utf-8", "replace"),
        "prev_hash": entry.prev_hash,
        "hash": entry.hash,
    }
    try:
        event = read_entry(entry)
    except ValueError:  # changed bytes need not be an event any more; they are shown all the same
        return bare | {"at": None, "at_hijri": "", "by": None, "said": _said("sheet.line_changed"), "note": None}
    return bare | {
        "at": instant(event.at),
        "at_hijri": hijri_iso(event.at, office.zone),
        "at_said": _in_both(lambda lang: both_dates(event.at, office.zone, lang)),
        "by": event.by,
        "by_name": _name(event.by, office),
        "on_behalf_of": event.on_behalf_of,
        "capacity": event.capacity,
        "capacity_said": _capacity(event, record, office),
        "disposition": event.asked if isinstance(event, Referred) else None,
        "to": event.to_person if isinstance(event, Referred) else None,
        **_note(event, record, viewer, now),
        "said": _in_both(lambda lang: _sentence(event, record, office, lang, cleared=viewer.is_cleared(record, now))),
    }


def _sentence(event: Event, record: Record, office: Office, lang: Language, *, cleared: bool) -> str:
    """What happened, in one sentence; of a letter with the files of another, in two. It says for whom, where somebody
    acted for another."""
    said = _what_happened(event, record, office, lang, cleared=cleared)
    if (whom := office.person(event.on_behalf_of)) is not None:
        return say(lang, "sheet.on_behalf", said=said, whom=whom.name)
    if isinstance(event, Registered) and event.same_reference is not None:
        return f"{said} {say(lang, 'event.Registered.same', reference=event.same_reference)}"
    return said


def _what_happened(event: Event, record: Record, office: Office, lang: Language, *, cleared: bool) -> str:
    if (of_the_file := document_said(event, office, lang)) is not None:
        return of_the_file
    match event:
        case Registered(reasons=reasons, reference=reference, kind=kind) if reasons and (
            cleared or not KINDS[kind].listed
        ):
            why = ("، " if lang == "ar" else ", ").join(say(lang, r) for r in reasons)
            key = "event.Registered.remarked" if KINDS[kind].listed else "event.Registered.quarantined"
            return say(lang, key, reference=reference, reasons=why)
        case Registered(reference=reference, released_from=held) if held is not None:
            return say(lang, "event.Registered.released", reference=reference)
        case Registered(reference=reference, received_via=via) if via in DELIVERIES:
            return say(lang, "event.Registered.delivered", reference=reference, way=say(lang, f"via.{via}"))
        case Registered(reference=reference):
            return say(lang, "event.Registered", reference=reference)
        case Referred(cause=cause, asked=asked, to_person=person, to_unit=unit):
            who = _name_in(person, unit, office, lang)
            return say(lang, f"event.Referred.{cause}", who=who, asked=say(lang, f"asked.{asked}"))
        case Drafted(kind=kind, reference=reference):
            return say(lang, "event.Drafted", kind=say(lang, f"kind.{kind}"), reference=reference)
        case Submitted(seal=seal):
            return say(lang, "event.Submitted", seal=seal[:12])
        case StageInserted(stage=stage):
            return say(lang, "event.StageInserted", act=say(lang, f"act.{stage.act}"))
        case Numbered(reference=reference):
            return say(lang, "event.Numbered", reference=reference)
        case Sealed(level=level):
            return say(lang, f"event.Sealed.{level}")
        case SentBack(why=why):
            return say(lang, f"event.SentBack.{why}")
        case CopyReceived(same_as=same_as):
            return say(lang, f"event.CopyReceived.{same_as}")
        case MailReceived(sender=sender, answers=answers) | AutoReplyReceived(sender=sender, answers=answers):
            who = sender.name or sender.address or say(lang, "sender.none")
            who = who if cleared else say(lang, "note.secret_hidden")
            return say(lang, f"event.{type(event).__name__}", who=who, answers=answers)
        case DeliveryFailed(recipients=recipients, answers=answers, status=status, words=words):
            who = _recipients(recipients, lang) if cleared else say(lang, "note.secret_hidden")
            why = " ".join((status, words or "")) if cleared else status
            return say(lang, "event.DeliveryFailed", who=who, answers=answers, status=why.strip())
        case ReceiptReceived(recipients=recipients, answers=answers, what=what):
            who = _recipients(recipients, lang) if cleared else say(lang, "note.secret_hidden")
            return say(lang, "event.ReceiptReceived", who=who, answers=answers, what=say(lang, f"receipt.{what}"))
        case OursReturned(known_by=known_by):
            return say(lang, f"event.OursReturned.{known_by}")
        case Linked(reference=reference, how=how):
            key = "event.Linked.said" if how in INVERSE else "event.Linked"
            return say(lang, key, reference=reference, how=say(lang, f"link.{how}"))
        case Unlinked(reference=reference, how=how):
            return say(lang, "event.Unlinked", reference=reference, how=say(lang, f"link.{how}"))
        case MatterJoined(reference=reference):
            return say(lang, "event.MatterJoined", reference=reference)
        case Corrected():
            return say(lang, "event.Corrected", what=_corrected(event, lang, cleared=cleared))
        case Released(reference=reference):
            return say(lang, "event.Released", reference=reference)
        case SenderConfirmed(proposed=proposed, sender=sender):
            if not cleared:
                return say(lang, "event.SenderConfirmed.hidden")
            kind = "event.SenderConfirmed" if sender == proposed else "event.SenderConfirmed.corrected"
            return say(lang, kind, sender=sender, proposed=proposed)
        case AnnexFetched(name=name, way=way):
            key = f"event.AnnexFetched.{way}" if cleared else "event.AnnexFetched.hidden"
            return say(lang, key, **({"name": name} if cleared else {}))
        case AnnexRefused(reason=reason):
            return say(lang, "event.AnnexRefused", reason=say(lang, reason))
        case CardUnreached(person=person, reason=reason):
            return say(lang, "event.CardUnreached", who=_name(person, office), reason=say(lang, reason))
        case QuestionDrafted(person=person) | QuestionMailed(person=person):
            return say(lang, f"event.{type(event).__name__}", who=_name(person, office))
        case EffectStuck(effect=effect, reason=reason):
            return say(lang, "event.EffectStuck", effect=say(lang, f"effect.{effect}"), reason=say(lang, reason))
        case Sealed(sha256=sha256):
            return say(lang, "event.Sealed", sha256=sha256[:12])
        case AnswerBegun(reference=reference) | AnswerLeft(reference=reference):
            return say(lang, f"event.{type(event).__name__}", reference=reference)
        case AnswerDropped(reference=reference, why=why):
            return say(lang, f"event.AnswerDropped.{why}", reference=reference)
        case _ if isinstance(event, DISPATCH_EVENTS):
            return dispatch_said(event, record, office, lang, cleared=cleared)
        case _:
            outcome = getattr(event, "outcome", None)
            return say(lang, f"event.{type(event).__name__}" + (f".{outcome}" if outcome else ""))


def _corrected(event: Corrected, lang: Language, *, cleared: bool) -> str:
    """What was put right: from what to what, where it may be read."""
    said = [
        say(lang, "event.Corrected.text", what=say(lang, f"card.{t.what}"), was=t.was, now=t.now)
        if cleared
        else say(lang, f"card.{t.what}")
        for t in event.texts
    ]
    for ladder, was, now in (
        ("urgency", event.was_urgency, event.urgency),
        ("confidentiality", event.was_confidentiality, event.confidentiality),
    ):
        if now is not None:
            levels = {"was": say(lang, f"{ladder}.{was}"), "now": say(lang, f"{ladder}.{now}")}
            said.append(say(lang, "event.Corrected.text", what=say(lang, f"card.{ladder}"), **levels))
    return ("، " if lang == "ar" else ", ").join(said) or say(lang, "note.erased")


def _circulation(record: Record, office: Office) -> dict[str, Any] | None:
    """How far the circulation is: to how many units, and which have not acknowledged."""
    told = circulation(record)
    if told is None:
        return None
    waiting = [_unit(step.to_unit, office) for step in told.waiting]
    return {"units": told.units, "acknowledged": told.units - len(waiting), "waiting": waiting}


def _recipients(recipients: tuple[str, ...], lang: Language) -> str:
    return ("، " if lang == "ar" else ", ").join(recipients) or say(lang, "receipt.nobody")


def _note(event: Event, record: Record, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What was written, as far as *viewer* may read it; else why there is nothing to read."""
    note = getattr(event, "note", None)
    if note is None:
        return {"note": None}
    author = viewer.person is not None and viewer.person.person_id == event.by
    if isinstance(event, AnnotationDrafted) and not author:
        return {"note": None, "note_said": _said("note.draft_hidden")}
    if not viewer.is_cleared(record, now):
        return {"note": None, "note_said": _said("note.secret_hidden")}
    return {"note": None, "note_said": _said("note.erased")} if note == ERASED else {"note": note}


def _capacity(event: Event, record: Record, office: Office) -> dict[str, str]:
    if event.by == SYSTEM:
        return _said("capacity.system")
    person = office.person(event.by)
    unit_id = record.registry_unit_id if event.capacity == "clerk" or person is None else person.unit_id
    unit = office.unit(unit_id)
    return _in_both(
        lambda lang: say(lang, f"capacity.{event.capacity or 'member'}", unit=unit.name(lang) if unit else "")
    )


def _attachments(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "size_bytes": a.size_bytes,
            "sha256": a.sha256,
            "content_type": a.content_type,
            "complete": a.complete,
            "inline": a.inline,
        }
        for a, name in zip(record.attachments, record.attachment_names, strict=True)
    ]


def _party(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


def _person(person_id: str, office: Office) -> dict[str, str]:
    return {"person": person_id, "name": _name(person_id, office)}


def _name(person_id: str, office: Office) -> str:
    person = office.person(person_id)
    return person.name if person is not None else say("ar", "product") if person_id == SYSTEM else person_id


def _name_in(person_id: str | None, unit_id: str, office: Office, lang: Language) -> str:
    if person_id is not None:
        return _name(person_id, office)
    unit = office.unit(unit_id)
    return say(lang, "unit.register", unit=unit.name(lang) if unit else unit_id)


def _unit(unit_id: str, office: Office) -> dict[str, Any]:
    unit = office.unit(unit_id)
    return {"unit": unit_id, "name": _in_both(lambda lang: unit.name(lang) if unit else unit_id)}


def _said(key: str) -> dict[str, str]:
    return _in_both(lambda lang: say(lang, key))


def _in_both(words: Any) -> dict[str, str]:
    return {lang: words(lang) for lang in LANGUAGES}
