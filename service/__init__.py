"""One wheel, one way round: command → decide → save → effect → its result is a command."""
