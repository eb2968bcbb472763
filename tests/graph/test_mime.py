"""A mail read from its bytes."""

import base64
import hashlib
import tracemalloc
from urllib.parse import quote

import pytest

from graph.mime import read_mail
from graph.mime_tree import Limits
from registry.forwarded import unwrap
from registry.mail import Address, Repair
from sandbox.ministry.samples import letters
from tests.graph.mails import HEAD, ITEM, MAILBOX, NOON, fetched, multipart, part, plain, read, text

PDF = b"%PDF-1.7 annex"
PNG = b"\x89PNG logo"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class TestLetter:
    def test_every_sample_letter_is_understood_whole(self) -> None:
        for _, raw in letters():
            mail = read(raw)
            assert mail.unreadable == ()
            assert mail.letter.text
            assert mail.parts

    def test_header_and_folder_say_what_the_mail_is(self) -> None:
        mail = read(HEAD + b"Cc: C <c@d.example>\r\n\r\nHello\r\n")
        assert mail.letter.sender == Address("Audit Bureau", "oversight@audit.example")
        assert (mail.letter.subject, mail.letter.text) == ("Documents", "Hello")
        assert mail.letter.sent_at == "Sun, 22 Nov 2026 11:00:00 +0300"
        assert mail.letter.to == "registry@ministry.example"
        assert mail.cc == (Address("C", "c@d.example"),)
        assert (mail.mailbox, mail.item_id, mail.received_at) == (MAILBOX, "AAk1", NOON)
        assert mail.message_id == "<m1@audit.example>"

    def test_the_bytes_are_kept_as_they_came_under_their_hash(self) -> None:
        raw = HEAD + b"\r\nHello\r\n"
        got = fetched(raw)
        assert got.raw is raw
        assert (got.mail.sha256, got.mail.size_bytes) == (sha256(raw), len(raw))

    def test_plain_text_is_preferred_where_it_says_something(self) -> None:
        raw = multipart(text("the plain words"), text("<p>the html words</p>", "html"), kind="alternative")
        assert read(raw).letter.text == "the plain words"

    def test_html_is_read_where_the_plain_text_is_empty(self) -> None:
        raw = multipart(text(" \r\n"), text("<p>the html words</p>", "html"), kind="alternative")
        assert read(raw).letter.text == "the html words"

    def test_texts_between_attachments_are_all_part_of_the_letter(self) -> None:
        raw = multipart(text("first"), part("application/pdf", PDF, name="a.pdf"), text("second"))
        mail = read(raw)
        assert mail.letter.text == "first\nsecond"
        assert [p.name for p in mail.parts] == ["a.pdf"]

    def test_lines_broken_for_width_are_joined_again(self) -> None:
        raw = (
            HEAD
            + b"Content-Type: text/plain; format=flowed\r\n\r\nThis is \r\none line\r\nand another\r\n-- \r\nsig\r\n"
        )
        assert read(raw).letter.text == "This is one line\nand another\n-- \nsig"

    def test_outlooks_forward_block_comes_out_one_header_to_a_line(self) -> None:
        page = (
            '<div dir="rtl">للتفضل<br></div><hr tabindex="-1" style="display:inline-block; width:98%">'
            '<div id="divRplyFwdMsg" dir="rtl"><font face="Calibri, sans-serif">'
            "<b>من:</b> ديوان المحاسبة &lt;o@audit.example&gt;<br>"
            "<b>تم الإرسال:</b> الأحد، 22 نوفمبر، 2026 11:00 ص<br><b>إلى:</b> هدى &lt;huda@ministry.example&gt;<br>"
            "<b>الموضوع:</b> طلب مستندات</font><div>&nbsp;</div></div><div><p>السادة المحترمون</p></div>"
        )
        found = unwrap(read(multipart(text("", "plain"), text(page, "html"), kind="alternative")).letter.text)
        assert found is not None
        assert found.letter.sender == Address("ديوان المحاسبة", "o@audit.example")
        assert (found.letter.subject, found.letter.text, found.note) == ("طلب مستندات", "السادة المحترمون", "للتفضل")

    def test_desktop_outlooks_block_of_paragraphs_is_unwrapped_too(self) -> None:
        page = (
            "<p class=MsoNormal>For action.<o:p></o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
            "<p class=MsoNormal><b>From:</b> Bank &lt;g@bank.example&gt; <br><b>Sent:</b> Monday, November 16, 2026<br>"
            "<b>To:</b> Huda<br><b>Subject:</b> Guarantee<o:p></o:p></p></div><p class=MsoNormal>Dear Sirs</p>"
        )
        found = unwrap(read(multipart(text(page, "html"))).letter.text)
        assert found is not None
        assert (found.letter.sender.address, found.letter.subject) == ("g@bank.example", "Guarantee")
        assert found.letter.text == "Dear Sirs"


