################################################################
# messages/delta: what changed in one folder since the caller last asked
################################################################
#
# Rule 1: a round begins with what lies in the folder, or with what changed since the last round, and ends with a
#         deltaLink; a page may be empty and still have a next one.
# Rule 2: links are opaque; all options of the first call are kept in them.
# Rule 3: a page costs what it shows: feeds are read forward from where they stopped, however large the folder is.

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.tenant import faults, graph, odata
from sandbox.tenant.mail.access import mailbox_of
from sandbox.tenant.mail.folders import find_folder
from sandbox.tenant.mail.reading import applied
from sandbox.tenant.mail.store import Mailboxes
from sandbox.tenant.mail.view import View, view_of
from sandbox.tenant.tenant import Routes, Tenant, canonical
from sandbox.tenant.wire import Request, Response
from sandbox.tenant.world import Thing

ROUTES = Routes()

USUAL_PAGE = 10
LARGEST_PAGE = 1000
LOOKED_AT = 4  # times the page size: so many changes are looked at for one page before it goes out, empty if need be
FILTERED_AT_MOST = 5000  # messages of a round with $filter


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller stands in a folder's feed; what their links carry.

    `since` is the last change they were shown. Within the first round `first` is the change before which nothing that
    has left the folder is told; `kept` counts what a filtered round has shown. `newest` is set while the first round
    goes by arrival: the arrival and number of the message shown last, or ["~", 0] before the first. `base` is where
    the round began.
    """

    mailbox: str
    folder: str
    options: dict[str, str]
    since: int = 0
    base: int = 0
    first: int = 0
    kept: int = 0
    newest: list[Any] | None = None


@ROUTES.on("GET", "/v1.0/users/{user_id}/mailFolders/{folder_id}/messages/delta")
def messages_delta(tenant: Tenant, request: Request, now: datetime, user_id: str, folder_id: str) -> Response:
    owner = mailbox_of(tenant, request, now, user_id)
    folder = find_folder(tenant, owner["id"], folder_id)
    said = odata.options(
        request, ("select", "top", "expand", "changetype", "filter", "orderby", "deltatoken", "skiptoken")
    )
    token = said.pop("skiptoken", None) or said.pop("deltatoken", None)
    fresh = f"{request.base}{request.path}"
    if token is None:
        place = _beginning(tenant, owner["id"], folder["key"], said)
    else:
        packed = graph.unseal(tenant, token)
        if packed is None or (packed["mailbox"], packed["folder"]) != (owner["id"], folder["key"]):
            raise graph.sync_state_lost(fresh)
        place = Place(**packed)
    view = view_of(tenant, request, place.options)
    usual = odata.whole(place.options, "top", USUAL_PAGE, LARGEST_PAGE)
    size = odata.whole(graph.preferences(request), "odata.maxpagesize", usual, LARGEST_PAGE) or usual
    line = f"{request.method} {canonical(request.path)}"
    empty = faults.befalls(tenant.world, "empty_page", "graph", now, line)
    items, after, more = ([], place, True) if empty else _page(view, place, size)
    if faults.befalls(tenant.world, "replay", "graph", now, line):
        items = [*_shown_before(view, place, size), *items]
    link = f"{fresh}?$" + ("skiptoken=" if more else "deltatoken=") + graph.seal(tenant, _packed(after))
    tail = f"users('{owner['id']}')/mailFolders('{folder['id']}')/messages"
    answer = graph.collection(request, tail, items, next_link=link if more else None, delta_link=None if more else link)
    return Response(answer.status, {**answer.headers, **applied(request)}, answer.body)


def _packed(place: Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in Place.__slots__}


def _beginning(tenant: Tenant, mailbox: str, folder: str, said: dict[str, str]) -> Place:
    """A new feed. Raises Refused with 400 for options that messages/delta does not offer."""
    for path, operator, _ in odata.parse_filter(said["filter"]).facts if "filter" in said else ():
        if path != "receivedDateTime" or operator not in ("ge", "gt"):
            raise odata.bad_request("Only receivedDateTime ge and gt are supported in $filter of a delta query.")
    if said.get("orderby", "receivedDateTime desc").strip().lower() != "receiveddatetime desc":
        raise odata.bad_request("Only receivedDateTime desc is supported in $orderby of a delta query.")
    if said.get("changetype", "created") not in ("created", "updated", "deleted"):
        raise odata.bad_request("changeType is created, updated or deleted.")
    last = tenant.part(Mailboxes).log(mailbox, folder).last
    newest = ["~", 0] if "orderby" in said else None
    return Place(mailbox, folder, said, first=last, newest=newest)


def _page(view: View, place: Place, size: int) -> tuple[list[dict[str, Any]], Place, bool]:
    """One page, the place after it, and whether the round goes on."""
    if place.newest is not None:
        return _page_by_arrival(view, place, size)
    store = view.tenant.part(Mailboxes)
    items: list[dict[str, Any]] = []
    since = place.since
    for looked_at, (number, key) in enumerate(store.log(place.mailbox, place.folder).since(place.since)):
        if len(items) == size or looked_at == size * LOOKED_AT:
            return items, replace(place, since=since, kept=place.kept + len(items)), True
        since = number
        item = _change(view, place, number, int(key))
        if item is not None and place.kept + len(items) < _at_most(place):
            items.append(item)
    return items, replace(place, since=since, base=since, first=0, kept=0), False


def _at_most(place: Place) -> int:
    return FILTERED_AT_MOST if "filter" in place.options and place.first else 1 << 60


def _change(view: View, place: Place, number: int, n: int) -> dict[str, Any] | None:
    """One change as the feed tells it, or None when this caller is not told."""
    store = view.tenant.part(Mailboxes)
    only = place.options.get("changetype")
    message = store.number(n)
    if message is None or message["folder"] != place.folder or message["mailbox"] != place.mailbox:
        if number <= place.first or only not in (None, "deleted"):
            return None
        gone = store.gone(place.mailbox, place.folder, n)
        return {
            "@odata.type": "#microsoft.graph.message",
            "id": gone["immutable" if view.immutable else "id"],
            "@removed": {"reason": "deleted"},
        }
    new = message["joined"] > place.base
    if (new and not _passes(place, message)) or (only is not None and only != ("created" if new else "updated")):
        return None
    return _shown(view, message)


def _shown(view: View, message: Thing) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.message", **view.message(message)}


def _passes(place: Place, message: Thing) -> bool:
    """$filter is for what is new: of the others every change is told, as Outlook does."""
    return "filter" not in place.options or odata.parse_filter(place.options["filter"]).test(message["fields"])


def _page_by_arrival(view: View, place: Place, size: int) -> tuple[list[dict[str, Any]], Place, bool]:
    """The first round when $orderby asks for the newest first; what changes meanwhile comes in the next round."""
    store = view.tenant.part(Mailboxes)
    arrivals = store.arrivals(place.mailbox, place.folder)
    newest = place.newest or ["~", 0]
    end = bisect_left(arrivals, (newest[0], newest[1]))
    window = arrivals[max(0, end - size) : end][::-1]
    items: list[dict[str, Any]] = []
    for _, n in window:
        message = store.number(n)
        if message is not None and _passes(place, message) and place.kept + len(items) < _at_most(place):
            items.append(_shown(view, message))
    if end > size:
        return items, replace(place, newest=list(window[-1]), kept=place.kept + len(items)), True
    return items, replace(place, since=place.first, base=place.first, first=0, kept=0, newest=None), False


def _shown_before(view: View, place: Place, size: int) -> list[dict[str, Any]]:
    """Up to a page of what the caller was shown already."""
    store = view.tenant.part(Mailboxes)
    shown: list[dict[str, Any]] = []
    for number, key in store.log(place.mailbox, place.folder).since(0):
        if number > place.since or len(shown) == size:
            break
        message = store.number(int(key))
        if message is not None and message["folder"] == place.folder and message["mailbox"] == place.mailbox:
            shown.append(_shown(view, message))
    return shown
