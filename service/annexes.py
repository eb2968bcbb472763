################################################################
# The file behind a link, brought into the archive
################################################################
#
# Rule 1: the link is read from the archive, where the letter's bytes are; nothing that was written down since counts.
# Rule 2: the bytes are in the archive before the record says that it has them. Fetching twice keeps them once.
# Rule 3: a file is never opened here: it is looked at (service/unsafe.py), named, counted and kept.

import asyncio

from registry.commands import NoteAnnexFetched, NoteAnnexRefused
from registry.mail import Part
from registry.record import Record, missing_annexes
from service.ports import Archive, NotFetched, SharedFiles
from service.unsafe import remarks_of
from texts import clean
from texts.names import safe_name


class Annexes:
    """Fetches what came as a link."""

    def __init__(self, archive: Archive, shared: SharedFiles) -> None:
        self._archive, self._shared = archive, shared

    async def fetch(self, record: Record, annex: int) -> NoteAnnexFetched | NoteAnnexRefused | None:
        """Return the command that says what came of it; None where the file is there already.

        Raises:
            Unavailable, Throttled: It may be had later.
        """
        if annex not in missing_annexes(record):
            return None
        link = (await self._archive.get(record.attachments[annex].sha256)).decode("utf-8", "replace")
        try:
            file = await self._shared.fetch(link)
        except NotFetched as why:
            return NoteAnnexRefused(record_id=record.record_id, annex=annex, reason=why.reason)
        kind = clean(file.content_type)
        part = Part(
            name=safe_name(file.name or record.attachment_names[annex], kind, annex + 1),
            content_type=kind,
            size_bytes=len(file.body),
            sha256=await self._archive.put(file.body),
            remarks=await asyncio.to_thread(remarks_of, file.body),
        )
        return NoteAnnexFetched(record_id=record.record_id, annex=annex, file=part)
