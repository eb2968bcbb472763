"""The small function app of tests/sandbox/app under a host of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.stage import Stage

APP = Path(__file__).resolve().parent / "app"
NEVER = "0 0 0 29 2 1"


class SmallApp(Stage):
    """The host alone, without a tenant. `notes` are the lines that its functions wrote."""

    def __init__(self, folder: Path, *, tick: str = NEVER, env: Mapping[str, str] | None = None, **more: Any) -> None:
        self._notes = folder / "notes"
        settings = {"NOTES": str(self._notes), "TICK_SCHEDULE": tick, **(env or {})}
        super().__init__(folder, root=more.pop("root", APP), env=settings, **more)

    def __enter__(self) -> "SmallApp":
        try:
            self.start_host()
        except BaseException:
            self.close()
            raise
        return self

    def notes(self, what: str) -> list[dict[str, Any]]:
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        return [note for note in map(json.loads, lines) if note["what"] == what]

    def wait_for(self, what: str, count: int = 1, **like: Any) -> list[dict[str, Any]]:
        """The notes *what* that hold *like*, once there are *count*."""

        def found() -> list[dict[str, Any]]:
            notes = [note for note in self.notes(what) if like.items() <= note.items()]
            return notes if len(notes) >= count else []

        return self.until(found, what=f"{count} × {what} {like}")

    def wait_idle(self) -> dict[str, Any]:
        """The host's health once nothing runs and nothing but poison lies in the queues."""

        def idle() -> dict[str, Any]:
            health: dict[str, Any] = self.product("GET", "/sandbox/health").json()
            left = [n for name, n in health["queues"].items() if not name.endswith("-poison")]
            return health if not any(left) and not any(health["running"].values()) else {}

        return self.until(idle, what="the host is idle")
