"""What a good signature is worth when its certificate was revoked or has ended, or nobody trusts who stamped it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from documents.pades import EntitySeal
from documents.pdf_check import Verdict, check
from documents.pdf_trust import NO_STAMP, REVOCATION_UNKNOWN, STAMP_UNKNOWN, Trust, read_trust
from registry.errors import Misconfigured
from tests.documents.papers import (
    AUTHORITY,
    DAY,
    authority,
    certificate,
    der,
    fingerprint,
    pem,
    plain_pdf,
    revocations,
    stamper,
)
from texts import say

CA, OURS, STRANGER = 5, 6, 7
SERIAL = 1_000 + OURS
LATER = timedelta(hours=1)


@cache
def issuer() -> x509.Certificate:
    return certificate("National CA", CA, issues=True)


def secret(until: datetime | None = None) -> bytes:
    return _secret(until)


@cache
def _secret(until: datetime | None) -> bytes:
    """Our key, with a certificate of the CA's, and the CA's own beside it."""
    own = certificate(number=OURS, until=until, by=(issuer(), CA))
    return pem(OURS, own) + issuer().public_bytes(Encoding.PEM)


@cache
def letter(*, stamps: bool = False, until: datetime | None = None, at: datetime = DAY) -> bytes:
    """A sealed file, as of *at*."""
    return asyncio.run(_sealed(until, at, stamper(at=at) if stamps else None, Trust())).body  # type: ignore[no-any-return]


async def _sealed(until: datetime | None, at: datetime, stamps: Any, trust: Trust) -> Any:
    signer = EntitySeal(lambda: secret(until), lambda: at, trust=lambda: trust, stamper=stamps)
    return await signer.sign(plain_pdf(), reason="r", name="n", field="TarasulSeal")


def judged(
    body: bytes, *lists: bytes, trusted: bool = True, until: datetime | None = None, now: datetime = DAY + LATER
) -> Verdict:
    trust = Trust((der(authority()),) if trusted else (), lists)
    return check(body, certificate=fingerprint(secret(until)), trust=trust, now=now)


def listed(since: datetime | None = None, **told: Any) -> bytes:
    """The CA's list: with our certificate where *since* is said."""
    return revocations(issuer(), CA, {4_711: DAY} | ({SERIAL: since} if since is not None else {}), **told)


def current(**told: Any) -> dict[str, Any]:
    return {"until": DAY + timedelta(days=7)} | told


# ------------------------------------------------------------ revoked


def test_a_certificate_that_was_revoked_is_worth_nothing_without_a_trusted_time() -> None:
    revoked = listed(DAY + LATER, **current())
    for body in (letter(), letter(stamps=True)):
        assert judged(body, revoked, trusted=False, now=DAY + 2 * LATER).reason == "pdf.revoked"


def test_what_a_trusted_stamp_shows_to_be_older_than_the_revocation_stays_valid() -> None:
    assert judged(letter(stamps=True), listed(DAY + LATER, **current())).valid
    assert judged(letter(stamps=True), listed(DAY - LATER, **current())).reason == "pdf.revoked"
    backdated = listed(DAY + LATER, **current(invalid_since=DAY - LATER))
    assert judged(letter(stamps=True), backdated).reason == "pdf.revoked"


def test_a_current_list_without_the_certificate_says_that_it_was_not_revoked() -> None:
    assert REVOCATION_UNKNOWN not in judged(letter(), listed(**current())).unknown


@pytest.mark.parametrize(
    "lists",
    [
        (),
        (listed(until=DAY),),
        (revocations(issuer(), STRANGER, {SERIAL: DAY - LATER}, **current()),),
        (revocations(certificate("Another CA", CA, issues=True), CA, {SERIAL: DAY - LATER}, **current()),),
        (listed(DAY - LATER, **current(partial=True)),),
    ],
    ids=["none", "an old one", "forged in the CA's name", "another issuer's", "a part of one"],
)
def test_where_no_list_can_say_it_the_verdict_says_so(lists: Sequence[bytes]) -> None:
    verdict = judged(letter(), *lists)
    assert verdict.valid
    assert REVOCATION_UNKNOWN in verdict.unknown


def test_an_old_list_that_names_the_certificate_counts() -> None:
    assert judged(letter(), listed(DAY - LATER, until=DAY)).reason == "pdf.revoked"


# ------------------------------------------------------------ expired


