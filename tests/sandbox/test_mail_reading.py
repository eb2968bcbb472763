"""Reading a mailbox: lists, filters, one message, its bytes."""

from urllib.parse import quote

import pytest

from sandbox.tenant.limits import MAILBOX_REQUESTS
from tests.sandbox.desk import BOX, HUDA, IMMUTABLE, NOURA, REGISTRY, Desk, letter, to

SENDER_ID = "String {6c2f8a10-3c1e-4a55-9a0e-0f4c2d5b7e21} Name RegistryId"


def test_a_list_begins_with_the_newest_and_shows_ten(desk: Desk) -> None:
    for number in range(12):
        desk.arrive(letter(f"n{number}", key=str(number)))
        desk.driver.advance(1)
    page = desk.get(f"{BOX}/mailFolders/inbox/messages?$select=subject")
    assert [message["subject"] for message in page["value"]] == [f"n{number}" for number in range(11, 1, -1)]
    rest = desk.get(page["@odata.nextLink"])
    assert [message["subject"] for message in rest["value"]] == ["n1", "n0"]
    assert "@odata.nextLink" not in rest


def test_mail_that_arrives_between_two_pages_shifts_them(desk: Desk) -> None:
    for number in range(3):
        desk.arrive(letter(f"n{number}", key=str(number)))
        desk.driver.advance(1)
    page = desk.get(f"{BOX}/messages?$top=2&$select=subject")
    desk.arrive(letter("new", key="new"))
    rest = desk.get(page["@odata.nextLink"])
    assert [message["subject"] for message in (*page["value"], *rest["value"])] == ["n2", "n1", "n1", "n0"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("receivedDateTime ge 2026-11-22T09:01:00Z", ["n2", "n1"]),
        ("receivedDateTime lt 2026-11-22T09:02:00Z and receivedDateTime gt 2026-11-22T09:00:00Z", ["n1"]),
        ("receivedDateTime ge 2026-11-22T12:02:00+03:00", ["n2"]),
        ("receivedDateTime ge 2026-11-22T09:02:00 00:00", ["n2"]),
        ("internetMessageId eq '<1@outside.example>'", ["n1"]),
        ("isDraft eq false and internetMessageId eq '<1@outside.example>'", ["n1"]),
        ("isDraft eq true", []),
        ("from/emailAddress/address eq 'bank@outside.example'", ["n2", "n1", "n0"]),
        ("contains(subject,'n') and not startswith(subject,'n0')", ["n2", "n1"]),
        ("subject eq 'n0' or subject eq 'n2'", ["n2", "n0"]),
        ("subject eq 'it''s'", []),
    ],
)
def test_messages_are_found_by_filters(desk: Desk, written: str, expected: list[str]) -> None:
    for number in range(3):
        desk.arrive(letter(f"n{number}", key=str(number)))
        desk.driver.advance(60)
    page = desk.get(f"{BOX}/mailFolders/inbox/messages?$select=subject&$filter={quote(written)}")
    assert [message["subject"] for message in page["value"]] == expected


def test_an_extended_property_finds_its_message_and_is_shown_only_when_expanded(desk: Desk) -> None:
    here, other = desk.arrive(letter(key="1")), desk.arrive(letter(key="2"))
    for message, value in ((here, "IN-1"), (other, "IN-2")):
        said = {"singleValueExtendedProperties": [{"id": SENDER_ID, "value": value}]}
        assert desk.call("PATCH", f"{BOX}/messages/{message}", said, by="app").status == 200
    written = f"singleValueExtendedProperties/Any(ep: ep/id eq '{SENDER_ID}' and ep/value eq 'IN-1')"
    found = desk.get(f"{BOX}/messages?$filter={quote(written)}", prefer=IMMUTABLE)["value"]
    assert [message["id"] for message in found] == [here]
    assert "singleValueExtendedProperties" not in found[0]
    expand = quote(f"singleValueExtendedProperties($filter=id eq '{SENDER_ID}')")
    shown = desk.get(f"{BOX}/messages/{here}?$expand={expand}")["singleValueExtendedProperties"]
    assert shown == [{"id": SENDER_ID, "value": "IN-1"}]


