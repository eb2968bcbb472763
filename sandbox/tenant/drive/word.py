################################################################
# A Word in small, for who has none: the content controls of a file, read and written (controls under /sandbox/)
################################################################
#
# Rule 1: what Word lets nobody change (a control whose content is locked) is not offered; the rest of the file stays
#         byte for byte what it was.
# Rule 2: to save is an edit like any other: by somebody who may write, a version more.
#
# Source: ECMA-376, part 1, 17.5.2 (structured document tags)

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from io import BytesIO
from typing import Any

from lxml import etree

from sandbox.tenant.directory import find_user
from sandbox.tenant.drive.people import editor, file_of
from sandbox.tenant.drive.store import Drives
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Refused, Request, Response, json_response, refuse

ROUTES = Routes()

MAIN = "word/document.xml"
LARGEST_PART = 32 * 1024 * 1024
_LOCKED = ("contentLocked", "sdtContentLocked")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@ROUTES.on("GET", "/sandbox/files/{file}/words")
def read_words(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """What can be written in a file, and whether `?upn=` may: `{name, version, writes, fields}`."""
    item, upn = file_of(tenant, file), request.query.get("upn", "")
    if find_user(tenant, upn) is None:
        raise refuse(404, "NotFound", f"Nobody here is called {upn}.")
    try:
        writes = bool(editor(tenant, file, {"upn": upn}))
    except Refused:
        writes = False
    found = fields(tenant.world.bytes_of(item["sha256"]))
    told = {"name": item["name"], "version": len(item["versions"]), "writes": writes, "fields": found}
    return json_response(told)


@ROUTES.on("POST", "/sandbox/files/{file}/words")
def save_words(tenant: Tenant, request: Request, now: datetime, file: str) -> Response:
    """Somebody writes and saves: `{upn, texts: {n: text}}`."""
    asked = request.json()
    item, who = editor(tenant, file, asked)
    texts = {int(n): str(text) for n, text in asked["texts"].items()}
    body = written(tenant.world.bytes_of(item["sha256"]), texts)
    kept = tenant.part(Drives).write(item, body, {"user": who, "app": None}, now)
    return json_response({"version": len(kept["versions"])})


def fields(docx: bytes) -> list[dict[str, Any]]:
    """The controls of *docx* that may be written: their number, what Word calls them, whether they hold whole
    paragraphs, and what stands there. Of what is no Word file, none."""
    try:
        root = _tree(docx)
    except (zipfile.BadZipFile, KeyError, ValueError, zlib.error, etree.XMLSyntaxError):
        return []
    return [
        {
            "n": number,
            "label": _named(control),
            "lines": _paragraph(control) is not None,
            "text": "\n".join(_lines(control)),
        }
        for number, control in _open_controls(root)
    ]


def written(docx: bytes, texts: Mapping[int, str]) -> bytes:
    """*docx* with these texts in the controls of these numbers, each looking as what stood there."""
    root = _tree(docx)
    for number, control in list(_open_controls(root)):
        if number in texts:
            _put(control, texts[number].replace("\r\n", "\n").split("\n"))
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(docx)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            body = before.read(part)
            after.writestr(part, _bytes(root) if part.filename == MAIN else body)
    return out.getvalue()


def _tree(docx: bytes) -> Any:
    with zipfile.ZipFile(BytesIO(docx)) as package:
        if package.getinfo(MAIN).file_size > LARGEST_PART:
            raise ValueError("too large to be opened here")
        return etree.fromstring(package.read(MAIN), etree.XMLParser(resolve_entities=False, no_network=True))


def _bytes(root: Any) -> bytes:
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))


def _open_controls(root: Any) -> Iterator[tuple[int, Any]]:
    """Those that hold words and may be changed, with their number among all controls."""
    for number, control in enumerate(root.iter(f"{_W}sdt")):
        lock, content = control.find(f"{_W}sdtPr/{_W}lock"), control.find(f"{_W}sdtContent")
        if content is None or (lock is not None and lock.get(f"{_W}val") in _LOCKED):
            continue
        if next(content.iter(f"{_W}r"), None) is not None and next(content.iter(f"{_W}drawing"), None) is None:
            yield number, control


def _named(control: Any) -> str:
    alias = control.find(f"{_W}sdtPr/{_W}alias")
    return str(alias.get(f"{_W}val", "")) if alias is not None else ""


def _paragraph(control: Any) -> Any:
    return next(control.find(f"{_W}sdtContent").iter(f"{_W}p"), None)


def _lines(control: Any) -> list[str]:
    content = control.find(f"{_W}sdtContent")
    return [_text(p) for p in content.iter(f"{_W}p")] or [_text(content)]


def _text(element: Any) -> str:
    return "".join("\n" if e.tag == f"{_W}br" else e.text or "" for e in element.iter(f"{_W}t", f"{_W}br"))


def _put(control: Any, lines: list[str]) -> None:
    """Put *lines* there: a paragraph each where it holds paragraphs, else all in one run, with blanks between."""
    content, paragraph = control.find(f"{_W}sdtContent"), _paragraph(control)
    run = deepcopy(next(content.iter(f"{_W}r")))
    for child in list(run):
        if child.tag != f"{_W}rPr":
            run.remove(child)
    format_ = deepcopy(paragraph.find(f"{_W}pPr")) if paragraph is not None else None
    for child in list(content):
        content.remove(child)
    for line in lines if paragraph is not None else [" ".join(lines)]:
        words = deepcopy(run)
        text = etree.SubElement(words, f"{_W}t")
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        text.text = line
        if paragraph is None:
            content.append(words)
            continue
        place = etree.SubElement(content, f"{_W}p")
        if format_ is not None:
            place.append(deepcopy(format_))
        place.append(words)
