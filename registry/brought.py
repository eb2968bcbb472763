################################################################
# Which letter a mail brings
################################################################
#
# Rule 1: only an official's forward is unwrapped, be it text or an attached mail: what an outsider puts under a header
#         block or attaches is part of their letter, and what an answer quotes is not what it brings.
# Rule 2: colleagues through whose hands a letter went are passed over: it is its writer's, however deep it lies.
# Rule 3: one number, one letter. Of several attached mails the one that came from outside is the letter and the others
#         belong to it; where several did, the letter that the official's own text forwards has them as annexes; where
#         it forwards none, a clerk must say: each wants a number of its own. Where none came from outside and none is
#         forwarded, the official's own mail is the letter and they are its annexes.

from collections.abc import Iterator
from dataclasses import dataclass, replace

from registry.forwarded import is_answer, plain_subject, unwrap
from registry.mail import Letter, Mail
from registry.office import Office

_HANDS = 10  # colleagues through whose hands a letter may have gone, one forwarding it to the next


@dataclass(frozen=True, slots=True)
class Brought:
    """The letter itself, the official who forwarded it (or wrote it), and how it came: forward or outlook."""

    letter: Letter
    forwarder: str | None
    via: str
    several: bool = False  # it brings several letters; this is the mail that carries them


def brought(mail: Mail, office: Office) -> Brought:
    """Return what *mail* brings."""
    official = office.by_address(mail.sender.address) if office.is_inside(mail.sender.address) else None
    plain = replace(mail.letter, subject=plain_subject(mail.letter.subject))
    if official is None:
        return Brought(plain, None, "outlook")
    leads = _leads(mail.letter, office)
    outside = [letter for letter in leads if not office.is_inside(letter.sender.address)]
    found = outside[0] if len(outside) == 1 else _forwarded(mail.letter, office)
    if found is None and len(leads) == 1:
        found = leads[0]
    if found is None:
        return Brought(plain, official.person_id, "outlook", several=len(outside) > 1)
    return Brought(replace(found, subject=found.subject or plain.subject), official.person_id, "forward")


def _leads(carrier: Letter, office: Office) -> list[Letter]:
    """What each attached mail leads to; the same letter attached twice is one."""
    return list(dict.fromkeys(found for mail in carrier.attached for found in _ends(mail, office, _HANDS)))


def _ends(letter: Letter, office: Office, hands: int) -> Iterator[Letter]:
    """What *letter* leads to: itself, unless a colleague passed on what others wrote."""
    by_a_colleague = hands > 0 and office.is_inside(letter.sender.address)
    if by_a_colleague and letter.attached:
        for inner in letter.attached:
            yield from _ends(inner, office, hands - 1)
    elif by_a_colleague and (found := _forwarded(letter, office)) is not None:
        yield found
    else:
        yield letter


def _forwarded(carrier: Letter, office: Office) -> Letter | None:
    """The letter in a forwarded text, past the colleagues through whose hands it went."""
    found = unwrap(carrier.text) if not is_answer(carrier.subject) else None
    for _ in range(_HANDS):
        by_a_colleague = found is not None and found.passed_on and office.is_inside(found.letter.sender.address)
        if found is None or not by_a_colleague or (inner := unwrap(found.letter.text)) is None:
            break
        found = inner
    return found.letter if found is not None else None
