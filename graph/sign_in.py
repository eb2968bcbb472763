################################################################
# Entra's sign-in page: where people prove anew who they are
################################################################
#
# Rule 1: who signed in is what a signed id_token says that was made for us and for this sign-in (its nonce), of our own
#         tenant, and with the instant at which the person proved who they are. Nothing else of what comes back is read.
# Rule 2: Entra is asked to let the person prove it again, whatever they are signed in to.
#
# Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
#         …/entra/identity-platform/optional-claims-reference (auth_time)

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from graph.entra import Denied, TokenChecker
from service.sign_in import NotSignedIn, Proven

type Redeem = Callable[[str, str, str], Awaitable[dict[str, Any]]]

_CLAIMS = json.dumps({"id_token": {"auth_time": {"essential": True}}}, separators=(",", ":"))
OLDEST_S = 900


class EntraSignIn:
    """See service.sign_in.Entrance.

    Args:
        authorize_url: Entra's page, as people's browsers reach it.
        redirect_uri: Where it sends them back to, as the app registration names it.
        redeem: Asks Entra's token endpoint what a code is worth: code, redirect_uri, verifier. The body of its answer.
        checker: Knows tokens for `app_id` and for nothing else.
    """

    def __init__(
        self, authorize_url: str, app_id: str, redirect_uri: str, redeem: Redeem, checker: TokenChecker
    ) -> None:
        self._authorize_url, self._app_id, self._redirect_uri = authorize_url, app_id, redirect_uri
        self._redeem, self._checker = redeem, checker

    def address(self, *, state: str, nonce: str, challenge: str, hint: str) -> str:
        asked = {
            "client_id": self._app_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": self._redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "prompt": "login",
            "max_age": str(OLDEST_S),
            "claims": _CLAIMS,
            **({"login_hint": hint} if hint else {}),
        }
        return f"{self._authorize_url}?{urlencode(asked)}"

    async def proven(self, code: str, *, verifier: str, nonce: str) -> Proven:
        told = await self._redeem(code, self._redirect_uri, verifier)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise NotSignedIn("sign_in.refused")
        try:
            return Proven(*await self._checker.signed_in(token, nonce))
        except Denied as why:
            raise NotSignedIn("sign_in.too_old" if why.reason == "no auth_time" else "sign_in.refused") from why
