################################################################
# The card of a step: what is asked of a person, and what became of it
################################################################
#
# Rule 1: a button that is shown is one that `may_act` allows the reader now.
# Rule 2: of a secret record nothing is shown but its number, its urgency, how secret it is and what is asked; and no
#         text is asked for, since it would lie in the chat.
# Rule 3: the card is drawn from the record as it stands; what it once showed does not matter.

from datetime import datetime

from bot.cards import document, issued, letter
from bot.cards.parts import (
    OPEN_SECRET,
    Json,
    Press,
    Style,
    actor,
    box,
    button,
    buttons,
    card,
    choice,
    cut,
    fact,
    facts,
    fitting,
    head,
    in_dialog,
    is_hidden,
    label,
    moment,
    name_of,
    notice,
    opens,
    present,
    sentence,
    text_input,
)
from registry.circulating import awaiting, may_circulate
from registry.recipients import is_dispatched
from registry.record import OPEN, REFERRED, Step
from registry.rights import has_asked, is_asked, is_reader, may_act, standing_on
from registry.vocabulary import DONE, FOR_FILING, FOR_FOLLOW_UP, FOR_MISSING_FILE, FOR_REVIEW, Verb, is_secret
from service.ports import CardView
from texts import say

_ANSWERS = (
    *(Verb.APPROVE, Verb.COMPLETE, Verb.ACKNOWLEDGE, Verb.FILE, Verb.REGISTER),
    *(Verb.SUBMIT, Verb.INITIAL, Verb.SIGN),
)
_ORDER = (
    *(*_ANSWERS, Verb.EDIT, Verb.RETURN, Verb.REJECT, Verb.REFER, Verb.ANNOTATE, Verb.CORRECT, Verb.INSERT),
    *(Verb.CLOSE, Verb.WITHDRAW),
)
_WITH_WORDS = {
    *(Verb.APPROVE, Verb.COMPLETE, Verb.FILE, Verb.RETURN, Verb.REJECT, Verb.CLOSE),
    *(Verb.SUBMIT, Verb.INITIAL, Verb.SIGN, Verb.WITHDRAW),
}
# what leaves the step's end to later
_BESIDES = (Verb.REFER, Verb.ANNOTATE, Verb.CORRECT, Verb.INSERT, Verb.WITHDRAW)
_OF_THE_WHOLE = (Verb.EDIT, Verb.RECALL, Verb.INSERT, Verb.WITHDRAW)  # for as long as they may be done
_MASKED = (Verb.REGISTER, Verb.REFER)
_MOST_IN_A_ROW = 3
_STYLES: dict[str, Style] = {
    "approved": "good",
    "completed": "good",
    "acknowledged": "good",
    "released": "good",
    "filed": "good",
    "submitted": "good",
    "initialled": "good",
    "signed": "good",
    "returned": "warning",
    "rejected": "attention",
}
_COMPLETED_WITH = {
    "for_study_opinion": "card.write_opinion",
    FOR_MISSING_FILE: "card.write_no_file",
    FOR_REVIEW: "card.write_review",
    FOR_FILING: "card.write_file",
}
_NOTE_TITLES = {
    "return": "card.reason_of_return",
    "rejection": "card.reason_of_rejection",
    "reopening": "card.reason_of_reopening",
}
_OWN_APPROVALS = ("for_initial", "for_signature")
_MOST_NOTES = 3
_MOST_RESULTS = 5
_TIGHT = 100  # characters of a text, where not all of them can be shown


def step_card(view: CardView, at: datetime, *, typed: str = "", told: str | None = None) -> Json:
    """Draw the step as *view* shows it at *at*.

    Args:
        typed: What the reader wrote and is not recorded; it stays in the input.
        told: What came of the reader's press, when it was good news. Bad news stands in `view.said`.
    """
    return fitting(lambda longest: _draw(view, at, typed, told, longest))


def recorded(view: CardView) -> str:
    """The sentence that says what was done with the step, by whom and when."""
    lang, office = view.language, view.office
    outcome, by, whom, when = _outcome(view)
    who = actor(by, whom, view.step.to_unit, office, lang)
    at = moment(when, office, lang) if when is not None else ""
    return say(lang, "card.already", outcome=_outcome_said(view, outcome), who=who, when=at)


