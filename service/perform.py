################################################################
# perform(effect): one foreign change, then settle
################################################################
#
# Rule 1: claim (lease) → one foreign change with our key → settle, with the result command if there is one, in one
#         transaction. A crash anywhere means the same effect again: find, don't make.
# Rule 2: busy or down → postponed, for as long as it takes, and its lane waits behind it; a permission, a setting or
#         our own mistake → stuck, on the sheet, for an operator. Other lanes go on.
# Rule 3: a foreign call's deadline is at most half the lease.
# Rule 4: a card cannot be looked up in a chat: whatever was sent is noted, even when the lease was lost meanwhile.

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from registry.commands import Command, NoteReplyDrafted, NoteReplySent, NoteStuck
from registry.effects import (
    AskAction,
    DraftReply,
    Effect,
    FetchAnnex,
    MarkMail,
    RefreshCard,
    RemindCard,
    SendReply,
    TellDay,
    TellWaiting,
)
from registry.errors import Changed, Gone, Misconfigured, Mistaken, Stale, TarasulError, Throttled, Unavailable
from registry.office import Office, Person
from registry.record import OPEN
from service.annexes import Annexes
from service.digest import DIGEST, day_of
from service.ports import (
    CardView,
    ChatBlocked,
    Chats,
    Claimed,
    Clock,
    Conversation,
    Installs,
    Mailbox,
    NotInstalled,
    SentCard,
    Store,
    Transaction,
)
from service.replies import day_said, reply_html
from service.take import Taker, Undone
from service.waiting import Page, page_of
from texts import say
from texts.isolates import bare

log = logging.getLogger("tarasul.perform")

