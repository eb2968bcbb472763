"""Letters of ours go out by mail: each recipient once, with every enclosure, whatever breaks; and what comes back."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from functions.openapi import DOCUMENT
from registry.circuit_commands import Sign, Submit
from registry.commands import Void
from registry.decisions import Accepted
from registry.dispatch_commands import Resend
from registry.dispatching import due
from registry.errors import Gone, Misconfigured, Mistaken, TarasulError, Unavailable
from registry.event import Attachment
from registry.mail import Part
from registry.recipients import Chosen
from registry.record import Record, evolve, holders
from service.evidence import Evidence
from service.letters import enclosures, letter_mail
from service.ports import Transaction
from service.views import Viewer, record_view
from tests.dispatch_values import PDF, SENDING_OFFICE, TO_BOTH, outgoing, seal_event, signed
from tests.service.house import Registry, letter
from tests.values import MAILBOX

BOUNCE = """From: postmaster@bank.example
To: {to}
Subject: Undeliverable
Message-ID: <bounce-{n}@bank.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

It could not be delivered.
--edge
Content-Type: message/delivery-status

Reporting-MTA: dns;mx.bank.example
Original-Message-ID: {about}

Final-Recipient: rfc822;registry@bank.example
Action: {what}
Status: {status}
--edge--
"""


class Sender(Registry):
    """A registry whose letters are sealed by hand of the test."""

    async def issued(self, record_id: str = "l1", annexes: tuple[Part, ...] = (), **fields: Any) -> Record:
        """Omar's letter is signed and sealed."""
        self.take(outgoing(record_id, files=annexes, **fields))
        self.take(Submit(record_id=record_id, step=1, by="omar"))
        self.take(Sign(record_id=record_id, step=len(self.record(record_id).steps), by="huda"))
        event = seal_event(await self.archive.put(PDF))

        def seal(tx: Transaction) -> None:
            stored = tx.record(record_id)
            assert stored is not None
            after = evolve(record_id, stored.record, event)
            sealed = Accepted((event,), due(stored.record, after, tx.office()), after=after)
            self.taker._keep(tx, record_id, stored, sealed, self.clock())

        self.store.write(seal)
        return self.record(record_id)

    async def work(self, rounds: int = 6) -> None:
        """Everything that is due, now and after a while."""
        for _ in range(rounds):
            await self.performer().perform_due()
            self.later(700)

    async def comes(self, raw: bytes) -> None:
        self.box.arrive(raw)
        await self.intake.visit(MAILBOX)

    def states(self, record_id: str = "l1") -> list[str]:
        return [r.state for r in self.record(record_id).recipients]

    def told(self, number: int, about: str, what: str = "failed", status: str = "5.1.1") -> bytes:
        said = BOUNCE.format(to=MAILBOX, n=number, about=about, what=what, status=status)
        return said.replace("\n", "\r\n").encode()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Sender]:
    sender = Sender(tmp_path, SENDING_OFFICE)
    sender.meet("omar", "huda", "noura", "abdullah")
    yield sender
    sender.store.close()


def letters_in(house: Sender) -> list[tuple[str, list[str]]]:
    """What was sent, to whom and with which files."""
    return [(sent.to.address, list(house.box.enclosed[item])) for item, sent in house.box.sent.items()]


async def test_each_recipient_gets_the_sealed_letter_and_its_annexes_in_a_mail_of_their_own(house: Sender) -> None:
    sha256 = await house.archive.put(b"annex")
    annex = Part(name="كشف.pdf", content_type="application/pdf", size_bytes=5, sha256=sha256)
    await house.issued(recipients=TO_BOTH, annexes=(annex,))
    await house.work()
    record = house.record("l1")
    name = f"{record.reference.replace('/', '-')}.pdf"
    assert sorted(letters_in(house)) == [
        ("post@bureau.example", [name, "كشف.pdf"]),
        ("registry@bank.example", [name, "كشف.pdf"]),
    ]
    assert all(files[name] == PDF for files in house.box.enclosed.values())
    assert (house.states(), record.outcome, holders(record)) == (["sent", "sent"], "issued", ())


async def test_our_own_copy_that_comes_back_is_ours(house: Sender) -> None:
    await house.issued()
    await house.work()
    sent = next(iter(house.box.sent.values()))
    copy = EmailMessage()
    copy["From"], copy["To"], copy["Subject"], copy["Message-ID"] = MAILBOX, MAILBOX, sent.subject, sent.message_id
    copy.set_content("x")
    await house.comes(bytes(copy))
    assert house.verdicts() == ["ours"]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("method", ["draft_letter", "enclose", "send_draft"])
