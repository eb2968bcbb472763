################################################################
# Change notifications: who wants to be told of what, and the telling
################################################################
#
# Rule 1: a subscription is made only when both of its URLs have echoed a token that is awkward to decode.
# Rule 2: a notification rings, nothing more: it may come twice, late, in another order, or never. What is not taken
#         within 4 hours is dropped, and the subscriber hears `missed`.
# Rule 3: what happens between the lapse of a subscription and the next one is told to nobody.

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from sandbox.tenant import faults, graph, odata
from sandbox.tenant.deliveries import Errand
from sandbox.tenant.drive.calls import drive_of_user, opened
from sandbox.tenant.drive.store import Drives
from sandbox.tenant.limits import SUBSCRIPTION_LISTS, SUBSCRIPTION_WRITES, Limit
from sandbox.tenant.mail.access import may_reach
from sandbox.tenant.mail.store import Change, Mailboxes
from sandbox.tenant.mail.view import change_key
from sandbox.tenant.tenant import Routes, Tenant, canonical
from sandbox.tenant.wire import Request, Response, Steps, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

# Source: https://learn.microsoft.com/graph/api/resources/subscription and /graph/change-notifications-delivery-webhooks
SHORTEST = timedelta(minutes=45)
LONGEST = timedelta(minutes=10_080)
LONGEST_OF_DIRECTORY = timedelta(minutes=41_760)
LONGEST_OF_DRIVE = timedelta(minutes=42_300)
PER_MAILBOX = 1000
CLIENT_STATE_LENGTH = 128
HANDSHAKE_S = 10.0
ANSWER_S = 3.0
RETRY_ANSWER_S = 10.0
GIVEN_UP_AFTER_S = 4 * 3600.0
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 1800.0
REMINDED_BEFORE = timedelta(minutes=30)
REMINDED_EVERY = timedelta(minutes=15)

NOTICED_AFTER_S = 0.2  # Microsoft: under a minute on the average
ITEMS_IN_ONE_POST = 20

KINDS = ("created", "updated", "deleted")
READ_ONLY = ("id", "applicationId", "creatorId")
PROPERTIES = (
    *("changeType", "notificationUrl", "lifecycleNotificationUrl", "resource", "expirationDateTime", "clientState"),
    *("latestSupportedTlsVersion", "includeResourceData", "encryptionCertificate", "encryptionCertificateId"),
    *("notificationQueryOptions", "notificationUrlAppId"),
)
_MESSAGES = re.compile(r"/v1\.0/users/([^/]+)/(?:mailFolders/([^/]+)/)?messages/?", re.IGNORECASE)
_DRIVE = re.compile(r"(?:drives/(?P<drive>[^/]+)|users/(?P<user>[^/]+)/drive)/root", re.IGNORECASE)


def _invalid(message: str) -> Exception:
    return refuse(400, "InvalidRequest", message)


def _allowed(tenant: Tenant, request: Request, now: datetime, limit: Limit) -> graph.Caller:
    who = graph.caller(tenant, request, now)
    wait_s = tenant.limits.take(limit, who.app_id, now)
    if wait_s is not None:
        raise refuse(429, "TooManyRequests", f"Over the limit of {limit.name}.", retry_after=f"{wait_s:.1f}")
    return who


################################################################
# Creating and keeping
################################################################


