################################################################
# What runs where: the processes of the sandbox, their ports and their settings
################################################################
#
# Rule 1: everything is decided here before anything starts, so that `make run` and the tests start the same things.
# Rule 2: what says which tenant the product belongs to is always the sandbox's own, whatever the environment holds: a
#         developer's real credentials are not handed on, and the sandbox never reaches a real tenant. Any other
#         setting that is there already (DATABASE_URL, ARCHIVE_URL …) wins.

import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import certificates
from sandbox.entity_seal import NAME as SEAL
from sandbox.entity_seal import entity_seal
from sandbox.kept import Kept
from sandbox.tenant.drive.store import LIBRARY

HERE = Path(__file__).resolve().parent
MINISTRY = HERE / "ministry"
BOT_SECRET = "bot-app-secret"  # noqa: S105 (a name, not a secret)
LOCK = "sandbox.lock"  # held by the supervisor whose state folder it is


class CannotStart(Exception):
    """Something that the person at the keyboard must put right first; says what."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on loopback; 0 takes a free one."""

    tenant: int = 8400
    tenant_tls: int = 8443
    product: int = 7071


@dataclass(frozen=True, slots=True)
class Child:
    """A process to start: `module` by `python -m`, on a leash (sandbox/leash.py)."""

    name: str
    module: str
    arguments: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)

    @property
    def argv(self) -> list[str]:
        return [sys.executable, "-m", "sandbox.leash", self.module, *self.arguments]


@dataclass(frozen=True, slots=True)
class Layout:
    state: Path
    ports: Ports
    tenant: Child
    host: Child

    @property
    def urls(self) -> dict[str, str]:
        """`page` is the one address for people."""
        return {
            "page": f"http://127.0.0.1:{self.ports.tenant}/",
            "tenant": f"http://127.0.0.1:{self.ports.tenant}",
            "tenant_tls": f"https://127.0.0.1:{self.ports.tenant_tls}",
            "product": f"http://127.0.0.1:{self.ports.product}",
        }


def plan(
    root: Path,
    state: Path,
    ports: Ports,
    *,
    env: Mapping[str, str] = os.environ,
    lock_s: float = 5.0,
) -> Layout:
    """Lay out the sandbox around the function app in *root*, with its state in the folder *state*.

    Raises:
        CannotStart: a port is taken.
    """
    ports = Ports(*_chosen(ports))
    state = state.resolve()
    trust = certificates.lay_out(state / "certificates", env)
    tenant_url, tls_url = f"http://127.0.0.1:{ports.tenant}", f"https://127.0.0.1:{ports.tenant_tls}"
    product_url = f"http://127.0.0.1:{ports.product}"
    people = json.loads((MINISTRY / "people.json").read_text())
    app_id, secret = people["app"]["app_id"], _secret(state, "app")
    belongs_to = {
        "AZURE_TENANT_ID": people["tenant_id"],
        "AZURE_CLIENT_ID": app_id,
        "AZURE_CLIENT_SECRET": secret,
        "AUTHORITY_URL": tls_url,
        "SIGN_IN_URL": tenant_url,  # people's browsers do not know our certificates
        "KEY_VAULT_URL": tls_url,
        "GRAPH_BASE_URL": f"{tenant_url}/v1.0",
        "API_AUDIENCE": f"api://{app_id}",
        "BOT_APP_ID": app_id,
        "TEAMS_APP_ID": people["app"].get("manifest_id") or app_id,
        "BOT_OPENID_METADATA_URL": f"{tenant_url}/botframework/.well-known/openidconfiguration",
        "BOT_SERVICE_HOSTS": "127.0.0.1",
        "BOT_SERVICE_URL": f"{tenant_url}/",
        "SHAREPOINT_HOSTS": "127.0.0.1 ministry-my.sharepoint.com",
        "LIBRARY_DRIVE_ID": LIBRARY,
        "PUBLIC_URL": product_url,
        "REGISTRY_MAILBOXES": " ".join(box["address"] for box in people["registry_mailboxes"]),
    }
    unless_set = {
        "DATABASE_URL": f"sqlite:///{state}/tarasul.db",
        "ARCHIVE_URL": f"file://{state}/archive",
        "GRAPH_CLIENT_STATE": _secret(state, "client_state"),
        "STATEMENT_KEY": _secret(state, "statement_key"),
        "SEAL_CERTIFICATE": f"{tls_url}/secrets/{SEAL}",
        "ORGANISATION": str(MINISTRY / "organisation.json"),
        "READ_SHARED_LINKS": "true",
        "DRAFTS_IN_WORD": "true",
        "WATCH_DRIVES": "true",
        "TIME_ZONE": "Asia/Kuwait",
    }
    passed_on = {
        name: value
        for name, value in env.items()
        if name not in belongs_to and not name.startswith(("AZURE_", "IDENTITY_", "MSI_"))
    }
    common = {**passed_on, **trust.trust(), "PYTHONUNBUFFERED": "1", "PYTHONPATH": _import_path(env)}
    return Layout(
        state,
        ports,
        tenant=Child(
            "tenant",
            "sandbox.tenant",
            _options(
                port=ports.tenant,
                tls_port=ports.tenant_tls,
                folder=state / "tenant",
                certificates=trust.folder,
                host_url=product_url,
                secrets=_vault(state, {BOT_SECRET: secret, SEAL: entity_seal(trust.folder, people["tenant_name"])}),
            ),
            {**common, "SANDBOX_APP_SECRET": secret},
        ),
        host=Child(
            "product",
            "sandbox.host",
            _options(
                root=root.resolve(), port=ports.product, folder=state / "host", lock_s=lock_s, tenant_url=tenant_url
            ),
            {**unless_set, **common, **belongs_to},
        ),
    )


