"""What is written to people in words of ours: the letter that answers a forwarder, the sentence that ends a day."""

import html

from registry.effects import TellDay
from registry.office import Office, Person
from registry.record import Record, Step
from registry.vocabulary import is_secret
from texts import Language, both_dates, say
from texts.isolates import bare, isolate


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
    return _page(paragraphs, say(lang, "reply.automatic", reference=record.reference), lang)


def _page(paragraphs: list[str], foot: str, lang: Language) -> str:
    direction = "rtl" if lang == "ar" else "ltr"
    body = "".join(f"<p>{html.escape(p).replace('\n', '<br>')}</p>" for p in paragraphs)
    return f'<div dir="{direction}" lang="{lang}">{body}<p><small>{html.escape(foot)}</small></p></div>'


def question_subject(record: Record, step: Step, lang: Language) -> str:
    """Return the subject of the mail that asks: of a secret letter the number alone."""
    asked = say(lang, f"asked.{step.asked}")
    if is_secret(record.confidentiality):
        return bare(say(lang, "question.subject_secret", reference=record.reference))
    subject = record.subject or say(lang, "subject.none")
    return bare(say(lang, "question.subject", reference=record.reference, asked=asked, subject=subject))


def question_html(record: Record, step: Step, person: Person, office: Office, reason: str) -> str:
    """Return the body of the mail that asks in the place of a card, in the language of whoever is asked."""
    lang, zone = person.language, office.zone
    paragraphs = [say(lang, "reply.greeting", name=person.name), say(lang, "reply.peace")]
    if is_secret(record.confidentiality):
        paragraphs.append(say(lang, "question.waits_secret", reference=record.reference))
    else:
        paragraphs.append(
            say(
                lang,
                "question.waits",
                reference=record.reference,
                asked=say(lang, f"asked.{step.asked}"),
                subject=record.subject or say(lang, "subject.none"),
            )
        )
        paragraphs += [say(lang, "question.written", words=step.note)] if step.note else []
    paragraphs += [say(lang, "question.due", date=both_dates(step.due_at, zone, lang))] if step.due_at else []
    paragraphs += [say(lang, "question.why", reason=say(lang, reason)), say(lang, "question.how")]
    unit = office.unit(record.registry_unit_id)
    paragraphs += [
        say(lang, "reply.regards"),
        say(lang, "reply.signature", unit=unit.name(lang) if unit else "", entity=office.names.get(lang, "")),
    ]
    return _page(paragraphs, say(lang, "question.automatic", reference=record.reference), lang)


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