@ROUTES.on("POST", "/v1.0/subscriptions")
def create(tenant: Tenant, request: Request, now: datetime) -> Steps:
    who = _allowed(tenant, request, now, SUBSCRIPTION_WRITES)
    said = graph.body_of(request)
    for name in said:
        if name not in PROPERTIES and "@" not in name:
            raise _invalid(f"The property '{name}' does not exist on type 'microsoft.graph.subscription'.")
    for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
        if not isinstance(said.get(name), str) or not said[name]:
            raise _invalid(f"Required property '{name}' is missing.")
    if said.get("includeResourceData"):
        raise _invalid("Notifications with resource data are not offered for this resource.")
    wanted = {kind.strip() for kind in said["changeType"].split(",")}
    of_directory = said["resource"].strip("/").lower() == "users"
    drive = _watched_drive(tenant, who, said["resource"], now)
    if not wanted <= set(KINDS) or (of_directory and "created" in wanted) or (drive and wanted != {"updated"}):
        raise _invalid(f"changeType '{said['changeType']}' is not supported.")
    if len(str(said.get("clientState") or "")) > CLIENT_STATE_LENGTH:
        raise _invalid(f"clientState is longer than {CLIENT_STATE_LENGTH} characters.")
    if of_directory:
        graph.require(who, "User.Read.All", "User.Read.All")
    mailbox, folder = ("", None) if of_directory or drive else _watched(tenant, who, said["resource"])
    expires = _expiry(said["expirationDateTime"], now, _longest(mailbox, drive))
    urls = {
        "notificationUrl": said["notificationUrl"],
        "lifecycleNotificationUrl": said.get("lifecycleNotificationUrl"),
    }
    yield from _shake_hands(tenant, [url for url in urls.values() if url])
    table = tenant.world.table("subscriptions")
    same = {"app": who.app_id, "mailbox": mailbox, "folder": folder, "drive": drive, "kinds": sorted(wanted)}
    for other in table.values():
        if all(other.get(name, "") == value for name, value in same.items()):
            message = f"Subscription with the same changeType and resource already exists. Id: {other['id']}"
            raise refuse(409, "Conflict", message)
    if mailbox and sum(other["mailbox"] == mailbox for other in table.values()) >= PER_MAILBOX:
        raise refuse(403, "ExtensionError", f"Subscription limit of {PER_MAILBOX} has been reached for this mailbox.")
    made = {
        **same,
        **urls,
        "id": str(UUID(int=(0x2F3A0C1E << 96) | tenant.world.next("subscriptions"))),
        "resource": said["resource"],
        "changeType": said["changeType"],
        "clientState": said.get("clientState"),
        "immutable": graph.wants_immutable_ids(request),
        "creator": who.person or who.app_id,
        "tls": said.get("latestSupportedTlsVersion", "v1_2"),
    }
    table[made["id"]] = _renewed(tenant, made, expires, now)
    shown = {"@odata.context": graph.context(request, "subscriptions/$entity"), **_shown(table[made["id"]])}
    return json_response(shown, 201)


