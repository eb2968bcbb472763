"""The page that a letter's QR code leads to: Arabic first; a file is compared in the browser and is sent nowhere."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any

from texts import LANGUAGES, Language, say

_SCRIPT = (
    "const f=document.getElementById('f'),o=document.getElementById('o');f&&f.addEventListener('change',async()=>{"
    "o.textContent='…';const b=await f.files[0].arrayBuffer();"
    "const d=new Uint8Array(await crypto.subtle.digest('SHA-256',b));"
    "const h=[...d].map(x=>x.toString(16).padStart(2,'0')).join('');"
    "o.textContent=h===f.dataset.sha?f.dataset.same:f.dataset.other;o.className=h===f.dataset.sha?'good':'bad'})"
)
_STYLE = (
    "body{margin:0 auto;max-width:40rem;padding:2rem 1.25rem;color:#1d2129;background:#fff;"
    "font:16px/1.7 'Segoe UI','Noto Naskh Arabic',Tahoma,Arial,sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.4rem;margin:.2rem 0 1rem}section{border-top:3px double #8a6d2b;padding:1rem 0}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}dd{margin:0}dt{color:#5b6470}"
    "code{font:12px/1.5 Consolas,monospace;direction:ltr;unicode-bidi:isolate}.good{color:#1c6b35;font-weight:600}"
    ".bad{color:#a11d1d;font-weight:600}small{color:#5b6470}"
)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def verify_page(told: Mapping[str, Any] | None) -> str:
    """Return the page that says *told* (service/verifying.py), or that the letter is none of ours."""
    title = say("ar", "ours.title")
    body = "".join(_part(told, lang, first=lang == LANGUAGES[0]) for lang in LANGUAGES)
    return (
        '<!DOCTYPE html>\n<html lang="ar" dir="rtl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body>{body}<script>{_SCRIPT}</script></body></html>\n"
    )


def _part(told: Mapping[str, Any] | None, lang: Language, *, first: bool) -> str:
    heading = f"<h1>{_text(say(lang, 'ours.title'))}</h1>"
    start = f'<section lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">{heading}'
    if told is None:
        return f'{start}<p class="bad">{_text(say(lang, "ours.unknown"))}</p></section>'
    rows = (
        ("entity", told["entity"][lang]),
        ("reference", told["reference"]),
        ("kind", told["kind_said"][lang]),
        ("issued", told["issued_said"][lang]),
        ("level", told["level_said"][lang]),
    )
    facts = "".join(f"<dt>{_text(say(lang, f'ours.{key}'))}</dt><dd>{_text(said)}</dd>" for key, said in rows)
    good = "good" if told["state"] == "sealed" else "bad"
    verdict = f'<p class="{good}">{_text(told["state_said"][lang])}</p>'
    mark = f"<dt>{_text(say(lang, 'ours.file'))}</dt><dd><code>{escape(told['sha256'])}</code></dd>"
    limits = f"<p><small>{_text(told['limits_said'][lang])}</small></p>" if told["limits_said"] else ""
    return f"{start}{verdict}<dl>{facts}{mark}</dl>{limits}{_compare(told, lang) if first else ''}</section>"


def _compare(told: Mapping[str, Any], lang: Language) -> str:
    same, other = (escape(say(lang, f"ours.{key}"), quote=True) for key in ("same", "other"))
    return (
        f'<p><label>{_text(say(lang, "ours.compare"))} <input id="f" type="file" accept="application/pdf" '
        f'data-sha="{escape(told["sha256"])}" data-same="{same}" data-other="{other}"></label></p>'
        f'<p id="o" aria-live="polite"></p><small>{_text(say(lang, "ours.stays"))}</small>'
    )


def _text(said: str) -> str:
    return f"<bdi>{escape(said)}</bdi>"
