"""A card goes out to Teams, is pressed there, is answered in the same response, and every other copy follows."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from bot.chats import TeamsChats
from bot.handlers import Bot
from registry.mail import Address
from registry.office import Office
from sandbox.tenant import tokens
from service.annexes import Annexes
from service.letters import Letters
from service.people import load_organisation, office_of
from service.perform import Performer
from service.ports import DirectoryPerson
from tests.bot.house import House
from tests.bot.issuer import Loopback
from tests.bot.rules_of_teams import walk, wrong_with
from tests.bot.teams_world import TeamsWorld, teams_world
from tests.fakes.installs import FakeInstalls
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.shared_files import FakeSharedFiles
from tests.values import MAILBOX, forwarded

type Json = dict[str, Any]

MINISTRY = Path(__file__).resolve().parents[2] / "sandbox" / "ministry"
HUDA, OMAR, LAILA = (f"{name}@ministry.example" for name in ("huda", "omar", "laila"))


def office() -> Office:
    """The sandbox's ministry."""
    people = json.loads((MINISTRY / "people.json").read_text("utf-8"))["people"]
    ids = {p["upn"]: p["id"] for p in people}
    directory = [
        DirectoryPerson(
            person_id=p["id"],
            name=p["name"],
            upn=p["upn"],
            mail=p["upn"],
            language_tag=p["language"],
            department=p["unit"],
            post=p["post"],
            manager=ids.get(p["manager"]),
            active=True,
        )
        for p in people
    ]
    organisation = load_organisation("organisation.json", MINISTRY, [MAILBOX])
    return office_of(organisation, directory, ZoneInfo("Asia/Kuwait"))


class Door(Loopback):
    """POST /api/messages, as functions/messages.py opens it; whoever rings has the effects performed."""

    bot: Bot
    performer: Performer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        told = await self.bot.receive(await request.read(), request.headers.get("authorization"))
        if told.rang:
            await self.performer.perform_due()
        return (
            web.Response(status=told.status) if told.body is None else web.json_response(told.body, status=told.status)
        )


class Ministry:
    """Huda and Omar have the app, and a letter came in that is Huda's."""

    def __init__(self, house: House, teams: TeamsWorld, door: Door) -> None:
        self.house, self.teams, self.door = house, teams, door

    async def cards(self, upn: str) -> list[Json]:
        return [m for m in await self.teams.messages(upn) if m["card"] is not None]

    async def press(self, upn: str, message: Json, verb: str, **more: Any) -> Json:
        data = next(n["data"] for _, n in walk(message["card"]) if n.get("verb") == verb and "data" in n)
        body = {"activityId": message["activityId"], "verb": verb, "data": {**data, **more.pop("inputs", {})}, **more}
        outcome: Json = await self.teams.ask("POST", f"/sandbox/teams/{upn}/press", body)
        return outcome

    async def say(self, upn: str, text: str, **more: Any) -> None:
        await self.teams.ask("POST", f"/sandbox/teams/{upn}/say", {"text": text, **more})


@pytest.fixture
async def ministry(tmp_path: Path) -> AsyncIterator[Ministry]:
    async with AsyncExitStack() as stack:
        house = stack.enter_context(House(tmp_path, office()))
        door = await stack.enter_async_context(Door())
        teams = await stack.enter_async_context(teams_world(door.url))
        channel = teams.channel()
        door.bot = Bot(channel, house.service, house.deliveries, house.handed)
        door.performer = Performer(
            house.store,
            house.taker,
            house.clock,
            owner="test",
            mailboxes={MAILBOX: FakeMailbox(MAILBOX)},
            chats=TeamsChats(channel, house.clock, "https://smba.example/"),
            installs=FakeInstalls(),
            annexes=Annexes(house.archive, FakeSharedFiles()),
            letters=Letters(house.store, house.archive, {MAILBOX: FakeMailbox(MAILBOX)}),
        )
        for upn in (HUDA, OMAR):
            await door.bot.turn(_met(teams, upn))
        house.register(forwarded(sender=Address("هدى العلي", HUDA)))
        await door.performer.perform_due()
        yield Ministry(house, teams, door)


def _met(teams: TeamsWorld, upn: str) -> Json:
    chat = teams.install(upn)
    return {
        "type": "installationUpdate",
        "action": "add",
        "serviceUrl": chat.service_url,
        "from": {"id": chat.user_mri, "aadObjectId": chat.person},
        "recipient": {"id": chat.bot_id},
        "conversation": {"id": chat.conversation_id, "conversationType": "personal"},
    }


