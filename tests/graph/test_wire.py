"""What an answer of Graph means, and whose turn it is."""

import pytest

from graph.wire import LONGEST_WAIT_S, Ask, decipher, wait_of
from registry.errors import (
    Changed,
    Forbidden,
    Gone,
    Locked,
    Misconfigured,
    Mistaken,
    TarasulError,
    Throttled,
    Unavailable,
)


def told(code: str) -> bytes:
    return f'{{"error":{{"code":"{code}","message":"Gone syncStateNotFound 429"}}}}'.encode()


def raised(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> TarasulError:
    with pytest.raises(TarasulError) as caught:
        decipher(status, headers or {}, body)
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_its_json_and_an_empty_one_is_empty(status: int) -> None:
    assert decipher(status, {}, b'{"id":"1"}') == {"id": "1"}
    assert decipher(status, {}, b"") == {}


@pytest.mark.parametrize("body", [b"<html>login</html>", b'{"value":[{"id":"1"', b"[]", b"\xff\xfe", b"null"])
def test_a_success_that_is_not_the_json_it_should_be_is_unavailable(body: bytes) -> None:
    assert type(raised(200, body=body)) is Unavailable


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *((400, Mistaken), (401, Misconfigured), (403, Forbidden), (404, Gone), (405, Mistaken)),
        *((408, Unavailable), (409, Changed), (410, Gone), (412, Changed), (413, Mistaken), (415, Mistaken)),
        *((423, Locked), (424, Mistaken), (429, Unavailable), (500, Unavailable), (502, Unavailable)),
        *((503, Unavailable), (504, Unavailable), (507, Misconfigured), (509, Unavailable), (302, Unavailable)),
    ],
)
def test_the_status_says_whose_turn_it_is(status: int, meaning: type[TarasulError]) -> None:
    for body in (b"", b"<html>", told("whatever"), b'{"error":"a word"}', b'{"error":{"code":7}}'):
        assert type(raised(status, body=body)) is meaning


@pytest.mark.parametrize("status", [429, 503, 504])
@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("7", 7.0),
        ("2.5", 2.5),
        (" 600 ", 600.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("1e9", LONGEST_WAIT_S),
        ("Sun, 22 Nov 2026 09:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 08:00:00 GMT", 0.0),
    ],
)
def test_a_named_wait_is_kept_to_the_fraction(status: int, said: str, wait_s: float) -> None:
    error = raised(status, {"retry-after": said, "date": "Sun, 22 Nov 2026 09:00:00 GMT"})
    assert isinstance(error, Throttled)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize("said", ["", "soon", "nan", "inf", "99 Foo 2026", "Sun, 22 Nov 2026 09:00:30 -0000"])
def test_a_wait_that_cannot_be_read_is_none(said: str) -> None:
    assert wait_of({"retry-after": said, "date": "Sun, 22 Nov 2026 09:00:00 GMT"}) is None
    assert type(raised(429, {"retry-after": said})) is Unavailable


def test_a_wait_beside_another_status_is_not_heeded() -> None:
    assert type(raised(500, {"retry-after": "7"})) is Unavailable


@pytest.mark.parametrize("status", [400, 404, 410])
@pytest.mark.parametrize("code", ["syncStateNotFound", "SyncStateNotFound", "resyncRequired", "syncStateInvalid"])
def test_a_dead_delta_link_is_gone_under_any_status(status: int, code: str) -> None:
    assert type(raised(status, body=told(code))) is Gone


def test_some_codes_say_more_than_their_status() -> None:
    assert type(raised(404, body=told("ErrorInvalidUser"))) is Misconfigured
    assert type(raised(409, body=told("resourceLocked"))) is Locked
    assert type(raised(400, body=told("ValidationError"))) is Unavailable


def test_an_error_names_status_code_and_request_and_nothing_of_the_message() -> None:
    said = str(raised(404, {"request-id": "8d1c"}, told("ErrorItemNotFound")))
    assert said == "404 ErrorItemNotFound, request-id 8d1c"


def test_only_get_may_be_repeated_unless_it_is_said() -> None:
    assert [Ask(method, "/x").may_be_repeated for method in ("GET", "POST", "PATCH", "DELETE")] == [True] + [False] * 3
    assert Ask("PATCH", "/x", repeatable=True).may_be_repeated
