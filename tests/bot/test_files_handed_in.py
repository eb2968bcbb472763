"""Files that people hand in by chat: fetched once, archived first, entered with their letter."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.commands import NoteAnnexRefused
from registry.errors import Throttled, Unavailable
from registry.record import Record
from service.ports import Wanted
from tests.bot.house import House, card_of, chat_of, shown_in, text_of
from tests.bot.test_handlers import first_line, said, verbs
from tests.bot.test_registry_desk import PAPER
from tests.values import CLOUD_FILE, forwarded

type Json = dict[str, Any]

INFO = "application/vnd.microsoft.teams.file.download.info"
SCANS = {"الكتاب.pdf": b"%PDF-1 letter", "كشف.xlsx": b"PK sheet"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        yield house


def letters(house: House) -> list[Record]:
    return house.store.read(lambda tx: tx.find(Wanted(kind="incoming_letter")))


def offered(house: House, files: dict[str, bytes], host: str = "files.example") -> list[Json]:
    """What Teams sends of *files*: a link for each, and the message's own words as HTML."""
    links = {name: f"https://{host}/{n}?tempauth=t" for n, name in enumerate(files)}
    house.downloads.files |= {links[name]: body for name, body in files.items()}
    told = [
        {
            "contentType": INFO,
            "contentUrl": "https://ministry-my.sharepoint.com/personal/x/Documents/x",
            "name": name,
            "content": {"downloadUrl": links[name], "uniqueId": "u", "fileType": name.rpartition(".")[2]},
        }
        for name in files
    ]
    return [{"contentType": "text/html", "content": "<p>كتاب</p>"}, *told]


async def hand_in(
    house: House, files: dict[str, bytes] | None = None, by: str = "abdullah", text: str = "", **own: Any
) -> list[Json]:
    """Somebody hands in *files*; what the bot answers."""
    before = set(house.teams.said[chat_of(by)])
    attachments = own.pop("attachments", None) or offered(house, SCANS if files is None else files)
    await house.bot.turn(house.activity(by, type="message", text=text, attachments=attachments, **own))
    return [message for at, message in house.teams.said[chat_of(by)].items() if at not in before]


def token_on(message: Json) -> str:
    """What the form's button carries."""
    (action,) = shown_in(message)["body"][-1]["actions"]
    return str(action["data"]["token"])


async def enter(house: House, token: str, by: str = "abdullah", verb: str = "enter", **more: Any) -> Any:
    return await house.press(by, verb, token, **{**PAPER, "received_via": "scan", **more})


async def test_the_form_comes_with_the_files_and_registers_the_letter_with_them(house: House) -> None:
    (message,) = await hand_in(house)
    assert "الكتاب.pdf" in said(shown_in(message))
    assert letters(house) == []
    turned = await enter(house, token_on(message))
    (made,) = letters(house)
    assert made.reference in said(card_of(turned))
    assert made.attachment_names == tuple(SCANS)
    assert [house.archive.kept[a.sha256] for a in made.attachments] == list(SCANS.values())
    assert [a.content_type.rpartition(".")[2] for a in made.attachments] == ["application/pdf", "sheet"]
    assert (made.received_via, made.steps[0].to_person) == ("scan", "huda")


async def test_no_link_stands_on_the_form_or_in_what_is_kept(house: House) -> None:
    (message,) = await hand_in(house)
    await enter(house, token_on(message))
    assert "files.example" not in repr(shown_in(message))
    assert not any(b"files.example" in body for body in house.archive.kept.values())


async def test_the_message_brought_again_and_every_form_of_it_make_one_letter(house: House) -> None:
    (first,) = await hand_in(house, id="m1")
    (again,) = await hand_in(house, id="m1")
    assert token_on(first) == token_on(again)
    for message, card in ((first, "card-1"), (again, "card-2"), (first, "card-1")):
        await enter(house, token_on(message), card_id=card)
    await asyncio.gather(*(enter(house, token_on(first), card_id=f"card-{n}") for n in range(6)))
    assert len(letters(house)) == 1


