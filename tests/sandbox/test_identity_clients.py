"""Microsoft's own identity and vault clients get their tokens and secrets, over TLS, with nothing switched off.

They read whom to trust when Python starts, so each runs in a process of its own.
"""

import os
import subprocess
import sys

import pytest

from tests.sandbox.served import Served
from tests.stage import REPOSITORY

TENANT, APP, SECRET = (
    "c0ffee00-1111-4222-8333-444455556666",
    "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001",
    "sandbox-app-secret",
)

MSAL = """
import msal
def app(secret):
    authority = f"{AUTHORITY}/{TENANT}"
    return msal.ConfidentialClientApplication(APP, secret, authority, instance_discovery=False)
told = app(SECRET).acquire_token_for_client(["https://graph.microsoft.com/.default"])
assert told["token_type"] == "Bearer", told
assert app("wrong").acquire_token_for_client(["https://graph.microsoft.com/.default"])["error"] == "invalid_client"
import json, urllib.request
body = json.dumps({"upn": "huda@ministry.example", "audience": "api"}).encode()
shown = json.load(urllib.request.urlopen(f"{HTTP}/sandbox/token", body))["access_token"]
told = app(SECRET).acquire_token_on_behalf_of(shown, ["https://graph.microsoft.com/User.Read"])
request = urllib.request.Request(f"{HTTP}/v1.0/me", headers={"Authorization": "Bearer " + told["access_token"]})
print(json.load(urllib.request.urlopen(request))["userPrincipalName"])
"""

IDENTITY = """
import asyncio
from azure.identity import ClientSecretCredential
from azure.identity.aio import ClientSecretCredential as Aio
options = {"authority": AUTHORITY, "disable_instance_discovery": True}
with ClientSecretCredential(TENANT, APP, SECRET, **options) as credential:
    first = credential.get_token("https://graph.microsoft.com/.default")
async def main():
    async with Aio(TENANT, APP, SECRET, **options) as credential:
        return await credential.get_token("https://graph.microsoft.com/.default")
second = asyncio.run(main())
import json, urllib.request
for token in (first, second):
    request = urllib.request.Request(f"{HTTP}/v1.0/users?$top=1", headers={"Authorization": "Bearer " + token.token})
    assert len(json.load(urllib.request.urlopen(request))["value"]) == 1
print("both")
"""

VAULT = """
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
credential = ClientSecretCredential(TENANT, APP, SECRET, authority=AUTHORITY, disable_instance_discovery=True)
client = SecretClient(AUTHORITY, credential, verify_challenge_resource=False)
secret = client.get_secret("graph-client-state")
assert client.get_secret("graph-client-state", secret.properties.version).value == secret.value
try:
    client.get_secret("nothing")
except ResourceNotFoundError as missing:
    assert missing.error.code == "SecretNotFound", missing
    print(secret.value)
"""

CHECKING = """
import jwt
from jwt import PyJWKClient
import json, urllib.request
with urllib.request.urlopen(f"{AUTHORITY}/{TENANT}/v2.0/.well-known/openid-configuration") as told:
    metadata = json.load(told)
body = json.dumps({"roles": ["Records.Read"], "audience": "api"}).encode()
token = json.load(urllib.request.urlopen(f"{HTTP}/sandbox/token", body))["access_token"]
key = PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
print(jwt.decode(token, key.key, algorithms=["RS256"], audience=f"api://{APP}", issuer=metadata["issuer"])["roles"][0])
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [(MSAL, "huda@ministry.example"), (IDENTITY, "both"), (VAULT, "قيمة سرية"), (CHECKING, "Records.Read")],
    ids=["msal", "azure-identity", "azure-keyvault-secrets", "PyJWKClient"],
)
def test_microsofts_clients_are_content(served: Served, script: str, said: str) -> None:
    names = {"TENANT": TENANT, "APP": APP, "SECRET": SECRET, "AUTHORITY": served.https, "HTTP": served.http}
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    env = {**os.environ, **served.certificates.trust(), "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        [sys.executable, "-c", given + script], cwd=REPOSITORY, env=env, capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout.decode().strip()) == (0, said), ran.stderr.decode()
