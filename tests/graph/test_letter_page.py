"""The letter as its reader saw it: nothing runs, nothing is fetched, and right to left stays right to left."""

import random
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from graph.letter_page import HEADERS as PAGE_HEADERS
from graph.letter_page import LONGEST_HTML, MOST_TAGS, NothingToShow, letter_page

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)

_TAGS = ("img", "a", "p", "div", "svg", "math", "script", "style", "iframe", "object", "embed", "link", "meta", "base")
_MORE = ("form", "input", "button", "video", "audio", "source", "table", "td", "body", "html", "template", "noscript")
_NAMES = ("src", "href", "style", "onerror", "onload", "srcset", "background", "data", "action", "formaction", "poster")
_OTHERS = ("xlink:href", "ping", "http-equiv", "content", "srcdoc", "dynsrc", "lowsrc", "ONCLICK", "on\nerror", "id")
_VALUES = (
    *("http://t.example/x.png", "//t.example/x", "javascript:alert(1)", "JaVa\tScript:alert(1)", "vbscript:x"),
    *("data:image/svg+xml;base64,PHN2Zz4=", "data:text/html,<script>", "cid:none", "file:///etc/passwd"),
    *("\\\\t.example\\x", "&#106;avascript:x", "https://t.example", "behavior:url(x)"),
    *("background:url(http://t.example/x)", "background-image:u\\rl(http://t.example)", "width:expression(alert(1))"),
    *("color:red;list-style:url('http://t.example')", "0;url=http://t.example", "@import 'http://t.example'"),
    *("x' onerror='alert(1)", 'x" onload="alert(1)', "x` onclick=alert(1)", "<script>alert(1)</script>"),
)
_TEXTS = (
    *("مرحبا", "<!--", "-->", "<![CDATA[", "]]>", "</", "<", ">", "&lt;script&gt;", "\x00", "\u202e", "<!DOCTYPE x>"),
    *("'", '"'),
)


def hostile(seed: int) -> str:
    """A page that somebody made to run or to call home."""
    chance = random.Random(seed)

    def pieces() -> Iterator[str]:
        for _ in range(chance.randint(3, 25)):
            if chance.random() < 0.3:
                yield chance.choice(_TEXTS)
                continue
            tag = chance.choice(_TAGS + _MORE)
            quote = chance.choice(('"', "'", "", "`"))
            named = (
                f" {chance.choice(_NAMES + _OTHERS)}={quote}{chance.choice(_VALUES)}{quote}"
                for _ in range(chance.randint(0, 3))
            )
            yield f"<{chance.choice(('', '/'))}{tag}{''.join(named)}{chance.choice(('>', '/>', '', '<'))}"

    return "".join(pieces())


