"""Every notification, queue message and press comes one to five times, at once or up to thirty days later (goals T6).

One effect of each, and the same answer. The doors are the product's, its database a real one.
"""

from pathlib import Path

import pytest

from tests import stores
from tests.acceptance.doubled import Doubled, Keyless, doubled

# Letters: each makes some ten facts (a notification, messages, presses), each of them delivered three times on average.
IN_TEST, IN_CONTROL, IN_SOAK, FACTS_IN_SOAK = 25, 20, 1_000, 10_000


def nothing_but_good(found: Doubled) -> None:
    assert found.wrong == []
    assert found.deliveries > 2.5 * found.facts.total()
    assert found.compared > 0.6 * found.facts["press"]


async def test_what_comes_several_times_has_one_effect_and_one_answer(tmp_path: Path) -> None:
    found = await doubled(stores.sqlite_url(tmp_path), IN_TEST)
    nothing_but_good(found)


@pytest.mark.soak
async def test_so_do_ten_thousand_facts(tmp_path: Path) -> None:
    found = await doubled(stores.sqlite_url(tmp_path), IN_SOAK, seed=2026)
    nothing_but_good(found)
    assert found.facts.total() >= FACTS_IN_SOAK, str(found)


async def test_a_product_that_keeps_no_keys_is_found_out(tmp_path: Path) -> None:
    found = await doubled(stores.sqlite_url(tmp_path), IN_CONTROL, twist=Keyless)
    assert any(fault.startswith("the note") for fault in found.wrong), str(found)
