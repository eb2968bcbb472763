"""What people and other systems are shown: what they may read, masked where they are not cleared, provable."""

import json
from dataclasses import replace
from typing import Any

import pytest

from registry.commands import (
    Annotate,
    Approve,
    Complete,
    NoteMachine,
    NoteMail,
    NoteStuck,
    Quarantine,
    Refer,
    Register,
)
from registry.mail import Address, Authentication, Repair, Report
from registry.office import Person
from registry.record import Link
from registry.sheet import Entry
from service.views import Viewer, record_view, sheet_view
from tests.registry.test_sheet import written
from tests.values import ANNEX, NOON, PEOPLE, Desk, forwarded, mail, registered
from texts import say
from texts.isolates import bare

SYSTEM = Viewer(None)


def viewer(key: str, **changes: Any) -> Viewer:
    person: Person = replace(PEOPLE[key], **changes)
    return Viewer(person)


def seen(desk: Desk, by: Viewer) -> dict[str, Any]:
    return record_view(desk.held, desk.office, by, NOON)


def sheet(desk: Desk, by: Viewer, entries: list[Entry] | None = None) -> dict[str, Any]:
    return sheet_view(desk.held, entries or written(desk.events), desk.office, by, NOON)


def secret() -> Desk:
    desk = registered(forwarded(subject="FW: x", text=_SECRET, parts=(ANNEX,)))
    desk.accept(Refer(record_id="r1", step=1, by="abdullah", asked="for_action", to_person="noura", note="عاجل جداً"))
    return desk


_SECRET = """
________________________________
من: ديوان المحاسبة <oversight@audit.example>
تم الإرسال: أمس
إلى: هدى
الموضوع: سري: كشف الرواتب

نص
"""


# ---------------------------------------------------------------- who may read


@pytest.mark.parametrize(
    ("by", "may"),
    [("huda", True), ("omar", False), ("laila", False), ("abdullah", True), ("noura", True), ("badr", False)],
)
def test_a_record_is_read_by_those_it_was_put_before_and_by_the_registry(by: str, may: bool) -> None:
    assert viewer(by).may_read(registered().held, NOON) is may


def test_a_system_that_was_let_in_reads_everything() -> None:
    assert SYSTEM.may_read(secret().held, NOON)
    assert SYSTEM.is_cleared(secret().held, NOON)


def test_who_may_read_but_is_not_cleared_sees_number_urgency_and_holder_and_nothing_of_the_letter() -> None:
    desk = secret()
    shown = seen(desk, viewer("abdullah"))
    assert viewer("abdullah").may_read(desk.held, NOON)
    assert (shown["masked"], shown["reference"], shown["urgency"], shown["confidentiality"]) == (
        True,
        "س.ع/و/1/2026",
        "normal",
        "secret",
    )
    assert [h["person"] for h in shown["holders"]] == ["noura"]
    told = json.dumps(shown, ensure_ascii=False)
    for hidden in ("الرواتب", "ديوان", "oversight", ANNEX.name, ANNEX.sha256, "هدى"):
        assert hidden not in told
    cleared = seen(desk, viewer("noura"))
    assert (cleared["masked"], cleared["subject"]) == (False, "سري: كشف الرواتب")


# ---------------------------------------------------------------- a record


def test_a_record_is_shown_with_everything_that_others_rely_on() -> None:
    desk = registered(forwarded(parts=(ANNEX,)))
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar"))
    shown = seen(desk, viewer("huda"))
    assert {k: shown[k] for k in ("record_id", "kind", "status", "serial", "version", "due_at")} == {
        "record_id": "r1",
        "kind": "incoming_letter",
        "status": "in_action",
        "serial": 1,
        "version": 3,
        "due_at": None,
    }
    assert shown["original_sender"] == {"name": "ديوان المحاسبة", "address": "oversight@audit.example"}
    assert shown["forwarded_by"] == {"person": "huda", "name": "هدى العلي"}
    assert (shown["registered_at"], shown["registered_hijri"]) == ("2026-11-21T09:00:00Z", "1448-06-11")
    [holder] = shown["holders"]
    assert (holder["person"], holder["unit"], holder["asked"], holder["since"]) == (
        "omar",
        "finance",
        "for_action",
        "2026-11-21T09:01:00Z",
    )
    assert holder["asked_said"] == {"ar": "لإجراء اللازم", "en": "For action"}
    assert [(a["name"], a["sha256"], a["complete"]) for a in shown["attachments"]] == [(ANNEX.name, ANNEX.sha256, True)]
    json.dumps(shown)


