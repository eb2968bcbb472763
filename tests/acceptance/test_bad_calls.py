"""Bad notifications, forged tokens, edited presses, calls without right: each has a clear answer and changes nothing.

The rest of bad input is in test_bad_mail.py and test_bad_settings.py; that of a machine, in tests/test_deployment.py.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.acceptance.ministry import HUDA, LAILA, OMAR, REGISTRY, Card, Json, Ministry, letter
from texts import say

# What is kept of the office's work; not what changes by the clock alone (leases, cursors, subscriptions, counts).
KEPT = (
    *("records", "events", "event_texts", "open_steps", "readers", "asks", "cards"),
    *("inbox", "mail", "message_ids", "numbers", "outbox"),
)
CONNECTOR = "https://api.botframework.com"
MOST_ITEMS = 10_000


def kept(ministry: Ministry) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(f"file:{ministry.stage.state}/tarasul.db?mode=ro", uri=True)) as database:
        return {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in KEPT}


def the_morning_is_over(ministry: Ministry) -> bool:
    """Whether the operator was told of yesterday, which every ministry here begins with, and was welcomed for it."""
    there_is = kept(ministry)
    told = [row for row in there_is["outbox"] if "TellDay" in row and "done" in row]
    return bool(told) and any(str(row[1]).startswith("welcome:") for row in there_is["inbox"])


@contextmanager
def nothing_changes(ministry: Ministry) -> Iterator[None]:
    """What the product keeps, and what lies in the registry's mailbox, is afterwards what it was."""

    def all_there_is() -> Any:
        ministry.awaited(lambda: the_morning_is_over(ministry), "the morning's statement to be told")
        ministry.at_rest()
        return kept(ministry), [ministry.mails(REGISTRY, folder) for folder in ("inbox", "sentitems", "drafts")]

    before = all_there_is()
    yield
    assert all_there_is() == before


# ---------------------------------------------------------------- Graph's bell


def rung(count: int, state: str) -> bytes:
    resource = f"users/{REGISTRY}/mailFolders('inbox')/messages/1"
    one = {"clientState": state, "subscriptionId": "s", "changeType": "created", "resource": resource}
    return json.dumps({"value": [{**one, "lifecycleEvent": "missed"}] * count}).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rung(1, "not-the-client-state"), id="a wrong clientState"),
        pytest.param(rung(MOST_ITEMS, f"0123456789abcdef.1.{'A' * 43}"), id="ten thousand forged items"),
        pytest.param(b"\xff\xfe not JSON", id="garbage"),
        pytest.param(b"[" * 100_000, id="brackets"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"value": [null, 7, {"clientState": {"a": 1}}]}', id="no items"),
    ],
)
@pytest.mark.parametrize("door", ["notifications", "lifecycle"])
def test_whoever_rings_without_the_client_state_learns_nothing_and_rings_nobody(
    ministry: Ministry, door: str, body: bytes
) -> None:
    with nothing_changes(ministry):
        answer = ministry.stage.product("POST", f"/api/graph/{door}", body=body)
        queues = ministry.stage.product("GET", "/sandbox/health").json()["queues"]
        assert (answer.status, answer.body, queues.get("intake", 0)) == (202, b"", 0)


# ---------------------------------------------------------------- Teams' door


@pytest.fixture(scope="module")
def asked(ministry: Ministry) -> Card:
    """A card that asks Huda for her approval; no test here decides it."""
    ministry.arrives(letter("كتاب لا يُبتّ فيه"))
    record = ministry.registered("كتاب لا يُبتّ فيه")
    card = ministry.asked(HUDA, record["reference"], "approve")
    ministry.has_the_app(LAILA)
    ministry.at_rest()
    return card


def key_of(ministry: Ministry, purpose: str) -> tuple[str, str]:
    """The tenant's own signing key, as whoever broke into it has it: its id, and the PEM."""
    with closing(sqlite3.connect(ministry.stage.state / "tenant" / "tenant.db")) as database:
        rows = database.execute("SELECT id, body FROM things WHERE tab = 'keys'").fetchall()
    return next((kid, json.loads(body)["pem"]) for kid, body in rows if json.loads(body)["purpose"] == purpose)


