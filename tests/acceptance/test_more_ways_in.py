"""Letters that come another way: scanned and sent to the API, handed to the clerk, kept in quarantine and released."""

import base64
import json
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import pytest

from tests.acceptance.ministry import (
    ABDULLAH,
    HUDA,
    MARYAM,
    NOURA,
    READER,
    REGISTRY,
    SALEM,
    Card,
    Json,
    Ministry,
    letter,
)

SCANNER = ("Records.Register.All",)
SCAN = ("الكتاب.pdf", b"%PDF-1.4\n%%EOF scan\n")


def form(fields: dict[str, str], files: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """A multipart/form-data body with its header."""
    lines = []
    for name, value in fields.items():
        lines.append(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, body in files:
        head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        lines.append(f"{head}Content-Type: application/pdf\r\n\r\n".encode() + body + b"\r\n")
    return {
        "body": b"".join(lines) + b"--b--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=b"},
    }


def test_a_scan_that_the_api_is_given_is_a_numbered_record_and_is_put_before_the_head(ministry: Ministry) -> None:
    token = ministry.stage.token(roles=SCANNER, audience="api")
    told = {
        "subject": "عاجل: إخطار بموعد التفتيش",
        "sender_name": "هيئة التفتيش",
        "their_reference": "هـ/812",
        "letter_date": "12/6/1448",
        "to_unit": "finance",
        "asked": "for_action",
    }
    sent = form(told, [SCAN])
    record = ministry.writes("records", token=token, key="scan-1", status=201, **sent)
    assert (record["received_via"], record["their_reference"], record["urgency"]) == ("scan", "هـ/812", "urgent")
    assert (record["source"]["mailbox"], record["dmarc"]) == (None, "none")

    # The same again is the same record; under the key of another letter, or with the same scan, nothing is registered.
    assert ministry.writes("records", token=token, key="scan-1", status=200, **sent)["record_id"] == record["record_id"]
    other = form({**told, "subject": "آخر"}, [SCAN])
    assert "Idempotency-Key" in ministry.writes("records", token=token, key="scan-1", status=422, **other)["detail_ar"]
    known = ministry.writes("records", token=token, key="scan-2", status=409, **other)
    assert record["reference"] in known["detail"].replace("\u2068", "").replace("\u2069", "")
    (again,) = ministry.records(search="التفتيش")
    assert again["record_id"] == record["record_id"]

    # Huda is asked, and the card says how it came.
    asked = ministry.asked(HUDA, record["reference"], "complete")
    assert "ممسوحاً ضوئياً" in asked.words
    assert "هـ/812" in asked.words
    ministry.presses(asked, "complete", note="أُبلغ المختصون")
    closed = ministry.becomes(record["record_id"], lambda r: r["status"] == "closed", "closed")
    assert closed["replied_at"] is None
    sheet = ministry.sheet(record["record_id"])
    assert sheet["verified"]
    assert sheet["events"][0]["on_behalf_of"].startswith("app:")

    # The scan and the slip are in the archive as they were sent.
    reader = ministry.stage.token(roles=("Records.Read.All",), audience="api")
    for sha256, begins in ((record["attachments"][0]["sha256"], SCAN[1]), (record["source"]["sha256"], b'{"again"')):
        path = f"/api/v1/records/{record['record_id']}/documents/{sha256}"
        assert ministry.stage.product("GET", path, token=reader).body.startswith(begins)


def held(ministry: Ministry, subject: str) -> Json:
    """A mail that says it is Maryam's and failed the check, as it is kept in quarantine."""
    ministry.arrives(letter(subject, sender=f"مريم <{MARYAM}>"), dmarc="fail")
    record = ministry.registered(subject, kind="quarantined_mail")
    assert record["source"]["mailbox"] == REGISTRY
    return record


def test_a_quarantined_mail_is_released_by_card_numbered_referred_and_answered(ministry: Ministry) -> None:
    subject = "طلب صرف بدل سفر"
    kept = held(ministry, subject)

    # Both clerks press at once, each twice: one letter.
    forms = [
        ministry.presses(ministry.asked(upn, kept["reference"], "register"), "register") for upn in (NOURA, ABDULLAH)
    ]
    presses = [ministry.pressing(shown, "release") for shown in forms for _ in range(2)]
    told = [pressed.result().card for pressed in presses]
    record = ministry.registered(subject)
    assert record["released_from"] == kept["record_id"]
    assert all(card is None or record["reference"] in card.words for card in told)
    kept = ministry.record(kept["record_id"])
    assert (kept["status"], kept["outcome"], kept["released_as"]["reference"]) == (
        "closed",
        "released",
        record["reference"],
    )
    assert len([r for r in ministry.records() if r["subject"] == subject]) == 1
    ministry.awaited(
        lambda: (
            [m["categories"] for m in ministry.mails(REGISTRY) if m["subject"] == subject]
            == [[f"تراسل: {record['reference']}"]]
        ),
        "the mark with the letter's number",
    )

    # It goes its way like any other, and Maryam is answered.
    ministry.refers(ministry.asked(ABDULLAH, record["reference"], "refer"), HUDA, "for_action", "تحققت من المرسلة")
    ministry.presses(ministry.asked(HUDA, record["reference"], "complete"), "complete", note="صُرف البدل")
    ministry.closed_and_answered(record["record_id"])
    answers = ministry.awaited(
        lambda: [m for m in ministry.mails(MARYAM) if record["reference"] in m["body"]["content"]], "Maryam's answer"
    )
    assert len(answers) == 1
    assert ministry.sheet(record["record_id"])["verified"]
    assert ministry.sheet(kept["record_id"])["verified"]
    day = ministry.day()
    apart = [r for r in ministry.records(kind="quarantined_mail") if r["outcome"] != "released"]
    assert (day["green"], day["quarantined"]) == (True, len(apart))


def test_a_mail_is_released_by_its_number_in_the_chat_and_dismissed_by_the_api(ministry: Ministry) -> None:
    kept, noise = held(ministry, "تعميم داخلي"), held(ministry, "اربح رحلة")
    ministry.has_the_app(NOURA)
    ministry.says(NOURA, f"قيد المحجور {kept['serial']}")
    ministry.presses(ministry.asked(NOURA, kept["reference"], "release"), "release", subject="تعميم داخلي رقم 9")
    assert ministry.registered("تعميم داخلي رقم 9")["released_from"] == kept["record_id"]

    clerk = ministry.stage.token(upn=ABDULLAH, audience="api")
    path, close = f"records/{noise['record_id']}/commands", {"command": "close", "note": "إعلان"}
    huda = ministry.stage.token(upn=HUDA, audience="api")
    ministry.writes(path, token=huda, key="1", status=404, json={"command": "release"})
    ministry.writes(path, token=clerk, key="1", status=422, json={"command": "close", "note": " "})
    for _ in range(2):
        assert ministry.writes(path, token=clerk, key="2", status=200, json=close)["outcome"] == "dismissed"
    ministry.writes(path, token=clerk, key="2", status=422, json={"command": "release"})
    ministry.writes(path, token=clerk, key="3", status=409, json={"command": "release"})


def test_a_clerk_enters_a_letter_on_paper_by_the_form_in_the_chat(ministry: Ministry) -> None:
    ministry.has_the_app(ABDULLAH)

    def asked() -> list[Card]:
        ministry.says(ABDULLAH, "قيد")
        ministry.at_rest()
        return [card for card in ministry.cards(ABDULLAH) if "enter" in card.verbs]

    paper = ministry.awaited(asked, "the form")[-1]
    words = {"subject": "دعوة إلى حفل", "sender_name": "سفارة", "received_via": "hand", "to": "finance"}
    told = {"disposition": "for_information", "urgency": "said", "confidentiality": "said"}
    for _ in range(2):
        shown = ministry.presses(paper, "enter", **words, **told)
    record = ministry.registered("دعوة إلى حفل")
    assert record["reference"] in shown.words
    assert (record["received_via"], record["original_sender"]["name"]) == ("hand", "سفارة")
    assert "باليد" in ministry.asked(HUDA, record["reference"], "acknowledge").words


def test_a_clerk_hands_in_the_scans_by_chat_and_the_letter_is_registered_with_them(ministry: Ministry) -> None:
    ministry.has_the_app(NOURA)
    scans = {"الكتاب.pdf": b"%PDF-1.4 handed in", "../كشف.xlsx": b"PK handed in"}

    def asked() -> list[Card]:
        ministry.says(NOURA, "", files=scans)
        ministry.at_rest()
        return [card for card in ministry.cards(NOURA) if "enter" in card.verbs]

    paper = ministry.awaited(asked, "the form with the files")[-1]
    assert "الكتاب.pdf" in paper.words
    words = {
        "subject": "كتاب ممسوح من المحادثة",
        "sender_name": "ديوان المحاسبة",
        "received_via": "scan",
        "to": "rules",
    }
    told = {"disposition": "for_action", "urgency": "said", "confidentiality": "said"}
    for _ in range(2):
        ministry.presses(paper, "enter", **words, **told)
    record = ministry.registered("كتاب ممسوح من المحادثة")
    assert [(a["name"], a["complete"]) for a in record["attachments"]] == [("الكتاب.pdf", True), ("_كشف.xlsx", True)]
    reader = ministry.stage.token(roles=("Records.Read.All",), audience="api")
    for annex, body in zip(record["attachments"], scans.values(), strict=True):
        path = f"/api/v1/records/{record['record_id']}/documents/{annex['sha256']}"
        assert ministry.stage.product("GET", path, token=reader).body == body

    # The same scan comes by mail: a letter of its own, which names the first, and the clerks are told.
    ministry.arrives(letter("كتاب بالبريد مع المسح نفسه", annex=scans["الكتاب.pdf"]))
    mailed = ministry.registered("كتاب بالبريد مع المسح نفسه")
    assert (mailed["same_as"], mailed["same_reference"]) == (record["record_id"], record["reference"])
    assert record["reference"] in ministry.asked(NOURA, mailed["reference"], "acknowledge").words

    # And nobody else hands in anything.
    ministry.has_the_app(HUDA)
    ministry.says(HUDA, "", files=scans)
    ministry.awaited(lambda: [t for t in ministry.texts(HUDA) if "السجل" in t], "whose turn it is")


def shares(ministry: Ministry, name: str, body: bytes, state: str | None = None) -> str:
    """Huda shares a file of hers; its link."""
    content = base64.b64encode(body).decode()
    told = ministry.control("POST", "files", json={"upn": HUDA, "name": name, "content": content, "state": state})
    return str(told["url"])


def test_an_annex_that_came_as_a_link_is_fetched_or_asked_of_the_forwarder(ministry: Ministry) -> None:
    fetched, refused = b"%PDF out of the cloud", b"%PDF from her own hand"
    link, closed = shares(ministry, "كشف.pdf", fetched), shares(ministry, "سري.pdf", refused, "forbidden")
    reader = ministry.stage.token(roles=("Records.Read.All",), audience="api")

    def whole(subject: str, body: bytes) -> Json:
        record = ministry.registered(subject)
        record = ministry.becomes(record["record_id"], lambda r: all(a["complete"] for a in r["attachments"]), "whole")
        annex = record["attachments"][-1]
        path = f"/api/v1/records/{record['record_id']}/documents/{annex['sha256']}"
        assert ministry.stage.product("GET", path, token=reader).body == body
        assert record["reasons"] == []
        assert ministry.sheet(record["record_id"])["verified"]
        return record

    ministry.receives_and_forwards(HUDA, "كتاب وكشفه في السحابة", text=f"نرفق الكشف: {link} للاطلاع", annex=None)
    assert whole("كتاب وكشفه في السحابة", fetched)["attachments"][0]["name"] == "كشف.pdf"

    subject = "كتاب وكشفه مغلق"
    ministry.receives_and_forwards(HUDA, subject, text=f"نرفق الكشف: {closed} للاطلاع", annex=None)
    record = ministry.registered(subject)
    (asked,) = ministry.awaited(
        lambda: [c for c in ministry.cards(HUDA) if "وصل مرفق الكتاب رابطاً" in c.words], "the request"
    )
    assert record["reference"] in asked.words
    assert not ministry.record(record["record_id"])["attachments"][0]["complete"]
    ministry.says(HUDA, record["reference"], files={"الكشف نفسه.pdf": refused})
    record = whole(subject, refused)
    assert record["attachments"][0]["name"] == "الكشف نفسه.pdf"


def test_the_body_of_a_letter_is_shown_to_whoever_may_read_it_and_runs_nothing(ministry: Ministry) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "بنك <letters@bank.example>", REGISTRY, "كشف بنص منسق"
    mail.set_content("<p dir=rtl>نرفق <b>الكشف</b></p><img src=http://t.example/x><script>x()</script>", subtype="html")
    ministry.arrives(mail.as_bytes())
    record = ministry.registered("كشف بنص منسق")
    path = f"/api/v1/records/{record['record_id']}/body"
    for token in (ministry.stage.token(upn=NOURA, audience="api"), ministry.stage.token(roles=READER, audience="api")):
        shown = ministry.stage.product("GET", path, token=token)
        assert (shown.status, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert '<p dir="rtl">نرفق <b>الكشف</b></p>' in shown.body.decode()
        assert b"t.example" not in shown.body
        assert b"x()" not in shown.body
        assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    stranger = ministry.stage.token(upn=SALEM, audience="api")
    ministry.api(f"records/{record['record_id']}/body", token=stranger, status=404)
    secret = EmailMessage()
    secret["From"], secret["To"], secret["Subject"] = "بنك <letters@bank.example>", REGISTRY, "سري: كشف"
    secret.set_content("سر")
    ministry.arrives(secret.as_bytes())
    kept = ministry.registered("سري: كشف")
    ministry.api(
        f"records/{kept['record_id']}/body", token=ministry.stage.token(upn=ABDULLAH, audience="api"), status=404
    )

    token = ministry.stage.token(roles=SCANNER, audience="api")
    sent = form({"subject": "ورق بلا نص", "sender_name": "سفارة"}, [])
    paper = ministry.writes("records", token=token, key="body", status=201, **sent)
    ministry.api(f"records/{paper['record_id']}/body", status=409)


def test_a_clerk_says_whose_forwarded_letter_it_is(ministry: Ministry) -> None:
    subject = "كشف حساب الضمان"
    ministry.receives_and_forwards(MARYAM, subject)
    record = ministry.registered(subject)
    assert not record["sender_confirmed"]
    proposed = record["original_sender"]
    clerk = ministry.stage.token(upn=NOURA, audience="api")
    ask = {"command": "confirm_sender", "sender": {"name": "بنك الخليج للتجربة", "address": proposed["address"]}}
    shown = ministry.writes(f"records/{record['record_id']}/commands", token=clerk, key="s", status=200, json=ask)
    assert (shown["original_sender"]["name"], shown["proposed_sender"], shown["sender_confirmed"]) == (
        "بنك الخليج للتجربة",
        proposed,
        True,
    )
    line = ministry.sheet(record["record_id"])["events"][-1]
    assert (line["type"], line["capacity"]) == ("SenderConfirmed", "clerk")


@pytest.mark.parametrize(
    ("key", "sent", "status"),
    [
        ("", form({"subject": "س"}, []), 400),
        ("b0", {"body": b"<letter/>", "headers": {"Content-Type": "application/xml"}}, 415),
        ("b1", {"json": {"subject": "س"}}, 403),
        ("b2", form({"sender_name": "س"}, []), 422),
        ("b3", form({"subject": "س", "sender_name": "س", "unit": "finance"}, []), 422),
        ("b4", form({"subject": "س" * 501, "sender_name": "س"}, []), 400),
        ("b5", form({"subject": "س", "sender_name": "س", "received_at": "yesterday"}, []), 400),
        ("b6", form({"subject": "س", "sender_name": "س"}, [("فارغ.pdf", b"")]), 400),
        ("b7", form({"subject": "س", "sender_name": "س"}, [(f"{n}.pdf", b"%PDF") for n in range(21)]), 400),
    ],
)
def test_what_makes_no_sense_is_answered_with_what_to_do_and_changes_nothing(
    ministry: Ministry, key: str, sent: dict[str, Any], status: int
) -> None:
    token = ministry.stage.token(roles=SCANNER, audience="api")
    before = json.dumps(ministry.records(), sort_keys=True)
    told = ministry.writes("records", token=token, key=key, status=status, **dict(sent))
    assert told["detail_ar"]
    assert json.dumps(ministry.records(), sort_keys=True) == before


def test_who_may_not_register_is_told_so(ministry: Ministry) -> None:
    sent = form({"subject": "س", "sender_name": "س"}, [])
    reader = ministry.stage.token(roles=("Records.Read.All",), audience="api")
    assert ministry.writes("records", token=reader, key="n", status=403, **dict(sent))["title"] == "role missing"
    huda = ministry.stage.token(upn=HUDA, audience="api")
    assert ministry.writes("records", token=huda, key="n", status=403, **dict(sent))["title"] == "may registry only"
    scanner = ministry.stage.token(roles=SCANNER, audience="api")
    assert ministry.stage.product("GET", "/api/v1/records", token=scanner).status == 403
    ask = {"command": "release"}
    told = ministry.writes("records/r/commands", token=scanner, key="n", status=403, json=ask)
    assert told["title"] == "person needed"
