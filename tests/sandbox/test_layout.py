"""What the sandbox starts, with which settings, and what it says when it cannot."""

import socket
from pathlib import Path

import pytest

from sandbox.layout import CannotStart, Ports, plan, start_over
from tests.sandbox.small_app import APP

FREE = Ports(0, 0, 0)


def test_the_product_is_told_everything_it_needs(tmp_path: Path) -> None:
    layout = plan(APP, tmp_path, FREE, env={"PATH": "/bin"})
    told, at = layout.host.env, layout.ports
    assert told["GRAPH_BASE_URL"] == f"http://127.0.0.1:{at.tenant}/v1.0"
    assert told["AUTHORITY_URL"] == told["KEY_VAULT_URL"] == f"https://127.0.0.1:{at.tenant_tls}"
    assert told["PUBLIC_URL"] == f"http://127.0.0.1:{at.product}"
    assert told["BOT_OPENID_METADATA_URL"].startswith(f"http://127.0.0.1:{at.tenant}/botframework/")
    assert told["BOT_APP_ID"] == told["AZURE_CLIENT_ID"]
    assert told["REGISTRY_MAILBOXES"] == "registry@ministry.example"
    assert told["DATABASE_URL"] == f"sqlite:///{tmp_path}/tarasul.db"
    assert told["ARCHIVE_URL"] == f"file://{tmp_path}/archive"
    assert Path(told["ORGANISATION"]).is_file()
    assert Path(told["SSL_CERT_FILE"]).is_file()
    assert told["REQUESTS_CA_BUNDLE"] == told["SSL_CERT_FILE"]
    assert told["TIME_ZONE"] == "Asia/Kuwait"


def test_tenant_and_product_share_the_apps_secret_and_it_is_kept(tmp_path: Path) -> None:
    first, second = plan(APP, tmp_path, FREE), plan(APP, tmp_path, FREE)
    assert first.tenant.env["SANDBOX_APP_SECRET"] == first.host.env["AZURE_CLIENT_SECRET"]
    assert first.host.env["AZURE_CLIENT_SECRET"] == second.host.env["AZURE_CLIENT_SECRET"]
    assert first.host.env["GRAPH_CLIENT_STATE"] == second.host.env["GRAPH_CLIENT_STATE"]
    assert "AZURE_CLIENT_SECRET" not in first.tenant.env
    assert first.host.env["AZURE_CLIENT_SECRET"] not in repr(first)


def test_a_setting_that_is_there_wins(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://elsewhere/db", "TIME_ZONE": "Asia/Riyadh", "MY_OWN": "1"}
    told = plan(APP, tmp_path, FREE, env=env).host.env
    assert env.items() <= told.items()


def test_nobodys_real_tenant_is_reached(tmp_path: Path) -> None:
    real = {
        "AZURE_CLIENT_ID": "real",
        "AZURE_CLIENT_SECRET": "real",
        "AZURE_CLIENT_CERTIFICATE_PATH": "real",
        "IDENTITY_ENDPOINT": "real",
        "GRAPH_BASE_URL": "https://graph.example/v1.0",
        "REGISTRY_MAILBOXES": "real@elsewhere.example",
    }
    layout = plan(APP, tmp_path, FREE, env=real)
    assert not {"real", *real.values()} & {*layout.host.env.values(), *layout.tenant.env.values()}


def test_a_port_in_use_is_named_with_its_user_and_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as refused:
            plan(APP, tmp_path, Ports(tenant=port, tenant_tls=0, product=0))
    said = str(refused.value)
    assert f"port {port} for the tenant is in use" in said
    assert 'make run ARGS="--tenant-port 0"' in said


def test_starting_over_forgets_what_was_kept(tmp_path: Path) -> None:
    plan(APP, tmp_path, FREE)
    (tmp_path / "tarasul.db").write_bytes(b"old")
    start_over(tmp_path)
    assert not tmp_path.exists()


def test_starting_over_never_empties_a_folder_that_is_not_the_sandboxs(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"years of work")
    with pytest.raises(CannotStart, match="was not made by the sandbox"):
        start_over(tmp_path)
    assert (tmp_path / "thesis.docx").exists()
