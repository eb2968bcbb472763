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


def is_signed(text: bytes, public_key: str, signature: bytes) -> bool:
    """Whether *text* was signed under *public_key*, DER in base64, as `signer` signs."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(public_key))
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, text)
    except (ValueError, InvalidSignature):
        return False
    return True
