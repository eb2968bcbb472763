"""The Word in small, the files a person finds in OneDrive, and the mailboxes outside: what the page stands on."""

import base64
import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from sandbox.tenant.drive import word
from sandbox.tenant.services import MINISTRY
from tests.docx import docx
from tests.sandbox.desk import HUDA, LAILA, NOURA, REGISTRY, Desk, to

ROOT = Path(__file__).resolve().parents[2]
LETTER = (ROOT / "documents" / "templates" / "outgoing_letter.docx").read_bytes()
BANK = "registry@bank.example"


def parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(package)) as file:
        return {name: file.read(name) for name in file.namelist()}


def by_label(package: bytes) -> dict[str, Any]:
    return {one["label"]: one for one in word.fields(package)}


################################################################
# The Word in small
################################################################


def test_what_word_locks_is_not_offered() -> None:
    assert list(by_label(LETTER)) == ["الجهة المخاطبة", "الموضوع", "نص الكتاب"]


def test_what_is_written_stands_there_and_the_rest_is_what_it_was() -> None:
    found = by_label(LETTER)
    texts = {found["الموضوع"]["n"]: "تزويد البنك\nبالبيانات", found["نص الكتاب"]["n"]: "أولاً <&>\nثانياً"}
    after = word.written(LETTER, texts)
    said = by_label(after)
    assert (said["الموضوع"]["text"], said["نص الكتاب"]["text"]) == ("تزويد البنك بالبيانات", "أولاً <&>\nثانياً")
    assert said["الجهة المخاطبة"] == found["الجهة المخاطبة"]
    assert {n: b for n, b in parts(after).items() if n != word.MAIN} == {
        n: b for n, b in parts(LETTER).items() if n != word.MAIN
    }
    body = parts(after)[word.MAIN].decode()
    assert body.count('<w:jc w:val="both"/>') == 2  # each paragraph looks as the one that stood there
    assert by_label(word.written(after, {})) == said


@pytest.mark.parametrize("body", [b"", b"no file", b"PK\x03\x04", docx("من غير حقول")])
def test_what_has_no_fields_offers_none(body: bytes) -> None:
    assert word.fields(body) == []


def test_a_save_is_an_edit_by_somebody_who_may(desk: Desk) -> None:
    shared = {"upn": HUDA, "name": "letter.docx", "content": base64.b64encode(LETTER).decode()}
    file = desk.call("POST", "/sandbox/files", shared).json()["id"]
    path = f"/sandbox/files/{file}/words"
    told = desk.call("GET", f"{path}?upn={HUDA}").json()
    assert (told["version"], told["writes"]) == (1, True)
    body = {"texts": {str(told["fields"][2]["n"]): "نص"}}
    assert desk.call("GET", f"{path}?upn={NOURA}").json()["writes"] is False
    assert desk.call("POST", path, {**body, "upn": NOURA}).status == 403
    assert desk.call("POST", path, {**body, "upn": HUDA}).json() == {"version": 2}
    assert desk.call("GET", f"{path}?upn={HUDA}").json()["fields"][2]["text"] == "نص"
    assert desk.call("GET", f"{path}?upn=nobody@ministry.example").status == 404


################################################################
# OneDrive, as a person sees it
################################################################


def seen(desk: Desk, upn: str) -> list[tuple[str, str]]:
    return [(one["name"], one["role"]) for one in desk.call("GET", f"/sandbox/drives/{upn}/seen").json()]


def test_a_person_finds_their_own_files_and_those_that_were_shared_with_them(desk: Desk) -> None:
    drive = desk.get(f"/v1.0/users/{HUDA}/drive")["id"]
    root = f"/v1.0/drives/{drive}/root"
    put = desk.call("PUT", f"{root}:/one.docx:/content", b"one", by="app", content_type="application/octet-stream")
    wanted = {"requireSignIn": True, "sendInvitation": False, "roles": ["read"], "recipients": [{"email": NOURA}]}
    assert (seen(desk, HUDA), seen(desk, NOURA)) == ([("one.docx", "owner")], [])
    desk.call("POST", f"/v1.0/drives/{drive}/items/{put.json()['id']}/invite", wanted, by="app")
    assert (seen(desk, NOURA), seen(desk, LAILA)) == ([("one.docx", "read")], [])
    (found,) = desk.call("GET", f"/sandbox/drives/{NOURA}/seen").json()
    assert (found["owner"], found["by"], found["url"]) == (HUDA, None, put.json()["webUrl"])
    desk.call("POST", f"/sandbox/drives/{HUDA}", {"state": "locked"})
    assert seen(desk, NOURA) == []


################################################################
# The mailboxes outside
################################################################


def test_every_entity_that_takes_mail_has_its_mailbox_here() -> None:
    organisation = json.loads((MINISTRY.parent / "organisation.json").read_text("utf-8"))
    people = json.loads(MINISTRY.read_text("utf-8"))
    mailed = {e["address"]: e["ar"] for e in organisation["entities"] if e["channel"] == "mail"}
    assert {box["address"]: box["name"] for box in people["outside_mailboxes"]} == mailed


def test_what_reached_a_mailbox_outside_is_read_there_with_its_files(desk: Desk) -> None:
    pdf = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "كتاب.pdf", "contentType": "application/pdf"}
    said = {
        "subject": "كتاب",
        "body": {"contentType": "html", "content": "<p>مرفق</p>"},
        "toRecipients": to(BANK),
        "attachments": [{**pdf, "contentBytes": base64.b64encode(b"%PDF-").decode()}],
    }
    sent = desk.call("POST", f"/v1.0/users/{REGISTRY}/sendMail", {"message": said}, by="app")
    assert sent.status == 202
    desk.driver.advance(1)
    (listed,) = desk.call("GET", "/sandbox/outside").json()
    mail = desk.call("GET", f"/sandbox/outside/{listed['n']}/message").json()
    assert (mail["subject"], mail["from"]["emailAddress"]["address"]) == ("كتاب", REGISTRY)
    assert "مرفق" in mail["body"]["content"]
    assert mail["references"] == [listed["internet_message_id"]]
    (file,) = mail["attachments"]
    assert (file["name"], file["contentType"], file["size"]) == ("كتاب.pdf", "application/pdf", 5)
    assert desk.call("GET", f"/sandbox/outside/{listed['n']}/attachments/{file['id']}").body == b"%PDF-"
    for nothing in (
        "/sandbox/outside/9/message",
        "/sandbox/outside/9",
        f"/sandbox/outside/{listed['n']}/attachments/7",
    ):
        assert desk.call("GET", nothing).status == 404
