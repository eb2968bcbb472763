"""What a registry mailbox promises, whoever keeps it: the fake of the tests, and Outlook."""

import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from graph.client import GraphClient
from graph.mailbox import OutlookMailbox
from registry.errors import Gone, Mistaken
from service.ports import Arrived, Mailbox
from service.sending_ports import BytesOf, Enclosure, LetterMail, LetterMailbox
from tests.fakes.mailbox import FakeMailbox
from tests.graph.mails import plain
from tests.graph.world import REGISTRY, World

NUMBERS = count(1)


class InMemory:
    """The fake, and what others do to it."""

    def __init__(self) -> None:
        self.box = FakeMailbox(REGISTRY, page=3)

    def arrive(self, raw: bytes) -> Arrived:
        return self.box.arrive(raw)

    def delete(self, item_id: str) -> None:
        self.box.remove(item_id)

    def categorise(self, item_id: str, *categories: str) -> None:
        self.box.items[item_id].categories = list(categories)

    def categories(self, item_id: str) -> list[str]:
        return self.box.items[item_id].categories

    def sent(self, draft_id: str) -> bool:
        return draft_id in self.box.sent

    def drafts(self) -> set[str]:
        return set(self.box.drafts)

    def enclosed(self, draft_id: str) -> list[tuple[str, int]]:
        return [(name, len(body)) for name, body in self.box.enclosed[draft_id].items()]

    def kill_cursors(self) -> None:
        self.box.kill_cursors()


class InOutlook:
    """The tenant's mailbox, and what others do to it."""

    def __init__(self, world: World, graph: GraphClient) -> None:
        self.box, self._world = OutlookMailbox(graph, REGISTRY), world

    def arrive(self, raw: bytes) -> Arrived:
        told = self._world.arrive(raw)
        item = self._world.item(told["id"], "?$select=receivedDateTime")
        received_at = datetime.fromisoformat(item["receivedDateTime"])
        return Arrived(item_id=told["id"], message_id=told["internet_message_id"], received_at=received_at)

    def delete(self, item_id: str) -> None:
        for _ in range(2):  # the first DELETE only puts it with the recoverable items
            self._call("DELETE", f"/messages/{quote(item_id)}")

    def categorise(self, item_id: str, *categories: str) -> None:
        self._call("PATCH", f"/messages/{quote(item_id)}", json={"categories": list(categories)})

    def categories(self, item_id: str) -> list[str]:
        found: list[str] = self._world.item(item_id, "?$select=categories")["categories"]
        return found

    def sent(self, draft_id: str) -> bool:
        return any(item["id"] == draft_id for item in self._world.in_folder("sentitems"))

    def drafts(self) -> set[str]:
        return {item["id"] for item in self._world.in_folder("drafts")}

    def enclosed(self, draft_id: str) -> list[tuple[str, int]]:
        path = f"/users/{REGISTRY}/messages/{quote(draft_id)}/attachments"
        listed = self._world.graph("GET", path).json()["value"]
        return [(one["name"], len(base64.b64decode(one["contentBytes"]))) for one in listed]

    def kill_cursors(self) -> None:
        self._world.faults({"match": "GET */messages/delta", "fault": "410"})

    def _call(self, method: str, path: str, **sent: Any) -> None:
        answer = self._world.graph(method, f"/users/{REGISTRY}{path}", **sent)
        assert answer.status < 300, answer


type Place = InMemory | InOutlook


