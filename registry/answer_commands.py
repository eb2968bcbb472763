"""What a letter is told of a reply of ours to it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOurAnswer:
    """The reply `answer` was begun, left, or is none any more: `state`, of answers.STATES.

    Nobody asks for it but a change of the reply, in whose transaction it comes true.
    """

    record_id: str
    by: str
    answer: str
    reference: str
    state: str
