"""What belongs together with a record."""

from registry.record import Record
from service.ports import Transaction, Wanted

_MOST_NAMED = 12


def numbers_of_matter(tx: Transaction, record: Record) -> tuple[str, ...]:
    """Return the numbers of the other records of *record*'s matter, the first few, oldest first: a number may stand on
    any card."""
    if record.matter_id is None:
        return ()
    found = tx.find(Wanted(matter=record.matter_id, top=_MOST_NAMED + 1, oldest_first=True))
    others = sorted((r for r in found if r.record_id != record.record_id), key=lambda r: r.registered_at)
    return tuple(r.reference for r in others[:_MOST_NAMED])
