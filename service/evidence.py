################################################################
# Evidence: what a record proves to somebody who has neither Tarasul nor a network
################################################################
#
# Rule 1: nobody is given more than the API shows them: texts and documents that are hidden there are absent here.
# Rule 2: the same record gives the same export, byte for byte, whoever may read the same of it: two can be compared.
# Rule 3: every document that the sheet names is there, or is named as absent. The bytes come out of the archive, which
#         hands out nothing that is not what its hash says.

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from registry.errors import Gone
from registry.events import AnnotationDrafted
from registry.office import Office
from registry.record import Record
from registry.sheet import Entry
from service import verify
from service.deliveries import SLIP_TYPE
from service.dossier import Document, Shown, dossier_page
from service.ports import Archive, Clock, Store
from service.sealed_views import BESIDE, DOCX_TYPE, JSON_TYPE, PDF_TYPE, TYPES
from service.views import Viewer, record_view, sheet_view
from texts import Language

INSIDE_BYTES = 20 * 2**20  # of documents within a dossier; what is beyond lies in the export
LARGEST_EXPORT_BYTES = 300 * 2**20  # of documents; it is made in memory

MAIL_TYPE = "message/rfc822"
_ENDINGS = {
    MAIL_TYPE: "eml",
    SLIP_TYPE: "json",
    JSON_TYPE: "json",
    "application/pdf": "pdf",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/plain": "txt",
    "text/uri-list": "txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}  # what is none of these is saved as .bin: nothing that a double click runs


class ExportTooLarge(Exception):
    """The documents are more than is exported at once."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self.size_bytes = size_bytes


@dataclass(frozen=True, slots=True)
class _Case:
    """A record with its lines, as one transaction saw them, for one viewer."""

    record: Record
    entries: list[Entry]
    office: Office
    viewer: Viewer
    now: datetime

    @property
    def cleared(self) -> bool:
        return self.viewer.is_cleared(self.record, self.now)


class Evidence:
    """Makes dossiers and exports. *words* reads the text of a letter out of the bytes of its mail."""

    def __init__(self, store: Store, archive: Archive, clock: Clock, words: Callable[[bytes], str]) -> None:
        self._store, self._archive, self._clock, self._words = store, archive, clock, words

    async def dossier(self, viewer: Viewer, record_id: str, lang: Language) -> bytes | None:
        """The page of a record in *lang*, with its documents inside up to INSIDE_BYTES; None where *viewer* may not
        read it. Raises Unavailable."""
        case = await asyncio.to_thread(self._case, viewer, record_id)
        if case is None:
            return None
        left, loaded = INSIDE_BYTES, []
        for document in _documents(case):
            if document.size_bytes > left:
                loaded.append(document)
                continue
            loaded.append(await self._loaded(document))
            left -= document.size_bytes
        shown = await asyncio.to_thread(self._shown, case, loaded)
        page = await asyncio.to_thread(dossier_page, shown, lang, beside=False)
        return page.encode()

    async def export(self, viewer: Viewer, record_id: str) -> tuple[str, bytes] | None:
        """The head of the sheet and the ZIP file of a record; None where *viewer* may not read it.

        Raises:
            ExportTooLarge: More than LARGEST_EXPORT_BYTES of documents.
            Unavailable: The archive or the database is.
        """
        case = await asyncio.to_thread(self._case, viewer, record_id)
        if case is None:
            return None
        named = _documents(case)
        if (size_bytes := sum(d.size_bytes for d in named)) > LARGEST_EXPORT_BYTES:
            raise ExportTooLarge(size_bytes)
        loaded = [await self._loaded(document) for document in named]
        return await asyncio.to_thread(self._packed, case, loaded)

    def _case(self, viewer: Viewer, record_id: str) -> _Case | None:
        now = self._clock()
        stored, office, entries = self._store.read(
            lambda tx: (tx.record(record_id), tx.office(), tx.sheet(record_id))  # one view of all three
        )
        if stored is None or not viewer.may_read(stored.record, now):
            return None
        return _Case(stored.record, entries[: stored.record.version], office, viewer, now)

    async def _loaded(self, document: Document) -> Document:
        try:
            body = await self._archive.get(document.sha256)
            return replace(document, body=body, size_bytes=len(body))
        except Gone:
            return replace(document, path=None)

    def _shown(self, case: _Case, documents: list[Document]) -> Shown:
        mail = next((d.body for d in documents if d.sha256 == case.record.source.sha256), None)
        record = record_view(case.record, case.office, case.viewer, case.now)
        return Shown(
            record=record,
            sheet=sheet_view(case.record, case.entries, case.office, case.viewer, case.now),
            documents=documents,
            words=self._words(mail) if mail is not None and not case.record.delivered else record["text"] or "",
            entity=case.office.names,
            zone=case.office.zone,
            until=case.record.updated_at,
        )

    def _packed(self, case: _Case, documents: list[Document]) -> tuple[str, bytes]:
        shown = self._shown(case, documents)
        parts = {
            "record.json": (json.dumps(shown.record, ensure_ascii=False, indent=2) + "\n").encode(),
            "sheet.jsonl": "".join(f"{line}\n" for line in _lines(case)).encode("utf-8", "replace"),
            "dossier.html": dossier_page(shown, "ar", beside=True).encode(),
            "dossier-en.html": dossier_page(shown, "en", beside=True).encode(),
            "verify.py": Path(verify.__file__).read_bytes(),
        } | {d.path: d.body for d in documents if d.path is not None and d.body is not None}
        head = case.entries[-1].hash
        named = _named(case.entries)
        manifest = {
            "v": 1,
            "entity_id": case.record.entity_id,
            "record_id": case.record.record_id,
            "reference": case.record.reference,
            "events": len(case.entries),
            "head": head,
            "absent": sorted(named.keys() - {d.sha256 for d in documents if d.body is not None}),
            "files": {name: {"sha256": verify.sha256(body), "size_bytes": len(body)} for name, body in parts.items()},
        }
        return head, verify.packed(parts | {"manifest.json": verify.canonical(manifest).encode()})


def _lines(case: _Case) -> Iterable[str]:
    """The sheet, a line of JSON for each event, with the texts that the viewer may read."""
    for entry in case.entries:
        texts = entry.texts if case.cleared and not _draft_of_another(entry, case.viewer) else ()
        yield verify.canonical(
            {
                "seq": entry.seq,
                "type": entry.type,
                "canonical": entry.canonical.decode("utf-8", "replace"),
                "prev_hash": entry.prev_hash,
                "hash": entry.hash,
                "texts": [{"field": t.field, "salt": t.salt, "text": t.text} for t in entry.texts if t in texts],
            }
        )


def _draft_of_another(entry: Entry, viewer: Viewer) -> bool:
    if entry.type != AnnotationDrafted.__name__:
        return False
    return viewer.person is None or _body(entry).get("by") != viewer.person.person_id


def _documents(case: _Case) -> list[Document]:
    """The documents that the sheet names, in its order, if the viewer may open them."""
    if not case.cleared:
        return []
    record = case.record
    first_type, first_role = (SLIP_TYPE, "dossier.the_slip") if record.delivered else (MAIL_TYPE, "dossier.the_mail")
    known = {mail.sha256: (MAIL_TYPE, "", "dossier.another_mail") for mail in record.mails}
    known |= {
        annex.sha256: (annex.content_type, name, "")
        for annex, name in zip(record.attachments, record.attachment_names, strict=True)
    }
    known[record.source.sha256] = (first_type, "", first_role)
    if record.sealed is not None:
        known[record.sealed.sha256] = (PDF_TYPE, f"{record.reference.replace('/', '-')}.pdf", "")
        known[record.sealed.frozen] = (DOCX_TYPE, "", "dossier.the_words")
        known[record.sealed.manifest] = (JSON_TYPE, "", "dossier.the_manifest")
    documents = []
    for sha256, (size_bytes, kind) in _named(case.entries).items():
        content_type, name, role = known.get(sha256, (kind, "", "dossier.a_file"))
        path = f"documents/{sha256}.{_ENDINGS.get(content_type, 'bin')}"
        documents.append(Document(sha256, size_bytes, content_type, name, role, path))
    first = record.sealed.sha256 if record.sealed is not None else record.source.sha256
    documents.sort(key=lambda d: d.sha256 != first)  # the letter itself first
    return documents


def _named(entries: Iterable[Entry]) -> dict[str, tuple[int, str]]:
    """Size (0 where they do not say) and content type of every document that the lines name, by SHA-256."""
    found: dict[str, tuple[int, str]] = {}
    for entry in entries:
        for sha256, told in _named_in(_body(entry), TYPES.get(entry.type, MAIL_TYPE)).items():
            found.setdefault(sha256, told)
    return found


def _named_in(value: Any, usual: str) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    if isinstance(value, Mapping):
        if isinstance(value.get("sha256"), str) and isinstance(value.get("size_bytes"), int):
            found[value["sha256"]] = (value["size_bytes"], str(value.get("content_type", usual)))
            found |= {value[name]: (0, kind) for name, kind in BESIDE.items() if isinstance(value.get(name), str)}
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        found |= _named_in(inner, usual)
    return found


def _body(entry: Entry) -> dict[str, Any]:
    """What a line says; nothing where its bytes were changed so that it says nothing."""
    try:
        body = json.loads(entry.canonical)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
