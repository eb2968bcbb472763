"""The paper of what we issue: from the template where nobody wrote it in Word, stamped when it has its number."""

import io
from collections.abc import Mapping

from documents.templates import STAMPED, Templates
from documents.word import Picture, fill, with_fields
from registry.errors import Misconfigured
from service.sealing_ports import NotOpened

_QR_MM = 28.0
_PIXELS = 8  # for each module: sharp in print
_ALT = "رمز التحقق من صحة الكتاب"


class Letters:
    """A `Paper` over the ministry's templates and ours."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def written(self, kind: str, values: Mapping[str, str]) -> bytes:
        try:
            return fill(self._templates.template(kind), values)
        except NotOpened as why:
            raise Misconfigured(f"the template of {kind}: {why}") from why

    def stamped(self, docx: bytes, values: Mapping[str, str], link: str) -> bytes:
        whole = with_fields(docx, STAMPED)
        picture = Picture(png=qr_code(link), width_mm=_QR_MM, height_mm=_QR_MM, alt=f"{_ALT}: {link}")
        return fill(whole, {**values, "qr": picture})


def qr_code(link: str) -> bytes:
    """Return *link* as a picture (PNG) that a telephone reads even where a quarter of it is gone."""
    import segno

    body = io.BytesIO()
    segno.make(link, error="q", micro=False).save(body, kind="png", scale=_PIXELS, border=2)
    return body.getvalue()
