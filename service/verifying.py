################################################################
# Whether a letter in somebody's hand is ours: answered to anybody who has it
################################################################
#
# Rule 1: whoever asks has the letter: its QR code, which proves that, or the hash of its file. Nothing can be listed.
# Rule 2: told is what stands on the letter: its number, its dates, its file's hash; and what became of it since.
#         Neither subject nor people nor words are told, whatever its secrecy.
# Rule 3: what is not known is not ours, whether or not there is such a record: both answers are the same.

import hmac
import re
from dataclasses import dataclass
from typing import Any

from registry.office import Office
from registry.record import Record
from registry.sealed_letter import PROTECTED, SealedLetter
from registry.sealing import record_of_token, token_of
from registry.vocabulary import Status
from service.ports import Store, Transaction
from service.sealing import sealed_key
from texts import LANGUAGES, both_dates, say

SEALED, AMENDED, CANCELLED, VOIDED = "sealed", "amended", "cancelled", "voided"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verifying:
    """Answers for letters."""

    store: Store

    def look(self, asked: str) -> dict[str, Any] | None:
        """What is told of the letter whose token or SHA-256 is *asked*; None where it is none of ours.

        Raises:
            Unavailable: The database is.
        """
        found, office = self.store.read(lambda tx: (_found(tx, asked.lower()), tx.office()))
        return _told(found, office) if found is not None else None


def _found(tx: Transaction, asked: str) -> Record | None:
    if _HASH.fullmatch(asked):
        record_id = tx.taken_for(sealed_key(asked))
        stored = tx.record(record_id) if record_id is not None else None
        same = stored is not None and stored.record.sealed is not None and stored.record.sealed.sha256 == asked
        return stored.record if stored is not None and same else None
    record_id = record_of_token(asked)
    stored = tx.record(record_id) if record_id else None
    if stored is None or stored.record.sealed is None:
        return None
    own = token_of(stored.record, stored.record.sealed.frozen)
    return stored.record if hmac.compare_digest(own.lower(), asked) else None


def _state(record: Record) -> str:
    """What became of a letter, by its own record and by those that say so of it."""
    said = {link.how for link in record.links}
    if record.status == Status.VOIDED:
        return VOIDED
    return CANCELLED if "cancelled_by" in said else AMENDED if "amended_by" in said else SEALED


def _told(record: Record, office: Office) -> dict[str, Any]:
    assert record.sealed is not None, "what is found is sealed"
    state = _state(record)
    return {
        "ours": True,
        "state": state,
        "state_said": {lang: say(lang, f"ours.{state}") for lang in LANGUAGES},
        "entity": {lang: office.names.get(lang, "") for lang in LANGUAGES},
        "reference": record.reference,
        "kind": record.kind,
        "kind_said": {lang: say(lang, f"kind.{record.kind}") for lang in LANGUAGES},
        "issued_at": record.registered_at.isoformat(),
        "issued_said": {lang: both_dates(record.registered_at, office.zone, lang) for lang in LANGUAGES},
        "sha256": record.sealed.sha256,
        "size_bytes": record.sealed.size_bytes,
        "level": record.sealed.level,
        "level_said": {lang: say(lang, f"ours.level.{record.sealed.level}") for lang in LANGUAGES},
        "certificate": record.sealed.certificate,
        "limits_said": _limits(record.sealed),
    }


def _limits(sealed: SealedLetter) -> dict[str, str] | None:
    """What the answer does not say of the seal: a certificate is worth what its issuer says today."""
    if sealed.level != PROTECTED:
        return None
    key = "ours.limits.stamped" if sealed.stamped_at is not None else "ours.limits.unstamped"
    return {lang: say(lang, key) for lang in LANGUAGES}