async def test_a_letter_goes_from_hand_to_hand_by_presses_alone(ministry: Ministry) -> None:
    welcome, asked = await ministry.cards(HUDA)
    assert "أهلاً بك في تراسل" in str(welcome["card"])
    form = await ministry.press(HUDA, asked, "refer", inputs={"note": "للأهمية"})
    omar = ministry.teams.person(OMAR)
    chosen = {"to": omar, "disposition": "for_action", "note": "للأهمية"}
    waiting = await ministry.press(HUDA, {**asked, "card": form["card"]}, "refer", inputs=chosen)
    assert "بانتظار من أحلتها إليه" in str(waiting["card"])

    (_, omars) = await ministry.cards(OMAR)
    assert "لإجراء اللازم" in str(omars["card"])
    refused = await ministry.press(OMAR, omars, "complete", inputs={"note": ""})
    assert "اكتب النتيجة أولاً" in str(refused["card"])
    done = await ministry.press(OMAR, omars, "complete", inputs={"note": "جُهّزت المستندات"})
    assert "تم الإنجاز" in str(done["card"])

    (_, first, second) = await ministry.cards(HUDA)
    assert "عادت إليك في بطاقة أحدث" in str(first["card"])
    assert "جُهّزت المستندات" in str(second["card"])
    closed = await ministry.press(HUDA, second, "approve")
    assert "تم الاعتماد" in str(closed["card"])
    assert ministry.house.record().status.value == "closed"
    for upn in (HUDA, OMAR):
        for message in await ministry.cards(upn):
            assert wrong_with(message["card"], rtl=True) == []


async def test_every_copy_of_a_card_shows_what_was_decided_on_one(ministry: Ministry) -> None:
    await ministry.say(HUDA, "المعلق عندي")
    await ministry.say(HUDA, "رقم 1")
    _, asked, pending, numbered = await ministry.cards(HUDA)
    await ministry.press(HUDA, pending, "view")
    await ministry.press(HUDA, numbered, "approve")
    shown = (await ministry.cards(HUDA))[1:]
    assert [m["activityId"] for m in shown] == [m["activityId"] for m in (asked, pending, numbered)]
    assert all("تم الاعتماد" in str(m["card"]) for m in shown)


async def test_six_clients_pressing_at_once_make_one_decision(ministry: Ministry) -> None:
    (_, asked) = await ministry.cards(HUDA)
    outcomes = await asyncio.gather(*(ministry.press(HUDA, asked, "approve") for _ in range(6)))
    assert ministry.house.sheet().count("StepApproved") == 1
    assert all("تم الاعتماد" in str(outcome["card"]) for outcome in outcomes)


async def test_a_client_without_execute_gets_its_message_written_anew(ministry: Ministry) -> None:
    (_, asked) = await ministry.cards(HUDA)
    outcome = await ministry.press(HUDA, asked, "approve", **{"as": "submit"})
    assert outcome["status"] == 200
    assert "تم الاعتماد" in str((await ministry.cards(HUDA))[1]["card"])


async def test_another_persons_press_is_refused_and_shows_nothing(ministry: Ministry) -> None:
    (_, asked) = await ministry.cards(HUDA)
    outcome = await ministry.press(HUDA, asked, "approve", **{"from": OMAR})
    assert "ليست لك" in outcome["message"]
    assert ministry.house.sheet() == ["Registered", "Referred"]


async def test_a_guest_from_elsewhere_gets_a_polite_answer(ministry: Ministry) -> None:
    await ministry.say("visitor@elsewhere.example", "hello", guest=True)
    shown = await ministry.teams.messages("visitor@elsewhere.example")
    assert "does not know you" in shown[-1]["text"]
    assert "لا يعرفك دليل الوزارة" in shown[-1]["text"]


async def test_the_tenants_new_signing_key_is_found(ministry: Ministry) -> None:
    (_, asked) = await ministry.cards(HUDA)
    await ministry.press(HUDA, asked, "annotate")
    ministry.teams.tenant.part(tokens.Keys).change("channel")
    refused = await ministry.press(HUDA, asked, "annotate")
    assert refused["status"] == 401, "it was looked for a moment ago"
    house, channel = ministry.house, ministry.teams.channel(look_again_s=0)
    ministry.door.bot = Bot(channel, house.service, house.deliveries, house.handed)
    assert (await ministry.press(HUDA, asked, "annotate"))["status"] == 200
