"""What must be known of a letter stands on its cards, in words: that it is sealed, incomplete, repaired."""

import json

import pytest

from bot.cards import record_card, step_card
from tests.bot.rules_of_teams import wrong_with
from tests.bot.samples import view
from tests.values import NOON, OFFICE, PEOPLE, forwarded, registered
from texts import LANGUAGES, Language, say

REMARKS = (
    "sealed.smime",
    "sealed.pgp",
    "sealed.rpmsg",
    "sealed.signed",
    "incomplete.cloud",
    "repaired.likely",
    *(f"unsafe.{what}" for what in ("macros", "external", "encrypted", "bomb", "script", "entities", "unexamined")),
)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("remark", REMARKS)
def test_a_remark_stands_on_the_card_of_whoever_must_act_and_on_the_record_s(remark: str, lang: Language) -> None:
    record = registered(forwarded(remarks=(remark,))).held
    person = record.steps[0].to_person or "abdullah"
    asked = step_card(view(record, 1, person, lang), NOON)
    for card in (asked, record_card(record, PEOPLE[person], OFFICE, lang, NOON)):
        assert wrong_with(card, rtl=lang == "ar") == []
        shown = json.dumps(card, ensure_ascii=False)
        assert say(lang, remark) in shown
        assert say(lang, "card.remarks") in shown
        assert say(lang, "card.reasons") not in shown