def test_extended_properties_cannot_be_expanded_without_naming_them(desk: Desk) -> None:
    message = desk.arrive(letter())
    assert desk.call("GET", f"{BOX}/messages/{message}?$expand=singleValueExtendedProperties", by="app").status == 400


def test_sorting_by_what_the_filter_does_not_begin_with_is_too_complex(desk: Desk) -> None:
    written = "$filter=isRead eq false&$orderby=receivedDateTime desc"
    told = desk.call("GET", f"{BOX}/messages?{written}", by="app")
    assert (told.status, told.json()["error"]["code"]) == (400, "InefficientFilter")
    written = "$filter=receivedDateTime ge 2026-01-01T00:00:00Z and isRead eq false&$orderby=receivedDateTime desc"
    assert desk.call("GET", f"{BOX}/messages?{written}", by="app").status == 200


def test_a_list_can_be_sorted_the_other_way(desk: Desk) -> None:
    for number in range(3):
        desk.arrive(letter(f"n{number}", key=str(number)))
        desk.driver.advance(1)
    page = desk.get(f"{BOX}/messages?$orderby=receivedDateTime asc&$select=subject&$top=2&$count=true")
    assert [message["subject"] for message in page["value"]] == ["n0", "n1"]
    assert page["@odata.count"] == 3


def test_an_option_or_property_that_does_not_exist_is_refused(desk: Desk) -> None:
    for tail in ("?$select=colour", "?$skipp=1", "?$top=0", "?$top=many", "?$orderby=colour", "?$expand=colour"):
        assert desk.call("GET", f"{BOX}/messages{tail}", by="app").status == 400, tail


def test_the_headers_are_shown_only_when_selected_and_in_their_order(desk: Desk) -> None:
    message = desk.arrive(letter(more="X-Copies: 3\r\n"))
    assert "internetMessageHeaders" not in desk.get(f"{BOX}/messages/{message}")
    headers = desk.get(f"{BOX}/messages/{message}?$select=internetMessageHeaders")["internetMessageHeaders"]
    names = [header["name"] for header in headers]
    assert names[:2] == ["Received", "Authentication-Results"]
    assert {"name": "X-Copies", "value": "3"} in headers


def test_the_value_of_a_letter_is_its_bytes_below_the_servers_own_lines(desk: Desk) -> None:
    raw = letter(text="حتى البايت الأخير")
    told = desk.call("GET", f"{BOX}/messages/{desk.arrive(raw)}/$value", by="app")
    assert told.body.endswith(raw)
    head = told.body.removesuffix(raw).decode()
    assert [line.split(":")[0] for line in head.splitlines()] == [
        *("Received", "Authentication-Results", "X-MS-Exchange-Organization-AuthAs")
    ]


@pytest.mark.parametrize("verdict", ["pass", "fail", "none"])
def test_what_was_found_out_about_a_strangers_domain_stands_above_the_letter(desk: Desk, verdict: str) -> None:
    message = desk.arrive(letter(), x_sandbox_dmarc=verdict)
    raw = desk.call("GET", f"{BOX}/messages/{message}/$value", by="app").body.decode()
    assert f"dmarc={verdict} " in raw
    assert "X-MS-Exchange-Organization-AuthAs: Anonymous" in raw


def test_a_letter_without_message_id_is_given_one(desk: Desk) -> None:
    raw = b"From: a@outside.example\r\nSubject: none\r\n\r\nx"
    message = desk.get(f"{BOX}/messages/{desk.arrive(raw)}")
    assert message["internetMessageId"].startswith("<")
    told = desk.call("GET", f"{BOX}/messages/{message['id']}/$value", by="app").body
    assert f"Message-ID: {message['internetMessageId']}".encode() in told


