################################################################
# Who rings when a mailbox changes
################################################################
#
# Rule 1: the longest life is asked for; half of the life that Graph answered is when to renew.
# Rule 2: one that exists already is found by listing and taken over, if it rings where and as ours should; else it is
#         ended and made anew, for neither its state nor its lifecycle address can be changed.
# Rule 3: of a folder only what arrives rings: our own mark on a mail rings nobody. Of a drive and of the directory each
#         change does; what is no mailbox's is known by its resource, in the place of a mailbox.
# Rule 4: the address names the key under which a subscription was made, by its fingerprint: so the listing shows which
#         ones were made under another, although Graph does not show a clientState.
#
# Source: https://learn.microsoft.com/graph/api/resources/subscription

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from graph.batch import ask_all
from graph.client import GraphClient
from graph.limits import (
    BATCH,
    DIRECTORY_SUBSCRIPTION_LIFE,
    DRIVE_SUBSCRIPTION_LIFE,
    HANDSHAKE,
    MAIL_SUBSCRIPTION_LIFE,
    Limit,
)
from graph.wire import Answer, Ask, read_json
from registry.errors import Changed, Gone, Mistaken, TarasulError, Unavailable
from service.ports import Clock, Subscribed

CLOCKS_APART = timedelta(minutes=5)  # Graph's clock may be behind ours

