"""A mail becomes a record: which letter it brings, its number, where it goes first."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from registry.commands import NoteCopy, NoteMail, Quarantine, Register
from registry.decide import decide
from registry.decisions import Accepted, Decision, Nothing, Refused
from registry.effects import AskAction, MarkMail
from registry.events import CopyReceived, MailReceived, Referred, Registered
from registry.mail import Address, Authentication, Letter, Mail
from registry.record import holders
from registry.registering import searchable
from registry.vocabulary import Status
from tests.values import (
    ANNEX,
    AUDIT,
    FORWARDED,
    HUDA,
    LAILA,
    NOON,
    OFFICE,
    OMAR,
    SECOND_MAILBOX,
    forwarded,
    mail,
    registered,
)
from texts import search_key


def entered(letter: Mail) -> Registered:
    """The event of *letter*'s registration."""
    decision = decide(Register(record_id="r1", mail=letter, serial=7), None, OFFICE, NOON)
    assert isinstance(decision, Accepted)
    event = decision.events[0]
    assert isinstance(event, Registered)
    return event


def referred(letter: Mail) -> Referred:
    """The event of its first referral."""
    decision = decide(Register(record_id="r1", mail=letter, serial=7), None, OFFICE, NOON)
    assert isinstance(decision, Accepted)
    event = decision.events[1]
    assert isinstance(event, Referred)
    return event


def asked_of(decision: Decision) -> set[str]:
    """Who gets a card from it."""
    assert isinstance(decision, Accepted)
    return {effect.person for effect in decision.effects if isinstance(effect, AskAction)}


# ---------------------------------------------------------------- which letter


def test_a_forwarded_letter_is_registered_as_its_writer_s_and_answered_to_its_forwarder() -> None:
    event = entered(forwarded())
    assert (event.original_sender, event.sender, event.forwarded_by) == (AUDIT, HUDA, "huda")
    assert event.subject == "طلب مستندات الربع الثاني"
    assert event.letter_date == "15/نوفمبر/2026 08:42 ص"
    assert (event.received_via, event.needs_reply) == ("forward", True)


def test_an_english_forward_is_unwrapped_as_well() -> None:
    text = "FYI\n\nFrom: Audit <oversight@audit.example>\nSent: Sunday\nTo: Omar\nSubject: Records\n\nPlease send them."
    event = entered(mail(sender=OMAR, subject="FW: Records", text=text))
    assert (event.original_sender, event.subject, event.forwarded_by) == (
        Address("Audit", "oversight@audit.example"),
        "Records",
        "omar",
    )


def test_a_letter_forwarded_as_an_attachment_is_the_attached_one() -> None:
    attached = Letter(sender=AUDIT, subject="طلب مستندات", text="نرجو الإفادة", sent_at="Sun, 15 Nov 2026")
    event = entered(mail(sender=HUDA, subject="كما وصل", text=FORWARDED, attached=(attached,)))
    assert (event.original_sender, event.subject, event.letter_date) == (AUDIT, "طلب مستندات", "Sun, 15 Nov 2026")
    assert (event.forwarded_by, event.received_via) == ("huda", "forward")


def by(sender: Address, *attached: Letter, text: str = "", subject: str = "كتاب") -> Letter:
    return Letter(sender=sender, subject=subject, text=text, attached=attached)


COURT = Address("المحكمة", "clerk@court.example")


def test_an_attached_letter_that_went_through_colleagues_is_its_writer_s_however_deep() -> None:
    deep = by(AUDIT, text="نرجو الإفادة", subject="طلب مستندات")
    for colleague in (HUDA, OMAR, LAILA):
        deep = by(colleague, deep, subject="إحالة")
    event = entered(mail(sender=HUDA, subject="FW", attached=(deep,)))
    assert (event.original_sender, event.subject, event.forwarded_by) == (AUDIT, "طلب مستندات", "huda")
    passed_on = by(OMAR, text=FORWARDED, subject="إعادة توجيه: طلب")
    assert entered(mail(sender=HUDA, attached=(passed_on,))).original_sender == AUDIT


def test_of_several_attached_mails_the_one_from_outside_is_the_letter() -> None:
    event = entered(mail(sender=HUDA, attached=(by(OMAR, text="رأينا"), by(AUDIT, subject="طلب"), by(LAILA))))
    assert (event.original_sender, event.subject) == (AUDIT, "طلب")


def test_the_same_letter_attached_twice_is_one() -> None:
    assert entered(mail(sender=HUDA, attached=(by(AUDIT), by(AUDIT)))).original_sender == AUDIT


