"""What is recognised of a mail reaches its record, with the reason; what two machines tell each other ends."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.whole import marked
from registry.commands import Approve, Close, NoteReplyDrafted, NoteReplySent
from registry.errors import Unavailable
from registry.events import AutoReplyReceived, CopyReceived, DeliveryFailed, Linked, MailReceived, Referred, ReplySent
from registry.office import LoopGuard, Office
from registry.record import Record
from service.ports import Arrived, Fetched, Wanted
from tests.service.house import Registry, letter
from tests.values import FORWARDED, MAILBOX, OFFICE, SECOND_MAILBOX

OURS = "<ours-1@ministry.example>"


def with_two_registers(copies: str) -> Office:
    """The second mailbox is Legal's own, and Laila keeps that register."""
    units = {
        **OFFICE.units,
        "registry": replace(OFFICE.units["registry"], registry_for=(MAILBOX,), copies=copies),
        "legal": replace(OFFICE.units["legal"], registry_for=(SECOND_MAILBOX,), copies=copies),
    }
    people = {**OFFICE.people, "laila": replace(OFFICE.people["laila"], clerk=True)}
    return replace(OFFICE, units=units, people=people)


async def answered(house: Registry) -> Record:
    """Huda's letter is closed and our reply has gone out as OURS."""
    record = await house.registered()
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    house.take(
        NoteReplySent(record_id=record.record_id, mailbox=MAILBOX, item_id="d", internet_message_id=OURS),
    )
    return record


def bounce(number: int, about: str = OURS, *, key: str = "", action: str = "failed") -> bytes:
    """What Exchange sends when nobody has the address."""
    mark = f"X-Tarasul-Key: {key}\r\n" if key else ""
    return f"""From: Microsoft Outlook <postmaster@ministry.example>\r
To: {MAILBOX}\r
Subject: Undeliverable\r
Date: Sat, 21 Nov 2026 12:00:{number % 60:02} +0300\r
Message-ID: <bounce-{number}@ministry.example>\r
Auto-Submitted: auto-replied\r
Content-Type: multipart/report; report-type=delivery-status; boundary=q\r
\r
--q\r
Content-Type: text/plain\r
\r
Delivery has failed.\r
--q\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns;x.example\r
\r
Final-Recipient: rfc822;huda@ministry.example\r
Action: {action}\r
Status: 5.1.1\r
\r
--q\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {about}\r
{mark}\r
--q--\r
""".encode()


# ---------------------------------------------------------------- machines


async def test_a_bounce_of_our_reply_stands_on_its_record_and_is_put_before_the_register(house: Registry) -> None:
    record = await answered(house)
    house.box.arrive(bounce(1))
    await house.intake.visit(MAILBOX)
    [failed, referred] = house.sheet(record.record_id)[-2:]
    assert isinstance(failed, DeliveryFailed)
    assert (failed.status, failed.recipients, failed.answers) == ("5.1.1", ("huda@ministry.example",), OURS)
    assert isinstance(referred, Referred)
    assert [(s.verdict, s.rule, s.record_id) for s in house.seen()][-1] == ("reply", "told.bounce", record.record_id)
    house.meet("noura", "abdullah", "huda")
    await house.performer().perform_due()
    assert [card.step for card in house.cards_of("abdullah")] == [2]
    assert {reply.answers for reply in house.box.drafts.values()} == {record.source.item_id}
    assert len(house.records()) == 1


async def test_a_bounce_that_comes_before_we_know_that_the_reply_has_gone_is_known_by_our_mark(house: Registry) -> None:
    record = await house.registered()
    house.take(NoteReplyDrafted(record_id=record.record_id, mailbox=MAILBOX, item_id="d"))
    house.box.arrive(bounce(1, key=f"reply:{record.record_id}"))
    house.box.arrive(bounce(2, "<somebody-else-s@x>", key="reply:r-that-there-is-not"))
    await house.intake.visit(MAILBOX)
    assert [(s.verdict, s.rule) for s in house.seen()][1:] == [("reply", "told.bounce"), ("ignored", "noise.report")]


