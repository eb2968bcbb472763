"""Writing mail: drafts, changes, moves, attachments."""

import base64
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.desk import BOX, HUDA, IMMUTABLE, Desk, letter, to

PROPERTY = "String {6c2f8a10-3c1e-4a55-9a0e-0f4c2d5b7e21} Name Key"
MB = 1024 * 1024


def draft(desk: Desk, prefer: str = IMMUTABLE, **more: Any) -> dict[str, Any]:
    told = desk.call("POST", f"{BOX}/messages", {"subject": "رد", **more}, by="app", prefer=prefer)
    assert told.status == 201, told.body
    return dict(told.json())


def test_a_draft_keeps_what_it_was_made_of(desk: Desk) -> None:
    made = draft(
        desk,
        body={"contentType": "HTML", "content": "<p>نص</p>"},
        toRecipients=to(HUDA),
        internetMessageHeaders=[{"name": "x-registry-id", "value": "IN-1"}],
        singleValueExtendedProperties=[{"id": PROPERTY, "value": "r1"}],
        importance="high",
    )
    assert (made["isDraft"], made["isRead"], made["importance"]) == (True, True, "high")
    assert made["body"] == {"contentType": "html", "content": "<p>نص</p>"}
    assert made["bodyPreview"] == "نص"
    raw = desk.call("GET", f"{BOX}/messages/{made['id']}/$value", by="app").body
    parsed = message_from_bytes(raw, policy=default)
    assert (parsed["Subject"], parsed["x-registry-id"], parsed["Importance"]) == ("رد", "IN-1", "high")
    assert parsed["Message-ID"] == made["internetMessageId"]
    written = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'r1')"
    found = desk.get(f"{BOX}/mailFolders/drafts/messages?$filter={quote(written)}", prefer=IMMUTABLE)["value"]
    assert [each["id"] for each in found] == [made["id"]]


def test_a_draft_can_be_made_of_mime(desk: Desk) -> None:
    raw = letter(sender="<registry@ministry.example>", more="X-Registry-Id: 7\r\nAuto-Submitted: auto-generated\r\n")
    told = desk.call("POST", f"{BOX}/messages", base64.b64encode(raw), by="app", content_type="text/plain")
    assert (told.status, told.json()["subject"], told.json()["isDraft"]) == (201, "Budget", True)
    assert told.json()["internetMessageId"] == "<one@outside.example>"
    value = desk.call("GET", f"{BOX}/messages/{told.json()['id']}/$value", by="app").body
    assert b"Auto-Submitted: auto-generated\r\n" in value
    bad = desk.call("POST", f"{BOX}/messages", b"abc", by="app", content_type="text/plain")
    assert (bad.status, bad.json()["error"]["code"]) == (400, "ErrorMimeContentInvalidBase64String")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"colour": "red"}, "RequestBodyRead"),
        ({"hasAttachments": True}, "ErrorInvalidPropertySet"),
        ({"internetMessageHeaders": [{"name": "Subject", "value": "x"}]}, "InvalidInternetMessageHeader"),
        (
            {"internetMessageHeaders": [{"name": f"x-{n}", "value": "x"} for n in range(6)]},
            "InvalidInternetMessageHeader",
        ),
        ({"toRecipients": [{"address": HUDA}]}, "ErrorInvalidRecipients"),
        ({"singleValueExtendedProperties": [{"id": "Key", "value": "x"}]}, "ErrorInvalidExtendedProperty"),
        ({"attachments": [{"name": "x"}]}, "BadRequest"),
    ],
)
def test_what_is_no_property_or_not_to_be_written_is_refused(desk: Desk, said: dict[str, Any], code: str) -> None:
    told = desk.call("POST", f"{BOX}/messages", said, by="app")
    assert (told.status, told.json()["error"]["code"]) == (400, code)
    assert desk.get(f"{BOX}/messages")["value"] == []


