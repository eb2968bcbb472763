"""The tenant's HTTP skin: two sockets, the limit of four, cut connections, deliveries, restarts."""

import json
import ssl
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.certificates import Certificates
from tests.sandbox.desk import HUDA, NOURA, REGISTRY, letter
from tests.sandbox.served import Served, listen, serve

BOX = f"/v1.0/users/{REGISTRY}"


def subscribe(served: Served, url: str, minutes: int = 600) -> Any:
    expires = datetime.now(UTC) + timedelta(minutes=minutes)
    said = {
        "changeType": "created",
        "notificationUrl": f"{url}/notifications",
        "lifecycleNotificationUrl": f"{url}/lifecycle",
        "resource": f"users/{REGISTRY}/mailFolders('inbox')/messages",
        "expirationDateTime": expires.isoformat(),
        "clientState": "opaque",
    }
    return served.call("POST", "/v1.0/subscriptions", json=said, by=REGISTRY)


def test_http_and_https_are_one_tenant(served: Served) -> None:
    by_http = served.call("GET", "/botframework/keys")
    trusted = ssl.create_default_context(cafile=served.certificates.ca)
    with urllib.request.urlopen(f"{served.https}/botframework/keys", context=trusted) as by_https:
        assert by_https.read() == by_http.body


def test_of_more_than_four_calls_at_a_time_to_one_mailbox_the_rest_are_throttled(certificates: Certificates) -> None:
    with serve(certificates, "--mailbox-call-ms", "1000") as served, ThreadPoolExecutor(8) as callers:
        token = served.token(REGISTRY)
        asked = [callers.submit(served.call, "GET", f"{BOX}/messages", headers=bearer(token)) for _ in range(8)]
        answers = [each.result() for each in asked]
        assert sorted(answer.status for answer in answers) == [200] * 4 + [429] * 4
        refused = next(answer for answer in answers if answer.status == 429)
        assert refused.json()["error"]["code"] == "ApplicationThrottled"
        assert "retry-after" not in refused.headers
        (peak,) = served.call("GET", "/sandbox/state").json()["mailbox_peaks"].values()
        assert peak > 4


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("fault", "done"), [("lost", 1), ("reset", 0)])
def test_an_answer_that_is_cut_off_leaves_the_deed_done_or_not(served: Served, fault: str, done: int) -> None:
    token = served.token(NOURA)
    served.call("POST", "/sandbox/faults", json={"rules": [{"match": "POST /v1.0/users/me/messages", "fault": fault}]})
    connection = HTTPConnection(urlsplit(served.http).netloc)
    said = json.dumps({"subject": fault}).encode()
    try:
        connection.request("POST", "/v1.0/me/messages", said, {"Content-Type": "application/json", **bearer(token)})
        with pytest.raises(ConnectionError):
            connection.getresponse()
    finally:
        connection.close()
        served.call("POST", "/sandbox/faults", json={"rules": []})
    drafts = served.call("GET", "/v1.0/me/messages?$top=100", headers=bearer(token)).json()["value"]
    assert [draft["subject"] for draft in drafts].count(fault) == done


def test_an_answer_that_is_cut_in_its_midst_is_shorter_than_it_said(served: Served) -> None:
    token = served.token(NOURA)
    rule = {"match": "GET /v1.0/users/me/messages", "fault": "cut", "args": {}}
    whole = served.call("GET", "/v1.0/me/messages", headers=bearer(token)).body
    served.call("POST", "/sandbox/faults", json={"rules": [rule]})
    connection = HTTPConnection(urlsplit(served.http).netloc)
    try:
        connection.request("GET", "/v1.0/me/messages", headers=bearer(token))
        with pytest.raises(IncompleteRead) as short:
            connection.getresponse().read()
        assert short.value.partial == whole[: len(whole) // 2]
    finally:
        connection.close()
        served.call("POST", "/sandbox/faults", json={"rules": []})


def test_an_answer_that_drips_comes_whole_in_the_end(served: Served) -> None:
    token = served.token(NOURA)
    whole = served.call("GET", "/v1.0/me/messages", headers=bearer(token)).body
    rule = {"match": "GET /v1.0/users/me/messages", "fault": "drip", "args": {"s": 0.2}}
    served.call("POST", "/sandbox/faults", json={"rules": [rule]})
    assert served.call("GET", "/v1.0/me/messages", headers=bearer(token)).body == whole
    assert [r["struck"] for r in served.call("GET", "/sandbox/faults").json()["rules"]] == [1]
    served.call("POST", "/sandbox/faults", json={"rules": []})


@pytest.mark.parametrize(("fault", "done"), [("held_after", 1), ("held", 0)])
def test_who_is_held_waits_until_the_faults_are_over_and_is_then_cut_off(served: Served, fault: str, done: int) -> None:
    token = served.token(NOURA)
    served.call("POST", "/sandbox/faults", json={"rules": [{"match": "POST /v1.0/users/me/messages", "fault": fault}]})
    connection = HTTPConnection(urlsplit(served.http).netloc)
    said = json.dumps({"subject": fault}).encode()
    try:
        connection.request("POST", "/v1.0/me/messages", said, {"Content-Type": "application/json", **bearer(token)})
        drafts = served.call("GET", "/v1.0/me/messages?$top=100", headers=bearer(token)).json()["value"]
        assert [draft["subject"] for draft in drafts].count(fault) == done
        assert connection.sock is not None
        connection.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)
        served.call("POST", "/sandbox/faults", json={"rules": []})
        connection.sock.settimeout(10)
        with pytest.raises(ConnectionError):
            connection.getresponse()
    finally:
        connection.close()
        served.call("POST", "/sandbox/faults", json={"rules": []})


