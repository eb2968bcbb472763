"""Each card in each state and language is the one in golden/. REMAKE_GOLDEN=1 writes them anew; read the difference."""

import json
import os
from pathlib import Path

import pytest

from tests.bot.samples import SAMPLES
from texts import LANGUAGES, Language

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_card_is_the_golden_one(name: str, lang: Language) -> None:
    drawn = json.dumps(SAMPLES[name](lang), ensure_ascii=False, indent=1) + "\n"
    golden = GOLDEN / f"{name}.{lang}.json"
    if os.environ.get("REMAKE_GOLDEN"):
        golden.write_text(drawn, "utf-8")
    assert drawn == golden.read_text("utf-8")


def test_no_golden_file_is_left_of_a_card_that_is_no_more() -> None:
    assert {f.name for f in GOLDEN.iterdir()} == {f"{name}.{lang}.json" for name in SAMPLES for lang in LANGUAGES}