def test_nobody_drafts_in_another_name(desk: Desk) -> None:
    told = desk.call("POST", f"{BOX}/messages", {"from": to(HUDA)[0]}, by="app")
    assert (told.status, told.json()["error"]["code"]) == (403, "ErrorSendAsDenied")


def test_a_body_that_is_no_json_object_is_refused(desk: Desk) -> None:
    for body in (b"{", b"[]", b'"x"'):
        assert desk.call("POST", f"{BOX}/messages", body, by="app", content_type="application/json").status == 400


def test_of_a_received_letter_only_the_marks_change(desk: Desk) -> None:
    message = desk.arrive(letter())
    said = {
        "categories": ["مقيد IN-1"],
        "isRead": True,
        "singleValueExtendedProperties": [{"id": PROPERTY, "value": "r1"}],
    }
    told = desk.call("PATCH", f"{BOX}/messages/{message}", said, by="app").json()
    assert (told["categories"], told["isRead"], told["subject"]) == (["مقيد IN-1"], True, "Budget")
    forbidden_ones: list[dict[str, Any]] = [{"subject": "other"}, {"body": {"content": "x"}}, {"toRecipients": []}]
    for forbidden in forbidden_ones:
        refused = desk.call("PATCH", f"{BOX}/messages/{message}", forbidden, by="app")
        assert (refused.status, refused.json()["error"]["code"]) == (400, "ErrorInvalidPropertySet")


def test_another_property_is_added_to_those_that_stand(desk: Desk) -> None:
    message = desk.arrive(letter())
    for number in (1, 2):
        said = {"singleValueExtendedProperties": [{"id": f"{PROPERTY}{number}", "value": "x"}]}
        desk.call("PATCH", f"{BOX}/messages/{message}", said, by="app")
    wanted = f"id eq '{PROPERTY}1' or id eq '{PROPERTY}2'"
    expand = quote(f"singleValueExtendedProperties($filter={wanted})")
    assert len(desk.get(f"{BOX}/messages/{message}?$expand={expand}")["singleValueExtendedProperties"]) == 2


def test_a_change_against_an_older_version_is_412(desk: Desk) -> None:
    message = desk.arrive(letter())
    etag = desk.get(f"{BOX}/messages/{message}")["@odata.etag"]
    assert desk.call("PATCH", f"{BOX}/messages/{message}", {"isRead": True}, by="app", if_match=etag).status == 200
    told = desk.call("PATCH", f"{BOX}/messages/{message}", {"isRead": False}, by="app", if_match=etag)
    assert (told.status, told.json()["error"]["code"]) == (412, "ErrorIrresolvableConflict")
    assert desk.get(f"{BOX}/messages/{message}")["isRead"] is True


def test_a_move_gives_a_new_id_except_to_who_prefers_immutable_ones(desk: Desk) -> None:
    stays = desk.arrive(letter())
    before = desk.get(f"{BOX}/messages/{stays}")["id"]
    moved = desk.call("POST", f"{BOX}/messages/{before}/move", {"destinationId": "archive"}, by="app")
    assert (moved.status, moved.json()["id"] != before) == (201, True)
    gone = desk.call("GET", f"{BOX}/messages/{before}", by="app")
    assert (gone.status, gone.json()["error"]["code"]) == (404, "ErrorItemNotFound")
    assert desk.get(f"{BOX}/messages/{stays}", prefer=IMMUTABLE)["id"] == stays
    archive = desk.get(f"{BOX}/mailFolders/archive")["id"]
    assert desk.get(f"{BOX}/messages/{moved.json()['id']}")["parentFolderId"] == archive


def test_a_copy_is_another_message_of_the_same_letter(desk: Desk) -> None:
    first = desk.arrive(letter())
    copied = desk.call("POST", f"{BOX}/messages/{first}/copy", {"DestinationId": "archive"}, by="app", prefer=IMMUTABLE)
    assert (copied.status, copied.json()["id"] != first) == (201, True)
    found = desk.get(f"{BOX}/messages?$filter={quote("internetMessageId eq '<one@outside.example>'")}")["value"]
    assert len(found) == 2


