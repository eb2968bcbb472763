################################################################
# The office's words, as data
################################################################
#
# Rule 1: a kind of correspondence, a disposition or a level is a row here; no other file of the core names one.
# Rule 2: what a disposition obliges and what closes it stands in its row, and `decide` obeys the row.
#
# Source: domain of official correspondence in Gulf ministries (sections 4.1 fields, 4.2 dispositions).

from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What a person (or the registry's rule) may do to a record."""

    REGISTER = "register"
    READ = "read"
    REFER = "refer"
    ANNOTATE = "annotate"
    ACKNOWLEDGE = "acknowledge"
    COMPLETE = "complete"
    RETURN = "return"
    APPROVE = "approve"
    CLOSE = "close"
    CORRECT = "correct"
    REJECT = "reject"
    RECALL = "recall"
    FILE = "file"
    VOID = "void"
    REOPEN = "reopen"
    LINK = "link"
    REPLY = "reply"  # begin a letter of ours that answers it
    RESEND = "resend"  # what goes out, to a recipient once more
    # of what we issue
    SUBMIT = "submit"
    EDIT = "edit"
    WITHDRAW = "withdraw"
    INITIAL = "initial"
    SIGN = "sign"
    INSERT = "insert"
    SKIP = "skip"


# What nobody does, for another, to what either of them wrote.
DECIDES = frozenset({Verb.APPROVE, Verb.REJECT, Verb.INITIAL, Verb.SIGN})


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a referral asks of the person it goes to."""

    code: str
    closed_by: frozenset[Verb]  # one of these verbs by the person asked ends the step
    custody: bool = True  # the person asked holds the record until then
    needs_words: bool = False  # … and must say something: a result, an opinion
    answered_for: str | None = None  # when answered, the one who asked holds this; None: what they were asked before
    until_closed: bool = False  # the end of the record ends the step as well
    or_link: bool = False  # … instead of words, the record that was made of it may be linked
    of_heads: bool = False  # only whoever heads a unit can be asked it
    by_heads: bool = False  # only whoever heads a unit, or keeps its register, may ask it


def _row(
    code: str,
    *closed_by: Verb,
    custody: bool = True,
    words: bool = False,
    then: str | None = None,
    until_closed: bool = False,
    or_link: bool = False,
    of_heads: bool = False,
    by_heads: bool = False,
) -> Disposition:
    return Disposition(code, frozenset(closed_by), custody, words, then, until_closed, or_link, of_heads, by_heads)


FOR_ACTION = "for_action"
FOR_APPROVAL = "for_approval"
FOR_REVIEW = "for_review"
FOR_INFORMATION = "for_information"
FOR_FOLLOW_UP = "for_follow_up"
FOR_FILING = "for_filing"
FOR_INITIAL = "for_initial"
FOR_SIGNATURE = "for_signature"
FOR_REPLY = "for_reply"
FOR_STUDY = "for_study_opinion"
FOR_CIRCULATION = "for_circulation"
FOR_DRAFTING = "for_drafting"  # whoever wrote it has it, and puts it on its way
FOR_MISSING_FILE = "for_missing_file"  # the letter's annex came as a link: the file itself is asked for

DISPOSITIONS: dict[str, Disposition] = {
    row.code: row
    for row in (
        _row(FOR_INFORMATION, Verb.ACKNOWLEDGE, custody=False),
        _row("for_action", Verb.COMPLETE, words=True, then=FOR_APPROVAL, or_link=True),
        _row("for_study_opinion", Verb.COMPLETE, words=True),
        _row(FOR_REPLY, Verb.COMPLETE, words=True, then=FOR_APPROVAL, or_link=True),
        _row("for_statement", Verb.COMPLETE, words=True),
        _row(FOR_REVIEW, Verb.COMPLETE),
        _row("for_initial", Verb.APPROVE, Verb.REJECT),
        _row(FOR_APPROVAL, Verb.APPROVE, Verb.REJECT),
        _row("for_signature", Verb.APPROVE, Verb.REJECT, of_heads=True),
        _row("for_presentation", Verb.COMPLETE, words=True, then=FOR_APPROVAL),
        _row("for_discussion", Verb.COMPLETE, words=True),
        _row("for_coordination", Verb.COMPLETE, words=True),
        _row(FOR_FOLLOW_UP, Verb.COMPLETE, custody=False, until_closed=True),
        _row(FOR_FILING, Verb.FILE),
        _row(FOR_CIRCULATION, Verb.ACKNOWLEDGE, custody=False, of_heads=True, by_heads=True),
        _row(FOR_MISSING_FILE, Verb.COMPLETE, custody=False, words=True),
        _row(FOR_DRAFTING, Verb.SUBMIT),
    )
}

# What a person may ask of another, the most usual first; a kind may offer fewer.
ASKED_FROM_CARDS = (
    "for_action",
    "for_study_opinion",
    "for_reply",
    FOR_APPROVAL,
    FOR_INFORMATION,
    "for_statement",
    FOR_REVIEW,
    "for_presentation",
    "for_coordination",
    "for_discussion",
    FOR_FOLLOW_UP,
    FOR_FILING,
    FOR_CIRCULATION,
    "for_initial",
    "for_signature",
)

REPLY = "reply"  # what somebody who follows up waits for, so that they hold the record

# How one record has to do with another, and how that one says it of the first. Said by people; what a machine found is
# `same_id`, `number`, `register`.
RELATIONS = {
    "replies_to": "replied_by",
    "refers_to": "referred_to_by",
    "continues": "continued_by",
    "cancels": "cancelled_by",
    "amends": "amended_by",
    "part_of_file": "has_part",
}
INVERSE = RELATIONS | {back: there for there, back in RELATIONS.items()}


# Which verb ends the step of somebody who sits in a stage of a circuit, by what is asked there.
STAGE_VERBS = {
    FOR_INITIAL: Verb.INITIAL,
    FOR_STUDY: Verb.COMPLETE,
    FOR_APPROVAL: Verb.APPROVE,
    FOR_SIGNATURE: Verb.SIGN,
}

# What an addressee may be asked when something of ours is issued.
ISSUED_FOR = (FOR_INFORMATION, FOR_ACTION, FOR_CIRCULATION)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of correspondence: how it is numbered, and what may be done with it."""

    code: str
    direction: str  # in, out, internal
    letter: str  # stands for the kind in the reference
    verbs: frozenset[Verb]
    reference: str = "{unit}/{letter}/{serial}/{year}"
    listed: bool = True  # a letter to be listed with the others; False for what waits in quarantine
    marked: str = "category.registered"  # the words of the mark that its mail gets in Outlook
    unasked: frozenset[str] = frozenset()  # dispositions that make no sense of this kind
    issued: bool = False  # we write it: it begins as a draft, and is numbered when it is signed
    sent_for: str = FOR_INFORMATION  # what its addressees are asked, where nothing else is said


QUARANTINE = "quarantined_mail"
_OF_ISSUED = frozenset({Verb.SUBMIT, Verb.EDIT, Verb.WITHDRAW, Verb.INITIAL, Verb.SIGN, Verb.INSERT, Verb.SKIP})
_LETTER_VERBS = frozenset(Verb) - {Verb.REGISTER, Verb.RESEND} - _OF_ISSUED  # it is registered already
_ISSUED_VERBS = _OF_ISSUED | {
    *(Verb.READ, Verb.REFER, Verb.ANNOTATE, Verb.ACKNOWLEDGE, Verb.COMPLETE, Verb.RETURN, Verb.APPROVE),
    *(Verb.REJECT, Verb.RECALL, Verb.VOID, Verb.LINK),
}


def _issued(code: str, direction: str, letter: str, sent_for: str = FOR_INFORMATION) -> Kind:
    # the register sends it, and ends it
    verbs = _ISSUED_VERBS | ({Verb.CLOSE, Verb.RESEND} if direction == "out" else set())
    return Kind(code, direction, letter, verbs, issued=True, sent_for=sent_for)


KINDS: dict[str, Kind] = {
    row.code: row
    for row in (
        Kind("incoming_letter", "in", "و", _LETTER_VERBS),
        Kind(
            QUARANTINE,
            "in",
            "ح",
            frozenset({Verb.REGISTER, Verb.READ, Verb.ANNOTATE, Verb.CLOSE, Verb.REOPEN}),
            listed=False,
            marked="category.quarantined",
        ),
        _issued("internal_memo", "internal", "م"),
        _issued("decision", "internal", "ق", FOR_CIRCULATION),
        _issued("circular", "internal", "ت", FOR_CIRCULATION),
        _issued("outgoing_letter", "out", "ص"),
        _issued("follow_up_letter", "out", "ك"),
    )
}
ISSUED_KINDS = tuple(code for code, kind in KINDS.items() if kind.issued)


OPEN, REFERRED, DONE = "open", "referred", "done"  # a step: theirs to end; they asked others and wait; ended


class Status(StrEnum):
    """Where a record stands."""

    DRAFT = "draft"
    IN_CIRCUIT = "in_circuit"
    ISSUED = "issued"
    REGISTERED = "registered"
    IN_ACTION = "in_action"
    AWAITING_REPLY = "awaiting_reply"
    RETURNED = "returned"
    CLOSED = "closed"
    ARCHIVED = "archived"
    VOIDED = "voided"


ENDED = frozenset({Status.CLOSED, Status.ARCHIVED, Status.VOIDED})

# How a letter comes that is no mail: on paper, or as a message between people in Teams. (A mail comes by "outlook", or
# by "forward" where an official passed it on.)
DELIVERIES = ("scan", "hand", "chat")

# Both ladders from the lowest step up; a ministry may have others, so nothing but the order is relied on.
CONFIDENTIALITIES = ("normal", "restricted", "secret", "very_secret", "top_secret")
URGENCIES = ("normal", "urgent", "very_urgent")


def is_secret(confidentiality: str) -> bool:
    """Whether a card or a mail may show nothing of the letter but its number."""
    return CONFIDENTIALITIES.index(confidentiality) >= CONFIDENTIALITIES.index("secret")


def may_see(clearance: str, confidentiality: str) -> bool:
    """Whether a person cleared to *clearance* may see what is marked *confidentiality*."""
    return CONFIDENTIALITIES.index(clearance) >= CONFIDENTIALITIES.index(confidentiality)
