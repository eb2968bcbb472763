"""The message extension: what it finds, what it puts where others read, and a message that is registered once."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.extended import words_of
from registry.commands import Refer
from registry.errors import Unavailable
from registry.record import Record
from service.ports import Conversation, SharedFile, Wanted
from tests.bot.house import GROUP, PUBLIC_URL, House, card_of
from tests.bot.rules_of_teams import walk, wrong_with
from tests.values import OFFICE, PEOPLE, mail
from texts import say

type Json = dict[str, Any]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.register(mail(1, subject="تمديد عقد النظافة"), "r1")
        house.register(mail(2, subject="طلب مستندات الربع الثاني"), "r2")
        house.register(mail(3, subject="سري: خطة الطوارئ"), "r3")
        house.take(Refer(record_id="r2", step=1, by="huda", asked="for_action", to_person="omar"))
        yield house


def query(words: str = "", **more: Any) -> Json:
    parameters = [{"name": "initialRun", "value": "true"}] if not words else [{"name": "query", "value": words}]
    return {"commandId": "search", "parameters": parameters, "queryOptions": {"skip": 0, "count": 25}, **more}


def results(body: Json) -> list[Json]:
    assert body["composeExtension"]["type"] == "result", body
    listed: list[Json] = body["composeExtension"]["attachments"]
    return listed


def said(node: Any) -> str:
    return json.dumps(node, ensure_ascii=False)


def titles(body: Json) -> list[str]:
    return [one["preview"]["content"]["title"] for one in results(body)]


# ---------------------------------------------------------------- search and insert


async def test_what_is_found_shows_the_searcher_its_subject_and_puts_the_number_alone_into_the_chat(
    house: House,
) -> None:
    (one,) = results(await house.extend("huda", "query", **query("المستندات")))
    assert "طلب مستندات الربع الثاني" in said(one["preview"])
    assert wrong_with(one["content"], rtl=True) == []
    assert house.record("r2").reference in said(one["content"])
    for word in ("مستندات", "ديوان", "audit.example", "عمر", "هدى", "قيد الإجراء"):
        assert word not in said(one["content"])


@pytest.mark.parametrize("words", ["2", "س.ع/و/2/2026", "رقم ٢", "مُسْتَنَدَات الربع"])
async def test_a_number_or_words_find_it(house: House, words: str) -> None:
    assert titles(await house.extend("omar", "query", **query(words))) == ["Record no. س.ع/و/2/2026"]


async def test_before_anything_is_typed_ones_latest_records_are_shown(house: House) -> None:
    assert titles(await house.extend("huda", "query", **query())) == ["مراسلة رقم س.ع/و/2/2026"]


async def test_nobody_finds_what_they_may_not_read_and_a_secret_by_no_word(house: House) -> None:
    for person, words in (("omar", "عقد"), ("salem", "2"), ("abdullah", "الطوارئ"), ("noura", "الطوارئ")):
        body = await house.extend(person, "query", **query(words))
        assert body["composeExtension"]["type"] == "message"
    (secret,) = results(await house.extend("noura", "query", **query("س.ع/و/3/2026")))
    assert "خطة" not in said(secret)
    assert secret["content"]["refresh"]["userIds"] == []


async def test_those_who_may_read_it_get_their_own_view_by_themselves_and_nobody_else_is_asked_for(
    house: House,
) -> None:
    for person in ("huda", "omar", "salem", "abdullah"):
        chat = Conversation(
            person=person, conversation_id=f"a:{person}", service_url="s", user_mri=f"29:{person}", bot_id="28:bot"
        )
        house.service.met(chat)
    (one,) = results(await house.extend("huda", "query", **query("2")))
    assert set(one["content"]["refresh"]["userIds"]) == {"29:huda", "29:omar", "29:abdullah"}


async def test_of_many_readers_sixty_are_named_and_whoever_asked_is_among_them(tmp_path: Path) -> None:
    clerks = {f"c{n:02}": replace(PEOPLE["abdullah"], person_id=f"c{n:02}") for n in range(80)}
    with House(tmp_path, replace(OFFICE, people={**PEOPLE, **clerks})) as house:
        house.register(mail(1, subject="تمديد عقد النظافة"), "r1")
        for person in clerks:
            house.service.met(
                Conversation(
                    person=person, conversation_id=f"a:{person}", service_url="s", user_mri=f"29:{person}", bot_id="b"
                )
            )
        (one,) = results(await house.extend("c79", "query", **query("النظافة")))
        named = one["content"]["refresh"]["userIds"]
        assert (len(named), named[0], len(set(named))) == (60, "29:c79", 60)
        assert wrong_with(one["content"], rtl=True) == []


async def test_pages_of_results_follow_one_another(house: House) -> None:
    for number in range(4, 20):
        house.register(mail(number, subject=f"فاتورة {number}"), f"r{number}")
    first = titles(await house.extend("huda", "query", **query("فاتورة")))
    second = await house.extend("huda", "query", **query("فاتورة", queryOptions={"skip": 10, "count": 10}))
    assert len(first) == 10
    assert len(set(first) | set(titles(second))) == 16


async def test_a_stranger_and_somebody_who_left_are_told_whose_turn_it_is(house: House) -> None:
    for person, key in (("nobody", "chat.stranger"), ("badr", "may.inactive")):
        body = await house.extend(person, "query", **query("2"))
        assert say("ar", key) in body["composeExtension"]["text"]


async def test_while_the_database_is_away_that_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(house.store, "read", away)
    body = await house.extend("huda", "query", **query("2"))
    assert body["composeExtension"]["type"] == "message"
    body = await house.extend("huda", "fetchTask", commandId="register", messagePayload=PAYLOAD)
    assert body["task"]["type"] == "message"


# ---------------------------------------------------------------- links


@pytest.mark.parametrize(
    "url",
    [
        f"{PUBLIC_URL}/api/v1/records/r2",
        f"{PUBLIC_URL.upper().replace('HTTPS', 'https')}/api/v1/records/r2/sheet",
        f"{PUBLIC_URL}/api/v1/records/r2?lang=ar",
    ],
)
async def test_a_link_to_a_record_unfolds_into_its_number(house: House, url: str) -> None:
    (one,) = results(await house.extend("omar", "queryLink", url=url))
    assert "س.ع/و/2/2026" in said(one["content"])
    assert "مستندات" not in said(one["content"])


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/api/v1/records/r2",
        f"{PUBLIC_URL}.evil.example/api/v1/records/r2",
        f"{PUBLIC_URL}/api/v1/records/r2x",
        f"{PUBLIC_URL}/api/v1/records/",
        f"{PUBLIC_URL}/api/v1/records/r1",
        f"{PUBLIC_URL}/api/v1/records/r2%2f..",
        "",
    ],
)
async def test_another_link_or_one_to_what_one_may_not_read_unfolds_into_nothing(house: House, url: str) -> None:
    assert results(await house.extend("omar", "queryLink", url=url)) == []


# ---------------------------------------------------------------- a message is registered

LINK = "https://ministry.sharepoint.com/sites/x/kashf.pdf"
PAYLOAD: Json = {
    "id": "1700000000123",
    "createdDateTime": "2026-11-21T07:00:00Z",
    "linkToMessage": "https://teams.microsoft.com/l/message/1",
    "from": {"user": {"id": "u", "displayName": "سالم العازمي"}},
    "body": {"contentType": "html", "content": "<p>نرجو تزويدنا بكشف&nbsp;العهد</p><script>x</script><p>قبل الأحد</p>"},
    "attachments": [
        {"id": "1", "contentType": "reference", "contentUrl": LINK, "name": "كشف العهد.pdf"},
        {"id": "2", "contentType": "messageReference", "content": "{}"},
    ],
}


async def form_for(house: House, by: str = "abdullah", payload: Json | None = None) -> Json:
    house.shared.files[LINK] = SharedFile("kashf.pdf", "application/pdf", b"%PDF-1 kashf")
    body = await house.extend(by, "fetchTask", commandId="register", messagePayload=payload or PAYLOAD)
    task: Json = body["task"]
    return task


def filled(task: Json, **other: str) -> Json:
    """What the dialog's button sends: the form as it stands, and what was changed."""
    card = task["value"]["card"]["content"]
    inputs = {n["id"]: n.get("value", "") for _, n in walk(card) if str(n.get("type")).startswith("Input.")}
    (button,) = [n for _, n in walk(card) if n.get("type") == "Action.Submit"]
    return {**inputs, **button["data"], **other}


