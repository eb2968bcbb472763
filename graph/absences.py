################################################################
# Who is away, as their automatic replies say
################################################################
#
# Rule 1: what may not be read is not known; nobody is taken for present because of it.
# Rule 2: Graph tells of no change of it: it is asked for when somebody's turn comes.
#
# Source: https://learn.microsoft.com/graph/api/user-get-mailboxsettings; dates are in UTC unless Prefer says otherwise

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from graph.client import GraphClient
from graph.wire import Ask
from registry.errors import Gone, Misconfigured
from service.ports import Absence, NotKnown


class _Instant(msgspec.Struct):
    dateTime: str
    timeZone: str | None = None


class _Replies(msgspec.Struct):
    status: str | None = None
    scheduledStartDateTime: _Instant | None = None
    scheduledEndDateTime: _Instant | None = None


class _Settings(msgspec.Struct):
    automaticRepliesSetting: _Replies | None = None


_SETTINGS = msgspec.json.Decoder(_Settings)


class OutlookAbsences:
    """See service.ports.Absences."""

    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph

    async def of(self, person: str) -> Absence | None:
        ask = Ask("GET", f"/users/{person}/mailboxSettings", query={"$select": "automaticRepliesSetting"})
        try:
            told = await self._graph.read(ask, _SETTINGS)
        except (Misconfigured, Gone) as why:  # no permission, out of its scope, or no mailbox
            raise NotKnown(str(why)) from why
        replies = told.automaticRepliesSetting
        match replies.status if replies is not None else None:
            case "disabled":
                return None
            case "alwaysEnabled":
                return Absence(None, None)
            case "scheduled":
                assert replies is not None
                return Absence(_read(replies.scheduledStartDateTime), _read(replies.scheduledEndDateTime))
            case other:
                raise NotKnown(f"automatic replies are {other!r}")


def _read(said: _Instant | None) -> datetime:
    """The instant; Graph writes seven digits after the point. Raises NotKnown for what is none that we can place."""
    try:
        if said is None:
            raise ValueError
        at = datetime.fromisoformat(said.dateTime[:26])
        zone = UTC if said.timeZone in (None, "UTC") else ZoneInfo(str(said.timeZone))
    except (ValueError, ZoneInfoNotFoundError) as why:
        raise NotKnown("automatic replies at a time that cannot be read") from why
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