@pytest.mark.parametrize(
    ("raw", "rule", "event"),
    [
        (letter(8, "huda@ministry.example", Auto_Submitted="auto-replied", References=OURS), "told.automatic", True),
        (letter(8, "huda@ministry.example", Return_Path="<>", In_Reply_To=OURS), "told.automatic", True),
        (letter(8, "huda@ministry.example", Auto_Submitted="auto-replied", References="<x@y>"), "noise", False),
        (letter(8, "huda@ministry.example", Auto_Submitted="auto-replied"), "noise", False),
        (bounce(8, "<nothing-of-ours@x>"), "noise", False),
    ],
)
async def test_what_a_machine_writes_is_noted_where_it_is_about_a_mail_of_ours_and_noise_else(
    house: Registry, raw: bytes, rule: str, event: bool
) -> None:
    record = await answered(house)
    house.box.arrive(raw)
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered", "reply" if event else "ignored"]
    assert (house.seen()[-1].rule or "").startswith(rule)
    assert isinstance(house.sheet(record.record_id)[-1], AutoReplyReceived) is event


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["bounce", "receipt", "away", "noise", "letter"]), max_size=8), st.booleans())
def test_the_day_adds_up_whatever_machines_write(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[str], twice: bool
) -> None:
    async def live() -> None:
        house = Registry(tmp_path_factory.mktemp("day"))
        await answered(house)
        make: dict[str, Callable[[int], bytes]] = {
            "bounce": bounce,
            "receipt": lambda n: bounce(n, action="delayed"),
            "away": lambda n: letter(n, "huda@ministry.example", Auto_Submitted="auto-replied", References=OURS),
            "noise": lambda n: letter(n, Auto_Submitted="auto-replied"),
            "letter": letter,
        }
        for number, kind in enumerate(kinds, start=10):
            house.box.arrive(make[kind](number))
        for _ in range(2 if twice else 1):
            await house.intake.visit(MAILBOX)
        [count, _] = await house.reconciler.count(house.now.date())
        noted = sum(kind in ("bounce", "receipt", "away") for kind in kinds)
        assert count.green
        assert (count.replies, count.ignored, count.seen) == (noted, kinds.count("noise"), len(kinds) + 1)

    asyncio.run(live())


async def test_a_machine_that_answers_before_we_know_that_our_reply_has_gone_is_noted(house: Registry) -> None:
    """It bears no mark of ours, only the Message-ID under which our draft was to go."""
    record = await house.registered()
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    house.box.faults.add("send_draft", Unavailable("504"), done=True)
    for _ in range(3):
        await house.performer().perform_due()
    [reply] = house.box.sent.values()
    assert house.record(record.record_id).reply is not None
    assert not any(isinstance(event, ReplySent) for event in house.sheet(record.record_id))
    house.box.arrive(letter(8, "huda@ministry.example", Auto_Submitted="auto-replied", In_Reply_To=reply.message_id))
    await house.intake.visit(MAILBOX)
    last = house.sheet(record.record_id)[-1]
    assert isinstance(last, AutoReplyReceived)
    assert last.answers == reply.message_id


@pytest.mark.parametrize("by_a_machine", [True, False])
async def test_an_answer_that_reaches_both_our_mailboxes_is_noted_once_and_counted_in_each(
    house: Registry, by_a_machine: bool
) -> None:
    record = await answered(house)
    headers = {"References": OURS} | ({"Auto_Submitted": "auto-replied"} if by_a_machine else {})
    raw = letter(8, "huda@ministry.example", **headers)
    for box, mailbox in ((house.box, MAILBOX), (house.second, SECOND_MAILBOX)):
        box.arrive(raw)
        await house.intake.visit(mailbox)
    noted = [e for e in house.sheet(record.record_id) if isinstance(e, AutoReplyReceived | MailReceived)]
    assert len(noted) == 1
    assert [(s.mailbox, s.verdict, s.record_id) for s in house.seen(SECOND_MAILBOX)] == [
        (SECOND_MAILBOX, "copy", record.record_id)
    ]
    counts = await house.reconciler.count(house.now.date())
    assert [(c.replies, c.copies, c.green) for c in counts] == [(1, 0, True), (0, 1, True)]


# ---------------------------------------------------------------- loops


