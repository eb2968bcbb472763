"""Dates as an office writes them: Hijri by Umm al-Qura, and Gregorian, each in both languages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hijridate import Gregorian

from texts.isolates import isolate
from texts.languages import Language

_GREGORIAN = {
    "ar": (
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_HIJRI = {
    "ar": (
        "محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة",
        "رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة",
    ),
    "en": (
        "Muharram", "Safar", "Rabi I", "Rabi II", "Jumada I", "Jumada II",
        "Rajab", "Shaban", "Ramadan", "Shawwal", "Dhu al-Qada", "Dhu al-Hijja",
    ),
}  # fmt: skip
_ERAS = {"ar": ("م", "هـ"), "en": ("", " AH")}


def hijri_iso(at: datetime, zone: ZoneInfo) -> str:
    """Return the Hijri day of *at* in *zone* as `1448-06-11`: for machines and for sorting.

    Outside 1343 to 1500 AH, where the Umm al-Qura tables end, the answer is an empty text. Source: hijridate.
    """
    day = at.astimezone(zone)
    try:
        return str(Gregorian(day.year, day.month, day.day).to_hijri().isoformat())
    except OverflowError:
        return ""


def hijri_date(at: datetime, zone: ZoneInfo, lang: Language) -> str:
    """Return the Hijri day as people read it: `11 جمادى الآخرة 1448هـ`; empty where the tables end."""
    iso = hijri_iso(at, zone)
    if not iso:
        return ""
    year, month, day = map(int, iso.split("-"))
    return f"{isolate(day)} {_HIJRI[lang][month - 1]} {isolate(year)}{_ERAS[lang][1]}"


def gregorian_date(at: datetime, zone: ZoneInfo, lang: Language) -> str:
    """Return the Gregorian day as people read it: `21 نوفمبر 2026م`."""
    day = at.astimezone(zone)
    return f"{isolate(day.day)} {_GREGORIAN[lang][day.month - 1]} {isolate(day.year)}{_ERAS[lang][0]}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Return hours and minutes, isolated: `14:05`."""
    return isolate(f"{at.astimezone(zone):%H:%M}")


def both_dates(at: datetime, zone: ZoneInfo, lang: Language) -> str:
    """Return the day in both calendars, Hijri first: `11 جمادى الآخرة 1448هـ (21 نوفمبر 2026م)`."""
    hijri, gregorian = hijri_date(at, zone, lang), gregorian_date(at, zone, lang)
    return f"{hijri} ({gregorian})" if hijri else gregorian
