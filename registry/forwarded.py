################################################################
# The letter inside a forwarded mail
################################################################
#
# Rule 1: a guess that may be wrong is worse than none: a header block counts only with a sender and two more lines.
# Rule 2: what is found is proposed as the original; the mail that carried it is kept as it came.
# Rule 3: no line of a letter is dropped: what stands above the block is the forwarder's note, what follows the letter.

import re
from dataclasses import dataclass

from registry.mail import Address, Letter
from texts.isolates import bare

# The words Outlook, Outlook on the web and Apple Mail write before each line, Arabic and English.
_WORDS = {
    "from": ("من", "المرسل", "from"),
    "sent": ("تم الإرسال", "تاريخ الإرسال", "أُرسلت", "أرسلت", "مرسل", "التاريخ", "تاريخ", "sent", "date"),
    "to": ("إلى", "الى", "المرسل إليه", "to"),
    "cc": ("نسخة", "نسخة إلى", "cc"),
    "subject": ("الموضوع", "موضوع", "subject"),
}
_NAMES = {word: name for name, words in _WORDS.items() for word in words}
_LINE = re.compile(
    r"^[\s*>]*(?P<word>"
    + "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
    + r")\s*\**\s*[:：]\s*\**\s*(?P<value>.*?)\s*\**\s*$",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"^[\s>]*([-_=*]{5,}.*|begin forwarded message:?|بدء الرسالة المعاد توجيهها:?)\s*$", re.IGNORECASE
)
_ADDRESS = re.compile(r"^(?P<name>.*?)\s*[<\[(]\s*(?:mailto:)?(?P<address>[^<>\[\]()\s]+@[^<>\[\]()\s]+?)\s*[>\])].*$")
_BARE_ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+$")
_PREFIXES = re.compile(r"^\s*(?:(?:fw|fwd|re|إعادة توجيه|اعادة توجيه|رد|توجيه|تحويل)\s*[:：]\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a forwarded mail holds: the forwarder's own words, and the letter they passed on."""

    note: str
    letter: Letter


def unwrap(text: str) -> Forwarded | None:
    """Return the first forwarded letter in *text*, or None where no header block stands.

    A block is at least three lines of From, Sent, To, Cc, Subject (in Arabic or English), From among them, with at
    most one blank line between two of them; a value may run on in the following lines.
    """
    lines = [bare(line) for line in text.splitlines()]
    for start, line in enumerate(lines):
        if _word(line) != "from":
            continue
        found, end = _block(lines, start)
        if len(found) < 3 or not found["from"]:
            continue
        note = _without_divider(lines[:start])
        return Forwarded(
            note,
            Letter(
                sender=address_of(found["from"]),
                subject=plain_subject(found.get("subject", "")),
                text="\n".join(lines[end:]).strip(),
                sent_at=found.get("sent", ""),
                to=found.get("to", ""),
            ),
        )
    return None


def plain_subject(subject: str) -> str:
    """Return *subject* without the prefixes that answering and forwarding put before it."""
    return _PREFIXES.sub("", subject).strip()


def address_of(written: str) -> Address:
    """Return the name and address in `Name <a@b>`, `Name [mailto:a@b]`, `a@b` or `Name`."""
    written = written.strip().rstrip(";")
    if found := _ADDRESS.match(written):
        return Address(found["name"].strip(" \"'"), found["address"])
    if _BARE_ADDRESS.match(written):
        return Address("", written)
    return Address(written.strip(" \"'"), "")


def _word(line: str) -> str | None:
    found = _LINE.match(line)
    return _NAMES[found["word"].lower()] if found else None


def _block(lines: list[str], start: int) -> tuple[dict[str, str], int]:
    """Read the header block that begins at *start*: its values by name, and the line after it."""
    found: dict[str, str] = {}
    last, blanks, at = "", 0, start
    while at < len(lines):
        line = lines[at]
        matched = _LINE.match(line)
        if matched and (name := _NAMES[matched["word"].lower()]) not in found:
            found[name], last, blanks = matched["value"], name, 0
        elif not line.strip():
            blanks += 1
            if blanks > 1 or (last == "subject" and len(found) >= 3):
                break
        elif last in ("to", "cc") and not blanks and len(found) < 5:
            found[last] += " " + line.strip()  # a long row of addresses runs on
        else:
            break
        at += 1
    return found, at


def _without_divider(lines: list[str]) -> str:
    while lines and (not lines[-1].strip() or _DIVIDER.match(lines[-1])):
        lines = lines[:-1]
    return "\n".join(lines).strip()
