################################################################
# A person's hand in Teams: what they see, press and say (controls under /sandbox/teams/)
################################################################
#
# Rule 1: what reaches the bot is what Teams would send, signed with the channel's token; the bot cannot tell it apart.
# Rule 2: a press is answered in the same response or has failed: Teams waits PATIENCE_S, then says so to the person.
# Rule 3: nothing is checked for the bot's sake: a press with edited data, of another's card or done twice goes through.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.tenant import chats, connector, tokens
from sandbox.tenant.deliveries import Errand
from sandbox.tenant.drive import people
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Refused, Request, Response, Steps, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

ZONE = ZoneInfo("Asia/Kuwait")
PATIENCE_S = 15.0
RETRY_AFTER_S = (2.0, 10.0)  # an activity that nobody answered is brought again so often, then forgotten
DIALOG = {"fetch": "task/fetch", "dialog": "task/submit"}
CARD_ANSWER = "application/vnd.microsoft.card.adaptive"
MESSAGE_ANSWER = "application/vnd.microsoft.activity.message"
WENT_WRONG = {"ar": "حدث خطأ ما. حاول مرة أخرى.", "en": "Something went wrong. Please try again."}


################################################################
# What the channel sends to the bot
################################################################


def activity_from(tenant: Tenant, chat: Thing, someone: Thing, now: datetime, **own: Any) -> Thing:
    """An activity as Teams writes it: *own* on top of who, where and when."""
    locale = someone["language"]
    return {
        "channelId": "msteams",
        "serviceUrl": f"{tenant.place.http_url}/",
        "timestamp": chats.instant(now),
        "localTimestamp": now.astimezone(ZONE).isoformat(timespec="milliseconds"),
        "locale": locale,
        "from": chats.account(tenant, someone),
        "recipient": chats.bot(tenant),
        "conversation": {
            "conversationType": chat.get("type", "personal"),
            "tenantId": tenant.ministry["tenant_id"],
            "id": chat["id"],
            **({"isGroup": True, "name": chat["name"]} if chats.is_group(chat) else {}),
        },
        "channelData": {"tenant": {"id": tenant.ministry["tenant_id"]}},
        "entities": [{"type": "clientInfo", "locale": locale, "platform": "Web", "timezone": ZONE.key}],
        **own,
    }


def to_bot(tenant: Tenant, activity: Thing, now: datetime) -> Request:
    """The request that brings an activity to the bot, with a token of the channel that names our service URL."""
    token = tokens.channel_token(tenant, activity["serviceUrl"], now)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8"}
    body = json.dumps(activity, ensure_ascii=False).encode()
    return Request("POST", f"{tenant.place.host_url}/api/messages", headers, body, timeout_s=PATIENCE_S)


def announce(tenant: Tenant, user_id: str, action: str, now: datetime, *, after_s: float = 1.0) -> None:
    """Have the bot told, a moment later, that a person's app came (*action* `add`) or went (`remove`)."""
    for activity in changes_of_app(tenant, user_id, action, now):
        _later(tenant, activity, now, after_s)


def changes_of_app(tenant: Tenant, user_id: str, action: str, now: datetime) -> list[Thing]:
    """The activities that tell of a person's app that came or went, in their order."""
    someone, chat = chats.person(tenant, user_id), chats.chat_of(tenant, user_id)
    assert someone is not None
    assert chat is not None
    told: list[Thing] = [{"type": "installationUpdate", "action": action}]
    if action == "add":
        arrived = [chats.account(tenant, someone), chats.bot(tenant)]
        told.insert(0, {"type": "conversationUpdate", "membersAdded": arrived})
    return [
        activity_from(tenant, chat, someone, now, **own, id=chats.next_activity_id(tenant.world, chat, now))
        for own in told
    ]


def _later(tenant: Tenant, activity: Thing, now: datetime, after_s: float) -> None:
    lane = f"chat {activity['conversation']['id']}"
    tenant.deliveries.put("connector", activity, now, after_s=after_s, lane=lane)


@ROUTES.courier("connector")
def bring(tenant: Tenant, activity: Thing, tries: int, now: datetime) -> Errand:
    answer = yield to_bot(tenant, activity, now)
    return RETRY_AFTER_S[tries] if _failed(answer) and tries < len(RETRY_AFTER_S) else None


def _failed(answer: Response) -> bool:
    return answer.status in (0, 408, 429) or answer.status >= 500


################################################################
# Controls
################################################################


