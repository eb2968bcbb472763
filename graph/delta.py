################################################################
# What changed in a folder: the pages of messages/delta
################################################################
#
# Rule 1: a link is opaque: followed as Graph gave it, kept whole, never parsed. It ends with a deltaLink; a page may be
#         empty and still have a next one.
# Rule 2: as little as possible is asked for and read: this is the way on which a whole mailbox is read again.
# Rule 3: a kept link that leads elsewhere than to the Graph we ask is of no use (the settings have changed), so it is
#         dead: begin again. A page that gives such a link is not from Graph.
#
# Source: https://learn.microsoft.com/graph/delta-query-messages

from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from graph.client import GraphClient
from graph.wire import Ask
from registry.errors import Gone, Misconfigured, Unavailable
from service.ports import Arrived, Changes

SELECTED = "id,internetMessageId,receivedDateTime"
UNSAID = datetime(1970, 1, 1, tzinfo=UTC)  # when a mail came, where Graph does not say


class _Removed(msgspec.Struct):
    """That a mail left the folder; why does not matter."""


class _Item(msgspec.Struct, gc=False):
    id: str
    internetMessageId: str | None = None
    receivedDateTime: datetime | None = None
    removed: _Removed | None = msgspec.field(default=None, name="@removed")


class Page(msgspec.Struct):
    """A page of messages, of a delta or of a listing."""

    value: list[_Item]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")

    def arrived(self) -> tuple[Arrived, ...]:
        """The mails of the page, without those that left the folder."""
        return tuple(
            Arrived(
                item_id=item.id,
                message_id=item.internetMessageId or "",
                received_at=item.receivedDateTime or UNSAID,
            )
            for item in self.value
            if item.removed is None
        )


PAGES = msgspec.json.Decoder(Page)


async def read_changes(graph: GraphClient, mailbox: str, folder: str, cursor: str | None) -> Changes:
    """Return the page of a folder's changes after *cursor*; None begins with all that lies there.

    Raises:
        Gone: The cursor is dead.
        Unavailable, Throttled, Misconfigured: As for any call.
    """
    if cursor is not None and not graph.may_follow(cursor):
        raise Gone("the cursor belongs to another address of Graph")
    page = await graph.read(
        Ask(
            "GET",
            cursor or f"/users/{quote(mailbox, safe='')}/mailFolders/{quote(folder, safe='')}/messages/delta",
            query={} if cursor else {"$select": SELECTED},
            headers={"prefer": f"odata.maxpagesize={graph.manners.page}"},
            mailbox=mailbox,
        ),
        PAGES,
    )
    link = page.next_link or page.delta_link
    if link is None:
        raise Unavailable("a page of changes without a link to go on from")
    if not graph.may_follow(link):
        raise Misconfigured("a page of changes names a link that does not lead to Graph")
    return Changes(page.arrived(), link, more=page.next_link is not None)