async def test_the_same_files_in_another_message_are_told_of_with_the_number_and_entered_where_meant(
    house: House,
) -> None:
    (first,) = await hand_in(house)
    await enter(house, token_on(first))
    (made,) = letters(house)
    (second,) = await hand_in(house)
    assert token_on(first) != token_on(second)
    turned = await enter(house, token_on(second))
    assert made.reference in first_line(card_of(turned))
    assert verbs(card_of(turned)) == ["enter_again"]
    assert len(letters(house)) == 1
    for _ in range(2):
        await enter(house, token_on(second), verb="enter_again")
    newest = next(one for one in letters(house) if one.record_id != made.record_id)
    assert (len(letters(house)), newest.same_as, newest.same_reference) == (2, made.record_id, made.reference)


@pytest.mark.parametrize("by", ["huda", "omar"])
async def test_whoever_keeps_no_register_is_told_whose_turn_it_is_and_nothing_is_fetched(house: House, by: str) -> None:
    (message,) = await hand_in(house, by=by)
    assert "السجل" in message["text"] or "registry" in message["text"]
    assert (house.downloads.asked, house.archive.kept) == ([], {})


async def test_a_stranger_is_told_so_and_nothing_is_fetched(house: House) -> None:
    (message,) = await hand_in(house, by="stranger")
    assert "دليل الوزارة" in message["text"]
    assert house.downloads.asked == []


async def test_the_form_of_somebody_elses_files_enters_nothing(house: House) -> None:
    (message,) = await hand_in(house)
    assert "لا أعرف هذه البطاقة" in text_of(await enter(house, token_on(message), by="noura"))
    for forged in ("f" * 64, "x", "../../etc/passwd", letters_bytes(house)):
        assert "لا أعرف هذه البطاقة" in text_of(await enter(house, forged))
    assert letters(house) == []


def letters_bytes(house: House) -> str:
    """The name of something in the archive that is no bundle: the letter itself."""
    return next(sha for sha, body in house.archive.kept.items() if body == SCANS["الكتاب.pdf"])


async def test_a_file_elsewhere_dead_empty_or_too_large_is_named_with_whose_turn_it_is(house: House) -> None:
    large = offered(house, {"كبير.pdf": b"x"})
    told = [
        ("خارج مواقع SharePoint", offered(house, SCANS, host="evil.example")),
        ("50", large),
        ("فارغ", offered(house, {"فارغ.pdf": b""}, host="files.example/empty")),
        ("من جديد", offered(house, {"كتاب.pdf": b"x"}, host="files.example/dead")),
    ]
    house.downloads.files[large[1]["content"]["downloadUrl"]] = bytes(50 * 2**20 + 1)
    del house.downloads.files["https://files.example/dead/0?tempauth=t"]
    for why, attachments in told:
        (message,) = await hand_in(house, attachments=attachments)
        assert why in message["text"], message
        assert "http" not in message["text"]


@pytest.mark.parametrize("error", [Unavailable("down"), Throttled(3)])
async def test_a_busy_host_or_archive_is_said_and_the_same_message_does_it_later(
    house: House, error: Exception
) -> None:
    house.downloads.faults.add("fetch", error)
    (message,) = await hand_in(house, id="m1")
    assert "مرة أخرى" in message["text"]
    house.archive.faults.add("put", Unavailable("down"))
    (message,) = await hand_in(house, id="m1")
    assert "مرة أخرى" in message["text"]
    (message,) = await hand_in(house, id="m1")
    assert verbs(shown_in(message)) == ["enter"]


# ---------------------------------------------------------------- for a record that lacks a file


LINK = replace(CLOUD_FILE, name="كشف الحساب.pdf")


def lacking(house: House, number: int = 1) -> Record:
    """A letter that Huda forwarded, whose annex is a link that nobody may open."""
    record_id = f"r{number}"
    house.register(forwarded(number, parts=(LINK,), remarks=("incomplete.cloud",)), record_id)
    house.take(NoteAnnexRefused(record_id=record_id, annex=0, reason="file.forbidden"))
    return house.record(record_id)


