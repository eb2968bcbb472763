################################################################
# The directory: people, whom they answer to, and what changed
################################################################
#
# Rule 1: the ministry's people.json is read once, at first start; afterwards the world's table holds.
# Rule 2: a registry mailbox is a user too, one that cannot sign in.

from datetime import datetime
from typing import Any

from sandbox.tenant import graph, odata
from sandbox.tenant.changes import ChangeLog
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

USUAL = [
    *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation"),
    *("preferredLanguage", "surname", "userPrincipalName", "id"),
]
KNOWN = [*USUAL, "accountEnabled", "department", "companyName", "employeeId", "userType", "usageLocation", "manager"]
MAX_PAGE = 999


class Directory:
    """The users' table with what is looked up in it, and the order of its changes."""

    def __init__(self, tenant: Tenant) -> None:
        self._world = tenant.world
        self.users = tenant.world.table("users")
        self.removed = tenant.world.table("removed users")
        if not self.users:
            self._settle(tenant.ministry)
        self._by_name: dict[str, str] = {}
        self.log = ChangeLog()
        for user in sorted(self.users.values(), key=lambda user: int(user["seq"])):
            self._index(user)
        for user in sorted(self.removed.values(), key=lambda user: int(user["seq"])):
            self.log.note(user["seq"], user["id"])

    def find(self, who: str) -> Thing | None:
        """The user of this id, sign-in name or address, in whatever case."""
        return self.users.get(self._by_name.get(who.lower(), ""))

    def change(self, user: Thing, **changed: Any) -> Thing:
        """Write new values of Graph's properties."""
        after = {**user, **changed, "seq": self._world.next("directory")}
        self.users[after["id"]] = after
        self._index(after)
        return after

    def remove(self, user: Thing) -> None:
        """Delete somebody: nobody answers to them any more, and delta says that they are gone."""
        del self.users[user["id"]]
        for name in (user["id"], user["userPrincipalName"], user["mail"]):
            self._by_name.pop(name.lower(), None)
        for below in [each for each in self.users.values() if each.get("manager") == user["id"]]:
            self.change(below, manager=None)
        gone = {"id": user["id"], "seq": self._world.next("directory")}
        self.removed[user["id"]] = gone
        self.log.note(gone["seq"], user["id"])

    def _index(self, user: Thing) -> None:
        for name in (user["id"], user["userPrincipalName"], user["mail"]):
            self._by_name[name.lower()] = user["id"]
        self.log.note(user["seq"], user["id"])

    def _settle(self, ministry: dict[str, Any]) -> None:
        ids = {person["upn"]: person["id"] for person in ministry["people"]}
        for person in ministry["people"]:
            self._add(
                person["id"],
                person["upn"],
                displayName=person["name"],
                givenName=person["given_name"],
                surname=person["surname"],
                jobTitle=person["post"],
                department=person["unit"],
                preferredLanguage=person["language"],
                manager=ids.get(person["manager"]),
            )
        for box in ministry["registry_mailboxes"]:
            self._add(box["id"], box["address"], displayName=box["name"], accountEnabled=False)

    def _add(self, user_id: str, address: str, **said: Any) -> None:
        names = {"id": user_id, "userPrincipalName": address, "mail": address}
        empty = {"businessPhones": [], "accountEnabled": True, "userType": "Member", "usageLocation": "KW"}
        self.users[user_id] = {**empty, **names, **said, "seq": self._world.next("directory")}


def find_user(tenant: Tenant, who: str) -> Thing | None:
    """The user of this id, sign-in name or address, in whatever case; None when the directory has none."""
    return tenant.part(Directory).find(who)


def _required(tenant: Tenant, who: graph.Caller, user_id: str) -> Thing:
    if user_id == "me":
        if who.person is None:
            raise refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        user_id = who.person
    user = find_user(tenant, user_id)
    if user is None:
        said = f"Resource '{user_id}' does not exist or one of its queried reference-property objects are not present."
        raise refuse(404, "Request_ResourceNotFound", said)
    return user


def _reader(tenant: Tenant, request: Request, now: datetime) -> graph.Caller:
    who = graph.caller(tenant, request, now)
    graph.require(who, "User.Read.All", "User.ReadBasic.All", "User.Read.All")
    return who


def _shown(tenant: Tenant, user: Thing, names: set[str] | None, *, manager: bool = False) -> dict[str, Any]:
    shown = {name: user.get(name) for name in KNOWN if name in (names or USUAL) and name != "manager"}
    if manager and user.get("manager"):
        above = tenant.part(Directory).users[user["manager"]]
        shown["manager"] = {"@odata.type": "#microsoft.graph.user", **_shown(tenant, above, None)}
    return shown


def _expands_manager(said: dict[str, str], request: Request) -> bool:
    wanted = odata.expansions(said)
    if not wanted:
        return False
    if set(wanted) != {"manager"}:
        raise odata.bad_request("Only 'manager' can be expanded here.")
    if "levels" in wanted["manager"] and request.headers.get("consistencylevel") != "eventual":
        raise odata.bad_request("$levels needs the header ConsistencyLevel: eventual, and $count=true.")
    return True


################################################################
# Routes
################################################################


