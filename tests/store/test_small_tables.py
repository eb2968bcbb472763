"""Leases that ring, cursors, chats and cards, subscriptions, verdicts on mails, the day's counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.mail import Address
from registry.recognise import Known
from service.ports import Conversation, SeenMail, SentCard, Store, Subscribed
from tests.values import MAILBOX, NOON, SECOND_MAILBOX, mail

MINUTE = timedelta(minutes=1)


# ---------------------------------------------------------------- leases


def take(store: Store, owner: str, after_minutes: float = 0) -> bool:
    now = NOON + after_minutes * MINUTE
    return store.write(lambda tx: tx.take_lease("mailbox:m", owner, now, now + MINUTE))


def end(store: Store, owner: str) -> bool:
    return store.write(lambda tx: tx.end_lease("mailbox:m", owner))


def test_a_lease_is_one_s_and_may_be_prolonged(store: Store) -> None:
    assert take(store, "a")
    assert take(store, "a", 0.5)
    assert not take(store, "b", 1.4)
    assert take(store, "b", 1.5)
    assert not take(store, "a", 1.6)


def test_who_finds_a_lease_taken_rings_and_the_holder_looks_again_before_letting_go(store: Store) -> None:
    assert take(store, "a")
    assert not take(store, "b")
    assert not end(store, "a")
    assert not take(store, "b")  # it was kept
    assert not end(store, "a")
    assert end(store, "a")
    assert take(store, "b")


def test_a_ring_outlives_a_holder_who_never_came_back(store: Store) -> None:
    assert take(store, "dead")
    assert not take(store, "b")
    assert take(store, "c", 2)
    assert not end(store, "c")
    assert end(store, "c")


def test_whose_lease_is_another_s_by_now_has_nothing_to_let_go_of(store: Store) -> None:
    assert take(store, "slow")
    assert take(store, "quick", 2)
    assert end(store, "slow")
    assert not take(store, "b", 2)  # it is still the quick one's
    assert end(store, "nobody")


# ---------------------------------------------------------------- cursors


def test_a_cursor_is_kept_for_each_mailbox_and_folder_and_may_be_forgotten(store: Store) -> None:
    def cursor(mailbox: str = "m", folder: str = "inbox") -> str | None:
        return store.read(lambda tx: tx.cursor(mailbox, folder))

    assert cursor() is None
    for link in ("https://graph/1", "https://graph/2"):
        store.write(lambda tx, link=link: tx.save_cursor("m", "inbox", link, NOON))  # type: ignore[misc]
    store.write(lambda tx: tx.save_cursor("m", "sent", "https://graph/s", NOON))
    assert (cursor(), cursor(folder="sent"), cursor("other")) == ("https://graph/2", "https://graph/s", None)
    store.write(lambda tx: tx.save_cursor("m", "inbox", None, NOON))
    assert (cursor(), cursor(folder="sent")) == (None, "https://graph/s")


def test_folders_are_followed_with_their_cursors_until_they_are_not(store: Store) -> None:
    store.write(lambda tx: tx.follow("m", ["inbox", "a"], NOON))
    store.write(lambda tx: tx.save_cursor("m", "inbox", "link", NOON + MINUTE))
    store.write(lambda tx: tx.follow("m", ["b", "inbox"], NOON + 2 * MINUTE))
    assert store.read(lambda tx: tx.followed("m")) == {"b": NOON + 2 * MINUTE, "inbox": NOON + MINUTE}
    assert store.read(lambda tx: (tx.cursor("m", "inbox"), tx.cursor("m", "b"))) == ("link", None)
    assert store.read(lambda tx: tx.followed("other")) == {}


# ---------------------------------------------------------------- chats


CHAT = Conversation(
    person="huda", conversation_id="a:1", service_url="https://smba.example/", user_mri="29:1", bot_id="28:b"
)


def test_a_chat_is_known_from_when_it_was_met_and_blocked_until_it_is_met_again(store: Store) -> None:
    def chat() -> Conversation | None:
        return store.read(lambda tx: tx.conversation("huda"))

    assert chat() is None
    store.write(lambda tx: tx.block_conversation("huda", "chat.blocked", NOON))
    assert chat() is None
    store.write(lambda tx: tx.save_conversation(CHAT, NOON))
    assert chat() == CHAT
    store.write(lambda tx: tx.block_conversation("huda", "chat.blocked", NOON))
    assert chat() == replace(CHAT, blocked="chat.blocked")
    moved = replace(CHAT, conversation_id="a:2")
    store.write(lambda tx: tx.save_conversation(moved, NOON))
    assert chat() == moved


def test_every_copy_of_a_card_is_known_by_its_token(store: Store) -> None:
    first, second = (
        SentCard(token="t1", conversation_id="a:1", activity_id=n, service_url="https://smba.example/") for n in "12"
    )
    for card, after in ((first, 0), (second, 1), (first, 2)):
        store.write(lambda tx, card=card, after=after: tx.add_card(card, NOON + after * MINUTE))  # type: ignore[misc]
    assert store.read(lambda tx: tx.cards("t1")) == [second, first]
    store.write(lambda tx: tx.drop_card(first))
    assert store.read(lambda tx: (tx.cards("t1"), tx.cards("T1"))) == ([second], [])


# ---------------------------------------------------------------- subscriptions


def test_subscriptions_are_kept_as_graph_answered_them(store: Store) -> None:
    made = Subscribed(
        subscription_id="s1",
        mailbox=MAILBOX,
        resource="users/x",
        expires_at=NOON + timedelta(days=2),
        renew_at=NOON + timedelta(days=1),
    )
    store.write(lambda tx: tx.save_subscription(made))
    renewed = replace(made, expires_at=NOON + timedelta(days=4))
    store.write(lambda tx: tx.save_subscription(renewed))
    assert store.read(lambda tx: tx.subscriptions()) == [renewed]
    store.write(lambda tx: tx.drop_subscription("s1"))
    assert store.read(lambda tx: tx.subscriptions()) == []


# ---------------------------------------------------------------- mails


def seen(item: str, verdict: str = "registered", **fields: object) -> SeenMail:
    plain: dict[str, object] = {
        "mailbox": MAILBOX,
        "item_id": item,
        "identity": f"letter-{item}",
        "message_id": f"<{item}@x>",
        "received_at": NOON,
        "verdict": verdict,
        "record_id": "r1",
    }
    return SeenMail(**plain | fields)  # type: ignore[arg-type]


def see(store: Store, *mails: SeenMail) -> None:
    def work(tx: object) -> None:
        for each in mails:
            tx.see_mail(each, NOON)  # type: ignore[attr-defined]

    store.write(work)


def test_what_has_a_verdict_is_not_unseen_and_what_was_gone_may_come_back(store: Store) -> None:
    see(store, seen("a"), seen("b", "gone"), seen("c", mailbox=SECOND_MAILBOX), seen("D"))
    asked = ("a", "b", "c", "d", "e")
    assert store.read(lambda tx: tx.unseen(MAILBOX, asked)) == {"b", "c", "d", "e"}
    see(store, seen("b"))
    assert "b" not in store.read(lambda tx: tx.unseen(MAILBOX, asked))


def test_a_page_of_any_length_can_be_asked_for(store: Store) -> None:
    see(store, seen("i700"))
    ids = [f"i{n}" for n in range(1_200)]
    assert store.read(lambda tx: tx.unseen(MAILBOX, ids)) == set(ids) - {"i700"}
    assert store.read(lambda tx: tx.unseen(MAILBOX, [])) == set()


def test_a_day_s_mails_are_those_received_from_its_first_instant_to_before_its_last(store: Store) -> None:
    day = timedelta(days=1)
    for name, at in (("before", NOON - MINUTE), ("first", NOON), ("last", NOON + day - MINUTE), ("after", NOON + day)):
        see(store, seen(name, received_at=at))
    see(store, seen("elsewhere", mailbox=SECOND_MAILBOX))
    found = store.read(lambda tx: tx.mail_between(MAILBOX, NOON, NOON + day))
    assert [m.item_id for m in found] == ["first", "last"]
    assert found[0] == seen("first")


def known(store: Store, **fields: object) -> Known:
    return store.read(lambda tx: tx.known(mail(**fields)))  # type: ignore[arg-type]


def test_a_letter_is_known_again_in_whatever_mailbox(store: Store) -> None:
    see(store, seen("a", identity="letter-1"), seen("n", "ignored", identity="letter-2", record_id=None))
    assert known(store, identity="letter-1", mailbox=SECOND_MAILBOX).same_letter == "r1"
    assert known(store, identity="letter-2").same_letter is None
    see(store, seen("q", "quarantined", identity="letter-3", record_id="q1"))
    assert known(store, identity="letter-3").same_letter == "q1"


def test_our_own_mails_and_what_answers_a_record_are_known_by_message_ids(store: Store) -> None:
    def note(tx: object) -> None:
        tx.note_message_id("<ours@m>", "r1", ours=True)  # type: ignore[attr-defined]
        tx.note_message_id("<theirs@x>", "r2", ours=False)  # type: ignore[attr-defined]
        tx.note_message_id("<theirs@x>", "r2", ours=False)  # type: ignore[attr-defined]

    store.write(note)
    assert known(store, message_id="<ours@m>").ours
    assert not known(store, message_id="<theirs@x>").ours
    assert not known(store, message_id="").ours
    assert known(store, references=("<theirs@x>", "<ours@m>", "<unknown@y>")).answered == ("r1", "<ours@m>")
    assert known(store, references=("<OURS@m>",)).answered is None
    long = (*(f"<{n}@x>" for n in range(2_000)), "<theirs@x>")
    assert known(store, references=long).answered == ("r2", "<theirs@x>")


@pytest.mark.parametrize("subject", ["رد: طلب مستندات", "RE: anything"])
def test_a_subject_tells_nothing(store: Store, subject: str) -> None:
    see(store, seen("a", identity="letter-1"))
    assert known(store, subject=subject, identity="letter-9", sender=Address("", "a@b.example")) == Known()


# ---------------------------------------------------------------- counts


def test_of_a_day_the_last_count_stands(store: Store) -> None:
    for after, body in ((0, "{1}"), (1, "{2}")):
        store.write(lambda tx, a=after, b=body: tx.save_day_count("2026-11-21", MAILBOX, NOON + a * MINUTE, b))  # type: ignore[misc]
    assert store.read(lambda tx: tx.day_counts("2026-11-21")) == {MAILBOX: ("2026-11-21T09:01:00.000000Z", "{2}")}
    assert store.read(lambda tx: tx.day_counts("2026-11-22")) == {}
