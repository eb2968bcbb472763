"""Group chats, channels and the message extension, in the sandbox."""

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.tenant import chats
from sandbox.tenant.wire import Response, json_response
from tests.sandbox.teams_desk import CARD, DECIDED, HUDA, LAILA, OMAR, TeamsDesk, answer_with, card_message, oid


@pytest.fixture
def desk() -> TeamsDesk:
    return TeamsDesk()


def made(desk: TeamsDesk, kind: str = "groupChat") -> str:
    body = {"name": "لجنة", "type": kind, "members": [HUDA, LAILA]}
    return str(desk.call("POST", "/sandbox/groups", body).json()["conversationId"])


def at(desk: TeamsDesk, group: str, what: str, **body: Any) -> dict[str, Any]:
    return dict(desk.call("POST", f"/sandbox/groups/{quote(group, safe='')}/{what}", body).json())


def refreshed_for(*people: str, desk: TeamsDesk) -> dict[str, Any]:
    action = {"type": "Action.Execute", "verb": "record", "data": {"token": "r1"}}
    return CARD | {"refresh": {"action": action, "userIds": [chats.mri(desk.tenant, oid(p)) for p in people]}}


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
def test_the_bot_hears_what_mentions_it_and_from_where(desk: TeamsDesk, kind: str) -> None:
    group = made(desk, kind)
    at(desk, group, "say", by=HUDA, text="رقم 1")
    (heard,) = desk.activities
    assert (heard["conversation"]["conversationType"], heard["conversation"]["id"]) == (kind, group)
    assert heard["from"]["aadObjectId"] == oid(HUDA)
    assert heard["entities"][0]["text"] in heard["text"]


def test_a_card_that_a_member_sends_is_no_word_to_the_bot(desk: TeamsDesk) -> None:
    group = made(desk)
    at(desk, group, "say", by=HUDA, card=CARD)
    assert desk.activities == []
    assert [m["card"] for m in at(desk, group, "look", by=LAILA)["messages"]] == [CARD]


def test_everybody_sees_what_the_bot_says_there_and_the_roster_names_them(desk: TeamsDesk) -> None:
    group = made(desk)
    desk.send(quote(group, safe=""), card_message())
    for upn in (HUDA, LAILA):
        (chat,) = [chat for chat in desk.chats(upn) if chat["type"] == "groupChat"]
        assert [m["card"] for m in chat["messages"]] == [CARD]
    assert desk.chats(OMAR) == []
    roster = desk.as_app("GET", f"/v3/conversations/{quote(group, safe='')}/members").json()
    assert [one["aadObjectId"] for one in roster] == [oid(HUDA), oid(LAILA)]


def test_a_client_asks_by_itself_for_those_whom_the_card_names_and_shows_it_to_nobody_else(desk: TeamsDesk) -> None:
    desk.bot = lambda activity: answer_with(DECIDED) if activity["type"] == "invoke" else json_response({})
    group = made(desk)
    card = refreshed_for(HUDA, desk=desk)
    desk.send(quote(group, safe=""), card_message(card))
    told = at(desk, group, "look", by=HUDA)
    assert (told["asked"], told["messages"][0]["card"]) == (1, DECIDED)
    assert desk.activities[-1]["value"]["trigger"] == "automatic"
    told = at(desk, group, "look", by=LAILA)
    assert (told["asked"], told["messages"][0]["card"]) == (0, card)


def test_a_press_there_is_answered_for_whoever_presses(desk: TeamsDesk) -> None:
    desk.bot = lambda activity: answer_with(DECIDED)
    group = made(desk)
    sent = desk.send(quote(group, safe=""), card_message())
    told = at(desk, group, "press", by=LAILA, activityId=sent, verb="record", data={"token": "r1"})
    assert told == {"status": 200, "card": DECIDED, "message": None}
    assert at(desk, group, "look", by=HUDA)["messages"][0]["card"] == CARD


def test_the_extension_is_called_from_anywhere_and_its_answer_given_back(desk: TeamsDesk) -> None:
    desk.bot = lambda activity: json_response({"composeExtension": {"type": "message", "text": activity["name"]}})
    asked = {"name": "query", "value": {"commandId": "search"}}
    told = desk.call("POST", f"/sandbox/teams/{HUDA}/extend", asked).json()
    assert told["body"]["composeExtension"]["text"] == "composeExtension/query"
    desk.bot = lambda activity: Response(501)
    assert desk.call("POST", f"/sandbox/teams/{HUDA}/extend", asked).json() == {"status": 501, "body": {}}
