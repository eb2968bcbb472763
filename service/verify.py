#!/usr/bin/env python3
"""Verify the export of a record: python verify.py EXPORT [HEAD]

EXPORT is the ZIP file or the folder it was unpacked to; HEAD the last hash of its sheet, known from elsewhere.
This file alone is enough, with Python 3.9 or later. It ends with 0 where all is as it was written, 1 where it is not, 2
where there is nothing to read. A text that was erased or withheld is no break. Who writes all of it anew writes another
head: compare it with one that you trust.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

NAMING = ("Registered", "Drafted", "Numbered")  # the events that say which record it is
SAID = {
    "zip": ("ملف ZIP نفسه ليس كما كُتب", "the ZIP file itself is not as it was written"),
    "missing": ("ناقص", "it is missing"),
    "unknown": ("زائد لا يذكره البيان", "nothing names it"),
    "changed": ("تغيّرت بايتاته", "its bytes were changed"),
    "form": ("ليس على صورته المقررة", "it is not in its canonical form"),
    "order": ("سطر محذوف أو مُقحم أو في غير موضعه", "a line is missing, inserted or out of its place"),
    "chain": ("لا يتصل بما قبله: غُيّر هذا السطر أو ما قبله", "it does not follow the line before: one was changed"),
    "text": ("النص ليس الذي يذكره السطر", "the text is not the one that the line names"),
    "head": ("رأس السلسلة ليس المذكور", "the head of the chain is not the one that was stated"),
    "fits": ("لا يوافق الصحيفة", "it does not agree with the sheet"),
    "no": ("ليس تصديراً يُقرأ", "this is no export that can be read"),
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def packed(parts: dict[str, bytes]) -> bytes:
    """The one ZIP file that these parts make: nothing compressed, no dates."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        for name in sorted(parts):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            file.writestr(info, parts[name])
    return body.getvalue()


def read_export(path: Path) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """The parts of an export by name, and what is wrong with what holds them. Raises OSError."""
    if path.is_dir():
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}, []
    return read_zip(path.read_bytes())


def read_zip(raw: bytes) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            if any(i.compress_type or i.flag_bits & 1 or i.file_size > len(raw) for i in file.infolist()):
                raise zipfile.BadZipFile("compressed, and never ours")
            parts = {info.filename: file.read(info) for info in file.infolist()}
        return parts, [] if packed(parts) == raw else [("ZIP", "zip")]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, KeyError) as why:
        return {}, [(f"ZIP ({why})", "zip")]


def documents_of(value: Any) -> dict[str, int]:
    """The documents that a line of the sheet names: sizes in bytes by SHA-256; 0 where it says none."""
    found: dict[str, int] = {}
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found.update(documents_of(inner))
    if isinstance(value, dict) and "size_bytes" in value and "sha256" in value:
        found |= {value[n]: 0 for n in ("frozen", "manifest") if n in value} | {value["sha256"]: value["size_bytes"]}
    return found


def wrong_with_line(entry: Any, number: int, before: str, record_id: str) -> list[str]:
    """What is broken in a line that follows the one hashed *before*: keys of SAID."""
    body = json.loads(entry["canonical"])
    wrong = ["form"] if canonical(body) != entry["canonical"] else []
    if (body["seq"], entry["seq"], body["type"], body["record_id"]) != (number, number, entry["type"], record_id):
        wrong.append("order")
    if entry["prev_hash"] != before or sha256((before + entry["canonical"]).encode()) != entry["hash"]:
        wrong.append("chain")
    hashes = [(body.get(t["field"]), {"sha256": sha256((t["salt"] + t["text"]).encode())}) for t in entry["texts"]]
    return wrong + ["text" for named, is_one in hashes if named != is_one]


def wrong_with(parts: dict[str, bytes], head: str | None = None) -> list[tuple[str, str]]:
    """Everything that is broken: where, and what (a key of SAID). Raises ValueError and the like without a manifest."""
    manifest = json.loads(parts["manifest.json"])
    files, told = manifest["files"], {k: manifest[k] for k in ("entity_id", "record_id", "reference")}
    wrong = [] if canonical(manifest).encode() == parts["manifest.json"] else [("manifest.json", "form")]
    wrong += [(name, "missing") for name in sorted(files.keys() - parts.keys())]
    wrong += [(name, "unknown") for name in sorted(parts.keys() - files.keys() - {"manifest.json"})]
    found = {name: {"sha256": sha256(body), "size_bytes": len(body)} for name, body in parts.items()}
    wrong += [(name, "changed") for name in sorted(files.keys() & parts.keys()) if files[name] != found[name]]
    before, named, says = "0" * 64, dict[str, int](), dict[str, Any]()
    lines = parts.get("sheet.jsonl", b"").decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines[:-1], start=1):
        where = f"sheet.jsonl:{number}"
        try:
            entry = json.loads(line)
            wrong += [(where, "form")] if canonical(entry) != line else []
            wrong += [(where, what) for what in wrong_with_line(entry, number, before, told["record_id"])]
            body, before = json.loads(entry["canonical"]), entry["hash"]
            says.update({k: body[k] for k in told if body["type"] in NAMING and k in body})
            named.update(documents_of(body))
        except (ValueError, KeyError, TypeError, AttributeError):
            wrong.append((where, "form"))
    wrong += [] if before == manifest["head"] == (head or before).strip().lower() else [("sheet.jsonl", "head")]
    if says != told or (manifest["v"], manifest["events"], lines[-1]) != (1, len(lines) - 1, ""):
        wrong.append(("manifest.json", "fits"))
    record = json.loads(parts.get("record.json", b"{}"))
    if {k: record.get(k) for k in told} != {**told, "entity_id": None} or record.get("version") != len(lines) - 1:
        wrong.append(("record.json", "fits"))
    kept = {name[10:74]: name for name in parts if name.startswith("documents/")}
    wrong += [(n, "fits") for d, n in kept.items() if d != sha256(parts[n]) or named.get(d) not in (0, len(parts[n]))]
    if sorted(named.keys() - kept.keys()) != manifest["absent"]:
        wrong.append(("documents", "missing"))
    return wrong


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2) or not Path(arguments[0]).exists():
        print(__doc__)
        return 2
    try:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        parts, wrong = read_export(Path(arguments[0]))
        wrong += wrong_with(parts, *arguments[1:]) if parts or not wrong else []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as why:
        wrong = [(f"manifest.json, record.json ({type(why).__name__} {why})", "no")]
    for where, what in wrong:
        print(f"✗ {where}: {SAID[what][0]} | {SAID[what][1]}")
    if not wrong:
        told = json.loads(parts["manifest.json"])
        print(f"✓ {told['reference']}: سليم كما كُتب | as it was written: {told['events']} events, head {told['head']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
