"""Every card in every state, from a small office: what the golden files, the checks and the pictures are drawn from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.actions import Inputs
from bot.cards import (
    Listed,
    Pressed,
    Result,
    away_card,
    delegation_card,
    delegation_form,
    delegations_card,
    entry_form,
    for_dialog,
    found_card,
    help_card,
    note_form,
    number_card,
    pending_card,
    record_card,
    recorded,
    referral_form,
    release_form,
    sender_form,
    several_card,
    step_card,
    welcome_card,
    why_card,
)
from registry.commands import (
    Acknowledge,
    Annotate,
    Approve,
    Close,
    Complete,
    HandIn,
    NoteAnnexRefused,
    NoteCopy,
    NoteMachine,
    NoteQuestionDrafted,
    NoteQuestionMailed,
    NoteUnreached,
    Quarantine,
    Refer,
    Register,
    Release,
    Remind,
    Return,
)
from registry.delegation import Delegation
from registry.explaining import explain
from registry.mail import Address, Authentication, Part, Repair, Report
from registry.record import Link, Record
from registry.working_time import DueRules
from service.finding import Found
from service.ports import Asked, AwayView, CardView, DelegationView
from service.waiting import Page, Waiting, is_late
from tests.bot.circuit_samples import CIRCUIT_SAMPLES
from tests.bot.dialog_samples import dialog_samples
from tests.bot.document_samples import DOCUMENT_SAMPLES
from tests.bot.reply_samples import REPLY_SAMPLES
from tests.bot.sending_samples import SENDING_SAMPLES
from tests.bot.verb_samples import VERB_SAMPLES
from tests.registry.test_entering import entered
from tests.values import ANNEX, NOON, OFFICE, OMAR, PEOPLE, SECOND_MAILBOX, UNITS, Desk, forwarded, mail, registered
from texts import Language, say

type Card = dict[str, Any]

TOKEN = "tok-1234567890abcdefghij"
RESULT = "جُهّزت المستندات المطلوبة للربع الثاني، وعددها 14 مستنداً، وأُرفقت بكشف موقّع.\nينقصها كشف العهد رقم 12-34."
NOTE = "للأهمية، يُرجى الإنجاز قبل نهاية الأسبوع."


def view(record: Record, step: int, person: str, lang: Language, said: str | None = None) -> CardView:
    """The card of *step* as *person* has it."""
    asked = Asked(token=TOKEN, record_id=record.record_id, step=step, person=person, version=record.version)
    found = record.step(step)
    assert found is not None
    return CardView(asked, record, found, PEOPLE[person], OFFICE, lang, said)


def _letter() -> Desk:
    """Huda forwarded the audit office's letter; the rule put it before her."""
    more = replace(ANNEX, name="invoice_07-2026 (final).pdf", sha256="b" * 64)
    return registered(forwarded(parts=(ANNEX, more)))


def _referred(asked: str = "for_action") -> Desk:
    desk = _letter()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked=asked, to_person="omar", note=NOTE))
    return desk


def _unreached() -> Desk:
    """Omar blocked the chat; he was written to by mail."""
    desk = _referred()
    desk.accept(NoteUnreached(record_id="r1", step=2, person="omar", reason="chat.blocked_by_person"))
    draft = {"record_id": "r1", "step": 2, "person": "omar"}
    desk.accept(NoteQuestionDrafted(**draft, mailbox="registry@ministry.example", item_id="d1"))
    desk.accept(NoteQuestionMailed(**draft, internet_message_id="<d1@ministry.example>"))
    return desk


def _completed() -> Desk:
    desk = _referred()
    desk.accept(Complete(record_id="r1", step=2, by="omar", note=RESULT))
    return desk


def _approved() -> Desk:
    desk = _completed()
    desk.accept(Approve(record_id="r1", step=desk.last_step, by="huda", note=None))
    return desk


def _returned() -> Desk:
    desk = _referred()
    desk.accept(Return(record_id="r1", step=2, by="omar", note="ليست من اختصاصي، هي لدى قسم المشتريات."))
    return desk


