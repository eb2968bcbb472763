"""Where people sign in anew before a secret opens: to Entra, and back with a code to type in their chat."""

import asyncio
import html
from http.cookies import CookieError, SimpleCookie

import azure.functions as func

from texts import LANGUAGES, say

bp = func.Blueprint()

_COOKIE = "__Host-tarasul-sign-in"
_LASTS_S = 600
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}
_PAGE = """<!doctype html>
<html lang="ar" dir="rtl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{font:1.1rem/1.7 "Segoe UI",Tahoma,sans-serif;margin:12vh auto;max-width:32rem;padding:0 1rem;color:#242424}}
h1{{font-size:1.4rem}} [dir=ltr]{{color:#424242}} .code{{font-size:2.4rem;font-weight:600;letter-spacing:.3em;
direction:ltr;text-align:center;border:1px solid #d1d1d1;border-radius:8px;padding:.4rem 0 .4rem .3em}}
</style></head><body><h1>{title}</h1>{body}</body></html>
"""


@bp.route("sign-in/start", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def start_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """302 to Entra's page for whoever brings a ticket that is good; it is kept in the browser until they come back."""
    from app.wiring import house
    from registry.errors import Unavailable
    from service.sign_in import NotSignedIn

    ticket = req.params.get("ticket", "")
    try:
        address = await asyncio.to_thread(house().step_up.address, ticket)
    except NotSignedIn as why:
        return _page(410, why.reason)
    except Unavailable:
        return _page(503, "sign_in.busy")
    cookie = f"{_COOKIE}={ticket}; Max-Age={_LASTS_S}; Path=/; Secure; HttpOnly; SameSite=Lax"
    return func.HttpResponse(status_code=302, headers={**_HEADERS, "Location": address, "Set-Cookie": cookie})


@bp.route("sign-in/done", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def end_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """200 with the code to type in the chat; 403 where the sign-in is another's, or too old."""
    from app.wiring import house
    from registry.errors import Misconfigured, Unavailable
    from service.sign_in import NotSignedIn

    ticket = _cookie(req.headers.get("cookie", ""))
    try:
        code = await house().step_up.returned(ticket, req.params.get("state", ""), req.params.get("code", ""))
    except NotSignedIn as why:
        return _page(403, why.reason)
    except Misconfigured:
        return _page(503, "sign_in.none")
    except Unavailable:
        return _page(503, "sign_in.busy")
    return _page(200, "sign_in.done", code)


def _cookie(header: str) -> str:
    try:
        kept = SimpleCookie(header[:4096]).get(_COOKIE)
    except CookieError:
        return ""
    return kept.value if kept is not None else ""


def _page(status: int, key: str, code: str = "") -> func.HttpResponse:
    """The sentence in both languages, Arabic first, and the code; the ticket is taken from the browser."""
    said = "".join(
        f'<p dir="{"rtl" if lang == "ar" else "ltr"}" lang="{lang}">{html.escape(say(lang, key))}</p>'
        for lang in LANGUAGES
    )
    shown = f'<p class="code" id="code">{html.escape(code)}</p>' if code else ""
    body = _PAGE.format(title=html.escape(say("ar", "sign_in.title")), body=f"{said}{shown}")
    gone = f"{_COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"
    return func.HttpResponse(body, status_code=status, mimetype="text/html", headers={**_HEADERS, "Set-Cookie": gone})
