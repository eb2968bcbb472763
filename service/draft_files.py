################################################################
# The files of drafts: placed, read, shared, frozen, shown, each as an effect
################################################################
#
# Rule 1: what is read is in the archive before anything is said of it: the office goes on, whatever becomes of it.
# Rule 2: a file that is gone, or whose drive is, is told as lost, never made in its old place.
# Rule 3: a file that somebody has open is left alone: they are told, and the effect waits.
# Rule 4: what is too secret for people's drives lies in the ministry's library from the first moment, open to nobody by
#         the folder; where it became so later it is taken away, and placed there anew.
# Rule 5: what only SharePoint wrote (properties of its own) is no edit: `same_words` says so.

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from registry.commands import Command
from registry.document import LIBRARY, SIGN, SUBMIT, TOO_SECRET, Document
from registry.document_commands import (
    NoteChanged,
    NoteFreed,
    NoteFrozen,
    NoteHeld,
    NoteLooked,
    NoteLost,
    NotePlaced,
    NotePreview,
)
from registry.document_effects import (
    FreezeDraft,
    LookAtDraft,
    LookBeforeSigning,
    MakePreview,
    PlaceDraft,
    SetAccess,
    TellHeld,
    TellUnfit,
    WithdrawDraft,
    access_of,
    is_misplaced,
)
from registry.effects import Effect
from registry.errors import Changed, Gone, Locked, Misconfigured
from registry.office import Office
from registry.record import Record
from registry.vocabulary import FOR_DRAFTING
from service.drafts_port import DraftPlace, Drafts, DraftState, NoDrive
from service.letter_ports import Converter
from service.outcomes import Done, Later, Performs
from service.ports import Archive, Chats, Clock, Store
from service.take import Taker
from service.word_parts import same_words
from texts import clean, say
from texts.isolates import bare

GONE = "draft.gone"
_QUIET = timedelta(seconds=60)  # nobody wrote for so long: they have stopped for now …
_LONGEST = timedelta(minutes=15)  # … or wrote for so long that a version is kept all the same
_AGAIN_S = 30.0
_HELD_AGAIN_S, _LONGEST_HELD_S = 60.0, 900.0
_NOT_IN_NAMES = re.compile(r'["*:<>?/\\|#%~&{}]+')


type Template = Callable[[Record, Office], bytes]  # what the Word file of a draft begins with
type Examine = Callable[[bytes], tuple[str, ...]]  # why a Word file cannot be decided on as it is (text keys)


