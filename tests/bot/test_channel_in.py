"""Who may speak for Teams: every forged call is refused, none fails, and none of them makes us call out."""

import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.channel import Answer, Channel
from bot.keys import ChannelKeys, Forged
from bot.wire import Wire
from registry.errors import Unavailable
from tests.bot.issuer import APP_ID, SERVICE_URL, TENANT_ID, Issuer, activity, as_bytes, claims, key, sign

type Json = dict[str, Any]
type Call = tuple[str | None, bytes]


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer() as issuer:
        yield issuer


def channel_of(issuer: Issuer, **how: Any) -> Channel:
    async def no_token(*, fresh: bool = False) -> str:
        raise AssertionError("nothing is sent here")

    return Channel(
        app_id=APP_ID,
        tenant_id=TENANT_ID,
        token=no_token,
        openid_metadata_url=issuer.metadata_url,
        service_hosts=("smba.trafficmanager.net", "*.botframework.com"),
        **how,
    )


@pytest.fixture
async def channel(issuer: Issuer) -> AsyncIterator[Channel]:
    channel = channel_of(issuer)
    yield channel
    await channel.close()


async def turn(_: Json) -> Json | None:
    return {"statusCode": 200}


async def refuse_turn(_: Json) -> Json | None:
    raise AssertionError("a forged call reached the bot")


# ---------------------------------------------------------------- good calls


@pytest.mark.parametrize(
    ("token", "told", "status"),
    [
        (claims(), activity(), 200),
        (claims(), activity(type="message", name=None), 200),
        (claims(), activity(type="installationUpdate", name=None), 200),
        (claims(serviceurl=SERVICE_URL.rstrip("/")), activity(), 200),
        (claims(), activity(serviceUrl="https://SMBA.trafficmanager.net/emea/c0ffee00"), 200),
        (claims(serviceurl="https://x.botframework.com/"), activity(serviceUrl="https://x.botframework.com/"), 200),
        (claims(), activity(conversation={"id": "a:1"}), 200),
        (claims(), activity(channelData=None), 200),
    ],
)
async def test_the_channels_own_call_is_taken(channel: Channel, token: Json, told: Json, status: int) -> None:
    answer = await channel.receive(as_bytes(told), f"Bearer {sign(token)}", turn)
    assert answer == Answer(status, {"statusCode": 200})


async def test_a_clock_that_is_a_little_off_is_forgiven(channel: Channel) -> None:
    now = int(time.time())
    token = claims(nbf=now + 200, exp=now - 200)
    answer = await channel.receive(as_bytes(activity()), f"Bearer {sign(token)}", turn)
    assert answer == Answer(200, {"statusCode": 200})


async def test_an_invoke_that_the_bot_does_not_know_is_501(channel: Channel) -> None:
    async def nothing(_: Json) -> None:
        return None

    header = f"Bearer {sign()}"
    assert await channel.receive(as_bytes(activity()), header, nothing) == Answer(501)
    assert await channel.receive(as_bytes(activity(type="message")), header, nothing) == Answer(200)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000])
async def test_a_body_that_is_no_activity_is_400(channel: Channel, body: bytes) -> None:
    assert await channel.receive(body, f"Bearer {sign()}", refuse_turn) == Answer(400)


async def test_what_the_bot_needs_being_down_is_503(channel: Channel) -> None:
    async def down(_: Json) -> None:
        raise Unavailable("the database")

    assert await channel.receive(as_bytes(activity()), f"Bearer {sign()}", down) == Answer(503)


# ---------------------------------------------------------------- forged calls


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def hs256(header: Json) -> str:
    """Signed with the public key as if it were a shared secret."""
    secret = key("channel").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{b64({'typ': 'JWT', 'alg': 'HS256', **header})}.{b64(claims())}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def raw_rs256(payload: bytes, **header: Any) -> str:
    """Signed by the right key over whatever header and bytes."""
    signed = f"{b64({'typ': 'JWT', 'alg': 'RS256', 'kid': 'kid-1', **header})}.{b64(payload)}"
    return f"{signed}.{b64(key('channel').sign(signed.encode(), PKCS1v15(), SHA256()))}"


