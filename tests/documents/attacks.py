################################################################
# What has been done to signed PDFs so that a reader shows them as signed
################################################################
#
# USF: the signature's own place is broken. ISA: something is saved after it. SWA: what is signed is wrapped and moved.
# Shadow: something was prepared before. EAA, SSA: annotations and signatures added to a certified document.
# Sources: Mladenov et al., "1 Trillion Dollar Refund" (2019); Mainka et al., "Shadow Attacks" (2021);
# Rohlmann et al., "Breaking the Specification: PDF Certification" (2021). The files here are made from these
# descriptions; the papers' own collection is not in the repository.

import asyncio
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from documents.pades import EntitySeal, read_seal
from tests.documents.papers import certificate, pem, plain_pdf, seal

RANGE = re.compile(rb"/ByteRange ?\[ ?(\d+) +(\d+) +(\d+) +(\d+) *\]")
REPLACED = b"Pay him now"


def good(words: str = "Dear all", *, secret: bytes | None = None, pdf: bytes | None = None) -> bytes:
    """A file that is sealed as ours are."""
    signer = EntitySeal(lambda: secret or seal(), lambda: datetime.now(UTC))
    made = asyncio.run(signer.sign(pdf or plain_pdf(words), reason="r", name="n", field="TarasulSeal"))
    return made.body


def _seen(name: str) -> Any:
    """A signature's field that covers the page."""
    from pyhanko.sign.fields import SigFieldSpec

    return SigFieldSpec(name, box=(0, 0, 595, 842))