def test_where_none_came_from_outside_the_official_s_own_mail_is_the_letter() -> None:
    event = entered(mail(sender=HUDA, subject="محاضر", text="مرفقة", attached=(by(OMAR), by(LAILA))))
    assert (event.original_sender, event.subject, event.received_via) == (HUDA, "محاضر", "outlook")


def test_mails_attached_to_a_letter_that_is_forwarded_as_text_are_its_annexes() -> None:
    event = entered(forwarded(attached=(by(COURT), by(Address("", "a@b.example")))))
    assert (event.original_sender, event.received_via) == (AUDIT, "forward")


def test_what_an_outsider_attaches_belongs_to_their_letter() -> None:
    event = entered(mail(attached=(by(COURT), by(Address("", "a@b.example")))))
    assert (event.original_sender, event.forwarded_by) == (AUDIT, None)


def test_a_sealed_letter_is_registered_and_goes_to_the_register_which_opens_it() -> None:
    sealed = forwarded(remarks=("sealed.smime",))
    assert (entered(sealed).kind, entered(sealed).reasons) == ("incoming_letter", ("sealed.smime",))
    first = referred(sealed)
    assert (first.to_person, first.to_unit, first.rule) == (None, "registry", "sealed")


def test_a_part_that_is_not_complete_is_an_annex_that_is_not() -> None:
    link = replace(ANNEX, content_type="text/uri-list", complete=False)
    event = entered(forwarded(parts=(ANNEX, link), remarks=("incomplete.cloud",)))
    assert [a.complete for a in event.attachments] == [True, False]
    assert referred(forwarded(parts=(link,), remarks=("incomplete.cloud",))).to_person == "huda"


def test_a_letter_that_went_through_several_colleagues_is_still_its_writer_s() -> None:
    inner = FORWARDED.replace("الموضوع: ", "الموضوع: إعادة توجيه: ")
    outer = (
        "يرجى القيد\n\nمن: عمر الفهد <omar@ministry.example>\nتم الإرسال: اليوم\nإلى: هدى\n"
        f"الموضوع: إعادة توجيه: طلب مستندات\n\nللعلم\n{inner}"
    )
    assert entered(mail(sender=HUDA, subject="إعادة توجيه: طلب مستندات", text=outer)).original_sender == AUDIT


def test_an_official_s_own_letter_is_their_own() -> None:
    event = entered(mail(sender=LAILA, subject="طلب إيضاح", text="نرجو إفادتنا."))
    assert (event.original_sender, event.sender, event.forwarded_by) == (LAILA, LAILA, "laila")
    assert (event.received_via, event.subject) == ("outlook", "طلب إيضاح")


def test_what_an_official_s_answer_quotes_is_not_what_it_brings() -> None:
    event = entered(mail(sender=HUDA, subject="رد: طلب مستندات الربع الثاني", text=FORWARDED))
    assert (event.original_sender, event.received_via) == (HUDA, "outlook")


def test_a_letter_from_outside_is_taken_as_it_stands_even_if_it_looks_forwarded() -> None:
    event = entered(mail(text=FORWARDED, authentication=Authentication(dmarc="none")))
    assert (event.original_sender, event.sender, event.forwarded_by) == (AUDIT, AUDIT, None)
    assert (event.needs_reply, event.dmarc) == (False, "none")


def test_an_outsider_who_borrows_an_official_s_name_is_not_that_official() -> None:
    event = entered(mail(sender=Address("هدى العلي", "huda@evil.example"), text=FORWARDED))
    assert (event.forwarded_by, event.original_sender.address) == (None, "huda@evil.example")


def test_an_empty_subject_stays_empty_and_is_no_obstacle() -> None:
    assert entered(mail(subject="")).subject == ""
    assert entered(forwarded(subject="FW:", text=FORWARDED.replace("طلب مستندات الربع الثاني", ""))).subject == ""


def test_a_block_without_a_subject_takes_that_of_the_mail_that_carries_it() -> None:
    text = "From: Audit <oversight@audit.example>\nSent: Sunday\nTo: Omar\n\nPlease."
    assert entered(mail(sender=OMAR, subject="FW: Records", text=text)).subject == "Records"


def test_annexes_are_entered_with_their_hashes_and_their_names_apart() -> None:
    event = entered(mail(parts=(ANNEX,)))
    assert [(a.sha256, a.size_bytes, a.content_type) for a in event.attachments] == [
        (ANNEX.sha256, ANNEX.size_bytes, ANNEX.content_type)
    ]
    assert event.attachment_names == (ANNEX.name,)