class DraftFiles:
    """Performs the effects of registry/document_effects.py."""

    def __init__(
        self,
        store: Store,
        taker: Taker,
        clock: Clock,
        archive: Archive,
        drafts: Drafts,
        chats: Chats,
        template: Template,
        converter: Converter | None,
        *,
        opens: Callable[[str], bool],
        examine: Examine = lambda body: (),
        folders: str = "Tarasul/{unit}/{year}",
    ) -> None:
        """
        Args:
            opens: Whether a card may offer a link: it leads to a host of the ministry's own.
            examine: Looks at a file before it is put before anybody; it takes its time.
            folders: Where a file lies below a drive's root; {unit}, {year} and {kind} are filled in.
        """
        self._store, self._taker, self._clock, self._archive = store, taker, clock, archive
        self._drafts, self._chats, self._template, self._converter = drafts, chats, template, converter
        self._opens, self._examine, self._folders = opens, examine, folders

    def ways(self) -> dict[type[Effect], Performs]:
        """How each effect is performed."""
        return {
            PlaceDraft: self._waiting_for_holders(self._place),
            WithdrawDraft: self._waiting_for_holders(self._withdraw),
            SetAccess: self._waiting_for_holders(self._set_access),
            FreezeDraft: self._waiting_for_holders(self._freeze),
            LookBeforeSigning: self._waiting_for_holders(self._look_before_signing),
            LookAtDraft: self._look,
            MakePreview: self._preview,
            TellHeld: self._tell,
            TellUnfit: self._tell_unfit,
        }

    def _waiting_for_holders(self, do: Callable[[Any], Awaitable[Done | Later]]) -> Performs:
        async def perform(effect: Any, tries: int) -> Done | Later:
            try:
                return await do(effect)
            except Locked as why:
                record, _ = await self._read(effect)
                note = NoteHeld(record_id=record.record_id, holder=why.holder)
                key = f"held:{record.record_id}:{record.version}:{why.holder or ''}"
                await asyncio.to_thread(self._taker.take, note, key=key)
                wait_s = min(_HELD_AGAIN_S * tries, _LONGEST_HELD_S)
                return Later(wait_s, f"{why.holder or 'somebody'} has the file open", patient=True)

        return perform

    # ------------------------------------------------------------ what is done to the file

    async def _place(self, effect: PlaceDraft) -> Done | Later:
        record, office = await self._read(effect)
        document = record.document
        if not _is_open(record) or (document is not None and document.lost is None):
            return Done()
        if document is None:
            body = await asyncio.to_thread(self._template, record, office)
        else:
            body = await self._archive.get(document.sha256)
        alone = office.documents.lies_alone(record.confidentiality)
        try:
            placed = await self._placed(record, office, body)
            if alone:  # nobody sees it before those who may: not even until the next effect
                await self._share(record, office, placed.place)
            state, read = await self._drafts.read(placed.place)
        except Gone:
            return Later(_AGAIN_S, "the file was deleted as soon as it was placed")
        sha256 = await self._archive.put(read)
        return Done(
            NotePlaced(
                record_id=record.record_id,
                drive=state.place.drive,
                item=state.place.item,
                ctag=state.ctag,
                web_url=state.web_url if self._opens(state.web_url) else "",
                name=state.name,
                sha256=sha256,
                size_bytes=len(read),
                alone=alone,
            )
        )

    async def _placed(self, record: Record, office: Office, body: bytes) -> DraftState:
        """In its drafter's drive; in the ministry's library where it is to lie there, was lost once, or there is no
        such drive; where there is no library either, in the drive of whoever writes it now. What is too secret for
        people's drives lies in the library or nowhere."""
        again = record.document.placed if record.document is not None else 0
        key = f"draft:{record.record_id}:{again}"
        owners = [record.drafter] if office.documents.place != LIBRARY and not again else []
        writers = [s.to_person for s in record.open_steps if s.asked == FOR_DRAFTING]
        folders = _folders_of(record, office, self._folders)
        if office.documents.lies_alone(record.confidentiality):
            owners, last = [], []
        else:
            last = [*writers, record.drafter]
        for owner in (*owners, None, *last):
            person = office.person(owner)
            if owner is not None and (person is None or not person.active):
                continue
            try:
                return await self._drafts.place(owner, folders, file_name(record), body, key=key)
            except NoDrive:
                continue
        raise Misconfigured("there is neither a library nor a drive where this draft may lie: set LIBRARY_DRIVE_ID")

    async def _withdraw(self, effect: WithdrawDraft) -> Done | Later:
        """Take it away from where it is too secret to lie. What it said last is told first, and is in the archive."""
        record, office = await self._read(effect)
        document = record.document
        if document is None or not is_misplaced(record, office):
            return Done()
        try:
            state = await self._drafts.look(_place_of(document))
            if (told := await self._news(record, document, state)) is not None:
                return Done(NoteChanged(**told))
            await self._drafts.remove(_place_of(document), etag=state.etag)
        except Changed:
            return Later(_AGAIN_S, "somebody wrote into the file that is to be taken away", patient=True)
        except (Gone, NoDrive):
            pass
        return Done(_lost(record, document, TOO_SECRET))

    async def _set_access(self, effect: SetAccess) -> Done:
        record, office = await self._read(effect)
        document = record.document
        if document is None or document.lost is not None:
            return Done()
        try:
            await self._share(record, office, _place_of(document))
        except (Gone, NoDrive):
            return Done(_lost(record, document))
        return Done(self._freed(record, document))

    async def _share(self, record: Record, office: Office, place: DraftPlace) -> None:
        access = access_of(record, office, self._clock())
        alone = office.documents.lies_alone(record.confidentiality)
        await self._drafts.set_access(place, readers=access.readers, writers=access.writers, alone=alone)

    async def _freeze(self, effect: FreezeDraft) -> Done:
        record, _ = await self._read(effect)
        document, pending = record.document, record.pending
        if document is None or document.lost is not None or pending is None or pending.what != SUBMIT:
            return Done()
        try:
            state, body = await self._drafts.read(_place_of(document))
        except (Gone, NoDrive):
            return Done(_lost(record, document))
        sha256, unfit = await self._archive.put(body), await asyncio.to_thread(self._examine, body)
        return Done(NoteFrozen(**_told(record, state, sha256, body), unfit=unfit))

    async def _look_before_signing(self, effect: LookBeforeSigning) -> Done:
        """A file that is gone changes no signature: what is signed is in the archive."""
        record, _ = await self._read(effect)
        document, pending = record.document, record.pending
        if document is None or pending is None or pending.what != SIGN:
            return Done()
        told: dict[str, Any] | None = None
        if document.lost is None:
            try:
                told = await self._news(record, document, await self._drafts.look(_place_of(document)))
            except (Gone, NoDrive):
                told = None
        unchanged = {
            "record_id": record.record_id,
            "item": document.item,
            "ctag": document.ctag,
            "sha256": document.sha256,
            "size_bytes": document.size_bytes,
            "editor": None,
            "modified_at": document.modified_at,
        }
        return Done(NoteLooked(step=pending.step, by=pending.by, **(told or unchanged)))

    async def _look(self, effect: LookAtDraft, tries: int) -> Done | Later:
        record, _ = await self._read(effect)
        document = record.document
        if document is None or document.lost is not None or not _is_open(record):
            return Done()
        try:
            state = await self._drafts.look(_place_of(document))
            if state.ctag != document.ctag and self._is_written_now(state, document):
                return Later(_QUIET.total_seconds(), "it is being written", patient=True)
            told = await self._news(record, document, state)
        except (Gone, NoDrive):
            return Done(_lost(record, document))
        return Done(NoteChanged(**told) if told is not None else None)

    def _is_written_now(self, state: DraftState, document: Document) -> bool:
        written = self._clock() - state.modified_at < _QUIET
        return written and state.modified_at - document.modified_at < _LONGEST

    async def _news(self, record: Record, document: Document, state: DraftState) -> dict[str, Any] | None:
        """What the file says now, kept in the archive; None where it says what it did. Where it was decided on, also
        whether it can be decided on so."""
        if state.ctag == document.ctag:
            return None
        state, body = await self._drafts.read(_place_of(document))
        if state.ctag == document.ctag or same_words(await self._archive.get(document.sha256), body):
            return None
        told = _told(record, state, await self._archive.put(body), body)
        if document.frozen is not None:
            told["unfit"] = await asyncio.to_thread(self._examine, body)
        return told

    # ------------------------------------------------------------ what is made of it, and said

    async def _preview(self, effect: MakePreview, tries: int) -> Done:
        record, _ = await self._read(effect)
        document = record.document
        if self._converter is None or document is None or document.frozen != effect.frozen:
            return Done()
        body = await self._archive.get(effect.frozen)
        pdf = await self._converter.pdf(body, key=f"preview:{effect.frozen}")
        sha256 = await self._archive.put(pdf)
        note = NotePreview(record_id=record.record_id, frozen=effect.frozen, sha256=sha256, size_bytes=len(pdf))
        return Done(note)

    async def _tell(self, effect: TellHeld, tries: int) -> Done:
        record, office = await self._read(effect)
        person = office.person(effect.person)
        chat = await asyncio.to_thread(self._store.read, lambda tx: tx.conversation(effect.person))
        held = record.document is not None and record.document.held is not None
        if held and person is not None and person.active and chat is not None and chat.blocked is None:
            said = say(person.language, "draft.close_it", reference=record.reference)
            await self._chats.tell(chat, said)
        return Done()

    async def _tell_unfit(self, effect: TellUnfit, tries: int) -> Done:
        """The card says why; the sentence calls whoever has turned to something else."""
        record, office = await self._read(effect)
        person = office.person(effect.person)
        chat = await asyncio.to_thread(self._store.read, lambda tx: tx.conversation(effect.person))
        unfit = record.document is not None and record.document.unfit and record.pending is None
        if unfit and person is not None and person.active and chat is not None and chat.blocked is None:
            await self._chats.tell(chat, say(person.language, "draft.unfit_told", reference=record.reference))
        return Done()

    # ------------------------------------------------------------ small

    async def _read(self, effect: Any) -> tuple[Record, Office]:
        stored, office = await asyncio.to_thread(
            self._store.read, lambda tx: (tx.record(effect.record_id), tx.office())
        )
        assert stored is not None, "an effect's record exists"
        return stored.record, office

    def _freed(self, record: Record, document: Document) -> Command | None:
        return NoteFreed(record_id=record.record_id) if document.held is not None else None


