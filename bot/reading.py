"""Parts and texts of JSON that somebody else wrote: whatever it holds, what comes out is a mapping or a text."""

import re
from collections.abc import Mapping
from typing import Any

LONGEST_WORDS = 20_000  # characters of an input or a message that are read; far above what is accepted

_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under *name*; an empty one where there is none."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def text(whole: Mapping[str, Any], name: str) -> str:
    """The text under *name*, without what cannot be seen or stored; empty where there is none."""
    found = whole.get(name)
    return _INVISIBLE.sub("", found[:LONGEST_WORDS].replace("\r\n", "\n")) if isinstance(found, str) else ""
