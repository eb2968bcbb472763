"""OneDrive and the library as the tenant shows them: who may, what changes, what is locked, what comes in pieces."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from sandbox.layout import LIBRARY as LAID_OUT
from sandbox.tenant.drive.store import LIBRARY
from tests.sandbox.desk import HOOK, HUDA, LAILA, NOURA, Desk

PUT_NEW = "?@microsoft.graph.conflictBehavior=fail"
WORD = {"content_type": "application/octet-stream"}


class Drive:
    """Huda's drive, with one file of the app's in it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.id = str(desk.get(f"/v1.0/users/{HUDA}/drive")["id"])
        self.root = f"/v1.0/drives/{self.id}/root"
        assert desk.call("POST", f"{self.root}/children", {"name": "Drafts", "folder": {}}, by="app").status == 201
        self.file = self.put("Drafts/كتاب.docx", b"one").json()

    def put(self, path: str, body: bytes, query: str = "", by: str = "app", **headers: str) -> Any:
        return self.desk.call("PUT", f"{self.root}:/{path}:/content{query}", body, by=by, **WORD, **headers)

    def item(self, action: str = "") -> str:
        return f"/v1.0/drives/{self.id}/items/{self.file['id']}{action}"

    def now(self, by: str = "app") -> Any:
        return self.desk.get(self.item(), by)

    def content(self, link: str) -> bytes:
        return self.desk.call("GET", link).body

    def invite(self, *people: str, role: str = "read", by: str = "app", action: str = "") -> Any:
        wanted = {"requireSignIn": True, "sendInvitation": False, "roles": [role]}
        recipients = [{"email": person} for person in people]
        return self.desk.call("POST", action or self.item("/invite"), {**wanted, "recipients": recipients}, by=by)

    def control(self, action: str, **said: Any) -> Any:
        return self.desk.call("POST", f"/sandbox/files/{self.file['id']}/{action}", said)


@pytest.fixture
def drive(desk: Desk) -> Drive:
    return Drive(desk)


