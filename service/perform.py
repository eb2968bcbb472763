################################################################
# perform(effect): one foreign change, then settle
################################################################
#
# Rule 1: claim (lease) → one foreign change with our key → settle, with the result command if there is one, in one
#         transaction. A crash anywhere means the same effect again: find, don't make.
# Rule 2: busy or down → postponed, for as long as it takes, and its lane waits behind it; a permission, a setting or
#         our own mistake → stuck, on the sheet, for an operator. Other lanes go on.
# Rule 3: a foreign call's deadline is at most half the lease.
# Rule 4: whom a question does not reach in Teams, at once or within the hour, is asked by mail (registry/reaching.py);
#         the card follows when it can.
# Rule 5: a card cannot be looked up in a chat: whatever was sent is noted, even when the lease was lost meanwhile.

import asyncio
import contextlib
import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from registry.commands import (
    Command,
    NoteQuestionDrafted,
    NoteQuestionMailed,
    NoteReplyDrafted,
    NoteReplySent,
    NoteStuck,
    NoteUnreached,
)
from registry.effects import (
    AskAction,
    AskForDelegate,
    DispatchLetter,
    DraftLetter,
    DraftReply,
    Effect,
    FetchAnnex,
    InstallApp,
    MailQuestion,
    MarkMail,
    RefreshCard,
    RefreshDelegation,
    RemindCard,
    SendLetter,
    SendQuestion,
    SendReply,
    ShowDelegation,
    TellDay,
    TellWaiting,
)
from registry.errors import Changed, Gone, Misconfigured, Mistaken, Stale, TarasulError, Throttled, Unavailable
from registry.reaching import mailbox_of
from registry.record import Record, Step
from registry.sealed_effects import SealLetter
from service.annexes import Annexes
from service.digest import tell_waiting
from service.letters import Letters, refused
from service.outcomes import Done, Later, Performs
from service.ports import (
    AwayView,
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
from service.replies import day_said, question_html, question_subject, reply_html
from service.sealing import Sealing
from service.showing import Fresh, still_asked, to_send, view_of_delegation, view_of_step
from service.take import Taker, Undone
from texts import say
from texts.isolates import bare

log = logging.getLogger("tarasul.perform")

_LOOK_AGAIN_S = 300.0  # where the news comes of itself (a chat becomes known), and this is for when it never does
_LOOKS_FOR_A_MAIL = 12  # of _LOOK_AGAIN_S each: an hour, in which the mailbox is read again a few times
_LOOKS_FOR_A_QUESTION = 3
_CHAT_AGAIN_S = 15.0  # the first wait for the news of a chat; each one after it is twice as long
_LONGEST_WAIT_S = 600.0
_LONG_TRIES = 20  # of what is down
_SHORTEST_THROTTLE_S, _LONGEST_THROTTLE_S = 1.0, 86_400.0


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
        sealing: Sealing | None = None,
        letters: Letters,
        lease_s: float = 60.0,
        most_tries: int = 40,
        at_once: int = 8,
        mail_after_s: float = 3_600.0,
        others: Mapping[type[Effect], Performs] | None = None,
    ) -> None:
        self._store, self._taker, self._clock, self._owner = store, taker, clock, owner
        self._mailboxes, self._chats, self._installs, self._annexes = mailboxes, chats, installs, annexes
        self._letters = letters
        self._lease_s, self._most_tries, self._at_once = lease_s, most_tries, at_once
        self._mail_after_s, self._sealing, self._others = mail_after_s, sealing, others or {}
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
            if claimed.tries % _LONG_TRIES == 0:  # about two hours: it goes on being tried, and somebody should know
                log.error("waits for long", extra=said | {"why": outcome.why})
                if isinstance(effect, SealLetter):
                    await asyncio.to_thread(self._note_waiting, effect)
        except Changed as error:  # somebody wrote first, each time we tried: they will have done in a while
            outcome = Later(_backoff_s(claimed.tries), f"{type(error).__name__}: {error}")
        except ChatBlocked as error:
            await asyncio.to_thread(self._block, effect, error.reason)
            await self._stuck(claimed, owner, error.reason, error.reason)
            return
        except (Misconfigured, Mistaken, Stale) as error:
            await self._stuck(claimed, owner, _STUCK[_kind(error)], f"{type(error).__name__}: {error}")
            return
        except Exception as error:
            log.exception("an effect failed in a way nobody foresaw", extra=said)
            outcome = Later(_backoff_s(claimed.tries), f"{type(error).__name__}: {error}")
        if isinstance(outcome, Later):
            await self._unreached_for_long(effect, outcome, claimed.tries)
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
            case AskAction() | ShowDelegation() | AskForDelegate():
                return await self._ask(effect, tries)
            case RemindCard():
                return await self._ask(effect, tries, say_first="card.reminder")
            case RefreshCard() | RefreshDelegation():
                return await self._refresh(effect, tries)
            case MarkMail():
                return await self._mark(effect)
            case FetchAnnex():
                return await self._fetch_annex(effect)
            case DraftReply():
                return await self._draft(effect, tries)
            case SendReply():
                return await self._send(effect)
            case MailQuestion():
                return await self._draft_question(effect)
            case SendQuestion():
                return await self._send_question(effect, tries)
            case DispatchLetter() | DraftLetter() | SendLetter():
                return await self._letters.perform(effect, tries)
            case InstallApp():
                await self._installs.install(effect.person)
                return Done()
            case TellDay():
                return await self._tell(effect, tries)
            case TellWaiting():
                await tell_waiting(effect, self._store, self._chats, self._clock(), self._taker.chance.new_token())
                return Done()
            case SealLetter():
                return await self._seal(effect)
            case _ if (performs := self._others.get(type(effect))) is not None:
                return await performs(effect, tries)
            case _:
                raise Misconfigured(f"{type(effect).__name__}: what it needs is not set up")

    async def _ask(self, effect: Fresh, tries: int, say_first: str | None = None) -> Done | Later:
        """Send a card; a reminder is one more copy of it, with a sentence first."""
        view, chat = await asyncio.to_thread(self._store.read, lambda tx: to_send(tx, effect, self._clock))
        if view is None:
            return Done()  # nothing is asked any more
        if chat is None:
            return await self._introduce(effect.person, None, tries)
        if chat.blocked is not None:
            raise ChatBlocked(chat.blocked)
        try:
            if say_first is not None and isinstance(view, CardView):
                view = replace(view, said=say(view.language, say_first))
            activity_id = await self._chats.ask(chat, view)
        except (NotInstalled, Gone):
            return await self._introduce(effect.person, chat, tries)
        if isinstance(view, AwayView):
            return Done()  # a question by itself: nothing changes it later
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

    async def _refresh(self, effect: RefreshCard | RefreshDelegation, tries: int) -> Done | Later:
        """Bring every copy of a card up to date. Who took the app off, and still works here, has it installed again."""
        view, chat = await asyncio.to_thread(
            self._store.read,
            lambda tx: (
                view_of_step(tx, effect) if isinstance(effect, RefreshCard) else view_of_delegation(tx, effect),
                tx.conversation(effect.person),
            ),
        )
        if view is None:
            return Done()
        cards = await asyncio.to_thread(self._store.read, lambda tx: tx.cards(view.asked.token))
        gone: list[SentCard] = []
        for card in cards:
            try:
                await self._chats.refresh(card, view)
            except Gone:
                gone.append(card)
            except NotInstalled:
                if not view.person.active:
                    return Done()
                return await self._introduce(effect.person, chat, tries)

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
        if not record.ended:
            return Done()  # it was opened again: it is answered when it ends
        same = [m for m in record.mails if (m.mailbox, m.identity) == (source.mailbox, source.identity)]
        for item in (source, *reversed(same)):
            try:
                draft = await self._mailboxes[source.mailbox].draft_reply(
                    item.item_id, reply_html(record, office), key=_reply_key(record)
                )
            except Gone:
                continue
            return Done(
                NoteReplyDrafted(
                    record_id=effect.record_id,
                    mailbox=source.mailbox,
                    item_id=draft.item_id,
                    internet_message_id=draft.message_id or None,
                )
            )
        if tries < _LOOKS_FOR_A_MAIL:
            return Later(_LOOK_AGAIN_S, "the mail that is to be answered is not to be found")
        raise Gone("the mail that is to be answered was deleted")

    async def _send(self, effect: SendReply) -> Done | Later:
        sent = await self._sent(effect.mailbox, effect.item_id)
        if isinstance(sent, Later):
            return sent
        return Done(
            NoteReplySent(
                record_id=effect.record_id, mailbox=effect.mailbox, item_id=effect.item_id, internet_message_id=sent
            )
        )

    async def _sent(self, mailbox: str, item_id: str) -> str | Later:
        try:
            return await self._mailboxes[mailbox].send_draft(item_id)
        except Gone:  # a mail that is not to be found may have gone out: it is looked for again, never made anew
            return Later(_LOOK_AGAIN_S, "the draft is not to be found")

    async def _seal(self, effect: SealLetter) -> Done:
        """Nothing to seal with: a house without an archive of its own, as tests are."""
        noted = await self._sealing.seal(effect.record_id) if self._sealing is not None else None
        return Done(noted)

    # ------------------------------------------------------------ whom Teams does not reach

    async def _unreached_for_long(self, effect: Effect, outcome: Later, tries: int) -> None:
        """Who waits for their card longer than the ministry should is asked by mail; the card goes on being tried."""
        if not isinstance(effect, AskAction | RemindCard) or tries == 1:
            return
        step = await asyncio.to_thread(self._store.read, lambda tx: _step(tx, effect))
        if step is None or (self._clock() - (step.reminded_at or step.opened_at)).total_seconds() < self._mail_after_s:
            return
        await self._unreached(effect, "chat.down" if outcome.patient else "chat.not_known")

    async def _unreached(self, effect: AskAction | RemindCard, reason: str) -> None:
        note = NoteUnreached(record_id=effect.record_id, step=effect.step, person=effect.person, reason=reason)
        key = f"unreached:{effect.record_id}:{effect.step}:{effect.person}"
        await asyncio.to_thread(self._taker.take, note, key=key)

    async def _draft_question(self, effect: MailQuestion) -> Done:
        stored, office = await asyncio.to_thread(
            self._store.read, lambda tx: (tx.record(effect.record_id), tx.office())
        )
        assert stored is not None, "an effect's record exists"
        record, person = stored.record, office.person(effect.person)
        step, mailbox = record.step(effect.step), mailbox_of(record, office)
        assert mailbox is not None, "registry/reaching.py asks for a mail only where there is a mailbox"
        key = _question_key(effect)
        if person is None or not person.active or step is None or not still_asked(person, record, step, self._clock()):
            drafted = await self._mailboxes[mailbox].drafted(key)  # by an earlier try
            if drafted is not None:
                with contextlib.suppress(Gone):
                    await self._mailboxes[mailbox].withdraw(drafted)
            return Done()
        reason = next(u.reason for u in record.unreached if (u.step, u.person) == (effect.step, effect.person))
        item_id = await self._mailboxes[mailbox].draft_mail(
            person.mail,
            question_subject(record, step, person.language),
            question_html(record, step, person, office, reason),
            key=key,
        )
        return Done(
            NoteQuestionDrafted(
                record_id=effect.record_id, step=effect.step, person=effect.person, mailbox=mailbox, item_id=item_id
            )
        )

    async def _send_question(self, effect: SendQuestion, tries: int) -> Done | Later:
        """Send it; where the question was answered meanwhile, take it back, unless an earlier try has sent it."""
        asked = await asyncio.to_thread(self._store.read, lambda tx: _still_asked(tx, effect, self._clock()))
        sent: str | Later | None
        if asked:
            sent = await self._sent(effect.mailbox, effect.item_id)
        else:
            try:
                sent = await self._mailboxes[effect.mailbox].withdraw(effect.item_id)
            except Gone:  # on its way, or taken back by an earlier try
                sent = Later(_LOOK_AGAIN_S, "the mail may be on its way") if tries < _LOOKS_FOR_A_QUESTION else None
        if isinstance(sent, Later):
            return sent
        if sent is None:
            return Done()
        return Done(
            NoteQuestionMailed(
                record_id=effect.record_id, step=effect.step, person=effect.person, internet_message_id=sent
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

    def _block(self, effect: Effect, reason: str) -> None:
        """Know that the chat takes nothing: whoever writes there again is found to be back, and gets what is stuck."""
        if isinstance(effect, AskAction | RemindCard | RefreshCard | TellDay | ShowDelegation | AskForDelegate):
            self._store.write(lambda tx: tx.block_conversation(effect.person, reason, self._clock()))

    def _note_waiting(self, effect: SealLetter) -> None:
        """A letter has its number and no file: its sheet says so, and that it is still being tried."""
        note = NoteStuck(record_id=effect.record_id, effect=type(effect).__name__, reason="stuck.unavailable")
        self._taker.take(note, key=f"waits:{effect.lane}")

    async def _stuck(self, claimed: Claimed, owner: str, reason: str, why: str) -> None:
        name = type(claimed.effect).__name__
        log.error("stuck", extra={"effect": name, "record": claimed.effect.record_id, "why": why})
        note: Command = NoteStuck(record_id=claimed.effect.record_id, effect=name, reason=reason)
        if isinstance(claimed.effect, DraftLetter | SendLetter):  # that is somebody's turn, and not an operator's alone
            note = refused(claimed.effect, reason)

        def work(tx: Transaction, command: Command | None) -> None:
            if tx.stick(claimed.effect_id, owner, self._clock(), why) and command is not None:
                self._taker.take_in(tx, command, key=f"effect:{claimed.effect_id}:stuck")

        if isinstance(claimed.effect, AskAction | RemindCard):
            await self._unreached(claimed.effect, reason)
        try:
            await asyncio.to_thread(self._store.write, lambda tx: work(tx, note))
        except Undone:  # the sheet says so already
            await asyncio.to_thread(self._store.write, lambda tx: work(tx, None))


def _reply_key(record: Record) -> str:
    """Under which the reply is found; a record that was opened again is answered again."""
    again = f":{record.reopened}" if record.reopened else ""
    return f"reply:{record.record_id}{again}"


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


def _question_key(effect: MailQuestion | SendQuestion) -> str:
    return f"question:{effect.record_id}:{effect.step}:{effect.person}"


def _still_asked(tx: Transaction, effect: SendQuestion, at: datetime) -> bool:
    stored, person = tx.record(effect.record_id), tx.office().person(effect.person)
    step = stored.record.step(effect.step) if stored is not None else None
    return (
        stored is not None and person is not None and step is not None and still_asked(person, stored.record, step, at)
    )


def _step(tx: Transaction, effect: AskAction | RemindCard) -> Step | None:
    stored = tx.record(effect.record_id)
    return stored.record.step(effect.step) if stored is not None else None
