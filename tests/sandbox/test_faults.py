"""What goes wrong on purpose: seeded, and the same again for the same seed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.desk import BOX, Desk, letter, to

LIST = f"{BOX}/messages"


def statuses(desk: Desk, count: int = 30) -> list[int]:
    return [desk.call("GET", LIST, by="app").status for _ in range(count)]


def test_the_same_seed_gives_the_same_faults_and_another_seed_others() -> None:
    def drawn(seed: int) -> list[int]:
        desk = Desk()
        rules = ({"match": "graph", "fault": "503", "rate": 0.3}, {"match": "graph", "fault": "429", "rate": 0.2})
        desk.faults(*rules, seed=seed)
        return statuses(desk)

    assert drawn(1) == drawn(1) != drawn(2)
    assert {200, 429, 503} == set(drawn(1))


def test_a_rule_ends_after_its_time(desk: Desk) -> None:
    desk.faults({"match": "graph", "fault": "503", "for_s": 60})
    assert desk.call("GET", LIST, by="app").status == 503
    desk.driver.advance(60)
    assert desk.call("GET", LIST, by="app").status == 200
    assert [rule["active"] for rule in desk.call("GET", "/sandbox/faults").json()["rules"]] == [False]


@pytest.mark.parametrize("match", ["POST /v1.0/users/*/sendMail", "/v1.0/users/*/sendMail"])
def test_a_rule_can_name_a_path_and_a_method(desk: Desk, match: str) -> None:
    desk.faults({"match": match, "fault": "503"})
    assert desk.call("GET", LIST, by="app").status == 200
    assert desk.call("POST", f"{BOX}/sendMail", {}, by="app").status == 503


def test_how_often_a_rule_was_asked_and_struck_is_listed(desk: Desk) -> None:
    desk.faults({"match": "graph", "fault": "503", "rate": 0.5})
    struck = statuses(desk).count(503)
    (rule,) = desk.call("GET", "/sandbox/faults").json()["rules"]
    assert (rule["asked"], rule["struck"]) == (30, struck)


def test_an_empty_list_ends_all_faults(desk: Desk) -> None:
    desk.faults({"match": "graph", "fault": "503"})
    desk.faults()
    assert desk.call("GET", LIST, by="app").status == 200


@pytest.mark.parametrize("rule", [{"match": "graph", "fault": "earthquake"}, {"fault": "503"}, {"match": "graph"}])
def test_a_rule_that_says_nothing_known_is_refused(desk: Desk, rule: dict[str, Any]) -> None:
    assert desk.call("POST", "/sandbox/faults", {"rules": [rule]}).status == 400


def test_the_controls_are_never_struck(desk: Desk) -> None:
    desk.faults({"match": "*", "fault": "reset"})
    assert desk.call("GET", "/sandbox/state").status == 200
    assert desk.call("GET", LIST, by=None).status == 0


@pytest.mark.parametrize(("wait", "header"), [(2.5, "2.5"), (600, "600"), (None, None)])
def test_a_throttled_caller_is_told_how_long_or_nothing(desk: Desk, wait: float | None, header: str | None) -> None:
    desk.token("app")
    desk.faults({"match": "graph", "fault": "429", "args": {"retry_after": wait}})
    told = desk.call("GET", LIST, by="app")
    assert (told.status, told.headers.get("retry-after")) == (429, header)


def test_a_failing_gateway_answers_in_html_now_and_then(desk: Desk) -> None:
    desk.token("app")
    desk.faults({"match": "graph", "fault": "503"})
    kinds = {desk.call("GET", LIST, by="app").headers["content-type"] for _ in range(30)}
    assert kinds == {"application/json", "text/html"}


@pytest.mark.parametrize(("fault", "status"), [("lost", 0), ("504_after", 504)])
def test_an_answer_can_be_lost_after_the_deed(desk: Desk, fault: str, status: int) -> None:
    desk.token("app")
    desk.faults({"match": "POST *", "fault": fault})
    told = desk.call("POST", LIST, {"subject": "once", "toRecipients": to("a@x.example")}, by="app")
    assert told.status == status
    assert [each["subject"] for each in desk.get(LIST)["value"]] == ["once"]


def test_a_reset_connection_leaves_nothing_done(desk: Desk) -> None:
    desk.token("app")
    desk.faults({"match": "POST *", "fault": "reset"})
    assert desk.call("POST", LIST, {"subject": "never"}, by="app").status == 0
    assert desk.get(LIST)["value"] == []


def test_a_status_may_carry_a_code_of_its_own(desk: Desk) -> None:
    desk.token("app")
    desk.faults({"match": "graph", "fault": "403", "args": {"code": "ExtensionError", "message": "Quota reached."}})
    assert desk.call("GET", LIST, by="app").json()["error"]["code"] == "ExtensionError"


def test_a_notification_can_be_dropped_doubled_delayed_and_put_out_of_order(desk: Desk) -> None:
    desk.subscribe()

    def told(rule: dict[str, Any], *, within_s: float = 10) -> list[str]:
        desk.sent.clear()
        desk.faults({"match": "notifications", **rule})
        for number in range(4):
            desk.arrive(letter(key=f"{rule['fault']}{number}"))
            desk.driver.advance(0.5)
        desk.driver.advance(within_s)
        return [item["resourceData"]["id"] for item in desk.notifications()]

    assert len(told({"fault": "drop"})) == 0
    doubled = told({"fault": "double", "args": {"times": 3}})
    assert (len(doubled), len(set(doubled))) == (12, 4)
    assert told({"fault": "delay", "args": {"s": 60}}) == []
    desk.driver.advance(60)
    shuffled = told({"fault": "shuffle", "args": {"s": 5}})
    arrived = [message["id"] for message in reversed(desk.inbox("app", prefer='IdType="ImmutableId"'))]
    in_order = [message for message in arrived if message in shuffled]
    assert sorted(shuffled) == sorted(in_order)
    assert shuffled != in_order


def test_the_copies_of_what_is_doubled_may_come_each_at_its_own_time(desk: Desk) -> None:
    desk.subscribe()
    desk.faults({"match": "notifications", "fault": "double", "args": {"s": 5}})
    for number in range(4):
        desk.arrive(letter(key=f"apart{number}"))
        desk.driver.advance(0.5)
    desk.driver.advance(10)
    told = [item["resourceData"]["id"] for item in desk.notifications()]
    assert (len(told), len(set(told))) == (8, 4)
    assert told != [one for one in dict.fromkeys(told) for _ in range(2)], "no copy was overtaken"


def test_a_letter_on_its_way_can_be_doubled_and_is_sent_once(desk: Desk) -> None:
    desk.faults({"match": "mail", "fault": "double"})
    said = {"message": {"subject": "s", "toRecipients": to("noura@ministry.example")}}
    desk.call("POST", f"{BOX}/sendMail", said, by="app")
    desk.driver.advance(5)
    assert len(desk.inbox("noura@ministry.example")) == 1
    assert len(desk.get(f"{BOX}/mailFolders/sentitems/messages")["value"]) == 1


@pytest.mark.parametrize(
    ("fault", "spoilt"),
    [
        ("half", lambda whole: whole[: len(whole) // 2]),
        ("nothing", lambda whole: b""),
        ("proxy", lambda whole: b"<h1>Sign in to the network</h1>"),
    ],
)
def test_what_was_asked_is_done_and_its_answer_spoilt(desk: Desk, fault: str, spoilt: Callable[[bytes], bytes]) -> None:
    whole = desk.call("GET", f"{LIST}?$select=id", by="app").body
    desk.faults({"match": "graph", "fault": fault})
    desk.spoilt = True
    told = desk.call("GET", f"{LIST}?$select=id", by="app")
    assert (told.status, told.body) == (200, spoilt(whole))


def test_an_answer_may_be_cut_or_drip(desk: Desk) -> None:
    desk.faults({"match": "graph", "fault": "cut"})
    assert desk.call("GET", LIST, by="app").cut
    desk.faults({"match": "graph", "fault": "drip", "args": {"s": 7}})
    assert desk.call("GET", LIST, by="app").drip_s == 7
