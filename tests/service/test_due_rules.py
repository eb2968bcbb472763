"""What the organisation file says of due dates: read whole, or refused with every fault named."""

from datetime import date, time
from typing import Any

import pytest

from registry.working_time import DueRules, OversightBody, Period, Rung, WorkingCalendar
from service.due_rules import read_due_rules

WHOLE: dict[str, Any] = {
    "weekend": ["Saturday", "sunday"],
    "hours": "08:00 - 15:30",
    "periods": [
        {"from": "2027-02-08", "to": "2027-03-09", "hours": "09:00-13:30"},
        {"from": "2027-01-01", "to": "2027-01-01"},
    ],
    "days": [{"urgency": "urgent", "days": 3}, {"kind": "incoming_letter", "days": 7}, {"days": 10}],
    "oversight": [{"name": "ديوان المحاسبة", "any_words": ["ديوان المحاسبة"], "days": 5}],
    "ladder": [{"days": -2, "to": "holder"}, {"days": 1, "to": "above"}],
}


def test_what_is_written_is_what_holds() -> None:
    assert read_due_rules(WHOLE) == (
        DueRules(
            days=(("", "urgent", 3), ("incoming_letter", "", 7), ("", "", 10)),
            oversight=(OversightBody("ديوان المحاسبة", ("ديوان المحاسبة",), 5),),
            ladder=(Rung(-2, "holder"), Rung(1, "above")),
            calendar=WorkingCalendar(
                weekend=frozenset({5, 6}),
                hours=(time(8), time(15, 30)),
                periods=(
                    Period(date(2027, 2, 8), date(2027, 3, 9), (time(9), time(13, 30))),
                    Period(date(2027, 1, 1), date(2027, 1, 1)),
                ),
            ),
        ),
        [],
    )


def test_what_is_left_out_is_the_usual() -> None:
    assert read_due_rules({"days": [{"days": 10}]}) == (DueRules(days=(("", "", 10),)), [])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("weekend", "friday", "due.weekend is a list"),
        ("weekend", ["freitag"], "due.weekend, number 1, needs a day of the week in English"),
        (
            "weekend",
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            "due.weekend leaves no day on which the office works",
        ),
        ("hours", "14:00-07:30", "due.hours needs hours as 07:30-14:00"),
        ("hours", 7, "due.hours needs hours as 07:30-14:00"),
        ("periods", [{"from": "2027-01-02", "to": "2027-01-01"}], "due.periods, number 1, needs from and to"),
        ("days", [{"days": 1}, {"urgency": "soon", "days": 1}], "due.days, number 2, needs days"),
        ("days", [{"days": True}], "due.days, number 1, needs days"),
        ("oversight", [{"name": "x", "any_words": [" "], "days": 1}], "due.oversight, number 1, needs name"),
        ("ladder", [{"days": 0, "to": "minister"}], "due.ladder, number 1, needs days and to: holder, head, above"),
        ("escalation", [], "due says escalation, which nobody reads"),
    ],
)
def test_a_fault_is_named_by_its_place(name: str, value: Any, said: str) -> None:
    rules, wrong = read_due_rules({**WHOLE, name: value})
    assert rules is None
    assert [w for w in wrong if w.startswith(said)], wrong


def test_all_faults_are_named_together() -> None:
    assert len(read_due_rules({"hours": "", "days": [1, 2], "ladder": {}})[1]) == 4


def test_what_is_no_object_is_said_to_be_none() -> None:
    assert read_due_rules([]) == (None, ["due must be an object"])
