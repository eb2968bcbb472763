################################################################
# A document as PDF: by LibreOffice, or plainly
################################################################
#
# Rule 1: one LibreOffice at a time, with a profile of its own while the process lives: two that share a profile end
#         well and write nothing. It is run where nobody waits for it but whoever asked (a Job).
# Rule 2: where it is missing, or not wanted for its slowness, the words are there all the same, unseen, under a line
#         that says so: for machines to read, not for people.
# Rule 3: what cannot be opened is refused, as Graph refuses it.

import atexit
import re
import shutil
import subprocess
import tempfile
import threading
import zipfile
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from sandbox.tenant.wire import Response

if TYPE_CHECKING:
    from sandbox.tenant.tenant import Tenant

# What Graph converts, as far as it is text.
TAKEN = frozenset(["docx", "doc", "dot", "dotx", "dotm", "rtf", "odt", "htm", "html", "md", "markdown", "eml", "msg"])
WAYS = ("plain", "office")

OFFICE_WITHIN_S = 120
LARGEST_PART = 32 * 1024 * 1024
LINES_ON_PAGE = 44
NOTE = "Plain rendering: made without LibreOffice. The words are in this page, unseen; a machine can read them."
_EXPORT = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
_ARABIC = re.compile("[\u0590-\u065f\u066e-\u06ef\u06fa-\u08ff\ufb1d-\ufefc]")  # letters, not digits
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_turn = threading.Lock()


def way_of(tenant: "Tenant") -> str:
    """One of WAYS: as the control says, else as the tenant was started; without LibreOffice always plain."""
    said = tenant.world.table("settings").get("convert", {"way": tenant.place.convert})["way"]
    return said if said == "plain" or shutil.which("soffice") else "plain"


def to_pdf(body: bytes, name: str, way: str) -> Response:
    """The PDF with 200, or 406 for what cannot be opened. Takes seconds by LibreOffice."""
    made = _by_office(body, name) if way == "office" else _plain(body, name)
    return Response(200, {"content-type": "application/pdf"}, made) if made else Response(406)


################################################################
# By LibreOffice
################################################################


def _by_office(body: bytes, name: str) -> bytes | None:
    suffix = re.sub(r"[^a-z0-9]", "", name.rpartition(".")[2].lower())
    if suffix == "docx" and _lines(body, name) is None:
        return None  # LibreOffice would take it for a text of strange letters
    with _turn, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"letter.{suffix}"
        source.write_bytes(body)
        command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{_profile()}"]
        try:
            subprocess.run(  # noqa: S603
                [*command, "--convert-to", _EXPORT, "--outdir", folder, str(source)],
                check=False,
                timeout=OFFICE_WITHIN_S,
                capture_output=True,
            )
        except subprocess.TimeoutExpired:
            return None
        made = source.with_suffix(".pdf")
        return made.read_bytes() if made.exists() else None


@cache
def _profile() -> str:
    folder = tempfile.mkdtemp(prefix="sandbox-office-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


################################################################
# Plainly
################################################################


def _lines(body: bytes, name: str) -> list[str] | None:
    """The paragraphs of a document; None for what is none."""
    if not name.lower().endswith(("docx", "dotx", "dotm")):
        return body.decode("utf-8", "replace").splitlines()
    try:
        with zipfile.ZipFile(BytesIO(body)) as package:
            if package.getinfo("word/document.xml").file_size > LARGEST_PART:
                return None
            tree = ElementTree.fromstring(package.read("word/document.xml"))  # noqa: S314 (expat limits what unfolds)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, RuntimeError, zlib.error, EOFError):
        return None
    marks = {f"{_W}tab": "\t", f"{_W}br": "\n"}
    paragraphs = tree.iter(f"{_W}p")
    return ["".join(e.text or "" if e.tag == f"{_W}t" else marks.get(e.tag, "") for e in p.iter()) for p in paragraphs]


def _plain(body: bytes, name: str) -> bytes | None:
    lines = _lines(body, name)
    if lines is None:
        return None
    split = [piece for line in lines for piece in (line.split("\n") or [""])] or [""]
    pages = [split[n : n + LINES_ON_PAGE] for n in range(0, len(split), LINES_ON_PAGE)]
    codes = {letter: number for number, letter in enumerate(dict.fromkeys("".join(split)), 1)}
    numbers = [7 + 2 * n for n in range(len(pages))]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{n} 0 R' for n in numbers)}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Font/Subtype/Type0/BaseFont/Unseen/Encoding/Identity-H/DescendantFonts[5 0 R]/ToUnicode 6 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Unseen/DW 500/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor<</Type/FontDescriptor/FontName/Unseen/Flags 4/FontBBox[0 0 500 700]"
        b"/ItalicAngle 0/Ascent 700/Descent 0/CapHeight 700/StemV 80>>>>",
        _stream(_to_unicode(codes)),
    ]
    for number, page in zip(numbers, pages, strict=True):
        fonts = "/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>"
        said = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{fonts}/Contents {number + 1} 0 R>>"
        objects += [said.encode(), _stream(_page(page, codes))]
    return _file(objects)


def _page(lines: list[str], codes: dict[str, int]) -> bytes:
    """The note, and for each line a grey bar as long as it is, with its words in it, unseen."""
    drawn = [f"BT /F1 7 Tf 50 805 Td ({NOTE}) Tj ET", "0.8 g"]
    for number, line in enumerate(lines):
        y = 780 - number * 16.5
        if line.strip():
            width = min(495.0, 5.0 * len(line))
            coded = "".join(f"{codes[letter]:04x}" for letter in _as_seen(line))
            drawn += [f"{545 - width:.1f} {y} {width:.1f} 8 re f", f"BT /F2 10 Tf 3 Tr 50 {y} Td <{coded}> Tj ET"]
    return "\n".join(drawn).encode()


def _as_seen(line: str) -> str:
    """The letters of a line from left to right, as a page has them, word by word: who reads a PDF turns them round."""
    if not _ARABIC.search(line):
        return line
    return "".join(part[::-1] if _ARABIC.search(part) else part for part in re.split(r"(\s+)", line)[::-1])


def _to_unicode(codes: dict[str, int]) -> bytes:
    rows = [f"<{code:04x}> <{letter.encode('utf-16-be', 'replace').hex()}>" for letter, code in codes.items()]
    blocks = [rows[n : n + 100] for n in range(0, len(rows), 100)]
    said = "".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar\n" for block in blocks)
    begin = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Unseen def /CMapType 2 def\n"
    return f"{begin}1 begincodespacerange <0000> <ffff> endcodespacerange\n{said}endcmap end end".encode()


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)


def _file(objects: list[bytes]) -> bytes:
    out, places = BytesIO(), []
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    for number, each in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    table = out.tell()
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, rows))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, table))
    return out.getvalue()
