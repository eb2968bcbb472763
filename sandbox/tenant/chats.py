################################################################
# Teams as the world keeps it: who has the app, each person's chat with the bot, and what stands in it
################################################################
#
# Rule 1: state only. Graph's side of it is teams.py, the connector's is connector.py, a person's hand is presses.py.
# Rule 2: ids follow from the app's id and the person's, so that a chat is the same chat after an uninstall.
# Rule 3: a card has a base, which everybody sees, and views, which replace it for one person until the bot writes anew.

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.tenant import directory
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.world import Table, Thing, World

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"


def instant(at: datetime) -> str:
    """As the channel writes an instant: UTC with milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _opaque(*parts: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256("\n".join(parts).encode()).digest()).decode().rstrip("=")


def app_id(tenant: Tenant) -> str:
    return str(tenant.ministry["app"]["app_id"])


def bot(tenant: Tenant) -> Thing:
    """The bot as a channel account."""
    return {"id": f"28:{app_id(tenant)}", "name": tenant.ministry["app"]["name"]}


def mri(tenant: Tenant, user_id: str) -> str:
    """The id by which Teams names a person to this bot, and to no other."""
    return "29:1" + _opaque("person", app_id(tenant), user_id)


def person(tenant: Tenant, who: str) -> Thing | None:
    """The person of this Entra id, sign-in name or MRI as {id, upn, name, given_name, surname, language}.

    Guests who have spoken count; who cannot sign in has no Teams and is nobody here.
    """
    guests = tenant.world.table("teams_guests")
    if who.startswith("29:"):
        ids = [*tenant.part(directory.Directory).users, *guests]
        who = next((one for one in ids if mri(tenant, one) == who), "")
    for one in guests.values():
        if who.lower() in (one["id"], one["upn"].lower()):
            return dict(one)
    user = directory.find_user(tenant, who)
    if user is None or not user["accountEnabled"]:
        return None
    return {
        "id": user["id"],
        "upn": user["userPrincipalName"],
        "name": user["displayName"],
        "given_name": user["givenName"],
        "surname": user["surname"],
        "language": user["preferredLanguage"] or "en-US",
    }


def account(tenant: Tenant, someone: Thing) -> Thing:
    """A person as a channel account."""
    return {"id": mri(tenant, someone["id"]), "name": someone["name"], "aadObjectId": someone["id"]}


def guest(tenant: Tenant, upn: str) -> Thing:
    """Somebody from another organisation, whom the ministry's directory does not know."""
    found = person(tenant, upn)
    if found is not None:
        return found
    digest = hashlib.sha256(upn.lower().encode()).hexdigest()
    made: Thing = {
        "id": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        "upn": upn,
        "name": upn.split("@")[0],
        "given_name": None,
        "surname": None,
        "language": "en-US",
    }
    tenant.world.table("teams_guests")[made["id"]] = made
    return made


################################################################
# Chats and installations
################################################################


def chat_id(tenant: Tenant, user_id: str) -> str:
    return "a:1" + _opaque("chat", app_id(tenant), user_id)


def graph_chat_id(tenant: Tenant, user_id: str) -> str:
    """The same chat as Graph names it; the connector takes either."""
    return f"19:{user_id}_{app_id(tenant)}@unq.gbl.spaces"


def chat_of(tenant: Tenant, user_id: str) -> Thing | None:
    return tenant.world.table("teams_chats").get(chat_id(tenant, user_id))


def chat_named(tenant: Tenant, name: str) -> Thing | None:
    """The chat of this id, the channel's or Graph's."""
    if (group := tenant.world.table("teams_groups").get(name.partition(";")[0])) is not None:
        return group
    if name.startswith("19:") and name.endswith(f"_{app_id(tenant)}@unq.gbl.spaces"):
        return chat_of(tenant, name[3:].partition("_")[0])
    return tenant.world.table("teams_chats").get(name)


def is_group(chat: Thing) -> bool:
    """Whether others read along: a group chat or a channel, of which the bot is a member."""
    return "members" in chat


