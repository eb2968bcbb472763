################################################################
# A secret record is opened: who was shown its words, and by which sign-in
################################################################
#
# Rule 1: the words are shown to whoever may read the record, is cleared for it, and signed in a quarter of an hour ago
#         or less. What they see is written down before they see it.
# Rule 2: a sign-in that is older, or that lies ahead of the clock, opens nothing.

from datetime import datetime, timedelta

from registry.acting import refusal
from registry.decisions import Accepted, Decision, Refused
from registry.office import Office
from registry.opening_commands import ShowSecret
from registry.opening_events import SecretShown
from registry.record import Record
from registry.rights import is_clerk, may_act
from registry.vocabulary import Verb, is_secret, may_see

OPEN_FOR = timedelta(minutes=15)  # from the sign-in


def decide_show(ask: ShowSecret, record: Record, office: Office, now: datetime) -> Decision:
    """Judge whether the words may be shown."""
    person = office.person(ask.by)
    if person is None:
        return Refused("may.unknown_person")
    if not (verdict := may_act(person, record, Verb.READ, now)):
        return refusal(verdict.reasons[0], record, None, office)
    if not may_see(person.clearance, record.confidentiality):  # a clerk routes by the number what they may not read
        return Refused("may.secrecy")
    if not is_secret(record.confidentiality):
        return Refused("secret.is_none")
    if not ask.signed_in_at <= now < ask.signed_in_at + OPEN_FOR:
        return Refused("secret.sign_in")
    capacity = "clerk" if is_clerk(person, record.registry_unit_id) else "member"
    return Accepted((SecretShown(at=now, by=ask.by, capacity=capacity, signed_in_at=ask.signed_in_at),))