def test_the_source_names_the_exact_bytes() -> None:
    letter = mail(3)
    source = entered(letter).source
    assert (source.mailbox, source.item_id, source.sha256, source.identity) == (
        letter.mailbox,
        letter.item_id,
        letter.sha256,
        letter.identity,
    )


# ---------------------------------------------------------------- number and mark


def test_the_number_is_that_of_the_register_of_the_mailbox() -> None:
    event = entered(mail())
    assert (event.serial, event.year, event.reference) == (7, 2026, "س.ع/و/7/2026")
    assert (event.registry_unit_id, event.entity_id, event.direction) == ("registry", "ministry", "in")


def test_the_year_is_that_of_the_ministry_s_midnight() -> None:
    command = Register(record_id="r1", mail=mail(), serial=1)
    years = []
    for at in (datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 21, 0, tzinfo=UTC)):
        decision = decide(command, None, OFFICE, at)
        assert isinstance(decision, Accepted)
        assert isinstance(decision.events[0], Registered)
        years.append(decision.events[0].year)
    assert years == [2026, 2027]


def test_a_mailbox_without_a_register_is_the_operator_s_turn() -> None:
    decision = decide(Register(record_id="r1", mail=mail(mailbox="lost@ministry.example")), None, OFFICE, NOON)
    assert decision == Refused("register.no_register", {"mailbox": "lost@ministry.example"})


def test_registering_twice_registers_once() -> None:
    desk = registered()
    assert desk.take(Register(record_id="r1", mail=forwarded(), serial=2)) == Nothing()


def test_the_mail_is_marked_and_the_first_card_is_asked_for() -> None:
    decision = registered().decisions[0]
    assert isinstance(decision, Accepted)
    assert decision.effects == (
        MarkMail(record_id="r1", mailbox=forwarded().mailbox, item_id="item-1"),
        AskAction(record_id="r1", step=1, person="huda"),
    )


# ---------------------------------------------------------------- where it goes first


def test_the_first_rule_that_fits_says_whose_letter_it_is() -> None:
    assert (referred(mail(subject="بشأن العقد رقم 7")).to_person, referred(mail()).to_person) == ("laila", "huda")
    assert referred(mail(text="Please see the contract.")).rule == "contracts"


def test_a_rule_whose_unit_has_no_head_is_passed_over() -> None:
    event = referred(mail(subject="قطع غيار للمولدات"))
    assert (event.rule, event.to_person) == ("default", "huda")


def test_a_letter_for_nobody_waits_for_the_registry() -> None:
    desk = registered(mail(), replace(OFFICE, rules=()))
    assert [(h.person, h.unit) for h in holders(desk.held)] == [(None, "registry")]
    assert desk.held.status is Status.REGISTERED
    assert asked_of(desk.decisions[0]) == {"noura", "abdullah"}


def test_a_letter_that_somebody_holds_is_in_action() -> None:
    assert registered().held.status is Status.IN_ACTION


@pytest.mark.parametrize(
    ("letter", "level"),
    [
        (mail(subject="سري: كشف الرواتب"), "secret"),
        (mail(subject="كتاب سري جداً"), "very_secret"),
        (mail(subject="مذكرة سرية للغاية"), "top_secret"),
        (mail(text="سري للغاية\nالسادة الكرام"), "top_secret"),
        (mail(subject="Confidential: salaries"), "secret"),
        (mail(sensitivity="company-confidential"), "secret"),
        (mail(subject="جزيرة سريلانكا"), "normal"),
        (
            mail(subject="الأسرى والأسرية", text="The secretary of the board will attend the meeting tomorrow."),
            "normal",
        ),
        (mail(text="نحيطكم علماً بأن الموضوع المذكور في كتابكم السابق لم يعد سرياً بعد اليوم"), "normal"),
    ],
)
def test_how_secret_a_letter_is_marked(letter: Mail, level: str) -> None:
    assert entered(letter).confidentiality == level


def test_a_secret_letter_goes_to_the_register_whatever_it_speaks_of() -> None:
    event = referred(mail(subject="سري: العقد رقم 7"))
    assert (event.rule, event.to_person, event.to_unit) == ("secret", None, "registry")


