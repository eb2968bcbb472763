"""Every sentence a person reads, Arabic and English; search keys; dates in both calendars; isolates."""

from texts.clean import clean
from texts.dates import both_dates, gregorian_date, hijri_date
from texts.isolates import isolate
from texts.languages import LANGUAGES, Language, language_of
from texts.say import say
from texts.search import apart, search_key, search_words

__all__ = [
    "LANGUAGES",
    "Language",
    "apart",
    "both_dates",
    "clean",
    "gregorian_date",
    "hijri_date",
    "isolate",
    "language_of",
    "say",
    "search_key",
    "search_words",
]
