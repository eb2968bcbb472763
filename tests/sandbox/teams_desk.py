"""A tenant without a socket, with a scripted bot at its other end: what the Teams tests of the sandbox stand on."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.tenant import connector, entra, presses, teams, tokens
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import NO_ANSWER, Request, Response, json_response
from sandbox.tenant.world import World

PEOPLE = json.loads((Path(presses.__file__).parents[1] / "ministry" / "people.json").read_text("utf-8"))
NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HUDA, OMAR, LAILA = ("huda@ministry.example", "omar@ministry.example", "laila@ministry.example")
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "كتاب بانتظار الاعتماد"}]}
DECIDED = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "اعتُمد"}]}


def oid(upn: str) -> str:
    return next(one["id"] for one in PEOPLE["people"] if one["upn"] == upn)


def card_message(card: dict[str, Any] = CARD) -> dict[str, Any]:
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def answer_with(value: Any, kind: str = "application/vnd.microsoft.card.adaptive", status: int = 200) -> Response:
    """What a bot answers to an invoke."""
    return json_response({"statusCode": status, "type": kind, "value": value})


class Desk:
    """Calls the tenant as the bot's app, as a person's page and as the passing of time; keeps what the bot was sent."""

    def __init__(self, folder: Path | None = None, bot: Callable[[dict[str, Any]], Response] | None = None) -> None:
        self.tenant = Tenant(World(folder), [entra.ROUTES, teams.ROUTES, connector.ROUTES, presses.ROUTES], PEOPLE)
        self.now = NOON
        self.bot = bot or (lambda activity: json_response({}))
        self.sent_to_bot: list[tuple[Request, dict[str, Any]]] = []

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = Request(method, f"http://127.0.0.1:8400{path}", headers or {}, raw)
        return self._drive(self.tenant.handle(request, self.now))

    def as_app(self, method: str, path: str, body: Any = None) -> Response:
        """With the app's own token: Graph's for /v1.0, the channel's for /v3."""
        audience = tokens.GRAPH if path.startswith("/v1.0") else tokens.CONNECTOR
        roles = PEOPLE["app"]["roles"] if audience == tokens.GRAPH else []
        token = tokens.issue_to_app(self.tenant, audience, roles, self.now)
        return self.call(method, path, body, {"authorization": f"Bearer {token}"})

    def pass_time(self, seconds: float) -> None:
        """Let time go by, and what falls due in it be carried."""
        until = self.now + timedelta(seconds=seconds)
        while (due := self.tenant.deliveries.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            key = self.tenant.deliveries.take_due(self.now)
            if key is not None:
                self._drive(self.tenant.deliveries.carry(key, self.now))
        self.now = until

    def install(self, upn: str) -> str:
        """Install the app for a person and let the bot hear of it; return the conversation's id."""
        assert self.as_app("POST", f"/v1.0/users/{upn}/teamwork/installedApps", self.binding()).status == 201
        self.pass_time(2)
        return str(self.chats(upn)[0]["conversationId"])

    def binding(self) -> dict[str, str]:
        app = teams.catalogue_id(self.tenant)
        return {"teamsApp@odata.bind": f"https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/{app}"}

    def chats(self, upn: str) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.call("GET", f"/sandbox/teams/{upn}/chats").json()
        return shown

    def messages(self, upn: str) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.chats(upn)[0]["messages"]
        return shown

    def send(self, conversation: str, activity: dict[str, Any]) -> str:
        sent = self.as_app("POST", f"/v3/conversations/{conversation}/activities", activity)
        assert sent.status == 201, sent.body
        return str(sent.json()["id"])

    def press(self, upn: str, activity_id: str, **more: Any) -> dict[str, Any]:
        asked = {"activityId": activity_id, "verb": "approve", "data": {"token": "t1", "note": "موافق"}, **more}
        outcome: dict[str, Any] = self.call("POST", f"/sandbox/teams/{upn}/press", asked).json()
        return outcome

    def _drive(self, steps: Any) -> Any:
        """Run a handler; its requests to the product go to the scripted bot."""
        answer: Response | None = None
        try:
            while True:
                request = steps.send(answer) if answer is not None else next(steps)
                activity = json.loads(request.body)
                self.sent_to_bot.append((request, activity))
                answer = self.bot(activity)
        except StopIteration as done:
            return done.value

    @property
    def activities(self) -> list[dict[str, Any]]:
        return [activity for _, activity in self.sent_to_bot]


__all__ = [
    "CARD",
    "DECIDED",
    "HUDA",
    "LAILA",
    "NOON",
    "NO_ANSWER",
    "OMAR",
    "PEOPLE",
    "Desk",
    "answer_with",
    "card_message",
    "oid",
]