def _annotated() -> Desk:
    desk = _letter()
    desk.accept(Annotate(record_id="r1", by="huda", note="راجعتُ الملف السابق رقم 9/2025.", final=True))
    desk.accept(Annotate(record_id="r1", by="huda", note="أسأل سالم عن كشف العهد", final=False))
    return desk


def _outside(**fields: Any) -> Desk:
    """A letter from outside, that nobody forwarded."""
    return registered(mail(**fields))


def _remarked() -> Desk:
    """A letter of which much must be known: it is incomplete, was repaired, and seems to belong to two others."""
    links = (
        Link(record_id="r6", reference="س.ع/و/6/2026", how="same_id"),
        Link(record_id="r5", reference="س.ع/و/5/2026", how="number"),
    )
    letter = mail(
        remarks=("incomplete.cloud", "repaired.likely"),
        repairs=(Repair(name="subject", raw="ÚíÈ", confidence="likely"),),
        authentication=Authentication("fail", "pass", "fail", "pass"),
    )
    desk = Desk()
    desk.accept(Register(record_id="r1", mail=letter, serial=1, links=links))
    return desk


def _bounced(desk: Desk) -> Desk:
    """The reply did not reach Huda, and the clerks are told."""
    report = Report(what="failed", status="5.1.10", recipients=("huda@ministry.example",))
    word = mail(9, sender=Address("", "postmaster@ministry.example"), report=report)
    desk.accept(NoteMachine(record_id="r1", mail=word, answers="<9@ministry.example>"))
    return desk


def _secret_bounced() -> Desk:
    desk = _secret()
    desk.accept(Close(record_id="r1", step=1, by="noura", note="تم"))
    return _bounced(desk)


def _second_register(lang: Language) -> Card:
    """The same letter came to a mailbox of Legal's, which wants such copies referred; Laila keeps its register."""
    desk = _letter()
    desk.accept(NoteCopy(record_id="r1", mail=forwarded(2, mailbox=SECOND_MAILBOX), refer_to="legal"))
    shown = view(desk.held, desk.last_step, "laila", lang)
    return step_card(replace(shown, person=replace(PEOPLE["laila"], clerk=True)), desk.now)


def _registry() -> Desk:
    """A letter that no rule sends further: whoever keeps the register has it."""
    letter = mail(subject="توريد قطع غيار", text="نطلب قطع غيار للمولدات.")
    return registered(letter, replace(OFFICE, rules=()))


def _secret() -> Desk:
    return registered(mail(subject="سري: خطة الطوارئ"))


def _quarantined() -> Desk:
    desk = Desk()
    suspect = mail(sender=Address("مدير المالية", "cfo@ministry.example"), subject="تحويل عاجل", text="حوّلوا المبلغ.")
    reasons = ("quarantine.unknown_insider", "quarantine.spoofed_insider")
    desk.accept(Quarantine(record_id="r1", mail=suspect, reasons=reasons, serial=3))
    return desk


def _released() -> Desk:
    desk = _quarantined()
    desk.accept(Release(record_id="r1", by="abdullah", as_record="r2", serial=8))
    return desk


def _dismissed() -> Desk:
    desk = _quarantined()
    desk.accept(Close(record_id="r1", step=1, by="abdullah", note="انتحال صفة، أُبلغ أمن المعلومات."))
    return desk


def _proposed() -> Desk:
    """A forwarded letter that no rule sends further: its clerk may say whose it is."""
    return registered(forwarded(), replace(OFFICE, rules=()))


def _delivered() -> Desk:
    return entered(subject="دعوة إلى اجتماع اللجنة المشتركة", to_unit="finance", asked="for_action")


def _release_form(lang: Language) -> Card:
    return release_form(view(_quarantined().held, 1, "abdullah", lang))


