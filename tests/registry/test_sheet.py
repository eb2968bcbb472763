"""The procedure sheet: its bytes never change form, its chain shows every change, an erasure leaves it whole."""

import contextlib
import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from registry.answer_events import AnswerBegun, AnswerDropped, AnswerLeft
from registry.circuit_events import StageInserted
from registry.circuits import Addressee, Seat, Stage
from registry.commands import Approve, Complete, Refer
from registry.dispatch_events import Dispatched
from registry.events import (
    EVENTS,
    AnnexFetched,
    AnnexRefused,
    AnnotationDrafted,
    AnnotationFinal,
    Attachment,
    AutoReplyReceived,
    CardUnreached,
    Closed,
    CopyReceived,
    DeliveryFailed,
    EffectStuck,
    Event,
    Linked,
    MailReceived,
    OursReturned,
    QuestionDrafted,
    QuestionMailed,
    ReceiptReceived,
    Referred,
    Registered,
    Released,
    Reminded,
    ReplyDrafted,
    ReplySent,
    SenderConfirmed,
    Source,
    StepAcknowledged,
    StepApproved,
    StepCompleted,
    StepReturned,
)
from registry.mail import Address, Repair
from registry.opening_events import SecretShown
from registry.record import fold
from registry.sealed_events import Sealed
from registry.sheet import ERASED, FIRST_PREV_HASH, Broken, Entry, PrivateText, read_entry, verify, write_entry
from registry.verb_events import (
    Corrected,
    CorrectedText,
    Filed,
    MatterJoined,
    MatterLeft,
    Reopened,
    StepOpened,
    StepRecalled,
    StepRejected,
    Unlinked,
    Voided,
)
from tests.circuit_values import CIRCUIT_EVENTS
from tests.dispatch_values import DISPATCH_EVENTS
from tests.document_values import DOCUMENT_EVENTS, LATER_DOCUMENT_EVENTS
from tests.values import ANNEX, AUDIT, HUDA, NOON, Desk, forwarded, registered

