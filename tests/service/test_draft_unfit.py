"""What could not be issued is put before nobody: its drafter is told why and what to do, and its bytes are kept."""

import hashlib
import io
import warnings
import zipfile

import pytest

from documents.package import closed, opened
from documents.templates import Templates
from documents.word import fill, unfit_of
from registry.document_events import DraftUnfit, Frozen, PressDropped
from service.document_views import document_said
from tests.document_values import in_word
from tests.draft_house import DraftHouse
from tests.service.house import chat_of
from texts import LANGUAGES, say

GOOD = fill(Templates().template("outgoing_letter"), {"body": "نرجو موافاتنا بالمستندات."})
_RELATIONSHIP = b'<Relationship Id="r99" Type="%s/image" Target="https://x.example/a.png" TargetMode="External"/>'
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def with_words(xml: str) -> bytes:
    parts = dict(opened(GOOD))
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:sectPr", xml.encode() + b"<w:sectPr", 1)
    return closed(parts)


def with_part(name: str, body: bytes) -> bytes:
    return closed({**opened(GOOD), name: body})


def with_relation() -> bytes:
    parts, name = dict(opened(GOOD)), "word/_rels/document.xml.rels"
    parts[name] = parts[name].replace(b"</Relationships>", _RELATIONSHIP % _OFFICE + b"</Relationships>")
    return closed(parts)


def encrypted() -> bytes:
    """As Office writes what has a password: a compound file, with the package in it."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def overlapping() -> bytes:
    """Two files of one name, as those have that are made to swell."""
    body = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")
        for name, part in (*opened(GOOD).items(), ("word/document.xml", b"<a/>")):
            file.writestr(name, part)
    return body.getvalue()


UNFIT = {
    "unsafe.macros": with_part("word/vbaProject.bin", b"Attribute VB_Name"),
    "unsafe.external": with_relation(),
    "unsafe.encrypted": encrypted(),
    "unsafe.bomb": overlapping(),
    "unsafe.entities": with_part("word/extra.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    "word.no_document": "مذكرة".encode(),
    "word.broken": GOOD[: len(GOOD) // 2],
    "word.tracked": with_words('<w:p><w:ins w:id="1"><w:r><w:t>زيد</w:t></w:r></w:ins></w:p>'),
    "word.comments": with_words('<w:p><w:r><w:commentReference w:id="1"/></w:r></w:p>'),
    "word.hidden": with_words("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r></w:p>"),
}


def begun() -> DraftHouse:
    house = DraftHouse(examine=unfit_of)
    house.begin()
    house.perform()
    write(house, GOOD)
    return house


def write(house: DraftHouse, body: bytes) -> None:
    house.later(70)
    house.drafts.edit(house.place, body, "omar")
    house.later(70)


def test_the_template_as_it_is_filled_can_be_decided_on() -> None:
    assert [unfit_of(Templates().template(kind)) for kind in ("outgoing_letter", "decision", "circular")] == [()] * 3
    assert unfit_of(GOOD) == ()


@pytest.mark.parametrize("reason", UNFIT)
def test_what_cannot_be_issued_is_put_before_nobody_when_it_is_submitted(reason: str) -> None:
    house = begun()
    write(house, UNFIT[reason])
    house.press()
    house.perform()
    assert house.turns == [("omar", "for_drafting")]
    assert "Frozen" not in house.names
    told = [e for e in house.events if isinstance(e, DraftUnfit | PressDropped)]
    assert isinstance(told[0], DraftUnfit)
    assert told[0].reasons == (reason,)
    assert isinstance(told[1], PressDropped)
    assert house.archive.kept[told[0].sha256] == UNFIT[reason]
    assert house.stuck == []
    sentences = house.chats.told[chat_of("omar").conversation_id]
    assert sentences == [say("en", "draft.unfit_told", reference=house.record.reference)]
    for lang in LANGUAGES:
        assert say(lang, f"fix.{reason}") in (document_said(told[0], house.office, lang) or "")


def test_what_was_put_right_is_submitted_and_nothing_is_said_of_it_any_more() -> None:
    house = begun()
    write(house, UNFIT["word.tracked"])
    house.press()
    house.perform()
    assert house.press() == "omar"
    house.perform()
    assert house.turns == [("omar", "for_drafting")], "it is as it was, and refused once more"
    write(house, GOOD)
    house.press()
    house.perform()
    document = house.record.document
    assert document is not None
    assert (document.unfit, document.dropped) == ((), None)
    assert house.turns == [("salem", "for_initial")]
    for _ in range(3):
        house.press()
        house.perform()
    assert house.record.serial == 1


@pytest.mark.parametrize("pressed", [1, 2, 3])
@pytest.mark.parametrize("restart", ["first", "approve"])
def test_an_edit_that_makes_it_so_brings_it_back_wherever_it_stood(pressed: int, restart: str) -> None:
    house = DraftHouse(in_word(restart=restart), examine=unfit_of)
    house.begin()
    house.perform()
    write(house, GOOD)
    for _ in range(pressed):
        house.press()
        house.perform()
    write(house, UNFIT["unsafe.macros"])
    house.go(2)
    assert house.turns == [("omar", "for_drafting")]
    frozen = [e.sha256 for e in house.events if isinstance(e, Frozen)]
    assert frozen == [hashlib.sha256(GOOD).hexdigest()]
    document = house.record.document
    assert document is not None
    assert document.unfit == ("unsafe.macros",)


def test_an_edit_that_makes_it_so_before_the_last_signature_counts_brings_it_back() -> None:
    house = begun()
    for _ in range(3):
        house.press()
        house.perform()
    house.drafts.edit(house.place, UNFIT["word.comments"], "omar")
    house.press()
    house.perform()
    assert house.record.serial is None
    assert house.turns == [("omar", "for_drafting")]


def test_comments_while_it_is_being_written_are_nobodys_matter() -> None:
    house = begun()
    write(house, UNFIT["word.comments"])
    house.go(2)
    assert "DraftUnfit" not in house.names
    assert house.chats.told[chat_of("omar").conversation_id] == []


def test_a_product_that_looks_at_nothing_puts_it_before_others() -> None:
    house = DraftHouse(examine=lambda body: ())
    house.begin()
    house.perform()
    write(house, UNFIT["unsafe.macros"])
    house.press()
    house.perform()
    assert house.turns == [("salem", "for_initial")]


def test_whatever_is_broken_in_a_file_it_is_refused_and_nothing_fails() -> None:
    for at in range(0, len(GOOD), max(len(GOOD) // 60, 1)):
        broken = bytearray(GOOD)
        broken[at] ^= 0xFF
        assert all(reason in UNFIT or reason == "unsafe.unexamined" for reason in unfit_of(bytes(broken)))
        assert all(reason in UNFIT or reason == "unsafe.unexamined" for reason in unfit_of(GOOD[:at]))