def _release_refused(lang: Language) -> Card:
    desk = Desk()
    unread = mail(sender=Address("", ""), subject="", text="")
    desk.accept(Quarantine(record_id="r1", mail=unread, reasons=("quarantine.unparseable",), serial=3))
    return release_form(view(desk.held, 1, "abdullah", lang, say(lang, "say.subject_missing")))


def _sender_form(lang: Language) -> Card:
    return sender_form(view(_proposed().held, 1, "abdullah", lang))


def _entry_refused(lang: Language) -> Card:
    typed = Inputs(
        subject="دعوة إلى اجتماع", their_reference="ص/44", letter_date="10/6/1448", to="finance", urgency="urgent"
    )
    return entry_form(OFFICE, lang, typed, said=say(lang, "say.sender_missing"))


FILES = tuple(
    Part(name=name, content_type="application/pdf", size_bytes=90_000, sha256=f"{n:064x}")
    for n, name in enumerate(("كتاب ديوان المحاسبة.pdf", "كشف الحساب 2026-1448.pdf"), start=1)
)


def _entry_files(lang: Language) -> Card:
    return entry_form(OFFICE, lang, token="b" * 64, files=FILES)


def _entry_known(lang: Language) -> Card:
    typed = Inputs(subject="دعوة إلى اجتماع", sender_name="ديوان المحاسبة", received_via="scan", to="finance")
    said = say(lang, "card.files_known", reference="س.ع/و/12/2026")
    return entry_form(OFFICE, lang, typed, token="b" * 64, files=FILES, said=said, anyway=True)


def _same_as() -> Desk:
    """A mail that brings what was registered as a scan before: the clerks are told."""
    desk = Desk()
    letter = forwarded(parts=FILES)
    desk.accept(Register(record_id="r1", mail=letter, serial=13, same_as="r0", same_reference="س.ع/و/12/2026"))
    return desk


def _missing_file() -> Desk:
    """An annex came as a link that nobody here may open: whoever forwarded the letter is asked for the file."""
    link = replace(FILES[0], content_type="text/uri-list", complete=False)
    desk = registered(forwarded(parts=(link,), remarks=("incomplete.cloud",)))
    desk.accept(NoteAnnexRefused(record_id="r1", annex=0, reason="file.forbidden"))
    return desk


def _file_came() -> Desk:
    desk = _missing_file()
    desk.accept(HandIn(record_id="r1", by="huda", files=(FILES[1],)))
    return desk


def _entered(lang: Language) -> Card:
    desk = _delivered()
    told = say(lang, "card.entered", reference=desk.held.reference)
    return record_card(desk.held, PEOPLE["abdullah"], OFFICE, lang, desk.now, told=told, acts=False)


def _step(make: Callable[[], Desk], step: int, person: str, **how: Any) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        number = step or desk.last_step
        return step_card(view(desk.held, number, person, lang), desk.now, **how)

    return draw


def _refused(reason: str, typed: str = "") -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = _referred()
        return step_card(view(desk.held, 2, "omar", lang, say(lang, reason)), desk.now, typed=typed)

    return draw


def _due(hours: int) -> Callable[[], Desk]:
    """A letter with ten working days' time, so many hours after they began."""

    def make() -> Desk:
        desk = registered(office=replace(OFFICE, due=DueRules(days=(("", "", 10),))))
        desk.now += timedelta(hours=hours)
        return desk

    return make


def _reminded(lang: Language) -> Card:
    desk = _due(400)()
    return step_card(view(desk.held, 1, "huda", lang, say(lang, "card.reminder")), desk.now)


def _followed_up() -> Desk:
    units = {**UNITS, "finance": replace(UNITS["finance"], under="legal")}
    desk = registered(office=replace(OFFICE, units=units, due=DueRules(days=(("", "", 1),))))
    desk.now += timedelta(days=30)
    desk.accept(Remind(record_id="r1", step=1))
    return desk


def _already(lang: Language) -> Card:
    desk = _approved()
    shown = view(desk.held, desk.last_step, "huda", lang)
    return step_card(replace(shown, said=recorded(shown)), desk.now)