@ROUTES.on("GET", "/v1.0/users")
def list_users(tenant: Tenant, request: Request, now: datetime) -> Response:
    _reader(tenant, request, now)
    said = odata.options(request, ("select", "filter", "top", "count", "expand", "orderby", "skiptoken"))
    names = odata.selected(said, KNOWN, "microsoft.graph.user")
    manager = _expands_manager(said, request)
    top = odata.whole(said, "top", 100, MAX_PAGE)
    users = list(tenant.part(Directory).users.values())
    if "filter" in said:
        wanted = odata.parse_filter(said["filter"], fold=True)
        users = [user for user in users if wanted.test(user)]
    if "orderby" in said:
        name, _, way = said["orderby"].partition(" ")
        if name not in ("displayName", "userPrincipalName"):
            raise odata.bad_request(f"Sorting by '{name}' is not supported.")
        users.sort(key=lambda user: str(user[name]), reverse=way.strip().lower() == "desc")
    count = len(users) if said.get("count") == "true" else None
    start = 0
    if "skiptoken" in said:
        place = graph.unseal(tenant, said["skiptoken"])
        if place is None:
            raise refuse(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
        start = place["start"]
    following = None
    if start + top < len(users):
        following = graph.page_link(request, said, skiptoken=graph.seal(tenant, {"start": start + top}))
    shown = [_shown(tenant, user, names, manager=manager) for user in users[start : start + top]]
    return graph.collection(request, "users", shown, next_link=following, count=count)


@ROUTES.on("GET", "/v1.0/users/{user_id}")
def get_user(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    who = graph.caller(tenant, request, now)
    graph.require(who, "User.Read.All", "User.Read", "User.ReadBasic.All", "User.Read.All")
    said = odata.options(request, ("select", "expand", "count"))
    names = odata.selected(said, KNOWN, "microsoft.graph.user")
    user = _required(tenant, who, user_id)
    shown = _shown(tenant, user, names, manager=_expands_manager(said, request))
    return json_response({"@odata.context": graph.context(request, "users/$entity"), **shown})


@ROUTES.on("GET", "/v1.0/users/{user_id}/manager")
def get_manager(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    who = _reader(tenant, request, now)
    said = odata.options(request, ("select",))
    names = odata.selected(said, KNOWN, "microsoft.graph.user")
    user = _required(tenant, who, user_id)
    if not user.get("manager"):
        missing = f"Resource 'manager' does not exist or one of its queried reference-property objects of '{user_id}'."
        raise refuse(404, "Request_ResourceNotFound", missing)
    shown = _shown(tenant, tenant.part(Directory).users[user["manager"]], names)
    marks = {
        "@odata.context": graph.context(request, "directoryObjects/$entity"),
        "@odata.type": "#microsoft.graph.user",
    }
    return json_response({**marks, **shown})


@ROUTES.on("GET", "/v1.0/users/{user_id}/directReports")
def get_direct_reports(tenant: Tenant, request: Request, now: datetime, user_id: str) -> Response:
    who = _reader(tenant, request, now)
    said = odata.options(request, ("select", "top"))
    names = odata.selected(said, KNOWN, "microsoft.graph.user")
    above = _required(tenant, who, user_id)
    below = [user for user in tenant.part(Directory).users.values() if user.get("manager") == above["id"]]
    shown = [{"@odata.type": "#microsoft.graph.user", **_shown(tenant, user, names)} for user in below]
    return graph.collection(request, "directoryObjects", shown)


@ROUTES.on("GET", "/v1.0/users/delta")
def users_delta(tenant: Tenant, request: Request, now: datetime) -> Response:
    """$select of the first call fixes what is tracked; the directory forgets a token after 7 days."""
    _reader(tenant, request, now)
    said = odata.options(request, ("select", "deltatoken", "skiptoken"))
    token = said.get("skiptoken") or said.get("deltatoken")
    place: dict[str, Any] = {"after": 0, "select": said.get("select"), "first": True}
    directory = tenant.part(Directory)
    if token == "latest":  # noqa: S105 - a word of the protocol
        place |= {"after": directory.log.last, "first": False}
    elif token is not None:
        known = graph.unseal(tenant, token)
        if known is None or now.timestamp() - known["at"] > 7 * 24 * 3600:
            raise graph.sync_state_lost(f"{request.base}{request.path}")
        place = known
    names = odata.selected(place if place["select"] else {}, KNOWN, "microsoft.graph.user")
    size = odata.whole(graph.preferences(request), "odata.maxpagesize", 100, MAX_PAGE)
    items: list[dict[str, Any]] = []
    after, more = place["after"], False
    for number, user_id in directory.log.since(after):
        if len(items) == size:
            more = True
            break
        after = number
        if user_id in directory.removed:
            if not place["first"]:
                items.append({"id": user_id, "@removed": {"reason": "changed"}})
            continue
        user = directory.users[user_id]
        items.append({"id": user["id"], **_shown(tenant, user, names), **_tracked_manager(user, names)})
    first = place["first"] and more
    sealed = graph.seal(tenant, {**place, "after": after, "first": first, "at": now.timestamp()})
    link = f"{request.base}/v1.0/users/delta?$" + ("skiptoken=" if more else "deltatoken=") + sealed
    return graph.collection(
        request, "users", items, next_link=link if more else None, delta_link=None if more else link
    )


def _tracked_manager(user: Thing, names: set[str] | None) -> dict[str, Any]:
    if names is None or "manager" not in names or not user.get("manager"):
        return {}
    return {"manager@delta": [{"@odata.type": "#microsoft.graph.user", "id": user["manager"]}]}
