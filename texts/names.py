################################################################
# Names of files that others chose
################################################################
#
# Rule 1: a name that comes out can be shown, stored and saved anywhere as it is: no path, no control or directional
#         mark, no name of a device, no look-alike of a slash; never empty, never too long.
# Rule 2: its letters stay what they are: a name in Arabic stays Arabic, and keeps its ending.

import re
import unicodedata

from texts.clean import clean

LONGEST_NAME = 180  # characters …
LONGEST_NAME_BYTES = 240  # … and bytes in UTF-8: file systems take 255

_LOOKED_AT = 4_000  # characters; what stands behind them would be cut off in any case, but for the ending

_SLASHES = re.compile(
    '[/\\\\:*?"<>|\n\t'
    "\u2044\u2215\u29f5\u29f8\u2571\ufe68\uff0f\uff3c\ua789\uff1a\uff0a\uff1f\uff1c\uff1e\uff5c]"  # twins
)
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?:\.|$)", re.IGNORECASE)
_UNSEEN = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"  # they shape Persian and Urdu, and hide nothing between letters
_ENDINGS = {
    "message/rfc822": ".eml",
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
}


def safe_name(name: str, kind: str, number: int) -> str:
    """Return a file's name as it may be shown and saved anywhere.

    Args:
        kind: Its content type, which gives an ending to a file without a name.
        number: Which part of the letter it is: the name of what has none.
    """
    said = clean(name)
    said = unicodedata.normalize("NFC", said[:_LOOKED_AT] + said[_LOOKED_AT:][-20:])
    seen = "".join(
        c for c in said if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    )
    safe = _SLASHES.sub("_", seen).strip().strip(" .")
    if not safe.strip(_JOINERS + " ."):
        return f"attachment-{number}{_ENDINGS.get(kind, '')}"
    if _DEVICES.match(safe.replace(" ", "")):
        safe = f"_{safe}"
    if kind == "message/rfc822" and not safe.lower().endswith(".eml"):
        safe += ".eml"
    stem, ending = _parted(safe)
    while len(stem) + len(ending) > LONGEST_NAME or len((stem + ending).encode()) > LONGEST_NAME_BYTES:
        over = len((stem + ending).encode()) - LONGEST_NAME_BYTES
        stem = stem[: min(LONGEST_NAME - len(ending), len(stem) - max(1, over // 4))]
    return stem.rstrip() + ending


def _parted(name: str) -> tuple[str, str]:
    """The name and its ending, where it has one that is no part of a sentence."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending) <= 10 else (name, "")