_LOOK_AGAIN_S = 300.0  # where the news comes of itself (a chat becomes known), and this is for when it never does
_LOOKS_FOR_A_MAIL = 12  # of _LOOK_AGAIN_S each: an hour, in which the mailbox is read again a few times
_CHAT_AGAIN_S = 15.0  # the first wait for the news of a chat; each one after it is twice as long
_LONGEST_WAIT_S = 600.0
_SHORTEST_THROTTLE_S, _LONGEST_THROTTLE_S = 1.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Done:
    """What is to be kept when an effect was performed."""

    command: Command | None = None
    also: Callable[[Transaction, datetime], None] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It cannot be done yet. `patient`: no number of tries makes it stuck; the other side will be back."""

    wait_s: float
    why: str
    patient: bool = False
    unless: Callable[[Transaction], bool] | None = None  # what it waits for came meanwhile: due at once


class Performer:
    """Performs what the outbox asks for."""

    def __init__(
        self,
        store: Store,
        taker: Taker,
        clock: Clock,
        *,
        owner: str,
        mailboxes: Mapping[str, Mailbox],
        chats: Chats,
        installs: Installs,
        annexes: Annexes,
        lease_s: float = 60.0,
        most_tries: int = 40,
        at_once: int = 8,
    ) -> None:
        self._store, self._taker, self._clock, self._owner = store, taker, clock, owner
        self._mailboxes, self._chats, self._installs, self._annexes = mailboxes, chats, installs, annexes
        self._lease_s, self._most_tries, self._at_once = lease_s, most_tries, at_once
        self._turns = count()

    async def perform_due(self, *, rounds: int = 50) -> int:
        """Perform what is due, lane by lane, and return how many effects were settled, postponed or stuck.

        Raises:
            Unavailable: The database is; what was sent meanwhile is found again when its lease has lapsed.
        """
        performed, owner = 0, f"{self._owner}:{next(self._turns)}"
        for _ in range(rounds):
            now = self._clock()
            until = now + timedelta(seconds=self._lease_s)
            claimed = await asyncio.to_thread(
                self._store.write, lambda tx, n=now, u=until: tx.claim(owner, n, u, self._at_once)
            )
            if not claimed:
                break
            ended = await asyncio.gather(*(self._perform(c, owner) for c in claimed), return_exceptions=True)
            if failed := next((e for e in ended if isinstance(e, BaseException)), None):
                raise failed
            performed += len(claimed)
        return performed

    async def _perform(self, claimed: Claimed, owner: str) -> None:
        effect, name = claimed.effect, type(claimed.effect).__name__
        said = {"effect": name, "record": effect.record_id, "lane": effect.lane, "tries": claimed.tries}
        try:
            async with asyncio.timeout(self._lease_s / 2):
                outcome = await self._do(effect, claimed.tries)
        except Throttled as error:
            wait_s = min(max(error.retry_after_s, _SHORTEST_THROTTLE_S), _LONGEST_THROTTLE_S)
            outcome = Later(wait_s, str(error), patient=True)
        except (Unavailable, TimeoutError) as error:
            outcome = Later(_backoff_s(claimed.tries), f"{type(error).__name__}: {error}", patient=True)
        except Changed as error:  # somebody wrote first, each time we tried: they will have done in a while
            outcome = Later(_backoff_s(claimed.tries), f"{type(error).__name__}: {error}")
        except ChatBlocked as error:
            await self._stuck(claimed, owner, error.reason, error.reason)
            return
        except (Misconfigured, Mistaken, Stale) as error:
            await self._stuck(claimed, owner, _STUCK[_kind(error)], f"{type(error).__name__}: {error}")
            return
        except Exception as error:
            log.exception("an effect failed in a way nobody foresaw", extra=said)
            outcome = Later(_backoff_s(claimed.tries), f"{type(error).__name__}: {error}")
        if isinstance(outcome, Later):
            if claimed.tries >= self._most_tries and not outcome.patient:
                await self._stuck(claimed, owner, "stuck.tries", outcome.why)
                return
            log.info("postponed", extra=said | {"wait_s": outcome.wait_s, "why": outcome.why})
            await asyncio.to_thread(self._postpone, claimed, owner, outcome)
            return
        await asyncio.to_thread(self._settle, claimed, owner, outcome)
        log.info("performed", extra=said)

    async def _do(self, effect: Effect, tries: int) -> Done | Later:
        match effect:
            case AskAction():
                return await self._ask(effect, tries)
            case RemindCard():
                return await self._ask(effect, tries, say_first="card.reminder")
            case RefreshCard():
                return await self._refresh(effect)
            case MarkMail():
                return await self._mark(effect)
            case FetchAnnex():
                return await self._fetch_annex(effect)
            case DraftReply():
                return await self._draft(effect, tries)
            case SendReply():
                return await self._send(effect)
            case TellDay():
                return await self._tell(effect, tries)
            case TellWaiting():
                return await self._tell_waiting(effect)

    async def _ask(self, effect: AskAction | RemindCard, tries: int, say_first: str | None = None) -> Done | Later:
        """Send a card; a reminder is one more copy of it, with a sentence first."""
        view, chat = await asyncio.to_thread(self._store.read, lambda tx: _view(tx, effect))
        if view is None or view.step.state != OPEN:
            return Done()  # answered before the card was sent: nothing is asked any more
        if chat is None:
            return await self._introduce(effect.person, None, tries)
        if chat.blocked is not None:
            raise ChatBlocked(chat.blocked)
        try:
            reminds = replace(view, said=say(view.language, say_first)) if say_first is not None else view
            activity_id = await self._chats.ask(chat, reminds)
        except (NotInstalled, Gone):
            return await self._introduce(effect.person, chat, tries)
        sent = SentCard(
            token=view.asked.token,
            conversation_id=chat.conversation_id,
            activity_id=activity_id,
            service_url=chat.service_url,
        )
        return Done(also=lambda tx, at: tx.add_card(sent, at))

    async def _introduce(self, person: str, known: Conversation | None, tries: int) -> Later:
        """Install the app for *person*; the bot tells of the chat when it knows it, and hastens what waits.

        Where the app is there already the news may have been lost: the chat is asked for.
        """
        if not await self._installs.install(person):
            conversation_id = await self._installs.chat(person)
            if conversation_id is not None and (known is None or known.conversation_id != conversation_id):
                chat = self._chats.found(person, conversation_id)
                await asyncio.to_thread(self._store.write, lambda tx: tx.save_conversation(chat, self._clock()))
                return Later(0, "the chat was found")
        return Later(
            min(_CHAT_AGAIN_S * 2 ** min(tries - 1, 10), _LOOK_AGAIN_S),
            "the app was installed; the chat is not known yet",
            unless=lambda tx: tx.conversation(person) not in (None, known),
        )

    async def _refresh(self, effect: RefreshCard) -> Done:
        view, _ = await asyncio.to_thread(self._store.read, lambda tx: _view(tx, effect))
        if view is None:
            return Done()
        cards = await asyncio.to_thread(self._store.read, lambda tx: tx.cards(view.asked.token))
        gone: list[SentCard] = []
        for card in cards:
            try:
                await self._chats.refresh(card, view)
            except Gone:
                gone.append(card)

        def forget(tx: Transaction, _: datetime) -> None:
            for card in gone:
                tx.drop_card(card)

        return Done(also=forget)

    async def _mark(self, effect: MarkMail) -> Done:
        stored = await asyncio.to_thread(self._store.read, lambda tx: tx.record(effect.record_id))
        assert stored is not None, "an effect's record exists"
        record = stored.record
        if record.released_as is not None:
            return Done()  # the mail bears the number under which it was released
        category = bare(say("ar", record.rules.marked, reference=record.reference))
        try:
            await self._mailboxes[effect.mailbox].mark(effect.item_id, category, record.reference)
        except Gone:
            log.warning("the mail was deleted before it was marked", extra={"record": record.record_id})
        return Done()

    async def _fetch_annex(self, effect: FetchAnnex) -> Done:
        stored = await asyncio.to_thread(self._store.read, lambda tx: tx.record(effect.record_id))
        assert stored is not None, "an effect's record exists"
        return Done(await self._annexes.fetch(stored.record, effect.annex))

    async def _draft(self, effect: DraftReply, tries: int) -> Done | Later:
        """Draft it in the thread of the mail that brought the letter. Its id may have changed when somebody moved it:
        under the new one it came in as a copy, or will be."""
        stored, office = await asyncio.to_thread(
            self._store.read, lambda tx: (tx.record(effect.record_id), tx.office())
        )
        assert stored is not None, "an effect's record exists"
        record, source = stored.record, stored.record.source
        same = [m for m in record.mails if (m.mailbox, m.identity) == (source.mailbox, source.identity)]
        for item in (source, *reversed(same)):
            try:
                item_id = await self._mailboxes[source.mailbox].draft_reply(
                    item.item_id, reply_html(record, office), key=f"reply:{effect.record_id}"
                )
            except Gone:
                continue
            return Done(NoteReplyDrafted(record_id=effect.record_id, mailbox=source.mailbox, item_id=item_id))
        if tries < _LOOKS_FOR_A_MAIL:
            return Later(_LOOK_AGAIN_S, "the mail that is to be answered is not to be found")
        raise Gone("the mail that is to be answered was deleted")

    async def _send(self, effect: SendReply) -> Done | Later:
        try:
            message_id = await self._mailboxes[effect.mailbox].send_draft(effect.item_id)
        except Gone:  # a reply that is not to be found may have gone out: it is looked for again, never made anew
            return Later(_LOOK_AGAIN_S, "the draft of the reply is not to be found")
        return Done(
            NoteReplySent(
                record_id=effect.record_id,
                mailbox=effect.mailbox,
                item_id=effect.item_id,
                internet_message_id=message_id,
            )
        )

    async def _tell(self, effect: TellDay, tries: int) -> Done | Later:
        person, chat = await asyncio.to_thread(
            self._store.read, lambda tx: (tx.office().person(effect.person), tx.conversation(effect.person))
        )
        if person is None or not person.active:
            return Done()
        if chat is None:
            return await self._introduce(effect.person, None, tries)
        if chat.blocked is not None:
            raise ChatBlocked(chat.blocked)
        try:
            await self._chats.tell(chat, day_said(effect, person.language))
        except (NotInstalled, Gone):
            return await self._introduce(effect.person, chat, tries)
        return Done()

    async def _tell_waiting(self, effect: TellWaiting) -> Done:
        """Tell what waits by now. For a digest nobody is given the app, and nobody's chat is waited for."""
        now = self._clock()

        def work(tx: Transaction) -> tuple[Person, Office, Conversation, Page] | None:
            office, chat = tx.office(), tx.conversation(effect.person)
            person = office.person(effect.person)
            late = day_of(now, office) != effect.day
            unwanted = tx.preference(effect.person, DIGEST) == "off"
            if late or unwanted or person is None or not person.active or chat is None or chat.blocked is not None:
                return None
            page = page_of(tx, person, now, self._taker.chance.new_token())
            return (person, office, chat, page) if page.total else None

        told = await asyncio.to_thread(self._store.write, work)
        if told is not None:
            person, office, chat, page = told
            try:
                await self._chats.digest(chat, person, office, page)
            except (NotInstalled, Gone, ChatBlocked) as why:
                log.info("a digest could not be sent", extra={"person": effect.person, "why": type(why).__name__})
        return Done()

    # ------------------------------------------------------------ settling

    def _settle(self, claimed: Claimed, owner: str, done: Done) -> None:
        def work(tx: Transaction, command: Command | None) -> None:
            at = self._clock()
            if done.also is not None:
                done.also(tx, at)
            if tx.settle(claimed.effect_id, owner, at) and command is not None:
                self._taker.take_in(tx, command, key=f"effect:{claimed.effect_id}")

        try:
            self._store.write(lambda tx: work(tx, done.command))
        except Undone:  # the result changes nothing any more: settle without it
            self._store.write(lambda tx: work(tx, None))

    def _postpone(self, claimed: Claimed, owner: str, later: Later) -> None:
        def work(tx: Transaction) -> None:
            came = later.unless is not None and later.unless(tx)
            due_at = self._clock() + timedelta(seconds=0 if came else later.wait_s)
            tx.postpone(claimed.effect_id, owner, due_at, later.why)

        self._store.write(work)

    async def _stuck(self, claimed: Claimed, owner: str, reason: str, why: str) -> None:
        name = type(claimed.effect).__name__
        log.error("stuck", extra={"effect": name, "record": claimed.effect.record_id, "why": why})
        note = NoteStuck(record_id=claimed.effect.record_id, effect=name, reason=reason)

        def work(tx: Transaction, command: Command | None) -> None:
            if tx.stick(claimed.effect_id, owner, self._clock(), why) and command is not None:
                self._taker.take_in(tx, command, key=f"effect:{claimed.effect_id}:stuck")

        try:
            await asyncio.to_thread(self._store.write, lambda tx: work(tx, note))
        except Undone:  # the sheet says so already
            await asyncio.to_thread(self._store.write, lambda tx: work(tx, None))


_STUCK: dict[type[TarasulError], str] = {
    Misconfigured: "stuck.misconfigured",
    Mistaken: "stuck.mistaken",
    Stale: "stuck.gone",
}


def _kind(error: TarasulError) -> type[TarasulError]:
    return next(kind for kind in _STUCK if isinstance(error, kind))


def _backoff_s(tries: int) -> float:
    """2, 4, 8 … s, ten minutes at most, up to half of it more so that many do not come back at once."""
    return min(2.0 ** min(tries, 20), _LONGEST_WAIT_S) * random.uniform(1.0, 1.5)


def _view(tx: Transaction, effect: AskAction | RefreshCard | RemindCard) -> tuple[CardView | None, Conversation | None]:
    token = tx.token_of(effect.record_id, effect.step, effect.person)
    stored, office = tx.record(effect.record_id), tx.office()
    person = office.person(effect.person)
    asked = tx.asked(token) if token is not None else None
    step = stored.record.step(effect.step) if stored is not None else None
    if asked is None or stored is None or person is None or step is None:
        return None, None
    view = CardView(
        asked=asked, record=stored.record, step=step, person=person, office=office, language=person.language
    )
    return view, tx.conversation(effect.person)
