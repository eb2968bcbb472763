"""What is not done in time is recalled in the chat of whoever holds it, by the real timers, weeks later."""

from pathlib import Path

from tests.acceptance.ministry import HUDA, opened

A_DAY_S = 86_400


def test_a_letter_that_nobody_answers_is_recalled_in_the_chat_and_can_be_decided_there(tmp_path: Path) -> None:
    with opened(tmp_path) as ministry:
        subject = "كتاب رقم 77/2026 بشأن الجرد السنوي"
        ministry.receives_and_forwards(HUDA, subject)
        record = ministry.registered(subject)
        reference = record["reference"]
        ministry.asked(HUDA, reference, "approve")
        assert record["due_at"] == record["holders"][0]["due_at"]

        ministry.time_passes(20 * A_DAY_S)
        with ministry.time_flies():
            ministry.awaited(lambda: len(ministry.about(HUDA, reference)) == 2, "a reminder")
        first, reminder = ministry.about(HUDA, reference)
        assert "تذكير" in reminder.words
        assert "متأخرة" in first.words
        assert first.data("approve") == reminder.data("approve")

        ministry.presses(reminder, "approve")
        ministry.awaited(
            lambda: all("تم الاعتماد" in card.words for card in ministry.about(HUDA, reference)),
            "both copies to show what was decided",
        )
        types = [line["type"] for line in ministry.sheet(record["record_id"])["events"]]
        assert types.count("Reminded") == 1
