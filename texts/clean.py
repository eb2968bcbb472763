"""Text that every table can hold and every reader can be shown."""

import re

# C0 and C1 controls but tab and line feed. PostgreSQL keeps no NUL; nobody sees the others.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
_HALVES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return *text* with its line ends as `\\n`, without controls; half a surrogate pair reads as U+FFFD."""
    return _HALVES.sub("\ufffd", _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
