################################################################
# What is this mail?
################################################################
#
# Rule 1: every mail gets exactly one verdict; what fits nothing else is a new letter, and what may not be trusted or
#         cannot be read is quarantined. Nothing is dropped.
# Rule 2: a thread is known by Message-IDs, never by a subject.
# Rule 3: what others wrote in a header is a claim; only what our own server found out (dmarc) and the directory count.

from dataclasses import dataclass

from registry.brought import brought
from registry.mail import Mail
from registry.office import Office


@dataclass(frozen=True, slots=True)
class Known:
    """What is already known of a mail's identities, looked up by whoever asks."""

    ours: bool = False  # its Message-ID is that of a mail that we sent
    same_letter: str | None = None  # the record that the same letter made
    answered: tuple[str, str] | None = None  # (record, Message-ID): the first of its references that is a record's


@dataclass(frozen=True, slots=True)
class NewLetter:
    pass


@dataclass(frozen=True, slots=True)
class Copy:
    record_id: str


@dataclass(frozen=True, slots=True)
class ReplyTo:
    record_id: str
    answers: str


@dataclass(frozen=True, slots=True)
class Ours:
    """Our own mail, come back to us."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Not a letter, by the rule named."""

    rule: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """To be kept apart, for these reasons (text keys)."""

    reasons: tuple[str, ...]


type Recognised = NewLetter | Copy | ReplyTo | Ours | Noise | Suspect


def recognise(mail: Mail, known: Known, office: Office) -> Recognised:
    """Return what *mail* is."""
    if known.ours and _from_our_mailbox(mail, office):
        return Ours()
    if known.same_letter is not None:
        return Copy(known.same_letter)
    if rule := _noise_rule(mail):
        return Noise(rule)
    if reasons := (*mail.unreadable, *_untrusted(mail, office)):
        return Suspect(tuple(dict.fromkeys(reasons)))
    if known.answered is not None:
        return ReplyTo(*known.answered)
    if brought(mail, office).several:
        return Suspect(("quarantine.several_letters",))
    return NewLetter()


def _from_our_mailbox(mail: Mail, office: Office) -> bool:
    return office.registry_unit(mail.sender.address) is not None and mail.authentication.dmarc != "fail"


def _noise_rule(mail: Mail) -> str | None:
    """A machine's answer to a mail is noise; a letter that a machine sends of its own accord is a letter."""
    if mail.report:
        return "noise.report"
    if mail.auto_submitted == "auto-replied" or (mail.auto_submitted not in ("", "no") and mail.references):
        return "noise.auto_submitted"
    return None


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
