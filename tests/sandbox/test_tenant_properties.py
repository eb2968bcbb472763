"""What must hold whatever happens: a feed converges on its folder, and no input makes the tenant stumble."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.tenant import odata
from sandbox.tenant.limits import Limit, Limits
from sandbox.tenant.mail import mime, words
from sandbox.tenant.wire import Refused
from tests.sandbox.desk import BOX, IMMUTABLE, NOON, Desk, letter

FEED = f"{BOX}/mailFolders/inbox/messages/delta?$select=subject,isRead"
STEP = st.tuples(st.sampled_from(("arrive", "read", "move", "back", "delete", "page", "round")), st.integers(0, 9))
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Follower:
    """A client that keeps a copy of the inbox by the feed alone, one page at a time."""

    def __init__(self, desk: Desk) -> None:
        self.copy: dict[str, bool] = {}
        self._desk = desk
        self._link = FEED

    def page(self) -> bool:
        """Read one page; whether it ended the round."""
        page = self._desk.get(self._link, prefer=f"odata.maxpagesize=2, {IMMUTABLE}")
        for item in page["value"]:
            if "@removed" in item:
                self.copy.pop(item["id"], None)
            else:
                self.copy[item["id"]] = item["isRead"]
        self._link = page.get("@odata.nextLink") or page["@odata.deltaLink"]
        return "@odata.deltaLink" in page


@settings(QUICK, max_examples=20)
@given(steps=st.lists(STEP, max_size=25), faulty=st.booleans())
def test_whoever_follows_the_feed_ends_with_what_lies_in_the_folder(steps: list[tuple[str, int]], faulty: bool) -> None:
    desk = Desk()
    follower = Follower(desk)
    if faulty:
        rules: list[dict[str, Any]] = [
            {"match": "graph", "fault": name, "rate": 0.3} for name in ("empty_page", "replay")
        ]
        desk.faults(*rules)
    ids: list[str] = []
    for number, (step, choice) in enumerate(steps):
        chosen = f"{BOX}/messages/{ids[choice % len(ids)]}" if ids else None
        if step == "arrive":
            ids.append(desk.arrive(letter(key=str(number))))
        elif step == "page":
            follower.page()
        elif step == "round":
            while not follower.page():
                continue
        elif chosen is not None and step == "read":
            desk.call("PATCH", chosen, {"isRead": bool(choice % 2)}, by="app")
        elif chosen is not None and step == "delete":
            desk.call("DELETE", chosen, by="app")
        elif chosen is not None:
            folder = "archive" if step == "move" else "inbox"
            desk.call("POST", f"{chosen}/move", {"destinationId": folder}, by="app")
    for _ in range(2):  # a round that was under way, and one more
        while not follower.page():
            continue
    inbox = {message["id"]: message["isRead"] for message in desk.inbox("app", prefer=IMMUTABLE)}
    assert follower.copy == inbox


@QUICK
@given(st.binary(max_size=400))
def test_reading_a_letter_never_fails(raw: bytes) -> None:
    letter_read = mime.read(raw)
    assert isinstance(words.preview(letter_read.content_type, letter_read.body), str)


HEADERS = st.sampled_from(
    ("From", "To", "Cc", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition")
)
VALUE = st.text(max_size=60) | st.sampled_from(
    ('multipart/mixed; boundary="b"', "message/rfc822", "text/html; charset=nonsense", "=?utf-8?B?!!?=", "<<>>@,;:")
)


@QUICK
@given(st.lists(st.tuples(HEADERS, VALUE), max_size=6), st.binary(max_size=80))
def test_reading_a_letter_with_strange_headers_never_fails(headers: list[tuple[str, str]], body: bytes) -> None:
    head = b"".join(f"{name}: {value}\r\n".encode("utf-8", "replace") for name, value in headers)
    mime.read(head + b"\r\n--b\r\n" + body + b"\r\n--b--\r\n")


NAME = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


@QUICK
@given(subject=NAME, sender=NAME, file_name=NAME, content=st.binary(max_size=200), text=st.text(max_size=200))
def test_what_is_written_in_any_script_reads_back(
    subject: str, sender: str, file_name: str, content: bytes, text: str
) -> None:
    fields = {"subject": subject, "from": mime.recipient(sender, "a@x.example"), "toRecipients": []}
    text = text.encode("utf-8", "replace").decode()
    raw = mime.write(fields, ("text", text, text), [mime.Part("file", file_name, "application/pdf", content)], [])
    read = mime.read(raw)
    assert [part.content for part in read.parts] == [content]
    assert read.subject.split() == mime.read(raw).subject.split()
    if subject.isprintable() and sender.isprintable() and sender.strip() == sender:
        assert read.subject == " ".join(subject.split())
        assert read.sender == mime.recipient(" ".join(sender.split()), "a@x.example")


@QUICK
@given(st.text(st.sampled_from("abc/ ()',:eqandorin123-TZ" + "'"), max_size=40))
def test_a_filter_is_read_or_refused(text: str) -> None:
    try:
        parsed = odata.parse_filter(text)
    except Refused:
        return
    assert parsed.test({"a": 1, "b": {"c": "x"}}) in (True, False)


@QUICK
@given(st.lists(st.tuples(st.sampled_from((0, 4, 20, 96)), st.integers(1, 4)), max_size=20))
def test_no_window_ever_holds_more_than_its_limit(calls: list[tuple[int, int]]) -> None:
    """Waits are in tenths of a second."""
    limit, limits = Limit("calls", 5, window_s=10), Limits()
    taken: list[tuple[int, int]] = []
    at = 0
    for wait, amount in calls:
        at += wait
        refused = limits.take(limit, "key", NOON + timedelta(seconds=at / 10), amount)
        if refused is None:
            taken.append((at, amount))
        else:
            assert 0 < refused <= limit.window_s
    for start, _ in taken:
        assert sum(amount for when, amount in taken if start <= when < start + 100) <= limit.most
