"""What comes in: every mail gets its verdict, once, wherever reading was interrupted."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from registry.commands import NoteReplyDrafted, NoteReplySent
from registry.decide import decide
from registry.errors import Gone, Misconfigured, Mistaken, Throttled, Unavailable
from registry.events import OursReturned
from registry.mail import Authentication, Mail
from registry.recognise import Known
from service.intake import Intake, Round
from service.ports import Fetched
from store.transaction import SqlTransaction
from tests.fakes.mailbox import FakeMailbox
from tests.service.house import LEASE_S, Registry, letter, letters
from tests.values import FORWARDED, MAILBOX, NOON, OFFICE, SECOND_MAILBOX


class Crash(BaseException):
    """The process ends here."""


def arrive(house: Registry, *mails: bytes) -> list[str]:
    return [house.box.arrive(raw).item_id for raw in mails]


# ---------------------------------------------------------------- the plain way


async def test_a_mail_becomes_a_record_and_its_bytes_are_kept(house: Registry) -> None:
    raw = letter(1, "huda@ministry.example", text=FORWARDED)
    arrive(house, raw)
    assert await house.intake.visit(MAILBOX) == Round(taken=1)
    [record] = house.records()
    assert (record.reference, record.forwarded_by) == ("س.ع/و/1/2026", "huda")
    assert await house.archive.get(record.source.sha256) == raw
    assert house.verdicts() == ["registered"]


async def test_mails_are_taken_in_the_order_in_which_they_came(house: Registry) -> None:
    house.boxes[MAILBOX] = house.box = FakeMailbox(MAILBOX, house.clock, page=4)
    house.intake = house.reader("paged")
    arrive(house, *letters(1, 10))
    assert await house.intake.visit(MAILBOX) == Round(taken=10)
    assert [(r.serial, r.subject) for r in sorted(house.records(), key=lambda r: r.serial)] == [
        (n, f"كتاب {n}") for n in range(1, 11)
    ]


async def test_a_second_visit_finds_nothing_new(house: Registry) -> None:
    arrive(house, *letters(1, 3))
    await house.intake.visit(MAILBOX)
    cursor = house.cursor()
    assert await house.intake.visit(MAILBOX) == Round(taken=0)
    assert (len(house.records()), house.cursor()) == (3, cursor)


async def test_a_page_with_nothing_on_it_is_not_the_end(house: Registry) -> None:
    house.boxes[MAILBOX] = house.box = FakeMailbox(MAILBOX, house.clock, page=1)
    house.intake = house.reader("paged")
    house.box.arrive(letter(1), folder="other")
    house.box.arrive(letter(2), folder="other")
    arrive(house, letter(3))
    assert await house.intake.visit(MAILBOX) == Round(taken=1)


async def test_a_mail_that_is_shown_again_is_not_taken_again(house: Registry) -> None:
    [item] = arrive(house, letter(1))
    house.box.touch(item)
    await house.intake.visit(MAILBOX)
    house.box.touch(item)
    assert await house.intake.visit(MAILBOX) == Round(taken=0)
    assert (len(house.records()), house.verdicts()) == (1, ["registered"])


async def test_a_dead_cursor_means_reading_everything_and_taking_nothing_twice(house: Registry) -> None:
    arrive(house, *letters(1, 3))
    await house.intake.visit(MAILBOX)
    house.box.kill_cursors()
    arrive(house, letter(4))
    assert await house.intake.visit(MAILBOX) == Round(taken=1)
    assert len(house.records()) == 4


async def test_a_mail_that_was_deleted_before_it_was_read_is_noted_and_read_if_it_comes_back(house: Registry) -> None:
    [item, _] = arrive(house, letter(1), letter(2))
    house.box.faults.add("fetch", Gone("deleted"))
    assert await house.intake.visit(MAILBOX) == Round(taken=1)
    assert sorted(house.verdicts()) == ["gone", "registered"]
    house.box.touch(item)
    assert await house.intake.visit(MAILBOX) == Round(taken=1)
    assert house.verdicts() == ["registered", "registered"]


# ---------------------------------------------------------------- what a mail can be


async def test_each_mail_gets_the_verdict_it_deserves(house: Registry) -> None:
    arrive(house, letter(1))
    await house.intake.visit(MAILBOX)
    arrive(
        house,
        letter(1),  # the same letter, delivered again
        letter(2, References="<1@post.example>"),
        letter(3, "ghost@ministry.example"),
        letter(4, Auto_Submitted="auto-replied"),
        letter(5, subject=""),
        b"\xff\xfe no mail at all",
    )
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered", "copy", "reply", "quarantined", "ignored", "registered", "quarantined"]
    by_kind = sorted((r.kind, r.serial) for r in house.records())
    assert by_kind == [
        ("incoming_letter", 1),
        ("incoming_letter", 2),
        ("quarantined_mail", 1),
        ("quarantined_mail", 2),
    ]


async def test_the_same_letter_in_two_mailboxes_is_one_record_and_a_copy(house: Registry) -> None:
    raw = letter(1)
    house.box.arrive(raw)
    house.second.arrive(raw)
    await house.intake.visit(MAILBOX)
    await house.intake.visit(SECOND_MAILBOX)
    assert (house.verdicts(), house.verdicts(SECOND_MAILBOX)) == (["registered"], ["copy"])
    [record] = house.records()
    assert [m.mailbox for m in record.mails] == [SECOND_MAILBOX]


async def test_two_mailboxes_read_at_the_same_moment_still_make_one_record(house: Registry) -> None:
    for raw in letters(1, 8):
        house.box.arrive(raw)
        house.second.arrive(raw)
    readers = house.reader("one"), house.reader("other")
    await asyncio.gather(readers[0].visit(MAILBOX), readers[1].visit(SECOND_MAILBOX))
    assert len(house.records()) == 8
    assert sorted(house.verdicts() + house.verdicts(SECOND_MAILBOX)) == ["copy"] * 8 + ["registered"] * 8


async def test_a_letter_that_another_reader_registers_between_looking_and_entering_is_a_copy(house: Registry) -> None:
    """What the two above come to where the moment is worst: both looked before either entered."""
    house.box.arrive(letter(1))
    house.second.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    late = house.reader("late")
    blind = _Blind(house)
    late._store = blind  # type: ignore[assignment]
    await late.visit(SECOND_MAILBOX)
    assert (len(house.records()), house.verdicts(SECOND_MAILBOX)) == (1, ["copy"])


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [(letter(1), "registered"), (letter(1, sender="Nobody <nobody@ministry.example>"), "quarantined")],
)
async def test_a_mail_that_two_readers_take_keeps_its_verdict(house: Registry, raw: bytes, verdict: str) -> None:
    """The day's count takes what it misses, and a visit may be taking it too: neither makes it a copy of itself."""
    item = house.box.arrive(raw)
    await house.intake.visit(MAILBOX)
    await house.reader("the count's").take_missing(MAILBOX, [item])
    assert (len(house.records()), house.verdicts()) == (1, [verdict])


