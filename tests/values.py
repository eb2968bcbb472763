################################################################
# A small office, some mails, and noon: what the tests of the core speak of
################################################################
#
# The office: Huda heads the Finance unit, where Omar and Salem work; Laila heads Legal. Abdullah and Noura keep the
# register (Noura heads it and is cleared for secrets). Badr has left the ministry. Nobody heads the Store.
# Contracts go to Legal by rule, everything else to Finance.

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from registry.commands import Command, Register
from registry.decide import decide
from registry.decisions import Accepted, Decision
from registry.events import Event
from registry.mail import Address, Authentication, Letter, Mail, Part
from registry.office import Office, Person, ReferralRule, Unit
from registry.record import Record, evolve

KUWAIT = ZoneInfo("Asia/Kuwait")
NOON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # twelve o'clock in Kuwait, 11 Jumada II 1448
MAILBOX = "registry@ministry.example"
SECOND_MAILBOX = "contracts@ministry.example"

_NAMES = {
    "huda": ("هدى العلي", "finance", "مديرة الشؤون المالية"),
    "omar": ("عمر الفهد", "finance", "باحث مالي"),
    "salem": ("سالم العازمي", "finance", "محاسب"),
    "laila": ("ليلى الكندري", "legal", "مديرة الشؤون القانونية"),
    "noura": ("نورة المطيري", "registry", "رئيسة السجل العام"),
    "abdullah": ("عبدالله الرشيدي", "registry", "موظف السجل"),
    "badr": ("بدر الشمري", "finance", "مدير سابق"),
}


def _person(key: str) -> Person:
    name, unit, post = _NAMES[key]
    address = f"{key}@ministry.example"
    return Person(
        person_id=key,
        name=name,
        upn=address,
        mail=address,
        language="en" if key == "omar" else "ar",
        unit_id=unit,
        post=post,
        active=key != "badr",
        clerk=unit == "registry",
        clearance="top_secret" if key == "noura" else "restricted",
    )


PEOPLE = {key: _person(key) for key in _NAMES}
UNITS = {
    unit.unit_id: unit
    for unit in (
        Unit(
            unit_id="registry",
            ar="السجل العام",
            en="General Registry",
            code="س.ع",
            head="noura",
            registry_for=(MAILBOX, SECOND_MAILBOX),
        ),
        Unit(unit_id="finance", ar="الشؤون المالية", en="Finance", code="ش.م", head="huda"),
        Unit(unit_id="legal", ar="الشؤون القانونية", en="Legal", code="ش.ق", head="laila"),
        Unit(unit_id="store", ar="المخازن", en="Store", code="م.خ"),
    )
}
OFFICE = Office(
    entity_id="ministry",
    zone=KUWAIT,
    domains=("ministry.example",),
    names={"ar": "وزارة التجربة", "en": "Sandbox Ministry"},
    people=PEOPLE,
    units=UNITS,
    rules=(
        ReferralRule(rule="spare parts", any_words=("قطع غيار",), unit="store", asked="for_action"),
        ReferralRule(rule="contracts", any_words=("عقد", "contract"), unit="legal", asked="for_approval"),
        ReferralRule(rule="default", any_words=(), unit="finance", asked="for_approval"),
    ),
)


def changed(office: Office = OFFICE, **people: Person) -> Office:
    """The same office with some of its people replaced."""
    return replace(office, people={**office.people, **people})


# ---------------------------------------------------------------- mails

AUDIT = Address("ديوان المحاسبة", "oversight@audit.example")
HUDA, OMAR, LAILA = (Address(PEOPLE[k].name, PEOPLE[k].mail) for k in ("huda", "omar", "laila"))
ANNEX = Part(name="كشف المستندات.pdf", content_type="application/pdf", size_bytes=48_213, sha256="a" * 64)

CLOUD_LINK = "https://ministry-my.sharepoint.com/:b:/g/personal/huda/E1?e=x"
CLOUD_FILE = Part(name="كشف.pdf", content_type="text/uri-list", size_bytes=63, sha256="c" * 64, complete=False)

FORWARDED = """للاطلاع واتخاذ اللازم.

________________________________
من: ديوان المحاسبة <oversight@audit.example>
تم الإرسال: 15/نوفمبر/2026 08:42 ص
إلى: Huda <huda@ministry.example>
الموضوع: طلب مستندات الربع الثاني

السلام عليكم ورحمة الله وبركاته،
نرجو موافاتنا بمستندات الربع الثاني.
"""


def mail(number: int = 1, **fields: Any) -> Mail:
    """Mail number *number* of the registry's mailbox: a letter from the audit office, unless *fields* say otherwise."""
    letter = Letter(
        sender=fields.pop("sender", AUDIT),
        subject=fields.pop("subject", "طلب مستندات الربع الثاني"),
        text=fields.pop("text", "نرجو موافاتنا بالمستندات المطلوبة.\nمع التحية"),
        sent_at=fields.pop("sent_at", "Sun, 15 Nov 2026 08:42:10 +0300"),
        attached=fields.pop("attached", ()),
    )
    plain: dict[str, Any] = {
        "mailbox": MAILBOX,
        "item_id": f"item-{number}",
        "identity": f"letter-{number}",
        "sha256": f"{number:064x}",
        "size_bytes": 1_000 + number,
        "received_at": NOON - timedelta(minutes=1),
        "message_id": f"<{number}@audit.example>",
        "letter": letter,
        "authentication": Authentication("pass", "pass", "pass"),
    }
    return Mail(**plain | fields)


def forwarded(number: int = 1, **fields: Any) -> Mail:
    """Huda forwards the audit office's letter to the registry."""
    written = {"sender": HUDA, "subject": "إعادة توجيه: طلب مستندات الربع الثاني", "text": FORWARDED}
    return mail(number, **written | fields)


# ---------------------------------------------------------------- a record's life, without a store


class Desk:
    """Plays commands on one record: each is decided on, and what was accepted has happened one minute after the last.

    `record`, `events` and `decisions` can be looked at between two commands.
    """

    def __init__(self, office: Office = OFFICE, record_id: str = "r1", now: datetime = NOON) -> None:
        self.office, self.record_id, self.now = office, record_id, now
        self.record: Record | None = None
        self.events: list[Event] = []
        self.decisions: list[Decision] = []

    def take(self, command: Command) -> Decision:
        """Decide on *command* and let happen what comes of it."""
        decision = decide(command, self.record, self.office, self.now)
        self.decisions.append(decision)
        if isinstance(decision, Accepted):
            for event in decision.events:
                self.record = evolve(self.record_id, self.record, event)
                self.events.append(event)
            self.now += timedelta(minutes=1)
        return decision

    def accept(self, command: Command) -> Accepted:
        """As `take`, where nothing but an acceptance will do."""
        decision = self.take(command)
        assert isinstance(decision, Accepted), f"{command} was not accepted: {decision}"
        return decision

    @property
    def held(self) -> Record:
        assert self.record is not None
        return self.record

    @property
    def last_step(self) -> int:
        return len(self.held.steps)


def registered(letter: Mail | None = None, office: Office = OFFICE) -> Desk:
    """A desk on which *letter* was registered as number 1: by default Huda's forward, which is put before her."""
    desk = Desk(office)
    desk.accept(Register(record_id="r1", mail=letter or forwarded(), serial=1))
    return desk
