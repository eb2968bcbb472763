"""What is sealed, when, and what its QR code proves."""

from dataclasses import replace
from typing import Any

import pytest

from registry.circuit_commands import Sign, Submit
from registry.circuits import PERSON, SIGN, StageRule, Who
from registry.commands import Void
from registry.decisions import Accepted, Nothing, Refused
from registry.effects import AskAction, RefreshCard
from registry.office import SYSTEM
from registry.record import asked_people
from registry.sealed_commands import NoteSealed
from registry.sealed_effects import SealLetter
from registry.sealing import record_of_token, retention_of, seals_due, token_of, waits_for_seal
from registry.vocabulary import ISSUED_KINDS
from tests.circuit_values import drafted
from tests.values import NOON, Desk, registered

SIGNED_BY_HUDA = StageRule(act=SIGN, who=(Who(PERSON, "huda"),))


def submitted(**fields: Any) -> Desk:
    desk = drafted(SIGNED_BY_HUDA, **fields)
    desk.accept(Submit(record_id="m1", step=1, by="omar"))
    return desk


def noted(**fields: Any) -> NoteSealed:
    usual: dict[str, Any] = {
        "sha256": "a" * 64,
        "size_bytes": 60_000,
        "frozen": "b" * 64,
        "level": "protected",
        "certificate": "c" * 64,
        "stamped_at": NOON,
        "manifest": "d" * 64,
    }
    return NoteSealed(record_id="m1", **usual | fields)


def signed(**fields: Any) -> tuple[Desk, Accepted]:
    desk = submitted(**fields)
    return desk, desk.accept(Sign(record_id="m1", step=2, by="huda", serial=7))


@pytest.mark.parametrize("kind", ISSUED_KINDS)
def test_whatever_we_issue_is_sealed_when_it_has_its_number_and_not_before(kind: str) -> None:
    out = {"party": "وزارة المالية", "addressees": ()} if kind in ("outgoing_letter", "follow_up_letter") else {}
    desk = submitted(kind=kind, **out)
    assert not waits_for_seal(desk.held)
    decision = desk.accept(Sign(record_id="m1", step=2, by="huda", serial=7))
    assert [e for e in decision.effects if isinstance(e, SealLetter)] == [SealLetter(record_id="m1")]
    assert waits_for_seal(desk.held)


def test_a_letter_that_came_in_is_not_sealed() -> None:
    desk = registered()
    assert not waits_for_seal(desk.held)
    assert seals_due(None, desk.held) == ()
    assert isinstance(desk.take(replace(noted(), record_id="r1")), Refused)


def test_the_first_file_that_is_noted_is_the_letter_and_another_is_nothing() -> None:
    desk, _ = signed()
    decision = desk.accept(noted())
    (event,) = decision.events
    assert (event.by, type(event).__name__) == (SYSTEM, "Sealed")
    assert isinstance(desk.take(noted(sha256="9" * 64)), Nothing)
    sealed = desk.held.sealed
    assert sealed is not None
    assert (sealed.sha256, sealed.frozen, sealed.level, sealed.at) == ("a" * 64, "b" * 64, "protected", event.at)
    assert not [e for e in decision.effects if isinstance(e, SealLetter)]


@pytest.mark.parametrize("kind", ISSUED_KINDS)
def test_every_card_of_the_letter_shows_its_file_once_it_is_there(kind: str) -> None:
    out = {"party": "وزارة المالية", "addressees": ()} if kind in ("outgoing_letter", "follow_up_letter") else {}
    desk, _ = signed(kind=kind, **out)
    effects = desk.accept(noted()).effects
    refreshed = {e.step for e in effects if isinstance(e, RefreshCard)}
    put_before_somebody = {s.number for s in desk.held.steps if asked_people(s, desk.office)}
    assert refreshed == put_before_somebody
    assert len(refreshed) > 1


def test_what_is_issued_is_sealed_before_its_cards_go_round() -> None:
    _, decision = signed(kind="circular")
    kinds = [type(e) for e in decision.effects]
    assert kinds.index(SealLetter) < kinds.index(AskAction)


def test_what_has_no_number_is_no_letter_yet() -> None:
    decision = submitted().take(noted())
    assert isinstance(decision, Refused)
    assert decision.reason == "seal.not_issued"


def test_what_was_voided_meanwhile_is_not_sealed() -> None:
    desk, _ = signed()
    desk.accept(Void(record_id="m1", by="huda", note="خطأ في الرقم"))
    assert not waits_for_seal(desk.held)
    assert isinstance(desk.take(noted()), Nothing)


def test_the_token_names_the_record_and_proves_that_its_maker_had_the_words() -> None:
    desk, _ = signed()
    token = token_of(desk.held, "b" * 64)
    assert record_of_token(token) == "m1"
    assert token == token_of(desk.held, "b" * 64)
    others = {
        token_of(desk.held, "c" * 64),
        token_of(replace(desk.held, record_id="m2"), "b" * 64),
        token_of(replace(desk.held, reference="ش.م/م/8/2026"), "b" * 64),
    }
    assert token not in others
    assert len({t.rpartition("-")[2] for t in (token, *others)}) == 4


@pytest.mark.parametrize(
    "text", ["", "m1", "m1-", "m1-zz", "m1-" + "G" * 32, "../x-" + "a" * 32, "a" * 64, "-" + "a" * 32]
)
def test_what_is_no_token_names_no_record(text: str) -> None:
    assert record_of_token(text) == ""


def test_a_decision_is_kept_for_ever_and_a_letter_as_the_schedule_says() -> None:
    assert [retention_of(k) for k in ("decision", "circular", "outgoing_letter", "internal_memo")] == [
        "permanent",
        "until_superseded",
        "ordinary",
        "ordinary",
    ]
