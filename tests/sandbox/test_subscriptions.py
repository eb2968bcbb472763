"""Change notifications: who may subscribe, and what is told to whom when."""

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest

from sandbox.tenant.wire import NO_ANSWER, Request, Response
from tests.sandbox.desk import BOX, HOOK, IMMUTABLE, LIFECYCLE, REGISTRY, Desk, echo, letter


def test_both_urls_must_echo_a_token_that_is_awkward_to_decode(desk: Desk) -> None:
    assert desk.subscribe().status == 201
    assert [each.url.split("?")[0] for each in desk.sent] == [HOOK, LIFECYCLE]
    for handshake in desk.sent:
        assert handshake.headers["content-type"] == "text/plain; charset=utf-8"
        assert handshake.timeout_s == 10
        token = handshake.query["validationToken"]
        assert all(letters in token for letters in ("%", "+", "&", "تحقق"))


@pytest.mark.parametrize(
    "answer",
    [
        Response(202, {"content-type": "text/plain"}, b"TOKEN"),
        Response(200, {"content-type": "application/json"}, b"TOKEN"),
        Response(200, {"content-type": "text/html"}, b"TOKEN"),
        Response(200, {"content-type": "text/plain"}, b'"TOKEN"'),
        Response(200, {"content-type": "text/plain"}, b"\xef\xbb\xbfTOKEN"),
        Response(200, {"content-type": "text/plain"}, b"other"),
        NO_ANSWER,
    ],
)
def test_whoever_does_not_echo_the_token_exactly_gets_no_subscription(desk: Desk, answer: Response) -> None:
    def product(request: Request) -> Response:
        body = answer.body.replace(b"TOKEN", request.query["validationToken"].encode())
        return Response(answer.status, answer.headers, body)

    desk.product = product
    told = desk.subscribe()
    assert (told.status, told.json()["error"]["code"]) == (400, "ValidationError")
    assert desk.get("/v1.0/subscriptions")["value"] == []


def test_decoding_the_token_twice_fails(desk: Desk) -> None:
    def twice(request: Request) -> Response:
        told = echo(request)
        return Response(told.status, told.headers, unquote_plus(told.body.decode()).encode())

    desk.product = twice
    assert desk.subscribe().status == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"resource": "users/registry@ministry.example/events"},
        {"resource": "nonsense"},
        {"changeType": "moved"},
        {"changeType": ""},
        {"notificationUrl": None},
        {"notificationUrl": "http://elsewhere.example/hook"},
        {"expirationDateTime": "2026-11-21T08:00:00Z"},
        {"expirationDateTime": "2026-12-28T08:00:00Z"},
        {"expirationDateTime": "soon"},
        {"clientState": "x" * 129},
        {"includeResourceData": True},
        {"colour": "red"},
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(desk: Desk, changed: dict[str, Any]) -> None:
    assert desk.subscribe(**changed).status == 400
    assert desk.sent == []


def test_a_mailbox_beyond_the_apps_scope_cannot_be_watched(desk: Desk) -> None:
    assert desk.subscribe(resource="users/huda@ministry.example/messages").status == 403


def test_the_same_subscription_twice_is_409_and_names_the_first(desk: Desk) -> None:
    first = desk.subscribe().json()["id"]
    told = desk.subscribe(resource=f"/users/{REGISTRY}/mailFolders/Inbox/messages")
    assert (told.status, first in told.json()["error"]["message"]) == (409, True)
    assert desk.subscribe(changeType="created").status == 201


def test_too_short_a_life_is_raised_to_three_quarters_of_an_hour(desk: Desk) -> None:
    told = desk.subscribe(expirationDateTime="2026-11-22T09:05:00+00:00").json()
    assert told["expirationDateTime"] == "2026-11-22T09:45:00Z"


def test_a_letter_that_arrives_is_told_by_its_immutable_id(desk: Desk) -> None:
    made = desk.subscribe().json()
    message = desk.arrive(letter())
    assert desk.notifications() == []
    desk.driver.advance(1)
    (item,) = desk.notifications()
    assert (item["changeType"], item["clientState"], item["subscriptionId"]) == ("created", "opaque", made["id"])
    assert item["resourceData"]["id"] == message
    assert item["resource"].endswith(f"/Messages/{message}")
    assert item["tenantId"] == desk.tenant.ministry["tenant_id"]