def start_over(state: Path) -> None:
    """Remove what an earlier run left in *state*. Raises CannotStart when the folder is not the sandbox's."""
    if {file.name for file in state.iterdir()} - {LOCK} and not (state / "secrets.json").exists():
        raise CannotStart(f"{state} was not made by the sandbox, so --fresh does not empty it; choose another --folder")
    shutil.rmtree(state)


def _import_path(env: Mapping[str, str]) -> str:
    return os.pathsep.join(filter(None, (str(HERE.parent), env.get("PYTHONPATH"))))


def _options(**values: object) -> tuple[str, ...]:
    return tuple(part for name, value in values.items() for part in (f"--{name.replace('_', '-')}", str(value)))


def _secret(state: Path, name: str) -> str:
    """A secret of this sandbox, drawn at the first start."""
    file = state / "secrets.json"
    kept = Kept(file)
    if not kept.get(name, ""):
        kept.keep(name, secrets.token_urlsafe(32))
        file.chmod(0o600)
    return str(kept.get(name, ""))


def _vault(state: Path, held: Mapping[str, str]) -> Path:
    """The file of what the vault holds."""
    file = state / "vault.json"
    kept = Kept(file)
    for name, value in held.items():
        if kept.get(name, "") != value:
            kept.keep(name, value)
            file.chmod(0o600)
    return file


def _chosen(ports: Ports) -> list[int]:
    """The ports to use, each of them free now."""
    rows = [("tenant", "--tenant-port", ports.tenant), ("tenant's https", "--tenant-tls-port", ports.tenant_tls)]
    taken: list[int] = []
    for what, option, port in [*rows, ("product", "--port", ports.product)]:
        if port and not _is_free(port):
            raise CannotStart(
                f"port {port} for the {what} is in use{_user_of(port)}: stop that, or choose another port with {option}"
                f' (0 takes a free one): make run ARGS="{option} 0"'
            )
        taken.append(port or _free_port(taken))
    return taken


def _free_port(taken: list[int]) -> int:
    """Below the range from which the system takes ports for outgoing connections, so that none takes it meanwhile."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        if port not in taken and _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _user_of(port: int) -> str:
    """` by <command> (process <pid>)` when the system tells, else nothing."""
    for ask in (["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"], ["fuser", f"{port}/tcp"]):
        if shutil.which(ask[0]) and (pids := _answer_of(*ask).split()):
            command = _answer_of("ps", "-o", "args=", "-p", pids[0]).strip()
            return f" by {command or 'a process'} (process {pids[0]})"
    return ""


def _answer_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603
