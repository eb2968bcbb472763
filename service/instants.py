"""Instants as the API writes them."""

from datetime import UTC, datetime


def instant(at: datetime | None) -> str | None:
    """`2026-11-21T10:00:00Z`, as the API writes instants."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at is not None else None
