"""Whether two Word files say the same, judged by the list of their parts: nothing is unpacked."""

import io
import zipfile

_WRITTEN_BY_THE_DRIVE = frozenset({"word/_rels/document.xml.rels"})  # names customXml, where properties are kept
_MOST_PARTS = 5_000


def same_words(one: bytes, other: bytes) -> bool:
    """Return whether the files differ in properties alone: all that Word shows (the parts below word/) has the same
    sizes and checksums in both.

    A drive writes properties of its own into Office files. What is decided on are the frozen bytes, whatever this says.
    """
    if one == other:
        return True
    mine = _shown(one)
    return mine is not None and mine == _shown(other)


def _shown(body: bytes) -> frozenset[tuple[str, int, int]] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as whole:
            parts = whole.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    if len(parts) > _MOST_PARTS:
        return None
    shown = [p for p in parts if p.filename.startswith("word/") and p.filename not in _WRITTEN_BY_THE_DRIVE]
    return frozenset((p.filename, p.CRC, p.file_size) for p in shown) or None
