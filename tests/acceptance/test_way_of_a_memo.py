"""A memo from the chat through its circuit to its number and its acknowledgement, by the real bot and API."""

from pathlib import Path
from typing import Any

from documents.pdf_check import check
from tests.acceptance.ministry import HUDA, Card, Ministry, opened

OMAR, SALEM, KHALID = (f"{name}@ministry.example" for name in ("omar", "salem", "khalid"))
WORDS = {"text": "نرجو الموافقة على العمل الإضافي.", "disposition": "for_information", "urgency": "urgent"}


def drafts(ministry: Ministry, subject: str, *, files: dict[str, bytes] | None = None) -> Card:
    """Omar writes a memo to Legal; the card by which he has it."""
    before = len(ministry.cards(OMAR))
    ministry.says(OMAR, "مذكره", files=files)
    form = ministry.awaited(lambda: ministry.cards(OMAR)[before:], "the form of a memo")[-1]
    to = next(value for title, value in form.choices("to").items() if "القانونية" in title)
    kept = ministry.presses(form, "draft_new", subject=subject, to=to, kind="internal_memo", **WORDS)
    assert "مسودة" in kept.words
    return of(ministry, OMAR, subject, "submit")


def of(ministry: Ministry, upn: str, subject: str, verb: str) -> Card:
    """The newest card about *subject* on which *upn* may press *verb*."""

    def look() -> Card | None:
        fits = [c for c in ministry.cards(upn) if subject in c.words and verb in c.verbs]
        return fits[-1] if fits else None

    return ministry.awaited(look, f"a card about {subject} for {upn} that offers {verb}")


def record_of(ministry: Ministry, subject: str) -> Any:
    (found,) = ministry.records(search=subject, kind="internal_memo")
    return found


def the_issued_file_is_sealed(ministry: Ministry, record_id: str) -> None:
    """It is in the archive under the entity's seal, and whoever holds it is told that it is ours."""
    record = ministry.becomes(record_id, lambda r: r["sealed"] is not None, "its issued file")
    sealed, token = record["sealed"], ministry.stage.token(roles=["Records.Read.All"], audience="api")
    file = ministry.stage.product("GET", f"/api/v1/records/{record_id}/documents/{sealed['sha256']}", token=token)
    assert (file.status, sealed["level"], len(file.body)) == (200, "protected", sealed["size_bytes"])
    assert check(file.body, certificate=sealed["certificate"]).valid
    for asked in (sealed["verify"], sealed["sha256"]):
        page = ministry.stage.product("GET", f"/api/v1/verify/{asked}")
        assert (page.status, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
        assert record["reference"] in page.body.decode()
        assert record["subject"] not in page.body.decode()
    other = ministry.stage.product("GET", f"/api/v1/verify/{sealed['verify'][:-4]}0000")
    assert other.status == 404
    assert "Sealed" in [event["type"] for event in ministry.sheet(record_id)["events"]]


def test_a_memo_goes_its_way_and_is_numbered_when_it_is_signed(tmp_path: Path) -> None:
    with opened(tmp_path) as ministry:
        for upn in (OMAR, SALEM, KHALID, HUDA):
            ministry.has_the_app(upn)
        subject = "طلب عمل إضافي للربع الثالث"
        card = drafts(ministry, subject, files={"كشف الساعات.pdf": b"%PDF-1 hours"})
        draft = record_of(ministry, subject)
        assert (draft["status"], draft["serial"], draft["year"]) == ("draft", None, None)
        assert draft["reference"] == "ش.م/م/—"
        assert [a["name"] for a in draft["attachments"]] == ["كشف الساعات.pdf"]

        submitted = ministry.presses(card, "submit", note="للتكرم")
        assert "take_back" in submitted.verbs, submitted.words
        assert "initial" not in submitted.verbs  # nobody decides on what they drafted
        initialling = of(ministry, SALEM, subject, "initial")
        ministry.presses(initialling, "initial")
        ministry.presses(of(ministry, KHALID, subject, "complete"), "complete", note="لا مانع قانوناً.")

        signing = of(ministry, HUDA, subject, "sign")
        assert "لا مانع قانوناً." in signing.words
        ministry.presses(signing, "return", note="يُستكمل الرأي.", back_to="2")
        again = of(ministry, KHALID, subject, "complete")
        assert "يُستكمل الرأي." in again.words
        ministry.presses(again, "complete", note="لا مانع، بسقف أربعين ساعة.")
        assert record_of(ministry, subject)["serial"] is None

        signed = ministry.presses(of(ministry, HUDA, subject, "sign"), "sign")
        issued = record_of(ministry, subject)
        assert (issued["serial"], issued["reference"]) == (1, f"ش.م/م/1/{issued['year']}")
        assert (issued["status"], issued["outcome"]) == ("closed", "issued")
        assert issued["reference"] in signed.words
        assert [stage["state"] for stage in issued["circuit"]] == ["passed"] * 3
        assert issued["acknowledged"] == {"done": 0, "all": 1}

        stale = ministry.press(initialling, "initial")
        assert stale.card is not None
        assert "initial" not in stale.card.verbs

        ministry.presses(of(ministry, KHALID, subject, "acknowledge"), "acknowledge")
        ministry.becomes(issued["record_id"], lambda r: r["acknowledged"]["done"] == 1, "the acknowledgement")
        assert [r["record_id"] for r in ministry.records(search="ش.م/م/1")] == [issued["record_id"]]
        the_issued_file_is_sealed(ministry, issued["record_id"])
        sheet = ministry.sheet(issued["record_id"])
        assert sheet["verified"]
        types = [line["type"] for line in sheet["events"]]
        assert types.index("StepSigned") + 2 == types.index("Numbered")

        # a second one is taken back, edited, submitted again and refused: it costs no number
        second = "طلب شراء أجهزة"
        submitted = ministry.presses(drafts(ministry, second), "submit")
        recalled = ministry.presses(submitted, "take_back")
        assert "take_back" not in recalled.verbs
        form = ministry.presses(of(ministry, OMAR, second, "submit"), "edit")
        edited = ministry.presses(form, "redraft", subject=second, to="unit:legal", **WORDS | {"text": "نص معدل"})
        ministry.presses(edited, "submit")
        ministry.presses(of(ministry, SALEM, second, "reject"), "reject", note="لا اعتماد مالياً.")
        refused = record_of(ministry, second)
        assert (refused["status"], refused["outcome"], refused["serial"]) == ("closed", "rejected", None)

        third = "تعيين لجنة الجرد"
        ministry.presses(drafts(ministry, third), "submit")
        ministry.presses(of(ministry, SALEM, third, "initial"), "initial")
        way = ministry.presses(of(ministry, HUDA, third, "insert"), "insert") if _sees(ministry, HUDA, third) else None
        assert way is None  # later approvers do not see it before their turn
        ministry.presses(of(ministry, KHALID, third, "complete"), "complete", note="لا مانع.")
        ministry.presses(of(ministry, HUDA, third, "sign"), "sign")
        issued = record_of(ministry, third)
        assert issued["serial"] == 2
        form = ministry.presses(ministry.presses(of(ministry, HUDA, third, "more"), "more"), "void")
        voided = ministry.presses(form, "void_it", note="صدر بالخطأ.")
        assert issued["reference"] in voided.words
        assert record_of(ministry, third)["status"] == "voided"


def _sees(ministry: Ministry, upn: str, subject: str) -> bool:
    return any(subject in card.words for card in ministry.cards(upn))