class TestAttachments:
    def test_each_is_a_part_with_name_size_and_hash_and_its_bytes_are_there(self) -> None:
        got = fetched(multipart(text("x"), part("application/pdf", PDF, name="annex.pdf")))
        (annex,) = got.mail.parts
        assert (annex.name, annex.content_type, annex.size_bytes) == ("annex.pdf", "application/pdf", len(PDF))
        assert got.parts == {annex.sha256: PDF}
        assert annex.sha256 == sha256(PDF)

    def test_an_empty_one_and_one_that_stands_twice_are_parts_like_others(self) -> None:
        got = fetched(
            multipart(
                part("application/pdf", b"", name="empty.pdf"),
                part("application/pdf", PDF, name="same.pdf"),
                part("application/pdf", PDF, name="same.pdf"),
            )
        )
        assert [(p.name, p.size_bytes) for p in got.mail.parts] == [
            ("empty.pdf", 0),
            ("same.pdf", 14),
            ("same.pdf", 14),
        ]
        assert len(got.parts) == 2
        assert got.mail.unreadable == ()

    def test_a_picture_that_the_text_shows_is_inline(self) -> None:
        raw = multipart(
            text('<p>x<img src="cid:logo@1"></p>', "html"),
            part("image/png", PNG, name="logo.png", disposition="inline", more="Content-ID: <logo@1>"),
            kind="related",
        )
        assert [(p.name, p.inline) for p in read(raw).parts] == [("logo.png", True)]

    @pytest.mark.parametrize(
        "annex",
        [
            part("application/pdf", PDF, name="scan.pdf", disposition="inline", more="Content-ID: <a@1>"),
            part("image/png", PNG, name="scan.png", disposition="inline"),
            part("image/png", PNG, name="scan.png", disposition="inline", more="Content-ID: <nowhere@1>"),
            part("image/png", PNG, name="scan.png", disposition="attachment", more="Content-ID: <a@1>"),
        ],
    )
    def test_whatever_else_says_inline_is_an_annex(self, annex: bytes) -> None:
        raw = multipart(text('<img src="cid:a@1">', "html"), annex, kind="related")
        assert [p.inline for p in read(raw).parts] == [False]

    def test_a_text_with_a_name_is_an_annex_and_not_the_letter(self) -> None:
        mail = read(multipart(text("letter"), part("text/plain; name=notes.txt", b"notes")))
        assert (mail.letter.text, [p.name for p in mail.parts]) == ("letter", ["notes.txt"])

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("filename*=utf-8''%D9%83%D8%AA%D8%A7%D8%A8.pdf", "كتاب.pdf"),
            ("filename*0*=windows-1256''%DF%CA; filename*1*=%C7%C8; filename*2=.pdf", "كتاب.pdf"),
            ('filename="=?utf-8?B?2YPYqtin2Kg=?=.pdf"', "كتاب.pdf"),
            ('filename="كتاب.pdf"', "كتاب.pdf"),
            ('filename="../../etc/passwd"', "_.._etc_passwd"),
            ('filename="a\u202efdp.exe"', "afdp.exe"),
            ('filename="' + "x" * 5000 + '.pdf"', "x" * 176 + ".pdf"),
            ('filename=""', "attachment-1.pdf"),
            ('filename=" . "', "attachment-1.pdf"),
        ],
    )
    def test_names_are_read_as_people_see_them_and_made_safe(self, written: str, shown: str) -> None:
        raw = multipart(
            f"Content-Type: application/pdf\r\nContent-Disposition: attachment; {written}\r\n\r\nx".encode()
        )
        assert [p.name for p in read(raw).parts] == [shown]

    def test_a_mail_of_25_mb_is_read_without_many_copies(self) -> None:
        raw = multipart(text("x"), part("application/pdf", b"%PDF" + bytes(18 * 1024 * 1024), name="big.pdf"))
        tracemalloc.start()
        mail = read(raw)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert mail.unreadable == ()
        assert peak < 4 * len(raw)


