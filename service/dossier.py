################################################################
# The dossier: one page that shows a record whole, to whoever opens it in thirty years
################################################################
#
# Rule 1: the page runs nothing and fetches nothing; what is not in it lies in the export, and the page says so.
# Rule 2: it is made of what the API shows the same viewer (service/views.py) and of nothing else.
# Rule 3: the same record gives the same bytes: the page says how far the sheet goes, not when somebody asked.

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from texts import Language, both_dates, say
from texts.dates import clock_time

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif"})
_LARGEST_PICTURE = 2 * 2**20  # bytes; larger ones are saved, not shown

_STYLE = (
    ":root{--ink:#1d2129;--soft:#5b6470;--line:#d9d5cb;--tint:#f6f3ec;--mark:#7a5c1e}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem;color:var(--ink);background:#fff;"
    "font:16px/1.7 'Segoe UI','Noto Naskh Arabic',Tahoma,Arial,sans-serif;overflow-wrap:anywhere}"
    "header{border-bottom:3px double var(--mark);padding-bottom:1rem}header p{margin:.2rem 0;color:var(--soft)}"
    "h1{font-size:1.6rem;line-height:1.35;margin:.4rem 0}h2{font-size:1.15rem;margin:2rem 0 .6rem;color:var(--mark)}"
    "dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;margin:0}dl>*{padding:.3rem 0;margin:0;"
    "border-bottom:1px solid var(--line)}dt{color:var(--soft);padding-inline-end:1.25rem}"
    "table{width:100%;border-collapse:collapse}th,td{text-align:start;vertical-align:top;padding:.45rem .5rem;"
    "border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600;font-size:.85rem}"
    "code{font:12px/1.5 Consolas,'DejaVu Sans Mono',monospace;direction:ltr;unicode-bidi:isolate;display:inline-block}"
    "pre{font:inherit;white-space:pre-wrap;background:var(--tint);padding:.8rem 1rem;margin:.3rem 0;border-radius:6px}"
    "blockquote{margin:.35rem 0 0;padding:.2rem .8rem;border-inline-start:3px solid var(--mark);white-space:pre-wrap}"
    "small,.soft{color:var(--soft)}a{color:#1f5f99}summary{cursor:pointer;color:var(--soft);font-size:.85rem}"
    ".bad{color:#a11d1d;font-weight:600}img{max-width:100%;height:auto;display:block;margin-top:.4rem;"
    "border:1px solid var(--line)}"
    "@media(max-width:40rem){body{padding:1rem .8rem}dl{grid-template-columns:1fr}dt{border:0;padding-bottom:0}"
    "thead{display:none}tr{display:block;border-bottom:2px solid var(--line);padding:.4rem 0}td{display:block;border:0;"
    "padding:.1rem 0}}"
    "@media print{body{padding:0;max-width:none;font-size:11pt}tr,dl>*{break-inside:avoid}}"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that the sheet names. `body` is None where the archive has it no more, or it is too large to be here;
    `path` is where it lies in the export, None where it is not there either."""

    sha256: str
    size_bytes: int
    content_type: str
    name: str
    role: str  # a text key; empty for an annex, which has a name
    path: str | None
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A record as the API shows it: itself, its sheet, and how far both go."""

    record: Mapping[str, Any]
    sheet: Mapping[str, Any]
    documents: Sequence[Document]
    words: str
    entity: Mapping[str, str]
    zone: ZoneInfo
    until: datetime  # the instant of the last event


def dossier_page(shown: Shown, lang: Language, *, beside: bool) -> str:
    """Return the page in *lang*. *beside*: the documents lie beside it, and are linked; otherwise they are inside."""
    record = shown.record
    title = say(lang, "dossier.title", reference=record["reference"])
    when = _when(shown.until, shown.zone, lang)
    stands = say(lang, "dossier.stands", when=when, count=record["version"])
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY.rpartition("; ")[0]}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<header><p>{_text(shown.entity.get(lang, ''))}</p><h1>{_text(title)}</h1>",
        f"<p>{_text(record['subject'])}</p><p>{_text(stands)}</p>",
        f'<p class="bad">{_text(say(lang, "dossier.masked"))}</p>' if record["masked"] else "",
        f"</header><main>{_heading('record', lang)}<dl>{''.join(_facts(shown, lang))}</dl>",
    ]
    if record.get("recipients"):
        rows = "".join(_recipient(r, shown.zone, lang) for r in record["recipients"])
        head = _columns(("recipient", "channel", "state"), lang)
        parts.append(f"{_heading('recipients', lang)}<table>{head}<tbody>{rows}</tbody></table>")
    if shown.words:
        note = say(lang, "dossier.words_note")
        parts.append(
            f'{_heading("words", lang)}<pre dir="auto">{escape(shown.words)}</pre><small>{_text(note)}</small>'
        )
    if shown.documents:
        head = _columns(("file", "kind_of_file", "open"), lang)
        rows = "".join(_document(d, lang, beside=beside) for d in shown.documents)
        parts.append(f"{_heading('documents', lang)}<table>{head}<tbody>{rows}</tbody></table>")
    rows = "".join(_event(line, shown.zone, lang) for line in shown.sheet["events"])
    parts.append(
        f"{_heading('events', lang)}<table>{_columns(('when', 'by', 'what'), lang)}<tbody>{rows}</tbody></table>"
    )
    parts.append(f"{_heading('chain', lang)}{_chain(shown, lang)}</main></body></html>\n")
    return "\n".join(filter(None, parts))