def edited(token: str, **changed: Any) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{b64(claims(**changed))}.{signature}"


def es256() -> str:
    return jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "kid-1"})


NOW = int(time.time())
ENTRA = f"https://login.microsoftonline.com/{TENANT_ID}/v2.0"
HEADERS: dict[str, Callable[[], str | None]] = {
    "no header": lambda: None,
    "an empty header": lambda: "",
    "the scheme alone": lambda: "Bearer",
    "the scheme and a space": lambda: "Bearer ",
    "another scheme": lambda: "Basic aHVkYTpwYXNz",
    "a scheme in lower case": lambda: f"bearer {sign()}",
    "no scheme": sign,
    "two tokens": lambda: f"Bearer {sign()} {sign()}",
    "garbage": lambda: "Bearer garbage",
    "three garbage parts": lambda: "Bearer a.b.c",
    "letters that are no header": lambda: "Bearer ملف.ملف.ملف",
    "a header of 100 kB": lambda: f"Bearer {'A' * 100_000}",
    "a good token with 100 kB of padding": lambda: f"Bearer {sign(claims(pad='x' * 100_000))}",
}
TOKENS: dict[str, Callable[[], str]] = {
    "another key under a known name": lambda: sign(name="mallory"),
    "a key that the channel does not have": lambda: sign(name="mallory", kid="mallory"),
    "no key named": lambda: sign(kid=None),
    "a key name that is a path": lambda: sign(kid="../../../../dev/null"),
    "a key name that is a URL": lambda: sign(name="mallory", kid="http://127.0.0.1:1/keys"),
    "a key name that is a number": lambda: raw_rs256(as_bytes(claims()), kid=1),
    "a key name that is a list": lambda: raw_rs256(as_bytes(claims()), kid=["kid-1"]),
    "a header that is a list": lambda: ".".join((b64(["RS256"]), *sign().split(".")[1:])),
    "keys of its own to fetch (jku)": lambda: sign(name="mallory", jku="http://127.0.0.1:1/keys"),
    "a certificate of its own to fetch (x5u)": lambda: sign(name="mallory", x5u="http://127.0.0.1:1/cert"),
    "a key of its own in the header (jwk)": lambda: sign(
        name="mallory", jwk=jwt.algorithms.RSAAlgorithm.to_jwk(key("mallory").public_key(), as_dict=True)
    ),
    "no signature (alg none)": lambda: jwt.encode(claims(), "", "none", headers={"kid": "kid-1"}),
    "alg none in capitals": lambda: f"{b64({'alg': 'NONE', 'kid': 'kid-1'})}.{b64(claims())}.",
    "alg none with a signature": lambda: f"{b64({'alg': 'none', 'kid': 'kid-1'})}.{b64(claims())}.{'A' * 300}",
    "no alg at all": lambda: f"{b64({'kid': 'kid-1'})}.{b64(claims())}.{sign().split('.')[2]}",
    "the public key as a secret (HS256)": lambda: hs256({"kid": "kid-1"}),
    "HS256 that says RS256 twice": lambda: hs256({"kid": "kid-1", "alg": "HS256", "x-alg": "RS256"}),
    "RS512": lambda: sign(alg="RS512"),
    "RS384": lambda: sign(alg="RS384"),
    "PS256": lambda: sign(alg="PS256"),
    "an elliptic key under a known name": es256,
    "a cut signature": lambda: sign()[:-4],
    "no signature part": lambda: sign().rpartition(".")[0] + ".",
    "claims changed after signing": lambda: edited(sign(), aud=APP_ID, exp=NOW + 9_999),
    "a foreign header over a good signature": lambda: ".".join((b64({"alg": "RS256"}), *sign().split(".")[1:])),
    "expired": lambda: sign(claims(exp=NOW - 3600)),
    "expired a little beyond the skew": lambda: sign(claims(exp=int(time.time()) - 310)),
    "not valid yet": lambda: sign(claims(nbf=NOW + 3600)),
    "issued in the future": lambda: sign(claims(iat=NOW + 3600)),
    "no end": lambda: sign(claims(exp=None)),
    "an end that is a word": lambda: sign(claims(exp="tomorrow")),
    "an end that is a number in a word": lambda: sign(claims(exp=str(NOW + 3600))),
    "an end that is yes": lambda: sign(claims(exp=True)),
    "no issuer": lambda: sign(claims(iss=None)),
    "a foreign issuer": lambda: sign(claims(iss="https://issuer.example")),
    "the issuer with a slash": lambda: sign(claims(iss="https://api.botframework.com/")),
    "a list of issuers": lambda: raw_rs256(as_bytes(claims() | {"iss": ["https://api.botframework.com"]})),
    "the emulator's issuer": lambda: sign(
        claims(iss="https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0", appid=APP_ID)
    ),
    "an ordinary user's token of the same tenant": lambda: sign(
        claims(iss=ENTRA, tid=TENANT_ID, oid="huda", ver="2.0")
    ),
    "another app's token of the same tenant": lambda: sign(claims(iss=ENTRA, tid=TENANT_ID, azp="another", ver="2.0")),
    "another tenant's token": lambda: sign(claims(iss="https://sts.windows.net/00000000-0000-0000-0000-000000000000/")),
    "for another bot": lambda: sign(claims(aud="11111111-2222-3333-4444-555555555555")),
    "for several bots": lambda: sign(claims(aud=[APP_ID, "another"])),
    "for nobody": lambda: sign(claims(aud=None)),
    "for our id in capitals": lambda: sign(claims(aud=APP_ID.upper())),
    "no service URL": lambda: sign(claims(serviceurl=None)),
    "a service URL under another name": lambda: sign(claims(serviceurl=None, serviceUrl=SERVICE_URL)),
    "another service URL": lambda: sign(claims(serviceurl="https://smba.trafficmanager.net/amer/c0ffee00/")),
    "a service URL that is a list": lambda: sign(claims(serviceurl=[SERVICE_URL])),
    "a token in a token": lambda: raw_rs256(sign().encode(), cty="JWT"),
    "claims that are a list": lambda: raw_rs256(b"[]"),
    "claims that are a word": lambda: raw_rs256(b'"claims"'),
    "claims that are no JSON": lambda: raw_rs256(b"\xff\xfe\x00"),
    "claims without a bottom": lambda: raw_rs256(b"[" * 5_000),
    "a demand that nobody knows (crit)": lambda: raw_rs256(as_bytes(claims()), crit=["must"], must=True),
}
NAMED = "https://mallory@smba.trafficmanager.net/"
SMUGGLED = "https://smba.trafficmanager.net@mallory.example/"
ACTIVITIES: dict[str, tuple[Json, Json]] = {
    "no service URL in the activity": ({}, {"serviceUrl": None}),
    "another service URL in the activity": ({}, {"serviceUrl": "https://smba.trafficmanager.net/amer/"}),
    "a service URL that is an object": ({}, {"serviceUrl": {"url": SERVICE_URL}}),
    "a host that is not on the list": ({"serviceurl": "https://mallory.example/"}, {"serviceUrl": "https://mallory.example/"}),
    "a host that ends like one on the list": (
        {"serviceurl": "https://evilbotframework.com/"},
        {"serviceUrl": "https://evilbotframework.com/"},
    ),
    "a host behind a user name": ({"serviceurl": SMUGGLED}, {"serviceUrl": SMUGGLED}),
    "a user name before a host on the list": ({"serviceurl": NAMED}, {"serviceUrl": NAMED}),
    "a service URL without TLS": (
        {"serviceurl": "http://smba.trafficmanager.net/"},
        {"serviceUrl": "http://smba.trafficmanager.net/"},
    ),
    "a service URL that is none": ({"serviceurl": "https://["}, {"serviceUrl": "https://["}),
    "no channel": ({}, {"channelId": None}),
    "the emulator's channel": ({}, {"channelId": "emulator"}),
    "another channel that the key is endorsed for": ({}, {"channelId": "webchat"}),
    "a channel that is a list": ({}, {"channelId": ["msteams"]}),
    "another tenant in the channel data": ({}, {"channelData": {"tenant": {"id": "another"}}}),
    "another tenant in the conversation": ({}, {"conversation": {"id": "a:1", "tenantId": "another"}}),
    "our tenant in capitals": ({}, {"channelData": {"tenant": {"id": TENANT_ID.upper()}}}),
    "a tenant that is a list": ({}, {"channelData": {"tenant": {"id": [TENANT_ID]}}}),
    "no tenant": ({}, {"channelData": None, "conversation": {"id": "a:1"}}),
}  # fmt: skip


