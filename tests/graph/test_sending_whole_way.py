"""A letter of ours against the tenant: it leaves whole, comes to whom it is for, and what comes back is known."""

import time
from dataclasses import replace
from pathlib import Path

from graph.client import GraphClient
from graph.mailbox import OutlookMailbox
from graph.mime import read_mail
from registry.dispatch_commands import Resend
from registry.entities import MAIL, Entity
from registry.mail import Part
from registry.recipients import Chosen
from registry.record import holders
from service.intake import Intake
from service.ports import Arrived
from service.sending_ports import Enclosure, LetterMail
from tests.dispatch_values import BANK, PDF, SENDING_OFFICE
from tests.graph.world import REGISTRY, World
from tests.service.house import letter
from tests.service.test_sending import Sender
from tests.values import NOON
from tests.waiting import until

LOST = Entity(code="lost", ar="جهة", en="Lost", channel=MAIL, address="nobody@ministry.example")
OFFICE = replace(SENDING_OFFICE, entities={"cbk": BANK, "lost": LOST})
MAPS = bytes(range(256)) * (4 * 2**20 // 256)


async def test_a_letter_leaves_whole_and_what_comes_back_is_tied_to_its_recipient(
    world: World, graph: GraphClient, tmp_path: Path
) -> None:
    before = len(outside(world))
    house = Sender(tmp_path, OFFICE)
    house.meet("omar", "huda", "noura", "abdullah")
    outlook = OutlookMailbox(graph, REGISTRY)
    house.boxes = {REGISTRY: outlook}  # type: ignore[dict-item]
    house.intake = Intake(house.store, house.taker, house.clock, house.archive, house.boxes, owner="i", lease_s=60.0)
    await house.intake.visit(REGISTRY)  # what lies there has nothing to do with us
    annex = Part(
        name="خرائط.pdf",
        content_type="application/pdf",
        size_bytes=len(MAPS),
        sha256=await house.archive.put(MAPS),
    )
    await house.issued(recipients=(Chosen(entity="cbk"), Chosen(entity="lost")), annexes=(annex,))
    await house.work(3)
    assert [r.state for r in house.record("l1").recipients] == ["sent", "sent"]
    assert house.record("l1").ended

    # outside it is the sealed file and the annex, from our mailbox, once; its copy is among what we sent
    until(lambda: len(outside(world)[before:]) == 1)
    (left,) = outside(world)[before:]
    raw = world.control_bytes(left["mime"])
    mail = read_mail(raw, mailbox="x", item=Arrived(item_id="1", message_id="", received_at=NOON))
    assert {mail.parts[p.sha256] for p in mail.mail.parts} == {PDF, MAPS}
    assert (left["to"], left["from"]) == (BANK.address, REGISTRY)
    sent = [i for i in world.in_folder("sentitems") if house.record("l1").reference in i["subject"]]
    assert len(sent) == 2

    # nobody has that address: the server says so, and the register has it again
    await comes(house, "bounced", 1)
    assert [h.unit for h in holders(house.record("l1"))] == ["registry"]
    house.take(Resend(record_id="l1", by="abdullah", recipient=2, address="post@lost.example"))
    await house.work(3)
    until(lambda: len(outside(world)[before:]) == 2)
    assert {one["to"] for one in outside(world)[before:]} == {BANK.address, "post@lost.example"}

    # the bank answers in the thread
    about = house.record("l1").recipients[0].message_id
    world.arrive(letter(5, BANK.address, In_Reply_To=about))
    await comes(house, "answered", 0)
    answer = next(r for r in house.records() if r.direction == "in" and r.links)
    assert [(k.record_id, k.how) for k in answer.links] == [("l1", "replies_to")]
    house.store.close()


def outside(world: World) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = world.control("GET", "outside")
    return [one for one in listed if one["from"] == REGISTRY]


async def comes(house: Sender, state: str, at: int) -> None:
    """Read the mailbox until what came says that of the recipient."""
    deadline = time.monotonic() + 60
    while house.record("l1").recipients[at].state != state:
        assert time.monotonic() < deadline, house.record("l1").recipients
        await house.intake.visit(REGISTRY)


async def test_a_letter_that_answers_a_mail_leaves_in_its_thread(world: World, graph: GraphClient) -> None:
    outlook = OutlookMailbox(graph, REGISTRY)
    about = "<4711.abc@bank.example>"

    async def nothing(_: Enclosure) -> bytes:
        raise AssertionError("it has no enclosure")

    reply = LetterMail(to="reply@bank.example", subject="كتاب رقم 7", html="<p>x</p>", enclosures=(), answers=about)
    drafted = await outlook.draft_letter(reply, nothing, key="letter:l7:1:1")
    await outlook.send_draft(drafted.item_id)
    until(lambda: any(one["to"] == reply.to for one in outside(world)))
    (left,) = [one for one in outside(world) if one["to"] == reply.to]
    raw = world.control_bytes(left["mime"])
    mail = read_mail(raw, mailbox="x", item=Arrived(item_id="1", message_id="", received_at=NOON)).mail
    assert mail.references == (about,)
    assert b"\r\nIn-Reply-To: <4711.abc@bank.example>\r\n" in raw
