################################################################
# Microsoft in virtual time: the calls of a backlog, under the limits that are published
################################################################
#
# Rule 1: a call takes a stated time; one beyond a limit is refused with 429 and the wait that the limit makes.
# Rule 2: what the product opens as an HTTP session is this; nothing goes over a wire.
# Rule 3: the limits are those of Microsoft's pages, named below; what they force is computed from what was let through.

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

GRAPH, TEAMS = "https://graph.example/v1.0", "https://smba.example/teams/"

MAILBOX_AT_ONCE = 4
MAILBOX_CALLS, MAILBOX_WINDOW_S = 10_000, 600.0
TEAMS_CALLS, TEAMS_WINDOW_S = 50, 1.0
CHAT_LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))  # of one bot in one chat
GRAPH_CALL_S, TEAMS_CALL_S = 0.15, 0.15  # what a call takes; not published: stated here

_PAGE = 200


class Window:
    """At most *most* calls in any *window_s* seconds."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most, self._window_s, self._at = most, window_s, deque[float]()

    def wait_s(self, now_s: float) -> float:
        """For how long no further call is let through; 0: one is."""
        while self._at and self._at[0] <= now_s - self._window_s:
            self._at.popleft()
        return 0.0 if len(self._at) < self._most else self._at[0] + self._window_s - now_s

    def take(self, now_s: float) -> None:
        self._at.append(now_s)


def forced_s(calls: int, most: int, window_s: float, at_least_s: float = 0.0) -> float:
    """The shortest time in which *calls* go through at most *most* in a window, each taking so long of the whole."""
    whole, rest = divmod(max(0, calls - 1), most)
    return max(whole * window_s + (rest + 1) * at_least_s, calls * at_least_s)


@dataclass
class Microsoft:
    """The mailbox of the registry and people's chats. `card_came` is told of each new card: the token on it."""

    clock: Callable[[], float]
    raws: list[bytes]
    card_came: Callable[[str], None]
    mail_calls: int = 0
    teams_calls: int = 0
    refused: int = 0
    sent: int = 0  # replies
    most_at_once: int = 0
    _at_once: int = 0
    _drafts: dict[str, bool] = field(default_factory=dict)  # by id, whether it is one still
    _chats: dict[str, list[Window]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._mailbox = Window(MAILBOX_CALLS, MAILBOX_WINDOW_S)
        self._teams = Window(TEAMS_CALLS, TEAMS_WINDOW_S)

    @property
    def mail_forced_s(self) -> float:
        return forced_s(self.mail_calls, MAILBOX_CALLS, MAILBOX_WINDOW_S, GRAPH_CALL_S / MAILBOX_AT_ONCE)

    @property
    def teams_forced_s(self) -> float:
        return forced_s(self.teams_calls, TEAMS_CALLS, TEAMS_WINDOW_S)

    async def answer(self, method: str, url: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if url.startswith(GRAPH):
            return await self._mail(method, unquote(url.removeprefix(GRAPH)))
        return await self._card(method, url, body)

    # ------------------------------------------------------------ the mailbox

    async def _mail(self, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        now_s = self.clock()
        wait_s = self._mailbox.wait_s(now_s)
        if wait_s > 0 or self._at_once >= MAILBOX_AT_ONCE:
            self.refused += 1
            return refused_for(wait_s or 1.0)
        self._mailbox.take(now_s)
        self.mail_calls += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(GRAPH_CALL_S)
        self._at_once -= 1
        if path.endswith("/$value"):
            return 200, {"content-type": "text/plain"}, self.raws[int(path.split("/")[-2].removeprefix("mail-"))]
        return 200, {"content-type": "application/json"}, json.dumps(self._told(method, path)).encode()

    def _told(self, method: str, path: str) -> dict[str, Any]:
        where, _, query = path.partition("?")
        name = where.rstrip("/").rpartition("/")[2]
        if "/messages/delta" in where:
            return self._page(int(query.rpartition("=")[2]) if "skiptoken" in query else 0, done="deltatoken" in query)
        if name == "childFolders" or ("/mailFolders/" in where and name == "messages"):
            return {"value": []}
        if "/mailFolders/" in where:
            return {"id": "the-inbox", "displayName": "Inbox", "childFolderCount": 0}
        if name == "createReply":
            draft = f"draft-{len(self._drafts)}"
            self._drafts[draft] = True
            return _draft(draft, is_draft=True)
        if name == "send":
            draft = where.split("/")[-2]
            self.sent += self._drafts[draft]
            self._drafts[draft] = False
            return {}
        if name in self._drafts:
            return _draft(name, is_draft=self._drafts[name])
        return {} if method == "PATCH" else {"@odata.etag": 'W/"1"', "id": name, "categories": []}

    def _page(self, start: int, *, done: bool) -> dict[str, Any]:
        end = min(start + _PAGE, len(self.raws))
        link = f"{GRAPH}/users/registry@ministry.example/mailFolders/inbox/messages/delta"
        if done:
            return {"value": [], "@odata.deltaLink": f"{link}?$deltatoken=end"}
        items = [
            {"id": f"mail-{n}", "internetMessageId": f"<{n}@post.example>", "receivedDateTime": "2026-11-21T08:59:00Z"}
            for n in range(start, end)
        ]
        more = end < len(self.raws)
        on = (
            {"@odata.nextLink": f"{link}?$skiptoken={end}"} if more else {"@odata.deltaLink": f"{link}?$deltatoken=end"}
        )
        return {"value": items, **on}

    # ------------------------------------------------------------ chats

    async def _card(self, method: str, url: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        now_s, chat = self.clock(), url.split("/conversations/")[1].split("/")[0]
        windows = [self._teams, *self._chats.setdefault(chat, [Window(*limit) for limit in CHAT_LIMITS])]
        if (wait_s := max(window.wait_s(now_s) for window in windows)) > 0:
            self.refused += 1
            return refused_for(wait_s)
        for window in windows:
            window.take(now_s)
        self.teams_calls += 1
        await asyncio.sleep(TEAMS_CALL_S)
        if method == "POST" and (token := re.search(rb'"token": ?"([^"]+)"', body)):
            self.card_came(token[1].decode())
        return 200, {"content-type": "application/json"}, json.dumps({"id": f"activity-{self.teams_calls}"}).encode()


def _draft(draft: str, *, is_draft: bool) -> dict[str, Any]:
    return {"id": draft, "isDraft": is_draft, "internetMessageId": f"<{draft}@ministry.example>"}


def refused_for(wait_s: float) -> tuple[int, dict[str, str], bytes]:
    told = {"error": {"code": "TooManyRequests", "message": "later"}}
    headers = {"content-type": "application/json", "retry-after": f"{wait_s + 0.5:.0f}"}
    return 429, headers, json.dumps(told).encode()


# ---------------------------------------------------------------- in the place of aiohttp's session


class _Reply:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.content, self._body = status, headers, self, body

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        yield self._body

    async def read(self, _: int = -1) -> bytes:
        return self._body


class _Asking:
    def __init__(self, asked: Any) -> None:
        self._asked = asked

    async def __aenter__(self) -> _Reply:
        return _Reply(*await self._asked)

    async def __aexit__(self, *_: object) -> None: ...


def session_to(microsoft: Microsoft) -> type:
    """What takes the place of `aiohttp.ClientSession`."""

    class Session:
        closed = False

        def __init__(self, **_: Any) -> None: ...

        def request(self, method: str, url: Any, *, data: Any = None, **_: Any) -> _Asking:
            body = data if isinstance(data, bytes) else (data or "").encode()
            return _Asking(microsoft.answer(method, str(url), body))

        async def close(self) -> None: ...

    return Session
