"""What a document might do is said without opening it, whatever its bytes are, and at a bounded cost."""

import io
import random
import time
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pytest

from service.unsafe import MOST_ENTRIES, remarks_of
from texts import LANGUAGES, say

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" {mode}/>'
    "</Relationships>"
)
EXTERNAL = {"target": "https://elsewhere.example/t", "mode": 'TargetMode="External"'}


def office(**files: bytes | str) -> bytes:
    """A Word file with these files in it as well; two underscores are a slash, one a dot."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        archive.writestr("word/document.xml", '<?xml version="1.0"?><w:document><w:t>كتاب</w:t></w:document>')
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return body.getvalue()


def related(kind: str, target: str, mode: str) -> bytes:
    return office(word___rels__document_xml_rels=RELATIONSHIPS.format(kind=kind, target=target, mode=mode))


def encrypted_zip() -> bytes:
    body = bytearray(office())
    with zipfile.ZipFile(io.BytesIO(bytes(body))) as archive:
        central = archive.start_dir
    body[6] |= 1
    body[central + 8] |= 1
    return bytes(body)


@cache
def overlapping() -> bytes:
    """A bomb whose entries all point to the same packed bytes (Fifield, 2019)."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", bytes(1_000_000))
        archive.filelist += [archive.filelist[0]] * 50
    return body.getvalue()


@cache
def swelling() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as file:
        for _ in range(300):
            file.write(bytes(2**20))
    return body.getvalue()


@cache
def crowded() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for number in range(MOST_ENTRIES + 1):
            archive.writestr(f"{number}.xml", b"")
    return body.getvalue()


