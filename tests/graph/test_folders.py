"""The folders of a mailbox: those that are named, in either way, with all below them."""

from collections.abc import Iterator
from typing import Any

import pytest

from graph.client import GraphClient, Manners
from graph.folders import read_folders
from registry.errors import Misconfigured
from service.ports import Folder
from tests.graph.world import REGISTRY, Judge, World, client_of

TREE = {"ديوان المحاسبة": {"2026": {"ملحق": {}}, "2025": {}}, "البنوك": {}}


def plant(world: World, parent: str, tree: dict[str, Any], path: str = "") -> dict[str, str]:
    """Make folders below *parent*; their ids by their paths."""
    ids = {}
    for name, below in tree.items():
        made = world.graph(
            "POST", f"/users/{REGISTRY}/mailFolders/{parent}/childFolders", json={"displayName": name}
        ).json()
        ids[f"{path}/{name}"] = made["id"]
        ids |= plant(world, made["id"], below, f"{path}/{name}")
    return ids


@pytest.fixture
def ids(world: World) -> Iterator[dict[str, str]]:
    made = plant(world, "inbox", TREE)
    yield made
    for path in sorted(made, key=len, reverse=True):
        world.graph("DELETE", f"/users/{REGISTRY}/mailFolders/{made[path]}")


async def test_a_folder_comes_with_all_that_lie_below_it(graph: GraphClient, ids: dict[str, str]) -> None:
    found = await read_folders(graph, REGISTRY, ["inbox"])
    assert found[0].key == "inbox"
    assert {folder.key for folder in found[1:]} == set(ids.values())
    assert Folder(ids["/البنوك"], f"{found[0].name}/البنوك") in found


async def test_pages_of_folders_are_read_to_their_end(world: World, judge: Judge, ids: dict[str, str]) -> None:
    graph = client_of(world, judge, Manners(page=1))
    assert len(await read_folders(graph, REGISTRY, ["inbox"])) == 1 + len(ids)
    await graph.close()


async def test_a_folder_may_be_named_as_people_see_it_however_they_spell_it(
    graph: GraphClient, ids: dict[str, str]
) -> None:
    [inbox] = [folder for folder in await read_folders(graph, REGISTRY, ["inbox"]) if folder.key == "inbox"]
    found = await read_folders(graph, REGISTRY, [f"{inbox.name}/ ديوان المحاسبه "])
    assert {folder.key for folder in found} == {i for path, i in ids.items() if path.startswith("/ديوان")}


async def test_what_is_named_twice_is_followed_once(graph: GraphClient, ids: dict[str, str]) -> None:
    [inbox] = [folder for folder in await read_folders(graph, REGISTRY, ["inbox"]) if folder.key == "inbox"]
    found = await read_folders(graph, REGISTRY, ["inbox", f"{inbox.name}/البنوك"])
    assert len(found) == len({folder.key for folder in found}) == 1 + len(ids)


@pytest.mark.parametrize("name", ["nowhere", "الوارد/لا أحد", "/"])
async def test_a_folder_that_is_not_there_is_the_operator_s_turn(graph: GraphClient, name: str) -> None:
    with pytest.raises(Misconfigured, match="MAIL_FOLDERS"):
        await read_folders(graph, REGISTRY, [name])
