################################################################
# Who has access to a file: made what it should be
################################################################
#
# Rule 1: what is too much ends first, then what is missing is given: nobody has more than they should in between but
#         for what they had before.
# Rule 2: the owner's access and what a folder passes on are not ours to change, and are left alone. A link gives access
#         to whoever has it, so it ends, but for one that names exactly people who should have just that.
# Rule 3: what is to lie alone is cut off from its folder when it is first given to somebody, and looked at once more: a
#         permission that it still inherits is an operator's matter.
# Rule 4: nobody is written to: people learn of a draft by their card.
#
# Source: https://learn.microsoft.com/graph/api/driveitem-list-permissions, permission-delete, permission-update,
#         driveitem-invite

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from graph.client import GraphClient
from graph.wire import Ask
from registry.errors import Gone, Misconfigured

_MOST_INVITED = 50  # people in one call


class _Identity(msgspec.Struct):
    id: str | None = None


class _Grantee(msgspec.Struct):
    user: _Identity | None = None
    group: _Identity | None = None
    siteGroup: _Identity | None = None

    @property
    def person(self) -> str | None:
        return self.user.id.lower() if self.user is not None and self.user.id else None


class _Permission(msgspec.Struct):
    id: str = ""
    roles: list[str] = []
    grantedToV2: _Grantee | None = None
    grantedTo: _Grantee | None = None
    grantedToIdentitiesV2: list[_Grantee] = []
    link: dict[str, object] | None = None
    inheritedFrom: dict[str, object] | None = None
    error: dict[str, object] | None = None

    @property
    def is_ours_to_change(self) -> bool:
        return self.inheritedFrom is None and "owner" not in self.roles

    @property
    def is_passed_on(self) -> bool:
        return self.inheritedFrom is not None and "owner" not in self.roles

    @property
    def people(self) -> list[str | None]:
        """Ids of those whom it names; None for a group and whatever else is nobody in particular."""
        named = self.grantedToIdentitiesV2 if self.link is not None else [self.grantedToV2 or self.grantedTo]
        return [each.person if each is not None else None for each in named]

    @property
    def role(self) -> str:
        return "write" if "write" in self.roles else "read" if self.roles == ["read"] else "other"


class _Page(msgspec.Struct):
    value: list[_Permission]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


_PAGE = msgspec.json.Decoder(_Page)


async def settle(graph: GraphClient, path: str, wanted: Mapping[str, str], *, alone: bool = False) -> None:
    """Give the item at *path* ("/drives/…/items/…") to exactly those of *wanted*: "read" or "write" by Entra id.

    Raises:
        Gone: It is there no more.
        Misconfigured: Somebody cannot be given access (the others have it); or it is to be *alone*, and inherits some.
    """
    left = {person.lower(): role for person, role in wanted.items()}
    for permission in await _listed(graph, path):
        people = permission.people
        if "owner" in permission.roles and people[0] is not None:
            left.pop(people[0], None)
        if not permission.is_ours_to_change:
            continue
        only = people[0] if len(people) == 1 and permission.link is None else None
        if people and all(who is not None and left.get(who) == permission.role for who in people):
            for who in people:
                left.pop(who or "")
        elif only is not None and only in left and permission.role != "other":
            await _change(graph, path, permission, left.pop(only))
        else:
            await _end(graph, path, permission)
    for role in ("read", "write"):
        missing = sorted(who for who, wants in left.items() if wants == role)
        for start in range(0, len(missing), _MOST_INVITED):
            await _invite(graph, path, missing[start : start + _MOST_INVITED], role, alone=alone)
    if alone and wanted and any(p.is_passed_on for p in await _listed(graph, path)):
        raise Misconfigured("the library passes its permissions on to a draft that is to lie alone")


async def _listed(graph: GraphClient, path: str) -> list[_Permission]:
    listed: list[_Permission] = []
    link: str | None = f"{path}/permissions"
    while link:
        page = await graph.read(Ask("GET", link), _PAGE)
        listed += page.value
        link = page.next_link
    return listed


async def _change(graph: GraphClient, path: str, permission: _Permission, role: str) -> None:
    named = f"{path}/permissions/{quote(permission.id, safe='')}"
    await graph.answer(Ask("PATCH", named, json={"roles": [role]}, repeatable=True))


async def _end(graph: GraphClient, path: str, permission: _Permission) -> None:
    try:
        await graph.answer(Ask("DELETE", f"{path}/permissions/{quote(permission.id, safe='')}", repeatable=True))
    except Gone:
        return


async def _invite(graph: GraphClient, path: str, people: list[str], role: str, *, alone: bool) -> None:
    """Raises Misconfigured for whoever cannot be given access."""
    wanted = {
        "recipients": [{"objectId": who} for who in people],
        "roles": [role],
        "requireSignIn": True,
        "sendInvitation": False,
    }
    wanted |= {"retainInheritedPermissions": False} if alone else {}
    told = await graph.read(Ask("POST", f"{path}/invite", json=wanted, repeatable=True), _PAGE)
    refused = sum(each.error is not None for each in told.value)
    if refused:
        raise Misconfigured(f"{refused} of {len(people)} people cannot be given access to a file")