def test_a_move_to_nowhere_is_refused(desk: Desk) -> None:
    message = desk.arrive(letter())
    assert desk.call("POST", f"{BOX}/messages/{message}/move", {"destinationId": "nowhere"}, by="app").status == 404
    assert desk.call("POST", f"{BOX}/messages/{message}/move", {}, by="app").status == 400


def test_what_is_deleted_can_be_recovered_until_it_is_deleted_again(desk: Desk) -> None:
    message = desk.arrive(letter())
    assert desk.call("DELETE", f"{BOX}/messages/{message}", by="app").status == 204
    assert desk.get(f"{BOX}/messages")["value"] == []
    assert desk.get(f"{BOX}/messages/{message}")["subject"] == "Budget"
    assert desk.call("DELETE", f"{BOX}/messages/{message}", by="app").status == 204
    assert desk.call("GET", f"{BOX}/messages/{message}", by="app").status == 404


################################################################
# Attachments
################################################################


def file(name: str = "a.pdf", content: bytes = b"%PDF", **more: Any) -> dict[str, Any]:
    encoded = base64.b64encode(content).decode()
    kind = {"@odata.type": "#microsoft.graph.fileAttachment", "contentType": "application/pdf"}
    return {**kind, "name": name, "contentBytes": encoded, **more}