_FOLDER = re.compile(
    r"/?users(?:/|\(')(?P<mailbox>[^/']+)(?:'\))?/mailfolders(?:/|\(')(?P<folder>[^/']+)(?:'\))?/messages/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What can be watched, and how."""

    resource: re.Pattern[str]  # in the spelling of `_plain`
    changes: str
    life: Limit

    @property
    def longest(self) -> timedelta:
        return timedelta(minutes=self.life.value)


# A mail that is moved in counts as created; a person who is new, as updated.
_MAIL = _Kind(re.compile(r"users/[^/]+(/mailfolders/[^/]+)?/messages"), "created", MAIL_SUBSCRIPTION_LIFE)
_KINDS = (
    _MAIL,
    _Kind(re.compile(r"(drives/[^/]+|users/[^/]+/drive)/root"), "updated", DRIVE_SUBSCRIPTION_LIFE),
    _Kind(re.compile(r"users"), "updated,deleted", DIRECTORY_SUBSCRIPTION_LIFE),
)


class _Told(msgspec.Struct):
    id: str
    resource: str
    expirationDateTime: datetime
    changeType: str = _MAIL.changes
    notificationUrl: str | None = None
    lifecycleNotificationUrl: str | None = None
    clientState: str | None = None


class _Page(msgspec.Struct):
    value: list[_Told]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


_ONE = msgspec.json.Decoder(_Told)
_PAGES = msgspec.json.Decoder(_Page)


class GraphSubscriptions:
    """The Subscriptions port. Every method may raise Throttled, Unavailable, Misconfigured.

    Args:
        notification_url, lifecycle_url: Where Graph rings; it asks both before it makes a subscription. What stands
            after a question mark tells generations of subscriptions apart.
        client_state_of: What each subscription of a mailbox is to carry.
    """

    def __init__(
        self,
        graph: GraphClient,
        notification_url: str,
        lifecycle_url: str,
        client_state_of: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._graph, self._clock, self._client_state_of = graph, clock, client_state_of
        self._notification_url, self._lifecycle_url = notification_url, lifecycle_url

    async def subscribe(self, mailbox: str, resource: str) -> Subscribed:
        """Have us told of what arrives at *resource*. Raises Unavailable also where our doors did not answer Graph."""
        try:
            return await self._make(mailbox, resource)
        except Changed:
            return await self._take_over(mailbox, resource, await self._listed())

    async def renew(self, subscribed: Subscribed) -> Subscribed:
        """Have it live on. Raises Gone where there is none any more."""
        told = await self._graph.read(self._renewing(subscribed), _ONE)
        return replace(self._subscribed(told, subscribed.mailbox), resource=subscribed.resource)

    async def actual(self) -> list[Subscribed]:
        """All that ring at our address; `outdated` are those that are not as we would make them now."""
        door = self._notification_url.partition("?")[0]
        ours = [told for told in await self._listed() if (told.notificationUrl or "").partition("?")[0] == door]
        return [self._actual(told) for told in ours]

    async def end(self, subscription_id: str) -> None:
        """Have it ring no more; that there is none is as good."""
        try:
            await self._graph.answer(_ending(subscription_id))
        except Gone:
            return

    ################################################################
    # Many at once
    ################################################################

    async def subscribe_all(self, places: Sequence[tuple[str, str]]) -> list[Subscribed | TarasulError]:
        """As `subscribe` for each (mailbox, resource); what went wrong with one stands in its place."""
        asks = [self._making(mailbox, resource) for mailbox, resource in places]
        told = await ask_all(self._graph, asks, deadline_s=_deadline_s(len(asks), HANDSHAKE.value * 2.0))
        outcomes = [self._outcome(each, *place) for each, place in zip(told, places, strict=True)]
        if any(isinstance(outcome, Changed) for outcome in outcomes):
            try:
                listed = await self._listed()
            except TarasulError as why:
                return [why if isinstance(outcome, Changed) else outcome for outcome in outcomes]
            for n, (mailbox, resource) in enumerate(places):
                if isinstance(outcomes[n], Changed):
                    try:
                        outcomes[n] = await self._take_over(mailbox, resource, listed)
                    except TarasulError as why:
                        outcomes[n] = why
        return outcomes

    async def renew_all(self, several: Sequence[Subscribed]) -> list[Subscribed | TarasulError]:
        """As `renew` for each of *several*."""
        told = await ask_all(self._graph, [*map(self._renewing, several)], deadline_s=_deadline_s(len(several)))
        return [self._outcome(each, s.mailbox, s.resource) for each, s in zip(told, several, strict=True)]

    async def end_all(self, subscription_ids: Sequence[str]) -> list[TarasulError | None]:
        """As `end` for each of *subscription_ids*."""
        told = await ask_all(
            self._graph, [*map(_ending, subscription_ids)], deadline_s=_deadline_s(len(subscription_ids))
        )
        return [each if isinstance(each, TarasulError) and not isinstance(each, Gone) else None for each in told]

    def _outcome(self, told: Answer | TarasulError, mailbox: str, resource: str) -> Subscribed | TarasulError:
        if isinstance(told, TarasulError):
            return told
        try:
            return replace(self._subscribed(read_json(told.body, _ONE), mailbox), resource=resource)
        except TarasulError as why:
            return why

    ################################################################
    # One of them
    ################################################################

    def _actual(self, told: _Told) -> Subscribed:
        said, kind = _FOLDER.fullmatch(unquote(told.resource)), _kind_of(told.resource)
        mailbox = said["mailbox"] if said is not None else "" if kind is _MAIL else told.resource.strip("/")
        same_changes = set(told.changeType.split(",")) == set(kind.changes.split(","))
        current = mailbox != "" and same_changes and self._rings_as_ours(told, mailbox)
        if said is not None:
            told = msgspec.structs.replace(told, resource=f"users/{mailbox}/mailFolders('{said['folder']}')/messages")
        return replace(self._subscribed(told, mailbox), outdated=not current)

    async def _take_over(self, mailbox: str, resource: str, listed: Sequence[_Told]) -> Subscribed:
        """One that is there already: ours from now on, or ended and made anew."""
        found = next((told for told in listed if _same(told.resource, resource)), None)
        if found is None:
            raise Unavailable("a subscription that exists is not listed yet")
        if self._rings_as_ours(found, mailbox):
            return await self.renew(replace(self._subscribed(found, mailbox), resource=resource))
        await self.end(found.id)
        return await self._make(mailbox, resource)

    async def _make(self, mailbox: str, resource: str) -> Subscribed:
        made = await self._graph.read(self._making(mailbox, resource), _ONE)
        return replace(self._subscribed(made, mailbox), resource=resource)

    def _making(self, mailbox: str, resource: str) -> Ask:
        wanted: dict[str, Any] = {
            "changeType": _kind_of(resource).changes,
            "notificationUrl": self._notification_url,
            "lifecycleNotificationUrl": self._lifecycle_url,
            "resource": resource,
            "expirationDateTime": self._latest(resource),
            "clientState": self._client_state_of(mailbox),
        }
        return Ask("POST", "/subscriptions", json=wanted)

    def _renewing(self, subscribed: Subscribed) -> Ask:
        path = f"/subscriptions/{quote(subscribed.subscription_id, safe='')}"
        return Ask("PATCH", path, json={"expirationDateTime": self._latest(subscribed.resource)}, repeatable=True)

    async def _listed(self) -> list[_Told]:
        listed: list[_Told] = []
        path: str | None = "/subscriptions"
        while path:
            page = await self._graph.read(Ask("GET", path), _PAGES)
            listed += page.value
            path = page.next_link
        return listed

    def _rings_as_ours(self, told: _Told, mailbox: str) -> bool:
        return (
            told.notificationUrl == self._notification_url
            and told.lifecycleNotificationUrl == self._lifecycle_url
            and told.clientState in (None, self._client_state_of(mailbox))  # a service may keep it to itself
        )

    def _latest(self, resource: str) -> str:
        return (self._clock() + _kind_of(resource).longest - CLOCKS_APART).isoformat().replace("+00:00", "Z")

    def _subscribed(self, told: _Told, mailbox: str) -> Subscribed:
        if told.expirationDateTime.tzinfo is None:
            raise Mistaken("an end of a subscription without a zone")
        now = self._clock()
        return Subscribed(
            subscription_id=told.id,
            mailbox=mailbox,
            resource=told.resource,
            expires_at=told.expirationDateTime,
            renew_at=now + (told.expirationDateTime - now) / 2,
        )


def _kind_of(resource: str) -> _Kind:
    return next((kind for kind in _KINDS if kind.resource.fullmatch(_plain(resource))), _MAIL)


def _ending(subscription_id: str) -> Ask:
    return Ask("DELETE", f"/subscriptions/{quote(subscription_id, safe='')}", repeatable=True)


def _deadline_s(count: int, each_s: float = 0.5) -> float:
    """Seconds for *count* of them, of which each may take so long and those of a batch wait for one another."""
    return 30.0 + each_s * min(count, BATCH.value) + 10.0 * (count // BATCH.value)


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(resource: str) -> str:
    """A resource in one spelling: `/Users/a/mailFolders('inbox')/messages` is users/a/mailfolders/inbox/messages."""
    return re.sub(r"\('([^']*)'\)", r"/\1", resource.strip("/").lower()).replace("%40", "@")
