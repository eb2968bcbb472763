"""Lists in people's chats, what people chose for themselves, and for whom something waits."""

import json
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes it as well

from service.listed import Listed
from store import schema as s
from store.database import Connected
from store.instants import write_instant


class ListsOfPeople:
    """The part of a transaction that keeps them; see service.ports.Transaction."""

    _on: Connected
    _entity_id: str

    def save_list(self, listed: Listed, at: datetime, forget_before: datetime) -> None:
        c, mine = s.lists.c, (s.lists.c.entity_id == self._entity_id, s.lists.c.person_id == listed.person)
        self._on.cold.execute(delete(s.lists).where(*mine, c.made_at < write_instant(forget_before)))
        body = json.dumps({"kind": listed.kind, "start": listed.start, "items": listed.items})
        row = {
            "entity_id": self._entity_id,
            "token": listed.token,
            "person_id": listed.person,
            "made_at": write_instant(at),
            "body": body,
        }
        self._on.cold.execute(upsert(s.lists).values(row))

    def listed(self, token: str) -> Listed | None:
        c = s.lists.c
        query = select(c.person_id, c.body).where(c.entity_id == self._entity_id, c.token == token)
        row = self._on.cold.execute(query).first()
        if row is None:
            return None
        told = json.loads(row.body)
        return Listed(
            token=token, person=row.person_id, kind=told["kind"], start=told["start"], items=tuple(told["items"])
        )

    def preference(self, person: str, name: str) -> str | None:
        c = s.preferences.c
        query = select(c.value).where(c.entity_id == self._entity_id, c.person_id == person, c.name == name)
        return self._on.cold.execute(query).scalar()

    def save_preference(self, person: str, name: str, value: str) -> None:
        row = {"entity_id": self._entity_id, "person_id": person, "name": name, "value": value}
        key = ("entity_id", "person_id", "name")
        put = upsert(s.preferences).values(row).on_conflict_do_update(index_elements=key, set_={"value": value})
        self._on.cold.execute(put)

    def who_waits(self, since_before: datetime) -> list[tuple[str | None, str]]:
        c = s.open_steps.c
        query = (
            select(c.person_id, c.unit_id)
            .distinct()
            .where(c.entity_id == self._entity_id, c.since < write_instant(since_before))
        )
        found = {(r.person_id, "" if r.person_id is not None else r.unit_id) for r in self._on.cold.execute(query)}
        return sorted(found, key=lambda one: (one[0] or "", one[1]))
