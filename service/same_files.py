################################################################
# The same file in two letters: a scan of what came by mail, a mail of what came on paper
################################################################
#
# Rule 1: every file that a letter is registered with is known by its SHA-256, as a scan or as a mail's annex, and by
#         the first record that had it.
# Rule 2: a scan is compared with both; a mail with scans alone, for mails carry each other's annexes every day.
# Rule 3: it is said, never judged: the record names the other one, and a clerk is told.

from collections.abc import Iterable
from datetime import datetime

from registry.events import Attachment
from registry.mail import Part
from registry.record import Record
from service.ports import Transaction

SCAN, ANNEX = "scan", "annex"


def first_with(tx: Transaction, files: Iterable[Part | Attachment], *among: str) -> Record | None:
    """Return the record that was the first to have one of *files*, *among* scans or annexes; None for none."""
    for sha256 in _digests(files):
        for kind in among:
            record_id = tx.taken_for(f"{kind}:{sha256}")
            stored = tx.record(record_id) if record_id is not None else None
            if stored is not None:
                return stored.record
    return None


def note_files(tx: Transaction, record: Record, at: datetime) -> None:
    """Remember by which files the letter is known."""
    kind = SCAN if record.delivered else ANNEX
    for sha256 in _digests(record.attachments):
        tx.first_time(f"{kind}:{sha256}", record.record_id, at)


def _digests(files: Iterable[Part | Attachment]) -> list[str]:
    """Of what is a file of its own, sorted: whoever writes several at once writes them in one order."""
    return sorted({f.sha256 for f in files if f.complete and not f.inline and f.size_bytes})
