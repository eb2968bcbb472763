"""What happens to a letter that we answer by one of ours: a reply is begun, leaves, or comes to nothing."""

from dataclasses import dataclass

from registry.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBegun(Event):
    """Somebody began a reply to the letter: the record `answer`, which has no number yet."""

    answer: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLeft(Event):
    """The reply went out under its number: the letter is answered."""

    answer: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDropped(Event):
    """The reply is none any more. `why`: withdrawn, voided, unlinked."""

    answer: str
    reference: str
    why: str


ANSWER_EVENTS: tuple[type[Event], ...] = (AnswerBegun, AnswerLeft, AnswerDropped)
