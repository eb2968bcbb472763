"""The sandbox's ministry at work: what its officials do and see, in the office's own words.

Every act goes the way a person's would: Outlook is Graph with that person's token, Teams is the control that presses
for a person, the register is the product's API. The people are spared the faults that are meant for the product. Every
answer of the API is held to the description that the product itself gives of it, every card to the rules of Teams, and
at the end every Graph call of the product, and what it was answered, to Microsoft's description, where GRAPH_CONTRACT
names its folder.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from tests.bot.rules_of_teams import walk, wrong_with
from tests.described import hold
from tests.stage import Answer, Stage

type Json = dict[str, Any]

REGISTRY = "registry@ministry.example"
# Head and members of Financial Affairs, whom the registry's rule asks where no other rule fits; two clerks.
HUDA, OMAR, MARYAM, SALEM = (f"{name}@ministry.example" for name in ("huda", "omar", "maryam", "salem"))
NOURA, ABDULLAH = "noura@ministry.example", "abdullah@ministry.example"
LAILA = "laila@ministry.example"  # reads English

ZONE = ZoneInfo("Asia/Kuwait")
LATEST_HOUR = 19  # a long test lets some hours pass

READER = ("Records.Read.All",)
A_LOOK_S = 0.03
A_MINUTE_S = 61.0  # longer than a lease and than the time between two rings of the timers
THE_WHOLE_WAY = (
    *("Registered", "Referred", "Referred", "StepCompleted", "Referred", "StepApproved", "Closed"),
    *("ReplyDrafted", "ReplySent"),
)

_MARKS = re.compile("[\u2066-\u2069\u200e\u200f]")


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it stands in somebody's chat."""

    upn: str
    activity_id: str
    content: Json

    @property
    def words(self) -> str:
        """Everything that can be read on it, without directional marks."""
        read = [node[name] for _, node in walk(self.content) for name in ("text", "value", "title") if name in node]
        return _MARKS.sub("", "\n".join(text for text in read if isinstance(text, str)))

    @property
    def verbs(self) -> list[str]:
        return [node["verb"] for _, node in walk(self.content) if node.get("type") == "Action.Execute"]

    def data(self, verb: str) -> Json:
        """What the button *verb* carries."""
        return next(
            dict(node["data"])
            for _, node in walk(self.content)
            if node.get("type") == "Action.Execute" and node["verb"] == verb
        )

    def choices(self, name: str) -> dict[str, str]:
        """What may be chosen in the input *name*: value by title."""
        found = next(node for _, node in walk(self.content) if node.get("id") == name)
        return {_MARKS.sub("", one["title"]): one["value"] for one in found["choices"]}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a press was answered with: a card, or a sentence; `status` 0 says that nobody answered."""

    status: int
    card: Card | None
    message: str


class Ministry:
    """The people of the ministry on a *stage*.

    `meanwhile` is called at every look while something is awaited; tests let things go wrong there.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.meanwhile: Callable[[], None] = nothing
        state = stage.tenant("GET", "/sandbox/state").json()
        self.people: dict[str, Json] = {person["upn"]: person for person in state["people"]}
        self.tenant_id, self.app_id = state["tenant_id"], state["app_id"]
        self._hands = ThreadPoolExecutor(8)

    def close(self) -> None:
        self._hands.shutdown()

    def awaited[T](self, look: Callable[[], T | None], what: str, within_s: float = 60.0) -> T:
        """Return what *look* gives as soon as it is true. While the product is down nothing is."""

        def looked() -> T | None:
            self.meanwhile()
            try:
                seen = look()
            except OSError:
                return None
            if seen:
                self.meanwhile()  # what went wrong just as it came belongs before what is done with it
            return seen

        try:
            found = self.stage.until(looked, within_s, what)
        except AssertionError as error:
            error.add_note("the last lines of the log:\n" + "\n".join(self.stage.log[-30:]))
            raise
        assert found is not None
        return found

    def name(self, upn: str) -> str:
        return str(self.people[upn]["name"])

    # ------------------------------------------------------------ the world around

    def faults(self, *rules: Json, seed: int = 1) -> None:
        """Put these in the place of those before; none: all is well again."""
        self.control("POST", "faults", json={"seed": seed, "rules": list(rules)})

    def struck(self) -> int:
        """How often the faults struck."""
        return sum(rule["struck"] for rule in self.control("GET", "faults")["rules"])

    def control(self, method: str, path: str, **sent: Any) -> Any:
        answer = self.stage.tenant(method, f"/sandbox/{path}", **sent)
        assert answer.status < 300, (path, answer.status, answer.body[:500])
        return json.loads(answer.body) if answer.body else None

    def now(self) -> datetime:
        """The instant, by the tenant's and the product's clock, as the ministry's clocks show it."""
        return datetime.fromisoformat(self.control("GET", "state")["now"]).astimezone(ZONE)

    def a_minute_passes(self) -> None:
        """For the tenant and the product alike: leases lapse, timers ring."""
        self.time_passes(A_MINUTE_S)

    def time_passes(self, seconds: float) -> None:
        self.control("POST", "clock", json={"advance_s": seconds})

    def the_product_dies(self, *, by_sigterm: bool = False) -> None:
        """It is killed (kill -9), or stopped as by a platform that scales in; is started again, and a minute passes."""
        if by_sigterm:
            self.stage.stop_host()
        else:
            self.stage.kill_host()
        self.stage.start_host()
        self.a_minute_passes()

    @contextmanager
    def time_flies(self, times: int = 10) -> Iterator[None]:
        """So many times as fast as on the machine, whenever something is awaited."""
        looks = count(1)

        def fly() -> None:
            if next(looks) % 16 == 0:  # every half a second
                self.time_passes(times / 2)

        self.meanwhile = fly
        try:
            yield
        finally:
            self.meanwhile = nothing

    def the_day_begins(self) -> None:
        """However late it is: a test's day must not end while it runs."""
        now = self.now()
        if now.hour >= LATEST_HOUR:
            morning = (now + timedelta(days=1)).replace(hour=7, minute=30)
            self.time_passes((morning - now).total_seconds())

    def at_rest(self) -> None:
        """Wait until nothing is under way: no delivery, no message, nothing that runs."""

        left: list[object] = []

        def look() -> bool:
            host = self.stage.product("GET", "/sandbox/health").json()
            waiting = [d for d in self.control("GET", "state")["waiting"] if d["kind"] != "subscription ends"]
            left[:] = [host["queues"], host["running"], waiting]
            return not (any(host["queues"].values()) or any(host["running"].values()) or waiting)

        try:
            self.awaited(look, "rest")
        except AssertionError as error:
            error.add_note(f"still under way (queues, running, deliveries): {left}")
            raise

    def ring(self, timer: str) -> None:
        """Let a timer's function run now."""
        assert self.stage.product("POST", f"/admin/functions/{timer}", body=b"").status == 202

    # ------------------------------------------------------------ Outlook

    def graph(self, upn: str, method: str, path: str, **sent: Any) -> Json:
        """A call of *upn* in Outlook; *path* is below their mailbox."""
        headers = {"X-Sandbox-Spared": "1", "Prefer": 'IdType="ImmutableId"'}
        token = self.stage.token(upn=upn)
        answer = self.stage.tenant(
            method, f"/v1.0/users/{upn}{quote(path, safe='/?$=&(),')}", token=token, headers=headers, **sent
        )
        assert answer.status < 300, (path, answer.status, answer.body[:500])
        return json.loads(answer.body) if answer.body else {}

    def mails(self, upn: str, folder: str = "inbox") -> list[Json]:
        listed: list[Json] = self.graph(upn, "GET", f"/mailFolders/{folder}/messages?$top=500")["value"]
        return listed

    def mail(self, upn: str, subject: str) -> Json:
        """The one mail with this subject in somebody's inbox."""
        (found,) = (mail for mail in self.mails(upn) if mail["subject"] == subject)
        return found

    def arrives(self, raw: bytes, mailbox: str = REGISTRY, dmarc: str = "pass") -> str:
        """A letter comes from outside; returns its id in the mailbox."""
        headers = {"X-Mailbox": mailbox, "X-Sandbox-Dmarc": dmarc}
        return str(self.control("POST", "mail", body=raw, headers=headers)["id"])

    def forwards(self, upn: str, subject: str, comment: str = "للتسجيل واتخاذ اللازم") -> Json:
        """*upn* forwards a letter of theirs to the registry, and returns the letter."""
        letter = self.mail(upn, subject)
        to = [{"emailAddress": {"address": REGISTRY}}]
        said = {"comment": comment, "toRecipients": to}
        self.graph(upn, "POST", f"/messages/{letter['id']}/forward", json=said)
        return letter

    def answer_to(self, letter: Json) -> Json:
        """The one mail of the registry in the thread of a letter, in the inbox of the official whom it was for."""
        (upn,) = (to["emailAddress"]["address"] for to in letter["toRecipients"])

        def look() -> list[Json]:
            thread = [mail for mail in self.mails(upn) if mail["conversationId"] == letter["conversationId"]]
            return [mail for mail in thread if mail["from"]["emailAddress"]["address"] == REGISTRY]

        (answer,) = self.awaited(look, f"the registry's answer to {upn}")
        return answer

    def receives_and_forwards(self, upn: str, subject: str, **said: Any) -> Json:
        """*upn* gets a letter from a bank, and forwards it to the registry."""
        self.arrives(letter(subject, to=upn, **said), upn)
        return self.forwards(upn, subject)

    # ------------------------------------------------------------ the register

    def api(self, path: str, *, token: str | None = None, status: int = 200, **query: Any) -> Any:
        """What the API answers to GET /api/v1/*path*, once it is what the API's own description says."""
        asked = f"/api/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        answer = self.stage.product("GET", asked, token=token or self.stage.token(roles=READER, audience="api"))
        assert answer.status == status, (path, answer.status, answer.body[:500])
        self._description.hold("get", path, answer)
        return answer.json()

    def writes(self, path: str, *, token: str, key: str, status: int, **sent: Any) -> Any:
        """What the API answers to POST /api/v1/*path* under an Idempotency-Key, held to the API's own description."""
        headers = {"Idempotency-Key": key, **sent.pop("headers", {})}
        answer = self.stage.product("POST", f"/api/v1/{path}", token=token, headers=headers, **sent)
        assert answer.status == status, (path, answer.status, answer.body[:500])
        self._description.hold("post", path, answer)
        return answer.json()

    def records(self, **query: Any) -> list[Json]:
        listed: list[Json] = self.api("records", top=200, **query)["items"]
        return listed

    def record(self, record_id: str) -> Json:
        shown: Json = self.api(f"records/{record_id}")
        return shown

    def registered(self, subject: str, **query: Any) -> Json:
        """The record that the letter with this subject became."""
        return self.awaited(
            lambda: next((r for r in self.records(**query) if r["subject"] == subject), None), f"a record of {subject}"
        )

    def becomes(self, record_id: str, true: Callable[[Json], object], what: str) -> Json:
        """The record, once *true* of it."""

        def look() -> Json | None:
            record = self.record(record_id)
            return record if true(record) else None

        return self.awaited(look, what)

    def closed_and_answered(self, record_id: str) -> Json:
        return self.becomes(record_id, lambda r: r["status"] == "closed" and r["replied_at"], "closed and answered")

    def sheet(self, record_id: str) -> Json:
        shown: Json = self.api(f"records/{record_id}/sheet")
        return shown

    def day(self) -> Json:
        """Today's count of the registry's mailbox, made anew."""
        asked = f"reconciliation/{self.now().date()}"
        before = self.api(asked)["as_of"]
        self.ring("count_the_day")

        def counted() -> Json | None:
            mailboxes = self.api(asked)["mailboxes"]
            return mailboxes[0] if mailboxes and mailboxes[0]["as_of"] > before else None

        return self.awaited(counted, "the day's count")

    # ------------------------------------------------------------ Teams

    def cards(self, upn: str) -> list[Card]:
        chats = [chat for chat in self.control("GET", f"teams/{upn}/chats") if chat["type"] == "personal"]
        shown = [Card(upn, m["activityId"], m["card"]) for chat in chats for m in chat["messages"] if m["card"]]
        rtl = self.people[upn]["language"].startswith("ar")
        for card in shown:
            assert wrong_with(card.content, rtl=rtl) == []
        return shown

    def chat_of(self, upn: str) -> str:
        """The id of somebody's chat with the bot, which has the app."""
        (chat,) = self.control("GET", f"teams/{upn}/chats")
        return str(chat["conversationId"])

    def texts(self, upn: str) -> list[str]:
        """What the bot wrote to somebody without a card."""
        chats = self.control("GET", f"teams/{upn}/chats")
        return [m["text"] for chat in chats for m in chat["messages"] if m["from"] == "bot" and m["text"]]

    def asked(self, upn: str, reference: str, verb: str, *, after: Card | None = None) -> Card:
        """The newest card about *reference* on which *upn* may press *verb*.

        Args:
            after: A question that they had before, of which a copy may show its buttons still.
        """

        def look() -> Card | None:
            fits = [c for c in self.cards(upn) if reference in c.words and verb in c.verbs]
            new = [c for c in fits if after is None or c.data(verb) != after.data(verb)]
            return new[-1] if new else None

        return self.awaited(look, f"a card about {reference} for {upn} that offers {verb}")

    def about(self, upn: str, reference: str) -> list[Card]:
        """Every card about *reference* in somebody's chat, oldest first; lists of several are none."""
        return [card for card in self.cards(upn) if reference in card.words and "pending" not in card.verbs]

    def press(self, card: Card, verb: str, *, data: Json | None = None, by: str | None = None, **how: Any) -> Shown:
        """Press a button once.

        Args:
            data: What the button carries, if not what is on the card; inputs come on top (`note=`, `to=`, …).
            by: Somebody else's hand.
            how: `as_submit`, `client_activity_id`; everything else is an input of the card.
        """
        said: Json = {"activityId": card.activity_id, "verb": verb}
        if how.pop("as_submit", False):
            said["as"] = "submit"
        if (client_activity_id := how.pop("client_activity_id", None)) is not None:
            said["client_activity_id"] = client_activity_id
        if by is not None:
            said["from"] = by
        said["data"] = {**(card.data(verb) if data is None else data), **how}
        told = self.control("POST", f"teams/{card.upn}/press", json=said)
        shown = Card(by or card.upn, card.activity_id, told["card"]) if told["card"] is not None else None
        return Shown(told["status"], shown, _MARKS.sub("", told["message"] or ""))

    def pressing(self, card: Card, verb: str, **how: Any) -> Future[Shown]:
        """As `press`, in a hand of its own."""
        return self._hands.submit(self.press, card, verb, **how)

    def presses(self, card: Card, verb: str, **inputs: Any) -> Card:
        """Press until it is answered, as somebody does whom Teams tells that something went wrong."""

        def pressed() -> Card | None:
            pressing = self.pressing(card, verb, **inputs)
            while not pressing.done():
                self.meanwhile()
                wait((pressing,), A_LOOK_S)
            shown = pressing.result()
            return shown.card if shown.status == 200 else None

        return self.awaited(pressed, f"a card in answer to {verb}")

    def refers(self, card: Card, to: str, asked: str = "for_action", note: str = "") -> Card:
        """Open the form that refers, choose a colleague and what is asked, write a note; the card that comes of it."""
        form = self.presses(card, "refer")
        person = next(value for title, value in form.choices("to").items() if title.startswith(self.name(to)))
        return self.presses(form, "refer", to=person, disposition=asked, note=note)

    def says(self, upn: str, text: str, *, files: Mapping[str, bytes] | None = None, **how: Any) -> int:
        """Write to the bot, or hand in files by name; the status with which it took that."""
        if files:
            how["files"] = [{"name": n, "content": base64.b64encode(body).decode()} for n, body in files.items()]
        return int(self.control("POST", f"teams/{upn}/say", json={"text": text, **how})["status"])

    def has_the_app(self, upn: str) -> None:
        """*upn* has added the app and been welcomed."""
        self.says(upn, "مساعدة")
        self.awaited(lambda: self.cards(upn), f"{upn}'s welcome")
        self.at_rest()

    # ------------------------------------------------------------ judging

    @cached_property
    def _description(self) -> "Description":
        return Description(self.stage.product("GET", "/api/v1/openapi.json").json())


