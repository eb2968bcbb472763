################################################################
# Annexes that came as a link: fetched, refused, or asked for
################################################################
#
# Rule 1: a letter whose annex is only a link is incomplete until the file is there. The link is tried once by whoever
#         may read it; where it cannot be had, somebody is asked for the file itself: the official who forwarded the
#         letter, else the register, which knows the sender.
# Rule 2: the file takes the link's place, whichever way it comes: out of the cloud, in an answer by mail, or handed in
#         by chat. One of the same name goes to the link of that name, any other to the first that still waits.
# Rule 3: when no link waits any more, nobody is asked any more, and the record says no longer that it is incomplete.

from collections.abc import Iterable, Sequence
from datetime import datetime

from registry.acting import capacity_of
from registry.commands import HandIn, NoteAnnexFetched, NoteAnnexRefused, NoteMail
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.effects import FetchAnnex
from registry.events import AnnexFetched, AnnexRefused, Event, Referred, StepCompleted
from registry.mail import Part
from registry.office import SYSTEM, Office, Person
from registry.record import OPEN, Record, evolve, missing_annexes
from registry.rights import is_asked, is_clerk
from registry.vocabulary import FOR_MISSING_FILE


def fetches_due(record_id: str, missing: Iterable[int]) -> tuple[FetchAnnex, ...]:
    """An effect for each link of a letter that was just registered."""
    return tuple(FetchAnnex(record_id=record_id, annex=place) for place in missing)


def decide_fetched(ask: NoteAnnexFetched, record: Record, office: Office, now: datetime) -> Decision:
    """The file behind a link is in the archive."""
    if ask.annex not in missing_annexes(record):
        return Nothing()
    return _taken(record, [(ask.annex, ask.file)], "link", None, office, now)


def decide_refused(ask: NoteAnnexRefused, record: Record, office: Office, now: datetime) -> Decision:
    """The file cannot be had by its link: somebody is asked for it, once for all of a letter's files."""
    if ask.annex not in missing_annexes(record) or ask.annex in record.refused_annexes:
        return Nothing()
    refused = AnnexRefused(at=now, by=SYSTEM, annex=ask.annex, reason=ask.reason)
    asked = any(step.asked == FOR_MISSING_FILE and step.state == OPEN for step in record.steps)
    return Accepted((refused,) if asked else (refused, _asked_for_the_file(record, office, now)))


def decide_hand_in(ask: HandIn, record: Record, office: Office, now: datetime) -> Decision:
    """Whoever was asked for a file, or keeps the register, hands it in."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if not person.active:
        return Refused("may.inactive")
    if not may_hand_in(person, record):
        return Refused("may.not_yours", {"reference": record.reference})
    known = {a.sha256 for a in record.attachments if a.complete}
    files = [file for file in ask.files if file.sha256 not in known]
    if not files:
        return Nothing()
    if not missing_annexes(record):
        return Refused("annex.none_missing", {"reference": record.reference})
    return _taken(record, _placed(record, files), "chat", person, office, now)


def annexes_of(ask: NoteMail, record: Record, office: Office, now: datetime) -> tuple[Event, ...]:
    """What an answer by mail brings of what the letter lacks: from whoever sent the letter in, and nobody else."""
    awaited = {record.attachment_names[place].casefold() for place in missing_annexes(record)}
    own = [part for part in ask.mail.parts if part.complete and not part.inline and part.inside == 0]
    # A picture that is not called for is a signature's more often than a letter's annex.
    files = [part for part in own if not part.content_type.startswith("image/") or part.name.casefold() in awaited]
    if not files or not awaited or ask.mail.authentication.dmarc == "fail":
        return ()
    person = office.by_address(ask.mail.sender.address)
    theirs = person is not None and person.active and may_hand_in(person, record)
    from_outside = person is None and ask.mail.sender.address.lower() == record.sender.address.lower() != ""
    if not theirs and not from_outside:
        return ()
    taken = _taken(record, _placed(record, files), "mail", None, office, now)
    return taken.events


def may_hand_in(person: Person, record: Record) -> bool:
    """Whether a file that the letter lacks may come from *person*."""
    owes = any(step.asked == FOR_MISSING_FILE and is_asked(person, step) for step in record.steps)
    return owes or person.person_id == record.forwarded_by or is_clerk(person, record.registry_unit_id)


def _placed(record: Record, files: Sequence[Part]) -> list[tuple[int, Part]]:
    """Which file takes which link's place; files beyond the links stay where they came."""
    waiting = {place: record.attachment_names[place].casefold() for place in missing_annexes(record)}
    placed: list[tuple[int, Part]] = []
    for file in sorted(files, key=lambda f: f.name.casefold() not in waiting.values()):
        if not waiting:
            break
        same_name = (place for place, name in waiting.items() if name == file.name.casefold())
        place = next(same_name, next(iter(waiting)))
        del waiting[place]
        placed.append((place, file))
    return placed


def _taken(
    record: Record, placed: list[tuple[int, Part]], way: str, person: Person | None, office: Office, now: datetime
) -> Accepted:
    by = person.person_id if person is not None else SYSTEM
    events: list[Event] = [
        AnnexFetched(
            at=now,
            by=by,
            annex=place,
            name=file.name,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            content_type=file.content_type,
            way=way,
            remarks=file.remarks,
        )
        for place, file in placed
    ]
    after = record
    for event in events:
        after = evolve("", after, event)
    if not missing_annexes(after):
        events += [
            StepCompleted(
                at=now,
                by=by,
                capacity=capacity_of(person, step, office) if person is not None else None,
                step=step.number,
                note=None,
            )
            for step in after.steps
            if step.asked == FOR_MISSING_FILE and step.state == OPEN
        ]
    return Accepted(tuple(events))


def _asked_for_the_file(record: Record, office: Office, now: datetime) -> Referred:
    forwarder = office.person(record.forwarded_by)
    reachable = forwarder is not None and forwarder.active
    return Referred(
        at=now,
        by=SYSTEM,
        step=len(record.steps) + 1,
        asked=FOR_MISSING_FILE,
        to_person=forwarder.person_id if forwarder is not None and reachable else None,
        to_unit=forwarder.unit_id if forwarder is not None and reachable else record.registry_unit_id,
        parent=None,
        cause="rule",
        rule="missing_file",
    )
