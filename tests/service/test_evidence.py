"""What a record proves without us: exports verify, what is changed is found, what was exported can be taken in."""

import asyncio
import contextlib
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, override
from urllib.parse import quote

import pytest

from graph.mime import read_words
from registry.commands import Annotate, Approve, Complete, Refer
from registry.record import Record
from service import evidence as made
from service import verify
from service.evidence import Evidence, ExportTooLarge
from service.taking_in import NotTakenIn, TakingIn
from service.views import Viewer
from tests.draft_house import DraftHouse
from tests.graph.hostile import HOSTILE_NAMES
from tests.programs import REPOSITORY
from tests.registry.test_circuits import at_huda, issued
from tests.registry.test_sheet import written
from tests.service.house import Registry
from tests.values import OFFICE, PEOPLE

SYSTEM = Viewer(None)
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
CHANGES = 400  # of the bytes of an export


def with_annex(subject: str = "طلب مستندات", key: str = "annex") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "ديوان المحاسبة <oversight@audit.example>", "registry@ministry.example"
    mail["Subject"], mail["Message-ID"] = subject, f"<{key}@audit.example>"
    mail["Date"] = "Sat, 21 Nov 2026 08:00:00 +0300"
    mail.set_content("نرجو موافاتنا بالمستندات.")
    mail.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="كشف.pdf")
    return mail.as_bytes()


async def worked(house: Registry) -> Record:
    """A letter with an annex, referred, done, approved and annotated, with a draft of Huda's."""
    record = await house.registered(with_annex())
    of = record.record_id
    house.take(Refer(record_id=of, step=1, by="huda", to_person="omar", asked="for_action", note="للدراسة <b>"))
    house.take(Complete(record_id=of, step=2, by="omar", note="تمت الدراسة"))
    house.take(Annotate(record_id=of, by="omar", note="هامش", final=True))
    house.take(Annotate(record_id=of, by="huda", note="مسودة لا يراها غيرها", final=False))
    house.take(Approve(record_id=of, step=3, by="huda", note="موافق"))
    return house.record(of)


def evidence(house: Registry) -> Evidence:
    return Evidence(house.store, house.archive, house.clock, read_words)


async def exported(house: Registry, record: Record, viewer: Viewer = SYSTEM) -> bytes:
    told = await evidence(house).export(viewer, record.record_id)
    assert told is not None
    return told[1]


