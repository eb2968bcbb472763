"""Log lines: one JSON object each, so that a letter's way can be followed by its record or its mailbox."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

_TALKATIVE = ("azure", "httpx", "alembic", "msal")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "said", …}`, with whatever a call gave as `extra`. No letter's words ever go in."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "said": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_log(level: str) -> None:
    """Give our own loggers JSON lines on stderr, once; libraries that tell of each call are told to tell of trouble."""
    ours = logging.getLogger("tarasul")
    if not ours.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        ours.addHandler(handler)
        ours.propagate = False
    ours.setLevel(level)
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
