################################################################
# The record: what its events add up to
################################################################
#
# Rule 1: a record is the fold of its events: fold(events) is the record, whatever is kept beside it for speed.
# Rule 2: `evolve` never refuses. What may happen is decided in decide.py; here it has happened.
# Rule 3: whoever holds the record can always be named: `holders` answers for any record, `record_at` for any instant.

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.after_verbs import after_verb
from registry.answer_events import ANSWER_EVENTS
from registry.answers import OurAnswer, after_answer
from registry.changed import changed
from registry.circuit_events import CIRCUIT_EVENTS, Drafted
from registry.circuit_fold import after_circuit, with_seat_taken
from registry.circuits import Addressee, Circuit
from registry.dispatch_events import DISPATCH_EVENTS
from registry.dispatch_fold import after_dispatch
from registry.document import Document, Pending
from registry.document_events import DOCUMENT_EVENTS
from registry.document_fold import after_document
from registry.events import (
    AnnexFetched,
    AnnexRefused,
    AnnotationDrafted,
    AnnotationFinal,
    Attachment,
    AutoReplyReceived,
    CardUnreached,
    Closed,
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
    Reminded,
    ReplyDrafted,
    ReplySent,
    SenderConfirmed,
    Source,
    StepAcknowledged,
    StepApproved,
    StepCompleted,
    StepReturned,
)
from registry.mail import Address, Repair
from registry.office import Office, Person
from registry.opening_events import SecretShown
from registry.recipients import Recipient, chosen
from registry.sealed_events import Sealed
from registry.sealed_letter import SealedLetter, sealed_letter
from registry.vocabulary import DELIVERIES, DISPOSITIONS, ENDED, INVERSE, KINDS, Disposition, Kind, Status
from registry.vocabulary import DONE as DONE
from registry.vocabulary import OPEN as OPEN
from registry.vocabulary import REFERRED as REFERRED

