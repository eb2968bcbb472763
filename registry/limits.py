"""How much a letter that is no mail may hold, whichever way it is handed in."""

LARGEST_LETTER_BYTES = 50 * 2**20  # with its annexes, all in all
MOST_FILES = 20
