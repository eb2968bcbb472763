"""Who calls our API: Entra's tokens, and everything that is none."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.entra import Caller, Denied, TokenChecker
from registry.errors import Unavailable
from tests.graph.world import World
from tests.stage import ask

TENANT = "c0ffee00-1111-4222-8333-444455556666"
APP = "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001"
API = f"api://{APP}"
NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("k1", "k2", "stranger")}


@dataclass
class Entra:
    """An authority that publishes keys, and a clock that a test moves."""

    url: str = ""
    published: list[str] = field(default_factory=lambda: ["k1"])
    asked: int = 0
    down: bool = False
    now: datetime = NOON

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked += 1
        if self.down or request.path != f"/{TENANT}/discovery/v2.0/keys":
            return web.Response(status=503)
        return web.json_response({"keys": [published(kid) for kid in self.published]})

    def checker(self) -> TokenChecker:
        return TokenChecker(self.url, TENANT, {API, APP}, lambda: self.now)

    def claims(self, **changed: Any) -> dict[str, Any]:
        at = int(NOON.timestamp())
        good = {
            **{"iss": f"{self.url}/{TENANT}/v2.0", "aud": API, "tid": TENANT, "oid": "person-1", "azp": APP},
            **{"iat": at, "nbf": at - 5, "exp": at + 3600, "scp": "access_as_user", "roles": ["Records.Read.All"]},
        }
        return {name: value for name, value in {**good, **changed}.items() if value is not None}

    def token(self, kid: str = "k1", *, key: str = "", headers: dict[str, Any] | None = None, **changed: Any) -> str:
        return jwt.encode(self.claims(**changed), KEYS[key or kid], "RS256", headers={"kid": kid, **(headers or {})})


def published(kid: str) -> dict[str, Any]:
    row: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(KEYS[kid].public_key(), as_dict=True)
    return {**row, "kid": kid, "use": "sig", "alg": "RS256"}


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    entra = Entra()
    runner = web.ServerRunner(web.Server(entra.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    entra.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield entra
    await runner.cleanup()


class TestGood:
    async def test_a_persons_token_says_who_and_what_for(self, entra: Entra) -> None:
        caller = await entra.checker().check(f"Bearer {entra.token(roles=None)}")
        assert caller == Caller("person-1", frozenset(), frozenset({"access_as_user"}), APP)

    async def test_an_apps_token_says_which_and_its_roles(self, entra: Entra) -> None:
        caller = await entra.checker().check(f"bearer  {entra.token(scp=None)} ")
        assert (caller.roles, caller.scopes) == (frozenset({"Records.Read.All"}), frozenset())

    async def test_tokens_of_version_1_are_entras_too(self, entra: Entra) -> None:
        token = entra.token(iss=f"https://sts.windows.net/{TENANT}/", azp=None, appid="other", aud=APP)
        assert (await entra.checker().check(f"Bearer {token}")).app_id == "other"

    async def test_clocks_may_be_five_minutes_apart(self, entra: Entra) -> None:
        checker, token = entra.checker(), entra.token()
        for at, good in ((-304, True), (-306, False), (3899, True), (3900, False)):
            entra.now = NOON + timedelta(seconds=at)
            if good:
                assert await checker.check(f"Bearer {token}")
            else:
                with pytest.raises(Denied):
                    await checker.check(f"Bearer {token}")

    async def test_the_tenants_own_tokens_are_good(self, world: World) -> None:
        for asked in ({"upn": "huda@ministry.example"}, {"roles": ["Records.Read.All"]}):
            told = ask("POST", f"{world.url}/sandbox/token", json={**asked, "audience": "api"}).json()
            token = str(told["access_token"])
            issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
            checker = TokenChecker(world.url, TENANT, {API}, lambda: datetime.now(UTC))
            checker._issuers = frozenset({issuer})  # the tenant names its https address, which is not served here
            caller = await checker.check(f"Bearer {token}")
            assert caller.roles | caller.scopes == {"access_as_user"} if "upn" in asked else {"Records.Read.All"}


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    parts = (json.dumps({"typ": "JWT", "kid": "k1", **header}).encode(), json.dumps(claims).encode())
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


FORGED: dict[str, Any] = {
    "signed by a stranger under a known name": lambda e: e.token("k1", key="stranger"),
    "signed by a stranger": lambda e: e.token("stranger"),
    "unsigned": lambda e: unsigned(e.claims(), alg="none"),
    "unsigned, said otherwise": lambda e: unsigned(e.claims(), alg="RS256"),
    "signed with the public key as a secret": lambda e: jwt.encode(
        e.claims(),
        base64.b64encode(KEYS["k1"].public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)),
        "HS256",
        headers={"kid": "k1"},
    ),
    "signed with another kind of key": lambda e: jwt.encode(
        e.claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": "k1"}
    ),
    "a key of its own brought along": lambda e: e.token(
        "stranger", headers={"jwk": published("stranger"), "jku": f"{e.url}/mine", "x5u": f"{e.url}/mine"}
    ),
    "a name that is a path": lambda e: e.token("k1", headers={"kid": "../../k1"}),
    "a name that is none": lambda e: unsigned(e.claims(), alg="RS256", kid=["k1"]),
    "expired": lambda e: e.token(exp=int(NOON.timestamp()) - 301),
    "without an end": lambda e: e.token(exp=None),
    "an end that is no time": lambda e: e.token(exp={"at": "last"}),
    "an end beyond all time": lambda e: e.token(exp=10**400),
    "not yet good": lambda e: e.token(nbf=int(NOON.timestamp()) + 301),
    "another issuer": lambda e: e.token(iss="https://login.evil.example/v2.0"),
    "the same issuer of another tenant": lambda e: e.token(iss=f"{e.url}/{APP}/v2.0"),
    "a list of issuers": lambda e: e.token(iss=None, issuers=[f"{e.url}/{TENANT}/v2.0"]),
    "for another API": lambda e: e.token(aud="https://graph.microsoft.com"),
    "for several": lambda e: e.token(aud=[API]),
    "for nobody": lambda e: e.token(aud=None),
    "of another tenant": lambda e: e.token(tid=APP),
    "of no tenant": lambda e: e.token(tid=None),
    "of nobody": lambda e: e.token(oid=None),
    "of an app without a name": lambda e: e.token(azp=None),
    "roles that are no list": lambda e: e.token(roles="Records.Read.All"),
    "roles that are no words": lambda e: e.token(roles=[["Records.Read.All"]]),
    "scopes that are no word": lambda e: e.token(scp=["access_as_user"]),
    "endless": lambda e: e.token(more="x" * 20_000),
    "one part": lambda e: "abc",
    "three empty parts": lambda e: "..",
    "nested": lambda e: jwt.encode({"jwt": e.token()}, KEYS["k1"], "RS256", headers={"kid": "k1", "cty": "JWT"}),
    "changed after it was signed": lambda e: _swapped(e.token(), e.token(oid="minister")),
}


def _swapped(signed: str, other: str) -> str:
    head, _, signature = signed.split(".")
    return ".".join((head, other.split(".")[1], signature))


@pytest.mark.parametrize("how", FORGED)
async def test_a_token_that_is_not_entras_for_us_is_refused(entra: Entra, how: str) -> None:
    with pytest.raises(Denied):
        await entra.checker().check(f"Bearer {FORGED[how](entra)}")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcg==", "bearer\tx", "x" * 50_000])
async def test_a_header_that_is_no_bearer_token_is_refused_and_nobody_is_asked(
    entra: Entra, header: str | None
) -> None:
    with pytest.raises(Denied):
        await entra.checker().check(header)
    assert entra.asked == 0


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
async def test_no_garbage_at_all_is_a_fault_of_ours(entra: Entra, data: st.DataObject) -> None:
    part = st.one_of(
        st.text(max_size=30),
        st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
        st.recursive(
            st.one_of(st.none(), st.integers(), st.text()),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["alg", "kid", "exp", "crit"]), inner),
        ).map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")),
    )
    token = ".".join(data.draw(st.lists(part, min_size=1, max_size=5)))
    with pytest.raises(Denied):
        await entra.checker().check(f"Bearer {token}")


class TestKeys:
    async def test_they_are_fetched_once_and_kept_a_day(self, entra: Entra) -> None:
        checker = entra.checker()
        for _ in range(3):
            await checker.check(f"Bearer {entra.token()}")
        assert entra.asked == 1
        entra.now = NOON + timedelta(hours=24)
        await checker.check(f"Bearer {entra.token(exp=int(entra.now.timestamp()) + 60)}")
        assert entra.asked == 2

    async def test_a_new_key_is_learnt_and_an_unknown_one_asked_for_at_most_every_five_minutes(
        self, entra: Entra
    ) -> None:
        checker = entra.checker()
        await checker.check(f"Bearer {entra.token()}")
        entra.published.append("k2")
        with pytest.raises(Denied):
            await checker.check(f"Bearer {entra.token('k2')}")
        assert entra.asked == 1
        entra.now += timedelta(minutes=5)
        await asyncio.gather(*(checker.check(f"Bearer {entra.token('k2')}") for _ in range(5)))
        entra.now += timedelta(minutes=5)
        strangers = [checker.check(f"Bearer {entra.token('stranger')}") for _ in range(5)]
        answers = await asyncio.gather(*strangers, return_exceptions=True)
        assert {type(answer) for answer in answers} == {Denied}
        assert entra.asked == 3

    async def test_many_callers_at_the_start_ask_once(self, entra: Entra) -> None:
        checker = entra.checker()
        await asyncio.gather(*(checker.check(f"Bearer {entra.token()}") for _ in range(10)))
        assert entra.asked == 1

    async def test_while_they_cannot_be_had_nobody_is_refused_for_it(self, entra: Entra) -> None:
        entra.down = True
        checker = entra.checker()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await checker.check(f"Bearer {entra.token()}")
        assert entra.asked == 1
        entra.down, entra.now = False, NOON + timedelta(seconds=5)
        assert await checker.check(f"Bearer {entra.token()}")

    async def test_known_callers_come_in_while_new_keys_cannot_be_had(self, entra: Entra) -> None:
        checker = entra.checker()
        await checker.check(f"Bearer {entra.token()}")
        entra.down, entra.now = True, NOON + timedelta(minutes=6)
        with pytest.raises(Denied):
            await checker.check(f"Bearer {entra.token('stranger')}")
        assert await checker.check(f"Bearer {entra.token()}")

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    async def test_a_key_that_is_too_short_or_of_another_use_is_none(self, entra: Entra) -> None:
        KEYS["short"] = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        entra.published += ["short"]
        with pytest.raises(Denied):
            await entra.checker().check(f"Bearer {entra.token('short')}")
        del KEYS["short"]
