################################################################
# Letters from outside that lie in the officials' inboxes when the sandbox is first started
################################################################
#
# Rule 1: the same bytes every time: Date, Message-ID and boundaries are written here, nothing is drawn.
# Rule 2: no real person's or body's data: invented senders, domains that end in .example.
# Rule 3: varied as real post is: plain and HTML, UTF-8 and windows-1256, Arabic and English, one without a subject.
#         What a letter says lies in letters/, and so does its annex, a small PDF whose words a machine can read too.

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "letters"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one official. Its words are letters/<key>.txt; `annex` is a file there, sent as `annex_name`."""

    key: str
    upn: str
    sender: str
    address: str
    subject: str
    date: str  # RFC 5322
    annex: str
    annex_name: str
    rtl: bool = True
    html: bool = True
    charset: str = "utf-8"

    @property
    def text(self) -> str:
        return (FOLDER / f"{self.key}.txt").read_text("utf-8").rstrip("\n")


LETTERS = (
    Letter(
        "audit",
        "maryam@ministry.example",
        "ديوان المحاسبة - إدارة الرقابة على الوزارات",
        "oversight@audit.example",
        "طلب مستندات الربع الثاني من السنة المالية 2026/2027",
        "Sun, 15 Nov 2026 08:42:10 +0300",
        "audit-documents.pdf",
        "كشف المستندات المطلوبة.pdf",
    ),
    Letter(
        "guarantee",
        "huda@ministry.example",
        "بنك التجربة - إدارة الضمانات",
        "guarantees@bank.example",
        "عاجل: إشعار بقرب انتهاء خطاب الضمان LG-2026-00417",
        "Mon, 16 Nov 2026 10:05:33 +0300",
        "guarantee-notice.pdf",
        "إشعار خطاب ضمان LG-2026-00417.pdf",
    ),
    Letter(
        "servers",
        "badr@ministry.example",
        "شركة المثال للحلول التقنية",
        "sales@solutions.example",
        "عرض فني ومالي لتحديث خوادم مركز البيانات",
        "Tue, 17 Nov 2026 12:20:00 +0300",
        "servers-offer.pdf",
        "العرض الفني Q-2026-1093.pdf",
    ),
    Letter(
        "contract",
        "sara@ministry.example",
        "شركة المثال للصيانة والخدمات",
        "contracts@maintenance.example",
        "مسودة عقد صيانة المبنى الرئيسي - النسخة الثانية",
        "Thu, 12 Nov 2026 09:15:47 +0300",
        "contract-draft.pdf",
        "مسودة العقد - نسخة 2.pdf",
    ),
    Letter(
        "quotation",
        "laila@ministry.example",
        "Example Networks Ltd",
        "public.sector@networks.example",
        "Quotation Q-88231: network switches and three-year support",
        "Mon, 16 Nov 2026 14:31:05 +0000",
        "network-quotation.pdf",
        "Quotation Q-88231.pdf",
        rtl=False,
    ),
    Letter(
        "training",
        "noura@ministry.example",
        "معهد المثال للتدريب",
        "info@institute.example",
        "خطة الدورات التدريبية للفصل الأول 2027 وباب الترشيح",
        "Wed, 18 Nov 2026 07:58:21 +0300",
        "training-plan.pdf",
        "خطة الدورات التدريبية.pdf",
        html=False,
        charset="windows-1256",
    ),
    Letter(
        "no-subject",
        "omar@ministry.example",
        "شركة المثال للتوريدات العامة",
        "accounts@supplies.example",
        "",
        "Thu, 19 Nov 2026 11:46:02 +0300",
        "guarantee-notice.pdf",
        "scan0007.pdf",
        html=False,
    ),
    Letter(
        "statement",
        "faisal@ministry.example",
        "الأمانة العامة للتخطيط التجريبي",
        "statistics@planning.example",
        "طلب بيانات الأنظمة والبرامج المستخدمة لعام 2026",
        "Tue, 17 Nov 2026 09:02:44 +0300",
        "audit-documents.pdf",
        "كتاب ديوان المحاسبة.pdf",
    ),
)


def letters() -> list[tuple[str, bytes]]:
    """Return (address of the official, the letter as RFC 5322 bytes), in the order in which they arrived."""
    return [(letter.upn, as_mail(letter)) for letter in LETTERS]


def as_mail(letter: Letter) -> bytes:
    """The letter as its sender's mail system would have put it on the wire."""
    mail = EmailMessage(policy=SMTP)
    local, domain = letter.address.split("@")
    mail["From"] = Address(letter.sender, local, domain)
    mail["To"] = letter.upn
    if letter.subject:
        mail["Subject"] = letter.subject
    mail["Date"] = letter.date
    mail["Message-ID"] = f"<sample-{letter.key}@{domain}>"
    mail.set_content(letter.text, charset=letter.charset, cte="base64" if letter.rtl else "quoted-printable")
    if letter.html:
        mail.add_alternative(_as_html(letter), subtype="html", cte="base64" if letter.rtl else "quoted-printable")
    pdf = (FOLDER / letter.annex).read_bytes()
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=letter.annex_name)
    parts: list[EmailMessage | MIMEPart] = [part for part in mail.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"=_sample_{letter.key}_{number}")
    return mail.as_bytes()


def _as_html(letter: Letter) -> str:
    paragraphs = "".join(
        f"<p>{escape(paragraph).replace(chr(10), '<br>')}</p>" for paragraph in letter.text.split("\n\n")
    )
    direction = "rtl" if letter.rtl else "ltr"
    font = "font-family:'Segoe UI',Tahoma,sans-serif;font-size:12pt;line-height:1.7"
    return f'<html><body dir="{direction}" style="{font}">{paragraphs}</body></html>\n'
