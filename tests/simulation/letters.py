"""What arrives on a day: letters, copies, answers, noise and forgeries, each with what it must be taken for."""

import base64
from dataclasses import dataclass
from random import Random

from registry.office import Office, Person, ReferralRule, Unit
from tests.values import FORWARDED, KUWAIT, MAILBOX, SECOND_MAILBOX

_UNITS = {"registry": "س.ع", "finance": "ش.م", "legal": "ش.ق", "store": "م.خ"}
_PEOPLE = {
    "noura": "registry",
    "abdullah": "registry",
    "fahad": "registry",
    "huda": "finance",
    "omar": "finance",
    "salem": "finance",
    "mariam": "finance",
    "laila": "legal",
    "yousef": "legal",
    "dana": "legal",
    "khaled": "store",
    "amal": "store",
}


def office() -> Office:
    """Twelve people in four units; the register is kept by three of them for both mailboxes."""
    return Office(
        entity_id="ministry",
        zone=KUWAIT,
        domains=("ministry.example",),
        names={"ar": "وزارة التجربة", "en": "Sandbox Ministry"},
        people={
            key: Person(
                person_id=key,
                name=key.title(),
                upn=f"{key}@ministry.example",
                mail=f"{key}@ministry.example",
                language="en" if key in ("omar", "dana") else "ar",
                unit_id=unit,
                clerk=unit == "registry",
                clearance="top_secret" if key in ("noura", "huda") else "restricted",
            )
            for key, unit in _PEOPLE.items()
        },
        units={
            unit: Unit(
                unit_id=unit,
                ar=unit,
                en=unit,
                code=code,
                head=next(p for p, u in _PEOPLE.items() if u == unit),
                registry_for=(MAILBOX, SECOND_MAILBOX) if unit == "registry" else (),
            )
            for unit, code in _UNITS.items()
        },
        rules=(
            ReferralRule(rule="contracts", any_words=("عقد",), unit="legal", asked="for_approval"),
            ReferralRule(rule="spare parts", any_words=("قطع غيار",), unit="store", asked="for_action"),
            ReferralRule(rule="default", any_words=(), unit="finance", asked="for_approval"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Due:
    """A mail of the plan. `letter` names what its writer wrote: the same in all its copies."""

    at_s: float
    mailbox: str
    raw: bytes
    letter: str
    must_be: frozenset[str]  # the verdicts that are right


_LETTER = frozenset({"registered", "copy"})
_APART = frozenset({"quarantined", "copy"})
_NOISE = frozenset({"ignored"})


def plan(rng: Random, count: int, day_s: float) -> list[Due]:
    """*count* mails between the start and the end of a day, in no order."""
    due: list[Due] = []
    number = 0
    while len(due) < count:
        number += 1
        due += _some(rng, f"L{number}", number, rng.uniform(0, day_s * 0.7))
    return due[:count]


def _some(rng: Random, name: str, number: int, at_s: float) -> list[Due]:
    box = rng.choice((MAILBOX, MAILBOX, SECOND_MAILBOX))
    other = SECOND_MAILBOX if box == MAILBOX else MAILBOX
    later = at_s + rng.choice((0.0, 0.1, 5.0, 300.0))
    subject = rng.choice(("طلب مستندات", "تجديد عقد", "قطع غيار", "دعوة", "سري: تقرير", "Invitation"))
    kind = rng.choices(
        ("outside", "forward", "two mailboxes", "twice", "same id, other words", "no id", "noise", "forged"),
        (4, 9, 3, 2, 1, 1, 2, 1),
    )[0]
    raw = mail(number, subject=f"{subject} {number}")
    match kind:
        case "forward":
            by = rng.choice(("huda", "omar", "laila", "yousef", "khaled"))
            raw = mail(number, f"{by}@ministry.example", subject=f"FW: {subject} {number}", text=FORWARDED)
        case "two mailboxes":
            return [Due(at_s, box, raw, name, _LETTER), Due(later, other, raw, name, _LETTER)]
        case "twice":
            return [Due(at_s, box, raw, name, _LETTER), Due(later, box, raw, name, _LETTER)]
        case "same id, other words":
            again = mail(number, subject=f"{subject} {number}", text="نص آخر تماما.")
            return [Due(at_s, box, raw, name, _LETTER), Due(later, box, again, f"{name}b", _LETTER)]
        case "no id":
            raw = mail(None, subject=f"{subject} {number}")
        case "noise":
            raw = mail(number, auto="auto-replied")
            return [Due(at_s, box, raw, name, _NOISE)]
        case "forged":
            raw = mail(number, "minister@ministry.example", subject=f"{subject} {number}")
            return [Due(at_s, box, raw, name, _APART)]
    return [Due(at_s, box, raw, name, _LETTER)]


def answer(number: int, message_id: str) -> bytes:
    """Somebody outside answers a mail of the register's."""
    return mail(number, subject="رد: كتابكم", text=f"إجابة رقم {number}", answers=message_id)


def mail(
    number: int | None,
    sender: str = "oversight@audit.example",
    *,
    subject: str = "طلب مستندات",
    text: str = "نرجو موافاتنا بالمستندات.",
    auto: str = "",
    answers: str = "",
    message_id: str = "",
    key: str = "",
) -> bytes:
    head = [
        f"From: {sender}",
        f"To: {MAILBOX}",
        f"Subject: {_word(subject)}",
        "Date: Sat, 21 Nov 2026 11:59:00 +0300",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    if message_id or number is not None:
        head.append(f"Message-ID: {message_id or f'<{number}@post.example>'}")
    if auto:
        head.append(f"Auto-Submitted: {auto}")
    if answers:
        head.append(f"In-Reply-To: {answers}")
    if key:
        head.append(f"X-Tarasul-Key: {key}")
    return "\r\n".join([*head, "", f"{text}\n{subject}".replace("\n", "\r\n"), ""]).encode()


def _word(subject: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(subject.encode()).decode()}?="
