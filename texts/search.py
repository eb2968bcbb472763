"""What two spellings of one Arabic word have in common."""

import re
import unicodedata

_LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        "ى": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ـ": None,
        **{chr(0x0660 + n): str(n) for n in range(10)},
        **{chr(0x06F0 + n): str(n) for n in range(10)},
    }
)
_SPACES = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")


def search_key(text: str) -> str:
    """Return the form of *text* under which it is found: one alef, one ya, no diacritics, Latin digits, lower case.

    A key of a key is itself. Source: the office's habit of typing names with and without hamza.
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.translate(_LETTERS)) if not unicodedata.combining(c))
    return _SPACES.sub(" ", bare.translate(_LETTERS).casefold()).strip()
