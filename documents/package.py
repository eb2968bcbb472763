################################################################
# A Word file as its parts, opened under guard
################################################################
#
# Rule 1: what is opened is bounded, whatever the bytes say: files, bytes unpacked, depth of the XML.
# Rule 2: nothing outside the file is ever read: no entity, no DTD, no network, no relationship is followed.
# Rule 3: what carries macros, is encrypted or fetches something when it is opened is refused by name (`unsafe.…`).
# Rule 4: the same parts make the same bytes.

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from service.sealing_ports import NotOpened
from service.unsafe import MOST_ENTRIES, MOST_UNPACKED, Looking, remarks_of

RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT_TYPES = "[Content_Types].xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_WHERE_FROM = b"/attachedTemplate"  # the template that Word was started with: nobody fetches it to show the letter
MOST_PARTS_BYTES = 4 * MOST_UNPACKED
MOST_ELEMENTS = 300_000  # of a part: a thousand pages
MOST_RELATIONSHIPS = 10_000  # of a part: its files, and the links in it


def opened(docx: bytes) -> dict[str, bytes]:
    """Return the parts of *docx* by name.

    Raises:
        NotOpened: It is no Word file, or none that is safe to open; `reason` says which.
    """
    parts = _unpacked(docx)
    for name in [n for n in parts if n.endswith(".rels")]:
        parts[name] = _without_origin(parts[name])
    if _main_of(parts) not in parts or CONTENT_TYPES not in parts:
        raise NotOpened("word.no_document")
    looking = Looking()
    for name, part in parts.items():
        for remark in looking.remarks_of(name, part):
            raise NotOpened(remark)
    return parts


def closed(parts: Mapping[str, bytes]) -> bytes:
    """Return the file that *parts* make: no dates, the table of contents first, as Word wants it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(parts, key=lambda n: (n != CONTENT_TYPES, n != "_rels/.rels", n)):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr, info.compress_type = 0, 0, zipfile.ZIP_DEFLATED
            file.writestr(info, parts[name])
    return body.getvalue()


def tree(part: bytes, most: int = MOST_ELEMENTS) -> Any:
    """Return the root of an XML part, of about *most* elements at most. Raises NotOpened."""
    from lxml import etree

    if part.count(b"<") > 2 * most:  # a tree takes many times the room of its bytes
        raise NotOpened("unsafe.bomb")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(part, parser)
    except (etree.XMLSyntaxError, ValueError) as why:
        raise NotOpened("word.broken", str(why)[:200]) from why
    if root.getroottree().docinfo.doctype or any(True for _ in root.iter(etree.Entity)):
        raise NotOpened("unsafe.entities")
    return root


def written(root: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def main_part(parts: Mapping[str, bytes]) -> str:
    """The name of the part with the letter's body: `word/document.xml`, mostly."""
    return _main_of(parts)


def parts_of(parts: Mapping[str, bytes], source: str, kind: str) -> Iterator[str]:
    """The names of the parts that *source* refers to as *kind* (header, footer, footnotes …), each once."""
    seen = set[str]()
    for relationship in _relationships(parts, source):
        name = _target(source, relationship)
        if relationship.get("Type") == f"{OFFICE}/{kind}" and name in parts and name not in seen:
            seen.add(name)
            yield name


def add_picture(parts: dict[str, bytes], source: str, png: bytes) -> str:
    """Put *png* among the *parts*, and return the id by which *source* refers to it."""
    from lxml import etree

    number = 1
    while f"word/media/tarasul{number}.png" in parts:
        number += 1
    name = f"word/media/tarasul{number}.png"
    parts[name] = png
    types = tree(parts[CONTENT_TYPES])
    if not any(e.get("Extension", "").lower() == "png" for e in types.iter(f"{{{_TYPES}}}Default")):
        types.insert(0, etree.Element(f"{{{_TYPES}}}Default", Extension="png", ContentType="image/png"))
        parts[CONTENT_TYPES] = written(types)
    path = _rels_of(source)
    rels = tree(parts[path]) if path in parts else etree.Element(f"{{{RELATIONSHIPS}}}Relationships")
    taken = {e.get("Id") for e in rels.iter(f"{{{RELATIONSHIPS}}}Relationship")}
    name_of_it = next(i for i in (f"rTarasul{n}" for n in range(1, len(taken) + 2)) if i not in taken)
    etree.SubElement(rels, f"{{{RELATIONSHIPS}}}Relationship", Id=name_of_it, Type=f"{OFFICE}/image", Target=f"/{name}")
    parts[path] = written(rels)
    return name_of_it


def _unpacked(docx: bytes) -> dict[str, bytes]:
    if not docx.startswith(b"PK\x03\x04"):
        raise NotOpened(next(iter(remarks_of(docx)), "word.no_document"))
    parts, left, markup = dict[str, bytes](), MOST_PARTS_BYTES, MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(docx)) as file:
            listed = file.infolist()
            if len(listed) > MOST_ENTRIES or len({i.filename for i in listed}) != len(listed):
                raise NotOpened("unsafe.bomb")
            for info in listed:
                if info.flag_bits & 1:
                    raise NotOpened("unsafe.encrypted")
                if info.is_dir():
                    continue
                if info.filename.startswith("/") or {"..", "\\"} & {*info.filename.split("/"), *info.filename}:
                    raise NotOpened("word.broken", "a part that lies outside the file")
                with file.open(info) as part:
                    body = part.read(left + 1)
                left -= len(body)
                if left < 0:
                    raise NotOpened("unsafe.bomb")
                markup -= len(body) if info.filename.lower().endswith((".xml", ".rels")) else 0
                if markup < 0:
                    raise NotOpened("unsafe.bomb")
                parts[info.filename] = body
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, zlib.error, RuntimeError) as why:
        raise NotOpened("word.broken", str(why)[:200]) from why
    return parts


def _without_origin(rels: bytes) -> bytes:
    if _WHERE_FROM not in rels:
        return rels
    root = tree(rels)
    for relationship in root.iter(f"{{{RELATIONSHIPS}}}Relationship"):
        if relationship.get("Type", "").endswith(_WHERE_FROM.decode()) and relationship.get("TargetMode"):
            relationship.set("Target", "Normal.dotm")
            del relationship.attrib["TargetMode"]
    return written(root)


def _main_of(parts: Mapping[str, bytes]) -> str:
    for relationship in _relationships(parts, ""):
        if relationship.get("Type") == f"{OFFICE}/officeDocument":
            return _target("", relationship)
    return ""


def _relationships(parts: Mapping[str, bytes], source: str) -> Iterator[Any]:
    if (path := _rels_of(source)) in parts:
        of = tree(parts[path], MOST_RELATIONSHIPS).iter(f"{{{RELATIONSHIPS}}}Relationship")
        yield from (e for e in of if e.get("TargetMode") != "External")


def _target(source: str, relationship: Any) -> str:
    target = relationship.get("Target", "")
    return str(posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target))).lstrip("/")


def _rels_of(source: str) -> str:
    folder, _, name = source.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")
