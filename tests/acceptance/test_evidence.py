"""A record taken away: one page that opens without us, an export that verifies alone, a record as it once stood."""

import json
import os
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

from tests.acceptance.ministry import HUDA, LAILA, MARYAM, SALEM, Ministry
from tests.bot.rules_of_teams import walk
from tests.service.test_unsafe import DANGEROUS
from texts import say

RISKY = "كتاب بمرفق فيه وحدات ماكرو"


def with_macros() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "بنك الخليج <letters@bank.example>", MARYAM, RISKY
    mail["Message-ID"], mail["Date"] = "<macros@bank.example>", "Sun, 22 Nov 2026 08:00:00 +0300"
    mail.set_content("السلام عليكم،\nنرفق لكم الكشف.")
    mail.add_attachment(DANGEROUS["a docm"][0], maintype="application", subtype="msword", filename="كشف.docm")
    return mail.as_bytes()


def test_a_record_proves_itself_without_us(ministry: Ministry, tmp_path: Path) -> None:
    ministry.arrives(with_macros(), MARYAM)
    ministry.forwards(MARYAM, RISKY)
    record = ministry.registered(RISKY)
    record_id, system = record["record_id"], ministry.stage.token(roles=("Records.Read.All",), audience="api")

    # What the annex might do is said on the record and on the card, in words, and nothing opened it.
    assert {"ar": say("ar", "unsafe.macros"), "en": say("en", "unsafe.macros")} in record["reasons"]
    asked = ministry.asked(HUDA, record["reference"], "refer")
    assert say("ar", "unsafe.macros") in json.dumps([node for _, node in walk(asked.content)], ensure_ascii=False)
    before = ministry.now()
    ministry.refers(asked, SALEM, note="للدراسة")
    ministry.presses(ministry.asked(SALEM, record["reference"], "complete"), "complete", note="تمت الدراسة")
    ministry.at_rest()

    # As it stood before Huda passed it on; before it was registered there was nothing.
    stood = ministry.api(f"records/{record_id}", at=before.isoformat())
    assert [h["person_name"] for h in stood["holders"]] == [ministry.name(HUDA)]
    assert stood["version"] < ministry.record(record_id)["version"]
    ministry.api(f"records/{record_id}", at="2020-01-01T00:00:00Z", status=404)
    ministry.api(f"records/{record_id}", at="yesterday", status=400)

    def get(what: str, token: str = system) -> tuple[int, dict[str, str], bytes]:
        answer = ministry.stage.product("GET", f"/api/v1/records/{record_id}/{what}", token=token)
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body

    # The page, in both languages; whoever may not read the record is told that there is none.
    for lang in ("ar", "en"):
        status, headers, page = get(f"dossier?lang={lang}")
        assert (status, headers["content-type"].partition(";")[0]) == (200, "text/html")
        assert headers["content-disposition"].startswith("attachment")
        assert headers["content-security-policy"].startswith("sandbox")
        assert say(lang, "unsafe.macros") in page.decode()
        assert b"<script" not in page
        if folder := os.environ.get("DOSSIER_FOLDER"):
            (Path(folder) / f"dossier-{lang}.html").write_bytes(page)
    assert get("dossier?lang=fr")[0] == 400
    assert get("dossier", ministry.stage.token(upn=LAILA, audience="api"))[0] == 404
    assert get("export", ministry.stage.token(upn=LAILA, audience="api"))[0] == 404

    # The export verifies alone against the head that the API states, and is the same when it is asked for again.
    status, headers, body = get("export")
    assert (status, headers["content-type"]) == (200, "application/zip")
    assert get("export")[2] == body
    head = ministry.sheet(record_id)["events"][-1]["hash"]
    assert headers["tarasul-head"] == head
    file = tmp_path / "export.zip"
    file.write_bytes(body)
    program = [sys.executable, "-I", "scripts/verify.py", str(file)]
    assert subprocess.run([*program, head]).returncode == 0
    file.write_bytes(body.replace("تمت الدراسة".encode(), "لم تتم الدر".encode(), 1))
    assert subprocess.run(program).returncode == 1

    # A document is a download that no browser runs where it comes from.
    (annex,) = (a for a in ministry.record(record_id)["attachments"] if a["name"].endswith(".docm"))
    status, headers, document = get(f"documents/{annex['sha256']}")
    assert (status, document) == (200, DANGEROUS["a docm"][0])
    assert headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote(annex['name'])}"
    assert (headers["x-content-type-options"], headers["content-security-policy"]) == (
        "nosniff",
        "sandbox; default-src 'none'",
    )
