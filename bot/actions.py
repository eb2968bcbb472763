################################################################
# What came from Teams, read: activity in, a value out
################################################################
#
# Rule 1: whatever the activity holds, the answer is a value; nothing here raises.
# Rule 2: who acts is `from.aadObjectId` and nothing else. Of a card's data only the token, the verb and the inputs are
#         read: what the client made of the rest does not matter.
# Rule 3: where others read along, that is said with what was asked there: nobody may be shown another's records.
#
# Source: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model (adaptiveCard/action) and
#         https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability (activities),
#         …/bots/how-to/bots-filesv4 (files in a personal chat)

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.extended import Extended, read_extended
from bot.reading import part as _part
from bot.reading import text as _text
from registry.limits import MOST_FILES
from service.handed import Offered
from service.ports import Conversation

LONGEST_LINE = 500  # characters of an input of one line
LONGEST_UNITS = 4_000  # characters of the ids of units
FILE = "application/vnd.microsoft.teams.file.download.info"
_CARDS = "application/vnd.microsoft.card."
DIALOG = ("task/fetch", "task/submit")
PEOPLE = "people:"  # before the token of the card for which somebody is looked for
MOST_SOUGHT = 15
MOST_PICKED = 20  # places on a list that are read

_LINES = (
    "subject",
    "sender_name",
    "sender_address",
    "their_reference",
    "letter_date",
    "received_via",
    "urgency",
    "confidentiality",
    *("starts", "ends", "kinds", "secrecy", "post", "order", "hands_on"),
    "number",
    *("kind", "party", "level", "copy_to", "back_to", "stage", "act", "before", "code"),
    "address",
    "expects_reply",
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was filled in on a card; empty where it was not."""

    note: str = ""
    to: str = ""  # a person's id
    disposition: str = ""
    subject: str = ""
    sender_name: str = ""
    sender_address: str = ""
    their_reference: str = ""
    letter_date: str = ""
    received_via: str = ""
    urgency: str = ""
    confidentiality: str = ""
    starts: str = ""  # of a delegation: a date, as the next
    ends: str = ""
    kinds: str = ""  # codes with commas between them
    secrecy: str = ""
    post: str = ""
    order: str = ""
    hands_on: str = ""
    picked: tuple[int, ...] = ()  # the places on a list that were ticked, from 1
    number: str = ""  # of another record
    units: str = ""  # their ids, with commas between
    # of what we issue
    text: str = ""
    kind: str = ""
    party: str = ""
    level: str = ""
    copy_to: str = ""  # units, with commas between
    back_to: str = ""  # a stage
    stage: str = ""
    act: str = ""
    before: str = ""
    code: str = ""  # that was shown where the person signed in
    outside: str = ""  # codes of entities, with commas between
    outside_copies: str = ""
    expects_reply: str = ""  # true, or nothing
    address: str = ""  # where mail for one of them goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button of a card was pressed; `automatic` where the client asked by itself how the card now looks."""

    token: str
    verb: str
    inputs: Inputs
    by: str
    chat: Conversation
    activity_id: str
    card_id: str  # the message in which the card stands
    kind: Literal["execute", "submit", "dialog"]
    automatic: bool = False
    among_others: bool = False  # in a group chat or a channel
    opened: bool = False  # in a dialog, by somebody who signed in anew: what is shown does not stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person wrote to the bot, or handed in files; mentions are taken out."""

    text: str
    by: str
    chat: Conversation
    activity_id: str = ""
    files: tuple[Offered, ...] = ()
    among_others: bool = False  # in a group chat or a channel: `chat` is that, and not the person's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Somebody types a name where people are chosen; `token` is that of the card for which it is."""

    by: str
    token: str
    words: str
    most: int


@dataclass(frozen=True, slots=True)
class Met:
    """The app came to a person: here is their chat."""

    chat: Conversation


@dataclass(frozen=True, slots=True)
class Left:
    """The app went from a person."""

    person: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing of ours. `awaited` says that a card waits for an answer all the same."""

    why: str
    awaited: bool = False


type Action = Press | Said | Met | Left | Extended | Sought | Ignored


def read(activity: Mapping[str, Any]) -> Action:
    """Return what *activity*, as JSON reads it, asks of us."""
    kind, name = _text(activity, "type"), _text(activity, "name")
    is_execute = kind == "invoke" and name == "adaptiveCard/action"
    if kind == "invoke" and (extended := read_extended(activity, name)) is not None:
        return extended
    if kind == "invoke" and name == "application/search":
        return _sought(activity)
    chat, among_others = _chat(activity), False
    if kind == "installationUpdate" and _text(activity, "action").startswith("remove"):
        return _removed(activity)
    if kind == "invoke" and name in DIALOG:
        return _in_dialog(activity, chat)
    if chat is None and (is_execute or kind == "message"):
        chat, among_others = _chat(activity, "groupChat", "channel"), True
    if chat is None:
        return Ignored("no chat with a person", awaited=is_execute)
    if is_execute:
        return _execute(activity, chat, among_others)
    match kind:
        case "message":
            return _message(activity, chat, among_others)
        case "installationUpdate" if _text(activity, "action").startswith("add"):
            return Met(chat)
        case "conversationUpdate":
            return _members(activity, chat)
        case _:
            return Ignored(f"{kind} {name}".strip()[:80] or "no type")


def _chat(activity: Mapping[str, Any], *kinds: str) -> Conversation | None:
    """The chat in which it happened, if it is of one of these *kinds*, by default a person's own with the bot."""
    sender, bot, conversation = (_part(activity, name) for name in ("from", "recipient", "conversation"))
    person, conversation_id = _text(sender, "aadObjectId"), _text(conversation, "id")
    service_url = _text(activity, "serviceUrl")
    if _text(conversation, "conversationType") not in (kinds or ("personal",)) or not (
        person and conversation_id and service_url
    ):
        return None
    return Conversation(
        person=person,
        conversation_id=conversation_id,
        service_url=service_url,
        user_mri=_text(sender, "id"),
        bot_id=_text(bot, "id"),
    )


def _removed(activity: Mapping[str, Any]) -> Action:
    """The app went; out of a group, that says nothing of the chat with whoever removed it."""
    person = _text(_part(activity, "from"), "aadObjectId")
    personal = _text(_part(activity, "conversation"), "conversationType") in ("personal", "")
    return Left(person) if person and personal else Ignored("not out of a personal chat")


def _execute(activity: Mapping[str, Any], chat: Conversation, among_others: bool) -> Action:
    value = _part(activity, "value")
    action = _part(value, "action")
    if _text(action, "type") != "Action.Execute":
        return Ignored("no Action.Execute", awaited=True)
    data = _part(action, "data")
    return _press(
        activity,
        chat,
        data,
        verb=_text(action, "verb") or _text(data, "verb"),
        kind="execute",
        automatic=value.get("trigger") == "automatic",
        among_others=among_others,
    )


def _sought(activity: Mapping[str, Any]) -> Action:
    value = _part(activity, "value")
    dataset, top = _text(value, "dataset"), _part(value, "queryOptions").get("top")
    return Sought(
        by=_text(_part(activity, "from"), "aadObjectId")[:200],
        token=dataset.removeprefix(PEOPLE)[:200] if dataset.startswith(PEOPLE) else "",
        words=_text(value, "queryText")[:LONGEST_LINE],
        most=max(1, min(top, MOST_SOUGHT)) if isinstance(top, int) and not isinstance(top, bool) else MOST_SOUGHT,
    )


def _in_dialog(activity: Mapping[str, Any], chat: Conversation | None) -> Action:
    """A button that opens a dialog, or one that stands in it; it is asked for in a person's own chat alone."""
    if chat is None:
        return Ignored("a dialog where others read along", awaited=True)
    data = _part(_part(activity, "value"), "data")
    return replace(_press(activity, chat, data, verb=_text(data, "verb"), kind="dialog"), card_id="")


def _message(activity: Mapping[str, Any], chat: Conversation, among_others: bool) -> Action:
    value = activity.get("value")
    if isinstance(value, dict):
        return _press(activity, chat, value, verb=_text(value, "verb"), kind="submit", among_others=among_others)
    said, files = _without_mentions(activity), _files(activity) if not among_others else ()
    if not said and not files and _has_card(activity):
        return Ignored("a card that somebody put into the chat")
    return Said(
        text=said,
        by=chat.person,
        chat=chat,
        activity_id=_text(activity, "id")[:LONGEST_LINE],
        files=files,
        among_others=among_others,
    )


def _has_card(activity: Mapping[str, Any]) -> bool:
    attachments = activity.get("attachments")
    listed = attachments if isinstance(attachments, list) else []
    return any(isinstance(one, dict) and str(one.get("contentType")).startswith(_CARDS) for one in listed)


def _files(activity: Mapping[str, Any]) -> tuple[Offered, ...]:
    """What Teams offers for download; one more than anybody may hand in, so that too many are seen to be."""
    offered = []
    attachments = activity.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else ():
        if isinstance(attachment, dict) and _text(attachment, "contentType") == FILE:
            content = _part(attachment, "content")
            offered.append(Offered(_name(attachment, content), _text(content, "downloadUrl")))
            if len(offered) > MOST_FILES:
                break
    return tuple(offered)


def _name(attachment: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """The file's name, with the ending that Teams knows where it has none."""
    name, ending = _text(attachment, "name"), _text(content, "fileType")[:10]
    return f"{name}.{ending}" if ending and "." not in name else name


def _press(
    activity: Mapping[str, Any],
    chat: Conversation,
    data: Mapping[str, Any],
    *,
    verb: str,
    kind: Literal["execute", "submit", "dialog"],
    automatic: bool = False,
    among_others: bool = False,
) -> Press:
    return Press(
        token=_text(data, "token")[:200],
        verb=verb[:40],
        inputs=inputs_of(data),
        by=chat.person,
        chat=chat,
        activity_id=_text(activity, "id"),
        card_id=_text(activity, "replyToId"),
        kind=kind,
        automatic=automatic,
        among_others=among_others,
    )


def inputs_of(data: Mapping[str, Any]) -> Inputs:
    """What was filled in, as far as it is text of ours."""
    return Inputs(
        note=_text(data, "note"),
        text=_text(data, "text"),
        to=_text(data, "to")[:200],
        disposition=_text(data, "disposition")[:80],
        units=_text(data, "units")[:LONGEST_UNITS],
        outside=_text(data, "outside")[:LONGEST_UNITS],
        outside_copies=_text(data, "outside_copies")[:LONGEST_UNITS],
        picked=tuple(n for n in range(1, MOST_PICKED + 1) if data.get(f"pick{n}") in ("true", True)),
        **{name: _text(data, name)[:LONGEST_LINE] for name in _LINES},
    )


def _members(activity: Mapping[str, Any], chat: Conversation) -> Action:
    if chat.bot_id in _ids(activity.get("membersAdded")):
        return Met(chat)
    if chat.bot_id in _ids(activity.get("membersRemoved")):
        return Left(chat.person)
    return Ignored("somebody else's coming or going")


def _ids(members: Any) -> set[str]:
    ids = {_text(m, "id") for m in members if isinstance(m, dict)} if isinstance(members, list) else set()
    return ids - {""}


def _without_mentions(activity: Mapping[str, Any]) -> str:
    text = _text(activity, "text")
    entities = activity.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and entity.get("type") == "mention" and (mention := _text(entity, "text")):
            text = text.replace(mention, " ")
    return text.strip()
