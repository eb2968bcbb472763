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


# The article, alone and with what is written together with it, as `search_key` writes them.
_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")
_SHORTEST_STEM = 3  # letters that must be left of a word when its article is taken off


def search_words(text: str) -> tuple[str, ...]:
    """Return what must stand in a text for *text* to find it: its words as keys, without the Arabic article.

    A word finds any that it is part of, so that `المحاسبة` finds `ديوان محاسبة` as well as `والمحاسبة`.
    """
    return tuple(dict.fromkeys(_stem(word) for word in search_key(text).split()))


def _stem(word: str) -> str:
    article = next((a for a in _ARTICLES if word.startswith(a)), "")
    stem = word.removeprefix(article)
    return stem if len(stem) >= _SHORTEST_STEM and stem.isalpha() else word


def apart(one: str, other: str, most: int) -> int:
    """Return how many letters must be put in, left out, changed, or swapped with their neighbour to make *other* of
    *one*; `most + 1` where it is more than *most*. Source: optimal string alignment distance."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        now = [i]
        for j, b in enumerate(other, start=1):
            cost = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a != b))
            if before and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)
