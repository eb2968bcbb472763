"""What is no plain MIME is opened: .msg, winmail.dat, a mail inside its signature; what is sealed or linked is said."""

import struct

import pytest

from graph.mapi import BODY, DATA, HTML, INTERNET_HEADERS, METHOD, RTF, SUBJECT
from graph.rtf import plain_rtf, read_rtf
from registry.mail import Mail
from tests.graph.mails import HEAD, fetched, multipart, part, read, text
from tests.graph.outlook_files import annex, compound, msg, tnef

PDF = b"%PDF-1.7 annex" * 400  # of its own sectors
NAME, SENDER, ADDRESS, LONG_NAME, PATH = 0x0042, 0x0C1A, 0x5D02, 0x3707, 0x370D

LETTER = msg(
    {SUBJECT: "طلب مستندات", BODY: "نص الكتاب", NAME: "ديوان المحاسبة", ADDRESS: "oversight@audit.example"},
    [annex({LONG_NAME: "كشف.pdf", DATA: PDF}), annex({LONG_NAME: "small.txt", DATA: b"few words"})],
)


def shown(mail: Mail) -> list[tuple[str, int, bool]]:
    return [(p.name, p.inside, p.inline) for p in mail.parts]


class TestOutlookFile:
    def test_it_is_a_mail_within_the_mail_with_its_annexes(self) -> None:
        raw = compound(LETTER)
        got = fetched(multipart(text("x"), part("application/octet-stream", raw, name="letter.msg")))
        (letter,) = got.mail.letter.attached
        assert (letter.subject, letter.text) == ("طلب مستندات", "نص الكتاب")
        assert (letter.sender.name, letter.sender.address) == ("ديوان المحاسبة", "oversight@audit.example")
        assert shown(got.mail) == [("letter.msg", 0, False), ("كشف.pdf", 1, False), ("small.txt", 1, False)]
        assert [got.parts[p.sha256] for p in got.mail.parts] == [raw, PDF, b"few words"]
        assert got.mail.unreadable == ()

    def test_the_internet_header_that_outlook_kept_is_believed_first(self) -> None:
        said = {SUBJECT: "x", BODY: "b", INTERNET_HEADERS: HEAD.decode()}
        (letter,) = read(multipart(part("application/vnd.ms-outlook", compound(msg(said))))).letter.attached
        assert (letter.subject, letter.sender.address) == ("Documents", "oversight@audit.example")

    def test_mails_within_it_are_read_like_others_and_the_eleventh_is_too_deep(self) -> None:
        tree = LETTER
        for _ in range(2):
            tree = msg({SUBJECT: "إحالة", BODY: "للعلم"}, [annex({METHOD: 5}, tree)])
        mail = read(multipart(part("application/vnd.ms-outlook", compound(tree), name="a.msg")))
        assert mail.letter.attached[0].attached[0].attached[0].text == "نص الكتاب"
        assert [p.inside for p in mail.parts] == [0, 1, 2, 3, 3]
        for _ in range(9):
            tree = msg({SUBJECT: "إحالة"}, [annex({METHOD: 5}, tree)])
        mail = read(multipart(part("application/vnd.ms-outlook", compound(tree), name="a.msg")))
        assert mail.unreadable == ("quarantine.unreadable_part",)

    @pytest.mark.parametrize("damage", ["cut", "looping", "no entry", "not one"])
    def test_one_that_cannot_be_opened_is_an_annex_that_says_so(self, damage: str) -> None:
        raw = bytearray(compound(LETTER))
        directory = struct.unpack_from("<I", raw, 48)[0]
        if damage == "cut":
            del raw[1500:]
        elif damage == "looping":
            table = (struct.unpack_from("<I", raw, 76)[0] + 1) * 512
            struct.pack_into("<I", raw, table + 4 * directory, directory)
        elif damage == "no entry":
            struct.pack_into("<I", raw, (directory + 1) * 512 + 76, 5_000)
        else:
            raw[30:32] = b"\x00\x00"
        if b"__properties_version1.0".decode().encode("utf-16-le") not in raw:
            raw += "__properties_version1.0".encode("utf-16-le")
        got = fetched(multipart(part("application/vnd.ms-outlook", bytes(raw), name="a.msg")))
        assert got.mail.unreadable == ("quarantine.unreadable_part",)
        assert [(p.name, p.complete) for p in got.mail.parts] == [("a.msg", False)]
        assert list(got.parts.values()) == [bytes(raw)]