def verbs_of(view: CardView, at: datetime) -> list[Verb]:
    """What the reader may do with the step from its card."""
    possible: tuple[Verb, ...] = _ORDER
    if is_hidden(view):
        told = view.step.to_person is None and not view.step.custody  # what the register can deal with by the number
        possible = (*_MASKED, Verb.ACKNOWLEDGE, Verb.COMPLETE) if told else _MASKED
    if view.step.state == OPEN and not _is_theirs(view, at):
        possible = ()
    if not view.record.sender_is_proposed:
        possible = tuple(verb for verb in possible if verb is not Verb.CORRECT)
    return [verb for verb in possible if may_act(view.person, view.record, verb, at, view.step.number)]


def besides(view: CardView) -> list[str]:
    """What the reader may do that is done seldom, as the verbs of buttons; nothing of what a card masks."""
    record, person, at = view.record, view.person, view.record.updated_at
    if is_hidden(view):
        return []
    refers = record.rules.listed and not record.is_draft and may_act(person, record, Verb.REFER, at, view.step.number)
    asked = [s for s in record.steps if s.state != DONE and has_asked(person, record, s)]
    may: list[str] = []
    if asked and may_act(person, record, Verb.READ, at):
        may.append("recall")
    if refers:
        may += ["circulate"] if may_circulate(person, view.office) else []
        may += ["await_reply"] if awaiting(record) is None else []
    if may_act(person, record, Verb.LINK, at):
        may += ["link", *(["leave_matter"] if record.matter_id is not None else [])]
    has_it = view.step.state != DONE and view.step.custody and not _answers_first(view)
    may += ["reply"] if has_it and may_act(person, record, Verb.REPLY, at) else []
    may += ["resend"] if is_dispatched(record) and may_act(person, record, Verb.RESEND, at) else []
    may += ["amend"] if record.rules.listed and may_act(person, record, Verb.CORRECT, at) else []
    may += [v.value for v in (Verb.VOID, Verb.REOPEN) if may_act(person, record, v, at)]
    may += ["file_closed"] if record.ended and may_act(person, record, Verb.FILE, at, 0) else []
    return may


def _answers_first(view: CardView) -> bool:
    """Whether a reply is what the step is about, so that its button stands with the others."""
    return view.step.state == OPEN and view.step.disposition.or_link and not view.record.rules.issued


def _draw(view: CardView, at: datetime, typed: str, told: str | None, longest: int) -> Json:
    lang = view.language
    above = notice(lang, view.said) or notice(lang, told, good=True)
    asked = say(lang, f"asked.{view.step.asked}")
    if not is_asked(view.person, view.step) and not is_reader(view.person, view.record, at):
        body = _not_theirs(view)
    elif view.step.state == OPEN:
        body = _open(view, at, typed, longest)
    elif view.step.state == REFERRED:
        body = _waiting(view, at, longest)
    else:
        body = _done(view, at, longest)
    return card(lang, [above, *body], say(lang, "card.fallback", asked=asked, reference=view.record.reference))


def _is_theirs(view: CardView, at: datetime) -> bool:
    return is_asked(view.person, view.step) or standing_on(view.person, view.record, view.step, at) is not None


def _not_theirs(view: CardView) -> list[Json | None]:
    """Whoever stood in for somebody does so no more: nothing of the letter is left on their card."""
    lang, token = view.language, view.asked.token
    top = head(lang, say(lang, f"asked.{view.step.asked}"), say(lang, "card.delegate"), None, "emphasis")
    number = sentence(say(lang, "card.number_of", reference=view.record.reference), isSubtle=True)
    return [top, number, sentence(say(lang, "card.no_longer_yours")), buttons([button(lang, "view", token)])]


def _stands_in(view: CardView, at: datetime) -> Json | None:
    """For whom the reader would act, in what capacity and how long still."""
    standing = standing_on(view.person, view.record, view.step, at)
    if standing is None:
        return None
    lang, office = view.language, view.office
    said = say(
        lang,
        "card.you_stand_in",
        whom=name_of(standing.for_person, "", office, lang),
        capacity=say(lang, f"delegate.capacity.{standing.capacity}"),
        until=moment(standing.until, office, lang),
    )
    return box(lang, [sentence(said, weight="bolder")], "warning", spacing="small")


# ---------------------------------------------------------------- open


