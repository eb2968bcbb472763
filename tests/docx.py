"""The least that Word takes for a document."""

import io
import zipfile
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_RUN = '<w:rPr><w:rFonts w:cs="Amiri"/><w:rtl/></w:rPr>'


def docx(*paragraphs: str) -> bytes:
    """A document of these paragraphs, right to left; the same bytes each time."""
    rows = (f"<w:p><w:pPr><w:bidi/></w:pPr><w:r>{_RUN}<w:t>{escape(p)}</w:t></w:r></w:p>" for p in paragraphs)
    kinds = (
        f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/>'
    )
    related = f'<Relationship Id="r" Type="{_OFFICE}" Target="word/document.xml"/>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{"".join(rows)}</w:body></w:document>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, text in files.items():
            package.writestr(zipfile.ZipInfo(name), text)  # of no time
    return packed.getvalue()
