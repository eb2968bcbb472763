"""What is written to people in words of ours: the letter that answers a forwarder, the sentence that ends a day."""

import html

from registry.effects import TellDay
from registry.office import Office
from registry.record import Record
from registry.vocabulary import is_secret
from texts import Language, both_dates, say
from texts.isolates import isolate


def reply_html(record: Record, office: Office) -> str:
    """Return the body of the reply, in the language of the official who forwarded the letter, right to left in Arabic.

    Nothing of a secret letter goes by mail but its number.
    """
    forwarder = office.person(record.forwarded_by)
    lang = forwarder.language if forwarder is not None else "ar"
    day = both_dates(record.updated_at, office.zone, lang)
    unit = office.unit(record.registry_unit_id)
    paragraphs = [say(lang, "reply.greeting", name=forwarder.name)] if forwarder is not None else []
    paragraphs.append(say(lang, "reply.peace"))
    if is_secret(record.confidentiality):
        paragraphs.append(say(lang, "reply.secret", reference=record.reference, date=day))
    else:
        paragraphs += [
            say(
                lang,
                "reply.registered",
                subject=record.subject or say(lang, "subject.none"),
                reference=record.reference,
                date=both_dates(record.registered_at, office.zone, lang),
            ),
            say(lang, f"reply.{record.outcome}", date=day),
            record.outcome_note or say(lang, "reply.no_words"),
        ]
    paragraphs += [
        say(lang, "reply.regards"),
        say(lang, "reply.signature", unit=unit.name(lang) if unit else "", entity=office.names.get(lang, "")),
    ]
    direction = "rtl" if lang == "ar" else "ltr"
    body = "".join(f"<p>{html.escape(p).replace('\n', '<br>')}</p>" for p in paragraphs)
    foot = html.escape(say(lang, "reply.automatic", reference=record.reference))
    return f'<div dir="{direction}" lang="{lang}">{body}<p><small>{foot}</small></p></div>'


def day_said(told: TellDay, lang: Language) -> str:
    """Return how a day's count ended, in one sentence; of a red day, which letters it is about."""
    counts = {"day": told.day, "seen": told.seen, "registered": told.registered, "quarantined": told.quarantined}
    if told.green:
        return say(lang, "day.green", **counts)
    if not told.missing:
        return say(lang, "day.unlisted", day=told.day, mailboxes=" ".join(told.unlisted))
    more = told.missing - len(told.named)
    names = (say(lang, "day.comma")).join(isolate(name) for name in told.named)
    names += say(lang, "day.more", more=more) if more else ""
    return say(lang, "day.red", day=told.day, missing=told.missing, names=names)
