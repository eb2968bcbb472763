################################################################
# Who we are to Microsoft: one identity, three ways to prove it
################################################################
#
# Rule 1: a client secret, a certificate or a managed identity, in this order of what is set; nothing else is tried.
# Rule 2: the libraries keep tokens and refresh them; here only the way to them is chosen.
# Rule 3: the bot's secret lies in the vault, as `bot-app-secret`, and is read when the bot first speaks.

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.settings import Settings
from registry.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from bot.channel import TokenSource
    from graph.sign_in import Redeem

BOT_SECRET = "bot-app-secret"  # noqa: S105 (a name, not a secret)

# Authorities that Microsoft's libraries know of themselves; any other is taken at its word.
_KNOWN_AUTHORITIES = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
    }
)
_VAULT_DOMAINS = (".vault.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn")


def graph_scope(settings: Settings) -> str:
    """The scope of Graph in this cloud: its own host where it is one of Microsoft's, else the public cloud's."""
    host = urlsplit(settings.graph_base_url).hostname or ""
    national = host.endswith((".microsoft.us", ".chinacloudapi.cn"))
    return f"https://{host}/.default" if national else "https://graph.microsoft.com/.default"


class Identity:
    """Tokens for what we ask of Microsoft 365, by azure-identity. Close it in the loop that used it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._credential: Any = None

    async def __call__(self, scope: str, *, fresh: bool = False) -> str:
        """Return a token for *scope*; `fresh`: one that was not given before.

        Raises:
            Unavailable: Entra cannot be reached.
            Misconfigured: Entra refuses us: secret, certificate or consent.
        """
        from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
        from azure.identity import CredentialUnavailableError

        if fresh:
            await self.close()
        try:
            return str((await self.credential.get_token(scope)).token)
        except (ServiceRequestError, ServiceResponseError) as error:
            raise Unavailable(f"Entra: {type(error).__name__}") from error
        except CredentialUnavailableError as error:
            raise Misconfigured(f"no identity to ask Entra with: {error.message}") from error
        except ClientAuthenticationError as error:
            raise Misconfigured(f"Entra refuses us: {error.message}") from error

    @property
    def credential(self) -> Any:
        """An async token credential of azure-identity, made when first needed."""
        if self._credential is None:
            from azure.identity import aio

            self._credential = _credential(self._settings, aio)
        return self._credential

    async def close(self) -> None:
        if self._credential is not None:
            kept, self._credential = self._credential, None
            await kept.close()


def _credential(settings: Settings, library: Any) -> Any:
    """A credential of *library*: azure.identity, or azure.identity.aio."""
    who = {"tenant_id": settings.azure_tenant_id, "client_id": settings.azure_client_id}
    where = {"authority": settings.authority_url, "disable_instance_discovery": not _is_known(settings.authority_url)}
    if settings.azure_client_secret:
        return library.ClientSecretCredential(**who, client_secret=settings.azure_client_secret, **where)
    if settings.azure_client_certificate_path:
        return library.CertificateCredential(**who, certificate_path=settings.azure_client_certificate_path, **where)
    return library.ManagedIdentityCredential(client_id=settings.azure_client_id)


def _is_known(authority_url: str) -> bool:
    return urlsplit(authority_url).hostname in _KNOWN_AUTHORITIES


def bot_app(settings: Settings) -> Callable[[], Any] | None:
    """Return what makes the bot's msal application, or None where the bot is a managed identity and needs no secret.

    Making it may read the vault: it blocks, and is meant for a thread.
    """
    secret = _bot_secret(settings)
    if secret is None:
        return None

    def make() -> Any:
        import msal

        return msal.ConfidentialClientApplication(
            settings.bot_app_id,
            client_credential=secret(),
            authority=f"{settings.authority_url.rstrip('/')}/{settings.azure_tenant_id}",
            instance_discovery=None if _is_known(settings.authority_url) else False,
        )

    return make


def _bot_secret(settings: Settings) -> Callable[[], Any] | None:
    if settings.key_vault_url:
        return lambda: from_vault(settings, BOT_SECRET)
    if settings.azure_client_secret:
        return lambda: settings.azure_client_secret
    if settings.azure_client_certificate_path:
        return lambda: {"private_key_pfx_path": settings.azure_client_certificate_path}
    return None


def from_vault(settings: Settings, name: str, vault_url: str = "") -> str:
    """Read a secret, of KEY_VAULT_URL unless of another vault.

    Raises:
        Misconfigured: The vault refuses us or has none of this name.
        Unavailable: It cannot be asked.
    """
    import azure.identity
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
    from azure.keyvault.secrets import SecretClient

    vault_url = vault_url or settings.key_vault_url
    host = urlsplit(vault_url).hostname or ""
    with contextlib.closing(_credential(settings, azure.identity)) as credential:
        client = SecretClient(vault_url, credential, verify_challenge_resource=host.endswith(_VAULT_DOMAINS))
        with contextlib.closing(client):
            try:
                value = client.get_secret(name).value
            except (ResourceNotFoundError, ClientAuthenticationError) as error:
                raise Misconfigured(f"the vault has no {name} for us: {error.message}") from error
            except HttpResponseError as error:
                kind = Misconfigured if error.status_code in (401, 403) else Unavailable
                raise kind(f"the vault: {error.status_code}") from error
            except AzureError as error:
                raise Unavailable(f"the vault: {type(error).__name__}") from error
    if not value:
        raise Misconfigured(f"the vault's {name} is empty")
    return value


def bot_tokens(settings: Settings, identity: Identity) -> "TokenSource":
    """Return the source of the bot's tokens for the connector."""
    from bot.channel import SCOPE, msal_tokens

    make = bot_app(settings)
    return msal_tokens(make) if make is not None else partial(identity, SCOPE)


def sign_in_redeemer(settings: Settings) -> "Redeem | None":
    """Return what asks Entra what a person's code is worth; None where the bot is a managed identity, to which nobody
    can sign in. The application is made anew each time, so that no token of a person is kept."""
    make = bot_app(settings)
    if make is None:
        return None

    def ask(code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        asked = {"redirect_uri": redirect_uri, "data": {"code_verifier": verifier}}
        try:
            told: dict[str, Any] = make().acquire_token_by_authorization_code(code, [], **asked)
        except OSError as error:  # what requests raises is an OSError
            raise Unavailable(f"no sign-in: {type(error).__name__}") from error
        except (ValueError, RuntimeError) as error:  # an id_token that msal finds fault with is a RuntimeError
            return {"error": type(error).__name__}
        if told.get("error") in ("invalid_client", "unauthorized_client"):
            raise Misconfigured(f"no sign-in: {told.get('error')} {told.get('error_description')}")
        if told.get("error") in ("temporarily_unavailable", "server_error"):
            raise Unavailable(f"no sign-in: {told.get('error')}")
        return told

    async def redeem(code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        return await asyncio.to_thread(ask, code, redirect_uri, verifier)

    return redeem