def _open(view: CardView, at: datetime, typed: str, longest: int) -> list[Json | None]:
    lang, record, step = view.language, view.record, view.step
    masked = is_hidden(view)
    asked = say(lang, f"asked.{step.asked}")
    verbs = verbs_of(view, at)
    top = head(lang, say(lang, "card.asked_of_you"), asked, record)
    if masked:
        return [top, _stands_in(view, at), *_mask(view), *_actions(view, verbs)]
    if record.rules.issued:
        return [
            head(lang, issued.title(record, lang), asked, record),
            _stands_in(view, at),
            document.file_state(record, view.office, lang),
            letter.subject(record, lang),
            _issued_facts(view, at),
            document.file_buttons(record, view.person, view.office, lang, view.asked.token, at),
            _letter(view),
            issued.missed(view),
            *_put_before(view, longest),
            issued.text(record, lang, longest),
            issued.circuit(record, view.office, lang) if record.is_draft else None,
            *issued.said_before(record, view.office, lang, longest),
            *_notes(view, longest),
            _copies(view),
            _input(view, verbs, typed),
            _back_to(view, verbs),
            *_actions(view, verbs),
        ]
    return [
        top,
        _stands_in(view, at),
        letter.subject(record, lang),
        _facts(view, at),
        *_put_before(view, longest),
        *_notes(view, longest),
        _copies(view),
        sentence(say(lang, "card.file_rule"), spacing="medium") if step.asked == FOR_MISSING_FILE else None,
        _input(view, verbs, typed),
        *_actions(view, verbs),
    ]


def _facts(view: CardView, at: datetime) -> Json | None:
    lang, record, office = view.language, view.record, view.office
    if record.reasons and not record.rules.listed:
        return facts(
            letter.reasons(record, lang),
            letter.sender(record, lang),
            letter.sender_check(record, lang),
            letter.links(record, lang),
            _asked_by(view),
        )
    return facts(
        letter.sender(record, lang),
        letter.forwarder(record, office, lang),
        letter.their_reference(record, lang),
        letter.registered_on(record, office, lang),
        letter.urgency(record, lang),
        letter.due(view.step, office, lang, at),
        letter.held_by(record, office, lang, at) if view.step.asked == FOR_FOLLOW_UP else None,
        letter.secrecy(record, lang),
        letter.annexes(record, lang),
        letter.reasons(record, lang),
        letter.answers(record, office, lang),
        letter.links(record, lang),
        letter.matter(view.matter, lang),
        letter.circulated(record, office, lang),
        letter.corrected(record, lang),
        letter.undelivered(record, office, lang),
        letter.same_as(record, lang),
        _asked_by(view),
    )


def _issued_facts(view: CardView, at: datetime) -> Json | None:
    lang, record, office = view.language, view.record, view.office
    return facts(
        *issued.facts_of(record, office, lang),
        *document.file_facts(record, office, lang),
        letter.urgency(record, lang),
        letter.due(view.step, office, lang, at),
        letter.secrecy(record, lang),
        letter.annexes(record, lang),
        letter.links(record, lang),
        _asked_by(view) if view.step.cause != "draft" else None,
    )


def _back_to(view: CardView, verbs: list[Verb]) -> Json | None:
    """To which stage it goes back, if it does: to its drafter, unless the reader says otherwise."""
    record, lang, office = view.record, view.language, view.office
    passed = [s for s in record.circuit.stages if s.state == "passed"] if record.circuit is not None else []
    if Verb.RETURN not in verbs or view.step.stage is None or not passed:
        return None
    drafter = say(lang, "card.back_to_drafter", who=name_of(record.drafter, record.registry_unit_id, office, lang))
    stages = [(str(s.number), issued.stage_name(s, office, lang)) for s in passed]
    return choice(lang, "back_to", "card.back_to", [("drafter", drafter), *stages], "")


def _asked_by(view: CardView) -> Json | None:
    """Who put it before the reader, and when."""
    step, office, lang = view.step, view.office, view.language
    titles = {
        "return": "card.returned_by",
        "answer": "card.answered_by",
        "escalation": "card.escalated_by",
        "rejection": "card.rejected_by",
        "recall": "card.recalled_by",
        "secrecy": "card.moved_by",
        "reopening": "card.reopened_by",
        "restart": "card.edited_by",
    }
    by_calendar = step.cause == "escalation"
    who = say(lang, "card.by_calendar")
    if not by_calendar:
        who = actor(step.opened_by, step.opened_for, step.to_unit, office, lang)
    said = say(lang, "card.done_by", who=who, when=moment(step.opened_at, office, lang))
    return fact(say(lang, titles.get(step.cause, "card.referred_by")), said)


