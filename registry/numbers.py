"""Numbers that a register gives: which series, which year, how they are written."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypedDict

from registry.office import Office, Unit
from registry.vocabulary import KINDS, Kind
from texts.isolates import bare


@dataclass(frozen=True, slots=True)
class Series:
    """One gap-free row of numbers: 1, 2, 3 … for each entity, unit, kind and year."""

    entity_id: str
    unit_id: str
    kind: str
    year: int


def series_of(office: Office, unit: Unit, kind: Kind, now: datetime) -> Series:
    """Return the series that a registration at *now* draws from.

    The year is that of the registration in the ministry's own time zone, whatever date the letter bears: a letter of
    last year must not reopen last year's register.
    """
    return Series(office.entity_id, unit.unit_id, kind.code, now.astimezone(office.zone).year)


def draft_reference(unit: Unit, kind: Kind) -> str:
    """Return what stands where the number will: `ش.م/م/—`. No serial, and the same in every language."""
    return f"{unit.code}/{kind.letter}/—"


def reference(unit: Unit, kind: Kind, serial: int, year: int) -> str:
    """Return the number as it is written: `س.ع/و/123/2026`. Slashes keep their place in Arabic text."""
    return kind.reference.format(unit=unit.code, letter=kind.letter, serial=serial, year=year)


class Numbered(TypedDict):
    """What a number makes of a record: those fields of `Registered` that say in which register it stands, and where."""

    entity_id: str
    kind: str
    direction: str
    registry_unit_id: str
    serial: int
    year: int
    reference: str


def numbered(office: Office, unit: Unit, kind: Kind, serial: int, now: datetime) -> Numbered:
    """Return what the number *serial*, drawn from `series_of` the same, makes of a record."""
    series = series_of(office, unit, kind, now)
    return Numbered(
        entity_id=series.entity_id,
        kind=series.kind,
        direction=kind.direction,
        registry_unit_id=series.unit_id,
        serial=serial,
        year=series.year,
        reference=reference(unit, kind, serial, series.year),
    )


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A number of ours that stands in a text."""

    unit_id: str
    kind: str
    year: int
    serial: int


def mentioned(text: str, office: Office) -> tuple[Mentioned, ...]:
    """Return the numbers of *office*'s registers that stand in *text*, the first few, each once."""
    listed = sorted(office.units.values(), key=lambda unit: bool(unit.registry_for))  # of two with one code, a register
    units = {unit.code: unit.unit_id for unit in listed}
    if not units:
        return ()
    found: dict[Mentioned, None] = {}
    for code, letter, serial, year in _pattern(tuple(units)).findall(bare(text[:_LOOKED_AT])):
        unit, kind = office.units[units[code]], KINDS[_KIND_OF[letter]]
        if not unit.registry_for and not kind.issued:
            continue  # only a register numbers what comes in
        found[Mentioned(unit.unit_id, kind.code, int(year), int(serial))] = None
        if len(found) == _MOST_MENTIONED:
            break
    return tuple(found)


_LOOKED_AT = 100_000  # characters
_MOST_MENTIONED = 3
_KIND_OF = {kind.letter: kind.code for kind in KINDS.values()}


@lru_cache(maxsize=16)
def _pattern(codes: tuple[str, ...]) -> re.Pattern[str]:
    """As `reference` writes them, in whatever digits; a longer number that begins so is another one."""
    units, letters = ("|".join(map(re.escape, some)) for some in (codes, _KIND_OF))
    return re.compile(rf"(?<![\w.])({units})/({letters})/(\d{{1,9}})/(\d{{4}})(?!\d)")