def _facts(shown: Shown, lang: Language) -> Iterable[str]:
    record, zone = shown.record, shown.zone
    came_in = record["received_via"] != "draft"  # what we issue came from nowhere
    sender, brought = (_party(record[key]) for key in ("original_sender", "sender"))
    separator = "، " if lang == "ar" else ", "
    received = _when(datetime.fromisoformat(record["received_at"]), zone, lang)
    rows: list[tuple[str, str | None]] = [
        ("reference", record["reference"]),
        ("subject", record["subject"]),
        ("kind", say(lang, f"kind.{record['kind']}")),
        ("status", say(lang, f"status.{record['status']}")),
        ("sender", sender),
        ("came_by", brought if brought != sender else None),
        ("their_reference", record["their_reference"]),
        ("letter_date", record["letter_date"]),
        ("received", f"{received} — {record['received_said'][lang]}" if came_in else None),
        ("registered", _when(datetime.fromisoformat(record["registered_at"]), zone, lang)),
        ("unit", separator.join(party["name"][lang] for party in record["to_parties"])),
        ("urgency", say(lang, f"urgency.{record['urgency']}")),
        ("confidentiality", say(lang, f"confidentiality.{record['confidentiality']}")),
        ("check", record["sender_check"][lang] if sender and came_in else None),
        ("remarks", ("؛ " if lang == "ar" else "; ").join(reason[lang] for reason in record["reasons"])),
        ("holders", separator.join(_holder(h, lang) for h in record["holders"])),
        ("sealed", _sealed(record["sealed"], lang)),
        ("links", separator.join(f"{link['reference']} ({link['said'][lang]})" for link in record["links"])),
    ]
    yield from (f"<dt>{_text(say(lang, f'dossier.{key}'))}</dt><dd>{_text(said)}</dd>" for key, said in rows if said)
    yield f"<dt>{_text(say(lang, 'dossier.record_id'))}</dt><dd><code>{escape(record['record_id'])}</code></dd>"


def _sealed(sealed: Mapping[str, Any] | None, lang: Language) -> str | None:
    """How the issued file is signed, and how that is checked."""
    if sealed is None:
        return None
    if sealed["certificate"] is None:
        return say(lang, "dossier.sealed.approval", sha256=sealed["sha256"])
    told = {"sha256": sealed["sha256"], "certificate": sealed["certificate"], "program": "pdfsig"}
    return say(lang, "dossier.sealed.protected", **told)


def _holder(holder: Mapping[str, Any], lang: Language) -> str:
    who = holder["person_name"] or holder["unit_name"][lang]
    return say(lang, "card.asked_what", who=who, asked=holder["asked_said"][lang])


def _recipient(recipient: Mapping[str, Any], zone: ZoneInfo, lang: Language) -> str:
    name = recipient["name"][lang]
    name = say(lang, "recipient.copy", name=name) if recipient["copy"] else name
    way = say(lang, f"channel.{recipient['channel']}") if recipient["channel"] else ""
    when = _when(datetime.fromisoformat(recipient["at"]), zone, lang) if recipient["at"] else ""
    why = recipient["why"][lang] if recipient["why"] is not None else ""
    cells = (
        (name, recipient["entity"]),
        (way, recipient["address"] or ""),
        (recipient["state_said"][lang], when, why),
    )
    drawn = "".join(f"<td>{'<br>'.join(_text(part) for part in cell if part)}</td>" for cell in cells)
    return f"<tr>{drawn}</tr>"


