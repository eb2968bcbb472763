"""How much a caller of the API may send; openapi.py tells them."""

LARGEST_LETTER_BYTES = 50 * 2**20  # a scanned letter with its annexes, all in all
MOST_FILES = 20
LONGEST_NAME = 255  # characters of a file's name
LONGEST_TEXT = 500  # characters of a subject, a name, a number
LONGEST_NOTE = 3_000  # characters of a reason
LONGEST_KEY = 200  # characters of an Idempotency-Key
