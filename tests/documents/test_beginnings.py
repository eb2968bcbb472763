"""What the Word file of a draft says when its drafter opens it first."""

from dataclasses import replace

import pytest

from documents.beginnings import beginnings
from documents.package import opened
from documents.templates import Templates
from documents.word import words_of
from tests.dispatch_values import SENDING_OFFICE, TO_BOTH, outgoing
from tests.values import Desk
from texts import say


@pytest.mark.parametrize(
    ("party", "said"),
    [(None, "السادة / البنك المركزي   المحترمين"), ("محافظ البنك المركزي", "السادة / محافظ البنك المركزي   المحترمين")],
    ids=["as the directory names it", "as its drafter wrote"],
)
def test_a_letter_names_whom_it_goes_to_and_nobody_who_has_a_copy(party: str | None, said: str) -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    desk.accept(outgoing(recipients=TO_BOTH, party=party))
    words = words_of(beginnings(Templates())(desk.held, SENDING_OFFICE))
    assert said in words.splitlines()
    assert "ديوان المحاسبة" not in words


def test_the_letterhead_names_the_entity_in_both_languages() -> None:
    office = replace(SENDING_OFFICE, names={"ar": "وزارة التجربة", "en": "Sandbox Ministry"})
    desk = Desk(office, record_id="l1")
    desk.accept(outgoing())
    head = opened(beginnings(Templates())(desk.held, office))["word/header1.xml"].decode()
    assert "وزارة التجربة" in head
    assert "Sandbox Ministry" in head


@pytest.mark.parametrize(("urgency", "said"), [("normal", False), ("urgent", True)])
def test_only_what_is_out_of_the_ordinary_stands_at_its_head(urgency: str, said: bool) -> None:
    desk = Desk(SENDING_OFFICE, record_id="l1")
    desk.accept(outgoing(urgency=urgency))
    lines = words_of(beginnings(Templates())(desk.held, SENDING_OFFICE)).splitlines()
    assert say("ar", f"urgency.{urgency}") in lines or not said
    assert say("ar", "urgency.normal") not in lines
