################################################################
# A letter as its reader saw it: one page that does nothing and fetches nothing
################################################################
#
# Rule 1: what stands on the page is what the list allows: text, tables, lists, pictures that came in the mail itself.
#         No script, no form, no frame, no style sheet; of a style only words for letters, lines and directions.
# Rule 2: nothing is fetched: a picture that the mail does not carry is left out, and the page says so. A link is shown
#         with the host it leads to, and opens only where somebody presses it.
# Rule 3: right to left stays right to left, whichever tag said so.
# Rule 4: what is too long is shown as text, to its limit: cleaning it must cost no more than reading it.

import base64
import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import urlsplit

from graph.mail_parts import View
from graph.mime import read_views
from texts import LANGUAGES, say

LONGEST_HTML = 400_000  # characters that are cleaned; longer, and its text is shown
MOST_TAGS = 20_000
LARGEST_PICTURE = 2 * 2**20  # bytes
LARGEST_PICTURES = 8 * 2**20

# What a browser is told of the page, whatever stands on it.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "private, no-store",
}

_TAGS = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd"),
        *("del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li"),
        *("ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td"),
        *("tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr"),
    )
)
_DROPPED_WHOLE = frozenset(
    (
        "script",
        "style",
        "title",
        "template",
        "xmp",
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "svg",
        "math",
    )
)
_EVERYWHERE = {"dir", "lang", "align", "style"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"colspan", "rowspan", "width", "height", "valign", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "height", "valign", "bgcolor"},
}
_STYLES = frozenset(
    (
        *(
            "background-color",
            "border",
            "border-bottom",
            "border-collapse",
            "border-left",
            "border-right",
            "border-top",
        ),
        *("color", "direction", "font-family", "font-size", "font-style", "font-weight", "line-height"),
        "margin",
        *("margin-bottom", "margin-left", "margin-right", "margin-top", "padding", "padding-bottom", "padding-left"),
        *("padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "unicode-bidi", "width"),
        *("vertical-align", "white-space"),
    )
)
_LINKS = frozenset({"http", "https", "mailto", "tel"})
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_INLINE_PICTURE = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_FETCHES = re.compile(r"url\s*\(|image-set|expression|@import|\\", re.IGNORECASE)
_DIRECTION = re.compile(r"<(?:html|body)\b[^>]{0,2000}?\bdir\s*=\s*[\"']?(rtl|ltr)\b", re.IGNORECASE)
_LINK = re.compile(r'<a(?: href="([^"]*)")?(?:[^">]|"[^"]*")*>|</a>')

_LOOK = (
    "body{margin:12px;font:15px/1.6 'Segoe UI',Tahoma,Arial,sans-serif;color:#1b1b1b;background:#fff;"
    "overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap;font:inherit}"
    "header,aside{color:#555;font-size:13px;border-bottom:1px solid #ddd;padding-bottom:6px;margin-bottom:10px}"
    "article+article{margin-top:22px;border-top:3px solid #ddd;padding-top:10px}small.host{color:#555}"
)


class NothingToShow(Exception):
    """There is no text of a letter in these bytes: it is sealed, or cannot be read."""


def letter_page(raw: bytes) -> str:
    """Return the page of the mail *raw*: its own words, and below them those of the mails attached to it.

    Raises:
        NothingToShow: Nobody here can read its words.
    """
    page = _Page()
    for view in read_views(raw):
        page.add(view)
    return page.whole()


class _Page:
    """The page as it comes to stand."""

    def __init__(self) -> None:
        self._articles: list[str] = []
        self._missing = False  # a picture was left out
        self._left = LARGEST_PICTURES

    def add(self, view: View) -> None:
        said = "\n".join(filter(None, (self._piece(piece, view) for piece in view.pieces)))
        if not said:
            return
        letter = view.letter
        head = "<br>".join(
            f"<bdi>{escape(text)}</bdi>" for text in (letter.subject, str(letter.sender), letter.sent_at) if text
        )
        self._articles.append(f'<article dir="auto"><header>{head}</header>{said}</article>')

    def whole(self) -> str:
        if not self._articles:
            raise NothingToShow
        notes = "<br>".join(f"<bdi>{escape(say(lang, 'page.pictures_left_out'))}</bdi>" for lang in LANGUAGES)
        note = f"<aside>{notes}</aside>" if self._missing else ""
        return (
            '<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
            f"<style>{_LOOK}</style></head><body>{note}{''.join(self._articles)}</body></html>"
        )

    def _piece(self, piece: tuple[bool, str], view: View) -> str:
        is_html, text = piece
        if not is_html:
            return f'<pre dir="auto">{escape(text)}</pre>' if text.strip() else ""
        if len(text) > LONGEST_HTML or text.count("<") > MOST_TAGS:
            from graph.html_text import html_text

            return f'<pre dir="auto">{escape(html_text(text)[0][:LONGEST_HTML])}</pre>'
        cleaned = self._clean(text, view.pictures)
        if not cleaned.strip():
            return ""
        found = _DIRECTION.search(text)
        return f'<div dir="{found[1].lower() if found else "auto"}">{_with_hosts(cleaned)}</div>'

    def _clean(self, html: str, pictures: Mapping[str, tuple[str, bytes]]) -> str:
        import nh3

        def judge(tag: str, attribute: str, value: str) -> str | None:
            if tag == "img" and attribute == "src":
                return self._picture(value, pictures)
            if attribute == "href":
                return value if _scheme(value) in _LINKS else None
            if attribute == "style":
                return ";".join(rule for rule in value.split(";") if not _FETCHES.search(unescape(rule)))
            return value

        cleaned: str = nh3.clean(
            html,
            tags=set(_TAGS),
            clean_content_tags=set(_DROPPED_WHOLE),
            attributes=_ATTRIBUTES,
            attribute_filter=judge,
            filter_style_properties=set(_STYLES),
            url_schemes={*_LINKS, "cid", "data"},
            url_relative="deny",
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
            strip_comments=True,
        )
        return cleaned

    def _picture(self, source: str, pictures: Mapping[str, tuple[str, bytes]]) -> str | None:
        """A picture that the mail carries, within the page; None for any other."""
        if _INLINE_PICTURE.fullmatch(source) and len(source) <= self._left:
            self._left -= len(source)
            return source
        kind, body = pictures.get(source[4:], ("", b"")) if source[:4].lower() == "cid:" else ("", b"")
        if kind not in _PICTURES or len(body) > min(LARGEST_PICTURE, self._left):
            self._missing = True
            return None
        self._left -= len(body)
        return f"data:{kind};base64,{base64.b64encode(body).decode()}"


def _scheme(url: str) -> str:
    try:
        return urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return ""


def _with_hosts(html: str) -> str:
    """Every link of the cleaned *html* followed by the host it leads to: what it calls itself need not be true."""
    pieces: list[str] = []
    at, host = 0, ""
    for mark in _LINK.finditer(html):
        pieces.append(html[at : mark.end()])
        at = mark.end()
        if mark[0] == "</a>":
            pieces.append(f' <small class="host" dir="ltr">[{escape(host)}]</small>' if host else "")
            host = ""
        else:
            host = _host(unescape(mark[1] or ""))
    return "".join((*pieces, html[at:]))


def _host(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "?"
    if parts.scheme.lower() in ("http", "https"):
        return (parts.hostname or "?")[:253]
    return parts.path[:253]