def _copy() -> Desk:
    desk = _letter()
    desk.accept(Refer(record_id="r1", step=1, by="huda", asked="for_information", to_person="salem"))
    return desk


def _acknowledged() -> Desk:
    desk = _copy()
    desk.accept(Acknowledge(record_id="r1", step=2, by="salem"))
    return desk


def _handed_over() -> Desk:
    desk = _registry()
    desk.accept(Refer(record_id="r1", step=1, by="abdullah", asked="for_action", to_person="huda", note=NOTE))
    return desk


def _closed() -> Desk:
    desk = _registry()
    desk.accept(Close(record_id="r1", step=1, by="abdullah", note="وردت خطأً، وهي موجهة إلى جهة أخرى."))
    return desk


def _referral(lang: Language) -> Card:
    desk = _letter()
    return referral_form(view(desk.held, 1, "huda", lang), desk.now, note=NOTE)


def _referral_refused(lang: Language) -> Card:
    desk = _letter()
    said = say(lang, "refer.nobody")
    return referral_form(view(desk.held, 1, "huda", lang, said), desk.now, disposition="for_reply", note=NOTE)


def _referral_secret(lang: Language) -> Card:
    desk = _secret()
    return referral_form(view(desk.held, 1, "noura", lang), desk.now)


def _note(lang: Language) -> Card:
    return note_form(view(_annotated().held, 1, "huda", lang))


def _record(make: Callable[[], Desk], person: str) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        desk = make()
        return record_card(desk.held, PEOPLE[person], OFFICE, lang, desk.now)

    return draw


def _four() -> list[Waiting]:
    desks = [_letter(), _outside(subject="عاجل جداً: انقطاع الشبكة"), _registry(), _completed()]
    for number, desk in enumerate(desks, start=1):
        desk.record = replace(desk.held, reference=f"س.ع/و/{number}/2026", serial=number)
    return [Waiting(d.held, d.held.steps[-1], f"{TOKEN}-{n}") for n, d in enumerate(desks)]


def _list(*waiting: Waiting, of: int = 0, start: int = 0, late: int = 0) -> Page:
    return Page(waiting, of or len(waiting), late, start, f"list-{TOKEN}")


def _pending(lang: Language) -> Card:
    return pending_card(_list(*_four()), PEOPLE["huda"], OFFICE, lang, _letter().now + timedelta(hours=2))


def _pending_page(lang: Language) -> Card:
    """The second of three pages, with a copy for information among the rest."""
    desk = _copy()
    copied = Waiting(desk.held, desk.held.steps[1], f"{TOKEN}-9")
    salem = PEOPLE["salem"]
    return pending_card(_list(copied, of=14, start=5), salem, OFFICE, lang, desk.now)


def _pending_decided(lang: Language) -> Card:
    """Three were ticked; one was decided on before, and one wants words."""
    results = (
        Result("س.ع/و/1/2026", True, say(lang, "outcome.approved")),
        Result("س.ع/و/2/2026", False, recorded(view(_approved().held, 1, "huda", lang))),
        Result("س.ع/و/3/2026", False, say(lang, "say.reason_missing")),
    )
    came = Pressed(results=results, note="نوقش في الاجتماع", picked=frozenset({f"{TOKEN}-0"}))
    page = _list(*_four()[:2])
    return pending_card(page, PEOPLE["huda"], OFFICE, lang, _letter().now, pressed=came)


def _pending_old(lang: Language) -> Card:
    came = Pressed(say(lang, "list.old"))
    return pending_card(_list(*_four()[:1]), PEOPLE["huda"], OFFICE, lang, _letter().now, pressed=came)


def _pending_secret(lang: Language) -> Card:
    desk = _secret()
    return pending_card(_list(Waiting(desk.held, desk.held.steps[0], TOKEN)), PEOPLE["noura"], OFFICE, lang, desk.now)


