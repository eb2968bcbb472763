"""The page as a newcomer meets it: Chromium goes the whole way by clicking, with the real product behind the page.

What the page does with one click or another is tested in tests/page, with a stand-in for the product.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.ministry import Ministry
from tests.programs import needs

WAY = Path(__file__).with_name("page.mjs")
POINTS = re.findall(r"^  async (\w+)\(", WAY.read_text("utf-8"), re.MULTILINE)
ENDS_WITHIN_S = 240


@pytest.fixture(scope="module")
def points(ministry: Ministry, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """How far the way went, by point: {error or null, ms}. PAGE_PICTURES keeps the pictures in that folder."""
    node, chromium = needs("node"), needs("chromium")
    needs("playwright-core")
    pictures = Path(os.environ.get("PAGE_PICTURES") or tmp_path_factory.mktemp("pictures"))
    pictures.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [str(node), str(WAY), ministry.stage.urls["tenant"], str(pictures)],
        env={**os.environ, "CHROMIUM": str(chromium)},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
    )
    assert done.returncode == 0, done.stderr
    return {told["name"]: told for told in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("point", POINTS)
def test_by_clicking(point: str, points: dict[str, dict[str, Any]]) -> None:
    assert point in points, "an earlier point failed"
    assert points[point]["error"] is None, points[point]["error"]
