"""Names of files as a mail writes them: encoded, spoilt, hostile; made safe by texts/names.py."""

from graph import headers
from graph.charsets import cleaned
from texts.names import LONGEST_NAME, LONGEST_NAME_BYTES
from texts.names import safe_name as _safe_name

__all__ = ["LONGEST_NAME", "LONGEST_NAME_BYTES", "safe_name"]


def safe_name(name: str, kind: str, number: int) -> str:
    """See texts.names.safe_name; *name* may stand in encoded words."""
    return _safe_name(cleaned(headers.words(name)), kind, number)
