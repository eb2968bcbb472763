"""The entity's seal: on the whole file, under its own certificate, said as what it is; poppler judges it as well."""

import asyncio
import base64
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12

from documents import pades
from documents.pades import EntitySeal, Unsealed, read_seal
from documents.pdf_check import Verdict, check
from documents.pdf_trust import Trust
from registry.errors import Misconfigured, Unavailable
from service.letter_ports import Unreadable
from service.sealing_ports import SignedPdf
from tests.documents.attacks import with_revision
from tests.documents.papers import DAY, authority, certificate, der, fingerprint, key, pem, plain_pdf, seal, stamper

TRUST = Trust(authorities=(der(authority()),))
needs_pdfsig = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not here")


def now() -> datetime:
    return datetime.now(UTC)


async def sealed(pdf: bytes | None = None, *, stamps: bool = False, secret: bytes | None = None) -> SignedPdf:
    signer = EntitySeal(lambda: secret or seal(), now, trust=lambda: TRUST, stamper=stamper() if stamps else None)
    return await signer.sign(pdf or plain_pdf(), reason="إصدار", name="وزارة الأشغال العامة", field="TarasulSeal")


async def judged(body: bytes) -> Verdict:
    return await asyncio.to_thread(check, body, certificate=fingerprint(seal()), trust=TRUST)


async def test_a_sealed_file_is_valid_and_says_whose_seal_it_bears() -> None:
    made = await sealed()
    assert (made.level, made.certificate) == ("protected", fingerprint(seal()))
    assert "Ministry of Public Works" in made.signer
    assert (await judged(made.body)).valid
    assert made.stamped_at is None


async def test_a_time_stamp_says_when_in_the_words_of_the_authority() -> None:
    made = await sealed(stamps=True)
    assert made.stamped_at == DAY
    assert (await judged(made.body)).stamped_at == DAY


async def test_the_page_is_not_touched() -> None:
    pdf = plain_pdf("Kept as it is")
    assert (await sealed(pdf)).body.startswith(pdf)


async def test_without_a_certificate_the_file_stays_as_it_is_and_is_called_an_approval() -> None:
    signer = Unsealed()
    made = await signer.sign(b"%PDF-1.7", reason="", name="", field="x")
    assert (await signer.level(), made) == ("approval", SignedPdf(body=b"%PDF-1.7", level="approval"))


async def test_a_file_that_moves_or_runs_is_not_sealed() -> None:
    with pytest.raises(Unreadable):
        await sealed(plain_pdf(catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"))
    with pytest.raises(Unreadable):
        await sealed(b"no pdf at all")


async def test_an_expired_certificate_seals_nothing_and_a_new_one_is_read() -> None:
    secrets = [pem(0, certificate(until=now() - timedelta(days=1)))]
    signer = EntitySeal(lambda: secrets[-1], now)
    with pytest.raises(Misconfigured, match="is not valid now"):
        await signer.sign(plain_pdf(), reason="", name="", field="x")
    secrets.append(seal())
    assert (await signer.sign(plain_pdf(), reason="r", name="n", field="x")).certificate == fingerprint(seal())


async def test_an_authority_that_is_down_is_waited_for() -> None:
    signer = EntitySeal(seal, now, timestamp_url="http://127.0.0.1:9/tsa")
    with pytest.raises(Unavailable):
        await signer.sign(plain_pdf(), reason="r", name="n", field="x")


async def test_a_long_chain_and_a_time_stamp_have_room_and_what_has_none_is_not_tried_for_hours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    above = (certificate(f"Authority {n} {'x' * 40}", number=1) for n in range(30))
    chain = seal() + b"".join(c.public_bytes(Encoding.PEM) for c in above)
    assert len((await sealed(secret=chain, stamps=True)).body) > 12_288
    monkeypatch.setattr(pades, "_RESERVED_BYTES", 2_000)
    with pytest.raises(Unreadable, match="larger than expected"):
        await sealed(stamps=True)


def test_a_certificate_is_read_as_the_vault_keeps_it() -> None:
    own = certificate()
    pfx = pkcs12.serialize_key_and_certificates(b"seal", key(), own, None, NoEncryption())
    read = [read_seal(secret).fingerprint for secret in (pem(0, own), pfx, base64.b64encode(pfx))]
    assert read == [fingerprint(pem(0, own))] * 3


@pytest.mark.parametrize(
    "secret", [b"", b"not base64!", b"-----BEGIN nothing", base64.b64encode(b"x" * 40), pem(1, certificate(number=0))]
)
def test_what_is_no_certificate_with_its_key_is_refused(secret: bytes) -> None:
    with pytest.raises(Misconfigured):
        read_seal(secret)


# ------------------------------------------------------------ an independent judge


def pdfsig(folder: Path, body: bytes) -> str:
    (folder / "letter.pdf").write_bytes(body)
    ended = subprocess.run(
        ["pdfsig", "-nocert", "letter.pdf"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.stdout + ended.stderr


@needs_pdfsig
async def test_poppler_confirms_a_good_file_and_reports_three_kinds_of_change(tmp_path: Path) -> None:
    body = (await sealed()).body
    good = pdfsig(tmp_path, body)
    assert "Signature is Valid" in good
    assert "Total document signed" in good
    assert "ETSI.CAdES.detached" in good
    flipped = bytearray(body)
    flipped[body.index(b"Dear all")] ^= 1
    assert "Digest Mismatch" in pdfsig(tmp_path, bytes(flipped))
    assert "Not total document signed" in pdfsig(tmp_path, with_revision(body))
    assert "Not total document signed" in pdfsig(tmp_path, body + b"% junk after the end\n")
    for changed in (bytes(flipped), with_revision(body), body + b"% junk after the end\n"):
        assert not (await judged(changed)).valid
