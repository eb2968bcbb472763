################################################################
# A Word document: its fields filled, its words read
################################################################
#
# Rule 1: a field is a content control whose tag is `tarasul:<field>`; it stays one, so that it can be filled again.
# Rule 2: what is filled in looks as what stood there: paragraph and run keep their format; Latin words in an Arabic
#         line have a run of their own, else a full stop after them jumps to the other side.
# Rule 3: the words of a document are what a reader sees of it: without what was struck out, with what was put in.
# Rule 4: a document is opened under guard alone (documents/package.py).

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from documents.package import OFFICE, add_picture, closed, main_part, opened, parts_of, tree, written
from service.sealing_ports import NotOpened

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TAG = "tarasul:"
_W = f"{{{WORD}}}"
_COMPATIBLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_UNSEEN = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_COMPATIBLE}Fallback"})
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_LATIN = re.compile(r"[A-Za-z](?:[\x20-\x7e]*[A-Za-z0-9])?")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMU_PER_MM = 36_000
MOST_FIELDS = 200  # of a part; each is written anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in the place of a field. `alt` is read out to who cannot see it."""

    png: bytes
    width_mm: float
    height_mm: float
    alt: str


def fill(docx: bytes, values: Mapping[str, str | Picture]) -> bytes:
    """Return *docx* with its fields filled; the ones that *values* does not name are left as they are.

    A value of several lines makes as many paragraphs where the field holds paragraphs. The same input gives the same
    bytes.

    Raises:
        NotOpened: It is no Word file that is safe to open.
    """
    parts = opened(docx)
    for name in _written_parts(parts):
        root, changed = tree(parts[name]), False
        for field, control in list(_controls(root)):
            value = values.get(field)
            content = control.find(f"{_W}sdtContent")
            if value is None or content is None or not _within(control, root):
                continue
            _is_no_placeholder(control)
            sample = next((run.find(f"{_W}rPr") for run in content.iter(f"{_W}r")), None)
            if isinstance(value, Picture):
                drawing = _drawing(value, add_picture(parts, name, value.png), len(parts))
                _put(content, [[_run(sample, drawing)]])
            else:
                lines = _NO_XML.sub("", value).replace("\r\n", "\n").split("\n")
                _put(content, [list(_runs(sample, line)) for line in lines])
            changed = True
        if changed:
            parts[name] = written(root)
    return closed(parts)


def fields_of(docx: bytes) -> frozenset[str]:
    """Return the fields that *docx* has: `reference`, `qr` … Raises NotOpened."""
    parts = opened(docx)
    return frozenset(field for name in _written_parts(parts) for field, _ in _controls(tree(parts[name])))


def with_fields(docx: bytes, fields: Iterable[str]) -> bytes:
    """Return *docx* with a control at its end for each of *fields* that it lacks: whoever wrote it may have thrown out
    the place of the number. Raises NotOpened."""
    parts = opened(docx)
    there = {field for name in _written_parts(parts) for field, _ in _controls(tree(parts[name]))}
    missing = [field for field in fields if field not in there]
    if not missing:
        return docx
    name = main_part(parts)
    root = tree(parts[name])
    body = root.find(f"{_W}body")
    if body is None:
        raise NotOpened("word.broken", "it has no body")
    last = body.find(f"{_W}sectPr")
    place = body.index(last) if last is not None else len(body)
    for field in reversed(missing):
        body.insert(place, _control(field))
    parts[name] = written(root)
    return closed(parts)


def words_of(docx: bytes) -> str:
    """Return the words of *docx*, a line for each paragraph, with its notes at the end. Raises NotOpened."""
    parts = opened(docx)
    main = main_part(parts)
    names = [main, *parts_of(parts, main, "footnotes"), *parts_of(parts, main, "endnotes")]
    lines: list[str] = []
    for name in names:
        _read(tree(parts[name]), lines, [])
    return "\n".join(line.rstrip() for line in "\n".join(lines).split("\n")).strip("\n")


def pending_of(docx: bytes) -> tuple[str, ...]:
    """Return what in *docx* a page does not show as it will be (text keys `word.…`): tracked changes, comments, hidden
    words, wherever they are shown. Raises NotOpened."""
    parts = opened(docx)
    main = main_part(parts)
    notes = (*parts_of(parts, main, "footnotes"), *parts_of(parts, main, "endnotes"))
    roots = [tree(parts[name]) for name in (*_written_parts(parts), *notes)]
    if roots[0].find(f"{_W}body") is None:
        raise NotOpened("word.no_document")
    found = {
        "word.tracked": any(_has(root, "ins", "del", "moveFrom", "moveTo") for root in roots),
        "word.comments": any(_has(root, "commentReference") for root in roots),
        "word.hidden": any(e.get(f"{_W}val") not in ("0", "false") for root in roots for e in root.iter(f"{_W}vanish")),
    }
    return tuple(key for key, there in found.items() if there)


def unfit_of(docx: bytes) -> tuple[str, ...]:
    """Return why *docx* cannot be decided on as it is (text keys): it is not opened safely, or a page would not show it
    as it will be. Nothing for most."""
    try:
        return pending_of(docx)
    except NotOpened as why:
        return (why.reason,)


def _has(root: Any, *names: str) -> bool:
    return next(root.iter(*(_W + name for name in names)), None) is not None


def _written_parts(parts: Mapping[str, bytes]) -> tuple[str, ...]:
    main = main_part(parts)
    return (main, *parts_of(parts, main, "header"), *parts_of(parts, main, "footer"))


