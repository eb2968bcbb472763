################################################################
# Letters of ours on their way out, performed
################################################################
#
# Rule 1: the letter is the sealed file out of the archive, with the record's annexes; the mail around it says which
#         letter it is and no more, and of a secret one its number alone.
# Rule 2: a draft that is found is completed, never made anew; one that may have gone is looked for again. What is not
#         due any more is withdrawn.
# Rule 3: what cannot go out is noted with its reason and put before whoever dispatches: it is their turn.

import asyncio
import contextlib
import html
import re
from collections.abc import Mapping

from registry.dispatch_commands import Dispatch, NoteLetterDrafted, NoteLetterRefused, NoteLetterSent
from registry.dispatch_effects import DispatchLetter, DraftLetter, SendLetter
from registry.dispatching import sending_mailbox, still_due
from registry.errors import Gone, Mistaken
from registry.office import Office
from registry.recipients import Recipient, key_of, recipient_of
from registry.record import Record
from registry.vocabulary import is_secret
from service.outcomes import Done, Later
from service.ports import Archive, Store
from service.sending_ports import Enclosure, LetterMail, LetterMailbox, TooLarge
from texts import LANGUAGES, Language, both_dates, say
from texts.isolates import bare
from texts.names import safe_name

type LetterEffect = DispatchLetter | DraftLetter | SendLetter

_LOOK_AGAIN_S = 300.0
_LOOKS = 12  # for a mail that may be on its way: an hour
_PDF = "application/pdf"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,900}>")  # one, and nothing after it


class Letters:
    """Performs what the outbox asks for letters."""

    def __init__(self, store: Store, archive: Archive, mailboxes: Mapping[str, LetterMailbox]) -> None:
        self._store, self._archive, self._mailboxes = store, archive, mailboxes

    async def perform(self, effect: LetterEffect, tries: int) -> Done | Later:
        """Do what *effect* asks. Raises what the mailbox and the archive raise."""
        match effect:
            case DispatchLetter():
                return Done(Dispatch(record_id=effect.record_id))
            case DraftLetter():
                return await self._draft(effect)
            case SendLetter():
                return await self._send(effect, tries)

    async def _draft(self, effect: DraftLetter) -> Done | Later:
        record, office = await self._read(effect)
        recipient, mailbox = recipient_of(record, effect.recipient), sending_mailbox(record, office)
        if mailbox is None or mailbox not in self._mailboxes:
            raise Mistaken("no mailbox of ours sends this letter")
        box, key = self._mailboxes[mailbox], key_of(effect.record_id, effect.recipient, effect.attempt)
        if recipient is None or not still_due(record, effect.recipient, effect.attempt):
            await _withdraw(box, key)
            return Done()
        if effect.attempt > 1:  # what could not be sent then must not be sent by somebody who finds it
            await _withdraw(box, key_of(effect.record_id, effect.recipient, effect.attempt - 1))
        try:
            answers = await self._answered(record, recipient)
            draft = await box.draft_letter(letter_mail(record, recipient, office, answers), self._bytes, key=key)
        except Gone:  # somebody deleted it while it was filled: another one is made
            return Later(_LOOK_AGAIN_S, "the draft was deleted while it was filled")
        except TooLarge:
            return Done(refused(effect, "dispatch.why.too_large"))
        return Done(
            NoteLetterDrafted(
                record_id=effect.record_id,
                recipient=effect.recipient,
                attempt=effect.attempt,
                mailbox=mailbox,
                item_id=draft.item_id,
                internet_message_id=draft.message_id or None,
            )
        )

    async def _send(self, effect: SendLetter, tries: int) -> Done | Later:
        record, _ = await self._read(effect)
        box = self._mailboxes[effect.mailbox]
        sent: str | None
        try:
            if still_due(record, effect.recipient, effect.attempt):
                sent = await box.send_draft(effect.item_id)
            else:
                sent = await box.withdraw(effect.item_id)
        except Gone as gone:  # it may have gone out: it is looked for again, and never made anew
            if tries < _LOOKS:
                return Later(_LOOK_AGAIN_S, "the letter is not to be found; it may be on its way")
            raise Mistaken("the letter is neither among the drafts nor among what was sent") from gone
        if sent is None:
            return Done()
        return Done(
            NoteLetterSent(
                record_id=effect.record_id,
                recipient=effect.recipient,
                attempt=effect.attempt,
                internet_message_id=sent,
            )
        )

    async def _answered(self, record: Record, recipient: Recipient) -> str:
        """The mail in whose thread the letter goes to *recipient*: the one that it answers, if they wrote it to us."""
        letter_id = record.in_reply_to
        stored = await asyncio.to_thread(self._store.read, lambda tx: tx.record(letter_id)) if letter_id else None
        return thread_of(stored.record, recipient) if stored is not None else ""

    async def _bytes(self, enclosure: Enclosure) -> bytes:
        return await self._archive.get(enclosure.sha256)

    async def _read(self, effect: LetterEffect) -> tuple[Record, Office]:
        stored, office = await asyncio.to_thread(
            self._store.read, lambda tx: (tx.record(effect.record_id), tx.office())
        )
        assert stored is not None, "an effect's record exists"
        return stored.record, office


