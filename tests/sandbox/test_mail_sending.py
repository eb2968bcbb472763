"""Sending: drafts leave, letters arrive, copies lie in Sent Items; replies and forwards quote as Outlook does."""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from tests.sandbox.desk import BOX, HUDA, IMMUTABLE, LAILA, NOURA, REGISTRY, Desk, letter, to

ARABIC_LETTER = letter(
    "=?utf-8?B?2YXZitiy2KfZhtmK2Kk=?=",  # ميزانية
    sender="=?utf-8?B?2KjZhtmD?= <bank@outside.example>",  # بنك
    text="نص الكتاب",
    more="Content-Type: text/plain; charset=utf-8\r\n",
)


def mime(desk: Desk, message: str, by: str = "app") -> EmailMessage:
    user = REGISTRY if by == "app" else by
    raw = desk.call("GET", f"/v1.0/users/{user}/messages/{message}/$value", by=by).body
    return message_from_bytes(raw, policy=default)


def html_of(parsed: EmailMessage) -> str:
    body = parsed.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def sent_draft(desk: Desk, **more: Any) -> str:
    said = {"subject": "s", "toRecipients": to(NOURA), **more}
    made = desk.call("POST", f"{BOX}/messages", said, by="app", prefer=IMMUTABLE).json()["id"]
    told = desk.call("POST", f"{BOX}/messages/{made}/send", by="app")
    assert (told.status, told.body) == (202, b"")
    return str(made)


def test_a_sent_draft_is_for_a_moment_nowhere_and_then_in_sent_items_under_its_immutable_id(desk: Desk) -> None:
    message = sent_draft(desk)
    assert desk.call("GET", f"{BOX}/messages/{message}", by="app").status == 404
    desk.driver.advance(1)
    copy = desk.get(f"{BOX}/messages/{message}", prefer=IMMUTABLE)
    assert (copy["id"], copy["isDraft"]) == (message, False)
    assert copy["parentFolderId"] == desk.get(f"{BOX}/mailFolders/sentitems")["id"]
    assert desk.get(f"{BOX}/mailFolders/drafts")["totalItemCount"] == 0


def test_the_usual_id_of_a_draft_is_not_the_id_of_its_copy(desk: Desk) -> None:
    made = desk.call("POST", f"{BOX}/messages", {"toRecipients": to(NOURA)}, by="app").json()["id"]
    desk.call("POST", f"{BOX}/messages/{made}/send", by="app")
    desk.driver.advance(1)
    assert desk.call("GET", f"{BOX}/messages/{made}", by="app").status == 404


def test_a_letter_from_within_arrives_proven_with_the_senders_arabic_name(desk: Desk) -> None:
    sent_draft(desk, subject="كتاب رقم ١٢٣ بشأن الميزانية العامة للسنة المالية القادمة وملحقاتها")
    desk.driver.advance(1)
    (arrived,) = desk.inbox(NOURA)
    parsed = mime(desk, arrived["id"], NOURA)
    assert parsed["Subject"] == "كتاب رقم ١٢٣ بشأن الميزانية العامة للسنة المالية القادمة وملحقاتها"
    assert parsed["From"].addresses[0].display_name == "السجل العام"
    assert "spf=pass" in parsed["Authentication-Results"]
    assert "dmarc=pass" in parsed["Authentication-Results"]
    assert parsed["X-MS-Exchange-Organization-AuthAs"] == "Internal"
    copy = desk.get(f"{BOX}/mailFolders/sentitems/messages")["value"][0]
    assert copy["internetMessageId"] == arrived["internetMessageId"] == parsed["Message-ID"]
    assert copy["conversationId"] != arrived["conversationId"]
    assert copy["conversationIndex"] == arrived["conversationIndex"]


def test_attachments_arrive_with_their_arabic_names(desk: Desk) -> None:
    content = {"contentBytes": base64.b64encode(b"%PDF").decode(), "contentType": "application/pdf"}
    name = "كشف المستندات المطلوبة للربع الثاني من السنة المالية.pdf"
    sent_draft(desk, attachments=[{"@odata.type": "#microsoft.graph.fileAttachment", "name": name, **content}])
    desk.driver.advance(1)
    (arrived,) = desk.inbox(NOURA)
    assert arrived["hasAttachments"] is True
    parsed = mime(desk, arrived["id"], NOURA)
    assert [(part.get_filename(), part.get_content()) for part in parsed.iter_attachments()] == [(name, b"%PDF")]


