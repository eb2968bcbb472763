"""The languages we write in. Arabic is the first."""

from typing import Literal

type Language = Literal["ar", "en"]

LANGUAGES: tuple[Language, ...] = ("ar", "en")


def language_of(tag: str | None) -> Language:
    """Return the language for a BCP 47 tag such as `ar-KW` or `en-US`; Arabic where we know no better."""
    return "en" if (tag or "").lower().partition("-")[0] == "en" else "ar"