def signed(pdf: bytes, *, number: int = 0, new_field_spec: Any = None, **told: Any) -> bytes:
    """A file that somebody signs as they like."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    usual: dict[str, Any] = {"field_name": "TarasulSeal", "subfilter": SigSeedSubFilter.PADES}
    signer = read_seal(pem(number, certificate(number=number)) if number else seal()).signer
    by = PdfSigner(PdfSignatureMetadata(**usual | told), signer, new_field_spec=new_field_spec)
    return bytes(by.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue())


def with_revision(body: bytes, words: str = "Pay him", *, more: str = "", end: str = "%%EOF\n") -> bytes:
    """*body* with its words written over in a revision of its own."""
    before = body[body.rindex(b"startxref") :].split()[1].decode()
    text = f"BT /F1 24 Tf 72 700 Td ({words}) Tj ET"
    place = len(body)
    made = f"4 0 obj\n<< /Length {len(text)} >>\nstream\n{text}\nendstream\nendobj\n{more}"
    table = place + len(made)
    made += f"xref\n4 1\n{place:010} 00000 n \ntrailer\n<< /Size 20 /Root 1 0 R /Prev {before} >>\n"
    return body + (made + f"startxref\n{table}\n{end}").encode()


def with_table(body: bytes, number: int, entry: str, *, root: str = "1 0 R") -> bytes:
    """*body* with nothing added but a table: another place for one object, none, or another catalogue."""
    before = body[body.rindex(b"startxref") :].split()[1].decode()
    made = f"xref\n{number} 1\n{entry} \ntrailer\n<< /Size 20 /Root {root} /Prev {before} >>\n"
    return body + (made + f"startxref\n{len(body)}\n%%EOF\n").encode()


def _place(body: bytes) -> tuple[int, int]:
    """Where the signature lies: its `<`, and behind its `>`."""
    found = RANGE.search(body)
    assert found is not None
    return int(found[2]), int(found[3])


def _with_range(body: bytes, *numbers: object) -> bytes:
    """*body* with another range, in as many bytes."""
    found = RANGE.search(body)
    assert found is not None
    said = b"/ByteRange [" + b" ".join(str(n).encode() for n in numbers)
    room = len(found[0]) - len(said) - 1
    return body.replace(found[0], said + b" " * max(room, 0) + b"]", 1)


def _with_contents(body: bytes, contents: bytes) -> bytes:
    start, end = _place(body)
    return body[:start] + contents[: end - start].ljust(end - start, b" ") + body[end:]


def _zeroed(body: bytes) -> bytes:
    start, end = _place(body)
    return body[: start + 1] + b"0" * (end - start - 2) + body[end - 1 :]


def _padded(body: bytes) -> bytes:
    """Something stands behind the signature, within its place."""
    _, end = _place(body)
    return body[: end - 9] + b"deadbeef" + body[end - 1 :]


def _wrapped(body: bytes, filling: bytes, *, room: int = 2_000) -> bytes:
    """What was signed second is moved towards the end, and something is put into the gap."""
    start, end = _place(body)
    _, _, _, rest = (int(n) for n in RANGE.search(body).groups())  # type: ignore[union-attr]
    return _with_range(body[:end] + filling.ljust(room) + body[end:], 0, start, end + room, rest)


def usf(body: bytes) -> dict[str, bytes]:
    start, end = _place(body)
    found = RANGE.search(body)
    assert found is not None
    _, b, c, d = (int(n) for n in found.groups())
    swapped = body.replace(found[0], b"/ByteRange null".ljust(len(found[0])), 1)
    return {
        "no contents": body.replace(b"/Contents <", b"/Kontents <", 1),
        "empty contents": _with_contents(body, b"<>"),
        "null contents": _with_contents(body, b"null"),
        "contents of zeros": _zeroed(body),
        "contents 0x00": _with_contents(body, b"<00>"),
        "contents in brackets": body[:start] + b"(" + body[start + 1 : end - 1] + b")" + body[end:],
        "a signature that says it is longer": body[: start + 7] + b"f" + body[start + 8 :],
        "half of the contents": body[: (start + end) // 2] + b"0" * (end - 1 - (start + end) // 2) + body[end - 1 :],
        "something behind the contents": _padded(body),
        "no range": body.replace(b"/ByteRange", b"/ByteRang_", 1),
        "null for a range": swapped,
        "an empty range": _with_range(body),
        "a range of zeros": _with_range(body, 0, 0, 0, 0),
        "half a range": _with_range(body, 0, b),
        "a range from below zero": _with_range(body, -1, b, c, d),
        "a range beyond the end": _with_range(body, 0, b, c, d + 99),
        "a range that ends too soon": _with_range(body, 0, b, c, d - 20),
        "a range that begins late": _with_range(body, 9, b, c, d),
        "a range without the gap": _with_range(body, 0, len(body), len(body), 0),
        "a gap that is too wide": _with_range(body, 0, b - 40, c, d),
        "a range of six": _with_range(body, 0, b, c, 0, c, d),
        "letters in the range": _with_range(body, 0, "b", c, d),
        "no filter": body.replace(b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /ETSI.CAdES.nothing_", 1),
    }


def isa(body: bytes) -> dict[str, bytes]:
    start, end = _place(body)
    junk = f"\n4 0 obj\n<< /Length 9 >>\nstream\n{REPLACED.decode()}\nendstream\nendobj\n".encode()
    root = b"\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    return {
        "a revision": with_revision(body),
        "two revisions": with_revision(with_revision(body), "again"),
        "a revision without a table": body + junk,
        "a revision without a trailer": body + junk + b"xref\n4 1\n0000000000 00000 n \n%%EOF\n",
        "a revision with no end": with_revision(body, end=""),
        "a revision with a copy of the signature": with_revision(
            body, more="60 0 obj\n<< /Type /Sig /Contents " + body[start:end].decode() + " >>\nendobj\n"
        ),
        "a revision with a range of its own": with_revision(
            body, more="60 0 obj\n<< /Type /Sig /ByteRange [0 1 2 3] >>\nendobj\n"
        ),
        "another catalogue": body + root,
        "only an end": body + b"\n%%EOF\n",
        "a remark behind the end": body + b"% nothing to see\n",
        "a zero byte behind the end": body + b"\0",
        "a line behind the end": body + b"\n",
        "another PDF behind it": body + plain_pdf("Another"),
        "a ZIP behind it": body + b"PK\x05\x06" + b"\0" * 18,
        "another PDF before it": plain_pdf("Another") + body,
        "junk before it": b"#!/bin/sh\nexit\n" + body,
        "a mark before it": b"\xef\xbb\xbf" + body,
    }


def swa(body: bytes) -> dict[str, bytes]:
    forged = f"4 0 obj\n<< /Length 9 >>\nstream\n{REPLACED.decode()}\nendstream\nendobj\n".encode()
    start, end = _place(body)
    return {
        "wrapped around nothing": _wrapped(body, b""),
        "wrapped around words": _wrapped(body, forged),
        "wrapped around a table": _wrapped(body, forged + b"xref\n0 0\ntrailer\n<< /Root 1 0 R >>\n"),
        "wrapped widely": _wrapped(body, forged, room=40_000),
        "words in the signature's place": body[: end - 1] + b">" + forged + b"<" + body[end - 1 :],
        "a second copy of all that is signed": body[:end] + body[start:end] + body[end:],
    }


def shadow() -> dict[str, bytes]:
    """What its author prepared, signed in good faith; and what they then do with it."""
    note = "<< /Type /Annot /Subtype /FreeText /Rect [72 690 300 720] /Contents (Pay him) >>"
    stamp = "<< /Type /Annot /Subtype /Stamp /Rect [72 690 300 720] >>"
    layers = "/OCProperties << /OCGs [] /D << /Order [] >> >>"
    form = "6 0 obj\n<< /FT /Tx /T (amount) /V (1) /Type /Annot /Subtype /Widget /Rect [72 600 200 620] >>\nendobj\n"
    widget = {
        "extra": form,
        "catalog": "/AcroForm << /Fields [6 0 R] /DA (/F1 12 Tf) >>",
        "page": "/Annots [6 0 R]",
    }
    no_change = {"certify": True, "docmdp_permissions": _level(1)}
    over = "6 0 obj\n<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /Length 0 >>\nstream\n\nendstream\nendobj\n"
    covered = signed(plain_pdf(extra=over, page="/Annots []"), **no_change)
    twin = "6 0 obj\n<< /Length 34 >>\nstream\nBT /F1 24 Tf 72 700 Td (Pay) Tj ET \nendstream\nendobj\n"
    doubled = signed(plain_pdf(extra=twin), **no_change)
    roots = signed(plain_pdf(extra="6 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"), **no_change)
    return {
        "hidden: what lay over it is freed, later": with_table(covered, 6, "0000000000 00001 f"),
        "hidden and replaced: the twin's place, later": with_table(
            doubled, 4, f"{doubled.index(b'6 0 obj'):010} 00000 n"
        ),
        "hidden and replaced: the other catalogue, later": with_table(
            roots, 6, f"{roots.index(b'6 0 obj'):010} 00000 n", root="6 0 R"
        ),
        "hidden by a picture over it": signed(plain_pdf(page=f"/Annots [{note}]"), **no_change),
        "hidden by a stamp": signed(plain_pdf(page=f"/Annots [{stamp}]"), **no_change),
        "hidden in layers": signed(plain_pdf(catalog=layers), **no_change),
        "words in a form": signed(plain_pdf(**widget), **no_change),
        "an action at opening": signed(
            plain_pdf(catalog="/OpenAction << /S /URI /URI (http://x.example) >>"), **no_change
        ),
        "an action of the page": signed(plain_pdf(page="/AA << /O << /S /Named /N /Print >> >>"), **no_change),
        "a script": signed(plain_pdf(catalog="/Names << /JavaScript << /Names [] >> >>"), **no_change),
        "files within": signed(plain_pdf(catalog="/Names << /EmbeddedFiles << /Names [] >> >>"), **no_change),
        "replaced: the font, later": with_revision(
            signed(plain_pdf(), **no_change),
            more="5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>\nendobj\n",
        ),
        "hidden and replaced: another page, later": with_revision(
            signed(plain_pdf(), **no_change), more="2 0 obj\n<< /Type /Pages /Kids [9 0 R] /Count 1 >>\nendobj\n"
        ),
        "replaced: the form's value, later": with_revision(
            signed(plain_pdf(**widget), certify=True, docmdp_permissions=_level(2)),
            "1",
            more=form.replace("(1)", "(9)"),
        ),
    }


def certified(body: bytes) -> dict[str, bytes]:
    """Evil annotations, sneaky signatures, and signatures that allow them."""
    note = "6 0 obj\n<< /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (Pay him) >>\nendobj\n"
    kinds = ("Redact", "Stamp", "Highlight", "Square", "Ink", "FileAttachment")
    open_one = signed(plain_pdf(), certify=True, docmdp_permissions=_level(3))
    page = "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [6 0 R] >>\nendobj\n"
    evil = {
        f"a remark of kind {kind} where remarks are allowed": with_revision(
            open_one, "Dear all", more=note.replace("FreeText", kind) + page
        )
        for kind in kinds
    }
    return evil | {
        "a second signature that is seen, over our words": signed(
            open_one, number=3, field_name="Over", new_field_spec=_seen("Over")
        ),
        "our seal, that is seen": signed(
            plain_pdf(), certify=True, docmdp_permissions=_level(1), new_field_spec=_seen("TarasulSeal")
        ),
        "a second signature on a closed one": with_revision(
            body, "Dear all", more="60 0 obj\n<< /FT /Sig /T (Over) /V 61 0 R /Rect [0 0 595 842] >>\nendobj\n"
        ),
        "signed, not certified": signed(plain_pdf()),
        "certified for forms": signed(plain_pdf(), certify=True, docmdp_permissions=_level(2)),
        "certified for remarks": signed(plain_pdf(), certify=True, docmdp_permissions=_level(3)),
        "a remark on a certified one": with_revision(body, "Dear all", more=note + page),
        "a remark where remarks are allowed": with_revision(
            signed(plain_pdf(), certify=True, docmdp_permissions=_level(3)), "Dear all", more=note + page
        ),
        "a second signature": signed(signed(plain_pdf()), number=2, field_name="Second"),
        "a second signature on an open certified one": signed(
            signed(plain_pdf(), certify=True, docmdp_permissions=_level(3)), number=2, field_name="Second"
        ),
        "by a stranger": signed(plain_pdf(), number=3, certify=True, docmdp_permissions=_level(1)),
        "by a stranger, after us": signed(signed(plain_pdf()), number=3, field_name="Over"),
    }


def changed(body: bytes) -> dict[str, bytes]:
    """Bytes changed here and there, and files cut short."""
    start, end = _place(body)
    made: dict[str, bytes] = {}
    places = (10, 60, 200, 330, start - 300, start - 20, end + 10, len(body) - 60)
    for place in (*places, start + 80, start + 400, start + 1200):
        flipped = bytearray(body)
        flipped[place] = ord("1") if flipped[place] == ord("0") else ord("0")
        made[f"byte {place}"] = bytes(flipped)
    cuts: dict[str, Callable[[bytes], bytes]] = {
        "nothing of it": lambda b: b"",
        "half of it": lambda b: b[: len(b) // 2],
        "all but its end": lambda b: b[:-6],
        "the words replaced": lambda b: b.replace(b"(Dear all)", b"(Pay him!)", 1),
        "the reason replaced": lambda b: b.replace(b"/Filter /Adobe.PPKLite", b"/Filter /Adobe.PPKLyte", 1),
        "not signed": lambda _: plain_pdf(),
        "no PDF": lambda _: b"Dear all",
        "with the signature of another file": lambda b: _with_contents(b, _contents(good("Dear none"))),
    }
    return made | {name: cut(body) for name, cut in cuts.items()}


def _contents(body: bytes) -> bytes:
    start, end = _place(body)
    return body[start:end]


def _level(number: int) -> Any:
    from pyhanko.sign.fields import MDPPerm

    return MDPPerm(number)


def all_attacks() -> dict[str, bytes]:
    """Every file by what was done to it. Some seconds."""
    body = good()
    families = {
        "usf": usf(body),
        "isa": isa(body),
        "swa": swa(body),
        "shadow": shadow(),
        "certified": certified(body),
        "changed": changed(body),
    }
    return {f"{family}: {name}": made for family, files in families.items() for name, made in files.items()}
