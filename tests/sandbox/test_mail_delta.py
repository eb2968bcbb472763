"""messages/delta: what changed in one folder since the caller last asked."""

from typing import Any

from sandbox.tenant.mail.store import Mailboxes
from tests.sandbox.desk import BOX, IMMUTABLE, Desk, letter

FEED = f"{BOX}/mailFolders/inbox/messages/delta"


def subjects(items: list[Any]) -> list[str]:
    return [item.get("subject", "removed") for item in items]


def fill(desk: Desk, count: int) -> list[str]:
    ids = []
    for number in range(count):
        ids.append(desk.arrive(letter(f"n{number}", key=str(number))))
        desk.driver.advance(1)
    return ids


def test_the_first_round_shows_everything_once_page_by_page(desk: Desk) -> None:
    fill(desk, 7)
    page = desk.get(f"{FEED}?$select=subject", prefer="odata.maxpagesize=3")
    assert len(page["value"]) == 3
    assert ("@odata.nextLink" in page, "@odata.deltaLink" in page) == (True, False)
    items, link = desk.delta(f"{FEED}?$select=subject", prefer="odata.maxpagesize=3")
    assert sorted(subjects(items)) == [f"n{number}" for number in range(7)]
    assert desk.delta(link) == ([], desk.delta(link)[1])


def test_a_later_round_shows_only_what_changed(desk: Desk) -> None:
    fill(desk, 3)
    _, link = desk.delta()
    new = desk.arrive(letter("new", key="new"))
    items, link = desk.delta(link, prefer=IMMUTABLE)
    assert [(item["id"], item["subject"]) for item in items] == [(new, "new")]
    desk.call("PATCH", f"{BOX}/messages/{new}", {"isRead": True}, by="app")
    items, link = desk.delta(link)
    assert [(item["subject"], item["isRead"]) for item in items] == [("new", True)]
    assert desk.delta(link)[0] == []


def test_the_options_of_the_first_call_live_on_in_the_link(desk: Desk) -> None:
    fill(desk, 1)
    _, link = desk.delta(f"{FEED}?$select=subject")
    assert "$select" not in link
    desk.arrive(letter("new", key="new"))
    items, _ = desk.delta(link)
    assert set(items[0]) == {"@odata.type", "@odata.etag", "id", "subject"}


def test_what_was_moved_or_deleted_is_removed_under_the_id_it_was_known_by(desk: Desk) -> None:
    moved, deleted = fill(desk, 2)
    _, link = desk.delta()
    usual = desk.get(f"{BOX}/messages/{moved}")["id"]
    desk.call("POST", f"{BOX}/messages/{moved}/move", {"destinationId": "archive"}, by="app")
    desk.call("DELETE", f"{BOX}/messages/{deleted}", by="app")
    items, _ = desk.delta(link, prefer=IMMUTABLE)
    assert {item["id"]: item["@removed"] for item in items} == {
        moved: {"reason": "deleted"},
        deleted: {"reason": "deleted"},
    }
    assert usual in [item["id"] for item in desk.delta(link)[0]]


def test_what_left_before_the_first_round_is_not_told(desk: Desk) -> None:
    gone, _ = fill(desk, 2)
    desk.call("DELETE", f"{BOX}/messages/{gone}", by="app")
    assert subjects(desk.delta()[0]) == ["n1"]


def test_what_comes_back_is_there_again(desk: Desk) -> None:
    (message,) = fill(desk, 1)
    _, link = desk.delta()
    for folder in ("archive", "inbox"):
        desk.call("POST", f"{BOX}/messages/{message}/move", {"destinationId": folder}, by="app")
    assert subjects(desk.delta(link)[0]) == ["n0"]


def test_what_changes_during_a_round_is_shown_again_and_nothing_is_missed(desk: Desk) -> None:
    ids = fill(desk, 5)
    page = desk.get(f"{FEED}?$select=subject", prefer=f"odata.maxpagesize=2, {IMMUTABLE}")
    shown = page["value"]
    desk.call("PATCH", f"{BOX}/messages/{shown[0]['id']}", {"isRead": True}, by="app")
    desk.arrive(letter("new", key="new"))
    rest, link = desk.delta(page["@odata.nextLink"], prefer=f"odata.maxpagesize=2, {IMMUTABLE}")
    seen = [item["id"] for item in (*shown, *rest)]
    assert set(ids) < set(seen)
    assert seen.count(shown[0]["id"]) == 2
    assert "new" in subjects(rest)
    assert desk.delta(link)[0] == []


