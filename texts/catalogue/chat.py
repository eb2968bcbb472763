"""What the bot says in a chat."""

ROWS: dict[str, tuple[str, str]] = {}
