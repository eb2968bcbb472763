"""The file of a secret draft is opened from the dialog that a fresh sign-in opens; the chat never leads to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from registry.circuit_commands import Submit
from registry.document_commands import NoteFrozen, NotePlaced, NotePreview
from service.links import Links
from tests.bot.house import House, card_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.bot.test_secrets import Json, card_in, opened, said, verbs
from tests.circuit_values import draft
from tests.document_values import WEB, hash_of, in_word, note_placed

WORDS = "خطة الطوارئ"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Salem is to initial Omar's secret letter; its file is in the library, and its preview is there."""
    office = in_word()
    people = {who: replace(person, clearance="secret") for who, person in office.people.items()}
    with House(tmp_path, replace(office, people=people)) as house:
        words = {"kind": "outgoing_letter", "text": "", "addressees": (), "party": "ديوان المحاسبة", "subject": WORDS}
        house.service.links = Links("k" * 32, "https://tarasul.ministry.example", house.clock)
        house.take(draft("r1", confidentiality="secret", **words))
        placed = note_placed()
        house.take(NotePlaced(**{**_fields(placed), "record_id": "r1", "alone": True}))
        house.take(Submit(record_id="r1", step=1, by="omar"))
        told = {"item": placed.item, "ctag": placed.ctag, "sha256": placed.sha256, "size_bytes": placed.size_bytes}
        house.take(NoteFrozen(record_id="r1", editor=None, modified_at=house.now, **told))
        house.take(NotePreview(record_id="r1", frozen=hash_of("one"), sha256="e" * 64, size_bytes=9))
        yield house


def _fields(note: NotePlaced) -> Json:
    return {name: getattr(note, name) for name in NotePlaced.__slots__}


def links(card: Json) -> list[str]:
    return [node["url"] for _, node in walk(card) if node.get("type") == "Action.OpenUrl"]


async def test_the_chat_leads_to_no_file_whatever_is_pressed(house: House) -> None:
    for verb in ("view", "preview", "compare"):
        card = card_of(await house.press("salem", verb))
        assert links(card) == []
        assert WORDS not in said(card)
        assert WEB not in said(card)


async def test_the_dialog_leads_to_it_after_the_sign_in_and_not_before(house: House) -> None:
    before = card_in(await house.in_dialog("salem", "open_secret", house.token("salem"), opens=True))
    assert WEB not in said(before)
    assert "SecretShown" not in house.sheet()
    after = card_in(await opened(house, "salem"))
    assert links(after) == [WEB]
    assert "preview" in verbs(after)
    assert wrong_with(after, rtl=True) == []
    assert "SecretShown" in house.sheet()


async def test_the_preview_is_opened_from_the_dialog_and_by_no_older_sign_in(house: House) -> None:
    await opened(house, "salem")
    card = card_in(await house.in_dialog("salem", "preview", house.token("salem")))
    assert any(f"/r1/documents/{'e' * 64}?" in link for link in links(card))
    house.now += timedelta(minutes=16)
    card = card_in(await house.in_dialog("salem", "preview", house.token("salem")))
    assert not any("/documents/" in link for link in links(card))
    assert WEB not in said(card)
