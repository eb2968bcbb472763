"""Who asks, and how they are answered: Entra tokens in, JSON out."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import azure.functions as func

from functions.problems import problem

if TYPE_CHECKING:
    from service.views import Viewer

MAY_READ = frozenset({"Records.Read.All", "Records.ReadWrite.All"})
_SCOPE = "access_as_user"
_FUNCTION_KEY = "code"  # by which Azure Functions lets a caller through, where an operator asks for one


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, and by which app."""

    viewer: "Viewer"
    app_id: str


async def _caller(req: func.HttpRequest, roles: frozenset[str]) -> "Caller | func.HttpResponse":
    """Who asks: a system with one of *roles*, or a person of the directory with a delegated token."""
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
    if caller.roles & roles:
        return Caller(Viewer(None), caller.app_id)
    if _SCOPE not in caller.scopes:
        return problem(403, "role_missing", roles=", ".join(sorted(roles)), scope=_SCOPE)
    person = await asyncio.to_thread(house().service.person, caller.oid)
    if person is None or not person.active:
        return problem(403, "person_unknown")
    return Caller(Viewer(person), caller.app_id)


async def answered_to(
    req: func.HttpRequest,
    answer: Callable[[Caller], Awaitable[func.HttpResponse]],
    roles: frozenset[str],
    query: Collection[str] = (),
) -> func.HttpResponse:
    """Answer whoever may ask by *answer*, and everybody else by what is wrong.

    Args:
        query: The parameters that it takes. A filter that was misspelt must not pass for none: that would show all.
    """
    from registry.errors import Misconfigured, Unavailable

    try:
        caller = await _caller(req, roles)
        if isinstance(caller, func.HttpResponse):
            return caller
        unknown = next((name for name in req.params if name not in query and name != _FUNCTION_KEY), None)
        if unknown is not None:
            return problem(400, "unknown_parameter", name=unknown[:80], known=", ".join(query) or "-")
        return await answer(caller)
    except Unavailable:
        return problem(503, "unavailable")
    except Misconfigured as error:
        return problem(503, "misconfigured", why=error)


async def answered(
    req: func.HttpRequest, answer: "Callable[[Viewer], Awaitable[func.HttpResponse]]", query: Collection[str] = ()
) -> func.HttpResponse:
    """As `answered_to`, whoever may read."""
    return await answered_to(req, lambda caller: answer(caller.viewer), MAY_READ, query)


def in_json(body: Any, *, status: int = 200, **headers: str) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store", **headers},
    )


def as_download(name: str, policy: str = "default-src 'none'") -> dict[str, str]:
    """The headers of bytes that somebody else made: saved under *name*, and never run by a browser."""
    safe = quote(name.replace("/", "-").replace("\\", "-"), safe="")
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{safe}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": f"sandbox; {policy}",
        "Cache-Control": "private, no-store",
    }
