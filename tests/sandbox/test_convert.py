"""Documents as PDF: by LibreOffice, which is what people look at, and plainly, which is what most tests need."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from sandbox.tenant.drive.convert import NOTE, to_pdf
from sandbox.tenant.wire import Job
from tests.docx import docx
from tests.programs import needs
from tests.sandbox.desk import HUDA, Desk

WORDS = "قرار رقم ١٢ بشأن الميزانية"


def read(pdf: bytes, tmp_path: Path) -> str:
    """The words of a PDF, as a program of somebody else's reads them."""
    needs("pdftotext")
    (tmp_path / "letter.pdf").write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-layout", tmp_path / "letter.pdf", "-"], capture_output=True, check=True)
    assert told.stderr == b""
    return told.stdout.decode()


def test_a_plain_rendering_says_so_and_has_every_word(tmp_path: Path) -> None:
    made = to_pdf(docx(WORDS, "", "second & last", *(f"line {n}" for n in range(100))), "letter.docx", "plain")
    said = read(made.body, tmp_path)
    assert NOTE in said
    assert "second & last" in said
    assert "line 99" in said
    assert [word for word in WORDS.split() if word not in said] == []
    assert to_pdf(docx(WORDS), "letter.docx", "plain").body == to_pdf(docx(WORDS), "letter.docx", "plain").body


def test_libreoffice_renders_arabic(tmp_path: Path) -> None:
    needs("soffice")
    said = read(to_pdf(docx(WORDS), "letter.docx", "office").body, tmp_path)
    assert "الميزانية" in said
    assert NOTE not in said


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0encrypted", docx(WORDS)[:-30]])
@pytest.mark.parametrize("way", ["plain", "office"])
def test_what_cannot_be_opened_is_refused_whoever_converts(body: bytes, way: str) -> None:
    assert to_pdf(body, "letter.docx", way).status == 406


def test_converting_is_a_job_of_its_own_so_that_the_tenant_answers_others_meanwhile(desk: Desk) -> None:
    path = f"/v1.0/users/{HUDA}/drive/root:/a.docx:/content"
    desk.call("PUT", path, docx(WORDS), by="app", content_type="application/octet-stream")
    from sandbox.tenant.wire import Request

    asked = Request("GET", f"http://127.0.0.1:8400{path}?format=pdf", {"authorization": f"Bearer {desk.token('app')}"})
    steps = desk.tenant.handle(asked, desk.driver.now)
    job = next(steps)
    assert isinstance(job, Job)
    with pytest.raises(StopIteration) as done:
        steps.send(asyncio.run(asyncio.to_thread(job.run)))
    assert done.value.value.status == 302
    assert desk.call("GET", done.value.value.headers["location"]).body.startswith(b"%PDF-")


def test_of_what_is_no_text_there_is_no_pdf(desk: Desk) -> None:
    path = f"/v1.0/users/{HUDA}/drive/root:/a.exe:/content"
    desk.call("PUT", path, b"MZ", by="app", content_type="application/octet-stream")
    assert desk.call("GET", f"{path}?format=pdf", by="app").status == 406


def test_the_way_is_chosen_by_a_control(desk: Desk) -> None:
    assert desk.call("POST", "/sandbox/convert", {"way": "plain"}).json() == {"way": "plain"}
    assert desk.call("POST", "/sandbox/convert", {"way": "fast"}).status == 400