def make_group(tenant: Tenant, name: str, kind: str, members: list[str]) -> Thing:
    """A group chat (`groupChat`) or a channel (`channel`) of these people (Entra ids) and the bot."""
    ending = "@thread.tacv2" if kind == "channel" else "@thread.v2"
    made: Thing = {
        "id": f"19:{_opaque('group', app_id(tenant), name)[:32]}{ending}",
        "name": name,
        "type": kind,
        "members": members,
        "last_activity_ms": 0,
        "version": 0,
    }
    tenant.world.table("teams_groups")[made["id"]] = made
    return made


def groups_of(tenant: Tenant, user_id: str) -> list[Thing]:
    return [g for g in tenant.world.table("teams_groups").values() if user_id in g["members"]]


def installed(tenant: Tenant, user_id: str) -> Thing | None:
    return tenant.world.table("teams_installs").get(user_id)


def install(tenant: Tenant, user_id: str, now: datetime) -> Thing:
    """Install the app for a person and make their chat with the bot; return the installation."""
    installation = {
        "id": base64.b64encode(f"{user_id}##{tenant.world.next('teams_installs')}".encode()).decode(),
        "user_id": user_id,
        "at": instant(now),
    }
    tenant.world.table("teams_installs")[user_id] = installation
    name = chat_id(tenant, user_id)
    if name not in tenant.world.table("teams_chats"):
        tenant.world.table("teams_chats")[name] = {
            "id": name,
            "user_id": user_id,
            "created_at": instant(now),
            "last_activity_ms": 0,
            "version": 0,
        }
    return installation


def uninstall(tenant: Tenant, user_id: str) -> None:
    """The app goes, the chat stays: its messages can be read, the bot can no longer write there."""
    del tenant.world.table("teams_installs")[user_id]


################################################################
# Messages
################################################################


def messages(world: World, chat: Thing) -> Table:
    """The messages of a chat by activity id, oldest first."""
    return world.table(f"teams_messages/{chat['id']}")


def _touched(world: World, chat: Thing, **changes: Any) -> None:
    chat.update(changes, version=chat["version"] + 1)
    world.table("teams_groups" if is_group(chat) else "teams_chats")[chat["id"]] = chat


def next_activity_id(world: World, chat: Thing, now: datetime) -> str:
    """An activity id: milliseconds since 1970, never used twice in one chat."""
    ms = max(int(now.timestamp() * 1000), chat["last_activity_ms"] + 1)
    _touched(world, chat, last_activity_ms=ms)
    return str(ms)


def content(activity: Thing) -> Thing:
    """What of an activity stands in the chat."""
    attached = activity.get("attachments") or ()
    cards = [a["content"] for a in attached if a.get("contentType") == ADAPTIVE_CARD]
    files = [a["name"] for a in attached if a.get("contentType") != ADAPTIVE_CARD and a.get("name")]
    return {"text": activity.get("text") or "", "card": cards[0] if cards else None, "files": files}


def say(world: World, chat: Thing, now: datetime, sender: str, activity: Thing) -> str:
    """Put a message of *sender* (`bot`, or a person's Entra id) in the chat; return its activity id."""
    activity_id = next_activity_id(world, chat, now)
    messages(world, chat)[activity_id] = {
        "id": activity_id,
        "from": sender,
        "at": instant(now),
        "edited_at": None,
        "views": {},
        **content(activity),
    }
    return activity_id


def rewrite(world: World, chat: Thing, activity_id: str, activity: Thing, now: datetime) -> None:
    """The bot writes a message anew: everybody sees this, whatever they saw before."""
    message = messages(world, chat)[activity_id]
    messages(world, chat)[activity_id] = {**message, **content(activity), "views": {}, "edited_at": instant(now)}
    _touched(world, chat)


def show_instead(world: World, chat: Thing, activity_id: str, user_id: str, card: Thing) -> None:
    """A press was answered with a card: from now on that person sees it in place of the base."""
    message = messages(world, chat)[activity_id]
    messages(world, chat)[activity_id] = {**message, "views": {**message["views"], user_id: card}}
    _touched(world, chat)


def remove(world: World, chat: Thing, activity_id: str) -> None:
    del messages(world, chat)[activity_id]
    _touched(world, chat)


def seen_by(world: World, chat: Thing, user_id: str) -> Iterator[Thing]:
    """The messages as one person sees them."""
    for message in messages(world, chat).values():
        yield {**message, "card": message["views"].get(user_id, message["card"])}