def _pending_overdue(lang: Language) -> Card:
    desk = _due(400)()
    waiting = Waiting(desk.held, desk.held.steps[-1], TOKEN)
    assert is_late(waiting.step, desk.now)
    return pending_card(_list(waiting, late=1), PEOPLE["huda"], OFFICE, lang, desk.now)


def _nothing_pending(lang: Language) -> Card:
    return pending_card(Page((), token=f"list-{TOKEN}"), PEOPLE["huda"], OFFICE, lang, _letter().now)


def _found(lang: Language) -> Card:
    desks = [_completed(), _outside(**_LATIN), _secret()]
    for number, desk in enumerate(desks, start=1):
        desk.record = replace(desk.held, reference=f"س.ع/و/{number}/2026", serial=number)
    found = [Found(d.held, None, TOKEN if n == 0 else None) for n, d in enumerate(desks)]
    return found_card(found, "المستندات", PEOPLE["abdullah"], OFFICE, lang, more=True)


def _digest(lang: Language) -> Card:
    """What waits in the morning, the overdue one first."""
    desk = _due(400)()
    waiting = [Waiting(desk.held, desk.held.steps[-1], TOKEN), *_four()[:2]]
    page = _list(*waiting, of=7, late=1)
    return pending_card(page, PEOPLE["huda"], OFFICE, lang, desk.now, title="digest.title", foot="digest.stop")


def _message_form(lang: Language) -> Card:
    typed = Inputs(
        subject="نرجو تزويدنا بكشف العهد", sender_name="سالم العازمي", letter_date="2026-11-21", received_via="chat"
    )
    said = Part(name="message.txt", content_type="text/plain", size_bytes=200, sha256="e" * 64)
    return for_dialog(entry_form(OFFICE, lang, typed, token="b" * 64, files=(said, FILES[1])))


def _several(lang: Language) -> Card:
    records = [_letter().held, _quarantined().held]
    return several_card(records, PEOPLE["noura"], lang)


DELEGATED = Delegation(
    delegation_id="d1",
    from_person="huda",
    to_person="salem",
    starts=NOON,
    until=NOON + timedelta(days=7),
    secrecy="restricted",
    note="إجازة دورية، والملف المالي عند عمر.",
    entered_by="huda",
    entered_at=NOON,
)
ACCEPTED = replace(DELEGATED, accepted_at=NOON, began_at=NOON)
ORDERED = replace(DELEGATED, post="finance", order="ق 12/2026", may_pass_on=True, kinds=("incoming_letter",))
ENDED = replace(ACCEPTED, ended_at=NOON, ended_by="huda", why="revoked")


def _with(*delegations: Delegation) -> Any:
    return replace(OFFICE, delegations=delegations)


def _delegation(one: Delegation, person: str, said: str | None = None) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        asked = Asked(token=TOKEN, record_id="d1", step=0, person=person, version=1)
        shown = DelegationView(asked, one, PEOPLE[person], OFFICE, lang, say(lang, said) if said else None)
        return delegation_card(shown, NOON)

    return draw


def _form(typed: Inputs | None = None, said: str | None = None, **how: Any) -> Callable[[Language], Card]:
    def draw(lang: Language) -> Card:
        return delegation_form(PEOPLE["huda"], OFFICE, lang, NOON, typed, said=say(lang, said) if said else None, **how)

    return draw


def _away(lang: Language) -> Card:
    back = NOON + timedelta(days=14)
    return away_card(AwayView(PEOPLE["huda"], OFFICE, lang, NOON + timedelta(days=2), back), NOON)


def _delegations(lang: Language) -> Card:
    listed = [Listed(ACCEPTED, TOKEN), Listed(replace(DELEGATED, to_person="laila"), None), Listed(ENDED, f"{TOKEN}2")]
    return delegations_card(listed, PEOPLE["huda"], OFFICE, lang, NOON, say(lang, "card.delegate_kept"))


def _no_delegations(lang: Language) -> Card:
    return delegations_card([], PEOPLE["huda"], OFFICE, lang, NOON)