def test_who_is_blind_copied_is_named_to_nobody(desk: Desk) -> None:
    sent_draft(desk, bccRecipients=to(HUDA))
    desk.driver.advance(1)
    assert len(desk.inbox(HUDA)) == 1
    assert HUDA not in str(mime(desk, desk.inbox(NOURA)[0]["id"], NOURA))


def test_who_is_outside_gets_the_bytes_and_nobody_is_written_to_twice(desk: Desk) -> None:
    sent_draft(desk, toRecipients=to("a@outside.example", "A@outside.example", NOURA))
    desk.driver.advance(1)
    outside = desk.call("GET", "/sandbox/outside").json()
    assert [(each["to"], each["from"]) for each in outside] == [("a@outside.example", REGISTRY)]
    raw = desk.call("GET", outside[0]["mime"]).body
    assert message_from_bytes(raw, policy=default)["Message-ID"] == outside[0]["internet_message_id"]


def test_an_address_of_our_domain_that_nobody_has_comes_back_undeliverable(desk: Desk) -> None:
    sent_draft(desk, toRecipients=to("ghost@ministry.example"))
    desk.driver.advance(1)
    (returned,) = desk.inbox("app")
    parsed = mime(desk, returned["id"])
    assert parsed.get_content_type() == "multipart/report"
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert "ghost@ministry.example" in str(parsed)


@pytest.mark.parametrize("addresses", [[], ["no address"], ["a@b@c"], ["اسم@outside.example"]])
def test_what_cannot_go_is_refused_and_stays_a_draft(desk: Desk, addresses: list[str]) -> None:
    made = desk.call("POST", f"{BOX}/messages", {"toRecipients": to(*addresses)}, by="app").json()["id"]
    told = desk.call("POST", f"{BOX}/messages/{made}/send", by="app")
    assert (told.status, told.json()["error"]["code"]) == (400, "ErrorInvalidRecipients")
    assert desk.get(f"{BOX}/messages/{made}")["isDraft"] is True


def test_what_was_sent_cannot_be_sent_again(desk: Desk) -> None:
    message = sent_draft(desk)
    desk.driver.advance(1)
    assert desk.call("POST", f"{BOX}/messages/{message}/send", by="app").status == 400
    desk.driver.advance(1)
    assert len(desk.inbox(NOURA)) == 1


def test_send_mail_takes_its_parameters_in_any_case_and_keeps_a_copy_unless_told_not_to(desk: Desk) -> None:
    for parameters in ({"Message": {"subject": "1"}}, {"message": {"subject": "2"}, "saveToSentItems": False}):
        message = next(value for name, value in parameters.items() if name.lower() == "message")
        message["toRecipients"] = to(NOURA)  # type: ignore[index]
        told = desk.call("POST", f"{BOX}/sendMail", parameters, by="app")
        assert (told.status, told.body) == (202, b"")
    desk.driver.advance(1)
    assert {each["subject"] for each in desk.inbox(NOURA)} == {"1", "2"}
    assert [each["subject"] for each in desk.get(f"{BOX}/messages")["value"]] == ["1"]


def test_send_mail_takes_mime(desk: Desk) -> None:
    raw = f"From: {REGISTRY}\r\nTo: {NOURA}\r\nSubject: raw\r\nAuto-Submitted: auto-generated\r\n\r\nx".encode()
    told = desk.call("POST", f"{BOX}/sendMail", base64.b64encode(raw), by="app", content_type="text/plain")
    assert told.status == 202
    desk.driver.advance(1)
    (arrived,) = desk.inbox(NOURA)
    assert mime(desk, arrived["id"], NOURA)["Auto-Submitted"] == "auto-generated"


