"""Outlook's mailbox under Microsoft's conditions: lost answers, limits, ids that change, people who write meanwhile."""

import asyncio
import base64
import email
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from graph.client import GraphClient, Manners
from graph.mailbox import KEY, NUMBER, OutlookMailbox
from registry.errors import Changed, Gone, Misconfigured, TarasulError, Throttled, Unavailable
from registry.forwarded import unwrap
from registry.mail import Address
from sandbox.ministry.samples import FOLDER, LETTERS
from service.ports import Arrived
from tests.graph.mails import multipart, part, plain, read, text
from tests.graph.scripted import Say, asking
from tests.graph.world import REGISTRY, Judge, World, client_of

NUMBERS = count(1)
CREATE_REPLY = f"POST /v1.0/users/{REGISTRY.replace('@', '%40')}/messages/*/createReply"
SEND = f"POST /v1.0/users/{REGISTRY.replace('@', '%40')}/messages/*/send"


@pytest.fixture
def box(graph: GraphClient) -> OutlookMailbox:
    return OutlookMailbox(graph, REGISTRY)


def letter(world: World, **headers: str) -> str:
    """A letter comes; its item id."""
    raw = plain("words", Message_ID=f"<m{next(NUMBERS)}@mailbox.example>", Subject="A letter", **headers)
    return world.arrive(raw)["id"]


def arrived(world: World, item_id: str) -> Arrived:
    item = world.item(item_id, "?$select=internetMessageId,receivedDateTime")
    at = datetime.fromisoformat(item["receivedDateTime"])
    return Arrived(item_id=item_id, message_id=item["internetMessageId"], received_at=at)


def carrying(world: World, key: str) -> list[dict[str, Any]]:
    """Every message anywhere in the mailbox that carries our key."""
    wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{key}')"
    found: list[dict[str, Any]] = world.graph("GET", f"/users/{REGISTRY}/messages?$filter={quote(wanted)}").json()[
        "value"
    ]
    return found


async def sent(world: World, box: OutlookMailbox, draft: str) -> str:
    """Ask to have it sent, as the outbox does, until that is said to be so and its copy lies with what was sent."""
    async with asyncio.timeout(20):
        while True:
            try:
                message_id = await box.send_draft(draft)
            except (Unavailable, Gone):
                message_id = ""
            if message_id and any(item["id"] == draft for item in world.in_folder("sentitems")):
                return message_id  # on its way it can be found nowhere
            await asyncio.sleep(0.02)


class TestMail:
    async def test_it_reaches_whoever_is_asked_and_carries_our_key(self, world: World, box: OutlookMailbox) -> None:
        key, subject = "question:r1:1:huda", "تراسل: س.ع/و/7/2026"
        draft = await box.draft_mail("huda@ministry.example", subject, "<p>بانتظارك</p>", key=key)
        message_id = await sent(world, box, draft)
        raw = world.graph("GET", f"/users/{REGISTRY}/messages/{draft}/$value").body
        mail = read(raw)
        assert (mail.our_key, mail.auto_submitted, mail.message_id) == (key, "auto-generated", message_id)
        assert mail.letter.subject == subject
        assert email.message_from_bytes(raw)["To"] == "huda@ministry.example"