def _stood_in(make: Callable[[Desk], None], lang: Language, office: Any = None) -> Card:
    """Salem's card of what was put before Huda, for whom he acts."""
    acting = _with(ACCEPTED)
    desk = registered(office=acting)
    make(desk)
    shown = view(desk.held, 1, "salem", lang)
    now = office or acting
    return step_card(replace(shown, office=now, person=now.person("salem")), desk.now)


def _decided_for(desk: Desk) -> None:
    desk.accept(Approve(record_id="r1", step=1, by="salem", note="يُعتمد"))


def _why(lang: Language) -> Card:
    office = _with(ACCEPTED, replace(ACCEPTED, delegation_id="d2", to_person="omar"))
    desk = registered(forwarded(sender=OMAR), office)
    laila = office.person("laila")
    return why_card(desk.held, explain(laila, desk.held, office, desk.now), lang)


def _why_you_may(lang: Language) -> Card:
    desk = registered(office=_with(ACCEPTED))
    salem = desk.office.person("salem")
    assert salem is not None
    return why_card(desk.held, explain(salem, desk.held, desk.office, desk.now), lang, TOKEN)


def _why_over(lang: Language) -> Card:
    return why_card(_approved().held, (), lang)


_URGENT = {"subject": "عاجل جداً: انقطاع الشبكة عن مبنى الوزارة", "importance": "high"}
_LATIN = {
    "sender": Address("Cedar Networks Co.", "sales@cedar-net.example"),
    "subject": "Quotation Q-2026/118 for network switches (rev. 3).",
    "parts": tuple(replace(ANNEX, name=f"annex_{n}.pdf", sha256=n * 64) for n in "12345"),
}

