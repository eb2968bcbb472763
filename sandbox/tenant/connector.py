################################################################
# Bot Connector, v3: what the bot sends into chats
################################################################
#
# Rule 1: statuses, codes and limits are Teams' own; what makes a call fail stands here as data.
# Rule 2: the caller is judged first (token, rate), then the chat, then the payload.
# Rule 3: whoever stands in the way of the bot (a block, a policy) is told by `refusals`, which presses.py sets.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages,
#         …/bots/how-to/rate-limit and …/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference

import json
import math
from datetime import datetime
from typing import Any

from sandbox.tenant import chats, tokens
from sandbox.tenant.limits import Limit
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse
from sandbox.tenant.world import Thing

ROUTES = Routes()

MESSAGE_LIMIT_BYTES = 100 * 1024  # counted in UTF-16, as Teams does

# Per app and tenant; then by the kind of call, per bot and thread. The narrow windows come first: what they refuse does
# not count in the wide ones.
APP_LIMIT = Limit("calls per app and tenant", 50, 1)
THREAD_LIMITS = {
    "write": [Limit("messages per thread", most, s) for most, s in ((7, 1), (8, 2), (60, 30), (1800, 3600))],
    "roster": [Limit("roster calls per thread", most, s) for most, s in ((14, 1), (16, 2), (120, 30), (3600, 3600))],
}

# What stands in the bot's way, by code: status and message.
REFUSALS = {
    "ConversationBlockedByUser": (403, "User blocked the conversation with the bot."),
    "BotDisabledByAdmin": (403, "The tenant admin disabled this bot."),
    "NotEnoughPermissions": (403, "The bot does not have the permissions that this operation needs."),
    "MessageWritesBlocked": (403, "Message writes are blocked for this thread."),
    "InvalidBotApiHost": (403, "The bot must call the service of its own cloud."),
    "ConversationNotFound": (404, "Conversation not found."),
    "PreconditionFailed": (412, "Precondition failed, please try again."),
    "InternalServerError": (500, "An internal error occurred."),
    "BadGateway": (502, "Bad gateway."),
    "ServiceUnavailable": (503, "Service unavailable."),
    "GatewayTimeout": (504, "Gateway timeout."),
}


################################################################
# Who may call, how often, and where
################################################################


def _admit(tenant: Tenant, request: Request, now: datetime, kind: str, thread: str) -> None:
    """Let the call pass, or refuse it: 401 for its token, 429 for its rate."""
    claims = tokens.bearer(tenant, request, (tokens.CONNECTOR,), now)
    if claims.get("appid") != chats.app_id(tenant):
        raise refuse(401, "BotNotRegistered", "The bot is not registered.")
    for limit, key in ((APP_LIMIT, "connector"), *((limit, f"{kind} {thread}") for limit in THREAD_LIMITS[kind])):
        wait_s = tenant.limits.take(limit, key, now)
        if wait_s is not None:
            raise refuse(429, "Throttled", "Too many requests.", retry_after=str(math.ceil(wait_s)))


def _open_chat(tenant: Tenant, conversation: str) -> Thing:
    """The chat, when the bot may write there."""
    chat = chats.chat_named(tenant, conversation)
    if chat is None:
        raise refuse(404, "ConversationNotFound", "Conversation not found.")
    if chats.is_group(chat):
        return chat
    _obey_refusal(tenant, chat["user_id"])
    if chats.installed(tenant, chat["user_id"]) is None:
        raise refuse(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
    return chat


def _obey_refusal(tenant: Tenant, user_id: str) -> None:
    refusals = tenant.world.table("teams_refusals")
    standing = refusals.get(user_id)
    if standing is None:
        return
    if standing["times"] is not None:
        refusals[user_id] = {**standing, "times": standing["times"] - 1}
        if standing["times"] <= 1:
            del refusals[user_id]
    status, message = REFUSALS[standing["code"]]
    raise refuse(status, standing["code"], message)


################################################################
# What the bot may say
################################################################


def _activity(activity: Any) -> Thing:
    """What was sent, if it is an activity; else refuse: 400 when it is none, 413 when it is too large."""
    if not isinstance(activity, dict) or not isinstance(activity.get("type"), str):
        raise refuse(400, "BadSyntax", "Activity must have a type.")
    size_bytes = len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))
    if size_bytes > MESSAGE_LIMIT_BYTES:
        raise refuse(413, "MessageSizeTooBig", "Message size too large.")
    if activity["type"] == "message":
        _check_message(activity)
    return activity


def _check_message(activity: Thing) -> None:
    attachments = activity.get("attachments") or []
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise refuse(400, "BadSyntax", "Attachments must be a list of attachments.")
    for attachment in attachments:
        card = attachment.get("content")
        if attachment.get("contentType") == chats.ADAPTIVE_CARD and (
            not isinstance(card, dict) or card.get("type") != "AdaptiveCard"
        ):
            raise refuse(400, "BadSyntax", "Failed to parse the Adaptive Card.")
    if not attachments and not activity.get("text") and not activity.get("attachmentLayout"):
        raise refuse(400, "BadSyntax", "Activity must have text or attachments.")


