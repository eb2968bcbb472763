################################################################
# What was imported of the organisation: units, posts, roles and clearances; entities outside; out of lists
################################################################
#
# Rule 1: a line that does not fit is reported with its reason and left out; all others are kept.
# Rule 2: importing the same again changes nothing. A list replaces what was imported of its kind before.
# Rule 3: who exists is the directory's word, and whose register a unit keeps the organisation file's; a list completes
#         them. It is read again with the directory, each time.

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from registry.entities import CHANNELS, HAND, MAIL, Entity, is_address
from registry.office import Office
from registry.prepared import prepared
from registry.vocabulary import CONFIDENTIALITIES

HEAD, CLERK, MEMBER = "head", "clerk", "member"
ROLES = (HEAD, CLERK, MEMBER)
UNIT_COLUMNS = ("unit", "ar", "en", "code", "department")  # and `under`, which may be left out
ENTITY_COLUMNS = ("entity", "ar", "en", "channel")  # and `address`, where mail goes there
PERSON_COLUMNS = ("person", "unit")  # and `post`, `role`, `clearance`


@dataclass(frozen=True, slots=True)
class ImportedUnit:
    unit: str
    ar: str
    en: str
    code: str
    department: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """What a list says of a person, by their user name; empty is left to the directory and the organisation file."""

    person: str
    unit: str = ""
    post: str = ""
    role: str = ""
    clearance: str = ""


UNTOLD = ImportedPerson("")


