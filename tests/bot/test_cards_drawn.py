"""Microsoft's own renderer draws every golden card: whole on a desktop and on a phone, in its language's direction."""

import subprocess
from pathlib import Path

from tests.programs import REPOSITORY, needs


def test_every_card_is_drawn_whole_on_a_desktop_and_on_a_phone(tmp_path: Path) -> None:
    node, chromium = needs("node"), needs("chromium")
    needs("playwright-core")
    script = REPOSITORY / "scripts" / "draw_cards.mjs"
    drawn = subprocess.run(
        [str(node), str(script), str(tmp_path)],
        env={"PATH": "/usr/bin:/bin", "CHROMIUM": str(chromium), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert drawn.returncode == 0, drawn.stderr
    assert {f.name for f in tmp_path.glob("*.png")} == {"cards-ar.png", "cards-en.png"}
