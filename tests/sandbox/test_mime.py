"""RFC 5322: what is read out of a letter's bytes, and what is written."""

from email import message_from_bytes
from email.policy import default

import pytest

from sandbox.tenant.mail import mime


def head(*lines: str | bytes) -> mime.Letter:
    raw = b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return mime.read(raw + b"\r\n\r\nbody")


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("Subject: =?utf-8?B?2YPYqtin2Kg=?=", "كتاب"),
        ("Subject: =?windows-1256?Q?=DF=CA=C7=C8?=", "كتاب"),
        ("Subject: كتاب", "كتاب"),
        (b"Subject: \xdf\xca\xc7\xc8", "ßÊÇÈ"),  # windows-1256 that says so nowhere: Latin-1 to whoever reads it
        ("Subject: =?no-such-charset?B?2YPYqtin2Kg=?=", "كتاب"),
        ("Subject: =?utf-8?B?broken", "=?utf-8?B?broken"),
        ("Subject: a\r\n\tb", "a\tb"),
        ("Subject:", ""),
        ("X-None: 1", ""),
    ],
)
def test_a_subject_is_read_as_far_as_it_can_be(line: str | bytes, subject: str) -> None:
    assert head(line).subject == subject


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "To: a@x.example, =?utf-8?B?2YfYr9mJ?= <b@x.example>",
            [("a@x.example", "a@x.example"), ("هدى", "b@x.example")],
        ),
        ('To: "Surname, Name" <a@x.example>', [("Surname, Name", "a@x.example")]),
        ("To: undisclosed-recipients:;", []),
        ("To: a@x.example\r\nTo: b@x.example", [("a@x.example", "a@x.example"), ("b@x.example", "b@x.example")]),
        ("To: هدى <a@x.example>", [("هدى", "a@x.example")]),
    ],
)
def test_recipients_are_read_with_their_names(line: str, expected: list[tuple[str, str]]) -> None:
    assert [tuple(each["emailAddress"].values()) for each in head(line).to] == expected


@pytest.mark.parametrize("line", ["Date: soon", "Date:", "Date: Sun, 99 Nov 2026 08:00:00 +0000", "X-None: 1"])
def test_a_date_that_cannot_be_read_is_none(line: str) -> None:
    assert head(line).sent_at is None


def test_html_is_the_body_where_there_is_a_choice() -> None:
    raw = b"\r\n".join(
        [
            b'Content-Type: multipart/alternative; boundary="b"',
            *(b"", b"--b", b"Content-Type: text/plain", b"", b"plain"),
            *(b"--b", b"Content-Type: text/html; charset=utf-8", b"", b"<p>rich</p>", b"--b--"),
        ]
    )
    letter = mime.read(raw)
    assert (letter.content_type, letter.body, letter.parts) == ("html", "<p>rich</p>", [])


def test_a_second_text_is_an_attachment_of_its_own() -> None:
    raw = b"\r\n".join(
        [
            b'Content-Type: multipart/mixed; boundary="b"',
            *(b"", b"--b", b"Content-Type: text/plain", b"", b"first"),
            *(b"--b", b"Content-Type: text/plain", b"", b"second", b"--b--"),
        ]
    )
    letter = mime.read(raw)
    assert (letter.body, [(part.name, part.content) for part in letter.parts]) == (
        "first",
        [("ATT00001.txt", b"second")],
    )


def test_what_is_written_reads_back_the_same() -> None:
    parts = [
        mime.Part(
            "file", "ملحق رقم ١ إلى كتاب الميزانية العامة للسنة المالية.pdf", "application/pdf", bytes(range(256))
        ),
        mime.Part("file", "ملاحظات.txt", "text/plain", "سطر\r\nسطر\nسطر\r".encode()),
        mime.Part("file", "logo.png", "image/png", b"png", inline=True, content_id="logo"),
        mime.Part("file", "empty.bin", "application/zip", b""),
        mime.Part("file", "empty.bin", "strange type", b"2"),
    ]
    fields = {
        "from": mime.recipient("الشؤون المالية، قسم الميزانية", "finance@x.example"),
        "toRecipients": [mime.recipient("A, B", "ab@x.example"), mime.recipient("", "c@x.example")],
        "bccRecipients": [mime.recipient("", "secret@x.example")],
        "subject": "كتاب طويل " * 20,
        "importance": "high",
    }
    raw = mime.write(fields, ("html", "<p>نص <img src='cid:logo'></p>", "نص"), parts, [("Message-ID", "<1@x>")])
    letter = mime.read(raw)
    assert b"secret@x.example" not in raw
    assert letter.subject == " ".join(str(fields["subject"]).split())
    assert letter.sender == fields["from"]
    assert letter.to == [mime.recipient("A, B", "ab@x.example"), mime.recipient("c@x.example", "c@x.example")]
    assert (letter.importance, letter.message_id) == ("high", "<1@x>")
    assert {(part.name, part.content, part.inline) for part in letter.parts} == {
        (part.name, part.content, part.inline) for part in parts
    }
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_no_name_writes_a_header_of_its_own() -> None:
    evil = "x\r\nBcc: victim@x.example\r\n\r\nbody"
    fields = {"from": mime.recipient(evil, "a@x.example"), "subject": evil, "toRecipients": []}
    raw = mime.write(fields, ("text", "t", "t"), [mime.Part("file", evil, "application/pdf", b"x")], [])
    parsed = message_from_bytes(raw, policy=default)
    assert parsed["Bcc"] is None
    assert [part.get_filename() for part in parsed.walk() if part.get_filename()] == [
        evil.replace("\r", "_").replace("\n", "_")
    ]


def test_the_same_letter_is_written_in_the_same_bytes() -> None:
    def written() -> bytes:
        parts = [mime.Part("file", "a.pdf", "application/pdf", b"x")]
        return mime.write({"subject": "s"}, ("html", "h", "t"), parts, [("Message-ID", "<1@x>")])

    assert written() == written()


def test_a_letter_within_the_letter_keeps_its_bytes_beyond_ascii() -> None:
    inner = "From: a@x.example\r\nSubject: كتاب\r\n\r\nنص\r\n".encode()
    raw = mime.write({"subject": "s"}, ("text", "t", "t"), [mime.Part("item", "i", "message/rfc822", inner)], [])
    assert inner in raw
    (part,) = mime.read(raw).parts
    assert (part.kind, part.name, mime.read(part.content).body) == ("item", "كتاب", "نص\n")
