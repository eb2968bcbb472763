################################################################
# From the number to the file: what is sealed, when, and for how long it is kept
################################################################
#
# Rule 1: order is kept: signed, numbered, sealed. What has no number is no letter yet; what was voided is none now.
# Rule 2: a record has one issued file. A PDF made twice is two files; the first that is noted is the letter.
# Rule 3: everything that we issue is sealed, whether its words were written in Word or in the chat.

import hashlib
import re
from datetime import datetime

from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.office import SYSTEM
from registry.record import Record
from registry.sealed_commands import NoteSealed
from registry.sealed_effects import SealLetter
from registry.sealed_events import Sealed
from registry.vocabulary import Status

# How long a kind is kept, where the ministry's schedule says nothing else: a text key `retention.…`.
_RETENTION = {"decision": "permanent", "circular": "until_superseded"}
_PROOF = 32  # hex digits: 128 bits
_TOKEN = re.compile(r"[0-9A-Za-z-]{1,64}-[0-9a-f]{32}")


def decide_sealed(ask: NoteSealed, record: Record, now: datetime) -> Decision:
    """Note the issued file, unless there is one."""
    if record.sealed is not None or record.status == Status.VOIDED:
        return Nothing()
    if record.is_draft or not record.rules.issued:
        return Refused("seal.not_issued", {"reference": record.reference})
    sealed = Sealed(
        at=now,
        by=SYSTEM,
        sha256=ask.sha256,
        size_bytes=ask.size_bytes,
        frozen=ask.frozen,
        level=ask.level,
        certificate=ask.certificate,
        stamped_at=ask.stamped_at,
        manifest=ask.manifest,
    )
    return Accepted((sealed,))


def seals_due(before: Record | None, after: Record) -> tuple[SealLetter, ...]:
    """Return what must be sealed, now that the record has changed: what has its number since."""
    numbered = before is not None and before.is_draft and not after.is_draft
    return (SealLetter(record_id=after.record_id),) if numbered and after.rules.issued else ()


def waits_for_seal(record: Record) -> bool:
    """Whether the issued file is still to be made."""
    return record.rules.issued and not record.is_draft and record.sealed is None and record.status != Status.VOIDED


def retention_of(kind: str) -> str:
    """Return how long what is issued of *kind* is kept."""
    return _RETENTION.get(kind, "ordinary")


def token_of(record: Record, frozen: str) -> str:
    """Return what the QR code of the letter says: the record, and a proof that whoever made it had its words.

    The record's id, a dash, 32 hex digits of a SHA-256 over id, number and the hash of the words. There is no key in it
    that could be lost or changed while the paper lasts; who has not seen the letter cannot make one.
    """
    told = f"tarasul-letter\n{record.record_id}\n{record.reference}\n{frozen}"
    return f"{record.record_id}-{hashlib.sha256(told.encode()).hexdigest()[:_PROOF]}"


def record_of_token(token: str) -> str:
    """Return the id of the record that *token* is about; empty for what is no token."""
    name, _, proof = token.rpartition("-")
    return name if len(proof) == _PROOF and _TOKEN.fullmatch(token) else ""