def test_the_body_is_html_unless_text_is_preferred(desk: Desk) -> None:
    message = desk.arrive(letter(text="a < b\r\nc"))
    html = desk.get(f"{BOX}/messages/{message}?$select=body")["body"]
    assert html["contentType"] == "html"
    assert "a &lt; b<br>" in html["content"]
    text = desk.get(f"{BOX}/messages/{message}?$select=body", prefer='outlook.body-content-type="text"')["body"]
    assert text == {"contentType": "text", "content": "a < b\nc\n"}


def test_what_a_browser_would_run_is_taken_out_unless_wanted(desk: Desk) -> None:
    more = "Content-Type: text/html; charset=utf-8\r\n"
    message = desk.arrive(letter(text="<p onclick='x()'>hi</p><script>alert(1)</script>", more=more))
    assert "script" not in desk.get(f"{BOX}/messages/{message}")["body"]["content"]
    assert "onclick" not in desk.get(f"{BOX}/messages/{message}")["body"]["content"]
    unsafe = desk.get(f"{BOX}/messages/{message}", prefer="outlook.allow-unsafe-html")["body"]["content"]
    assert "alert(1)" in unsafe


def test_ids_are_told_apart_by_case(desk: Desk) -> None:
    message = desk.arrive(letter())
    assert desk.call("GET", f"{BOX}/messages/{message}", by="app").status == 200
    swapped = message[:-6] + message[-6:].swapcase()
    assert desk.call("GET", f"{BOX}/messages/{swapped}", by="app").status == 404
    told = desk.call("GET", f"{BOX}/messages/{message.lower()}", by="app")
    assert (told.status, told.json()["error"]["code"]) == (400, "ErrorInvalidIdMalformed")


def test_a_message_of_another_mailbox_is_not_found(desk: Desk) -> None:
    message = desk.arrive(letter(), HUDA)
    told = desk.call("GET", f"{BOX}/messages/{message}", by="app")
    assert (told.status, told.json()["error"]["code"]) == (404, "ErrorItemNotFound")


