"""What cards say of the letter itself and of who has it."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.parts import Json, box, day, fact, moment, name_of, sentence, short, words
from registry.answers import DRAFTED_BY
from registry.circulating import circulation
from registry.mail import Part
from registry.office import Office
from registry.record import Record, Step, holders
from registry.vocabulary import INVERSE, Status
from service.replying import is_shown_apart, replied_by
from texts import Language, isolate, say

_MOST_NAMES = 3
_MOST_HOLDERS = 4
_MOST_LINKS = 3


def subject(record: Record, lang: Language) -> Json | None:
    return words(short(record.subject, 300) or say(lang, "subject.none"), size="medium", weight="bolder")


def sender(record: Record, lang: Language) -> Json | None:
    party = record.original_sender
    parts = [isolate(short(text)) for text in (party.name, party.address) if text.strip()]
    title = "card.from_proposed" if record.sender_is_proposed else "card.from"
    return fact(say(lang, title), " ".join(parts) or say(lang, "sender.none"))


def forwarder(record: Record, office: Office, lang: Language) -> Json | None:
    """Who sent it to the registry; how it came, if on paper; else what was found out about its sender."""
    if record.delivered:
        return fact(say(lang, "card.came"), say(lang, f"via.{record.received_via}"))
    if record.forwarded_by is not None:
        name = isolate(name_of(record.forwarded_by, "", office, lang))
        return fact(say(lang, "card.forwarded_by"), name)
    return sender_check(record, lang)


def their_reference(record: Record, lang: Language) -> Json | None:
    return fact(
        say(lang, "card.their_reference"),
        isolate(short(record.their_reference or "")) if record.their_reference else "",
    )


def registered_on(record: Record, office: Office, lang: Language) -> Json | None:
    return fact(say(lang, "card.registered_on"), day(record.registered_at, office, lang))


def due(step: Step, office: Office, lang: Language, at: datetime) -> Json | None:
    """By when it is to be done; said to be overdue in words, not by colour alone."""
    if step.due_at is None:
        return None
    when = day(step.due_at, office, lang)
    return fact(say(lang, "card.due"), say(lang, "card.overdue", when=when) if at > step.due_at else when)


def urgency(record: Record, lang: Language) -> Json | None:
    """Said in words too: the badge of an urgent letter is colour, and its absence says nothing to a new reader."""
    return fact(say(lang, "card.urgency"), say(lang, f"urgency.{record.urgency}"))


def secrecy(record: Record, lang: Language) -> Json | None:
    if record.confidentiality == "normal":
        return None
    return fact(say(lang, "card.confidentiality"), say(lang, f"confidentiality.{record.confidentiality}"))


def annexes(record: Record, lang: Language) -> Json | None:
    """The names of the first annexes and how many more there are; pictures of a signature are no annex."""
    pairs = zip(record.attachments, record.attachment_names, strict=True)
    return _names([name for annex, name in pairs if not annex.inline], lang)


def handed_in(files: Sequence[Part], lang: Language) -> Json | None:
    """The names of files that were handed in for a letter that has no number yet."""
    return _names([file.name for file in files], lang)


def _names(names: list[str], lang: Language) -> Json | None:
    named = [isolate(short(name, 60)) for name in names]
    shown = ("، " if lang == "ar" else ", ").join(named[:_MOST_NAMES])
    if len(named) > _MOST_NAMES:
        more = isolate(len(named) - _MOST_NAMES)
        shown = say(lang, "card.attachments_more", names="{names}", count=more).replace(isolate("{names}"), shown)
    return fact(say(lang, "card.attachments"), shown)


def same_as(record: Record, lang: Language) -> Json | None:
    """The number of the record that had one of its files before: a number may stand on any card."""
    return fact(say(lang, "card.same_as"), isolate(record.same_reference) if record.same_reference else "")


def reasons(record: Record, lang: Language) -> Json | None:
    """Why it is in quarantine; of a letter, what must be known of it: that it is sealed, incomplete, repaired."""
    said = ("؛ " if lang == "ar" else "; ").join(say(lang, reason) for reason in record.reasons)
    return fact(say(lang, "card.remarks" if record.rules.listed else "card.reasons"), said)


def links(record: Record, lang: Language) -> Json | None:
    """Other records with which this one has to do, and why: what people said, else what a clerk may judge."""
    known = [link for link in record.links if not is_shown_apart(record, link.record_id, link.how)]
    said = [link for link in known if link.how in INVERSE]
    rows = [
        say(lang, "card.link", reference=link.reference, how=say(lang, f"link.{link.how}"))
        for link in (said or [k for k in known if k.how != DRAFTED_BY])[-_MOST_LINKS:]
    ]
    return fact(say(lang, "card.related" if said else "card.links"), "\n\n".join(rows))


def answers(record: Record, office: Office, lang: Language) -> Json | None:
    """The replies of ours: which went out, and which are being written."""
    return fact(say(lang, "card.answers"), "\n\n".join(replied_by(record, office.zone, lang)[-_MOST_LINKS:]))


def matter(numbers: Sequence[str], lang: Language) -> Json | None:
    """The numbers of what belongs together with it."""
    shown = ("، " if lang == "ar" else ", ").join(isolate(number) for number in numbers[:_MOST_NAMES])
    if len(numbers) > _MOST_NAMES:
        more = isolate(len(numbers) - _MOST_NAMES)
        shown = say(lang, "card.matter_more", numbers="{n}", count=more).replace(isolate("{n}"), shown)
    with_them = say(lang, "card.matter_with", numbers="{n}").replace(isolate("{n}"), shown) if numbers else ""
    return fact(say(lang, "card.matter"), with_them)


def circulated(record: Record, office: Office, lang: Language) -> Json | None:
    """How many units have acknowledged, and which have not."""
    told = circulation(record)
    if told is None:
        return None
    if not told.waiting:
        return fact(say(lang, "card.circulation"), say(lang, "card.circulated_all", units=told.units))
    units = (office.unit(step.to_unit) for step in told.waiting[:_MOST_HOLDERS])
    names = ("، " if lang == "ar" else ", ").join(short(unit.name(lang), 40) for unit in units if unit is not None)
    names += "…" if len(told.waiting) > _MOST_HOLDERS else ""
    done = told.units - len(told.waiting)
    said = say(lang, "card.circulated", done=done, units=told.units, waiting=names)
    return fact(say(lang, "card.circulation"), said)


def corrected(record: Record, lang: Language) -> Json | None:
    """What was put right last, and how it stood before."""
    rows = [
        say(lang, "card.corrected_new", what=say(lang, f"card.{c.what}"))
        if not c.was
        else say(
            lang,
            "card.corrected_line",
            what=say(lang, f"card.{c.what}"),
            was=say(lang, f"{c.what}.{c.was}") if c.what in ("urgency", "confidentiality") else short(c.was, 80),
        )
        for c in record.corrections[-_MOST_LINKS:]
    ]
    return fact(say(lang, "card.corrected"), "\n\n".join(rows))


def undelivered(record: Record, office: Office, lang: Language) -> Json | None:
    """Whom our reply did not reach, last of all."""
    if not record.undelivered:
        return None
    last = record.undelivered[-1]
    who = (", ".join(short(r, 60) for r in last.recipients[:_MOST_NAMES])) or say(lang, "receipt.nobody")
    when = moment(last.at, office, lang)
    return fact(
        say(lang, "card.undelivered"), say(lang, "card.undelivered_to", who=who, status=last.status or "?", when=when)
    )


def sender_check(record: Record, lang: Language) -> Json | None:
    """What our server found out about the sender, and about who passed the mail on; as what it is."""
    said = say(lang, f"dmarc.{record.dmarc}")
    return fact(
        say(lang, "card.sender_check"), f"{said}. {say(lang, f'arc.{record.arc}')}" if record.arc is not None else said
    )


def held_by(record: Record, office: Office, lang: Language, at: datetime) -> Json | None:
    """Who has it now, and when "now" was: a card may be read much later."""
    rows = [
        say(
            lang,
            "card.asked_what",
            who=name_of(holder.person, holder.unit, office, lang),
            asked=say(lang, f"asked.{holder.asked}"),
        )
        for holder in holders(record)[:_MOST_HOLDERS]
    ]
    if not rows:
        return None
    as_of = say(lang, "card.as_of", when=moment(at, office, lang))
    return fact(say(lang, "card.now_with"), "\n\n".join([*rows, f"({as_of})"]))


def asked_of(step: Step, office: Office, lang: Language) -> str:
    """`To Omar: for action`."""
    who = name_of(step.to_person, step.to_unit, office, lang)
    return say(lang, "card.referred_to", who=who, asked=say(lang, f"asked.{step.asked}"))


def outcome_of(record: Record, outcome: str, lang: Language) -> str:
    """How a step ended. What was void because the words were edited says so: the record itself stands."""
    edited = outcome == "voided" and record.status is not Status.VOIDED
    return say(lang, "outcome.edited" if edited else f"outcome.{outcome}")


def unreached(record: Record, step: Step, office: Office, lang: Language) -> Json | None:
    """That the card of *step* did not reach whoever is asked, and that a mail did."""
    missed = next((u for u in record.unreached if u.step == step.number), None)
    if missed is None:
        return None
    why = say(lang, missed.reason)
    if missed.mailed_at is None:
        return sentence(say(lang, "card.unreached", reason=why), color="warning")
    when = moment(missed.mailed_at, office, lang)
    return sentence(say(lang, "card.unreached_mailed", reason=why, when=when), color="warning")


def written(lang: Language, title: Json, text: str | None) -> Json | None:
    """What somebody wrote, in a box under what it is."""
    shown = words(text or "", spacing="small")
    return box(lang, [title, shown], "emphasis", spacing="medium") if shown is not None else None
