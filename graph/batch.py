################################################################
# Many questions in one: $batch
################################################################
#
# Rule 1: each question has its own answer or its own error, told apart by its id; the order says nothing, and what was
#         not answered was not done.
# Rule 2: whoever is told to wait waits alone: only they are asked again, when their time has come, and never those that
#         were answered.
# Rule 3: what may not be repeated is repeated only where it was surely not done (429). It never shares a batch with
#         what may, so that a lost answer leaves nobody in doubt who need not be.
# Rule 4: each call to a mailbox has its turn, as it has alone: no batch asks a mailbox more than is ours to ask.
#
# Source: https://learn.microsoft.com/graph/json-batching

import asyncio
import base64
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import msgspec

from graph.client import FIRST_WAIT_S, GraphClient, paused_by
from graph.limits import BATCH
from graph.wire import Answer, Ask, judge
from registry.errors import Misconfigured, TarasulError, Throttled, Unavailable

log = logging.getLogger("tarasul.graph")

type Outcome = Answer | TarasulError


class _Told(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class _Answers(msgspec.Struct):
    responses: list[_Told]


_ANSWERS = msgspec.json.Decoder(_Answers)


async def ask_all(graph: GraphClient, asks: Sequence[Ask], *, deadline_s: float | None = None) -> list[Outcome]:
    """Ask all of *asks*, and return for each its answer or what went wrong with it, in their order. Raises nothing.

    Args:
        deadline_s: Seconds for all together, waiting included; None: what one call has. What was not answered by then
            is Unavailable. The deadlines and lengths that single asks name do not count here.
    """
    deadline_s = graph.manners.deadline_s if deadline_s is None else deadline_s
    if len(asks) == 1:  # which needs no batch
        try:
            return [await graph.answer(replace(asks[0], deadline_s=deadline_s))]
        except TarasulError as why:
            return [why]
    batches = _Batches(graph, asks, asyncio.get_running_loop().time() + deadline_s)
    try:
        async with asyncio.timeout(deadline_s):
            await batches.run()
    except TimeoutError:
        log.warning("graph: no time left for the rest of a batch", extra={"left": len(batches.open)})
    return batches.outcomes()


class _Batches:
    def __init__(self, graph: GraphClient, asks: Sequence[Ask], ends_s: float) -> None:
        self._graph, self._asks, self._ends_s = graph, asks, ends_s
        self._outcomes: dict[int, Outcome] = {}
        self._tries: Counter[int] = Counter()
        self._patience_s = dict.fromkeys(range(len(asks)), graph.manners.patience_s)
        self._not_before_s = dict.fromkeys(range(len(asks)), 0.0)

    @property
    def open(self) -> list[int]:
        """Those that have no outcome yet, in their order."""
        return [i for i in range(len(self._asks)) if i not in self._outcomes]

    def outcomes(self) -> list[Outcome]:
        late = Unavailable("no answer to a request in a batch in time")
        return [self._outcomes.get(i, late) for i in range(len(self._asks))]

    async def run(self) -> None:
        while waiting := self.open:
            wait_s = min(self._not_before_s[i] for i in waiting) - asyncio.get_running_loop().time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            async with AsyncExitStack() as turns:
                if going := await self._set_out(self._chosen(), turns):
                    await self._ask(going)

    def _chosen(self) -> list[int]:
        """Whose time has come: as many as a batch takes, of a mailbox as many as we ask at once, all of a kind."""
        chosen: list[int] = []
        of_mailbox: Counter[str] = Counter()
        now_s = asyncio.get_running_loop().time()
        for i in self.open:
            ask = self._asks[i]
            alike = not chosen or ask.may_be_repeated == self._asks[chosen[0]].may_be_repeated
            room = not ask.mailbox or of_mailbox[ask.mailbox] < self._graph.manners.at_once
            if self._not_before_s[i] <= now_s and alike and room and len(chosen) < BATCH.value:
                chosen.append(i)
                of_mailbox[ask.mailbox] += 1
        return chosen

    async def _set_out(self, chosen: list[int], turns: AsyncExitStack) -> dict[int, dict[str, Any]]:
        """Those of *chosen* that may go now, as they are asked: nobody has to leave their mailbox alone, and they have
        a turn at it."""
        going: dict[int, dict[str, Any]] = {}
        for i in sorted(chosen, key=lambda i: self._asks[i].mailbox):
            mailbox = self._asks[i].mailbox
            try:
                request = self._request(i)
                if (wait_s := await self._graph.turns.pause_s(mailbox)) > 0:
                    self._put_off(i, wait_s, Throttled(wait_s))
                    continue
                if mailbox:
                    await turns.enter_async_context(self._graph.turns.turn(mailbox, self._graph.manners.turn_s))
            except TarasulError as why:  # no turn came, the database is down, the link is not Graph's
                self._outcomes[i] = why
            else:
                going[i] = request
        return going

    async def _ask(self, going: dict[int, dict[str, Any]]) -> None:
        asked = Ask(
            "POST",
            "/$batch",
            json={"requests": list(going.values())},
            repeatable=all(self._asks[i].may_be_repeated for i in going),
            deadline_s=self._ends_s - asyncio.get_running_loop().time(),
        )
        try:
            told = {each.id: each for each in (await self._graph.read(asked, _ANSWERS)).responses}
        except TarasulError as why:
            self._outcomes |= dict.fromkeys(going, why)
            return
        for i in going:
            await self._settle(i, told.get(str(i)))

    async def _settle(self, i: int, told: _Told | None) -> None:
        self._tries[i] += 1
        answer = _answer(told) if told is not None else Answer(0, {}, b"")
        try:
            if told is None:
                raise Unavailable("a request in a batch was not answered")
            judge(answer.status, answer.headers, answer.body)
        except TarasulError as why:
            await self._get_over(i, answer, why)
        else:
            self._outcomes[i] = answer

    async def _get_over(self, i: int, answer: Answer, meaning: TarasulError) -> None:
        """Have it asked again after an answer that was no success, or say what it means."""
        ask = self._asks[i]
        log.warning("graph: %s", meaning, extra={"method": ask.method, "path": ask.path, "mailbox": ask.mailbox})
        own_s = FIRST_WAIT_S * 2 ** (self._tries[i] - 1) * random.uniform(1, 1.5)
        wait_s = meaning.retry_after_s if isinstance(meaning, Throttled) else own_s
        if isinstance(meaning, Throttled) or answer.status == 429:
            await self._graph.turns.pause(paused_by(answer.headers, ask.mailbox), wait_s)
        if isinstance(meaning, Unavailable) and (ask.may_be_repeated or answer.status == 429):
            self._put_off(i, wait_s, meaning)
        else:
            self._outcomes[i] = meaning

    def _put_off(self, i: int, wait_s: float, otherwise: TarasulError) -> None:
        """Ask again after so long; or not, where patience is at its end."""
        if wait_s > self._patience_s[i]:
            self._outcomes[i] = otherwise
            return
        self._patience_s[i] -= wait_s
        self._not_before_s[i] = asyncio.get_running_loop().time() + wait_s

    def _request(self, i: int) -> dict[str, Any]:
        ask = self._asks[i]
        url, base = str(self._graph.url_of(ask)), self._graph.base_url
        if not url.startswith(f"{base}/"):
            raise Misconfigured("a link that does not lead below GRAPH_BASE_URL")
        headers = {**ask.headers, "prefer": self._graph.preferences(ask)}
        request: dict[str, Any] = {"id": str(i), "method": ask.method, "url": url.removeprefix(base)}
        if ask.json is not None:
            headers["content-type"], request["body"] = "application/json", ask.json
        elif ask.body:
            request["body"] = base64.b64encode(ask.body).decode()
        return {**request, "headers": headers}


def _answer(told: _Told) -> Answer:
    """What was told, as if it had come alone: header names in lower case, what is no JSON in its own bytes."""
    headers, body = {name.lower(): value for name, value in told.headers.items()}, bytes(told.body)
    if body.startswith(b'"'):  # Base64
        try:
            body = base64.b64decode(msgspec.json.decode(body, type=str))
        except ValueError:  # a text that is no JSON, as a proxy answers
            body = b""
    return Answer(told.status, headers, body if body != b"null" else b"")