class TestReply:
    async def test_it_answers_in_the_thread_and_carries_our_key(self, world: World, box: OutlookMailbox) -> None:
        item_id = letter(world, From="Bank <g@bank.example>")
        draft = (await box.draft_reply(item_id, "<p>تم</p>", key="reply:thread")).item_id
        original, made = (
            world.item(i, "?$select=conversationId,internetMessageId,toRecipients,isDraft") for i in (item_id, draft)
        )
        assert made["conversationId"] == original["conversationId"]
        assert made["isDraft"]
        assert [r["emailAddress"]["address"] for r in made["toRecipients"]] == ["g@bank.example"]
        await sent(world, box, draft)
        outside = world.control("GET", "outside")[-1]
        mail = read(world.graph("GET", f"/users/{REGISTRY}/messages/{draft}/$value").body)
        assert (mail.our_key, mail.auto_submitted) == ("reply:thread", "auto-generated")
        assert mail.references[-1] == original["internetMessageId"]
        assert mail.message_id == outside["internet_message_id"]

    @pytest.mark.parametrize("fault", ["lost", "504_after"])
    async def test_after_a_lost_answer_the_draft_is_found_and_not_made_again(
        self, world: World, box: OutlookMailbox, fault: str
    ) -> None:
        item_id, key = letter(world), f"reply:{fault}"
        world.faults({"match": CREATE_REPLY, "fault": fault})
        with pytest.raises(Unavailable):
            await box.draft_reply(item_id, "x", key=key)
        assert world.struck() == 1
        world.faults()
        draft = (await box.draft_reply(item_id, "x", key=key)).item_id
        assert [m["id"] for m in carrying(world, key)] == [draft]

    @pytest.mark.parametrize("fault", ["lost", "504_after", "503", "reset"])
    async def test_whatever_becomes_of_the_answer_it_goes_out_once(
        self, world: World, box: OutlookMailbox, fault: str
    ) -> None:
        key = f"reply:send:{fault}"
        draft = (await box.draft_reply(letter(world, From=f"<{fault}@bank.example>"), "x", key=key)).item_id
        world.faults({"match": SEND, "fault": fault, "args": {"retry_after": 0.1}})
        with pytest.raises(TarasulError):
            await box.send_draft(draft)
        assert world.struck() == 1
        world.faults()
        message_id = await sent(world, box, draft)
        assert [(m["id"], m["isDraft"]) for m in carrying(world, key)] == [(draft, False)]
        out = [m for m in world.control("GET", "outside") if m["to"] == f"{fault}@bank.example"]
        assert [m["internet_message_id"] for m in out] == [message_id]

    async def test_what_has_gone_is_not_asked_to_go_again(
        self, world: World, box: OutlookMailbox, judge: Judge
    ) -> None:
        draft = (await box.draft_reply(letter(world), "x", key="reply:gone")).item_id
        await sent(world, box, draft)
        judge.calls.clear()
        await box.send_draft(draft)
        assert [method for method, _, _ in judge.calls] == ["GET"]

    async def test_a_reply_that_a_person_sent_meanwhile_is_sent(self, world: World, box: OutlookMailbox) -> None:
        draft = (await box.draft_reply(letter(world), "x", key="reply:by hand")).item_id
        world.graph("POST", f"/users/{REGISTRY}/messages/{draft}/send")
        await sent(world, box, draft)
        assert (await box.draft_reply(letter(world), "x", key="reply:by hand")).item_id == draft
        assert len(carrying(world, "reply:by hand")) == 1

    async def test_a_key_may_hold_anything(self, world: World, box: OutlookMailbox) -> None:
        item_id, key = letter(world), "reply:o'neil & co #1 + كتاب"
        assert await box.draft_reply(item_id, "x", key=key) == await box.draft_reply(item_id, "x", key=key)


class TestMark:
    async def test_the_number_stands_in_a_property_of_ours_too(self, world: World, box: OutlookMailbox) -> None:
        item_id = letter(world)
        await box.mark(item_id, "تراسل: و.م/و/1/2026", "و.م/و/1/2026")
        shown = world.item(item_id, f"?$expand=singleValueExtendedProperties($filter={quote(f"id eq '{NUMBER}'")})")
        assert shown["singleValueExtendedProperties"] == [{"id": NUMBER, "value": "و.م/و/1/2026"}]

    async def test_a_mark_in_the_other_language_is_replaced_as_well(self, world: World, box: OutlookMailbox) -> None:
        item_id = letter(world)
        await box.mark(item_id, "Tarasul: 7", "7")
        await box.mark(item_id, "تراسل: حجر 7", "7")
        assert world.item(item_id)["categories"] == ["تراسل: حجر 7"]

    async def test_a_mark_that_stands_is_not_written_again(
        self, world: World, box: OutlookMailbox, judge: Judge
    ) -> None:
        item_id = letter(world)
        for _ in range(2):
            await box.mark(item_id, "تراسل: 7", "7")
        assert [method for method, _, _ in judge.calls] == ["GET", "PATCH", "GET"]

    async def test_what_a_person_writes_between_our_look_and_our_word_is_kept(self, world: World, judge: Judge) -> None:
        item_id = letter(world)

        class Interrupted(GraphClient):
            """After the first look somebody else writes."""

            looked = 0

            async def read(self, ask: Any, decoder: Any) -> Any:
                found = await super().read(ask, decoder)
                self.looked += 1
                if self.looked == 1:
                    path = f"/users/{REGISTRY}/messages/{quote(item_id)}"
                    world.graph("PATCH", path, json={"categories": ["عاجل"]})
                return found

        client = client_of(world, judge, make=Interrupted)
        await OutlookMailbox(client, REGISTRY).mark(item_id, "تراسل: 7", "7")
        await client.close()
        assert world.item(item_id)["categories"] == ["عاجل", "تراسل: 7"]
        assert [status for _, _, status in judge.calls] == [200, 412, 200, 200]

    async def test_an_answer_that_was_lost_leaves_one_mark(self, world: World, box: OutlookMailbox) -> None:
        item_id = letter(world)
        world.faults({"match": "PATCH *", "fault": "lost", "rate": 0.5}, seed=3)
        for _ in range(4):
            try:
                await box.mark(item_id, "تراسل: 7", "7")
            except (Unavailable, Changed):
                continue
        world.faults()
        await box.mark(item_id, "تراسل: 7", "7")
        assert world.item(item_id)["categories"] == ["تراسل: 7"]

    async def test_an_answer_that_lacks_the_categories_erases_none(self) -> None:
        async with asking(Say(body=b'{"id":"1"}')) as (client, script):
            with pytest.raises(Unavailable):
                await OutlookMailbox(client, REGISTRY).mark("1", "تراسل: 7", "7")
        assert {asked.method for asked in script.asked} == {"GET"}


