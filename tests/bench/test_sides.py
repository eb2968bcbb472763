"""What the measures run on: letters, the server of pages, a side, the floor of a step."""

import hashlib
import json
from pathlib import Path
from urllib.request import urlopen

import pytest

from bench import letters
from bench.graph_pages import Pages
from bench.side import Side
from bench.sides.raw_steps import OnSqlite
from bench.sides.steps import Office
from tests import stores

AT = f"/v1.0/users/{letters.MAILBOX}"


def body_of(answer: bytes) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def test_a_whole_letter_is_as_large_as_graph_shows_one_and_a_selected_one_small() -> None:
    assert 5_600 <= len(json.dumps(letters.whole(7), ensure_ascii=False).encode()) < 6_000
    assert len(json.dumps(letters.selected(7))) < 600


def test_the_pages_of_a_folder_show_every_letter_once_and_end() -> None:
    pages = Pages("http://pages", count=5, page=2, new=1, alone={})
    target, ids = f"/selected{AT}/mailFolders/inbox/messages/delta?$select=id", []
    while target:
        shown = body_of(pages.answer(target.encode()))
        value = shown["value"]
        assert isinstance(value, list)
        ids += [item["id"] for item in value]
        target = str(shown.get("@odata.nextLink", "")).removeprefix("http://pages")
    assert ids == [letters.selected(n)["id"] for n in range(5)]
    assert "@odata.deltaLink" in shown
    assert pages.asked == 3


def test_the_bytes_of_a_new_letter_are_found_by_its_id() -> None:
    pages = Pages("http://pages", count=0, page=2, new=2, alone={})
    assert pages.answer(f"{AT}/messages/1/$value".encode()).endswith(letters.mime(1))


def test_a_side_answers_rounds_until_it_is_closed() -> None:
    with Side("bench.graph_pages", {"alone": {"/openid": {"jwks_uri": "{origin}/keys"}}}) as pages:
        origin = pages.ready["origin"]
        with urlopen(f"{origin}/openid", timeout=10) as answer:
            assert json.load(answer) == {"jwks_uri": f"{origin}/keys"}
        assert pages()["asked"] == 1


def test_a_side_that_cannot_begin_says_so() -> None:
    with pytest.raises(RuntimeError, match="ended with"):
        Side("bench.sides.no_such_side", {})


def test_the_floor_of_a_step_chains_its_audit_and_guards_its_record(tmp_path: Path) -> None:
    floor = OnSqlite(str(tmp_path / "raw.db"))
    floor.begin(["r1"])
    for version in range(3):
        floor.step("r1", version)
    head = ""
    for body, hashed in floor.audit("r1"):
        head = hashlib.sha256((head + body).encode()).hexdigest()
        assert hashed == head
    with pytest.raises(AssertionError):
        floor.step("r1", 1)


def test_the_commands_that_are_measured_close_the_record(tmp_path: Path) -> None:
    office = Office(stores.sqlite_url(tmp_path))
    record_id = office.registered()
    assert office.live(record_id) == 3
    stored = office.store.read(lambda tx: tx.record(record_id))
    assert stored is not None
    assert stored.record.ended
    office.store.close()


@pytest.mark.parametrize(
    ("kind", "folder", "count"), [("known", "selected", 8), ("naive", "whole", 8), ("new", "new", 2)]
)
def test_the_product_reads_what_the_pages_show(kind: str, folder: str, count: int) -> None:
    with Side("bench.graph_pages", {"count": 8, "page": 4, "new": 2}) as pages:
        told = {"kind": kind, "base_url": f"{pages.ready['origin']}/{folder}/v1.0", "count": count}
        with Side("bench.sides.resync", told) as reader:
            assert reader()["letters"] == reader()["letters"] == count
