"""What goes through the queues. A queue is a bell: what is to be done stands in the database."""

import json

BELL = "{}"  # effects: perform what is due


def visit(mailbox: str, cause: str) -> str:
    """intake: look into a mailbox."""
    return json.dumps({"mailbox": mailbox, "cause": cause})
