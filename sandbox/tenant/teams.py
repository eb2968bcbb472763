################################################################
# Teams as Graph shows it: the app catalogue, and who has the app installed
################################################################
#
# Rule 1: the app manages its own installations only, and needs the application permission for it.
# Rule 2: installing makes the personal chat at once; the bot hears of it a moment later, from the channel.
#
# Source: https://learn.microsoft.com/graph/api/userteamwork-post-installedapps and …/appcatalogs-list-teamsapps

import re
import uuid
from datetime import datetime

from sandbox.tenant import chats, graph, odata, presses
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

INSTALL = "TeamsAppInstallation.ReadWriteSelfForUser.All"
CATALOGUE = "AppCatalog.Read.All"


def manifest_id(tenant: Tenant) -> str:
    """The id in the app's own manifest: what Graph calls externalId."""
    return str(tenant.ministry["app"].get("manifest_id") or chats.app_id(tenant))


def catalogue_id(tenant: Tenant) -> str:
    """The id that the tenant's app catalogue gave the app."""
    return str(uuid.uuid5(uuid.UUID(tenant.ministry["tenant_id"]), manifest_id(tenant)))


def _app(tenant: Tenant) -> Thing:
    return {
        "id": catalogue_id(tenant),
        "externalId": manifest_id(tenant),
        "displayName": tenant.ministry["app"]["name"],
        "distributionMethod": "organization",
    }


@ROUTES.on("GET", "/v1.0/appCatalogs/teamsApps")
def list_apps(tenant: Tenant, request: Request, now: datetime) -> Response:
    graph.require(graph.caller(tenant, request, now), CATALOGUE)
    options = odata.options(request, ("filter", "select", "expand"))
    found = [app for app in [_app(tenant)] if _fits(app, options)]
    return graph.collection(request, "appCatalogs/teamsApps", found)


@ROUTES.on("POST", "/v1.0/users/{user}/teamwork/installedApps")
def install(tenant: Tenant, request: Request, now: datetime, user: str) -> Response:
    someone = _teams_user(tenant, request, now, user)
    bound = str(graph.body_of(request).get("teamsApp@odata.bind"))
    named = re.search(r"/appCatalogs/teamsApps(?:/|\(')([^/')]+)", bound)
    if named is None:
        raise refuse(400, "BadRequest", "Bad Request: teamsApp@odata.bind must name an app of the catalogue.")
    if named[1] != catalogue_id(tenant):
        raise refuse(404, "NotFound", "App is not found in the app catalog.")
    if chats.installed(tenant, someone["id"]) is not None:
        raise refuse(409, "Conflict", "The app is already installed for the user.")
    chats.install(tenant, someone["id"], now)
    presses.announce(tenant, someone["id"], "add", now)
    return Response(201)


@ROUTES.on("GET", "/v1.0/users/{user}/teamwork/installedApps")
def list_installations(tenant: Tenant, request: Request, now: datetime, user: str) -> Response:
    someone = _teams_user(tenant, request, now, user)
    options = odata.options(request, ("filter", "expand", "select", "top"))
    installation = chats.installed(tenant, someone["id"])
    found = [one for one in ([_shown(tenant, installation)] if installation else []) if _fits(one, options)]
    if "teamsApp" not in odata.expansions(options):
        found = [{"id": one["id"]} for one in found]
    return graph.collection(request, f"users('{someone['id']}')/teamwork/installedApps", found)


@ROUTES.on("GET", "/v1.0/users/{user}/teamwork/installedApps/{installation}")
def get_installation(tenant: Tenant, request: Request, now: datetime, user: str, installation: str) -> Response:
    shown = _shown(tenant, _installation(tenant, request, now, user, installation))
    if "teamsApp" not in odata.expansions(odata.options(request, ("expand", "select"))):
        del shown["teamsApp"]
    return json_response(shown)


@ROUTES.on("GET", "/v1.0/users/{user}/teamwork/installedApps/{installation}/chat")
def get_chat(tenant: Tenant, request: Request, now: datetime, user: str, installation: str) -> Response:
    """The chat's id here is not the channel's, and the connector takes it all the same."""
    found = _installation(tenant, request, now, user, installation)
    chat = chats.chat_of(tenant, found["user_id"])
    assert chat is not None
    return json_response(
        {
            "@odata.context": graph.context(request, "chats/$entity"),
            "id": chats.graph_chat_id(tenant, found["user_id"]),
            "chatType": "oneOnOne",
            "topic": None,
            "createdDateTime": chat["created_at"],
            "tenantId": tenant.ministry["tenant_id"],
        }
    )


@ROUTES.on("DELETE", "/v1.0/users/{user}/teamwork/installedApps/{installation}")
def remove(tenant: Tenant, request: Request, now: datetime, user: str, installation: str) -> Response:
    found = _installation(tenant, request, now, user, installation)
    chats.uninstall(tenant, found["user_id"])
    presses.announce(tenant, found["user_id"], "remove", now)
    return Response(204)


################################################################
# Parts of the above
################################################################


def _teams_user(tenant: Tenant, request: Request, now: datetime, user: str) -> Thing:
    """The person, when the caller may manage the app for them: 403 without the permission, 404 without Teams."""
    graph.require(graph.caller(tenant, request, now), INSTALL)
    someone = chats.person(tenant, user)
    if someone is None:
        raise refuse(404, "NotFound", f"The user '{user}' was not found, or has no Teams.")
    return someone


def _installation(tenant: Tenant, request: Request, now: datetime, user: str, installation: str) -> Thing:
    found = chats.installed(tenant, _teams_user(tenant, request, now, user)["id"])
    if found is None or found["id"] != installation:
        raise refuse(404, "NotFound", "The installation was not found.")
    return found


def _shown(tenant: Tenant, installation: Thing) -> Thing:
    return {"id": installation["id"], "teamsApp": _app(tenant)}


def _fits(thing: Thing, options: dict[str, str]) -> bool:
    return "filter" not in options or odata.parse_filter(options["filter"]).test(thing)