class Seen(HTMLParser):
    """What of a page could run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.styles = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.styles += tag == "style"
        plain = {"html", "head", "body", "meta", "style", "article", "header", "aside"}
        if tag not in plain and not re.fullmatch(r"[a-z]+[1-6]?", tag):
            self.wrong.append(tag)
        if tag in {"script", "iframe", "object", "embed", "link", "base", "form", "input", "svg", "math", "video"}:
            self.wrong.append(tag)
        for name, value in attrs:
            said = value or ""
            if name.startswith("on") or name in {"srcset", "background", "action", "ping", "poster", "srcdoc", "data"}:
                self.wrong.append(f"{tag} {name}")
            if name == "src" and not said.startswith("data:image/"):
                self.wrong.append(f"src {said}")
            if name == "href" and not re.match(r"(https?|mailto|tel):", said, re.IGNORECASE):
                self.wrong.append(f"href {said}")
            if name == "style" and re.search(r"url|expression|import|\\", said, re.IGNORECASE):
                self.wrong.append(f"style {said}")
            if name == "http-equiv" or (tag == "meta" and name == "content" and said != "no-referrer"):
                self.wrong.append(f"meta {said}")


def wrong_with(page: str) -> list[str]:
    seen = Seen()
    seen.feed(page)
    return seen.wrong + (["another style sheet"] if seen.styles != 1 else [])


def mail(html: str, picture: bytes | None = None, subject: str = "كتاب") -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "ديوان <audit@audit.example>", subject
    made.set_content("نص")
    made.add_alternative(html.encode("utf-8", "replace").decode(), subtype="html")
    if picture is not None:
        made.get_payload()[1].add_related(picture, "image", "png", cid="<pic@x>")  # type: ignore[index,union-attr]
    return made.as_bytes()


def test_of_two_thousand_hostile_pages_none_runs_or_fetches_anything() -> None:
    began = time.process_time()
    found = {seed: wrong for seed in range(2_000) if (wrong := wrong_with(shown(hostile(seed))))}
    assert found == {}
    assert time.process_time() - began < 100  # 20 times what it takes
    assert sum(bool(wrong_with(f"<style></style>{hostile(seed)}")) for seed in range(200)) > 150, "the negative control"


def shown(html: str) -> str:
    try:
        head = b"From: a@b.example\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n"
        return letter_page(head + html.encode("utf-8", "replace"))
    except NothingToShow:
        return "<style></style>"


def test_the_letters_words_tables_and_direction_stay() -> None:
    cell = "<td style='text-align:right;color:red'>كشف</td>"
    page = letter_page(mail(f"<html dir='RTL'><body><table><tr>{cell}</tr></table>"))
    assert '<div dir="rtl"><table><tbody><tr><td style="text-align:right;color:red">كشف</td>' in page
    assert "ديوان &lt;audit@audit.example&gt;" in page


def test_a_picture_of_the_mail_stands_in_the_page_and_any_other_is_left_out_and_said() -> None:
    own = letter_page(mail('<p>x<img src="cid:pic@x"></p>', PNG))
    assert "data:image/png;base64,iVBOR" in own
    assert "حُذفت صور" not in own
    for source in ("https://t.example/x.png", "cid:other", "data:image/svg+xml;base64,AAAA", "x.png"):
        page = letter_page(mail(f'<p>x<img src="{source}" alt="شعار"></p>', PNG))
        assert "src=" not in page
        assert 'alt="شعار"' in page
    assert "حُذفت صور" in page or "cid" not in page


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://evil.example/login", "evil.example"),
        ("https://bank.example@evil.example/", "evil.example"),
        ("HTTP://EVIL.example:8080/x", "evil.example"),
        ("mailto:a@b.example", "a@b.example"),
    ],
)
def test_a_link_is_shown_with_where_it_leads(link: str, host: str) -> None:
    page = letter_page(mail(f'<a href="{link}">https://bank.example</a>'))
    assert f'https://bank.example</a> <small class="host" dir="ltr">[{host}]</small>' in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_the_mails_within_the_mail_are_shown_below_it() -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "huda@ministry.example", "تحويل"
    outer.set_content("للاطلاع <b>")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "audit@audit.example", "الأصل"
    inner.set_content("<p dir=rtl>نص <i>الأصل</i></p>", subtype="html")
    outer.add_attachment(inner)
    page = letter_page(outer.as_bytes())
    assert page.count("<article") == 2
    assert "للاطلاع &lt;b&gt;" in page
    assert '<p dir="rtl">نص <i>الأصل</i></p>' in page


@pytest.mark.parametrize(
    "page", ["<b>" * 200_000, "<p>" + "س" * (LONGEST_HTML + 1), "<a href=x>" * MOST_TAGS, "<table>" * MOST_TAGS]
)
def test_a_page_of_nothing_but_marks_or_without_end_costs_little(page: str) -> None:
    began = time.process_time()
    assert wrong_with(shown(page)) == []
    assert time.process_time() - began < 20


def test_a_mail_that_nobody_can_read_has_no_page() -> None:
    for raw in (b"", b"\x00" * 100, b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIx"):
        with pytest.raises(NothingToShow):
            letter_page(raw)


def test_a_browser_is_told_to_run_and_fetch_nothing() -> None:
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
