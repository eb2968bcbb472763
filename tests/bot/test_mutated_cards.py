################################################################
# A card in wrong hands, or edited: nothing changes but what the server's own rule allows to whoever presses, now
################################################################
#
# Rule 1: presses are made of what was on real cards, then edited: another token, verb or input; somebody else's card,
#         a forwarded one, an old one; after the right to it ended; where others read along; as an extension's dialog.
#         They come through the real door, signed by the channel: who presses is the one thing that is true.
# Rule 2: an independent oracle (tests/registry/verbs_oracle.py) says who may do what at that instant. A change of a
#         record by somebody whom it does not allow is a fault; so is one that names anybody else, and one of a record
#         that the token does not stand for.
# Rule 3: none is answered with a fault of ours.

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

import registry.rights
from bot.acts import ACTS
from bot.channel import Channel
from bot.desk import Desk, Seen
from bot.lists import ON_LISTS
from bot.paper import ENTERS
from registry.circuit_commands import Submit
from registry.commands import Refer
from registry.delegating import AcceptDelegation, Delegate, EndDelegation
from registry.event import Event
from registry.office import SYSTEM
from registry.record import Record
from registry.sheet import read_entry
from registry.vocabulary import Verb
from service.delegations import Delegations
from tests.bot.house import House
from tests.bot.issuer import Issuer, as_bytes, sign
from tests.bot.issuer import activity as from_channel
from tests.bot.test_channel_in import channel_of
from tests.circuit_values import draft, laid_down
from tests.registry.verbs_oracle import Whole
from tests.values import forwarded, mail

type Json = dict[str, Any]

FEW, MANY, OF_A_TOWN = 500, 10_000, 60
HANDS = ("huda", "omar", "salem", "laila", "noura", "abdullah", "hessa", "badr", "ghost")
VERBS = (*ACTS, *ON_LISTS, *ENTERS, "record", "view", "pending", "end_delegation", "draft_new", "pay", "", "__class__")
USUAL = (
    *("approve", "complete", "return", "refer", "refer", "close", "acknowledge", "reject", "initial", "sign", "submit"),
    *("annotate_final", "amend_it", "void_it", "reopen_it", "take_back", "recall_it", "redraft", "file", "withdraw"),
)
WORDS: tuple[Any, ...] = (
    "تم",
    "",
    "ملاحظة",
    "omar",
    "laila",
    "for_action",
    "for_approval",
    "secret",
    "1",
    "true",
    7,
    None,
)
INPUTS = (
    *(
        "note",
        "to",
        "disposition",
        "subject",
        "urgency",
        "confidentiality",
        "units",
        "back_to",
        "stage",
        "act",
        "before",
    ),
    *("pick1", "pick2", "number", "text", "level", "kind", "starts", "ends", "secrecy", "post", "sender_name"),
)
# What a card does not say, and the bot must not read from it.
DECOYS = ("by", "person", "from", "aadObjectId", "record_id", "step", "case", "version", "actor", "on_behalf_of")

# What the first event of a decision says was done, as the oracle's verb.
DONE = {
    "Referred": Verb.REFER,
    "StepAcknowledged": Verb.ACKNOWLEDGE,
    "StepCompleted": Verb.COMPLETE,
    "StepApproved": Verb.APPROVE,
    "StepReturned": Verb.RETURN,
    "StepRejected": Verb.REJECT,
    "StepRecalled": Verb.RECALL,
    "StepInitialled": Verb.INITIAL,
    "StepSigned": Verb.SIGN,
    "SentBack": Verb.RECALL,
    "Submitted": Verb.SUBMIT,
    "Redrafted": Verb.EDIT,
    "StageInserted": Verb.INSERT,
    "StageEnded": Verb.SKIP,
    "Filed": Verb.FILE,
    "Voided": Verb.VOID,
    "Reopened": Verb.REOPEN,
    "Corrected": Verb.CORRECT,
    "SenderConfirmed": Verb.CORRECT,
    "AnnotationFinal": Verb.ANNOTATE,
    "AnnotationDrafted": Verb.ANNOTATE,
    **dict.fromkeys(("Linked", "Unlinked", "MatterJoined", "MatterLeft"), Verb.LINK),
}