class _Blind:
    """A store whose reader does not know of any mail yet."""

    def __init__(self, house: Registry) -> None:
        self.read = self._read
        self.write = house.store.write
        self._store = house.store

    def _read(self, work):  # type: ignore[no-untyped-def]
        def blindly(tx):  # type: ignore[no-untyped-def]
            tx.known = lambda mail: Known()
            return work(tx)

        return self._store.read(blindly)


async def test_our_own_reply_is_ours_when_it_comes_back(house: Registry) -> None:
    record = await house.registered()
    sent = NoteReplySent(
        record_id=record.record_id, mailbox=MAILBOX, item_id="d", internet_message_id="<9@post.example>"
    )
    house.take(sent)
    arrive(house, letter(9, MAILBOX))
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered", "ours"]
    last = house.sheet(record.record_id)[-1]
    assert isinstance(last, OursReturned)
    assert last.known_by == "message_id"


async def test_our_reply_is_ours_even_before_we_know_that_it_has_gone(house: Registry) -> None:
    """The answer to `send` was lost, and the reply comes back before we ask again."""
    record = await house.registered()
    house.take(NoteReplyDrafted(record_id=record.record_id, mailbox=MAILBOX, item_id="d"))
    arrive(house, letter(9, MAILBOX, X_Tarasul_Key=f"reply:{record.record_id}"))
    arrive(house, letter(10, MAILBOX, X_Tarasul_Key="reply:r-that-there-is-not"))
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered", "ours", "quarantined"]
    assert [e.known_by for e in house.sheet(record.record_id) if isinstance(e, OursReturned)] == ["mark"]


