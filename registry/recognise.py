################################################################
# What is this mail?
################################################################
#
# Rule 1: every mail gets exactly one verdict; what fits nothing else is a new letter, and what may not be trusted or
#         cannot be read is quarantined. Nothing is dropped.
# Rule 2: a thread is known by Message-IDs, never by a subject. A number of ours that stands in a letter, or a
#         Message-ID that another letter had, makes a link that a clerk sees, and joins nothing.
# Rule 3: what others wrote in a header is a claim; only what our own server found out (dmarc) and the directory count.
# Rule 4: what a machine writes about a mail of ours is noted on its record, and what it writes else is noise. Where two
#         machines seem to answer each other, what comes is kept apart, so that nothing of ours answers it.

import hashlib
from dataclasses import dataclass

from registry.brought import brought
from registry.forwarded import plain_subject
from registry.mail import Mail
from registry.office import Office
from registry.record import Link


@dataclass(frozen=True, slots=True)
class Known:
    """What is already known of a mail's identities, looked up by whoever asks."""

    ours: tuple[str, str] | None = None  # the record whose mail of ours it is, and known by what: message_id, mark
    same_letter: str | None = None  # the record that the same letter made; that of the mail's own register first
    same_reference: str = ""  # its number …
    same_in: str = ""  # … and the unit in whose register it stands; empty where that does not matter
    answered: tuple[str, str] | None = None  # (record, Message-ID): the first of its references that is a record's
    outgoing: Link | None = None  # that record, where it is a letter of ours, and how the mail seems to answer it
    told_of: tuple[str, str] | None = None  # as `answered`, of mails that we sent, and of what a report is about
    links: tuple[Link, ...] = ()  # records whose Message-ID, or whose number, is in it
    in_thread: int = 0  # mails of this sender on the record that it answers, lately
    our_answers: int = 0  # answers of ours to this sender under this subject, lately


@dataclass(frozen=True, slots=True)
class NewLetter:
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    record_id: str
    refer_to: str | None = None  # the unit in whose register it came, if it is to know


@dataclass(frozen=True, slots=True)
class Again:
    """The letter of a record in another register, which enters it as well."""

    link: Link


@dataclass(frozen=True, slots=True)
class ReplyTo:
    record_id: str
    answers: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's word about a mail of ours: `rule` says which, `answers` is that mail's Message-ID."""

    record_id: str
    answers: str
    rule: str


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own mail, come back to us; `known_by` its Message-ID (message_id), or the mark that we put on it (mark)."""

    record_id: str
    known_by: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Not a letter, by the rule named."""

    rule: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """To be kept apart, for these reasons (text keys)."""

    reasons: tuple[str, ...]
    links: tuple[Link, ...] = ()


type Recognised = NewLetter | Copy | Again | ReplyTo | Machine | Ours | Noise | Suspect


def recognise(mail: Mail, known: Known, office: Office) -> Recognised:
    """Return what *mail* is."""
    if known.ours is not None and _from_our_mailbox(mail, office):
        return Ours(*known.ours)
    if known.same_letter is not None:
        return copy_of(mail, known.same_letter, known.same_reference, known.same_in, office)
    if known.told_of is not None and (rule := _machine_rule(mail)):
        flood = known.in_thread >= office.loop_guard.mails
        return Noise("noise.flood") if flood else Machine(*known.told_of, rule)
    if rule := _noise_rule(mail):
        return Noise(rule)
    if reasons := (*mail.unreadable, *_untrusted(mail, office), *_loop(known, office)):
        return Suspect(tuple(dict.fromkeys(reasons)), known.links)
    if known.outgoing is not None and _is_a_letter(mail, office):
        return NewLetter((known.outgoing,))
    if known.answered is not None:
        return ReplyTo(*known.answered)
    if brought(mail, office).several:
        return Suspect(("quarantine.several_letters",), known.links)
    return NewLetter(known.links)


def _is_a_letter(mail: Mail, office: Office) -> bool:
    """Whether what answers a letter of ours is one itself: it comes from outside, or an official passed it on."""
    sender = brought(mail, office).letter.sender.address or mail.sender.address
    return not office.is_inside(sender)


def copy_of(mail: Mail, record_id: str, reference: str, unit_id: str, office: Office) -> Copy | Again:
    """Return what becomes of the letter of a record that stands in the register of *unit_id*, come in once more.

    In another register the rule of that one's unit decides; what may not be trusted is only noted.
    """
    unit = office.registry_unit(mail.mailbox)
    if unit is None or unit_id in ("", unit.unit_id) or mail.unreadable or _untrusted(mail, office):
        return Copy(record_id)
    if unit.copies == "link":
        return Again(Link(record_id=record_id, reference=reference, how="register"))
    return Copy(record_id, refer_to=unit.unit_id if unit.copies == "refer" else None)


def _from_our_mailbox(mail: Mail, office: Office) -> bool:
    return office.registry_unit(mail.sender.address) is not None and mail.authentication.dmarc != "fail"


def _machine_rule(mail: Mail) -> str | None:
    """Which of a machine's words it is; None for a person's."""
    if mail.report is not None:
        return "told.bounce" if mail.report.what == "failed" else "told.receipt"
    return "told.automatic" if mail.auto_submitted not in ("", "no") or mail.null_sender else None


def _noise_rule(mail: Mail) -> str | None:
    """A machine's answer to a mail is noise; a letter that a machine sends of its own accord is a letter."""
    if mail.report is not None:
        return "noise.report"
    if mail.auto_submitted == "auto-replied" or (mail.auto_submitted not in ("", "no") and mail.references):
        return "noise.auto_submitted"
    return None


def _loop(known: Known, office: Office) -> list[str]:
    guard = office.loop_guard
    looped = known.in_thread >= guard.mails or known.our_answers >= guard.answers
    return ["quarantine.loop"] if looped else []


def _untrusted(mail: Mail, office: Office) -> list[str]:
    address = mail.sender.address
    if not address:
        return ["quarantine.no_sender"]
    if not office.is_inside(address):
        return []
    if mail.authentication.dmarc == "fail":
        return ["quarantine.spoofed_insider"]
    person = office.by_address(address)
    return [] if person is not None and person.active else ["quarantine.unknown_insider"]


def traces(mail: Mail) -> tuple[str, str]:
    """Return by what a mail's sender, and the sender with the subject, are counted; hashes, for nobody reads them."""
    sender = mail.sender.address.strip().lower()
    subject = plain_subject(mail.letter.subject).casefold()
    return _trace(sender), _trace(f"{sender}\n{subject}")


def _trace(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:_TRACE]


_TRACE = 24  # hexadecimal characters
