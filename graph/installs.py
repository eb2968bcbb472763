################################################################
# The app in people's Teams
################################################################
#
# Rule 1: it being installed already is as good as installing it; then the chat can be asked for, for Teams tells the
#         bot of it only once.
# Rule 2: the organisation's catalogue names the app by an id of its own, looked up once by the id in our manifest, and
#         again when it is not found any more: a new upload may have got another.
#
# Source: https://learn.microsoft.com/graph/api/userteamwork-post-installedapps

import functools
from typing import TYPE_CHECKING

import msgspec

from graph.client import GraphClient, sdk, unparsed
from graph.wire import read_json
from registry.errors import Changed, Gone, Misconfigured

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient


class _App(msgspec.Struct):
    id: str


class _Found(msgspec.Struct):
    value: list[_App]


_FOUND = msgspec.json.Decoder(_Found)
_CHAT = msgspec.json.Decoder(_App)


class GraphInstalls:
    """The Installs port, through msgraph-sdk.

    Args:
        teams_app_id: The `id` in the app's manifest; in the catalogue it is the `externalId`.
    """

    def __init__(self, graph: GraphClient, teams_app_id: str) -> None:
        self._graph, self._teams_app_id = graph, teams_app_id
        self._catalogued: str | None = None

    @functools.cached_property
    def _sdk(self) -> "GraphServiceClient":
        return sdk(self._graph)

    async def install(self, person: str) -> bool:
        """Install the app for *person*: their chat is told of later, by the bot. False where it was there already.

        Raises:
            Misconfigured: The catalogue does not have the app, the permission is missing, or the person has no Teams.
            Throttled, Unavailable: As for any call.
        """
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.models.user_scope_teams_app_installation import UserScopeTeamsAppInstallation

        catalogued = self._catalogued or await self._look_up()
        app = f"{self._graph.base_url}/appCatalogs/teamsApps/{catalogued}"
        wanted = UserScopeTeamsAppInstallation(additional_data={"teamsApp@odata.bind": app})
        try:
            await self._sdk.users.by_user_id(person).teamwork.installed_apps.post(
                wanted, RequestConfiguration(options=unparsed())
            )
        except Changed:  # 409
            return False
        except Gone as why:
            self._catalogued = None
            raise Misconfigured(f"{person} has no Teams, or the app is not in the catalogue any more: {why}") from why

        return True

    async def chat(self, person: str) -> str | None:
        """The id of *person*'s chat with the bot; None where the app is not there."""
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.users.item.teamwork.installed_apps.installed_apps_request_builder import (
            InstalledAppsRequestBuilder,
        )

        catalogued = self._catalogued or await self._look_up()
        wanted = InstalledAppsRequestBuilder.InstalledAppsRequestBuilderGetQueryParameters(
            filter=f"teamsApp/id eq '{catalogued}'", expand=["teamsApp"]
        )
        installed = self._sdk.users.by_user_id(person).teamwork.installed_apps
        try:
            answer = await installed.get(RequestConfiguration(query_parameters=wanted, options=unparsed()))
            found = read_json(answer.content, _FOUND)  # type: ignore[union-attr]  # unparsed: what httpx has
            if not found.value:
                return None
            one = installed.by_user_scope_teams_app_installation_id(found.value[0].id)
            chat = await one.chat.get(RequestConfiguration(options=unparsed()))
        except Gone:
            return None
        return read_json(chat.content, _CHAT).id  # type: ignore[union-attr]

    async def _look_up(self) -> str:
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.app_catalogs.teams_apps.teams_apps_request_builder import TeamsAppsRequestBuilder

        wanted = TeamsAppsRequestBuilder.TeamsAppsRequestBuilderGetQueryParameters(
            filter=f"externalId eq '{self._teams_app_id}'", select=["id", "externalId"]
        )
        answer = await self._sdk.app_catalogs.teams_apps.get(
            RequestConfiguration(query_parameters=wanted, options=unparsed())
        )
        found = read_json(answer.content, _FOUND)  # type: ignore[union-attr]  # unparsed: what httpx has
        if not found.value:
            raise Misconfigured(f"no app {self._teams_app_id} in the organisation's catalogue: publish it there")
        self._catalogued = found.value[0].id
        return self._catalogued