@pytest.mark.parametrize("error", [Unavailable("504"), RuntimeError("killed")], ids=["504", "crash"])
async def test_a_lost_answer_anywhere_sends_nothing_twice_and_forgets_nobody(
    house: Sender, method: str, error: Exception, done: bool
) -> None:
    house.box.faults.add(method, error, done=done, times=2)
    await house.issued(recipients=TO_BOTH)
    await house.work(10)
    assert Counter(to for to, _ in letters_in(house)) == {"registry@bank.example": 1, "post@bureau.example": 1}
    assert all(files for _, files in letters_in(house))
    assert (house.states(), len(house.box.drafts)) == (["sent", "sent"], 0)


@pytest.mark.parametrize(
    ("error", "why"),
    [(Mistaken("400 ErrorInvalidRecipients"), "stuck.mistaken"), (Misconfigured("403"), "stuck.misconfigured")],
)
async def test_what_cannot_be_sent_is_put_before_the_register_who_sends_it_again(
    house: Sender, error: TarasulError, why: str
) -> None:
    house.box.faults.add("send_draft", error)
    await house.issued()
    await house.work()
    assert len(house.box.drafts) == 1
    assert (house.states(), house.record("l1").recipients[0].why) == (["refused"], why)
    assert [h.unit for h in holders(house.record("l1"))] == ["registry"]
    house.take(Resend(record_id="l1", by="abdullah", recipient=1, address="right@bank.example"))
    await house.work()
    assert [to for to, _ in letters_in(house)] == ["right@bank.example"]
    assert (house.states(), house.record("l1").ended) == (["sent"], True)
    assert house.box.drafts == {}, "nobody sends the first one later"


async def test_a_letter_that_is_not_to_be_found_is_looked_for_and_never_made_anew(house: Sender) -> None:
    await house.issued()
    house.box.faults.add("send_draft", Gone("404"), times=3)
    await house.work(8)
    assert [to for to, _ in letters_in(house)] == ["registry@bank.example"]
    assert house.states() == ["sent"]


async def test_a_draft_that_somebody_deleted_is_somebodys_turn_in_the_end(house: Sender) -> None:
    await house.issued()
    house.box.faults.add("send_draft", Gone("404"), times=50)
    await house.work(16)
    assert (house.states(), [h.unit for h in holders(house.record("l1"))]) == (["refused"], ["registry"])
    assert len(letters_in(house)) == 0


async def test_a_letter_that_is_voided_on_its_way_out_is_withdrawn(house: Sender) -> None:
    house.box.faults.add("send_draft", Unavailable("503"), times=3)
    await house.issued(recipients=TO_BOTH)
    await house.work(1)
    assert len(house.box.drafts) == 2
    house.take(Void(record_id="l1", by="huda", note="صدر خطأ"))
    await house.work()
    assert (house.box.drafts, house.box.sent) == ({}, {})


async def test_nothing_leaves_by_mail_that_is_more_secret_than_the_office_allows(house: Sender) -> None:
    house.store.write(lambda tx: tx.save_office(replace(SENDING_OFFICE, mail_up_to="normal")))
    await house.issued(confidentiality="restricted")
    await house.work()
    assert (letters_in(house), house.states()) == ([], ["by_hand"])


async def test_more_than_a_mail_may_hold_is_drafted_nowhere_and_brought_by_hand(house: Sender) -> None:
    sha256 = await house.archive.put(b"annex")
    half = Part(name="كشف.pdf", content_type="application/pdf", size_bytes=80 * 2**20, sha256=sha256)
    await house.issued(annexes=(half, replace(half, name="ب.pdf")))
    await house.work()
    assert (house.box.drafts, house.box.sent) == ({}, {})
    assert [(r.state, r.why) for r in house.record("l1").recipients] == [("refused", "dispatch.why.too_large")]
    assert [h.unit for h in holders(house.record("l1"))] == ["registry"]
    assert house.store.read(lambda tx: tx.stuck()) == [], "nothing is the operator's turn"


