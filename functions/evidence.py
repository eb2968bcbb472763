"""A record to take away: one page, or all of it with the program that verifies it. Judged as every other reading."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions.callers import answered, as_download
from functions.problems import problem

if TYPE_CHECKING:
    from service.views import Viewer

bp = func.Blueprint()


@bp.route("v1/records/{record_id}/dossier", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_dossier(req: func.HttpRequest) -> func.HttpResponse:
    """`?lang=ar` or `en`: one page that opens offline, fetches nothing and runs nothing."""
    from app.wiring import house
    from service.dossier import POLICY
    from texts import LANGUAGES

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        record_id = req.route_params["record_id"]
        lang = next((known for known in LANGUAGES if known == req.params.get("lang", "ar")), None)
        if lang is None:
            return problem(400, "bad_parameter", name="lang")
        page = await house().evidence.dossier(viewer, record_id, lang)
        if page is None:
            return problem(404, "no_record")
        headers = as_download(f"{record_id}-{lang}.html", POLICY)
        return func.HttpResponse(page, mimetype="text/html", charset="utf-8", headers=headers)

    return await answered(req, answer, ("lang",))


@bp.route("v1/records/{record_id}/export", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def export_record(req: func.HttpRequest) -> func.HttpResponse:
    """The record, its sheet, its documents and verify.py in one ZIP file; `Tarasul-Head` says the sheet's last hash."""
    from app.wiring import house
    from service.evidence import LARGEST_EXPORT_BYTES, ExportTooLarge

    async def answer(viewer: "Viewer") -> func.HttpResponse:
        record_id = req.route_params["record_id"]
        try:
            made = await house().evidence.export(viewer, record_id)
        except ExportTooLarge as why:
            size, most = why.size_bytes // 2**20, LARGEST_EXPORT_BYTES // 2**20
            return problem(422, "export_too_large", size=size, most=most)
        if made is None:
            return problem(404, "no_record")
        head, body = made
        headers = as_download(f"{record_id}.zip") | {"Tarasul-Head": head}
        return func.HttpResponse(body, mimetype="application/zip", headers=headers)

    return await answered(req, answer)
