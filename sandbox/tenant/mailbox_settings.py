################################################################
# A mailbox's settings: whether its owner's mail is answered automatically
################################################################
#
# Rule 1: a person changes their own; the app reads everybody's with MailboxSettings.Read, and without it gets 403.
#
# Source: https://learn.microsoft.com/graph/api/user-get-mailboxsettings and …/resources/automaticrepliessetting

from datetime import datetime
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.directory import find_user
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

KNOWN = ["automaticRepliesSetting", "timeZone"]
_STATUSES = ("disabled", "alwaysEnabled", "scheduled")
_NEVER: dict[str, Any] = {
    "status": "disabled",
    "externalAudience": "none",
    "internalReplyMessage": "",
    "externalReplyMessage": "",
    "scheduledStartDateTime": {"dateTime": "2026-01-01T00:00:00.0000000", "timeZone": "UTC"},
    "scheduledEndDateTime": {"dateTime": "2026-01-02T00:00:00.0000000", "timeZone": "UTC"},
}


def _owner(tenant: Tenant, who: graph.Caller, user_id: str) -> Thing:
    owner = find_user(tenant, str(who.person) if user_id == "me" else user_id)
    if owner is None:
        raise refuse(404, "ErrorInvalidUser", f"The requested user '{user_id}' is invalid.")
    if who.person is not None and owner["id"] != who.person:
        raise refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    return owner


def _shown(tenant: Tenant, request: Request, owner: Thing, names: set[str] | None) -> Response:
    kept = tenant.world.table("mailbox_settings").get(owner["id"], {})
    told = {"automaticRepliesSetting": {**_NEVER, **kept}, "timeZone": "Arab Standard Time"}
    shown = {name: told[name] for name in KNOWN if names is None or name in names}
    return json_response({"@odata.context": graph.context(request, "users('x')/mailboxSettings"), **shown})


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailboxSettings")
def get_settings(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    who = graph.caller(tenant, request, now)
    if who.person is None and "MailboxSettings.Read" not in who.roles:
        raise refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    said = odata.options(request, ("select",))
    names = odata.selected(said, KNOWN, "microsoft.graph.mailboxSettings")
    return _shown(tenant, request, _owner(tenant, who, user_id), names)


@ROUTES.on("PATCH", "/v1.0/users/{user_id}/mailboxSettings")
def change_settings(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    """A person's own, in Outlook."""
    who = graph.caller(tenant, request, now)
    if who.person is None or "MailboxSettings.ReadWrite" not in who.scopes:
        raise refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    owner = _owner(tenant, who, user_id)
    wanted = graph.body_of(request).get("automaticRepliesSetting")
    if not isinstance(wanted, dict) or wanted.get("status", "disabled") not in _STATUSES:
        raise refuse(400, "RequestBodyRead", "automaticRepliesSetting needs a known status.")
    table = tenant.world.table("mailbox_settings")
    table[owner["id"]] = {**table.get(owner["id"], {}), **{k: v for k, v in wanted.items() if k in _NEVER}}
    return _shown(tenant, request, owner, None)
