"""The bot as people use it all day: lists, search, where others read along, the message extension, the morning."""

import json
from datetime import datetime, timedelta
from urllib.parse import quote

from registry.working_time import WorkingCalendar
from tests.acceptance.ministry import ABDULLAH, HUDA, LAILA, NOURA, OMAR, Card, Json, Ministry, letter
from tests.bot.rules_of_teams import walk, wrong_with
from texts import say


def newest(ministry: Ministry, upn: str, verb: str) -> Card:
    """The last card in somebody's chat that offers *verb*."""
    return ministry.awaited(
        lambda: next((card for card in reversed(ministry.cards(upn)) if verb in card.verbs), None), f"a card: {verb}"
    )


def said(node: object) -> str:
    return json.dumps(node, ensure_ascii=False)


def arrived(ministry: Ministry, *subjects: str) -> list[Json]:
    """Letters from outside, which the rule puts before Huda; their records, once her cards have come."""
    for subject in subjects:
        ministry.arrives(letter(subject))
    records = [ministry.registered(subject) for subject in subjects]
    for record in records:
        ministry.asked(HUDA, record["reference"], "approve")
    return records


def test_several_are_decided_on_from_the_list_and_their_cards_follow(ministry: Ministry) -> None:
    records = arrived(ministry, *(f"كتاب القائمة {n}" for n in (1, 2, 3)))
    assert ministry.says(HUDA, "المعلفق عندي") == 200
    shown = newest(ministry, HUDA, "all_approve")
    meant, pressed = {record["reference"] for record in records[:2]}, []
    while True:
        ticked = {f"pick{n}": "true" for n, title in _ticks(shown) if title.partition(" ")[2] in meant}
        if ticked:
            result = ministry.press(shown, "all_approve", **ticked).card
            assert result is not None
            assert result.words.count("تم الاعتماد") == len(ticked)
            pressed.append((shown, ticked))
        if sum(len(done) for _, done in pressed) == 2:
            break
        following = ministry.press(shown, "page_next").card
        assert following is not None
        shown = following
    for record in records[:2]:
        ministry.becomes(record["record_id"], lambda r: r["status"] == "closed", "closed")
        ministry.awaited(
            lambda r=record: all("تم الاعتماد" in card.words for card in ministry.about(HUDA, r["reference"])),
            "its own card to follow",
        )
    assert ministry.record(records[2]["record_id"])["status"] == "in_action"
    for shown, ticked in pressed:
        assert ministry.press(shown, "all_approve", **ticked).card is not None
    types = [line["type"] for line in ministry.sheet(records[0]["record_id"])["events"]]
    assert types.count("StepApproved") == 1


def _ticks(card: Card) -> list[tuple[int, str]]:
    found = [n for _, n in walk(card.content) if n.get("type") == "Input.Toggle"]
    return [(int(n["id"].removeprefix("pick")), n["title"].replace("\u2068", "").replace("\u2069", "")) for n in found]


def test_words_find_a_record_for_those_alone_who_may_read_it(ministry: Ministry) -> None:
    (record,) = arrived(ministry, "صيانة مصاعد المبنى الرئيسي")
    ministry.says(HUDA, "ابحث عن المصاعد")
    ministry.awaited(lambda: len(ministry.about(HUDA, record["reference"])) == 2, "what was found")
    ministry.says(OMAR, "ابحث عن المصاعد")
    ministry.awaited(lambda: any("لا أجد" in text for text in ministry.texts(OMAR)), "that nothing was found")


def test_where_others_read_along_the_number_stands_and_everyone_sees_what_they_may(ministry: Ministry) -> None:
    (record,) = arrived(ministry, "كتاب يُسأل عنه في مجموعة")
    for upn in (HUDA, LAILA):
        ministry.says(upn, "مساعدة")
    made = ministry.control("POST", "groups", json={"name": "لجنة", "members": [HUDA, LAILA, OMAR]})
    group = f"groups/{quote(made['conversationId'], safe='')}"
    ministry.control("POST", f"{group}/say", json={"by": HUDA, "text": f"رقم {record['reference']}"})

    def looks(upn: str) -> tuple[int, Json]:
        told = ministry.control("POST", f"{group}/look", json={"by": upn})
        return told["asked"], next(m for m in told["messages"] if m["from"] == "bot" and m["card"])

    asked, others = looks(LAILA)
    assert asked == 0
    assert wrong_with(others["card"], rtl=True) == []  # in the language of whoever asked
    assert record["reference"] in said(others["card"])
    assert "يُسأل عنه" not in said(others["card"])
    asked, own = looks(HUDA)
    assert asked == 1
    assert "يُسأل عنه" in said(own["card"])
    assert "يُسأل عنه" not in said(looks(LAILA)[1]["card"])
    pressed = {"by": LAILA, "activityId": own["activityId"], "verb": "record", "data": {"token": record["record_id"]}}
    told = ministry.control("POST", f"{group}/press", json=pressed)
    assert told["card"] is None
    assert told["message"] == say("en", "group.not_for_you")  # Laila reads English


