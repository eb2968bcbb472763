################################################################
# Whom one may choose, by the letters of a name: Teams' own search where people are chosen
################################################################
#
# Rule 1: only those are found who may be asked from the card for which somebody is looked for, as the registry judges;
#         a card that is not the asker's finds nobody.
# Rule 2: a name is found however it is spelt: hamza, ta marbuta, diacritics and the article do not matter. Whose name
#         begins so comes first, then whoever is of the asker's own unit.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/dynamic-search

import asyncio
from itertools import islice
from typing import Any

from bot.actions import Sought
from bot.cards.forms import may_be_asked, title_of
from bot.desk import Desk
from registry.errors import Unavailable
from registry.office import Office, Person
from service.ports import CardView
from service.service import Service
from texts import search_key, search_words
from texts.isolates import bare

type Json = dict[str, Any]

FOUND = "application/vnd.microsoft.search.searchResponse"


class PeopleSearch:
    """Answers `application/search`."""

    def __init__(self, desk: Desk, service: Service) -> None:
        self._desk, self._service = desk, service

    async def answer(self, sought: Sought) -> Json:
        """The body that answers: people, each an id and what is shown of them."""
        try:
            found = await asyncio.to_thread(self._found, sought)
        except Unavailable:
            found = []
        return {"statusCode": 200, "type": FOUND, "value": {"results": found}}

    def _found(self, sought: Sought) -> list[Json]:
        view = self._desk.look(sought.token, sought.by).view if sought.token else None
        words = search_words(sought.words)
        if view is None or not view.person.active or not words:
            return []
        office, at = view.office, self._service.clock()
        named = sorted((p for p in office.people.values() if _fits(p, words, office)), key=_order(view, words))
        may = (p for p in named if may_be_asked(view, p, at))
        return [
            {"value": p.person_id, "title": bare(title_of(p, office, view.language))} for p in islice(may, sought.most)
        ]


def _fits(person: Person, words: tuple[str, ...], office: Office) -> bool:
    if not person.active:
        return False
    unit = office.unit(person.unit_id)
    known = search_key(f"{person.name} {person.post} {person.upn} {unit.ar} {unit.en}" if unit else person.name)
    return all(word in known for word in words)


def _order(view: CardView, words: tuple[str, ...]) -> Any:
    def order(person: Person) -> tuple[bool, bool, str]:
        name = search_key(person.name)
        begins = any(part.startswith(words[0]) or part.removeprefix("ال").startswith(words[0]) for part in name.split())
        return not begins, person.unit_id != view.person.unit_id, name

    return order