@dataclass(frozen=True, slots=True)
class ImportedEntity:
    """An entity outside, as a list names it."""

    entity: str
    ar: str
    en: str
    channel: str = HAND
    address: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A line that was left out, or waits. `why` is a text key with its values."""

    file: str
    line: int
    why: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """All that is kept of what was imported."""

    units: tuple[ImportedUnit, ...] = ()
    people: tuple[ImportedPerson, ...] = ()
    entities: tuple[ImportedEntity, ...] = ()

    def units_over(self, listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The organisation file's units with what the list says of them, and those that only the list has."""
        heads = {p.unit: p.person for p in self.people if p.role == HEAD}
        told = {u.unit: _told(u) for u in self.units}
        both = [{**unit, **told.get(unit["id"], {})} for unit in listed]
        both += [told[u.unit] for u in self.units if u.unit not in {unit["id"] for unit in listed}]
        return [{**unit, "head": heads[unit["id"]]} if unit["id"] in heads else unit for unit in both]

    def entities_over(self, listed: Sequence[Entity]) -> dict[str, Entity]:
        """The organisation file's entities with those of the list, which stand over them, by code."""
        told = (Entity(code=e.entity, ar=e.ar, en=e.en, channel=e.channel, address=e.address) for e in self.entities)
        return {entity.code: entity for entity in (*listed, *told)}

    def people_by_upn(self) -> dict[str, ImportedPerson]:
        return {p.person: p for p in self.people}

    def body(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


NOTHING_IMPORTED = Imported()
_imported = prepared(Imported)


def _told(unit: ImportedUnit) -> dict[str, Any]:
    told = {"id": unit.unit, "ar": unit.ar, "en": unit.en, "code": unit.code, "department": unit.department}
    return told | ({"under": unit.under} if unit.under else {})


def read_imported(body: str | None) -> Imported:
    """What `Imported.body` wrote; nothing for nothing."""
    return _imported.decode(body) if body is not None else NOTHING_IMPORTED


def read_lists(
    files: Sequence[tuple[str, str]], before: Imported, listed: Sequence[Mapping[str, Any]], office: Office
) -> tuple[Imported, list[Misfit]]:
    """Read CSV lists, each told by its columns, over what was imported *before*.

    Args:
        files: Name and text of each; commas or semicolons between the values.
        listed: The organisation file's units.
    """
    units, people, entities, misfits = before.units, before.people, before.entities, list[Misfit]()
    rows = [(name, *_rows(text)) for name, text in files]
    for name, columns, lines in rows:
        if set(UNIT_COLUMNS) <= columns:
            units, wrong = _units(name, lines, listed)
            misfits += wrong
    known = {unit["id"] for unit in listed} | {unit.unit for unit in units}
    registers = {unit["id"] for unit in listed if unit.get("registry_for")}
    for name, columns, lines in rows:
        if set(UNIT_COLUMNS) <= columns:
            continue
        if set(ENTITY_COLUMNS) <= columns:
            entities, wrong = _entities(name, lines)
            misfits += wrong
        elif set(PERSON_COLUMNS) <= columns:
            people, wrong = _people(name, lines, known, registers, office)
            misfits += wrong
        else:
            needed = {
                "units": ", ".join(UNIT_COLUMNS),
                "people": ", ".join(PERSON_COLUMNS),
                "entities": ", ".join(ENTITY_COLUMNS),
            }
            misfits.append(Misfit(name, 1, "import.columns", needed))
    return Imported(units, people, entities), misfits


def _entities(file: str, lines: list[tuple[int, dict[str, str]]]) -> tuple[tuple[ImportedEntity, ...], list[Misfit]]:
    """One line for each. Where mail goes to one, its address must be one."""
    misfits: list[Misfit] = []
    kept: dict[str, ImportedEntity] = {}
    for number, row in lines:
        entity = ImportedEntity(
            entity=row.get("entity", ""),
            ar=row.get("ar", ""),
            en=row.get("en", ""),
            channel=row.get("channel", "").lower() or HAND,
            address=row.get("address", ""),
        )
        missing = next((column for column in ENTITY_COLUMNS if not getattr(entity, column)), None)
        if missing is not None:
            misfits.append(Misfit(file, number, "import.missing", {"column": missing}))
        elif entity.entity in kept:
            misfits.append(Misfit(file, number, "import.doubled", {"name": entity.entity}))
        elif entity.channel not in CHANNELS:
            values = {"name": entity.channel, "known": ", ".join(CHANNELS)}
            misfits.append(Misfit(file, number, "import.no_channel", values))
        elif entity.channel == MAIL and not is_address(entity.address):
            misfits.append(Misfit(file, number, "import.no_address", {"name": entity.entity}))
        else:
            kept[entity.entity] = entity
    return tuple(kept.values()), misfits


def _rows(text: str) -> tuple[set[str], list[tuple[int, dict[str, str]]]]:
    """The columns of a list, and its lines with their numbers, values without blanks at their ends."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text.lstrip("\ufeff")), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    columns = {str(name).strip().lower() for name in reader.fieldnames or ()}
    lines = []
    for row in reader:
        values = {str(k).strip().lower(): v.strip() for k, v in row.items() if k is not None and isinstance(v, str)}
        if any(values.values()):
            lines.append((reader.line_num, values))
    return columns, lines


def _units(
    file: str, lines: list[tuple[int, dict[str, str]]], listed: Sequence[Mapping[str, Any]]
) -> tuple[tuple[ImportedUnit, ...], list[Misfit]]:
    misfits: list[Misfit] = []
    kept: dict[str, tuple[int, ImportedUnit]] = {}
    registers = {unit["id"]: unit["code"] for unit in listed if unit.get("registry_for")}
    for number, row in lines:
        missing = next((column for column in UNIT_COLUMNS if not row.get(column)), None)
        if missing is not None:
            misfits.append(Misfit(file, number, "import.missing", {"column": missing}))
        elif row["unit"] in kept or any(row["department"] == u.department for _, u in kept.values()):
            misfits.append(Misfit(file, number, "import.doubled", {"name": row["unit"]}))
        elif registers.get(row["unit"], row["code"]) != row["code"]:
            misfits.append(Misfit(file, number, "import.register_code", {"name": row["unit"]}))
        else:
            unit = ImportedUnit(**{column: row[column] for column in UNIT_COLUMNS}, under=row.get("under", ""))
            kept[unit.unit] = (number, unit)
    above = {unit["id"]: str(unit.get("under", "")) for unit in listed}
    above |= {unit.unit: unit.under for _, unit in kept.values()}
    good: list[ImportedUnit] = []
    for number, unit in kept.values():
        if unit.under and unit.under not in above:
            misfits.append(Misfit(file, number, "import.no_unit", {"name": unit.under}))
            unit = ImportedUnit(unit.unit, unit.ar, unit.en, unit.code, unit.department)
        elif _goes_round(unit.unit, above):
            misfits.append(Misfit(file, number, "import.circle", {"name": unit.unit}))
            above[unit.unit] = ""
            unit = ImportedUnit(unit.unit, unit.ar, unit.en, unit.code, unit.department)
        good.append(unit)
    return tuple(good), misfits


def _goes_round(unit: str, above: Mapping[str, str]) -> bool:
    at, seen = above.get(unit, ""), set[str]()
    while at and at not in seen:
        if at == unit:
            return True
        seen.add(at)
        at = above.get(at, "")
    return False


def _people(
    file: str, lines: list[tuple[int, dict[str, str]]], units: set[str], registers: set[str], office: Office
) -> tuple[tuple[ImportedPerson, ...], list[Misfit]]:
    misfits: list[Misfit] = []
    kept: dict[str, ImportedPerson] = {}
    heads: set[str] = set()
    for number, row in lines:
        person = ImportedPerson(
            person=row.get("person", "").lower(),
            unit=row.get("unit", ""),
            post=row.get("post", ""),
            role=row.get("role", "").lower(),
            clearance=row.get("clearance", "").lower(),
        )
        why = _wrong_person(person, kept, heads, units, registers)
        if why is not None:
            misfits.append(Misfit(file, number, *why))
            continue
        kept[person.person] = person
        heads |= {person.unit} if person.role == HEAD else set()
        if office.version and office.by_address(person.person) is None:
            misfits.append(Misfit(file, number, "import.not_in_directory", {"name": person.person}))
    return tuple(kept.values()), misfits


def _wrong_person(
    person: ImportedPerson, kept: Mapping[str, ImportedPerson], heads: set[str], units: set[str], registers: set[str]
) -> tuple[str, dict[str, str]] | None:
    """Why a line does not fit, as a text key with its values."""
    if not person.person:
        return "import.missing", {"column": "person"}
    if person.person in kept:
        return "import.doubled", {"name": person.person}
    if person.unit and person.unit not in units:
        return "import.no_unit", {"name": person.unit}
    if person.role and person.role not in ROLES:
        return "import.no_role", {"name": person.role, "known": ", ".join(ROLES)}
    if person.clearance and person.clearance not in CONFIDENTIALITIES:
        return "import.no_level", {"name": person.clearance, "known": ", ".join(CONFIDENTIALITIES)}
    if person.role == HEAD and person.unit in heads:
        return "import.two_heads", {"name": person.unit}
    if person.role == HEAD and not person.unit:
        return "import.missing", {"column": "unit"}
    if person.role == CLERK and person.unit not in registers:
        return "import.no_register", {"name": person.unit}
    return None
