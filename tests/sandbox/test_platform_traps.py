"""The traps of the platform that every backend on it must survive: here the tenant sets each of them.

The numbers are those of the project's list of what a local fake must do.
"""

import base64
from typing import Any

import pytest

from sandbox.tenant.wire import Response
from tests.sandbox.desk import BOX, HOOK, HUDA, IMMUTABLE, LIFECYCLE, NOURA, Desk, letter, to

FEED = f"{BOX}/mailFolders/inbox/messages/delta"


def test_2_one_post_tells_of_good_items_and_forged_ones(desk: Desk) -> None:
    """A forger knows neither the clientState nor a subscription; the tenant plays one on demand."""
    desk.subscribe()
    desk.faults({"match": "notifications", "fault": "forged"})
    desk.arrive(letter())
    desk.driver.advance(1)
    (post,) = [each for each in desk.sent if each.url == HOOK]
    states = [(item["clientState"] == "opaque", item["subscriptionId"][:8]) for item in desk.notifications()]
    assert states == [(True, "2f3a0c1e"), (False, "2f3a0c1e"), (True, "00000000")]
    assert post.method == "POST"


def test_3_a_notification_comes_three_times_and_updated_before_created(desk: Desk) -> None:
    desk.subscribe()
    desk.faults(
        {"match": "notifications", "fault": "shuffle", "args": {"s": 30}, "rate": 0.5},
        {"match": "notifications", "fault": "double", "args": {"times": 3}},
        seed=5,
    )
    told: list[str] = []
    for number in range(20):
        desk.sent.clear()
        message = desk.arrive(letter(key=str(number)))
        desk.driver.advance(0.3)
        desk.call("PATCH", f"{BOX}/messages/{message}", {"isRead": True}, by="app")
        desk.driver.advance(60)
        told.append(" ".join(item["changeType"] for item in desk.notifications()))
    assert any("updated created" in each for each in told)
    assert any(each.count("created") == 3 for each in told)


def test_4_a_message_can_be_gone_when_it_is_fetched(desk: Desk) -> None:
    desk.subscribe()
    message = desk.arrive(letter())
    desk.driver.advance(1)
    assert [item["resourceData"]["id"] for item in desk.notifications()] == [message]
    desk.faults({"match": "GET /v1.0/users/*/messages/*", "fault": "404"})
    told = desk.call("GET", f"{BOX}/messages/{message}", by="app")
    assert (told.status, told.json()["error"]["code"]) == (404, "ErrorItemNotFound")


def test_5_a_page_can_be_empty_and_still_have_a_next_one(desk: Desk) -> None:
    for number in range(15):
        desk.arrive(letter(key=str(number)))
    desk.faults({"match": f"GET {FEED}", "fault": "empty_page", "rate": 0.5}, seed=2)
    pages, link = [], FEED
    while True:
        page = desk.get(link, prefer="odata.maxpagesize=2")
        pages.append(len(page["value"]))
        if "@odata.deltaLink" in page:
            break
        link = page["@odata.nextLink"]
    assert 0 in pages[:-1]
    assert sum(pages) == 15


def test_5_an_item_can_be_shown_again(desk: Desk) -> None:
    for number in range(6):
        desk.arrive(letter(key=str(number)))
    desk.faults({"match": "graph", "fault": "replay"})
    items, _ = desk.delta(prefer=f"odata.maxpagesize=3, {IMMUTABLE}")
    ids = [item["id"] for item in items]
    assert (len(set(ids)), len(ids) > 6) == (6, True)


def test_5_a_token_can_die_and_the_answer_says_where_to_begin_again(desk: Desk) -> None:
    desk.arrive(letter())
    _, link = desk.delta()
    desk.faults(
        {"match": f"GET {FEED}", "fault": "410", "args": {"headers": {"location": f"http://127.0.0.1:8400{FEED}"}}}
    )
    told = desk.call("GET", link, by="app")
    assert (told.status, told.json()["error"]["code"]) == (410, "syncStateNotFound")
    desk.faults()
    assert len(desk.delta(told.headers["location"])[0]) == 1


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed", "somethingNew"])
def test_7_every_lifecycle_event_and_one_nobody_knows_can_happen(desk: Desk, event: str) -> None:
    made = desk.subscribe().json()["id"]
    for _ in range(2 if event != "subscriptionRemoved" else 1):
        assert desk.call("POST", f"/sandbox/subscriptions/{made}/lifecycle", {"event": event}).status == 202
    desk.driver.advance(1)
    told = [(item["lifecycleEvent"], item["clientState"]) for item in desk.notifications(LIFECYCLE)]
    assert set(told) == {(event, "opaque")}
    there = [each["id"] for each in desk.get("/v1.0/subscriptions")["value"]]
    assert there == ([] if event == "subscriptionRemoved" else [made])


def test_8_a_subscription_meets_its_double_a_quota_and_a_rate(desk: Desk) -> None:
    assert desk.subscribe().status == 201
    assert desk.subscribe().status == 409
    desk.faults({"match": "POST /v1.0/subscriptions", "fault": "403", "args": {"code": "ExtensionError"}})
    assert desk.subscribe().json()["error"]["code"] == "ExtensionError"
    desk.faults({"match": "POST /v1.0/subscriptions", "fault": "429"})
    assert desk.subscribe().status == 429


