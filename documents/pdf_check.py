################################################################
# Whether a sealed PDF is what was sealed, and nothing else
################################################################
#
# Rule 1: valid means that every byte of the file was signed, but for the signature's own place, which holds the
#         signature and zeros. Nothing stands before the file or after it, and no revision follows.
# Rule 2: valid means also that what was signed shows one thing only: no layers, scripts, forms or remarks on the page.
# Rule 3: the bytes are judged before any library reads them; a library that is more tolerant cannot make them valid.
# Rule 4: who signed is compared with who is expected; a good signature of a stranger is not valid here. What its
#         certificate and its time are worth: pdf_trust.py.

import asyncio
import hashlib
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from documents.pdf_trust import NO_STAMP, NOTHING, STAMP_UNKNOWN, Trust, may_stamp, wrong_with_certificate
from service.unsafe import ENCRYPTED, SCRIPT, remarks_of

log = logging.getLogger("tarasul.documents")

VALID = "pdf.valid"
_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
_END = re.compile(rb"%%EOF(?:\r\n|\r|\n)?\Z")
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_HARMLESS = frozenset({"/Link"})  # annotations that put nothing over the page
_MOST_OBJECTS = 200_000
_LEVELS = 4  # of the envelope: a library may read past a length that is wrong
_SHA256 = bytes.fromhex("300d06096086480165030402010500")  # AlgorithmIdentifier, DER


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a file is worth. `reason` is a text key `pdf.…`; VALID where nothing is wrong.

    `unknown` are text keys as well: what could not be found out, and must be said beside any good word.
    """

    reason: str
    certificate: str | None = None  # SHA-256 of whoever signed, where that could be read
    signer: str = ""
    stamped_at: datetime | None = None  # by a time-stamp authority that is trusted
    unknown: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return self.reason == VALID


def check(pdf: bytes, *, certificate: str, trust: Trust = NOTHING, now: datetime | None = None) -> Verdict:
    """Judge *pdf*: sealed whole by the certificate whose SHA-256 is *certificate*. It blocks: call it in a thread.

    Args:
        trust: Which time-stamp authorities are trusted, and which certificates were revoked.
        now: As of when; by default this instant.
    """
    assert not _in_a_loop(), "the library runs a loop of its own"
    if (wrong := _bytes_wrong(pdf)) is not None:
        return Verdict(reason=wrong)
    try:
        return _judged(pdf, certificate, trust, now or datetime.now(UTC))
    except Exception:  # what a library chokes on was not made by us
        log.info("a PDF could not be judged", exc_info=True)
        return Verdict(reason="pdf.no_pdf")


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _bytes_wrong(pdf: bytes) -> str | None:
    """What is wrong with the bytes as they lie, whatever they mean."""
    if not pdf.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "pdf.around" if b"%PDF-" in pdf[:4096] else "pdf.no_pdf"
    ranges = _RANGE.findall(pdf)
    if not ranges:
        return "pdf.not_whole" if b"/ByteRange" in pdf else "pdf.not_signed"
    if len(ranges) > 1 or pdf.count(b"ByteRange") > 1:
        return "pdf.several"
    start, gap, after, rest = map(int, ranges[0])
    if start != 0 or not 0 < gap < after or after + rest != len(pdf):
        return "pdf.not_whole"
    place = pdf[gap:after]
    if not (place.startswith(b"<") and place.endswith(b">") and _HEX.fullmatch(place[1:-1]) and len(place) % 2 == 0):
        return "pdf.not_whole"
    if not _END.search(pdf):
        return "pdf.around"
    der = bytes.fromhex(place[1:-1].decode())
    head, length = _measured(der)
    if der[:1] != b"\x30" or length == 0 or any(der[length:]) or not _is_filled(der[:length], head, _LEVELS):
        return "pdf.forged"
    return None


def _measured(der: bytes) -> tuple[int, int]:
    """How many bytes the head of the first value in *der* has, and how many all of it; zeros where none is there."""
    if len(der) < 2 or der[0] == 0:
        return 0, 0
    if der[1] < 0x80:
        head, inside = 2, der[1]
    else:
        head = 2 + (der[1] & 0x7F)
        inside = int.from_bytes(der[2:head])
    good = (der[1] < 0x80 or 2 < head <= 6) and head + inside <= len(der)
    return (head, head + inside) if good else (0, 0)


def _is_filled(der: bytes, head: int, levels: int) -> bool:
    """Whether the values within a value fill it to its last byte, some levels down."""
    inside = der[head:]
    while inside:
        inner, length = _measured(inside)
        if length == 0 or (levels > 1 and inside[0] & 0x20 and not _is_filled(inside[:length], inner, levels - 1)):
            return False
        inside = inside[length:]
    return True


def _judged(pdf: bytes, certificate: str, trust: Trust, now: datetime) -> Verdict:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    if {ENCRYPTED, SCRIPT} & set(remarks_of(pdf)):
        return Verdict(reason="pdf.active")
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        return Verdict(reason="pdf.several" if signatures else "pdf.not_signed")
    found = signatures[0]
    own = found.signer_cert
    signed_by = hashlib.sha256(own.dump()).hexdigest()
    told = {"certificate": signed_by, "signer": own.subject.human_friendly}
    found.compute_integrity_info()
    whole = found.coverage == SignatureCoverageLevel.ENTIRE_FILE
    if not whole or found.signed_revision != reader.xrefs.total_revisions - 1 or reader.xrefs.hybrid_xrefs_present:
        return Verdict(reason="pdf.not_whole", **told)
    status = validate_pdf_signature(
        found,
        ValidationContext(trust_roots=[own], allow_fetching=False),
        ts_validation_context=_stamp_context(found, trust),
        skip_diff=True,
    )
    if not status.intact:
        return Verdict(reason="pdf.changed", **told)
    if not status.valid or not _is_plain(found):
        return Verdict(reason="pdf.forged", **told)
    if signed_by != certificate:
        return Verdict(reason="pdf.stranger", **told)
    if found.docmdp_level != MDPPerm.NO_CHANGES:
        return Verdict(reason="pdf.open", **told)
    if _is_active(reader, found):
        return Verdict(reason="pdf.active", **told)
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.intact and stamp.valid):
        return Verdict(reason="pdf.forged", **told)
    others = [one.dump() for one in found.other_embedded_certs]
    stamped_at = stamp.timestamp if stamp is not None and _is_trusted(stamp, trust, others) else None
    wrong, unknown = wrong_with_certificate(own.dump(), others, trust, stamped_at, now)
    if wrong is not None:
        return Verdict(reason=wrong, stamped_at=stamped_at, **told)
    if stamped_at is None:
        unknown = (NO_STAMP if stamp is None else STAMP_UNKNOWN, *unknown)
    return Verdict(reason=VALID, stamped_at=stamped_at, unknown=unknown, **told)


def _stamp_context(signature: Any, trust: Trust) -> Any:
    """By what its time stamp is judged: the authorities that are trusted, as of the instant that the stamp tells."""
    from asn1crypto import x509
    from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
    from pyhanko_certvalidator import ValidationContext

    stamp = next(iter(extract_tst_data_iter(signature.signer_info, signed=False)), None)
    moment = stamp["encap_content_info"]["content"].parsed["gen_time"].native if stamp is not None else None
    roots = [x509.Certificate.load(der) for der in trust.authorities]
    return ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False)


def _is_trusted(stamp: Any, trust: Trust, others: list[bytes]) -> bool:
    return bool(stamp.trusted) and may_stamp(stamp.signing_cert.dump(), others, trust, stamp.timestamp)


def _is_plain(signature: Any) -> bool:
    """Whether the parts of the signature's envelope that nothing signs say what they must: CAdES with SHA-256."""
    envelope, signer = signature.signed_data, signature.signer_info
    digests = [one.dump() for one in (*envelope["digest_algorithms"], signer["digest_algorithm"])]
    inner = envelope["encap_content_info"].native
    versions = envelope["version"].native, signer["version"].native
    return digests == [_SHA256] * 2 and inner == {"content_type": "data", "content": None} and versions == ("v1", "v1")