@ROUTES.on("GET", "/sandbox/teams/{upn}/chats")
def show_chats(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """The person's chats with the bot, as they see them; the ETag changes whenever anything in them does."""
    someone = somebody(tenant, upn)
    chat, groups = chats.chat_of(tenant, someone["id"]), chats.groups_of(tenant, someone["id"])
    listed = [*([chat] if chat else []), *groups]
    etag = f'"{"-".join(str(one["version"]) for one in listed) or 0}"'
    if request.headers.get("if-none-match") == etag:
        return Response(304, {"etag": etag})
    installed = chats.installed(tenant, someone["id"]) is not None
    known = [
        {
            "conversationId": one["id"],
            "type": one.get("type", "personal"),
            "name": one.get("name", chats.bot(tenant)["name"]),
            "installed": installed or chats.is_group(one),
            "messages": list(seen(tenant, one, someone)),
        }
        for one in listed
    ]
    return json_response(known, etag=etag)


def seen(tenant: Tenant, chat: Thing, someone: Thing) -> Iterator[Thing]:
    """The messages of a chat as a person sees them."""
    for message in chats.seen_by(tenant.world, chat, someone["id"]):
        sender = message["from"] if message["from"] == "bot" else chats.person(tenant, message["from"])
        yield {
            "activityId": message["id"],
            "from": sender["upn"] if isinstance(sender, dict) else sender,
            "at": message["at"],
            "edited": message["edited_at"],
            "text": message["text"],
            "card": message["card"],
            "files": message.get("files", []),
        }


@ROUTES.on("POST", "/sandbox/teams/{upn}/press")
def press(tenant: Tenant, request: Request, now: datetime, upn: str) -> Steps:
    """Press a button of a card in this person's chat; answer {status, card or null, message or null}.

    `activityId`, `verb`, `data` (the action's own, with the inputs); and if given `as` (`execute`, or `submit`: the
    fallback, a message that carries the data; `fetch`: it opens a dialog, `dialog`: it stands in one, and the answer
    has its `title`), `from` (somebody else presses), `trigger` (`manual`, `automatic`) and
    `client_activity_id` (the same press again arrives under the same id).
    """
    asked = request.json()
    owner, presser = somebody(tenant, upn), somebody(tenant, asked.get("from") or upn)
    chat = chats.chat_of(tenant, owner["id"])
    activity_id = str(asked.get("activityId"))
    message = chats.messages(tenant.world, chat).get(activity_id) if chat else None
    if chat is None or message is None or message["from"] != "bot":
        raise not_found(f"the bot has no message {activity_id} there")
    return pressed(tenant, chat, presser, activity_id, asked, now)


def pressed(tenant: Tenant, chat: Thing, presser: Thing, activity_id: str, asked: Thing, now: datetime) -> Steps:
    own: Thing = {
        "id": asked.get("client_activity_id") or chats.next_activity_id(tenant.world, chat, now),
        "replyToId": activity_id,
    }
    if asked.get("as") in DIALOG:
        value = {"data": asked.get("data"), "context": {"theme": "default"}}
        own |= {"type": "invoke", "name": DIALOG[asked["as"]], "value": value}
        answer = yield to_bot(tenant, activity_from(tenant, chat, presser, now, **own), now)
        return json_response(_in_dialog(answer, presser))
    if asked.get("as") == "submit":
        own |= {"type": "message", "text": "", "value": asked.get("data")}
    else:
        action = {"type": "Action.Execute", "verb": asked.get("verb"), "data": asked.get("data")}
        value = {"action": action, "trigger": asked.get("trigger") or "manual"}
        own |= {"type": "invoke", "name": "adaptiveCard/action", "value": value}
    answer = yield to_bot(tenant, activity_from(tenant, chat, presser, now, **own), now)
    outcome = _outcome(answer, presser, submitted=asked.get("as") == "submit")
    if outcome["card"] is not None and activity_id in chats.messages(tenant.world, chat):
        chats.show_instead(tenant.world, chat, activity_id, presser["id"], outcome["card"])
    return json_response(outcome)


def _outcome(answer: Response, presser: Thing, *, submitted: bool) -> Thing:
    """What the person gets to see of the bot's answer."""
    wrong = WENT_WRONG["ar" if presser["language"].startswith("ar") else "en"]
    if not 200 <= answer.status < 300 or (answer.status != 200 and not submitted):
        return {"status": answer.status, "card": None, "message": wrong}
    if submitted:
        return {"status": 200, "card": None, "message": None}
    try:
        envelope = answer.json()
        status, kind, value = envelope["statusCode"], envelope["type"], envelope.get("value")
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"status": answer.status, "card": None, "message": wrong}
    if status == 200 and kind == CARD_ANSWER and isinstance(value, dict) and value.get("type") == "AdaptiveCard":
        return {"status": 200, "card": value, "message": None}
    if status == 200 and kind == MESSAGE_ANSWER and isinstance(value, str):
        return {"status": 200, "card": None, "message": value}
    said = value.get("message") if isinstance(value, dict) else None
    return {"status": status if status != 200 else 502, "card": None, "message": said or wrong}


