"""A record as it stood at an instant, judged by who may read it today."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.commands import Complete, Refer
from service.service import NotYet
from service.views import Viewer
from tests.service.house import Registry
from tests.values import PEOPLE

SYSTEM = Viewer(None)


async def test_a_record_is_shown_as_it_stood_after_each_of_its_events(house: Registry) -> None:
    of = (await house.registered()).record_id
    instants = [house.now]
    for ask in (
        Refer(record_id=of, step=1, by="huda", to_person="omar", asked="for_action", note=None),
        Complete(record_id=of, step=2, by="omar", note="تم"),
    ):
        house.later(60)
        house.take(ask)
        instants.append(house.now)
    house.later(60)
    stood = [house.service.show(SYSTEM, of, at) for at in instants]
    assert [[h["person"] for h in s["holders"]] for s in stood if s] == [["huda"], ["omar"], ["huda"]]
    now = house.service.show(SYSTEM, of)
    assert now is not None
    assert (stood[-1] or {}) | {"as_of": None} == {k: v for k, v in now.items() if k != "deliveries"} | {"as_of": None}
    assert house.service.show(SYSTEM, of, house.now + timedelta(days=1)) == now
    with pytest.raises(NotYet):
        house.service.show(SYSTEM, of, instants[0] - timedelta(hours=1))


async def test_who_may_read_it_today_may_read_how_it_stood_and_nobody_else(house: Registry) -> None:
    of = (await house.registered()).record_id
    before = house.now
    house.later(60)
    house.take(Refer(record_id=of, step=1, by="huda", to_person="omar", asked="for_action", note=None))
    house.later(60)
    by_omar = house.service.show(Viewer(PEOPLE["omar"]), of, before)
    assert by_omar is not None
    assert not by_omar["masked"], "though it was not before him then"
    assert house.service.show(Viewer(PEOPLE["laila"]), of, before) is None
    assert house.service.show(Viewer(replace(PEOPLE["salem"], clearance="top_secret")), of, before) is None
