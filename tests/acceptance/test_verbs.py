"""What is done seldom, through the real bot and the real API: no, take back, correct, void, open again, link, join."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.ministry import ABDULLAH, HUDA, OMAR, SALEM, Ministry, opened

type Json = dict[str, Any]


@pytest.fixture(scope="module")
def ministry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministry]:
    with opened(tmp_path_factory.mktemp("verbs")) as made:
        yield made


def commands(ministry: Ministry, by: str, record: Json, key: str, status: int = 200, **ask: Any) -> Json:
    """What the API answers to a command of *by* on the record."""
    token = ministry.stage.token(upn=by, audience="api")
    path = f"records/{record['record_id']}/commands"
    answer: Json = ministry.writes(path, token=token, key=key, status=status, json=ask)
    return answer


def holders(record: Json) -> list[tuple[str | None, str]]:
    return [(h["person_name"] or h["unit"], h["asked"]) for h in record["holders"]]


def types_of(ministry: Ministry, record: Json) -> list[str]:
    return [line["type"] for line in ministry.sheet(record["record_id"])["events"]]


def test_what_was_asked_is_taken_back_rejected_and_goes_on_after_its_end(ministry: Ministry) -> None:
    subject = "كتاب رقم 81/2026 بشأن الصيانة"
    letter = ministry.receives_and_forwards(HUDA, subject)
    record = ministry.registered(subject)
    reference = record["reference"]
    card = ministry.asked(HUDA, reference, "refer")
    waiting = ministry.refers(card, OMAR, "for_approval")
    ministry.asked(OMAR, reference, "reject")

    # taken back by the card, as nobody has opened it
    form = ministry.presses(ministry.presses(waiting, "more"), "recall")
    ministry.presses(form, "recall_it", to=next(iter(form.choices("to").values())))
    back = ministry.becomes(record["record_id"], lambda r: r["holders"], "held again")
    assert holders(back) == [(ministry.name(HUDA), "for_approval")]
    ministry.awaited(lambda: "تم الاسترداد" in ministry.about(OMAR, reference)[0].words, "the card to say so")
    assert ministry.record(record["record_id"])["holders"] == back["holders"]

    # asked again over the API, opened, and theirs from then on
    omar = ministry.people[OMAR]["id"]
    refer = {"command": "refer", "asked": "for_approval", "to_person": omar, "note": "للرأي"}
    for _ in range(2):
        assert holders(commands(ministry, HUDA, record, "refer", **refer)) == [(ministry.name(OMAR), "for_approval")]
    omars = ministry.awaited(
        lambda: next((c for c in ministry.about(OMAR, reference) if "reject" in c.verbs), None), "a new card"
    )
    ministry.says(OMAR, reference)
    ministry.awaited(lambda: "StepOpened" in types_of(ministry, record), "the card to be opened")
    told = commands(ministry, HUDA, record, "recall", 409, command="recall")
    assert (told["title"], ministry.name(OMAR) in told["detail_ar"]) == ("may opened", True)
    ministry.presses(omars, "reject", note="لا تنطبق الشروط")
    judged = ministry.awaited(
        lambda: next(
            (c for c in ministry.about(HUDA, reference) if "لا تنطبق الشروط" in c.words and "reject" in c.verbs), None
        ),
        "the opinion",
    )
    ministry.presses(judged, "reject", note="لا ميزانية للصيانة")
    closed = ministry.closed_and_answered(record["record_id"])
    assert (closed["outcome"], closed["outcome_note"]) == ("rejected", "لا ميزانية للصيانة")
    assert "لا ميزانية للصيانة" in ministry.answer_to(letter)["body"]["content"]

    # the register goes on with it, and both ends are answered
    assert commands(ministry, OMAR, record, "again", 403, command="reopen", note="x")["title"]
    opened_again = commands(ministry, ABDULLAH, record, "again", command="reopen", note="ورد ما يستجد")
    assert (opened_again["status"], holders(opened_again)) == ("in_action", [("registry", "for_review")])
    commands(ministry, ABDULLAH, record, "end", command="close", note="حُفظ بلا إجراء")
    ended = ministry.closed_and_answered(record["record_id"])
    assert ended["outcome"] == "closed"
    types = types_of(ministry, record)
    counted = ("StepRecalled", "StepOpened", "StepRejected", "Reopened", "Closed")
    assert [types.count(t) for t in counted] == [1, 1, 2, 1, 2]
    assert types.count("ReplySent") == 2


def test_what_was_entered_is_corrected_joined_and_voided_and_both_records_say_so(ministry: Ministry) -> None:
    subjects = ["كتاب رقم 82/2026 بشأن التوريد", "كتاب رقم 83/2026 بشأن التوريد", "كتاب رقم 84/2026 مكرر"]
    for subject in subjects:
        ministry.receives_and_forwards(HUDA, subject)
    first, second, third = (ministry.registered(subject) for subject in subjects)
    for record in (first, second, third):
        ministry.asked(HUDA, record["reference"], "refer")

    # corrected by a clerk: both stand, and it is found by what is right
    fixed = commands(
        ministry, ABDULLAH, first, "fix", command="correct", subject="توريد الأثاث المكتبي", note="خطأ إملائي"
    )
    assert (fixed["subject"], fixed["corrections"][0]["was"]) == ("توريد الأثاث المكتبي", subjects[0])
    assert [r["reference"] for r in ministry.records(search="الاثاث المكتبي")] == [first["reference"]]
    ministry.awaited(lambda: "توريد الأثاث" in ministry.about(HUDA, first["reference"])[0].words, "the card to follow")
    commands(ministry, HUDA, first, "fix", 403, command="correct", subject="آخر", note="x")

    # a reply is awaited, and comes
    awaiting = commands(ministry, HUDA, first, "wait", command="await_reply")
    assert (awaiting["status"], awaiting["awaits_reply"]) == ("awaiting_reply", True)
    waits = ministry.asked(HUDA, first["reference"], "complete")
    form = ministry.presses(ministry.presses(waits, "more"), "link")
    ministry.presses(form, "link_it", number=second["reference"], disposition="replied_by")
    linked = ministry.becomes(first["record_id"], lambda r: not r["awaits_reply"], "the reply to be linked")
    assert [(k["reference"], k["how"]) for k in linked["links"]] == [(second["reference"], "replied_by")]
    assert [k["how"] for k in ministry.record(second["record_id"])["links"]] == ["replies_to"]
    assert holders(linked) == [(ministry.name(HUDA), "for_approval")]

    # one matter, said on both sides
    joined = commands(ministry, HUDA, first, "join", command="join_matter", to_record=second["record_id"])
    assert [r["reference"] for r in joined["matter"]] == [second["reference"]]
    assert len(ministry.records(matter=joined["matter_id"])) == 2
    ministry.says(HUDA, second["reference"])
    ministry.awaited(
        lambda: any(first["reference"] in card.words for card in ministry.about(HUDA, second["reference"])),
        "the matter",
    )

    # voided: its number stays its own
    commands(ministry, HUDA, third, "void", 403, command="void", note="مكرر")
    voided = commands(ministry, ABDULLAH, third, "void", command="void", note="قُيّد مرتين")
    assert (voided["status"], voided["reference"], voided["outcome_note"]) == (
        "voided",
        third["reference"],
        "قُيّد مرتين",
    )
    ministry.awaited(lambda: "أُلغي القيد" in ministry.about(HUDA, third["reference"])[0].words, "the card to say so")
    commands(ministry, ABDULLAH, third, "late", 409, command="reopen", note="x")
    commands(ministry, HUDA, first, "nonsense", 400, command="recall", step="two")


def test_a_memo_is_drafted_written_anew_and_put_on_its_way_by_another_system(ministry: Ministry) -> None:
    token = ministry.stage.token(upn=OMAR, audience="api")
    told = {"kind": "internal_memo", "subject": "تجديد رخصة المستودع", "text": "نرجو الموافقة."}
    sent: Json = {"token": token, "key": "memo-1"}
    begun = ministry.writes("records", **sent, status=201, json={**told, "addressees": [{"unit": "legal"}]})
    assert (begun["status"], begun["serial"], begun["text"]) == ("draft", None, "نرجو الموافقة.")
    again = ministry.writes("records", **sent, status=200, json={**told, "addressees": [{"unit": "legal"}]})
    assert again["record_id"] == begun["record_id"]
    ministry.writes("records", **sent, status=422, json=told)
    ministry.writes("records", token=token, key="memo-2", status=422, json={**told, "kind": "incoming_letter"})
    ministry.writes("records", token=token, key="memo-3", status=400, json={**told, "addressees": ["legal"]})
    system = ministry.stage.token(roles=("Records.Register.All",), audience="api")
    ministry.writes("records", token=system, key="memo-4", status=403, json=told)

    way = f"records/{begun['record_id']}/commands"
    other = ministry.stage.token(upn=SALEM, audience="api")
    ministry.writes(way, token=other, key="w", status=404, json={"command": "redraft", "text": "غيره"})
    written = ministry.writes(
        way, token=token, key="w", status=200, json={"command": "redraft", "text": "نرجو التجديد."}
    )
    assert (written["subject"], written["text"]) == (told["subject"], "نرجو التجديد.")
    assert [one["unit"] for one in written["addressees"]] == ["legal"]
    on_its_way = ministry.writes(way, token=token, key="s", status=200, json={"command": "submit"})
    assert on_its_way["status"] == "in_circuit"
    types = [event["type"] for event in ministry.sheet(begun["record_id"])["events"]]
    assert types[:3] == ["Drafted", "Referred", "Redrafted"]
