"""A sealed file is shown as valid only if what is seen is what was signed: attacks of six families, and good files."""

import asyncio
import random
import string
from datetime import UTC, datetime

import pytest

from documents.pades import EntitySeal
from documents.pdf_check import check
from tests.documents.attacks import all_attacks, good
from tests.documents.papers import certificate, fingerprint, pem, plain_pdf, seal, stamper
from texts import say

MOST_GOOD = 200  # in `make soak`; a few in `make test`


def test_no_attack_passes_for_a_good_file() -> None:
    files = all_attacks()
    assert len(files) >= 90
    untouched = good()
    assert check(untouched, certificate=fingerprint(seal())).valid
    verdicts = {name: check(body, certificate=fingerprint(seal())) for name, body in files.items()}
    assert [name for name, verdict in verdicts.items() if verdict.valid] == []
    assert {v.reason for v in verdicts.values()} >= {
        *("pdf.no_pdf", "pdf.not_signed", "pdf.not_whole", "pdf.several", "pdf.changed", "pdf.forged"),
        *("pdf.stranger", "pdf.open", "pdf.active", "pdf.around"),
    }
    assert all(say(lang, v.reason) for v in verdicts.values() for lang in ("ar", "en"))
    assert [name for name, body in files.items() if body == untouched] == []


def good_ones(count: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    made = []
    for number in range(count):
        words = "".join(chance.choices(string.ascii_letters + " ", k=chance.randrange(1, 60)))
        links = "/Annots [<< /Type /Annot /Subtype /Link /Rect [1 1 9 9] >>]" if number % 3 == 0 else ""
        opens = "/OpenAction [3 0 R /Fit]" if number % 4 == 0 else ""
        pdf = plain_pdf(words, page=links, catalog=opens)
        signer = EntitySeal(seal, _now, stamper=stamper() if number % 5 == 0 else None)
        made.append(asyncio.run(signer.sign(pdf, reason=words, name="وزارة", field="TarasulSeal")).body)
    return made


def _now() -> datetime:
    return datetime.now(UTC)


def test_good_files_are_valid() -> None:
    verdicts = [check(body, certificate=fingerprint(seal())) for body in good_ones(5, seed=1)]
    assert [v.reason for v in verdicts] == ["pdf.valid"] * 5


@pytest.mark.soak
def test_two_hundred_good_files_are_valid() -> None:
    verdicts = [check(body, certificate=fingerprint(seal())) for body in good_ones(MOST_GOOD, seed=2)]
    assert [v.reason for v in verdicts if not v.valid] == []


@pytest.mark.soak
def test_no_single_byte_can_be_another_one() -> None:
    """Every byte of a small file, each flipped once."""
    body = good()
    passed = []
    for place in range(len(body)):
        flipped = bytearray(body)
        flipped[place] ^= 0x01
        if check(bytes(flipped), certificate=fingerprint(seal())).valid:
            passed.append(place)
    assert passed == []


def test_a_good_signature_of_somebody_else_is_not_ours() -> None:
    theirs = pem(4, certificate("Somebody", 4))
    body = good(secret=theirs)
    assert check(body, certificate=fingerprint(theirs)).valid
    verdict = check(body, certificate=fingerprint(seal()))
    assert (verdict.reason, verdict.certificate) == ("pdf.stranger", fingerprint(theirs))