class TestWinmail:
    def test_its_annexes_are_the_letter_s_own_and_its_wrapping_is_no_annex(self) -> None:
        packed = tnef({SUBJECT: "x", BODY: "from within"}, [{LONG_NAME: "كشف.pdf", DATA: PDF}])
        got = fetched(multipart(text("the letter"), part("application/ms-tnef", packed, name="winmail.dat")))
        assert got.mail.letter.text == "the letter"
        assert shown(got.mail) == [("winmail.dat", 0, True), ("كشف.pdf", 0, False)]
        assert got.parts[got.mail.parts[1].sha256] == PDF
        assert got.mail.unreadable == ()

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({BODY: "plain words"}, "plain words"),
            ({HTML: "<p>كتاب</p>".encode("cp1256"), 0x3FDE: 1256}, "كتاب"),
            ({RTF: struct.pack("<4I", 0, 99, 0x414C454D, 0) + b"{\\rtf1\\ansi rich\\par words\\'e9}"}, "rich\nwordsé"),
        ],
    )
    def test_its_text_counts_where_the_mail_has_no_other(self, said: dict[int, str | int | bytes], words: str) -> None:
        assert read(multipart(part("application/ms-tnef", tnef(said)))).letter.text == words

    def test_a_mail_within_it_is_one(self) -> None:
        inner = tnef({SUBJECT: "inner", BODY: "words"}, [{LONG_NAME: "a.pdf", DATA: PDF}])
        mail = read(multipart(text("x"), part("application/ms-tnef", tnef({SUBJECT: "y"}, [{DATA: inner}]))))
        assert [(a.subject, a.text) for a in mail.letter.attached] == [("inner", "words")]
        assert [(p.name, p.inside) for p in mail.parts][1:] == [("inner.txt", 0), ("a.pdf", 1)]

    def test_one_that_is_cut_off_is_an_annex_that_says_so(self) -> None:
        packed = tnef({SUBJECT: "x", BODY: "words"}, [{DATA: PDF}])[:-100]
        got = fetched(multipart(text("x"), part("application/ms-tnef", packed, name="winmail.dat")))
        assert (got.mail.unreadable, shown(got.mail)) == (
            ("quarantine.unreadable_part",),
            [("winmail.dat", 0, False)],
        )
        assert got.mail.parts[0].complete is False


class TestRichText:
    def test_packed_text_is_unpacked(self) -> None:
        packed = bytes.fromhex(  # the example of [MS-OXRTFCP], 3.1
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
        )
        assert plain_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"

    @pytest.mark.parametrize(
        ("rtf", "words"),
        [
            (b"{\\rtf1\\ansi\\ansicpg1256 \\'df\\'ca\\'c7\\'c8}", "كتاب"),
            (b"{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset178 B;}}\\f1 \\'df\\'ca\\f0  \\'e9}", "كت é"),
            (b"{\\rtf1\\uc1\\u1603?\\u1578?x}", "كتx"),
            (b"{\\rtf1{\\*\\unknown secret}{\\info{\\author me}}seen\\tab{\\b bold}}", "seen\tbold"),
            (
                b"{\\rtf1\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 words{\\*\\htmltag72 </p>}}",
                "<p>words</p>",
            ),
        ],
    )
    def test_words_are_read_and_nothing_else(self, rtf: bytes, words: str) -> None:
        assert read_rtf(rtf)[0] == words

    def test_a_bomb_ends_at_a_limit(self) -> None:
        with pytest.raises(ValueError, match="without an end"):
            read_rtf(b"{\\rtf1" + b"{" * 100_000)
        with pytest.raises(ValueError, match="without an end"):
            plain_rtf(struct.pack("<4I", 0, 5, 0x75465A4C, 0) + b"\xff" * 2_000_000)


def ber(tag: int, content: bytes, *, open_end: bool = False) -> bytes:
    if open_end:
        return bytes([tag, 0x80]) + content + b"\0\0"
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def signed(content: bytes, *, open_end: bool = False) -> bytes:
    pieces = ber(0x24, ber(4, content[:10]) + ber(4, content[10:]), open_end=True) if open_end else ber(4, content)
    data = ber(0x30, bytes.fromhex("06092a864886f70d010701") + ber(0xA0, pieces, open_end=open_end))
    inner = ber(0x30, b"\x02\x01\x01" + ber(0x31, b"") + data, open_end=open_end)
    return ber(0x30, bytes.fromhex("06092a864886f70d010702") + ber(0xA0, inner, open_end=open_end), open_end=open_end)


