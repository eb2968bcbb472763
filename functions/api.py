"""Other systems and the page ask here: records, sheets, documents, the day's count. Answers carry `as_of`."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import azure.functions as func

from functions.callers import answered, as_download, in_json
from functions.documents import answered_by_link
from functions.problems import problem

if TYPE_CHECKING:
    from service.views import Viewer

bp = func.Blueprint()

_MOST = 200
FILTERS = ("search", "kind", "status", "matter", "holder", "updated_since", "top", "after")
_SHOWN_AS_THEY_ARE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "image/tiff", "text/plain"})


@bp.route("v1/records", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def list_records(req: func.HttpRequest) -> func.HttpResponse:
    """`?search= kind= status= matter= holder= updated_since= top= after=`: newest change first, and `next`."""
    from app.wiring import house
    from service.service import BadCursor
    from service.views import instant

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        service = house().service
        try:
            wanted = _wanted(req.params, await asyncio.to_thread(service.office))
        except ValueError as error:
            return problem(400, "bad_parameter", name=error.args[0])
        try:
            page = await asyncio.to_thread(service.records, viewer, wanted, req.params.get("after"))
        except BadCursor:
            return problem(400, "bad_parameter", name="after")
        following = (
            f"{req.url.partition('?')[0]}?{urlencode({**req.params, 'after': page.next})}" if page.next else None
        )
        return in_json({"as_of": instant(page.as_of), "items": page.items, "next": following})

    return await answered(req, answer, FILTERS)


def _wanted(params: Mapping[str, str], office: Any) -> Any:
    """Read the filters. Raises ValueError with the name of the one that makes no sense."""
    from registry.vocabulary import KINDS, Status
    from service.ports import Wanted

    if (kind := params.get("kind")) is not None and kind not in KINDS:
        raise ValueError("kind")
    if (status := params.get("status")) is not None and status not in set(Status):
        raise ValueError("status")
    top = params.get("top", "50")
    if not top.isascii() or not top.isdigit() or not 1 <= int(top) <= _MOST:
        raise ValueError("top")
    since = _instant(params["updated_since"], "updated_since") if "updated_since" in params else None
    holder = params.get("holder", "")
    by_address = office.by_address(holder) if "@" in holder else None
    person = by_address or office.person(holder)
    return Wanted(
        search=params.get("search", ""),
        matter=params.get("matter", ""),
        kind=kind or "",
        status=status or "",
        holder=person.person_id if person is not None else holder,
        holder_unit=person.unit_id if person is not None and person.clerk else "",
        updated_since=since,
        top=int(top),
    )


def _instant(text: str, name: str) -> datetime:
    """Read an instant with an offset. Raises ValueError with *name* for anything else."""
    try:
        at = datetime.fromisoformat(text)
        at.astimezone(UTC)  # the ends of the calendar have no other zone
    except (ValueError, OverflowError):
        raise ValueError(name) from None
    if at.tzinfo is None:
        raise ValueError(name)
    return at


@bp.route("v1/records/{record_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_record(req: func.HttpRequest) -> func.HttpResponse:
    """`?at=`: the record as it stood at that instant."""
    from app.wiring import house
    from service.service import NotYet

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        record_id, service = req.route_params["record_id"], house().service
        try:
            at = _instant(req.params["at"], "at") if "at" in req.params else None
        except ValueError as error:
            return problem(400, "bad_parameter", name=error.args[0])
        try:
            shown = await asyncio.to_thread(service.show, viewer, record_id, at)
        except NotYet:
            return problem(404, "not_yet")
        return in_json(shown) if shown is not None else problem(404, "no_record")

    return await answered(req, answer, ("at",))


@bp.route("v1/records/{record_id}/sheet", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_sheet(req: func.HttpRequest) -> func.HttpResponse:
    """The procedure sheet, every line with its exact bytes, so that anyone can verify the chain."""
    from app.wiring import house

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        shown = await asyncio.to_thread(house().service.sheet, viewer, req.route_params["record_id"])
        return in_json(shown) if shown is not None else problem(404, "no_record")

    return await answered(req, answer)


@bp.route("v1/records/{record_id}/documents/{sha256}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def open_document(req: func.HttpRequest) -> func.HttpResponse:
    """The exact bytes of the mail or of an annex, offered as a download and never opened where they come from."""
    from app.wiring import house
    from registry.errors import Gone

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        record_id, sha256 = req.route_params["record_id"], req.route_params["sha256"]
        found = await asyncio.to_thread(house().service.document, viewer, record_id, sha256)
        if found is None:
            return problem(404, "no_document")
        name, content_type = found
        try:
            body = await house().archive.get(sha256)
        except Gone:
            return problem(404, "no_document")
        safe = content_type if content_type in _SHOWN_AS_THEY_ARE else "application/octet-stream"
        return func.HttpResponse(body, mimetype=safe, headers=as_download(name))

    what = f"{req.route_params['record_id']}/documents/{req.route_params['sha256']}"
    return await answered_by_link(req, answer, what, ("ticket",))


@bp.route("v1/records/{record_id}/body", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_body(req: func.HttpRequest) -> func.HttpResponse:
    """The letter as its reader saw it, a page that runs and fetches nothing; 409 where there is none to show."""
    from app.wiring import house
    from registry.errors import Gone

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        from graph.letter_page import HEADERS, NothingToShow, letter_page

        record_id = req.route_params["record_id"]
        found = await asyncio.to_thread(house().service.body, viewer, record_id)
        if found is None:
            return problem(404, "no_record")
        if not found:
            return problem(409, "no_body")
        try:
            page = await asyncio.to_thread(letter_page, await house().archive.get(found))
        except Gone:
            return problem(404, "no_document")
        except NothingToShow:
            return problem(409, "body_unreadable")
        return func.HttpResponse(page, mimetype="text/html", charset="utf-8", headers=HEADERS)

    return await answered(req, answer)


@bp.route("v1/reconciliation/{date}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_day(req: func.HttpRequest) -> func.HttpResponse:
    """The day's count for each mailbox, as it was last made, and the signed statement once the day is over."""
    from app.wiring import house

    async def answer(_: "Viewer") -> func.HttpResponse:
        try:
            day = date.fromisoformat(req.route_params["date"])
        except ValueError:
            return problem(400, "bad_parameter", name="date")
        shown = await asyncio.to_thread(house().service.day, day)
        return in_json(shown | {"statement": await house().statements.of(day)})

    return await answered(req, answer)


@bp.route("v1/openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def describe(req: func.HttpRequest) -> func.HttpResponse:
    from functions.openapi import DOCUMENT

    return func.HttpResponse(json.dumps(DOCUMENT, ensure_ascii=False), mimetype="application/json")
