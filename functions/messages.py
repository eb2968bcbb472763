"""Teams knocks here: what people press and say. The answer goes back in the same response."""

import json
import typing

import azure.functions as func

from functions.bells import BELL

bp = func.Blueprint()


@bp.route("messages", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("effects", queue_name="effects", connection="AzureWebJobsStorage")
async def receive_activity(req: func.HttpRequest, effects: func.Out[typing.List[str]]) -> func.HttpResponse:
    """401 or 403 for whoever is not the channel; 200 with the card for a press; 503 while its keys are out of reach."""
    from app.wiring import house

    answer = await house().bot.receive(req.get_body(), req.headers.get("authorization"))
    effects.set([BELL] if answer.rang else [])
    if answer.body is None:
        return func.HttpResponse(status_code=answer.status)
    return func.HttpResponse(
        json.dumps(answer.body, ensure_ascii=False), status_code=answer.status, mimetype="application/json"
    )
