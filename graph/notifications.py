################################################################
# What Graph rings with: hints, and who may ring
################################################################
#
# Rule 1: a notification is a hint that something changed, never a fact: of all it says only the mailbox is kept.
# Rule 2: who rings proves it by clientState, `<mailbox key>.<epoch>.<HMAC>`, which needs no store to be checked. It is
#         compared in constant time; what does not fit is passed over without a word, and so is what cannot be read.
#         While a key is exchanged two are good: that of the subscriptions to come, and that of those still there.
# Rule 3: light: the standard library only, so that the door answers from a cold start. Bounded in time and memory.
#
# Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks and …-lifecycle-events

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 8 * 1024 * 1024  # of one POST; Graph's own are some kilobytes
MOST_ITEMS = 10_000

DIRECTORY = "users"  # what is watched of the directory; it rings in the place of a mailbox

DRIVE = "drive:"  # begins what rings in the place of a mailbox where a drive does

LIFECYCLE_EVENTS = frozenset({"reauthorizationRequired", "subscriptionRemoved", "missed"})

_STATE = re.compile(r"([0-9a-f]{16})\.(\d{1,10})\.[A-Za-z0-9_-]{43}", re.ASCII)
_OF_DRIVE = re.compile(r"drive\.([0-9a-f]{16})\.[A-Za-z0-9_-]{43}", re.ASCII)
_DRIVE_ROOT = re.compile(r"drives/([^/]+)/root", re.ASCII)
_SUBSCRIPTION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed in *mailbox*; `cause` is what told us so."""

    mailbox: str
    cause: str = "notification"


@dataclass(frozen=True, slots=True)
class LifecycleHint:
    """Something became of a subscription; `event` is one of LIFECYCLE_EVENTS."""

    mailbox: str
    subscription_id: str
    event: str


def client_state(key: str, mailbox: str, epoch: int) -> str:
    """Return what a subscription of *mailbox* is made with, and Graph repeats: 72 to 81 characters of its 128.

    Args:
        key: The setting GRAPH_CLIENT_STATE.
        epoch: A number of ours that tells one generation of subscriptions from the next; any that we signed is good.
    """
    said = f"{_mailbox_key(mailbox)}.{epoch}"
    digest = hmac.digest(key.encode(), said.encode(), hashlib.sha256)
    return f"{said}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def state_of(key: str, watched: str, epoch: int = 1) -> str:
    """Return what a subscription is made with, whatever it watches: a mailbox, the directory, "drives/<id>/root".

    Which drives ring changes with the drafts that are open, and the door has no store: so a drive's state is good by
    its signature alone, and the door hands on which drive it was by a short name of it (`drive_of`).
    """
    of_drive = _DRIVE_ROOT.fullmatch(watched)
    return client_state(key, watched, epoch) if of_drive is None else _drive_state(key, _mailbox_key(of_drive[1]))


def drive_of(rang: str, drives: Iterable[str]) -> str | None:
    """Return the one of *drives* (their ids) that *rang*, in the place of a mailbox; None where it is none of them."""
    for drive in drives:
        if rang in (DRIVE + _mailbox_key(drive), f"drives/{drive}/root"):
            return drive
    return None


def _drive_state(key: str, short: str) -> str:
    said = f"drive.{short}"
    digest = hmac.digest(key.encode(), said.encode(), hashlib.sha256)
    return f"{said}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def fingerprint(key: str) -> str:
    """Return a short name for *key* that may be seen: eight hexadecimal digits."""
    return hashlib.sha256(b"fingerprint:" + key.encode()).hexdigest()[:8]


def read_hints(body: bytes, keys: tuple[str, ...], mailboxes: Iterable[str]) -> list[Hint]:
    """Return one hint for each of *mailboxes* that a notification's *body* rings for, signed with one of *keys*."""
    known = _Callers(keys, mailboxes)
    found = (known.mailbox_of(item.get("clientState")) for item in _items(body))
    return [Hint(mailbox) for mailbox in dict.fromkeys(found) if mailbox is not None]


def read_lifecycle(body: bytes, keys: tuple[str, ...], mailboxes: Iterable[str]) -> list[LifecycleHint]:
    """Return what became of subscriptions of *mailboxes*, each thing once; events that are unknown are left out."""
    known = _Callers(keys, mailboxes)
    hints: dict[LifecycleHint, None] = {}
    for item in _items(body):
        event, subscription_id = item.get("lifecycleEvent"), item.get("subscriptionId")
        if not isinstance(event, str) or event not in LIFECYCLE_EVENTS or not isinstance(subscription_id, str):
            continue
        mailbox = known.mailbox_of(item.get("clientState"))
        if mailbox is not None and _SUBSCRIPTION.fullmatch(subscription_id):
            hints[LifecycleHint(mailbox, subscription_id, event)] = None
    return list(hints)


class _Callers:
    """Whose clientState is good. The same one is checked once, however often it stands in a body."""

    def __init__(self, keys: tuple[str, ...], mailboxes: Iterable[str]) -> None:
        self._keys = tuple(filter(None, keys))
        self._mailboxes = {_mailbox_key(mailbox): mailbox for mailbox in mailboxes}
        self._checked: dict[str, str | None] = {}

    def mailbox_of(self, state: object) -> str | None:
        if not isinstance(state, str):
            return None
        if state not in self._checked:
            self._checked[state] = self._check(state)
        return self._checked[state]

    def _check(self, state: str) -> str | None:
        if (of_drive := _OF_DRIVE.fullmatch(state)) is not None:
            signed = [_drive_state(key, of_drive[1]).encode() for key in self._keys]
            return DRIVE + of_drive[1] if any([hmac.compare_digest(state.encode(), each) for each in signed]) else None
        said = _STATE.fullmatch(state)
        if said is None or (mailbox := self._mailboxes.get(said[1])) is None:
            return None
        good = [client_state(key, mailbox, int(said[2])).encode() for key in self._keys]
        return mailbox if any([hmac.compare_digest(state.encode(), each) for each in good]) else None


def _mailbox_key(mailbox: str) -> str:
    """A short name for a mailbox, which says nothing to others."""
    return hashlib.sha256(mailbox.strip().lower().encode()).hexdigest()[:16]


def _items(body: bytes) -> Iterator[dict[str, Any]]:
    """The items of a body, as far as it is what Graph sends."""
    if len(body) > MOST_BYTES:
        return
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return
    items = told.get("value") if isinstance(told, dict) else None
    if isinstance(items, list):
        yield from (item for item in items[:MOST_ITEMS] if isinstance(item, dict))
