"""What the tenant does later: in which order, how often, and what a restart leaves of it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sandbox.tenant import controls
from sandbox.tenant.deliveries import Errand
from sandbox.tenant.in_process import InProcess
from sandbox.tenant.services import ministry
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import NO_ANSWER, Request, Response
from sandbox.tenant.world import Thing, World
from tests.sandbox.desk import NOON

BELL = Routes()


@BELL.courier("bell")
def ring(tenant: Tenant, payload: Thing, tries: int, now: datetime) -> Errand:
    """Ring at the product, and again 10 s later if nobody opens."""
    if payload["name"] == "broken":
        raise RuntimeError("the bell is broken")
    told = yield Request("POST", f"http://product/{payload['name']}/{tries}")
    return None if told.status else 10.0


class Street:
    """A tenant that rings, and a product that opens when it wants to."""

    def __init__(self, folder: Path | None = None) -> None:
        self.tenant = Tenant(World(folder), [BELL, controls.ROUTES], ministry())
        self.driver = InProcess(self.tenant, self._open, NOON)
        self.rung: list[tuple[str, float]] = []
        self.at_home = True

    def _open(self, request: Request) -> Response:
        self.rung.append((request.path.strip("/"), (self.driver.now - NOON).total_seconds()))
        return Response(200) if self.at_home else NO_ANSWER

    def put(self, name: str, after_s: float = 0, lane: str | None = None) -> None:
        self.tenant.deliveries.put("bell", {"name": name}, self.driver.now, after_s=after_s, lane=lane)


def test_what_is_due_earlier_is_carried_earlier_each_at_its_own_instant() -> None:
    street = Street()
    street.put("b", after_s=2)
    street.put("a", after_s=1)
    street.driver.advance(1.5)
    assert street.rung == [("a/0", 1)]
    street.driver.advance(10)
    assert street.rung == [("a/0", 1), ("b/0", 2)]


def test_of_one_lane_the_next_waits_until_the_first_is_done_and_others_do_not() -> None:
    street = Street()
    street.at_home = False
    street.put("first", lane="chat")
    street.put("second", lane="chat")
    street.put("other", lane="other chat")
    street.driver.advance(5)
    assert [name for name, _ in street.rung] == ["first/0", "other/0"]
    street.at_home = True
    street.driver.advance(10)
    assert [name for name, _ in street.rung[2:]] == ["first/1", "second/0", "other/1"]


def test_what_a_fault_puts_off_loses_its_place_in_the_lane() -> None:
    street = Street()
    rules = [{"match": "bell", "fault": "delay", "args": {"s": 5}, "for_s": 1}]
    body = f'{{"rules": {rules}}}'.replace("'", '"').encode()
    assert street.driver.request(Request("POST", "http://tenant/sandbox/faults", {}, body)).status == 200
    street.put("first", lane="chat")
    street.driver.advance(2)
    street.put("second", lane="chat")
    street.driver.advance(10)
    assert [name for name, _ in street.rung] == ["second/0", "first/0"]


def test_a_restart_loses_nothing_and_keeps_the_lanes(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.at_home = False
    street.put("first", lane="chat")
    street.put("second", lane="chat")
    street.driver.advance(1)
    street.tenant.world.close()
    again = Street(tmp_path)
    again.driver.advance(60)
    assert [name for name, _ in again.rung] == ["first/1", "second/0"]
    assert again.tenant.deliveries.next_due() is None
    again.tenant.world.close()


def test_a_courier_that_fails_holds_up_nobody() -> None:
    street = Street()
    street.put("broken", lane="chat")
    street.put("next", lane="chat")
    with pytest.raises(RuntimeError):
        street.driver.settle()
    street.driver.settle()
    assert [name for name, _ in street.rung] == ["next/0"]


def test_what_nobody_carries_is_refused_at_once() -> None:
    with pytest.raises(LookupError):
        Street().tenant.deliveries.put("pigeon", {}, NOON)


def test_virtual_time_passes_only_when_told_to() -> None:
    street = Street()
    street.put("later", after_s=3600)
    street.driver.settle()
    assert street.rung == []
    street.driver.advance(3600)
    assert street.driver.now == NOON + timedelta(hours=1)
    assert street.rung == [("later/0", 3600)]
