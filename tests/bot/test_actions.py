"""Activities are read as values: nothing that a client sends raises, and the channel alone says who acts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import Ignored, Inputs, Left, Met, Press, Said, read
from bot.reading import LONGEST_WORDS
from service.ports import Conversation

type Json = dict[str, Any]

# As Teams writes it.
BASE: Json = {
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/emea/t/",
    "id": "1700000000123",
    "timestamp": "2026-11-21T07:00:00Z",
    "locale": "ar-SA",
    "from": {"id": "29:1abc", "name": "Huda", "aadObjectId": "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0003"},
    "recipient": {"id": "28:0b5c1d2e", "name": "تراسل"},
    "conversation": {"id": "a:1xyz", "conversationType": "personal", "tenantId": "t"},
    "channelData": {"tenant": {"id": "t"}},
    "entities": [{"type": "clientInfo", "platform": "Web"}],
}
HUDA = "7b1f0c52-0d0c-4b0e-9a55-3f2f6f5f0003"
CHAT = Conversation(
    person=HUDA,
    conversation_id="a:1xyz",
    service_url="https://smba.trafficmanager.net/emea/t/",
    user_mri="29:1abc",
    bot_id="28:0b5c1d2e",
)


def execute(data: Any, verb: Any = "refer", **value: Any) -> Json:
    action = {"type": "Action.Execute", "verb": verb, "data": data}
    return {
        **BASE,
        "type": "invoke",
        "name": "adaptiveCard/action",
        "replyToId": "17",
        "value": {"action": action, **value},
    }


def test_a_press_is_its_token_verb_and_inputs() -> None:
    data = {"token": "tok", "verb": "refer", "note": "للأهمية", "to": "omar", "disposition": "for_action"}
    assert read(execute(data, trigger="manual")) == Press(
        token="tok",
        verb="refer",
        inputs=Inputs(note="للأهمية", to="omar", disposition="for_action"),
        by=HUDA,
        chat=CHAT,
        activity_id="1700000000123",
        card_id="17",
        kind="execute",
    )


def test_what_else_stands_in_the_data_is_not_read() -> None:
    plain = {"token": "tok", "verb": "approve"}
    extra = {"by": "omar", "step": 9, "record_id": "r9", "from": {"aadObjectId": "omar"}, "aadObjectId": "omar"}
    assert read(execute(plain | extra, "approve")) == read(execute(plain, "approve"))


def test_a_submit_is_a_message_with_a_value() -> None:
    pressed = read(
        {**BASE, "type": "message", "replyToId": "17", "value": {"token": "tok", "verb": "approve", "note": "ن"}}
    )
    assert isinstance(pressed, Press)
    assert (pressed.kind, pressed.token, pressed.verb, pressed.inputs.note) == ("submit", "tok", "approve", "ن")


def test_only_the_clients_own_question_is_automatic() -> None:
    automatic = read(execute({"token": "t"}, trigger="automatic"))
    assert isinstance(automatic, Press)
    assert automatic.automatic
    for trigger in ("manual", None, "AUTOMATIC", 1):
        pressed = read(execute({"token": "t"}, trigger=trigger))
        assert isinstance(pressed, Press)
        assert not pressed.automatic


def test_mentions_are_taken_out_by_their_entities() -> None:
    activity = {
        **BASE,
        "type": "message",
        "text": "<at>تراسل</at> رقم 12 <at>x</at>",
        "entities": [{"type": "mention", "text": "<at>تراسل</at>"}, {"type": "clientInfo"}, "x", None],
    }
    assert read(activity) == Said(text="رقم 12 <at>x</at>", by=HUDA, chat=CHAT, activity_id="1700000000123")


@pytest.mark.parametrize(
    ("own", "what"),
    [
        ({"type": "installationUpdate", "action": "add"}, Met(CHAT)),
        ({"type": "installationUpdate", "action": "add-upgrade"}, Met(CHAT)),
        ({"type": "installationUpdate", "action": "remove"}, Left(HUDA)),
        ({"type": "installationUpdate", "action": "remove-upgrade"}, Left(HUDA)),
        ({"type": "conversationUpdate", "membersAdded": [{"id": "28:0b5c1d2e"}]}, Met(CHAT)),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": "28:0b5c1d2e"}]}, Left(HUDA)),
    ],
)
def test_coming_and_going_is_read(own: Json, what: object) -> None:
    assert read({**BASE, **own}) == what


@pytest.mark.parametrize(
    "own",
    [
        {"type": "conversationUpdate", "membersAdded": [{"id": "29:1abc"}]},
        {"type": "conversationUpdate"},
        {"type": "installationUpdate", "action": "dance"},
        {"type": "installationUpdate", "action": "remove", "from": {}},
        {
            "type": "installationUpdate",
            "action": "remove",
            "conversation": {"id": "19:x", "conversationType": "groupChat"},
        },
        {"type": "conversationUpdate", "membersAdded": [{}], "recipient": {}},
        {"type": "messageReaction"},
        {"type": "typing"},
        {"type": "invoke", "name": "config/fetch"},
        {"type": "invoke"},
        {},
        {"type": "message", "text": "hi", "conversation": {"id": "19:x", "conversationType": "meeting"}},
        {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive"}]},
        {"type": "message", "text": "hi", "conversation": {"id": "a:1"}},
        {"type": "message", "text": "hi", "from": {"id": "29:1abc"}},
        {"type": "message", "text": "hi", "from": {"id": "29:1abc", "aadObjectId": None}},
        {"type": "message", "text": "hi", "serviceUrl": ""},
    ],
)
def test_what_is_none_of_ours_is_ignored(own: Json) -> None:
    seen = read({**BASE, **own})
    assert isinstance(seen, Ignored)
    assert not seen.awaited


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
def test_what_comes_from_where_others_read_along_says_so(kind: str) -> None:
    there = {"conversation": {"id": "19:x", "conversationType": kind}}
    said = read({**BASE, "type": "message", "text": "hi", **there})
    assert isinstance(said, Said)
    assert said.among_others
    pressed = read({**execute({"token": "t"}), **there})
    assert isinstance(pressed, Press)
    assert pressed.among_others


@pytest.mark.parametrize(
    "activity",
    [
        {**BASE, "type": "invoke", "name": "adaptiveCard/action"},
        {**BASE, "type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"type": "Action.Submit"}}},
        {**BASE, "type": "invoke", "name": "adaptiveCard/action", "value": {"action": "approve"}},
        {**execute({"token": "t"}), "conversation": {"id": "19:x", "conversationType": "meeting"}},
        {**execute({"token": "t"}), "from": {}},
    ],
)
def test_a_press_that_makes_no_sense_is_ignored_but_awaited(activity: Json) -> None:
    seen = read(activity)
    assert isinstance(seen, Ignored)
    assert seen.awaited


def test_what_cannot_be_stored_is_taken_out_and_what_is_endless_is_cut() -> None:
    pressed = read(execute({"token": "t\ud800\x00", "note": "a\r\nb\x07\ud83d" + "س" * 100_000}))
    assert isinstance(pressed, Press)
    assert pressed.token == "t"
    assert pressed.inputs.note.startswith("a\nb")
    assert len(pressed.inputs.note) <= LONGEST_WORDS
    pressed.inputs.note.encode()


# ---------------------------------------------------------------- anything at all

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
NAMES = [*BASE, "type", "name", "value", "action", "text", "membersAdded", "membersRemoved", "replyToId"]


@given(st.dictionaries(st.sampled_from(NAMES), json_values))
def test_no_activity_raises(activity: Json) -> None:
    assert isinstance(read(activity), Press | Said | Met | Left | Ignored)


@given(st.sampled_from(NAMES), json_values)
def test_no_edit_of_a_good_press_raises(name: str, value: Any) -> None:
    for good in (execute({"token": "t", "verb": "refer"}), {**BASE, "type": "message", "text": "12"}):
        assert isinstance(read({**good, name: value}), Press | Said | Met | Left | Ignored)


@given(json_values, json_values)
def test_no_data_of_a_card_makes_somebody_else_the_actor(data: Any, verb: Any) -> None:
    pressed = read(json.loads(json.dumps(execute(data, verb))))
    assert isinstance(pressed, Press)
    assert pressed.by == HUDA