def repacked(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The parts with a manifest that names them as they are now: whoever forges an export writes that anew as well."""
    manifest = json.loads(parts["manifest.json"])
    rest = {name: body for name, body in parts.items() if name != "manifest.json"}
    manifest["files"] = {n: {"sha256": verify.sha256(b), "size_bytes": len(b)} for n, b in rest.items()}
    return rest | {"manifest.json": verify.canonical(manifest).encode()}


def with_sheet(parts: dict[str, bytes], lines: list[dict[str, Any]]) -> dict[str, bytes]:
    return repacked(parts | {"sheet.jsonl": "".join(verify.canonical(line) + "\n" for line in lines).encode()})


def rechained(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines numbered and chained anew, as somebody would who may write the database."""
    before, done = "0" * 64, []
    for seq, line in enumerate(lines, start=1):
        canonical = verify.canonical(json.loads(line["canonical"]) | {"seq": seq})
        done.append(line | {"seq": seq, "canonical": canonical, "prev_hash": before})
        before = done[-1]["hash"] = verify.sha256((before + canonical).encode())
    return done


async def test_an_export_verifies_and_the_same_record_gives_the_same_bytes(house: Registry) -> None:
    record = await worked(house)
    raw = await exported(house, record)
    parts, wrong = verify.read_zip(raw)
    assert (wrong, verify.wrong_with(parts)) == ([], [])
    house.later(86_400)
    assert await exported(house, record) == raw
    stem = record.attachments[0].sha256
    assert parts[f"documents/{stem}.pdf"] == b"%PDF-1.7 x"
    assert f"documents/{record.source.sha256}.eml" in parts
    assert parts["verify.py"] == (REPOSITORY / "scripts" / "verify.py").read_bytes()


async def test_every_single_byte_that_is_changed_is_found(house: Registry, request: Any) -> None:
    raw = await exported(house, await worked(house))
    chance = random.Random(1)
    for place in chance.sample(range(len(raw)), CHANGES):
        assert broken(raw, place), f"the byte {place}"


@pytest.mark.soak
async def test_every_single_byte_of_all_that_is_changed_is_found(house: Registry) -> None:
    raw = await exported(house, await worked(house))
    assert [place for place in range(len(raw)) if not broken(raw, place)] == []


def broken(raw: bytes, place: int) -> bool:
    spoilt = raw[:place] + bytes([raw[place] ^ (1 << place % 8)]) + raw[place + 1 :]
    parts, wrong = verify.read_zip(spoilt)
    try:
        return bool(wrong) or bool(verify.wrong_with(parts))
    except UNREADABLE:
        return True


async def test_every_byte_of_a_part_that_is_changed_in_a_folder_is_found(house: Registry) -> None:
    """The parts alone, without the ZIP file around them."""
    parts, _ = verify.read_zip(await exported(house, await worked(house)))
    chance = random.Random(2)
    for _ in range(CHANGES):
        name = chance.choice(sorted(parts))
        spoilt = bytearray(parts[name])
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(*UNREADABLE):  # nothing that can be read: that is said as well
            assert verify.wrong_with(parts | {name: bytes(spoilt)}), name


async def test_every_change_of_a_sheet_is_found_whatever_else_is_written_anew(house: Registry) -> None:
    parts, _ = verify.read_zip(await exported(house, await worked(house)))
    lines = [json.loads(line) for line in parts["sheet.jsonl"].decode().splitlines()]
    head = lines[-1]["hash"]
    assert verify.wrong_with(with_sheet(parts, lines), head) == [], "the control: nothing was changed"
    forged: list[list[dict[str, Any]]] = []
    for at in range(len(lines)):
        said = json.loads(lines[at]["canonical"])
        other = lines[at] | {"canonical": verify.canonical(said | {"by": "somebody else"})}
        forged += [
            lines[:at] + lines[at + 1 :],
            [*lines[:at], lines[at], *lines[at:]],
            [*lines[:at], other, *lines[at + 1 :]],
            *([[*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]] if at + 1 < len(lines) else []),
            *(
                [
                    [
                        *lines[:at],
                        lines[at] | {"texts": [t | {"text": "سواه"} for t in lines[at]["texts"]]},
                        *lines[at + 1 :],
                    ]
                ]
                if lines[at]["texts"]
                else []
            ),
        ]
    for sheet in forged:
        assert verify.wrong_with(with_sheet(parts, sheet))
        if (anew := rechained(sheet)) and anew[-1]["hash"] != head:
            assert ("sheet.jsonl", "head") in verify.wrong_with(with_sheet(parts, anew), head)


async def test_a_sheet_that_is_rewritten_whole_is_found_by_the_head_alone(house: Registry) -> None:
    """The control: who rewrites everything is caught by nothing but the head that somebody else kept."""
    parts, _ = verify.read_zip(await exported(house, await worked(house)))
    lines = [json.loads(line) for line in parts["sheet.jsonl"].decode().splitlines()]
    last = json.loads(lines[-1]["canonical"]) | {"by": "somebody else"}
    anew = rechained([*lines[:-1], lines[-1] | {"canonical": verify.canonical(last)}])
    manifest = json.loads(parts["manifest.json"]) | {"head": anew[-1]["hash"]}
    forged = with_sheet(parts | {"manifest.json": verify.canonical(manifest).encode()}, anew)
    assert verify.wrong_with(forged) == []
    assert verify.wrong_with(forged, lines[-1]["hash"]) == [("sheet.jsonl", "head")]


async def test_an_erased_text_is_no_break(house: Registry) -> None:
    parts, _ = verify.read_zip(await exported(house, await worked(house)))
    lines = [json.loads(line) | {"texts": []} for line in parts["sheet.jsonl"].decode().splitlines()]
    assert verify.wrong_with(with_sheet(parts, lines)) == []


@pytest.mark.parametrize("python", [sys.executable, "python3.9", "python3.11"])
async def test_the_program_in_the_export_verifies_it_alone(house: Registry, tmp_path: Path, python: str) -> None:
    found = shutil.which(python)
    if found is None or subprocess.call([found, "-V"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):  # noqa: ASYNC221
        pytest.skip(f"{python} is not on this machine")
    raw = await exported(house, await worked(house))
    (tmp_path / "export.zip").write_bytes(raw)
    parts, _ = verify.read_zip(raw)
    for name, body in parts.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(body)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [found, "-I", "-B", str(tmp_path / "folder" / "verify.py"), *arguments]
        return subprocess.run(program, capture_output=True, encoding="utf-8", cwd=tmp_path, env={"PATH": "/usr/bin"})

    head = json.loads(parts["manifest.json"])["head"]
    assert run("export.zip", head).returncode == 0
    assert head in run("folder").stdout
    assert run("export.zip", "0" * 64).returncode == 1
    (tmp_path / "folder" / "sheet.jsonl").write_bytes(parts["sheet.jsonl"].replace(b"huda", b"omar", 1))
    told = run("folder")
    assert told.returncode == 1
    assert "sheet.jsonl" in told.stdout
    assert "لا يتصل بما قبله" in told.stdout
    assert "does not follow" in told.stdout
    assert run("nothing.zip").returncode == 2
    (tmp_path / "junk.zip").write_bytes(b"PK junk")
    assert run("junk.zip").returncode == 1


def test_the_program_is_short_and_needs_the_standard_library_alone() -> None:
    text = (REPOSITORY / "scripts" / "verify.py").read_text("utf-8")
    assert len(text.splitlines()) < 150
    imported = {
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported <= set(sys.stdlib_module_names)


async def test_nobody_is_given_more_than_the_api_shows_them(house: Registry) -> None:
    record = await worked(house)
    assert await evidence(house).export(Viewer(PEOPLE["laila"]), record.record_id) is None
    assert await evidence(house).dossier(Viewer(PEOPLE["laila"]), record.record_id, "ar") is None
    by_huda, by_omar = [await exported(house, record, Viewer(PEOPLE[p])) for p in ("huda", "omar")]
    assert "مسودة لا يراها غيرها".encode() in by_huda
    assert "مسودة لا يراها غيرها".encode() not in by_omar


async def test_of_a_secret_record_whoever_is_not_cleared_is_given_hashes_alone(house: Registry) -> None:
    held = await house.registered(with_annex("سري: طلب مستندات", "secret"))
    assert held.confidentiality == "secret"
    reader = replace(PEOPLE["abdullah"], clearance="normal")
    told = await evidence(house).export(Viewer(reader), held.record_id)
    assert told is not None
    parts, wrong = verify.read_zip(told[1])
    assert (wrong, verify.wrong_with(parts)) == ([], [])
    assert not [name for name in parts if name.startswith("documents/")]
    assert "نرجو".encode() not in told[1]
    with pytest.raises(NotTakenIn, match="masked"):
        await TakingIn(house.store, house.archive, house.clock, OFFICE.entity_id).take_in(told[1])


async def test_what_is_taken_in_is_the_same_byte_for_byte(house: Registry, tmp_path: Path) -> None:
    record = await worked(house)
    raw = await exported(house, record)
    (tmp_path / "other").mkdir()
    other = Registry(tmp_path / "other")
    taking_in = TakingIn(other.store, other.archive, other.clock, OFFICE.entity_id)
    assert (await taking_in.take_in(raw)).reference == record.reference
    assert await exported(other, record) == raw
    ours, theirs = [r.store.read(lambda tx: tx.sheet(record.record_id)) for r in (house, other)]
    assert [(e.canonical, e.prev_hash, e.hash) for e in ours] == [(e.canonical, e.prev_hash, e.hash) for e in theirs]
    with pytest.raises(NotTakenIn, match="already"):
        await taking_in.take_in(raw)
    other.box.arrive(with_annex())
    await other.intake.visit("registry@ministry.example")
    assert len(other.records()) == 1, "the same mail is known, and no second letter"
    assert (await other.registered()).serial == record.serial + 1, "its number is never drawn again"


async def test_what_does_not_verify_or_is_anothers_is_refused(house: Registry, tmp_path: Path) -> None:
    raw = await exported(house, await worked(house))
    (tmp_path / "other").mkdir()
    other = Registry(tmp_path / "other")
    ours = TakingIn(other.store, other.archive, other.clock, OFFICE.entity_id)
    for bad in (raw[:-1], raw.replace("موافق".encode(), "مرفوض".encode()), b"", b"PK"):
        with pytest.raises(NotTakenIn):
            await ours.take_in(bad)
    with pytest.raises(NotTakenIn, match="head"):
        await ours.take_in(raw, "0" * 64)
    with pytest.raises(NotTakenIn, match="ministry"):
        await TakingIn(other.store, other.archive, other.clock, "another").take_in(raw)
    assert other.records() == []


async def test_the_dossier_holds_the_documents_and_runs_and_fetches_nothing(house: Registry) -> None:
    record = await worked(house)
    for lang, direction in (("ar", "rtl"), ("en", "ltr")):
        page = ((await evidence(house).dossier(SYSTEM, record.record_id, lang)) or b"").decode()  # type: ignore[arg-type]
        assert f'<html lang="{lang}" dir="{direction}">' in page
        assert page.count("data:application/octet-stream;base64,") == 2
        assert "<script" not in page
        assert "للدراسة &lt;b&gt;" in page
        assert "http" not in page.replace("http-equiv", "")
        assert house.store.read(lambda tx: tx.sheet(record.record_id))[-1].hash in page


class Tags(HTMLParser):
    """The elements of a page, each with the names of its attributes and where it leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, str, str]] = set()
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        leads = {"href", "src", "action", "srcset", "style"}
        self.seen |= {(tag, name, (value or "").partition(",")[0] if name in leads else "") for name, value in attrs}


async def test_whatever_a_letter_and_its_annexes_are_called_the_dossier_stays_the_page_that_it_is(
    house: Registry,
) -> None:
    async def tags(subject: str, names: list[str], key: str) -> set[tuple[str, str, str]]:
        mail = message_from_bytes(with_annex(key=key), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        del mail["Subject"]
        mail["Subject"] = subject
        for name in names:
            mail.add_attachment(name.encode("utf-8", "replace") or b"x", "application", "pdf", filename="name")
            part = [*mail.iter_attachments()][-1]
            part.replace_header("Content-Disposition", f"attachment; filename*=utf-8''{quote(name, safe='')}")
        record = await house.registered(mail.as_bytes())
        page = await evidence(house).dossier(SYSTEM, record.record_id, "ar")
        assert page is not None
        return Tags(page.decode()).seen

    tame = await tags("طلب", ["كشف.pdf", "صورة.pdf"], "tame")
    hostile = [
        *HOSTILE_NAMES,
        '"><script>alert(1)</script>.pdf',
        "' onmouseover='x",
        "javascript:x",
        "</a><iframe src=//x>",
    ]
    hostile = [name for name in hostile if name.isprintable() and len(name) < 200]
    assert len(hostile) > 20
    for at in range(0, len(hostile), 20):
        subject = f"<img src=x onerror=alert({at})>\"'&lt;!--"
        assert await tags(subject, hostile[at : at + 20], f"hostile{at}") == tame


async def test_what_is_too_large_lies_beside_it_or_is_refused(house: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    record = await worked(house)
    monkeypatch.setattr(made, "INSIDE_BYTES", 100)
    page = ((await evidence(house).dossier(SYSTEM, record.record_id, "en")) or b"").decode()
    assert "In the ZIP beside it" in page
    assert page.count("data:application/octet-stream;base64,") == 1
    monkeypatch.setattr(made, "LARGEST_EXPORT_BYTES", 100)
    with pytest.raises(ExportTooLarge):
        await evidence(house).export(SYSTEM, record.record_id)


async def test_each_file_of_a_draft_is_exported_as_what_it_is() -> None:
    house = DraftHouse()
    await asyncio.to_thread(_submitted, house)
    document = house.record.document
    assert document is not None
    made = await Evidence(house.store, house.archive, house.clock, lambda _: "").export(SYSTEM, house.record_id)
    assert made is not None
    parts, wrong = verify.read_zip(made[1])
    assert (wrong, verify.wrong_with(parts, made[0])) == ([], [])
    assert {f"documents/{document.frozen}.docx", f"documents/{document.preview}.pdf"} <= parts.keys()
    assert not [name for name in parts if name.endswith((".eml", ".bin"))]


def _submitted(house: DraftHouse) -> None:
    house.begin()
    house.go(2)
    house.press()
    house.go(3)


async def test_a_document_that_is_gone_is_named_as_absent(house: Registry) -> None:
    record = await worked(house)
    del house.archive.kept[record.attachments[0].sha256]
    parts, wrong = verify.read_zip(await exported(house, record))
    assert (wrong, verify.wrong_with(parts)) == ([], [])
    assert json.loads(parts["manifest.json"])["absent"] == [record.attachments[0].sha256]


@pytest.mark.parametrize("signed", [False, True])
async def test_what_we_issue_is_exported_with_and_without_its_number(
    house: Registry, tmp_path: Path, signed: bool
) -> None:
    desk = issued() if signed else at_huda()
    record = desk.held
    house.store.write(lambda tx: tx.save(None, record, written(desk.events, record.record_id)))
    raw = await exported(house, record)
    parts, wrong = verify.read_zip(raw)
    assert (wrong, verify.wrong_with(parts)) == ([], [])
    assert record.text in parts["dossier.html"].decode()
    (tmp_path / "other").mkdir()
    other = Registry(tmp_path / "other")
    await TakingIn(other.store, other.archive, other.clock, OFFICE.entity_id).take_in(raw)
    assert await exported(other, record) == raw
