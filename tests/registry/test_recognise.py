"""What a mail is: every mail gets one verdict, and none is dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.mail import Address, Authentication, Letter, Mail
from registry.recognise import Copy, Known, NewLetter, Noise, Ours, ReplyTo, Suspect, recognise
from tests.values import HUDA, MAILBOX, OFFICE, mail

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
    assert verdict(mail(sender=REGISTRY), Known(ours=True)) == Ours()
    assert verdict(mail(sender=REGISTRY, our_key="reply:r1")) == Suspect(("quarantine.unknown_insider",))


@pytest.mark.parametrize(
    "claimed",
    [
        mail(),  # an outsider who has seen our Message-ID
        mail(sender=REGISTRY, authentication=Authentication(dmarc="fail")),
    ],
)
def test_whoever_borrows_our_message_id_does_not_make_their_mail_ours(claimed: Mail) -> None:
    assert verdict(claimed, Known(ours=True)) != Ours()


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


def test_a_bounce_or_receipt_is_noise() -> None:
    assert verdict(mail(report=True)) == Noise("noise.report")


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
    ours=st.booleans(),
    same_letter=st.none() | st.just("r1"),
    answered=st.none() | st.just(("r2", "<2@x>")),
)


@given(
    KNOWN,
    ADDRESSES,
    st.sampled_from(["pass", "fail", "none"]),
    st.sampled_from(["", "no", "auto-replied", "auto-generated", "نص"]),
    st.booleans(),
    st.sampled_from([(), ("quarantine.encrypted",)]),
)
def test_every_mail_gets_one_verdict_and_what_is_untrusted_starts_no_record(
    known: Known, sender: Address, dmarc: str, auto: str, report: bool, unreadable: tuple[str, ...]
) -> None:
    letter = mail(
        sender=sender,
        authentication=Authentication(dmarc=dmarc),  # type: ignore[arg-type]
        auto_submitted=auto,
        report=report,
        unreadable=unreadable,
    )
    found = verdict(letter, known)
    assert isinstance(found, NewLetter | Copy | ReplyTo | Ours | Noise | Suspect)
    if isinstance(found, NewLetter | ReplyTo):
        assert not unreadable
        assert sender.address
        assert not OFFICE.is_inside(sender.address) or dmarc != "fail"