GOLDEN = Path(__file__).with_name("golden_v1.jsonl")
SOURCE = Source(
    mailbox="registry@ministry.example",
    item_id="AAMkADkz=",
    internet_message_id="<1@audit.example>",
    sha256="0" * 64,
    size_bytes=1001,
    identity="letter-1",
)
EVERY_EVENT: tuple[Event, ...] = (
    Registered(
        at=NOON,
        by="tarasul",
        entity_id="ministry",
        kind="incoming_letter",
        direction="in",
        registry_unit_id="registry",
        serial=7,
        year=2026,
        reference="س.ع/و/7/2026",
        subject="طلب مستندات",
        sender=HUDA,
        original_sender=AUDIT,
        forwarded_by="huda",
        received_at=datetime(2026, 11, 21, 8, 59, 59, 123456, tzinfo=UTC),
        received_via="forward",
        letter_date="15/نوفمبر/2026 08:42 ص",
        confidentiality="normal",
        urgency="urgent",
        needs_reply=True,
        dmarc="pass",
        source=SOURCE,
        attachments=(Attachment(size_bytes=48213, sha256="a" * 64, content_type="application/pdf"),),
        attachment_names=("كشف.pdf",),
        reasons=(),
    ),
    Referred(
        at=NOON,
        by="huda",
        capacity="head",
        step=4,
        asked="for_action",
        to_person="omar",
        to_unit="finance",
        parent=1,
        cause="person",
        answers=(2, 3),
        resumes=1,
        rule=None,
        note="يرجى الاطلاع",
    ),
    StepAcknowledged(at=NOON, by="salem", capacity="member", step=2),
    StepCompleted(at=NOON, by="omar", capacity="member", step=4, note="تم"),
    StepApproved(at=NOON, by="huda", capacity="head", on_behalf_of="laila", step=5, note=None),
    StepReturned(at=NOON, by="huda", capacity="head", step=5, note="ينقصه المرفق"),
    AnnotationDrafted(at=NOON, by="huda", capacity="head", note="مسودة"),
    AnnotationFinal(at=NOON, by="huda", capacity="head", note="تُراجع"),
    CopyReceived(at=NOON, by="tarasul", source=SOURCE, same_as="identity"),
    MailReceived(at=NOON, by="tarasul", subject="رد", sender=AUDIT, source=SOURCE, answers="<0@ministry.example>"),
    Closed(at=NOON, by="huda", capacity="head", outcome="approved", note="تم"),
    ReplyDrafted(at=NOON, by="tarasul", mailbox="registry@ministry.example", item_id="AAMkADky="),
    ReplySent(
        at=NOON,
        by="tarasul",
        mailbox="registry@ministry.example",
        item_id="AAMkADky=",
        internet_message_id="<2@ministry.example>",
    ),
    EffectStuck(at=NOON, by="tarasul", effect="DraftReply", reason="stuck.misconfigured"),
    Released(at=NOON, by="noura", capacity="clerk", as_record="r2", reference="س.ع/و/8/2026"),
    SenderConfirmed(at=NOON, by="noura", capacity="clerk", proposed=AUDIT, sender=HUDA),
    Reminded(at=NOON, by="tarasul", step=4, remind_at=datetime(2026, 11, 24, 4, 30, tzinfo=UTC)),
    AnnexFetched(
        at=NOON,
        by="huda",
        annex=0,
        name="كشف.pdf",
        size_bytes=12,
        sha256="b" * 64,
        content_type="application/pdf",
        way="chat",
    ),
    AnnexRefused(at=NOON, by="tarasul", annex=1, reason="file.gone"),
    DeliveryFailed(
        at=NOON,
        by="tarasul",
        source=SOURCE,
        answers="<2@ministry.example>",
        status="5.1.1",
        recipients=("huda@ministry.example",),
        words="smtp; 550 5.1.1 no such user",
    ),
    ReceiptReceived(
        at=NOON,
        by="tarasul",
        source=SOURCE,
        answers="<2@ministry.example>",
        what="displayed",
        recipients=("huda@ministry.example",),
    ),
    AutoReplyReceived(
        at=NOON, by="tarasul", subject="خارج المكتب", sender=HUDA, source=SOURCE, answers="<2@ministry.example>"
    ),
    OursReturned(at=NOON, by="tarasul", source=SOURCE, known_by="mark"),
    Linked(at=NOON, by="tarasul", to_record="r0", reference="س.ع/و/6/2026", how="same_id"),
    CardUnreached(at=NOON, by="tarasul", step=4, person="omar", reason="chat.blocked_by_person"),
    QuestionDrafted(
        at=NOON, by="tarasul", step=4, person="omar", mailbox="registry@ministry.example", item_id="AAMkADl0="
    ),
    QuestionMailed(at=NOON, by="tarasul", step=4, person="omar", internet_message_id="<3@ministry.example>"),
    StepOpened(at=NOON, by="omar", capacity="member", step=2),
    StepRejected(at=NOON, by="huda", capacity="head", step=1, note="لا تنطبق عليه الشروط"),
    StepRecalled(at=NOON, by="huda", capacity="head", step=2, note=None),
    Corrected(
        at=NOON,
        by="noura",
        capacity="clerk",
        note="خطأ في القيد",
        texts=(CorrectedText(what="subject", was="طلب", now="طلب مستندات"),),
        confidentiality="secret",
        was_confidentiality="normal",
    ),
    Filed(at=NOON, by="omar", capacity="member", step=2, note="ملف 7/أ"),
    Voided(at=NOON, by="noura", capacity="clerk", note="قُيّد مرتين"),
    Reopened(at=NOON, by="noura", capacity="clerk", note="ورد ما يستجد"),
    Unlinked(at=NOON, by="noura", capacity="clerk", to_record="r0", reference="س.ع/و/6/2026", how="replies_to"),
    MatterJoined(at=NOON, by="noura", capacity="clerk", matter_id="m1", reference="س.ع/و/6/2026"),
    MatterLeft(at=NOON, by="noura", capacity="clerk", matter_id="m1", note="ليست منها"),
    *CIRCUIT_EVENTS,
    AnnexFetched(
        at=NOON,
        by="tarasul",
        annex=0,
        name="كشف.docm",
        size_bytes=12,
        sha256="b" * 64,
        content_type="application/msword",
        way="link",
        remarks=("unsafe.macros",),
    ),
    Sealed(
        at=NOON,
        by="tarasul",
        sha256="c" * 64,
        size_bytes=62_538,
        frozen="d" * 64,
        level="protected",
        certificate="e" * 64,
        stamped_at=NOON,
        manifest="f" * 64,
    ),
    *DOCUMENT_EVENTS,
    SecretShown(at=NOON, by="huda", capacity="member", signed_in_at=datetime(2026, 11, 21, 8, 55, tzinfo=UTC)),
    *DISPATCH_EVENTS,
    AnswerBegun(at=NOON, by="omar", answer="l1", reference="ش.م/ص/2026"),
    AnswerLeft(at=NOON, by="tarasul", answer="l1", reference="ش.م/ص/7/2026"),
    AnswerDropped(at=NOON, by="omar", answer="l1", reference="ش.م/ص/2026", why="withdrawn"),
    *LATER_DOCUMENT_EVENTS,
)


