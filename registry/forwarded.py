################################################################
# The letter inside a forwarded mail
################################################################
#
# Rule 1: a guess that may be wrong is worse than none. A memo begins with From, To and Subject as well: a block counts
#         where only a mail program can have written it.
# Rule 2: what is found is proposed as the original; the mail that carried it is kept as it came.
# Rule 3: no line of a letter is dropped: what stands above the block is the forwarder's note, what follows the letter.
# Rule 4: a line costs what it is long: what is read here was written by anybody.

import re
from dataclasses import dataclass
from functools import lru_cache

from registry.mail import Address, Letter
from texts import search_key
from texts.isolates import bare

# The words Outlook, Outlook on the web, Gmail and Apple Mail write before each line, in Arabic, English and French.
_WORDS = {
    "from": ("من", "المرسل", "from", "de", "expéditeur"),
    "sent": ("تم الإرسال", "تاريخ الإرسال", "أُرسلت", "مرسل", "التاريخ", "تاريخ", "sent", "date", "envoyé", "envoyé le"),
    "to": ("إلى", "المرسل إليه", "to", "à", "destinataire"),
    "cc": ("نسخة", "نسخة إلى", "cc", "copie à"),
    "subject": ("الموضوع", "موضوع", "subject", "objet"),
}
_NAMES = {search_key(word): name for name, words in _WORDS.items() for word in words}
_LONGEST_WORD, _LONGEST_ROW = 24, 20_000
_MOST_TRIES = 500  # lines that name a sender
_SENT_BY_A_PROGRAM = {
    search_key(word) for word in ("تم الإرسال", "تاريخ الإرسال", "أُرسلت", "sent", "envoyé", "envoyé le")
}
_DIVIDERS = {
    search_key(words)
    for words in (
        "original message",
        "forwarded message",
        "begin forwarded message",
        "الرسالة الأصلية",
        "رسالة معاد توجيهها",
        "بدء الرسالة المعاد توجيهها",
        "message d'origine",
        "message d’origine",
        "message transféré",
        "début du message transféré",
        "début du message réexpédié",
    )
}
_RULE_MARKS = "-_=*"
_SPACES = " \t\u00a0\u202f"
_COLON = re.compile(r"[:：]")
_FORWARDED = r"fw|fwd|tr|إعادة توجيه|اعادة توجيه|توجيه|تحويل"
_PREFIXES = re.compile(rf"^\s*(?:(?:{_FORWARDED}|re|رد)\s*[:：]\s*)+", re.IGNORECASE)
_IS_FORWARD = re.compile(rf"^\s*(?:{_FORWARDED})\s*[:：]", re.IGNORECASE)
_IS_ANSWER = re.compile(r"^\s*(?:re|رد)\s*[:：]", re.IGNORECASE)
_ADDRESS = re.compile(r"[<\[(]\s*(?:mailto:)?(?P<address>[^<>\[\]()\s@]+@[^<>\[\]()\s@]+)\s*[>\])]")
_BARE_ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+$")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a forwarded mail holds: the forwarder's own words, and the letter they passed on."""

    note: str
    letter: Letter
    passed_on: bool = False  # that letter was a forwarded one itself, its subject says


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a header block: which one, by which word, and what it says."""

    name: str
    word: str
    value: str


def unwrap(text: str) -> Forwarded | None:
    """Return the first forwarded letter in *text*, or None where no header block stands.

    A block is at least three lines of From, Sent, To, Cc, Subject (in Arabic, English or French), From the first of
    them, one below the other or each after one blank line; a long row of addresses may run on. That a mail program
    wrote it is seen by the sender's address, by its word for the time of sending, or by the line it drew above.
    """
    lines = bare(text).splitlines()
    tries = 0
    for start, line in enumerate(lines):
        first = _read_line(line)
        if first is None or first.name != "from" or not first.value:
            continue
        tries += 1
        if tries > _MOST_TRIES:  # nobody forwards so often; somebody wants us to look for long
            break
        found, end = _read_block(lines, start)
        note_end, divided = _above(lines, start)
        if len(found) < 3 or not (divided or _by_a_program(found)):
            continue
        subject = found["subject"].value if "subject" in found else ""
        return Forwarded(
            "\n".join(lines[:note_end]).strip(),
            Letter(
                sender=address_of(first.value),
                subject=plain_subject(subject),
                text="\n".join(lines[end:]).strip(),
                sent_at=found["sent"].value if "sent" in found else "",
                to=found["to"].value if "to" in found else "",
            ),
            passed_on=_IS_FORWARD.match(subject) is not None,
        )
    return None


def plain_subject(subject: str) -> str:
    """Return *subject* without the prefixes that answering and forwarding put before it."""
    return _PREFIXES.sub("", subject).strip()


def is_answer(subject: str) -> bool:
    """Whether a mail program says by the subject that this answers a mail: what it quotes is not what it brings."""
    return _IS_ANSWER.match(bare(subject)) is not None


def address_of(written: str) -> Address:
    """Return the name and address in `Name <a@b>`, `Name [mailto:a@b]`, `a@b` or `Name`."""
    written = written.strip().rstrip(";")
    if found := _ADDRESS.search(written):
        return Address(written[: found.start()].strip(" \"'"), found["address"])
    if _BARE_ADDRESS.match(written):
        return Address("", written)
    return Address(written.strip(" \"'"), "")


def _read_line(line: str) -> _Line | None:
    colon = _COLON.search(line, 0, _LONGEST_WORD + 40)
    if colon is None:
        return None
    word = line[: colon.start()].strip(_SPACES + "*>")
    key = _key_of_word(word) if 0 < len(word) <= _LONGEST_WORD else ""
    if key not in _NAMES:
        return None
    return _Line(_NAMES[key], key, line[colon.end() :].strip(_SPACES + "*"))


_key_of_word = lru_cache(maxsize=1024)(search_key)  # a letter repeats the few words that stand before its colons


def _read_block(lines: list[str], start: int) -> tuple[dict[str, _Line], int]:
    """Read the header block that begins at *start*: its lines by name, and the number of the line after it."""
    found: dict[str, _Line] = {}
    last, spaced, blank, at = "", False, False, start
    while at < len(lines):
        line = lines[at]
        read = _read_line(line)
        if read is not None and read.name not in found:
            found[read.name], last, blank = read, read.name, False
        elif _is_blank(line):
            spaced = spaced or len(found) == 1
            if blank or not spaced or (last == "subject" and len(found) >= 3):
                break
            blank = True
        elif read is None and last in ("to", "cc") and not blank and _runs_on(found[last].value, line):
            row = found[last]
            found[last] = _Line(row.name, row.word, f"{row.value} {line.strip()}")
        else:
            break
        at += 1
    return found, at


def _runs_on(row: str, line: str) -> bool:
    return (row.endswith((";", ",", "؛", "،")) or line[0] in _SPACES) and len(row) < _LONGEST_ROW


def _is_blank(line: str) -> bool:
    return not line.strip(_SPACES + ">")


def _by_a_program(found: dict[str, _Line]) -> bool:
    sent = found.get("sent")
    return "@" in found["from"].value or (sent is not None and sent.word in _SENT_BY_A_PROGRAM)


def _above(lines: list[str], start: int) -> tuple[int, bool]:
    """Return where the note above a block ends, and whether a line was drawn between them."""
    end, divided = start, False
    while end and (_is_blank(lines[end - 1]) or _is_divider(lines[end - 1])):
        divided = divided or not _is_blank(lines[end - 1])
        end -= 1
    return end, divided


def _is_divider(line: str) -> bool:
    line = line.strip(_SPACES + ">")
    words = line.strip(_RULE_MARKS + _SPACES + ":")
    return len(line) >= 5 if not words else len(words) < 40 and search_key(words) in _DIVIDERS