class TestFetch:
    async def test_the_bytes_are_those_of_the_mailbox(self, world: World, box: OutlookMailbox) -> None:
        item_id = letter(world)
        got = await box.fetch(arrived(world, item_id))
        assert got.raw == world.graph("GET", f"/users/{REGISTRY}/messages/{item_id}/$value").body
        assert got.mail.authentication.dmarc == "pass"

    async def test_a_mail_whose_id_has_changed_is_found_by_its_message_id(
        self, world: World, box: OutlookMailbox
    ) -> None:
        item = arrived(world, letter(world))
        stale = Arrived(item_id=item.item_id[:-4] + "XXXX", message_id=item.message_id, received_at=item.received_at)
        assert (await box.fetch(stale)).mail.item_id == item.item_id

    async def test_another_mail_under_the_same_message_id_is_not_taken_for_it(
        self, world: World, box: OutlookMailbox
    ) -> None:
        item = arrived(world, letter(world))
        stale = Arrived(
            item_id=item.item_id[:-4] + "XXXX",
            message_id=item.message_id,
            received_at=item.received_at - timedelta(minutes=1),
        )
        with pytest.raises(Gone):
            await box.fetch(stale)

    async def test_a_mail_of_25_mb_comes_whole(self, world: World, box: OutlookMailbox) -> None:
        annex = bytes(range(256)) * 4 * 1024 * 19
        raw = multipart(text("x"), part("application/pdf", annex, name="big.pdf"))
        got = await box.fetch(arrived(world, world.arrive(raw)["id"]))
        assert len(got.raw) > 25 * 1024 * 1024
        assert [got.parts[p.sha256] == annex for p in got.mail.parts] == [True]

    @pytest.mark.parametrize(
        "said",
        [
            Say(body=b"<html>Please sign in</html>", headers={"content-type": "text/html; charset=utf-8"}),
            Say(body=b""),
            Say(body=base64.b64encode(b"x" * 100), cut=True),
        ],
    )
    async def test_a_page_of_a_proxy_or_half_a_mail_is_never_taken_for_the_mail(self, said: Say) -> None:
        item = Arrived(item_id="1", message_id="", received_at=datetime.fromisoformat("2026-11-22T09:00:00Z"))
        async with asking(said, manners=Manners(patience_s=0)) as (client, _):
            with pytest.raises(Unavailable):
                await OutlookMailbox(client, REGISTRY).fetch(item)


