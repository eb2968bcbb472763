"""How much a letter that is no mail may hold, whichever way it is handed in; and to how many one of ours may go."""

LARGEST_LETTER_BYTES = 50 * 2**20  # with its annexes, all in all
MOST_FILES = 20
MOST_RECIPIENTS = 50  # outside, of one letter of ours: each gets a mail of their own
