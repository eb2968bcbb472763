"""What a cold start costs is what it imports: looked at in processes of their own."""

import json
import os
import subprocess
import sys

import pytest

from tests.programs import REPOSITORY

SDKS = (
    "msgraph",
    "kiota_abstractions",
    "botbuilder",
    "botframework",
    "msrest",
    "msal",
    "azure.identity",
    "azure.storage",
    "lxml",
    "pyhanko",
    "segno",
)
DRIVERS = ("sqlalchemy", "psycopg", "sqlite3", "alembic")
MORE = ("aiohttp", "httpx", "cryptography", "jwt", "azure.keyvault")

SETTINGS = {
    "AZURE_TENANT_ID": "c0ffee00-1111-4222-8333-444455556666",
    "AZURE_CLIENT_ID": "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001",
    "REGISTRY_MAILBOXES": "registry@ministry.example",
    "GRAPH_CLIENT_STATE": "k" * 43,
    "PUBLIC_URL": "https://tarasul.ministry.example",
    "ORGANISATION": "{}",
}

# The door is called as the worker calls it: with a request, and with somewhere to put its messages.
KNOCK = """
import json, sys
import azure.functions as func

class Out:
    def set(self, value): self.value = value

import function_app
from functions import notifications
from graph.notifications import client_state

out = Out()
state = client_state("k" * 43, "registry@ministry.example", 1)
body = json.dumps({"value": [{"subscriptionId": "s", "clientState": state, "changeType": "created",
                              "resource": "users/x/messages/y"}]}).encode()
request = func.HttpRequest("POST", "https://tarasul.ministry.example/api/graph/notifications", body=body)
answer = notifications.receive_notifications(request, out)
print(json.dumps({"status": answer.status_code, "sent": out.value, "modules": sorted(sys.modules)}))
"""


def fresh(script: str) -> dict[str, object]:
    """Run *script* in a process of its own and return the JSON it prints."""
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, env=env | SETTINGS, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, object] = json.loads(ended.stdout)
    return found


def loaded(found: dict[str, object], unwanted: tuple[str, ...]) -> set[str]:
    modules = found["modules"]
    assert isinstance(modules, list)
    return set(modules) & set(unwanted)


@pytest.fixture(scope="module")
def indexed() -> dict[str, object]:
    return fresh("import json, sys, function_app; print(json.dumps({'modules': sorted(sys.modules)}))")


@pytest.fixture(scope="module")
def knocked() -> dict[str, object]:
    return fresh(KNOCK)


def test_indexing_the_functions_loads_no_sdk(indexed: dict[str, object]) -> None:
    assert loaded(indexed, SDKS + MORE) == set()


def test_indexing_the_functions_loads_no_database_driver(indexed: dict[str, object]) -> None:
    assert loaded(indexed, DRIVERS) == set()


def test_the_first_notification_is_answered_and_rings_for_its_mailbox(knocked: dict[str, object]) -> None:
    assert knocked["status"] == 202
    sent = knocked["sent"]
    assert isinstance(sent, list)
    assert [json.loads(message)["mailbox"] for message in sent] == ["registry@ministry.example"]


def test_the_first_notification_loads_no_database_driver_and_no_sdk(knocked: dict[str, object]) -> None:
    assert loaded(knocked, DRIVERS + SDKS + MORE) == set()


def test_the_first_notification_runs_without_the_rest_of_the_house(knocked: dict[str, object]) -> None:
    assert loaded(knocked, ("app.wiring", "service", "store", "bot", "graph.client")) == set()
