"""Somebody whom Teams does not reach is asked by mail, and decides from the card when it comes after all."""

from tests.acceptance.ministry import HUDA, MARYAM, Ministry

BLOCKED = {
    "match": "POST /v3/conversations/*/activities*",
    "fault": "403",
    "args": {"code": "ConversationBlockedByUser"},
}
SUBJECT = "كتاب رقم 81/2026 بشأن التأمينات"


def test_who_has_blocked_the_chat_is_written_to_once_and_one_decision_comes_of_mail_and_card(
    ministry: Ministry,
) -> None:
    ministry.has_the_app(HUDA)
    ministry.faults(BLOCKED)
    ministry.receives_and_forwards(MARYAM, SUBJECT)
    record = ministry.registered(SUBJECT)
    reference = record["reference"]

    def written() -> list[dict[str, str]]:
        return [m for m in ministry.mails(HUDA) if reference in m["subject"]]

    (asked,) = ministry.awaited(written, "a mail to the head")
    assert "حظر الموظف المحادثة" in asked["body"]["content"]
    shown = ministry.record(record["record_id"])
    assert [d["state"] for d in shown["deliveries"]] == ["mailed"]

    ministry.faults()
    ministry.says(HUDA, "مساعدة")  # she has lifted the block
    card = ministry.asked(HUDA, reference, "approve")
    ministry.presses(card, "approve", note="للاعتماد")
    ministry.closed_and_answered(record["record_id"])
    ministry.at_rest()
    types = [line["type"] for line in ministry.sheet(record["record_id"])["events"]]
    assert types.count("StepApproved") == 1
    assert [t for t in types if t in ("CardUnreached", "QuestionDrafted", "QuestionMailed")] == [
        "CardUnreached",
        "QuestionDrafted",
        "QuestionMailed",
    ]
    assert len(written()) == 1
