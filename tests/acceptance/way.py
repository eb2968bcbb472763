"""One letter's way through the office, so that something may go wrong after each step; and how it must have ended."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.acceptance.ministry import HUDA, MARYAM, REGISTRY, SALEM, THE_WHOLE_WAY, Card, Json, Ministry

NOTE, RESULT = "الرجاء الإفادة قبل نهاية الأسبوع", "أُعدّت المستندات وأُرسلت"
DECISIONS = {"approve", "complete", "return", "refer", "close"}


@dataclass(frozen=True, slots=True)
class Went:
    """A letter that went the whole way: as the official had it, and its record."""

    letter: Json
    record: Json


def go(
    ministry: Ministry,
    subject: str,
    *,
    colleague: str = SALEM,
    after: Callable[[str], None] = lambda step: None,
    decide: Callable[..., Card] | None = None,
) -> Went:
    """Maryam forwards a letter, Huda refers it to a *colleague*, who completes it; Huda approves, Maryam is answered.

    Args:
        after: Called after each step with its name.
        decide: Presses a deciding button, in the place of `Ministry.presses`.
    """
    decide = decide or ministry.presses
    letter = ministry.receives_and_forwards(MARYAM, subject)
    after("forwarded")
    record = ministry.registered(subject)
    after("registered")
    reference = record["reference"]
    asked = ministry.asked(HUDA, reference, "refer")
    after("the head is asked")
    form = ministry.presses(asked, "refer")
    person = ministry.people[colleague]["id"]
    decide(form, "refer", to=person, disposition="for_action", note=NOTE)
    after("referred")
    todo = ministry.asked(colleague, reference, "complete")
    after("the colleague is asked")
    decide(todo, "complete", note=RESULT)
    after("completed")
    result = ministry.asked(HUDA, reference, "approve", after=asked)
    after("the head is asked to approve")
    decide(result, "approve")
    after("approved")
    return Went(letter, ministry.closed_and_answered(record["record_id"]))


def judge(ministry: Ministry, went: Went, *, colleague: str = SALEM, twice: int = 0) -> int:
    """Raise AssertionError unless the letter made one record and one answer, each step one decision and one card.

    Args:
        twice: How many cards may stand twice.

    Returns:
        How many do.
    """
    record, subject, reference = went.record, went.letter["subject"], went.record["reference"]
    assert [r["record_id"] for r in ministry.records() if r["subject"] == subject] == [record["record_id"]]
    assert ministry.records(kind="quarantined_mail") == []
    sheet = ministry.sheet(record["record_id"])
    assert sheet["verified"]
    assert tuple(line["type"] for line in sheet["events"]) == THE_WHOLE_WAY

    entered = [m for m in ministry.mails(REGISTRY) if subject in m["subject"]]
    assert [m["categories"] for m in entered] == [[f"تراسل: {reference}"]]
    assert reference in ministry.answer_to(went.letter)["body"]["content"]
    for folder, count in (("sentitems", 1), ("drafts", 0)):
        mine = [m for m in ministry.mails(REGISTRY, folder) if reference in m["body"]["content"]]
        assert len(mine) == count, folder

    standing = {HUDA: 2, colleague: 1}
    extra = 0
    for upn, steps in standing.items():
        look = partial(_all_decided, ministry, upn, reference, twice)
        cards = ministry.awaited(look, f"{upn}'s cards to show what was decided")
        assert steps <= len(cards) <= steps + twice, [card.words for card in cards]
        extra += len(cards) - steps
    assert extra <= twice
    return extra


def _all_decided(ministry: Ministry, upn: str, reference: str, twice: int) -> list[Card]:
    """Every card of somebody about a record, once no more of them than *twice* asks for a decision."""
    cards = ministry.about(upn, reference)
    return cards if sum(bool(DECISIONS & set(card.verbs)) for card in cards) <= twice else []


def numbers_have_no_gap(ministry: Ministry) -> None:
    serials = sorted(record["serial"] for record in ministry.records(kind="incoming_letter"))
    assert serials == list(range(1, len(serials) + 1))
