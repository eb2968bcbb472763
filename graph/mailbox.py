################################################################
# A registry mailbox, as Outlook keeps it
################################################################
#
# Rule 1: what is done to the mailbox is found by its key before it is made: asked twice, it is done once.
# Rule 2: a person's own categories and words stay; of ours there is one mark on a mail, the latest.
# Rule 3: after a lost answer to `send` the draft is looked at again; it is never made anew, and sent once.

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

from graph.client import GraphClient
from graph.delta import PAGES, SELECTED, read_changes
from graph.folders import read_folders
from graph.mime import OUR_KEY, read_mail
from graph.mime_tree import Limits
from graph.uploads import enclose, must_fit
from graph.whole import SIZE, Told, read_whole
from graph.wire import Ask
from registry.errors import Changed, Gone, Misconfigured, TarasulError, Throttled, Unavailable
from service.ports import Arrived, Changes, Clock, Drafted, Fetched, Folder
from service.sending_ports import BytesOf, LetterMail
from texts.catalogue.mail import ROWS

# Our own names among a message's extended properties. The GUID is ours, made once; it must never change.
_OURS = "String {6c2f8a10-3c1e-4a55-9a0e-0f4c2d5b7e21} Name"
NUMBER = f"{_OURS} TarasulNumber"
KEY = f"{_OURS} TarasulKey"
# The header Auto-Submitted (RFC 3834). Graph takes no header that does not begin with x-; but what is named among
# PS_INTERNET_HEADERS Exchange writes as a header (MS-OXPROPS, MS-OXCMAIL).
AUTO_SUBMITTED = "String {00020386-0000-0000-c000-000000000046} Name Auto-Submitted"

# In-Reply-To and References, as Exchange writes them from what stands in a message (MS-OXCMAIL 2.2.3.2.12 and .13).
IN_REPLY_TO, REFERENCES = "String 0x1042", "String 0x1039"

# How a mark of ours begins, in any language ("تراسل:", "Tarasul:"), whichever wrote it.
MARKS = tuple({said.partition(":")[0] + ":" for row in ROWS if row.startswith("category.") for said in ROWS[row]})

_READ_APART_BYTES = 128 * 1024  # a longer mail is read beside the loop
_FETCH_DEADLINE_S = 120.0
_TRIES_AGAINST_OTHERS = 3


# What is needed of a message. Nothing may be missing: an answer that was cut must not pass for an empty one.


class _Property(msgspec.Struct):
    id: str
    value: str


class _Marked(msgspec.Struct):
    id: str
    categories: list[str]
    etag: str | None = msgspec.field(default=None, name="@odata.etag")
    singleValueExtendedProperties: list[_Property] = msgspec.field(default_factory=list)


class _Draft(msgspec.Struct):
    id: str
    isDraft: bool
    internetMessageId: str | None = None


class _Body(msgspec.Struct):
    content: str


class _Shown(msgspec.Struct):
    id: str
    body: _Body | None = None
    singleValueExtendedProperties: list[_Property] = msgspec.field(default_factory=list)


_TOLD = msgspec.json.Decoder(_Shown)
_MARKED = msgspec.json.Decoder(_Marked)
_DRAFT = msgspec.json.Decoder(_Draft)


