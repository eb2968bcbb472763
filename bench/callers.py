"""Who calls the doors in the measures: Teams' channel, Graph, another system. Their keys lie on bench/graph_pages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import letters
from tests.bot import issuer

CLIENT_STATE_KEY = "k" * 43
TENANT_ID, APP_ID, SERVICE_URL = issuer.TENANT_ID, issuer.APP_ID, issuer.SERVICE_URL


def published() -> Mapping[str, Any]:
    """What is to be served besides letters: OpenID metadata and keys, of the channel and of Entra."""
    keys = {"keys": [issuer.Issuer().published("kid-1")]}
    return {
        "/openid": {"issuer": issuer.ISSUER, "jwks_uri": "{origin}/keys"},
        "/keys": keys,
        f"/{TENANT_ID}/discovery/v2.0/keys": keys,
    }


def channel_token(**changed: Any) -> str:
    """The Authorization header of Teams' channel."""
    return f"Bearer {issuer.sign(issuer.claims(**changed))}"


def forged_token() -> str:
    """As `channel_token`, signed by somebody else."""
    return f"Bearer {issuer.sign(name='somebody else')}"


def api_token(origin: str) -> str:
    """The Authorization header of a system that may read all records."""
    entra = {"iss": f"{origin}/{TENANT_ID}/v2.0", "aud": f"api://{APP_ID}", "tid": TENANT_ID, "serviceurl": None}
    who = {"oid": "a-system", "azp": "a-system", "roles": ["Records.Read.All"]}
    return f"Bearer {issuer.sign(issuer.claims(**entra, **who))}"


def press(token: str, verb: str = "approve") -> bytes:
    """Huda presses a button of the card that carries *token*."""
    action = {"type": "Action.Execute", "verb": verb, "data": {"token": token, "verb": verb}}
    return issuer.as_bytes(issuer.activity(value={"action": action, "trigger": "manual"}, replyToId="card-1"))


def settings(origin: str, folder: Path, database_url: str) -> dict[str, str]:
    """The environment of a product whose Entra and Bot Framework are the pages at *origin*."""
    unit = {"id": "registry", "ar": "السجل العام", "en": "General Registry", "code": "س.ع", "department": "السجل العام"}
    entity = {"id": "ministry", "ar": "وزارة", "en": "Ministry", "domains": ["ministry.example"]}
    return {
        "AZURE_TENANT_ID": TENANT_ID,
        "AZURE_CLIENT_ID": APP_ID,
        "AZURE_CLIENT_SECRET": "a-secret-that-nobody-asks-for",
        "REGISTRY_MAILBOXES": letters.MAILBOX,
        "GRAPH_CLIENT_STATE": CLIENT_STATE_KEY,
        "PUBLIC_URL": "https://tarasul.ministry.example",
        "ORGANISATION": json.dumps({"entity": entity, "units": [unit | {"registry_for": [letters.MAILBOX]}]}),
        "DATABASE_URL": database_url,
        "ARCHIVE_URL": f"file://{folder}/archive",
        "AUTHORITY_URL": origin,
        "GRAPH_BASE_URL": f"{origin}/v1.0",
        "BOT_OPENID_METADATA_URL": f"{origin}/openid",
        "LOG_LEVEL": "ERROR",
    }
