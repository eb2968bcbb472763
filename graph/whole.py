################################################################
# Did the whole mail come?
################################################################
#
# Rule 1: bytes whose length agrees with what the answer says of itself may still be half a mail: somebody on the way
#         cut them and counted anew. What ends as its structure says it must is whole; nobody is asked about it.
# Rule 2: what breaks off is asked for again, and so is what has no end of its own and falls short of what Graph shows
#         of it. Only the same answer eight times is believed, and only when the mail has lain there a while: until then
#         it waits before the cursor and is tried at every visit.
# Rule 3: no letter is refused for it. What is believed to be cut is entered all the same, and says so.
#
# Why not by its length: Graph states none. What it has is PidTagMessageSize, the size of the properties in the store
# (MS-OXCMSG 2.2.1.7): text twice as long as on the wire where it is UTF-16, files shorter than in base64. It can only
# say "far too short". Of text, which has no end of its own, what Graph shows is counted: letters and digits.

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from graph.html_text import html_text
from graph.mail_parts import LONGEST_TEXT
from registry.changed import changed
from registry.errors import Unavailable
from registry.mail import CUT, CUT_AND_UNREADABLE
from service.ports import Fetched

# PidTagMessageSize; Graph names it so, and shows it as text.
SIZE = "Integer 0x0e08"

_BELIEVED = 8  # equal answers; with five, one day in ten thousand of cuts by chance ended with half a letter
_ASKED_AT_MOST = 15
_WAITED_FOR_S = 900.0  # so young, it may come whole yet
_SHARE = 0.9  # of what Graph shows; the two read HTML in slightly different ways
_BESIDE_BYTES = 128 * 1024  # properties that are no content: addresses, header, ids


@dataclass(frozen=True, slots=True)
class Told:
    """What Graph tells of a mail beside its bytes: its body as HTML, and its size in the store (0: it does not say)."""

    html: str
    size_bytes: int = 0


async def read_whole(
    ask: Callable[[], Awaitable[bytes]],
    read: Callable[[bytes], Awaitable[Fetched]],
    tell: Callable[[], Awaitable[Told]],
    lain_s: float,
) -> Fetched:
    """Return the mail that *ask* gives and *read* understands, whole; or marked as cut where nobody has more of it.

    Args:
        tell: Asked for only where the bytes have no end of their own.
        lain_s: How long ago the mail came.

    Raises:
        Unavailable: It came cut, and may come whole yet.
    """
    told: Told | None = None
    best, equal = await read(await ask()), 1
    for _ in range(_ASKED_AT_MOST):
        if best.end in ("text", "file") and told is None:
            told = await tell()
        if best.end == "closed" or (told is not None and best.end != "cut" and not await _falls_short(best, told)):
            return best
        if equal == _BELIEVED:
            break
        raw = await ask()
        if raw == best.raw:
            equal += 1
        elif len(raw) > len(best.raw) or best.end == "cut":
            best, equal = await read(raw), 1
    if equal < _BELIEVED or lain_s < _WAITED_FOR_S:
        raise Unavailable("a mail whose end is missing")
    return marked(best)


def marked(fetched: Fetched) -> Fetched:
    """*fetched*, saying of itself that its end is missing."""
    mail = fetched.mail
    if mail.unreadable:
        mail = changed(mail, unreadable=(CUT_AND_UNREADABLE, *mail.unreadable))
    else:
        mail = changed(mail, remarks=(*mail.remarks, CUT))
    return replace(fetched, mail=mail)


async def _falls_short(fetched: Fetched, told: Told) -> bool:
    """Whether Graph shows more of the mail than its bytes have."""
    if fetched.mail.repairs:  # they are read better than Graph reads them, and nothing can be compared
        return False
    if fetched.end == "text":
        theirs, _ = await asyncio.to_thread(html_text, told.html)
        ours, shown = _letters(fetched.mail.letter.text), _letters(theirs[:LONGEST_TEXT])
        return ours < shown * _SHARE
    content = sum(part.size_bytes for part in fetched.mail.parts) or 2 * len(fetched.raw)
    return told.size_bytes * _SHARE > content + _BESIDE_BYTES


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
