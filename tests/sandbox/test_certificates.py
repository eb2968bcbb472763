"""The sandbox's authority: trusted by those who are told, for this machine's names only, and not made anew in vain."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.certificates import NAMES, Certificates, lay_out


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return lay_out(tmp_path / "certificates", {})


@pytest.mark.parametrize("name", NAMES)
def test_a_client_with_the_bundle_trusts_the_server_under_every_name(made: Certificates, name: str) -> None:
    _shake_hands(made, made.bundle, name)


def test_a_client_without_it_does_not(made: Certificates, tmp_path: Path) -> None:
    other = lay_out(tmp_path / "other", {})
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(made, other.ca, "localhost")


def test_another_hosts_name_is_refused(made: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(made, made.bundle, "login.example")


def test_a_second_start_keeps_them(made: Certificates) -> None:
    before = made.server.read_bytes(), made.ca.read_bytes()
    again = lay_out(made.folder, {})
    assert (again.server.read_bytes(), again.ca.read_bytes()) == before


def test_they_are_made_anew_in_their_last_week(made: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made.server.read_bytes()
    leaf = x509.load_pem_x509_certificates(before)[0]
    left = leaf.not_valid_after_utc - datetime.now(UTC)
    monkeypatch.setattr("sandbox.certificates.RENEWED_BEFORE_END", left - timedelta(hours=1))
    assert lay_out(made.folder, {}).server.read_bytes() == before
    monkeypatch.setattr("sandbox.certificates.RENEWED_BEFORE_END", left + timedelta(hours=1))
    assert lay_out(made.folder, {}).server.read_bytes() != before


def test_what_the_machine_trusts_is_trusted_still(tmp_path: Path) -> None:
    (tmp_path / "machine.pem").write_text("THE MACHINE'S OWN\n")
    made = lay_out(tmp_path / "certificates", {"SSL_CERT_FILE": str(tmp_path / "machine.pem")})
    assert made.bundle.read_text() == "THE MACHINE'S OWN\n\n" + made.ca.read_text()
    again = lay_out(
        made.folder, {"SSL_CERT_FILE": str(made.bundle), "REQUESTS_CA_BUNDLE": str(tmp_path / "machine.pem")}
    )
    assert again.bundle.read_text() == "THE MACHINE'S OWN\n\n" + made.ca.read_text()


def test_only_the_owner_reads_the_key(made: Certificates) -> None:
    assert made.server.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in made.ca.read_bytes() + made.bundle.read_bytes()


def _shake_hands(made: Certificates, trusted: Path, name: str) -> None:
    """One TLS handshake over loopback, the client asking for *name* and trusting what the file holds."""
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(made.server)
    server_in, server_out, client_in, client_out = (ssl.MemoryBIO() for _ in range(4))
    server = server_side.wrap_bio(server_in, server_out, server_side=True)
    client = ssl.create_default_context(cafile=str(trusted)).wrap_bio(client_in, client_out, server_hostname=name)
    for _ in range(4):
        for end in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
            server_in.write(client_out.read())
            client_in.write(server_out.read())
    assert client.version() == "TLSv1.3"