async def _withdraw(box: LetterMailbox, key: str) -> None:
    """Take back the draft that carries *key*; what was sent is left alone."""
    drafted = await box.drafted(key)
    if drafted is not None:
        with contextlib.suppress(Gone):
            await box.withdraw(drafted)


def refused(effect: DraftLetter | SendLetter, reason: str) -> NoteLetterRefused:
    """Return what is noted where the letter cannot go out, in the place of an effect that is stuck."""
    return NoteLetterRefused(
        record_id=effect.record_id, recipient=effect.recipient, attempt=effect.attempt, reason=reason
    )


def thread_of(letter: Record, recipient: Recipient) -> str:
    """Return the Message-ID of the mail that brought *letter*; nothing where it came on paper, where one of us
    forwarded it, or where somebody else wrote it: they have no such mail."""
    if letter.delivered or letter.forwarded_by is not None or letter.sender != letter.original_sender:
        return ""
    wrote, goes_to = (a.lower().rpartition("@")[2] for a in (letter.sender.address, recipient.address))
    known = letter.source.internet_message_id
    return known if wrote == goes_to and _MESSAGE_ID.fullmatch(known) else ""


def letter_mail(record: Record, recipient: Recipient, office: Office, answers: str = "") -> LetterMail:
    """Return the mail that takes the letter to *recipient*, in Arabic and English: of whom nothing more is known."""
    secret, reference = is_secret(record.confidentiality), record.reference
    subject = say("ar", "letter.subject_secret", reference=reference)
    if not secret:
        subject = say("ar", "letter.subject", reference=reference, subject=record.subject)
    return LetterMail(
        to=recipient.address,
        subject=bare(subject),
        html="".join(_words(record, recipient, office, lang, secret=secret) for lang in LANGUAGES),
        enclosures=enclosures(record),
        answers=answers,
    )


def _words(record: Record, recipient: Recipient, office: Office, lang: Language, *, secret: bool) -> str:
    unit = office.unit(record.registry_unit_id)
    key = "letter.secret" if secret else "letter.copy" if recipient.copy else "letter.attached"
    values = {"reference": record.reference}
    if not secret:
        values["date"] = both_dates(record.registered_at, office.zone, lang)
    paragraphs = [
        say(lang, "reply.peace"),
        say(lang, key, **values),
        say(lang, "letter.answer", reference=record.reference),
        say(lang, "reply.regards"),
        say(lang, "reply.signature", unit=unit.name(lang) if unit else "", entity=office.names.get(lang, "")),
    ]
    direction = "rtl" if lang == "ar" else "ltr"
    body = "".join(f"<p>{html.escape(p).replace('\n', '<br>')}</p>" for p in paragraphs)
    return f'<div dir="{direction}" lang="{lang}">{body}</div>'


def enclosures(record: Record) -> tuple[Enclosure, ...]:
    """Return the letter itself and its annexes, each under a name that no other has."""
    assert record.sealed is not None, "a letter goes out once it is sealed"
    listed = [(f"{record.reference.replace('/', '-')}.pdf", _PDF, record.sealed.sha256, record.sealed.size_bytes)]
    for annex, name in zip(record.attachments, record.attachment_names, strict=True):
        if annex.complete and annex.sha256:
            listed.append((name, annex.content_type, annex.sha256, annex.size_bytes))
    taken: set[str] = set()
    files = []
    for place, (name, kind, sha256, size_bytes) in enumerate(listed):
        name = safe_name(name, kind, place)
        while name.casefold() in taken:
            stem, dot, ending = name.rpartition(".")
            name = f"{stem or ending} ({place}){dot if stem else ''}{ending if stem else ''}"
        taken.add(name.casefold())
        files.append(Enclosure(name=name, content_type=kind, sha256=sha256, size_bytes=size_bytes))
    return tuple(files)
