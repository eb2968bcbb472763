"""Delegations as they stand, beside their sheets; what was imported of the organisation; for whom something waits."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from registry.delegation import Delegation
from registry.prepared import prepared
from service.ports import KeptDelegation
from store import schema as s
from store.instants import write_instant

_json = msgspec.json.Encoder()
_delegation = prepared(Delegation)


def open_delegations(on: Connection, entity_id: str) -> tuple[Delegation, ...]:
    """Those that are not over: what the office carries."""
    c = s.delegations.c
    rows = on.execute(
        select(c.body).where(c.entity_id == entity_id, c.is_open.is_(True)).order_by(c.delegation_id)
    ).scalars()
    return tuple(_read(body) for body in rows)


def delegation(on: Connection, entity_id: str, delegation_id: str) -> KeptDelegation | None:
    c = s.delegations.c
    row = on.execute(
        select(c.body, c.head_hash).where(c.entity_id == entity_id, c.delegation_id == delegation_id)
    ).first()
    return KeptDelegation(_read(row.body), row.head_hash) if row is not None else None


def delegations_of(on: Connection, entity_id: str, person: str, limit: int) -> list[Delegation]:
    c = s.delegations.c
    rows = on.execute(
        select(c.body)
        .where(c.entity_id == entity_id, or_(c.from_person == person, c.to_person == person))
        .order_by(c.is_open.desc(), c.delegation_id.desc())
        .limit(limit)
    ).scalars()
    return [_read(body) for body in rows]


def save_delegation(on: Connection, entity_id: str, after: Delegation, head_hash: str) -> None:
    """Keep it; whoever has the office in memory reads it again."""
    c, known = s.delegations.c, s.offices.c
    on.execute(delete(s.delegations).where(c.entity_id == entity_id, c.delegation_id == after.delegation_id))
    on.execute(
        insert(s.delegations).values(
            entity_id=entity_id,
            delegation_id=after.delegation_id,
            from_person=after.from_person,
            to_person=after.to_person,
            is_open=after.is_open,
            head_hash=head_hash,
            body=_json.encode(after).decode(),
        )
    )
    on.execute(update(s.offices).where(known.entity_id == entity_id).values(version=known.version + 1))


def lock_delegation(on: Connection, entity_id: str) -> None:
    """Until the transaction ends nobody else decides on a delegation, nor changes the office."""
    known = s.offices.c
    on.execute(update(s.offices).where(known.entity_id == entity_id).values(version=known.version))


def waiting_people(on: Connection, entity_id: str) -> list[str]:
    c = s.open_steps.c
    rows = on.execute(
        select(c.person_id).distinct().where(c.entity_id == entity_id, c.person_id.is_not(None)).order_by(c.person_id)
    ).scalars()
    return list(rows)


def imported(on: Connection, entity_id: str) -> str | None:
    body: str | None = on.execute(
        select(s.imported.c.body).where(s.imported.c.entity_id == entity_id)
    ).scalar_one_or_none()
    return body


def save_imported(on: Connection, entity_id: str, body: str, at: datetime) -> None:
    on.execute(delete(s.imported).where(s.imported.c.entity_id == entity_id))
    row: dict[str, Any] = {"entity_id": entity_id, "body": body, "at": write_instant(at)}
    on.execute(insert(s.imported).values(row))


def _read(body: str) -> Delegation:
    return _delegation.decode(body)
