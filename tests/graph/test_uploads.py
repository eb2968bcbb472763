"""Large files on their way into a draft: whatever breaks, each is there once and whole; and they go nowhere else."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from graph.client import GraphClient, Manners
from graph.mailbox import OutlookMailbox
from graph.uploads import PIECE, UPLOAD, _Outlook
from registry.errors import Misconfigured, TarasulError
from service.sending_ports import BytesOf, Enclosure, LetterMail
from tests.graph.world import REGISTRY, Judge, World, client_of

SMALL, LARGE = b"%PDF small", bytes(range(256)) * ((PIECE + 64 * 1024) // 256)
FILES = {"كتاب.pdf": SMALL, "خرائط.pdf": LARGE}
PIECES = "PUT /outlook/attachment-sessions/*"


@pytest.fixture
async def graph(world: World, judge: Judge) -> AsyncIterator[GraphClient]:
    """A client without patience: the next try is the outbox's."""
    client = client_of(world, judge, Manners(patience_s=0.1))
    yield client
    await client.close()


def letter() -> LetterMail:
    enclosures = tuple(
        Enclosure(name=name, content_type="application/pdf", sha256=f"{n:064x}", size_bytes=len(body))
        for n, (name, body) in enumerate(FILES.items())
    )
    return LetterMail(to="registry@bank.example", subject="كتاب", html="<p>x</p>", enclosures=enclosures)


async def bytes_of(file: Enclosure) -> bytes:
    return FILES[file.name]


def enclosed(world: World, draft_id: str) -> dict[str, int]:
    path = f"/users/{REGISTRY}/messages/{quote(draft_id)}/attachments?$select=id,name,size"
    listed = world.graph("GET", path).json()["value"]
    assert len({one["name"] for one in listed}) == len(listed), "a file is there twice"
    return {one["name"]: one["size"] for one in listed}


def noted(world: World, draft_id: str) -> str:
    """What stands on the draft of a file that is on its way."""
    query = f"?$select=id&$expand=singleValueExtendedProperties($filter=id eq '{quote(UPLOAD)}')"
    found = world.item(draft_id, query.replace(" ", "%20"))
    return next((str(p["value"]).strip() for p in found.get("singleValueExtendedProperties", ())), "")


async def until_it_is_there(
    graph: GraphClient, world: World, key: str, *, struck: int = 1, fetch: BytesOf = bytes_of
) -> str:
    """As the outbox does: one try after the other, each by somebody who knows of none before; the draft's id. What is
    wrong is wrong no more after so many strikes."""
    for _ in range(12):
        try:
            return (await OutlookMailbox(graph, REGISTRY).draft_letter(letter(), fetch, key=key)).item_id
        except TarasulError:
            if world.struck() >= struck:
                world.faults()
    raise AssertionError("it never was")


@pytest.mark.parametrize(
    ("match", "fault", "times"),
    [
        ("POST */messages", "504_after", 1),
        ("POST */messages", "lost", 1),
        ("POST */attachments", "504_after", 1),
        ("POST */attachments", "lost", 1),
        ("POST */createUploadSession", "504_after", 1),
        ("PATCH */messages/*", "504_after", 1),
        (PIECES, "504", 2),
        (PIECES, "504_after", 1),
        (PIECES, "504_after", 2),
        (PIECES, "504_after", 3),
        (PIECES, "lost", 3),
        (PIECES, "reset", 2),
        (PIECES, "429", 1),
        ("GET /outlook/attachment-sessions/*", "504", 1),
    ],
)
async def test_a_lost_answer_at_any_call_leaves_one_draft_with_every_file_once(
    graph: GraphClient, world: World, match: str, fault: str, times: int
) -> None:
    before = {item["id"] for item in world.in_folder("drafts")}
    world.faults({"match": match, "fault": fault, "args": {"retry_after": 0}})
    key = f"letter:{match}:{fault}:{times}:1:1"
    draft = await until_it_is_there(graph, world, key, struck=times)
    assert {item["id"] for item in world.in_folder("drafts")} - before == {draft}
    assert enclosed(world, draft).keys() == FILES.keys()
    assert noted(world, draft) == ""


async def test_an_upload_goes_on_where_it_was(graph: GraphClient, world: World, judge: Judge) -> None:
    world.faults({"match": PIECES, "fault": "504_after"})
    draft = await until_it_is_there(graph, world, "letter:goes-on:1:1")
    asked = [path for method, path, _ in judge.calls if method == "POST" and path.endswith("createUploadSession")]
    assert len(asked) == 1, "begun once, gone on with by another"
    assert enclosed(world, draft).keys() == FILES.keys()


async def test_an_upload_whose_time_is_over_begins_anew(graph: GraphClient, world: World, judge: Judge) -> None:
    world.faults({"match": PIECES, "fault": "504_after"})
    with pytest.raises(TarasulError):
        await OutlookMailbox(graph, REGISTRY).draft_letter(letter(), bytes_of, key="letter:anew:1:1")
    world.faults({"match": "GET /outlook/attachment-sessions/*", "fault": "404"})
    draft = await until_it_is_there(graph, world, "letter:anew:1:1")
    assert enclosed(world, draft).keys() == FILES.keys()
    assert len([1 for method, path, _ in judge.calls if method == "POST" and "createUpload" in path]) > 1


async def test_the_bytes_arrive_as_they_were(graph: GraphClient, world: World) -> None:
    draft = await until_it_is_there(graph, world, "letter:bytes:1:1")
    path = f"/users/{REGISTRY}/messages/{quote(draft)}/attachments"
    by_name = {one["name"]: one["id"] for one in world.graph("GET", f"{path}?$select=id,name").json()["value"]}
    for name, body in FILES.items():
        assert world.graph("GET", f"{path}/{quote(by_name[name])}/$value").body == body


async def test_a_file_that_is_there_is_not_read_again(graph: GraphClient, world: World) -> None:
    read: list[str] = []

    async def counted(file: Enclosure) -> bytes:
        read.append(file.name)
        return FILES[file.name]

    for _ in range(2):
        await until_it_is_there(graph, world, "letter:once:1:1", fetch=counted)
    assert sorted(read) == sorted(FILES)


def test_a_large_file_is_refused_where_it_is_sent_at_once(world: World, graph: Any) -> None:
    """The other side keeps Microsoft's rule, so that a client which breaks it is found here."""
    made = world.graph("POST", f"/users/{REGISTRY}/messages", json={"subject": "x"}).json()["id"]
    body = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "x.pdf",
        "contentBytes": "A" * (4 * 2**20),
    }
    answer = world.graph("POST", f"/users/{REGISTRY}/messages/{quote(made)}/attachments", json=body)
    assert answer.status == 413


@pytest.mark.parametrize(
    "address",
    [
        "https://outlook.office.com.evil.example/upload",
        "https://evil.example/outlook.office.com",
        "http://outlook.office.com/upload",
        "https://outlook.office.com:8443/upload",
        "https://someone@outlook.office.com/upload",
        "https://eviloffice.com/upload",
        "ftp://outlook.office.com/upload",
        "",
    ],
)
async def test_files_go_to_outlooks_own_hosts_and_nowhere_else(graph: GraphClient, address: str) -> None:
    async with _Outlook(graph, REGISTRY) as outlook:
        with pytest.raises(Misconfigured):
            await outlook.standing(address)


async def test_outlooks_own_hosts_are_known(graph: GraphClient) -> None:
    outlook = _Outlook(graph, REGISTRY)
    for address in ("https://outlook.office.com/api/v2.0/x?authtoken=1", "https://outlook.office365.com/api/x"):
        assert str(outlook._url(address)) == address