class TestCutOnTheWay:
    """Bytes that were halved, with a length that agrees: no answer says so, only the mail does."""

    HALF = {"match": "GET */$value", "fault": "half"}  # noqa: RUF012

    @pytest.mark.parametrize(
        "raw", [multipart(text("words"), part("application/pdf", b"x" * 900, name="a.pdf")), plain("كلمات " * 90)]
    )
    async def test_it_is_asked_for_until_it_comes_whole(self, world: World, box: OutlookMailbox, raw: bytes) -> None:
        item = arrived(world, world.arrive(raw)["id"])
        world.faults(self.HALF | {"rate": 0.5}, seed=1)
        for _ in range(4):
            got = await box.fetch(item)
            assert (got.mail.cut, got.raw.endswith(raw[-200:])) == (False, True)
        assert world.struck() > 0

    async def test_one_that_only_ever_comes_cut_waits_and_is_entered_in_the_end_with_the_remark(
        self, world: World, graph: GraphClient, judge: Judge
    ) -> None:
        item = arrived(world, world.arrive(plain("كلمات " * 90))["id"])
        world.faults(self.HALF)
        with pytest.raises(Unavailable):
            await OutlookMailbox(graph, REGISTRY, clock=lambda: item.received_at).fetch(item)
        later = OutlookMailbox(graph, REGISTRY, clock=lambda: item.received_at + timedelta(hours=1))
        assert (await later.fetch(item)).mail.remarks == ("incomplete.cut",)
        assert judge.found == []


class TestLimits:
    async def test_many_at_once_never_exceed_what_the_mailbox_allows(
        self, world: World, box: OutlookMailbox, judge: Judge
    ) -> None:
        item = arrived(world, letter(world))
        await asyncio.gather(*(box.fetch(item) for _ in range(24)))
        assert {status for _, _, status in judge.calls} == {200}
        peaks = world.control("GET", "state")["mailbox_peaks"]
        assert max(peaks.values()) <= 4

    async def test_a_long_wait_is_handed_on_to_whoever_keeps_the_outbox(
        self, world: World, box: OutlookMailbox
    ) -> None:
        item_id = letter(world)
        world.faults({"match": "graph", "fault": "429", "args": {"retry_after": 600}})
        for _ in range(2):
            with pytest.raises(Throttled) as told:
                await box.mark(item_id, "تراسل: 7", "7")
            assert 599 < told.value.retry_after_s <= 600
        assert world.struck() == 1

    async def test_a_short_wait_is_waited(self, world: World, box: OutlookMailbox, judge: Judge) -> None:
        item = arrived(world, letter(world))
        world.faults({"match": "graph", "fault": "429", "rate": 0.5, "args": {"retry_after": 0.05}}, seed=2)
        for _ in range(6):
            await box.fetch(item)
        assert world.struck() > 0
        assert [status for _, _, status in judge.calls].count(200) == 12  # its bytes, and what is shown of such a text

    async def test_a_mailbox_that_is_not_ours_is_an_operators_turn(self, graph: GraphClient) -> None:
        for address in ("huda@ministry.example", "nobody@ministry.example"):
            with pytest.raises(Misconfigured):
                await OutlookMailbox(graph, address).changes("inbox", None)


class TestForwarded:
    """What an official passes on from Outlook is understood."""

    @pytest.mark.parametrize(
        ("upn", "key"),
        [("huda", "guarantee"), ("laila", "quotation"), ("noura", "training"), ("omar", "no-subject")],
    )
    async def test_the_letter_in_it_is_found_with_its_annex(
        self, world: World, box: OutlookMailbox, upn: str, key: str
    ) -> None:
        sample = next(one for one in LETTERS if one.key == key)
        cursor = None
        while (page := await box.changes("inbox", cursor)).more:
            cursor = page.cursor
        person = f"{upn}@ministry.example"
        inbox = world.graph("GET", "/me/mailFolders/inbox/messages?$top=50", by=person).json()["value"]
        there = next(m["id"] for m in inbox if m["internetMessageId"].startswith(f"<sample-{key}@"))
        to = [{"emailAddress": {"address": REGISTRY}}]
        sent = {"comment": "للتفضل باللازم", "toRecipients": to}
        world.graph("POST", f"/me/messages/{there}/forward", by=person, json=sent)
        async with asyncio.timeout(20):
            while not (new := (await box.changes("inbox", page.cursor)).arrived):
                pass
        got = await box.fetch(new[0])
        assert got.mail.unreadable == ()
        assert got.mail.sender.address == person
        found = unwrap(got.mail.letter.text)
        assert found is not None
        assert found.letter.sender == Address(sample.sender, sample.address)
        assert found.letter.subject == sample.subject
        assert found.note == "للتفضل باللازم"
        assert found.letter.text.split() == sample.text.split()
        assert [(p.name, got.parts[p.sha256]) for p in got.mail.parts] == [
            (sample.annex_name, (FOLDER / sample.annex).read_bytes())
        ]
