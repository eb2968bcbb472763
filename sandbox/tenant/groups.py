################################################################
# Where several people read along, and the app's message extension (controls under /sandbox/)
################################################################
#
# Rule 1: as in presses.py: what reaches the bot is what Teams would send, and nothing is checked for its sake.
# Rule 2: a client asks by itself for its own view of a card that names its person in `refresh`; where it names nobody,
#         for everybody's, as long as they are few.
#
# Source: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
#         and …/messaging-extensions/what-are-messaging-extensions

from datetime import datetime

from sandbox.tenant import chats, presses
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, Steps, json_response
from sandbox.tenant.world import Thing

ROUTES = Routes()

REFRESHED_FOR_ALL = 60  # members, up to whom a card that names nobody looks after itself for everybody


@ROUTES.on("POST", "/sandbox/groups")
def make(tenant: Tenant, request: Request, now: datetime) -> Response:
    """Make a group chat or a channel with the bot in it: `name`, `type` (`groupChat`, `channel`), `members` (upns)."""
    asked = request.json()
    members = [presses.somebody(tenant, upn)["id"] for upn in asked["members"]]
    made = chats.make_group(tenant, str(asked["name"]), str(asked.get("type") or "groupChat"), members)
    return json_response({"conversationId": made["id"]}, 201)


@ROUTES.on("POST", "/sandbox/groups/{group}/say")
def say(tenant: Tenant, request: Request, now: datetime, group: str) -> Steps:
    """A member (`by`) mentions the bot and says `text`; or, with `card`, sends a card that they chose: nobody is asked
    about that, since the bot hears of what mentions it alone."""
    asked = request.json()
    chat, someone = _group(tenant, group), presses.somebody(tenant, asked["by"])
    return _said(tenant, chat, someone, asked, now)


def _said(tenant: Tenant, chat: Thing, someone: Thing, asked: Thing, now: datetime) -> Steps:
    if asked.get("card"):
        card = {"contentType": chats.ADAPTIVE_CARD, "content": asked["card"]}
        sent = {"type": "message", "attachments": [card]}
        return json_response({"activityId": chats.say(tenant.world, chat, now, someone["id"], sent), "status": 0})
    bot = chats.bot(tenant)
    mention = {"type": "mention", "text": f"<at>{bot['name']}</at>", "mentioned": bot}
    message: Thing = {"type": "message", "text": f"{mention['text']} {asked.get('text') or ''}", "textFormat": "plain"}
    said = chats.say(tenant.world, chat, now, someone["id"], message)
    own = {**message, "id": said, "entities": [mention]}
    answer = yield presses.to_bot(tenant, presses.activity_from(tenant, chat, someone, now, **own), now)
    return json_response({"activityId": said, "status": answer.status})


@ROUTES.on("POST", "/sandbox/groups/{group}/press")
def press(tenant: Tenant, request: Request, now: datetime, group: str) -> Steps:
    """A member (`by`) presses a button of a card there; as `/sandbox/teams/{upn}/press`."""
    asked = request.json()
    chat, presser = _group(tenant, group), presses.somebody(tenant, asked["by"])
    activity_id = str(asked.get("activityId"))
    if activity_id not in chats.messages(tenant.world, chat):
        raise presses.not_found(f"there is no message {activity_id}")
    return presses.pressed(tenant, chat, presser, activity_id, asked, now)


@ROUTES.on("POST", "/sandbox/groups/{group}/look")
def look(tenant: Tenant, request: Request, now: datetime, group: str) -> Steps:
    """A member (`by`) opens the chat: their client asks for their own view of the cards that let it; what they see."""
    chat, someone = _group(tenant, group), presses.somebody(tenant, request.json()["by"])
    return _looked(tenant, chat, someone, now)


def _looked(tenant: Tenant, chat: Thing, someone: Thing, now: datetime) -> Steps:
    asked_for = 0
    for message in list(chats.messages(tenant.world, chat).values()):
        refresh = (message["card"] or {}).get("refresh")
        if not refresh or not _is_refreshed(tenant, chat, someone, refresh):
            continue
        action = refresh["action"]
        asked = {"verb": action["verb"], "data": action.get("data"), "trigger": "automatic"}
        yield from presses.pressed(tenant, chat, someone, message["id"], asked, now)
        asked_for += 1
    return json_response({"asked": asked_for, "messages": list(presses.seen(tenant, chat, someone))})


def _is_refreshed(tenant: Tenant, chat: Thing, someone: Thing, refresh: Thing) -> bool:
    named = refresh.get("userIds")
    if named is None:
        return len(chat["members"]) <= REFRESHED_FOR_ALL
    return chats.mri(tenant, someone["id"]) in named[:REFRESHED_FOR_ALL]


@ROUTES.on("POST", "/sandbox/teams/{upn}/extend")
def extend(tenant: Tenant, request: Request, now: datetime, upn: str) -> Steps:
    """Call the message extension: `name` (`query`, `queryLink`, `fetchTask`, `submitAction`) and `value`, in a chat of
    this id (`conversation`) or one of which nobody here knows; what was answered: {status, body}."""
    asked = request.json()
    someone = chats.guest(tenant, upn) if asked.get("guest") else presses.somebody(tenant, upn)
    return _extended(tenant, someone, asked, now)


def _extended(tenant: Tenant, someone: Thing, asked: Thing, now: datetime) -> Steps:
    named = chats.chat_named(tenant, str(asked.get("conversation") or ""))
    elsewhere: Thing = {"id": "19:elsewhere@thread.v2", "name": "", "type": "groupChat", "members": []}
    own: Thing = {"type": "invoke", "name": f"composeExtension/{asked['name']}", "value": asked.get("value")}
    own["id"] = chats.instant(now)
    activity = presses.activity_from(tenant, named or elsewhere, someone, now, **own)
    answer = yield presses.to_bot(tenant, activity, now)
    try:
        body = answer.json()
    except ValueError:
        body = None
    return json_response({"status": answer.status, "body": body})


def _group(tenant: Tenant, group: str) -> Thing:
    found = chats.chat_named(tenant, group)
    if found is None or not chats.is_group(found):
        raise presses.not_found(f"there is no group {group}")
    return found
