"""Two drives to hold a port to: the fake of the tests, and the tenant's OneDrive with what people do in it."""

import base64
from typing import Any
from urllib.parse import quote

from graph.client import GraphClient
from graph.downloads import LinkedFiles
from graph.drafts import DriveDrafts, marked
from service.drafts_port import DraftPlace, Drafts
from tests.fakes.drafts import FakeDrafts
from tests.graph.world import World

PEOPLE = {
    name: f"7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f{number:04d}"
    for number, name in enumerate(
        ("noura", "abdullah", "huda", "omar", "maryam", "salem", "khalid", "sara", "yousef", "faisal", "laila", "badr"),
        1,
    )
}
LIBRARY = "b!bGlicmFyeS1vZi1kcmFmdHM"
HUDA, OMAR, MARYAM, KHALID = (PEOPLE[name] for name in ("huda", "omar", "maryam", "khalid"))


def upn(person: str) -> str:
    return next(f"{name}@ministry.example" for name, known in PEOPLE.items() if known == person)


class InMemory:
    """The fake, and what people do in it."""

    def __init__(self) -> None:
        self.fake = FakeDrafts()
        self.port: Drafts = self.fake

    def drive_of(self, owner: str | None) -> str:
        return self.fake.drive_of(owner)

    def put_own(self, owner: str, folders: tuple[str, ...], name: str, body: bytes) -> DraftPlace:
        return self.fake.put_own(owner, folders, name, body)

    def name_of(self, name: str, key: str) -> str:
        """What a file that is placed under *key* is called in the drive."""
        return name

    def edit(self, place: DraftPlace, body: bytes, by: str) -> None:
        self.fake.edit(place, body, by)

    def rename(self, place: DraftPlace, name: str, by: str) -> None:
        self.fake.rename(place, name)

    def delete(self, place: DraftPlace, by: str) -> None:
        self.fake.delete(place)

    def hold(self, place: DraftPlace, who: str) -> None:
        self.fake.hold(place, who)

    def let_go(self, place: DraftPlace) -> None:
        self.fake.let_go(place)

    def link(self, place: DraftPlace, by: str) -> None:
        self.fake.link(place)

    def access(self, place: DraftPlace) -> tuple[frozenset[str], frozenset[str], int]:
        return self.fake.access(place)

    def passes_on(self, place: DraftPlace, to: str) -> None:
        """Give the folder that it lies in to somebody."""
        self.fake.given_above[place.drive, self.fake.files[place].folders].add(to)

    def opens(self, place: DraftPlace, who: str) -> bool:
        """Whether somebody can open it, by whatever right."""
        return who in self.fake.opened_by(place)

    def kill_cursors(self) -> None:
        self.fake.kill_cursors()

    def never_signed_in(self, owner: str) -> None:
        self.fake.without.add(owner)

    def end_drive(self, owner: str) -> None:
        self.fake.end_drive(owner)

    def count(self, owner: str | None) -> int:
        drive = self.fake.drive_of(owner)
        return sum(place.drive == drive for place in self.fake.files)

    def lose_the_answer(self, method: str) -> None:
        from registry.errors import Unavailable

        self.fake.faults.add(method, Unavailable("504"), done=True)


