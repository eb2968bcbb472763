"""Whether somebody is away, as Outlook says: held to Microsoft's description; what is denied is not known."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.absences import OutlookAbsences
from graph.client import GraphClient
from registry.errors import Throttled
from service.ports import Absence, NotKnown
from tests.graph.scripted import Say, asking, error
from tests.graph.world import World

HUDA = "huda@ministry.example"
START, END = datetime(2026, 11, 22, 6, 0, tzinfo=UTC), datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


def sets(world: World, **setting: Any) -> None:
    """Huda sets her automatic replies in Outlook."""
    answer = world.graph("PATCH", f"/users/{HUDA}/mailboxSettings", by=HUDA, json={"automaticRepliesSetting": setting})
    assert answer.status == 200, answer.body


def instant(at: datetime) -> dict[str, str]:
    return {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


async def test_a_scheduled_absence_is_read_with_both_its_ends(world: World, graph: GraphClient) -> None:
    sets(world, status="scheduled", scheduledStartDateTime=instant(START), scheduledEndDateTime=instant(END))
    assert await OutlookAbsences(graph).of(HUDA) == Absence(START, END)
    sets(world, status="alwaysEnabled")
    assert await OutlookAbsences(graph).of(HUDA) == Absence(None, None)
    sets(world, status="disabled")
    assert await OutlookAbsences(graph).of(HUDA) is None


def settings(body: str) -> Say:
    return Say(body=f'{{"automaticRepliesSetting":{body}}}'.encode(), headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    "answer",
    [
        error(403, "ErrorAccessDenied"),
        error(404, "ErrorInvalidUser"),
        error(404, "MailboxNotEnabledForRESTAPI"),
        Say(body=b"{}", headers={"content-type": "application/json"}),
        settings("null"),
        settings('{"status":"perhaps"}'),
        settings('{"status":"scheduled"}'),
        settings('{"status":"scheduled","scheduledStartDateTime":{"dateTime":"soon","timeZone":"UTC"}}'),
        settings(
            '{"status":"scheduled","scheduledStartDateTime":{"dateTime":"2026-11-22T06:00:00","timeZone":"Mars"}}'
        ),
    ],
)
async def test_what_cannot_be_read_is_not_known(answer: Say) -> None:
    async with asking(answer) as (client, _):
        with pytest.raises(NotKnown):
            await OutlookAbsences(client).of("x")


async def test_throttling_is_said_as_everywhere() -> None:
    async with asking(error(429, retry_after="600")) as (client, _):
        with pytest.raises(Throttled):
            await OutlookAbsences(client).of("x")