async def test_a_mailbox_without_a_register_is_the_operator_s_turn_and_nothing_is_lost(tmp_path: Path) -> None:
    house = Registry(tmp_path, OFFICE.__class__(entity_id="ministry"))
    arrive(house, letter(1))
    with pytest.raises(Misconfigured, match="register"):
        await house.intake.visit(MAILBOX)
    assert (house.cursor(), house.verdicts()) == (None, [])
    house.store.write(lambda tx: tx.save_office(OFFICE))
    assert await house.intake.visit(MAILBOX) == Round(taken=1)
    house.store.close()


# ---------------------------------------------------------------- interrupted


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("at", ["first_time", "save", "see_mail", "note_message_id", "save_cursor", "end_lease"])
async def test_a_crash_anywhere_costs_nothing_and_doubles_nothing(
    house: Registry, monkeypatch: pytest.MonkeyPatch, at: str, nth: int
) -> None:
    house.boxes[MAILBOX] = house.box = FakeMailbox(MAILBOX, house.clock, page=2)
    house.intake = house.reader("first")
    arrive(house, *letters(1, 4))
    honest, calls = getattr(SqlTransaction, at), iter(range(1, 1_000))

    def crash_at_last(*args: object, **rest: object) -> object:
        if next(calls) == nth:
            raise Crash
        return honest(*args, **rest)

    monkeypatch.setattr(SqlTransaction, at, crash_at_last)
    with contextlib.suppress(Crash):
        await house.intake.visit(MAILBOX)
    monkeypatch.undo()
    house.later(LEASE_S + 1)  # nobody let go of the dead one's lease
    await house.reader("second").visit(MAILBOX)
    assert sorted(r.serial for r in house.records()) == [1, 2, 3, 4]
    assert house.verdicts() == ["registered"] * 4
    assert house.cursor() == "0/4"


