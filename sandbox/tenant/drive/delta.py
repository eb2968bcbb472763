################################################################
# What changed in a drive
################################################################
#
# Rule 1: the whole drive, from its root; a link that this world never made is dead (410).
# Rule 2: as in Microsoft's own: no cTag and no path stand in it, the folders above a change come along, and where a
#         folder was deleted nothing is told but that.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-delta

from datetime import datetime
from typing import Any

from sandbox.tenant import faults, graph, odata
from sandbox.tenant.drive import view
from sandbox.tenant.drive.calls import Call, missing, on
from sandbox.tenant.tenant import canonical
from sandbox.tenant.wire import Response, refuse

USUAL_PAGE = 200
LARGEST_PAGE = 1000


@on("GET", "delta")
def changes(call: Call) -> Response:
    said = odata.options(call.request, ("select", "top", "token"))
    return _page(call, said, said.get("token"))


@on("GET", "delta(token='{}')")
def changes_by_function(call: Call) -> Response:
    return _page(call, odata.options(call.request, ("select", "top")), call.part)


def _page(call: Call, said: dict[str, str], token: str | None) -> Response:
    drive, world = call.drive, call.tenant.world
    if call.item["parent"] is not None:
        raise refuse(400, "invalidRequest", "Delta is offered for the root of a drive only.")
    if call.who.person not in (None, drive["owner"]):
        raise missing()
    log = call.drives.log(drive)
    fresh = f"{call.request.base}/v1.0/drives/{drive['id']}/root/delta"
    place: dict[str, Any] = {"drive": drive["id"], "after": 0, "select": said.get("select"), "first": True}
    if token == "latest":  # noqa: S105 (a word of the protocol)
        place |= {"after": log.last, "first": False}
    elif token:
        known = graph.unseal(call.tenant, token) or _since(call, token)
        if known is None or known.get("drive") != drive["id"]:
            raise refuse(410, "resyncChangesApplyDifferences", "Resync required.", location=fresh)
        place |= known
    names = odata.selected({"select": place["select"]} if place["select"] else {}, view.PROPERTIES, "driveItem")
    size = odata.whole(said, "top", USUAL_PAGE, LARGEST_PAGE)
    line = f"GET {canonical(call.request.path)}"
    items: list[dict[str, Any]] = []
    after, more = place["after"], False
    if faults.befalls(world, "empty_page", "graph", call.now, line):
        more = True
    else:
        for number, item_id in log.since(after):
            if len(items) == size:
                more = True
                break
            after, item = number, call.drives.items[item_id]
            if not (item["deleted"] and place["first"]):
                items.append(view.shown(call.tenant, drive, item, call.now, names, in_delta=True))
    if faults.befalls(world, "replay", "graph", call.now, line):
        items = [*items, *items]
    sealed = graph.seal(call.tenant, {**place, "after": after, "first": place["first"] and more})
    tail = "Collection(driveItem)"
    link = f"{fresh}?token={sealed}"
    return graph.collection(
        call.request, tail, items, next_link=link if more else None, delta_link=None if more else link
    )


def _since(call: Call, text: str) -> dict[str, Any] | None:
    """What a moment in the place of a token means; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    older = [
        number
        for number, item_id in call.drives.log(call.drive).since(0)
        if datetime.fromisoformat(call.drives.items[item_id]["modified_at"]) <= moment
    ]
    return {"drive": call.drive["id"], "after": max(older, default=0), "first": False}