def _document(document: Document, lang: Language, *, beside: bool) -> str:
    name = document.name or say(lang, document.role)
    where, picture = f'<span class="soft">{_text(say(lang, "dossier.absent"))}</span>', ""
    if document.path is not None:
        where = f'<span class="soft">{_text(say(lang, "dossier.in_zip"))}</span>'
        saved = escape(document.name or document.path.rpartition("/")[2], quote=True)
        if beside:
            where = f'<a download="{saved}" href="{document.path}">{_text(say(lang, "dossier.open"))}</a>'
        elif document.body is not None:
            inside = base64.b64encode(document.body).decode()
            href = f"data:application/octet-stream;base64,{inside}"
            where = f'<a download="{saved}" href="{href}">{_text(say(lang, "dossier.open"))}</a>'
            if document.content_type in _SHOWN and document.size_bytes <= _LARGEST_PICTURE:
                picture = f'<img alt="" src="data:{document.content_type};base64,{inside}">'
    size = say(lang, "dossier.size", size=f"{document.size_bytes:,}")
    return (
        f"<tr><td>{_text(name)}<br><code>{document.sha256}</code>{picture}</td>"
        f"<td>{_text(document.content_type)}<br>{_text(size)}</td><td>{where}</td></tr>"
    )


def _event(line: Mapping[str, Any], zone: ZoneInfo, lang: Language) -> str:
    when = _when(datetime.fromisoformat(line["at"]), zone, lang) if line["at"] else ""
    who = [line.get("by_name") or "", (line.get("capacity_said") or {}).get(lang, "")]
    if line.get("on_behalf_of"):
        who.append(say(lang, "dossier.on_behalf", who=line["on_behalf_of"]))
    note, said = line["note"], (line.get("note_said") or {}).get(lang)
    written = f'<blockquote dir="auto">{escape(note)}</blockquote>' if note else ""
    written += f'<div class="soft">{_text(said)}</div>' if said else ""
    proof = (
        f"<details><summary>{_text(say(lang, 'dossier.bytes'))}</summary><code>{escape(line['canonical'])}</code><br>"
        f"<code>{line['prev_hash']}</code><br><code>{line['hash']}</code></details>"
    )
    return (
        f"<tr><td><small><bdi>{line['seq']}</bdi></small> {_text(when)}</td>"
        f"<td>{'<br>'.join(_text(part) for part in who if part)}</td>"
        f"<td>{_text(line['said'][lang])}{written}{proof}</td></tr>"
    )


def _chain(shown: Shown, lang: Language) -> str:
    events, broken = shown.sheet["events"], shown.sheet["broken"]
    if broken is not None:
        said = say(lang, "dossier.broken", seq=broken["seq"], reason=broken["reason"][lang])
        verdict = f'<p class="bad">{_text(said)}</p>'
    else:
        verdict = f"<p>{_text(say(lang, 'dossier.whole', count=len(events)))}</p>"
    head = f"<p><code>{events[-1]['hash']}</code></p>" if events else ""
    return f'{verdict}{head}<p class="soft">{_text(say(lang, "dossier.how", program="verify.py"))}</p>'


def _when(at: datetime, zone: ZoneInfo, lang: Language) -> str:
    return f"{both_dates(at, zone, lang)} {clock_time(at, zone)}"


def _party(party: Mapping[str, str] | None) -> str:
    if party is None:
        return ""
    return f"{party['name']} <{party['address']}>" if party["name"] and party["address"] else "".join(party.values())


def _heading(key: str, lang: Language) -> str:
    return f"<h2>{_text(say(lang, f'dossier.{key}'))}</h2>"


def _columns(keys: tuple[str, ...], lang: Language) -> str:
    return f"<thead><tr>{''.join(f'<th>{_text(say(lang, f"dossier.{k}"))}</th>' for k in keys)}</tr></thead>"


def _text(said: str | None) -> str:
    return f"<bdi>{escape(said)}</bdi>" if said else ""
