"""The parts add up: every byte of a mail is in the body, in a part, or in a stated envelope."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.accounting import BODY, ENVELOPE, LOST, PART, UNREADABLE, Account, account
from graph.mail_parts import UNACCOUNTED, Reader
from graph.mime_tree import Limits, Parser
from tests.graph.mails import HEAD, fetched, multipart, part, text
from tests.graph.test_mime_fuzz import SAMPLES, fuzzed, lines


def accounted(raw: bytes, limits: Limits | None = None) -> Account:
    parser = Parser(limits)
    root = parser.parse(raw)
    reader = Reader(parser)
    reader.walk(raw, root)
    return reader.account


def adds_up(found: Account, raw: bytes) -> bool:
    whole = sum(found.size_bytes(what) for what in (ENVELOPE, BODY, PART, UNREADABLE))
    return not found.lost and whole == len(raw)


def test_body_annex_and_envelope_are_told_apart() -> None:
    annex = part("application/pdf", b"%PDF", name="a.pdf")
    raw = multipart(text("letter"), annex)
    found = accounted(raw)
    assert adds_up(found, raw)
    assert (found.size_bytes(BODY), found.size_bytes(PART)) == (10, 10)  # both in base64, with a line end
    assert found.size_bytes(UNREADABLE) == 0


@fuzzed
@given(st.lists(st.one_of(lines, st.binary(max_size=40)), max_size=60), st.sampled_from([b"\r\n", b"\n"]))
def test_any_lines_that_look_like_mail_add_up(pieces: list[bytes], end: bytes) -> None:
    raw = end.join(pieces)
    assert adds_up(accounted(raw), raw)
    headed = HEAD + b"Content-Type: multipart/mixed; boundary=q\r\n" + raw
    assert adds_up(accounted(headed), headed)


@fuzzed
@given(st.data())
def test_any_damage_to_a_real_letter_adds_up(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SAMPLES))[:20_000]
    for _ in range(data.draw(st.integers(1, 6))):
        at, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 200))
        raw = raw[:at] + data.draw(st.one_of(st.binary(max_size=50), lines)) + raw[at + length :]
    assert adds_up(accounted(raw), raw)


def test_what_a_limit_left_untouched_is_a_part_that_says_so() -> None:
    raw = multipart(*[b"\r\nx"] * 20)
    found = accounted(raw, Limits(parts=5))
    assert adds_up(found, raw)
    assert found.size_bytes(UNREADABLE) > 50


def test_what_stands_outside_the_parts_and_says_something_is_a_part() -> None:
    raw = multipart(text("letter")).replace(b"\r\n\r\n--q", b"\r\n\r\nhidden words\r\n--q", 1) + b"more of them\r\n"
    got = fetched(raw)
    assert [p.name for p in got.mail.parts] == ["before-the-parts.txt", "behind-the-parts.txt"]
    assert [got.parts[p.sha256].strip() for p in got.mail.parts] == [b"hidden words", b"more of them"]
    assert got.mail.unreadable == ()


def test_what_mailers_always_write_there_is_envelope() -> None:
    said = b"This is a multi-part message in MIME format.\r\n"
    raw = multipart(text("letter")).replace(b"\r\n\r\n--q", b"\r\n\r\n" + said + b"--q", 1) + b"\r\n\r\n"
    got = fetched(raw)
    assert (got.mail.parts, got.mail.unreadable) == ((), ())
    assert adds_up(accounted(raw), raw)


def test_a_leaf_that_the_reader_forgot_is_lost() -> None:
    raw = multipart(text("letter"), part("application/pdf", b"%PDF", name="a.pdf"))
    root = Parser().parse(raw)
    fates = {root.children[0].body: BODY}
    assert account(raw, root, fates).size_bytes(LOST) == 10


def test_a_mail_that_has_lost_bytes_is_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = multipart(text("letter"))
    assert UNACCOUNTED not in fetched(raw).mail.unreadable
    monkeypatch.setattr("graph.mail_parts.Reader._body", lambda *_: None)
    monkeypatch.setattr("graph.mail_parts.PART", "forgotten")
    assert UNACCOUNTED in fetched(raw).mail.unreadable
