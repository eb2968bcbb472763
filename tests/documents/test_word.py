"""Word documents: their fields filled, their words read, and nothing of them opened unguarded."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from documents import package
from documents.package import closed, opened, tree
from documents.templates import STAMPED, Templates, template
from documents.word import Picture, fields_of, fill, pending_of, with_fields, words_of
from registry.errors import Misconfigured, Mistaken
from registry.vocabulary import ISSUED_KINDS
from service.sealing_ports import NotOpened

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea7359d"
    "c60000000049454e44ae426082"
)


_QR = Picture(png=PNG, width_mm=20, height_mm=20, alt="رمز")


def with_part(docx: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """*docx* with one part changed, or put in where it was not."""
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(docx)) as file:
        parts = {n: file.read(n) for n in file.namelist()}
    return closed(parts | {name: change(parts.get(name, b""))})


def in_body(xml: str) -> bytes:
    """A letter with *xml* at the beginning of its body."""
    return with_part(
        template("outgoing_letter"),
        "word/document.xml",
        lambda part: part.replace(b"<w:body>", b"<w:body>" + xml.encode(), 1),
    )


@pytest.mark.parametrize("kind", ISSUED_KINDS)
def test_every_kind_that_we_issue_has_a_template_with_a_place_for_all_that_is_stamped(kind: str) -> None:
    assert {*STAMPED, "subject", "body", "signatory_name", "signatory_post"} <= fields_of(template(kind))


def test_what_is_filled_in_is_read_back_line_for_line() -> None:
    values = {
        "subject": "تزويد البيانات",
        "reference": "ش.م/ص/12/2026",
        "body": 'السطر الأول\nالثاني <&> "x"\n\nالأخير',
    }
    words = words_of(fill(template("outgoing_letter"), values))
    for line in ("الرقم: ش.م/ص/12/2026", "الموضوع: تزويد البيانات", 'السطر الأول\nالثاني <&> "x"\n\nالأخير'):
        assert line in words


def test_a_field_can_be_filled_again_and_others_stay_as_they_are() -> None:
    first = fill(template("outgoing_letter"), {"subject": "الأول", "body": "نص"})
    second = fill(first, {"subject": "الثاني"})
    assert fields_of(second) == fields_of(template("outgoing_letter"))
    assert "الأول" not in words_of(second)
    assert "الموضوع: الثاني" in words_of(second)
    assert "نص" in words_of(second)


def test_the_same_values_make_the_same_bytes() -> None:
    values: dict[str, str | Picture] = {"subject": "موضوع", "qr": _QR}
    assert fill(template("decision"), values) == fill(template("decision"), values)


def test_what_is_filled_in_looks_as_what_stood_there_and_latin_reads_left_to_right() -> None:
    filled = fill(template("outgoing_letter"), {"subject": "عقد Microsoft 365."})
    control = next(
        c
        for c in tree(opened(filled)["word/document.xml"]).iter(f"{{{W}}}sdt")
        if c.find(f"{{{W}}}sdtPr/{{{W}}}tag").get(f"{{{W}}}val") == "tarasul:subject"
    )
    runs = list(control.iter(f"{{{W}}}r"))
    assert ["".join(r.itertext()) for r in runs] == ["عقد ", "Microsoft 365", "."]
    assert [r.find(f"{{{W}}}rPr/{{{W}}}rtl") is not None for r in runs] == [True, False, True]
    assert all(r.find(f"{{{W}}}rPr/{{{W}}}bCs") is not None for r in runs)


def test_a_picture_is_in_the_file_once_for_each_place_and_named_for_who_cannot_see_it() -> None:
    filled = fill(template("outgoing_letter"), {"qr": Picture(png=PNG, width_mm=28, height_mm=28, alt='رمز "التحقق"')})
    parts = opened(filled)
    assert [n for n in parts if n.startswith("word/media/")] == ["word/media/tarasul1.png"]
    assert parts["word/media/tarasul1.png"] == PNG
    assert b"image/png" in parts["[Content_Types].xml"]
    assert "رمز".encode() in parts["word/document.xml"]


def test_text_that_no_xml_can_hold_is_filled_in_without_it() -> None:
    assert "ab" in words_of(fill(template("circular"), {"subject": "a\x00\x0b\ufffeb"}))


def test_a_place_that_was_thrown_out_is_made_again_at_the_end() -> None:
    bare = with_part(
        template("outgoing_letter"),
        "word/document.xml",
        lambda _: (
            f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>نص</w:t></w:r></w:p></w:body></w:document>'.encode()
        ),
    )
    assert not {"reference", "qr"} & fields_of(bare)
    whole = with_fields(bare, STAMPED)
    assert set(STAMPED) <= fields_of(whole)
    assert words_of(fill(whole, {"reference": "م/1/2026", "date_hijri": "يوم"})) == "نص\nم/1/2026\nيوم"
    assert with_fields(whole, STAMPED) == whole


def test_the_words_are_what_a_reader_sees() -> None:
    seen = in_body(
        "<w:p><w:r><w:t>بقي </w:t></w:r><w:del><w:r><w:delText>حُذف</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>أُدخل</w:t></w:r></w:ins><w:r><w:tab/><w:t>بعد</w:t><w:br/><w:t>سطر</w:t></w:r></w:p>"
        "<w:moveFrom><w:p><w:r><w:t>نُقل</w:t></w:r></w:p></w:moveFrom>"
    )
    assert words_of(seen).startswith("بقي أُدخل\tبعد\nسطر\n")
    assert pending_of(seen) == ("word.tracked",)
    assert pending_of(in_body("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r></w:p>")) == ("word.hidden",)
    assert pending_of(template("decision")) == ()


def test_the_templates_of_the_ministry_come_before_ours(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "decision.docx").write_bytes(b"theirs")
    assert Templates(str(folder)).template("decision") == b"theirs"
    assert Templates(str(folder)).template("circular") == template("circular")
    with pytest.raises(Misconfigured):
        Templates(str(folder)).template("../../secret")


# ------------------------------------------------------------ what is not opened

EXTERNAL = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId99"'
    b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"'
    b' Target="http://evil.example/x.png" TargetMode="External"/>'
)
XXE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    b'<w:document xmlns:w="' + W.encode() + b'"><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body></w:document>'
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<w:document xmlns:w="' + W.encode() + b'"><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>'
)


def of(part: str, body: bytes) -> bytes:
    return with_part(template("outgoing_letter"), part, lambda _: body)


def bomb() -> bytes:
    return with_part(template("outgoing_letter"), "word/big.bin", lambda _: bytes(3 * 2**20))


def related(inner: str) -> bytes:
    """A letter with one more relationship."""
    return with_part(
        template("outgoing_letter"),
        "word/_rels/document.xml.rels",
        lambda part: part.replace(b"</Relationships>", inner.encode() + b"</Relationships>"),
    )


_PICTURE = 'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"'
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MANY = '<w:sdt><w:sdtPr><w:tag w:val="tarasul:qr"/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>'
_FAR = f"<!-- {'x' * 9_000} -->"

UNSAFE: dict[str, tuple[Callable[[], bytes], str]] = {
    # the same, spelt in ways that XML allows
    "a picture from elsewhere, in a letter's code": (
        lambda: related(f'<Relationship Id="x" {_PICTURE} Target="http://evil.example/" TargetMode="&#69;xternal"/>'),
        "unsafe.external",
    ),
    "a picture whose address looks like a link's": (
        lambda: related(
            f'<Relationship Id="x" {_PICTURE} Target="http://evil.example/hyperlink" TargetMode="External"/>'
        ),
        "unsafe.external",
    ),
    "a picture behind a sign": (
        lambda: related(f'<Relationship Id="a>b" {_PICTURE} Target="http://evil.example/" TargetMode="External"/>'),
        "unsafe.external",
    ),
    "a picture under another prefix, after many words": (
        lambda: related(
            f'{_FAR}<p-q:Relationship xmlns:p-q="{package.RELATIONSHIPS}" Id="x" {_PICTURE} '
            f'Target="http://evil.example/{"x" * 9_000}" TargetMode="External"/>'
        ),
        "unsafe.external",
    ),
    "a picture on a neighbour's disk": (
        lambda: related(f'<Relationship Id="x" {_PICTURE} Target="\\\\evil\\x.png"/>'),
        "unsafe.external",
    ),
    "a picture that a field fetches": (
        lambda: in_body(
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText> INCLUDE</w:instrText></w:r><w:r>'
            '<w:instrText>PICTURE "http://evil.example/x.png"</w:instrText><w:fldChar w:fldCharType="end"/></w:r></w:p>'
        ),
        "unsafe.external",
    ),
    "a program that a field runs": (
        lambda: in_body('<w:p><w:fldSimple w:instr=" DDEAUTO c:\\cmd.exe &quot;/k x&quot;"/></w:p>'),
        "unsafe.external",
    ),
    "a drawing's picture from elsewhere": (
        lambda: in_body(
            '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml">'
            '<v:imagedata src="http://evil.example/"/></v:shape></w:pict></w:r></w:p>'
        ),
        "unsafe.external",
    ),
    "macros under another name": (
        lambda: related(
            '<Relationship Id="x" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
            'Target="a.bin"/>'
        ),
        "unsafe.macros",
    ),
    "an object with macros": (
        lambda: of(
            "word/embeddings/o.bin",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "_VBA_PROJECT".encode("utf-16-le") + bytes(2),
        ),
        "unsafe.macros",
    ),
    "a page that is put in when it is opened": (
        lambda: related(f'<Relationship Id="x" Type="{_KINDS}/aFChunk" Target="a.html"/>'),
        "unsafe.unexamined",
    ),
    "a part that lies elsewhere": (lambda: of("../../x.xml", b"<a/>"), "word.broken"),
    "no table of contents": (
        lambda: closed({n: b for n, b in opened(template("decision")).items() if n != package.CONTENT_TYPES}),
        "word.no_document",
    ),
    "no end of elements": (lambda: in_body("<w:p/>" * 700_000), "unsafe.bomb"),
    "no end of relationships": (
        lambda: related('<Relationship Id="x" Type="y" Target="z"/>' * 30_000),
        "unsafe.bomb",
    ),
    "macros": (lambda: of("word/vbaProject.bin", b"x"), "unsafe.macros"),
    "a file of an entity": (lambda: of("word/document.xml", XXE), "unsafe.entities"),
    "entities in entities": (lambda: of("word/document.xml", LAUGHS), "unsafe.entities"),
    "entities in UTF-16": (
        lambda: of("word/document.xml", XXE.decode().replace("?>", ' encoding="UTF-16"?>').encode("utf-16")),
        "unsafe.entities",
    ),
    "a picture from elsewhere": (
        lambda: with_part(
            template("outgoing_letter"),
            "word/_rels/document.xml.rels",
            lambda part: EXTERNAL + part.partition(b"<Relationships")[2].partition(b">")[2],
        ),
        "unsafe.external",
    ),
    "more than there is room for": (bomb, "unsafe.bomb"),
    "XML that is none": (lambda: of("word/document.xml", b"<w:document"), "word.broken"),
    "a workbook": (
        lambda: closed({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<x/>"}),
        "word.no_document",
    ),
    "no archive": (lambda: b"Dear all", "word.no_document"),
    "an encrypted file": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0\0",
        "unsafe.encrypted",
    ),
    "half a file": (lambda: template("outgoing_letter")[:2000], "word.broken"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_may_do_harm_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_PARTS_BYTES", 2 * 2**20)
    make, reason = UNSAFE[name]
    document = make()
    for asked in (words_of, fields_of, lambda d: fill(d, {"subject": "x"})):
        with pytest.raises(NotOpened) as refused:
            asked(document)
        assert refused.value.reason == reason
        assert isinstance(refused.value, Mistaken)


def test_a_letter_whose_fields_have_no_end_is_not_filled() -> None:
    """Each would be written anew, with a picture of its own: a file of six kilobytes that takes a minute."""
    letter = in_body(_MANY * 5_000)
    with pytest.raises(NotOpened, match=r"unsafe\.bomb"):
        with_fields(letter, STAMPED)
    with pytest.raises(NotOpened, match=r"unsafe\.bomb"):
        fill(letter, {"subject": "x"})


def test_what_is_no_letter_any_more_is_refused_and_nothing_else_goes_wrong() -> None:
    """Parts that lack an element, an attribute, some bytes: an error that nobody foresaw is tried again for hours."""
    chance, parts, refused = random.Random(7), opened(template("outgoing_letter")), 0
    for _ in range(40):
        name = chance.choice(sorted(parts))
        part = parts[name]
        if chance.random() < 0.5:
            words = [w for w in re.findall(rb"<(?:\w+:)?(\w+)|\s([\w:]+)=", part) if any(w)]
            word = next(filter(None, chance.choice(words)))
            part = re.sub(rb"\b" + word + rb"\b", b"x" + word.partition(b":")[2], part)
        else:
            at = chance.randrange(len(part))
            part = part[:at] + b"<!-- -->" * chance.randint(0, 1) + part[at + chance.randint(0, 9) :]
        letter = closed(parts | {name: part})
        try:
            words_of(letter)
            pending_of(letter)
            fill(with_fields(letter, STAMPED), {"qr": _QR, "subject": "x"})
        except NotOpened:
            refused += 1
    assert refused > 5, "some of them were spoilt"


def test_a_remark_in_the_list_of_parts_is_no_part() -> None:
    assert "الموضوع" in words_of(related("<!-- by another program -->"))


def test_the_template_that_a_letter_was_started_with_is_forgotten_not_fetched() -> None:
    rels = EXTERNAL.replace(b"/image", b"/attachedTemplate") + b"</Relationships>"
    letter = with_part(template("outgoing_letter"), "word/_rels/settings.xml.rels", lambda _: rels)
    assert b"evil.example" not in fill(letter, {"subject": "x"})
    assert all(b"evil.example" not in part for part in opened(letter).values())
