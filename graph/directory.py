################################################################
# The people of the tenant, as Entra ID has them
################################################################
#
# Rule 1: members only, with an address; guests and rooms of others are nobody here.
# Rule 2: pages are followed by hand: msgraph-sdk's PageIterator ends at an empty page that has a next one.
#
# Source: https://learn.microsoft.com/graph/api/user-list

import functools
from typing import TYPE_CHECKING

from graph.client import GraphClient, sdk
from service.ports import DirectoryPerson

if TYPE_CHECKING:
    from msgraph.generated.models.user import User
    from msgraph.graph_service_client import GraphServiceClient

_SELECTED = [
    *("id", "displayName", "userPrincipalName", "mail", "preferredLanguage", "department", "jobTitle"),
    *("accountEnabled", "userType"),
]
_PAGE = 100  # the SDK takes milliseconds for each person, during which nothing else runs


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
            select=_SELECTED, expand=["manager($select=id)"], filter="userType eq 'Member'", top=_PAGE
        )
        users = self._sdk.users
        page = await users.get(RequestConfiguration(query_parameters=wanted))
        people: list[DirectoryPerson] = []
        while page is not None:
            people += [_person(user) for user in page.value or [] if user.id and user.mail]
            page = await users.with_url(page.odata_next_link).get() if page.odata_next_link else None
        return people


def _person(user: "User") -> DirectoryPerson:
    return DirectoryPerson(
        person_id=user.id or "",
        name=user.display_name or user.user_principal_name or "",
        upn=user.user_principal_name or "",
        mail=user.mail or "",
        language_tag=user.preferred_language or "",
        department=user.department or "",
        post=user.job_title or "",
        manager=user.manager.id if user.manager is not None else None,
        active=bool(user.account_enabled),
    )
