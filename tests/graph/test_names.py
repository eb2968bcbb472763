"""A file's name, whoever chose it, can be shown, stored and saved anywhere as it is."""

import random
import unicodedata
from pathlib import Path

import pytest

from graph.names import LONGEST_NAME, LONGEST_NAME_BYTES, safe_name
from tests.graph.hostile import HOSTILE_NAMES, hostile_name
from tests.graph.mails import multipart, read
from texts import clean
from texts.isolates import bare

DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def is_safe(name: str, folder: Path) -> bool:
    """Whether *name* is a plain name of one file in *folder*, shown as it is stored."""
    inside = (folder / name).resolve().parent == folder.resolve()
    seen = all(unicodedata.category(c) not in ("Cc", "Cs", "Co", "Zl", "Zp") for c in name)
    device = name.partition(".")[0].strip().lower() in DEVICES
    short = len(name) <= LONGEST_NAME + 10 and len(name.encode()) <= LONGEST_NAME_BYTES
    return inside and seen and short and not device and name == clean(bare(name)).strip() and name.strip(" .") != ""


def test_two_thousand_hostile_names_come_out_safe(tmp_path: Path) -> None:
    chance = random.Random(1)
    for batch in range(20):
        parts = [hostile_name(chance) for _ in range(100)]
        mail = read(multipart(*parts, boundary=f"of batch {batch}"))
        assert len(mail.parts) == 100
        for found in mail.parts:
            assert is_safe(found.name, tmp_path), found.name


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_safe_name_is_safe_already(name: str, tmp_path: Path) -> None:
    once = safe_name(name, "application/pdf", 1)
    assert is_safe(once, tmp_path)
    assert safe_name(once, "application/pdf", 1) == once
    (tmp_path / once).write_bytes(b"x")  # and a file system takes it
    assert [path.name for path in tmp_path.iterdir()] == [once]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("console.pdf", "console.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\uff0fb.pdf", "a_b.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("ك" * 300 + ".pdf", "ك" * 118 + ".pdf"),
        ("كتاب\u200cها.pdf", "كتاب\u200cها.pdf"),
        ("كشف المستندات.pdf", "كشف المستندات.pdf"),
        ("", "attachment-7.pdf"),
    ],
)
def test_letters_stay_what_they_are(written: str, shown: str) -> None:
    assert safe_name(written, "application/pdf", 7) == shown
