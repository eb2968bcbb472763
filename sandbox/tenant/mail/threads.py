################################################################
# Conversations: which letters belong together
################################################################
#
# Rule 1: a thread is 22 bytes (a 1, five of time, sixteen of its own) and five more for every answer, as Exchange
#         writes Thread-Index; conversationId is made of the sixteen and the mailbox, so it means nothing elsewhere.
# Rule 2: a letter without Thread-Index joins the thread of the letter it answers, if that lies in the mailbox.

import base64
import hashlib
from datetime import datetime

from sandbox.tenant.mail.mime import Letter
from sandbox.tenant.mail.store import Mailboxes, opaque
from sandbox.tenant.world import Thing

HEAD = 22
STEP = 5


def begun(key: str, now: datetime) -> bytes:
    """The index of a new thread; *key* makes it its own."""
    return b"\x01" + _time(now) + hashlib.sha256(key.encode()).digest()[:16]


def answered(index: bytes, now: datetime) -> bytes:
    """The index of an answer to the letter of this index."""
    return index + _time(now)


def _time(now: datetime) -> bytes:
    return int(now.timestamp()).to_bytes(5)


def index_of(message: Thing) -> bytes:
    return base64.b64decode(message["fields"]["conversationIndex"])


def fields(mailbox: str, index: bytes) -> Thing:
    """What a message of this mailbox says of its thread."""
    return {
        "conversationId": f"AAQkAG{opaque(mailbox, index[6:HEAD].hex())}AAA=",
        "conversationIndex": base64.b64encode(index).decode(),
    }


def of_letter(store: Mailboxes, mailbox: str, letter: Letter, now: datetime) -> bytes:
    """The index of a letter that arrives."""
    if len(letter.thread_index) >= HEAD:
        return letter.thread_index
    for internet_id in filter(None, (letter.in_reply_to, *reversed(letter.references))):
        for known in store.with_internet_id(mailbox, internet_id):
            return answered(index_of(known), now)
    return begun(letter.message_id or letter.subject, now)
