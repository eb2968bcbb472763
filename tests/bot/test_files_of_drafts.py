"""What opens a draft's file from its card: Word for who has access, the PDF and the comparison by a link for one."""

from typing import Any
from urllib.parse import urlsplit

from bot.cards import step_card
from bot.file_acts import file_card
from service.links import Links
from service.ports import Asked, CardView
from service.service import Service
from service.take import Taker
from tests.bot.rules_of_teams import walk
from tests.circuit_values import CIRCUIT_PEOPLE
from tests.document_values import WEB, frozen, hash_of, in_word, note_changed
from tests.fakes.store import FakeStore
from tests.values import Desk

TOKEN = "tok-1234567890abcdefghij"


def view(desk: Desk, step: int, person: str) -> CardView:
    asked = Asked(token=TOKEN, record_id="m1", step=step, person=person, version=desk.held.version)
    found = desk.held.step(step)
    assert found is not None
    return CardView(asked, desk.held, found, CIRCUIT_PEOPLE[person], in_word(), "ar")


def previewed() -> Desk:
    from registry.document_commands import NotePreview

    desk = frozen()
    desk.accept(NotePreview(record_id="m1", frozen=hash_of("one"), sha256="e" * 64, size_bytes=9))
    return desk


def links_of(card: dict[str, Any]) -> list[str]:
    return [node["url"] for _, node in walk(card) if node.get("type") == "Action.OpenUrl"]


def verbs_of(card: dict[str, Any]) -> set[str]:
    return {node["verb"] for _, node in walk(card) if node.get("type") == "Action.Execute"}


def pressed(desk: Desk, step: int, person: str, verb: str) -> dict[str, Any]:
    links = Links("k" * 32, "https://tarasul.ministry.example", lambda: desk.now)
    service = Service(FakeStore(), Taker(FakeStore(), lambda: desk.now), lambda: desk.now, links)
    shown = view(desk, step, person)
    press: Any = type("P", (), {"verb": verb, "token": TOKEN, "by": person})
    card = file_card(service, press, shown, desk.now)
    for link in links_of(card):
        if link.startswith("https://tarasul."):
            parts = urlsplit(link)
            what = parts.path.removeprefix("/api/v1/records/")
            assert links.holder(parts.query.removeprefix("ticket="), what) == person
    return card


def test_whose_turn_it_is_opens_word_and_whose_it_is_no_more_does_not() -> None:
    desk = frozen()
    assert links_of(step_card(view(desk, 2, "salem"), desk.now)) == [WEB]
    assert links_of(step_card(view(desk, 1, "omar"), desk.now)) == []


def test_the_preview_is_of_the_frozen_bytes_and_for_who_pressed() -> None:
    desk = previewed()
    (link, _) = links_of(pressed(desk, 2, "salem", "preview"))
    assert f"/m1/documents/{'e' * 64}?" in link


def test_the_comparison_is_of_what_was_decided_and_what_is() -> None:
    desk = previewed()
    assert "compare" not in verbs_of(step_card(view(desk, 2, "salem"), desk.now))
    desk.accept(note_changed(desk, "two"))
    step = desk.last_step
    assert "compare" in verbs_of(step_card(view(desk, step, "salem"), desk.now))
    (link, _) = links_of(pressed(desk, step, "salem", "compare"))
    assert f"/m1/comparison/{hash_of('one')}/{hash_of('two')}?" in link


def test_who_may_not_read_it_any_more_gets_no_link() -> None:
    desk = previewed()
    shown = view(desk, 2, "salem")
    stranger = CardView(shown.asked, shown.record, shown.step, CIRCUIT_PEOPLE["laila"], in_word(), "ar")
    links = Links("k" * 32, "https://tarasul.ministry.example", lambda: desk.now)
    service = Service(FakeStore(), Taker(FakeStore(), lambda: desk.now), lambda: desk.now, links)
    press: Any = type("P", (), {"verb": "preview", "token": TOKEN, "by": "laila"})
    assert not [u for u in links_of(file_card(service, press, stranger, desk.now)) if "tarasul" in u]
