"""The presses that open a file: what is kept of a draft's Word file, and the issued letter. Each is answered with a
link for this person, for some minutes."""

from datetime import datetime
from typing import Any

from bot.actions import Press
from bot.cards import step_card
from bot.cards.parts import OPEN_LETTER, box, buttons, is_hidden, is_masked, sentence
from registry.office import Person
from registry.record import Record
from registry.rights import may_act
from registry.vocabulary import Verb
from service.document_views import to_compare
from service.ports import CardView
from service.service import Service
from texts import Language, say

type Json = dict[str, Any]

OPENS_FILES = ("preview", "compare", OPEN_LETTER)


def file_card(service: Service, press: Press, view: CardView, at: datetime) -> Json:
    """The card, with the link above it; as it is, where there is nothing to open or nobody may."""
    card, lang = step_card(view, at), view.language
    what = _what(press.verb, view.record)
    if what is None or service.links is None or is_hidden(view):
        return card
    if not may_act(view.person, view.record, Verb.READ, at):
        return card
    return _with_link(card, press.verb, service.links.to(what, view.person.person_id), lang)


def letter_card(service: Service, record: Record, person: Person, card: Json, at: datetime, *, opened: bool) -> Json:
    """The *card* of a record that was found, with the link to the issued letter above it, as `file_card`."""
    what = _what(OPEN_LETTER, record)
    if what is None or service.links is None or is_masked(record, person.clearance, opened=opened):
        return card
    if not may_act(person, record, Verb.READ, at):
        return card
    return _with_link(card, OPEN_LETTER, service.links.to(what, person.person_id), person.language)


def _with_link(card: Json, verb: str, link: str, lang: Language) -> Json:
    opened = {"type": "Action.OpenUrl", "title": say(lang, f"verb.{verb}"), "url": link, "style": "positive"}
    said = sentence(say(lang, "card.link_ready"), weight="bolder")
    above = box(lang, [said, buttons([opened], spacing="small")], "good", bleed=True, spacing="none")
    return {**card, "body": [above, *card["body"]]}


def _what(verb: str, record: Record) -> str | None:
    if verb == OPEN_LETTER:
        return f"{record.record_id}/documents/{record.sealed.sha256}" if record.sealed is not None else None
    if record.document is None:
        return None
    if verb == "preview":
        preview = record.document.preview
        return f"{record.record_id}/documents/{preview}" if preview is not None else None
    pair = to_compare(record)
    return f"{record.record_id}/comparison/{pair[0]}/{pair[1]}" if pair is not None else None
