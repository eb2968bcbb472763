################################################################
# The people of a day, and Teams around them: who has the app, what they press and write
################################################################
#
# Rule 1: people press what stands in their chats, and what stood there a while ago; often rightly, now and then not.
# Rule 2: on some days a press is what Teams' channel makes of it, and goes through the bot; on the others it is the
#         command alone, since drawing a card for every press would make half as much again of what a day costs.
# Rule 3: who gets no answer presses again, the very same press: Teams does so, and so do people.

import asyncio
from dataclasses import replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from registry.commands import Acknowledge, Annotate, Approve, Close, Command, Complete, Refer, Return
from registry.decisions import Refused
from registry.errors import Unavailable
from registry.vocabulary import ASKED_FROM_CARDS, Verb
from service.ports import CardView, Conversation
from tests.simulation.weather import Killed
from texts import LANGUAGES, say

if TYPE_CHECKING:
    from tests.simulation.day import Day
    from tests.simulation.process import Process

type Json = dict[str, Any]

_NOBODY = "nobody answers"
_SAID = ("المعلق عندي", "مساعدة", "السلام عليكم", "المحجور", "pending", "?", "رقم {number}", "{number}", "أين الكتاب")
_PRESSED = tuple(verb for verb in Verb if verb is not Verb.REPLY)  # a reply begins on a form
_ALSO = ("view", "correct", "register", "pending", "no such verb")  # what changes nothing


@cache
def _busy() -> str:
    return "\n\n".join(say(lang, "chat.busy") for lang in LANGUAGES)


