"""Whether a letter is ours, for anybody who has it in their hand. Nobody signs in; nothing secret is told."""

import asyncio

import azure.functions as func

from functions.callers import in_json
from functions.problems import problem
from functions.rates import Rate, address_of

bp = func.Blueprint()
_RATE = Rate(each=60, all_of_them=1_200)  # a minute


@bp.route("v1/verify/{token}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def verify_letter(req: func.HttpRequest) -> func.HttpResponse:
    """A page, or JSON where that is asked for: the letter whose QR code says *token*, or whose file has that hash."""
    from app.wiring import clock, house
    from registry.errors import Misconfigured, Unavailable
    from service.verify_page import POLICY, verify_page

    if (wait_s := _RATE.wait_s(address_of(req), clock())) > 0:
        answer = problem(429, "too_often", seconds=wait_s)
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    try:
        told = await asyncio.to_thread(house().verifying.look, req.route_params["token"])
    except Unavailable:
        return problem(503, "unavailable")
    except Misconfigured as error:
        return problem(503, "misconfigured", why=error)
    status = 200 if told is not None else 404
    if "application/json" in req.headers.get("accept", ""):
        return in_json(told, status=status) if told is not None else problem(404, "not_our_letter")
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return func.HttpResponse(
        verify_page(told), status_code=status, mimetype="text/html", charset="utf-8", headers=headers
    )
