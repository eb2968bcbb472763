"""A reply that begins from its letter: what it begins with, that it leaves in the letter's thread, and what both then
say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from functions.drafting import draft_of
from functions.openapi import DOCUMENT
from registry.circuit_commands import Draft, Submit
from registry.commands import Correct, Refer
from registry.decisions import Accepted, Refused
from registry.mail import Address
from registry.recipients import Chosen, Recipient
from registry.record import Record, holders
from service.letters import thread_of
from service.replying import beginning, quoted, their_letter, which_letter
from service.sealing import words_of_record
from service.service import Service
from service.views import Viewer, record_view
from tests.dispatch_values import BANK, SENDING_OFFICE
from tests.service.house import letter
from tests.service.test_sending import Sender
from tests.values import OFFICE, registered

KUWAIT = ZoneInfo("Asia/Kuwait")
ABOUT = "<5@post.example>"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Sender]:
    sender = Sender(tmp_path, SENDING_OFFICE)
    sender.meet("omar", "huda", "noura", "abdullah")
    yield sender
    sender.store.close()


async def came_in(house: Sender) -> Record:
    """The bank's letter, which the register put before Omar: he is to prepare a reply."""
    await house.comes(letter(5, "officer@bank.example"))
    (record,) = house.records()
    at_registry = next(h.step for h in holders(record))
    by = "noura" if record.step(at_registry).to_person is None else str(record.step(at_registry).to_person)  # type: ignore[union-attr]
    house.take(Refer(record_id=record.record_id, step=at_registry, by=by, asked="for_reply", to_person="omar"))
    return house.record(record.record_id)


def asked(house: Sender, letter_id: str, **more: Any) -> Draft:
    service = Service(house.store, house.taker, house.clock)
    return draft_of({"in_reply_to": letter_id, "text": "نفيدكم بأن المستندات مرفقة.", **more}, "omar", service)


async def test_it_goes_to_whoever_wrote_in_the_thread_and_both_records_say_so(house: Sender) -> None:
    came = await came_in(house)
    await house.issued(**{n: getattr(asked(house, came.record_id), n) for n in ("subject", "party", "recipients")},
                       in_reply_to=came.record_id)  # fmt: skip
    assert [a.state for a in house.record(came.record_id).answers] == ["begun"]
    await house.work()
    reply, answered = house.record("l1"), house.record(came.record_id)
    (sent,) = house.box.sent.values()
    assert (sent.to.address, sent.answers) == (BANK.address, ABOUT)
    assert [(a.reference, a.state) for a in answered.answers] == [(reply.reference, "left")]
    assert [h.asked for h in holders(answered)] == [] or "for_reply" not in [h.asked for h in holders(answered)]
    assert [type(e).__name__ for e in house.sheet(came.record_id)].count("AnswerLeft") == 1
    shape = {"$ref": "#/components/schemas/Record", "components": DOCUMENT["components"]}
    for record in (reply, answered):
        shown = record_view(record, house.store.read(lambda tx: tx.office()), Viewer(None), house.clock())
        Draft202012Validator(shape).validate(shown)
    shown = record_view(reply, SENDING_OFFICE, Viewer(None), house.clock())
    assert (shown["in_reply_to"]["record_id"], shown["in_reply_to"]["reference"]) == (
        came.record_id,
        came.reference,
    )


async def test_the_same_asked_twice_is_one_reply_and_another_is_possible(house: Sender) -> None:
    came = await came_in(house)
    service = Service(house.store, house.taker, house.clock)
    keys = ("k1", "k1", "k2")
    made = [service.take_once(asked(house, came.record_id), key=k, digest="d").record for k in keys]
    ids = [r.record_id for r in made if r is not None]
    assert ids[0] == ids[1] != ids[2]
    assert [a.record_id for a in house.record(came.record_id).answers] == [ids[0], ids[2]]


async def test_over_the_api_it_begins_as_the_letter_says_and_what_is_said_there_stands_above_it(house: Sender) -> None:
    came = await came_in(house)
    draft = asked(house, came.record_id)
    assert (draft.kind, draft.recipients, draft.confidentiality) == (
        "outgoing_letter",
        (Chosen(entity="cbk"),),
        came.confidentiality,
    )
    assert draft.subject.startswith("رداً على: ")
    assert draft.party == BANK.ar
    other = asked(house, came.record_id, subject="موضوع آخر", party="ديوان المحاسبة", confidentiality="restricted")
    assert (other.subject, other.party, other.recipients, other.confidentiality) == (
        "موضوع آخر",
        "ديوان المحاسبة",
        (),
        "restricted",
    )


