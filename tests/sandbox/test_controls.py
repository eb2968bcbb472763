"""The controls under /sandbox/, the clock, and what survives a restart."""

import json
from pathlib import Path

from sandbox.ministry import samples
from sandbox.tenant.in_process import InProcess
from sandbox.tenant.services import bring_samples, open_tenant
from sandbox.tenant.wire import NO_ANSWER, Request, Response
from tests.sandbox.desk import BOX, HUDA, NOON, REGISTRY, Desk, echo, letter, to


def test_the_state_names_the_people_and_the_registry_mailboxes(desk: Desk) -> None:
    state = desk.call("GET", "/sandbox/state").json()
    assert state["now"] == "2026-11-22T09:00:00+00:00"
    assert state["registry_mailboxes"] == [REGISTRY]
    assert {"upn", "name", "unit", "post"} <= state["people"][0].keys()
    assert len({person["unit"] for person in state["people"]}) == 4
    assert (state["product_url"], state["converts"]) == ("http://127.0.0.1:7071", "plain")


def test_the_clock_moves_the_tenant_and_the_host_to_the_same_instant(desk: Desk) -> None:
    for seconds in (3600, 1800):
        told = desk.call("POST", "/sandbox/clock", {"advance_s": seconds}).json()
    assert told["now"] == "2026-11-22T10:30:00+00:00"
    assert desk.call("GET", "/sandbox/state").json()["now"] == told["now"]
    assert [(each.url, json.loads(each.body)) for each in desk.sent] == [
        ("http://127.0.0.1:7071/sandbox/clock", {"offset_s": 3600.0}),
        ("http://127.0.0.1:7071/sandbox/clock", {"offset_s": 5400.0}),
    ]


def test_what_falls_due_when_the_clock_is_moved_happens(desk: Desk) -> None:
    desk.subscribe(expirationDateTime="2026-11-22T10:00:00Z")
    desk.call("POST", "/sandbox/clock", {"advance_s": 45 * 60})
    desk.driver.advance(1)
    assert any("lifecycle" in each.url and each.body for each in desk.sent)


def test_the_passage_to_the_product_hands_over_the_callers_own_token_and_nothing_else(desk: Desk) -> None:
    desk.product = lambda request: Response(418, {"content-type": "application/problem+json", "server": "x"}, b"{}")
    told = desk.call(
        "GET", "/sandbox/product/v1/records?search=a%20b&top=2", authorization="Bearer mine", cookie="secret=1"
    )
    (asked,) = desk.sent
    assert asked.url == "http://127.0.0.1:7071/api/v1/records?search=a%20b&top=2"
    assert dict(asked.headers) == {"authorization": "Bearer mine"}
    assert (told.status, told.headers["content-type"], "server" in told.headers) == (
        418,
        "application/problem+json",
        False,
    )


def test_the_passage_to_the_host_reaches_its_controls(desk: Desk) -> None:
    desk.call("POST", "/sandbox/host/tamper", {"record_id": "r1"})
    assert (desk.sent[0].url, desk.sent[0].body) == ("http://127.0.0.1:7071/sandbox/tamper", b'{"record_id": "r1"}')


def test_a_host_that_is_down_is_a_bad_gateway(desk: Desk) -> None:
    desk.product = lambda request: NO_ANSWER
    assert desk.call("GET", "/sandbox/product/v1/records").status == 502


def test_nobody_gets_a_token_who_is_not_here(desk: Desk) -> None:
    assert desk.call("POST", "/sandbox/token", {"upn": "ghost@ministry.example"}).status == 404
    assert desk.call("POST", "/sandbox/token", {"upn": HUDA, "audience": "moon"}).status == 400


def test_a_tenant_survives_a_restart_with_all_it_knows(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path)
    subscription = desk.subscribe().json()["id"]
    message = desk.arrive(letter())
    _, link = desk.delta()
    token = desk.token("app")
    desk.call("PATCH", f"{BOX}/messages/{message}", {"categories": ["مقيد"]}, by="app")
    gone = desk.arrive(letter(key="gone"))
    desk.call("DELETE", f"{BOX}/messages/{gone}", by="app")
    desk.call("POST", f"{BOX}/sendMail", {"message": {"subject": "s", "toRecipients": to(HUDA)}}, by="app")
    desk.call("POST", "/sandbox/clock", {"advance_s": 60})
    desk.tenant.world.close()

    again = Desk(folder=tmp_path)
    again._tokens["app"] = token
    assert again.get("/v1.0/subscriptions")["value"][0]["id"] == subscription
    assert again.get(f"{BOX}/messages/{message}")["categories"] == ["مقيد"]
    assert again.call("GET", f"{BOX}/messages/{message}/$value", by="app").body.endswith(letter())
    items, _ = again.delta(link)
    assert [item.get("categories", "removed") for item in items] == [["مقيد"], "removed"]
    again.driver.advance(1)
    assert [each["subject"] for each in again.inbox(HUDA)] == ["s"]
    assert again.notifications() != []
    assert again.call("GET", "/sandbox/state").json()["offset_s"] == 60
    assert again.get(f"{BOX}/messages/{again.arrive(letter(key='new'))}")["id"] != message
    again.tenant.world.close()


def test_fresh_forgets_everything(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path)
    desk.arrive(letter())
    _, link = desk.delta()
    desk.tenant.world.close()
    tenant = open_tenant(tmp_path, fresh=True)
    driver = InProcess(tenant, echo, NOON)
    body = json.dumps({"upn": REGISTRY}).encode()
    token = driver.request(Request("POST", "http://127.0.0.1:8400/sandbox/token", {}, body)).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert driver.request(Request("GET", f"http://127.0.0.1:8400{BOX}/messages", headers)).json()["value"] == []
    tenant.world.close()
    assert link != ""


def test_the_sample_letters_arrive_once_in_a_tenants_life(tmp_path: Path) -> None:
    for _ in range(2):
        tenant = open_tenant(tmp_path)
        bring_samples(tenant, NOON)
        tenant.world.close()
    desk = Desk(folder=tmp_path)
    found = {upn: desk.inbox(upn) for upn in dict(samples.letters())}
    assert sum(map(len, found.values())) == len(samples.letters())
    assert all(message["receivedDateTime"] <= "2026-11-22T09:00:00Z" for box in found.values() for message in box)
    desk.tenant.world.close()


def test_the_same_requests_give_the_same_ids() -> None:
    def story() -> list[str]:
        desk = Desk()
        ids = [desk.arrive(letter(key=str(number))) for number in range(3)]
        made = desk.call("POST", f"{BOX}/messages", {"toRecipients": to(HUDA)}, by="app").json()
        return [*ids, made["id"], made["internetMessageId"], desk.subscribe().json()["id"]]

    assert story() == story()