def nested(depth: int, *, with_ids: bool = True, level: int = 0) -> bytes:
    """A mail that holds a mail that holds …, each with an annex beside it."""
    head = HEAD.replace(b"m1@", f"level-{level}@".encode())
    if not with_ids:
        head = HEAD.replace(b"Message-ID: <m1@audit.example>\r\n", b"")
    pieces = [text(f"level {level}"), part("application/pdf", PDF + bytes([level]), name=f"{level}.pdf")]
    if level < depth:
        pieces.append(part("message/rfc822", nested(depth, with_ids=with_ids, level=level + 1), encoded=False))
    return multipart(*pieces, boundary=f"level {level} of {depth}", head=head)


class TestMailWithinTheMail:
    INNER = multipart(
        text("the letter itself"),
        part("application/pdf", PDF, name="inner.pdf"),
        boundary="inner",
        head=HEAD.replace(b"Documents", b"Inner").replace(b"m1@", b"m0@"),
    )

    def test_its_letter_is_read_and_its_annexes_stand_one_level_in(self) -> None:
        got = fetched(multipart(text("for action"), part("message/rfc822", self.INNER, encoded=False)))
        mail = got.mail
        (attached,) = mail.letter.attached
        assert (attached.subject, attached.text) == ("Inner", "the letter itself")
        assert mail.letter.text == "for action"
        assert [(p.name, p.inside) for p in mail.parts] == [("Inner.eml", 0), ("inner.pdf", 1)]
        assert got.parts[mail.parts[0].sha256] == self.INNER
        assert mail.unreadable == ()

    @pytest.mark.parametrize("kind", ["message/rfc822", "application/octet-stream; name=letter.eml"])
    def test_it_is_a_mail_too_when_encoded_or_attached_as_a_file(self, kind: str) -> None:
        (attached,) = read(multipart(text("x"), part(kind, self.INNER, name="letter.eml"))).letter.attached
        assert attached.subject == "Inner"

    def test_a_file_that_only_calls_itself_a_mail_stays_a_file(self) -> None:
        mail = read(multipart(part("application/octet-stream", b"\x00\x01", name="x.eml")))
        assert (mail.letter.attached, [p.name for p in mail.parts]) == ((), ["x.eml"])

    def test_several_are_all_read_and_none_is_chosen_here(self) -> None:
        one = part("message/rfc822", self.INNER, encoded=False)
        other = part("message/rfc822", self.INNER.replace(b"Inner", b"Other"), encoded=False)
        mail = read(multipart(one, other))
        assert ([a.subject for a in mail.letter.attached], mail.unreadable) == (["Inner", "Other"], ())

    def test_a_bounce_or_a_receipt_that_is_attached_is_no_letter(self) -> None:
        report = multipart(text("failed"), kind="report", boundary="r")
        mail = read(multipart(text("x"), part("message/rfc822", report, encoded=False)))
        assert (mail.letter.attached, [p.name for p in mail.parts]) == ((), ["Documents.eml"])

    @pytest.mark.parametrize("with_ids", [True, False])
    def test_mails_within_mails_are_read_ten_deep(self, with_ids: bool) -> None:
        mail = read(nested(10, with_ids=with_ids))
        letter, texts = mail.letter, []
        while letter.attached:
            (letter,) = letter.attached
            texts.append(letter.text)
        assert texts == [f"level {level}" for level in range(1, 11)]
        assert [p.inside for p in mail.parts] == [0, 0, *(n for n in range(1, 10) for _ in range(2)), 10]
        assert mail.unreadable == ()

    def test_what_lies_deeper_is_kept_unread_and_said(self) -> None:
        got = fetched(nested(11))
        assert got.mail.unreadable == ("quarantine.too_deep",)
        deepest = got.mail.parts[-1]
        assert (deepest.inside, deepest.complete) == (10, False)
        assert b"level 11" in got.parts[deepest.sha256]

    def test_mails_that_each_hold_the_next_whole_end_at_a_size(self) -> None:
        got = read_mail(nested(8), mailbox=MAILBOX, item=ITEM, limits=Limits(nested_bytes=3_000))
        assert got.mail.unreadable == ("quarantine.too_deep",)
        assert sum(p.size_bytes for p in got.mail.parts) < 6_000


