################################################################
# The entity's seal in a PDF: PAdES, under a certificate of our own
################################################################
#
# Rule 1: the seal certifies (DocMDP 1): nothing may be added to the file afterwards, not even a remark.
# Rule 2: it covers the whole file in one revision, and is invisible: what is to be read stands on the page already.
# Rule 3: what was sealed is checked as a stranger would (documents/pdf_check.py) before anybody gets it.
# Rule 4: with a time-stamp authority it is B-T, without one B-B. An authority that is down is waited for; a stamp of
#         one that is not trusted is no trusted time, and where some are trusted nothing is sealed with it.

import base64
import binascii
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from documents.pdf_check import VALID, Verdict, check
from documents.pdf_trust import NOTHING, STAMP_UNKNOWN, Trust
from registry.errors import Misconfigured, Unavailable
from registry.sealed_letter import APPROVAL, PROTECTED
from service.letter_ports import Unreadable
from service.sealing_ports import SignedPdf

_STAMP_WITHIN_S = 10
_RESERVED_BYTES = 49_152  # of the file, two for each byte of signature, chain and time stamp
_OF_THE_CERTIFICATE = {
    "pdf.revoked": "the entity's certificate was revoked",
    "pdf.expired": "the entity's certificate was not valid at the time of the stamp",
}


class Unsealed:
    """A `Signer` for a ministry without a certificate: the file stays as it is, and is called what it is."""

    async def level(self) -> str:
        return APPROVAL

    async def sign(self, pdf: bytes, *, reason: str, name: str, field: str) -> SignedPdf:
        return SignedPdf(body=pdf, level=APPROVAL)


@dataclass(frozen=True, slots=True)
class Seal:
    """A key with its certificate and chain, as pyhanko wants them."""

    signer: Any
    fingerprint: str  # SHA-256 of the certificate
    subject: str
    from_: datetime
    until: datetime


def read_seal(secret: bytes) -> Seal:
    """Read a key and its certificate: PEM, or a PFX without a password, in base64 as Key Vault keeps it, or as it is.

    Raises:
        Misconfigured: It is neither, or has no key.
    """
    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
        pkcs12,
    )
    from cryptography.x509 import load_pem_x509_certificates
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    try:
        if b"-----BEGIN" in secret:
            key: Any = load_pem_private_key(secret, None)
            own, *chain = load_pem_x509_certificates(secret)
        else:
            raw = secret if secret.startswith(b"\x30") else base64.b64decode(secret, validate=True)
            key, own, chain = pkcs12.load_key_and_certificates(raw, None)  # type: ignore[assignment]
        if key is None or own is None:
            raise Misconfigured("the seal's secret has no key with a certificate")
        plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    except (ValueError, TypeError, binascii.Error) as why:
        raise Misconfigured(f"the seal's secret cannot be read: {type(why).__name__}") from why
    if key.public_key() != own.public_key():
        raise Misconfigured("the seal's key is not that of its certificate")
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    ders = [certificate.public_bytes(Encoding.DER) for certificate in (own, *chain)]
    store.register_multiple([x509.Certificate.load(der) for der in ders[1:]])
    signer = SimpleSigner(x509.Certificate.load(ders[0]), keys.PrivateKeyInfo.load(plain), store)
    return Seal(
        signer,
        hashlib.sha256(ders[0]).hexdigest(),
        own.subject.rfc4514_string(),
        own.not_valid_before_utc,
        own.not_valid_after_utc,
    )


class EntitySeal:
    """A `Signer` with the entity's own certificate.

    Args:
        load: Reads the secret; it may block. Read anew when the certificate has expired: a rotation is followed.
        timestamp_url: Of a time-stamp authority (RFC 3161); empty for none.
        trust: Reads what is trusted and what was revoked (documents/pdf_trust.py), at every seal; it may block.
        stamper: Instead of that, in tests.
    """

    def __init__(
        self,
        load: Callable[[], bytes],
        clock: Callable[[], datetime],
        *,
        timestamp_url: str = "",
        trust: Callable[[], Trust] = lambda: NOTHING,
        stamper: Any = None,
    ) -> None:
        self._load, self._clock, self._trust = load, clock, trust
        self._timestamp_url, self._stamper = timestamp_url, stamper
        self._seal: Seal | None = None

    async def level(self) -> str:
        return PROTECTED

    async def sign(self, pdf: bytes, *, reason: str, name: str, field: str) -> SignedPdf:
        import asyncio

        seal = await asyncio.to_thread(self._valid)
        body = await self._signed(seal, pdf, reason, name, field)
        verdict, trust = await asyncio.to_thread(self._judged, body, seal)
        if verdict.reason in _OF_THE_CERTIFICATE:
            raise Misconfigured(_OF_THE_CERTIFICATE[verdict.reason])
        if verdict.reason != VALID:
            raise Unreadable(f"what was sealed is not whole: {verdict.reason}")
        if trust.authorities and STAMP_UNKNOWN in verdict.unknown:
            raise Misconfigured("the time stamp is of an authority that TRUST_DIR does not name")
        return SignedPdf(
            body=body,
            level=PROTECTED,
            certificate=seal.fingerprint,
            signer=seal.subject,
            stamped_at=verdict.stamped_at,
            unknown=verdict.unknown,
        )

    def _judged(self, body: bytes, seal: Seal) -> tuple[Verdict, Trust]:
        trust = self._trust()
        return check(body, certificate=seal.fingerprint, trust=trust, now=self._clock()), trust

    def _valid(self) -> Seal:
        now = self._clock()
        if self._seal is None or self._seal.until <= now:
            self._seal = read_seal(self._load())
        if not self._seal.from_ <= now < self._seal.until:
            until = self._seal.until.astimezone(UTC)
            raise Misconfigured(f"the entity's certificate is not valid now: it ends on {until:%Y-%m-%d}")
        return self._seal

    async def _signed(self, seal: Seal, pdf: bytes, reason: str, name: str, field: str) -> bytes:
        from aiohttp import ClientError
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.pdf_utils.misc import PdfError
        from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
        from pyhanko.sign.general import SigningError
        from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
        from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError

        told = PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            reason=reason,
            name=name,
        )
        stamper = self._stamper
        if stamper is None and self._timestamp_url:
            stamper = HTTPTimeStamper(self._timestamp_url, timeout=_STAMP_WITHIN_S)
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
            made = await PdfSigner(told, seal.signer, timestamper=stamper).async_sign_pdf(
                writer, bytes_reserved=_RESERVED_BYTES if stamper is not None else None
            )
        except (TimestampRequestError, ClientError, TimeoutError, OSError) as why:
            raise Unavailable(f"the time-stamp authority: {type(why).__name__}") from why
        except (PdfError, SigningError) as why:
            raise Unreadable(f"the PDF cannot be sealed: {why}") from why
        return bytes(made.getvalue())