def channel_token(ministry: Ministry, *, ends_in_s: int = 3600, key: Any = None, **other: str) -> str:
    """What Teams' channel proves itself with, or something very like it."""
    kid, pem = key_of(ministry, "channel")
    end = int(ministry.now().timestamp()) + ends_in_s
    service_url = f"{ministry.stage.urls['tenant']}/"
    claims = {"iss": CONNECTOR, "aud": ministry.app_id, "serviceurl": service_url, "nbf": end - 7200, "exp": end}
    return jwt.encode({**claims, **other}, key or pem, "RS256", headers={"kid": kid})


def approves(ministry: Ministry, card: Card) -> bytes:
    """The press with which Huda would approve, as Teams writes it."""
    (chat, *_) = ministry.control("GET", f"teams/{HUDA}/chats")
    oid = ministry.people[HUDA]["id"]
    action = {"type": "Action.Execute", "verb": "approve", "data": card.data("approve")}
    activity = {
        **{"type": "invoke", "name": "adaptiveCard/action", "id": "1", "channelId": "msteams", "locale": "ar-KW"},
        "serviceUrl": f"{ministry.stage.urls['tenant']}/",
        "from": {"id": f"29:{oid}", "aadObjectId": oid},
        "recipient": {"id": f"28:{ministry.app_id}"},
        "conversation": {
            "conversationType": "personal",
            "tenantId": ministry.tenant_id,
            "id": chat["conversationId"],
        },
        "channelData": {"tenant": {"id": ministry.tenant_id}},
        "replyToId": card.activity_id,
        "value": {"action": action, "trigger": "manual"},
    }
    return json.dumps(activity).encode()


