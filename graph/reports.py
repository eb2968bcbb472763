################################################################
# What a mail system reports of a mail: it was not delivered, it was read
################################################################
#
# Rule 1: a report is about the mail whose Message-ID it names, in its own fields or in the mail that it returns; what
#         its text says in words is for people.
# Rule 2: of several recipients the worst is told, and who they are.
#
# Source: RFC 3464 (delivery), RFC 8098 (disposition), RFC 3462 and 6533 (their forms); Exchange sends these.

import re
from collections.abc import Iterator

from graph import headers
from graph.headers import Header
from graph.mime_tree import Entity, leaves
from registry.mail import Report

_DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DISPOSITION = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_RETURNED = frozenset(
    {
        *("message/rfc822", "message/global", "text/rfc822-headers"),
        *("message/rfc822-headers", "message/global-headers"),
    }
)
_WORST_FIRST = ("failed", "delayed", "expanded", "relayed", "delivered")
_RECEIPTS = frozenset({"displayed", "deleted", "dispatched", "processed", "denied"})
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MOST_BLOCKS = 200  # one for each recipient
_MOST_RECIPIENTS = 20
_LONGEST_SAID = 500


def read_report(root: Entity, key: str) -> Report:
    """Return what the multipart/report *root* says. *key* names the header by which our own mails are known."""
    about: list[str] = []
    our_key, what, status, said = "", "", "", ""
    recipients: list[str] = []
    for leaf in leaves(root):
        if leaf.kind in _RETURNED:
            header, _ = headers.read_header(leaf.content, 0, len(leaf.content))
            about += headers.message_ids(header.get("message-id"))
            our_key = our_key or headers.words(header.get(key))
        elif leaf.kind in _DISPOSITION:
            header, _ = headers.read_header(leaf.content, 0, len(leaf.content))
            about += headers.message_ids(header.get("original-message-id"))
            disposition = _word(header.get("disposition").rpartition(";")[2].partition("/")[0])
            what = what or (disposition if disposition in _RECEIPTS else "")
            recipients += _recipient(header)
        elif leaf.kind in _DELIVERY:
            blocks = list(_blocks(leaf.content))
            about += [i for block in blocks for i in headers.message_ids(block.get("original-message-id"))]
            told = {_word(block.get("action")): block for block in reversed(blocks) if block.get("action")}
            worst = next((action for action in _WORST_FIRST if action in told), "")
            if worst:
                found = _STATUS.match(_word(told[worst].get("status")))
                what, status = worst, found[0] if found else ""
                said = headers.words(told[worst].get("diagnostic-code"))[:_LONGEST_SAID]
                recipients += [r for b in blocks if _word(b.get("action")) == worst for r in _recipient(b)]
    return Report(
        what=what,
        about=tuple(dict.fromkeys(about)),
        our_key=our_key,
        recipients=tuple(dict.fromkeys(recipients))[:_MOST_RECIPIENTS],
        status=status,
        said=said,
    )


def _blocks(content: bytes) -> Iterator[Header]:
    at = 0
    for _ in range(_MOST_BLOCKS):
        if at >= len(content):
            return
        header, after = headers.read_header(content, at, len(content))
        if header.lines:
            yield header
        if after <= at:  # a line that is none: nothing behind it can be trusted
            return
        at = after


def _recipient(header: Header) -> list[str]:
    """Whom a block is about: `rfc822; user@example.com`."""
    said = header.get("original-recipient") or header.get("final-recipient")
    address = headers.words(said.rpartition(";")[2]).strip("<> ")[: headers.LONGEST_ADDRESS]
    return [address] if address else []


def _word(value: str) -> str:
    """The first word of a field, without its comment."""
    return value.partition("(")[0].strip().partition(" ")[0].lower()