def test_a_step_of_the_registry_is_held_by_its_unit() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب"))
    [holder] = seen(desk, SYSTEM)["holders"]
    assert (holder["person"], holder["person_name"], holder["unit_name"]["ar"]) == (None, None, "السجل العام")


def test_quarantine_names_its_reasons_in_words() -> None:
    desk = Desk(record_id="r1")
    desk.accept(Quarantine(record_id="r1", mail=mail(), reasons=("quarantine.encrypted",), serial=1))
    assert "مشفرة" in seen(desk, SYSTEM)["reasons"][0]["ar"]


def test_what_must_be_known_of_a_letter_stands_on_record_and_sheet_in_words() -> None:
    desk = registered(forwarded(remarks=("sealed.smime", "incomplete.cloud")))
    shown, line = seen(desk, SYSTEM), sheet(desk, SYSTEM)["events"][0]["said"]
    for words in ("S/MIME", "whoever sent it in"):
        assert any(words in reason["en"] for reason in shown["reasons"])
        assert words in line["en"]
    assert bare(line["ar"]).startswith(f"قُيّد برقم {desk.held.reference}. ")


def test_of_a_secret_letter_whoever_is_not_cleared_is_told_no_remark_either() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب", remarks=("sealed.smime",)))
    assert seen(desk, viewer("abdullah"))["reasons"] == []
    assert "S/MIME" not in sheet(desk, viewer("abdullah"))["events"][0]["said"]["en"]


# ---------------------------------------------------------------- a sheet


def a_life() -> Desk:
    desk = registered()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="omar", note="يرجى الاطلاع"))
    desk.accept(Annotate(record_id="r1", by="omar", note="مسودة", final=False))
    desk.accept(Complete(record_id="r1", step=2, by="omar", note="تم"))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    desk.accept(NoteStuck(record_id="r1", effect="DraftReply", reason="stuck.misconfigured"))
    return desk


def test_a_sheet_says_when_who_in_what_capacity_what_and_the_note() -> None:
    lines, rule = sheet(a_life(), viewer("huda"))["events"], say("ar", "capacity.system")
    head = bare(say("ar", "capacity.head", unit="الشؤون المالية"))
    said = [(n["seq"], n["by"], bare(n["capacity_said"]["ar"]), bare(n["said"]["ar"]), n["note"]) for n in lines]
    assert said == [
        (1, "tarasul", rule, "قُيّد برقم س.ع/و/1/2026", None),
        (2, "tarasul", rule, "أُحيل إلى هدى العلي للاعتماد (قاعدة السجل)", None),
        (3, "huda", head, "أحال إلى عمر الفهد لإجراء اللازم", "يرجى الاطلاع"),
        (4, "omar", "الشؤون المالية", "كتب مسودة ملاحظة", None),
        (5, "omar", "الشؤون المالية", "أنجز", "تم"),
        (6, "omar", "الشؤون المالية", "عُرضت النتيجة على هدى العلي للاعتماد", None),
        (7, "huda", head, "اعتمد", None),
        (8, "huda", head, "أُنهيت باعتماد النتيجة", "تم"),
        (9, "tarasul", rule, "تعذّر إعداد الرد: صلاحية أو إعداد ناقص. الدور على مسؤول النظام", None),
    ]
    assert lines[2]["at_hijri"] == "1448-06-11"
    assert (lines[2]["disposition"], lines[2]["to"]) == ("for_action", "omar")


def test_every_line_can_be_said_in_both_languages() -> None:
    for line in sheet(a_life(), SYSTEM)["events"]:
        assert line["said"]["ar"]
        assert line["said"]["en"]


def test_a_draft_is_read_by_its_author_alone() -> None:
    desk = a_life()
    by_author, by_another = (sheet(desk, viewer(k))["events"][3] for k in ("omar", "huda"))
    assert by_author["note"] == "مسودة"
    assert (by_another["note"], "مسودة" in by_another["note_said"]["ar"]) == (None, True)
    assert sheet(desk, SYSTEM)["events"][3]["note"] is None


def test_who_is_not_cleared_reads_no_note_and_no_name_of_a_writer() -> None:
    desk = secret()
    desk.accept(NoteMail(record_id="r1", mail=mail(5), answers="<1@x>"))
    lines = sheet(desk, viewer("abdullah"))
    assert lines["verified"]
    told = json.dumps(lines, ensure_ascii=False)
    assert "عاجل جداً" not in told
    assert "ديوان" not in told
    assert "نص سري" in told
    assert "ديوان" in json.dumps(sheet(desk, viewer("noura")), ensure_ascii=False)


def test_an_erased_note_says_so_and_the_chain_still_holds() -> None:
    desk = a_life()
    entries = [replace(entry, texts=()) for entry in written(desk.events)]
    shown = sheet(desk, viewer("huda"), entries)
    assert shown["verified"]
    assert shown["events"][2]["note"] is None
    assert shown["events"][2]["note_said"]["ar"] == "حُذف النص نظاماً"


