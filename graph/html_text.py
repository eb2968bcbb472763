################################################################
# HTML of a mail into the text a person reads
################################################################
#
# Rule 1: lines come out as they are seen: one for each block, row and break, so that the header block that Outlook
#         writes above a forwarded letter stands one header to a line.
# Rule 2: what a mail program does not show (comments, styles, scripts, the title) is not read; nothing is fetched.
# Rule 3: one pass, forward only. A page of nothing but marks is read up to a limit, and the caller is told.

import re
from html import unescape

MOST_MARKS = 200_000  # tags, character references and quotes

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "html"),
        *("legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot"),
        *("thead", "tr", "ul", "hr"),
    )
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style", "title", "template", "xmp", "iframe", "noembed", "noframes"})

_MARK = re.compile(r"<(?:(?P<comment>!--)|(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*)|(?P<other>[!?/]))")
_STOP = re.compile(r"""[>"']""")
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_LINES = re.compile(r"\n{3,}")


def html_text(html: str) -> tuple[str, bool]:
    """Return what a person reads of *html*, and whether all of it was read."""
    page, scan = _Page(), _Scan(html)
    at = work = 0
    while mark := _MARK.search(html, at):
        work += 1 + html.count("&", at, mark.start())
        if work + scan.quotes > MOST_MARKS:
            return page.text(), False
        page.words(html[at : mark.start()])
        if mark["comment"]:
            at = scan.comment_end(mark.end())
        elif mark["other"]:
            at = scan.after(">", mark.end())
        else:
            name = mark["name"].lower()
            at = scan.tag_end(mark.end())
            if name in _UNSEEN and not mark["end"]:
                at = scan.unseen_end(name, at)
            else:
                page.tag(name, closing=bool(mark["end"]))
    if work + scan.quotes + html.count("&", at) > MOST_MARKS:
        return page.text(), False
    page.words(html[at:])
    return page.text(), True


class _Page:
    """The lines as they come to stand."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._fresh = True  # at the beginning of a line
        self._blank = False  # a blank waits for the next word
        self._kept = 0  # inside how many <pre>

    def words(self, raw: str) -> None:
        if not raw:
            return
        text = unescape(raw) if "&" in raw else raw
        if self._kept:
            self._put(text.replace("\r\n", "\n"))
            return
        words = _BLANKS.sub(" ", text)
        if words[:1] == " ":
            self._blank = True
        if bare := words.strip(" "):
            self._put(bare)
            self._blank = words[-1] == " "

    def tag(self, name: str, *, closing: bool) -> None:
        if name == "br":
            self._pieces.append("\n")
            self._fresh = True
        elif name in _CELLS and closing:
            self._blank = True
        elif name in _BLOCKS:
            if name == "pre":
                self._kept = max(0, self._kept + (-1 if closing else 1))
            if not self._fresh:
                self._pieces.append("\n")
                self._fresh = True

    def _put(self, text: str) -> None:
        if self._blank and not self._fresh:
            self._pieces.append(" ")
        self._blank = False
        self._pieces.append(text)
        self._fresh = text.endswith("\n")

    def text(self) -> str:
        joined = "".join(self._pieces).replace("\xa0", " ")
        lines = "\n".join(line.rstrip() for line in joined.split("\n"))
        return _LINES.sub("\n\n", lines).strip()


class _Scan:
    """Where things end. What never ends reaches to the end of the page, as in a browser."""

    def __init__(self, html: str) -> None:
        self._html = html
        self.quotes = 0

    def after(self, mark: str, at: int) -> int:
        found = self._html.find(mark, at)
        return len(self._html) if found < 0 else found + len(mark)

    def comment_end(self, at: int) -> int:
        for short in (">", "->"):
            if self._html.startswith(short, at):
                return at + len(short)
        return self.after("-->", at)

    def tag_end(self, at: int) -> int:
        """The place after the `>` that closes a tag: a quoted value after `=` may hold others."""
        while stop := _STOP.search(self._html, at):
            if stop[0] == ">":
                return stop.end()
            self.quotes += 1
            if self.quotes > MOST_MARKS:
                break
            at = stop.end()
            before = self._html[max(0, at - 9) : at - 1].rstrip()
            if before.endswith("=") and (closed := self._html.find(stop[0], at)) >= 0:
                at = closed + 1
        return len(self._html)

    def unseen_end(self, name: str, at: int) -> int:
        found = re.compile(f"</{name}", re.IGNORECASE).search(self._html, at)
        return len(self._html) if found is None else self.after(">", found.end())
