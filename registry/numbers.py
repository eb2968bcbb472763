"""Numbers that a register gives: which series, which year, how they are written."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from registry.office import Office, Unit
from registry.vocabulary import Kind


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