def _watched(tenant: Tenant, who: graph.Caller, resource: str) -> tuple[str, str | None]:
    """The mailbox and folder that a resource names; no folder for the whole mailbox."""
    path = canonical(f"/v1.0/{resource.split('?')[0].lstrip('/')}")
    found = _MESSAGES.fullmatch(path)
    if found is None:
        raise _invalid(f"The resource '{resource}' cannot be subscribed to.")
    owner = may_reach(tenant, who, found[1], "Mail.ReadWrite")
    if found[2] is None:
        return owner["id"], None
    folder = tenant.part(Mailboxes).folder(owner["id"], found[2])
    if folder is None:
        raise refuse(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return owner["id"], folder["key"]


def _watched_drive(tenant: Tenant, who: graph.Caller, resource: str, now: datetime) -> str:
    """The id of the drive that a resource names; none for any other resource. A drive is watched at its root alone."""
    found = _DRIVE.fullmatch(resource.strip("/"))
    if found is None:
        return ""
    graph.require(who, "Files.ReadWrite.All", "Files.ReadWrite.All")
    if found["user"]:
        return str(drive_of_user(tenant, who, found["user"], now)["id"])
    return str(opened(tenant, tenant.part(Drives).drive(found["drive"], now))["id"])


def _longest(mailbox: str, drive: str) -> timedelta:
    return LONGEST if mailbox else LONGEST_OF_DRIVE if drive else LONGEST_OF_DIRECTORY


def _expiry(text: Any, now: datetime, longest: timedelta) -> datetime:
    try:
        expires = odata.instant(str(text))
    except ValueError as why:
        raise _invalid("expirationDateTime is no instant.") from why
    if expires <= now:
        raise _invalid("Subscription expiration must be in the future.")
    if expires > now + longest + timedelta(minutes=1):
        minutes = int(longest.total_seconds() // 60)
        raise _invalid(f"Subscription expiration can only be {minutes} minutes in the future.")
    return max(expires, now + SHORTEST)


def _renewed(tenant: Tenant, subscription: Thing, expires: datetime, now: datetime) -> Thing:
    """The subscription with its new end, of which it will be reminded; reminders of an older end come to nothing."""
    turn = tenant.world.next("subscription turns")
    first = max(expires - REMINDED_BEFORE, now)
    note = {"id": subscription["id"], "turn": turn}
    tenant.deliveries.put("subscription ends", note, now, after_s=(first - now).total_seconds())
    return {**subscription, "expires": expires.isoformat(), "turn": turn}


def _shake_hands(tenant: Tenant, urls: list[str]) -> Any:
    """Have each URL echo a token. Raises Refused with 400 when one does not."""
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise _invalid("The notification URL must use https.")
        token = f"Validation: 100% + reachability & تحقق من العنوان {tenant.world.next('handshakes')}"
        mark = "&" if parts.query else "?"
        asked = f"{url}{mark}validationToken={quote(token, safe='')}"
        told = yield Request("POST", asked, {"content-type": "text/plain; charset=utf-8"}, timeout_s=HANDSHAKE_S)
        kind = told.headers.get("content-type", "").partition(";")[0].strip().lower()
        if told.status != 200 or kind != "text/plain" or told.body != token.encode():
            message = "Subscription validation request failed. Notification endpoint must respond with 200 OK"
            raise refuse(400, "ValidationError", f"{message} to validation request, and the token as text/plain.")


def _shown(subscription: Thing) -> dict[str, Any]:
    return {
        "id": subscription["id"],
        "resource": subscription["resource"],
        "applicationId": subscription["app"],
        "changeType": subscription["changeType"],
        "clientState": subscription["clientState"],
        "notificationUrl": subscription["notificationUrl"],
        "lifecycleNotificationUrl": subscription["lifecycleNotificationUrl"],
        "expirationDateTime": graph.instant(datetime.fromisoformat(subscription["expires"])),
        "creatorId": subscription["creator"],
        "latestSupportedTlsVersion": subscription["tls"],
        "includeResourceData": False,
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationQueryOptions": None,
        "notificationUrlAppId": None,
    }


def _own(tenant: Tenant, who: graph.Caller, subscription_id: str) -> Thing:
    found = tenant.world.table("subscriptions").get(subscription_id)
    if found is None or found["app"] != who.app_id:
        raise refuse(404, "ResourceNotFound", "The object was not found.")
    return found


@ROUTES.on("GET", "/v1.0/subscriptions")
def list_all(tenant: Tenant, request: Request, now: datetime) -> Response:
    who = _allowed(tenant, request, now, SUBSCRIPTION_LISTS)
    said = odata.options(request, ("skiptoken", "top"))
    top = odata.whole(said, "top", 100, 100)
    start = int((graph.unseal(tenant, said.get("skiptoken", "")) or {"start": 0})["start"])
    own = [_shown(each) for each in tenant.world.table("subscriptions").values() if each["app"] == who.app_id]
    link = None
    if start + top < len(own):
        link = graph.page_link(request, said, skiptoken=graph.seal(tenant, {"start": start + top}))
    return graph.collection(request, "subscriptions", own[start : start + top], next_link=link)


@ROUTES.on("GET", "/v1.0/subscriptions/{subscription_id}")
def get_one(tenant: Tenant, request: Request, now: datetime, subscription_id: str) -> Response:
    who = graph.caller(tenant, request, now)
    found = _own(tenant, who, subscription_id)
    return json_response({"@odata.context": graph.context(request, "subscriptions/$entity"), **_shown(found)})


@ROUTES.on("PATCH", "/v1.0/subscriptions/{subscription_id}")
def renew(tenant: Tenant, request: Request, now: datetime, subscription_id: str) -> Steps:
    who = _allowed(tenant, request, now, SUBSCRIPTION_WRITES)
    found = _own(tenant, who, subscription_id)
    said = graph.body_of(request)
    for name in said:
        if name not in ("expirationDateTime", "notificationUrl"):
            raise _invalid(f"The property '{name}' of a subscription cannot be changed.")
    changed = dict(found)
    if said.get("notificationUrl", found["notificationUrl"]) != found["notificationUrl"]:
        yield from _shake_hands(tenant, [said["notificationUrl"]])
        changed["notificationUrl"] = said["notificationUrl"]
    if "expirationDateTime" in said:
        longest = _longest(found["mailbox"], found.get("drive", ""))
        changed = _renewed(tenant, changed, _expiry(said["expirationDateTime"], now, longest), now)
    tenant.world.table("subscriptions")[subscription_id] = changed
    return json_response({"@odata.context": graph.context(request, "subscriptions/$entity"), **_shown(changed)})


@ROUTES.on("POST", "/v1.0/subscriptions/{subscription_id}/reauthorize")
def reauthorize(tenant: Tenant, request: Request, now: datetime, subscription_id: str) -> Response:
    """Renews the right, not the end: reminders of the end go on."""
    who = _allowed(tenant, request, now, SUBSCRIPTION_WRITES)
    _own(tenant, who, subscription_id)
    return Response(204)


@ROUTES.on("DELETE", "/v1.0/subscriptions/{subscription_id}")
def delete(tenant: Tenant, request: Request, now: datetime, subscription_id: str) -> Response:
    who = _allowed(tenant, request, now, SUBSCRIPTION_WRITES)
    _own(tenant, who, subscription_id)
    del tenant.world.table("subscriptions")[subscription_id]
    return Response(204)


@ROUTES.courier("subscription ends")
def remind_or_end(tenant: Tenant, note: Thing, tries: int, now: datetime) -> Errand:
    """Near its end a subscription is reminded every quarter of an hour; then it is gone, and nobody is told."""
    yield from ()
    table = tenant.world.table("subscriptions")
    found = table.get(note["id"])
    if found is None or found["turn"] != note["turn"]:
        return None
    expires = datetime.fromisoformat(found["expires"])
    if now >= expires:
        del table[note["id"]]
        return None
    lifecycle(tenant, found, "reauthorizationRequired", now)
    return min(REMINDED_EVERY, expires - now).total_seconds()


################################################################
# Telling
################################################################


class Outgoing:
    """By URL, the POST that has not been tried yet: what happens meanwhile goes along in it."""

    def __init__(self, tenant: Tenant) -> None:
        self.open: dict[str, str] = {}


@ROUTES.at_start
def watch_mail(tenant: Tenant) -> None:
    tenant.part(Mailboxes).watchers.append(lambda change, now: _noticed(tenant, change, now))


def _noticed(tenant: Tenant, change: Change, now: datetime) -> None:
    message = change.message
    for found in tenant.world.table("subscriptions").values():
        seen = change.whole if found["folder"] is None else found["folder"] == change.folder
        if found["mailbox"] != message["mailbox"] or not seen or change.kind not in found["kinds"]:
            continue
        item_id = message["immutable" if found["immutable"] else "id"]
        resource = f"Users/{message['mailbox']}/Messages/{item_id}"
        item = {
            "changeType": change.kind,
            "resource": resource,
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.Message",
                "@odata.id": resource,
                "@odata.etag": f'W/"{change_key(message)}"',
                "id": item_id,
            },
        }
        _tell(tenant, found, found["notificationUrl"], item, now)


@ROUTES.at_start
def watch_drives(tenant: Tenant) -> None:
    tenant.part(Drives).watchers.append(lambda drive, now: _stirred(tenant, drive, now))


def _stirred(tenant: Tenant, drive: str, now: datetime) -> None:
    """Of a drive is told that something changed in it, and not what."""
    for found in tenant.world.table("subscriptions").values():
        if found.get("drive") == drive:
            item = {"changeType": "updated", "resource": found["resource"].strip("/"), "resourceData": None}
            _tell(tenant, found, found["notificationUrl"], item, now)


def lifecycle(tenant: Tenant, subscription: Thing, event: str, now: datetime) -> None:
    """Tell a subscriber what becomes of the subscription itself, where it wants to hear it. Of a drive's, nobody hears
    that notifications were missed."""
    if subscription["lifecycleNotificationUrl"] and not (subscription.get("drive") and event == "missed"):
        _tell(tenant, subscription, subscription["lifecycleNotificationUrl"], {"lifecycleEvent": event}, now)


def _tell(tenant: Tenant, subscription: Thing, url: str, item: Thing, now: datetime) -> None:
    frame = {
        "subscriptionId": subscription["id"],
        "subscriptionExpirationDateTime": graph.instant(datetime.fromisoformat(subscription["expires"])),
        "tenantId": tenant.ministry["tenant_id"],
        "clientState": subscription["clientState"],
    }
    told = {**frame, **item}
    open_posts = tenant.part(Outgoing).open
    waiting = tenant.deliveries.waiting(open_posts.get(url, ""), now + timedelta(seconds=NOTICED_AFTER_S))
    if waiting is not None and len(waiting["value"]) < ITEMS_IN_ONE_POST:
        tenant.deliveries.amend(open_posts[url], {**waiting, "value": [*waiting["value"], told]})
        return
    post = {"url": url, "value": [told], "since": now.isoformat()}
    keys = tenant.deliveries.put("notifications", post, now, after_s=NOTICED_AFTER_S)
    if len(keys) == 1:
        open_posts[url] = keys[0]


@ROUTES.courier("notifications")
def notify(tenant: Tenant, post: Thing, tries: int, now: datetime) -> Errand:
    items = post["value"]
    if faults.befalls(tenant.world, "forged", "notifications", now):
        strange = {"subscriptionId": "00000000-0000-4000-8000-000000000000"}
        items = [items[0], {**items[0], "clientState": "forged"}, {**items[0], **strange}, *items[1:]]
    body = json_response({"value": items}).body
    patience_s = RETRY_ANSWER_S if tries else ANSWER_S
    headers = {"content-type": "application/json; charset=utf-8"}
    told = yield Request("POST", post["url"], headers, body, timeout_s=patience_s)
    if 200 <= told.status < 300:
        return None
    again_s: float = min(FIRST_RETRY_S * 2**tries, LONGEST_RETRY_S)
    waited_s = (now - datetime.fromisoformat(post["since"])).total_seconds()
    if waited_s + again_s <= GIVEN_UP_AFTER_S:
        return again_s
    subscriptions = tenant.world.table("subscriptions")
    for subscription_id in dict.fromkeys(item["subscriptionId"] for item in post["value"] if "changeType" in item):
        if subscription_id in subscriptions:
            lifecycle(tenant, subscriptions[subscription_id], "missed", now)
    return None


@ROUTES.on("POST", "/sandbox/subscriptions/{subscription_id}/lifecycle")
def befall(tenant: Tenant, request: Request, now: datetime, subscription_id: str) -> Response:
    """Let a lifecycle event happen: {"event": "subscriptionRemoved"} removes it; any other name is only told."""
    found = tenant.world.table("subscriptions").get(subscription_id)
    event = graph.body_of(request).get("event")
    if found is None or not isinstance(event, str):
        raise refuse(404, "NotFound", f"There is no subscription {subscription_id}, or no event was named.")
    if event == "subscriptionRemoved":
        del tenant.world.table("subscriptions")[subscription_id]
    lifecycle(tenant, found, event, now)
    return Response(202)
