"""A tenant in virtual time with a scripted bot at its other end: what the tests of Teams stand on."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.tenant import teams, tokens
from sandbox.tenant.services import ministry
from sandbox.tenant.wire import Request, Response, json_response
from tests.sandbox.desk import HUDA, LAILA, NOURA, Desk

OMAR = "omar@ministry.example"
MINISTRY = ministry()
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "كتاب بانتظار الاعتماد"}]}
DECIDED = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "اعتُمد"}]}
ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"


def oid(upn: str) -> str:
    """A person's Entra id."""
    return str(next(one["id"] for one in MINISTRY["people"] if one["upn"] == upn))


def card_message(card: dict[str, Any] = CARD) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": ADAPTIVE_CARD, "content": card}]}


def answer_with(value: Any, kind: str = ADAPTIVE_CARD, status: int = 200) -> Response:
    """What a bot answers to an invoke."""
    return json_response({"statusCode": status, "type": kind, "value": value})


class TeamsDesk(Desk):
    """Calls the tenant as the bot's app and as a person's hand in Teams; `bot` answers each activity."""

    def __init__(
        self,
        description: Any = None,
        folder: Path | None = None,
        bot: Callable[[dict[str, Any]], Response] = lambda activity: json_response({}),
    ) -> None:
        super().__init__(description, folder)
        self.bot = bot
        self.product = lambda request: self.bot(json.loads(request.body))

    @property
    def now(self) -> datetime:
        return self.driver.now

    def as_app(self, method: str, path: str, body: Any = None) -> Response:
        """With the app's own token: Graph's for /v1.0, the channel's for /v3."""
        if path.startswith("/v1.0"):
            return self.call(method, path, body, by="app")
        token = tokens.issue_to_app(self.tenant, tokens.CONNECTOR, [], self.now)
        return self.call(method, path, body, authorization=f"Bearer {token}")

    def pass_time(self, seconds: float) -> None:
        self.driver.advance(seconds)

    def install(self, upn: str) -> str:
        """Install the app for a person and let the bot hear of it; return the conversation's id."""
        assert self.as_app("POST", f"/v1.0/users/{upn}/teamwork/installedApps", self.binding()).status == 201
        self.pass_time(2)
        return str(self.chats(upn)[0]["conversationId"])

    def binding(self) -> dict[str, str]:
        app = teams.catalogue_id(self.tenant)
        return {"teamsApp@odata.bind": f"https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/{app}"}

    def chats(self, upn: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"/sandbox/teams/{upn}/chats").json())

    def messages(self, upn: str) -> list[dict[str, Any]]:
        return list(self.chats(upn)[0]["messages"])

    def send(self, conversation: str, activity: dict[str, Any]) -> str:
        """Say something in a chat; return the activity's id."""
        sent = self.as_app("POST", f"/v3/conversations/{conversation}/activities", activity)
        assert sent.status == 201, sent.body
        return str(sent.json()["id"])

    def press(self, upn: str, activity_id: str, **more: Any) -> dict[str, Any]:
        asked = {"activityId": activity_id, "verb": "approve", "data": {"token": "t1", "note": "موافق"}, **more}
        return dict(self.call("POST", f"/sandbox/teams/{upn}/press", asked).json())

    @property
    def objections(self) -> list[str]:
        """What Microsoft's description has against an exchange; a 201 without a body is as its pages show installs."""
        return [each for each in self.found if not ("installedApps: no body" in each and each.startswith("POST"))]

    @property
    def to_bot(self) -> list[Request]:
        return [request for request in self.sent if request.url.endswith("/api/messages")]

    @property
    def activities(self) -> list[dict[str, Any]]:
        """What the bot was sent, in order."""
        return [json.loads(request.body) for request in self.to_bot]


__all__ = [
    "CARD",
    "DECIDED",
    "HUDA",
    "LAILA",
    "MINISTRY",
    "NOURA",
    "OMAR",
    "TeamsDesk",
    "answer_with",
    "card_message",
    "oid",
]
