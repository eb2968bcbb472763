################################################################
# What a seal's certificate and its time are worth: revoked, expired, stamped by whom
################################################################
#
# Rule 1: nobody is asked: lists of revoked certificates and the time-stamp authorities that are trusted lie in a folder
#         (TRUST_DIR). What could not be found out so is said in as many words, and never taken for good.
# Rule 2: a time counts only where an authority of that folder stamped it; else the moment is now. So a certificate that
#         has ended since is worth something only with such a stamp, and one that was revoked only with one from before.
# Rule 3: a list counts only when whoever issued the certificate signed it, and it speaks of all certificates.

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import Misconfigured

if TYPE_CHECKING:
    from cryptography import x509

NO_STAMP, STAMP_UNKNOWN, REVOCATION_UNKNOWN = "pdf.no_stamp", "pdf.stamp_unknown", "pdf.revocation_unknown"
_PEM = re.compile(rb"-----BEGIN (CERTIFICATE|X509 CRL)-----(.+?)-----END \1-----", re.DOTALL)
_CERTIFICATES, _LISTS = frozenset({".pem", ".crt", ".cer"}), frozenset({".crl"})


@dataclass(frozen=True, slots=True)
class Trust:
    """By what a seal is judged, each in DER."""

    authorities: tuple[bytes, ...] = ()  # certificates of time-stamp authorities, or of who issues theirs
    lists: tuple[bytes, ...] = ()  # of revoked certificates (CRL, RFC 5280)


NOTHING = Trust()


def read_trust(folder: Path) -> Trust:
    """Read a folder: certificates in `.pem`, `.crt` and `.cer`, lists in `.crl`, each in PEM or DER.

    Raises:
        Misconfigured: The folder is not there, or a file in it is neither.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _CERTIFICATES | _LISTS)
        return _read(tuple((path.name, path.suffix.lower() in _LISTS, path.read_bytes()) for path in files))
    except OSError as why:
        raise Misconfigured(f"TRUST_DIR cannot be read: {why}") from why


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[str, bool, bytes], ...]) -> Trust:
    from cryptography import x509

    found: dict[bool, list[bytes]] = {False: [], True: []}
    for name, is_list, body in files:
        try:
            for der in _ders(body):
                _ = x509.load_der_x509_crl(der) if is_list else x509.load_der_x509_certificate(der)
                found[is_list].append(der)
        except (ValueError, binascii.Error) as why:
            raise Misconfigured(
                f"TRUST_DIR: {name} is no {'list' if is_list else 'certificate'} that can be read"
            ) from why
    return Trust(tuple(found[False]), tuple(found[True]))


def _ders(body: bytes) -> list[bytes]:
    return [base64.b64decode(b"".join(m[2].split()), validate=True) for m in _PEM.finditer(body)] or [body]


def wrong_with_certificate(
    own: bytes, others: Iterable[bytes], trust: Trust, stamped_at: datetime | None, now: datetime
) -> tuple[str | None, tuple[str, ...]]:
    """Return why the certificate *own* (DER) is worth nothing for what it signed, else None; and what is not known.

    Args:
        others: The certificates that lie beside it, DER: who issued it may be among them. None of them is believed.
        stamped_at: A time that is trusted; without one it is judged as of *now*.
    """
    from cryptography import x509

    certificate, moment = x509.load_der_x509_certificate(own), stamped_at or now
    if not _is_in_its_time(certificate, moment):
        return "pdf.expired", ()
    known = False
    for listed in _lists_for(certificate, others, trust):
        entry = listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and _since(entry) <= moment:
            return "pdf.revoked", ()
        known |= listed.last_update_utc <= now < (listed.next_update_utc or listed.last_update_utc)
    return None, () if known else (REVOCATION_UNKNOWN,)


def may_stamp(own: bytes, others: Iterable[bytes], trust: Trust, moment: datetime) -> bool:
    """Whether an authority's *own* certificate was in its time and stands in no list: a lost key stamps any time."""
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(own)
    lists = _lists_for(certificate, (*others, *trust.authorities), trust)
    serial = certificate.serial_number
    return _is_in_its_time(certificate, moment) and not any(
        one.get_revoked_certificate_by_serial_number(serial) is not None for one in lists
    )


def _is_in_its_time(certificate: "x509.Certificate", moment: datetime) -> bool:
    return certificate.not_valid_before_utc <= moment < certificate.not_valid_after_utc


def _lists_for(
    certificate: "x509.Certificate", others: Iterable[bytes], trust: Trust
) -> "list[x509.CertificateRevocationList]":
    """The lists that can speak of *certificate*."""
    from cryptography import x509

    around = [certificate, *map(x509.load_der_x509_certificate, others)]
    issuers = [one for one in around if _issued(one, certificate)]
    return [one for one in map(x509.load_der_x509_crl, trust.lists) if any(_is_of(one, by) for by in issuers)]


def _issued(issuer: "x509.Certificate", certificate: "x509.Certificate") -> bool:
    """Whether *issuer*'s key signed *certificate*: then it is who it says, wherever it was found."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # another name, another key, an algorithm that nobody knows: not this one
        return False
    return True


def _is_of(listed: "x509.CertificateRevocationList", issuer: "x509.Certificate") -> bool:
    """Whether *issuer* made the list, for all that it issued: no delta, no part of the whole, nobody else's."""
    if listed.issuer != issuer.subject or any(one.critical for one in listed.extensions):
        return False
    try:
        return listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except Exception:
        return False


def _since(entry: "x509.RevokedCertificate") -> datetime:
    """From when on it is worth nothing: the date of the entry, or the earlier one that it names."""
    from cryptography import x509

    try:
        invalid = entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    except x509.ExtensionNotFound:
        return entry.revocation_date_utc
    return min(invalid, entry.revocation_date_utc)