class TestWhatIsSaidBeside:
    def test_references_stand_in_their_order_the_nearest_last(self) -> None:
        raw = plain("x", References="<r1@a> <r2@a>", In_Reply_To="<r3@a>")
        assert read(raw).references == ("<r1@a>", "<r2@a>", "<r3@a>")
        assert read(plain("x", References="<r1@a> <r2@a>", In_Reply_To="<r2@a>")).references == ("<r1@a>", "<r2@a>")

    def test_our_own_key_comes_back_with_the_mail(self) -> None:
        assert read(plain("x", X_Tarasul_Key="reply:r1")).our_key == "reply:r1"

    def test_a_report_is_known_by_its_type_and_an_automatic_reply_by_its_header(self) -> None:
        bounce = multipart(text("failed"), part("message/delivery-status", b"x", encoded=False), kind="report")
        assert read(bounce).report is not None
        assert read(plain("x")).report is None
        assert read(plain("x", Return_Path="<>")).null_sender
        assert not read(plain("x", Return_Path="<a@b>")).null_sender
        assert read(plain("x", Auto_Submitted="auto-replied; owner-email=a@b")).auto_submitted == "auto-replied"
        assert read(plain("x", Auto_Submitted="No")).auto_submitted == "no"
        assert read(plain("x", X_Autoreply="yes")).auto_submitted == "auto-replied"
        assert read(plain("x")).auto_submitted == ""

    def test_importance_and_sensitivity(self) -> None:
        assert read(plain("x", Importance="High")).importance == "high"
        assert read(plain("x", X_Priority="5 (Lowest)")).importance == "low"
        assert read(plain("x", X_Priority="3")).importance == "normal"
        assert read(plain("x", Sensitivity="Company-Confidential")).sensitivity == "company-confidential"
        assert read(plain("x", Sensitivity="whatever")).sensitivity == ""

    def test_only_the_topmost_authentication_results_are_believed(self) -> None:
        ours = b"Authentication-Results: mx.ministry.example; spf=fail; dkim=none; dmarc=fail action=quarantine\r\n"
        theirs = b"Authentication-Results: mx.ministry.example; spf=pass; dkim=pass; dmarc=pass\r\n"
        assert read(ours + theirs + HEAD + b"\r\nx").authentication.dmarc == "fail"
        assert read(theirs + HEAD + b"\r\nx").authentication.dmarc == "pass"
        assert read(theirs + HEAD + b"\r\nx").authentication.arc == "none"
        sealed = b"Authentication-Results: mx.ministry.example; dmarc=fail action=oreject; arc=pass (i=2)\r\n"
        found = read(sealed + HEAD + b"\r\nx").authentication
        assert (found.dmarc, found.arc) == ("fail", "pass")
        silent = b"Authentication-Results: mx.ministry.example; spf=pass\r\n"
        assert read(silent + theirs + HEAD + b"\r\nx").authentication.dmarc == "none"


class TestRepairs:
    """What a mailer spoilt is put right, said, and kept as it stood."""

    WORDS = "طلب مستندات الربع الثاني"
    PDF_PART = "Content-Type: application/pdf\r\nContent-Disposition: attachment; {}\r\n\r\nx"

    def test_a_subject_encoded_twice_is_undone_and_its_line_kept(self) -> None:
        spoilt = self.WORDS.encode().decode("cp1256")
        written = "=?utf-8?B?" + base64.b64encode(spoilt.encode()).decode() + "?="
        mail = read(HEAD.replace(b"Documents", written.encode()) + b"\r\nx")
        assert mail.letter.subject == self.WORDS
        assert mail.repairs == (Repair(name="subject", raw=written, confidence="high"),)
        assert (mail.remarks, mail.unreadable) == (("repaired.high",), ())

    def test_a_subject_without_a_charset_is_a_guess_and_its_bytes_are_kept(self) -> None:
        raw = self.WORDS.encode("cp1256")
        mail = read(HEAD.replace(b"Documents", raw) + b"\r\nx")
        assert (mail.letter.subject, mail.remarks) == (self.WORDS, ("repaired.likely",))
        assert mail.repairs[0].raw.encode("latin-1") == raw

    @pytest.mark.parametrize("sent_as", ["iso-8859-1", "us-ascii", "utf-8"])
    def test_a_body_under_a_wrong_name_is_read_and_said(self, sent_as: str) -> None:
        body = f"Content-Type: text/plain; charset={sent_as}\r\n\r\n".encode() + self.WORDS.encode("cp1256")
        mail = read(HEAD + body)
        assert (mail.letter.text, mail.remarks) == (self.WORDS, ("repaired.likely",))

    def test_a_name_that_was_spoilt_is_read_and_said(self) -> None:
        written = f"filename*=iso-8859-1''{quote(self.WORDS.encode('cp1256'))}.pdf"
        mail = read(multipart(self.PDF_PART.format(written).encode()))
        assert ([p.name for p in mail.parts], mail.remarks) == ([f"{self.WORDS}.pdf"], ("repaired.likely",))
        assert written in mail.repairs[0].raw

    def test_a_name_with_a_missing_piece_keeps_the_others(self) -> None:
        written = "filename*1*=%D9%83%D8%AA; filename*0*=utf-8''a; filename*3=.pdf"
        assert [p.name for p in read(multipart(self.PDF_PART.format(written).encode())).parts] == ["aكت.pdf"]

    def test_what_is_whole_is_not_touched(self) -> None:
        mail = read(plain("Café à la crème", charset="iso-8859-1", Subject="Où"))
        assert (mail.repairs, mail.remarks, mail.letter.text) == ((), (), "Café à la crème")