@pytest.mark.parametrize("call", ["changes", "fetch", "put"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_graph_or_archive_that_is_down_for_a_moment_costs_a_visit(
    house: Registry, call: str, after: bool
) -> None:
    arrive(house, *letters(1, 3))
    faults = house.archive.faults if call == "put" else house.box.faults
    if call == "fetch" and after:
        return  # a fetch changes nothing: before and after are the same
    faults.add(call, Unavailable("down"), done=after)
    with pytest.raises(Unavailable):
        await house.intake.visit(MAILBOX)
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == ["registered"] * 3
    assert sorted(r.serial for r in house.records()) == [1, 2, 3]


async def test_nothing_is_said_of_bytes_that_are_not_in_the_archive(house: Registry) -> None:
    arrive(house, letter(1))
    house.archive.faults.add("put", Unavailable("full"), times=9)
    with pytest.raises(Unavailable):
        await house.intake.visit(MAILBOX)
    assert (house.records(), house.verdicts()) == ([], [])


# ---------------------------------------------------------------- a mail in the way


async def test_a_mail_that_cannot_be_fetched_stands_in_nobody_s_way(house: Registry) -> None:
    house.boxes[MAILBOX] = house.box = FakeMailbox(MAILBOX, house.clock, page=2)
    house.intake = house.reader("paged")
    arrive(house, *letters(1, 6))
    poison = list(house.box.items)[1]
    honest = house.box.fetch

    async def fetch(item):  # type: ignore[no-untyped-def]
        if item.item_id == poison:
            raise Mistaken("500 for ever")
        return await honest(item)

    house.box.fetch = fetch  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(Mistaken):
            await house.intake.visit(MAILBOX)
        assert len(house.records()) == 5
        assert house.cursor() is None  # its page waits before it
    [counted, _] = await house.reconciler.count(NOON.date())
    assert (counted.missing, counted.green) == ((poison,), False)
    house.box.fetch = honest  # type: ignore[method-assign]
    assert await house.intake.visit(MAILBOX) == Round(taken=1)
    assert house.cursor() == "0/6"


@pytest.mark.parametrize("error", [Throttled(30), Misconfigured("no consent")])
async def test_where_going_on_makes_no_sense_the_visit_ends_at_once(house: Registry, error: Exception) -> None:
    arrive(house, *letters(1, 9))
    house.box.faults.add("fetch", error, times=9)
    with pytest.raises(type(error)):
        await house.intake.visit(MAILBOX)
    house.box.faults = type(house.box.faults)()
    assert await house.intake.visit(MAILBOX) == Round(taken=9)


async def test_a_graph_that_fails_every_mail_is_not_asked_for_all_of_them(house: Registry) -> None:
    arrive(house, *letters(1, 60))
    asked = []

    async def fetch(item):  # type: ignore[no-untyped-def]
        asked.append(item.item_id)
        raise Unavailable("503")

    house.box.fetch = fetch  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await house.intake.visit(MAILBOX)
    assert len(asked) < 10


async def test_a_mail_that_cannot_be_entered_is_quarantined_with_a_number(
    house: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(house, letter(1), letter(2, subject="سم"), letter(3))

    def faulty(command, *rest):  # type: ignore[no-untyped-def]
        if command.mail.letter.subject == "سم":
            raise ValueError("a fault of ours")
        return decide(command, *rest)

    monkeypatch.setattr("service.take.decide", faulty)
    assert await house.intake.visit(MAILBOX) == Round(taken=3)
    assert house.verdicts() == ["registered", "quarantined", "registered"]
    [apart] = [r for r in house.records() if r.kind == "quarantined_mail"]
    assert (apart.reference, apart.reasons) == ("س.ع/ح/1/2026", ("quarantine.unparseable",))
    assert await house.archive.get(apart.source.sha256) == letter(2, subject="سم")


async def test_what_no_table_can_hold_is_taken_out_of_a_mail_before_it_is_kept(house: Registry) -> None:
    arrive(house, letter(1))
    honest = house.box.fetch

    async def fetch(item):  # type: ignore[no-untyped-def]
        fetched: Fetched = await honest(item)
        mail: Mail = fetched.mail
        strange = replace(mail.letter, subject="طلب\x00 \ud800مستندات")
        return replace(fetched, mail=replace(mail, letter=strange, message_id="<1\x00@post.example>"))

    house.box.fetch = fetch  # type: ignore[method-assign]
    await house.intake.visit(MAILBOX)
    [record] = house.records()
    assert (record.subject, record.source.internet_message_id) == ("طلب \ufffdمستندات", "<1@post.example>")
    assert record.dmarc == Authentication().dmarc


# ---------------------------------------------------------------- leases


async def test_who_comes_while_another_reads_rings_and_the_other_looks_again(house: Registry) -> None:
    arrive(house, letter(1))
    at_work, go_on = asyncio.Event(), asyncio.Event()
    honest = house.box.changes

    async def changes(folder, cursor):  # type: ignore[no-untyped-def]
        page = await honest(folder, cursor)
        at_work.set()
        await go_on.wait()
        return page

    house.box.changes = changes  # type: ignore[method-assign]
    first = asyncio.create_task(house.reader("first").visit(MAILBOX))
    await asyncio.wait_for(at_work.wait(), 30)
    arrive(house, letter(2))  # too late for the page that the first one holds
    assert await house.reader("second").visit(MAILBOX) == Round(busy=True)
    go_on.set()
    assert await asyncio.wait_for(first, 30) == Round(taken=2)


async def test_who_lost_the_lease_stops_and_the_other_one_s_work_stands(house: Registry) -> None:
    arrive(house, *letters(1, 6))
    slow = house.reader("slow")
    honest = house.box.fetch

    async def fetch(item):  # type: ignore[no-untyped-def]
        house.box.fetch = honest  # type: ignore[method-assign]
        house.later(LEASE_S + 1)
        assert await house.reader("quick").visit(MAILBOX) == Round(taken=6)
        arrive(house, letter(7))
        at_work = house.reader("third")
        await at_work.visit(MAILBOX)
        house.store.write(lambda tx: tx.take_lease(f"mailbox:{MAILBOX}", "x", house.now, house.now.replace(year=2027)))
        return await honest(item)

    house.box.fetch = fetch  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="turn"):
        await slow.visit(MAILBOX)
    assert sorted(r.serial for r in house.records()) == list(range(1, 8))
    assert house.verdicts() == ["registered"] * 7


async def test_a_reader_whose_lease_was_taken_over_in_the_end_does_not_read_for_ever(house: Registry) -> None:
    arrive(house, letter(1))
    honest = house.box.changes

    async def changes(folder, cursor):  # type: ignore[no-untyped-def]
        page = await honest(folder, cursor)
        house.later(LEASE_S + 1)
        house.store.write(lambda tx: tx.take_lease(f"mailbox:{MAILBOX}", "x", house.now, house.now.replace(year=2027)))
        return page.__class__((), page.cursor, False)

    house.box.changes = changes  # type: ignore[method-assign]
    assert await asyncio.wait_for(house.intake.visit(MAILBOX), 30) == Round(taken=0)


async def test_a_reader_that_died_is_followed_when_its_lease_has_lapsed(house: Registry) -> None:
    arrive(house, letter(1))
    house.store.write(lambda tx: tx.take_lease(f"mailbox:{MAILBOX}", "dead", NOON, NOON.replace(hour=10)))
    assert await house.intake.visit(MAILBOX) == Round(busy=True)
    house.now = NOON.replace(hour=10)
    assert await house.intake.visit(MAILBOX) == Round(taken=1)


# ---------------------------------------------------------------- healed


@pytest.mark.parametrize(
    ("mails", "verdicts"),
    [
        ([letter(1)], ["registered"]),
        ([letter(1, "ghost@ministry.example")], ["quarantined"]),
        ([letter(1), letter(1)], ["registered", "copy"]),
        (
            [letter(1), letter(2, References="<1@post.example>")],
            ["registered", "reply"],
        ),
        ([letter(1, Auto_Submitted="auto-replied")], ["ignored"]),
    ],
)
async def test_a_verdict_that_was_lost_is_found_again_as_what_it_was(
    house: Registry, mails: list[bytes], verdicts: list[str]
) -> None:
    for raw in mails:
        arrive(house, raw)
        await house.intake.visit(MAILBOX)
    before = house.seen()
    records = house.records()
    house.store.database.write(lambda on: on.cold.execute(text("DELETE FROM mail")))
    house.box.kill_cursors()
    await house.intake.visit(MAILBOX)
    assert house.verdicts() == verdicts
    assert [(s.item_id, s.record_id) for s in house.seen()] == [(s.item_id, s.record_id) for s in before]
    assert house.records() == records


async def test_a_visit_ends_with_mails_left_so_that_what_these_ask_for_need_not_wait_for_the_last(
    house: Registry,
) -> None:
    reader = Intake(house.store, house.taker, house.clock, house.archive, house.boxes, owner="r", most=5)
    for raw in letters(1, 12):
        house.box.arrive(raw)
    rounds = [await reader.visit(MAILBOX) for _ in range(4)]
    assert [(r.taken, r.more) for r in rounds] == [(5, True), (5, True), (2, False), (0, False)]
    assert house.verdicts() == ["registered"] * 12
    assert [r.serial for r in sorted(house.records(), key=lambda r: r.serial)] == list(range(1, 13))


async def test_a_visit_that_ends_early_keeps_nobody_waiting_who_rang(house: Registry) -> None:
    first = Intake(house.store, house.taker, house.clock, house.archive, house.boxes, owner="r", most=2)
    for raw in letters(1, 4):
        house.box.arrive(raw)
    assert (await first.visit(MAILBOX)).more
    assert not (await house.intake.visit(MAILBOX)).busy
    assert house.verdicts() == ["registered"] * 4
