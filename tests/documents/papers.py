"""What the tests of documents sign and judge: small PDFs without a converter, and certificates made for the day."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime(2026, 11, 21, 9, tzinfo=UTC)


def plain_pdf(words: str = "Dear all", *, extra: str = "", catalog: str = "", page: str = "") -> bytes:
    """A page with *words*: an own trailer, a table of places, nothing packed. *extra*: more objects, from number 6."""
    text = f"BT /F1 24 Tf 72 700 Td ({words}) Tj ET"
    objects = [
        f"1 0 obj\n<< /Type /Catalog /Pages 2 0 R {catalog} >>\nendobj\n",
        "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n",
        "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        f"/Resources << /Font << /F1 5 0 R >> >> {page} >>\nendobj\n",
        f"4 0 obj\n<< /Length {len(text)} >>\nstream\n{text}\nendstream\nendobj\n",
        "5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n",
        *([extra] if extra else []),
    ]
    body, places = "%PDF-1.7\n", []
    for one in objects:
        places.append(len(body))
        body += one
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    body += f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    body += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{body.rindex('xref')}\n%%EOF\n"
    return body.encode("latin-1")


AUTHORITY = 9  # of time stamps: the library's own stamps with RSA alone

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def key(number: int = 0) -> Key:
    return _key(number)


@cache
def _key(number: int) -> Key:
    if number == AUTHORITY:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    name: str = "Ministry of Public Works",
    number: int = 0,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    stamps: bool = False,
    by: tuple[x509.Certificate, int] | None = None,
    issues: bool = False,
) -> x509.Certificate:
    """A certificate for *key(number)*: of its own making, or *by* an issuer and the number of its key."""
    who = _named(name)
    now = min(datetime.now(UTC), DAY)
    usage = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    ) | dict.fromkeys(("key_cert_sign", "crl_sign"), issues)
    builder = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(by[0].subject if by is not None else who)
        .public_key(key(number).public_key())
        .serial_number(1_000 + number)
        .not_valid_before(since or now - timedelta(days=30))
        .not_valid_after(until or datetime.now(UTC) + timedelta(days=365))
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
    )
    if stamps:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if issues:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key(by[1] if by is not None else number), hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def revocations(
    issuer: x509.Certificate,
    number: int,
    revoked: Mapping[int, datetime],
    *,
    until: datetime | None = None,
    invalid_since: datetime | None = None,
    partial: bool = False,
) -> bytes:
    """A list of revoked certificates (serial, since when) in DER, signed with *key(number)*."""
    end = until or datetime.now(UTC) + timedelta(days=7)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(end - timedelta(days=14))
        .next_update(end)
    )
    for serial, since in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        if invalid_since is not None:
            entry = entry.add_extension(x509.InvalidityDate(invalid_since), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if partial:
        builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
    return builder.sign(key(number), hashes.SHA256()).public_bytes(Encoding.DER)


def seal(number: int = 0) -> bytes:
    """Key and certificate, as a vault gives them in PEM."""
    return _seal(number)


@cache
def _seal(number: int) -> bytes:
    return pem(number, certificate(number=number))


def pem(number: int, of: x509.Certificate) -> bytes:
    return key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + of.public_bytes(Encoding.PEM)


def fingerprint(secret: bytes) -> str:
    return hashlib.sha256(x509.load_pem_x509_certificates(secret)[0].public_bytes(Encoding.DER)).hexdigest()


def der(of: x509.Certificate) -> bytes:
    return of.public_bytes(Encoding.DER)


@cache
def authority() -> x509.Certificate:
    """The certificate of a time-stamp authority of its own making."""
    return certificate("Time stamps", AUTHORITY, stamps=True)


def stamper(own: x509.Certificate | None = None, at: datetime = DAY) -> Any:
    """A time-stamp authority in this process: *own* is a certificate for the key AUTHORITY."""
    from asn1crypto import keys
    from asn1crypto import x509 as x509_
    from pyhanko.sign.timestamps import DummyTimeStamper

    plain = key(AUTHORITY).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(
        x509_.Certificate.load(der(own or authority())), keys.PrivateKeyInfo.load(plain), fixed_dt=at
    )
