"""Settings: all that is missing or wrong is said at once, with where to read on; secrets are never said."""

import pytest

from app.settings import Settings
from registry.errors import Misconfigured

GOOD = {
    "AZURE_TENANT_ID": "c0ffee00-1111-4222-8333-444455556666",
    "AZURE_CLIENT_ID": "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001",
    "REGISTRY_MAILBOXES": "Registry@ministry.example, minister@ministry.example",
    "GRAPH_CLIENT_STATE": "k" * 43,
    "PUBLIC_URL": "https://tarasul.ministry.example",
    "ORGANISATION": "organisation.json",
}
IN_AZURE = GOOD | {
    "STATEMENT_KEY": "s" * 40,
    "DATABASE_URL": "postgresql://tarasul:pass@db.ministry.example/tarasul",
    "ARCHIVE_URL": "https://archive.blob.core.windows.net/letters",
}


def refused(env: dict[str, str]) -> str:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_environ(env)
    return str(caught.value)


def test_all_that_is_missing_is_named_together_with_where_to_read_on() -> None:
    said = refused({})
    assert [name for name in GOOD if name not in said] == []
    assert "docs/settings.md" in said


def test_all_that_is_wrong_is_named_together() -> None:
    said = refused(GOOD | {"AZURE_TENANT_ID": "ours", "TIME_ZONE": "Asia/Nowhere", "LEASE_S": "soon"})
    assert [name for name in ("AZURE_TENANT_ID", "TIME_ZONE", "LEASE_S") if name not in said] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AZURE_CLIENT_ID", "0b5c1d2e"),
        ("BOT_APP_ID", "the bot"),
        ("TEAMS_APP_ID", "0b5c1d2e-aaaa-4bbb-8ccc"),
        ("PUBLIC_URL", "tarasul.ministry.example"),
        ("GRAPH_BASE_URL", "ftp://graph.microsoft.com"),
        ("REGISTRY_MAILBOXES", "registry"),
        ("GRAPH_CLIENT_STATE", "short"),
        ("DATABASE_URL", "mysql://db/tarasul"),
        ("TIME_ZONE", "../etc/passwd"),
        ("LEASE_S", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("SHAREPOINT_HOSTS", "*.com"),
        ("SHAREPOINT_HOSTS", "https://ministry.sharepoint.com"),
        ("LIBRARY_DRIVE_ID", "https://ministry.sharepoint.com/sites/registry"),
        ("DRAFT_FOLDERS", "drafts/{person}"),
        ("DRAFT_FOLDERS", "/drafts"),
        ("WATCH_DRIVES", "yes"),
        ("SEAL_CERTIFICATE", "entity-seal"),
        ("TIMESTAMP_URL", "tsa.example"),
        ("TRUST_DIR", "nowhere"),
        ("TEMPLATES_DIR", "/nowhere/at/all"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    assert name in refused(GOOD | {name: value})


def test_a_blank_value_is_a_missing_one() -> None:
    assert "PUBLIC_URL" in refused(GOOD | {"PUBLIC_URL": "  "})


def test_a_secret_and_a_certificate_contradict_each_other() -> None:
    both = {"AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_CERTIFICATE_PATH": "/var/app.pem"}
    assert "contradict each other" in refused(GOOD | both)


def test_a_key_vault_reference_that_was_not_resolved_is_no_value() -> None:
    """It is long enough for a secret, and everybody could guess it."""
    left = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/graph-client-state)"
    assert "GRAPH_CLIENT_STATE" in refused(GOOD | {"GRAPH_CLIENT_STATE": left})


@pytest.mark.parametrize("mark", ["WEBSITE_SITE_NAME", "WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME"])
def test_in_azure_nothing_may_lie_on_the_instances_own_disk(mark: str) -> None:
    said = refused(GOOD | {mark: "x"})
    assert "DATABASE_URL" in said
    assert "ARCHIVE_URL" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:////home/tarasul.db"),
        ("DATABASE_URL", "postgresql://app:pass@127.0.0.1/tarasul"),
        ("ARCHIVE_URL", "file:///home/archive"),
        ("ARCHIVE_URL", "http://archive.blob.core.windows.net/letters"),
        ("GRAPH_BASE_URL", "http://graph.example/v1.0"),
        ("AUTHORITY_URL", "https://localhost:8443"),
        ("PUBLIC_URL", "http://tarasul.ministry.example"),
    ],
)
def test_in_azure_nothing_may_point_at_this_machine_or_go_unencrypted(name: str, value: str) -> None:
    assert name in refused(IN_AZURE | {"WEBSITE_SITE_NAME": "x", name: value})


def test_in_azure_a_full_set_is_accepted() -> None:
    assert Settings.from_environ(IN_AZURE | {"WEBSITE_SITE_NAME": "x"}).archive_url == IN_AZURE["ARCHIVE_URL"]


def test_in_azure_days_are_signed() -> None:
    assert "STATEMENT_KEY" in refused(
        {k: v for k, v in IN_AZURE.items() if k != "STATEMENT_KEY"} | {"WEBSITE_SITE_NAME": "x"}
    )


def test_no_secret_is_shown() -> None:
    shown = repr(Settings.from_environ(IN_AZURE | {"AZURE_CLIENT_SECRET": "hush"}))
    assert [secret for secret in ("hush", "k" * 43, "s" * 40, "pass@") if secret in shown] == []


def test_mailboxes_are_known_whatever_their_case_and_separator() -> None:
    expected = ("registry@ministry.example", "minister@ministry.example")
    assert Settings.from_environ(GOOD).registry_mailboxes == expected


def test_bot_app_and_audience_are_the_products_own_where_nothing_else_is_said() -> None:
    known = Settings.from_environ(GOOD)
    client = GOOD["AZURE_CLIENT_ID"]
    assert (known.bot_app_id, known.teams_app_id, known.api_audience) == (client, client, f"api://{client}")