def test_the_products_graph_calls_are_recorded_without_their_tokens(certificates: Certificates, tmp_path: Path) -> None:
    with serve(certificates, "--exchanges", str(tmp_path / "exchanges")) as served:
        token = served.token(HUDA)
        served.call("GET", "/v1.0/me?$select=id", headers=bearer(token))
        served.call("GET", "/v1.0/me", headers={**bearer(token), "X-Sandbox-Spared": "1"})
    (line,) = (tmp_path / "exchanges").read_text().splitlines()
    recorded = json.loads(line)
    assert (recorded["method"], recorded["status"]) == ("GET", 200)
    assert recorded["url"].endswith("/v1.0/me?$select=id")
    assert token not in line


def test_a_letter_that_arrives_rings_at_the_product(served: Served) -> None:
    with listen() as listener:
        made = subscribe(served, listener.url).json()["id"]
        served.call("POST", "/sandbox/mail", body=letter(key="rings"), headers={"X-Mailbox": REGISTRY})
        (post,) = listener.wait_for(1)
        assert served.call("DELETE", f"/v1.0/subscriptions/{made}", by=REGISTRY).status == 204
    assert post["path"] == "/notifications"
    assert post["value"][0]["clientState"] == "opaque"


def test_when_the_clock_is_moved_what_falls_due_happens_at_once_and_dates_follow(certificates: Certificates) -> None:
    with serve(certificates) as served, listen() as listener:
        assert subscribe(served, listener.url, minutes=600).status == 201
        told = served.call("POST", "/sandbox/clock", json={"advance_s": 595 * 60}).json()
        (post,) = listener.wait_for(1)
        assert post["value"][0]["lifecycleEvent"] == "reauthorizationRequired"
        date = parsedate_to_datetime(served.call("GET", "/sandbox/state").headers["date"])
        assert date >= datetime.fromisoformat(told["now"]).replace(microsecond=0)
        assert date - datetime.now(UTC) > timedelta(minutes=500)


def test_sigterm_ends_it_cleanly_and_a_kill_loses_nothing_that_was_answered(
    certificates: Certificates, tmp_path: Path
) -> None:
    folder = ("--folder", str(tmp_path / "tenant"))
    with serve(certificates, *folder) as served:
        served.call("POST", "/sandbox/mail", body=letter("one"), headers={"X-Mailbox": REGISTRY})
        assert served.end() == 0
    with serve(certificates, *folder) as served:
        served.call("POST", "/sandbox/mail", body=letter("two", key="2"), headers={"X-Mailbox": REGISTRY})
        served.process.kill()
        served.process.wait()
    with serve(certificates, *folder) as served:
        found = served.call("GET", f"{BOX}/messages", by=REGISTRY).json()["value"]
        assert sorted(message["subject"] for message in found) == ["one", "two"]


def test_sample_letters_lie_ready(served: Served) -> None:
    found = served.call("GET", "/v1.0/me/mailFolders/inbox/messages", by=HUDA).json()["value"]
    assert any(message["hasAttachments"] for message in found)


def test_the_page_is_served_and_nothing_beside_it(served: Served) -> None:
    page = served.call("GET", "/")
    assert (page.status, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    for path in ("/../tenant/server.py", "/%2e%2e/tenant/server.py", "/vendor/../../pyproject.toml"):
        connection = HTTPConnection(urlsplit(served.http).netloc)
        connection.request("GET", path)
        assert connection.getresponse().status == 404, path
        connection.close()