class TestIdentity:
    LETTER = multipart(text("words"), part("application/pdf", PDF, name="a.pdf"))

    def test_what_servers_add_and_rewrite_changes_nothing(self) -> None:
        stamped = (
            b"Received: from x by y\r\nX-MS-Exchange: z\r\nAuthentication-Results: a; dmarc=pass\r\n" + self.LETTER
        )
        respelled = self.LETTER.replace(b"11:00:00 +0300", b"08:00:00 +0000").replace(
            b"Subject: Documents", b"Subject:\r\n =?utf-8?Q?Doc?= =?utf-8?Q?uments?="
        )
        rewritten = multipart(
            b"Content-Type: text/plain\r\n\r\nwords\r\n\r\n",
            part("application/pdf", PDF, name="a.pdf"),
            boundary="other",
        )
        assert {read(raw).identity for raw in (self.LETTER, stamped, respelled, rewritten)} == {
            read(self.LETTER).identity
        }

    @pytest.mark.parametrize(
        ("this", "becomes"),
        [
            (b"oversight@", b"others@"),
            (b"Documents", b"Payments"),
            (b"11:00:00", b"11:00:01"),
            (part("application/pdf", PDF, name="a.pdf"), part("application/pdf", PDF + b".", name="a.pdf")),
            (text("words"), text("other words")),
        ],
    )
    def test_another_letter_under_the_same_id_is_another_letter(self, this: bytes, becomes: bytes) -> None:
        assert this in self.LETTER
        assert read(self.LETTER.replace(this, becomes)).identity != read(self.LETTER).identity

    def test_the_same_letter_under_another_message_id_is_the_same_letter(self) -> None:
        """A server gave it a new one on its way; or each mailbox's server its own, where the writer gave none."""
        assert read(self.LETTER.replace(b"m1@audit", b"m2@audit")).identity == read(self.LETTER).identity
        assert (
            read(self.LETTER.replace(b"Message-ID: <m1@audit.example>\r\n", b"")).identity == read(self.LETTER).identity
        )

    def test_letters_without_a_date_are_told_apart_by_their_message_ids(self) -> None:
        """The same words every month, by a program that writes no date, are as many letters."""
        assert b"Date: " in self.LETTER
        undated = b"".join(line for line in self.LETTER.splitlines(keepends=True) if not line.startswith(b"Date:"))
        assert read(undated.replace(b"m1@audit", b"m2@audit")).identity != read(undated).identity

    def test_a_letter_without_an_id_has_a_stable_identity_all_the_same(self) -> None:
        raw = self.LETTER.replace(b"Message-ID: <m1@audit.example>\r\n", b"")
        mail = read(raw)
        assert mail.message_id == ""
        assert mail.identity == read(b"Received: x\r\n" + raw).identity
        assert len(mail.identity) == 65

    def test_twelve_monthly_letters_alike_but_for_the_day_are_twelve(self) -> None:
        months = [self.LETTER.replace(b"22 Nov 2026", f"{day} Jan 2026".encode()) for day in range(1, 13)]
        assert len({read(raw).identity for raw in months}) == 12


