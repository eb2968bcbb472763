"""The letter that tells an official what became of what they forwarded."""

from dataclasses import replace

import pytest

from registry.commands import Approve, Close, Complete, Refer
from service.replies import reply_html
from tests.values import FORWARDED, OFFICE, OMAR, PEOPLE, Desk, changed, forwarded, registered
from texts.isolates import bare


def approved(desk: Desk, result: str = "أُرسلت المستندات") -> Desk:
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_action", to_person="salem"))
    desk.accept(Complete(record_id="r1", step=2, by="salem", note=result))
    desk.accept(Approve(record_id="r1", step=3, by="huda"))
    return desk


def reply(desk: Desk) -> str:
    """The reply, without the isolates that nobody sees."""
    return bare(reply_html(desk.held, desk.office))


def test_it_is_written_to_the_forwarder_in_arabic_right_to_left_with_number_dates_and_result() -> None:
    html = reply(approved(registered()))
    assert html.startswith('<div dir="rtl" lang="ar">')
    for said in (
        "السيد/السيدة هدى العلي",
        "«طلب مستندات الربع الثاني»",
        "س.ع/و/1/2026",
        "11 جمادى الآخرة 1448هـ (21 نوفمبر 2026م)",
        "أُرسلت المستندات",
        "السجل العام — وزارة التجربة",
    ):
        assert said in html


def test_who_reads_english_is_answered_in_english() -> None:
    html = reply(approved(registered(forwarded(sender=OMAR))))
    assert html.startswith('<div dir="ltr" lang="en">')
    assert "was registered as س.ع/و/1/2026 on 11 Jumada II 1448 AH (21 November 2026)" in html
    assert "General Registry, Sandbox Ministry" in html


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Approve(record_id="r1", step=1, by="huda", note="لا مانع"), "واعتُمدت نتيجته"),
        (Close(record_id="r1", step=1, by="huda", note="مكرر"), "وأُنهي بتاريخ"),
    ],
)
def test_it_says_how_the_record_ended(ending: Approve | Close, said: str) -> None:
    desk = registered()
    desk.accept(ending)
    assert said in reply(desk)
    assert (ending.note or "") in reply(desk)


def test_nothing_of_a_secret_letter_goes_by_mail_but_its_number() -> None:
    desk = registered(forwarded(text=FORWARDED.replace("طلب مستندات", "سري: كشف الرواتب")))
    desk.accept(Close(record_id="r1", step=1, by="abdullah", note="يُصرف مليون"))
    html = reply(desk)
    assert "س.ع/و/1/2026" in html
    assert "الرواتب" not in html
    assert "مليون" not in html


def test_what_people_wrote_is_text_and_never_markup() -> None:
    html = reply(approved(registered(forwarded(subject="FW: <b>x</b>")), "<script>alert(1)</script>\nسطر ثان"))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>سطر ثان" in html


def test_a_letter_without_a_subject_and_an_ending_without_words_are_said_so() -> None:
    desk = registered(forwarded(subject="", text=FORWARDED.replace("طلب مستندات الربع الثاني", "")))
    desk.accept(Approve(record_id="r1", step=1, by="huda"))
    assert "(بلا موضوع)" in reply(desk)
    assert "بلا ملاحظات" in reply(desk)


def test_a_forwarder_who_has_left_the_directory_is_answered_without_a_name_in_arabic() -> None:
    desk = approved(registered(forwarded(sender=OMAR)))
    desk.office = replace(changed(OFFICE), people={k: p for k, p in PEOPLE.items() if k != "omar"})
    html = reply(desk)
    assert html.startswith('<div dir="rtl" lang="ar">')
    assert PEOPLE["omar"].name not in html
