"""Charsets, headers, HTML and what our server found out: small things a mail is read with."""

import pytest

from graph.authentication import read_authentication
from graph.charsets import Text, decode, read_text, undoubled
from graph.headers import addresses, instant_of, message_ids, parameters, words
from graph.html_text import html_text
from registry.mail import Address, Authentication

ARABIC = "كتاب رقم ١٢٣ بشأن الميزانية"


class TestCharsets:
    @pytest.mark.parametrize("charset", ["utf-8", "windows-1256", "x-windows-1256", "cp-1256", "'utf-8'"])
    def test_what_is_declared_is_believed(self, charset: str) -> None:
        words = "كتاب رقم 123 بشأن الميزانية"
        raw = words.encode("utf-8" if "utf" in charset else "cp1256")
        assert decode(raw, charset) == (words, True)

    def test_iso_8859_6_is_read(self) -> None:
        words = "بشأن الميزانية"
        assert decode(words.encode("iso8859-6"), "ISO-8859-6-i") == (words, True)

    @pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "us-ascii", "", "utf-8", "x-unknown"])
    def test_arabic_under_a_wrong_name_is_known_by_its_bytes(self, charset: str) -> None:
        words = "بشأن الميزانية العامة"
        assert decode(words.encode("cp1256"), charset) == (words, True)

    @pytest.mark.parametrize(
        ("written", "declared", "sure"),
        [
            ("utf-8", "windows-1256", "high"),
            ("utf-8", "iso-8859-1", "high"),
            ("utf-8", "iso-8859-6", "high"),
            ("cp1256", "iso-8859-1", "likely"),
            ("cp1256", "iso-8859-6", "likely"),
            ("cp1256", "utf-8", "likely"),
            ("cp1256", "", "likely"),
            ("iso8859-6", "iso-8859-1", "likely"),
            ("iso8859-6", "", "likely"),
            ("iso8859-6", "iso-8859-6", ""),
            ("utf-8", "", ""),
            ("utf-8", "utf-8", ""),
        ],
    )
    def test_a_wrong_label_is_put_right_and_it_is_said_how_sure_that_is(
        self, written: str, declared: str, sure: str
    ) -> None:
        words = "كتاب وارد من ديوان المحاسبة بشأن طلب مستندات"
        assert read_text(words.encode(written), declared) == Text(words, True, sure)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("taken_for", "sure"), [("latin-1", "high"), ("cp1256", "high"), ("cp1252", "high"), ("twice", "")]
    )
    def test_what_was_encoded_twice_is_undone(self, taken_for: str, sure: str) -> None:
        words = "كتاب وارد من ديوان المحاسبة"
        if taken_for == "cp1252":  # its five gaps are filled with the controls that stand there in Latin-1
            spoilt = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in words.encode())
        elif taken_for == "twice":
            spoilt = words.encode().decode("latin-1").encode().decode("latin-1")
        else:
            spoilt = words.encode().decode(taken_for)
        read = read_text(spoilt.encode(), "utf-8")
        if sure:
            assert read == Text(words, True, sure)  # type: ignore[arg-type]
        else:
            assert read.repaired == ""

    def test_windows_1256_read_as_latin_1_and_encoded_again_is_undone(self) -> None:
        assert read_text("ÚíÈ ãÕäÚí".encode(), "utf-8") == Text("عيب مصنعي", True, "likely")

    @pytest.mark.parametrize(
        "words",
        [
            "Café, crème, naïve façade, où à été",
            "Ærøskøbing Ångström Ñandú",
            "Привет, мир",
            "كتاب وارد",
            "كتاب Ø من الشركة",
            "",
        ],
    )
    def test_a_text_that_is_whole_is_not_touched(self, words: str) -> None:
        assert undoubled(words) == (words, "")

    @pytest.mark.parametrize("words", ["Café à la crème, naïve façade", "Müller GmbH & Söhne, Straße"])
    def test_accents_are_not_taken_for_arabic(self, words: str) -> None:
        assert decode(words.encode("cp1252"), "iso-8859-1") == (words, True)

    @pytest.mark.parametrize("charset", ["", "x-unknown", "\x00", "idna", "rot13", "zlib", "../../etc"])
    def test_without_a_charset_utf_8_is_recognised(self, charset: str) -> None:
        assert decode(ARABIC.encode(), charset) == (ARABIC, True)

    def test_what_is_guessed_is_said_to_be_a_guess(self) -> None:
        assert decode(b"\xff\xfe\x01\xe9", "x-unknown")[1] is False
        assert decode(b"\xff" * 50 + b"a" * 50, "utf-8")[1] is False

    def test_one_broken_letter_in_a_long_text_spoils_nothing(self) -> None:
        text, certain = decode(b"word " * 100 + b"\xe9", "utf-8")
        assert certain
        assert text.endswith("\ufffd")

    def test_nothing_comes_out_that_cannot_be_kept(self) -> None:
        assert decode(b"\xef\xbb\xbfa\x00b\x1b[1m\r\nc\rd\x85", "utf-8")[0] == "ab[1m\nc\nd" + "\ufffd"
        assert decode(b"a+2AA-b", "utf-7")[0].encode() == b"ab"


