"""The words with which a reply begins: to whom, about what, which letter it answers; and how that is shown."""

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from registry.answering import date_of, sender_in
from registry.answers import ANSWERED_BY, BEGUN, LEFT
from registry.forwarded import plain_subject
from registry.office import Office, Person
from registry.recipients import Chosen
from registry.record import Record
from registry.rights import may_act
from registry.vocabulary import Verb
from service.instants import instant
from service.ports import Transaction
from texts import LANGUAGES, Language, both_dates, say
from texts.isolates import bare

_LONGEST = 300  # characters of a subject that is quoted
_SAID_BEFORE = re.compile(r"^(?:\s*رد[\u0627\u064b]{0,3}\s+على\s*[::]?\s*|\s*(?:in\s+)?reply\s*(?:to)?\s*:\s*)+", re.I)
_CLOCK = re.compile(r"[\s,،]+[0-9\u0660-\u0669]{1,2}:[0-9\u0660-\u0669]{2}.*$", re.S)  # a letter is of a day
_ARABIC, _LATIN = re.compile(r"[\u0600-\u06ff]"), re.compile(r"[A-Za-z]")


def beginning(letter: Record, office: Office) -> dict[str, Any]:
    """Return what a reply to *letter* begins with, as the command Draft wants it; its drafter may change all of it."""
    entity = sender_in(letter.original_sender, tuple(office.entities.values()))
    sender = letter.original_sender.name or letter.original_sender.address
    lang = _language_of(letter.subject)
    subject = quoted(letter.subject)
    which = which_letter(letter.their_reference, date_of(letter, office.zone), office.zone, lang)
    return {
        "subject": bare(say(lang, "reply.subject", subject=subject)) if subject else "",
        "text": bare(say(lang, "reply.opening" if subject else "reply.opening_short", which=which, subject=subject)),
        "party": entity.name(lang) if entity is not None else " ".join(sender.split()) or None,
        "recipients": (Chosen(entity=entity.code),) if entity is not None else (),
        "confidentiality": letter.confidentiality,
    }


def reply_begins(tx: Transaction, person: Person | None, letter_id: str, at: datetime) -> dict[str, Any]:
    """As `beginning`, for *person*, with the words of the letter alone that they may read; else nothing."""
    stored = tx.record(letter_id)
    if stored is None or person is None or not may_act(person, stored.record, Verb.REPLY, at):
        return {}
    return beginning(stored.record, tx.office())


def quoted(subject: str) -> str:
    """Return *subject* as a reply quotes it: without what mail programs, or an earlier reply, put before it."""
    plain, said = "", bare(subject).strip()
    while plain != said:
        plain, said = said, _SAID_BEFORE.sub("", plain_subject(said)).strip()
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def which_letter(number: str | None, written_on: str, zone: ZoneInfo, lang: Language) -> str:
    """Return by what a letter of theirs is known: its number and its date, as far as it has them."""
    day = _day(written_on, zone, lang)
    if not number:
        return bare(say(lang, "reply.which_dated", date=day)) if day else ""
    return bare(say(lang, "reply.which" if day else "reply.which_numbered", number=number, date=day))


def their_letter(record: Record, zone: ZoneInfo, lang: Language = "ar") -> str:
    """Return what stands in the field `their_reference` of a letter of ours; nothing where it answers none."""
    if record.in_reply_to is None:
        return record.their_reference or ""
    return which_letter(record.their_reference, record.their_date, zone, lang)


def answers_view(record: Record, *, open_to_viewer: bool) -> dict[str, Any]:
    """What the API shows of the letter that a record answers, and of the replies of ours to it."""
    letter = next((k for k in record.links if k.record_id == record.in_reply_to and k.how == "replies_to"), None)
    return {
        "in_reply_to": {
            "record_id": record.in_reply_to,
            "reference": letter.reference if letter is not None else None,
            "their_reference": record.their_reference if open_to_viewer else None,
            "their_date": record.their_date or None if open_to_viewer else None,
        }
        if record.in_reply_to is not None
        else None,
        "answers": [
            {
                "record_id": a.record_id,
                "reference": a.reference,
                "state": a.state,
                "state_said": {lang: say(lang, f"answer.{a.state}") for lang in LANGUAGES},
                "at": instant(a.at),
            }
            for a in record.answers
        ],
    }


def replied_by(record: Record, zone: ZoneInfo, lang: Language) -> list[str]:
    """Return what cards say of the replies of ours to a letter: those that went out, and those that are written."""
    return [
        say(lang, f"answer.line.{a.state}", reference=a.reference, when=both_dates(a.at, zone, lang))
        for a in record.answers
        if a.state in (BEGUN, LEFT)
    ]


def is_shown_apart(record: Record, to_record: str, how: str) -> bool:
    """Whether a link of the record is said by `answers_view` and the cards in words of its own."""
    if how == "replies_to":
        return to_record == record.in_reply_to
    return how == ANSWERED_BY and any(a.record_id == to_record for a in record.answers)


def _language_of(subject: str) -> Language:
    return "en" if _LATIN.search(subject) and not _ARABIC.search(subject) else "ar"


def _day(written_on: str, zone: ZoneInfo, lang: Language) -> str:
    """A date as mails and we write it, in both calendars; what is printed otherwise stays as it is."""
    written_on = written_on.strip()
    try:
        day = date.fromisoformat(written_on[:10]) if written_on[:4].isdigit() else None
        at = datetime(day.year, day.month, day.day, 12, tzinfo=zone) if day else parsedate_to_datetime(written_on)
    except (ValueError, TypeError, IndexError):
        return " ".join(_CLOCK.sub("", written_on).split())[:100]
    return both_dates(at if at.tzinfo is not None else at.replace(tzinfo=zone), zone, lang)
