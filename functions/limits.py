"""How much a caller of the API may send; openapi.py tells them."""

from registry.limits import LARGEST_LETTER_BYTES, MOST_FILES

__all__ = [
    "LARGEST_LETTER_BYTES",
    "LONGEST_KEY",
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "LONGEST_TEXT",
    "MOST_FILES",
    "MOST_UNITS",
]

LONGEST_NAME = 255  # characters of a file's name
LONGEST_TEXT = 500  # characters of a subject, a name, a number
LONGEST_NOTE = 3_000  # characters of a reason
LONGEST_KEY = 200  # characters of an Idempotency-Key
MOST_UNITS = 200  # to which a record is circulated at once