SAMPLES: dict[str, Callable[[Language], Card]] = {
    "step-approval": _step(_letter, 1, "huda"),
    "step-action": _step(_referred, 2, "omar"),
    "step-opinion": _step(lambda: _referred("for_study_opinion"), 2, "omar"),
    "step-information": _step(_copy, 2, "salem"),
    "step-copied": _step(_copy, 1, "huda"),
    "step-approve-result": _step(_completed, 0, "huda"),
    "step-returned-to": _step(_returned, 0, "huda"),
    "step-annotated": _step(_annotated, 1, "huda"),
    "step-urgent": _step(lambda: _outside(**_URGENT), 1, "huda"),
    "step-latin": _step(lambda: _outside(**_LATIN), 1, "huda"),
    "step-registry": _step(_registry, 1, "abdullah"),
    "step-quarantine": _step(_quarantined, 1, "abdullah"),
    "step-secret": _step(_secret, 1, "noura"),
    "step-remarked": _step(_remarked, 1, "huda"),
    "step-bounced": _step(lambda: _bounced(_approved()), 0, "abdullah"),
    "step-bounced-secret": _step(_secret_bounced, 0, "abdullah"),
    "step-second-register": _second_register,
    "step-refused": _refused("say.result_missing"),
    "step-told": _step(_annotated, 1, "huda", told="حُفظت المسودة، ولا يراها غيرك."),
    "step-waiting": _step(_referred, 1, "huda"),
    "step-unreached": _step(_unreached, 1, "huda"),
    "step-referred-done": _step(_completed, 1, "huda"),
    "step-handed-over": _step(_handed_over, 1, "abdullah"),
    "step-completed": _step(_completed, 2, "omar"),
    "step-returned": _step(_returned, 2, "omar"),
    "step-acknowledged": _step(_acknowledged, 2, "salem"),
    "step-approved": _step(_approved, 0, "huda"),
    "step-closed": _step(_closed, 1, "abdullah"),
    "step-already": _already,
    "step-due": _step(_due(1), 1, "huda"),
    "step-overdue": _step(_due(400), 1, "huda"),
    "step-reminded": _reminded,
    "step-follow-up": _step(_followed_up, 2, "laila"),
    "pending-overdue": _pending_overdue,
    "form-referral": _referral,
    "form-referral-refused": _referral_refused,
    "form-referral-secret": _referral_secret,
    "step-released": _step(_released, 1, "abdullah"),
    "step-dismissed": _step(_dismissed, 1, "abdullah"),
    "step-proposed": _step(_proposed, 1, "abdullah"),
    "step-delivered": _step(_delivered, 1, "huda"),
    "form-note": _note,
    "form-release": _release_form,
    "form-release-refused": _release_refused,
    "form-sender": _sender_form,
    "form-entry": lambda lang: entry_form(OFFICE, lang),
    "form-entry-refused": _entry_refused,
    "form-entry-files": _entry_files,
    "form-entry-known": _entry_known,
    "step-same-file": _step(_same_as, 2, "abdullah"),
    "step-missing-file": _step(_missing_file, 2, "huda"),
    "step-file-came": _step(_file_came, 2, "huda"),
    "record-entered": _entered,
    "record-released": _record(_released, "noura"),
    "record-open": _record(_completed, "omar"),
    "record-closed": _record(_approved, "omar"),
    "record-bounced": _record(lambda: _bounced(_approved()), "omar"),
    "record-remarked": _record(_remarked, "huda"),
    "record-quarantine": _record(_quarantined, "noura"),
    "record-secret": _record(_secret, "abdullah"),
    "pending": _pending,
    "pending-nothing": _nothing_pending,
    "pending-page": _pending_page,
    "digest": _digest,
    "found": _found,
    "number": lambda lang: number_card(_letter().held, lang, ["29:1abc", "29:1def"]),
    "number-secret": lambda lang: number_card(_secret().held, lang),
    "form-message": _message_form,
    "pending-decided": _pending_decided,
    "pending-old": _pending_old,
    "pending-secret": _pending_secret,
    "help": lambda lang: help_card(lang),
    "help-clerk": lambda lang: help_card(lang, clerk=True),
    "help-not-understood": lambda lang: help_card(lang, sorry=say(lang, "chat.not_understood")),
    "help-greeting": lambda lang: help_card(lang, say(lang, "chat.greeting", name=PEOPLE["huda"].name)),
    "welcome": lambda lang: welcome_card(PEOPLE["huda"], lang),
    "several": _several,
    "form-delegation": _form(),
    "form-delegation-found": _form(search="ليلى"),
    "form-delegation-nobody": _form(search="لا أحد"),
    "form-delegation-refused": _form(Inputs(to="omar", ends="2026-11-20", kinds="incoming_letter"), "delegate.no_time"),
    "form-delegation-away": _away,
    "delegation-asked": _delegation(DELEGATED, "salem"),
    "delegation-waits": _delegation(DELEGATED, "huda"),
    "delegation-coming": _delegation(replace(ACCEPTED, starts=NOON + timedelta(days=1)), "salem"),
    "delegation-working": _delegation(ACCEPTED, "huda"),
    "delegation-taken-on": _delegation(ACCEPTED, "salem"),
    "delegation-ordered": _delegation(ORDERED, "salem"),
    "delegation-over": _delegation(ENDED, "salem", "delegate.over"),
    "delegation-declined": _delegation(replace(DELEGATED, declined=True), "huda"),
    "delegations": _delegations,
    "delegations-none": _no_delegations,
    "step-for-another": lambda lang: _stood_in(lambda desk: None, lang),
    "step-decided-for-another": lambda lang: _stood_in(_decided_for, lang),
    "step-no-longer-yours": lambda lang: _stood_in(lambda desk: None, lang, OFFICE),
    "why": _why,
    "why-you-may": _why_you_may,
    "why-over": _why_over,
    **CIRCUIT_SAMPLES,
    **SENDING_SAMPLES,
    **REPLY_SAMPLES,
    **VERB_SAMPLES,
    **DOCUMENT_SAMPLES,
    **dialog_samples(_secret, view, PEOPLE, OFFICE, TOKEN),
}