class Town:
    """Records in many states with cards about them, presses on those, and what was wrong with what came of them."""

    def __init__(self, folder: Path, channel: Channel, seed: int) -> None:
        self.house, self.channel, self.chance = House(folder, laid_down()), channel, random.Random(seed)
        self.delegations = Delegations(self.house.store, self.house.clock, self.house.taker.chance)
        self.authorization = f"Bearer {sign()}"
        self.records: list[str] = []
        self.cards: list[tuple[str, str, int, str]] = []  # token, record or delegation, step, whose
        self.wrong: list[Any] = []
        self.did: Counter[str] = Counter()
        self.towns = 0

    # ------------------------------------------------------------ what there is

    def begin_anew(self) -> None:
        """Other records; the cards of those before stand about still."""
        self.towns += 1
        house, n = self.house, self.towns
        self.records = [f"{name}{n}" for name in ("forward", "referred", "outside", "secret", "memo", "draft")]
        forward, referred, outside, secret, memo, begun = self.records
        for at, (record_id, letter) in enumerate(
            (
                (forward, forwarded),
                (referred, forwarded),
                (outside, mail),
                (secret, lambda number: mail(number, subject="سري: كشف الرواتب")),
            )
        ):
            house.register(letter(10 * n + at), record_id)
        house.take(Refer(record_id=referred, step=1, by="huda", asked="for_action", to_person="omar"))
        house.take(draft(memo))
        house.take(Submit(record_id=memo, step=1, by="omar"))
        house.take(draft(begun, by="salem"))
        for giver, taker, lasts in (("huda", "laila", 6), ("omar", "salem", 2), ("laila", "huda", 48)):
            self._delegates(f"d{n}-{giver}", giver, taker, lasts)
        self._answers(EndDelegation(delegation_id=f"d{n}-laila", by="laila"))
        self.look_for_cards()

    def look_for_cards(self) -> None:
        self.cards = self._rows("SELECT token, record_id, step, person_id FROM asks")

    def _delegates(self, number: str, giver: str, taker: str, hours: int) -> None:
        starts, people = self.house.now, {"from_person": giver, "to_person": taker}
        until = starts + timedelta(hours=hours)
        self._answers(Delegate(delegation_id=number, by=giver, starts=starts, until=until, **people))
        self._answers(AcceptDelegation(delegation_id=number, by=taker))

    def _answers(self, command: Any) -> None:
        self.delegations.take(command, key=f"town:{command}")

    def _rows(self, question: str) -> list[Any]:
        return self.house.store.database.read(lambda on: [tuple(row) for row in on.cold.execute(sql(question))])

    def _events(self, record_id: str, after: int) -> list[Event]:
        entries = self.house.store.read(lambda tx: tx.sheet(record_id))
        return [read_entry(entry) for entry in entries[after:]]

    # ------------------------------------------------------------ what is pressed

    def edited(self) -> tuple[Json, str, str]:
        """An activity made of a card that stands somewhere, who presses and the token that it now carries."""
        chance = self.chance
        recent = self.cards[-40:] if chance.random() < 0.85 else self.cards
        token, about, step, whose = chance.choice(recent)
        verb = chance.choice(USUAL if chance.random() < 0.8 else VERBS)
        if chance.random() < 0.3 and (fitting := self._fitting(about, step, whose)):
            verb = chance.choice(fitting)
        data: Json = {"token": token, "verb": verb}
        for _ in range(chance.randint(0, 5)):
            data[chance.choice(INPUTS)] = chance.choice(WORDS)
        if chance.random() < 0.8:
            data |= {"note": "كلام", "to": chance.choice(HANDS), "disposition": "for_action", "subject": "موضوع آخر"}
        who = whose if chance.random() < 0.6 else chance.choice(HANDS)
        for _ in range(chance.randint(0, 3)):
            data[chance.choice(DECOYS)] = chance.choice([*HANDS, *self.records, 1, 2, 99])
        match chance.randint(0, 11):
            case 0:
                data["token"] = chance.choice((token[:-1], token[::-1], "", "../x", 7, None, [token], self.records[0]))
            case 1:
                data["verb"] = chance.choice(VERBS)  # the action says one thing, its data another
            case 2:
                data = {"token": token, "data": data, "action": {"verb": verb, "data": data}}
        sent = data["token"] if isinstance(data["token"], str) else ""
        return self._as_activity(who, verb, data), who, sent

    def _fitting(self, record_id: str, step: int, whose: str) -> list[str]:
        """What the oracle allows to whoever the card is for: edited presses that could count, were they not edited."""
        if record_id not in self.records:
            return []  # the card of a delegation, or of another town
        record, oracle = self.house.record(record_id), Whole(self.house.service.office(), self.house.now)
        named = [verb for verb in USUAL if verb in set(Verb)]
        return [verb for verb in named if oracle.may(whose, record, Verb(verb), step or None)]

    def _as_activity(self, who: str, verb: str, data: Json) -> Json:
        chance = self.chance
        action = {"type": "Action.Execute", "verb": verb, "data": data}
        how: Json = {"value": {"action": action, "trigger": "manual"}, "replyToId": f"card-{chance.randint(0, 9)}"}
        if (kind := chance.random()) < 0.2:
            how = {"type": "message", "name": None, "text": "", "value": data}
        elif kind < 0.3:
            how["value"]["trigger"] = "automatic"
        elif kind < 0.35:
            value = {"commandId": "register", "data": data, "messagePayload": {"id": "1", "body": {"content": "x"}}}
            how = {"name": "composeExtension/submitAction", "value": value}
        told = from_channel(id=f"press-{chance.randint(0, 10**9)}", **how)
        told["from"] = {"id": f"29:{who}", "aadObjectId": who}
        where = chance.choice(("personal",) * 7 + ("groupChat", "channel"))
        told["conversation"] = {**told["conversation"], "id": f"a:{who}", "conversationType": where}
        return told

    # ------------------------------------------------------------ what came of it

    async def press(self) -> None:
        """One press, and whether the world is still as the rules would have it."""
        told, who, token = self.edited()
        if self.chance.random() < 0.05:
            self.house.now += timedelta(minutes=self.chance.choice((1, 20, 90)))
        before = {record_id: self.house.record(record_id) for record_id in self.records}
        oracle = Whole(self.house.service.office(), self.house.now)
        counted = self._rows("SELECT count(*) FROM records")

        async def turn(activity: Json) -> Json | None:
            return (await self.house.bot.turn(activity)).body

        answer = await self.channel.receive(as_bytes(told), self.authorization, turn)
        if answer.status != 200:
            self.wrong.append(("was answered otherwise", answer.status, told))
        if self._rows("SELECT count(*) FROM records") != counted:
            self.wrong.append(("a record was made", who, told))
        changed = [r for r in self.records if self.house.record(r).version != before[r].version]
        if changed and self._is_shown_only(told):
            self._only_looked(changed, before, who, told)
            return
        if changed:
            self.look_for_cards()  # what was done has put new ones into chats
        for record_id in changed:
            fault = self._judged(record_id, before[record_id], oracle, who, token)
            if fault is not None:
                self.wrong.append((fault, who, told))

    def _is_shown_only(self, told: Json) -> bool:
        """Whether others read along, the client asked by itself, or it was a dialog about something else."""
        personal = told["conversation"]["conversationType"] == "personal"
        value = told["value"]
        return not personal or "messagePayload" in value or value.get("trigger") == "automatic"

    def _only_looked(self, changed: list[str], before: dict[str, Record], who: str, told: Json) -> None:
        for record_id in changed:
            said = {type(e).__name__ for e in self._events(record_id, before[record_id].version)}
            if said != {"StepOpened"}:
                self.wrong.append(("what only shows changed something", said, who, told))

    def _judged(self, record_id: str, was: Record, oracle: Whole, who: str, token: str) -> str | None:
        """What is wrong with the change; None where nothing is."""
        events = self._events(record_id, was.version)
        if any(event.by not in (who, SYSTEM) for event in events):
            return "it was written in another's name"
        about = [c for c in self.cards if c[0] == token]
        listed = self._rows("SELECT 1 FROM lists")
        if not about and not listed:
            return "it came of a token that we never gave"
        names = [type(event).__name__ for event in events]
        looked = [event for event in events if type(event).__name__ == "StepOpened"]
        rest = [event for event in events if type(event).__name__ != "StepOpened"]
        for event in looked:
            step = was.steps[getattr(event, "step") - 1]  # noqa: B009
            if step.to_person not in (None, who) or step.state != "open":
                return "somebody else looked"
        if not rest:
            return None
        first, step = rest[0], getattr(rest[0], "step", None)
        name = type(first).__name__
        self.did[name] += 1
        if name == "Referred":
            step = getattr(first, "parent")  # noqa: B009
        if name == "Closed":
            may = oracle.may(who, was, Verb.CLOSE, None) or oracle.may(who, was, Verb.WITHDRAW, None)
        elif name == "Filed" and step is None:
            may = oracle.may(who, was, Verb.FILE, 0)
        elif name in DONE:
            whole = DONE[name] in (Verb.EDIT, Verb.INSERT, Verb.SKIP, Verb.VOID, Verb.REOPEN, Verb.CORRECT, Verb.LINK)
            may = oracle.may(who, was, DONE[name], None if whole else step)
        else:
            return f"nobody knows what it is: {names}"
        return None if may else f"it was not allowed: {names}"


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    async with Issuer() as issuer:
        channel = channel_of(issuer)
        yield channel
        await channel.close()