async def test_a_bounce_is_tied_to_its_recipient_and_becomes_a_task(house: Sender) -> None:
    await house.issued(recipients=TO_BOTH)
    await house.work()
    about = house.record("l1").recipients[0].message_id
    await house.comes(house.told(1, about))
    await house.work()
    assert house.states() == ["bounced", "sent"]
    assert [h.unit for h in holders(house.record("l1"))] == ["registry"]
    shown = house.cards_of("abdullah")
    assert any(card.step == len(house.record("l1").steps) for card in shown)


async def test_receipts_say_that_it_arrived_and_was_read(house: Sender) -> None:
    await house.issued()
    await house.work()
    about = house.record("l1").recipients[0].message_id
    await house.comes(house.told(1, about, "delivered", "2.0.0"))
    assert house.states() == ["delivered"]


async def test_the_answer_is_a_letter_of_its_own_and_both_say_so(house: Sender) -> None:
    await house.issued()
    await house.work()
    about = house.record("l1").recipients[0].message_id
    await house.comes(letter(5, "registry@bank.example", In_Reply_To=about))
    answer = next(r for r in house.records() if r.record_id != "l1")
    assert (answer.kind, [(k.record_id, k.how) for k in answer.links]) == (
        "incoming_letter",
        [("l1", "replies_to")],
    )
    ours = house.record("l1")
    assert [(k.record_id, k.how) for k in ours.links] == [(answer.record_id, "replied_by")]
    assert house.states() == ["answered"]


async def test_who_names_our_number_alone_is_proposed_as_the_answer(house: Sender) -> None:
    await house.issued()
    await house.work()
    number = house.record("l1").reference
    await house.comes(letter(5, "somebody@else.example", text=f"إشارة إلى كتابكم رقم {number}"))
    answer = next(r for r in house.records() if r.record_id != "l1")
    assert [(k.record_id, k.how) for k in answer.links] == [("l1", "number")]
    assert [(k.record_id, k.how) for k in house.record("l1").links] == [(answer.record_id, "may_be_answered_by")]
    assert house.states() == ["sent"]


async def test_a_colleague_who_writes_in_the_thread_has_written_no_letter(house: Sender) -> None:
    await house.issued()
    await house.work()
    about = house.record("l1").recipients[0].message_id
    await house.comes(letter(5, "omar@ministry.example", In_Reply_To=about))
    assert [r.record_id for r in house.records()] == ["l1"]
    assert len(house.record("l1").mails) == 1


# ---------------------------------------------------------------- what is shown of it


async def test_the_api_the_sheet_and_the_dossier_say_how_it_stands_with_each(house: Sender) -> None:
    await house.issued(recipients=(*TO_BOTH, Chosen(entity="kmu")))
    await house.work()
    await house.comes(house.told(1, house.record("l1").recipients[0].message_id))
    shown = house.service.show(Viewer(None), "l1")
    assert shown is not None
    record = {"$ref": "#/components/schemas/Record", "components": DOCUMENT["components"]}
    Draft202012Validator(record).validate(json.loads(json.dumps(shown)))
    assert [(r["entity"], r["channel"], r["address"], r["state"], r["copy"]) for r in shown["recipients"]] == [
        ("cbk", "mail", "registry@bank.example", "bounced", False),
        ("kmu", "paper", None, "by_hand", False),
        ("sab", "mail", "post@bureau.example", "sent", True),
    ]
    assert shown["recipients"][0]["why"]["en"].startswith("The address is wrong")
    sheet = house.service.sheet(Viewer(None), "l1")
    assert sheet is not None
    assert sheet["verified"]
    said = [line["said"]["en"] for line in sheet["events"]]
    assert any("Central Bank" in one and "did not arrive" in one for one in said)
    page = await Evidence(house.store, house.archive, house.clock, lambda _: "").dossier(Viewer(None), "l1", "ar")
    assert page is not None
    assert all(name in page.decode() for name in ("البنك المركزي", "البلدية", "registry@bank.example", "لم يصل"))


async def test_whoever_is_not_cleared_sees_no_recipient(house: Sender) -> None:
    await house.issued(confidentiality="normal")
    record = replace(house.record("l1"), confidentiality="secret")
    view = record_view(record, SENDING_OFFICE, Viewer(SENDING_OFFICE.people["omar"]), house.clock())
    assert view["recipients"] == []


# ---------------------------------------------------------------- the mail itself


