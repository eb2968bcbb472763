"""Kinds and dispositions are data: the code obeys their rows."""

import pytest

from registry.commands import Approve, Close, Complete, Quarantine, Refer, Register
from registry.decisions import Refused
from registry.events import Registered
from registry.record import holders
from registry.vocabulary import CONFIDENTIALITIES, DISPOSITIONS, KINDS, Disposition, Kind, Verb, is_secret, may_see
from tests.values import Desk, mail


def test_a_new_kind_is_a_row_and_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Kind(
        "report", "internal", "ت", frozenset(Verb) - {Verb.CLOSE}, reference="{letter}-{year}-{serial}/{unit}"
    )
    monkeypatch.setitem(KINDS, report.code, report)
    desk = Desk()
    desk.accept(Register(record_id="r1", mail=mail(), serial=5, kind="report"))
    assert (desk.held.kind, desk.held.direction, desk.held.reference) == ("report", "internal", "ت-2026-5/س.ع")
    refused = desk.take(Close(record_id="r1", step=1, by="huda", note="مكرر"))
    assert isinstance(refused, Refused)
    assert refused.reason == "may.not_for_this_kind"
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    assert desk.held.ended


def test_a_new_disposition_is_a_row_and_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Disposition("for_translation", frozenset({Verb.COMPLETE}), needs_words=True, answered_for="for_review")
    monkeypatch.setitem(DISPOSITIONS, row.code, row)
    desk = Desk()
    desk.accept(Register(record_id="r1", mail=mail(), serial=5))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_translation", to_person="omar"))
    assert desk.take(Complete(record_id="r1", step=2, by="omar")) == Refused("say.result_missing")
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="الترجمة"))
    assert [(h.person, h.asked) for h in holders(desk.held)] == [("huda", "for_review")]


def test_the_vocabulary_of_referrals_is_the_office_s_fifteen() -> None:
    assert len(DISPOSITIONS.keys() - {"for_missing_file", "for_drafting"}) == 15  # which nobody chooses
    assert all(code == row.code and row.closed_by for code, row in DISPOSITIONS.items())
    assert {row.answered_for for row in DISPOSITIONS.values()} - {None} <= DISPOSITIONS.keys()


def test_quarantine_is_a_kind_with_few_verbs() -> None:
    desk = Desk(record_id="q1")
    desk.accept(Quarantine(record_id="q1", mail=mail(), reasons=("quarantine.encrypted",), serial=1))
    first = desk.events[0]
    assert isinstance(first, Registered)
    assert not KINDS[first.kind].listed
    desk.accept(Close(record_id="q1", step=1, by="abdullah", note="إعلان"))
    assert holders(desk.held) == ()


def test_a_clearance_covers_its_own_level_and_those_below() -> None:
    for i, clearance in enumerate(CONFIDENTIALITIES):
        assert [may_see(clearance, level) for level in CONFIDENTIALITIES] == [n <= i for n in range(5)]
    assert [is_secret(level) for level in CONFIDENTIALITIES] == [False, False, True, True, True]