def _is_active(reader: Any, signature: Any) -> bool:
    """Whether anything in the file runs, hides or lies over the page."""
    root = reader.root
    if any(name in root for name in ("/AA", "/OCProperties", "/Collection", "/NeedsRendering")):
        return True
    if hasattr(_in(root, "/OpenAction", []), "keys"):  # an action; a list is the page that is shown first
        return True
    form, names = _in(root, "/AcroForm", {}), _in(root, "/Names", {})
    if "/XFA" in form or len(_in(form, "/Fields", [])) != 1 or {"/JavaScript", "/EmbeddedFiles"} & set(names):
        return True
    for page in _pages(root["/Pages"]):
        notes = _each(_in(page, "/Annots", []))
        if "/AA" in page or not all(_in(n, "/Subtype", "") in _HARMLESS or _is_its_place(n, signature) for n in notes):
            return True
    return False


def _is_its_place(note: Any, signature: Any) -> bool:
    """Whether it is the signature's own field, which shows nothing."""
    is_field = _in(note, "/FT", "") == "/Sig" and _in(note, "/T", "") == signature.field_name
    return is_field and not any(float(side) for side in _each(_in(note, "/Rect", [1])))


def _pages(node: Any) -> Iterator[Any]:
    """The pages of a document, bounded: a tree that bites its tail ends here."""
    waiting, seen = [node], 0
    while waiting:
        seen += 1
        if seen > _MOST_OBJECTS:
            raise ValueError("more pages than a letter has")
        current = waiting.pop()
        if "/Kids" in current:
            waiting.extend(_each(current["/Kids"]))
        else:
            yield current


def _in(values: Any, name: str, default: Any) -> Any:
    """What *name* refers to: the library follows references where it is asked by index."""
    return values[name] if name in values else default  # noqa: SIM401 (`get` does not follow)


def _each(values: Any) -> list[Any]:
    return [values[place] for place in range(len(values))]
