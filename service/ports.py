################################################################
# What the service needs of the world, in the office's own words
################################################################
#
# Rule 1: one method per intent; no `patch`, no `$filter`, no SQL.
# Rule 2: whatever changes the world outside takes a `key` and may be repeated: find, else make.
# Rule 3: what goes wrong is said by the exceptions of registry.errors: the class says whose turn it is.
# Rule 4: the store is synchronous (a transaction is one function); only the outside world is `async`.

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from registry.delegation import Delegation
from registry.effects import Effect
from registry.errors import TarasulError
from registry.mail import Mail
from registry.numbers import Series
from registry.office import Office, Person
from registry.recognise import Known
from registry.record import Record, Step
from registry.sheet import Entry
from service.listed import Listed
from service.sign_in import SignIn
from texts import Language

if TYPE_CHECKING:
    from service.waiting import Page

type Clock = Callable[[], datetime]  # aware, UTC


# ---------------------------------------------------------------- what is kept


@dataclass(frozen=True, slots=True)
class Stored:
    """A record, and the hash that its next event must name."""

    record: Record
    head_hash: str


@dataclass(frozen=True, slots=True)
class KeptDelegation:
    """A delegation, and the hash that the next line of its sheet must name."""

    delegation: Delegation
    head_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a card's token stands for; held here, never on the card."""

    token: str
    record_id: str
    step: int
    person: str
    version: int  # of the record when it was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An effect that is ours to perform until the lease ends. `tries` counts this one."""

    effect_id: int
    effect: Effect
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Where a person's chat with the bot is. `blocked` says why nothing can be sent there, as a text key."""

    person: str
    conversation_id: str
    service_url: str
    user_mri: str
    bot_id: str
    blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCard:
    """One copy of a card that stands in a chat."""

    token: str
    conversation_id: str
    activity_id: str
    service_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMail:
    """The verdict on one mail: registered, copy, reply, ours, quarantined, ignored, or gone before it was read.

    "shown" is none: a delta page showed the mail, and nobody has judged it yet. `sender` and `thread` are what
    registry.recognise.traces says of it.
    """

    mailbox: str
    item_id: str
    identity: str
    message_id: str
    received_at: datetime
    verdict: str
    rule: str | None = None
    record_id: str | None = None
    sender: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Turns:
    """How many places of a scope an owner has. `rung`: somebody waits for one, and was told no."""

    held: int
    rung: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """A subscription of ours, as Graph answered it."""

    subscription_id: str
    mailbox: str
    resource: str
    expires_at: datetime
    renew_at: datetime
    outdated: bool = False  # it rings where ours ring, but was made under another key, address or plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records somebody asks for. Empty fields ask for everything."""

    search: str = ""
    kind: str = ""
    status: str = ""
    holder: str = ""  # a person's id: whose turn it is, by name or as a clerk of `holder_unit`
    holder_unit: str = ""
    asked_of: str = ""  # as `holder`, with what they are only told of
    asked_of_unit: str = ""
    reader: str = ""  # only what this person may read …
    reader_unit: str = ""  # … or what stands in the register of the unit whose clerk they are
    reader_for: tuple[str, ...] = ()  # … or what waits for one of these, for whom they stand in
    put_before: tuple[str, ...] = ()  # only what waits for one of these, by name
    updated_since: datetime | None = None
    listed_kinds: tuple[str, ...] = ()
    matter: str = ""  # what belongs together
    serial: int | None = None
    year: int | None = None
    oldest_first: bool = False
    top: int = 50
    after: tuple[str, str] | None = None  # (updated_at, record_id) of the last one shown