async def ping_pong(house: Registry, answer: Callable[[int, str], bytes], rounds: int) -> int:
    """Clerks and heads end whatever is put before them, and every reply of ours is answered by *answer* at once; how
    often we replied."""
    house.box.arrive(letter(1, "huda@ministry.example", text=FORWARDED))
    replied = 0
    for turn in range(rounds):
        house.later(60)
        await house.intake.visit(MAILBOX)
        for record in house.records():
            for step in record.open_steps:
                by = step.to_person or "noura"
                if step.custody and record.rules.listed:
                    house.take(Close(record_id=record.record_id, step=step.number, by=by, note="تم"))
        for _ in range(3):
            await house.performer().perform_due()
            house.later(5)
        for sent in list(house.box.sent.values())[replied:]:
            replied += 1
            house.box.arrive(answer(100 * turn + replied, sent.message_id))
    return replied


@pytest.mark.parametrize("seed", range(3))
async def test_a_machine_that_hides_what_it_is_is_answered_a_few_times_and_then_never_again(
    tmp_path: Path, seed: int
) -> None:
    """An official's autoresponder takes every header away by which it would be known, and writes us a new mail."""
    chance = random.Random(seed)
    house = Registry(tmp_path, replace(OFFICE, loop_guard=LoopGuard(answers=4)))

    def forged(number: int, _: str) -> bytes:
        prefix = chance.choice(("رد: ", "RE: ", "FW: RE: ", ""))
        subject = f"{prefix}أنا في إجازة"
        return letter(5_000 + number, "huda@ministry.example", subject=subject, text=f"سأرد لاحقاً {number}")

    assert await ping_pong(house, forged, 15) == 1 + 4
    held = [r for r in house.records() if not r.rules.listed]
    assert [r.reasons for r in held] == [("quarantine.loop",)]
    [count, _] = await house.reconciler.count(house.now.date())
    assert count.green


async def test_a_machine_that_says_what_it_is_is_never_answered(house: Registry) -> None:
    def honest(number: int, message_id: str) -> bytes:
        return letter(number + 5_000, "huda@ministry.example", Auto_Submitted="auto-replied", References=message_id)

    assert await ping_pong(house, honest, 6) == 1
    assert len(house.records()) == 1


async def test_a_sender_who_floods_one_record_is_kept_apart_and_a_machine_that_does_is_noise(tmp_path: Path) -> None:
    house = Registry(tmp_path, replace(OFFICE, loop_guard=LoopGuard(mails=3)))
    record = await answered(house)
    for number in range(10, 16):
        house.box.arrive(letter(number, References=OURS))
        house.box.arrive(letter(number + 100, "huda@ministry.example", Auto_Submitted="auto-replied", References=OURS))
    await house.intake.visit(MAILBOX)
    by_verdict = [(s.verdict, s.rule) for s in house.seen()]
    assert by_verdict.count(("reply", None)) == 3
    assert by_verdict.count(("quarantined", "quarantine.loop")) == 3
    assert by_verdict.count(("ignored", "noise.flood")) == 6 - by_verdict.count(("reply", "told.automatic"))
    assert by_verdict.count(("ignored", "noise.flood")) >= 3
    assert len(house.record(record.record_id).mails) < 8
    house.later(7_200)
    house.box.arrive(letter(30, References=OURS))
    await house.intake.visit(MAILBOX)
    assert house.seen()[-1].verdict == "reply"


async def test_an_official_who_writes_often_about_one_thing_is_not_taken_for_a_machine(house: Registry) -> None:
    """Nothing of ours has answered them: it is how often we did that counts."""
    for number in range(1, 13):
        house.box.arrive(letter(number, "huda@ministry.example", subject="كتاب وارد"))
    await house.intake.visit(MAILBOX)
    assert set(house.verdicts()) == {"registered"}


# ---------------------------------------------------------------- identities


