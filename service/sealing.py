################################################################
# From the number to the archive: the issued letter as a file
################################################################
#
# Rule 1: words (frozen, or the record's own in the template) → stamp → PDF → seal → archive → manifest → NoteSealed.
# Rule 2: the archive takes bytes by their hash, so every step can be taken again after a crash. What the record names
#         is the one file whose NoteSealed came first; a PDF of a try that was thought lost is named by nothing.
# Rule 3: what a signature is and is not is said on the paper: a press in Teams approves; a certificate is the entity's.
# Rule 4: the manifest says what the archive must know without us: what lies there, why, for how long, made of what.

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from registry.office import Office
from registry.recipients import named_party
from registry.record import Record
from registry.sealed_commands import NoteSealed
from registry.sealed_letter import PROTECTED
from registry.sealing import retention_of, token_of, waits_for_seal
from registry.sheet import FIRST_PREV_HASH
from service.letter_ports import Converter
from service.ports import Archive, Clock, Store, Transaction
from service.replying import their_letter
from service.sealed_views import DOCX_TYPE, PDF_TYPE
from service.sealing_ports import Paper, SignedPdf, Signer
from texts import say
from texts.dates import gregorian_date, hijri_date
from texts.isolates import bare

_FIELD = "TarasulSeal"


@dataclass(frozen=True, slots=True)
class _Case:
    """A letter that is to be sealed, as one transaction saw it."""

    record: Record
    office: Office
    head: str


class Sealing:
    """Makes the issued file of a record. *public_url*: where its QR code leads."""

    def __init__(
        self,
        store: Store,
        archive: Archive,
        clock: Clock,
        *,
        paper: Paper,
        converter: Converter,
        signer: Signer,
        public_url: str,
    ) -> None:
        self._store, self._archive, self._clock = store, archive, clock
        self._paper, self._converter, self._signer = paper, converter, signer
        self._public_url = public_url.rstrip("/")

    async def seal(self, record_id: str) -> NoteSealed | None:
        """Make the issued file and return what is to be noted of it; None where there is nothing to seal any more.

        Raises:
            Unavailable, Misconfigured, Mistaken: As archive, converter and signer say.
        """
        case = await asyncio.to_thread(self._store.read, lambda tx: _case(tx, record_id))
        if case is None:
            return None
        docx = await self._words(case)
        frozen = await self._archive.put(docx)
        link = f"{self._public_url}/api/v1/verify/{token_of(case.record, frozen)}"
        values = stamp_of(case.record, case.office, frozen, await self._signer.level())
        stamped = await asyncio.to_thread(self._paper.stamped, docx, values, link)
        pages = await self._converter.pdf(stamped, key=f"{record_id}-{_sha256(stamped)[:16]}")
        signed = await self._signer.sign(
            pages,
            reason=bare(say("ar", "seal.reason", reference=case.record.reference)),
            name=case.office.names.get("ar", ""),
            field=_FIELD,
        )
        sha256 = await self._archive.put(signed.body)
        manifest = await self._archive.put(manifest_of(case.record, case.head, frozen, signed, link, self._clock()))
        return NoteSealed(
            record_id=record_id,
            sha256=sha256,
            size_bytes=len(signed.body),
            frozen=frozen,
            level=signed.level,
            certificate=signed.certificate,
            stamped_at=signed.stamped_at,
            manifest=manifest,
        )

    async def _words(self, case: _Case) -> bytes:
        """The Word file that was signed: the frozen one, or the record's words in the template of its kind."""
        document = case.record.document
        if document is not None and document.frozen is not None:
            return await self._archive.get(document.frozen)
        values = words_of_record(case.record, case.office)
        return await asyncio.to_thread(self._paper.written, case.record.kind, values)


def sealed_key(sha256: str) -> str:
    """Under which the record of an issued file is found."""
    return f"sealed:{sha256}"