def counted_salts() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):032x}"


def written(events: list[Event], record_id: str = "r1") -> list[Entry]:
    """The sheet of *events*."""
    entries: list[Entry] = []
    salt, head = counted_salts(), FIRST_PREV_HASH
    for seq, event in enumerate(events, start=1):
        entries.append(write_entry(record_id, seq, event, head, salt))
        head = entries[-1].hash
    return entries


def a_life() -> Desk:
    desk = registered(forwarded(parts=(ANNEX,)))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar", note="يرجى"))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    return desk


# ---------------------------------------------------------------- the bytes


def test_the_golden_file_has_every_event() -> None:
    assert {type(e).__name__ for e in EVERY_EVENT} == EVENTS.keys()


def test_the_bytes_of_an_event_are_for_ever() -> None:
    """A sheet is verified offline, years later: whoever changes this file changes `v` in registry/sheet.py instead,
    keeps reading what was written under the old one, and adds a golden file for the new."""
    lines = [entry.canonical.decode() for entry in written(list(EVERY_EVENT))]
    assert lines == GOLDEN.read_text("utf-8").splitlines()


INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(max_size=20)
COUNTS = st.integers(0, 2**53 - 1)
SOURCES = st.builds(Source, **dict.fromkeys(("mailbox", "item_id", "identity"), TEXTS), size_bytes=COUNTS)
ATTACHMENTS = st.builds(Attachment, size_bytes=COUNTS, sha256=TEXTS, content_type=TEXTS)


def _events(kind: type[Event]) -> st.SearchStrategy[Event]:
    known: dict[str, st.SearchStrategy[Any]] = {
        "at": INSTANTS,
        "received_at": INSTANTS,
        "modified_at": INSTANTS,
        "signed_in_at": INSTANTS,
        **dict.fromkeys(("due_at", "remind_at", "steps_due_at"), st.none() | INSTANTS),
        "source": SOURCES,
        **dict.fromkeys(
            (
                "step",
                "serial",
                "year",
                "annex",
                "size_bytes",
                "level",
                "before",
                "version",
                "stage",
                "recipient",
                "attempt",
            ),
            COUNTS,
        ),
        **dict.fromkeys(("parent", "resumes", "to_stage"), st.none() | COUNTS),
        "attachments": st.just(()),
        "addressees": st.just((Addressee("legal", None, "for_information"),)),
        "stages": st.just((A_STAGE,)),
        "attachment_names": st.just(()),
    }
    if kind is Sealed:
        known |= {"level": TEXTS, "stamped_at": st.none() | INSTANTS}
    if kind is Dispatched:
        known["outside"] = st.just(())
    if kind is StageInserted:
        known["stage"] = st.just(A_STAGE)
    if kind is Referred:
        known["answers"] = st.lists(COUNTS, max_size=3).map(tuple)
    names = {f for f in kind.__dataclass_fields__ if f in known}
    return st.builds(kind, **{name: known[name] for name in names})


A_STAGE = Stage(number=1, act="approve", seats=(Seat("huda", "finance"),), mode="quorum", quorum=1)
ANY_EVENT = st.one_of([_events(kind) for kind in EVENTS.values()])


@given(ANY_EVENT)
def test_what_is_written_is_read_back(event: Event) -> None:
    assert read_entry(written([event])[0]) == event


@given(ANY_EVENT)
def test_the_bytes_are_those_of_rfc_8785(event: Event) -> None:
    canonical = written([event])[0].canonical
    assert rfc8785.dumps(json.loads(canonical)) == canonical


