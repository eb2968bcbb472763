"""A process that was just started answers one request through one door, says what that took, and ends.

Run as a file, with nothing imported before it that the door would not import: `cold.py <door> <JSON>`.
"""

import json
import sys
import time
from typing import Any


class Out:
    """Where a door puts its messages."""

    def set(self, value: Any) -> None:
        self.value = value


def notification(body: str, authorization: str) -> int:
    import azure.functions as func

    import function_app  # noqa: F401
    from functions import notifications

    url = "https://tarasul.ministry.example/api/graph/notifications"
    return int(
        notifications.receive_notifications(func.HttpRequest("POST", url, body=body.encode()), Out()).status_code
    )


def messages(body: str, authorization: str) -> int:
    import asyncio

    import azure.functions as func

    import function_app  # noqa: F401
    from functions import messages

    url, headers = "https://tarasul.ministry.example/api/messages", {"Authorization": authorization}
    asked = func.HttpRequest("POST", url, headers=headers, body=body.encode())
    return int(asyncio.run(messages.receive_activity(asked, Out())).status_code)


def api(body: str, authorization: str) -> int:
    import asyncio

    import azure.functions as func

    import function_app  # noqa: F401
    from functions import api

    url, headers = "https://tarasul.ministry.example/api/v1/records", {"Authorization": authorization}
    return int(asyncio.run(api.list_records(func.HttpRequest("GET", url, headers=headers, body=b""))).status_code)


def indexed(body: str, authorization: str) -> int:
    import function_app  # noqa: F401

    return 200


def sdk(body: str, authorization: str) -> int:
    import msgraph.graph_service_client  # noqa: F401
    from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
    from msgraph.generated.models.message_collection_response import MessageCollectionResponse

    node = JsonParseNodeFactory().get_root_parse_node("application/json", body.encode())
    shown = node.get_object_value(MessageCollectionResponse)
    return 200 if shown is not None and shown.value and shown.value[0].id else 500


def nothing(body: str, authorization: str) -> int:
    return 200


def _peak_mb() -> float:
    """The most memory that this process had at once (Linux). `ru_maxrss` would tell the parent's, before the exec."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


DOORS = {d.__name__: d for d in (notification, messages, api, indexed, sdk, nothing)}

if __name__ == "__main__":
    status = DOORS[sys.argv[1]](**json.loads(sys.stdin.read()))
    found = {
        "status": status,
        "cpu_ms": time.process_time() * 1e3,
        "rss_mb": _peak_mb(),
        "modules": len(sys.modules),
    }
    print(json.dumps(found), flush=True)
