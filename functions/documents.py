"""What changed between two versions of a draft's Word file, as a page; and documents for who has a link to them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

import azure.functions as func

from functions.callers import answered, as_download
from functions.problems import problem

if TYPE_CHECKING:
    from service.views import Viewer

bp = func.Blueprint()


async def answered_by_link(
    req: func.HttpRequest,
    answer: "Callable[[Viewer], Awaitable[func.HttpResponse]]",
    what: str,
    query: Collection[str] = (),
) -> func.HttpResponse:
    """Answer who has a link to *what* (service/links.py) as whom it is for, and everybody else by their token."""
    from app.wiring import house
    from registry.errors import Unavailable
    from service.views import Viewer

    ticket = req.params.get("ticket")
    if ticket is None:
        return await answered(req, answer, query)
    try:
        person = await asyncio.to_thread(house().service.person, house().links.holder(ticket, what) or "")
        if person is None or not person.active:
            return problem(401, "link_refused")
        return await answer(Viewer(person))
    except Unavailable:
        return problem(503, "unavailable")


@bp.route("v1/records/{record_id}/comparison/{before}/{after}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def compare_versions(req: func.HttpRequest) -> func.HttpResponse:
    """`?lang=ar` or `en`: what changed between two versions of the draft, by their SHA-256; words alone."""
    from app.wiring import house
    from registry.errors import Gone
    from service.comparing import POLICY
    from texts import LANGUAGES

    record_id, before, after = (req.route_params[n] for n in ("record_id", "before", "after"))

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        lang = next((known for known in LANGUAGES if known == req.params.get("lang", "ar")), None)
        if lang is None:
            return problem(400, "bad_parameter", name="lang")
        try:
            page = await house().comparing.page(viewer, record_id, before, after, lang)
        except Gone:
            page = None
        if page is None:
            return problem(404, "no_document")
        headers = as_download(f"{record_id}-{lang}.html", POLICY)
        headers["Content-Disposition"] = "inline"
        return func.HttpResponse(page, mimetype="text/html", charset="utf-8", headers=headers)

    return await answered_by_link(req, answer, f"{record_id}/comparison/{before}/{after}", ("lang", "ticket"))
