"""What a mail is: every mail gets one verdict, and none is dropped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.mail import Address, Authentication, Letter, Mail, Report
from registry.office import LoopGuard, Office
from registry.recognise import (
    Again,
    Copy,
    Known,
    Machine,
    NewLetter,
    Noise,
    Ours,
    ReplyTo,
    Suspect,
    recognise,
    traces,
)
from registry.record import Link
from tests.values import HUDA, MAILBOX, OFFICE, SECOND_MAILBOX, mail

NEW = Known()
REGISTRY = Address("السجل العام", MAILBOX)


def verdict(letter: Mail, known: Known = NEW) -> object:
    return recognise(letter, known, OFFICE)


def test_what_is_nothing_else_is_a_new_letter() -> None:
    assert verdict(mail()) == NewLetter()
    assert verdict(mail(sender=HUDA)) == NewLetter()


def test_a_letter_from_outside_is_a_letter_whatever_the_server_found_out() -> None:
    assert verdict(mail(authentication=Authentication("fail", "fail", "fail"))) == NewLetter()


def test_the_letter_of_a_record_is_a_copy() -> None:
    assert verdict(mail(), Known(same_letter="r1")) == Copy("r1")


def test_a_thread_is_known_by_message_ids_never_by_its_subject() -> None:
    answered = Known(answered=("r1", "<1@audit.example>"))
    assert verdict(mail(2, subject="شيء آخر"), answered) == ReplyTo("r1", "<1@audit.example>")
    assert verdict(mail(2, subject="رد: طلب مستندات الربع الثاني")) == NewLetter()


def test_our_own_mail_is_ours_only_when_we_know_that_we_sent_it() -> None:
    known = Known(ours=("r1", "message_id"))
    assert verdict(mail(sender=REGISTRY), known) == Ours("r1", "message_id")
    assert verdict(mail(sender=REGISTRY, our_key="reply:r1")) == Suspect(("quarantine.unknown_insider",))


@pytest.mark.parametrize(
    "claimed",
    [
        mail(),  # an outsider who has seen our Message-ID
        mail(sender=REGISTRY, authentication=Authentication(dmarc="fail")),
    ],
)
def test_whoever_borrows_our_message_id_does_not_make_their_mail_ours(claimed: Mail) -> None:
    assert verdict(claimed, Known(ours=("r1", "message_id"))) != Ours("r1", "message_id")


def test_an_insider_whom_the_server_does_not_believe_is_kept_apart() -> None:
    spoofed = mail(sender=HUDA, authentication=Authentication(dmarc="fail"))
    assert verdict(spoofed) == Suspect(("quarantine.spoofed_insider",))


@pytest.mark.parametrize("address", ["ghost@ministry.example", "GHOST@Ministry.Example", "badr@ministry.example"])
def test_an_insider_whom_the_directory_does_not_know_or_no_longer_is_kept_apart(address: str) -> None:
    assert verdict(mail(sender=Address("شخص", address))) == Suspect(("quarantine.unknown_insider",))


@pytest.mark.parametrize("address", ["huda@ministry.example.evil.example", "huda@notministry.example", "huda"])
def test_a_name_that_only_looks_like_ours_is_outside(address: str) -> None:
    assert verdict(mail(sender=Address("هدى", address))) == NewLetter()


def test_a_mail_without_a_sender_is_kept_apart() -> None:
    assert verdict(mail(sender=Address("بلا عنوان", ""))) == Suspect(("quarantine.no_sender",))


def test_what_could_not_be_read_is_kept_apart_with_every_reason_once() -> None:
    unread = mail(
        sender=Address("", ""),
        unreadable=("quarantine.encrypted", "quarantine.no_sender", "quarantine.encrypted"),
    )
    assert verdict(unread) == Suspect(("quarantine.encrypted", "quarantine.no_sender"))


def test_several_letters_in_one_mail_are_kept_apart_since_each_wants_its_number() -> None:
    one, other = (Letter(sender=Address("", f"{n}@x.example"), subject="", text="") for n in "ab")
    assert verdict(mail(sender=HUDA, attached=(one, other))) == Suspect(("quarantine.several_letters",))
    assert verdict(mail(sender=HUDA, attached=(one,))) == NewLetter()
    assert verdict(mail(attached=(one, other))) == NewLetter()


def test_a_bounce_or_receipt_of_nothing_of_ours_is_noise() -> None:
    assert verdict(mail(report=Report(what="failed"))) == Noise("noise.report")


TOLD = ("r1", "<reply@ministry.example>")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"report": Report(what="failed", status="5.1.1")}, "told.bounce"),
        ({"report": Report(what="delayed")}, "told.receipt"),
        ({"report": Report(what="displayed")}, "told.receipt"),
        ({"report": Report()}, "told.receipt"),
        ({"auto_submitted": "auto-replied"}, "told.automatic"),
        ({"auto_submitted": "auto-generated"}, "told.automatic"),
        ({"null_sender": True}, "told.automatic"),
    ],
)
def test_a_machine_s_word_about_a_mail_of_ours_is_noted_on_its_record(fields: dict[str, object], rule: str) -> None:
    """Whoever sends it: a mail system is in no directory, and its bounce need not be whole."""
    for sender in (HUDA, Address("", "postmaster@ministry.example"), Address("", "")):
        word = mail(sender=sender, unreadable=("quarantine.unreadable_part",), **fields)
        assert verdict(word, Known(answered=TOLD, told_of=TOLD)) == Machine(*TOLD, rule)


def test_a_person_s_answer_to_a_mail_of_ours_is_an_answer() -> None:
    assert verdict(mail(sender=HUDA), Known(answered=TOLD, told_of=TOLD)) == ReplyTo(*TOLD)


def test_a_machine_that_goes_on_and_on_is_noise_and_what_looks_like_a_person_is_kept_apart() -> None:
    flood = Known(answered=TOLD, told_of=TOLD, in_thread=OFFICE.loop_guard.mails)
    assert verdict(mail(auto_submitted="auto-replied"), flood) == Noise("noise.flood")
    assert verdict(mail(), flood) == Suspect(("quarantine.loop",))
    assert verdict(mail(), replace(flood, in_thread=OFFICE.loop_guard.mails - 1)) == ReplyTo(*TOLD)


def test_an_official_whom_we_answered_too_often_under_one_subject_is_not_answered_again() -> None:
    office = replace(OFFICE, loop_guard=LoopGuard(answers=2))
    assert recognise(mail(sender=HUDA), Known(our_answers=1), office) == NewLetter()
    assert recognise(mail(sender=HUDA), Known(our_answers=2), office) == Suspect(("quarantine.loop",))


@given(st.text(max_size=30), st.sampled_from(["", "رد: ", "RE: ", "FW: RE: "]))
def test_a_thread_is_counted_by_its_writer_and_its_plain_subject_whatever_is_written_before_it(
    subject: str, prefix: str
) -> None:
    plain = mail(subject="x" + subject, sender=HUDA)
    assert traces(mail(subject=f"{prefix}X{subject}", sender=Address("", HUDA.address.upper()))) == traces(
        mail(subject="X" + subject, sender=HUDA)
    )
    assert traces(plain)[0] != traces(mail())[0]


def _with_two_registers(copies: str) -> Office:
    """The second mailbox is Legal's own."""
    units = {
        **OFFICE.units,
        "registry": replace(OFFICE.units["registry"], registry_for=(MAILBOX,)),
        "legal": replace(OFFICE.units["legal"], registry_for=(SECOND_MAILBOX,), copies=copies),
    }
    return replace(OFFICE, units=units)


