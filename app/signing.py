"""Under what a day's statement is signed: Ed25519, whose public half lets anybody check and nobody sign."""

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.statement import Sign


def signer(secret: str) -> "Sign":
    """Return what signs under *secret*, the setting STATEMENT_KEY: the key's seed is its SHA-256."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from service.statement import Signature

    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(text: bytes) -> Signature:
        return Signature("Ed25519", base64.b64encode(public).decode(), base64.b64encode(key.sign(text)).decode())

    return sign
