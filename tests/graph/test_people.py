"""The people of the tenant and the app in their Teams, whoever keeps them; and msgraph-sdk's ways."""

import subprocess
import sys

import pytest

from graph.client import GraphClient
from graph.directory import GraphDirectory
from graph.installs import GraphInstalls
from registry.errors import Misconfigured, Throttled, Unavailable
from service.ports import Directory, DirectoryPerson, Installs
from tests.fakes.directory import FakeDirectory
from tests.fakes.installs import FakeInstalls
from tests.graph.scripted import Say, asking, error
from tests.graph.world import Judge, World
from tests.programs import REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # msgraph-sdk's own, one for each builder

NOURA = "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0001"
KHALID = "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0007"
ABDULLAH = "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0002"
CLERK = DirectoryPerson(
    person_id=ABDULLAH,
    name="عبدالله الرشيدي",
    upn="abdullah@ministry.example",
    mail="abdullah@ministry.example",
    language_tag="ar-KW",
    department="السجل العام",
    post="موظف السجل",
    manager=NOURA,
    active=True,
)


class TestDirectory:
    @pytest.fixture(params=["fake", "graph"])
    def directory(self, request: pytest.FixtureRequest) -> Directory:
        return FakeDirectory([CLERK]) if request.param == "fake" else GraphDirectory(request.getfixturevalue("graph"))

    async def test_a_person_is_shown_with_all_that_the_office_needs(self, directory: Directory) -> None:
        assert CLERK in await directory.people()

    async def test_whoever_may_not_sign_in_is_there_and_not_active(self, graph: GraphClient) -> None:
        people = {person.upn: person for person in await GraphDirectory(graph).people()}
        assert not people["registry@ministry.example"].active
        assert len(people) == 13

    async def test_guests_and_whoever_has_no_address_are_nobody_here(self, world: World, graph: GraphClient) -> None:
        world.control("PATCH", "people/badr@ministry.example", json={"userType": "Guest"})
        world.control("PATCH", "people/laila@ministry.example", json={"mail": ""})
        names = {person.upn for person in await GraphDirectory(graph).people()}
        assert {"badr@ministry.example", "laila@ministry.example"} & names == set()
        world.control("PATCH", "people/badr@ministry.example", json={"userType": "Member"})
        world.control("PATCH", "people/laila@ministry.example", json={"mail": "laila@ministry.example"})

    async def test_an_empty_page_does_not_end_the_list(self) -> None:
        def page(items: str, more: str = "") -> Say:
            return Say(body=f'{{"value":[{items}]{more}}}'.encode(), headers={"content-type": "application/json"})

        async with asking() as (client, script):
            following = f',"@odata.nextLink":"{script.url}/v1.0/users?$skiptoken=%s"'
            script.answers = [
                page('{"id":"1","mail":"a@x","displayName":null}', following % "a"),
                page("", following % "b"),
                page(
                    '{"id":"2","mail":"b@x","userType":"Member"},{"id":"3","mail":null},{"id":"4","mail":"d@x","userType":"Guest"}'
                ),
            ]
            people = await GraphDirectory(client).people()
        assert [(p.person_id, p.active) for p in people] == [("1", False), ("2", False)]
        assert [asked.path for asked in script.asked[1:]] == ["/v1.0/users?$skiptoken=a", "/v1.0/users?$skiptoken=b"]

    async def test_a_page_that_leads_elsewhere_is_refused_and_no_token_leaves(self) -> None:
        page = b'{"value":[],"@odata.nextLink":"https://evil.example/v1.0/users"}'
        async with asking(Say(body=page, headers={"content-type": "application/json"})) as (client, script):
            with pytest.raises(Misconfigured):
                await GraphDirectory(client).people()
        assert len(script.asked) == 1

    @pytest.mark.parametrize(
        ("answer", "meaning"),
        [
            (error(403, "Authorization_RequestDenied"), Misconfigured),
            (error(429, retry_after="600"), Throttled),
            (Say(body=b"<html>", headers={"content-type": "text/html"}), Unavailable),
        ],
    )
    async def test_what_goes_wrong_is_said_as_everywhere(self, answer: Say, meaning: type[Exception]) -> None:
        async with asking(answer) as (client, script):
            with pytest.raises(meaning):
                await GraphDirectory(client).people()
        assert len(script.asked) == 1


