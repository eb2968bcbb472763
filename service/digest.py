################################################################
# The morning's digest: each working day, what waits for whom, once
################################################################
#
# Rule 1: it tells of what was waiting when the day's work began: what came since came with a card of its own.
# Rule 2: a day and a person are a key: whoever looks, however often, whatever was killed, asks for one digest. One that
#         could not be sent on its day is not sent on another.
# Rule 3: nothing is sent where nothing waits, on a day off, or to whoever said in the chat that they want none.

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from registry.effects import TellWaiting
from registry.errors import Gone
from registry.office import Office, Person
from registry.working_time import WorkingCalendar
from service.ports import ChatBlocked, Chats, Clock, Conversation, NotInstalled, Store, Transaction
from service.take import Chance
from service.waiting import Page, page_of

log = logging.getLogger("tarasul.digest")

DIGEST = "digest"  # the name of what people choose, "off" or "on"
_AT_ONCE = 200  # people of one transaction


class Digests:
    """Asks for the digests of a day when its work begins."""

    def __init__(self, store: Store, clock: Clock, chance: Chance | None = None) -> None:
        self._store, self._clock, self._chance = store, clock, chance or Chance()

    async def look(self) -> int:
        """Ask for every digest that is due and was not asked for; how many that were."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> int:
        now = self._clock()
        office = self._store.read(lambda tx: tx.office())
        begins = begin_of_work(office, now)
        if begins is None:
            return 0
        day = day_of(now, office)
        whole = f"digest:{day}"
        if self._store.read(lambda tx: tx.taken_for(whole)) is not None:
            return 0
        people = sorted(_people(self._store.read(lambda tx: tx.who_waits(begins)), office))
        asked = 0
        for start in range(0, len(people), _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            asked += self._store.write(partial(self._ask, people=some, day=day, now=now))
        self._store.write(lambda tx: tx.first_time(whole, "", now))
        if asked:
            log.info("digests are due", extra={"people": asked})
        return asked

    def _ask(self, tx: Transaction, *, people: Iterable[str], day: str, now: datetime) -> int:
        wanted = [
            TellWaiting(record_id=f"digest:{day}", person=person, day=day)
            for person in people
            if tx.preference(person, DIGEST) != "off" and tx.first_time(f"digest:{day}:{person}", "", now)
        ]
        tx.request(wanted, 0, now, self._chance.new_token)
        return len(wanted)


async def tell_waiting(effect: TellWaiting, store: Store, chats: Chats, now: datetime, token: str) -> None:
    """Tell a person what waits by now, in a list under *token*. For a digest nobody is given the app, and nobody's chat
    is waited for. Raises as service.ports.Chats does where it may be sent later."""

    def work(tx: Transaction) -> tuple[Person, Office, Conversation, Page] | None:
        office, chat = tx.office(), tx.conversation(effect.person)
        person = office.person(effect.person)
        late = day_of(now, office) != effect.day
        unwanted = tx.preference(effect.person, DIGEST) == "off"
        if late or unwanted or person is None or not person.active or chat is None or chat.blocked is not None:
            return None
        page = page_of(tx, person, now, token)
        return (person, office, chat, page) if page.total else None

    told = await asyncio.to_thread(store.write, work)
    if told is None:
        return
    person, office, chat, page = told
    try:
        await chats.digest(chat, person, office, page)
    except (NotInstalled, Gone, ChatBlocked) as why:
        log.info("a digest could not be sent", extra={"person": effect.person, "why": type(why).__name__})


def begin_of_work(office: Office, now: datetime) -> datetime | None:
    """When today's work began, while it lasts; None on a day off, before and after."""
    calendar = office.due.calendar if office.due is not None else WorkingCalendar()
    today = now.astimezone(office.zone).date()
    hours = calendar.hours_on(today)
    if hours is None:
        return None
    begins, ends = (datetime.combine(today, hour, office.zone).astimezone(UTC) for hour in hours)
    return begins if begins <= now < ends else None


def day_of(now: datetime, office: Office) -> str:
    return now.astimezone(office.zone).date().isoformat()


def _people(waits: Iterable[tuple[str | None, str]], office: Office) -> set[str]:
    """The active people among whom something waits for, by name or as clerks of a register."""
    found: set[str] = set()
    for person_id, unit_id in waits:
        if person_id is None:
            found |= {clerk.person_id for clerk in office.clerks(unit_id)}
        elif (person := office.person(person_id)) is not None and person.active:
            found.add(person_id)
    return found