async def sent(house: House, data: Json, by: str = "abdullah") -> Json:
    body = await house.extend(by, "submitAction", commandId="register", data=data)
    task: Json = body["task"]
    return task


def letters(house: House) -> list[Record]:
    return [r for r in house.store.read(lambda tx: tx.find(Wanted())) if r.received_via == "chat"]


async def test_the_form_comes_with_the_messages_words_and_files_and_sends_what_dialogs_know(house: House) -> None:
    task = await form_for(house)
    card = task["value"]["card"]["content"]
    assert wrong_with(card, rtl=True) == []
    assert not [n for _, n in walk(card) if n.get("type") == "Action.Execute"]
    data = filled(task)
    assert (data["subject"], data["sender_name"], data["letter_date"]) == (
        "نرجو تزويدنا بكشف العهد",
        "سالم العازمي",
        "2026-11-21",
    )
    assert letters(house) == []


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-21T22:30:00Z", "2026-11-22"),
        ("2026-11-21T22:30:00", "2026-11-21"),
        ("9999-12-31T23:59:59Z", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
async def test_a_letters_day_is_that_of_the_message_in_the_ministry(house: House, written: str, day: str) -> None:
    assert filled(await form_for(house, payload=PAYLOAD | {"createdDateTime": written}))["letter_date"] == day


async def test_a_message_becomes_a_letter_with_its_words_and_files(house: House) -> None:
    task = await sent(house, filled(await form_for(house), to="finance", disposition="for_action"))
    (record,) = letters(house)
    assert record.reference in said(task["value"]["card"])
    assert record.attachment_names == ("message.txt", "كشف العهد.pdf")
    words = (await house.archive.get(record.attachments[0].sha256)).decode()
    assert "قبل الأحد" in words
    assert "2026-11-21T07:00:00Z" in words
    assert "<p>" not in words
    assert house.record(record.record_id).steps[-1].to_person == "huda"


async def test_a_message_is_registered_once_whoever_does_and_however_often(house: House) -> None:
    first, second = await form_for(house), await form_for(house, "noura")
    await sent(house, filled(first))
    again = await sent(house, filled(first, subject="موضوع آخر"))
    others = await sent(house, filled(second, subject="موضوع ثالث"), "noura")
    (record,) = letters(house)
    assert all(record.reference in said(task) for task in (again, others))
    known = await form_for(house)
    assert record.reference in said(known)
    assert not [n for _, n in walk(known) if n.get("type") == "Action.Submit"]


async def test_the_same_words_in_another_chat_are_another_message(house: House) -> None:
    await sent(house, filled(await form_for(house)))
    other = PAYLOAD | {"id": "1700000000999", "createdDateTime": "2026-11-21T08:00:00Z", "attachments": []}
    await sent(house, filled(await form_for(house, payload=other)))
    assert len(letters(house)) == 2


async def test_only_a_clerk_registers_and_only_by_their_own_form(house: House) -> None:
    refused = await form_for(house, "huda")
    assert refused == {"type": "message", "value": say("ar", "may.registry_only")}
    theirs = filled(await form_for(house))
    for by in ("huda", "noura", "badr", "nobody"):
        assert (await sent(house, theirs, by))["type"] == "message"
    assert letters(house) == []


async def test_a_file_that_cannot_be_had_is_named_and_nothing_is_registered(house: House) -> None:
    house.shared.refused[LINK] = "file.forbidden"
    task = await form_for(house)
    assert "كشف العهد.pdf" in task["value"]
    assert say("ar", "file.forbidden") in task["value"]


async def test_what_is_missing_on_the_form_is_said_and_what_was_typed_stays(house: House) -> None:
    task = await sent(house, filled(await form_for(house), subject=" ", sender_name="وزارة المالية"))
    assert "اكتب الموضوع أولاً" in said(task)
    assert filled(task)["sender_name"] == "وزارة المالية"
    assert letters(house) == []


@pytest.mark.parametrize("payload", [{}, {"id": ""}, {"id": 7}, {"body": "x"}, None, [], "x"])
async def test_without_a_message_nothing_is_registered(house: House, payload: Any) -> None:
    body = await house.extend("abdullah", "fetchTask", commandId="register", messagePayload=payload)
    assert body["task"] == {"type": "message", "value": say("ar", "extension.no_message")}


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>أ</p><p>ب</p>", "أ\n\nب"),
        ("a&amp;b&nbsp;&lt;c&gt;", "a&b <c>"),
        ("<style>x</style>y<br>z", "y\nz"),
        ("<at id='0'>سالم</at> تفضل", "سالم تفضل"),
        ("<!--" * 5_000 + "<p" * 5_000, None),
        ("<![CDATA[x]]><!DOCTYPE [<!ENTITY", None),
    ],
)
def test_of_a_messages_html_the_words_are_read(html: str, words: str | None) -> None:
    read = words_of(html)
    assert words is None or read == words