def _controls(root: Any) -> Iterator[tuple[str, Any]]:
    """The fields, in their order. Raises NotOpened where there are more than any letter has."""
    left = MOST_FIELDS
    for control in root.iter(f"{_W}sdt"):
        tag = control.find(f"{_W}sdtPr/{_W}tag")
        name = tag.get(f"{_W}val", "") if tag is not None else ""
        if name.startswith(TAG):
            left -= 1
            if left < 0:
                raise NotOpened("unsafe.bomb")
            yield name.removeprefix(TAG), control


def _within(element: Any, root: Any) -> bool:
    """Whether it is still there: a control within one that was filled is not."""
    return element is root or any(ancestor is root for ancestor in element.iterancestors())


def _is_no_placeholder(control: Any) -> None:
    """What is filled in is no hint to whoever writes, and nothing but us says what stands there."""
    properties = control.find(f"{_W}sdtPr")
    for name in ("showingPlcHdr", "dataBinding"):
        for element in properties.findall(f"{_W}{name}"):
            properties.remove(element)


def _put(content: Any, lines: list[list[Any]]) -> None:
    """Put *lines* of runs in the place of what *content* holds: as paragraphs if it holds any, else with breaks."""
    paragraph = next(content.iter(f"{_W}p"), None)
    if paragraph is None:
        for child in list(content):
            content.remove(child)
        for number, runs in enumerate(lines):
            content.extend([_run(None, _element("br"))] if number else [])
            content.extend(runs)
        return
    holder = paragraph.getparent()
    for sibling in list(holder):
        if sibling is not paragraph and sibling.tag in (f"{_W}p", f"{_W}tbl", f"{_W}sdt"):
            holder.remove(sibling)
    place = holder.index(paragraph)
    properties = paragraph.find(f"{_W}pPr")
    holder.remove(paragraph)
    for number, runs in enumerate(lines):
        made = _element("p")
        if properties is not None:
            made.append(deepcopy(properties))
        made.extend(runs)
        holder.insert(place + number, made)


def _runs(sample: Any, line: str) -> Iterator[Any]:
    """The runs of a line: what is Latin reads left to right, the rest as *sample*."""
    done = 0
    for latin in _LATIN.finditer(line):
        if latin.start() > done:
            yield _run(sample, _text(line[done : latin.start()]))
        run = _run(sample, _text(latin[0]))
        for mark in run.findall(f"{_W}rPr/{_W}rtl"):
            mark.getparent().remove(mark)
        yield run
        done = latin.end()
    if done < len(line) or not line:
        yield _run(sample, _text(line[done:]))


def _run(sample: Any, inner: Any) -> Any:
    run = _element("r")
    if sample is not None:
        properties = deepcopy(sample)
        for style in properties.findall(f"{_W}rStyle"):
            if "placeholder" in style.get(f"{_W}val", "").lower():
                properties.remove(style)
        run.append(properties)
    run.append(inner)
    return run


def _text(text: str) -> Any:
    element = _element("t")
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    element.text = text
    return element


def _element(name: str, **values: str) -> Any:
    from lxml import etree

    element = etree.Element(f"{_W}{name}", nsmap={"w": WORD})
    for key, value in values.items():
        element.set(f"{_W}{key}", value)
    return element


def _control(field: str) -> Any:
    """An empty field in an Arabic paragraph of its own."""
    control, properties, content = _element("sdt"), _element("sdtPr"), _element("sdtContent")
    properties.append(_element("tag", val=TAG + field))
    paragraph, format_, run, letters = _element("p"), _element("pPr"), _element("r"), _element("rPr")
    format_.append(_element("bidi"))
    letters.append(_element("rtl"))
    run.extend([letters, _text("")])
    paragraph.extend([format_, run])
    content.append(paragraph)
    control.extend([properties, content])
    return control


def _drawing(picture: Picture, relationship: str, number: int) -> Any:
    """The picture in the line of the text. The elements and their order are those of ECMA-376, part 1, 20.4.2.8."""
    from xml.sax.saxutils import quoteattr

    from lxml import etree

    width, height = (round(mm * _EMU_PER_MM) for mm in (picture.width_mm, picture.height_mm))
    alt, size = quoteattr(_NO_XML.sub("", picture.alt)), f'cx="{width}" cy="{height}"'
    main = "http://schemas.openxmlformats.org/drawingml/2006"
    return etree.fromstring(
        f'<w:drawing xmlns:w="{WORD}" xmlns:a="{main}/main" xmlns:r="{OFFICE}"'
        f' xmlns:wp="{main}/wordprocessingDrawing" xmlns:pic="{main}/picture">'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
        f'<wp:docPr id="{9_000 + number}" name="tarasul" descr={alt}/>'
        f'<a:graphic><a:graphicData uri="{main}/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="0" name="tarasul.png"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relationship}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        f"</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def _read(element: Any, lines: list[str], line: list[str]) -> None:
    """Add to *lines* the paragraphs within *element*, and to *line* what stands in the paragraph that it is in."""
    if element.tag in _UNSEEN:
        return
    if element.tag == f"{_W}t":
        line.append(element.text or "")
    elif element.tag in _BREAKS:
        line.append(_BREAKS[element.tag])
    elif element.tag == f"{_W}p":
        own: list[str] = []
        for child in element:
            _read(child, lines, own)
        lines.append("".join(own))
    else:
        for child in element:
            _read(child, lines, line)