LINK = Link(record_id="r1", reference="س.ع/و/1/2026", how="register")


@pytest.mark.parametrize(
    ("copies", "found"),
    [("note", Copy("r1")), ("refer", Copy("r1", refer_to="legal")), ("link", Again(LINK))],
)
def test_what_becomes_of_a_copy_in_another_register_is_that_register_s_rule(copies: str, found: object) -> None:
    known = Known(same_letter="r1", same_reference=LINK.reference, same_in="registry")
    office = _with_two_registers(copies)
    assert recognise(mail(mailbox=SECOND_MAILBOX), known, office) == found
    assert recognise(mail(), known, office) == Copy("r1")
    assert recognise(mail(mailbox=SECOND_MAILBOX), replace(known, same_in="legal"), office) == Copy("r1")
    assert recognise(mail(mailbox=SECOND_MAILBOX), replace(known, same_in=""), office) == Copy("r1")
    forged = mail(mailbox=SECOND_MAILBOX, sender=HUDA, authentication=Authentication(dmarc="fail"))
    assert recognise(forged, known, office) == Copy("r1")


def test_a_number_of_ours_or_a_message_id_that_was_used_before_makes_a_link_and_joins_nothing() -> None:
    link = Link(record_id="r1", reference="س.ع/و/1/2026", how="number")
    assert verdict(mail(), Known(links=(link,))) == NewLetter((link,))
    assert verdict(mail(sender=Address("", "")), Known(links=(link,))) == Suspect(("quarantine.no_sender",), (link,))