async def test_whoever_may_not_read_it_learns_nothing_of_it(house: Sender) -> None:
    came = await came_in(house)
    service = Service(house.store, house.taker, house.clock)
    for letter_id in (came.record_id, "no-such-record"):
        draft = draft_of({"in_reply_to": letter_id, "subject": "م", "text": "ن"}, "laila", service)
        assert (draft.party, draft.recipients, draft.confidentiality) == (None, (), "normal")
        decision = service.take(draft, key=f"laila:{letter_id}").decision
        assert decision == Refused("reply.unknown_letter")
    assert house.record(came.record_id).answers == ()


async def test_nobody_sends_on_its_way_what_became_less_secret_than_its_letter(house: Sender) -> None:
    came = await came_in(house)
    service = Service(house.store, house.taker, house.clock)
    made = service.take(asked(house, came.record_id), key="k").record
    assert made is not None

    raised = Correct(record_id=came.record_id, by="noura", note="درجته أعلى", confidentiality="restricted")
    assert isinstance(house.take(raised).decision, Accepted)
    decision = service.take(Submit(record_id=made.record_id, step=1, by="omar"), key="s").decision
    assert isinstance(decision, Refused)
    assert (decision.reason, decision.values) == ("reply.less_secret", {"reference": came.reference})


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("طلب مستندات", "طلب مستندات"),
        ("RE: رد: طلب مستندات", "طلب مستندات"),
        ("رداً على: طلب مستندات", "طلب مستندات"),
        ("ردًا على: رد: رداً على طلب مستندات", "طلب مستندات"),
        ("Reply to: Re: Budget", "Budget"),
        ("ردود الجهات", "ردود الجهات"),
        ("م" * 500, "م" * 299 + "…"),
        ("", ""),
    ],
)
def test_the_subject_is_quoted_once(subject: str, plain: str) -> None:
    assert quoted(subject) == plain
    letter = replace(registered().held, subject=subject)
    said = beginning(letter, OFFICE)["subject"]
    assert said in (f"رداً على: {plain}", f"Reply to: {plain}", "")
    assert bool(said) is bool(plain)
    assert beginning(replace(letter, subject=said), OFFICE)["subject"] == said or len(plain) > 299


@pytest.mark.parametrize(
    ("number", "written_on", "said"),
    [
        ("م/و/417", "Sun, 15 Nov 2026 08:42:10 +0300", "رقم م/و/417 المؤرخ 5 جمادى الآخرة 1448هـ (15 نوفمبر 2026م)"),
        ("م/و/417", "2026-11-15", "رقم م/و/417 المؤرخ 5 جمادى الآخرة 1448هـ (15 نوفمبر 2026م)"),
        (None, "15/نوفمبر/2026 08:42 ص", "المؤرخ 15/نوفمبر/2026"),
        (None, "غرة محرم 1448", "المؤرخ غرة محرم 1448"),
        ("7", "", "رقم 7"),
        (None, "", ""),
    ],
)
def test_a_letter_of_theirs_is_known_by_its_number_and_its_day(number: str | None, written_on: str, said: str) -> None:
    assert which_letter(number, written_on, KUWAIT, "ar") == said


def test_the_paper_says_which_letter_it_answers_and_quotes_its_subject() -> None:
    came = replace(registered().held, their_reference="م/و/417/2026")
    first = beginning(came, OFFICE)
    assert "«طلب مستندات الربع الثاني»" in first["text"]
    reply = replace(came, in_reply_to="r1", their_date=came.letter_date, subject=first["subject"], text=first["text"])
    which = their_letter(reply, KUWAIT)
    assert which.startswith("رقم م/و/417/2026 المؤرخ ")
    values = words_of_record(reply, OFFICE)
    assert (values["their_reference"], values["subject"], values["body"]) == (which, first["subject"], first["text"])


def test_whom_the_directory_does_not_know_is_addressed_by_name() -> None:
    came = replace(registered().held, original_sender=Address("شركة النور", "info@noor.example"))
    first = beginning(came, SENDING_OFFICE)
    assert (first["party"], first["recipients"]) == ("شركة النور", ())
    nameless = beginning(replace(came, original_sender=Address("", "info@noor.example")), SENDING_OFFICE)
    assert nameless["party"] == "info@noor.example"


def test_a_mail_is_threaded_for_who_wrote_it_alone() -> None:
    came = registered().held
    bank = Recipient(number=1, entity="cbk", address=BANK.address)
    direct = replace(
        came,
        forwarded_by=None,
        sender=Address("", "officer@bank.example"),
        original_sender=Address("", "officer@bank.example"),
        source=replace(came.source, internet_message_id=ABOUT),
    )
    assert thread_of(direct, bank) == ABOUT
    assert thread_of(replace(direct, forwarded_by="huda"), bank) == "", "they have no such mail"
    assert thread_of(replace(direct, received_via="scan"), bank) == ""
    assert thread_of(direct, replace(bank, address="post@bureau.example")) == ""
    for hostile in ("", "<a@b>\r\nBcc: x@y.example", "<a b@c>", "a@b"):
        assert thread_of(replace(direct, source=replace(direct.source, internet_message_id=hostile)), bank) == ""
