"""What may be asked of a record that we issue ourselves."""

from dataclasses import dataclass

from registry.circuits import Addressee
from registry.mail import Part
from registry.recipients import Chosen
from registry.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Begin a record of ours, in the unit of whoever drafts it."""

    record_id: str
    by: str
    kind: str
    subject: str
    text: str
    addressees: tuple[Addressee, ...] = ()
    party: str | None = None
    confidentiality: str = "normal"
    urgency: str = "normal"
    level: int = 1
    recipients: tuple[Chosen, ...] = ()
    expects_reply: bool = False  # whoever drafted it follows up until the reply is there
    files: tuple[Part, ...] = ()
    in_reply_to: str | None = None  # the record of the letter that it answers …
    letter: Record | None = None  # … which whoever takes the command looks up


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraft:
    """Write it anew. Where it is on its way, what was decided is void and it begins again."""

    record_id: str
    by: str
    subject: str
    text: str
    addressees: tuple[Addressee, ...] = ()
    party: str | None = None
    confidentiality: str = "normal"
    urgency: str = "normal"
    level: int = 1
    recipients: tuple[Chosen, ...] = ()
    expects_reply: bool = False  # whoever drafted it follows up until the reply is there
    letter: Record | None = None  # as of Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Put it on its way: through the circuit that the office lays down, or on, where it was sent back unchanged."""

    record_id: str
    step: int
    by: str
    note: str | None = None
    letter: Record | None = None  # as of Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    record_id: str
    step: int
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Sign it. `serial` was drawn in the transaction that decides, where this is the signature that numbers it."""

    record_id: str
    step: int
    by: str
    note: str | None = None
    serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """End a draft of one's own: it will not be issued."""

    record_id: str
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Ask somebody else as well, before the stage `before`."""

    record_id: str
    by: str
    act: str
    people: tuple[str, ...]
    before: int
    mode: str = "all"
    quorum: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Leave a stage out, for a reason."""

    record_id: str
    by: str
    stage: int
    note: str | None = None


type CircuitCommand = Draft | Redraft | Submit | Initial | Sign | Withdraw | Insert | Skip
