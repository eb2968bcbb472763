################################################################
# The controls under /sandbox/: what people and tests do to the tenant that no Microsoft service offers
################################################################
#
# Rule 1: loopback only, so no token is asked. What a person does in Outlook or Teams is no control: it is a Graph call.
# Rule 2: the passages to the product add nothing of their own; the caller sends its own Authorization.

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from sandbox.tenant import entra, faults, tokens
from sandbox.tenant.directory import Directory, find_user
from sandbox.tenant.drive import convert
from sandbox.tenant.graph import body_of
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import NO_ANSWER, Request, Response, Steps, json_response, refuse

ROUTES = Routes()

API_SCOPE = "access_as_user"
PASSED_ON = ("authorization", "content-type", "accept", "accept-language", "idempotency-key", "if-match")
GIVEN_BACK = ("content-type", "content-disposition", "etag", "location", "retry-after")


def offset_s(tenant: Tenant) -> float:
    """By how many seconds the tenant's clock is ahead of the machine's."""
    return float(tenant.world.table("settings").get("clock", {"offset_s": 0.0})["offset_s"])


@ROUTES.on("GET", "/sandbox/state")
def state(tenant: Tenant, request: Request, now: datetime) -> Response:
    ministry = tenant.ministry
    told = ("upn", "name", "unit", "post", "id", "language")
    return json_response(
        {
            "now": now.isoformat(),
            "offset_s": offset_s(tenant),
            "people": [{name: person[name] for name in told} for person in ministry["people"]],
            "registry_mailboxes": [box["address"] for box in ministry["registry_mailboxes"]],
            "tenant_id": ministry["tenant_id"],
            "tenant_name": ministry["tenant_name"],
            "domain": ministry["domain"],
            "app_id": ministry["app"]["app_id"],
            "outside_mailboxes": ministry["outside_mailboxes"],
            "product_url": tenant.place.host_url,
            "converts": convert.way_of(tenant),
            "waiting": tenant.deliveries.listed(),
            "mailbox_peaks": tenant.limits.peaks,
        }
    )


@ROUTES.on("POST", "/sandbox/token")
def issue_token(tenant: Tenant, request: Request, now: datetime) -> Response:
    """A person's token for Graph or for the product's API, or the app's own for the API."""
    asked = body_of(request)
    audience = tokens.GRAPH
    if asked.get("audience") == "api":
        audience = f"api://{tenant.ministry['app']['app_id']}"
    elif asked.get("audience") not in (None, "graph"):
        raise refuse(400, "BadRequest", "audience is 'graph' or 'api'.")
    if "roles" in asked:
        return entra.granted(tokens.issue_to_app(tenant, audience, list(asked["roles"]), now))
    user = find_user(tenant, str(asked.get("upn")))
    if user is None:
        raise refuse(404, "NotFound", f"Nobody here is called {asked.get('upn')}.")
    scopes = API_SCOPE if audience != tokens.GRAPH else entra.DELEGATED
    return entra.granted(tokens.issue_to_person(tenant, audience, user, scopes, now))


@ROUTES.on("GET", "/sandbox/faults")
def list_faults(tenant: Tenant, request: Request, now: datetime) -> Response:
    return json_response(faults.listed(tenant.world, now))


@ROUTES.on("POST", "/sandbox/faults")
def set_faults(tenant: Tenant, request: Request, now: datetime) -> Response:
    """Put these rules in the place of those before; an empty list ends all faults."""
    asked = body_of(request)
    rules = asked.get("rules", [])
    for rule in rules:
        if not {"match", "fault"} <= rule.keys() or not faults.known(rule["fault"]):
            raise refuse(400, "BadRequest", f"Each rule needs a match and a known fault, unlike {rule}.")
    faults.set_rules(tenant.world, int(asked.get("seed", 0)), rules, now)
    return json_response(faults.listed(tenant.world, now))


@ROUTES.on("POST", "/sandbox/clock")
def advance_clock(tenant: Tenant, request: Request, now: datetime) -> Steps:
    """Shift the tenant's clock, and the host's to the same instant."""
    advance_s = float(body_of(request).get("advance_s", 0))
    total = offset_s(tenant) + advance_s
    sent = json_response({"offset_s": total})
    told = yield Request("POST", f"{tenant.place.host_url}/sandbox/clock", sent.headers, sent.body, timeout_s=5)
    tenant.world.table("settings")["clock"] = {"offset_s": total}
    at = now + timedelta(seconds=advance_s)
    return json_response({"now": at.isoformat(), "offset_s": total, "host": told.status})


@ROUTES.on("POST", "/sandbox/channel-key")
def change_channel_key(tenant: Tenant, request: Request, now: datetime) -> Response:
    """From now on the bot's channel signs with a new key; the old one stays published."""
    return json_response({"kid": tenant.part(tokens.Keys).change("channel")})


@ROUTES.on("PATCH", "/sandbox/people/{upn}")
def change_person(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """Change what the directory says of a person, in Graph's names: {"accountEnabled": false}."""
    user = find_user(tenant, upn)
    if user is None:
        raise refuse(404, "NotFound", f"Nobody here is called {upn}.")
    changed: dict[str, Any] = {k: v for k, v in body_of(request).items() if k not in ("id", "seq")}
    return json_response(tenant.part(Directory).change(user, **changed))


################################################################
# The passages to the product
################################################################


@ROUTES.on("GET", "/sandbox/product/{path:path}")
@ROUTES.on("POST", "/sandbox/product/{path:path}")
def pass_to_product(tenant: Tenant, request: Request, now: datetime, path: str) -> Steps:
    return (yield from _pass(tenant, request, f"/api/{path}"))


@ROUTES.on("GET", "/sandbox/host/{path:path}")
@ROUTES.on("POST", "/sandbox/host/{path:path}")
def pass_to_host(tenant: Tenant, request: Request, now: datetime, path: str) -> Steps:
    return (yield from _pass(tenant, request, f"/sandbox/{path}"))


def _pass(tenant: Tenant, request: Request, path: str) -> Generator[Request, Response, Response]:
    query = urlsplit(request.url).query
    url = f"{tenant.place.host_url}{quote(path, safe='/:')}" + (f"?{query}" if query else "")
    headers = {name: value for name, value in request.headers.items() if name in PASSED_ON}
    told = yield Request(request.method, url, headers, request.body)
    if told.status == NO_ANSWER.status:
        raise refuse(502, "HostDown", "The functions host does not answer.")
    return Response(told.status, {k: v for k, v in told.headers.items() if k in GIVEN_BACK}, told.body)