def test_a_record_and_a_message_by_the_message_extension(ministry: Ministry) -> None:
    (record,) = arrived(ministry, "كتاب يُدرج في محادثة")

    def extended(upn: str, name: str, **value: object) -> Json:
        told = ministry.control("POST", f"teams/{upn}/extend", json={"name": name, "value": value})
        assert told["status"] == 200
        body: Json = told["body"]
        return body

    query = {"commandId": "search", "parameters": [{"name": "query", "value": record["reference"]}]}
    (found,) = extended(HUDA, "query", **query)["composeExtension"]["attachments"]
    assert "يُدرج" in said(found["preview"])
    assert "يُدرج" not in said(found["content"])
    assert extended(OMAR, "query", **query)["composeExtension"]["type"] == "message"
    link = f"{ministry.stage.urls['product']}/api/v1/records/{record['record_id']}"
    (unfolded,) = extended(HUDA, "queryLink", url=link)["composeExtension"]["attachments"]
    assert record["reference"] in said(unfolded["content"])
    assert extended(OMAR, "queryLink", url=link)["composeExtension"]["attachments"] == []

    payload = {
        "id": "1700000000321",
        "createdDateTime": "2026-11-21T07:00:00Z",
        "from": {"user": {"displayName": "سالم العازمي"}},
        "body": {"contentType": "html", "content": "<p>نطلب تجديد رخص البرامج</p><p>قبل نهاية الشهر</p>"},
    }
    for clerk in (ABDULLAH, NOURA, ABDULLAH):
        task = extended(clerk, "fetchTask", commandId="register", messagePayload=payload)["task"]
        card = task["value"]["card"]["content"]
        nodes = [node for _, node in walk(card)]
        pressed = [node["data"] for node in nodes if node.get("type") == "Action.Submit"]
        if clerk is ABDULLAH and pressed:
            filled = {n["id"]: n.get("value", "") for n in nodes if str(n.get("type")).startswith("Input.")}
            task = extended(clerk, "submitAction", commandId="register", data={**filled, **pressed[0]})["task"]
    made = [r for r in ministry.records() if r["subject"] == "نطلب تجديد رخص البرامج"]
    assert [r["received_via"] for r in made] == ["chat"]
    assert made[0]["reference"] in said(task)
    assert not any(node.get("type") == "Action.Submit" for _, node in walk(task["value"]["card"]["content"]))


def test_each_working_morning_tells_once_what_waits_whatever_dies(ministry: Ministry) -> None:
    (record,) = arrived(ministry, "كتاب ينتظر إلى الصباح")
    ministry.says(OMAR, "أوقف الموجز")

    def digests() -> list[Card]:
        return [card for card in ministry.cards(HUDA) if say("ar", "digest.title") in card.words]

    now, before = ministry.now(), len(digests())
    ministry.time_passes((next_working_morning(now) - now).total_seconds())
    ministry.ring("tell_what_waits")
    ministry.awaited(lambda: len(digests()) == before + 1, "the morning's digest")
    ready = "/api/health/ready"  # a day later the mailbox must be read before anybody may die
    ministry.awaited(lambda: ministry.stage.product("GET", ready).status == 200, "the mailbox to be read")
    ministry.at_rest()
    assert record["reference"] in digests()[-1].words or "من 1 إلى" in digests()[-1].words
    ministry.the_product_dies()
    for _ in range(2):
        ministry.ring("tell_what_waits")
        ministry.at_rest()
    assert len(digests()) == before + 1
    ministry.press(digests()[-1], "pending")


def next_working_morning(now: datetime) -> datetime:
    calendar, morning = WorkingCalendar(), now
    while True:
        morning = (morning + timedelta(days=1)).replace(hour=8, minute=1, second=0)
        if calendar.hours_on(morning.date()) is not None:
            return morning
