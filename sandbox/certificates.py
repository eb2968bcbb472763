################################################################
# The sandbox's own certificate authority
################################################################
#
# Rule 1: Microsoft's token and vault clients refuse http, so the tenant also speaks https; nothing is switched off in
#         the product, it is only told whom to trust, by the variables that those clients read.
# Rule 2: made at the first start, in the state folder, for this machine's loopback names alone; the authority's key is
#         never written down.

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import trustme
from cryptography import x509

NAMES = ("localhost", "127.0.0.1", "::1")
LIFETIME = timedelta(days=90)
RENEWED_BEFORE_END = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: `server` is key and certificates for NAMES, `bundle` what the machine trusts and our authority."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def server(self) -> Path:
        return self.folder / "server.pem"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.pem"

    def trust(self) -> dict[str, str]:
        """The variables that make a process trust the sandbox; they count when it starts."""
        return {"SSL_CERT_FILE": str(self.bundle), "REQUESTS_CA_BUNDLE": str(self.bundle)}


def lay_out(folder: Path, env: Mapping[str, str] = os.environ) -> Certificates:
    """Return the certificates in *folder*, making them unless they are good for another week."""
    made = Certificates(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not _good(made):
        authority = trustme.CA(organization_name="Tarasul sandbox")
        leaf = authority.issue_cert(*NAMES, not_after=datetime.now(UTC) + LIFETIME)
        _write_secret(made.server, leaf.private_key_and_cert_chain_pem.bytes())
        made.ca.write_bytes(authority.cert_pem.bytes())
    made.bundle.write_bytes(_trusted_here(made, env) + b"\n" + made.ca.read_bytes())
    return made


def _good(made: Certificates) -> bool:
    if not (made.ca.exists() and made.server.exists()):
        return False
    leaf = x509.load_pem_x509_certificates(made.server.read_bytes())[0]
    return datetime.now(UTC) + RENEWED_BEFORE_END <= leaf.not_valid_after_utc


def _trusted_here(made: Certificates, env: Mapping[str, str]) -> bytes:
    """What this machine trusts already: as its variables say, else as OpenSSL was built, else Mozilla's list."""
    named = [env.get("SSL_CERT_FILE"), env.get("REQUESTS_CA_BUNDLE"), ssl.get_default_verify_paths().cafile]
    files = [Path(name) for name in named if name and Path(name).resolve() != made.bundle.resolve()]
    return next((file for file in files if file.is_file()), Path(certifi.where())).read_bytes()


def _write_secret(file: Path, body: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(body)