def pdf(content: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n" + content + b"\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF"


def packed_objects(content: bytes) -> bytes:
    return pdf(b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + zlib.compress(content) + b"\nendstream")


# A bomb is made where it is looked at: to collect the tests costs no seconds.
DANGEROUS: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "a docm": (office(word__vbaProject_bin=b"\x01"), "unsafe.macros"),
    "an xlsm of the old kind of macros": (office(xl__macrosheets__sheet1_xml="<x/>"), "unsafe.macros"),
    "a doc with macros": (OLE + "_VBA_PROJECT".encode("utf-16-le") + bytes(40), "unsafe.macros"),
    "a template elsewhere": (related("attachedTemplate", **EXTERNAL), "unsafe.external"),
    "a picture elsewhere": (related("image", **EXTERNAL), "unsafe.external"),
    "a workbook elsewhere": (related("externalLinkPath", **EXTERNAL), "unsafe.external"),
    "a picture elsewhere, in a letter's code": (
        related("image", "https://elsewhere.example/t", 'TargetMode="&#x45;xternal"'),
        "unsafe.external",
    ),
    "a picture whose address looks like a link's": (
        related("image", "https://elsewhere.example/hyperlink", 'TargetMode="External"'),
        "unsafe.external",
    ),
    "a picture on a neighbour's disk": (related("image", "\\\\elsewhere\\t.png", ""), "unsafe.external"),
    "a picture that a field fetches": (
        office(word__header1_xml='<a><w:fldSimple w:instr="INCLUDEPICTURE &quot;http://x/&quot;"/></a>'),
        "unsafe.external",
    ),
    "macros under another name": (related("vbaProject", "a.bin", ""), "unsafe.macros"),
    "an object with macros": (
        office(word__embeddings__o_bin=OLE + "_VBA_PROJECT".encode("utf-16-le") + bytes(40)),
        "unsafe.macros",
    ),
    "more relationships than are read": (
        office(word___rels__a_xml_rels=f"<a>{'<!-- nothing -->' * 200_000}</a>"),
        "unsafe.unexamined",
    ),
    "a docx with a password": (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(40), "unsafe.encrypted"),
    "a zip with a password": (encrypted_zip(), "unsafe.encrypted"),
    "a pdf with a password": (pdf(b"<< /Encrypt 5 0 R >>"), "unsafe.encrypted"),
    "a bomb that swells": (swelling, "unsafe.bomb"),
    "a bomb whose files overlap": (overlapping, "unsafe.bomb"),
    "a bomb of many files": (crowded, "unsafe.bomb"),
    "a pdf with JavaScript": (pdf(b"<< /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>"), "unsafe.script"),
    "a pdf that launches": (pdf(b"<< /AA << /O << /S /Launch /F (cmd.exe) >> >> >>"), "unsafe.script"),
    "a pdf that spells it otherwise": (pdf(b"<< /S /J#61vaScript >>"), "unsafe.script"),
    "a pdf that packs it": (packed_objects(b"1 0 << /S /JavaScript /JS (x) >>"), "unsafe.script"),
    "an entity in a docx": (
        office(customXml__item1_xml='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        "unsafe.entities",
    ),
    "an entity in an svg": (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "unsafe.entities"),
    "an entity in UTF-16": (  # as Windows writes it
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
        "unsafe.entities",
    ),
    "half a docx": (office()[:-30], "unsafe.unexamined"),
    "a pdf with a spoilt stream": (
        pdf(b"<< /Type /ObjStm >>\nstream\nnot packed at all\nendstream"),
        "unsafe.unexamined",
    ),
}
HARMLESS = {
    "a docx": office(),
    "a docx with a link to press": related("hyperlink", **EXTERNAL),
    "a docx that counts its pages": office(word__footer1_xml='<a><w:fldSimple w:instr=" PAGE \\* MERGEFORMAT "/></a>'),
    "a docx with a link in a field": office(
        word__footer1_xml='<a><w:fldSimple w:instr="HYPERLINK &quot;http://x/&quot;"/></a>'
    ),
    "a docx with a picture inside": related("image", "media/image1.png", ""),
    "a doc": OLE + "WordDocument".encode("utf-16-le") + bytes(40),
    "a pdf": pdf(b"<< /OpenAction [3 0 R /Fit] /Title (JavaScript) >>"),
    "a pdf with packed objects": packed_objects(b"1 0 << /Type /Page >>"),
    "a page": b"<!DOCTYPE html><html></html>",
    "xml": b'<?xml version="1.0"?><a/>',
    "text": "نص".encode(),
    "nothing": b"",
}


def body_of(what: str) -> bytes:
    body = DANGEROUS[what][0] if what in DANGEROUS else HARMLESS[what]
    return body if isinstance(body, bytes) else body()


@pytest.mark.parametrize("what", DANGEROUS)
def test_what_a_document_might_do_is_said(what: str) -> None:
    remark = DANGEROUS[what][1]
    assert remarks_of(body_of(what)) == (remark,)
    assert all(say(lang, remark) for lang in LANGUAGES)


@pytest.mark.parametrize("what", HARMLESS)
def test_of_an_ordinary_document_nothing_is_said(what: str) -> None:
    assert remarks_of(HARMLESS[what]) == ()


@pytest.mark.parametrize("what", [*DANGEROUS, *HARMLESS])
def test_spoilt_bytes_are_looked_at_without_a_fault(what: str) -> None:
    body = body_of(what)
    chance = random.Random(what)
    for _ in range(20):
        spoilt = bytearray(body[: chance.randint(0, len(body))] if len(body) < 100_000 else body[:2_000])
        for _ in range(min(len(spoilt), 8)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        assert set(map(str, remarks_of(bytes(spoilt)))) <= {r for _, r in DANGEROUS.values()}


@pytest.mark.parametrize(
    "make",
    [
        lambda: pdf(b"stream\n" * 1_000_000),
        lambda: pdf((b"<< /Type /ObjStm >>\nstream\n" + zlib.compress(bytes(2**21)) + b"\n") * 500),
        lambda: pdf(b"<< " * 2_000_000),
        lambda: pdf(b"/J#61" * 1_000_000),
        lambda: b'<?xml version="1.0"?>' + b"<!DOCTYPE " * 500_000,
        lambda: office(word___rels__a_xml_rels="<Relationship " * 150_000),
        lambda: office(**{f"a{n}_xml": bytes(2**20) for n in range(60)}),
        lambda: office(**{f"a{n}_xml": "<src>" + "<a/>" * 290_000 for n in range(4)}),
        lambda: OLE + b"_\0V\0B\0A\0" * 2_000_000,
    ],
    ids=[
        "streams",
        "packed streams",
        "dictionaries",
        "spelt names",
        "doctypes",
        "relationships",
        "files",
        "elements",
        "names",
    ],
)
def test_the_cost_is_bounded_whatever_the_bytes_say(make: Callable[[], bytes]) -> None:
    """CPU of this thread, which no neighbour changes: a large and hostile document costs about a second at most."""
    body = make()
    began = time.thread_time()
    remarks_of(body)
    assert time.thread_time() - began < 3