# ---------------------------------------------------------------- a sheet that was tampered with


def test_a_whole_sheet_is_verified() -> None:
    shown = sheet(a_life(), SYSTEM)
    assert (shown["verified"], shown["broken"]) == (True, None)


@pytest.mark.parametrize("at", [b'"huda"', b'"for_action"', b'"at":"2026', b"{", b'"step":2'])
def test_a_changed_byte_is_shown_at_its_line_and_the_line_is_still_there_to_be_seen(at: bytes) -> None:
    desk = a_life()
    entries = written(desk.events)
    assert at in entries[2].canonical
    changed = entries[2].canonical.replace(at, at[:-1] + b"X", 1)
    entries[2] = replace(entries[2], canonical=changed)
    shown = sheet(desk, SYSTEM, entries)
    assert not shown["verified"]
    assert shown["broken"]["seq"] == 3
    assert shown["broken"]["reason"]["ar"] == "سطر غُيّر بعد كتابته"
    assert shown["events"][2]["canonical"] == changed.decode()
    assert len(shown["events"]) == 9


def test_a_sheet_whose_end_was_cut_off_is_not_verified() -> None:
    desk = a_life()
    shown = sheet(desk, SYSTEM, written(desk.events)[:-1])
    assert (shown["verified"], shown["broken"]) == (False, None)


# ---------------------------------------------------------------- what machines and other registers say


def _told(desk: Desk, number: int, **fields: Any) -> None:
    word = mail(number, sender=Address("", "postmaster@ministry.example"), **fields)
    desk.accept(NoteMachine(record_id=desk.record_id, mail=word, answers="<9@ministry.example>"))


FAILED = Report(what="failed", status="5.1.1", recipients=("huda@ministry.example",), said="550 no such user")


def test_a_machine_s_word_stands_on_the_sheet_with_its_reason_and_with_the_mail_that_it_is_about() -> None:
    desk = a_life()
    _told(desk, 20, report=FAILED)
    _told(desk, 21, report=Report(what="displayed", recipients=("huda@ministry.example",)))
    _told(desk, 22, report=Report())
    _told(desk, 23, auto_submitted="auto-replied")
    lines = {line["type"]: bare(line["said"]["en"]) for line in sheet(desk, SYSTEM)["events"]}
    assert "huda@ministry.example: 5.1.1 550 no such user" in lines["DeliveryFailed"]
    assert "it does not say what" in lines["ReceiptReceived"]
    for kind in ("DeliveryFailed", "ReceiptReceived", "AutoReplyReceived"):
        assert "<9@ministry.example>" in lines[kind]
    shown = seen(desk, SYSTEM)["undelivered"]
    assert [(u["recipients"], u["status"]) for u in shown] == [(["huda@ministry.example"], "5.1.1")]


def test_of_a_secret_record_nobody_uncleared_is_told_whom_our_reply_did_not_reach() -> None:
    desk = registered(mail(subject="سري: كشف الرواتب"))
    _told(desk, 20, report=FAILED)
    _told(desk, 21, auto_submitted="auto-replied")
    told = json.dumps([sheet(desk, viewer("abdullah")), seen(desk, viewer("abdullah"))])
    assert "5.1.1" in told
    for private in ("huda@", "postmaster@", "no such user"):
        assert private not in told


def test_a_record_says_with_which_others_it_may_have_to_do_and_why() -> None:
    desk = Desk()
    link = Link(record_id="r7", reference="س.ع/و/7/2026", how="number")
    desk.accept(Register(record_id="r1", mail=mail(), serial=1, links=(link,)))
    [shown] = seen(desk, SYSTEM)["links"]
    assert (shown["reference"], shown["said"]["en"]) == ("س.ع/و/7/2026", "its number stands in the letter")
    assert "س.ع/و/7/2026" in sheet(desk, SYSTEM)["events"][-1]["said"]["ar"]


def test_what_was_put_right_in_a_letter_is_shown_as_it_stood() -> None:
    repair = Repair(name="subject", raw="ÚíÈ", confidence="likely")
    desk = registered(mail(repairs=(repair,), authentication=Authentication("pass", "pass", "fail", "pass")))
    shown = seen(desk, SYSTEM)
    assert shown["repairs"] == [{"what": "subject", "raw": "ÚíÈ", "confidence": "likely"}]
    assert (shown["dmarc"], shown["arc"]) == ("fail", "pass")
    assert shown["sender_check"]["en"] == "The sender failed the mail server's check"
    assert registered().held.arc is None