class TestUnreadable:
    """What cannot be understood is said, and nothing of it is lost."""

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            pytest.param(b"", "unparseable", id="nothing at all"),
            pytest.param(b"\x00\x01\x02" * 50, "unparseable", id="no header"),
            pytest.param(HEAD + b"From: other@x.example\r\n\r\nx", "unparseable", id="two senders' lines"),
            pytest.param(HEAD.replace(b"From: ", b"From: x@y.example, ") + b"\r\nx", "unparseable", id="two senders"),
            pytest.param(HEAD + b"Subject: other\r\n\r\nx", "unparseable", id="two subjects"),
            pytest.param(HEAD + b"this is no header\r\n\r\nx", "unparseable", id="a line that is no header"),
            pytest.param(HEAD + b"X-A: " + b"y" * 300_000 + b"\r\n\r\nx", "unparseable", id="an endless header"),
            pytest.param(HEAD + b"X-A: y\r\n" * 6_000 + b"\r\nx", "unparseable", id="too many headers"),
            pytest.param(HEAD + b"Content-Type: multipart/mixed\r\n\r\nx", "unreadable_part", id="no boundary"),
            pytest.param(multipart(text("x"))[:-12], "unreadable_part", id="cut off"),
            pytest.param(
                HEAD + b"Content-Type: multipart/mixed; boundary=q\r\n\r\nno part", "unreadable_part", id="no part"
            ),
            pytest.param(
                multipart(b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!! not"),
                "unreadable_part",
                id="no base64",
            ),
            pytest.param(
                multipart(b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin"),
                "unreadable_part",
                id="an unknown encoding",
            ),
            pytest.param(
                multipart(b"Content-Type: text/plain; charset=x-secret\r\n\r\n\xe9\x01\xff\xfe\xa0"),
                "unreadable_part",
                id="an unknown charset",
            ),
            pytest.param(
                multipart(part("application/ms-tnef", b"x", name="winmail.dat")), "unreadable_part", id="winmail.dat"
            ),
            pytest.param(multipart(part("message/partial", b"x", encoded=False)), "unreadable_part", id="a piece"),
            pytest.param(multipart(*[b"\r\nx"] * 600), "too_many_parts", id="too many parts"),
        ],
    )
    def test_it_is_said_by_a_reason(self, raw: bytes, reason: str) -> None:
        got = fetched(raw)
        assert f"quarantine.{reason}" in got.mail.unreadable
        assert got.raw == raw
        assert got.mail.sha256 == sha256(raw)

    def test_a_signature_beside_the_letter_is_a_part_and_no_obstacle(self) -> None:
        mail = read(multipart(text("x"), part("application/pkcs7-signature", b"x", name="smime.p7s"), kind="signed"))
        assert (mail.unreadable, [p.name for p in mail.parts]) == ((), ["smime.p7s"])

    def test_multiparts_in_multiparts_end_at_a_limit(self) -> None:
        raw = text("x")
        for level in range(30):
            raw = multipart(raw, boundary=f"b{level}x", head=b"")
        mail = read(HEAD + raw)
        assert "quarantine.unparseable" in mail.unreadable
        assert mail.parts

    def test_padding_that_a_mailer_left_out_is_no_obstacle(self) -> None:
        got = fetched(multipart(b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nUERGMQ"))
        assert (got.mail.unreadable, list(got.parts.values())) == ((), [b"PDF1"])

    def test_a_mail_beyond_the_size_limit_is_kept_unread(self) -> None:
        raw = HEAD + b"\r\n" + b"x" * 2000
        got = read_mail(raw, mailbox=MAILBOX, item=ITEM, limits=Limits(size_bytes=1000))
        assert got.mail.unreadable == ("quarantine.unparseable",)
        assert (got.raw, got.mail.message_id) == (raw, ITEM.message_id)

    def test_a_text_that_nobody_could_read_is_cut_and_said(self) -> None:
        mail = read(HEAD + b"\r\n" + b"word " * 300_000)
        assert mail.unreadable == ("quarantine.unreadable_part",)
        assert 999_990 < len(mail.letter.text) <= 1_000_000

    def test_a_fault_of_ours_costs_no_letter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("graph.mime._identity", lambda *_: 1 // 0)
        got = fetched(HEAD + b"\r\nx")
        assert (got.mail.unreadable, got.mail.message_id) == (("quarantine.unparseable",), ITEM.message_id)
