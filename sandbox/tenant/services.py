################################################################
# Every service of the tenant, and how a tenant is opened
################################################################
#
# Rule 1: a service that is not listed here does not exist.

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.ministry import samples
from sandbox.tenant import (
    batch,
    connector,
    controls,
    directory,
    entra,
    groups,
    letters,
    mailbox_settings,
    presses,
    sign_in,
    subscriptions,
    teams,
    vault,
)
from sandbox.tenant.drive import service as drive
from sandbox.tenant.mail import (
    answering,
    arriving,
    attachments,
    delta,
    folders,
    mime,
    reading,
    sending,
    writing,
)
from sandbox.tenant.tenant import Place, Tenant
from sandbox.tenant.world import World

MINISTRY = Path(__file__).parents[1] / "ministry" / "people.json"

SERVICES = (
    *(entra.ROUTES, sign_in.ROUTES, vault.ROUTES, batch.ROUTES, directory.ROUTES, subscriptions.ROUTES),
    *(folders.ROUTES, reading.ROUTES, delta.ROUTES, writing.ROUTES, answering.ROUTES),
    *(attachments.ROUTES, sending.ROUTES, mailbox_settings.ROUTES),
    *(teams.ROUTES, connector.ROUTES, presses.ROUTES, groups.ROUTES),
    *(*drive.ROUTES, letters.ROUTES, controls.ROUTES),
)


def ministry() -> dict[str, Any]:
    """The ministry's people, units and app, as people.json tells them."""
    told: dict[str, Any] = json.loads(MINISTRY.read_text("utf-8"))
    return told


def open_tenant(folder: Path | None = None, place: Place | None = None, *, fresh: bool = False) -> Tenant:
    """Open the tenant that is kept in *folder*, or a new one; without a folder it lives as long as the object."""
    if fresh and folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return Tenant(World(folder), SERVICES, ministry(), place)


def bring_samples(tenant: Tenant, now: datetime) -> None:
    """Put the sample letters into the officials' inboxes, once in a tenant's life; each arrives when it was written."""
    settings = tenant.world.table("settings")
    if "samples" in settings:
        return
    for upn, raw in samples.letters():
        owner = directory.find_user(tenant, upn)
        if owner is None:
            raise LookupError(f"a sample letter is for {upn}, whom the directory does not know")
        written_at = mime.read(raw).sent_at or now
        arriving.arrive(tenant, owner, raw, min(written_at, now).astimezone(UTC), dmarc="pass")
    settings["samples"] = {"brought_at": now.isoformat()}
    tenant.world.flush()
