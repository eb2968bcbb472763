"""The letter inside a forwarded mail, as Outlook, Gmail and Apple Mail write it in Arabic and in English."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.forwarded import address_of, is_answer, plain_subject, unwrap
from registry.mail import Address
from texts.isolates import bare

BODY = "السلام عليكم ورحمة الله وبركاته،\n\nنرجو موافاتنا بالمستندات.\nمع التحية"
NOTE = "للاطلاع واتخاذ اللازم."

OUTLOOK_WEB_AR = f"""{NOTE}
________________________________
من: ديوان المحاسبة <oversight@audit.example>
‏‏تم الإرسال: 15/نوفمبر/2026 08:42 ص
إلى: Huda <huda@ministry.example>
نسخة: Omar <omar@ministry.example>
الموضوع: طلب مستندات

{BODY}
"""
OUTLOOK_DESKTOP_AR = f"""{NOTE}

من: ديوان المحاسبة [mailto:oversight@audit.example]
مرسل: 15/نوفمبر/2026 08:42 ص
إلى: Huda
الموضوع: طلب مستندات

{BODY}
"""
OUTLOOK_EN = f"""{NOTE}

-----Original Message-----
From: ديوان المحاسبة <oversight@audit.example>
Sent: Sunday, November 15, 2026 8:42 AM
To: Huda <huda@ministry.example>; Omar
 <omar@ministry.example>;
 Salem <salem@ministry.example>
Subject: طلب مستندات

{BODY}
"""
OUTLOOK_HTML_AS_TEXT = f"""{NOTE}

*From:* ديوان المحاسبة <oversight@audit.example>

*Sent:* Sunday, November 15, 2026 8:42 AM

*To:* Huda <huda@ministry.example>

*Subject:* طلب مستندات

{BODY}
"""
GMAIL = f"""{NOTE}

---------- Forwarded message ---------
From: ديوان المحاسبة <oversight@audit.example>
Date: Sun, 15 Nov 2026 at 08:42
Subject: طلب مستندات
To: Huda <huda@ministry.example>


{BODY}
"""
GMAIL_AR = f"""{NOTE}

---------- Forwarded message ---------
‫من: ديوان المحاسبة‬‎ <oversight@audit.example>
‪Date: الأحد، 15 نوفمبر 2026
‪Subject: طلب مستندات
‪To: Huda <huda@ministry.example>

{BODY}
"""
APPLE = f"""{NOTE}

> Begin forwarded message:
>
> From: ديوان المحاسبة <oversight@audit.example>
> Subject: طلب مستندات
> Date: 15 November 2026 at 08:42:10 GMT+3
> To: Huda <huda@ministry.example>

{BODY}
"""
APPLE_AR = f"""{NOTE}

بدء الرسالة المعاد توجيهها:

من: ديوان المحاسبة <oversight@audit.example>
الموضوع: طلب مستندات
التاريخ: 15 نوفمبر 2026
إلى: Huda <huda@ministry.example>

{BODY}
"""
OUTLOOK_FR = f"""{NOTE}

-----Message d'origine-----
De : ديوان المحاسبة <oversight@audit.example>
Envoyé : dimanche 15 novembre 2026 08:42
À : Huda <huda@ministry.example>
Cc : Omar <omar@ministry.example>
Objet : طلب مستندات

{BODY}
"""
OUTLOOK_WEB_FR = f"""{NOTE}
________________________________
De : ديوان المحاسبة <oversight@audit.example>
Envoyé : dimanche 15 novembre 2026 08:42
À : Huda
Objet : طلب مستندات

{BODY}
"""
APPLE_FR = f"""{NOTE}

> Début du message transféré :
>
> De: ديوان المحاسبة <oversight@audit.example>
> Objet: طلب مستندات
> Date: 15 novembre 2026 à 08:42:10 UTC+3
> À: Huda <huda@ministry.example>

{BODY}
"""
GMAIL_FR = f"""{NOTE}

---------- Message transféré ---------
De : ديوان المحاسبة <oversight@audit.example>
Date: dim. 15 nov. 2026 à 08:42
Subject: طلب مستندات
To: Huda <huda@ministry.example>