class TestWords:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("plain", "plain"),
            ("=?utf-8?B?2YPYqtin2Kg=?=", "كتاب"),
            ("=?UTF-8*ar?b?2YPYqtin2Kg?=", "كتاب"),
            ("=?windows-1256?Q?=DF=CA=C7=C8?= 7", "كتاب 7"),
            ("=?utf-8?B?2YPYqg==?=\t =?utf-8?B?2KfYqA==?=", "كتاب"),
            ("=?utf-8?B?2YPYqtin2Q==?= =?utf-8?B?iA==?=", "كتاو"),  # a letter cut between two words
            ("=?utf-8?Q?a_b?= c =?utf-8?Q?d?=", "a b c d"),
            ("=?utf-8?B?!!!?=", "=?utf-8?B?!!!?="),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("two\tlines \x00 here", "two lines here"),
        ],
    )
    def test_a_header_is_read_as_a_person_sees_it(self, written: str, read: str) -> None:
        assert words(written) == read

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("Ali <ali@x.example>", Address("Ali", "ali@x.example")),
            ('"Ali, A. \\"B\\"" <ali@x.example>', Address('Ali, A. "B"', "ali@x.example")),
            ("ali@x.example (Ali (the first))", Address("Ali the first", "ali@x.example")),
            ("=?utf-8?Q?=D9=83,_A?= <a=b@x.example>", Address("ك, A", "a=b@x.example")),
            ("<@old,@route:ali@x.example>", Address("", "ali@x.example")),
            ("mailto:ali@x.example", Address("", "ali@x.example")),
            ("Team: ali@x.example;", Address("", "ali@x.example")),
            ("Nobody", Address("Nobody", "")),
            ("< ali@x.\r\n example >", Address("", "ali@x.example")),
            ("<" + "a" * 500 + "@x>", Address("", "a" * 320)),
        ],
    )
    def test_an_address_is_read_however_it_is_written(self, written: str, read: Address) -> None:
        assert addresses(written)[0] == read

    def test_of_many_addresses_each_is_read_and_empty_ones_are_not(self) -> None:
        assert [a.address for a in addresses("a@x, , <b@x>; undisclosed-recipients:;")] == ["a@x", "b@x"]
        assert addresses("") == ()

    def test_parameters_are_read_in_both_spellings(self) -> None:
        assert parameters('Text/HTML; Charset="utf-8"; x=y;;bad')[:2] == ("text/html", {"charset": "utf-8", "x": "y"})
        assert parameters("a; f*1*=%20b; f*0*=utf-8''a")[1] == {"f": "a b"}
        assert parameters("a; f=plain; f*=utf-8''better")[1] == {"f": "better"}

    def test_ids_are_read_with_their_brackets_and_made_some_where_they_are_missing(self) -> None:
        assert message_ids("<a@x> junk < b@x >") == ["<a@x>", "<b@x>"]
        assert message_ids("a@x") == ["<a@x>"]
        assert message_ids("no id at all") == []

    def test_a_date_is_the_same_in_every_zone_and_itself_where_it_is_none(self) -> None:
        assert instant_of("Sun, 22 Nov 2026 11:00:00 +0300") == instant_of("22 Nov 2026 08:00:00 GMT") == "1795334400"
        assert instant_of("yesterday") == "yesterday"


