################################################################
# A drive as Graph shows it: folders of files, in pages of a delta and of a listing
################################################################
#
# The same items for every client, 1.2 KB of JSON each, as Graph tells of them where nothing is selected. One file in a
# thousand was made by the product. Made of numbers, so that every run has the same.

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

APP_ID = "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001"
FOLDERS, OURS_EVERY = 20, 1_000
_FIRST_AT = datetime(2026, 1, 4, 6, 0, tzinfo=UTC)
_SITE = "https://ministry-my.sharepoint.com/personal/omar_ministry_example"


def item_id(number: int) -> str:
    """Of file *number*, from 0 up; of a folder, from -1 down."""
    return f"01{hashlib.sha256(f'item {number}'.encode()).hexdigest()[:32].upper()}"


ROOT = item_id(10**9)


def folder_of(number: int) -> int:
    return -1 - number % FOLDERS


def item(drive: str, number: int) -> dict[str, Any]:
    """File *number* of *drive*; folders count from -1 down."""
    is_folder = number < 0
    at = f"{_FIRST_AT + timedelta(minutes=7 * abs(number)):%Y-%m-%dT%H:%M:%SZ}"
    digest = hashlib.sha256(f"{number}".encode()).hexdigest()
    guid = f"{{{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}}}".upper()
    person = {"user": {"email": "omar@ministry.example", "id": digest[:36], "displayName": "عمر السالم"}}
    by_us = {"application": {"id": APP_ID, "displayName": "Tarasul"}} if number % OURS_EVERY == 1 else {}
    parent = ROOT if is_folder else item_id(folder_of(number))
    path = "/drive/root:" if is_folder else f"/drive/root:/{_name(folder_of(number))}"
    shown: dict[str, Any] = {
        "createdDateTime": at,
        "eTag": f'"{guid},2"',
        "id": item_id(number),
        "lastModifiedDateTime": at,
        "name": _name(number),
        "webUrl": f"{_SITE}/_layouts/15/Doc.aspx?sourcedoc=%7B{guid}%7D&file={number}.docx&action=default",
        "cTag": f'"c:{guid},1"',
        "size": 0 if is_folder else 18_000 + number,
        "createdBy": person | by_us,
        "lastModifiedBy": person,
        "parentReference": {"driveType": "business", "driveId": drive, "id": parent, "path": path, "name": "x"},
        "fileSystemInfo": {"createdDateTime": at, "lastModifiedDateTime": at},
        "shared": {"scope": "users"},
    }
    if is_folder:
        return shown | {"folder": {"childCount": 1}}
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return shown | {"file": {"mimeType": kind, "hashes": {"quickXorHash": digest[:27] + "="}}}


def root(drive: str) -> dict[str, Any]:
    """The drive's own folder, with which a delta begins."""
    shown = item(drive, -FOLDERS - 1) | {"id": ROOT, "name": "root", "root": {}}
    shown["parentReference"] = {"driveType": "business", "driveId": drive}
    return shown


def _name(number: int) -> str:
    return f"مجلد {-number}" if number < 0 else f"كتاب رقم {number} بشأن المستندات.docx"


class Pages:
    """All answers of one drive: pages as they go over the wire, single items as bytes of JSON.

    Args:
        count: Files in it.
        page: Items of a delta's page.
    """

    def __init__(self, base: str, drive: str, count: int, page: int) -> None:
        numbers = [*range(-FOLDERS, 0), *range(count)]
        said = {n: _said(item(drive, n)) for n in numbers}
        self.items = {item_id(n).encode(): body.encode() for n, body in said.items()}
        self.items[ROOT.encode()] = _said(root(drive)).encode()
        bodies = [self.items[ROOT.encode()].decode(), *said.values()]
        at = f"{base}/drives/{drive}/root/delta?token="
        starts = range(0, len(bodies), page)
        self.delta = [
            _page(bodies[start : start + page], ("nextLink" if start + page < len(bodies) else "deltaLink"), f"{at}{n}")
            for n, start in enumerate(starts, start=1)
        ]
        children: dict[int, list[str]] = {n: [] for n in range(-FOLDERS, 0)}
        for n in range(count):
            children[folder_of(n)].append(said[n])
        self.children = {item_id(n).encode(): _page(of, "", "") for n, of in children.items()}
        self.children[ROOT.encode()] = _page([said[n] for n in range(-FOLDERS, 0)], "", "")
        self.drive = _said({"id": drive, "driveType": "business", "quota": {"remaining": 10**12, "total": 10**13}})


def _page(bodies: list[str], kind: str, link: str) -> bytes:
    following = f'"@odata.{kind}":"{link}",' if kind else ""
    return answer(f'{{"@odata.context":"$metadata#items",{following}"value":[{",".join(bodies)}]}}'.encode())


def answer(body: bytes) -> bytes:
    """*body* as an answer over the wire."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json; odata.metadata=minimal\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _said(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
