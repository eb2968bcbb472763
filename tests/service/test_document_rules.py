"""The `documents` of the organisation file: what is drafted in Word, and every fault of it by name."""

from typing import Any

import pytest

from registry.document import DocumentRules
from service.document_rules import read_documents


def test_left_out_letters_decisions_and_circulars_are() -> None:
    assert read_documents({}) == (DocumentRules(word=("outgoing_letter", "decision", "circular")), [])


def test_it_is_as_it_is_written() -> None:
    body = {"word": ["internal_memo"], "place": "library", "restart": "approve"}
    assert read_documents(body) == (DocumentRules(word=("internal_memo",), place="library", restart="approve"), [])


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"words": []},
        {"word": ["incoming_letter"]},
        {"word": "decision"},
        {"place": "usb"},
        {"restart": "never"},
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_drafted_in_word(body: Any) -> None:
    rules, wrong = read_documents(body)
    assert len(wrong) == 1
    assert rules == DocumentRules()
