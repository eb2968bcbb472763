"""The presses that open what is kept of a draft's Word file: each is answered with a link for this person, for some
minutes."""

from datetime import datetime
from typing import Any

from bot.actions import Press
from bot.cards import step_card
from bot.cards.parts import box, buttons, is_hidden, sentence
from registry.rights import may_act
from registry.vocabulary import Verb
from service.document_views import to_compare
from service.ports import CardView
from service.service import Service
from texts import say

type Json = dict[str, Any]

OPENS_FILES = ("preview", "compare")


def file_card(service: Service, press: Press, view: CardView, at: datetime) -> Json:
    """The card, with the link above it; as it is, where there is nothing to open or nobody may."""
    card, lang = step_card(view, at), view.language
    what = _what(press.verb, view)
    if what is None or service.links is None or is_hidden(view):
        return card
    if not may_act(view.person, view.record, Verb.READ, at):
        return card
    link = service.links.to(what, view.person.person_id)
    opened = {"type": "Action.OpenUrl", "title": say(lang, f"verb.{press.verb}"), "url": link, "style": "positive"}
    said = sentence(say(lang, "card.link_ready"), weight="bolder")
    above = box(lang, [said, buttons([opened], spacing="small")], "good", bleed=True, spacing="none")
    return {**card, "body": [above, *card["body"]]}


def _what(verb: str, view: CardView) -> str | None:
    record = view.record
    if record.document is None:
        return None
    if verb == "preview":
        preview = record.document.preview
        return f"{record.record_id}/documents/{preview}" if preview is not None else None
    pair = to_compare(record)
    return f"{record.record_id}/comparison/{pair[0]}/{pair[1]}" if pair is not None else None
