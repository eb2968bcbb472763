################################################################
# Reading mail: lists, one message, its MIME
################################################################
#
# Rule 1: the newest first. A page's link counts from the top ($skip), as Outlook's does: mail that arrives between two
#         pages shifts them.
# Rule 2: a look in an index comes before a look at every message.

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.mail.access import mailbox_of
from sandbox.tenant.mail.drafting import mime_of
from sandbox.tenant.mail.folders import find_folder
from sandbox.tenant.mail.store import Mailboxes, well_formed
from sandbox.tenant.mail.view import View, filterable, view_of
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

USUAL_PAGE = 10
LARGEST_PAGE = 1000
LISTED = ("select", "filter", "expand", "top", "skip", "orderby", "count")
SORTABLE = ("receivedDateTime", "sentDateTime", "createdDateTime", "lastModifiedDateTime", "subject", "importance")


def find_message(tenant: Tenant, mailbox: str, message_id: str) -> Thing:
    """The message of this id. Raises Refused with 404, or 400 for what cannot be an id."""
    message = tenant.part(Mailboxes).find(mailbox, message_id)
    if message is None:
        if not well_formed(message_id):
            raise refuse(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        raise refuse(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return message


def shown_message(tenant: Tenant, request: Request, message: Thing, status: int = 200) -> Response:
    """One message, as the request's $select, $expand and preferences want it."""
    said = odata.options(request, ("select", "expand", "includehiddenmessages"))
    view = view_of(tenant, request, said)
    context = graph.context(request, f"users('{message['mailbox']}')/messages/$entity")
    answer = json_response({"@odata.context": context, **view.message(message)}, status)
    return Response(answer.status, {**answer.headers, **applied(request)}, answer.body)


def applied(request: Request) -> dict[str, str]:
    """The header that says which preferences were heeded."""
    prefers = graph.preferences(request)
    heeded = [f'{name}="{value}"' for name, value in prefers.items() if name in ("idtype", "outlook.body-content-type")]
    return {"preference-applied": ", ".join(heeded).replace("idtype", "IdType")} if heeded else {}


@ROUTES.on("GET", "/v1.0/users/{user_id}/messages")
def list_messages(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    return _listing(tenant, request, mailbox_of(tenant, request, now, user_id), None)


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages")
def list_in_folder(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    return _listing(tenant, request, owner, find_folder(tenant, owner["id"], folder_id)["key"])


@ROUTES.on("GET", "/v1.0/users/{user_id}/messages/$count")
def count_messages(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    said = odata.options(request, ("filter",))
    found = sum(1 for _ in _matching(View(tenant), owner["id"], None, said))
    return Response(200, {"content-type": "text/plain"}, str(found).encode())


def _listing(tenant: Tenant, request: Request, owner: Thing, folder: str | None) -> Response:
    said = odata.options(request, (*LISTED, "includehiddenmessages"))
    view = view_of(tenant, request, said)
    top = odata.whole(said, "top", USUAL_PAGE, LARGEST_PAGE)
    skip = odata.whole(said, "skip", 0, 10**9)
    found = _ordered(_matching(view, owner["id"], folder, said), said)
    page: list[dict[str, Any]] = []
    count = 0
    for message in found:
        if skip <= count < skip + top:
            page.append(view.message(message))
        count += 1
        if count > skip + top and said.get("count") != "true":
            break
    link = graph.page_link(request, said, top=top, skip=skip + top) if count > skip + top else None
    counted = count if said.get("count") == "true" else None
    answer = graph.collection(request, f"users('{owner['id']}')/messages", page, next_link=link, count=counted)
    return Response(answer.status, {**answer.headers, **applied(request)}, answer.body)


def _matching(view: View, mailbox: str, folder: str | None, said: dict[str, str]) -> Iterator[Thing]:
    """What matches $filter in a folder or the whole mailbox, the newest first."""
    store = view.tenant.part(Mailboxes)
    wanted = odata.parse_filter(said["filter"]) if "filter" in said else None
    narrowed = _from_index(store, mailbox, wanted) if wanted is not None else None
    if narrowed is None:
        candidates = _arrived(store, mailbox, folder, wanted)
    else:
        newest_first = sorted(narrowed, key=_arrival, reverse=True)
        candidates = (message for message in newest_first if _lies_in(store, message, folder))
    return (m for m in candidates if wanted is None or wanted.test(filterable(view, m)))


def _arrival(message: Thing) -> tuple[str, int]:
    return message["fields"]["receivedDateTime"], message["n"]


def _lies_in(store: Mailboxes, message: Thing, folder: str | None) -> bool:
    arrivals = store.arrivals(message["mailbox"], folder)
    at = bisect_left(arrivals, _arrival(message))
    return at < len(arrivals) and arrivals[at][1] == message["n"]


def _from_index(store: Mailboxes, mailbox: str, wanted: odata.Filter) -> list[Thing] | None:
    """The few messages that can match at all, or None when no index says so."""
    for property_id, value in wanted.properties:
        return store.with_property(mailbox, property_id, value)
    for path, operator, value in wanted.facts:
        if (path, operator) == ("internetMessageId", "eq"):
            return store.with_internet_id(mailbox, str(value))
    return None


def _arrived(store: Mailboxes, mailbox: str, folder: str | None, wanted: odata.Filter | None) -> Iterator[Thing]:
    """The messages between the earliest and the latest arrival that the filter allows, the newest first."""
    arrivals = store.arrivals(mailbox, folder)
    start, end = 0, len(arrivals)
    for path, operator, value in wanted.facts if wanted is not None else ():
        if path == "receivedDateTime" and isinstance(value, datetime):
            second = graph.instant(value.astimezone(UTC))
            if operator in ("ge", "gt"):
                start = max(start, bisect_left(arrivals, (second, 0)))
            if operator in ("le", "lt"):
                end = min(end, bisect_right(arrivals, (second, 1 << 60)))
    for _, n in reversed(arrivals[start:end]):
        message = store.number(n)
        if message is not None:
            yield message


def _ordered(found: Iterator[Thing], said: dict[str, str]) -> Iterator[Thing]:
    name, _, way = said.get("orderby", "receivedDateTime desc").partition(",")[0].strip().partition(" ")
    if name not in SORTABLE:
        raise odata.bad_request(f"The property '{name}' is not supported in $orderby.")
    if "filter" in said and "orderby" in said:
        facts = odata.parse_filter(said["filter"]).facts
        if not facts or facts[0][0] != name:  # what is sorted by must come first in the filter
            message = "The restriction or sort order is too complex for this operation."
            raise refuse(400, "InefficientFilter", message)
    descending = way.strip().lower() == "desc"
    if name == "receivedDateTime" and descending:
        return found
    return iter(sorted(found, key=lambda m: str(m["fields"].get(name) or ""), reverse=descending))


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}")
@ROUTES.on("GET", "/v1.0/users/{user_id}/messages/{message_id}")
def get_message(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    if folder_id is not None and find_folder(tenant, owner["id"], folder_id)["key"] != message["folder"]:
        raise refuse(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return shown_message(tenant, request, message)


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/{message_id}/$value")
@ROUTES.on("GET", "/v1.0/users/{user_id}/messages/{message_id}/$value")
def get_mime(
    tenant: Tenant, request: Request, now: datetime, user_id: str, message_id: str, folder_id: str | None = None
) -> Response:
    """The letter's bytes: as they came, or for a draft as they would go."""
    owner = mailbox_of(tenant, request, now, user_id)
    message = find_message(tenant, owner["id"], message_id)
    raw = tenant.world.bytes_of(message["mime"]) if message["mime"] else mime_of(tenant, message, now)
    return Response(200, {"content-type": "text/plain"}, raw)
