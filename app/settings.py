################################################################
# Settings: read once, all gaps named together
################################################################
#
# Rule 1: the environment is read here and nowhere else.
# Rule 2: what is missing or contradicts itself is said in one error, with where to read on; secrets stay out of `repr`.
# Rule 3: in Azure nothing may point at this machine: no SQLite, no folder, no http, no loopback.

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from registry.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent

_TEAMS_HOSTS = "smba.trafficmanager.net smba.infra.gcc.teams.microsoft.com *.botframework.com"
_METADATA = "https://login.botframework.com/v1/.well-known/openidconfiguration"
_AUTHORITY = "https://login.microsoftonline.com"
_GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_HOST = re.compile(r"^[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?$")
_BELOW = re.compile(r"^\*(\.[0-9A-Za-z-]+){2,}$")
_DRIVE_ID = re.compile(r"^[0-9A-Za-z!_-]+$")
_FOLDERS = re.compile(r"^([^{}/\\]|\{(unit|year|kind)\}|/(?!/|$))+$")
_IN_VAULT = re.compile(r"^https://[^/]+/secrets/[0-9A-Za-z-]+$")
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 (refused, not bound)
_IN_AZURE = ("WEBSITE_SITE_NAME", "WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME")  # no plan sets all of them
_UNRESOLVED = "@Microsoft.KeyVault("  # what the platform leaves where it could not read the vault

