"""The bot as Microsoft's own client shows it: the Agents Playground, driven in Chromium, with the whole product behind.

The product's door is the one of production: it verifies what the Playground says by the keys that its setting names.
The scenarios are in scenarios.mjs; each is a test here. What the Playground cannot show is tested over HTTP with signed
tokens: dialogs and who may register a message (tests/bot/test_extension.py), refresh and what others see of it
(tests/bot/test_groups.py), other people's presses and edited cards (tests/bot/test_mutated_cards.py), what the
connector refuses (tests/bot/test_channel_out.py), and every forged call (tests/bot/test_channel_in.py).
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.playground.stage import playing
from tests.programs import needs

SCENARIOS = Path(__file__).with_name("scenarios.mjs")
NAMES = re.findall(
    r"^  async (\w+)\(.*\) \{$", SCENARIOS.read_text("utf-8").partition("const SCENARIOS")[2], re.MULTILINE
)
ENDS_WITHIN_S = 600


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of each scenario, by name: {error or null, ms}. PAGE_PICTURES keeps the pictures in that folder."""
    node, chromium = needs("node"), needs("chromium")
    needs("playwright-core")
    pictures = Path(os.environ.get("PAGE_PICTURES") or tmp_path_factory.mktemp("pictures"))
    pictures.mkdir(parents=True, exist_ok=True)
    with playing(tmp_path_factory.mktemp("playground")) as world:
        urls = world.stage.urls
        addresses = [world.playground, urls["tenant"], urls["product"], world.gateway.url]
        done = subprocess.run(
            [str(node), str(SCENARIOS), *addresses, str(pictures)],
            env={**os.environ, "CHROMIUM": str(chromium)},
            capture_output=True,
            text=True,
            timeout=ENDS_WITHIN_S,
        )
    assert done.returncode == 0, done.stderr
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("rule", NAMES)
def test_the_playground(rule: str, outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes[rule]["error"] is None, outcomes[rule]["error"]