def test_an_app_reaches_no_mailbox_beyond_its_scope(desk: Desk) -> None:
    told = desk.call("GET", f"/v1.0/users/{HUDA}/messages", by="app")
    assert (told.status, told.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    told = desk.call("GET", "/v1.0/users/nobody@ministry.example/messages", by="app")
    assert (told.status, told.json()["error"]["code"]) == (404, "ErrorInvalidUser")


def test_the_same_mailbox_is_reached_by_every_spelling(desk: Desk) -> None:
    message = desk.arrive(letter())
    user = desk.get(f"/v1.0/users/{REGISTRY}")["id"]
    for path in (f"users/{user}/messages/{message}", f"users('{REGISTRY}')/messages('{message}')"):
        assert desk.get(f"/v1.0/{path}")["subject"] == "Budget"
    inbox = desk.get(f"{BOX}/mailFolders('Inbox')")["id"]
    assert desk.get(f"{BOX}/mailFolders/{inbox}/messages/{message}")["subject"] == "Budget"
    assert desk.call("GET", f"{BOX}/mailFolders/archive/messages/{message}", by="app").status == 404


def test_folders_are_named_in_their_owners_language_and_counted(desk: Desk) -> None:
    desk.arrive(letter())
    inbox = desk.get(f"{BOX}/mailFolders/inbox")
    assert (inbox["displayName"], inbox["totalItemCount"], inbox["unreadItemCount"]) == ("البريد الوارد", 1, 1)
    page = desk.get(f"{BOX}/mailFolders?$top=50")
    assert "البريد الوارد" in [folder["displayName"] for folder in page["value"]]
    assert desk.get("/v1.0/me/mailFolders/inbox", "laila@ministry.example")["displayName"] == "Inbox"


def test_a_folder_can_be_made_filled_renamed_and_removed(desk: Desk) -> None:
    made = desk.call("POST", f"{BOX}/mailFolders", {"displayName": "مقيد"}, by="app")
    assert made.status == 201
    folder = made.json()["id"]
    again = desk.call("POST", f"{BOX}/mailFolders", {"displayName": "مقيد"}, by="app")
    assert (again.status, again.json()["error"]["code"]) == (409, "ErrorFolderExists")
    child = desk.call("POST", f"{BOX}/mailFolders/{folder}/childFolders", {"displayName": "2026"}, by="app").json()
    moved = desk.call("POST", f"{BOX}/messages/{desk.arrive(letter())}/move", {"destinationId": child["id"]}, by="app")
    assert moved.json()["parentFolderId"] == child["id"]
    assert desk.call("PATCH", f"{BOX}/mailFolders/{folder}", {"displayName": "مسجل"}, by="app").status == 200
    assert desk.call("DELETE", f"{BOX}/mailFolders/{folder}", by="app").status == 204
    assert desk.call("GET", f"{BOX}/mailFolders/{child['id']}", by="app").status == 404
    assert desk.get(f"{BOX}/messages")["value"] == []
    assert desk.call("DELETE", f"{BOX}/mailFolders/inbox", by="app").status == 403


def test_a_letter_that_is_hardly_one_arrives_all_the_same(desk: Desk) -> None:
    for number, raw in enumerate(
        (b"", b"\x00\xff\xfe", b"Subject: \xc7\xd1 \r\n broken\r\nFrom: <<>>@@\r\n\r\n\xff", b"\r\n\r\n")
    ):
        message = desk.arrive(raw)
        told = desk.call("GET", f"{BOX}/messages/{message}/$value", by="app")
        assert (told.status, told.body.endswith(raw)) == (200, True), number
        assert desk.get(f"{BOX}/messages/{message}")["isDraft"] is False


def test_a_count_is_plain_text(desk: Desk) -> None:
    desk.arrive(letter())
    told = desk.call("GET", f"{BOX}/messages/$count", by="app")
    assert (told.body, told.headers["content-type"]) == (b"1", "text/plain")


def test_every_answer_is_traced_and_an_error_repeats_it_inside(desk: Desk) -> None:
    told = desk.call("GET", f"{BOX}/messages/AAkALgAA{'x' * 60}", by="app", client_request_id="c0ffee")
    inner = told.json()["error"]["innerError"]
    assert told.headers["request-id"] == inner["request-id"]
    assert told.headers["client-request-id"] == inner["client-request-id"] == "c0ffee"
    assert told.headers["date"] == "Sun, 22 Nov 2026 09:00:00 GMT"


def test_a_method_that_is_not_offered_is_405_and_an_unknown_segment_400(desk: Desk) -> None:
    assert desk.call("DELETE", f"{BOX}/messages", by="app").status == 405
    told = desk.call("GET", f"{BOX}/letters", by="app")
    assert (told.status, "segment 'letters'" in told.json()["error"]["message"]) == (400, True)


def test_nobody_exceeds_ten_thousand_requests_in_ten_minutes(desk: Desk) -> None:
    app = desk.tenant.ministry["app"]["app_id"]
    assert desk.tenant.limits.take(MAILBOX_REQUESTS, f"{app}/{REGISTRY}", desk.driver.now, 9_999) is None
    assert desk.call("GET", f"{BOX}/messages", by="app").status == 200
    told = desk.call("GET", f"{BOX}/messages", by="app")
    assert (told.status, told.headers["retry-after"]) == (429, "600")
    assert desk.call("GET", "/v1.0/me/messages", by=NOURA).status == 200
    desk.driver.advance(600)
    assert desk.call("GET", f"{BOX}/messages", by="app").status == 200


def test_a_draft_is_not_in_the_inbox_but_in_the_mailbox(desk: Desk) -> None:
    desk.call("POST", f"{BOX}/messages", {"subject": "draft", "toRecipients": to(HUDA)}, by="app")
    assert desk.inbox("app") == []
    assert [message["subject"] for message in desk.get(f"{BOX}/messages")["value"]] == ["draft"]
