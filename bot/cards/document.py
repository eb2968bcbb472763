"""What cards say of a draft's Word file: which version, what is decided on, what waits; and the ways to open it."""

from datetime import datetime

from bot.cards.parts import Json, box, button, buttons, fact, moment, name_of, sentence, short, words
from registry.document import SUBMIT, TOO_SECRET, UNFIT
from registry.document_effects import access_of
from registry.office import Office, Person
from registry.record import Record, Step
from texts import Language, isolate, say

_SHOWN = 12  # characters of a hash: enough to compare by eye with the sheet


def file_facts(record: Record, office: Office, lang: Language) -> list[Json | None]:
    """Which version there is, by whom, and the bytes that are decided on."""
    document = record.document
    if document is None:
        return []
    last, frozen = document.versions[-1], document.frozen
    when = moment(last.at, office, lang)
    said = say(lang, "card.file_version", version=document.version, when=when)
    if last.editor is not None and office.person(last.editor) is not None:
        who = name_of(last.editor, "", office, lang)
        said = say(lang, "card.file_edited", version=document.version, who=who, when=when)
    return [
        fact(say(lang, "card.file"), said) if record.is_draft else None,
        fact(
            say(lang, "card.frozen"),
            say(lang, "card.frozen_version", version=document.frozen_version, hash=frozen[:_SHOWN]),
        )
        if frozen is not None
        else None,
    ]


def file_state(record: Record, office: Office, lang: Language) -> Json | None:
    """What waits for the file, or became of it: one sentence for each."""
    document, pending = record.document, record.pending
    if not record.in_word or not record.is_draft or record.ended:
        return None
    if document is None:
        return box(lang, [sentence(say(lang, "card.file_coming"))], "emphasis", spacing="small")
    said: list[str] = []
    if pending is not None:
        said.append(say(lang, "card.file_freezing" if pending.what == SUBMIT else "card.file_checking"))
    if document.lost is not None:
        said.append(say(lang, "card.file_moved" if document.lost == TOO_SECRET else "card.file_lost"))
    if document.held is not None:
        known = office.person(document.held)
        unknown = say(lang, "card.file_held_unknown")
        said.append(say(lang, "card.file_held", who=short(known.name)) if known is not None else unknown)
    if document.dropped is not None and pending is None and document.dropped != UNFIT:
        said.append(say(lang, document.dropped))
    if document.unfit and pending is None:
        said += [say(lang, UNFIT), *(say(lang, f"fix.{reason}") for reason in document.unfit)]
    if any(s.voided for s in record.steps):
        said.append(say(lang, "card.file_voided"))
    return box(lang, [sentence(s, weight="bolder") for s in said], "warning", spacing="small") if said else None


def file_buttons(
    record: Record, person: Person, office: Office, lang: Language, token: str, at: datetime
) -> Json | None:
    """The ways to open it: Word for whoever has access, the PDF of what is decided on, what changed since before."""
    document = record.document
    if document is None:
        return None
    access = access_of(record, office, at)
    opens = (
        bool(document.web_url) and record.lies_in is not None and person.person_id in access.readers | access.writers
    )
    return buttons(
        [
            {"type": "Action.OpenUrl", "title": say(lang, "verb.open_word"), "url": document.web_url}
            if opens
            else None,
            button(lang, "preview", token, with_inputs=False) if document.preview is not None else None,
            button(lang, "compare", token, with_inputs=False) if len(document.versions) > 1 else None,
        ],
        spacing="medium",
    )


def decided_on(step: Step, lang: Language) -> Json | None:
    """On which bytes the step's decision was."""
    if step.document is None:
        return None
    return words(say(lang, "card.decided_on", hash=isolate(step.document[:_SHOWN])), isSubtle=True, size="small")
