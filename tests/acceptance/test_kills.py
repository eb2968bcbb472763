"""The product is killed (kill -9) or stopped (SIGTERM) wherever it hurts, and started again: nothing lost or doubled.

A card is the one thing that cannot be looked up where it was sent. Killed between sending one and noting it, the
product sends it again: both carry the same token, one decision comes of them, and here they are counted.
"""

import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.ministry import HUDA, OMAR, SALEM, Ministry, nothing, opened
from tests.acceptance.way import Went, go, judge, numbers_have_no_gap

# Every call by which the product changes something outside, in the order of a letter's way.
DEEDS = {
    "the mail is marked": "PATCH /v1.0/users/*/messages/*",
    "the app is installed": "POST /v1.0/users/*/teamwork/installedApps",
    "a card is sent": "POST /v3/conversations/*/activities*",
    "a card is written anew": "PUT /v3/conversations/*/activities/*",
    "the reply is drafted": "POST /v1.0/users/*/messages/*/createReply",
    "the reply is sent": "POST /v1.0/users/*/messages/*/send",
}
RANDOM_KILLS, RANDOM_KILLS_SOAK = 6, 100
A_QUARTER_S = 900.0
HOW_OFTEN = 0.02  # at each look, about thirty times a second


def nothing_is_missing(ministry: Ministry) -> None:
    numbers_have_no_gap(ministry)
    day = ministry.day()
    assert (day["green"], day["missing"]) == (True, [])


def test_killed_after_every_step_nothing_is_lost_and_nothing_done_twice(ministry: Ministry) -> None:
    died_after: list[str] = []

    def after(step: str) -> None:
        died_after.append(step)
        ministry.the_product_dies()

    went = go(ministry, "كتاب رقم 1/2026 بشأن الجرد", after=after)
    assert len(died_after) == 8
    ministry.at_rest()
    judge(ministry, went, twice=len(died_after))
    nothing_is_missing(ministry)


def is_noted(ministry: Ministry, upn: str) -> bool:
    """Whether the product knows of every card that stands in somebody's chat."""
    with closing(sqlite3.connect(f"file:{ministry.stage.state}/tarasul.db?mode=ro", uri=True)) as database:
        noted = {activity_id for (activity_id,) in database.execute("SELECT activity_id FROM cards")}
    return all(card.activity_id in noted for card in ministry.about(upn, ""))


def at_each_deed(ministry: Ministry, fault: str, colleague: str) -> tuple[Callable[[], None], list[str]]:
    """What happens meanwhile: the product dies once at each of DEEDS; and the list of those at which it has."""
    left, died_at = dict(DEEDS), []
    # To her alone, since sentences go to others; what the path may have encoded is left open.
    left["a card is sent"] = DEEDS["a card is sent"].replace("*", re.sub(r"\W", "*", ministry.chat_of(HUDA)), 1)

    def hold() -> None:
        ministry.faults(*({"match": match, "fault": fault} for match in left.values()))

    def reached() -> list[str]:
        struck = {rule["match"] for rule in ministry.control("GET", "faults")["rules"] if rule["struck"]}
        return [deed for deed, match in left.items() if match in struck]

    def look() -> None:
        if not reached():
            return
        # the colleague's card goes out by a lane of its own, beside what is held
        ministry.stage.until(lambda: is_noted(ministry, colleague), 60, "the colleague's card to be noted")
        ministry.stage.kill_host()
        standing = len(ministry.about(HUDA, ""))
        sent = fault == "held_after" and "a card is sent" in reached()
        for deed in reached():  # another lane may have come to its own meanwhile
            died_at.append(deed)
            del left[deed]
        hold()
        ministry.stage.start_host()
        ministry.a_minute_passes()
        if sent:  # nobody presses the first before the second is there: what is answered is not asked again
            ministry.stage.until(lambda: len(ministry.about(HUDA, "")) > standing, 60, "the second card")

    hold()
    return look, died_at