class OutlookMailbox:
    """The Mailbox port over Graph. Every method may raise Throttled, Unavailable, Misconfigured."""

    def __init__(
        self, graph: GraphClient, address: str, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        self._graph, self.address, self._limits = graph, address, limits or Limits()
        self._clock = clock or (lambda: datetime.now(UTC))
        self._at = f"/users/{quote(address, safe='')}"

    ################################################################
    # Reading
    ################################################################

    async def folders(self, named: Sequence[str]) -> list[Folder]:
        """The folders that *named* name, with all below them. Raises Misconfigured where one is not there."""
        return await read_folders(self._graph, self.address, named)

    async def changes(self, folder: str, cursor: str | None) -> Changes:
        """The next page after *cursor*. Raises Gone where the cursor is dead: begin again with None."""
        return await read_changes(self._graph, self.address, folder, cursor)

    async def fetch(self, item: Arrived) -> Fetched:
        """The mail's exact bytes, read. Raises Gone where it was deleted, Unavailable where its end did not come."""
        try:
            return await self._fetch(item)
        except Gone:
            found = await self._elsewhere(item)
            if found is None:
                raise
            return await self._fetch(found)

    async def _fetch(self, item: Arrived) -> Fetched:
        async def read(raw: bytes) -> Fetched:
            if len(raw) < _READ_APART_BYTES:
                return read_mail(raw, mailbox=self.address, item=item, limits=self._limits)
            return await asyncio.to_thread(read_mail, raw, mailbox=self.address, item=item, limits=self._limits)

        lain_s = (self._clock() - item.received_at).total_seconds()
        return await read_whole(partial(self._mime, item.item_id), read, partial(self._told, item.item_id), lain_s)

    async def _told(self, item_id: str) -> Told:
        query = {"$select": "id,body", "$expand": _expanded(SIZE)}
        found = await self._graph.read(Ask("GET", self._message(item_id), query=query, mailbox=self.address), _TOLD)
        size = next((p.value for p in found.singleValueExtendedProperties if p.value.isdecimal()), "0")
        return Told(found.body.content if found.body is not None else "", int(size))

    async def listing(self, folder: str, start: datetime, end: datetime) -> AsyncIterator[Arrived]:
        """A fresh listing by received time, without any cursor of ours."""
        between = f"receivedDateTime ge {_instant(start)} and receivedDateTime lt {_instant(end)}"
        path: str | None = f"{self._at}/mailFolders/{quote(folder, safe='')}/messages"
        query = {"$select": SELECTED, "$filter": between, "$orderby": "receivedDateTime", "$top": str(self._page)}
        while path:
            page = await self._graph.read(Ask("GET", path, query=query, mailbox=self.address), PAGES)
            for arrived in page.arrived():
                yield arrived
            path, query = page.next_link, {}

    @property
    def _page(self) -> int:
        return self._graph.manners.page

    async def _mime(self, item_id: str) -> bytes:
        answer = await self._graph.answer(
            Ask(
                "GET",
                f"{self._message(item_id)}/$value",
                headers={"accept": "*/*", "accept-encoding": "identity"},
                mailbox=self.address,
                deadline_s=_FETCH_DEADLINE_S,
                limit_bytes=self._limits.size_bytes,
            )
        )
        if not answer.body or answer.headers.get("content-type", "").lower().startswith("text/html"):
            raise Unavailable("something else than the bytes of a mail")
        return answer.body

    async def _elsewhere(self, item: Arrived) -> Arrived | None:
        """The same mail under another id: an id can change when a mail is moved, and then it is a hint only."""
        if not item.message_id:
            return None
        query = {"$select": SELECTED, "$filter": f"internetMessageId eq {_quoted(item.message_id)}"}
        page = await self._graph.read(Ask("GET", f"{self._at}/messages", query=query, mailbox=self.address), PAGES)
        same = [found for found in page.arrived() if found.received_at == item.received_at]
        return same[0] if len(same) == 1 else None

    ################################################################
    # Writing
    ################################################################

    async def mark(self, item_id: str, category: str, reference: str) -> None:
        """Write the number on the mail. Raises Gone where it was deleted."""
        for tries in range(1, _TRIES_AGAINST_OTHERS + 1):
            try:
                await self._mark(item_id, category, reference)
            except Changed:  # a person changed it between our look and our word
                if tries == _TRIES_AGAINST_OTHERS:
                    raise
            else:
                return

    async def _mark(self, item_id: str, category: str, reference: str) -> None:
        query = {"$select": "id,categories", "$expand": _expanded(NUMBER)}
        found = await self._graph.read(Ask("GET", self._message(item_id), query=query, mailbox=self.address), _MARKED)
        wanted = [*(c for c in found.categories if not c.startswith(MARKS)), category]
        numbers = [p.value for p in found.singleValueExtendedProperties]
        if found.categories == wanted and numbers == [reference]:
            return
        await self._graph.send(
            Ask(
                "PATCH",
                self._message(item_id),
                json={"categories": wanted, "singleValueExtendedProperties": [{"id": NUMBER, "value": reference}]},
                headers={"if-match": found.etag} if found.etag else {},
                mailbox=self.address,
                repeatable=True,
            )
        )

    async def draft_reply(self, item_id: str, html: str, *, key: str) -> Drafted:
        """Return the one draft that carries *key*, made now or found from an earlier try."""
        return await self._with(key) or await self._new(f"{self._message(item_id)}/createReply", html, key)

    async def draft_mail(self, to: str, subject: str, html: str, *, key: str) -> str:
        """As `draft_reply`, of a mail to the address *to* that answers none; its id."""
        known = await self._with(key) or await self._new(f"{self._at}/messages", html, key, to=to, subject=subject)
        return known.item_id

    async def draft_letter(self, letter: LetterMail, bytes_of: BytesOf, *, key: str) -> Drafted:
        """The one draft that carries *key*, with every enclosure once; see service.sending_ports.LetterMailbox."""
        must_fit(letter.enclosures)
        made = await self._with(key) or await self._new(
            f"{self._at}/messages",
            letter.html,
            key,
            to=letter.to,
            subject=letter.subject,
            answers=letter.answers,
            # no machine's word, but a letter that somebody signed; and what becomes of it is asked
            isDeliveryReceiptRequested=True,
            isReadReceiptRequested=True,
        )
        draft = await self._draft(made.item_id)
        if draft.isDraft:
            await enclose(self._graph, self.address, made.item_id, letter.enclosures, bytes_of)
        return Drafted(made.item_id, draft.internetMessageId or made.message_id)

    async def send_draft(self, draft_id: str) -> str:
        """Send it unless it has gone already, and return its Message-ID. An id that answers 404 raises Gone."""
        draft = await self._draft(draft_id)
        if draft.isDraft:
            try:
                await self._graph.send(Ask("POST", f"{self._message(draft_id)}/send", mailbox=self.address))
            except (Throttled, Misconfigured):
                raise
            except TarasulError:
                # It may have gone: the answer was lost, or an earlier try is on its way and this one came too late.
                with contextlib.suppress(Gone):
                    draft = await self._draft(draft_id)
                if draft.isDraft:
                    raise
        return draft.internetMessageId or (await self._draft(draft_id)).internetMessageId or ""

    async def _draft(self, draft_id: str) -> "_Draft":
        query = {"$select": "id,isDraft,internetMessageId"}
        return await self._graph.read(Ask("GET", self._message(draft_id), query=query, mailbox=self.address), _DRAFT)

    async def drafted(self, key: str) -> str | None:
        """The id of the mail of ours that carries *key*, drafted or sent; None where it is in neither folder."""
        known = await self._with(key)
        return known.item_id if known is not None else None

    async def withdraw(self, draft_id: str) -> str | None:
        """Delete a draft that is not to be sent any more. Of one that was sent, return the Message-ID; raises Gone
        where there is neither: it is deleted, or on its way."""
        draft = await self._draft(draft_id)
        if not draft.isDraft:
            return draft.internetMessageId or ""
        await self._graph.send(Ask("DELETE", self._message(draft_id), mailbox=self.address))
        return None

    async def _with(self, key: str) -> Drafted | None:
        """The mail of ours that carries *key*: a draft, or sent already; in this order, for that is the way it goes."""
        carries = f"singleValueExtendedProperties/Any(ep: ep/id eq {_quoted(KEY)} and ep/value eq {_quoted(key)})"
        for folder in ("drafts", "sentitems"):
            query = {"$select": SELECTED, "$filter": carries}
            path = f"{self._at}/mailFolders/{folder}/messages"
            page = await self._graph.read(Ask("GET", path, query=query, mailbox=self.address), PAGES)
            if page.value:
                return Drafted(page.value[0].id, page.value[0].internetMessageId or "")
        return None

    async def _new(
        self, path: str, html: str, key: str, *, to: str = "", subject: str = "", answers: str = "", **asked: bool
    ) -> Drafted:
        message: dict[str, Any] = {
            "body": {"contentType": "html", "content": html},
            "singleValueExtendedProperties": [
                {"id": KEY, "value": key},
                *([{"id": AUTO_SUBMITTED, "value": "auto-generated"}] if not asked else []),
                *([{"id": name, "value": answers} for name in (IN_REPLY_TO, REFERENCES)] if answers else []),
            ],
            "internetMessageHeaders": [
                {"name": OUR_KEY, "value": key},
                # No absence note answers a machine; a bounce is wanted, and is not suppressed.
                {"name": "x-auto-response-suppress", "value": "OOF, AutoReply"},
            ],
        }
        if to:
            message |= {"subject": subject, "toRecipients": [{"emailAddress": {"address": to}}]} | asked
        body = message if to else {"message": message}
        made = await self._graph.read(Ask("POST", path, json=body, mailbox=self.address), _DRAFT)
        return Drafted(made.id, made.internetMessageId or "")

    def _message(self, item_id: str) -> str:
        return f"{self._at}/messages/{quote(item_id, safe='')}"


def _quoted(text: str) -> str:
    """*text* as a literal in a filter."""
    return "'" + text.replace("'", "''") + "'"


def _expanded(property_id: str) -> str:
    return f"singleValueExtendedProperties($filter=id eq {_quoted(property_id)})"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