async def pressed(folder: Path, channel: Channel, presses: int, seed: int, until_wrong: bool = False) -> Town:
    town = Town(folder, channel, seed)
    with town.house:
        for number in range(presses):
            if until_wrong and town.wrong:
                break
            if number % OF_A_TOWN == 0:
                town.begin_anew()
            await town.press()
    return town


async def test_of_500_edited_presses_none_does_what_its_presser_may_not(tmp_path: Path, channel: Channel) -> None:
    town = await pressed(tmp_path, channel, FEW, seed=1)
    assert town.wrong == []
    assert sum(town.did.values()) >= FEW // 40, f"hardly anything was done: {town.did}"


@pytest.mark.soak
async def test_of_10_000_edited_presses_none_does_what_its_presser_may_not(tmp_path: Path, channel: Channel) -> None:
    town = await pressed(tmp_path, channel, MANY, seed=2)
    assert town.wrong == []
    assert len(town.did) >= 12, f"few things were done: {town.did}"


async def test_a_rule_that_is_not_kept_is_noticed(
    tmp_path: Path, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that takes whoever presses for the one whom the card is for, and a core that asks nobody."""
    look = Desk.look

    def anybodys(desk: Desk, token: str, person_id: str) -> Seen:
        seen = look(desk, token, person_id)
        whose = desk._service.store.read(lambda tx: tx.asked(token)) if token else None
        theirs = look(desk, token, whose.person).view if whose is not None else None
        if seen.person is None or theirs is None:
            return seen
        return Seen(seen.person, True, replace(theirs, person=seen.person))

    monkeypatch.setattr(Desk, "look", anybodys)
    monkeypatch.setattr(registry.rights, "is_asked", lambda *_: True)
    town = await pressed(tmp_path, channel, 2 * FEW, seed=4, until_wrong=True)
    assert any("not allowed" in str(fault) for fault, *_ in town.wrong)
