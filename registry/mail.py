"""A mail as the registry sees it: read from its bytes, before anybody judged what it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CUT, CUT_AND_UNREADABLE = "incomplete.cut", "quarantine.cut"  # its end is missing

type Verdict = Literal["pass", "fail", "none"]


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an address as the mail writes them; either may be empty."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name and self.address else self.name or self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One attachment. `inside` is 0 for the letter's own, 1 for one of a mail attached to it, and so on.

    `inline` is what nobody looks for among annexes: a picture that the text shows, a wrapping whose content stands
    beside it. Not `complete`: it could not be read whole, or only its address in the cloud came.
    """

    name: str
    content_type: str
    size_bytes: int
    sha256: str
    inline: bool = False
    inside: int = 0
    complete: bool = True
    remarks: tuple[str, ...] = ()  # what must be known before it is opened, as text keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A text that its mailer spoilt and that was put right: which, as it stood, and how sure it is (high, likely)."""

    name: str
    raw: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the receiving server found out about the sender. Shown as what it is, never as more.

    `arc` is what it made of the seals of those who passed the mail on (RFC 8617); no sender is believed for it.
    """

    spf: Verdict = "none"
    dkim: Verdict = "none"
    dmarc: Verdict = "none"
    arc: Verdict = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a mail system tells of a mail (RFC 3464, RFC 8098).

    `what` is failed, delayed, delivered, relayed, expanded; displayed, deleted, dispatched, processed; or empty where
    nothing of it can be read. `about` are the Message-IDs of that mail, `our_key` is the mark in its returned header.
    """

    what: str = ""
    about: tuple[str, ...] = ()
    our_key: str = ""
    recipients: tuple[str, ...] = ()
    status: str = ""  # RFC 3463: 5.1.1
    said: str = ""  # by the server that refused it


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The words of one letter: those of a mail, or of one that was forwarded in it; with the mails attached to it."""

    sender: Address
    subject: str
    text: str
    sent_at: str = ""  # as printed in the letter; what a forward says need not be a date
    to: str = ""
    attached: tuple["Letter", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail in a registry mailbox.

    `identity` names the letter whatever mailbox or server it passed, and whatever Message-ID those gave it: the SHA-256
    of From, Date, Subject and the decoded parts; of an undated one, its Message-ID as well. `sha256` names the exact
    bytes, which lie in the archive. `unreadable` says what could not be understood, as text keys; such a mail is
    quarantined, never dropped. `remarks` say what must be known of a letter that is registered all the same: sealed,
    incomplete, repaired.
    """

    mailbox: str
    item_id: str
    identity: str
    sha256: str
    size_bytes: int
    received_at: datetime
    message_id: str
    letter: Letter
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    parts: tuple[Part, ...] = ()
    references: tuple[str, ...] = ()
    authentication: Authentication = Authentication()
    our_key: str = ""  # the mark that our own mails carry
    auto_submitted: str = ""  # RFC 3834: no, auto-generated, auto-replied …
    null_sender: bool = False  # its envelope names nobody to answer (RFC 5321): whoever wrote it is no person
    report: Report | None = None  # a bounce or a receipt
    importance: str = "normal"  # low, normal, high
    sensitivity: str = ""  # RFC 2156: personal, private, company-confidential
    remarks: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def sender(self) -> Address:
        return self.letter.sender

    @property
    def cut(self) -> bool:
        return is_cut((*self.remarks, *self.unreadable))


def is_cut(said: Iterable[str]) -> bool:
    """Whether what is said of a mail, or of its record, says that its end is missing."""
    return any(key in (CUT, CUT_AND_UNREADABLE) for key in said)
