"""A letter that is no mail: scanned, or brought by hand; as the clerk or system that enters it describes it."""

from dataclasses import dataclass
from datetime import datetime

from registry.mail import Letter, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One letter on paper, for the register of `unit_id`.

    `sha256` and `size_bytes` are those of the slip, the exact bytes by which it was entered; they and the files lie in
    the archive. Where `urgency` or `confidentiality` is empty, the letter's own words decide; where `to_unit` is, the
    registry's rules.
    """

    unit_id: str
    way: str  # one of vocabulary.DELIVERIES
    letter: Letter
    received_at: datetime
    sha256: str
    size_bytes: int
    parts: tuple[Part, ...] = ()
    their_reference: str = ""
    urgency: str = ""
    confidentiality: str = ""
    to_unit: str = ""
    asked: str = ""
    same_as: str | None = None
    same_reference: str | None = None
