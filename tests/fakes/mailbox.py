"""A registry mailbox in memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from graph.mime import read_mail
from graph.uploads import must_fit
from registry.errors import Gone, Misconfigured
from registry.mail import Address
from service.ports import Arrived, Changes, Clock, Drafted, Fetched, Folder
from service.sending_ports import BytesOf, LetterMail
from tests.fakes.faults import Faults


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of ours, drafted or sent."""

    item_id: str
    key: str
    html: str
    answers: str  # the item it answers; of a letter, the Message-ID
    to: Address
    message_id: str
    subject: str = ""


@dataclass(slots=True)
class Item:
    """A mail as it lies in a folder."""

    arrived: Arrived
    raw: bytes
    folder: str
    categories: list[str] = field(default_factory=list)
    reference: str = ""


class FakeMailbox:
    """Mailbox, with what a test may do to it: mails arrive and are removed, cursors die, calls fail (`faults`)."""

    def __init__(
        self, address: str = "registry@ministry.example", clock: Clock = lambda: datetime.now(UTC), page: int = 200
    ) -> None:
        self.address, self._clock, self._page = address, clock, page
        self.items: dict[str, Item] = {}
        self.drafts: dict[str, Reply] = {}
        self.sent: dict[str, Reply] = {}
        self.enclosed: dict[str, dict[str, bytes]] = {}  # what is on a letter, by its draft's id
        self.empty_folders = {"inbox"}
        self.faults = Faults()
        self._log: list[str] = []  # ids, in the order in which the mails changed
        self._age = 0  # of the cursors: older ones are dead
        self._made = 0

    # ------------------------------------------------------------ what the world does

    def arrive(self, raw: bytes, *, folder: str = "inbox", at: datetime | None = None) -> Arrived:
        """A mail arrives."""
        item_id = self._new_id()
        read = self.read(raw, Arrived(item_id=item_id, message_id="", received_at=_EPOCH))
        arrived = Arrived(item_id=item_id, message_id=read.mail.message_id, received_at=at or self._clock())
        self.items[item_id] = Item(arrived, raw, folder)
        self._log.append(item_id)
        return arrived

    def remove(self, item_id: str) -> None:
        """Somebody deletes a mail for good, or a draft before it is sent."""
        self.items.pop(item_id, None)
        self.drafts.pop(item_id, None)

    def touch(self, item_id: str) -> None:
        """Somebody reads or flags a mail: delta shows it once more."""
        self._log.append(item_id)

    def kill_cursors(self) -> None:
        """No cursor that was ever given is good any more."""
        self._age += 1

    def move(self, item_id: str, folder: str) -> None:
        """Somebody puts a mail into another folder."""
        self.items[item_id].folder = folder
        self.touch(item_id)

    # ------------------------------------------------------------ the port

    async def folders(self, named: Sequence[str]) -> list[Folder]:
        """A folder "inbox/cases" lies in "inbox". All that hold a mail are there, and those of `empty_folders`."""
        self.faults.before("folders")
        there = self.empty_folders | {item.folder for item in self.items.values()}
        if missing := [name for name in named if name not in there]:
            raise Misconfigured(f"{self.address} has no folder {missing[0]}")
        return [Folder(key, key) for key in sorted(there) if any(f"{key}/".startswith(f"{name}/") for name in named)]

    async def changes(self, folder: str, cursor: str | None) -> Changes:
        self.faults.before("changes")
        age, _, at = (cursor or f"{self._age}/0").partition("/")
        if int(age) != self._age:
            raise Gone("the cursor is dead")
        if folder not in self.empty_folders | {item.folder for item in self.items.values()}:
            raise Gone(f"no folder {folder}")
        start = int(at)
        page = self._log[start : start + self._page]
        found = (self.items[i] for i in page if i in self.items)
        shown = tuple(item.arrived for item in found if item.folder == folder)
        end = start + len(page)
        self.faults.after("changes")
        return Changes(shown, f"{self._age}/{end}", more=end < len(self._log))

    async def fetch(self, item: Arrived) -> Fetched:
        self.faults.before("fetch")
        return self.read(self._item(item.item_id).raw, item)

    async def listing(self, folder: str, start: datetime, end: datetime) -> AsyncIterator[Arrived]:
        self.faults.before("listing")
        shown = [i.arrived for i in self.items.values() if i.folder == folder and start <= i.arrived.received_at < end]
        for arrived in sorted(shown, key=lambda a: a.received_at):
            yield arrived

    async def mark(self, item_id: str, category: str, reference: str) -> None:
        self.faults.before("mark")
        item = self._item(item_id)
        ours = category.partition(":")[0] + ":"
        item.categories = [*(c for c in item.categories if not c.startswith(ours)), category]
        item.reference = reference
        self.touch(item_id)
        self.faults.after("mark")

    async def draft_reply(self, item_id: str, html: str, *, key: str) -> Drafted:
        self.faults.before("draft_reply")
        known = next((r for r in (*self.drafts.values(), *self.sent.values()) if r.key == key), None)
        if known is None:
            item = self._item(item_id)
            original = self.read(item.raw, item.arrived).mail
            made = self._new_id()
            known = Reply(made, key, html, item_id, original.sender, f"<{made}@{self.address.rpartition('@')[2]}>")
            self.drafts[made] = known
        self.faults.after("draft_reply")
        return Drafted(known.item_id, known.message_id)

    async def draft_mail(self, to: str, subject: str, html: str, *, key: str) -> str:
        self.faults.before("draft_mail")
        known = next((r for r in (*self.drafts.values(), *self.sent.values()) if r.key == key), None)
        if known is None:
            made = self._new_id()
            known = Reply(made, key, html, "", Address("", to), f"<{made}@{self.address.rpartition('@')[2]}>", subject)
            self.drafts[made] = known
        self.faults.after("draft_mail")
        return known.item_id

    async def draft_letter(self, letter: LetterMail, bytes_of: BytesOf, *, key: str) -> Drafted:
        self.faults.before("draft_letter")
        must_fit(letter.enclosures)
        known = next((r for r in (*self.drafts.values(), *self.sent.values()) if r.key == key), None)
        if known is None:
            made, domain = self._new_id(), self.address.rpartition("@")[2]
            known = Reply(
                made, key, letter.html, letter.answers, Address("", letter.to), f"<{made}@{domain}>", letter.subject
            )
            self.drafts[made] = known
        enclosed = self.enclosed.setdefault(known.item_id, {})
        for file in letter.enclosures if known.item_id in self.drafts else ():
            if file.name not in enclosed:
                self.faults.before("enclose")
                enclosed[file.name] = await bytes_of(file)
                self.faults.after("enclose")
        self.faults.after("draft_letter")
        return Drafted(known.item_id, known.message_id)

    async def drafted(self, key: str) -> str | None:
        self.faults.before("drafted")
        return next((r.item_id for r in (*self.drafts.values(), *self.sent.values()) if r.key == key), None)

    async def withdraw(self, draft_id: str) -> str | None:
        self.faults.before("withdraw")
        known = self.drafts.pop(draft_id, None)
        if known is None and draft_id not in self.sent:
            raise Gone(f"no draft {draft_id}")
        self.faults.after("withdraw")
        return self.sent[draft_id].message_id if known is None else None

    async def send_draft(self, draft_id: str) -> str:
        self.faults.before("send_draft")
        if draft_id in self.drafts:
            self.sent[draft_id] = self.drafts.pop(draft_id)
        if draft_id not in self.sent:
            raise Gone(f"no draft {draft_id}")
        self.faults.after("send_draft")
        return self.sent[draft_id].message_id

    # ------------------------------------------------------------ parts of the above

    def read(self, raw: bytes, item: Arrived) -> Fetched:
        return read_mail(raw, mailbox=self.address, item=item)

    def _item(self, item_id: str) -> Item:
        if item_id not in self.items:
            raise Gone(f"no item {item_id}")
        return self.items[item_id]

    def _new_id(self) -> str:
        self._made += 1
        return f"AAk{self._made:06d}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
