"""Acting for another through the real bot: asked, accepted, decided for, taken back; and whoever is away is asked."""

from datetime import timedelta
from pathlib import Path

from tests.acceptance.ministry import HUDA, READER, SALEM, Card, Ministry, opened

WRITER = ("Records.ReadWrite.All",)


def newest(ministry: Ministry, upn: str, verb: str) -> Card:
    """The newest card on which *upn* may press *verb*."""
    return ministry.awaited(
        lambda: next((card for card in reversed(ministry.cards(upn)) if verb in card.verbs), None),
        f"a card for {upn} that offers {verb}",
    )


def delegates(ministry: Ministry, giver: str, taker: str) -> None:
    """By the form in the chat, for a week; the other accepts on the card."""
    ministry.says(giver, "تفويض")
    form = ministry.awaited(
        lambda: next((c for c in reversed(ministry.cards(giver)) if "من ينوب عنك" in c.words), None), "the form"
    )
    person = next(value for title, value in form.choices("to").items() if title.startswith(ministry.name(taker)))
    today = ministry.now().date()
    dates = {"starts": today.isoformat(), "ends": (today + timedelta(days=6)).isoformat()}
    listed = ministry.presses(form, "delegate", to=person, secrecy="restricted", **dates)
    assert "سُجّل التفويض" in listed.words
    accepted = ministry.presses(newest(ministry, taker, "accept_delegation"), "accept_delegation")
    assert "التفويض سارٍ" in accepted.words


def test_a_colleague_decides_for_whoever_is_away_until_it_is_taken_back(tmp_path: Path) -> None:
    with opened(tmp_path) as ministry:
        first, second = "كتاب رقم 81/2026 بشأن الإيجارات", "كتاب رقم 82/2026 بشأن الضمانات"
        ministry.receives_and_forwards(HUDA, first)
        record = ministry.registered(first)
        reference = record["reference"]
        ministry.asked(HUDA, reference, "approve")
        assert ministry.about(SALEM, reference) == []

        # what waits comes to the substitute as soon as they accept
        delegates(ministry, HUDA, SALEM)
        card = ministry.asked(SALEM, reference, "approve")
        assert "نيابةً عن" in card.words
        decided = ministry.presses(card, "approve", note="يُعتمد")
        said = f"{ministry.name(SALEM)} نيابةً عن {ministry.name(HUDA)}"
        assert said in decided.words
        ministry.awaited(lambda: all(said in c.words for c in ministry.about(HUDA, reference)), "Huda's card to say so")
        again = ministry.press(ministry.about(HUDA, reference)[0], "approve", data={**card.data("approve")}, by=HUDA)
        assert again.card is None
        events = ministry.sheet(record["record_id"])["events"]
        (approved,) = (event for event in events if event["type"] == "StepApproved")
        people = ministry.people
        assert (approved["by"], approved["on_behalf_of"]) == (people[SALEM]["id"], people[HUDA]["id"])
        assert approved["capacity"] == "delegate"

        # whoever asks why is told who can
        ministry.receives_and_forwards(HUDA, second)
        reference = ministry.registered(second)["reference"]
        card = ministry.asked(SALEM, reference, "approve")
        ministry.says(SALEM, f"من يستطيع {reference}")
        ministry.awaited(
            lambda: any("ينوب عنه الآن" in c.words and reference in c.words for c in ministry.cards(SALEM)), "why"
        )

        # taken back, the card is written anew, and a press on the old one changes nothing
        ministry.presses(newest(ministry, HUDA, "end_delegation"), "end_delegation")
        ministry.awaited(
            lambda: any("لم تعد هذه المراسلة عندك" in c.words for c in ministry.about(SALEM, reference)), "the end"
        )
        assert "approve" not in ministry.presses(card, "approve").verbs
        assert ministry.registered(second)["status"] != "closed"

        # other systems read and enter them
        token = ministry.stage.token(roles=WRITER, audience="api")
        asked = {
            "from": HUDA,
            "to": SALEM,
            "starts": ministry.now().isoformat(),
            "until": (ministry.now() + timedelta(days=9)).isoformat(),
        }
        made = ministry.writes("delegations", token=token, key="hr-1", status=201, json=asked)
        assert ministry.writes("delegations", token=token, key="hr-1", status=200, json=asked) == made
        ministry.writes("delegations", token=token, key="hr-2", status=422, json=asked | {"to": HUDA})
        ministry.writes("delegations", token=token, key="hr-3", status=400, json={"to": SALEM})
        items = ministry.api("delegations", token=ministry.stage.token(roles=READER, audience="api"), person=HUDA)[
            "items"
        ]
        assert [one["state"] for one in items] == ["proposed", "over"]
        ministry.presses(newest(ministry, SALEM, "decline_delegation"), "decline_delegation", note="في مهمة")

        # Outlook's automatic reply asks who acts
        ends = ministry.now() + timedelta(days=5)
        reply = {
            "status": "scheduled",
            "scheduledStartDateTime": {"dateTime": f"{ministry.now():%Y-%m-%dT%H:%M:%S}", "timeZone": "Asia/Kuwait"},
            "scheduledEndDateTime": {"dateTime": f"{ends:%Y-%m-%dT%H:%M:%S}", "timeZone": "Asia/Kuwait"},
        }
        ministry.graph(HUDA, "PATCH", "/mailboxSettings", json={"automaticRepliesSetting": reply})
        ministry.ring("look_for_absences")
        ministry.awaited(lambda: any("ردك الآلي يقول" in c.words for c in ministry.cards(HUDA)), "the question")
