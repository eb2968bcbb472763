################################################################
# A few values that outlive the process
################################################################
#
# Rule 1: one small JSON file; each change replaces it as a whole, so that a kill leaves the old or the new one.

import json
import os
from pathlib import Path
from typing import Any


class Kept:
    """A JSON object in a file. Change it by `keep`, one key at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._values: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}

    def get(self, key: str, default: Any) -> Any:
        return self._values.get(key, default)

    def keep(self, key: str, value: Any) -> None:
        self._values[key] = value
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._values, ensure_ascii=False, indent=1))
        os.replace(fresh, self._file)
