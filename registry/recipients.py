################################################################
# To whom a letter of ours goes outside, and how it stands with each of them
################################################################
#
# Rule 1: a recipient is chosen in the draft, by the code of an entity; name, way and address are fixed when the letter
#         is dispatched, and stand on the sheet from then on, whatever the directory says later.
# Rule 2: what is known of a sending only grows: proof that it arrived stands above word that it did not, and an answer
#         above all. A new attempt begins anew.
# Rule 3: every attempt has a key of its own; what is told of an earlier one changes nothing here.

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from registry.entities import MAIL

if TYPE_CHECKING:
    from registry.office import Office
    from registry.record import Record

CHOSEN, BY_HAND, PENDING, DRAFTED, SENT = "chosen", "by_hand", "pending", "drafted", "sent"
REFUSED, BOUNCED, DELIVERED, READ, ANSWERED = "refused", "bounced", "delivered", "read", "answered"
STATES = (CHOSEN, BY_HAND, PENDING, DRAFTED, SENT, REFUSED, BOUNCED, DELIVERED, READ, ANSWERED)
FAILED = frozenset({REFUSED, BOUNCED})
ON_ITS_WAY = frozenset({PENDING, DRAFTED})
_RANKS = {
    CHOSEN: 0,
    BY_HAND: 1,
    PENDING: 1,
    DRAFTED: 2,
    SENT: 3,
    REFUSED: 4,
    BOUNCED: 4,
    DELIVERED: 5,
    READ: 6,
    ANSWERED: 7,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A recipient as a draft names them: the code of an entity; `copy`: it is no more than a copy for them."""

    entity: str
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A recipient as the letter was dispatched to them. `number` counts from 1."""

    number: int
    entity: str
    ar: str
    en: str
    channel: str  # of entities.CHANNELS: the way it really takes
    address: str  # empty where it is no mail
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A recipient as it stands. `attempt` counts from 1 once it is to be mailed; the ids are those of that attempt."""

    number: int
    entity: str
    copy: bool = False
    ar: str = ""
    en: str = ""
    channel: str = ""
    address: str = ""
    state: str = CHOSEN  # of STATES
    at: datetime | None = None  # since when
    why: str | None = None  # what became of it went wrong: a text key …
    status: str | None = None  # … and the code that their server gave
    attempt: int = 0
    mailbox: str = ""
    item_id: str = ""
    message_id: str = ""
    sent_at: datetime | None = None

    @property
    def rank(self) -> int:
        """How much is known of the sending."""
        return _RANKS[self.state]

    @property
    def mailed(self) -> bool:
        return self.channel == MAIL


def rank_of(state: str) -> int:
    return _RANKS[state]


def key_of(record_id: str, recipient: int, attempt: int) -> str:
    """Under which the mail of an attempt is found, and made once."""
    return f"letter:{record_id}:{recipient}:{attempt}"


def chosen(named: Iterable[Chosen]) -> tuple[Recipient, ...]:
    """Return the recipients of a draft."""
    return tuple(Recipient(number=n, entity=c.entity, copy=c.copy) for n, c in enumerate(named, start=1))


def as_chosen(recipients: Iterable[Recipient]) -> tuple[Chosen, ...]:
    """Return what a draft named."""
    return tuple(Chosen(entity=r.entity, copy=r.copy) for r in recipients)


def recipient_of(record: "Record", number: int) -> Recipient | None:
    return record.recipients[number - 1] if 0 < number <= len(record.recipients) else None


def named_party(record: "Record", office: "Office") -> str:
    """Return to whom it goes outside, in Arabic: in its drafter's words, else the entities' names, but for those
    that have a copy. Empty where it goes to nobody there."""
    known = (office.entities.get(r.entity) for r in record.recipients if not r.copy)
    return record.party or "، ".join(entity.ar for entity in known if entity is not None)


def told_of(record: "Record", message_ids: Iterable[str], our_key: str = "") -> Recipient | None:
    """Return the recipient about whose mail somebody tells, by its Message-ID or by our mark on it."""
    named = {i for i in message_ids if i}
    for recipient in record.recipients:
        by_key = our_key and our_key == key_of(record.record_id, recipient.number, recipient.attempt)
        if by_key or (recipient.message_id and recipient.message_id in named):
            return recipient
    return None


def is_dispatched(record: "Record") -> bool:
    """Whether name, way and address of the recipients are fixed."""
    return any(r.state != CHOSEN for r in record.recipients)


def all_gone(record: "Record") -> bool:
    """Whether it went to everybody by mail, and nobody need see to any of them."""
    return bool(record.recipients) and all(r.rank >= rank_of(SENT) and r.state not in FAILED for r in record.recipients)
