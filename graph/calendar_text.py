"""An appointment (text/calendar) as a person reads it: what, when, where, who asks. Source: RFC 5545."""

import re
from dataclasses import dataclass

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"(?P<name>[A-Za-z-]{1,40})(?P<more>;[^:\n]{0,500}?)?:(?P<value>.{0,5000})")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_INSTANT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_NAMED = re.compile(r';CN=("?)([^";:]{1,200})\1', re.IGNORECASE)
_ZONE = re.compile(r';TZID="?([^";:]{1,80})', re.IGNORECASE)
_MAILTO = re.compile("^mailto:", re.IGNORECASE)
_LONGEST = 200_000  # characters that are looked at


@dataclass(frozen=True, slots=True)
class Appointment:
    """The first appointment of a calendar. `lines` say all of it, one thing to a line."""

    title: str
    starts: str
    lines: tuple[str, ...]


def read_appointment(calendar: str) -> Appointment | None:
    """Return the first appointment or task in *calendar*; None where there is none."""
    unfolded = _FOLD.sub("", calendar[:_LONGEST])
    lines = unfolded.splitlines()
    begins = next((n for n, line in enumerate(lines) if line.strip().upper() in ("BEGIN:VEVENT", "BEGIN:VTODO")), None)
    if begins is None:
        return None
    found: dict[str, tuple[str, str]] = {}
    for line in lines[begins + 1 :]:
        if line[:4].upper() == "END:" or line[:6].upper() == "BEGIN:":  # an alarm within has words of its own
            break
        if read := _LINE.match(line):
            value = _ESCAPED.sub(_unescaped, read["value"]).strip()
            found.setdefault(read["name"].upper(), (read["more"] or "", value))
    title = found.get("SUMMARY", ("", ""))[1]
    starts, ends = _instant(found.get("DTSTART")), _instant(found.get("DTEND") or found.get("DUE"))
    when = " – ".join(said for said in (starts, ends) if said)
    more, address = found.get("ORGANIZER", ("", ""))
    named = _NAMED.search(more)
    who = named[2].strip() if named else _MAILTO.sub("", address)
    said = (title, when, found.get("LOCATION", ("", ""))[1], who, found.get("DESCRIPTION", ("", ""))[1])
    return Appointment(title, starts, tuple(line for line in said if line))


def _instant(said: tuple[str, str] | None) -> str:
    """`2026-11-22 10:00 UTC`; with the zone's own name where it has one, without a time for a whole day."""
    found = _INSTANT.match(said[1]) if said else None
    if said is None or found is None:
        return ""
    year, month, day, hour, minute, utc = found.groups()
    zone = _ZONE.search(said[0])
    time = f" {hour}:{minute}{' UTC' if utc else f' {zone[1]}' if zone else ''}" if hour else ""
    return f"{year}-{month}-{day}{time}"


def _unescaped(found: re.Match[str]) -> str:
    return " " if found[1] in "nN" else found[1]