@given(ANY_EVENT, st.uuids().map(str))
def test_private_texts_are_never_in_the_bytes(event: Event, secret: str) -> None:
    fields: dict[str, Any] = {name: secret for name in event.private & {"note", "subject", "letter_date"}}
    fields |= dict.fromkeys(event.private & {"sender", "original_sender"}, Address(secret, f"{secret}@x.example"))
    fields |= dict.fromkeys(event.private & {"attachment_names"}, (secret,))
    entry = written([replace(event, **fields)])[0]
    assert secret not in entry.canonical.decode()
    assert {t.field for t in entry.texts} >= fields.keys()


def test_every_field_that_people_write_freely_is_private() -> None:
    free = {"note", "subject", "sender", "original_sender", "proposed", "letter_date", "their_reference", "their_date"}
    free |= {"attachment_names", "name", "repairs", "recipients", "words", "texts", "text", "party", "address"}
    for kind in EVENTS.values():
        assert kind.private == free & set(kind.__dataclass_fields__)


def test_a_field_that_came_later_is_written_only_where_it_says_something() -> None:
    plain = EVERY_EVENT[0]
    assert not plain.later & json.loads(written([plain])[0].canonical).keys()
    repairs = (Repair(name="subject", raw="ÚíÈ", confidence="likely"),)
    said = replace(plain, their_reference="ص/44", released_from="q1", same_as="r0", arc="fail", repairs=repairs)
    said = replace(said, due_at=NOON, same_reference="س.ع/و/6/2026")
    entry = written([said])[0]
    assert plain.later <= json.loads(entry.canonical).keys()
    assert read_entry(entry) == said
    assert "ÚíÈ" not in entry.canonical.decode()
    assert read_entry(replace(entry, texts=())).repairs == ()  # type: ignore[attr-defined]


def test_the_same_text_twice_is_not_to_be_seen_from_its_hashes() -> None:
    first, second = written([EVERY_EVENT[3], EVERY_EVENT[3]])
    assert json.loads(first.canonical)["note"] != json.loads(second.canonical)["note"]


def test_anyone_can_recompute_a_hash_with_a_hash_function_alone() -> None:
    entry = written([EVERY_EVENT[3]])[0]
    text = entry.texts[0]
    assert entry.hash == hashlib.sha256(b"0" * 64 + entry.canonical).hexdigest()
    digest = hashlib.sha256(f"{text.salt}{text.text}".encode()).hexdigest()
    assert json.loads(entry.canonical)["note"] == {"sha256": digest}


STRANGE = (
    b'{"type":"Burnt","v":1}',
    b'{"type":"Closed","v":2}',
    b'{"type":"Closed","v":1}',
    b"{}",
    b"[]",
    b"\xff",
    b"no",
)


@pytest.mark.parametrize("strange", STRANGE)
def test_bytes_that_are_no_event_of_ours_are_not_read_as_one(strange: bytes) -> None:
    entry = replace(written([EVERY_EVENT[3]])[0], canonical=strange)
    with pytest.raises(ValueError):
        read_entry(entry)


# ---------------------------------------------------------------- the chain

SHEET = written(a_life().events)


def rechained(entries: list[Entry]) -> list[Entry]:
    """*entries* with their links put right, as one would who can write to the tables."""
    made: list[Entry] = []
    head = FIRST_PREV_HASH
    for entry in entries:
        hashed = hashlib.sha256(head.encode() + entry.canonical).hexdigest()
        made.append(replace(entry, prev_hash=head, hash=hashed))
        head = hashed
    return made


def test_an_honest_sheet_is_whole() -> None:
    assert verify(SHEET) is None
    assert verify([]) is None
    assert verify(written(list(EVERY_EVENT))) is None


@given(st.data())
def test_a_changed_byte_is_found_where_it_is(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(SHEET) - 1))
    at = data.draw(st.integers(0, len(SHEET[n].canonical) - 1))
    flipped = bytearray(SHEET[n].canonical)
    flipped[at] ^= data.draw(st.integers(1, 255))
    entries = [*SHEET[:n], replace(SHEET[n], canonical=bytes(flipped)), *SHEET[n + 1 :]]
    assert verify(entries) == Broken(n + 1, "sheet.line_changed")


