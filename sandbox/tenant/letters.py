################################################################
# The sample letters, shown to the page, so that one can be sent again or be the beginning of another
################################################################

from datetime import datetime

from sandbox.ministry.samples import FOLDER, LETTERS, Letter
from sandbox.tenant.tenant import Routes, Tenant
from sandbox.tenant.wire import Request, Response, json_response, refuse

ROUTES = Routes()


@ROUTES.on("GET", "/sandbox/letters")
def list_letters(tenant: Tenant, request: Request, now: datetime) -> Response:
    """What each letter says; its annex, a PDF, is at /sandbox/letters/{key}/annex."""
    return json_response(
        [
            {
                "key": letter.key,
                "to": letter.upn,
                "sender": letter.sender,
                "address": letter.address,
                "subject": letter.subject,
                "text": letter.text,
                "annexName": letter.annex_name,
            }
            for letter in LETTERS
        ]
    )


@ROUTES.on("GET", "/sandbox/letters/{key}/annex")
def read_annex(tenant: Tenant, request: Request, now: datetime, key: str) -> Response:
    return Response(200, {"content-type": "application/pdf"}, (FOLDER / _letter(key).annex).read_bytes())


def _letter(key: str) -> Letter:
    found = next((letter for letter in LETTERS if letter.key == key), None)
    if found is None:
        raise refuse(404, "NotFound", f"There is no sample letter {key}.")
    return found