class InOneDrive:
    """The tenant's drives, and what people do in them."""

    def __init__(self, world: World, graph: GraphClient, downloads: LinkedFiles, app_id: str) -> None:
        self.world = world
        self.port: Drafts = DriveDrafts(graph, downloads, app_id=app_id, library=LIBRARY)

    def drive_of(self, owner: str | None) -> str:
        return f"b!{owner}" if owner else LIBRARY

    def put_own(self, owner: str, folders: tuple[str, ...], name: str, body: bytes) -> DraftPlace:
        for depth, folder in enumerate(folders):
            above = "/".join(map(quote, folders[:depth]))
            self.world.graph(
                "POST",
                f"/drives/{self.drive_of(owner)}/root{f':/{above}:' if above else ''}/children",
                by=upn(owner),
                json={"name": folder, "folder": {}},
            )
        path = "/".join(map(quote, (*folders, name)))
        made = self._call("PUT", f"/drives/{self.drive_of(owner)}/root:/{path}:/content", by=owner, body=body)
        return DraftPlace(drive=self.drive_of(owner), item=made["id"])

    def name_of(self, name: str, key: str) -> str:
        return marked(name, key)

    def edit(self, place: DraftPlace, body: bytes, by: str) -> None:
        content = base64.b64encode(body).decode()
        self.world.control("POST", f"files/{place.item}/edit", json={"upn": upn(by), "content": content})

    def rename(self, place: DraftPlace, name: str, by: str) -> None:
        self._call("PATCH", f"/drives/{place.drive}/items/{place.item}", by=by, json={"name": name})

    def delete(self, place: DraftPlace, by: str) -> None:
        self._call("DELETE", f"/drives/{place.drive}/items/{place.item}", by=by)

    def hold(self, place: DraftPlace, who: str) -> None:
        self.world.control("POST", f"files/{place.item}/open", json={"upn": upn(who)})

    def let_go(self, place: DraftPlace) -> None:
        self.world.control("POST", f"files/{place.item}/close", json={})

    def link(self, place: DraftPlace, by: str) -> None:
        wanted = {"type": "edit", "scope": "organization"}
        self._call("POST", f"/drives/{place.drive}/items/{place.item}/createLink", by=by, json=wanted)

    def access(self, place: DraftPlace) -> tuple[frozenset[str], frozenset[str], int]:
        file = self.world.control("GET", f"files/{place.item}")
        given = {role: frozenset(p for p, r in file["access"].items() if r == role) for role in ("read", "write")}
        return given["read"], given["write"], len(file["links"])

    def passes_on(self, place: DraftPlace, to: str) -> None:
        item = self._asked("GET", f"/drives/{place.drive}/items/{place.item}")
        folder = f"/drives/{place.drive}/items/{item['parentReference']['id']}"
        wanted = {"recipients": [{"objectId": to}], "roles": ["read"], "requireSignIn": True, "sendInvitation": False}
        self._asked("POST", f"{folder}/invite", json=wanted)

    def opens(self, place: DraftPlace, who: str) -> bool:
        answer = self.world.graph("GET", f"/drives/{place.drive}/items/{place.item}", by=upn(who))
        return bool(answer.status == 200)

    def _asked(self, method: str, path: str, **sent: Any) -> Any:
        """As the product itself."""
        answer = self.world.graph(method, path, **sent)
        assert answer.status < 300, answer
        return answer.json()

    def kill_cursors(self) -> None:
        args = {"code": "resyncChangesApplyDifferences"}
        self.world.faults({"match": "GET */root/delta", "fault": "410", "args": args})

    def never_signed_in(self, owner: str) -> None:
        self.world.control("POST", f"drives/{upn(owner)}", json={"state": "none"})

    def end_drive(self, owner: str) -> None:
        self.world.control("POST", f"drives/{upn(owner)}", json={"state": "gone"})

    def count(self, owner: str | None) -> int:
        return len(self.world.control("GET", f"drives/{upn(owner) if owner else 'library'}")["files"])

    def lose_the_answer(self, method: str) -> None:
        match = {"place": "PUT */content", "remove": "POST */permanentDelete", "set_access": "POST */invite"}[method]
        if method == "remove":  # which looks first
            self.world.faults({"match": match, "fault": "504_after"})
            return
        # Graph itself is asked again where that does no harm: so the first three are lost, and then Graph is silent
        self.world.faults({"match": match, "fault": "504_after"}, {"match": "GET /v1.0/drives/*", "fault": "504"})

    def _call(self, method: str, path: str, *, by: str, **sent: Any) -> Any:
        answer = self.world.graph(method, path, by=upn(by), **sent)
        assert answer.status < 300, answer
        return answer.json() if answer.body else None


type Place = InMemory | InOneDrive
