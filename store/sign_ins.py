"""People's sign-ins before a secret."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes it as well

from service.sign_in import SignIn
from store import schema as s
from store.database import Connected
from store.instants import read_instant, write_instant


class SignInsOfPeople:
    """The part of a transaction that keeps them; see service.ports.Transaction."""

    _on: Connected
    _entity_id: str

    def sign_in(self, person: str) -> SignIn | None:
        c = s.sign_ins.c
        query = select(s.sign_ins).where(c.entity_id == self._entity_id, c.person_id == person)
        row = self._on.cold.execute(query).first()
        if row is None:
            return None
        return SignIn(
            person=row.person_id,
            state=row.state,
            ends_at=read_instant(row.ends_at),
            signed_in_at=_read(row.signed_in_at),
            code=row.code,
            tries=row.tries,
            opened_at=_read(row.opened_at),
        )

    def save_sign_in(self, sign_in: SignIn) -> None:
        said = {
            "state": sign_in.state,
            "ends_at": write_instant(sign_in.ends_at),
            "signed_in_at": _write(sign_in.signed_in_at),
            "code": sign_in.code,
            "tries": sign_in.tries,
            "opened_at": _write(sign_in.opened_at),
        }
        row = {"entity_id": self._entity_id, "person_id": sign_in.person, **said}
        key = ("entity_id", "person_id")
        self._on.cold.execute(upsert(s.sign_ins).values(row).on_conflict_do_update(index_elements=key, set_=said))


def _read(text: str | None) -> datetime | None:
    return read_instant(text) if text is not None else None


def _write(at: datetime | None) -> str | None:
    return write_instant(at) if at is not None else None
