"""Bad mail, and mail that is no new letter: each has its verdict, a number where it needs one, and nothing is lost.

The rest of bad input is in test_bad_calls.py and test_bad_settings.py.
"""

import hashlib
import random
from typing import Any

import pytest

from tests.acceptance.ministry import ABDULLAH, HUDA, MARYAM, NOURA, OMAR, REGISTRY, Json, Ministry, letter
from texts import say

MEBIBYTE = 2**20


def a_new_one(ministry: Ministry, before: list[Json], **query: Any) -> Json:
    """The record that was not there *before*."""
    known = {record["record_id"] for record in before}
    return ministry.awaited(
        lambda: next((r for r in ministry.records(**query) if r["record_id"] not in known), None), "a new record"
    )


def in_both(key: str, **values: object) -> Json:
    return {"ar": say("ar", key, **values), "en": say("en", key, **values)}


def marked(ministry: Ministry, mail_id: str, reference: str) -> None:
    """The mail in the registry's mailbox carries the number."""

    def look() -> bool:
        (mail,) = (mail for mail in ministry.mails(REGISTRY) if mail["id"] == mail_id)
        return any(reference in category for category in mail["categories"])

    ministry.awaited(look, "the mark on the mail")


HAVE_NO_END = ("quarantine.unparseable", "quarantine.unreadable_part")
A_QUARTER_S = 901
CUT_OFF = b"\r\n".join(
    [
        b"From: archive@bank.example",
        b"To: registry@ministry.example",
        b"Subject: cut off",
        b"Message-ID: <cut-off@bank.example>",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="one"',
        b"",
        b"--two",
        b"Content-Type: text/plain",
        b"",
        b"no such boundary",
    ]
)


@pytest.mark.parametrize(
    ("raw", "dmarc", "reason"),
    [
        pytest.param(b"\x00\x01\x02" * 50, "none", "quarantine.unparseable", id="a mail that cannot be parsed"),
        pytest.param(CUT_OFF, "pass", "quarantine.unreadable_part", id="a mail that was cut off"),
        pytest.param(
            letter("أوامر", sender="موظف <nobody@ministry.example>", message_id="<nobody@ministry.example>"),
            "pass",
            "quarantine.unknown_insider",
            id="an inside sender whom the directory does not know",
        ),
        pytest.param(
            letter("أوامر", sender="هدى العلي <huda@ministry.example>", message_id="<spoofed@ministry.example>"),
            "fail",
            "quarantine.spoofed_insider",
            id="somebody who pretends to be an official",
        ),
    ],
)
def test_what_may_not_be_trusted_is_quarantined_with_a_number_and_the_clerks_have_a_card(
    ministry: Ministry, raw: bytes, dmarc: str, reason: str
) -> None:
    before, sent = ministry.records(kind="quarantined_mail"), ministry.mails(REGISTRY, "sentitems")
    letters = ministry.records()
    mail_id = ministry.arrives(raw, dmarc=dmarc)
    if reason in HAVE_NO_END:  # it may come whole yet, and is asked for again for a quarter of an hour
        ministry.time_passes(A_QUARTER_S)
    record = a_new_one(ministry, before, kind="quarantined_mail")
    assert record["reference"]
    assert in_both(reason) in record["reasons"]
    marked(ministry, mail_id, record["reference"])
    for clerk in (NOURA, ABDULLAH):
        card = ministry.asked(clerk, record["reference"], "close")
        assert say("ar", reason) in card.words

    ministry.presses(ministry.asked(NOURA, record["reference"], "close"), "close", note="ليست من كتب الوزارة")
    ministry.becomes(record["record_id"], lambda r: r["status"] == "closed", "closed")
    ministry.at_rest()
    assert ministry.mails(REGISTRY, "sentitems") == sent, "nobody is answered"
    assert ministry.records() == letters
    assert ministry.day()["green"]


@pytest.mark.parametrize("dmarc", ["none", "fail", "pass"])
def test_a_letter_from_outside_is_registered_with_what_was_found_out_and_not_answered(
    ministry: Ministry, dmarc: str
) -> None:
    subject, sent = f"كتاب من الخارج {dmarc}", ministry.mails(REGISTRY, "sentitems")
    ministry.arrives(letter(subject), dmarc=dmarc)
    record = ministry.registered(subject)
    assert (record["kind"], record["dmarc"]) == ("incoming_letter", dmarc)
    card = ministry.asked(HUDA, record["reference"], "approve")
    assert say("ar", f"dmarc.{dmarc}") in card.words
    ministry.presses(card, "approve", note="للحفظ")
    ministry.becomes(record["record_id"], lambda r: r["status"] == "closed", "closed")
    ministry.at_rest()
    assert ministry.mails(REGISTRY, "sentitems") == sent
    assert ministry.mails(REGISTRY, "drafts") == []