{BODY}
"""
WRITTEN = {
    "Outlook, French": OUTLOOK_FR,
    "Outlook on the web, French": OUTLOOK_WEB_FR,
    "Apple Mail, French": APPLE_FR,
    "Gmail, French": GMAIL_FR,
    "Outlook on the web, Arabic": OUTLOOK_WEB_AR,
    "Outlook, Arabic": OUTLOOK_DESKTOP_AR,
    "Outlook, English": OUTLOOK_EN,
    "Outlook's HTML as text": OUTLOOK_HTML_AS_TEXT,
    "Gmail": GMAIL,
    "Gmail, Arabic": GMAIL_AR,
    "Apple Mail": APPLE,
    "Apple Mail, Arabic": APPLE_AR,
}


@pytest.mark.parametrize("program", WRITTEN)
def test_the_letter_is_found_as_each_program_writes_it(program: str) -> None:
    found = unwrap(WRITTEN[program])
    assert found is not None
    assert found.letter.sender == Address("ديوان المحاسبة", "oversight@audit.example")
    assert found.letter.subject == "طلب مستندات"
    assert "15" in found.letter.sent_at
    assert found.letter.to.startswith("Huda")
    assert found.letter.text == BODY
    assert found.note == NOTE


def test_a_row_of_addresses_may_run_on() -> None:
    found = unwrap(OUTLOOK_EN)
    assert found is not None
    row = "Huda <huda@ministry.example>; Omar <omar@ministry.example>; Salem <salem@ministry.example>"
    assert found.letter.to == row


@pytest.mark.parametrize(
    "text",
    [
        "",
        "السلام عليكم\nنرجو موافاتنا بالمستندات.\nمن: لا أحد",
        # a memo opens with the same words, and no mail program wrote them
        "مذكرة داخلية\nمن: مدير الشؤون المالية\nإلى: وكيل الوزارة\nالتاريخ: 21/11/2026\nالموضوع: صرف\n\nنرجو الموافقة.",
        "From: the Director\nTo: the Undersecretary\nSubject: travel\n\nPlease approve.",
        # two lines are not a block
        "From: Audit <oversight@audit.example>\nplease note the following\n",
        "من: ديوان <oversight@audit.example>\nإلى: هدى\n\nوبعد،",
        # From does not stand first
        "To: Huda\nSubject: x\nDate: today\n\nbody",
        # what is no header word
        "الموقع: www.audit.example\nالهاتف: 123\nالفاكس: 124",
        "من:\nتم الإرسال: اليوم\nإلى: هدى",
    ],
)
def test_ordinary_text_holds_no_forwarded_letter(text: str) -> None:
    assert unwrap(text) is None


def test_what_a_letter_says_below_its_block_is_the_letter_s_even_where_it_looks_like_a_header() -> None:
    text = "From: A <a@audit.example>\nSent: today\nTo: B\nSubject: s\n\nالموضوع: صيانة\nمن: الوزير\nإلى: الجميع\nنص"
    found = unwrap(text)
    assert found is not None
    assert found.letter.subject == "s"
    assert found.letter.text == "الموضوع: صيانة\nمن: الوزير\nإلى: الجميع\nنص"


def test_the_outermost_letter_is_found_and_says_whether_it_was_passed_on_itself() -> None:
    inner = "From: Audit <oversight@audit.example>\nSent: Sunday\nTo: Omar\nSubject: records\n\nPlease send them."
    outer = f"From: Omar <omar@ministry.example>\nSent: Monday\nTo: Huda\nSubject: FW: records\n\nSee below.\n\n{inner}"
    found = unwrap(outer)
    assert found is not None
    assert (found.letter.sender.address, found.passed_on) == ("omar@ministry.example", True)
    again = unwrap(found.letter.text)
    assert again is not None
    assert (again.letter.sender.address, again.passed_on) == ("oversight@audit.example", False)


# ---------------------------------------------------------------- for all texts

_WORDLESS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters=":：-_=*>"))
_LINES = st.lists(_WORDLESS.map(lambda words: f"سطر {words}".strip()), max_size=8)
_HEADERS = {
    "ar": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "en": ("From", "Sent", "To", "Subject"),
}


@given(_LINES, _LINES, st.sampled_from(sorted(_HEADERS)), st.sampled_from(["", "________________________________"]))
def test_every_line_above_is_the_note_and_every_line_below_is_the_letter(
    note: list[str], body: list[str], lang: str, divider: str
) -> None:
    sender, sent, to, subject = _HEADERS[lang]
    block = [f"{sender}: A <a@audit.example>", f"{sent}: 1/1/2026", f"{to}: B", f"{subject}: s", ""]
    found = unwrap("\n".join([*note, divider, *block, *body]))
    assert found is not None
    assert found.note == bare("\n".join(note)).strip()
    assert found.letter.text == bare("\n".join(body)).strip()


_HEADER_LIKE = st.sampled_from(
    [
        "من: أ <a@b.example>",
        "From: a",
        "Sent: x",
        "إلى: ب;",
        "To: b,",
        "Subject: FW: s",
        "",
        ">",
        "-----",
        "Cc: c",
        "نص",
    ]
)


@given(st.lists(_HEADER_LIKE | st.text(max_size=30), max_size=30).map("\n".join))
def test_no_text_is_too_strange_to_be_looked_through(text: str) -> None:
    found = unwrap(text)
    if found is not None:
        kept = "\n".join((found.note, found.letter.text))
        assert all(line.strip() in bare(text) for line in kept.splitlines())


@pytest.mark.parametrize(
    "hostile",
    [
        "من: a;\nإلى: b;\n" * 20_000,
        "From: a\nTo: b;\n" + "x;\n" * 50_000,
        "From: a\nTo: b\nCc: c\n\n" * 20_000,
        "من" + " " * 500_000 + "x",
        "From: " + "<@" * 200_000 + "\nSent: s\nTo: t\n",
        "From: " + "(" * 200_000 + " \nSent: s\nTo: t\n",
        "-" * 500_000 + "x",
        "fw: " * 100_000,
    ],
)
def test_what_an_enemy_writes_costs_no_more_than_its_length(hostile: str) -> None:
    began = time.process_time()
    unwrap(hostile)
    plain_subject(hostile)
    assert time.process_time() - began < 5  # half a second each; quadratic would be minutes


# ---------------------------------------------------------------- subjects and addresses


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("إعادة توجيه: رد: طلب", "طلب"),
        ("FW: RE: Fwd: records", "records"),
        ("RE:records", "records"),
        ("رد : طلب", "طلب"),
        ("تحويل الأموال", "تحويل الأموال"),
        ("ردود الموظفين: تقرير", "ردود الموظفين: تقرير"),
        ("Refund: policy", "Refund: policy"),
        ("", ""),
    ],
)
def test_a_subject_loses_its_prefixes_and_nothing_else(subject: str, plain: str) -> None:
    assert plain_subject(subject) == plain


@pytest.mark.parametrize(
    ("subject", "answers"),
    [("رد: طلب", True), ("RE: FW: x", True), ("FW: RE: x", False), ("ردود: x", False), ("", False)],
)
def test_an_answer_is_known_by_the_first_prefix_of_its_subject(subject: str, answers: bool) -> None:
    assert is_answer(subject) is answers


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ديوان المحاسبة <oversight@audit.example>", Address("ديوان المحاسبة", "oversight@audit.example")),
        ('"Audit, Office" <oversight@audit.example>;', Address("Audit, Office", "oversight@audit.example")),
        ("Audit [mailto:oversight@audit.example]", Address("Audit", "oversight@audit.example")),
        ("oversight@audit.example", Address("", "oversight@audit.example")),
        ("ديوان المحاسبة", Address("ديوان المحاسبة", "")),
        ("Audit (oversight@audit.example) on behalf", Address("Audit", "oversight@audit.example")),
    ],
)
def test_a_sender_is_read_as_programs_write_one(written: str, address: Address) -> None:
    assert address_of(written) == address