def test_each_folder_has_a_feed_of_its_own(desk: Desk) -> None:
    fill(desk, 1)
    _, link = desk.delta(f"{BOX}/mailFolders/archive/messages/delta")
    assert desk.delta(link)[0] == []
    told = desk.call("GET", link.replace("/archive/", "/inbox/"), by="app")
    assert told.status == 410


def test_a_dead_token_is_gone_and_names_a_fresh_start(desk: Desk) -> None:
    fill(desk, 2)
    told = desk.call("GET", f"{FEED}?$deltatoken=bm90IG91cnM", by="app")
    assert (told.status, told.json()["error"]["code"]) == (410, "syncStateNotFound")
    assert len(desk.delta(told.headers["location"])[0]) == 2


def test_a_token_that_was_changed_is_dead(desk: Desk) -> None:
    _, link = desk.delta()
    assert desk.call("GET", link[:-3] + "xyz", by="app").status == 410


def test_a_filtered_feed_tells_changes_of_what_lies_outside_the_filter_too(desk: Desk) -> None:
    old, _ = fill(desk, 2)
    items, link = desk.delta(f"{FEED}?$filter=receivedDateTime ge 2026-11-22T09:00:01Z")
    assert subjects(items) == ["n1"]
    desk.call("PATCH", f"{BOX}/messages/{old}", {"isRead": True}, by="app")
    assert subjects(desk.delta(link)[0]) == ["n0"]


def test_the_first_round_can_go_from_the_newest(desk: Desk) -> None:
    fill(desk, 5)
    first = f"{FEED}?$orderby=receivedDateTime desc&$select=subject"
    items, link = desk.delta(first, prefer="odata.maxpagesize=2")
    assert subjects(items) == ["n4", "n3", "n2", "n1", "n0"]
    desk.arrive(letter("new", key="new"))
    assert subjects(desk.delta(link)[0]) == ["new"]


def test_a_feed_can_be_of_one_kind_of_change(desk: Desk) -> None:
    (message,) = fill(desk, 1)
    links = {kind: desk.delta(f"{FEED}?changeType={kind}")[1] for kind in ("created", "updated", "deleted")}
    desk.call("PATCH", f"{BOX}/messages/{message}", {"isRead": True}, by="app")
    desk.arrive(letter("new", key="new"))
    told = {kind: subjects(desk.delta(link)[0]) for kind, link in links.items()}
    assert told == {"created": ["new"], "updated": ["n0"], "deleted": []}
    desk.call("DELETE", f"{BOX}/messages/{message}", by="app")
    assert subjects(desk.delta(links["deleted"])[0]) == ["removed"]


def test_what_a_delta_query_does_not_offer_is_refused(desk: Desk) -> None:
    for tail in ("$search=x", "$orderby=subject", "$filter=isRead eq true", "$skip=3", "changeType=moved"):
        assert desk.call("GET", f"{FEED}?{tail}", by="app").status == 400, tail


def test_of_ten_thousand_messages_each_is_looked_at_once_however_many_pages_there_are(desk: Desk) -> None:
    """What a page costs is counted in messages looked at, not in seconds."""
    (first,) = fill(desk, 1)
    store = desk.tenant.part(Mailboxes)
    template = store.find(desk.get(f"/v1.0/users/{BOX.rpartition('/')[2]}")["id"], first)
    assert template is not None
    for _ in range(10_000 - 1):
        store.copy(template, "inbox", desk.driver.now)
    looked_at = 0
    number = store.number

    def counted(n: int) -> Any:
        nonlocal looked_at
        looked_at += 1
        return number(n)

    store.number = counted  # type: ignore[method-assign]
    items, link = desk.delta(f"{FEED}?$select=id", prefer="odata.maxpagesize=100")
    assert (len(items), looked_at) == (10_000, 10_000)
    looked_at = 0
    assert desk.delta(link)[0] == []
    page = desk.get(f"{BOX}/mailFolders/inbox/messages?$top=10&$select=id")
    assert (len(page["value"]), looked_at) == (10, 11)
