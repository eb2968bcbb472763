################################################################
# The office: the directory's people in the ministry's units
################################################################
#
# Rule 1: who exists, what they are called and which language they read is the directory's word; which units there are,
#         who keeps a register and which letters go where is the organisation file's.
# Rule 2: the head of a unit is whom the file names; else the one active member whose manager is not one.
# Rule 3: what does not fit is named, all of it together; nobody is lost for it.

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from registry.circuits import Circuits
from registry.document import DocumentRules
from registry.effects import InstallApp
from registry.entities import Entity
from registry.errors import Misconfigured
from registry.office import COPIES, LoopGuard, Office, Person, ReferralRule, Unit
from registry.planning import level_of
from registry.vocabulary import CONFIDENTIALITIES, DISPOSITIONS
from registry.working_time import DueRules
from service.circuit_rules import read_circuits
from service.document_rules import read_documents
from service.due_rules import read_due_rules
from service.entities import read_entities
from service.imported import CLERK, HEAD, NOTHING_IMPORTED, UNTOLD, Imported, read_imported
from service.ports import Clock, Directory, DirectoryPerson, Store, Transaction
from texts import language_of

log = logging.getLogger("tarasul.people")

_PLACE = ("directory", "people")  # where it is noted, beside the cursors of folders, when the directory was read …
_INTRODUCED = ("directory", "introduced")  # … and that everybody was given the app
_READ, _RANG = "read", "rang"  # … and whether it rang since
_APART = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the organisation file says, checked."""

    entity_id: str
    names: Mapping[str, str]
    domains: tuple[str, ...]
    units: tuple[Mapping[str, Any], ...]
    rules: tuple[ReferralRule, ...]
    clearances: Mapping[str, str]
    loop_guard: LoopGuard
    due: DueRules | None = None
    circuits: Circuits = field(default_factory=Circuits)
    documents: DocumentRules = field(default_factory=DocumentRules)
    entities: tuple[Entity, ...] = ()
    mail_up_to: str = "restricted"

    @property
    def mailboxes(self) -> frozenset[str]:
        return frozenset(m.lower() for unit in self.units for m in unit.get("registry_for", ()))


def read_organisation(text: str, mailboxes: Sequence[str]) -> Organisation:
    """Read the organisation file: JSON as in docs/settings.md.

    Raises:
        Misconfigured: It is not JSON, or says things that contradict each other or the mailboxes; all are named.
    """
    try:
        body = json.loads(text)
    except ValueError as error:
        raise Misconfigured(f"ORGANISATION is not JSON: {error}") from error
    wrong = _wrong(body, mailboxes) if isinstance(body, dict) else ["it must be an object"]
    if wrong:
        raise Misconfigured(f"ORGANISATION: {'; '.join(wrong)}; see docs/settings.md")
    entity = body["entity"]
    return Organisation(
        entity_id=entity["id"],
        names={"ar": entity["ar"], "en": entity["en"]},
        domains=tuple(d.lower() for d in entity["domains"]),
        units=tuple(body["units"]),
        rules=tuple(
            ReferralRule(rule=r["rule"], any_words=tuple(r["any_words"]), unit=r["unit"], asked=r["asked"])
            for r in body.get("referral_rules", ())
        ),
        clearances={upn.lower(): level for upn, level in body.get("clearances", {}).items()},
        loop_guard=LoopGuard(**body.get("loop_guard", {})),
        due=read_due_rules(body["due"])[0] if "due" in body else None,
        circuits=read_circuits(body.get("circuits", {}), [u["id"] for u in body["units"]])[0],
        documents=read_documents(body.get("documents", {}))[0],
        entities=read_entities(body.get("entities", []))[0],
        mail_up_to=body.get("mail_up_to", "restricted"),
    )


def _wrong(body: dict[str, Any], mailboxes: Sequence[str]) -> list[str]:
    """Every fault of the file, in words for the operator."""
    wrong = _misshapen(body)
    if wrong:  # what follows needs the shape
        return wrong
    units, rules = body["units"], body.get("referral_rules", [])
    ids = [u["id"] for u in units]
    registers = [m.lower() for u in units for m in u.get("registry_for", ())]
    codes = [u["code"] for u in units if u.get("registry_for")]
    wrong += [f"two units are called {i}" for i in _doubled(ids)]
    wrong += [f"two units are the department {d}" for d in _doubled([u["department"] for u in units])]
    above = {u["id"]: u["under"] for u in units if "under" in u}
    wrong += [f"unit {unit} is under {over}, which is no unit" for unit, over in above.items() if over not in ids]
    wrong += read_due_rules(body["due"])[1] if "due" in body else []
    wrong += read_circuits(body.get("circuits", {}), ids)[1]
    wrong += read_documents(body.get("documents", {}))[1]
    wrong += read_entities(body.get("entities", []))[1]
    if body.get("mail_up_to", "normal") not in CONFIDENTIALITIES:
        wrong.append(f"mail_up_to is one of {', '.join(CONFIDENTIALITIES)}")
    wrong += [f"two units keep the register of {m}" for m in _doubled(registers)]
    wrong += [f"two registers number under {c}" for c in _doubled(codes)]
    wrong += [f"no unit keeps the register of {m}" for m in mailboxes if m.lower() not in registers]
    wrong += [
        f"{u['id']} does {u['copies']} with copies, which is none of {', '.join(COPIES)}"
        for u in units
        if u.get("copies", "note") not in COPIES
    ]
    wrong += [f"rule {r['rule']} names no unit {r['unit']}" for r in rules if r["unit"] not in ids]
    wrong += [f"rule {r['rule']} asks {r['asked']}" for r in rules if r["asked"] not in DISPOSITIONS]
    wrong += [
        f"{upn} is cleared to {level}, which is no level"
        for upn, level in body.get("clearances", {}).items()
        if level not in CONFIDENTIALITIES
    ]
    return wrong


def _misshapen(body: dict[str, Any]) -> list[str]:
    entity: Any = body.get("entity")
    units, rules = body.get("units"), body.get("referral_rules", [])
    wrong = []
    if not _has_texts(entity, "id", "ar", "en") or not _are_texts(entity.get("domains")) or not entity["domains"]:
        wrong.append("entity needs id, ar, en and a list of domains")
    if not isinstance(units, list) or not all(_has_texts(u, "id", "ar", "en", "code", "department") for u in units):
        wrong.append("each of units needs id, ar, en, code and department")
    elif not all(_are_texts(u.get("registry_for", [])) and isinstance(u.get("head", ""), str) for u in units):
        wrong.append("a unit's registry_for is a list of addresses, its head a user name")
    elif not all(isinstance(u.get("under", ""), str) for u in units):
        wrong.append("what a unit is under is the id of another")
    if not isinstance(rules, list) or not all(
        _has_texts(r, "rule", "unit", "asked") and _are_texts(r.get("any_words")) for r in rules
    ):
        wrong.append("each of referral_rules needs rule, a list any_words, unit and asked")
    if not isinstance(body.get("clearances", {}), dict):
        wrong.append("clearances says for each user name a level")
    guard, named = body.get("loop_guard", {}), {f.name for f in fields(LoopGuard)}
    if not isinstance(guard, dict) or not all(k in named and type(v) is int and v > 0 for k, v in guard.items()):
        wrong.append(f"loop_guard has whole numbers above 0, of {', '.join(sorted(named))}")
    return wrong


def _has_texts(value: Any, *names: str) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(n), str) and value[n] for n in names)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v for v in value)


def _doubled(values: Sequence[str]) -> list[str]:
    return sorted(v for v, times in Counter(values).items() if times > 1)


def load_organisation(setting: str, root: Path, mailboxes: Sequence[str]) -> Organisation:
    """Read the organisation from the setting itself (JSON) or from the file it names, absolute or under *root*."""
    if setting.lstrip().startswith("{"):
        return read_organisation(setting, mailboxes)
    path = root / setting
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise Misconfigured(f"ORGANISATION: {setting} cannot be read: {error.strerror}") from error
    return read_organisation(text, mailboxes)


def office_of(
    organisation: Organisation,
    people: Sequence[DirectoryPerson],
    zone: ZoneInfo,
    imported: Imported = NOTHING_IMPORTED,
) -> Office:
    """Put the directory's people in the organisation's units, as far as *imported* does not say otherwise. A registry's
    mailbox is not a person."""
    people = [p for p in people if p.mail.lower() not in organisation.mailboxes]
    listed = imported.units_over(organisation.units)
    rows = imported.people_by_upn()
    unit_of = {u["department"]: u["id"] for u in listed}
    registers = {u["id"] for u in listed if u.get("registry_for")}
    told = {p.person_id: rows.get(p.upn.lower(), UNTOLD) for p in people}
    placed = {p.person_id: told[p.person_id].unit or unit_of.get(p.department, "") for p in people}
    circuits, headed = organisation.circuits, dict[str, list[str]]()
    units = {
        u["id"]: Unit(
            unit_id=u["id"],
            ar=u["ar"],
            en=u["en"],
            code=u["code"],
            head=_head(u, people, placed),
            registry_for=tuple(m.lower() for m in u.get("registry_for", ())),
            copies=u.get("copies", "note"),
            under=u.get("under"),
        )
        for u in listed
    }
    for unit in units.values():
        headed.setdefault(unit.head or "", []).append(unit.unit_id)
    return Office(
        entity_id=organisation.entity_id,
        zone=zone,
        domains=organisation.domains,
        names=dict(organisation.names),
        rules=organisation.rules,
        loop_guard=organisation.loop_guard,
        due=organisation.due,
        circuits=circuits,
        documents=organisation.documents,
        entities=imported.entities_over(organisation.entities),
        mail_up_to=organisation.mail_up_to,
        units=units,
        people={
            p.person_id: Person(
                person_id=p.person_id,
                name=p.name,
                upn=p.upn,
                mail=p.mail,
                language=language_of(p.language_tag),
                unit_id=placed[p.person_id],
                post=told[p.person_id].post or p.post,
                active=p.active,
                clerk=placed[p.person_id] in registers and told[p.person_id].role in ("", CLERK, HEAD),
                clearance=told[p.person_id].clearance or organisation.clearances.get(p.upn.lower(), "restricted"),
                signs=level_of(p.upn, headed.get(p.person_id, ()), circuits),
            )
            for p in people
        },
    )


def _head(unit: Mapping[str, Any], people: Sequence[DirectoryPerson], placed: Mapping[str, str]) -> str | None:
    if named := unit.get("head"):
        found = next((p.person_id for p in people if p.upn.lower() == named.lower()), None)
        if found is None:
            log.warning("the head that the organisation file names is not in the directory", extra={"unit": unit["id"]})
        return found
    members = {p.person_id: p for p in people if placed[p.person_id] == unit["id"] and p.active}
    tops = [p.person_id for p in members.values() if p.manager not in members]
    if len(tops) == 1:
        return tops[0]
    log.warning("a unit has no one head; its letters stay with the register", extra={"unit": unit["id"]})
    return None


class People:
    """Keeps the office as the directory has it."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        organisation: Organisation,
        zone: ZoneInfo,
        introduces: Clock | None = None,  # whose time it is; the app is installed for everybody whom the directory has
        moved: Callable[[Transaction, Office, Office], object] | None = None,  # told of the office before and after
    ) -> None:
        self._store, self._directory, self._organisation, self._zone = store, directory, organisation, zone
        self._introduces, self._moved = introduces, moved

    async def rang(self, now: datetime) -> None:
        """Read the directory because it rang; where it was read a moment ago, the next `look` does: it rings for every
        change to anybody, and often many times in a row."""
        if await asyncio.to_thread(self._store.write, lambda tx: _may_be_read(tx, now)):
            await self.refresh()

    async def look(self, now: datetime) -> None:
        """Read the directory if it rang since it was read."""
        if await asyncio.to_thread(self._store.read, lambda tx: tx.cursor(*_PLACE)) == _RANG:
            await self.rang(now)

    async def refresh(self) -> bool:
        """Read the directory again; whether anything changed. An empty directory changes nothing: it is a fault."""
        people = await self._directory.people()
        if not people:
            log.error("the directory shows nobody; the office stays as it is known")
            return False

        def work(tx: Transaction) -> bool:
            imported = read_imported(tx.imported())
            office = office_of(self._organisation, people, self._zone, imported)
            before = tx.office()
            changed = tx.save_office(office)
            if changed and self._moved is not None:
                self._moved(tx, before, tx.office())
            if self._introduces is not None and (changed or tx.cursor(*_INTRODUCED) is None):
                _introduce(tx, office, self._introduces())
            return changed

        return self._store.write(work)


def _introduce(tx: Transaction, office: Office, now: datetime) -> None:
    """Have the app installed for everybody who has no chat yet, each once for ever: who takes it out again has said
    so. The outbox has the list, so that a run which is cut short goes on where it was."""
    keys = {person: f"install:{person}" for person, one in office.people.items() if one.active}
    tx.request(
        [
            InstallApp(record_id=key, person=person)
            for person, key in keys.items()
            if tx.conversation(person) is None and tx.first_time(key, key, now)
        ],
        0,
        now,
        lambda: "",
    )
    tx.save_cursor(*_INTRODUCED, "yes", now)


def _may_be_read(tx: Transaction, now: datetime) -> bool:
    """Note that the directory is read now; or, where it was read a moment ago, that it rang since."""
    read_at = tx.followed(_PLACE[0]).get(_PLACE[1])
    if read_at is not None and now - read_at < _APART:
        tx.save_cursor(*_PLACE, _RANG, read_at)
        return False
    tx.save_cursor(*_PLACE, _READ, now)
    return True
