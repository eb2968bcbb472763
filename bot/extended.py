################################################################
# What the message extension asks, read: an invoke's value in, a value out
################################################################
#
# Rule 1: whatever the activity holds, the answer is a value; nothing here raises.
# Rule 2: an extension is used anywhere, in chats of which we know nothing: who asks is the channel's word, and all else
#         is words.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/messaging-extensions/what-are-messaging-extensions
#         (composeExtension/query, queryLink, fetchTask, submitAction)

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from bot.reading import part, text
from service.handed import ChatMessage, Linked

LONGEST_QUERY = 200  # characters
MOST_RESULTS = 10
MOST_LINKS = 30  # files of a message that are read; more than anybody may hand in

_PREFIX = "composeExtension/"
_SKIPPED = frozenset({"script", "style", "head", "title"})
_BREAKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "blockquote", "attachment"})
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_MANY_LINES = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """One call of the message extension: `name` is the invoke's, without its prefix."""

    name: str
    by: str
    mri: str
    command: str = ""
    query: str = ""
    initial: bool = False  # nothing was typed yet
    skip: int = 0
    count: int = MOST_RESULTS
    url: str = ""
    data: Mapping[str, Any]  # of a form that was sent
    message: ChatMessage | None = None  # on which it was called


def read_extended(activity: Mapping[str, Any], name: str) -> Extended | None:
    """Return what is asked; None for an invoke that is none of the extension's."""
    if not name.startswith(_PREFIX):
        return None
    value, sender = part(activity, "value"), part(activity, "from")
    parameters = _parameters(value)
    options = part(value, "queryOptions")
    return Extended(
        name=name.removeprefix(_PREFIX)[:40],
        by=text(sender, "aadObjectId")[:200],
        mri=text(sender, "id")[:200],
        command=text(value, "commandId")[:64],
        query=next((typed for key, typed in parameters.items() if key != "initialRun"), "")[:LONGEST_QUERY],
        initial="initialRun" in parameters,
        skip=min(_number(options, "skip", 0), 10_000),
        count=max(1, min(_number(options, "count", MOST_RESULTS), MOST_RESULTS)),
        url=text(value, "url")[:2_000],
        data=part(value, "data"),
        message=_message(activity, part(value, "messagePayload")),
    )


def _parameters(value: Mapping[str, Any]) -> dict[str, str]:
    listed = value.get("parameters")
    pairs = [p for p in listed if isinstance(p, dict)] if isinstance(listed, list) else []
    return {text(p, "name")[:64]: text(p, "value") for p in pairs[:10]}


def _message(activity: Mapping[str, Any], payload: Mapping[str, Any]) -> ChatMessage | None:
    """The message on which the command was called; None where there is none that can be told apart from others."""
    message_id = text(payload, "id")[:200]
    conversation = text(part(activity, "conversation"), "id").partition(";")[0][:500]
    if not message_id or not conversation:
        return None
    body, author = part(payload, "body"), part(part(payload, "from"), "user")
    content = text(body, "content")
    return ChatMessage(
        conversation=conversation,
        message_id=message_id,
        author=" ".join(text(author, "displayName").split())[:200],
        sent_at=text(payload, "createdDateTime")[:40],
        subject=" ".join(text(payload, "subject").split())[:300],
        text=words_of(content) if text(body, "contentType").lower() != "text" else content.strip(),
        link=text(payload, "linkToMessage")[:2_000],
        files=_files(payload),
    )


def _files(payload: Mapping[str, Any]) -> tuple[Linked, ...]:
    listed = payload.get("attachments")
    found = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and text(one, "contentType") == "reference" and (link := text(one, "contentUrl")):
            found.append(Linked(text(one, "name")[:300], link[:4_000]))
            if len(found) >= MOST_LINKS:
                break
    return tuple(found)


class _Words(HTMLParser):
    """The words of a piece of HTML; nothing of it is kept that is not seen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipping += tag in _SKIPPED
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._skipping = max(self._skipping - (tag in _SKIPPED), 0)
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.said.append(data)


def words_of(html: str) -> str:
    """Return what a reader sees of a message's HTML."""
    parser = _Words()
    try:
        parser.feed(html)
        parser.close()
    except (AssertionError, ValueError, RecursionError):  # what it makes of some broken declarations
        return ""
    return _MANY_LINES.sub("\n\n", _BLANKS.sub(" ", "".join(parser.said))).strip()


def _number(whole: Mapping[str, Any], name: str, otherwise: int) -> int:
    number = whole.get(name)
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else otherwise