def test_a_forward_carries_the_letter_under_outlooks_arabic_head(desk: Desk) -> None:
    received = desk.arrive(ARABIC_LETTER, HUDA)
    said = {"comment": "للتسجيل", "toRecipients": to(REGISTRY)}
    assert desk.call("POST", f"/v1.0/me/messages/{received}/forward", said, by=HUDA).status == 202
    desk.driver.advance(1)
    (arrived,) = desk.inbox("app")
    assert arrived["subject"] == "إعادة توجيه: ميزانية"
    content = arrived["body"]["content"]
    head = content[content.index("divRplyFwdMsg") :]
    for line in ("<b>من:</b> بنك &lt;bank@outside.example&gt;", "<b>تم الإرسال:</b> الأحد، 22 نوفمبر، 2026 11:00 ص"):
        assert line in head
    for line in (f"<b>إلى:</b> {REGISTRY}", "<b>الموضوع:</b> ميزانية"):
        assert line in head
    assert content.index("للتسجيل") < content.index("<hr") < content.index("نص الكتاب")
    parsed = mime(desk, arrived["id"])
    assert parsed["References"].split() == parsed["In-Reply-To"].split() == ["<one@outside.example>"]


def test_a_forward_by_an_english_reader_has_the_english_head(desk: Desk) -> None:
    received = desk.arrive(letter("RE: FW: Budget"), LAILA)
    told = desk.call("POST", f"/v1.0/me/messages/{received}/createForward", {"toRecipients": to(REGISTRY)}, by=LAILA)
    made = told.json()
    assert (told.status, made["subject"], made["isDraft"]) == (201, "Fw: Budget", True)
    assert "<b>Sent:</b> Sunday, November 22, 2026 11:00 AM" in made["body"]["content"]
    assert 'dir="ltr"' in made["body"]["content"]


def test_a_forward_carries_all_attachments_and_a_reply_only_the_pictures_shown(desk: Desk) -> None:
    parts = "".join(
        f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: {disposition}\r\n{more}\r\nx\r\n"
        for kind, disposition, more in (
            ("application/pdf", 'attachment; filename="a.pdf"', ""),
            ("image/png", 'inline; filename="logo.png"', "Content-ID: <logo>\r\n"),
        )
    )
    text = f'--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:logo">\r\n{parts}--b--'
    more = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
    received = desk.arrive(letter(text=text, more=more), HUDA)
    names = {}
    for action in ("createForward", "createReply"):
        made = desk.call("POST", f"/v1.0/me/messages/{received}/{action}", {}, by=HUDA).json()["id"]
        listed = desk.get(f"/v1.0/me/messages/{made}/attachments?$select=name", HUDA)["value"]
        names[action] = [each["name"] for each in listed]
    assert names == {"createForward": ["a.pdf", "logo.png"], "createReply": ["logo.png"]}


def test_a_reply_stays_in_its_thread_on_both_sides(desk: Desk) -> None:
    received = desk.arrive(letter())
    made = desk.call("POST", f"{BOX}/messages/{received}/createReply", {"comment": "تم"}, by="app", prefer=IMMUTABLE)
    original = desk.get(f"{BOX}/messages/{received}")
    assert made.status == 201
    assert made.json()["toRecipients"] == [original["from"]]
    assert made.json()["conversationId"] == original["conversationId"]
    assert made.json()["conversationIndex"].startswith(original["conversationIndex"].rstrip("=")[:-1])
    assert made.json()["subject"] == "رد: Budget"
    desk.call("POST", f"{BOX}/messages/{made.json()['id']}/send", by="app")
    desk.driver.advance(1)
    raw = desk.call("GET", desk.call("GET", "/sandbox/outside").json()[0]["mime"]).body
    parsed = message_from_bytes(raw, policy=default)
    assert parsed["In-Reply-To"] == "<one@outside.example>"
    answer = letter("Re: Budget", key="two", more=f"References: <one@outside.example> {parsed['Message-ID']}\r\n")
    assert desk.get(f"{BOX}/messages/{desk.arrive(answer)}")["conversationId"] == original["conversationId"]


