"""A frozen value with some of its fields changed."""

from dataclasses import fields, replace

import pytest

from registry.changed import changed
from registry.events import StepApproved
from registry.vocabulary import Status
from tests.values import NOON, registered


def test_a_changed_record_is_what_replace_makes_of_it() -> None:
    record = registered().held
    new = {"status": Status.CLOSED, "outcome": "closed", "version": 9}
    assert changed(record, **new) == replace(record, **new)  # type: ignore[arg-type]


def test_so_is_a_changed_event_which_has_some_of_its_fields_from_what_all_events_are() -> None:
    event = StepApproved(at=NOON, by="huda", capacity="head", step=1, note="تم")
    new = {"capacity": "member", "on_behalf_of": "omar"}
    assert changed(event, **new) == replace(event, **new)  # type: ignore[arg-type]


def test_the_value_itself_stays_as_it_was() -> None:
    record = registered().held
    before = {field.name: getattr(record, field.name) for field in fields(record)}
    changed(record, version=record.version + 1)
    assert {field.name: getattr(record, field.name) for field in fields(record)} == before


def test_a_field_that_the_value_lacks_is_refused() -> None:
    with pytest.raises(KeyError):
        changed(registered().held, no_such_field=1)
