"""A closed day is stated: by name, signed, chained, kept for ever, and told to the operators once."""

import asyncio
import base64
import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sqlalchemy import text

from app.signing import signer
from registry.errors import Unavailable
from registry.sheet import FIRST_PREV_HASH, Entry, chain_hash, verify
from service.ports import Conversation
from service.statement import Statements
from tests.service.house import Registry, chat_of, letter
from tests.values import KUWAIT, MAILBOX

TODAY = date(2026, 11, 21)  # noon; the day is over in twelve hours
KEY = "a key of thirty-two characters or more"


def stating(house: Registry, *, key: str = KEY, operators: tuple[str, ...] = ()) -> Statements:
    return Statements(
        house.store,
        house.archive,
        house.reconciler,
        house.clock,
        KUWAIT,
        sign=signer(key) if key else None,
        operators=operators,
    )


async def stated(house: Registry, day: date = TODAY) -> dict[str, Any]:
    kept = await stating(house).of(day)
    assert kept is not None
    return kept


def tomorrow(house: Registry) -> None:
    house.later(13.5 * 3600)  # half past one in the night


def lose(house: Registry, *tables: str) -> None:
    """An injected loss: rows disappear from our tables."""
    for table in tables:
        house.store.database.write(lambda on, t=table: on.cold.execute(text(f"DELETE FROM {t}")))


# ---------------------------------------------------------------- what is stated, and when