def test_a_small_file_is_attached_listed_and_fetched(desk: Desk) -> None:
    made = draft(desk)
    path = f"{BOX}/messages/{made['id']}/attachments"
    told = desk.call("POST", path, file("ملحق.pdf"), by="app")
    assert told.status == 201
    listed = desk.get(f"{path}?$select=id,name,contentType,size,isInline")["value"]
    assert [(each["name"], "contentBytes" in each) for each in listed] == [("ملحق.pdf", False)]
    assert listed[0]["size"] > 4
    fetched = desk.call("GET", f"{path}/{told.json()['id']}/$value", by="app")
    assert (fetched.body, fetched.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert base64.b64decode(desk.get(f"{path}/{told.json()['id']}")["contentBytes"]) == b"%PDF"
    assert desk.call("DELETE", f"{path}/{told.json()['id']}", by="app").status == 204
    assert desk.get(path)["value"] == []


def test_a_letter_is_shown_with_its_attachments_when_they_are_expanded(desk: Desk) -> None:
    made = draft(desk, attachments=[file()])
    assert "attachments" not in desk.get(f"{BOX}/messages/{made['id']}")
    shown = desk.get(f"{BOX}/messages/{made['id']}?$expand=attachments")["attachments"]
    assert [(each["name"], base64.b64decode(each["contentBytes"])) for each in shown] == [("a.pdf", b"%PDF")]


def test_the_bytes_of_a_file_are_selected_through_its_type(desk: Desk) -> None:
    made = draft(desk, attachments=[file()])
    path = f"{BOX}/messages/{made['id']}/attachments"
    assert desk.call("GET", f"{path}?$select=contentBytes", by="app").status == 400
    listed = desk.get(f"{path}?$select=name,microsoft.graph.fileAttachment/contentBytes")["value"]
    assert [base64.b64decode(each["contentBytes"]) for each in listed] == [b"%PDF"]


def test_a_letter_with_only_inline_pictures_says_it_has_no_attachments(desk: Desk) -> None:
    made = draft(desk, attachments=[file("logo.png", b"png", isInline=True, contentId="logo")])
    assert desk.get(f"{BOX}/messages/{made['id']}")["hasAttachments"] is False
    assert len(desk.get(f"{BOX}/messages/{made['id']}/attachments")["value"]) == 1


def test_a_letter_forwarded_as_attachment_is_an_item_with_its_own_mime(desk: Desk) -> None:
    inner = letter("الكتاب الأصل", key="inner")
    outer = letter(
        more='MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n',
        text="--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner.decode()
        + "\r\n--b--",
    )
    path = f"{BOX}/messages/{desk.arrive(outer)}/attachments"
    listed = desk.get(f"{path}?$expand=microsoft.graph.itemattachment/item")["value"]
    assert [(each["@odata.type"], each["name"]) for each in listed] == [
        ("#microsoft.graph.itemAttachment", "الكتاب الأصل")
    ]
    assert listed[0]["item"]["internetMessageId"] == "<inner@outside.example>"
    raw = desk.call("GET", f"{path}/{listed[0]['id']}/$value", by="app").body
    assert message_from_bytes(raw, policy=default)["Message-ID"] == "<inner@outside.example>"


def test_of_a_link_to_a_file_there_are_no_bytes(desk: Desk) -> None:
    link = {"@odata.type": "#microsoft.graph.referenceAttachment", "name": "plan.docx"}
    made = draft(desk, attachments=[link])
    path = f"{BOX}/messages/{made['id']}/attachments"
    listed = desk.get(path)["value"]
    assert listed[0]["@odata.type"] == "#microsoft.graph.referenceAttachment"
    assert desk.call("GET", f"{path}/{listed[0]['id']}/$value", by="app").status == 405


def test_more_than_four_megabytes_do_not_go_in_one_request(desk: Desk) -> None:
    made = draft(desk)
    told = desk.call("POST", f"{BOX}/messages/{made['id']}/attachments", file(content=b"x" * 4 * MB), by="app")
    assert told.status == 413


def open_session(desk: Desk, message: str, size: int) -> Any:
    item = {"AttachmentItem": {"attachmentType": "file", "name": "annex.pdf", "size": size}}
    return desk.call("POST", f"{BOX}/messages/{message}/attachments/createUploadSession", item, by="app")


def put(desk: Desk, url: str, content: bytes, first: int, total: int, **headers: str) -> Any:
    span = f"bytes {first}-{first + len(content) - 1}/{total}"
    return desk.call("PUT", url, content, content_range=span, **headers)


def test_a_large_file_is_uploaded_in_ranges_without_a_token(desk: Desk) -> None:
    made, content = draft(desk), bytes(range(256)) * (4 * MB // 256) + b"the end"
    session = open_session(desk, made["id"], len(content))
    assert (session.status, session.json()["nextExpectedRanges"]) == (201, ["0-"])
    url = session.json()["uploadUrl"]
    first = put(desk, url, content[: 3 * MB], 0, len(content))
    assert (first.status, first.json()["nextExpectedRanges"]) == (200, [f"{3 * MB}-"])
    assert put(desk, url, content[: 3 * MB], 0, len(content)).status == 416
    assert desk.call("GET", url).json()["nextExpectedRanges"] == [f"{3 * MB}-"]
    last = put(desk, url, content[3 * MB :], 3 * MB, len(content))
    assert (last.status, last.body, "/attachments/" in last.headers["location"]) == (201, b"", True)
    path = f"{BOX}/messages/{made['id']}/attachments"
    listed = desk.get(f"{path}?$select=id,name")["value"]
    assert [each["name"] for each in listed] == ["annex.pdf"]
    assert desk.call("GET", f"{path}/{listed[0]['id']}/$value", by="app").body == content
    assert desk.call("GET", url).status == 404


def test_an_upload_url_refuses_a_token(desk: Desk) -> None:
    url = open_session(desk, draft(desk)["id"], 3 * MB).json()["uploadUrl"]
    assert put(desk, url, b"x" * MB, 0, 3 * MB, authorization=f"Bearer {desk.token('app')}").status == 401


def test_a_small_file_gets_no_upload_session(desk: Desk) -> None:
    told = open_session(desk, draft(desk)["id"], 3 * MB - 1)
    assert (told.status, told.json()["error"]["code"]) == (
        400,
        "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
    )


def test_a_cancelled_upload_is_gone(desk: Desk) -> None:
    url = open_session(desk, draft(desk)["id"], 3 * MB).json()["uploadUrl"]
    assert desk.call("DELETE", url).status == 204
    assert put(desk, url, b"x" * MB, 0, 3 * MB).status == 404