def test_a_letter_without_a_subject_goes_its_way(ministry: Ministry) -> None:
    before = ministry.records()
    forwarded = ministry.forwards(OMAR, "")  # a sample letter
    record = a_new_one(ministry, before)
    assert record["subject"] == ""
    card = ministry.asked(HUDA, record["reference"], "approve")
    assert say("ar", "subject.none") in card.words
    ministry.presses(card, "approve", note="للحفظ")
    ministry.closed_and_answered(record["record_id"])
    assert record["reference"] in ministry.answer_to(forwarded)["body"]["content"]


def test_an_annex_of_25_mb_is_kept_byte_for_byte(ministry: Ministry) -> None:
    annex = random.Random(25).randbytes(25 * MEBIBYTE)
    ministry.arrives(letter("مخططات المبنى", annex=annex))
    record = ministry.registered("مخططات المبنى")
    digest = hashlib.sha256(annex).hexdigest()
    (kept_annex,) = record["attachments"]
    assert (kept_annex["size_bytes"], kept_annex["sha256"], kept_annex["complete"]) == (len(annex), digest, True)
    token = ministry.stage.token(roles=["Records.Read.All"], audience="api")
    path = f"/api/v1/records/{record['record_id']}/documents/{digest}"
    assert ministry.stage.product("GET", path, token=token).body == annex


def test_the_same_letter_twice_is_one_record_and_a_copy_that_says_its_number(ministry: Ministry) -> None:
    raw = letter("كتاب وصل مرتين", message_id="<twice@bank.example>")
    day = ministry.day()
    ministry.arrives(raw)
    record = ministry.registered("كتاب وصل مرتين")
    again = ministry.arrives(raw)
    ministry.awaited(lambda: "CopyReceived" in types(ministry, record), "the copy on the sheet")
    marked(ministry, again, record["reference"])
    assert [r["subject"] for r in ministry.records()].count("كتاب وصل مرتين") == 1
    assert types(ministry, record) == ["Registered", "Referred", "CopyReceived"]
    assert difference(ministry, day) == {"seen": 2, "registered": 1, "copies": 1}


def test_a_reply_to_our_answer_is_recorded_where_it_belongs_and_draws_no_number(ministry: Ministry) -> None:
    official, record, answer = an_answered_letter(ministry, "كتاب ورُدّ عليه")
    day, listed = ministry.day(), len(ministry.records())
    ministry.graph(official, "POST", f"/messages/{answer['id']}/reply", json={"comment": "شكراً لكم"})
    ministry.awaited(lambda: "MailReceived" in types(ministry, record), "the reply on the sheet")
    assert len(ministry.records()) == listed
    assert difference(ministry, day) == {"seen": 1, "replies": 1}


def test_our_own_answer_that_comes_back_is_known_as_ours(ministry: Ministry) -> None:
    _, record, answer = an_answered_letter(ministry, "كتاب عاد ردّه")
    day, sheet = ministry.day(), types(ministry, record)
    ours = letter(answer["subject"], sender=f"السجل العام <{REGISTRY}>", message_id=answer["internetMessageId"])
    ministry.arrives(ours)
    ministry.at_rest()
    assert types(ministry, record) == [*sheet, "OursReturned"]
    assert difference(ministry, day) == {"seen": 1, "ours": 1}


def test_what_a_machine_answers_is_passed_over_by_rule_and_counted(ministry: Ministry) -> None:
    day, listed = ministry.day(), ministry.records()
    ministry.arrives(letter("خارج المكتب", auto_submitted="auto-replied", in_reply_to="<any@ministry.example>"))
    ministry.at_rest()
    assert ministry.records() == listed
    assert difference(ministry, day) == {"seen": 1, "ignored": 1}


def types(ministry: Ministry, record: Json) -> list[str]:
    return [line["type"] for line in ministry.sheet(record["record_id"])["events"]]


def difference(ministry: Ministry, before: Json) -> Json:
    """By how much each column of the day's count is greater than it was *before*; nothing is missing."""
    after = ministry.day()
    assert (after["green"], after["missing"]) == (True, [])
    numbers = {name: after[name] - before[name] for name, value in before.items() if type(value) is int}
    return {name: more for name, more in numbers.items() if more}


def an_answered_letter(ministry: Ministry, subject: str) -> tuple[str, Json, Json]:
    """Whom the registry answered, the record, and the answer as it lies in their inbox."""
    forwarded = ministry.receives_and_forwards(MARYAM, subject)
    record = ministry.registered(subject)
    ministry.presses(ministry.asked(HUDA, record["reference"], "approve"), "approve", note="للحفظ")
    ministry.closed_and_answered(record["record_id"])
    answer = ministry.answer_to(forwarded)
    ministry.at_rest()
    return MARYAM, record, answer
