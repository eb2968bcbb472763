"""What the product is for, in one reading: a forwarded letter becomes a numbered record and is answered from Teams."""

import hashlib
import re
from typing import Any

from tests.acceptance.ministry import HUDA, MARYAM, OMAR, REGISTRY, SALEM, THE_WHOLE_WAY, Ministry

AUDIT = "طلب مستندات الربع الثاني من السنة المالية 2026/2027"  # a sample letter that lies in Maryam's inbox
GUARANTEE = "عاجل: إشعار بقرب انتهاء خطاب الضمان LG-2026-00417"  # one in Huda's
ANNEX = "كشف المستندات المطلوبة.pdf"

# One call in four each is told to wait, is turned away, or is done and its answer lost; as the page's button has it.
THE_CLOUD_FAILS = [
    {"match": service, "fault": fault, "rate": 0.25, "for_s": 60}
    for fault in ("429", "503", "lost")
    for service in ("graph", "connector")
]


def first_broken_step(sheet: dict[str, Any]) -> int | None:
    """Verify a sheet as anyone can who has it: with SHA-256 and nothing else."""
    before = "0" * 64
    for number, line in enumerate(sheet["events"], start=1):
        digest = hashlib.sha256(before.encode() + line["canonical"].encode()).hexdigest()
        if (line["seq"], line["prev_hash"], line["hash"]) != (number, before, digest):
            return number
        before = digest
    return None


def test_a_forwarded_letter_becomes_a_numbered_record_and_is_answered_from_teams(ministry: Ministry) -> None:
    # 1. Maryam forwards a letter with a PDF annex from her Outlook to the registry's mailbox.
    letter = ministry.forwards(MARYAM, AUDIT)

    # 2. It is a record: number, kind, who wrote it first, subject, annex, both calendars, who holds it.
    record = ministry.registered(AUDIT)
    reference, record_id = record["reference"], record["record_id"]
    assert reference == f"س.ع/و/{record['serial']}/{ministry.now().year}"
    assert record["kind"] == "incoming_letter"
    assert record["original_sender"]["address"] == "oversight@audit.example"
    assert record["sender"]["address"] == MARYAM
    assert [annex["name"] for annex in record["attachments"]] == [ANNEX]
    assert re.fullmatch(r"14\d\d-\d\d-\d\d", record["registered_hijri"])
    assert "هـ" in record["registered_on"]["ar"]
    assert str(ministry.now().year) in record["registered_on"]["ar"]
    assert [(h["person_name"], h["asked"]) for h in record["holders"]] == [(ministry.name(HUDA), "for_approval")]
    marked = ministry.awaited(
        lambda: [c for mail in ministry.mails(REGISTRY) for c in mail["categories"] if reference in c], "the mark"
    )
    assert marked == [f"تراسل: {reference}"]

    # 3. The head of the unit has a card, and refers the letter to a colleague for action, with a note.
    card = ministry.asked(HUDA, reference, "refer")
    for said in (AUDIT, "ديوان المحاسبة", "للاعتماد", ANNEX, ministry.name(MARYAM)):
        assert said in card.words
    assert {"approve", "return", "refer", "annotate"} <= set(card.verbs)
    ministry.refers(card, SALEM, "for_action", "الرجاء الإفادة قبل نهاية الأسبوع")

    # 4. The colleague's card appears and the head's shows what was decided. The colleague completes it with a result;
    #    the head has that for approval, and approves.
    todo = ministry.asked(SALEM, reference, "complete")
    assert "الرجاء الإفادة قبل نهاية الأسبوع" in todo.words
    (decided,) = ministry.about(HUDA, reference)
    assert f"إلى {ministry.name(SALEM)}: لإجراء اللازم" in decided.words
    assert "approve" not in decided.verbs
    ministry.presses(todo, "complete", note="أُعدّت المستندات وسُمّي ضابط الاتصال")
    result = ministry.asked(HUDA, reference, "approve")
    assert "أُعدّت المستندات وسُمّي ضابط الاتصال" in result.words
    assert "تم الاعتماد" in ministry.presses(result, "approve").words

    #    The record is closed, and Maryam has exactly one answer in the same thread, from the registry, with the number.
    ministry.closed_and_answered(record_id)
    answer = ministry.answer_to(letter)
    assert reference in answer["body"]["content"]
    assert "أُعدّت المستندات" in answer["body"]["content"]
    assert len(ministry.mails(REGISTRY, "sentitems")) == 1
    assert ministry.mails(REGISTRY, "drafts") == []

    # 5. The sheet shows every step, and anyone can verify it. A changed byte shows at its step, and can be undone.
    sheet = ministry.sheet(record_id)
    assert tuple(line["type"] for line in sheet["events"]) == THE_WHOLE_WAY
    for line in sheet["events"]:
        assert line["at_hijri"]
        assert line["at_said"]["ar"].count(")") == 1
        assert line["by_name"]
        assert line["capacity_said"]["ar"]
        assert line["said"]["ar"]
    assert [line["note"] for line in sheet["events"][2:4]] == [
        "الرجاء الإفادة قبل نهاية الأسبوع",
        "أُعدّت المستندات وسُمّي ضابط الاتصال",
    ]
    assert [line["by_name"] for line in sheet["events"][2:6]] == [ministry.name(p) for p in (HUDA, SALEM, SALEM, HUDA)]
    assert (sheet["verified"], first_broken_step(sheet)) == (True, None)
    spoilt = ministry.control("POST", "host/tamper", json={"record_id": record_id})["seq"]
    red = ministry.sheet(record_id)
    assert (red["verified"], red["broken"]["seq"], first_broken_step(red)) == (False, spoilt, spoilt)
    ministry.control("POST", "host/untamper", json={})
    assert ministry.sheet(record_id)["verified"]

    # 6. The cloud fails for a minute. Another letter goes its whole way meanwhile, and the day's count adds up.
    ministry.faults(*THE_CLOUD_FAILS, seed=7)
    urgent = ministry.forwards(HUDA, GUARANTEE)
    with ministry.time_flies():
        second = ministry.registered(GUARANTEE)
        assert second["serial"] == record["serial"] + 1
        assert second["urgency"] == "urgent"
        ministry.refers(ministry.asked(HUDA, second["reference"], "refer"), OMAR, "for_action", "للتمديد")
        ministry.presses(ministry.asked(OMAR, second["reference"], "complete"), "complete", note="طُلب التمديد")
        ministry.presses(ministry.asked(HUDA, second["reference"], "approve"), "approve")
        ministry.closed_and_answered(second["record_id"])
    assert ministry.struck() > 0
    ministry.faults()
    ministry.answer_to(urgent)
    assert tuple(line["type"] for line in ministry.sheet(second["record_id"])["events"]) == THE_WHOLE_WAY
    day = ministry.day()
    assert (day["green"], day["missing"], day["seen"], day["registered"]) == (True, [], 2, 2)
