"""Fragments that read left to right inside Arabic, kept in their own order."""

import re

_FIRST_STRONG, _END = "\u2068", "\u2069"
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]+")


def isolate(text: object) -> str:
    """Return *text* between U+2068 and U+2069, so that `12-34` is not shown as `34-12` after Arabic.

    Directional marks inside are dropped first: a fragment must not be able to end its own isolate.
    """
    return f"{_FIRST_STRONG}{bare(str(text))}{_END}"


def bare(text: str) -> str:
    """Return *text* without directional marks, as it is compared and stored."""
    return text if text.isascii() else _MARKS.sub("", text)
