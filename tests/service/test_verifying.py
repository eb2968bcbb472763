"""Whoever has a letter in their hand is told whether it is ours, and nothing that does not stand on it."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest

from registry.commands import NoteRelation, Void
from registry.record import Link
from registry.sealing import token_of
from service.verify_page import POLICY, verify_page
from service.verifying import Verifying, _told
from tests.service.house import Registry
from tests.service.test_sealing import Desk


@pytest.fixture
async def desk(house: Registry) -> Desk:
    made = Desk(house)
    await made.perform()
    return made


def token(desk: Desk) -> str:
    assert desk.record.sealed is not None
    return token_of(desk.record, desk.record.sealed.frozen)


async def test_a_letter_of_ours_is_known_by_its_code_and_by_its_file(desk: Desk) -> None:
    record, ask = desk.record, Verifying(desk.house.store)
    assert record.sealed is not None
    by_code, by_file = ask.look(token(desk)), ask.look(record.sealed.sha256)
    assert by_code is not None
    assert by_code == by_file
    assert (by_code["state"], by_code["reference"]) == ("sealed", record.reference)
    assert by_code["sha256"] == record.sealed.sha256
    assert "1448هـ" in by_code["issued_said"]["ar"].replace("\u2069", "")


async def test_nothing_is_told_that_does_not_stand_on_the_letter(desk: Desk) -> None:
    told = Verifying(desk.house.store).look(token(desk))
    said = json.dumps(told, ensure_ascii=False) + verify_page(told)
    for secret in (desk.record.subject, desk.record.text.split("\n")[0], "وزارة المالية", "هدى", "huda", "omar", "m1"):
        assert secret not in said


STRANGE = ["\0" * 64, "\ud800" * 64, "İ" * 64, "m1-" + "٠" * 32, "m1\0-" + "0" * 32, "f" * 70_000]


@pytest.mark.parametrize("asked", ["", "m1", "f" * 64, "m1-" + "0" * 32, "m2-" + "0" * 32, "../m1", "'; --", *STRANGE])
async def test_what_is_not_ours_is_answered_alike(desk: Desk, asked: str) -> None:
    assert Verifying(desk.house.store).look(asked) is None


async def test_every_other_proof_is_none(desk: Desk) -> None:
    good = token(desk)
    for place in range(len(good) - 32, len(good)):
        other = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :]
        assert Verifying(desk.house.store).look(other) is None


async def test_the_file_of_another_try_is_not_the_letter(desk: Desk, house: Registry) -> None:
    house.store.write(lambda tx: tx.first_time("sealed:" + "e" * 64, "m1", house.now))
    assert Verifying(house.store).look("e" * 64) is None


async def test_what_became_of_it_is_told(desk: Desk) -> None:
    for how, state in (("amended_by", "amended"), ("cancelled_by", "cancelled")):
        link = Link(record_id="m2", reference="ش.م/ص/2/2026", how=how)
        desk.house.take(NoteRelation(record_id="m1", by="huda", link=link))
        told = Verifying(desk.house.store).look(token(desk))
        assert told is not None
        assert told["state"] == state
    desk.house.take(Void(record_id="m1", by="huda", note="صدر بالخطأ"))
    told = Verifying(desk.house.store).look(token(desk))
    assert told is not None
    assert told["state"] == "voided"
    assert "صدر بالخطأ" not in json.dumps(told, ensure_ascii=False)


async def test_what_is_not_checked_of_a_seal_is_said(desk: Desk) -> None:
    told = Verifying(desk.house.store).look(token(desk))
    assert told is not None
    assert told["limits_said"] is None
    record = desk.record
    assert record.sealed is not None
    for stamped_at, words in ((None, "no trusted time"), (record.sealed.at, "bears a trusted time")):
        sealed = replace(record.sealed, level="protected", stamped_at=stamped_at)
        page = verify_page(_told(replace(record, sealed=sealed), desk.house.store.read(lambda tx: tx.office())))
        assert words in page
        assert "ask its issuer" in page


async def test_the_page_is_arabic_first_fetches_nothing_and_runs_its_own_script_alone(desk: Desk) -> None:
    page = verify_page(Verifying(desk.house.store).look(token(desk)))
    assert page.index('lang="ar"') < page.index('lang="en"')
    assert "http" not in page.replace("http-equiv", "")
    (script,) = re.findall("<script>(.*?)</script>", page, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in POLICY
    assert "fetch(" not in script
    assert "XMLHttpRequest" not in script


def test_the_page_of_a_letter_that_nobody_knows_says_whom_to_ask() -> None:
    page = verify_page(None)
    assert "لا يُعرف هذا الكتاب لدينا" in page
    assert "<script>" in page
