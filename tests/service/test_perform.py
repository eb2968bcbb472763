"""Effects: each does its one thing outside, waits, gets stuck or is found again, and holds nobody else up."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import Desk
from registry.commands import Approve, Close, Complete, Refer
from registry.effects import AskAction
from registry.errors import Changed, Gone, Locked, Misconfigured, Mistaken, TarasulError, Throttled, Unavailable
from registry.events import EffectStuck, ReplyDrafted, ReplySent
from registry.record import Record
from service.ports import ChatBlocked
from service.views import Viewer, sheet_view
from store.transaction import SqlTransaction
from tests.service.house import LEASE_S, Registry, chat_of, letter
from tests.values import FORWARDED, MAILBOX, OFFICE

EVERYBODY = ("huda", "omar", "salem", "laila", "noura", "abdullah")


async def closed(house: Registry) -> Record:
    """A forwarded letter that was answered: its reply is due."""
    record = await house.registered()
    house.take(Close(record_id=record.record_id, step=1, by="huda", note="مكرر"))
    return house.record(record.record_id)


def stuck(house: Registry) -> list[tuple[str, str]]:
    return [(kind, error) for _, _, kind, error in house.store.read(lambda tx: tx.stuck())]


def due_in_s(house: Registry) -> float:
    due_at = house.store.read(lambda tx: tx.next_due_at())
    assert due_at is not None
    return (due_at - house.now).total_seconds()


# ---------------------------------------------------------------- the plain way of each


async def test_a_card_is_put_before_whoever_is_asked_and_is_known_by_its_token(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda")
    await house.performer().perform_due()
    assert house.cards_of("huda") == [AskAction(record_id=record.record_id, step=1, person="huda")]
    token = house.store.read(lambda tx: tx.token_of(record.record_id, 1, "huda"))
    assert token is not None
    [card] = house.store.read(lambda tx: tx.cards(token))
    assert (card.conversation_id, card.service_url) == ("a:huda", "https://smba.example/")


async def test_a_card_is_drawn_for_its_reader_in_their_language(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda", "omar")
    house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_action", to_person="omar"))
    await house.performer().perform_due()
    [view] = house.chats.cards["a:omar"].values()
    assert (view.language, view.person.person_id, view.step.number) == ("en", "omar", 2)


async def test_cards_show_what_became_of_them(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda", "omar")
    await house.performer().perform_due()
    house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_action", to_person="omar"))
    house.take(Complete(record_id=record.record_id, step=2, by="omar", note="تم"))
    await house.performer().perform_due()
    first, second = house.chats.cards["a:huda"].values()
    assert [(v.step.number, v.step.state, v.record.version) for v in (first, second)] == [
        (1, "done", 5),
        (3, "open", 5),
    ]


async def test_a_step_that_was_ended_before_its_card_was_sent_is_not_asked_any_more(house: Registry) -> None:
    record = await house.registered()
    house.take(Close(record_id=record.record_id, step=1, by="huda", note="مكرر"))
    house.meet("huda")
    await house.performer().perform_due()
    assert house.cards_of("huda") == []


async def test_the_mail_says_by_which_number_it_is_registered(house: Registry) -> None:
    record = await house.registered()
    await house.performer().perform_due()
    item = house.box.items[record.source.item_id]
    assert (item.categories, item.reference) == ([f"تراسل: {record.reference}"], record.reference)


async def test_a_quarantined_mail_is_marked_as_such(house: Registry) -> None:
    record = await house.registered(letter(1, "ghost@ministry.example"))
    await house.performer().perform_due()
    assert house.box.items[record.source.item_id].categories == [f"تراسل: حجر {record.reference}"]


async def test_a_mail_that_was_deleted_is_not_marked_and_nothing_is_stuck_for_it(house: Registry) -> None:
    record = await house.registered()
    house.box.remove(record.source.item_id)
    await house.performer().perform_due()
    assert (stuck(house), house.record(record.record_id).stuck) == ([], ())


async def test_a_reply_is_drafted_then_sent_and_both_stand_on_the_sheet(house: Registry) -> None:
    record = await closed(house)
    await house.performer().perform_due()
    [reply] = house.box.sent.values()
    assert (reply.key, reply.answers, reply.to.address) == (
        f"reply:{record.record_id}",
        record.source.item_id,
        "huda@ministry.example",
    )
    assert record.reference in reply.html
    told = [e for e in house.sheet(record.record_id) if isinstance(e, ReplyDrafted | ReplySent)]
    assert [type(e).__name__ for e in told] == ["ReplyDrafted", "ReplySent"]
    assert house.record(record.record_id).reply.sent_at is not None  # type: ignore[union-attr]


# ---------------------------------------------------------------- chats that are not there yet


async def nowhere(person: str) -> str | None:
    return None


async def test_who_has_no_chat_gets_the_app_and_the_card_when_the_bot_meets_them(house: Registry) -> None:
    await house.registered()
    performer = house.performer()
    await performer.perform_due()
    assert (house.installs.installed, house.cards_of("huda")) == (["huda"], [])
    house.later(1)
    house.meet("huda")
    await performer.perform_due()
    assert len(house.cards_of("huda")) == 1


async def test_a_chat_that_becomes_known_while_the_app_is_being_installed_is_not_waited_for(house: Registry) -> None:
    await house.registered()
    honest = house.installs.install

    async def install(person: str) -> bool:
        new = await honest(person)
        house.meet(person)
        return new

    house.installs.install = install  # type: ignore[method-assign]
    await house.performer().perform_due()
    assert len(house.cards_of("huda")) == 1


async def test_where_the_news_of_a_chat_was_lost_the_chat_is_asked_for(house: Registry) -> None:
    """An organisation installs the app for everybody, or we were down when Teams told of it: it tells once."""
    await house.registered()
    house.installs.installed.append("huda")
    await house.performer().perform_due()
    assert len(house.cards_of("huda")) == 1


async def test_the_news_of_a_chat_is_waited_for_a_little_and_each_time_twice_as_long(house: Registry) -> None:
    """It comes within a second or never: whoever waits for a card must not wait minutes for news that was lost."""
    await house.registered()
    waits = []
    for _ in range(7):
        house.installs.installed.clear()  # Teams forgets it each time
        await house.performer().perform_due()
        waits.append(due_in_s(house))
        house.later(waits[-1])
    assert waits == [15, 30, 60, 120, 240, 300, 300]


async def test_a_chat_that_is_found_is_forgotten_for_the_one_that_teams_tells_of(house: Registry) -> None:
    await house.registered()
    house.installs.installed.append("huda")
    await house.performer().perform_due()
    house.meet("huda")
    chat = house.store.read(lambda tx: tx.conversation("huda"))
    assert chat is not None
    assert chat.user_mri == "29:huda"


async def test_where_no_chat_can_be_found_an_operator_is_told(house: Registry) -> None:
    record = await house.registered()
    performer = house.performer(most_tries=3)
    house.installs.chat = nowhere  # type: ignore[method-assign]
    for _ in range(3):
        await performer.perform_due()
        house.later(400)
    assert [kind for kind, _ in stuck(house)] == ["AskAction"]
    assert house.record(record.record_id).stuck == ("AskAction",)


async def test_who_removed_the_app_gets_it_back_and_then_the_card(house: Registry) -> None:
    await house.registered()
    house.meet("huda")
    house.chats.without_app.add("a:huda")
    await house.performer().perform_due()
    assert house.installs.installed == ["huda"]
    house.chats.without_app.clear()
    house.later(120)
    await house.performer().perform_due()
    assert len(house.cards_of("huda")) == 1


async def test_who_removed_the_app_gets_it_back_and_then_the_card_is_brought_up_to_date(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda")
    await house.performer().perform_due()
    house.chats.without_app.add("a:huda")
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    await house.performer().perform_due()
    assert house.installs.installed == ["huda"]
    assert stuck(house) == []
    house.chats.without_app.clear()
    house.later(120)
    await house.performer().perform_due()
    [shown] = house.chats.cards["a:huda"].values()
    assert shown.step.state == "done"


async def test_who_works_here_no_more_is_not_given_the_app_for_the_sake_of_an_old_card(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda")
    await house.performer().perform_due()
    house.take(Approve(record_id=record.record_id, step=1, by="huda"))
    left = replace(OFFICE.people["huda"], active=False)
    house.store.write(lambda tx: tx.save_office(replace(OFFICE, people={**OFFICE.people, "huda": left})))
    house.chats.without_app.add("a:huda")
    await house.performer().perform_due()
    assert house.installs.installed == []
    assert "RefreshCard" not in [kind for kind, _ in stuck(house)]


async def test_a_chat_that_is_blocked_is_told_to_operators_and_gets_its_cards_when_it_opens(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    await house.performer().perform_due()
    assert [kind for kind, _ in stuck(house)] == ["AskAction"]
    [told] = [e for e in house.sheet(record.record_id) if isinstance(e, EffectStuck)]
    assert (told.effect, told.reason) == ("AskAction", "chat.blocked_by_person")
    house.chats.refusals.clear()
    house.meet("huda")
    await house.performer().perform_due()
    assert (len(house.cards_of("huda")), stuck(house)) == (1, [])


async def test_a_person_who_writes_from_a_chat_that_was_blocked_is_back(house: Registry) -> None:
    await house.registered()
    house.meet("huda")
    house.chats.refusals["a:huda"] = ChatBlocked("chat.blocked_by_person")
    await house.performer().perform_due()
    kept = house.store.read(lambda tx: tx.conversation("huda"))
    assert kept is not None
    assert kept.blocked == "chat.blocked_by_person"
    assert Desk(house.service).hear(chat_of("huda")) == 1


async def test_a_chat_that_was_left_is_not_written_to(house: Registry) -> None:
    await house.registered()
    house.meet("huda")
    house.service.left("huda", "chat.blocked_by_person")
    await house.performer().perform_due()
    assert (house.cards_of("huda"), [kind for kind, _ in stuck(house)]) == ([], ["AskAction"])


# ---------------------------------------------------------------- whose turn it is when it fails


@pytest.mark.parametrize(
    ("error", "least_s", "most_s"),
    [
        (Throttled(37.5), 37.5, 37.5),
        (Throttled(0), 1, 1),
        (Throttled(600), 600, 600),
        (Throttled(1e18), 86_400, 86_400),
        (Unavailable("503"), 2, 3),
        (Locked("open"), 2, 3),
        (RuntimeError("nobody foresaw it"), 2, 3),
    ],
)
async def test_what_is_busy_or_down_is_asked_again_when_it_said_or_a_little_later(
    house: Registry, error: Exception, least_s: float, most_s: float
) -> None:
    record = await house.registered()
    house.meet("huda")
    house.box.faults.add("mark", error)
    performer = house.performer()
    await performer.perform_due()
    assert least_s <= due_in_s(house) <= most_s
    assert await performer.perform_due() == 0
    house.later(due_in_s(house))
    await performer.perform_due()
    assert house.box.items[record.source.item_id].reference == record.reference
    assert stuck(house) == []


async def test_waits_grow_and_end_at_a_quarter_of_an_hour_and_an_outage_never_makes_anything_stuck(
    house: Registry,
) -> None:
    await house.registered()
    house.meet("huda")
    house.box.faults.add("mark", Unavailable("503"), times=2_000)
    performer, waits = house.performer(most_tries=5), []
    for _ in range(1_100):
        await performer.perform_due()
        waits.append(due_in_s(house))
        house.later(waits[-1])
    assert waits[0] < 4 < waits[3] < waits[6]
    assert max(waits) <= 900
    assert stuck(house) == []


async def test_a_fault_of_ours_is_given_up_after_so_many_tries(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda")
    house.box.faults.add("mark", RuntimeError("a fault of ours"), times=99)
    performer = house.performer(most_tries=3)
    for _ in range(3):
        await performer.perform_due()
        house.later(1_000)
    assert [kind for kind, _ in stuck(house)] == ["MarkMail"]
    assert [e.reason for e in house.sheet(record.record_id) if isinstance(e, EffectStuck)] == ["stuck.tries"]


async def test_a_letter_whose_mail_was_moved_is_answered_under_its_new_id(house: Registry) -> None:
    record = await closed(house)
    moved = house.box.items.pop(record.source.item_id)
    await house.performer().perform_due()
    assert stuck(house) == []
    house.box.arrive(moved.raw)  # the same mail, as a folder shows it that it was dragged back to
    await house.intake.visit(MAILBOX)
    house.later(1_000)
    await house.performer().perform_due()
    assert [reply.key for reply in house.box.sent.values()] == [f"reply:{record.record_id}"]


async def test_whoever_wrote_first_is_waited_for_and_nothing_is_stuck(house: Registry) -> None:
    await house.registered()
    house.meet("huda")
    house.box.faults.add("mark", Changed("412"), times=3)
    for _ in range(4):
        await house.performer().perform_due()
        house.later(1_000)
    assert stuck(house) == []
    assert [item.reference for item in house.box.items.values()] != [""]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Misconfigured("403"), "stuck.misconfigured"),
        (Mistaken("400"), "stuck.mistaken"),
    ],
)
async def test_what_waiting_does_not_help_stands_on_the_sheet_for_an_operator(
    house: Registry, error: TarasulError, reason: str
) -> None:
    record = await closed(house)
    house.box.faults.add("draft_reply", error)
    await house.performer().perform_due()
    assert [kind for kind, _ in stuck(house)] == ["DraftReply"]
    [line] = [e for e in house.sheet(record.record_id) if isinstance(e, EffectStuck)]
    assert (line.effect, line.reason) == ("DraftReply", reason)
    entries = house.store.read(lambda tx: tx.sheet(record.record_id))
    shown = sheet_view(house.record(record.record_id), entries, OFFICE, Viewer(None), house.now)
    assert shown["verified"]
    assert "مسؤول النظام" in shown["events"][-1]["said"]["ar"]


async def test_a_reply_to_a_mail_that_was_deleted_waits_for_an_operator_in_the_end(house: Registry) -> None:
    record = await closed(house)
    house.box.remove(record.source.item_id)
    for _ in range(12):
        await house.performer().perform_due()
        house.later(1_000)
    assert [kind for kind, _ in stuck(house)] == ["DraftReply"]
    assert [e.reason for e in house.sheet(record.record_id) if isinstance(e, EffectStuck)] == ["stuck.gone"]


async def test_an_effect_that_is_stuck_holds_up_its_own_lane_alone(house: Registry) -> None:
    first = await house.registered()
    house.meet(*EVERYBODY)
    house.box.faults.add("mark", Misconfigured("403"))
    await house.performer().perform_due()
    house.take(Close(record_id=first.record_id, step=1, by="huda", note="مكرر"))
    copy = house.box.arrive(house.box.items[first.source.item_id].raw)
    house.box.arrive(letter(2))
    await house.intake.visit(MAILBOX)
    await house.performer().perform_due()
    assert house.box.items[copy.item_id].reference == ""  # its mark waits behind the one that is stuck
    assert len(house.box.sent) == 1
    assert len(house.cards_of("huda")) == 2
    assert [v.step.state for v in house.chats.cards["a:huda"].values()] == ["done", "open"]
    second = house.records()[0]
    assert house.box.items[second.source.item_id].reference == second.reference


async def test_a_lane_that_waits_holds_up_no_other(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda", "omar")
    house.chats.refusals["a:huda"] = Throttled(600)
    house.take(Refer(record_id=record.record_id, step=1, by="huda", asked="for_action", to_person="omar"))
    await house.performer().perform_due()
    assert len(house.cards_of("omar")) == 1
    assert house.box.items[record.source.item_id].reference == record.reference


async def test_a_call_that_hangs_is_cut_off_at_half_the_lease(house: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.registered()
    house.meet("huda")
    waited: list[float] = []
    honest = asyncio.timeout

    def at_once(delay: float | None) -> asyncio.Timeout:
        waited.append(delay or 0)
        return honest(0.01)

    async def hang(*_: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("service.perform.asyncio.timeout", at_once)
    house.chats.ask = hang  # type: ignore[method-assign,assignment]
    await house.performer().perform_due()
    assert set(waited) == {LEASE_S / 2}
    assert 2 <= due_in_s(house) <= 3


async def test_a_database_that_is_down_in_between_is_told_when_the_others_are_done(
    house: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await house.registered()
    house.meet("huda")
    honest = SqlTransaction.settle
    failing = iter([True])

    def settle(self: Any, *rest: Any) -> bool:
        if next(failing, False):
            raise Unavailable("the database")
        return honest(self, *rest)

    monkeypatch.setattr(SqlTransaction, "settle", settle)
    with pytest.raises(Unavailable):
        await house.performer().perform_due()
    house.later(LEASE_S + 1)
    await house.performer().perform_due()
    assert house.box.items[record.source.item_id].reference == record.reference
    assert 1 <= len(house.cards_of("huda")) <= 2


# ---------------------------------------------------------------- crashes between the world and us


class Crash(BaseException):
    """The process ends here."""


async def crashing(house: Registry, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """One performer dies between what it does outside and saying so, with the first effect of *kind*."""
    honest = house.performer("doomed")
    settle = type(honest)._settle

    def die(self: Any, claimed: Any, *rest: Any) -> None:
        if type(claimed.effect).__name__ == kind:
            raise Crash
        settle(self, claimed, *rest)

    monkeypatch.setattr(type(honest), "_settle", die)
    with pytest.raises(Crash):
        await honest.perform_due()
    monkeypatch.undo()


async def test_after_a_crash_a_card_may_stand_twice_with_one_token_and_one_decision(
    house: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await house.registered()
    house.meet("huda")
    await crashing(house, monkeypatch, "AskAction")
    assert len(house.cards_of("huda")) == 1
    assert await house.performer("next").perform_due() == 0  # the dead one's lease
    house.later(LEASE_S)
    await house.performer("next").perform_due()
    shown = list(house.chats.cards["a:huda"].values())
    assert len(shown) == 2
    assert len({view.asked.token for view in shown}) == 1
    press = Approve(record_id=record.record_id, step=1, by="huda")
    keys = [f"press:{view.asked.token}:approve" for view in shown]
    assert [house.service.take(press, key=key).repeated for key in keys] == [False, True]


async def test_a_card_sent_by_one_who_lost_the_lease_meanwhile_is_known_and_refreshed_with_the_other(
    house: Registry,
) -> None:
    record = await house.registered()
    house.meet("huda")
    honest = house.chats.ask
    sent, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> str:
        activity_id = await honest(*args)
        house.chats.ask = honest  # type: ignore[method-assign]
        sent.set()
        await go_on.wait()
        return activity_id

    house.chats.ask = slow  # type: ignore[method-assign,assignment]
    first = asyncio.create_task(house.performer("slow").perform_due())
    await asyncio.wait_for(sent.wait(), 30)
    house.later(LEASE_S)
    await house.performer("quick").perform_due()
    go_on.set()
    await asyncio.wait_for(first, 30)
    house.take(Close(record_id=record.record_id, step=1, by="huda", note="مكرر"))
    await house.performer().perform_due()
    assert [view.step.outcome for view in house.chats.cards["a:huda"].values()] == ["closed", "closed"]


@pytest.mark.parametrize("kind", ["DraftReply", "SendReply", "MarkMail"])
async def test_after_a_crash_there_is_one_reply_and_one_mark(
    house: Registry, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    record = await closed(house)
    await crashing(house, monkeypatch, kind)
    house.later(LEASE_S)
    await house.performer("next").perform_due()
    assert (len(house.box.drafts), len(house.box.sent)) == (0, 1)
    assert house.record(record.record_id).reply.sent_at == house.now  # type: ignore[union-attr]
    assert house.box.items[record.source.item_id].categories == [f"تراسل: {record.reference}"]


@pytest.mark.parametrize("call", ["draft_reply", "send_draft", "mark"])
@pytest.mark.parametrize("times", [1, 3])
async def test_an_answer_that_was_lost_doubles_nothing(house: Registry, call: str, times: int) -> None:
    await closed(house)
    house.box.faults.add(call, Unavailable("504 after it was done"), done=True, times=times)
    performer = house.performer()
    for _ in range(times + 1):
        await performer.perform_due()
        house.later(1_000)
    assert (len(house.box.drafts), len(house.box.sent)) == (0, 1)


async def test_a_draft_that_is_not_to_be_found_is_looked_for_again_and_never_made_anew(house: Registry) -> None:
    await closed(house)
    house.box.faults.add("send_draft", Gone("404"), times=2)
    performer = house.performer()
    await performer.perform_due()
    assert due_in_s(house) == 300
    [draft] = house.box.drafts
    for _ in range(2):
        house.later(300)
        await performer.perform_due()
    assert list(house.box.sent) == [draft]


async def test_a_draft_that_somebody_deleted_is_in_the_end_an_operator_s_turn(house: Registry) -> None:
    record = await closed(house)
    house.box.faults.add("send_draft", Gone("404"), times=99)
    performer = house.performer(most_tries=4)
    for _ in range(5):
        await performer.perform_due()
        house.later(300)
    assert [kind for kind, _ in stuck(house)] == ["SendReply"]
    assert len(house.box.drafts) == 1
    assert house.record(record.record_id).stuck == ("SendReply",)


async def test_cards_that_people_deleted_are_forgotten(house: Registry) -> None:
    record = await house.registered()
    house.meet("huda")
    await house.performer().perform_due()
    [activity_id] = house.chats.cards["a:huda"]
    house.chats.delete("a:huda", activity_id)
    house.take(Close(record_id=record.record_id, step=1, by="huda", note="مكرر"))
    await house.performer().perform_due()
    token = house.store.read(lambda tx: tx.token_of(record.record_id, 1, "huda"))
    assert house.store.read(lambda tx: tx.cards(token or "")) == []
    assert stuck(house) == []


async def test_several_performers_at_once_do_everything_once(house: Registry) -> None:
    for n in range(1, 9):
        house.box.arrive(letter(n))
    await house.intake.visit(MAILBOX)
    house.meet("huda")
    done = await asyncio.gather(*(house.performer(f"p{n}").perform_due() for n in range(4)))
    assert sum(done) == 16
    assert len(house.cards_of("huda")) == 8
    assert all(item.categories for item in house.box.items.values())


async def test_what_was_begun_is_finished_before_the_next_is_begun(house: Registry) -> None:
    """Else a backlog is worked off step by step for all of it: first the mailbox waits for Teams, then Teams for it."""
    house.meet("huda")
    first = await house.registered()
    await house.performer().perform_due()
    house.later(60)
    for number in (2, 3):
        house.box.arrive(letter(number, "huda@ministry.example", text=FORWARDED))
    await house.intake.visit(MAILBOX)
    house.later(60)
    house.take(Approve(record_id=first.record_id, step=1, by="huda"))
    claimed = house.store.write(lambda tx: tx.claim("w", house.now, house.now + timedelta(minutes=1), 2))
    assert {c.effect.record_id for c in claimed} == {first.record_id}
