"""What the API shows of the issued file of a record: whoever may open the record, or holds the letter in their hand."""

from typing import Any

from registry.record import Record
from registry.sealing import token_of
from texts import LANGUAGES, say

PDF_TYPE = "application/pdf"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
JSON_TYPE = "application/json"
# Of what the lines name as `sha256`.
TYPES = {
    "Sealed": PDF_TYPE,
    "PreviewMade": PDF_TYPE,
    "Frozen": DOCX_TYPE,
    "DraftPlaced": DOCX_TYPE,
    "DraftChanged": DOCX_TYPE,
}
BESIDE = {"frozen": DOCX_TYPE, "manifest": JSON_TYPE}  # what they name beside it: made of these words, kept for so long


def sealed_view(record: Record) -> dict[str, Any] | None:
    """The issued file of *record*; None where there is none."""
    sealed = record.sealed
    if sealed is None:
        return None
    return {
        "sha256": sealed.sha256,
        "size_bytes": sealed.size_bytes,
        "frozen": sealed.frozen,
        "level": sealed.level,
        "level_said": _said(f"card.sealed.{sealed.level}"),
        "certificate": sealed.certificate,
        "stamped_at": sealed.stamped_at.isoformat() if sealed.stamped_at is not None else None,
        "sealed_at": sealed.at.isoformat(),
        "manifest": sealed.manifest,
        "verify": token_of(record, sealed.frozen),
    }


def _said(key: str) -> dict[str, str]:
    return {lang: say(lang, key) for lang in LANGUAGES}
