"""What the connector's refusals mean: whose turn it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.refusals import read_refusal
from registry.errors import Gone, Misconfigured, Mistaken, TarasulError, Throttled, Unavailable
from service.ports import ChatBlocked, NotInstalled
from texts.say import knows


def body(code: str, **more: Any) -> bytes:
    return json.dumps({"error": {"code": code, "message": "…", **more}}).encode()


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (400, body("BadSyntax"), Mistaken),
        (400, body("Bad Argument"), Mistaken),
        (401, body("BotNotRegistered"), Misconfigured),
        (401, b"", Misconfigured),
        (403, body("ForbiddenOperationException"), NotInstalled),
        (403, body("BotNotInConversationRoster"), NotInstalled),
        (404, body("BotNotInConversationRoster"), NotInstalled),
        (403, body("InvalidBotApiHost"), Misconfigured),
        (403, b"<html>", Misconfigured),
        (404, body("ConversationNotFound"), Gone),
        (404, body("ActivityNotFoundInConversation"), Gone),
        (404, b"", Gone),
        (412, body("PreconditionFailed"), Unavailable),
        (413, body("MessageSizeTooBig"), Mistaken),
        (429, body("Throttled"), Unavailable),
        (500, body("InternalServerError"), Mistaken),
        (502, b"", Unavailable),
        (503, b"", Unavailable),
        (504, b"", Unavailable),
        (418, b"", Mistaken),
        (302, b"", Misconfigured),
    ],
)
def test_each_refusal_says_whose_turn_it_is(status: int, told: bytes, kind: type[Exception]) -> None:
    assert type(read_refusal(status, {}, told)) is kind


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (body("ConversationBlockedByUser"), "chat.blocked_by_person"),
        (body("BotDisabledByAdmin"), "chat.blocked_by_policy"),
        (body("NotEnoughPermissions"), "chat.blocked_without_permission"),
        (body("MessageWritesBlocked"), "chat.blocked_for_writing"),
        (body("Forbidden", subCode="MessageWritesBlocked"), "chat.blocked_for_writing"),
        (json.dumps({"errorCode": 209, "message": "…"}).encode(), "chat.blocked_for_writing"),
    ],
)
def test_a_blocked_chat_says_why_in_words_that_the_sheet_can_print(told: bytes, reason: str) -> None:
    error = read_refusal(403, {}, told)
    assert isinstance(error, ChatBlocked)
    assert error.reason == reason
    assert knows(reason)


@pytest.mark.parametrize(("status", "wait", "seconds"), [(429, "2.5", 2.5), (429, "600", 600), (503, "7", 7)])
def test_a_wait_that_is_named_is_kept_to(status: int, wait: str, seconds: float) -> None:
    error = read_refusal(status, {"retry-after": wait}, b"")
    assert isinstance(error, Throttled)
    assert error.retry_after_s == seconds


@pytest.mark.parametrize("wait", ["", "soon", "-1", "nan", "1e99", "Sat, 21 Nov 2026 09:00:00 GMT"])
def test_a_wait_that_cannot_be_read_is_left_to_us(wait: str) -> None:
    assert type(read_refusal(429, {"retry-after": wait}, b"")) is Unavailable


@given(st.integers(300, 599), st.text(max_size=20), st.binary(max_size=80) | st.just(b"[" * 9_999))
def test_whatever_is_answered_is_one_of_our_errors(status: int, wait: str, told: bytes) -> None:
    assert isinstance(read_refusal(status, {"retry-after": wait}, told), TarasulError | ChatBlocked | NotInstalled)
