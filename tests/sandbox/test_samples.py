"""The sample letters that lie in the officials' inboxes, and how the page is offered them."""

import email
import json
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from sandbox.ministry import samples
from sandbox.ministry.samples import LETTERS, Letter, as_mail, letters
from tests.sandbox.desk import Desk

ORGANISATION = json.loads((Path(samples.__file__).parent / "organisation.json").read_text("utf-8"))
BY_KEY = pytest.mark.parametrize("letter", LETTERS, ids=[letter.key for letter in LETTERS])


def parsed(letter: Letter) -> EmailMessage:
    message = email.message_from_bytes(as_mail(letter), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_bytes_are_the_same_every_time() -> None:
    assert letters() == letters()


@BY_KEY
def test_each_is_a_letter_from_outside_with_its_words_and_a_pdf(letter: Letter) -> None:
    message = parsed(letter)
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == letter.text
    (annex,) = message.iter_attachments()
    assert (annex.get_content_type(), annex.get_filename()) == ("application/pdf", letter.annex_name)
    assert annex.get_content().startswith(b"%PDF-")
    assert str(make_header(decode_header(email.message_from_bytes(as_mail(letter))["From"]))).startswith(letter.sender)


@BY_KEY
def test_nobody_real_is_named(letter: Letter) -> None:
    assert re.fullmatch(r"[\w.]+@\w+\.example", letter.address)
    assert letter.upn.endswith("@ministry.example")


def test_they_differ_as_real_post_does() -> None:
    assert any(letter.subject == "" for letter in LETTERS)
    assert any(not letter.rtl for letter in LETTERS)
    assert {letter.charset for letter in LETTERS} == {"utf-8", "windows-1256"}
    assert {letter.html for letter in LETTERS} == {True, False}


def test_every_rule_of_the_registry_has_a_letter_for_it() -> None:
    def unit(letter: Letter) -> str:
        words = f"{letter.subject}\n{letter.text}"
        rules = ORGANISATION["referral_rules"]
        return str(next(r["unit"] for r in rules if not r["any_words"] or any(w in words for w in r["any_words"])))

    assert {unit(letter) for letter in LETTERS} == {rule["unit"] for rule in ORGANISATION["referral_rules"]}


def test_the_page_is_offered_each_letter_and_its_annex(desk: Desk) -> None:
    offered: list[dict[str, Any]] = desk.call("GET", "/sandbox/letters").json()
    assert [one["key"] for one in offered] == [letter.key for letter in LETTERS]
    annex = desk.call("GET", f"/sandbox/letters/{offered[0]['key']}/annex")
    assert annex.body == (samples.FOLDER / LETTERS[0].annex).read_bytes()
    assert desk.call("GET", "/sandbox/letters/none/annex").status == 404