class TestHtml:
    @pytest.mark.parametrize(
        ("html", "read"),
        [
            ("<p>one</p><p>two</p>", "one\ntwo"),
            ("<div>one<br></div><div>two</div>", "one\ntwo"),
            ("one<br><br><br><br>two", "one\n\ntwo"),
            ("<p>one</p><p>&nbsp;</p><p>two</p>", "one\n\ntwo"),
            ("a  \n b<b> c</b>d", "a b cd"),
            ("<table><tr><td>من:</td><td>هدى</td></tr><tr><td>إلى:</td><td>عمر</td></tr></table>", "من: هدى\nإلى: عمر"),
            ("<style>p{}</style><title>t</title>x<script>if (a<b) {}</script>y", "xy"),
            ("x<!-- <p>hidden</p> -->y<!--[if mso]>z<![endif]-->", "xy"),
            ("<![if !mso]>x<![endif]><?xml version='1.0'?>y", "xy"),
            ('<a title="a > b">x</a>', "x"),
            ("<a title='open>x</a>", "x"),
            ("5 < 7 &amp; 8 &lt; 9&#x202e;", "5 < 7 & 8 < 9\u202e"),
            ("<pre>a\n  b</pre>c", "a\n  b\nc"),
            ("<ul><li>one<li>two</ul>", "one\ntwo"),
            ("x<style>never closed", "x"),
            ("x<!-- never closed", "x"),
            ("x<a never closed", "x"),
        ],
    )
    def test_lines_come_out_as_they_are_seen(self, html: str, read: str) -> None:
        assert html_text(html) == (read, True)

    def test_a_page_of_nothing_but_marks_is_read_up_to_a_limit_and_said(self) -> None:
        assert html_text("<p>x</p>" + "<b>" * 300_000) == ("x", False)
        assert html_text("&amp;" * 300_000)[1] is False


class TestAuthentication:
    @pytest.mark.parametrize(
        ("said", "found"),
        [
            (
                "spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=x.example; dkim=pass (signature was verified)"
                " header.d=x.example;dmarc=pass action=none header.from=x.example;compauth=pass reason=100",
                Authentication("pass", "pass", "pass"),
            ),
            (
                "mx.ministry.example; spf=softfail; dkim=none; dmarc=fail action=oreject",
                Authentication("fail", "none", "fail"),
            ),
            ("mx; dkim=fail; dkim=pass; dmarc=bestguesspass", Authentication("none", "pass", "none")),
            ("mx; spf=temperror; dmarc=permerror", Authentication()),
            ("mx; none", Authentication()),
            ("", Authentication()),
            # what a sender can write into it
            (
                'mx; spf=fail smtp.mailfrom="; dmarc=pass; x"@evil.example; dmarc=fail',
                Authentication("fail", "none", "fail"),
            ),
            ('mx; spf=fail smtp.mailfrom="; dmarc=pass; x"@evil.example', Authentication("fail")),
            ("mx; spf=fail (; dmarc=pass ;) ; dmarc=none", Authentication("fail")),
            ("mx; dmarc=fail; x=;dmarc=pass", Authentication(dmarc="fail")),
            ("mx; x-dmarc=pass; policy.dmarc=pass", Authentication()),
        ],
    )
    def test_a_pass_is_said_only_where_our_server_says_so(self, said: str, found: Authentication) -> None:
        assert read_authentication([said] if said else []) == found