class Transaction(Protocol):
    """One transaction. All of it is kept, or none."""

    def first_time(self, key: str, record_id: str, at: datetime) -> bool:
        """Whether the fact *key* was never taken before; notes that it now is, and of which record."""
        ...

    def taken_for(self, key: str) -> str | None:
        """The record that the fact *key* was taken for; None where it never was."""
        ...

    def record(self, record_id: str) -> Stored | None:
        """The record, locked against everybody else until the transaction ends."""
        ...

    def draw(self, series: Series) -> int:
        """The next number of a series: given back if the transaction comes to nothing."""
        ...

    def reserve(self, series: Series, serial: int) -> None:
        """Draw no number up to *serial* of a series any more: a record that was brought from elsewhere has it."""
        ...

    def save(self, before: Record | None, after: Record, entries: Sequence[Entry]) -> None:
        """Keep the record and its new lines, with what it is found by."""
        ...

    def open_drafts(self) -> list[tuple[str, str, str]]:
        """Where the Word files of open drafts lie: (drive, item, record)."""
        ...

    def to_remind(self, now: datetime, limit: int) -> list[tuple[str, int, datetime]]:
        """Open steps whose holders are to be reminded by *now*: (record, step, since when), the longest due first."""
        ...

    def request(
        self,
        effects: Iterable[Effect],
        version: int,
        at: datetime,
        new_token: Callable[[], str],
        *,
        since: datetime | None = None,
    ) -> None:
        """Put effects in the outbox, due at once. Each card gets a token here, the same for all its copies.

        `since` is how old what they belong to is: what is older goes first, so that it is finished before the next is
        begun.
        """
        ...

    def office(self) -> Office: ...

    def asked(self, token: str) -> Asked | None: ...

    def token_of(self, record_id: str, step: int, person: str) -> str | None: ...

    def known(self, mail: Mail) -> Known: ...

    def see_mail(self, seen: SeenMail, at: datetime) -> None: ...

    def show_mail(self, mailbox: str, arrived: Sequence["Arrived"], at: datetime) -> None:
        """Note that delta showed these, where nothing is known of them yet."""
        ...

    def note_message_id(self, message_id: str, record_id: str, *, ours: bool) -> None: ...

    def hand_over_mail(self, record_id: str, to_record: str, at: datetime) -> None:
        """The mail that made the one record is registered as the other, which is the one that is answered now."""
        ...

    def unseen(self, mailbox: str, item_ids: Sequence[str]) -> frozenset[str]:
        """Those of *item_ids* that have no verdict yet."""
        ...

    def cursor(self, mailbox: str, folder: str) -> str | None: ...

    def save_cursor(self, mailbox: str, folder: str, link: str | None, at: datetime) -> None: ...

    def followed(self, mailbox: str) -> dict[str, datetime]:
        """The folders that are followed, and when each was last read to where its cursor stands."""
        ...

    def follow(self, mailbox: str, folders: Sequence[str], at: datetime) -> None:
        """Follow these folders and no others; what was followed before keeps its cursor."""
        ...

    def settle(self, effect_id: int, owner: str, at: datetime) -> bool:
        """Mark an effect done; False where the lease was lost to somebody else meanwhile."""
        ...

    def postpone(self, effect_id: int, owner: str, due_at: datetime, error: str) -> None: ...

    def stick(self, effect_id: int, owner: str, at: datetime, error: str) -> bool: ...

    def claim(self, owner: str, now: datetime, lease_until: datetime, limit: int) -> list[Claimed]:
        """Take the first effect of each free lane that is due, *limit* at most."""
        ...

    def hasten(self, person: str, at: datetime) -> int:
        """Make what waits for *person*'s chat, or got stuck there, due at once; the number of effects that did."""
        ...

    def next_due_at(self) -> datetime | None:
        """When the next effect can be claimed: due, its turn in its lane, and nobody at work on it."""
        ...

    def add_card(self, card: SentCard, at: datetime) -> None: ...

    def cards(self, token: str) -> list[SentCard]: ...

    def drop_card(self, card: SentCard) -> None: ...

    def conversation(self, person: str) -> Conversation | None: ...

    def save_conversation(self, conversation: Conversation, at: datetime) -> None: ...

    def block_conversation(self, person: str, reason: str | None, at: datetime) -> None: ...

    def take_lease(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take or prolong a lease. Where another holds it, note that we rang, and return False."""
        ...

    def end_lease(self, name: str, owner: str) -> bool:
        """Let go of a lease. False, and it is kept, if somebody rang meanwhile: look again first. True as well where it
        is somebody else's by now."""
        ...

    def take_turns(self, scope: str, owner: str, wanted: int, most: int, now: datetime, until: datetime) -> Turns:
        """Have *wanted* of the *most* places of a scope to itself until then, and let go of what it had beyond them.
        Where there are too few free, whoever has the others is rung."""
        ...

    def pause(self, scope: str, until: datetime) -> None:
        """Let everybody leave *scope* alone until then, or for as long as was said before if that is longer."""
        ...

    def pauses(self, now: datetime) -> dict[str, datetime]:
        """What is to be left alone, and until when."""
        ...

    def subscriptions(self) -> list[Subscribed]: ...

    def save_subscription(self, subscribed: Subscribed) -> None: ...

    def drop_subscription(self, subscription_id: str) -> None: ...

    def save_office(self, office: Office) -> bool:
        """Keep the people and units; False, and no new version, where nothing changed. Its delegations are left out:
        they are kept by `save_delegation`."""
        ...

    def delegation(self, delegation_id: str) -> KeptDelegation | None:
        """A delegation, whether or not it is over; who writes has all of them for themselves until the end."""
        ...

    def delegations_of(self, person: str, limit: int) -> list[Delegation]:
        """Whatever *person* delegated or was to take on: what is not over first, then the newest."""
        ...

    def save_delegation(self, after: Delegation, entries: Sequence[Entry], at: datetime) -> None:
        """Keep a delegation and the new lines of its sheet; the office has a new version by it."""
        ...

    def waiting_people(self) -> list[str]:
        """Everyone, by name, before whom an open step is put."""
        ...

    def imported(self) -> str | None:
        """What was last imported of the organisation."""
        ...

    def save_imported(self, body: str, at: datetime) -> None: ...

    def find(self, wanted: Wanted) -> list[Record]:
        """Records by their last change, newest first unless *wanted* says otherwise."""
        ...

    def sheet(self, record_id: str) -> list[Entry]: ...

    def mail_between(self, mailbox: str, start: datetime, end: datetime) -> list[SeenMail]: ...

    def lost(self, mailbox: str, start: datetime, end: datetime) -> list[str]:
        """The records that verdicts on mails received between the two name, and that are not there or not whole."""
        ...

    def heads(self, start: datetime, end: datetime) -> list[tuple[str, int, str]]:
        """Of the records whose last line was written between the two: (record_id, its seq, its hash), by id."""
        ...

    def forget_lost(self, record_ids: Sequence[str]) -> None:
        """Of those that are not there at all, forget what is kept beside a record: verdicts, ids, cards, effects."""
        ...

    def stuck(self) -> list[tuple[int, str, str, str]]:
        """Effects that an operator must look at: (effect_id, record_id, kind, error)."""
        ...

    def save_day_count(self, day: str, mailbox: str, as_of: datetime, body: str) -> None: ...

    def day_counts(self, day: str) -> dict[str, tuple[str, str]]:
        """Per mailbox: (as_of, body) of the last count of that day."""
        ...

    def save_list(self, listed: Listed, at: datetime, forget_before: datetime) -> None:
        """Keep a list that is put in somebody's chat, and forget those of theirs that were made before then."""
        ...

    def listed(self, token: str) -> Listed | None: ...

    def preference(self, person: str, name: str) -> str | None:
        """What somebody chose for themselves; None where they never did."""
        ...

    def save_preference(self, person: str, name: str, value: str) -> None: ...

    def sign_in(self, person: str) -> SignIn | None:
        """How far somebody's sign-in before a secret is; None where they never began one."""
        ...

    def save_sign_in(self, sign_in: SignIn) -> None: ...

    def who_waits(self, since_before: datetime) -> list[tuple[str | None, str]]:
        """Before whom something was put before that instant that is still open: a person, or (None) the register of a
        unit; each once."""
        ...


class Store(Protocol):
    """What we keep, in transactions."""

    def write[T](self, work: Callable[[Transaction], T]) -> T:
        """Run *work* in one transaction; what it raises undoes it. Raises Unavailable where the database is."""
        ...

    def read[T](self, work: Callable[[Transaction], T]) -> T: ...

    def close(self) -> None: ...


class Archive(Protocol):
    """Bytes for ever, by their SHA-256. Nothing in it is ever changed or overwritten."""

    async def put(self, body: bytes) -> str:
        """Keep *body* and return its SHA-256 (hex). Keeping it twice keeps it once."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Return what was put. Raises Gone where it never was; Unavailable where the bytes are not what they were."""
        ...


# ---------------------------------------------------------------- Microsoft 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A mail as a delta page or a listing shows it."""

    item_id: str
    message_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of what changed in a folder. `more` says that the next page waits behind `cursor`."""

    arrived: tuple[Arrived, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail read from its bytes; `parts` are the bytes of its attachments by SHA-256.

    `end` says how the bytes end: closed, as their structure wants it; cut; or the structure wants nothing: they are a
    single text, or a single file.
    """

    mail: Mail
    raw: bytes
    parts: Mapping[str, bytes]
    end: Literal["closed", "cut", "text", "file"] = "closed"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A reply of ours in the mailbox, and the Message-ID under which it goes; empty where a draft has none."""

    item_id: str
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a mailbox: `key` is what it is asked for by, `name` the path that people see."""

    key: str
    name: str


class Mailbox(Protocol):
    """One registry mailbox."""

    async def folders(self, named: Sequence[str]) -> list[Folder]:
        """The folders that *named* name, with all below them. Raises Misconfigured where one is not there."""
        ...

    async def changes(self, folder: str, cursor: str | None) -> Changes:
        """The next page after *cursor*. Raises Gone where the cursor is dead: begin again with None."""
        ...

    async def fetch(self, item: Arrived) -> Fetched:
        """The mail's exact bytes, read. Never raises for what the bytes are: that is said in `Mail.unreadable`."""
        ...

    def listing(self, folder: str, start: datetime, end: datetime) -> AsyncIterator[Arrived]:
        """A fresh listing by received time, without any cursor of ours."""
        ...

    async def mark(self, item_id: str, category: str, reference: str) -> None:
        """Write the number on the mail. Raises Gone where it was deleted."""
        ...

    async def draft_reply(self, item_id: str, html: str, *, key: str) -> Drafted:
        """Return the one draft that carries *key*, made now or found from an earlier try."""
        ...

    async def draft_mail(self, to: str, subject: str, html: str, *, key: str) -> str:
        """As `draft_reply`, of a mail to the address *to* that answers none."""
        ...

    async def drafted(self, key: str) -> str | None:
        """The id of the mail of ours that carries *key*, drafted or sent; None where it is in neither folder."""
        ...

    async def withdraw(self, draft_id: str) -> str | None:
        """Delete a draft that is not to be sent any more. Of one that was sent, return the Message-ID; raises Gone
        where there is neither: it is deleted, or on its way."""
        ...

    async def send_draft(self, draft_id: str) -> str:
        """Send it unless it has gone already, and return its Message-ID. An id that answers 404 raises Gone."""
        ...


class Subscriptions(Protocol):
    """Who rings when a mailbox changes."""

    async def subscribe(self, mailbox: str, resource: str) -> Subscribed: ...

    async def renew(self, subscribed: Subscribed) -> Subscribed:
        """Raises Gone where there is none any more."""
        ...

    async def actual(self) -> list[Subscribed]:
        """All that ring at our address."""
        ...

    async def end(self, subscription_id: str) -> None: ...

    # Many at once; what went wrong with one stands in its place, and the others are done.

    async def subscribe_all(self, places: Sequence[tuple[str, str]]) -> list[Subscribed | TarasulError]:
        """As `subscribe` for each (mailbox, resource)."""
        ...

    async def renew_all(self, several: Sequence[Subscribed]) -> list[Subscribed | TarasulError]: ...

    async def end_all(self, subscription_ids: Sequence[str]) -> list[TarasulError | None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPerson:
    """A person as the directory shows them."""

    person_id: str
    name: str
    upn: str
    mail: str
    language_tag: str
    department: str
    post: str
    manager: str | None
    active: bool


class Directory(Protocol):
    """The people of the tenant."""

    async def people(self) -> list[DirectoryPerson]: ...


class NotKnown(Exception):
    """Whether somebody is away cannot be known. They are not present for that."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away, or will be. `starts` None: now; `until` None: until they say otherwise."""

    starts: datetime | None
    until: datetime | None


class Absences(Protocol):
    """Who is away."""

    async def of(self, person: str) -> Absence | None:
        """What *person*'s automatic reply says; None: they have none. Raises NotKnown where it may not be read."""
        ...


class Installs(Protocol):
    """The app in people's Teams."""

    async def install(self, person: str) -> bool:
        """Install the app for *person*: their chat is told of later, by the bot. False where it was there already."""
        ...

    async def chat(self, person: str) -> str | None:
        """The id of *person*'s chat with the bot; None where the app is not there."""
        ...


class NotFetched(Exception):
    """A file cannot be had, for the reason (a text key), and asking again does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Downloads(Protocol):
    """Files that are handed out at a link that opens itself, for some minutes."""

    async def fetch(self, link: str, limit_bytes: int) -> bytes:
        """The file's bytes. Raises NotFetched; Unavailable where it may be had later."""
        ...


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that somebody shared by a link."""

    name: str
    content_type: str
    body: bytes


class SharedFiles(Protocol):
    """Files of the ministry's own people, shared by a link that stands in a letter."""

    async def fetch(self, link: str) -> SharedFile:
        """Raises NotFetched where it is not ours, not for us, or not there; Unavailable where it may be had later."""
        ...


# ---------------------------------------------------------------- Teams


class ChatBlocked(Exception):
    """Nothing can be sent to this chat, for the reason (a text key), and asking again does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotInstalled(Exception):
    """The app is not installed for this person."""


class Chats(Protocol):
    """Cards in people's chats."""

    def found(self, person: str, conversation_id: str) -> Conversation:
        """A chat that the bot was never told of, as far as it can be known."""
        ...

    async def ask(self, conversation: Conversation, card: "AnyView") -> str:
        """Put a card in the chat and return its activity id. Raises ChatBlocked, NotInstalled."""
        ...

    async def refresh(self, sent: SentCard, card: "AnyView") -> None:
        """Replace a card that stands in a chat. Raises Gone where it does not stand there any more."""
        ...

    async def tell(self, conversation: Conversation, text: str) -> None:
        """Say a sentence in the chat. Raises ChatBlocked, NotInstalled."""
        ...

    async def digest(self, conversation: Conversation, person: Person, office: Office, page: "Page") -> None:
        """Tell what waits for *person*. Raises ChatBlocked, NotInstalled."""
        ...


@dataclass(frozen=True, slots=True)
class DelegationView:
    """What the card of a delegation is drawn from, for one of the two."""

    asked: Asked
    delegation: Delegation
    person: Person
    office: Office
    language: Language
    said: str | None = None


@dataclass(frozen=True, slots=True)
class AwayView:
    """Somebody is away, as their automatic reply says, and is asked who acts for them."""

    person: Person
    office: Office
    language: Language
    starts: datetime
    until: datetime | None


type AnyView = CardView | DelegationView | AwayView


@dataclass(frozen=True, slots=True)
class CardView:
    """Everything a card is drawn from: what was asked of whom, the record as it stands, the office, the language."""

    asked: Asked
    record: Record
    step: Step
    person: Person
    office: Office
    language: Language
    said: str | None = None  # a sentence to show above it: why a press was refused
    matter: tuple[str, ...] = ()  # the numbers of the other records that belong with it
    opened: bool = False  # the reader signed in a moment ago, and what is drawn does not stay in the chat
