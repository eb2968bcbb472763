#!/usr/bin/env python3
"""Make documents/templates/*.docx: `.venv/bin/python -m scripts.make_templates`. A ministry replaces them in Word."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from documents.package import closed

HOME = Path(__file__).resolve().parent.parent / "documents" / "templates"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
GOLD, SOFT = "8A6D2B", "5B6470"


@dataclass(frozen=True)
class Look:
    size: int = 14  # points
    bold: bool = False
    colour: str = ""

    def run(self) -> str:
        bold = "<w:b/><w:bCs/>" if self.bold else ""
        colour = f'<w:color w:val="{self.colour}"/>' if self.colour else ""
        return f'<w:rPr>{bold}{colour}<w:sz w:val="{self.size * 2}"/><w:szCs w:val="{self.size * 2}"/><w:rtl/></w:rPr>'


PLAIN, BOLD, SMALL = Look(), Look(bold=True), Look(size=9, colour=SOFT)


def words(text: str, look: Look = PLAIN) -> str:
    return f'<w:r>{look.run()}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _properties(field: str, hint: str, locked: bool) -> str:
    lock = "sdtContentLocked" if locked else "sdtLocked"  # nobody throws it out; what we stamp nobody writes
    identity = sum(ord(letter) * 31**place for place, letter in enumerate(field)) % 2**30
    return (
        f'<w:sdtPr><w:alias w:val={quoteattr(hint)}/><w:tag w:val="tarasul:{field}"/><w:id w:val="{identity}"/>'
        f'<w:lock w:val="{lock}"/></w:sdtPr>'
    )


def field(name: str, hint: str, look: Look = PLAIN, *, locked: bool = True, text: str = "—") -> str:
    """A field within a line."""
    return f"<w:sdt>{_properties(name, hint, locked)}<w:sdtContent>{words(text, look)}</w:sdtContent></w:sdt>"


def block(name: str, hint: str, look: Look = PLAIN, *, align: str = "", after: int = 120) -> str:
    """A field of whole paragraphs, for the drafter to write in."""
    inner = line(words("", look), align=align, after=after)
    return f"<w:sdt>{_properties(name, hint, locked=False)}<w:sdtContent>{inner}</w:sdtContent></w:sdt>"


def line(*runs: str, align: str = "", after: int = 60, before: int = 0, keep: bool = False) -> str:
    jc = f'<w:jc w:val="{align}"/>' if align else ""
    kept = "<w:keepNext/><w:keepLines/>" if keep else ""
    spacing = f'<w:spacing w:before="{before}" w:after="{after}"/>'
    return f"<w:p><w:pPr>{kept}<w:bidi/>{spacing}{jc}</w:pPr>{''.join(runs)}</w:p>"


def table(widths: tuple[int, ...], *cells: str) -> str:
    """One row, the first cell at the right."""
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    row = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{w}" w:type="dxa"/></w:tcPr>{cell}</w:tc>'
        for w, cell in zip(widths, cells, strict=True)
    )
    return (
        f'<w:tbl><w:tblPr><w:bidiVisual/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid><w:tr>{row}</w:tr></w:tbl>"
    )


def rule() -> str:
    return (
        f'<w:p><w:pPr><w:pBdr><w:bottom w:val="double" w:sz="6" w:space="1" w:color="{GOLD}"/></w:pBdr><w:bidi/>'
        '<w:spacing w:before="0" w:after="120" w:line="120" w:lineRule="exact"/></w:pPr></w:p>'
    )


def header() -> str:
    right = line(field("entity", "الجهة", Look(17, True, GOLD)), after=0) + line(
        field("unit", "الإدارة", Look(12)), after=0
    )
    left = line(field("entity_en", "Name in English", Look(11, False, SOFT)), align="end", after=0)
    return (
        f"{XML}<w:hdr {W} {R}>{table((5600, 4038), right, left)}{rule()}"
        f"{line(field('confidentiality', 'السرية', Look(12, True), text=''), align='center', after=0)}</w:hdr>"
    )


def footer() -> str:
    page = "".join(
        f'<w:r>{SMALL.run()}<w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r>{SMALL.run()}<w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
        f'<w:r>{SMALL.run()}<w:fldChar w:fldCharType="separate"/></w:r>'
        f'<w:r>{SMALL.run()}<w:t>1</w:t></w:r><w:r>{SMALL.run()}<w:fldChar w:fldCharType="end"/></w:r>{between}'
        for code, between in (("PAGE", words(" / ", SMALL)), ("NUMPAGES", ""))
    )
    return (
        f"{XML}<w:ftr {W} {R}>{rule()}"
        f"{line(field('seal', 'بيان الإصدار', SMALL, text=''), after=0)}{line(page, align='center', after=0)}</w:ftr>"
    )


def stamp() -> str:
    facts = (
        line(words("الرقم: ", BOLD), field("reference", "الرقم", BOLD)),
        line(words("التاريخ: "), field("date_hijri", "التاريخ الهجري")),
        line(words("الموافق: "), field("date_gregorian", "التاريخ الميلادي")),
        line(words("إشارتكم: "), field("their_reference", "إشارتكم")),
        line(field("urgency", "الأولوية", Look(14, True), text="")),
    )
    picture = line(field("qr", "رمز التحقق", SMALL, text=" "), align="end")
    return table((6400, 3238), "".join(facts), picture)


def signature() -> str:
    post = line(field("signatory_post", "المنصب", BOLD, locked=True), align="center", keep=True)
    name = line(field("signatory_name", "الموقّع", BOLD, locked=True), align="center", before=600)
    return line("", after=240) + table((5200, 4438), line(""), post + name)


def subject() -> str:
    return line(
        words("الموضوع: ", BOLD),
        field("subject", "الموضوع", BOLD, locked=False),
        align="center",
        before=160,
        after=200,
    )


def title(text: str) -> str:
    return line(words(text, Look(20, True)), align="center", before=120, after=160)


BODY = block("body", "نص الكتاب", align="both", after=140)

DOCUMENTS = {
    "outgoing_letter": (
        line(words("السادة / ", BOLD), field("party", "الجهة المخاطبة", BOLD, locked=False), words("   المحترمين"))
        + line(words("تحية طيبة وبعد،،،"))
        + subject()
        + BODY
        + line(words("وتفضلوا بقبول فائق الاحترام والتقدير،،،"), align="center", before=240, keep=True)
    ),
    "internal_memo": (
        title("مذكرة داخلية")
        + line(words("إلى: ", BOLD), field("addressee", "إلى", locked=False))
        + line(words("من: ", BOLD), field("signatory_post_from", "من"))
        + subject()
        + BODY
        + line(words("وتقبلوا خالص التحية،،،"), align="center", before=240, keep=True)
    ),
    "decision": title("قرار") + subject() + BODY,
    "circular": (
        title("تعميم")
        + line(words("إلى: ", BOLD), field("addressee", "إلى", locked=False))
        + subject()
        + BODY
        + line(words("للعلم والعمل بموجبه،،،"), align="center", before=240, keep=True)
    ),
}

SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/><w:footerReference w:type="default" r:id="rId2"/>'
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2100" w:right="1134" w:bottom="1500" w:left="1134"'
    ' w:header="620" w:footer="500" w:gutter="0"/><w:bidi/></w:sectPr>'
)
STYLES = (
    f'{XML}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Amiri" w:hAnsi="Amiri" w:cs="Amiri"/>'
    '<w:sz w:val="28"/><w:szCs w:val="28"/><w:lang w:val="en-GB" w:bidi="ar-KW"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="60"/></w:pPr></w:pPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
    "</w:styles>"
)
# Where Amiri is not installed, Word takes the first of these that is.
FONTS = (
    f'{XML}<w:fonts {W}><w:font w:name="Amiri"><w:altName w:val="Traditional Arabic,Sakkal Majalla,Noto Naskh Arabic"/>'
    '<w:charset w:val="B2"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font></w:fonts>'
)
SETTINGS = f'{XML}<w:settings {W}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/></w:settings>'
PARTS = {"styles": STYLES, "fontTable": FONTS, "settings": SETTINGS}


def document(body: str) -> bytes:
    relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = [("header", "header1.xml"), ("footer", "footer1.xml"), *((name, f"{name}.xml") for name in PARTS)]
    kinds = [("document.xml", "document.main"), *((file, kind) for kind, file in links)]
    return closed(
        {
            name: text.encode()
            for name, text in {
                "[Content_Types].xml": (
                    f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                    '<Default Extension="png" ContentType="image/png"/>'
                    + "".join(f'<Override PartName="/word/{f}" ContentType="{TYPE}.{k}+xml"/>' for f, k in kinds)
                    + "</Types>"
                ),
                "_rels/.rels": (
                    f'{XML}<Relationships xmlns="{relationships}"><Relationship Id="rId1"'
                    f' Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>'
                ),
                "word/_rels/document.xml.rels": (
                    f'{XML}<Relationships xmlns="{relationships}">'
                    + "".join(
                        f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{file}"/>'
                        for n, (kind, file) in enumerate(links, 1)
                    )
                    + "</Relationships>"
                ),
                "word/document.xml": (
                    f"{XML}<w:document {W} {R}><w:body>{stamp()}{body}{signature()}{SECTION}</w:body></w:document>"
                ),
                "word/header1.xml": header(),
                "word/footer1.xml": footer(),
                **{f"word/{name}.xml": text for name, text in PARTS.items()},
            }.items()
        }
    )


def main() -> None:
    HOME.mkdir(exist_ok=True)
    for kind, body in DOCUMENTS.items():
        (HOME / f"{kind}.docx").write_bytes(document(body))


if __name__ == "__main__":
    main()