@given(st.integers(0), st.integers(0), st.integers(0, 255), st.booleans())
def test_whatever_was_changed_a_line_is_read_or_named_as_unreadable(n: int, at: int, new: int, erased: bool) -> None:
    entry = SHEET[n % len(SHEET)]
    changed = bytearray(entry.canonical)
    changed[at % len(changed)] = new
    with contextlib.suppress(ValueError):
        read_entry(replace(entry, canonical=bytes(changed), texts=() if erased else entry.texts))


@given(st.integers(0, len(SHEET) - 2))
def test_a_line_that_was_taken_out_is_missed(n: int) -> None:
    assert verify([*SHEET[:n], *SHEET[n + 1 :]]) == Broken(n + 1, "sheet.line_missing")


@given(st.integers(0, len(SHEET) - 1))
def test_a_line_that_was_put_in_is_found(n: int) -> None:
    broken = verify([*SHEET[:n], replace(SHEET[n], seq=n + 1), *SHEET[n:]])
    assert broken is not None


@given(st.permutations(SHEET))
def test_lines_in_another_order_are_found(entries: list[Entry]) -> None:
    assert (verify(entries) is None) is (entries == SHEET)


def test_lines_renumbered_after_one_was_taken_out_are_found() -> None:
    without = [replace(entry, seq=seq) for seq, entry in enumerate([*SHEET[:2], *SHEET[3:]], start=1)]
    assert verify(without) == Broken(3, "sheet.line_changed")


@pytest.mark.parametrize("column", [{"hash": "f" * 64}, {"prev_hash": "f" * 64}, {"type": "Closed"}])
def test_a_changed_column_beside_the_bytes_is_found(column: dict[str, str]) -> None:
    assert verify([*SHEET[:1], replace(SHEET[1], **column), *SHEET[2:]]) == Broken(2, "sheet.line_changed")  # type: ignore[arg-type]


def test_another_record_s_sheet_in_the_place_of_this_one_is_found() -> None:
    other = [replace(entry, record_id="r1") for entry in written(a_life().events, "r2")]
    assert verify(other) == Broken(1, "sheet.line_changed")


def test_lines_taken_out_and_the_rest_chained_anew_are_found_by_their_own_numbers() -> None:
    without = rechained([replace(entry, seq=seq) for seq, entry in enumerate([*SHEET[:2], *SHEET[3:]], start=1)])
    assert verify(without) == Broken(3, "sheet.line_changed")


def test_a_changed_text_is_found() -> None:
    line = next(n for n, entry in enumerate(SHEET) if entry.texts)
    texts = tuple(replace(text, text="شيء آخر") for text in SHEET[line].texts)
    broken = verify([*SHEET[:line], replace(SHEET[line], texts=texts), *SHEET[line + 1 :]])
    assert broken == Broken(line + 1, "sheet.text_changed")


def test_a_text_beside_a_field_that_has_none_is_found() -> None:
    added = replace(SHEET[-1], texts=(*SHEET[-1].texts, PrivateText("outcome", "0" * 32, "approved")))
    assert verify([*SHEET[:-1], added]) == Broken(len(SHEET), "sheet.text_changed")


# ---------------------------------------------------------------- erasure


def test_an_erasure_leaves_the_chain_whole_and_says_that_there_was_a_text() -> None:
    erased = [replace(entry, texts=()) for entry in SHEET]
    assert verify(erased) is None
    first = read_entry(erased[0])
    assert isinstance(first, Registered)
    assert (first.subject, first.sender, first.original_sender) == (ERASED, Address(ERASED, ""), Address(ERASED, ""))
    assert first.attachment_names == (ERASED,)
    assert first.reference == "س.ع/و/1/2026"


def test_a_record_can_be_folded_from_an_erased_sheet() -> None:
    whole = fold("r1", [read_entry(entry) for entry in SHEET])
    erased = fold("r1", [read_entry(replace(entry, texts=())) for entry in SHEET])
    assert whole == a_life().held
    assert erased is not None
    assert (erased.reference, erased.status, erased.version) == (whole.reference, whole.status, whole.version)
    assert [s.note for s in erased.steps] == [ERASED if s.note else None for s in whole.steps]