def test_a_notification_is_shaped_as_microsoft_describes_it(desk: Desk, contract: Any) -> None:
    desk.subscribe(expirationDateTime="2026-11-22T09:45:00Z")
    desk.arrive(letter())
    desk.driver.advance(1000)
    posts = [each for each in desk.sent if each.body]
    assert {each.url for each in posts} == {HOOK, LIFECYCLE}
    assert [contract.notification(each.body) for each in posts] == [([], [])] * len(posts)


def test_what_happens_meanwhile_goes_along_in_one_post(desk: Desk) -> None:
    desk.subscribe()
    for number in range(3):
        desk.arrive(letter(key=str(number)))
    desk.driver.advance(1)
    posts = [each for each in desk.sent if each.url == HOOK]
    assert [len(json.loads(each.body)["value"]) for each in posts] == [3]


def test_a_folder_hears_of_arrivals_changes_and_departures(desk: Desk) -> None:
    desk.subscribe()
    message = desk.arrive(letter())
    desk.call("PATCH", f"{BOX}/messages/{message}", {"isRead": True}, by="app")
    desk.call("POST", f"{BOX}/messages/{message}/move", {"destinationId": "archive"}, by="app")
    desk.driver.advance(1)
    assert [item["changeType"] for item in desk.notifications()] == ["created", "updated", "deleted"]


def test_to_a_whole_mailbox_a_move_is_an_update_and_only_a_deletion_a_deletion(desk: Desk) -> None:
    desk.subscribe(resource=f"users/{REGISTRY}/messages")
    message = desk.arrive(letter())
    desk.call("POST", f"{BOX}/messages/{message}/move", {"destinationId": "archive"}, by="app")
    desk.call("DELETE", f"{BOX}/messages/{message}", by="app")
    desk.driver.advance(1)
    assert [item["changeType"] for item in desk.notifications()] == ["created", "updated", "deleted"]


def test_only_the_kinds_asked_for_are_told(desk: Desk) -> None:
    desk.subscribe(changeType="created", resource=f"users/{REGISTRY}/messages")
    message = desk.arrive(letter())
    desk.call("POST", f"{BOX}/messages/{message}/move", {"destinationId": "archive"}, by="app")
    desk.driver.advance(1)
    assert [item["changeType"] for item in desk.notifications()] == ["created"]


def test_a_whole_mailbox_hears_of_what_is_sent(desk: Desk) -> None:
    desk.subscribe(resource=f"users/{REGISTRY}/messages")
    said = {"message": {"subject": "s", "toRecipients": [{"emailAddress": {"address": "a@outside.example"}}]}}
    desk.call("POST", f"{BOX}/sendMail", said, by="app")
    desk.driver.advance(1)
    assert [item["changeType"] for item in desk.notifications()] == ["created"]


def test_who_does_not_answer_in_time_is_told_again_later_and_later(desk: Desk) -> None:
    desk.subscribe()
    desk.product = lambda request: NO_ANSWER
    desk.sent.clear()
    desk.arrive(letter())
    desk.driver.advance(60)
    patience = [each.timeout_s for each in desk.sent]
    assert len(patience) == 5
    assert (patience[0], set(patience[1:])) == (3, {10})
    desk.product = echo
    desk.driver.advance(120)
    assert len({json.dumps(json.loads(each.body)) for each in desk.sent}) == 1
    desk.sent.clear()
    desk.driver.advance(4 * 3600)
    assert desk.notifications() == []


def test_what_nobody_took_for_four_hours_is_dropped_and_missed_is_told(desk: Desk) -> None:
    desk.subscribe()
    desk.product = lambda request: NO_ANSWER if request.url == HOOK else Response(202)
    desk.arrive(letter())
    desk.driver.advance(4 * 3600 + 60)
    assert [item["lifecycleEvent"] for item in desk.notifications(LIFECYCLE)] == ["missed"]
    desk.product = echo
    desk.sent.clear()
    desk.driver.advance(3600)
    assert desk.notifications() == []


def test_near_its_end_a_subscription_is_reminded_until_it_is_renewed(desk: Desk) -> None:
    made = desk.subscribe(expirationDateTime="2026-11-22T10:00:00Z").json()
    desk.driver.advance(1800 + 900 + 60)
    reminders = [item["lifecycleEvent"] for item in desk.notifications(LIFECYCLE)]
    assert reminders == ["reauthorizationRequired"] * 2
    path = f"/v1.0/subscriptions/{made['id']}"
    told = desk.call("PATCH", path, {"expirationDateTime": "2026-11-23T10:00:00Z"}, by="app")
    assert (told.status, told.json()["expirationDateTime"]) == (200, "2026-11-23T10:00:00Z")
    desk.driver.advance(3600)
    desk.sign_in_again()
    assert len(desk.notifications(LIFECYCLE)) == 2
    assert desk.get(path)["id"] == made["id"]