class Description:
    """The API's own description, to which its answers are held."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._paths = {
            re.compile("^" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path.removeprefix("/v1/"))) + "$"): listed
            for path, listed in document["paths"].items()
        }

    def hold(self, method: str, path: str, answer: Answer) -> None:
        """Raises AssertionError where *answer* is not what the description says of *method* on *path*."""
        operation = next(
            said[method] for pattern, said in self._paths.items() if pattern.match(path) and method in said
        )
        said = operation["responses"].get(str(answer.status))
        assert said is not None, f"{path}: {answer.status} is not described"
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in said["content"] or "*/*" in said["content"], f"{path}: {answer.status} with {kind}"
        if kind not in said["content"]:
            return
        schema = {**said["content"][kind]["schema"], "components": self._document["components"]}
        faults = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(answer.json())
        assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []


def nothing() -> None:
    """What happens meanwhile, as a rule."""


@contextmanager
def opened(folder: Path, *, env: Mapping[str, str] | None = None, lock_s: float = 1.0) -> Iterator[Ministry]:
    """The ministry with the product beside it, all in *folder*; at the end its Graph calls are judged."""
    exchanges = folder / "exchanges.jsonl"
    with Stage(folder / "state", env=env, lock_s=lock_s, tenant_arguments=("--exchanges", str(exchanges))) as stage:
        made = Ministry(stage)
        made.the_day_begins()
        try:
            yield made
        finally:
            made.close()
    hold(exchanges)


def letter(
    subject: str,
    *,
    to: str = REGISTRY,
    sender: str = "بنك التجربة <letters@bank.example>",
    text: str = "تحية طيبة وبعد، نرفق لكم الكشف المطلوب ونرجو الإفادة.",
    annex: bytes | None = b"%PDF-1.4\n%%EOF\n",
    **headers: str,
) -> bytes:
    """A letter on the wire. A keyword such as message_id gives that header."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = "Sun, 22 Nov 2026 08:00:00 +0300"
    for name, value in headers.items():
        mail[name.replace("_", "-").title()] = value
    mail.set_content(text, cte="base64")
    if annex is not None:
        mail.add_attachment(annex, maintype="application", subtype="pdf", filename="كشف.pdf")
    return mail.as_bytes()
