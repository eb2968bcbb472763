"""Reading a mail never raises, loses no part, and takes time in proportion to its length, whatever the bytes are."""

import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.mime import _read
from graph.mime_tree import Limits, Parser, leaves
from registry.mail import Mail
from sandbox.ministry.samples import letters
from service.ports import Fetched
from tests.graph.mails import HEAD, ITEM, MAILBOX, multipart, part, text

MB = 1024 * 1024
SAMPLES = [raw for _, raw in letters()]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def taken_apart(raw: bytes) -> Fetched:
    """Read without the net that `read_mail` spreads, so that it hides no fault."""
    return _read(raw, MAILBOX, ITEM, Limits())


def storable(mail: Mail) -> bool:
    """Whether every text can be written in UTF-8 and holds nothing that a database refuses."""
    texts = [mail.letter.text, mail.letter.subject, str(mail.letter.sender), mail.identity, mail.message_id]
    texts += [mail.our_key, mail.letter.to, mail.letter.sent_at, *mail.references, *(p.name for p in mail.parts)]
    return all(said.encode() is not None and "\x00" not in said for said in texts)


def adds_up(got: Fetched) -> bool:
    """Whether every leaf is a part or text of the body."""
    kept = set(got.parts.values())
    root = Parser().parse(got.raw)
    return all(
        leaf.content in kept or (leaf.kind in ("text/plain", "text/html") and not leaf.filename)
        for leaf in leaves(root)
    )


lines = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"--q",
            b"--q--",
            b"--b",
            b"From: a@b",
            b"From: <<<",
            b'To: "x\\',
            b"Subject: =?x?b?=?=",
        ),
        *(b"Content-Type: multipart/mixed; boundary=q", b"Content-Type: multipart/mixed; boundary=b"),
        *(b"Content-Type: message/rfc822", b"Content-Type: text/html; charset=utf-7", b"Content-Type: ;;;==\"'"),
        *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable"),
        *(b"Content-Disposition: attachment; filename*0*=x''%ff; filename*7=a", b"<p><!--<a href='>", b"=?=3D=\xff"),
        *(b"Date: 99 Foo 99999999999 99:99:99 +9999", b"References: <<a> <b c> >", b"x-tarasul-key: \x00\xd8"),
        *(b" folded", b"AAAA====", b"\xd8\xa7\xc7\xe1\x00", b"Authentication-Results: (((dmarc=pass;;"),
    ]
)


@fuzzed
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    got = taken_apart(raw)
    assert storable(got.mail)
    assert adds_up(got)


@fuzzed
@given(st.lists(st.one_of(lines, st.binary(max_size=40)), max_size=60), st.sampled_from([b"\r\n", b"\n"]))
def test_any_lines_that_look_like_mail_are_read(pieces: list[bytes], end: bytes) -> None:
    got = taken_apart(end.join(pieces))
    assert storable(got.mail)
    assert adds_up(got)


@fuzzed
@given(st.data())
def test_any_damage_to_a_real_letter_is_read(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SAMPLES))[:20_000]
    for _ in range(data.draw(st.integers(1, 6))):
        at, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 200))
        raw = (
            raw[:at]
            + data.draw(st.one_of(st.binary(max_size=50), lines, st.just(raw[at : at + length] * 2)))
            + raw[at + length :]
        )
    got = taken_apart(raw)
    assert storable(got.mail)
    assert adds_up(got)


names = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n'), min_size=1, max_size=20)
annexes = st.builds(
    lambda content, name: (content, part("application/octet-stream", content, name=name)),
    st.binary(max_size=200),
    names.filter(lambda name: name.strip(" .") and not name.lower().endswith((".eml", ".rpmsg", "winmail.dat"))),
)


@fuzzed
@given(st.lists(annexes, max_size=8), st.integers(0, 4))
def test_every_annex_of_a_good_mail_is_a_part_however_deep_it_stands(
    found: list[tuple[bytes, bytes]], depth: int
) -> None:
    raw = multipart(text("the letter"), *(written for _, written in found), head=b"", boundary="inmost")
    for level in range(depth):
        raw = multipart(raw, head=b"", boundary=f"level {level}")
    got = taken_apart(HEAD + raw)
    assert got.mail.unreadable == ()
    assert got.mail.letter.text == "the letter"
    assert [got.parts[p.sha256] for p in got.mail.parts] == [content for content, _ in found]


HOSTILE = {
    "nested boundaries": HEAD
    + b"".join(b'Content-Type: multipart/mixed; boundary="-"\r\n\r\n---\r\n' for _ in range(19))
    + b"---x\n" * (2 * MB),
    "nested multiparts": HEAD
    + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(5000)),
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + b"--q\r\n\r\nx\r\n" * 100_000,
    "mails in mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 50_000,
    "tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<b>" * (2 * MB),
    "open quotes": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a x='" * MB,
    "open comments": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * MB,
    "open styles": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<style>" * MB,
    "references": HEAD + b"Content-Type: text/html\r\n\r\n" + b"&#x" * MB,
    "broken lines": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * MB,
    "encoded words": HEAD + b"X-Tarasul-Key: " + b"=?a?q?" * 40_000 + b"\r\n\r\nx",
    "addresses": HEAD + b"Cc: " + b"<a@b>," * 40_000 + b"\r\n\r\nx",
    "open brackets": HEAD + b"Cc: " + b"(" * 200_000 + b"\r\n\r\nx",
    "escaped quotes": HEAD + b"Cc: " + b'"\\' * 100_000 + b"\r\n\r\nx",
    "parameters": HEAD + b"Content-Type: text/plain" + b';a="\\' * 40_000 + b"\r\n\r\nx",
    "comments": HEAD + b"Authentication-Results: " + b"(" * 120_000 + b")" * 120_000 + b"\r\n\r\nx",
    "domain names": HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"xn--" + b"a" * MB,
    "punycode": HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * MB,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_no_more_than_a_long_one(name: str) -> None:
    started_s = time.thread_time()
    got = taken_apart(HOSTILE[name])
    assert time.thread_time() - started_s < 2.0  # of CPU; each takes a tenth of that, a quadratic one minutes
    assert got.raw == HOSTILE[name]
