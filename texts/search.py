"""What two spellings of one Arabic word have in common."""

import unicodedata

# Marks that nobody sees and everybody pastes along: directions, isolates, joiners, the byte order mark.
_UNSEEN = "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u061c\ufeff\u00ad"
_LETTERS = str.maketrans(
    {
        **dict.fromkeys(_UNSEEN),
        "ـ": None,
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        **{chr(0x0660 + n): str(n) for n in range(10)},
        **{chr(0x06F0 + n): str(n) for n in range(10)},
    }
)


def search_key(text: str) -> str:
    """Return the form of *text* under which it is found: one alef, one ya, no diacritics, Latin digits, lower case.

    A key of a key is itself. Source: the office's habit of typing names with and without hamza.
    """
    seen = text.translate(_LETTERS)
    # folding the case may bring forth letters that can be taken apart, and taking apart letters that can be folded
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", seen).casefold())
    bare = "".join(c for c in apart if not unicodedata.combining(c)).translate(_LETTERS)
    return " ".join(bare.replace("\u200b", " ").split())