_REQUIRED = (
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "REGISTRY_MAILBOXES",
    "GRAPH_CLIENT_STATE",
    "PUBLIC_URL",
    "ORGANISATION",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the deployment decides. Names in docs/settings.md are the upper-case forms of these."""

    azure_tenant_id: str
    azure_client_id: str
    registry_mailboxes: tuple[str, ...]
    graph_client_state: str = field(repr=False)
    graph_client_state_before: str = field(default="", repr=False)
    public_url: str
    organisation: str = field(repr=False)
    azure_client_secret: str = field(default="", repr=False)
    azure_client_certificate_path: str = ""
    database_url: str = field(default="sqlite:///.tarasul/tarasul.db", repr=False)
    archive_url: str = field(default="", repr=False)
    key_vault_url: str = ""
    mail_folders: tuple[str, ...] = ("inbox",)
    operators: tuple[str, ...] = ()
    statement_key: str = field(default="", repr=False)
    graph_base_url: str = "https://graph.microsoft.com/v1.0"
    authority_url: str = _AUTHORITY
    sign_in_url: str = _AUTHORITY
    bot_app_id: str = ""
    bot_openid_metadata_url: str = _METADATA
    bot_service_hosts: tuple[str, ...] = tuple(_TEAMS_HOSTS.split())
    bot_service_url: str = "https://smba.trafficmanager.net/teams/"
    seal_certificate: str = ""
    timestamp_url: str = ""
    trust_dir: str = ""
    templates_dir: str = ""
    sharepoint_hosts: tuple[str, ...] = ()
    read_shared_links: bool = False
    drafts_in_word: bool = False
    library_drive_id: str = ""
    draft_folders: str = "Tarasul/{unit}/{year}"
    watch_drives: bool = False
    install_for_everyone: bool = False
    teams_app_id: str = ""
    api_audience: str = ""
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Kuwait"))
    lease_s: float = 60.0
    log_level: str = "INFO"

    @property
    def client_state_keys(self) -> tuple[str, ...]:
        """The keys that a notification may be signed with; the first signs what is made."""
        return self.graph_client_state, self.graph_client_state_before

    @classmethod
    def from_environ(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            Misconfigured: Something is missing, malformed or contradicts something else: all of it is named.
        """
        given = {name: value.strip() for name, value in env.items() if value.strip()}
        wrong = [f"set {', '.join(missing)}"] if (missing := [n for n in _REQUIRED if n not in given]) else []
        wrong += _malformed(given)
        if any(name in given for name in _IN_AZURE):
            wrong += _not_for_azure(given)
        if wrong:
            raise Misconfigured(f"{'; '.join(wrong)}. See docs/settings.md")
        plain = {f: given[f.upper()] for f in _PLAIN if f.upper() in given}
        client_id = given["AZURE_CLIENT_ID"]
        return cls(
            **plain,
            registry_mailboxes=tuple(m.lower() for m in _words(given["REGISTRY_MAILBOXES"])),
            operators=tuple(o.lower() for o in _words(given.get("OPERATORS", ""))),
            mail_folders=tuple(_listed(given.get("MAIL_FOLDERS", "inbox"))),
            archive_url=given.get("ARCHIVE_URL") or f"file://{ROOT / '.tarasul' / 'archive'}",
            bot_app_id=given.get("BOT_APP_ID", client_id),
            teams_app_id=given.get("TEAMS_APP_ID", client_id),
            sign_in_url=given.get("SIGN_IN_URL") or given.get("AUTHORITY_URL", _AUTHORITY),
            api_audience=given.get("API_AUDIENCE", f"api://{client_id}"),
            bot_service_hosts=tuple(_words(given.get("BOT_SERVICE_HOSTS", _TEAMS_HOSTS))),
            sharepoint_hosts=tuple(h.lower() for h in _words(given.get("SHAREPOINT_HOSTS", ""))),
            install_for_everyone=given.get("INSTALL_FOR_EVERYONE", "false").lower() == "true",
            drafts_in_word=given.get("DRAFTS_IN_WORD", "false").lower() == "true",
            read_shared_links=given.get("READ_SHARED_LINKS", "false").lower() == "true",
            watch_drives=given.get("WATCH_DRIVES", "false").lower() == "true",
            time_zone=ZoneInfo(given.get("TIME_ZONE", "Asia/Kuwait")),
            lease_s=float(given.get("LEASE_S", 60)),
            log_level=given.get("LOG_LEVEL", "INFO").upper(),
        )


_PLAIN = (
    "azure_tenant_id",
    "azure_client_id",
    "graph_client_state",
    "graph_client_state_before",
    "statement_key",
    "public_url",
    "organisation",
    "azure_client_secret",
    "azure_client_certificate_path",
    "database_url",
    "key_vault_url",
    "graph_base_url",
    "authority_url",
    "bot_openid_metadata_url",
    "bot_service_url",
    "seal_certificate",
    "timestamp_url",
    "trust_dir",
    "templates_dir",
    "library_drive_id",
    "draft_folders",
)
_URLS = (
    "PUBLIC_URL",
    "KEY_VAULT_URL",
    "GRAPH_BASE_URL",
    "AUTHORITY_URL",
    "SIGN_IN_URL",
    "BOT_OPENID_METADATA_URL",
    "BOT_SERVICE_URL",
    "SEAL_CERTIFICATE",
)


def _malformed(given: Mapping[str, str]) -> list[str]:
    wrong = [
        f"{name}: the platform could not read the Key Vault secret it refers to"
        for name in sorted(given)
        if name.lower() in Settings.__slots__ and given[name].startswith(_UNRESOLVED)
    ]
    wrong += [
        f"{name} must be a GUID"
        for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "BOT_APP_ID", "TEAMS_APP_ID")
        if name in given and not _GUID.match(given[name])
    ]
    wrong += [
        f"{name} must be an http(s) URL"
        for name in (*_URLS, "TIMESTAMP_URL")  # stamps are signed, so that authorities speak plain http
        if name in given and (urlsplit(given[name]).scheme not in ("http", "https") or not urlsplit(given[name]).netloc)
    ]
    wrong += [
        f"REGISTRY_MAILBOXES: {m} is no address" for m in _words(given.get("REGISTRY_MAILBOXES", "")) if "@" not in m
    ]
    for name in ("GRAPH_CLIENT_STATE", "GRAPH_CLIENT_STATE_BEFORE", "STATEMENT_KEY"):
        if len(given.get(name, "x" * 32)) < 32:
            wrong.append(f"{name} must have 32 characters or more")
    if not _listed(given.get("MAIL_FOLDERS", "inbox")):
        wrong.append("MAIL_FOLDERS must name a folder")
    wrong += [
        f"SHAREPOINT_HOSTS: {h} is no host's name"
        for h in _words(given.get("SHAREPOINT_HOSTS", ""))
        if not (_HOST.match(h) or _BELOW.match(h)) or ".." in h
    ]
    if not _DRIVE_ID.match(given.get("LIBRARY_DRIVE_ID", "b!")):
        wrong.append("LIBRARY_DRIVE_ID is no drive's id, as b!… of /sites/{site}/drive")
    if not _FOLDERS.match(given.get("DRAFT_FOLDERS", "-")) or given.get("DRAFT_FOLDERS", "-").startswith("/"):
        wrong.append("DRAFT_FOLDERS must name folders with / between them; {unit}, {year} and {kind} may stand in them")
    wrong += [
        f"{name} must be true or false"
        for name in ("READ_SHARED_LINKS", "INSTALL_FOR_EVERYONE", "WATCH_DRIVES", "DRAFTS_IN_WORD")
        if given.get(name, "false").lower() not in ("true", "false")
    ]
    if not _IN_VAULT.match(given.get("SEAL_CERTIFICATE", "https://vault/secrets/name")):
        wrong.append("SEAL_CERTIFICATE must be a secret's identifier: https://<vault>/secrets/<name>")
    for name in ("TEMPLATES_DIR", "TRUST_DIR"):
        if not (ROOT / given.get(name, "")).is_dir():
            wrong.append(f"{name}: there is no folder {given[name]}")
    if "AZURE_CLIENT_SECRET" in given and "AZURE_CLIENT_CERTIFICATE_PATH" in given:
        wrong.append("AZURE_CLIENT_SECRET and AZURE_CLIENT_CERTIFICATE_PATH contradict each other: keep one")
    if "DATABASE_URL" in given and not given["DATABASE_URL"].startswith(("sqlite:///", "postgres")):
        wrong.append("DATABASE_URL must begin with sqlite:/// or postgresql://")
    try:
        ZoneInfo(given.get("TIME_ZONE", "Asia/Kuwait"))
    except (ZoneInfoNotFoundError, ValueError):
        wrong.append(f"TIME_ZONE: there is no {given['TIME_ZONE']}")
    try:
        wrong += [] if float(given.get("LEASE_S", 60)) >= 1 else ["LEASE_S must be at least 1 second"]
    except ValueError:
        wrong.append("LEASE_S must be a number of seconds")
    if given.get("LOG_LEVEL", "INFO").upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        wrong.append("LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
    return wrong


def _not_for_azure(given: Mapping[str, str]) -> list[str]:
    """What would work on a developer's machine and lose letters in Azure."""
    wrong = []
    if not given.get("DATABASE_URL", "sqlite").startswith("postgres"):
        wrong.append("DATABASE_URL must be PostgreSQL in Azure: an instance's own disk does not last")
    if not given.get("ARCHIVE_URL", "file").startswith("https://"):
        wrong.append("ARCHIVE_URL must be a blob container in Azure: an instance's own disk does not last")
    if "STATEMENT_KEY" not in given:
        wrong.append("set STATEMENT_KEY: in Azure a day is not stated without a signature")
    if _LOOPBACK & set(_words(given.get("SHAREPOINT_HOSTS", ""))):
        wrong.append("SHAREPOINT_HOSTS points at this machine")
    for name in (*_URLS, "ARCHIVE_URL", "DATABASE_URL"):
        parts = urlsplit(given.get(name, ""))
        if parts.scheme == "http":
            wrong.append(f"{name} must be https in Azure")
        if parts.hostname in _LOOPBACK:
            wrong.append(f"{name} points at this machine")
    return wrong


def _listed(text: str) -> list[str]:
    """Names with commas between them: a folder's name may have blanks."""
    return [name.strip() for name in re.split("[,،]", text) if name.strip()]


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Raises Misconfigured, each time until the process is started with better ones."""
    return Settings.from_environ(os.environ)