def test_a_letter_and_its_forward_and_the_answer_are_one_thread_in_every_mailbox_they_reach(desk: Desk) -> None:
    received = desk.arrive(letter(), HUDA)
    desk.call("POST", f"/v1.0/me/messages/{received}/forward", {"toRecipients": to(REGISTRY)}, by=HUDA)
    desk.driver.advance(1)
    (forwarded,) = desk.inbox("app")
    desk.call("POST", f"{BOX}/messages/{forwarded['id']}/reply", {"comment": "قيد"}, by="app")
    desk.driver.advance(1)
    threads = {message["conversationId"] for message in desk.get("/v1.0/me/messages?$top=50", HUDA)["value"]}
    assert len(desk.inbox(HUDA)) == 2
    assert len(threads) == 1


def test_an_answer_written_elsewhere_joins_by_its_thread_index_alone(desk: Desk) -> None:
    first = desk.get(f"{BOX}/messages/{desk.arrive(letter(key='1'))}")
    more = f"Thread-Index: {first['conversationIndex']}\r\n"
    second = desk.get(f"{BOX}/messages/{desk.arrive(letter('Other words', key='2', more=more))}")
    assert second["conversationId"] == first["conversationId"]


def test_a_letter_with_the_same_subject_is_another_thread(desk: Desk) -> None:
    threads = {desk.get(f"{BOX}/messages/{desk.arrive(letter(key=key))}")["conversationId"] for key in ("1", "2")}
    assert len(threads) == 2


def test_a_reply_goes_where_the_letter_wants_it(desk: Desk) -> None:
    received = desk.arrive(letter(more="Reply-To: office@outside.example\r\n"))
    made = desk.call("POST", f"{BOX}/messages/{received}/createReply", {}, by="app").json()
    assert [each["emailAddress"]["address"] for each in made["toRecipients"]] == ["office@outside.example"]


def test_a_reply_to_all_leaves_out_who_replies(desk: Desk) -> None:
    raw = letter().replace(f"To: {REGISTRY}".encode(), f"To: {REGISTRY}, {HUDA}\r\nCc: {NOURA}".encode())
    made = desk.call("POST", f"{BOX}/messages/{desk.arrive(raw)}/createReplyAll", {}, by="app").json()
    assert [each["emailAddress"]["address"] for each in made["toRecipients"]] == ["bank@outside.example", HUDA]
    assert [each["emailAddress"]["address"] for each in made["ccRecipients"]] == [NOURA]


def test_a_comment_and_a_body_cannot_both_be_given(desk: Desk) -> None:
    received = desk.arrive(letter())
    said = {"comment": "x", "message": {"body": {"contentType": "text", "content": "y"}}}
    for action in ("createReply", "createForward", "reply"):
        assert desk.call("POST", f"{BOX}/messages/{received}/{action}", said, by="app").status == 400


def test_a_reply_is_sent_at_once_by_the_action_of_that_name(desk: Desk) -> None:
    received = desk.arrive(letter(sender=f"<{HUDA}>"))
    said = {"message": {"body": {"contentType": "html", "content": "<b>رقم القيد 1</b>"}}}
    assert desk.call("POST", f"{BOX}/messages/{received}/reply", said, by="app").status == 202
    desk.driver.advance(1)
    (arrived,) = desk.inbox(HUDA)
    assert "<b>رقم القيد 1</b>" in html_of(mime(desk, arrived["id"], HUDA))


def test_without_the_right_to_send_nothing_goes(desk: Desk) -> None:
    desk.tenant.ministry["app"] = {**desk.tenant.ministry["app"], "mailbox_roles": ["Mail.ReadWrite"]}
    made = desk.call("POST", f"{BOX}/messages", {"toRecipients": to(NOURA)}, by="app").json()["id"]
    told = desk.call("POST", f"{BOX}/messages/{made}/send", by="app")
    assert (told.status, told.json()["error"]["code"]) == (403, "ErrorAccessDenied")


def test_a_link_to_a_file_stays_a_link_at_the_other_end(desk: Desk) -> None:
    sent_draft(desk, attachments=[{"@odata.type": "#microsoft.graph.referenceAttachment", "name": "plan.docx"}])
    desk.driver.advance(1)
    (arrived,) = desk.inbox(NOURA)
    listed = desk.get(f"/v1.0/me/messages/{arrived['id']}/attachments", NOURA)["value"]
    assert [each["@odata.type"] for each in listed] == ["#microsoft.graph.referenceAttachment"]
    assert not list(mime(desk, arrived["id"], NOURA).iter_attachments())