async def test_a_day_is_stated_when_it_is_over_and_once(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    assert await stating(house).state_due() == [TODAY - timedelta(days=1)]
    tomorrow(house)
    assert await stating(house).state_due() == [TODAY]
    assert await stating(house).state_due() == []


async def test_two_who_state_a_day_at_the_same_moment_state_it_once(house: Registry) -> None:
    house.meet("noura")
    tomorrow(house)
    await asyncio.gather(stating(house).state_due(), stating(house).state_due())
    house.later(7 * 3600)
    await house.performer().perform_due()
    assert len(house.chats.told[chat_of("noura").conversation_id]) == 1


async def test_both_sides_are_lists_of_identities(house: Registry) -> None:
    house.box.arrive(letter(1))
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    tomorrow(house)
    await stating(house).state_due()
    said = json.loads((await stated(house))["statement"])
    box = said["mailboxes"][0]
    assert (said["date"], box["mailbox"], box["green"]) == ("2026-11-21", MAILBOX, True)
    assert [s["message_id"] for s in box["seen"]] == ["<1@post.example>"] * 2
    assert sorted(j["verdict"] for j in box["judged"]) == ["copy", "registered"]
    assert {s["item"] for s in box["seen"]} == {j["item"] for j in box["judged"]}
    assert len({j["letter"] for j in box["judged"]}) == 1


async def test_what_delta_showed_is_seen_although_it_is_gone_from_the_mailbox(house: Registry) -> None:
    arrived = house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    house.box.remove(arrived.item_id)
    tomorrow(house)
    await stating(house).state_due()
    box = json.loads((await stated(house))["statement"])["mailboxes"][0]
    assert [(s["item"], s["there"]) for s in box["seen"]] == [(arrived.item_id, False)]


async def test_days_on_which_nobody_stated_anything_are_made_up_for_in_their_order(house: Registry) -> None:
    await stating(house).state_due()
    house.later(4 * 86_400)
    days = [TODAY + timedelta(days=n) for n in range(4)]
    assert await stating(house).state_due() == days


# ---------------------------------------------------------------- signed, chained, kept


async def test_anybody_can_check_a_statement_and_nobody_can_change_it(house: Registry) -> None:
    await stating(house).state_due()
    kept = await stated(house, TODAY - timedelta(days=1))
    signed = kept["statement"].encode()
    assert hashlib.sha256(signed).hexdigest() == kept["sha256"]
    public = load_der_public_key(base64.b64decode(kept["signature"]["public_key"]))
    assert isinstance(public, Ed25519PublicKey)
    value = base64.b64decode(kept["signature"]["value"])
    public.verify(value, signed)
    with pytest.raises(InvalidSignature):
        public.verify(value, signed.replace(b"true", b"fals"))


async def test_a_statement_names_the_one_before_it_by_its_hash(house: Registry) -> None:
    await stating(house).state_due()
    tomorrow(house)
    await stating(house).state_due()
    first, second = [json.loads((await stated(house, d))["statement"]) for d in (TODAY - timedelta(days=1), TODAY)]
    assert first["previous"] is None
    named = second["previous"]
    assert named["date"] == first["date"]
    assert json.loads(await house.archive.get(named["archived"]))["statement"] == json.dumps(
        first, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


async def test_a_sheet_that_its_owner_wrote_anew_cut_short_or_took_away_does_not_fit_its_statement(
    house: Registry,
) -> None:
    """The three that no chain finds (tests/registry/test_tampered.py)."""
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    tomorrow(house)
    await stating(house).state_due()
    (head,) = json.loads((await stated(house))["statement"])["heads"]
    sheet = house.store.read(lambda tx: tx.sheet(head["record"]))
    assert len(sheet) > 1

    def fits(lines: list[Entry]) -> bool:
        named = [line for line in lines if line.seq == head["seq"]]
        return verify(lines) is None and [line.hash for line in named] == [head["hash"]]

    assert fits(sheet)
    assert not fits(sheet[:-1])
    assert not fits([])
    anew, before = [], FIRST_PREV_HASH
    for line in sheet:
        changed = line.canonical.replace(b'"urgency":"normal"', b'"urgency":"urgent"')
        anew.append(replace(line, canonical=changed, prev_hash=before, hash=chain_hash(before, changed)))
        before = anew[-1].hash
    assert verify(anew) is None
    assert not fits(anew)


async def test_without_a_key_a_statement_says_that_nobody_signed_it(house: Registry) -> None:
    await stating(house, key="").state_due()
    assert (await stated(house, TODAY - timedelta(days=1)))["signature"] is None


# ---------------------------------------------------------------- telling


async def told(house: Registry, person: str, operators: tuple[str, ...] = ()) -> list[str]:
    """What a person is told on the morning after."""
    house.meet(person)
    tomorrow(house)
    await stating(house, operators=operators).state_due()
    await house.performer().perform_due()
    assert house.chats.told == {}  # not in the night
    house.later(7 * 3600)
    for _ in range(3):
        await stating(house, operators=operators).state_due()
        await house.performer().perform_due()
    return house.chats.told[chat_of(person).conversation_id]


async def test_the_head_of_the_register_is_told_in_one_arabic_sentence_in_the_morning(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    [said] = await told(house, "noura")
    assert "اكتمل حساب يوم" in said
    assert "\n" not in said


async def test_whom_the_settings_name_is_told_in_their_own_language(house: Registry) -> None:
    [said] = await told(house, "omar", ("omar@ministry.example",))
    assert said.startswith("The count of")


async def test_a_red_day_says_which_letter(house: Registry) -> None:
    house.box.arrive(letter(77))
    house.box.faults.add("fetch", Unavailable("down"), times=99)
    [said] = await told(house, "noura")
    assert "<77@post.example>" in said
    assert "لم يكتمل" in said


async def test_a_red_day_is_stated_again_when_it_has_come_to_add_up(house: Registry) -> None:
    house.box.arrive(letter(77))
    house.box.faults.add("fetch", Unavailable("down"), times=1)
    tomorrow(house)
    await stating(house).state_due()
    assert not json.loads((await stated(house))["statement"])["mailboxes"][0]["green"]
    await house.reconciler.count(TODAY)  # as the timer does with what ended red
    assert await stating(house).state_due() == [TODAY]
    kept = await stated(house)
    assert (kept["number"], json.loads(kept["statement"])["previous"]["number"]) == (2, 1)
    assert await stating(house).state_due() == []


async def test_who_has_no_chat_yet_is_told_when_there_is_one(house: Registry) -> None:
    tomorrow(house)
    await stating(house).state_due()
    house.later(7 * 3600)
    await house.performer().perform_due()
    assert house.installs.installed == ["noura"]
    house.service.met(Conversation(person="noura", conversation_id="a:noura", service_url="x", user_mri="", bot_id=""))
    await house.performer().perform_due()
    assert len(house.chats.told["a:noura"]) == 1


# ---------------------------------------------------------------- what our own tables lose


async def test_a_verdict_that_our_tables_lost_is_given_again(house: Registry) -> None:
    for number in (1, 2, 2):
        house.box.arrive(letter(number))
    await house.intake.visit(MAILBOX)
    lose(house, "mail")
    counted = (await house.reconciler.count(TODAY))[0]
    assert (counted.green, counted.registered, counted.copies) == (True, 2, 1)
    assert len(house.records()) == 2


@pytest.mark.parametrize("tables", [("records", "events"), ("records", "events", "mail"), ("records",)])
async def test_a_record_that_our_tables_lost_is_registered_anew(house: Registry, tables: tuple[str, ...]) -> None:
    house.box.arrive(letter(1))
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    [record] = house.records()
    lose(house, *tables)
    counted = (await house.reconciler.count(TODAY))[0]
    assert (counted.green, counted.registered, counted.copies) == (True, 1, 1)
    [anew] = house.records()
    assert (anew.source.identity, anew.serial) == (record.source.identity, 2)
    await house.performer().perform_due()
    assert house.store.read(lambda tx: tx.stuck()) == []


async def test_a_record_that_is_not_whole_makes_the_day_red_and_is_named(house: Registry) -> None:
    house.box.arrive(letter(1))
    await house.intake.visit(MAILBOX)
    [record] = house.records()
    house.store.database.write(lambda on: on.cold.execute(text("DELETE FROM events WHERE seq = 2")))
    counted = (await house.reconciler.count(TODAY))[0]
    assert (counted.green, counted.lost) == (False, (record.record_id,))