class TestSealedAndSigned:
    INNER = multipart(text("the letter"), part("application/pdf", PDF, name="a.pdf"), head=b"")

    @pytest.mark.parametrize("open_end", [False, True])
    def test_a_letter_inside_its_signature_is_read(self, open_end: bool) -> None:
        raw = HEAD + b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\r\n"
        got = fetched(raw + signed(self.INNER, open_end=open_end))
        assert got.mail.letter.text == "the letter"
        assert shown(got.mail) == [("smime.p7m", 0, True), ("a.pdf", 0, False)]
        assert (got.mail.remarks, got.mail.unreadable) == ((), ())

    @pytest.mark.parametrize(
        ("raw", "remark"),
        [
            (HEAD + b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx", "sealed.smime"),
            (HEAD + b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nx", "sealed.signed"),
            (
                multipart(text("x"), part("application/x-microsoft-rpmsg-message", b"x", name="message.rpmsg")),
                "sealed.rpmsg",
            ),
            (
                multipart(
                    part("application/pgp-encrypted", b"Version: 1"),
                    part("application/octet-stream", b"x"),
                    kind="encrypted",
                ),
                "sealed.pgp",
            ),
            (HEAD + b"\r\n-----BEGIN PGP MESSAGE-----\r\nx", "sealed.pgp"),
        ],
    )
    def test_what_only_its_addressee_opens_is_sealed_and_no_reason_for_quarantine(
        self, raw: bytes, remark: str
    ) -> None:
        got = fetched(raw)
        assert (got.mail.remarks, got.mail.unreadable) == ((remark,), ())
        assert got.raw == raw

    def test_a_signed_document_beside_the_letter_is_an_annex(self) -> None:
        mail = read(multipart(text("x"), part("application/pkcs7-mime", b"x", name="contract.pdf.p7m")))
        assert (mail.remarks, [p.name for p in mail.parts]) == ((), ["contract.pdf.p7m"])


class TestInvitations:
    ICS = (
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:اجتماع اللجنة\\, الأول\r\n"
        "DTSTART;TZID=Arab Standard Time:20261122T100000\r\nDTEND:20261122T083000Z\r\nLOCATION:قاعة\r\n  الوزارة\r\n"
        'ORGANIZER;CN="هدى العلي":mailto:huda@ministry.example\r\n'
        "BEGIN:VALARM\r\nDESCRIPTION:REMINDER\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()

    def test_one_is_named_by_what_it_is_about_and_when(self) -> None:
        mail = read(multipart(text("للحضور"), part("text/calendar; charset=utf-8; method=REQUEST", self.ICS)))
        assert [p.name for p in mail.parts] == ["اجتماع اللجنة, الأول 2026-11-22 10.00 Arab Standard Time.ics"]
        assert mail.letter.text == "للحضور"

    def test_where_the_mail_says_nothing_else_it_is_the_text(self) -> None:
        assert read(multipart(part("text/calendar; charset=utf-8", self.ICS))).letter.text.split("\n") == [
            "اجتماع اللجنة, الأول",
            "2026-11-22 10:00 Arab Standard Time – 2026-11-22 08:30 UTC",
            "قاعة الوزارة",
            "هدى العلي",
        ]


class TestCloudFiles:
    SHARED = "https://ministry-my.sharepoint.com/:b:/g/personal/huda_ministry_example/EaBcD?e=x"

    @pytest.mark.parametrize(
        ("page", "name"),
        [
            (f'<a href="{SHARED}"><span>كشف.pdf</span></a>', "كشف.pdf"),
            (
                '<a href="https://m.sharepoint.com/sites/f/Shared%20Documents/a%20b.xlsx?web=1">https://m…</a>',
                "a b.xlsx",
            ),
            ('<a href="https://1drv.ms/b/s!Abc">file</a>', "file"),
            (
                '<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2F1drv.ms%2Fb%2Fs%21x&amp;data=5">'
                "scan.pdf</a>",
                "scan.pdf",
            ),
        ],
    )
    def test_a_link_to_a_cloud_file_is_an_annex_that_is_not_complete(self, page: str, name: str) -> None:
        got = fetched(multipart(text(f"<p>{page}</p>", "html")))
        assert [(p.name, p.content_type, p.complete) for p in got.mail.parts] == [(name, "text/uri-list", False)]
        assert got.mail.remarks == ("incomplete.cloud",)
        assert next(iter(got.parts.values())).startswith(b"https://")

    def test_one_that_stands_in_both_forms_of_the_text_is_one(self) -> None:
        both = multipart(
            text(f"كشف.pdf<{self.SHARED}>"), text(f'<a href="{self.SHARED}">كشف.pdf</a>', "html"), kind="alternative"
        )
        assert [p.name for p in read(both).parts] == ["كشف.pdf"]

    @pytest.mark.parametrize(
        "url",
        [
            "https://ministry.sharepoint.com/sites/finance",
            "https://ministry.sharepoint.com.evil.example/:b:/g/x/y",
            "https://evilsharepoint.com/:b:/g/x/y",
            "http://ministry.sharepoint.com/:b:/g/x/y",
            "https://www.example.com/a.pdf",
        ],
    )
    def test_other_links_are_none(self, url: str) -> None:
        assert read(multipart(text(f'<a href="{url}">x</a>', "html"))).remarks == ()

    def test_outlook_s_own_kind_is_known_by_its_method(self) -> None:
        tree = msg({SUBJECT: "x", BODY: "y"}, [annex({METHOD: 7, LONG_NAME: "كشف.pdf", PATH: self.SHARED})])
        mail = read(multipart(part("application/vnd.ms-outlook", compound(tree), name="a.msg")))
        assert [(p.name, p.complete) for p in mail.parts][1:] == [("كشف.pdf", False)]
        assert mail.remarks == ("incomplete.cloud",)