# ---------------------------------------------------------------- whatever else comes


async def test_whatever_is_in_an_invoke_it_is_answered_and_changes_nothing(house: House) -> None:
    """Mutated calls of every kind, by everybody: an answer that Teams can show, and nothing kept."""
    chance = random.Random(7)
    task = await form_for(house)
    good = filled(task)
    odd: list[Any] = [
        None,
        7,
        [],
        {},
        "x",
        "\x00\ud800",
        "ا" * 5_000,
        {"a": {"b": []}},
        True,
        [[]],
        "register",
        "search",
    ]
    before = len(house.store.read(lambda tx: tx.find(Wanted(top=500))))
    for _ in range(400):
        name = chance.choice(("query", "queryLink", "fetchTask", "submitAction"))
        value: Json = {key: chance.choice(odd) for key in ("commandId", "url", "parameters", "queryOptions", "data")}
        if chance.random() < 0.5:
            value["commandId"] = "register" if name.endswith(("Task", "Action")) else "search"
            value["data"] = good | {"token": chance.choice(odd)}
            value["parameters"] = [{"name": chance.choice(odd), "value": chance.choice(odd)}, chance.choice(odd)]
            value["queryOptions"] = {"skip": chance.choice(odd), "count": chance.choice(odd)}
        who = chance.choice(("huda", "abdullah", "badr", "nobody", ""))
        body = await house.extend(who, name, **value)
        assert set(body) <= {"composeExtension", "cacheInfo", "task"}
    assert len(house.store.read(lambda tx: tx.find(Wanted(top=500)))) == before


async def test_an_invoke_that_we_do_not_know_is_said_to_be_unknown(house: House) -> None:
    invoke = {"type": "invoke", "name": "composeExtension/setting", "value": {}}
    assert (await house.bot.turn(house.in_group("huda", **invoke))).body is None


async def test_a_card_that_is_put_into_the_bots_own_chat_is_no_question(house: House) -> None:
    (one,) = results(await house.extend("huda", "query", **query("2")))
    attachment = {"contentType": one["contentType"], "content": one["content"]}
    activity = house.activity("huda", type="message", text="", attachments=[attachment])
    await house.bot.turn(activity)
    assert not any(house.teams.said.values())
    assert GROUP not in house.teams.said
    opened = card_of(await house.press("huda", "record", "r2"))
    assert "طلب مستندات" in said(opened)