def words_of_record(record: Record, office: Office) -> dict[str, str]:
    """Return what stands in the template's fields of a record that was written in the chat, but for the stamp."""
    unit = office.unit(record.registry_unit_id)
    names = [_addressee(office, a.unit, a.person) for a in record.addressees]
    name, post = signatory(record, office)
    return {
        "entity": office.names.get("ar", ""),
        "entity_en": office.names.get("en", ""),
        "unit": unit.ar if unit is not None else "",
        "subject": record.subject,
        "body": record.text,
        "party": named_party(record, office),
        "addressee": "، ".join(filter(None, names)) or say("ar", "card.everyone"),
        "their_reference": their_letter(record, office.zone) or "—",
        "confidentiality": ""
        if record.confidentiality == "normal"
        else _said("confidentiality", record.confidentiality),
        "urgency": "" if record.urgency == "normal" else _said("urgency", record.urgency),
        "signatory_name": name,
        "signatory_post": post,
        "signatory_post_from": post or name,
    }


def signatory(record: Record, office: Office) -> tuple[str, str]:
    """Return the name and the post of whoever signed; who signed for another says so: `عن وكيل الوزارة`."""
    seat = next((s for s in reversed(record.steps) if s.outcome == "signed" and s.ended_by == record.signed_by), None)
    person = office.person(record.signed_by)
    name, post = (person.name, person.post) if person is not None else ("", "")
    whom = office.person(seat.ended_for) if seat is not None else None
    return (name, bare(say("ar", "seal.acting", post=whom.post or whom.name))) if whom is not None else (name, post)


def stamp_of(record: Record, office: Office, frozen: str, level: str) -> dict[str, str]:
    """Return what is stamped on the letter: number, both dates, who signed, what its signature is worth."""
    zone: ZoneInfo = office.zone
    seal = "seal.protected" if level == PROTECTED else "seal.approval"
    name, post = signatory(record, office)
    return {
        "reference": bare(record.reference),
        "date_hijri": bare(hijri_date(record.registered_at, zone, "ar")),
        "date_gregorian": bare(gregorian_date(record.registered_at, zone, "ar")),
        "seal": bare(say("ar", seal, entity=office.names.get("ar", ""), frozen=frozen)),
        "signatory_name": name,
        "signatory_post": post,
    }


def manifest_of(record: Record, head: str, frozen: str, signed: SignedPdf, link: str, made_at: datetime) -> bytes:
    """Return what lies in the archive beside the issued file: JSON with sorted names, UTF-8."""
    told: dict[str, Any] = {
        "v": 1,
        "entity_id": record.entity_id,
        "record_id": record.record_id,
        "reference": record.reference,
        "kind": record.kind,
        "issued_at": record.registered_at.isoformat(),
        "made_at": made_at.isoformat(),
        "retention": retention_of(record.kind),
        "document": {"sha256": _sha256(signed.body), "size_bytes": len(signed.body), "content_type": PDF_TYPE},
        "frozen": {"sha256": frozen, "content_type": DOCX_TYPE},
        "annexes": [
            {"sha256": a.sha256, "size_bytes": a.size_bytes, "content_type": a.content_type} for a in record.attachments
        ],
        "head": head,
        "level": signed.level,
        "certificate": signed.certificate,
        "signer": signed.signer,
        "stamped_at": signed.stamped_at.isoformat() if signed.stamped_at is not None else None,
        "unknown": list(signed.unknown),
        "verify": link,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _case(tx: Transaction, record_id: str) -> _Case | None:
    stored = tx.record(record_id)
    if stored is None or not waits_for_seal(stored.record):
        return None
    return _Case(stored.record, tx.office(), stored.head_hash or FIRST_PREV_HASH)


def _addressee(office: Office, unit_id: str, person_id: str | None) -> str:
    person, unit = office.person(person_id), office.unit(unit_id)
    return person.name if person is not None else unit.ar if unit is not None else ""


def _said(prefix: str, code: str) -> str:
    return bare(say("ar", f"{prefix}.{code}"))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