@pytest.fixture(params=["fake", "outlook"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "fake":
        return InMemory()
    return InOutlook(request.getfixturevalue("world"), request.getfixturevalue("graph"))


@pytest.fixture
def box(place: Place) -> LetterMailbox:
    return place.box


@pytest.fixture
def arrive(place: Place) -> Callable[[], Arrived]:
    return lambda: place.arrive(plain("words", Message_ID=f"<m{next(NUMBERS)}@contract.example>", Subject="A letter"))


async def all_of(listing: AsyncIterator[Arrived]) -> list[Arrived]:
    return [arrived async for arrived in listing]


async def read_on(box: Mailbox, cursor: str | None = None) -> tuple[list[str], str]:
    """Everything after *cursor*, page by page."""
    seen: list[str] = []
    while True:
        page = await box.changes("inbox", cursor)
        seen += [item.item_id for item in page.arrived]
        cursor = page.cursor
        if not page.more:
            return seen, cursor


class TestChanges:
    async def test_all_that_lies_there_comes_first_and_then_what_is_new(self, box: Mailbox, arrive: Any) -> None:
        first = [arrive() for _ in range(5)]
        seen, cursor = await read_on(box)
        assert {a.item_id for a in first} <= set(seen)
        new = arrive()
        assert (await read_on(box, cursor))[0] == [new.item_id]

    async def test_a_mail_is_shown_with_its_message_id_and_when_it_came(self, box: Mailbox, arrive: Any) -> None:
        _, cursor = await read_on(box)
        new = arrive()
        page = await box.changes("inbox", cursor)
        assert page.arrived == (new,)

    async def test_the_same_cursor_shows_the_same_again(self, box: Mailbox, arrive: Any) -> None:
        _, cursor = await read_on(box)
        new = arrive()
        assert [(await read_on(box, cursor))[0] for _ in range(2)] == [[new.item_id]] * 2

    async def test_what_was_deleted_is_not_shown(self, box: Mailbox, arrive: Any, place: Place) -> None:
        _, cursor = await read_on(box)
        new = arrive()
        place.delete(new.item_id)
        assert (await read_on(box, cursor))[0] == []

    async def test_a_mail_that_was_changed_may_be_shown_again(self, box: Mailbox, arrive: Any) -> None:
        _, cursor = await read_on(box)
        new = arrive()
        _, cursor = await read_on(box, cursor)
        await box.mark(new.item_id, "تراسل: 1", "1")
        assert set((await read_on(box, cursor))[0]) <= {new.item_id}

    async def test_a_dead_cursor_is_gone(self, box: Mailbox, arrive: Any, place: Place) -> None:
        _, cursor = await read_on(box)
        place.kill_cursors()
        with pytest.raises(Gone):
            await box.changes("inbox", cursor)


class TestFetch:
    async def test_a_mail_is_read_and_its_bytes_are_there(self, box: Mailbox, place: Place) -> None:
        raw = plain("the words", Message_ID="<fetched@contract.example>", Subject="كتاب")
        item = place.arrive(raw)
        got = await box.fetch(item)
        assert got.raw.endswith(raw)
        assert (got.mail.mailbox, got.mail.item_id, got.mail.received_at) == (REGISTRY, item.item_id, item.received_at)
        assert (got.mail.letter.subject, got.mail.letter.text) == ("كتاب", "the words")

    async def test_a_mail_that_was_deleted_is_gone(self, box: Mailbox, arrive: Any, place: Place) -> None:
        item = arrive()
        place.delete(item.item_id)
        with pytest.raises(Gone):
            await box.fetch(item)

    async def test_what_cannot_be_read_is_said_and_not_raised(self, box: Mailbox, place: Place) -> None:
        item = place.arrive(b"\x00\xff no mail at all\r\n\r\n")
        assert (await box.fetch(item)).mail.unreadable[0] == "quarantine.unparseable"


class TestListing:
    async def test_it_shows_what_came_between_two_instants(self, box: Mailbox, arrive: Any) -> None:
        items = [arrive() for _ in range(4)]
        start, end = items[0].received_at, datetime.now(UTC) + timedelta(days=1)
        listed = await all_of(box.listing("inbox", start, end))
        assert {item.item_id for item in items} <= {item.item_id for item in listed}
        assert [i.received_at for i in listed] == sorted(i.received_at for i in listed)
        assert await all_of(box.listing("inbox", start - timedelta(days=2), start - timedelta(days=1))) == []
        assert all(
            i.received_at < items[-1].received_at
            for i in await all_of(box.listing("inbox", start - timedelta(days=1), items[-1].received_at))
        )


class TestMark:
    async def test_a_persons_own_categories_stay_and_our_earlier_mark_goes(
        self, box: Mailbox, arrive: Any, place: Place
    ) -> None:
        item = arrive()
        place.categorise(item.item_id, "عاجل", "تراسل: قديم", "Blue category")
        await box.mark(item.item_id, "تراسل: و.م/و/1/2026", "و.م/و/1/2026")
        assert place.categories(item.item_id) == ["عاجل", "Blue category", "تراسل: و.م/و/1/2026"]

    async def test_marking_twice_marks_once(self, box: Mailbox, arrive: Any, place: Place) -> None:
        item = arrive()
        for _ in range(2):
            await box.mark(item.item_id, "تراسل: 7", "7")
        assert place.categories(item.item_id) == ["تراسل: 7"]

    async def test_a_mail_that_was_deleted_cannot_be_marked(self, box: Mailbox, arrive: Any, place: Place) -> None:
        item = arrive()
        place.delete(item.item_id)
        with pytest.raises(Gone):
            await box.mark(item.item_id, "تراسل: 7", "7")


class TestMail:
    async def test_one_key_makes_one_mail_however_often_it_is_asked(self, box: Mailbox, place: Place) -> None:
        key, before = f"question:{next(NUMBERS)}", place.drafts()
        made = {await box.draft_mail("huda@ministry.example", "س", "<p>x</p>", key=key) for _ in range(3)}
        assert len(made) == 1
        assert place.drafts() - before == made

    async def test_it_is_sent_once_and_found_by_its_key_afterwards(self, box: Mailbox, place: Place) -> None:
        key = f"question:{next(NUMBERS)}"
        draft = await box.draft_mail("huda@ministry.example", "س", "<p>x</p>", key=key)
        message_id = await box.send_draft(draft)
        while not place.sent(draft):  # on its way it can be found nowhere
            pass
        assert await box.send_draft(draft) == message_id
        assert await box.draft_mail("huda@ministry.example", "س", "<p>x</p>", key=key) == draft

    async def test_what_is_not_to_be_sent_any_more_is_withdrawn_and_nothing_else_is(
        self, box: Mailbox, place: Place
    ) -> None:
        one, other = (f"question:{next(NUMBERS)}" for _ in range(2))
        drafts = [await box.draft_mail("huda@ministry.example", "س", "<p>x</p>", key=key) for key in (one, other)]
        assert await box.drafted(one) == drafts[0]
        assert await box.withdraw(drafts[0]) is None
        assert place.drafts() & set(drafts) == {drafts[1]}
        assert await box.drafted(one) is None
        with contextlib.suppress(Gone):  # gone, or among what was deleted
            assert await box.withdraw(drafts[0]) is None

    async def test_what_was_sent_stays_sent(self, box: Mailbox, place: Place) -> None:
        key = f"question:{next(NUMBERS)}"
        draft = await box.draft_mail("huda@ministry.example", "س", "<p>x</p>", key=key)
        message_id = await box.send_draft(draft)
        while not place.sent(draft):  # on its way it can be found nowhere
            pass
        assert await box.withdraw(draft) == message_id
        assert place.sent(draft)


PDF = b"%PDF-1.7 the letter"
LARGE = bytes(range(256)) * (9 * 2**20 // 256)  # more than two pieces of an upload


def letter_of(*files: tuple[str, bytes]) -> tuple[LetterMail, BytesOf]:
    """A letter with these files, and where their bytes are."""
    bodies = {name: body for name, body in files}
    enclosures = tuple(
        Enclosure(name=name, content_type="application/pdf", sha256=f"{n:064x}", size_bytes=len(body))
        for n, (name, body) in enumerate(files)
    )

    async def bytes_of(file: Enclosure) -> bytes:
        return bodies[file.name]

    mail = LetterMail(to="registry@bank.example", subject="كتاب رقم 7", html="<p>x</p>", enclosures=enclosures)
    return mail, bytes_of


class TestLetter:
    async def test_one_key_makes_one_draft_with_every_file_once(self, box: LetterMailbox, place: Place) -> None:
        key, before = f"letter:l{next(NUMBERS)}:1:1", place.drafts()
        mail, bytes_of = letter_of(("كتاب.pdf", PDF), ("كشف.pdf", b"annex"))
        made = {await box.draft_letter(mail, bytes_of, key=key) for _ in range(3)}
        assert place.drafts() - before == {draft.item_id for draft in made}
        assert len(made) == 1
        assert place.enclosed(next(iter(made)).item_id) == [("كتاب.pdf", len(PDF)), ("كشف.pdf", 5)]

    async def test_a_draft_that_was_cut_off_is_completed(self, box: LetterMailbox, place: Place) -> None:
        key = f"letter:l{next(NUMBERS)}:1:1"
        begun, bytes_of_begun = letter_of(("كتاب.pdf", PDF))
        draft = await box.draft_letter(begun, bytes_of_begun, key=key)
        mail, bytes_of = letter_of(("كتاب.pdf", PDF), ("كشف.pdf", b"annex"))
        assert (await box.draft_letter(mail, bytes_of, key=key)).item_id == draft.item_id
        assert place.enclosed(draft.item_id) == [("كتاب.pdf", len(PDF)), ("كشف.pdf", 5)]

    async def test_a_large_file_comes_whole(self, box: LetterMailbox, place: Place) -> None:
        mail, bytes_of = letter_of(("كتاب.pdf", PDF), ("خرائط.pdf", LARGE))
        draft = await box.draft_letter(mail, bytes_of, key=f"letter:l{next(NUMBERS)}:1:1")
        assert place.enclosed(draft.item_id) == [("كتاب.pdf", len(PDF)), ("خرائط.pdf", len(LARGE))]

    async def test_what_no_mail_can_hold_is_refused(self, box: LetterMailbox) -> None:
        mail, bytes_of = letter_of(("كتاب.pdf", PDF))
        huge = replace(mail.enclosures[0], size_bytes=151 * 2**20)
        with pytest.raises(Mistaken):
            await box.draft_letter(replace(mail, enclosures=(huge,)), bytes_of, key=f"letter:l{next(NUMBERS)}:1:1")

    async def test_it_is_sent_once_and_nothing_is_put_on_what_was_sent(self, box: LetterMailbox, place: Place) -> None:
        key = f"letter:l{next(NUMBERS)}:1:1"
        mail, bytes_of = letter_of(("كتاب.pdf", PDF))
        draft = await box.draft_letter(mail, bytes_of, key=key)
        message_id = await box.send_draft(draft.item_id)
        assert message_id == draft.message_id
        while not place.sent(draft.item_id):  # on its way it can be found nowhere
            pass
        more, bytes_of_more = letter_of(("كتاب.pdf", PDF), ("كشف.pdf", b"annex"))
        assert await box.draft_letter(more, bytes_of_more, key=key) == draft
        assert len(place.enclosed(draft.item_id)) == 1


class TestReply:
    async def test_one_key_makes_one_draft_however_often_it_is_asked(
        self, box: Mailbox, arrive: Any, place: Place
    ) -> None:
        item, before = arrive(), place.drafts()
        made = {await box.draft_reply(item.item_id, "<p>done</p>", key=f"reply:{item.item_id}") for _ in range(3)}
        assert len(made) == 1
        assert place.drafts() - before == {draft.item_id for draft in made}

    async def test_another_key_makes_another(self, box: Mailbox, arrive: Any) -> None:
        item = arrive()
        made = {await box.draft_reply(item.item_id, "x", key=f"reply:{n}:{item.item_id}") for n in range(2)}
        assert len(made) == 2

    async def test_a_draft_is_sent_once_and_says_its_message_id(self, box: Mailbox, arrive: Any, place: Place) -> None:
        item = arrive()
        draft = (await box.draft_reply(item.item_id, "<p>done</p>", key=f"reply:{item.item_id}")).item_id
        message_id = await box.send_draft(draft)
        assert message_id.startswith("<")
        assert message_id.endswith(">")
        while not place.sent(draft):  # on its way it can be found nowhere
            pass
        assert await box.send_draft(draft) == message_id
        again = await box.draft_reply(item.item_id, "<p>done</p>", key=f"reply:{item.item_id}")
        assert (again.item_id, again.message_id) == (draft, message_id)
        assert draft not in place.drafts()

    async def test_a_draft_that_somebody_deleted_is_gone_and_not_made_anew(
        self, box: Mailbox, arrive: Any, place: Place
    ) -> None:
        draft = (await box.draft_reply(arrive().item_id, "x", key=f"reply:{next(NUMBERS)}")).item_id
        place.delete(draft)
        with pytest.raises(Gone):
            await box.send_draft(draft)
        assert not place.sent(draft)

    async def test_a_mail_that_was_deleted_cannot_be_answered(self, box: Mailbox, arrive: Any, place: Place) -> None:
        item = arrive()
        place.delete(item.item_id)
        with pytest.raises(Gone):
            await box.draft_reply(item.item_id, "x", key=f"reply:{item.item_id}")
