"""Whoever runs us asks here: alive, and ready for letters."""

import asyncio
import json

import azure.functions as func

bp = func.Blueprint()


@bp.route("health/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def live(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("{}", mimetype="application/json")


@bp.route("health/ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def ready(req: func.HttpRequest) -> func.HttpResponse:
    """200 when a letter that arrives now would be registered and put before somebody; else 503 and what is missing.

    `misconfigured` says that waiting does not help: a setting must be put right first.
    """
    from registry.errors import Misconfigured

    misconfigured = False
    try:
        from app.wiring import house

        missing = await asyncio.to_thread(house().not_ready)
    except Misconfigured as error:
        missing, misconfigured = [str(error)], True
    body = json.dumps({"ready": not missing, "misconfigured": misconfigured, "missing": missing}, ensure_ascii=False)
    return func.HttpResponse(body, status_code=503 if missing else 200, mimetype="application/json")
