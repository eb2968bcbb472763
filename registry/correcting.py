################################################################
# A counter-entry: what was entered wrongly is put right, and both stand
################################################################
#
# Rule 1: nothing is ever edited: what was entered stands on its line, what is right on a later one, with the reason.
# Rule 2: a clerk of the register corrects. How secret a letter is, only one who is cleared for both levels: nobody
#         lowers what they may not see, nor marks what they could not go on with.
# Rule 3: cards follow: whoever may not see the record any more is shown nothing of it and holds it no longer.

from datetime import datetime

from registry.acting import refusal, words
from registry.commands import Correct
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.office import Office
from registry.record import Record
from registry.rights import may_act
from registry.taking_back import withdrawn
from registry.verb_events import Corrected, CorrectedText
from registry.vocabulary import CONFIDENTIALITIES, URGENCIES, Verb, may_see

TEXTS = ("subject", "their_reference", "letter_date")


def decide_correct(ask: Correct, record: Record, office: Office, now: datetime) -> Decision:
    """Put right what differs; where nothing does, nothing happens."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if ask.urgency not in (None, *URGENCIES) or ask.confidentiality not in (None, *CONFIDENTIALITIES):
        return Refused("register.unknown_level")
    texts = _texts(ask, record)
    urgency = ask.urgency if ask.urgency not in (None, record.urgency) else None
    level = ask.confidentiality if ask.confidentiality not in (None, record.confidentiality) else None
    if not texts and urgency is None and level is None:
        return Nothing()
    if not (verdict := may_act(person, record, Verb.CORRECT, now)):
        return refusal(verdict.reasons[0], record, None, office)
    if any(t.what == "subject" and not t.now for t in texts):
        return Refused("say.subject_missing")
    if level is not None and not (
        may_see(person.clearance, level) and may_see(person.clearance, record.confidentiality)
    ):
        return Refused("correct.no_authority", {"reference": record.reference})
    note = words(ask.note)
    if note is None:
        return Refused("say.reason_missing")
    corrected = Corrected(
        at=now,
        by=ask.by,
        capacity="clerk",
        note=note,
        texts=texts,
        urgency=urgency,
        was_urgency=record.urgency if urgency is not None else None,
        confidentiality=level,
        was_confidentiality=record.confidentiality if level is not None else None,
    )
    return Accepted((corrected, *(withdrawn(record, level, office, now) if level is not None else ())))


def _texts(ask: Correct, record: Record) -> tuple[CorrectedText, ...]:
    """What is to be said otherwise; each text on one line."""
    found = []
    for what in TEXTS:
        said = getattr(ask, what)
        if said is None:
            continue
        was, now = getattr(record, what) or "", " ".join((words(said) or "").split())
        if was != now:
            found.append(CorrectedText(what=what, was=was, now=now))
    return tuple(found)