def call(authorization: str | None, body: bytes | None = None) -> Call:
    return authorization, as_bytes(activity()) if body is None else body


def doubled(more: bytes) -> bytes:
    """A good activity with another value under a name that it has already."""
    return as_bytes(activity())[:-1] + b", " + more + b"}"


def forged(kind: str) -> Call:
    if kind in HEADERS:
        return call(HEADERS[kind]())
    if kind in TOKENS:
        return call(f"Bearer {TOKENS[kind]()}")
    if kind in ACTIVITIES:
        in_claims, in_activity = ACTIVITIES[kind]
        return call(f"Bearer {sign(claims(**in_claims))}", as_bytes(activity(**in_activity)))
    return call(*BODIES[kind])


BODIES: dict[str, tuple[str, bytes]] = {
    "a forged token and a body that is no JSON": (f"Bearer {sign(name='mallory')}", b"{"),
    "a second tenant under the same name": (
        f"Bearer {sign()}",
        doubled(b'"channelData": {"tenant": {"id": "another"}}'),
    ),
    "a second service URL under the same name": (
        f"Bearer {sign()}",
        doubled(b'"serviceUrl": "https://mallory.example/"'),
    ),
}
FORGED = [*HEADERS, *TOKENS, *ACTIVITIES, *BODIES]