def test_an_automatic_answer_is_noise_and_a_machine_s_own_letter_is_a_letter() -> None:
    assert verdict(mail(auto_submitted="auto-replied")) == Noise("noise.auto_submitted")
    assert verdict(mail(auto_submitted="auto-generated", references=("<9@x>",))) == Noise("noise.auto_submitted")
    assert verdict(mail(auto_submitted="auto-generated")) == NewLetter()
    assert verdict(mail(auto_submitted="no", references=("<9@x>",))) == NewLetter()


ADDRESSES = st.sampled_from(
    [HUDA, REGISTRY, Address("", ""), Address("س", "ghost@ministry.example"), Address("", "a@b.c")]
)
KNOWN = st.builds(
    Known,
    ours=st.none() | st.just(("r4", "mark")),
    same_letter=st.none() | st.just("r1"),
    same_in=st.sampled_from(["", "registry", "legal"]),
    answered=st.none() | st.just(("r2", "<2@x>")),
    told_of=st.none() | st.just(("r3", "<3@x>")),
    in_thread=st.integers(0, 40),
    our_answers=st.integers(0, 10),
)


@given(
    KNOWN,
    ADDRESSES,
    st.sampled_from(["pass", "fail", "none"]),
    st.sampled_from(["", "no", "auto-replied", "auto-generated", "نص"]),
    st.none() | st.builds(Report, what=st.sampled_from(["failed", "delayed", "displayed", ""])),
    st.sampled_from([(), ("quarantine.encrypted",)]),
    st.sampled_from(["note", "refer", "link"]),
    st.sampled_from([MAILBOX, SECOND_MAILBOX]),
)
def test_every_mail_gets_one_verdict_and_what_is_untrusted_starts_no_record(
    known: Known,
    sender: Address,
    dmarc: str,
    auto: str,
    report: Report | None,
    unreadable: tuple[str, ...],
    copies: str,
    mailbox: str,
) -> None:
    letter = mail(
        sender=sender,
        authentication=Authentication(dmarc=dmarc),  # type: ignore[arg-type]
        auto_submitted=auto,
        report=report,
        unreadable=unreadable,
        mailbox=mailbox,
    )
    found = recognise(letter, known, _with_two_registers(copies))
    assert isinstance(found, NewLetter | Copy | Again | ReplyTo | Machine | Ours | Noise | Suspect)
    if isinstance(found, NewLetter | Again | ReplyTo):
        assert not unreadable
        assert sender.address
        assert not OFFICE.is_inside(sender.address) or dmarc != "fail"
    if isinstance(found, NewLetter | ReplyTo):
        assert report is None
        assert known.in_thread < OFFICE.loop_guard.mails
    if isinstance(found, Machine):
        assert known.told_of == (found.record_id, found.answers)