FORGED = {
    "no token": lambda ministry: None,
    "no JWT": lambda ministry: "ey.ey.ey",
    "expired": lambda ministry: channel_token(ministry, ends_in_s=-1200),
    "signed by somebody else": lambda ministry: channel_token(ministry, key=rsa.generate_private_key(65537, 2048)),
    "for another bot": lambda ministry: channel_token(ministry, aud="0b5c1d2e-aaaa-4bbb-8ccc-dddd0000ffff"),
    "from another issuer": lambda ministry: channel_token(ministry, iss="https://sts.windows.net/elsewhere/"),
    "for another service": lambda ministry: channel_token(ministry, serviceurl="https://attacker.example/"),
    "an official's own": lambda ministry: ministry.stage.token(upn=HUDA, audience="api"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_press_with_a_forged_or_expired_token_is_refused(ministry: Ministry, asked: Card, kind: str) -> None:
    body = approves(ministry, asked)
    with nothing_changes(ministry):
        refused = ministry.stage.product("POST", "/api/messages", body=body, token=FORGED[kind](ministry))
        assert refused.status in (401, 403)
        assert b"AdaptiveCard" not in refused.body


def test_the_same_press_with_the_channels_token_is_taken(ministry: Ministry) -> None:
    """So the refusals above are the token's."""
    ministry.arrives(letter("كتاب يُعتمد"))
    record = ministry.registered("كتاب يُعتمد")
    body = approves(ministry, ministry.asked(HUDA, record["reference"], "approve"))
    taken = ministry.stage.product("POST", "/api/messages", body=body, token=channel_token(ministry))
    assert taken.status == 200
    ministry.becomes(record["record_id"], lambda r: r["status"] == "closed", "closed")


def test_a_press_with_edited_data_says_so_and_changes_nothing(ministry: Ministry, asked: Card) -> None:
    token = asked.data("approve")["token"]
    edited = "A" + token[1:] if token[0] != "A" else "B" + token[1:]
    with nothing_changes(ministry):
        for data in ({"token": edited}, {"token": ""}, {"token": 7}, {}):
            shown = ministry.press(asked, "approve", data=data)
            assert shown.card is None
            assert shown.status != 200 or say("ar", "chat.unknown_card") in shown.message
        unknown = ministry.press(asked, "archive", data=asked.data("approve"))
        assert say("ar", "chat.unknown_button") in unknown.message
        form = ministry.press(asked, "refer").card
        assert form is not None
        for to in ("nobody", ministry.people[HUDA]["id"]):
            refused = ministry.press(form, "refer", to=to, disposition="for_action").card
            assert refused is not None
            said = {"nobody": "refer.nobody"}.get(to, "refer.to_oneself")
            assert say("ar", said) in refused.words
        too_long = ministry.press(asked, "return", note="س" * 20_000)
        assert too_long.card is not None
        assert "اختصره ثم اضغط مرة أخرى" in too_long.card.words


@pytest.mark.parametrize(("who", "language"), [(OMAR, "ar"), (LAILA, "en")])
def test_somebody_elses_card_shows_and_changes_nothing(
    ministry: Ministry, asked: Card, who: str, language: Any
) -> None:
    with nothing_changes(ministry):
        for verb in ("approve", "return", "refer", "annotate"):
            shown = ministry.press(asked, verb, by=who, note="من غير صاحبها")
            assert shown.card is None
            assert say(language, "chat.not_your_card") in shown.message


def test_a_stranger_is_told_in_both_languages_whose_turn_it_is(ministry: Ministry) -> None:
    with nothing_changes(ministry):
        assert ministry.says("visitor@elsewhere.example", "المعلق عندي", guest=True) < 300
        told = "\n".join(ministry.texts("visitor@elsewhere.example"))
        assert say("ar", "chat.stranger") in told
        assert say("en", "chat.stranger") in told
        (chat,) = ministry.control("GET", "teams/visitor@elsewhere.example/chats")
        assert not any(message["card"] for message in chat["messages"])


# ---------------------------------------------------------------- the API


def entra_token(ministry: Ministry, *, ends_in_s: int) -> str:
    kid, pem = key_of(ministry, "entra")
    good = ministry.stage.token(roles=["Records.Read.All"], audience="api")
    claims = jwt.decode(good, options={"verify_signature": False})
    end = claims["iat"] + ends_in_s
    return jwt.encode({**claims, "iat": end - 3600, "nbf": end - 3600, "exp": end}, pem, "RS256", headers={"kid": kid})


WITHOUT_RIGHT = {
    "no token at all": (lambda m: "none", 401, "token_refused"),
    "an expired token": (lambda m: entra_token(m, ends_in_s=-3600), 401, "token_refused"),
    "a token for Graph": (lambda m: m.stage.token(upn=HUDA), 401, "token_refused"),
    "no role": (lambda m: m.stage.token(roles=["Something.Else"], audience="api"), 403, "role_missing"),
    "nobody of ours": (lambda m: m.stage.token(upn=REGISTRY, audience="api"), 403, "person_unknown"),
}


@pytest.mark.parametrize("kind", WITHOUT_RIGHT)
def test_the_api_tells_nothing_to_whoever_may_not_ask(ministry: Ministry, kind: str) -> None:
    give, status, problem = WITHOUT_RIGHT[kind]
    with nothing_changes(ministry):
        told = ministry.api("records", token=give(ministry), status=status)
    assert told["type"].endswith(f"/{problem}")
    says_whose_turn(told, problem)


def says_whose_turn(told: Json, problem: str) -> None:
    """In both languages, and not in the same words."""
    for language, name in (("en", "detail"), ("ar", "detail_ar")):
        sentence = say(language, f"api.{problem}", roles="§", scope="§", name="§")
        assert all(part in told[name] for part in sentence.split("§"))


@pytest.mark.parametrize(
    ("path", "query", "status", "problem"),
    [
        ("records/01900000-0000-7000-8000-000000000000", {}, 404, "no_record"),
        ("records/no-id", {}, 404, "no_record"),
        ("records/01900000-0000-7000-8000-000000000000/sheet", {}, 404, "no_record"),
        ("records", {"top": "many"}, 400, "bad_parameter"),
        ("records", {"kind": "lost"}, 400, "bad_parameter"),
        ("records", {"updated_since": "yesterday"}, 400, "bad_parameter"),
        ("reconciliation/today", {}, 400, "bad_parameter"),
    ],
)
def test_what_does_not_exist_or_makes_no_sense_is_said(
    ministry: Ministry, path: str, query: dict[str, str], status: int, problem: str
) -> None:
    says_whose_turn(ministry.api(path, status=status, **query), problem)


def test_a_person_sees_no_record_that_was_never_theirs(ministry: Ministry, asked: Card) -> None:
    """And cannot tell it from one that does not exist."""
    record = ministry.registered("كتاب لا يُبتّ فيه")
    own, other = (ministry.stage.token(upn=upn, audience="api") for upn in (HUDA, LAILA))
    assert ministry.api(f"records/{record['record_id']}", token=own)["reference"] == record["reference"]
    path = f"records/{record['record_id']}"
    document = f"/documents/{record['source']['sha256']}"
    for below, problem in (("", "no_record"), ("/sheet", "no_record"), (document, "no_document")):
        says_whose_turn(ministry.api(path + below, token=other, status=404), problem)
    assert ministry.api("records", token=other)["items"] == []