def file_name(record: Record) -> str:
    """Return what the file is called: its kind, and the record's id, shortened to what is random in it. No word of what
    it says: an address that names the file stands on the sheet and in logs, where nothing private does."""
    return f"{bare(say('ar', f'kind.{record.kind}'))} {record.record_id.rpartition('-')[2][-12:]}.docx"


def _folders_of(record: Record, office: Office, named: str) -> tuple[str, ...]:
    """The folders that *named* names, from the drive's root down."""
    unit = office.unit(record.registry_unit_id)
    values = {
        "unit": unit.ar if unit is not None else record.registry_unit_id,
        "year": str(record.registered_at.astimezone(office.zone).year),
        "kind": say("ar", f"kind.{record.kind}"),
    }
    tidy = {name: bare(_NOT_IN_NAMES.sub("-", clean(value))).strip(" .") for name, value in values.items()}
    return tuple(folder.format_map(tidy) for folder in named.split("/") if folder)


def _told(record: Record, state: DraftState, sha256: str, body: bytes) -> dict[str, Any]:
    return {
        "record_id": record.record_id,
        "item": state.place.item,
        "ctag": state.ctag,
        "sha256": sha256,
        "size_bytes": len(body),
        "editor": state.editor,
        "modified_at": state.modified_at,
    }


def _lost(record: Record, document: Document, reason: str = GONE) -> NoteLost:
    return NoteLost(record_id=record.record_id, item=document.item, reason=reason)


def _place_of(document: Document) -> DraftPlace:
    return DraftPlace(drive=document.drive, item=document.item)


def _is_open(record: Record) -> bool:
    return record.is_draft and not record.ended
