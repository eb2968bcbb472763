"""Instants as the tables keep them: one width, so that text sorts as time does."""

from datetime import UTC, datetime


def write_instant(at: datetime) -> str:
    """`2026-11-21T10:00:00.000000Z`, whatever zone *at* is in."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