def test_a_mail_says_which_letter_it_is_and_no_more() -> None:
    record = replace(signed().held, sealed=None)
    sealed = evolve("l1", record, seal_event())
    mail = letter_mail(sealed, replace(sealed.recipients[0], address="a@bank.example"), SENDING_OFFICE)
    assert record.subject in mail.subject
    assert record.text[:20] not in mail.html
    assert record.reference in mail.html
    assert mail.html.index('dir="rtl"') < mail.html.index('dir="ltr"')


@pytest.mark.parametrize("level", ["secret", "very_secret", "top_secret"])
def test_of_a_secret_letter_the_mail_says_its_number_alone(level: str) -> None:
    sealed = replace(evolve("l1", signed().held, seal_event()), confidentiality=level)
    mail = letter_mail(sealed, replace(sealed.recipients[0], address="a@bank.example"), SENDING_OFFICE)
    assert all(word not in mail.subject + mail.html for word in record_words(sealed))


def record_words(record: Record) -> list[str]:
    return [w for w in f"{record.subject} {record.text}".split() if len(w) > 4]


def test_no_two_enclosures_have_one_name() -> None:
    sealed = evolve("l1", signed().held, seal_event())
    one = f"{sealed.reference.replace('/', '-')}.pdf"
    same = Attachment(size_bytes=1, sha256="b" * 64, content_type="application/pdf")
    link = Attachment(size_bytes=1, sha256="c" * 64, content_type="text/uri-list", complete=False)
    several = replace(sealed, attachments=(same, same, same, link), attachment_names=(one, "a.pdf", "A.PDF", "l"))
    names = [e.name for e in enclosures(several)]
    assert len(names) == 4
    assert len({n.casefold() for n in names}) == 4


# ---------------------------------------------------------------- any order, any fault

FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["draft_letter", "enclose", "send_draft", "drafted"]),
        st.sampled_from(["504", "crash", "gone"]),
        st.booleans(),
    ),
    max_size=5,
)
NEWS = st.lists(
    st.tuples(st.sampled_from(["failed", "delivered", "answer", "work", "resend"]), st.integers(0, 1)), max_size=6
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(faults=FAULTS, news=NEWS)
def test_nobody_is_mailed_twice_and_nobody_forgotten(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[str, str, bool]], news: list[tuple[str, int]]
) -> None:
    asyncio.run(_any_order(tmp_path_factory.mktemp("any"), faults, news))


async def _any_order(folder: Path, faults: list[tuple[str, str, bool]], news: list[tuple[str, int]]) -> None:
    house = Sender(folder, SENDING_OFFICE)
    kinds = {"504": Unavailable("504"), "crash": RuntimeError("killed"), "gone": Gone("404")}
    for method, kind, done in faults:
        house.box.faults.add(method, kinds[kind], done=done)
    await house.issued(recipients=TO_BOTH)
    for number, (word, at) in enumerate(news, start=1):
        recipient = house.record("l1").recipients[at]
        match word:
            case "work":
                await house.performer().perform_due()
                house.later(700)
            case "resend":
                address = f"a{number}@bank.example"
                ask = Resend(record_id="l1", by="abdullah", recipient=at + 1, address=address)
                house.service.take(ask, key=f"resend:{number}")
            case "answer" if recipient.message_id:
                await house.comes(letter(number, "registry@bank.example", In_Reply_To=recipient.message_id))
            case "failed" | "delivered" if recipient.message_id:
                await house.comes(house.told(number, recipient.message_id, word))
    await house.work(8)
    record = house.record("l1")
    sent = Counter((draft.to.address, draft.key) for draft in house.box.sent.values())
    assert max(sent.values(), default=0) <= 1
    assert not [r for r in record.recipients if r.state in ("chosen", "pending", "drafted")]
    assert {r.attempt for r in record.recipients} <= set(range(1, 8))
    for r in record.recipients:
        keys = [d.key for d in house.box.sent.values() if d.key == f"letter:l1:{r.number}:{r.attempt}"]
        assert len(keys) == 1 or r.state == "refused"
    assert bool(holders(record)) != record.ended
    house.store.close()


def test_the_office_keeps_its_entities(house: Sender) -> None:
    office = house.store.read(lambda tx: tx.office())
    assert (office.entities, office.mail_up_to) == (SENDING_OFFICE.entities, "restricted")
    assert house.store.write(lambda tx: tx.save_office(replace(SENDING_OFFICE, mail_up_to="secret")))
    assert house.store.read(lambda tx: tx.office()).mail_up_to == "secret"