async def test_every_line_of_a_record_s_later_mail_says_why_it_stands_there(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    [record] = house.records()
    house.box.arrive(letter(1))
    house.box.arrive(letter(1).replace(b"<1@post.example>", b"<another@gateway.example>"))
    house.box.arrive(letter(2, References="<1@post.example>"))
    await house.intake.visit(MAILBOX)
    same, words, answer = house.sheet(record.record_id)[-3:]
    assert isinstance(same, CopyReceived)
    assert isinstance(words, CopyReceived)
    assert isinstance(answer, MailReceived)
    assert (same.same_as, words.same_as, answer.answers) == ("identity", "content", "<1@post.example>")


async def test_another_letter_under_a_used_message_id_gets_a_number_and_names_the_first(house: Registry) -> None:
    house.box.arrive(letter(1))
    house.box.arrive(letter(1, text="كتاب آخر تماما"))
    await house.intake.visit(MAILBOX)
    first, second = sorted(house.records(), key=lambda r: r.serial)
    assert house.verdicts() == ["registered", "registered"]
    assert (first.links, [(k.record_id, k.reference, k.how) for k in second.links]) == (
        (),
        [(first.record_id, first.reference, "same_id")],
    )


@pytest.mark.parametrize("written", ["س.ع/و/1/2026", "س.ع/و/١/٢٠٢٦", "\u2068س.ع/و/1/2026\u2069"])
async def test_our_number_in_a_letter_without_references_is_shown_to_the_clerk_and_joins_nothing(
    house: Registry, written: str
) -> None:
    first = await house.registered()
    house.box.arrive(letter(7, text=f"إشارة إلى كتابكم رقم {written} المؤرخ أمس"))
    house.box.arrive(letter(8, text="إشارة إلى كتابكم رقم س.ع/و/99/2026 أو س.ع/و/1/20261"))
    await house.intake.visit(MAILBOX)
    by_serial = {r.serial: r for r in house.records()}
    assert [(k.record_id, k.how) for k in by_serial[2].links] == [(first.record_id, "number")]
    assert by_serial[3].links == ()
    assert house.record(first.record_id).mails == ()
    [linked] = [e for e in house.sheet(by_serial[2].record_id) if isinstance(e, Linked)]
    assert linked.reference == first.reference


# ---------------------------------------------------------------- a second register


async def two_copies(house: Registry, raw: bytes) -> None:
    house.box.arrive(raw)
    house.second.arrive(raw)
    await house.intake.visit(MAILBOX)
    await house.intake.visit(SECOND_MAILBOX)


async def test_a_register_that_wants_copies_referred_is_told_on_the_one_record(tmp_path: Path) -> None:
    house = Registry(tmp_path, with_two_registers("refer"))
    await two_copies(house, letter(1, "huda@ministry.example", text=FORWARDED))
    [record] = house.records()
    assert [(s.asked, s.to_unit) for s in record.steps] == [("for_approval", "finance"), ("for_information", "legal")]
    assert house.verdicts(SECOND_MAILBOX) == ["copy"]
    for unit, found in (("legal", [record]), ("store", [])):
        asked = Wanted(reader="nobody", reader_unit=unit)
        assert house.store.read(lambda tx, a=asked: tx.find(a)) == found
    house.meet("laila", "huda")
    await house.performer().perform_due()
    assert [card.step for card in house.cards_of("laila")] == [2]


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_register_that_enters_copies_itself_gives_a_number_of_its_own_and_both_say_so(
    tmp_path: Path, at_once: bool
) -> None:
    house = Registry(tmp_path, with_two_registers("link"))
    raw = letter(1, "huda@ministry.example", text=FORWARDED)
    house.box.arrive(raw)
    house.second.arrive(raw)
    if at_once:
        readers = house.reader("one"), house.reader("other")
        await asyncio.gather(readers[0].visit(MAILBOX), readers[1].visit(SECOND_MAILBOX))
    else:
        await house.intake.visit(MAILBOX)
        await house.intake.visit(SECOND_MAILBOX)
    one, other = sorted(house.records(), key=lambda r: r.registry_unit_id, reverse=True)
    assert (one.reference, other.reference) == ("س.ع/و/1/2026", "ش.ق/و/1/2026")
    for record, partner in ((one, other), (other, one)):
        assert [(k.record_id, k.reference, k.how) for k in record.links] == [
            (partner.record_id, partner.reference, "register")
        ]
    assert house.verdicts() == house.verdicts(SECOND_MAILBOX) == ["registered"]
    house.second.arrive(raw)  # once more: it is a copy now, in its own register
    house.box.arrive(raw)
    await house.intake.visit(SECOND_MAILBOX)
    await house.intake.visit(MAILBOX)
    assert [len(house.record(r.record_id).mails) for r in (one, other)] == [1, 1]
    for mailbox in (MAILBOX, SECOND_MAILBOX):
        assert house.verdicts(mailbox) == ["registered", "copy"]


# ---------------------------------------------------------------- what delta showed


class Died(BaseException):
    """The process ends here."""


async def test_what_delta_showed_to_a_process_that_died_is_seen_even_if_it_is_gone_since(house: Registry) -> None:
    shown, kept = house.box.arrive(letter(1)), house.box.arrive(letter(2))

    async def die(_: Arrived) -> Fetched:
        raise Died

    fetch, house.box.fetch = house.box.fetch, die  # type: ignore[method-assign]
    with pytest.raises(Died):
        await house.intake.visit(MAILBOX)
    house.box.fetch = fetch  # type: ignore[method-assign]
    house.box.remove(shown.item_id)
    assert house.verdicts() == []
    assert {s.item_id for s in house.seen()} == {shown.item_id, kept.item_id}

    count = await house.reconciler.count(house.now.date())
    assert (count[0].seen, count[0].registered, count[0].ignored, count[0].green) == (2, 1, 1, True)
    assert [(s.verdict, s.rule) for s in house.seen()] == [("gone", "noise.gone"), ("registered", None)]


async def test_what_was_shown_and_cannot_be_judged_is_red_and_named(house: Registry) -> None:
    item = house.box.arrive(letter(1))
    house.store.write(lambda tx: tx.show_mail(MAILBOX, [item], house.now))
    house.box.remove(item.item_id)

    async def broken(_: Arrived) -> Fetched:
        raise ValueError("a fault of ours")

    house.box.fetch = broken  # type: ignore[method-assign]
    [count, _] = await house.reconciler.count(house.now.date())
    assert (count.green, count.missing, count.seen) == (False, (item.item_id,), 1)


async def test_what_is_shown_again_keeps_its_verdict(house: Registry) -> None:
    item = house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    house.store.write(lambda tx: tx.show_mail(MAILBOX, [item], house.now))
    assert house.verdicts() == ["registered"]


# ---------------------------------------------------------------- cut on the way


@pytest.mark.parametrize("cut_first", [True, False])
async def test_a_mail_of_which_only_half_came_is_the_same_one_when_it_comes_whole_under_another_id(
    house: Registry, monkeypatch: pytest.MonkeyPatch, cut_first: bool
) -> None:
    item = house.box.arrive(letter(1))
    whole = house.box.read(house.box.items[item.item_id].raw, item)
    half = marked(house.box.read(letter(1)[:-40], item))
    came = iter((half, whole) if cut_first else (whole, half))
    monkeypatch.setattr(house.box, "fetch", lambda found: _came(next(came), found))
    await house.intake.visit(MAILBOX)
    moved = house.box.items.pop(item.item_id)
    house.box.items["moved"] = replace(moved, arrived=replace(item, item_id="moved"))
    house.box._log.append("moved")
    await house.intake.visit(MAILBOX)
    [record] = house.records()
    assert [(s.verdict, s.record_id) for s in house.seen()][-1] == ("copy", record.record_id)
    assert isinstance(house.sheet(record.record_id)[-1], CopyReceived)


async def test_another_letter_under_the_same_message_id_is_not_taken_for_the_rest_of_one_that_was_cut(
    house: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = house.box.arrive(letter(1))
    half = marked(house.box.read(letter(1)[:-40], item))
    with monkeypatch.context() as patched:
        patched.setattr(house.box, "fetch", lambda found: _came(half, found))
        await house.intake.visit(MAILBOX)
    other = letter(1).replace(b"Subject:", b"Subject: another letter")
    house.box.arrive(other, at=item.received_at + timedelta(seconds=1))
    await house.intake.visit(MAILBOX)
    assert len(house.records()) == 2


async def _came(fetched: Fetched, found: Arrived) -> Fetched:
    return replace(fetched, mail=replace(fetched.mail, item_id=found.item_id))
