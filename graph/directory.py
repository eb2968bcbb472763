################################################################
# The people of the tenant, as Entra ID has them
################################################################
#
# Rule 1: members only, with an address; guests are nobody here.
# Rule 2: msgraph-sdk asks, and its answers are read here: its own models take 9 ms a person and 2 s the first time, in
#         which nothing else runs, and its PageIterator ends at an empty page that has a next one.
#
# Source: https://learn.microsoft.com/graph/api/user-list

import functools
from typing import TYPE_CHECKING

import msgspec

from graph.client import GraphClient, sdk, unparsed
from graph.limits import DIRECTORY_PAGE
from graph.wire import read_json
from service.ports import DirectoryPerson

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient

_SELECTED = [
    *("id", "displayName", "userPrincipalName", "mail", "preferredLanguage", "department", "jobTitle"),
    *("accountEnabled", "userType"),
]


class _Manager(msgspec.Struct):
    id: str


class _User(msgspec.Struct):
    id: str
    displayName: str | None = None
    userPrincipalName: str | None = None
    mail: str | None = None
    preferredLanguage: str | None = None
    department: str | None = None
    jobTitle: str | None = None
    accountEnabled: bool | None = None
    userType: str | None = None
    manager: _Manager | None = None


class _Page(msgspec.Struct):
    value: list[_User]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


_PAGES = msgspec.json.Decoder(_Page)


class GraphDirectory:
    """The Directory port, through msgraph-sdk."""

    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph

    @functools.cached_property
    def _sdk(self) -> "GraphServiceClient":
        return sdk(self._graph)

    async def people(self) -> list[DirectoryPerson]:
        """Everybody. Raises Throttled, Unavailable, Misconfigured."""
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.users.users_request_builder import UsersRequestBuilder

        wanted = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
            select=_SELECTED, expand=["manager($select=id)"], filter="userType eq 'Member'", top=DIRECTORY_PAGE.value
        )
        asked = RequestConfiguration(query_parameters=wanted, options=unparsed())
        builder: UsersRequestBuilder | None = self._sdk.users
        people: list[DirectoryPerson] = []
        while builder is not None:
            answer = await builder.get(asked)
            page = read_json(answer.content, _PAGES)  # type: ignore[union-attr]  # unparsed: what httpx has
            people += [_person(user) for user in page.value if user.mail and user.userType in ("Member", None)]
            builder = builder.with_url(page.next_link) if page.next_link else None
            asked = RequestConfiguration(options=unparsed())
        return people


def _person(user: _User) -> DirectoryPerson:
    return DirectoryPerson(
        person_id=user.id,
        name=user.displayName or user.userPrincipalName or "",
        upn=user.userPrincipalName or "",
        mail=user.mail or "",
        language_tag=user.preferredLanguage or "",
        department=user.department or "",
        post=user.jobTitle or "",
        manager=user.manager.id if user.manager is not None else None,
        active=bool(user.accountEnabled),
    )
