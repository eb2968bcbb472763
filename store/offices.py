"""People and units: kept in tables, held in memory by version, so that no decision waits for thousands of rows."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from registry.circuits import Circuits
from registry.document import DocumentRules
from registry.entities import Entity
from registry.office import LoopGuard, Office, Person, ReferralRule, Unit
from registry.prepared import prepared
from registry.working_time import DueRules
from store import schema as s
from store.delegations import open_delegations

for _kind in (DueRules, Circuits, DocumentRules):
    prepared(_kind)


class OfficeCache:
    """The office as of its newest version that somebody asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._office: Office | None = None

    def get(self, version: int, load: Callable[[], Office]) -> Office:
        """Return the office of *version*, from memory or by *load*."""
        office = self._office
        if office is None or office.version != version:
            office = load()
            with self._lock:
                if self._office is None or self._office.version < office.version:
                    self._office = office
        return office


def load_office(connection: Connection, entity_id: str) -> Office:
    row = connection.execute(select(s.offices).where(s.offices.c.entity_id == entity_id)).first()
    if row is None:
        return Office(entity_id=entity_id)
    body = json.loads(row.body)
    people = connection.execute(select(s.people).where(s.people.c.entity_id == entity_id))
    units = connection.execute(select(s.units).where(s.units.c.entity_id == entity_id))
    return Office(
        entity_id=entity_id,
        version=row.version,
        zone=ZoneInfo(body["zone"]),
        domains=tuple(body["domains"]),
        names=body["names"],
        loop_guard=LoopGuard(**body["loop_guard"]),
        rules=tuple(ReferralRule(**{**rule, "any_words": tuple(rule["any_words"])}) for rule in body["rules"]),
        due=msgspec.convert(body["due"], DueRules) if body.get("due") is not None else None,
        circuits=msgspec.convert(body["circuits"], Circuits) if body.get("circuits") is not None else Circuits(),
        documents=msgspec.convert(body.get("documents", {}), DocumentRules),
        delegations=open_delegations(connection, entity_id),
        entities={e["code"]: Entity(**e) for e in body.get("entities", ())},
        mail_up_to=body.get("mail_up_to", "restricted"),
        people={p.person_id: Person(**{k: v for k, v in p._mapping.items() if k != "entity_id"}) for p in people},
        units={
            u.unit_id: Unit(
                unit_id=u.unit_id,
                ar=u.ar,
                en=u.en,
                code=u.code,
                head=u.head,
                registry_for=tuple(json.loads(u.registry_for)),
                copies=u.copies,
                under=u.under,
            )
            for u in units
        },
    )


def save_office(connection: Connection, entity_id: str, office: Office) -> bool:
    """Replace the office where it differs; the version rises by one. Return whether it did. Its delegations are kept by
    themselves, and stay as they are."""
    known = load_office(connection, entity_id)
    if replace(office, version=known.version, delegations=known.delegations) == known:
        return False
    body = json.dumps(
        {
            "zone": office.zone.key,
            "domains": office.domains,
            "names": office.names,
            "loop_guard": asdict(office.loop_guard),
            "rules": [
                {"rule": r.rule, "any_words": r.any_words, "unit": r.unit, "asked": r.asked} for r in office.rules
            ],
            "due": msgspec.to_builtins(office.due),
            "circuits": msgspec.to_builtins(office.circuits),
            "documents": msgspec.to_builtins(office.documents),
            "entities": msgspec.to_builtins(list(office.entities.values())),
            "mail_up_to": office.mail_up_to,
        },
        ensure_ascii=False,
    )
    if known.version == 0:
        connection.execute(insert(s.offices).values(entity_id=entity_id, version=1, body=body))
    else:
        connection.execute(
            update(s.offices).where(s.offices.c.entity_id == entity_id).values(version=known.version + 1, body=body)
        )
    _replace_units(connection, entity_id, office)
    _replace_people(connection, entity_id, known, office)
    return True


def _replace_units(connection: Connection, entity_id: str, office: Office) -> None:
    connection.execute(delete(s.units).where(s.units.c.entity_id == entity_id))
    rows = [
        {
            "entity_id": entity_id,
            "unit_id": u.unit_id,
            "ar": u.ar,
            "en": u.en,
            "code": u.code,
            "head": u.head,
            "registry_for": json.dumps(u.registry_for),
            "copies": u.copies,
            "under": u.under,
        }
        for u in office.units.values()
    ]
    if rows:
        connection.execute(insert(s.units), rows)


def _replace_people(connection: Connection, entity_id: str, known: Office, office: Office) -> None:
    changed = [p for p in office.people.values() if known.people.get(p.person_id) != p]
    gone = [{"of_person": p} for p in known.people.keys() - office.people.keys()]
    again = gone + [{"of_person": p.person_id} for p in changed if p.person_id in known.people]
    if again:
        connection.execute(
            delete(s.people).where(s.people.c.entity_id == entity_id, s.people.c.person_id == bindparam("of_person")),
            again,
        )
    if changed:
        names = [c.name for c in s.people.c if c.name != "entity_id"]
        connection.execute(
            insert(s.people), [{"entity_id": entity_id, **{n: getattr(p, n) for n in names}} for p in changed]
        )
