"""The card of a record: what it is, where it stands, who has it, what was done last."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards import document, issued, letter
from bot.cards.parts import (
    OPEN_SECRET,
    Json,
    actor,
    button,
    buttons,
    card,
    day,
    fact,
    facts,
    fitting,
    head,
    in_dialog,
    is_masked,
    label,
    moment,
    name_of,
    notice,
    opens,
    sentence,
    short,
)
from registry.office import Office, Person
from registry.record import Record, Step
from registry.rights import may_act
from registry.vocabulary import Verb, is_secret
from texts import Language, isolate, say

_MOST_STEPS = 5


def record_card(
    record: Record,
    person: Person,
    office: Office,
    lang: Language,
    at: datetime,
    token: str | None = None,
    told: str | None = None,
    matter: Sequence[str] = (),
    *,
    opened: bool = False,
    acts: bool = True,
) -> Json:
    """Draw *record* for *person*, who may read it, as it stands at *at*.

    Args:
        token: That of their card of it.
        told: What came of what the reader did.
        matter: The numbers of what belongs together with it.
        opened: Whether they signed in anew, and the card does not stay in the chat.
        acts: Whether its buttons can be pressed where it stands; among others they cannot.
    """
    masked = is_masked(record, person.clearance, opened=opened)

    def draw(longest: int) -> Json:
        status = say(lang, f"status.{record.status.value}")
        top = head(lang, say(lang, f"kind.{record.kind}"), status, record, "emphasis")
        body: list[Json | None] = [notice(lang, told, good=True), top]
        if masked:
            level = say(lang, f"confidentiality.{record.confidentiality}")
            key = "card.secret" if is_secret(record.confidentiality) else "card.not_cleared"
            body += [sentence(say(lang, key, level=level)), facts(letter.held_by(record, office, lang, at))]
        else:
            begins = (
                [*issued.facts_of(record, office, lang), *document.file_facts(record, office, lang)]
                if record.rules.issued
                else [
                    letter.sender(record, lang),
                    letter.forwarder(record, office, lang),
                    letter.their_reference(record, lang),
                    letter.registered_on(record, office, lang),
                ]
            )
            body += [
                document.file_state(record, office, lang),
                letter.subject(record, lang),
                facts(
                    *begins,
                    letter.secrecy(record, lang),
                    letter.reasons(record, lang),
                    letter.answers(record, office, lang),
                    letter.links(record, lang),
                    letter.matter(matter, lang),
                    letter.circulated(record, office, lang),
                    letter.corrected(record, lang),
                    letter.undelivered(record, office, lang),
                    letter.same_as(record, lang),
                    letter.annexes(record, lang),
                    letter.held_by(record, office, lang, at),
                    _released(record, lang),
                    _replied(record, office, lang),
                    fact(say(lang, "card.filed_in"), short(record.filed_in or "")),
                    fact(say(lang, "card.why_ended"), short(_why_ended(record), 300)),
                ),
                issued.text(record, lang, longest) if record.rules.issued else None,
                issued.circuit(record, office, lang) if record.circuit is not None else None,
                label(say(lang, "card.steps"), spacing="medium"),
                *(
                    sentence(_line(step, record, office, lang), spacing="small", size="small")
                    for step in record.steps[-min(_MOST_STEPS, longest // 20) :]
                ),
            ]
        may_open = masked and opens(record, person.clearance)
        shown: list[Json | None] = [in_dialog(lang, OPEN_SECRET, record.record_id)] if may_open else []
        shown += [button(lang, "view", token, said="verb.open")] if token is not None else []
        if acts and not masked:
            shown += [issued.letter_button(record, lang, record.record_id)]
            if may_act(person, record, Verb.REPLY, at):
                shown += [button(lang, "reply", record.record_id, with_inputs=False)]
        body.append(buttons(shown, spacing="medium"))
        return card(lang, body, say(lang, "card.fallback", asked=status, reference=record.reference))

    return fitting(draw)


def _line(step: Step, record: Record, office: Office, lang: Language) -> str:
    who = name_of(step.to_person, step.to_unit, office, lang)
    if step.ended_for is not None:
        who = actor(step.ended_by, step.ended_for, step.to_unit, office, lang)
    asked = say(lang, f"asked.{step.asked}")
    if step.outcome is None or step.ended_at is None:
        return say(lang, "card.step_open", who=who, asked=asked)
    outcome, when = letter.outcome_of(record, step.outcome, lang), day(step.ended_at, office, lang)
    return say(lang, "card.step_line", who=who, asked=asked, outcome=outcome, when=when)


def _why_ended(record: Record) -> str:
    return record.outcome_note or "" if record.outcome in ("voided", "rejected") else ""


def _released(record: Record, lang: Language) -> Json | None:
    return fact(say(lang, "card.released_to"), isolate(record.released_reference or "")) if record.released_as else None


def _replied(record: Record, office: Office, lang: Language) -> Json | None:
    if record.reply is None or record.reply.sent_at is None:
        return None
    return fact(say(lang, "card.reply"), moment(record.reply.sent_at, office, lang))
