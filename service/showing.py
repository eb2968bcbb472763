"""What the chats are shown: the views of steps, delegations and absences, read from what is kept."""

from datetime import datetime

from registry.effects import AskAction, AskForDelegate, RefreshCard, RefreshDelegation, RemindCard, ShowDelegation
from registry.office import Person
from registry.record import OPEN, Record, Step
from registry.rights import is_asked, standing_on
from service.matters import numbers_of_matter
from service.ports import AwayView, CardView, Clock, Conversation, DelegationView, Transaction

type StepEffect = AskAction | RefreshCard | RemindCard
type Fresh = AskAction | RemindCard | ShowDelegation | AskForDelegate


def view_of_step(tx: Transaction, effect: StepEffect) -> CardView | None:
    """The card of a step, for the person of *effect*; None where there is none."""
    token = tx.token_of(effect.record_id, effect.step, effect.person)
    stored, office = tx.record(effect.record_id), tx.office()
    person = office.person(effect.person)
    asked = tx.asked(token) if token is not None else None
    step = stored.record.step(effect.step) if stored is not None else None
    if asked is None or stored is None or person is None or step is None:
        return None
    return CardView(
        asked=asked,
        record=stored.record,
        step=step,
        person=person,
        office=office,
        language=person.language,
        matter=numbers_of_matter(tx, stored.record),
    )


def view_of_delegation(tx: Transaction, effect: ShowDelegation | RefreshDelegation) -> DelegationView | None:
    token = tx.token_of(effect.record_id, 0, effect.person)
    kept, office = tx.delegation(effect.record_id), tx.office()
    asked, person = tx.asked(token) if token is not None else None, office.person(effect.person)
    if asked is None or kept is None or person is None:
        return None
    return DelegationView(asked, kept.delegation, person, office, person.language)


def to_send(
    tx: Transaction, effect: Fresh, clock: Clock
) -> tuple[CardView | DelegationView | AwayView | None, Conversation | None]:
    """What is to come into somebody's chat, and the chat. Nothing, where there is nothing to ask them any more."""
    chat = tx.conversation(effect.person)
    if isinstance(effect, ShowDelegation):
        return view_of_delegation(tx, effect), chat
    if isinstance(effect, AskForDelegate):
        office = tx.office()
        person = office.person(effect.person)
        if person is None or not person.active:
            return None, chat
        return AwayView(person, office, person.language, effect.starts, effect.until), chat
    view = view_of_step(tx, effect)
    if view is None or not still_asked(view.person, view.record, view.step, clock()):
        return None, chat  # answered before the card was sent, or somebody else's by now
    return view, chat


def still_asked(person: Person, record: Record, step: Step, at: datetime) -> bool:
    """Whether *step* is open, and put before *person* or before somebody for whom they stand in."""
    return step.state == OPEN and (is_asked(person, step) or standing_on(person, record, step, at) is not None)