@pytest.mark.parametrize(
    ("fault", "colleague", "cards_twice"),
    [
        pytest.param("held_after", SALEM, 1, id="after it was done and before the answer came"),
        pytest.param("held", OMAR, 0, id="just before it was done", marks=pytest.mark.soak),
    ],
)
def test_killed_at_every_deed_outside_each_is_done_once(
    tmp_path: Path, fault: str, colleague: str, cards_twice: int
) -> None:
    """A card alone stands twice, where the product died between sending it and noting it."""
    with opened(tmp_path) as ministry:
        ministry.has_the_app(HUDA)  # the first card is a question then, and no welcome
        ministry.meanwhile, died_at = at_each_deed(ministry, fault, colleague)
        went = go(ministry, "كتاب رقم 2/2026 بشأن الصيانة", colleague=colleague)
        ministry.meanwhile = nothing
        assert set(died_at) == set(DEEDS)
        ministry.at_rest()
        assert judge(ministry, went, colleague=colleague, twice=cards_twice) == cards_twice
        nothing_is_missing(ministry)


@pytest.mark.parametrize("first", [0, 1], ids=["the card that was not noted first", "the card that was noted first"])
def test_a_press_on_either_of_two_cards_makes_one_decision_and_both_show_it(ministry: Ministry, first: int) -> None:
    subject = f"كتاب رقم {3 + first}/2026 بشأن التأمين"
    ministry.has_the_app(HUDA)
    ministry.faults({"match": DEEDS["a card is sent"], "fault": "held_after"})
    ministry.receives_and_forwards(HUDA, subject)
    record = ministry.registered(subject)
    reference = record["reference"]
    lost = ministry.asked(HUDA, reference, "approve")
    ministry.stage.kill_host()
    ministry.faults()
    ministry.stage.start_host()
    ministry.a_minute_passes()
    ministry.awaited(lambda: len(ministry.about(HUDA, reference)) == 2, "a second card")
    cards = ministry.about(HUDA, reference)
    assert cards[0] == lost
    assert cards[1].data("approve") == lost.data("approve")

    ministry.presses(cards[first], "approve", note="للاعتماد")
    assert "تم الاعتماد" in ministry.presses(cards[1 - first], "approve").words
    ministry.closed_and_answered(record["record_id"])
    ministry.at_rest()
    assert ["تم الاعتماد" in card.words for card in ministry.about(HUDA, reference)] == [True, True]
    types = [line["type"] for line in ministry.sheet(record["record_id"])["events"]]
    assert types.count("StepApproved") == 1


class Fate:
    """Ends the product at random looks, as often as it was told, by kill -9 and by SIGTERM in turn; the same seed gives
    the same looks. Then time goes on a little faster: what was waiting when the product died may have been put off by
    minutes."""

    def __init__(self, ministry: Ministry, seed: int, kills: int) -> None:
        self._ministry, self._dice, self.left = ministry, random.Random(seed), kills
        self._looks = 0

    def __call__(self) -> None:
        self._looks += 1
        if self.left and self._dice.random() < HOW_OFTEN:
            self.left -= 1
            self._ministry.the_product_dies(by_sigterm=self.left % 2 == 1)
        elif not self.left and self._looks % 16 == 0:  # every half a second
            self._ministry.time_passes(2.5)


@pytest.mark.parametrize(
    ("seed", "kills"), [(1448, RANDOM_KILLS), pytest.param(2026, RANDOM_KILLS_SOAK, marks=pytest.mark.soak)]
)
def test_killed_at_random_instants_nothing_is_lost_and_nothing_done_twice(
    tmp_path: Path, seed: int, kills: int
) -> None:
    with opened(tmp_path) as ministry:
        fate = ministry.meanwhile = Fate(ministry, seed, kills)
        letters: list[Went] = []
        while fate.left or not letters:
            letters.append(go(ministry, f"كتاب رقم {10 + len(letters)}/2026 بشأن النقل"))
        ministry.meanwhile = nothing
        ministry.time_passes(A_QUARTER_S)  # what a queue gave to a process that died comes back to it by then
        ministry.at_rest()
        cards_twice = sum(judge(ministry, went, twice=kills) for went in letters)
        assert cards_twice <= kills
        nothing_is_missing(ministry)