@pytest.mark.parametrize(
    ("letter", "level"),
    [
        (mail(subject="عاجل: طلب مستندات"), "urgent"),
        (mail(subject="عاجل جداً - طلب مستندات"), "very_urgent"),
        (mail(subject="مذكرة عاجلة"), "urgent"),
        (mail(text="بصفة فورية نرجو الرد"), "very_urgent"),
        (mail(subject="URGENT: records"), "urgent"),
        (mail(importance="high"), "urgent"),
        (mail(importance="low"), "normal"),
        (mail(subject="العاجلون"), "normal"),
        (mail(text=" " * 400 + "عاجل"), "normal"),
    ],
)
def test_how_urgent_a_letter_says_it_is(letter: Mail, level: str) -> None:
    assert entered(letter).urgency == level


def test_a_forward_is_as_urgent_and_as_secret_as_the_letter_in_it() -> None:
    text = FORWARDED.replace("طلب مستندات الربع الثاني", "سري وعاجل: طلب مستندات")
    event = entered(forwarded(text=text))
    assert (event.confidentiality, event.urgency) == ("secret", "urgent")


# ---------------------------------------------------------------- quarantine


def quarantined(letter: Mail | None = None) -> Registered:
    command = Quarantine(record_id="q1", mail=letter or forwarded(), reasons=("quarantine.unknown_insider",), serial=3)
    decision = decide(command, None, OFFICE, NOON)
    assert isinstance(decision, Accepted)
    event, first = decision.events
    assert isinstance(event, Registered)
    assert isinstance(first, Referred)
    assert (first.to_person, first.to_unit, first.rule) == (None, "registry", "quarantine")
    return event


def test_quarantine_has_numbers_and_marks_of_its_own() -> None:
    event = quarantined()
    assert (event.kind, event.reference, event.serial) == ("quarantined_mail", "س.ع/ح/3/2026", 3)
    assert event.reasons == ("quarantine.unknown_insider",)


def test_nobody_is_answered_about_a_mail_in_quarantine() -> None:
    event = quarantined()
    assert (event.forwarded_by, event.needs_reply) == (None, False)


# ---------------------------------------------------------------- what arrives later


def test_the_same_letter_again_is_noted_once_for_each_mail() -> None:
    desk = registered()
    again = forwarded(item_id="item-9")
    decision = desk.accept(NoteCopy(record_id="r1", mail=again))
    assert isinstance(decision.events[0], CopyReceived)
    assert decision.events[0].same_as == "identity"
    assert decision.effects == (MarkMail(record_id="r1", mailbox=again.mailbox, item_id="item-9"),)
    assert desk.take(NoteCopy(record_id="r1", mail=again)) == Nothing()
    assert desk.take(NoteCopy(record_id="r1", mail=forwarded())) == Nothing()


def test_an_item_of_another_mailbox_with_the_same_id_is_another_mail() -> None:
    assert isinstance(registered().take(NoteCopy(record_id="r1", mail=forwarded(mailbox=SECOND_MAILBOX))), Accepted)


def test_a_letter_sent_again_under_another_message_id_is_a_copy_by_its_content() -> None:
    decision = registered().accept(NoteCopy(record_id="r1", mail=forwarded(item_id="item-9", message_id="<9@x>")))
    assert isinstance(decision.events[0], CopyReceived)
    assert decision.events[0].same_as == "content"


def test_a_mail_that_answers_the_record_is_noted_once_and_changes_no_turn() -> None:
    desk = registered()
    before = holders(desk.held)
    answer = mail(5, subject="رد: طلب مستندات")
    decision = desk.accept(NoteMail(record_id="r1", mail=answer, answers="<1@audit.example>"))
    assert isinstance(decision.events[0], MailReceived)
    assert (decision.events[0].subject, decision.events[0].answers) == ("طلب مستندات", "<1@audit.example>")
    assert holders(desk.held) == before
    assert desk.take(NoteMail(record_id="r1", mail=answer, answers="<1@audit.example>")) == Nothing()


def test_what_is_to_be_noted_on_no_record_is_refused() -> None:
    assert decide(NoteCopy(record_id="r9", mail=mail()), None, OFFICE, NOON) == Refused("record.unknown")


# ---------------------------------------------------------------- found again


@pytest.mark.parametrize(
    "typed", ["س.ع/و/1/2026", "مستندات", "ديوان المحاسبه", "oversight@audit.example", "كشف", "HUDA"]
)
def test_a_record_is_found_by_number_subject_writer_bearer_and_annex(typed: str) -> None:
    assert search_key(typed) in searchable(registered(forwarded(parts=(ANNEX,))).held)
