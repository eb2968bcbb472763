################################################################
# host.json, as Azure's host reads it
################################################################
#
# Rule 1: the defaults and the limits are the platform's; a value beyond them is refused at the start.

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BadHostJson(Exception):
    """host.json is missing or says something that Azure's host would not take."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How queue functions are fed. At most `batch_size + new_batch_threshold` messages of one queue run at once."""

    batch_size: int
    new_batch_threshold: int
    visibility_timeout_s: float  # before a failed message is tried again
    max_dequeue_count: int  # tries before a message goes to <queue>-poison
    max_polling_interval_s: float
    message_encoding: str  # base64 or none


@dataclass(frozen=True, slots=True)
class HostSettings:
    route_prefix: str
    max_concurrent_requests: int
    max_outstanding_requests: int  # running and waiting; one more is answered 429
    function_timeout_s: float
    queues: QueueSettings


def read_host_json(root: Path) -> HostSettings:
    """Return the settings of the function app in *root*.

    Raises:
        BadHostJson: no such file, not JSON, or a value out of the platform's limits.

    Source: https://learn.microsoft.com/azure/azure-functions/functions-host-json
    """
    file = root / "host.json"
    try:
        said = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BadHostJson(f"{file}: {error}") from error
    extensions = said.get("extensions", {})
    http, queues = extensions.get("http", {}), extensions.get("queues", {})
    batch_size = _number(queues, "batchSize", 16, least=1, most=32)
    encoding = queues.get("messageEncoding", "base64")
    if encoding not in ("base64", "none"):
        raise BadHostJson(f"{file}: messageEncoding is {encoding!r}; say base64 or none")
    return HostSettings(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        max_concurrent_requests=_number(http, "maxConcurrentRequests", 100, least=1),
        max_outstanding_requests=_number(http, "maxOutstandingRequests", 200, least=1),
        function_timeout_s=_seconds(said.get("functionTimeout", "00:30:00")),
        queues=QueueSettings(
            batch_size=batch_size,
            new_batch_threshold=_number(queues, "newBatchThreshold", batch_size // 2, least=0),
            visibility_timeout_s=_seconds(queues.get("visibilityTimeout", "00:00:00")),
            max_dequeue_count=_number(queues, "maxDequeueCount", 5, least=1),
            max_polling_interval_s=max(0.1, _seconds(queues.get("maxPollingInterval", "00:01:00"))),
            message_encoding=encoding,
        ),
    )


def _number(section: Mapping[str, Any], key: str, default: int, *, least: int, most: int | None = None) -> int:
    value = section.get(key, default)
    if not isinstance(value, int) or value < least or (most is not None and value > most):
        raise BadHostJson(f"host.json: {key} is {value!r}; a whole number from {least}{f' to {most}' if most else ''}")
    return value


def _seconds(span: str) -> float:
    """Read a .NET TimeSpan, `[days.]hh:mm:ss[.fraction]`."""
    found = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)", span)
    if found is None:
        raise BadHostJson(f"host.json: {span!r} is not a time span like 00:00:30")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds
