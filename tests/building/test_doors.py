"""The functions as Azure will index them: names, routes, queues, timers. The worker does not check these; we do."""

import pytest

from sandbox.timers import Schedule
from tests.building.house import bindings, bound

ROUTES = {
    ("POST", "graph/notifications"),
    ("POST", "graph/lifecycle"),
    ("POST", "messages"),
    ("GET", "sign-in/start"),
    ("GET", "sign-in/done"),
    ("GET", "health/live"),
    ("GET", "health/ready"),
    ("GET", "v1/records"),
    ("POST", "v1/records"),
    ("GET", "v1/records/{record_id}"),
    ("POST", "v1/records/{record_id}/commands"),
    ("GET", "v1/records/{record_id}/sheet"),
    ("GET", "v1/records/{record_id}/body"),
    ("GET", "v1/records/{record_id}/dossier"),
    ("GET", "v1/records/{record_id}/export"),
    ("GET", "v1/records/{record_id}/documents/{sha256}"),
    ("GET", "v1/verify/{token}"),
    ("GET", "v1/records/{record_id}/comparison/{before}/{after}"),
    ("GET", "v1/delegations"),
    ("POST", "v1/delegations"),
    ("GET", "v1/reconciliation/{date}"),
    ("GET", "v1/openapi.json"),
}
WORKERS = {"look_into_mailbox": "intake", "perform_effects": "effects"}
TIMERS = {
    "look_for_absences",
    "keep_delegations",
    "look_for_edits",
    "ring_for_effects",
    "keep_subscriptions",
    "ring_for_mailboxes",
    "remind_of_what_is_due",
    "tell_what_waits",
    "read_directory",
    "count_the_day",
}


def test_every_door_of_the_plan_is_there_once() -> None:
    served = [(method.value, http["route"]) for http in bound("httpTrigger") for method in http["methods"]]
    assert sorted(served) == sorted(ROUTES)


def test_a_queue_has_one_worker() -> None:
    assert {worker["function"]: worker["queueName"] for worker in bound("queueTrigger")} == WORKERS


def test_the_timers_are_those_of_the_plan() -> None:
    assert {timer["function"] for timer in bound("timerTrigger")} == TIMERS


def test_nothing_else_is_registered() -> None:
    known = {b["function"] for kind in ("httpTrigger", "queueTrigger", "timerTrigger") for b in bound(kind)}
    assert set(bindings()) == known


def test_whatever_rings_rings_a_queue_that_somebody_answers() -> None:
    assert {ringing["queueName"] for ringing in bound("queue")} == set(WORKERS.values())


def test_all_queues_lie_in_the_hosts_own_storage_account() -> None:
    assert {b["connection"] for kind in ("queue", "queueTrigger") for b in bound(kind)} == {"AzureWebJobsStorage"}


def test_callers_are_checked_by_us_and_never_by_a_shared_function_key() -> None:
    """Graph and Teams cannot send a key, and a key says nothing of who calls."""
    assert {http["authLevel"].value for http in bound("httpTrigger")} == {"anonymous"}


@pytest.mark.parametrize("function", sorted(TIMERS))
def test_a_timers_schedule_has_six_fields_and_comes(function: str) -> None:
    (timer,) = [t for t in bound("timerTrigger") if t["function"] == function]
    Schedule(timer["schedule"])


def test_people_and_subscriptions_are_looked_after_at_every_start() -> None:
    assert {t["function"] for t in bound("timerTrigger") if t["runOnStartup"]} == {"keep_subscriptions"}
