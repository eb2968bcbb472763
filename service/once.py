"""What a caller asks under a key of their own comes true once; the same key for something else is told apart."""

from datetime import datetime

from registry.commands import Command
from service.ports import Transaction
from service.take import Taken, Taker


class KeyReused(Exception):
    """The key was used before, for something else: by it, `record_id` was changed or made."""

    def __init__(self, record_id: str) -> None:
        super().__init__(record_id)
        self.record_id = record_id


def take_once(tx: Transaction, taker: Taker, command: Command, *, key: str, digest: str, at: datetime) -> Taken:
    """Take *command* under the caller's *key*. *digest* names what was asked: the same of both again is a repetition.

    Raises:
        KeyReused: The key was used for another digest.
        Undone: See Taker.take_in.
    """
    whole = f"{key}:{digest}"
    before = tx.taken_for(key)
    if before is not None and tx.taken_for(whole) is None:
        raise KeyReused(before)
    taken = taker.take_in(tx, command, key=whole)
    if not taken.repeated and not tx.first_time(key, command.record_id, at):
        raise KeyReused(tx.taken_for(key) or "")  # somebody used it at this very moment
    return taken