def test_there_are_more_than_sixty_ways_to_forge_a_call() -> None:
    assert len(FORGED) >= 60


@pytest.mark.parametrize("kind", FORGED)
async def test_a_forged_call_is_refused(channel: Channel, issuer: Issuer, kind: str) -> None:
    authorization, body = forged(kind)
    answer = await channel.receive(body, authorization, refuse_turn)
    assert answer.status in (401, 403)
    assert answer.body is None
    assert len(issuer.asked) <= 2, "nothing but the channel's own keys was read"


@pytest.mark.parametrize("endorsements", [None, [], ["webchat"], "msteam", "", {"x": 1}])
async def test_a_key_that_is_not_endorsed_for_teams_is_refused(
    channel: Channel, issuer: Issuer, endorsements: Any
) -> None:
    issuer.keys["kid-1"] = ("channel", endorsements)
    assert (await channel.receive(as_bytes(activity()), f"Bearer {sign()}", refuse_turn)).status == 403


# ---------------------------------------------------------------- keys


async def test_a_key_that_came_later_is_found(issuer: Issuer) -> None:
    channel = channel_of(issuer, look_again_s=0)
    call = as_bytes(activity())
    assert (await channel.receive(call, f"Bearer {sign()}", turn)).status == 200
    issuer.keys["kid-2"] = ("second", ["msteams"])
    assert (await channel.receive(call, f"Bearer {sign(name='second', kid='kid-2')}", turn)).status == 200
    await channel.close()


async def test_unknown_keys_are_looked_for_once_in_a_while_only(channel: Channel, issuer: Issuer) -> None:
    for number in range(20):
        token = sign(name="mallory", kid=f"unknown-{number}")
        assert (await channel.receive(as_bytes(activity()), f"Bearer {token}", refuse_turn)).status == 401
    assert len(issuer.asked) == 2


async def test_many_first_calls_wait_for_one_reading_of_the_keys(channel: Channel, issuer: Issuer) -> None:
    calls = (channel.receive(as_bytes(activity()), f"Bearer {sign()}", turn) for _ in range(20))
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
    assert len(issuer.asked) == 2


async def test_waiting_for_keys_holds_up_nobody_else(channel: Channel, issuer: Issuer) -> None:
    issuer.hold = asyncio.Event()
    waiting = asyncio.create_task(channel.receive(as_bytes(activity()), f"Bearer {sign()}", turn))
    await issuer.was_asked.wait()
    assert (await channel.receive(b"{}", "Bearer garbage", refuse_turn)).status == 401
    assert not waiting.done()
    issuer.hold.set()
    assert (await waiting).status == 200


