"""Under what the entity's letters are sealed: a certificate in the vault, or none."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from app.credentials import from_vault
from app.settings import ROOT, Settings

if TYPE_CHECKING:
    from service.sealing_ports import Signer


def entity_seal(settings: Settings, clock: Callable[[], datetime]) -> "Signer":
    """Return what seals: the certificate in the vault that SEAL_CERTIFICATE names; nothing where it names none."""
    from documents.pades import EntitySeal, Unsealed
    from documents.pdf_trust import NOTHING, read_trust

    if not settings.seal_certificate:
        return Unsealed()
    vault_url, _, name = settings.seal_certificate.partition("/secrets/")
    return EntitySeal(
        lambda: from_vault(settings, name, vault_url).encode(),
        clock,
        timestamp_url=settings.timestamp_url,
        trust=lambda: read_trust(ROOT / settings.trust_dir) if settings.trust_dir else NOTHING,
    )
