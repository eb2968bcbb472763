"""A letter as it is issued, by LibreOffice: the words are on the page, shaped and in order; poppler reads the seal.

`make letter` draws its first page for docs/letter-ar.png (LETTER_PICTURE names the file).
"""

import asyncio
import os
import re
import shutil
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from documents.letters import Letters
from documents.pades import EntitySeal
from documents.pdf_check import check
from documents.templates import Templates
from tests.documents.papers import fingerprint, seal
from texts import say
from texts.isolates import bare

PROGRAMS = ("soffice", "pdftotext", "pdftoppm", "pdfsig")
here = pytest.mark.skipif(
    any(shutil.which(p) is None for p in PROGRAMS), reason="LibreOffice or poppler-utils is not here"
)

FROZEN = "3f9a61c07c0b4a55b1d2e0c9a8f7766554433221100ffeeddccbbaa998877665"
LINK = "https://tarasul.ministry.example/api/v1/verify/0195b1f2-5c3a-7c4e-9a10-2b6d5f0e7a11-3f9a61c07c0b4a55b1d2e0c9a8f77665"
WORDS = {
    "entity": "وزارة الأشغال العامة",
    "entity_en": "Ministry of Public Works",
    "unit": "إدارة الشؤون المالية",
    "subject": "تزويد بيانات منظومة Microsoft 365 للربع الثالث",
    "party": "وزارة المالية",
    "their_reference": "م/و/417/2026",
    "confidentiality": "",
    "urgency": "عاجل",
    "body": (
        "نشير إلى كتابكم رقم م/و/417/2026 المؤرخ 2026/11/5 بشأن تزويدكم بالبيانات المالية للربع الثالث.\n"
        "ونفيدكم بأن إجمالي المنصرف حتى تاريخه بلغ 1,250.500 د.ك، وأن شركة ABC Systems تتولى ترحيل الحسابات، "
        "والأمر لا يزال لأجل الاستكمال خلال 14 يوماً.\n"
        "يرجى التكرم بالاطلاع وموافاتنا بملاحظاتكم إن وُجدت."
    ),
}
STAMP = {
    "reference": "ش.م/ص/128/2026",
    "date_hijri": "11 جمادى الآخرة 1448هـ",
    "date_gregorian": "21 نوفمبر 2026م",
    "signatory_name": "د. هدى السالم",
    "signatory_post": "مديرة إدارة الشؤون المالية",
    "seal": bare(say("ar", "seal.protected", entity="وزارة الأشغال العامة", frozen=FROZEN)),
}


def converted(folder: Path, docx: bytes) -> bytes:
    (folder / "letter.docx").write_bytes(docx)
    profile = folder / "profile"
    command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{profile}", "--convert-to", "pdf"]
    subprocess.run(
        [*command, "--outdir", str(folder), str(folder / "letter.docx")], check=True, timeout=240, capture_output=True
    )
    return (folder / "letter.pdf").read_bytes()


def told(folder: Path, *command: str) -> str:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return ended.stdout


def plain(text: str) -> str:
    """Words without marks, in letters as they are typed: a PDF may hold the shaped ones."""
    folded = unicodedata.normalize("NFKC", bare(text))
    return re.sub(r"[\u064b-\u0652\u0640\s]+", "", folded)


@here
def test_an_issued_letter_is_drawn_right_to_left_whole_and_sealed(tmp_path: Path) -> None:
    paper = Letters(Templates())
    frozen = paper.written("outgoing_letter", WORDS)
    pages = converted(tmp_path, paper.stamped(frozen, STAMP, LINK))
    signer = EntitySeal(seal, lambda: datetime.now(UTC))
    made = asyncio.run(signer.sign(pages, reason="إصدار", name="وزارة الأشغال العامة", field="TarasulSeal"))
    assert check(made.body, certificate=fingerprint(seal())).valid
    (tmp_path / "sealed.pdf").write_bytes(made.body)
    signature = told(tmp_path, "pdfsig", "-nocert", "sealed.pdf")
    assert "Signature is Valid" in signature
    assert "Total document signed" in signature
    read = plain(told(tmp_path, "pdftotext", "-layout", "sealed.pdf", "-"))
    for words in ("128/2026", "الموضوع", "وزارة المالية", "1,250.500", "ABC Systems", "Microsoft 365", FROZEN):
        assert plain(words) in read, words
    told(tmp_path, "pdftoppm", "-r", "110", "-png", "-f", "1", "-l", "1", "-singlefile", "sealed.pdf", "page")
    picture = tmp_path / "page.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    if wanted := os.environ.get("LETTER_PICTURE"):
        shutil.copy(picture, wanted)