def test_11_a_move_changes_the_usual_id(desk: Desk) -> None:
    message = desk.get(f"{BOX}/messages/{desk.arrive(letter())}")["id"]
    desk.call("POST", f"{BOX}/messages/{message}/move", {"destinationId": "archive"}, by="app")
    assert desk.call("GET", f"{BOX}/messages/{message}", by="app").status == 404


@pytest.mark.parametrize(("fault", "status"), [("lost", 0), ("504_after", 504), ("reset", 0)])
def test_12_a_send_whose_answer_is_lost_can_be_settled_by_the_drafts_id(desk: Desk, fault: str, status: int) -> None:
    made = desk.call("POST", f"{BOX}/messages", {"toRecipients": to(NOURA)}, by="app", prefer=IMMUTABLE).json()["id"]
    desk.faults({"match": "POST /v1.0/users/*/messages/*/send", "fault": fault})
    assert desk.call("POST", f"{BOX}/messages/{made}/send", by="app").status == status
    desk.faults()
    desk.driver.advance(1)
    if desk.get(f"{BOX}/messages/{made}")["isDraft"]:
        assert desk.call("POST", f"{BOX}/messages/{made}/send", by="app").status == 202
        desk.driver.advance(1)
    assert len(desk.inbox(NOURA)) == 1
    assert len(desk.get(f"{BOX}/mailFolders/sentitems/messages")["value"]) == 1


def test_13_every_kind_of_attachment_survives_the_way(desk: Desk) -> None:
    def file(name: str, content: bytes, **more: Any) -> dict[str, Any]:
        encoded = base64.b64encode(content).decode()
        kind = {"@odata.type": "#microsoft.graph.fileAttachment", "contentType": "application/octet-stream"}
        return {**kind, "name": name, "contentBytes": encoded, **more}

    attachments = [
        file("same.bin", b"1"),
        file("same.bin", b"2"),
        file("empty.bin", b""),
        file("logo.png", b"png", isInline=True, contentId="logo", contentType="image/png"),
        {"@odata.type": "#microsoft.graph.referenceAttachment", "name": "link.docx"},
        {
            "@odata.type": "#microsoft.graph.itemAttachment",
            "name": "inner",
            "item": {"@odata.type": "#microsoft.graph.message", "subject": "الأصل", "body": {"content": "نص"}},
        },
    ]
    body = {"contentType": "html", "content": '<img src="cid:logo">'}
    said = {"message": {"subject": "s", "toRecipients": to(HUDA), "body": body, "attachments": attachments}}
    assert desk.call("POST", f"{BOX}/sendMail", said, by="app").status == 202
    desk.driver.advance(1)
    (arrived,) = desk.inbox(HUDA)
    path = f"/v1.0/me/messages/{arrived['id']}/attachments"
    found = [
        (each["@odata.type"].rpartition(".")[2], each["name"], base64.b64decode(each.get("contentBytes", "")))
        for each in desk.get(path, HUDA)["value"]
    ]
    assert sorted(found) == [
        ("fileAttachment", "empty.bin", b""),
        ("fileAttachment", "logo.png", b"png"),
        ("fileAttachment", "same.bin", b"1"),
        ("fileAttachment", "same.bin", b"2"),
        ("itemAttachment", "الأصل", b""),
        ("referenceAttachment", "link.docx", b""),
    ]


def test_13_twenty_megabytes_go_by_an_upload_and_arrive_whole(desk: Desk) -> None:
    content = bytes(range(256)) * (20 * 4096)
    made = desk.call("POST", f"{BOX}/messages", {"toRecipients": to(HUDA)}, by="app", prefer=IMMUTABLE).json()["id"]
    item = {"AttachmentItem": {"attachmentType": "file", "name": "annex.pdf", "size": len(content)}}
    path = f"{BOX}/messages/{made}/attachments/createUploadSession"
    url = desk.call("POST", path, item, by="app").json()["uploadUrl"]
    step = 4 * 1024 * 1024
    told = Response(0)
    for first in range(0, len(content), step):
        span = f"bytes {first}-{min(first + step, len(content)) - 1}/{len(content)}"
        told = desk.call("PUT", url, content[first : first + step], content_range=span)
    assert told.status == 201
    desk.call("POST", f"{BOX}/messages/{made}/send", by="app")
    desk.driver.advance(1)
    (arrived,) = desk.inbox(HUDA)
    (attachment,) = desk.get(f"/v1.0/me/messages/{arrived['id']}/attachments?$select=id", HUDA)["value"]
    value = f"/v1.0/me/messages/{arrived['id']}/attachments/{attachment['id']}/$value"
    assert desk.call("GET", value, by=HUDA).body == content


def test_23_a_subscription_nobody_renews_ends_and_the_feed_tells_what_was_missed(desk: Desk) -> None:
    desk.subscribe(expirationDateTime="2026-11-22T09:45:00Z")
    _, link = desk.delta()
    desk.driver.advance(45 * 60 + 1)
    missed = desk.arrive(letter())
    desk.driver.advance(60)
    assert desk.notifications() == []
    assert desk.subscribe(expirationDateTime="2026-11-23T09:45:00Z").status == 201
    assert [item["id"] for item in desk.delta(link, prefer=IMMUTABLE)[0]] == [missed]