class People:
    """Everybody of the office of *day*. `writing` is how many write to the bot, on days that go through it."""

    def __init__(self, day: "Day", *, by_bot: bool, writing: int = 8) -> None:
        self.day, self.by_bot, self.writing = day, by_bot, writing if by_bot else 0
        self._activities = 0

    @property
    def rng(self) -> Random:
        return self.day.rng

    # ------------------------------------------------------------ the app

    def introduce_early(self) -> None:
        day = self.day
        for person in day.office.people:
            if "chat unknown" not in day.weather.rates or self.rng.random() < 0.5:
                day.outside.chats.apps.add(person)
                day.outside.installs.installed.append(person)
                chat = _chat(person)
                day.store.write(lambda tx, c=chat: tx.save_conversation(c, day.now()))
            else:
                day.weather.struck["chat unknown"] += 1

    def introduced(self, person: str) -> None:
        """Teams tells the bot where the chat of somebody is who has the app now; until it was heard."""
        come = self._activity(person, type="installationUpdate", action="add")

        async def heard(process: "Process") -> bool:
            if self.by_bot:
                return (await process.bot.turn(come)).rang
            return process.service.met(_chat(person)) > 0

        self.day.spawn(self._until_heard(heard))

    async def _until_heard(self, heard: Any) -> None:
        while True:
            await asyncio.sleep(self.rng.uniform(0.1, 20))
            process = self.day.alive()
            if process is None:
                continue
            try:
                if await heard(process):
                    self.day.perform()
                return
            except Killed:
                self.day.bury(process)
            except Unavailable:
                pass

    def remove_app(self) -> None:
        self.day.outside.chats.apps.discard(self.rng.choice(list(self.day.office.people)))

    # ------------------------------------------------------------ what is pressed

    def somebody_presses(self) -> None:
        """Somebody takes a card that stands in a chat, often one that is still theirs to answer, and presses."""
        day = self.day
        shown = [(i, v) for cards in day.outside.chats.cards.values() for i, v in cards.items()]
        open_ones = [(i, v) for i, v in shown if v.step.state == "open"]
        among = open_ones if open_ones and self.rng.random() < 0.8 else shown
        if not among:
            day.at(30.0, self.somebody_presses)
            return
        activity_id, view = self.rng.choice(among)
        by = view.person.person_id if self.rng.random() < 0.92 else self.rng.choice(list(day.office.people))
        verb = self._verb(view)
        press = self._activity_of(view, verb, by, activity_id) if self.by_bot else self._command(view, verb, by)
        if press is None:
            return
        times = 1 + (1 if day.weather.strikes("press doubled", 2) else 0)
        delay = self.rng.uniform(0, 300) if day.weather.strikes("press late", 2) else 0.0
        for _ in range(times):
            day.at(delay, lambda: day.spawn(self._press(press, verb, by, view, 0)))
            delay += self.rng.random() * 3

    def _verb(self, view: CardView) -> Verb:
        if self.rng.random() < 0.12:
            return self.rng.choice(_PRESSED)
        fits = [*sorted(view.step.disposition.closed_by)] * 3 + [Verb.RETURN, Verb.ANNOTATE]
        fits += [Verb.REFER, Verb.REFER, Verb.REFER, Verb.CLOSE] if view.step.custody else []
        return self.rng.choice(fits)

    def _note(self) -> str:
        return self.rng.choice(("تم", "للعلم", "done", ""))

    def _command(self, view: CardView, verb: Verb, by: str) -> tuple[Command, str] | None:
        """The press as a command, and its key."""
        asked, note = view.asked, self._note()
        ids: Any = {"record_id": asked.record_id, "step": asked.step, "by": by}
        key = f"press:{asked.token}:{verb.value}"
        match verb:
            case Verb.APPROVE:
                return Approve(**ids, note=note), key
            case Verb.COMPLETE:
                return Complete(**ids, note=note), key
            case Verb.RETURN:
                return Return(**ids, note=note), key
            case Verb.CLOSE:
                return Close(**ids, note=note), key
            case Verb.ACKNOWLEDGE:
                return Acknowledge(**ids), key
            case Verb.REFER:
                to, what = self.rng.choice(list(self.day.office.people)), self.rng.choice(ASKED_FROM_CARDS)
                return Refer(**ids, asked=what, to_person=to, note=note), f"{key}:{to}:{what}"
            case Verb.ANNOTATE:
                final, number = self.rng.random() < 0.5, self.rng.getrandbits(32)
                return Annotate(record_id=asked.record_id, by=by, note=note, final=final), f"{key}:{number}"
        return None

    def _activity_of(self, view: CardView, verb: Verb, by: str, card_id: str) -> Json:
        """The press as Teams' channel tells of it; now and then one that changes nothing, or that nobody made."""
        name, typed = verb.value, {"note": self._note()}
        match verb:
            case Verb.REFER:
                to, what = self.rng.choice(list(self.day.office.people)), self.rng.choice(ASKED_FROM_CARDS)
                typed |= {"to": to, "disposition": what} if self.rng.random() < 0.9 else {}
            case Verb.ANNOTATE:
                name = self.rng.choice(("annotate", "annotate_draft", "annotate_final"))
            case Verb.CORRECT:
                name, typed = "confirm_sender", {"sender_name": "ديوان", "sender_address": "a@audit.example"}
        if self.rng.random() < 0.05:
            name = self.rng.choice(_ALSO)
        action = {"type": "Action.Execute", "verb": name, "data": {"token": view.asked.token, "verb": name, **typed}}
        trigger = "automatic" if self.rng.random() < 0.05 else "manual"
        value = {"action": action, "trigger": trigger}
        stands_in = card_id if by == view.person.person_id else ""
        return self._activity(by, type="invoke", name="adaptiveCard/action", value=value, replyToId=stands_in)

    async def _press(self, press: Any, verb: Verb, by: str, view: CardView, tries: int) -> None:
        """Press, and once more where nobody answered."""
        day = self.day
        day.presses += 1
        process, said = day.alive(), _NOBODY
        if process is not None:
            try:
                said = await self._by_bot(process, press) if self.by_bot else self._by_service(process, press)
            except Killed:
                day.bury(process)
            except Unavailable as error:
                said = str(error)
        day.tell(f"{by} {verb.value} step {view.step.number} of {view.record.reference}: {said}")
        if said == _NOBODY and tries < 5:
            day.at(self.rng.uniform(1, 30), lambda: day.spawn(self._press(press, verb, by, view, tries + 1)))

    def _by_service(self, process: "Process", press: tuple[Command, str]) -> str:
        command, key = press
        taken = process.service.take(command, key=key)
        if taken.effects:
            self.day.perform()
        return taken.decision.reason if isinstance(taken.decision, Refused) else type(taken.decision).__name__

    async def _by_bot(self, process: "Process", activity: Json) -> str:
        turned = await process.bot.turn(activity)
        if turned.rang:
            self.day.perform()
        body = turned.body or {}
        if body.get("statusCode") != 200 or not body.get("value"):
            self.day.unanswered.append(f"{activity['id']} of {activity['from']['id']}: {body}")
        if body.get("value") == _busy():
            return _NOBODY
        if isinstance(body.get("value"), str):
            return str(body["value"])
        self._show(activity)
        return "a card"

    def _show(self, activity: Json) -> None:
        """The card that answers a press stands in the place of the one that was pressed."""
        cards = self.day.outside.chats.cards[activity["conversation"]["id"]]
        view = cards.get(activity["replyToId"])
        if view is not None and view.asked.token == activity["value"]["action"]["data"]["token"]:
            stored = self.day.store.read(lambda tx: tx.record(view.asked.record_id))
            if stored is not None and (step := stored.record.step(view.step.number)) is not None:
                cards[activity["replyToId"]] = replace(view, record=stored.record, step=step)

    # ------------------------------------------------------------ what is written

    def somebody_writes(self) -> None:
        """Somebody writes to the bot: what waits for them, a number, a greeting, something that means nothing."""
        by, number = self.rng.choice(list(self.day.office.people)), self.rng.randint(1, 25)
        text = self.rng.choice(_SAID).format(number=number)
        self.day.spawn(self._write(self._activity(by, type="message", text=text)))

    async def _write(self, activity: Json) -> None:
        process, said = self.day.alive(), _NOBODY
        if process is not None:
            try:
                said = "rings" if (await process.bot.turn(activity)).rang else "is answered"
                if said == "rings":
                    self.day.perform()
            except Killed:
                self.day.bury(process)
            except Unavailable as error:
                said = str(error)
        self.day.tell(f"{activity['from']['id']} writes {activity['text']}: {said}")

    def _activity(self, person: str, **own: Any) -> Json:
        self._activities += 1
        chat = _chat(person)
        return {
            "channelId": "msteams",
            "serviceUrl": chat.service_url,
            "id": f"activity-{self._activities}",
            "from": {"id": chat.user_mri, "aadObjectId": person, "name": person},
            "recipient": {"id": chat.bot_id},
            "conversation": {"id": chat.conversation_id, "conversationType": "personal", "tenantId": "t"},
            **own,
        }


def _chat(person: str) -> Conversation:
    return Conversation(
        person=person,
        conversation_id=f"a:{person}",
        service_url="https://smba.example/",
        user_mri=f"29:{person}",
        bot_id="28:bot",
    )