def test_a_certificate_that_has_ended_is_worth_nothing_without_a_trusted_time() -> None:
    until = DAY + LATER
    after = until + LATER
    assert judged(letter(until=until), until=until, now=DAY).valid
    assert judged(letter(until=until), until=until, now=after).reason == "pdf.expired"
    assert judged(letter(until=until, stamps=True), until=until, now=after, trusted=False).reason == "pdf.expired"
    kept = judged(letter(until=until, stamps=True), until=until, now=after + timedelta(days=10_000))
    assert (kept.reason, kept.stamped_at) == ("pdf.valid", DAY)


# ------------------------------------------------------------ the time


def test_a_time_counts_only_where_its_authority_is_trusted() -> None:
    known, unknown, none = judged(letter(stamps=True)), judged(letter(stamps=True), trusted=False), judged(letter())
    assert (known.stamped_at, unknown.stamped_at, none.stamped_at) == (DAY, None, None)
    assert [STAMP_UNKNOWN in v.unknown for v in (known, unknown, none)] == [False, True, False]
    assert [NO_STAMP in v.unknown for v in (known, unknown, none)] == [False, False, True]


def test_an_authority_may_be_trusted_by_who_issued_it() -> None:
    own = certificate("Time stamps of the CA", AUTHORITY, stamps=True, by=(issuer(), CA))
    assert stamped_by(own).stamped_at == DAY
    revoked = revocations(issuer(), CA, {1_000 + AUTHORITY: DAY - LATER}, **current())
    assert stamped_by(own, revoked).stamped_at is None


@pytest.mark.parametrize("flaw", ["it ended before", "it begins after", "it is for something else"])
def test_an_authority_that_may_not_stamp_then_gives_no_time(flaw: str) -> None:
    told: dict[str, dict[str, Any]] = {
        "it ended before": {"stamps": True, "until": DAY - LATER},
        "it begins after": {"stamps": True, "since": DAY + LATER},
        "it is for something else": {},
    }
    verdict = stamped_by(certificate("Time stamps", AUTHORITY, by=(issuer(), CA), **told[flaw]))
    assert (verdict.stamped_at, verdict.reason) in ((None, "pdf.valid"), (None, "pdf.forged"))


def test_an_authority_that_is_named_itself_gives_no_time_beyond_its_own() -> None:
    own = certificate("Time stamps", AUTHORITY, stamps=True, until=DAY - LATER)
    body = asyncio.run(_sealed(None, DAY, stamper(own), Trust())).body
    verdict = check(body, certificate=fingerprint(secret()), trust=Trust((der(own),)), now=DAY + LATER)
    assert (verdict.reason, verdict.stamped_at) == ("pdf.valid", None)


def stamped_by(own: x509.Certificate, *lists: bytes) -> Verdict:
    """Of a letter that *own* stamped, where what the CA issued is trusted."""
    body = asyncio.run(_sealed(None, DAY, stamper(own), Trust())).body
    return check(body, certificate=fingerprint(secret()), trust=Trust((der(issuer()),), lists), now=DAY + LATER)


# ------------------------------------------------------------ sealing


async def test_nothing_is_sealed_under_a_certificate_that_was_revoked() -> None:
    with pytest.raises(Misconfigured, match="revoked"):
        await _sealed(None, DAY, None, Trust(lists=(listed(DAY - LATER, **current()),)))


async def test_nothing_is_sealed_with_the_stamp_of_a_stranger_where_authorities_are_named() -> None:
    with pytest.raises(Misconfigured, match="TRUST_DIR"):
        await _sealed(None, DAY, stamper(), Trust(authorities=(der(issuer()),)))
    assert (await _sealed(None, DAY, stamper(), Trust())).unknown == (STAMP_UNKNOWN, REVOCATION_UNKNOWN)


# ------------------------------------------------------------ the folder


def test_the_folder_is_read_in_both_forms_and_what_is_neither_is_named(tmp_path: Path) -> None:
    (tmp_path / "both.pem").write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in (issuer(), authority())))
    (tmp_path / "ca.CER").write_bytes(der(issuer()))
    (tmp_path / "ca.crl").write_bytes(of_ca := listed())
    (tmp_path / "read-me.txt").write_text("not looked at")
    found = read_trust(tmp_path)
    assert sorted(found.authorities) == sorted((der(issuer()), der(issuer()), der(authority())))
    assert found.lists == (of_ca,)
    (tmp_path / "new.crl").write_bytes(b"no list")
    with pytest.raises(Misconfigured, match=r"new\.crl"):
        read_trust(tmp_path)
    with pytest.raises(Misconfigured):
        read_trust(tmp_path / "nowhere")


def test_each_reason_and_remark_is_said_in_both_languages() -> None:
    keys = ("pdf.expired", "pdf.revoked", NO_STAMP, STAMP_UNKNOWN, REVOCATION_UNKNOWN)
    assert all(say(lang, key) for key in keys for lang in ("ar", "en"))