def test_a_new_right_is_no_longer_life(desk: Desk) -> None:
    made = desk.subscribe(expirationDateTime="2026-11-22T10:00:00Z").json()
    path = f"/v1.0/subscriptions/{made['id']}"
    assert desk.call("POST", f"{path}/reauthorize", by="app").status == 204
    assert desk.get(path)["expirationDateTime"] == "2026-11-22T10:00:00Z"


def test_at_its_end_a_subscription_is_gone_and_nobody_is_told(desk: Desk) -> None:
    made = desk.subscribe(expirationDateTime="2026-11-22T10:00:00Z").json()
    desk.driver.advance(3600 + 1)
    desk.sign_in_again()
    desk.arrive(letter())
    desk.driver.advance(60)
    assert desk.notifications() == []
    assert desk.call("PATCH", f"/v1.0/subscriptions/{made['id']}", {}, by="app").status == 404
    assert {item["lifecycleEvent"] for item in desk.notifications(LIFECYCLE)} == {"reauthorizationRequired"}


def test_a_new_address_must_echo_too_and_the_rest_stays_as_it_is(desk: Desk) -> None:
    path = f"/v1.0/subscriptions/{desk.subscribe().json()['id']}"
    told = desk.call("PATCH", path, {"notificationUrl": f"{HOOK}?v=2"}, by="app")
    assert told.json()["notificationUrl"] == f"{HOOK}?v=2"
    assert desk.sent[-1].url.startswith(f"{HOOK}?v=2&validationToken=")
    for name in ("resource", "changeType", "lifecycleNotificationUrl", "clientState"):
        assert desk.call("PATCH", path, {name: "created"}, by="app").status == 400, name


def test_what_is_deleted_is_not_told_any_more(desk: Desk) -> None:
    path = f"/v1.0/subscriptions/{desk.subscribe().json()['id']}"
    assert desk.call("DELETE", path, by="app").status == 204
    assert desk.call("DELETE", path, by="app").status == 404
    desk.arrive(letter())
    desk.driver.advance(1)
    assert desk.notifications() == []


def test_an_app_sees_its_own_subscriptions_page_by_page(desk: Desk) -> None:
    for kind in ("created", "updated", "deleted"):
        desk.subscribe(changeType=kind)
    page = desk.get("/v1.0/subscriptions?$top=2")
    rest = desk.get(page["@odata.nextLink"])
    assert [each["changeType"] for each in (*page["value"], *rest["value"])] == ["created", "updated", "deleted"]


def test_ids_are_of_the_kind_the_subscription_was_made_with(desk: Desk) -> None:
    said = {
        "changeType": "created",
        "notificationUrl": HOOK,
        "resource": f"users/{REGISTRY}/messages",
        "expirationDateTime": "2026-11-28T08:00:00Z",
    }
    assert desk.call("POST", "/v1.0/subscriptions", said, by="app").status == 201
    message = desk.arrive(letter())
    desk.driver.advance(1)
    usual = desk.get(f"{BOX}/messages/{message}")["id"]
    assert [item["resourceData"]["id"] for item in desk.notifications()] == [usual]
    assert desk.get(f"{BOX}/messages/{usual}", prefer=IMMUTABLE)["id"] == message


def test_the_list_may_be_asked_for_twenty_five_times_in_twenty_seconds(desk: Desk) -> None:
    for _ in range(25):
        assert desk.call("GET", "/v1.0/subscriptions", by="app").status == 200
    told = desk.call("GET", "/v1.0/subscriptions", by="app")
    assert (told.status, float(told.headers["retry-after"])) == (429, 20.0)
    desk.driver.advance(20)
    assert desk.call("GET", "/v1.0/subscriptions", by="app").status == 200


def test_the_directory_is_watched_for_changes_and_its_watch_may_live_longer(desk: Desk) -> None:
    watch = {"resource": "users", "changeType": "updated,deleted", "expirationDateTime": "2026-12-19T10:00:00Z"}
    assert desk.subscribe(**watch).status == 201
    assert desk.subscribe(**watch).status == 409
    assert desk.subscribe(**watch | {"changeType": "created"}).status == 400
    assert desk.subscribe(**watch | {"expirationDateTime": "2026-12-29T10:00:00Z"}).status == 400
