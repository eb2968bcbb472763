"""A list that stands in somebody's chat, as it is kept: whose it is, and what stands on it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """`items` are the tokens of the cards that its rows stand for, in their order; empty for a row without a card."""

    token: str
    person: str
    kind: str  # of what: one kind of correspondence, or all ("")
    start: int  # the place of the first row among all that waited
    items: tuple[str, ...]