async def test_whoever_was_asked_for_a_file_sends_it_and_is_asked_no_more(house: House) -> None:
    lacking(house)
    (message,) = await hand_in(house, {"المسح.pdf": b"%PDF itself"}, by="huda")
    assert "استُلم الملف" in first_line(shown_in(message))
    record = house.record()
    assert (record.attachment_names, record.reasons, record.steps[1].outcome) == (("المسح.pdf",), (), "completed")
    assert house.archive.kept[record.attachments[0].sha256] == b"%PDF itself"
    (message,) = await hand_in(house, {"المسح.pdf": b"%PDF itself"}, by="huda")
    assert "السجل" in message["text"], "nothing is asked any more"


async def test_the_file_of_a_message_brought_again_is_taken_once(house: House) -> None:
    lacking(house)
    for _ in range(3):
        await hand_in(house, {"المسح.pdf": b"%PDF itself"}, by="huda", id="m1", text="1")
    assert house.sheet().count("AnnexFetched") == 1


async def test_of_several_records_that_lack_a_file_one_must_be_named(house: House) -> None:
    first, second = lacking(house), lacking(house, 2)
    (message,) = await hand_in(house, by="huda")
    assert "رقم المراسلة" in message["text"]
    assert house.downloads.asked == []
    await hand_in(house, by="huda", text=second.reference)
    assert (house.record("r1").version, house.record("r2").reasons) == (first.version, ())


async def test_a_clerk_names_the_record_that_lacks_the_file_else_it_is_a_letter(house: House) -> None:
    lacking(house)
    (message,) = await hand_in(house, by="noura")
    assert verbs(shown_in(message)) == ["enter"]
    (message,) = await hand_in(house, by="noura", text="1")
    assert "استُلم الملف" in first_line(shown_in(message))


async def test_a_record_that_lacks_nothing_takes_no_file_and_a_bystanders_is_not_fetched(house: House) -> None:
    house.register()
    (message,) = await hand_in(house, by="huda", text="1")
    assert "لا ينقص" in message["text"]
    house.downloads.asked.clear()
    lacking(house, 2)
    await hand_in(house, by="omar", text="2")
    assert house.downloads.asked == []


async def test_more_files_than_a_letter_has_are_not_fetched(house: House) -> None:
    (message,) = await hand_in(house, {f"{n}.pdf": b"%PDF" for n in range(21)})
    assert "20" in message["text"]
    assert house.downloads.asked == []


async def test_a_hostile_name_comes_out_safe(house: House) -> None:
    names = ["../../../etc/passwd", "a\u202efdp.exe", "CON.pdf", "x" * 10_000 + ".pdf", "\u0000", "a/b\\c.pdf"]
    (message,) = await hand_in(house, {name: name.encode() for name in names})
    await enter(house, token_on(message))
    (made,) = letters(house)
    for name in made.attachment_names:
        assert 0 < len(name) <= 180
        assert not set(name) & set("/\\\u202e\u0000")
    assert not any(name.lower().startswith("con.") for name in made.attachment_names)


@pytest.mark.parametrize(
    "attachments",
    [
        "x",
        [None, 3, "x"],
        [{"contentType": INFO}],
        [{"contentType": INFO, "name": 3, "content": "x"}],
        [{"contentType": INFO, "name": "a", "content": {"downloadUrl": {"x": 1}, "fileType": ["pdf"]}}],
        [{"contentType": "image/png", "contentUrl": "https://evil.example/x.png"}],
    ],
)
async def test_what_teams_would_not_send_does_no_harm(house: House, attachments: Any) -> None:
    (message,) = await hand_in(house, text="كيف", attachments=attachments)
    assert message["type"] == "message"
    assert house.archive.kept == {}
    assert all(link == "" for link in house.downloads.asked)