@ROUTES.on("POST", "/sandbox/teams/{upn}/search")
def search_people(tenant: Tenant, request: Request, now: datetime, upn: str) -> Steps:
    """Type into an input that looks for choices; `dataset`, `query`: what is found, each {title, value}."""
    asked, someone = request.json(), somebody(tenant, upn)
    chat = chats.chat_of(tenant, someone["id"])
    if chat is None:
        raise not_found("no chat with the bot")
    options = {"top": 15, "skip": 0}
    value = {"queryText": asked.get("query"), "queryOptions": options, "dataset": asked.get("dataset")}
    own = {"id": chats.next_activity_id(tenant.world, chat, now), "type": "invoke", "name": "application/search"}
    answer = yield to_bot(tenant, activity_from(tenant, chat, someone, now, **own, value=value), now)
    try:
        found = answer.json()["value"]["results"] if answer.status == 200 else []
    except (ValueError, KeyError, TypeError, AttributeError):
        found = []
    return json_response({"status": answer.status, "results": found})


def _in_dialog(answer: Response, presser: Thing) -> Thing:
    """What the person gets to see in a dialog: its card and title, or a sentence that closes it; nothing is kept."""
    wrong = WENT_WRONG["ar" if presser["language"].startswith("ar") else "en"]
    try:
        task = answer.json()["task"] if answer.status == 200 else None
        if task is not None and task["type"] == "continue":
            value = task["value"]
            shown = {"card": value["card"]["content"], "title": value["title"], "message": None}
            return {"status": 200, **shown}
        if task is not None and task["type"] == "message":
            return {"status": 200, "card": None, "title": None, "message": task["value"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return {"status": answer.status, "card": None, "title": None, "message": wrong}


@ROUTES.on("POST", "/sandbox/teams/{upn}/say")
def say(tenant: Tenant, request: Request, now: datetime, upn: str) -> Steps:
    """Type a message to the bot; who has no chat with it yet adds the app first, as one does from Teams' store.

    `text`; and if given `guest` (true: somebody whom the directory does not know), `client_activity_id` and `files`
    (each `{name, content (base64)}`), which Teams puts into their OneDrive and hands on by a link that opens itself.
    """
    asked = request.json()
    someone = chats.guest(tenant, upn) if asked.get("guest") else somebody(tenant, upn)
    return _said(tenant, someone, asked, now)


def _said(tenant: Tenant, someone: Thing, asked: Thing, now: datetime) -> Steps:
    if chats.installed(tenant, someone["id"]) is None:
        chats.install(tenant, someone["id"], now)
        for activity in changes_of_app(tenant, someone["id"], "add", now):  # heard before the first word
            if _failed((yield to_bot(tenant, activity, now))):
                _later(tenant, activity, now, RETRY_AFTER_S[0])
    chat = chats.chat_of(tenant, someone["id"])
    assert chat is not None
    handed = [people.keep(tenant, someone, str(f["name"]), people.body_of(f), now) for f in asked.get("files") or ()]
    message: Thing = {"type": "message", "text": str(asked.get("text") or ""), "textFormat": "plain"}
    if handed:
        message["attachments"] = [people.download_info(tenant, *each, now) for each in handed]
    said = chats.say(tenant.world, chat, now, someone["id"], message)
    own = {**message, "id": asked.get("client_activity_id") or said}
    answer = yield to_bot(tenant, activity_from(tenant, chat, someone, now, **own), now)
    return json_response({"activityId": said, "status": answer.status})


@ROUTES.on("POST", "/sandbox/teams/{upn}/uninstall")
def uninstall(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """The person removes the app; the bot is told."""
    someone = somebody(tenant, upn)
    if chats.installed(tenant, someone["id"]) is None:
        raise not_found(f"{upn} does not have the app")
    chats.uninstall(tenant, someone["id"])
    announce(tenant, someone["id"], "remove", now)
    return Response(204)


@ROUTES.on("POST", "/sandbox/teams/{upn}/refusal")
def set_refusal(tenant: Tenant, request: Request, now: datetime, upn: str) -> Response:
    """From now on the connector answers calls about this person with `code`, `times` times or until told otherwise.

    `code` is one of connector.REFUSALS; null lifts it.
    """
    asked, someone = request.json(), somebody(tenant, upn)
    standing = tenant.world.table("teams_refusals")
    if asked.get("code") is None:
        standing.pop(someone["id"], None)
    elif asked["code"] in connector.REFUSALS:
        standing[someone["id"]] = {"code": asked["code"], "times": asked.get("times")}
    else:
        known = ", ".join(connector.REFUSALS)
        raise refuse(400, "BadRequest", f"code is one of {known}")
    return Response(204)


def somebody(tenant: Tenant, upn: str) -> Thing:
    someone = chats.person(tenant, upn)
    if someone is None:
        raise not_found(f"nobody is called {upn}")
    return someone


def not_found(what: str) -> Refused:
    return refuse(404, "NotFound", what)