@pytest.mark.parametrize(
    "instead",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(text="<html>"),
        lambda: web.json_response([]),
        lambda: web.json_response({}),
        lambda: web.json_response({"jwks_uri": "http://keys.example/keys"}),
        lambda: web.json_response({"jwks_uri": "file:///etc/passwd"}),
        lambda: web.json_response({"keys": []}),
        lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/"}),
        lambda: web.Response(text="[" * 100_000),
    ],
)
async def test_keys_out_of_reach_are_503(channel: Channel, issuer: Issuer, instead: Callable[[], web.Response]) -> None:
    issuer.instead = instead
    assert await channel.receive(as_bytes(activity()), f"Bearer {sign()}", refuse_turn) == Answer(503)


async def test_nobody_answering_for_the_keys_is_503() -> None:
    async with Issuer() as gone:
        channel = channel_of(gone)
    assert await channel.receive(as_bytes(activity()), f"Bearer {sign()}", refuse_turn) == Answer(503)
    await channel.close()


class TestKeysInTime:
    """Keys as the hours pass; `seconds` is the clock."""

    @pytest.fixture
    async def wire(self) -> AsyncIterator[Wire]:
        wire = Wire()
        yield wire
        await wire.close()

    @pytest.fixture
    def keys(self, issuer: Issuer, wire: Wire) -> ChannelKeys:
        self.now = 1_000_000.0
        return ChannelKeys(issuer.metadata_url, wire, 300, lambda: self.now)

    async def test_they_are_read_again_after_a_day(self, keys: ChannelKeys, issuer: Issuer) -> None:
        await keys.get("kid-1")
        self.now += 23 * 3600
        await keys.get("kid-1")
        assert len(issuer.asked) == 2
        self.now += 2 * 3600
        issuer.keys = {"kid-2": ("second", ["msteams"])}
        with pytest.raises(Forged):
            await keys.get("kid-1")
        await keys.get("kid-2")
        assert len(issuer.asked) == 4

    async def test_they_serve_a_second_day_while_newer_ones_cannot_be_had(
        self, keys: ChannelKeys, issuer: Issuer
    ) -> None:
        await keys.get("kid-1")
        issuer.instead = lambda: web.Response(status=503)
        self.now += 30 * 3600
        await keys.get("kid-1")
        self.now += 20 * 3600
        with pytest.raises(Unavailable):
            await keys.get("kid-1")

    async def test_after_a_failure_they_are_asked_for_again_in_seconds_not_at_every_call(
        self, keys: ChannelKeys, issuer: Issuer
    ) -> None:
        issuer.instead = lambda: web.Response(status=503)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await keys.get("kid-1")
        assert len(issuer.asked) == 1
        issuer.instead = None
        self.now += 6
        await keys.get("kid-1")

    async def test_an_unknown_one_is_looked_for_again_after_the_while(self, keys: ChannelKeys, issuer: Issuer) -> None:
        await keys.get("kid-1")
        issuer.keys["kid-2"] = ("second", ["msteams"])
        with pytest.raises(Forged):
            await keys.get("kid-2")
        self.now += 301
        await keys.get("kid-2")

    async def test_keys_of_other_kinds_among_them_do_no_harm(self, keys: ChannelKeys, issuer: Issuer) -> None:
        good = issuer.published("kid-1")
        mixed = {
            "keys": [None, 7, {}, {"kty": "EC", "kid": "ec"}, {"kty": "RSA", "kid": "r"}, {**good, "n": "!"}, good]
        }
        issuer.instead = lambda: web.json_response({"jwks_uri": f"{issuer.url}/keys", **mixed})
        await keys.get("kid-1")


# ---------------------------------------------------------------- the price


def test_the_module_comes_without_botbuilder() -> None:
    program = "import sys, bot.handlers, bot.chats; print(*{m.partition('.')[0] for m in sys.modules})"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"botbuilder", "botframework", "msrest", "aiohttp", "msal"} & set(told.stdout.split())