def code(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["error"]["code"]


def text(body: bytes) -> str:
    return base64.b64encode(body).decode()


################################################################
# Who has a drive, and who may
################################################################


def test_the_library_is_the_one_that_the_product_is_told_of() -> None:
    assert LAID_OUT == LIBRARY


def test_a_shared_mailbox_and_whoever_never_signed_in_have_no_drive(desk: Desk) -> None:
    assert code(desk.call("GET", "/v1.0/users/registry@ministry.example/drive", by="app"))[0] == 404
    desk.call("POST", f"/sandbox/drives/{LAILA}", {"state": "none"})
    assert code(desk.call("GET", f"/v1.0/users/{LAILA}/drive", by="app")) == (404, "ResourceNotFound")
    assert code(desk.call("GET", "/v1.0/users/nobody@ministry.example/drive", by="app"))[0] == 404


def test_a_person_sees_what_was_shared_with_them_and_nothing_else(drive: Drive) -> None:
    desk = drive.desk
    for asked in (drive.item(), drive.item("/content"), drive.item("/versions"), f"{drive.root}/children"):
        assert code(desk.call("GET", asked, by=NOURA)) == (404, "itemNotFound")
    drive.invite(NOURA)
    assert drive.now(NOURA)["name"] == "كتاب.docx"
    assert desk.call("GET", f"{drive.root}/children", by=NOURA).status == 404
    assert code(desk.call("PUT", drive.item("/content"), b"two", by=NOURA, **WORD)) == (403, "accessDenied")
    drive.invite(NOURA, role="write")
    written = desk.call("PUT", drive.item("/content"), b"two", by=NOURA, **WORD).json()
    assert written["lastModifiedBy"]["user"]["displayName"] == "نورة المطيري"
    (given,) = [p["id"] for p in desk.get(drive.item("/permissions"))["value"] if p["roles"] == ["write"]]
    assert desk.call("DELETE", drive.item(f"/permissions/{given}"), by="app").status == 204
    assert desk.call("GET", drive.item(), by=NOURA).status == 404


def test_what_an_app_does_is_shown_as_the_apps(drive: Drive) -> None:
    by = drive.file["createdBy"]
    assert by["application"]["id"] == drive.desk.tenant.ministry["app"]["app_id"]
    assert "id" not in by["user"]


def test_a_folder_passes_its_access_on_and_the_owner_has_all(drive: Drive) -> None:
    folder = drive.desk.get(f"{drive.root}:/Drafts")["id"]
    drive.invite(NOURA, role="write", action=f"/v1.0/drives/{drive.id}/items/{folder}/invite")
    shown = {p["roles"][0]: p for p in drive.desk.get(drive.item("/permissions"))["value"]}
    assert set(shown) == {"write", "owner"}
    assert all("inheritedFrom" in p for p in shown.values())
    for permission in shown.values():
        refused = drive.desk.call("DELETE", drive.item(f"/permissions/{permission['id']}"), by="app")
        assert code(refused) == (403, "accessDenied")
    assert drive.now(NOURA)["id"] == drive.file["id"]


def test_an_invitation_may_be_done_in_part(drive: Drive) -> None:
    wanted = {"requireSignIn": True, "sendInvitation": False, "roles": ["read"]}
    people = [{"email": NOURA}, {"objectId": "00000000-0000-4000-8000-000000000000"}]
    # what stands in a 207 is not in Microsoft's description
    drive.desk.spoilt = True
    told = drive.desk.call("POST", drive.item("/invite"), {**wanted, "recipients": people}, by="app")
    drive.desk.spoilt = False
    assert told.status == 207
    assert ["error" in each for each in told.json()["value"]] == [False, True]
    assert drive.invite("nobody@ministry.example").status == 400


def test_a_link_of_one_kind_is_made_once(drive: Drive) -> None:
    wanted = {"type": "view", "scope": "organization"}
    told = [drive.desk.call("POST", drive.item("/createLink"), wanted, by=HUDA) for _ in range(2)]
    assert [each.status for each in told] == [201, 200]
    assert told[0].json()["link"] == told[1].json()["link"]
    anonymous = drive.desk.call("POST", drive.item("/createLink"), {**wanted, "scope": "anonymous"}, by=HUDA)
    assert code(anonymous)[0] == 403


################################################################
# What changes
################################################################


def test_a_file_is_put_once_or_over_another_or_beside_it(drive: Drive) -> None:
    assert code(drive.put("Drafts/كتاب.docx", b"two", PUT_NEW)) == (409, "nameAlreadyExists")
    beside = drive.put("Drafts/كتاب.docx", b"two", "?@microsoft.graph.conflictBehavior=rename")
    assert (beside.status, beside.json()["name"]) == (201, "كتاب 1.docx")
    over = drive.put("Drafts/كتاب.docx", b"two")
    assert (over.status, over.json()["id"]) == (200, drive.file["id"])
    assert code(drive.put("No/such/folder.docx", b"two")) == (404, "itemNotFound")
    assert code(drive.put("Drafts/a|b.docx", b"two")) == (400, "invalidRequest")


def test_the_etag_moves_with_all_and_the_ctag_with_the_content(drive: Drive) -> None:
    before = drive.now()
    drive.desk.call("PATCH", drive.item(), {"name": "آخر.docx"}, by=HUDA)
    renamed = drive.now()
    assert (renamed["cTag"], renamed["eTag"] != before["eTag"]) == (before["cTag"], True)
    stale = drive.desk.call("PUT", drive.item("/content"), b"two", by="app", if_match=before["eTag"], **WORD)
    assert code(stale) == (412, "preconditionFailed")
    good = drive.desk.call("PUT", drive.item("/content"), b"two", by="app", if_match=renamed["eTag"], **WORD)
    assert good.json()["cTag"] != renamed["cTag"]


def test_what_was_written_over_is_kept_as_a_version(drive: Drive) -> None:
    drive.control("edit", upn=HUDA, content=text(b"two"))
    versions = drive.desk.get(drive.item("/versions"))["value"]
    assert [version["id"] for version in versions] == ["2.0", "1.0"]
    assert versions[0]["lastModifiedBy"]["user"]["displayName"] == "هدى العلي"
    first = drive.desk.call("GET", drive.item("/versions/1.0/content"), by="app")
    assert drive.content(first.headers["location"]) == b"one"
    assert drive.desk.call("GET", drive.item("/versions/2.0/content"), by="app").status == 400
    assert drive.desk.call("POST", drive.item("/versions/1.0/restoreVersion"), by="app").status == 204
    assert drive.content(drive.now()["@microsoft.graph.downloadUrl"]) == b"one"


def test_a_file_that_is_open_or_checked_out_is_written_by_nobody_else(drive: Drive) -> None:
    desk = drive.desk
    drive.control("open", upn=HUDA, for_s=1200)
    for method, action, body in (("PUT", "/content", b"two"), ("PATCH", "", {"name": "b.docx"}), ("DELETE", "", None)):
        assert code(desk.call(method, drive.item(action), body, by="app")) == (423, "resourceLocked")
    assert drive.control("edit", upn=HUDA, content=text(b"hers")).status == 200
    assert drive.invite(NOURA).status == 200
    desk.driver.advance(timedelta(minutes=21).total_seconds())
    assert desk.call("PUT", drive.item("/content"), b"two", by="app", **WORD).status == 200

    assert desk.call("POST", drive.item("/checkout"), by=HUDA).status == 204
    assert code(desk.call("PUT", drive.item("/content"), b"three", by="app", **WORD)) == (423, "resourceLocked")
    shown = desk.get(drive.item("?$select=publication"))["publication"]
    assert shown["checkedOutBy"]["user"]["displayName"] == "هدى العلي"
    given_back = desk.call("POST", drive.item("/checkin"), {"comment": "done"}, by=HUDA)
    assert given_back.status == 204
    assert desk.call("PUT", drive.item("/content"), b"three", by="app", **WORD).status == 200


def test_who_may_not_write_a_file_does_not_edit_it_in_office(drive: Drive) -> None:
    drive.invite(NOURA)
    assert drive.control("edit", upn=NOURA, content=text(b"hers")).status == 403
    assert drive.control("open", upn=LAILA).status == 403


def test_delta_tells_each_change_once_and_leaves_out_what_microsofts_does(drive: Drive) -> None:
    desk = drive.desk
    everything, link = desk.delta(f"{drive.root}/delta")
    assert {item.get("name") for item in everything} == {"root", "Drafts", "كتاب.docx"}
    assert all("cTag" not in item and "path" not in item["parentReference"] for item in everything)
    assert desk.delta(link)[0] == []
    drive.control("edit", upn=HUDA, content=text(b"two"))
    drive.control("edit", upn=HUDA, content=text(b"three"))
    changed, link = desk.delta(link)
    assert [item["name"] for item in changed] == ["root", "Drafts", "كتاب.docx"]
    _, latest = desk.delta(f"{drive.root}/delta?token=latest")
    assert desk.delta(latest)[0] == []
    desk.call("DELETE", f"/v1.0/drives/{drive.id}/items/{changed[1]['id']}", by=HUDA)
    gone = [item["id"] for item in desk.delta(link)[0] if "deleted" in item]
    assert gone == [changed[1]["id"]]
    dead = desk.call("GET", f"{drive.root}/delta?token=another-world", by="app")
    assert code(dead) == (410, "resyncChangesApplyDifferences")
    assert "location" in dead.headers


def test_a_drives_root_rings_without_saying_what(drive: Drive) -> None:
    desk = drive.desk
    wanted = {"resource": f"drives/{drive.id}/root", "changeType": "updated"}
    assert code(desk.subscribe(**(wanted | {"changeType": "created"})))[0] == 400
    assert code(desk.subscribe(**(wanted | {"resource": f"drives/{drive.id}/items/1"})))[0] == 400
    assert desk.subscribe(**wanted, expirationDateTime="2026-12-21T08:00:00Z").status == 201
    drive.control("edit", upn=HUDA, content=text(b"two"))
    desk.driver.advance(5)
    told = desk.notifications(HOOK)
    assert told
    assert all(item["resource"] == wanted["resource"] and not item["resourceData"] for item in told)


################################################################
# Links and pieces
################################################################


def test_a_link_takes_no_token_and_shows_the_file_as_it_is_then(drive: Drive) -> None:
    link = drive.desk.call("GET", drive.item("/content"), by="app").headers["location"]
    drive.control("edit", upn=HUDA, content=text(b"later"))
    assert drive.content(link) == b"later"
    assert drive.desk.call("GET", link, by="app").status == 401
    drive.desk.driver.advance(1200)
    assert drive.desk.call("GET", link).status == 401


def test_a_large_file_comes_in_pieces_and_is_there_with_the_last_one(drive: Drive) -> None:
    desk, piece = drive.desk, 327_680
    body = bytes(range(256)) * (2 * piece // 256) + b"the end"
    session = desk.call(
        "POST",
        f"{drive.root}:/Drafts/large.docx:/createUploadSession",
        {"item": {"@microsoft.graph.conflictBehavior": "fail"}},
        by="app",
    )
    url = session.json()["uploadUrl"]

    def send(first: int, last: int, **headers: str) -> Any:
        span = f"bytes {first}-{last - 1}/{len(body)}"
        return desk.call("PUT", url, body[first:last], content_range=span, **headers)

    assert desk.call("PUT", url, body[:piece], by="app", content_range=f"bytes 0-{piece - 1}/{len(body)}").status == 401
    assert send(0, piece - 5).status == 400
    assert (send(0, piece).status, send(0, piece).status) == (202, 416)
    assert desk.call("GET", url).json()["nextExpectedRanges"] == [f"{piece}-"]
    assert desk.call("GET", f"{drive.root}:/Drafts/large.docx", by="app").status == 404
    assert send(piece, 2 * piece).status == 202
    made = send(2 * piece, len(body))
    assert (made.status, made.json()["size"]) == (201, len(body))
    assert drive.content(made.json()["@microsoft.graph.downloadUrl"]) == body
    assert desk.call("GET", url).status == 404


def test_the_site_of_the_library_leads_to_it(desk: Desk) -> None:
    site = desk.get(f"/v1.0/drives/{LIBRARY}")["webUrl"]
    assert site.startswith("https://ministry.sharepoint.com/")
    assert desk.get("/v1.0/sites/ministry.sharepoint.com/drive")["id"] == LIBRARY
    assert desk.call("GET", f"/v1.0/drives/{LIBRARY}/root", by=NOURA).status == 404


################################################################
# Whoever leaves
################################################################


def test_the_drive_of_one_who_left_is_reached_by_its_id_for_thirty_days(drive: Drive) -> None:
    desk = drive.desk
    _, link = desk.delta("/v1.0/users/delta?$select=id")
    assert desk.call("DELETE", f"/sandbox/people/{HUDA}").status == 204
    assert code(desk.call("GET", f"/v1.0/users/{HUDA}/drive", by="app"))[0] == 404
    removed = [item for item in desk.delta(link)[0] if "@removed" in item]
    assert [item["id"] for item in removed] == [drive.id.removeprefix("b!")]
    assert drive.now()["name"] == "كتاب.docx"
    desk.driver.advance(timedelta(days=31).total_seconds())
    desk.sign_in_again()
    assert code(desk.call("GET", drive.item(), by="app")) == (404, "itemNotFound")


@pytest.mark.parametrize(("state", "status"), [("locked", 423), ("gone", 404), ("none", 404)])
def test_a_drive_that_cannot_be_reached_says_why(drive: Drive, state: str, status: int) -> None:
    drive.desk.call("POST", f"/sandbox/drives/{HUDA}", {"state": state})
    assert drive.desk.call("GET", drive.item(), by="app").status == status
    drive.desk.call("POST", f"/sandbox/drives/{HUDA}", {"state": "ready"})
    assert drive.now()["id"] == drive.file["id"]


def test_drives_survive_a_restart(tmp_path: Any, description: Any) -> None:
    before = Drive(Desk(description, tmp_path))
    before.control("edit", upn=HUDA, content=text(b"two"))
    _, link = before.desk.delta(f"{before.root}/delta")
    before.desk.tenant.world.close()
    after = Desk(description, tmp_path)
    assert after.delta(link)[0] == []
    shown = after.get(before.item())
    assert after.call("GET", shown["@microsoft.graph.downloadUrl"]).body == b"two"
    assert after.call("PUT", before.item("/content"), b"three", by="app", **WORD).status == 200
    assert [item["name"] for item in after.delta(link)[0]] == ["root", "Drafts", "كتاب.docx"]