LINK = "text/uri-list"  # the content type of an annex of which only its address came
INCOMPLETE = "incomplete.cloud"  # the remark of a letter that has such an annex


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Somebody was asked something. `state` is open, referred (they asked others and wait) or done."""

    number: int
    asked: str
    to_person: str | None
    to_unit: str
    parent: int | None
    cause: str
    opened_at: datetime
    opened_by: str
    opened_for: str | None = None  # whom they acted for
    answers: tuple[int, ...] = ()
    resumes: int | None = None
    note: str | None = None  # what was written to the person asked
    state: str = OPEN
    outcome: str | None = None  # acknowledged, completed, approved, returned, closed
    result: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_for: str | None = None  # whom they acted for
    due_at: datetime | None = None
    remind_at: datetime | None = None  # the next time that whoever holds it is reminded
    reminded_at: datetime | None = None  # the last time
    awaits: str | None = None  # what must come before it is done: reply
    read_at: datetime | None = None  # when one of those asked first looked at it …
    read_by: str | None = None  # … and who
    stage: int | None = None  # the stage of the circuit that this is a seat of
    voided: bool = False  # what was decided here was decided on other words
    document: str | None = None  # the SHA-256 of the frozen file that was decided on

    @property
    def disposition(self) -> Disposition:
        return DISPOSITIONS[self.asked]

    @property
    def custody(self) -> bool:
        """Whether the one asked holds the record while the step is open."""
        return self.disposition.custody or self.awaits is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Something of the record that was put right: how it stood before, and why it was changed."""

    what: str  # subject, their_reference, letter_date, urgency, confidentiality
    was: str
    now: str
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    by: str
    at: datetime
    text: str
    final: bool
    capacity: str | None = None
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to whoever forwarded the letter: drafted, then sent."""

    mailbox: str
    item_id: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another record that this one has to do with. `how` says why it is thought so (a text key `link.…`)."""

    record_id: str
    reference: str
    how: str
    at: datetime | None = None  # when somebody said so; None where a machine found it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """Whom the card of a step did not reach, why (a text key), and the mail that asks them in its place."""

    step: int
    person: str
    reason: str
    at: datetime
    item_id: str | None = None
    mailed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Our reply did not reach these people; `status` is the code that their server gave."""

    at: datetime
    recipients: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One piece of correspondence as it stands. `version` is the number of its events."""

    record_id: str
    entity_id: str
    kind: str
    direction: str
    registry_unit_id: str
    serial: int | None  # None: it is a draft
    year: int | None
    reference: str
    status: Status
    version: int
    registered_at: datetime
    updated_at: datetime
    subject: str
    sender: Address
    original_sender: Address
    forwarded_by: str | None
    received_at: datetime
    received_via: str
    letter_date: str
    confidentiality: str
    urgency: str
    needs_reply: bool
    dmarc: str
    source: Source
    attachments: tuple[Attachment, ...]
    attachment_names: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    arc: str | None = None
    repairs: tuple[Repair, ...] = ()
    their_reference: str | None = None
    released_from: str | None = None  # the quarantined record whose mail this is
    released_as: str | None = None  # the record that a quarantined mail became …
    released_reference: str | None = None  # … and its number
    same_as: str | None = None  # the record that had one of its files before …
    same_reference: str | None = None  # … and its number
    proposed_sender: Address | None = None  # what stood in the place of `original_sender` before a clerk confirmed it
    sender_confirmed_by: str | None = None
    due_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    mails: tuple[Source, ...] = ()  # copies, answers and reports that came in later
    links: tuple[Link, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    reply: Reply | None = None
    outcome: str | None = None
    outcome_note: str | None = None
    ended_by: str | None = None
    reopened: int = 0  # how often
    filed_in: str | None = None  # the file in which the letter lies
    corrections: tuple[Correction, ...] = ()
    matter_id: str | None = None  # what belongs together says the same
    answers: tuple[OurAnswer, ...] = ()  # letters of ours that reply to it
    stuck: tuple[str, ...] = ()
    refused_annexes: tuple[int, ...] = ()  # links behind which the file could not be had
    # of what we issue
    text: str = ""
    drafter: str | None = None
    addressees: tuple[Addressee, ...] = ()
    party: str | None = None  # to whom it goes outside
    level: int = 0  # at which it must be signed
    circuit: Circuit | None = None
    signed_by: str | None = None
    sealed: SealedLetter | None = None
    in_word: bool = False  # it is drafted as a Word file, which is …
    document: Document | None = None  # … this one, as soon as it was placed
    recipients: tuple[Recipient, ...] = ()  # outside, of what goes out
    expects_reply: bool = False  # from them
    in_reply_to: str | None = None  # the record of the letter that it answers …
    their_date: str = ""  # … which was of this date; its number is `their_reference`

    def step(self, number: int) -> Step | None:
        return self.steps[number - 1] if 0 < number <= len(self.steps) else None

    @property
    def open_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.state == OPEN)

    @property
    def pending(self) -> Pending | None:
        """A press that was accepted and waits for the file; none any more where its step was ended meanwhile."""
        pending = self.document.pending if self.document is not None else None
        step = self.step(pending.step) if pending is not None else None
        return pending if step is not None and step.state == OPEN else None

    @property
    def lies_in(self) -> tuple[str, str] | None:
        """The drive and the item of its Word file, for as long as what is written there matters."""
        document = self.document
        if document is None or document.lost is not None or self.ended or not self.is_draft:
            return None
        return document.drive, document.item

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def sender_is_proposed(self) -> bool:
        """Whether the original sender was read out of a forwarded text, and no clerk has said yet that it is right."""
        return self.received_via == "forward" and self.sender_confirmed_by is None

    @property
    def delivered(self) -> bool:
        """Whether the letter came on paper: there is no mail to mark and no thread to answer in."""
        return self.received_via in DELIVERIES

    @property
    def is_draft(self) -> bool:
        """Whether it has no number yet."""
        return self.serial is None

    @property
    def rules(self) -> Kind:
        """What the record's kind allows."""
        return KINDS[self.kind]

    @property
    def participants(self) -> frozenset[str]:
        """Everyone the record was ever put before by name, unless it was taken back before they looked, whoever acted
        on it for one of them, and whoever forwarded it: who may read it."""
        asked = {s.to_person for s in self.steps if s.outcome != "recalled" or s.read_at is not None}
        acted = {s.ended_by for s in self.steps if s.ended_for} | {s.opened_by for s in self.steps if s.opened_for}
        return frozenset(who for who in asked | acted | {self.forwarded_by} if who)

    @property
    def registers(self) -> frozenset[str]:
        """The units whose clerks may read it: the one in whose register it stands, and those it was put before."""
        return frozenset(s.to_unit for s in self.steps if s.to_person is None) | {self.registry_unit_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose turn it is: a person, or whoever keeps the register of a unit (`person` is None)."""

    person: str | None
    unit: str
    asked: str
    since: datetime
    step: int
    due_at: datetime | None = None


def holders(record: Record) -> tuple[Holder, ...]:
    """Return whose turn it is: never empty while the record is open, always empty once it has ended."""
    if record.ended:
        return ()
    return tuple(
        Holder(person=s.to_person, unit=s.to_unit, asked=s.asked, since=s.opened_at, step=s.number, due_at=s.due_at)
        for s in record.open_steps
        if s.custody
    )


def first_asked(record: Record, step: Step) -> str:
    """Return what the person of *step* was asked before answers were put before them: what they owe whoever asked."""
    while step.answers:
        answered = record.step(step.answers[-1])
        asker = record.step(answered.parent) if answered is not None and answered.parent is not None else None
        if asker is None:
            break
        step = asker
    return step.asked


def words_before(record: Record, step: Step) -> tuple[Step, ...]:
    """Return the steps whose words are put before the person of *step*, in the order in which they were written.

    Whoever approved a result passes it on; what they wrote themselves follows it.
    """
    said: list[Step] = []
    for number in step.answers:
        answered = record.step(number)
        if answered is None:
            continue
        if answered.outcome != "completed":
            said += words_before(record, answered)
        said += [answered] if answered.result else []
    return tuple(dict.fromkeys(said))


def asked_people(step: Step, office: Office) -> tuple[Person, ...]:
    """Return the people a step is put before: the one named, or everyone who keeps the unit's register."""
    if step.to_person is None:
        return office.clerks(step.to_unit)
    person = office.person(step.to_person)
    return (person,) if person is not None else ()


def missing_annexes(record: Record) -> tuple[int, ...]:
    """Return the places, from 0, of the annexes of which only a link is there."""
    return links_among(record.attachments)


def links_among(attachments: Iterable[Attachment]) -> tuple[int, ...]:
    """Return the places, from 0, of those that are links to a file in the cloud."""
    return tuple(n for n, a in enumerate(attachments) if a.content_type == LINK and not a.complete)


def fold(record_id: str, events: Iterable[Event]) -> Record | None:
    """Return the record that *events* add up to; None for no events."""
    record: Record | None = None
    for event in events:
        record = evolve(record_id, record, event)
    return record


def record_at(record_id: str, events: Iterable[Event], at: datetime) -> Record | None:
    """Return the record as it stood at the instant *at*; None before it was registered."""
    return fold(record_id, (event for event in events if event.at <= at))


def evolve(record_id: str, record: Record | None, event: Event) -> Record:
    """Return the record after *event*."""
    if isinstance(event, Registered):
        return _registered(record_id, event)
    if isinstance(event, Drafted):
        return _drafted(record_id, event)
    assert record is not None, "the first event of a sheet is Registered or Drafted"
    after = _after(record, event)
    return changed(after, version=record.version + 1, updated_at=event.at)


def _registered(record_id: str, e: Registered) -> Record:
    return Record(
        record_id=record_id,
        entity_id=e.entity_id,
        kind=e.kind,
        direction=e.direction,
        registry_unit_id=e.registry_unit_id,
        serial=e.serial,
        year=e.year,
        reference=e.reference,
        status=Status.REGISTERED,
        version=1,
        registered_at=e.at,
        updated_at=e.at,
        subject=e.subject,
        sender=e.sender,
        original_sender=e.original_sender,
        forwarded_by=e.forwarded_by,
        received_at=e.received_at,
        received_via=e.received_via,
        letter_date=e.letter_date,
        confidentiality=e.confidentiality,
        urgency=e.urgency,
        needs_reply=e.needs_reply,
        dmarc=e.dmarc,
        source=e.source,
        attachments=e.attachments,
        attachment_names=e.attachment_names,
        reasons=e.reasons,
        arc=e.arc,
        repairs=e.repairs,
        their_reference=e.their_reference,
        released_from=e.released_from,
        same_as=e.same_as,
        same_reference=e.same_reference,
        due_at=e.due_at,
    )


def _drafted(record_id: str, e: Drafted) -> Record:
    return Record(
        record_id=record_id,
        entity_id=e.entity_id,
        kind=e.kind,
        direction=e.direction,
        registry_unit_id=e.registry_unit_id,
        serial=None,
        year=None,
        reference=e.reference,
        status=Status.DRAFT,
        version=1,
        registered_at=e.at,
        updated_at=e.at,
        subject=e.subject,
        sender=e.sender,
        original_sender=e.sender,
        forwarded_by=None,
        received_at=e.at,
        received_via="draft",
        letter_date="",
        confidentiality=e.confidentiality,
        urgency=e.urgency,
        needs_reply=False,
        dmarc="none",
        source=Source(
            mailbox="", item_id="", internet_message_id="", sha256="", size_bytes=0, identity=f"draft:{record_id}"
        ),
        attachments=e.attachments,
        attachment_names=e.attachment_names,
        due_at=e.due_at,
        text=e.text,
        drafter=e.by,
        addressees=e.addressees,
        party=e.party,
        level=e.level,
        in_word=e.written_in == "word",
        recipients=chosen(e.outside),
        expects_reply=bool(e.expects_reply),
        in_reply_to=e.in_reply_to,
        their_reference=e.their_reference,
        their_date=e.their_date or "",
    )


def _after(record: Record, event: Event) -> Record:
    match event:
        case Referred():
            return _referred(record, event)
        case Reminded(step=number, remind_at=remind_at):
            return _reminded(record, number, event.at, remind_at)
        case StepAcknowledged(step=number):
            return _ended(record, number, event, "acknowledged", None)
        case StepCompleted(step=number, note=note, document=document):
            return _ended(record, number, event, "completed", note, document)
        case StepApproved(step=number, note=note, document=document):
            return _ended(record, number, event, "approved", note, document)
        case StepReturned(step=number, note=note):
            return _ended(record, number, event, "returned", note)
        case AnnotationDrafted(note=note):
            return _annotated(record, event, note, final=False)
        case AnnotationFinal(note=note):
            return _annotated(record, event, note, final=True)
        case CopyReceived(source=source) | MailReceived(source=source):
            return changed(record, mails=(*record.mails, source))
        case AnnexFetched():
            return _completed(record, event)
        case AnnexRefused(annex=annex):
            return changed(record, refused_annexes=(*record.refused_annexes, annex))
        case AutoReplyReceived(source=source) | ReceiptReceived(source=source) | OursReturned(source=source):
            return changed(record, mails=(*record.mails, source))
        case DeliveryFailed(source=source, recipients=recipients, status=status):
            failed = Undelivered(at=event.at, recipients=recipients, status=status)
            return changed(record, mails=(*record.mails, source), undelivered=(*record.undelivered, failed))
        case Linked(to_record=to_record, reference=reference, how=how):
            link = Link(record_id=to_record, reference=reference, how=how, at=event.at if how in INVERSE else None)
            return changed(record, links=(*record.links, link))
        case Closed(outcome=outcome, note=note, by=by):
            steps = tuple(_closed(s, event) if _ends_with_it(s) and s.state != DONE else s for s in record.steps)
            status = Status.ARCHIVED if outcome == "filed" else Status.CLOSED
            return changed(record, status=status, steps=steps, outcome=outcome, outcome_note=note, ended_by=by)
        case Released(as_record=as_record, reference=reference):
            return changed(record, released_as=as_record, released_reference=reference)
        case SenderConfirmed(proposed=proposed, sender=sender, by=by):
            first = record.proposed_sender or proposed
            return changed(record, original_sender=sender, proposed_sender=first, sender_confirmed_by=by)
        case ReplyDrafted(mailbox=mailbox, item_id=item_id):
            return changed(record, reply=Reply(mailbox=mailbox, item_id=item_id))
        case ReplySent(mailbox=mailbox, item_id=item_id):
            return changed(record, reply=Reply(mailbox=mailbox, item_id=item_id, sent_at=event.at))
        case CardUnreached(step=step, person=person, reason=reason):
            missed = Unreached(step=step, person=person, reason=reason, at=event.at)
            return changed(record, unreached=(*record.unreached, missed))
        case QuestionDrafted(step=step, person=person, item_id=item_id):
            return _mailed(record, step, person, item_id=item_id)
        case QuestionMailed(step=step, person=person):
            return _mailed(record, step, person, mailed_at=event.at)
        case Sealed():
            return changed(record, sealed=sealed_letter(event))
        case SecretShown():
            return record
        case EffectStuck(effect=effect):
            return changed(record, stuck=(*record.stuck, effect))
        case _ if type(event) in DISPATCH_EVENTS:
            return after_dispatch(record, event)
        case _ if type(event) in ANSWER_EVENTS:
            return after_answer(record, event)
        case _:
            if type(event) in DOCUMENT_EVENTS:
                return after_document(record, event)
            return after_circuit(record, event) if type(event) in CIRCUIT_EVENTS else after_verb(record, event)


def _completed(record: Record, e: AnnexFetched) -> Record:
    """The file in the link's place; when no link is left, the record is incomplete no more."""
    file = Attachment(size_bytes=e.size_bytes, sha256=e.sha256, content_type=e.content_type)
    attachments, names = list(record.attachments), list(record.attachment_names)
    attachments[e.annex], names[e.annex] = file, e.name
    reasons = (*record.reasons, *(remark for remark in e.remarks if remark not in record.reasons))
    after = changed(record, attachments=tuple(attachments), attachment_names=tuple(names), reasons=reasons)
    if missing_annexes(after):
        return after
    return changed(after, reasons=tuple(reason for reason in after.reasons if reason != INCOMPLETE))


def _referred(record: Record, e: Referred) -> Record:
    step = Step(
        number=e.step,
        asked=e.asked,
        to_person=e.to_person,
        to_unit=e.to_unit,
        parent=e.parent,
        cause=e.cause,
        opened_at=e.at,
        opened_by=e.by,
        opened_for=e.on_behalf_of,
        answers=e.answers,
        resumes=e.resumes,
        note=e.note,
        due_at=e.due_at,
        remind_at=e.remind_at,
        awaits=e.awaits,
        stage=e.stage,
    )
    steps = list(record.steps)
    if e.resumes is not None:
        steps[e.resumes - 1] = changed(
            steps[e.resumes - 1], state=DONE, outcome="referred", ended_at=e.at, ended_by=e.by, ended_for=e.on_behalf_of
        )
    elif e.cause == "person" and e.parent is not None and step.custody:
        steps[e.parent - 1] = changed(steps[e.parent - 1], state=REFERRED)
    after = changed(record, steps=(*steps, step), status=_status_with(record, step))
    return after if e.stage is None else with_seat_taken(after, step)


def _status_with(record: Record, step: Step) -> Status:
    if not step.custody:
        return record.status
    if step.awaits is not None:
        return Status.AWAITING_REPLY
    if step.cause == "return":
        return Status.RETURNED
    if record.is_draft:
        return Status.IN_CIRCUIT if step.stage is not None else record.status
    waits_for_the_registry = step.cause == "rule" and step.to_person is None
    return record.status if waits_for_the_registry else Status.IN_ACTION


def _ended(
    record: Record, number: int, event: Event, outcome: str, result: str | None, document: str | None = None
) -> Record:
    steps = list(record.steps)
    ended = changed(
        steps[number - 1],
        state=DONE,
        outcome=outcome,
        result=result,
        ended_at=event.at,
        ended_by=event.by,
        ended_for=event.on_behalf_of,
        document=document,
    )
    steps[number - 1] = ended
    return changed(record, steps=tuple(steps))


def _ends_with_it(step: Step) -> bool:
    """Whether the end of the record is the end of the step: whoever held it holds nothing, whoever watched has seen."""
    return step.custody or step.disposition.until_closed


def _closed(step: Step, event: Closed) -> Step:
    outcome = event.outcome if event.outcome in ("released", "dismissed") else "closed"
    return changed(
        step, state=DONE, outcome=outcome, ended_at=event.at, ended_by=event.by, ended_for=event.on_behalf_of
    )


def _reminded(record: Record, number: int, at: datetime, again_at: datetime | None) -> Record:
    steps = list(record.steps)
    steps[number - 1] = changed(steps[number - 1], remind_at=again_at, reminded_at=at)
    return changed(record, steps=tuple(steps))


def _mailed(record: Record, step: int, person: str, **now: Any) -> Record:
    mailed = (changed(u, **now) if (u.step, u.person) == (step, person) else u for u in record.unreached)
    return changed(record, unreached=tuple(mailed))


def _annotated(record: Record, event: Event, text: str, *, final: bool) -> Record:
    kept = tuple(a for a in record.annotations if a.final or a.by != event.by)
    note = Annotation(
        by=event.by,
        at=event.at,
        text=text,
        final=final,
        capacity=event.capacity,
        on_behalf_of=event.on_behalf_of,
    )
    return changed(record, annotations=(*kept, note))
