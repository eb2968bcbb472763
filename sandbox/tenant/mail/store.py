################################################################
# Mailboxes as Exchange keeps them: folders, messages, and what changed in which order
################################################################
#
# Rule 1: nothing changes a message but the methods here, so that no index, feed or notification misses a change.
# Rule 2: a message has two ids, both case-sensitive: the immutable one stays, the usual one is new after every move.
# Rule 3: what may be large (body, MIME, attachments) lies in the world's bytes by its SHA-256.
#
# A message, as the table "messages" keeps it under its number:
#   n, mailbox, folder           its number; the Entra id of the mailbox's owner; the key of its folder
#   id, immutable, moves         its two ids; how often it has moved
#   seq, joined, version         the number of its last change; of its coming into its folder; how often it changed
#   fields                       Graph's properties, all but those that follow from what stands here
#   body                         {contentType: "html" or "text", sha256}
#   mime                         the SHA-256 of its MIME, None for a draft made of JSON
#   attachments                  [{id, kind: file|item|reference, name, contentType, isInline, contentId, sha256, size}]
#   properties                   single-value extended properties, {id: value}
#   headers                      internetMessageHeaders, [[name, value]]
#   thread                       {in_reply_to, references, original}: what a reply or forward says of its origin

import base64
import hashlib
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sandbox.tenant.changes import ChangeLog
from sandbox.tenant.directory import find_user
from sandbox.tenant.graph import instant
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.world import Thing

ROOT = "msgfolderroot"
RECOVERABLE = "recoverableitemsdeletions"
# Between `send` and the arrival of the copy in Sent Items a message is nowhere to be found.
IN_TRANSIT = "in transit"