def _put_before(view: CardView, longest: int) -> list[Json | None]:
    """What was written to the reader, and the results that are put before them."""
    lang, record, step = view.language, view.record, view.step
    title = say(lang, _NOTE_TITLES.get(step.cause, "card.note_to_you"))
    shown = [letter.written(lang, label(title), cut(step.note or "", longest, lang))]
    for number in step.answers[-(_MOST_RESULTS if longest > _TIGHT else 2) :]:
        answered = record.step(number)
        if answered is not None and answered.result:
            who = actor(answered.ended_by, answered.ended_for, answered.to_unit, view.office, lang)
            key = "card.refusal_of" if answered.outcome == "rejected" else "card.result_of"
            title_of = sentence(say(lang, key, who=who), size="small", weight="bolder", isSubtle=True)
            shown.append(letter.written(lang, title_of, cut(answered.result, longest, lang)))
    return shown


def _notes(view: CardView, longest: int) -> list[Json | None]:
    """The notes that stand on the record, and the reader's own draft."""
    lang, mine = view.language, view.person.person_id
    shown: list[Json | None] = []
    for note in [a for a in view.record.annotations if a.final][-(_MOST_NOTES if longest > _TIGHT else 1) :]:
        who = actor(note.by, note.on_behalf_of, "", view.office, lang)
        title = sentence(say(lang, "card.note_of", who=who), size="small", weight="bolder", isSubtle=True)
        shown.append(letter.written(lang, title, cut(note.text, longest // 2, lang)))
    draft = next((a for a in view.record.annotations if a.by == mine and not a.final), None)
    if draft is not None:
        shown.append(letter.written(lang, label(say(lang, "card.your_draft")), cut(draft.text, longest // 2, lang)))
    return shown


def _copies(view: CardView) -> Json | None:
    """Whom the reader told of it besides, while it is still with them."""
    lang = view.language
    rows = [sentence(letter.asked_of(s, view.office, lang), spacing="small") for s in _asked_from(view)[-5:]]
    return box(lang, [label(say(lang, "card.also_referred")), *rows], spacing="medium") if rows else None


def _input(view: CardView, verbs: list[Verb], typed: str) -> Json | None:
    if not _WITH_WORDS & set(verbs):
        return None
    if Verb.SUBMIT in verbs:
        hint = "card.write_to_first"
    elif Verb.REJECT in verbs and view.step.stage is not None:
        hint = "card.write_decision"
    elif Verb.APPROVE in verbs:
        hint = "card.write_approval"
    elif view.step.awaits is not None:
        hint = "card.write_without_reply"
    elif Verb.COMPLETE in verbs or Verb.FILE in verbs:
        hint = _COMPLETED_WITH.get(view.step.asked, "card.write_result")
    elif Verb.WITHDRAW in verbs:
        hint = "card.write_withdrawal"
    else:
        hint = "card.write_reason" if view.record.rules.listed else "card.write_dismissal"
    return text_input(view.language, "note", hint, typed)


def _actions(view: CardView, verbs: list[Verb]) -> list[Json | None]:
    """The buttons, the answer first; in two rows where one would be cut off on a phone."""
    lang, token = view.language, view.asked.token
    first = next((v for v in (*_ANSWERS, Verb.REFER) if v in verbs), None)
    ordered = sorted(verbs, key=lambda verb: verb is not first)
    rows = [ordered]
    if len(ordered) > _MOST_IN_A_ROW:
        besides = (*_BESIDES, Verb.CLOSE) if Verb.REJECT in ordered else _BESIDES
        rows = [[v for v in ordered if v not in besides], [v for v in ordered if v in besides]]
    styles: dict[Verb | None, Press] = {first: "positive", Verb.CLOSE: "destructive", Verb.REJECT: "destructive"}
    drawn = [
        [button(lang, v.value, token, said=_title(v, view), style=styles.get(v)) for v in row] for row in rows if row
    ]
    may_reply = not is_hidden(view) and may_act(view.person, view.record, Verb.REPLY, view.record.updated_at)
    reply = button(lang, "reply", token, with_inputs=False) if _answers_first(view) and may_reply else None
    for more in present((reply, _more(view))):
        drawn = [*drawn[:-1], [*drawn[-1], more]] if drawn and len(drawn[-1]) <= _MOST_IN_A_ROW else [*drawn, [more]]
    return [buttons(row, spacing="medium" if i == 0 else "small") for i, row in enumerate(drawn)]


def _more(view: CardView) -> Json | None:
    """The button that opens what is done seldom, where there is any of it."""
    return button(view.language, "more", view.asked.token, with_inputs=False) if besides(view) else None


def _title(verb: Verb, view: CardView) -> str | None:
    """The text key of a button, where it is not the verb's own: a quarantined mail is not ended, it is no letter; an
    approval is called as it was asked for."""
    if verb is Verb.CLOSE and not view.record.rules.listed:
        return "verb.dismiss"
    if verb is Verb.COMPLETE and view.step.stage is not None:
        return "verb.opinion"
    if verb is Verb.COMPLETE and view.step.asked == FOR_REVIEW:
        return "verb.accept"
    return f"verb.approve.{view.step.asked}" if verb is Verb.APPROVE and view.step.asked in _OWN_APPROVALS else None


def _outcome_said(view: CardView, outcome: str) -> str:
    if outcome == "approved" and view.step.asked in _OWN_APPROVALS:
        return say(view.language, f"outcome.approved.{view.step.asked}")
    return letter.outcome_of(view.record, outcome, view.language)


# ---------------------------------------------------------------- waiting, done


def _waiting(view: CardView, at: datetime, longest: int) -> list[Json | None]:
    lang, record = view.language, view.record
    top = head(lang, say(lang, f"asked.{view.step.asked}"), say(lang, "card.waiting"), record, "emphasis")
    masked = is_hidden(view)
    rows = [_referred(view, asked, masked, longest) for asked in _asked_from(view)[-5:]]
    return [top, *_what(view, masked), _letter(view), *rows, _later(view, at)]


def _done(view: CardView, at: datetime, longest: int) -> list[Json | None]:
    lang, record, step, office = view.language, view.record, view.step, view.office
    masked = is_hidden(view)
    outcome, by, whom, when = _outcome(view)
    top = head(
        lang,
        say(lang, f"asked.{step.asked}"),
        _outcome_said(view, outcome),
        record,
        _STYLES.get(outcome, "emphasis"),
    )
    done_by = actor(by, whom, step.to_unit, office, lang)
    said = [sentence(say(lang, "card.done_by", who=done_by, when=moment(when or at, office, lang)))]
    text = record.outcome_note if outcome in ("closed", "dismissed", "voided") else step.result
    title = "card.your_words" if by == view.person.person_id else "card.words_of"
    named = sentence(say(lang, title, who=done_by), size="small", weight="bolder", isSubtle=True)
    return [
        top,
        *_what(view, masked),
        _letter(view),
        *said,
        _released(view) if outcome == "released" else None,
        None if masked else letter.written(lang, named, cut(text or "", longest, lang)),
        *(_referred(view, s, masked, longest) for s in (_asked_from(view)[-5:] if outcome == "referred" else [])),
        sentence(say(lang, "card.came_back"), isSubtle=True) if _came_back(view) else None,
        document.decided_on(step, lang),
        issued.voided(step, lang),
        issued.circuit(record, office, lang) if record.circuit is not None and not masked else None,
        _where(view, at),
        *_whole(view, at),
        _later(view, at),
    ]


def _whole(view: CardView, at: datetime) -> list[Json | None]:
    """What may still be done to a record that we issue, with the words that it takes."""
    lang, record, token = view.language, view.record, view.asked.token
    if not record.rules.issued or is_hidden(view):
        return []
    may = [v for v in _OF_THE_WHOLE if may_act(view.person, record, v, at, view.step.number)]
    asks = text_input(lang, "note", "card.write_withdrawal") if Verb.WITHDRAW in may else None
    names = {Verb.RECALL: "take_back"}
    styles: dict[Verb, Press] = {Verb.WITHDRAW: "destructive"}
    drawn = (button(lang, names.get(v, v.value), token, style=styles.get(v)) for v in may)
    return [asks, buttons(drawn, spacing="medium")]


def _released(view: CardView) -> Json:
    """As which letter a quarantined mail was registered; that has a card of its own."""
    said = say(view.language, "card.released_as", reference=view.record.released_reference or "")
    return sentence(said, weight="bolder", spacing="small")


def _what(view: CardView, masked: bool) -> list[Json | None]:
    """What the card is about: the letter's subject and sender, or that it is secret."""
    if masked:
        return _mask(view)
    record, lang = view.record, view.language
    if record.rules.issued:
        return [letter.subject(record, lang), facts(*issued.facts_of(record, view.office, lang))]
    return [
        letter.subject(record, lang),
        facts(letter.sender(record, lang), letter.answers(record, view.office, lang)),
    ]


def _letter(view: CardView) -> Json | None:
    """What opens the issued letter, for whoever may read it."""
    readable = not is_hidden(view) and may_act(view.person, view.record, Verb.READ, view.record.updated_at)
    opens_it = issued.letter_button(view.record, view.language, view.asked.token) if readable else None
    return buttons([opens_it], spacing="medium")


def _referred(view: CardView, asked: Step, masked: bool, longest: int) -> Json | None:
    """One colleague who was asked: what, with which note, and what they did."""
    lang, office, record = view.language, view.office, view.record
    line = sentence(letter.asked_of(asked, office, lang), weight="bolder")
    done = None
    if asked.outcome is not None and asked.ended_at is not None:
        outcome = letter.outcome_of(record, asked.outcome, lang)
        done = sentence(
            say(lang, "card.done_by", who=outcome, when=moment(asked.ended_at, office, lang)), isSubtle=True
        )
    note = None if masked else cut(asked.note or "", longest // 2, lang)
    missed = letter.unreached(record, asked, office, lang) if asked.state == OPEN else None
    written = letter.written(lang, label(say(lang, "card.your_words")), note)
    return box(lang, [line, written, missed, done], spacing="medium")


def _where(view: CardView, at: datetime) -> Json | None:
    return facts(letter.held_by(view.record, view.office, view.language, at)) if not view.record.ended else None


def _later(view: CardView, at: datetime) -> Json | None:
    """What may still be done when the step is no more the reader's: a note, what is done seldom, and a fresh look."""
    more = _more(view)
    if view.record.ended:
        return buttons([more], spacing="medium")
    may = verbs_of(view, at)
    actions = [
        button(view.language, verb.value, view.asked.token) for verb in (Verb.ANNOTATE, Verb.CORRECT) if verb in may
    ]
    return buttons([*actions, more, button(view.language, "view", view.asked.token)], spacing="medium")


# ---------------------------------------------------------------- parts of the above


def _mask(view: CardView) -> list[Json | None]:
    undelivered = sentence(say(view.language, "card.undelivered_secret"), weight="bolder")
    told = view.step.asked == FOR_FOLLOW_UP and view.record.undelivered
    return [*_why_masked(view), undelivered if told else None]


def _why_masked(view: CardView) -> list[Json | None]:
    lang, level = view.language, say(view.language, f"confidentiality.{view.record.confidentiality}")
    if not is_secret(view.record.confidentiality):
        return [sentence(say(lang, "card.not_cleared"))]
    may_open = opens(view.record, view.person.clearance)
    said = say(lang, "card.secret_opens" if may_open else "card.secret_where")
    return [
        sentence(say(lang, "card.secret", level=level), weight="bolder", color="attention"),
        sentence(said, isSubtle=True, spacing="small"),
        buttons([in_dialog(lang, OPEN_SECRET, view.asked.token)] if may_open else [], spacing="small"),
    ]


def _outcome(view: CardView) -> tuple[str, str | None, str | None, datetime | None]:
    """What was done with the step, by whom, for whom, and when. A referral is its asker's doing."""
    step = view.step
    asked = _asked_from(view) if step.outcome in (None, "referred") else []
    if asked:
        return "referred", asked[-1].opened_by, asked[-1].opened_for, asked[-1].opened_at
    return step.outcome or "referred", step.ended_by, step.ended_for, step.ended_at


def _asked_from(view: CardView) -> list[Step]:
    """The steps that were opened from this one by the person asked, or by the clerk who handed it over."""
    record, step = view.record, view.step
    children = [s for s in record.steps if s.parent == step.number and s.cause == "person"]
    if children or step.outcome != "referred":
        return children
    handed = (
        s for s in record.steps if (s.opened_at, s.opened_by, s.cause) == (step.ended_at, step.ended_by, "person")
    )
    return [s for s in handed if s.number > step.number]


def _came_back(view: CardView) -> bool:
    """Whether the answer to what was asked from here has come, so that a newer card asks the reader."""
    step = view.step
    return step.outcome == "referred" and any(
        s.number > step.number
        and s.to_person == step.to_person
        and s.cause in ("answer", "return", "rejection", "recall")
        for s in view.record.steps
        if step.to_person is not None
    )