def _json(request: Request) -> Thing:
    try:
        body = request.json()
    except ValueError:
        raise refuse(400, "BadSyntax", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise refuse(400, "BadSyntax", "The body must be a JSON object.")
    return body


################################################################
# Routes
################################################################


@ROUTES.on("POST", "/v3/conversations")
def create_conversation(tenant: Tenant, request: Request, now: datetime) -> Response:
    """Make, or find, the personal chat with one person; say the activity there when one is given."""
    asked = _json(request)
    members = asked.get("members")
    named = members[0].get("id") if isinstance(members, list) and members and isinstance(members[0], dict) else None
    _admit(tenant, request, now, "write", f"new {named}")
    if asked.get("isGroup") or not isinstance(named, str) or len(members or ()) != 1:
        raise refuse(400, "BadSyntax", "Bot cannot create a group chat; name exactly one member.")
    channel_data = asked.get("channelData") or {}
    tenant_id = (channel_data.get("tenant") or {}).get("id") or asked.get("tenantId")
    if tenant_id != tenant.ministry["tenant_id"]:
        raise refuse(400, "BadSyntax", "Invalid tenant id.")
    someone = None if "@" in named else chats.person(tenant, named)
    if someone is None:
        raise refuse(400, "Bad Argument", "Invalid user identity in provided tenant.")
    _obey_refusal(tenant, someone["id"])
    chat = chats.chat_of(tenant, someone["id"])
    if chat is None or chats.installed(tenant, someone["id"]) is None:
        raise refuse(403, "ForbiddenOperationException", "The bot is not installed in the user's personal scope.")
    answer: dict[str, Any] = {"id": chat["id"], "serviceUrl": f"{request.base}/"}
    if asked.get("activity"):
        activity = _activity(asked["activity"])
        answer["activityId"] = _put(tenant, chat, activity, now)
    return json_response(answer, 201)


@ROUTES.on("POST", "/v3/conversations/{conversation}/activities")
def send(tenant: Tenant, request: Request, now: datetime, conversation: str) -> Response:
    return _send(tenant, request, now, conversation)


def _send(tenant: Tenant, request: Request, now: datetime, conversation: str) -> Response:
    """Say something in a chat. What is not a message (typing) is taken and not kept."""
    _admit(tenant, request, now, "write", _thread(tenant, conversation))
    chat = _open_chat(tenant, conversation)
    return json_response({"id": _put(tenant, chat, _activity(_json(request)), now)}, 201)


@ROUTES.on("POST", "/v3/conversations/{conversation}/activities/{activity_id}")
def reply(tenant: Tenant, request: Request, now: datetime, conversation: str, activity_id: str) -> Response:
    """As `send`: a personal chat has no threads."""
    return _send(tenant, request, now, conversation)


@ROUTES.on("PUT", "/v3/conversations/{conversation}/activities/{activity_id}")
def update(tenant: Tenant, request: Request, now: datetime, conversation: str, activity_id: str) -> Response:
    """Write one of the bot's own messages anew, for everybody."""
    _admit(tenant, request, now, "write", _thread(tenant, conversation))
    chat = _own_message(tenant, conversation, activity_id)
    chats.rewrite(tenant.world, chat, activity_id, _activity(_json(request)), now)
    return json_response({"id": activity_id})


@ROUTES.on("DELETE", "/v3/conversations/{conversation}/activities/{activity_id}")
def delete(tenant: Tenant, request: Request, now: datetime, conversation: str, activity_id: str) -> Response:
    _admit(tenant, request, now, "write", _thread(tenant, conversation))
    chats.remove(tenant.world, _own_message(tenant, conversation, activity_id), activity_id)
    return Response(200)


@ROUTES.on("GET", "/v3/conversations/{conversation}/members")
def members(tenant: Tenant, request: Request, now: datetime, conversation: str) -> Response:
    return json_response(_members(tenant, request, now, conversation))


@ROUTES.on("GET", "/v3/conversations/{conversation}/pagedmembers")
def paged_members(tenant: Tenant, request: Request, now: datetime, conversation: str) -> Response:
    return json_response({"members": _members(tenant, request, now, conversation)})


@ROUTES.on("GET", "/v3/conversations/{conversation}/members/{member}")
def one_member(tenant: Tenant, request: Request, now: datetime, conversation: str, member: str) -> Response:
    for account in _members(tenant, request, now, conversation):
        if member in (account["id"], account["aadObjectId"]):
            return json_response(account)
    raise refuse(404, "MemberNotFoundInConversation", "Member not found in conversation.")


################################################################
# Parts of the above
################################################################


def _thread(tenant: Tenant, conversation: str) -> str:
    """One chat is one thread, by whichever of its names."""
    chat = chats.chat_named(tenant, conversation)
    return chat["id"] if chat else conversation


def _put(tenant: Tenant, chat: Thing, activity: Thing, now: datetime) -> str:
    if activity["type"] != "message":
        return chats.next_activity_id(tenant.world, chat, now)
    return chats.say(tenant.world, chat, now, "bot", activity)


def _own_message(tenant: Tenant, conversation: str, activity_id: str) -> Thing:
    """The chat in which this message stands and is the bot's."""
    chat = _open_chat(tenant, conversation)
    message = chats.messages(tenant.world, chat).get(activity_id)
    if message is None:
        raise refuse(404, "ActivityNotFoundInConversation", "The activity was not found in the conversation.")
    if message["from"] != "bot":
        raise refuse(403, "Forbidden", "A bot can change only its own messages.")
    return chat


def _members(tenant: Tenant, request: Request, now: datetime, conversation: str) -> list[Thing]:
    _admit(tenant, request, now, "roster", _thread(tenant, conversation))
    chat = _open_chat(tenant, conversation)
    ids = chat["members"] if chats.is_group(chat) else [chat["user_id"]]
    people = [someone for one in ids if (someone := chats.person(tenant, one)) is not None]
    if not people:
        raise refuse(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
    return [
        chats.account(tenant, someone)
        | {
            "objectId": someone["id"],
            "givenName": someone["given_name"],
            "surname": someone["surname"],
            "email": someone["upn"],
            "userPrincipalName": someone["upn"],
            "tenantId": tenant.ministry["tenant_id"],
            "userRole": "user",
        }
        for someone in people
    ]
