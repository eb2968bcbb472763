"""Who asks, and how they are answered: Entra tokens in, JSON out."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions.problems import problem

if TYPE_CHECKING:
    from service.views import Viewer

_ROLES = frozenset({"Records.Read.All", "Records.ReadWrite.All"})
_SCOPE = "access_as_user"


async def _viewer(req: func.HttpRequest) -> "Viewer | func.HttpResponse":
    """Who asks: a system with a role, or a person of the directory with a delegated token."""
    from app.wiring import house
    from graph.entra import Denied
    from registry.errors import Unavailable
    from service.views import Viewer

    try:
        caller = await house().tokens.check(req.headers.get("authorization"))
    except Denied:
        return problem(401, "token_refused")
    except Unavailable:
        return problem(503, "keys_unavailable")
    if caller.roles & _ROLES:
        return Viewer(None)
    if _SCOPE not in caller.scopes:
        return problem(403, "role_missing", roles=", ".join(sorted(_ROLES)), scope=_SCOPE)
    person = await asyncio.to_thread(house().service.person, caller.oid)
    if person is None or not person.active:
        return problem(403, "person_unknown")
    return Viewer(person)


async def answered(
    req: func.HttpRequest, answer: "Callable[[Viewer], Awaitable[func.HttpResponse]]"
) -> func.HttpResponse:
    """Answer whoever may ask by *answer*, and everybody else by what is wrong."""
    from registry.errors import Misconfigured, Unavailable

    try:
        viewer = await _viewer(req)
        return viewer if isinstance(viewer, func.HttpResponse) else await answer(viewer)
    except Unavailable:
        return problem(503, "unavailable")
    except Misconfigured as error:
        return problem(503, "misconfigured", why=error)


def in_json(body: Any) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), mimetype="application/json", headers={"Cache-Control": "no-store"}
    )