# Well-known folders: name → (Arabic, English).
WELL_KNOWN = {
    ROOT: ("أعلى مخزن المعلومات", "Top of Information Store"),
    "inbox": ("البريد الوارد", "Inbox"),
    "drafts": ("المسودات", "Drafts"),
    "sentitems": ("العناصر المرسلة", "Sent Items"),
    "deleteditems": ("العناصر المحذوفة", "Deleted Items"),
    "archive": ("الأرشيف", "Archive"),
    "junkemail": ("البريد الإلكتروني غير الهام", "Junk Email"),
    "outbox": ("علبة الصادر", "Outbox"),
    RECOVERABLE: ("Deletions", "Deletions"),
}
OUT_OF_SIGHT = (RECOVERABLE, IN_TRANSIT)


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a message: created, updated or deleted, as seen from one folder.

    `whole` says that it is seen so from the whole mailbox too; a move is created here and deleted there, but for the
    mailbox only an update.
    """

    kind: str
    message: Thing
    folder: str
    whole: bool


def opaque(*parts: object) -> str:
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def well_formed(message_id: str) -> bool:
    """Whether this could be the id of an Outlook item at all."""
    return message_id.startswith(("AAkALgAA", "AAMkAG")) and len(message_id) > 40


class Mailboxes:
    """All mailboxes of the tenant, with what is looked up in them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._world = tenant.world
        self._folders = tenant.world.table("folders")
        self._messages = tenant.world.table("messages")
        self._gone = tenant.world.table("gone")
        self._by_id: dict[str, int] = {}
        self._by_internet_id: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._by_property: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
        self._by_arrival: defaultdict[tuple[str, str | None], list[tuple[str, int]]] = defaultdict(list)
        self._unread: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._logs: defaultdict[tuple[str, str], ChangeLog] = defaultdict(ChangeLog)
        self.watchers: list[Callable[[Change, datetime], None]] = []
        self._load()

    ################################################################
    # Folders
    ################################################################

    def folders(self, mailbox: str) -> list[Thing]:
        """The folders of a mailbox, the well-known ones first. A mailbox has these from the beginning."""
        if f"{mailbox}/{ROOT}" not in self._folders:
            owner = find_user(self._tenant, mailbox) or {}
            arabic = str(owner.get("preferredLanguage") or "ar").startswith("ar")
            for key, (ar, en) in WELL_KNOWN.items():
                self._put_folder(mailbox, key, ar if arabic else en, "" if key == ROOT else ROOT, key == RECOVERABLE)
        return [folder for folder in self._folders.values() if folder["mailbox"] == mailbox]

    def folder(self, mailbox: str, name: str) -> Thing | None:
        """The folder of this id or well-known name (in whatever case)."""
        self.folders(mailbox)
        known = self._folders.get(f"{mailbox}/{name.lower()}") if name.lower() in WELL_KNOWN else None
        return known or next((f for f in self.folders(mailbox) if f["id"] == name), None)

    def folder_of(self, message: Thing) -> Thing:
        self.folders(message["mailbox"])
        return self._folders[f"{message['mailbox']}/{message['folder']}"]

    def add_folder(self, mailbox: str, parent: Thing, name: str) -> Thing:
        return self._put_folder(mailbox, f"f{self._world.next('folders')}", name, parent["key"])

    def rename_folder(self, folder: Thing, name: str) -> Thing:
        return self._put_folder(folder["mailbox"], folder["key"], name, folder["parent"])

    def remove_folder(self, folder: Thing) -> None:
        del self._folders[f"{folder['mailbox']}/{folder['key']}"]

    def counts(self, folder: Thing) -> tuple[int, int]:
        """How many messages lie in a folder, and how many of them are unread."""
        key = (folder["mailbox"], folder["key"])
        return len(self._by_arrival[key]), self._unread[key]

    def _put_folder(self, mailbox: str, key: str, name: str, parent: str, hidden: bool = False) -> Thing:
        folder_id = "AAMkAG" + opaque(mailbox, "folder", key) + "AAAAAAEMAAA="
        made = {"mailbox": mailbox, "key": key, "id": folder_id, "name": name, "parent": parent, "hidden": hidden}
        self._folders[f"{mailbox}/{key}"] = made
        return made

    ################################################################
    # Looking up
    ################################################################

    def find(self, mailbox: str, message_id: str) -> Thing | None:
        """The message of this id, of either kind; not one that is in transit."""
        message = self._messages.get(str(self._by_id.get(message_id, 0)))
        found = message is not None and message["mailbox"] == mailbox and message["folder"] != IN_TRANSIT
        return message if found else None

    def number(self, n: int) -> Thing | None:
        return self._messages.get(str(n))

    def arrivals(self, mailbox: str, folder: str | None) -> list[tuple[str, int]]:
        """(receivedDateTime, number) of what lies in a folder, or in the whole mailbox; the oldest first. Read only."""
        return self._by_arrival[(mailbox, folder)]

    def with_internet_id(self, mailbox: str, internet_id: str) -> list[Thing]:
        return [self._messages[str(n)] for n in sorted(self._by_internet_id.get((mailbox, internet_id), ()))]

    def with_property(self, mailbox: str, property_id: str, value: str) -> list[Thing]:
        """The messages that carry this extended property with exactly this value."""
        found = self._by_property.get((mailbox, property_id.lower(), value), ())
        return [self._messages[str(n)] for n in sorted(found)]

    def body(self, message: Thing) -> tuple[str, str]:
        """Its content type, "html" or "text", and its text."""
        return message["body"]["contentType"], self._world.bytes_of(message["body"]["sha256"]).decode()

    def log(self, mailbox: str, folder: str) -> ChangeLog:
        """The changes in one folder; the keys are numbers of messages, there or `gone`."""
        return self._logs[(mailbox, folder)]

    def gone(self, mailbox: str, folder: str, n: int) -> Thing:
        """The ids of a message that has left a folder."""
        return self._gone[f"{mailbox}/{folder}/{n}"]

    ################################################################
    # Changing
    ################################################################

    def add(self, mailbox: str, folder: str, fields: Thing, now: datetime, **parts: Any) -> Thing:
        """Put a new message into a folder. *parts* are what a message has beside its fields."""
        n = self._world.next("messages")
        at = instant(now)
        frame = {"n": n, "mailbox": mailbox, "folder": folder, "moves": 0, "version": 0}
        empty: Thing = {"mime": None, "attachments": [], "properties": {}, "headers": [], "thread": {}}
        seq = self._world.next(f"mail {mailbox}")
        message = {**frame, **empty, "seq": seq, "joined": seq, **parts}
        message["fields"] = {**fields, "createdDateTime": at, "lastModifiedDateTime": at}
        message["immutable"] = "AAkALgAAAAAAHYQDEapm" + opaque(mailbox, "item", n)
        message["id"] = self._usual_id(message)
        self._write(message)
        self._tell("created", message, now)
        return message

    def change(self, message: Thing, now: datetime, **parts: Any) -> Thing:
        """Give a message new parts; `fields` need hold only what is new in them."""
        changed = {**message, **parts, "version": message["version"] + 1}
        changed["seq"] = self._world.next(f"mail {message['mailbox']}")
        changed["fields"] = {**message["fields"], **parts.get("fields", {}), "lastModifiedDateTime": instant(now)}
        self._forget(message)
        self._write(changed)
        self._tell("updated", changed, now)
        return changed

    def move(self, message: Thing, folder: str, now: datetime, **parts: Any) -> Thing:
        """Put a message into another folder, where it has a new usual id. *parts* as in `change`."""
        if folder == message["folder"]:
            return self.change(message, now, **parts)
        seq = self._world.next(f"mail {message['mailbox']}")
        moved = {**message, **parts, "folder": folder, "seq": seq, "joined": seq}
        moved |= {"moves": message["moves"] + 1, "version": message["version"] + 1}
        moved["fields"] = {**message["fields"], **parts.get("fields", {}), "lastModifiedDateTime": instant(now)}
        moved["id"] = self._usual_id(moved)
        self._forget(message)
        self._leave(message)
        self._gone.pop(f"{moved['mailbox']}/{folder}/{moved['n']}", None)
        self._write(moved)
        self._tell("deleted", message, now, whole=folder in OUT_OF_SIGHT)
        self._tell("created", moved, now, whole=message["folder"] in OUT_OF_SIGHT)
        if folder not in OUT_OF_SIGHT and message["folder"] not in OUT_OF_SIGHT:
            self._tell("updated", moved, now, folder="")
        return moved

    def copy(self, message: Thing, folder: str, now: datetime) -> Thing:
        kept = ("body", "mime", "attachments", "properties", "headers", "thread")
        return self.add(message["mailbox"], folder, message["fields"], now, **{name: message[name] for name in kept})

    def discard(self, message: Thing, now: datetime) -> None:
        """Let a message be gone for good."""
        self._forget(message)
        self._leave(message)
        del self._messages[str(message["n"])]
        self._tell("deleted", message, now)

    def _tell(self, kind: str, message: Thing, now: datetime, *, whole: bool = True, folder: str | None = None) -> None:
        place = message["folder"] if folder is None else folder
        if place in OUT_OF_SIGHT:
            return
        for watcher in self.watchers:
            watcher(Change(kind, message, place, whole), now)

    ################################################################
    # Indexes
    ################################################################

    def _load(self) -> None:
        for message in sorted(self._messages.values(), key=lambda message: str(message["fields"]["receivedDateTime"])):
            self._index(message)
        changes = [(m["seq"], m["mailbox"], m["folder"], m["n"]) for m in self._messages.values()]
        changes += [(g["seq"], *place.split("/")) for place, g in self._gone.items()]
        for seq, mailbox, folder, n in sorted(changes, key=lambda change: int(change[0])):
            self._logs[(mailbox, folder)].note(seq, str(n))

    def _write(self, message: Thing) -> None:
        self._messages[str(message["n"])] = message
        self._index(message)
        self._logs[(message["mailbox"], message["folder"])].note(message["seq"], str(message["n"]))

    def _lists(self, message: Thing) -> Iterator[list[tuple[str, int]]]:
        yield self._by_arrival[(message["mailbox"], message["folder"])]
        if message["folder"] not in OUT_OF_SIGHT:
            yield self._by_arrival[(message["mailbox"], None)]

    def _index(self, message: Thing) -> None:
        n, mailbox, fields = message["n"], message["mailbox"], message["fields"]
        self._by_id[message["id"]] = self._by_id[message["immutable"]] = n
        for arrivals in self._lists(message):
            insort(arrivals, (fields["receivedDateTime"], n))
        if fields.get("internetMessageId"):
            self._by_internet_id[(mailbox, fields["internetMessageId"])].add(n)
        for property_id, value in message["properties"].items():
            self._by_property[(mailbox, property_id.lower(), value)].add(n)
        self._unread[(mailbox, message["folder"])] += not fields["isRead"]

    def _forget(self, message: Thing) -> None:
        n, mailbox, fields = message["n"], message["mailbox"], message["fields"]
        del self._by_id[message["id"]], self._by_id[message["immutable"]]
        for arrivals in self._lists(message):
            del arrivals[bisect_left(arrivals, (fields["receivedDateTime"], n))]
        if fields.get("internetMessageId"):
            self._by_internet_id[(mailbox, fields["internetMessageId"])].discard(n)
        for property_id, value in message["properties"].items():
            self._by_property[(mailbox, property_id.lower(), value)].discard(n)
        self._unread[(mailbox, message["folder"])] -= not fields["isRead"]

    def _leave(self, message: Thing) -> None:
        """Note in its folder's feed that a message is there no longer."""
        mailbox, folder, n = message["mailbox"], message["folder"], message["n"]
        seq = self._world.next(f"mail {mailbox}")
        self._gone[f"{mailbox}/{folder}/{n}"] = {"seq": seq, "id": message["id"], "immutable": message["immutable"]}
        self._logs[(mailbox, folder)].note(seq, str(n))

    @staticmethod
    def _usual_id(message: Thing) -> str:
        return f"AAMkAG{opaque(message['mailbox'])[:24]}{opaque(message['n'], message['moves'])}AAA="


def web_link(message: Thing) -> str:
    item = quote(message["id"], safe="")
    return f"https://outlook.office365.com/owa/?ItemID={item}&exvsurl=1&viewmodel=ReadMessageItem"