class TestInstalls:
    @pytest.fixture(params=["fake", "graph"])
    def installs(self, request: pytest.FixtureRequest) -> Installs:
        if request.param == "fake":
            return FakeInstalls(without_teams=frozenset({"nobody"}))
        world: World = request.getfixturevalue("world")
        return GraphInstalls(request.getfixturevalue("graph"), world.state["app_id"])

    async def test_installing_twice_is_no_fault_and_is_told(self, installs: Installs) -> None:
        await installs.install(NOURA)
        assert await installs.install(NOURA) is False

    async def test_the_chat_of_whoever_has_the_app_can_be_asked_for(self, installs: Installs) -> None:
        await installs.install(NOURA)
        assert await installs.chat(NOURA)
        assert await installs.chat(KHALID) is None

    async def test_whoever_has_no_teams_is_an_operators_turn(self, installs: Installs) -> None:
        with pytest.raises(Misconfigured):
            await installs.install("nobody")

    async def test_the_app_is_installed_for_the_person(self, world: World, graph: GraphClient) -> None:
        await GraphInstalls(graph, world.state["app_id"]).install(ABDULLAH)
        assert world.control("GET", "teams/abdullah@ministry.example/chats")

    async def test_the_catalogue_is_asked_once(self, world: World, graph: GraphClient, judge: Judge) -> None:
        installs = GraphInstalls(graph, world.state["app_id"])
        for person in (NOURA, ABDULLAH):
            await installs.install(person)
        assert [method for method, _, _ in judge.calls] == ["GET", "POST", "POST"]

    async def test_an_app_that_is_not_in_the_catalogue_is_an_operators_turn(self, graph: GraphClient) -> None:
        with pytest.raises(Misconfigured, match="catalogue"):
            await GraphInstalls(graph, "00000000-0000-4000-8000-000000000000").install(NOURA)

    async def test_after_a_new_upload_the_catalogue_is_asked_again(self) -> None:
        def app(number: int) -> Say:
            return Say(
                body=f'{{"value":[{{"id":"app-{number}"}}]}}'.encode(), headers={"content-type": "application/json"}
            )

        gone, done = error(404, "NotFound"), Say(201, b"")
        async with asking(app(1), done, gone, app(2), done) as (client, script):
            installs = GraphInstalls(client, "manifest-id")
            await installs.install("a")
            with pytest.raises(Misconfigured):
                await installs.install("b")
            await installs.install("b")
        bodies = [asked.body for asked in script.asked if asked.method == "POST"]
        assert [b"app-1" in body for body in bodies] == [True, True, False]
        assert b'/v1.0/appCatalogs/teamsApps/app-2"' in bodies[-1]

    async def test_a_change_whose_outcome_is_unknown_is_not_asked_again_by_the_sdk(self) -> None:
        catalogue = Say(body=b'{"value":[{"id":"app-1"}]}', headers={"content-type": "application/json"})
        async with asking(catalogue, error(504)) as (client, script):
            with pytest.raises(Unavailable):
                await GraphInstalls(client, "manifest-id").install("a")
        assert [asked.method for asked in script.asked] == ["GET", "POST"]


def test_the_sdk_is_loaded_when_it_is_first_used_and_not_before() -> None:
    script = (
        "import sys, graph.directory, graph.installs, graph.mailbox, graph.subscriptions;"
        "print(*{m.partition('.')[0] for m in sys.modules} & {'msgraph', 'kiota_abstractions', 'httpx', 'sandbox'})"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
