"""infra/ gives the product what it needs, under the names it reads. It is read as text: Bicep has no compiler here."""

import dataclasses
import json
import re

from app.credentials import BOT_SECRET
from app.settings import _REQUIRED, Settings
from tests.building.house import bound, code, table
from tests.programs import REPOSITORY

BICEP = (REPOSITORY / "infra" / "main.bicep").read_text()
SCOPE = (REPOSITORY / "infra" / "exchange-scope.ps1").read_text()
PERMISSIONS = (REPOSITORY / "infra" / "graph-permissions.ps1").read_text()


def given(variable: str) -> dict[str, str]:
    """The settings that a variable of the template holds."""
    block = re.search(rf"^var {variable} = \{{\n(.*?)^\}}", BICEP, re.MULTILINE | re.DOTALL)
    assert block is not None, variable
    return dict(re.findall(r"^  (\w+): (.+)$", block[1], re.MULTILINE))


ALWAYS, FOR_BOT, FOR_SEAL = given("given"), given("givenForBot"), given("givenForSeal")
FOR_WORD = given("givenForWord")
GIVEN = ALWAYS | FOR_BOT | FOR_SEAL | FOR_WORD


def test_every_required_setting_is_given() -> None:
    assert [name for name in (*_REQUIRED, "DATABASE_URL", "ARCHIVE_URL") if name not in GIVEN] == []


def test_no_setting_is_given_that_nobody_reads() -> None:
    ours = {field.name.upper() for field in dataclasses.fields(Settings)}
    platforms = {name for row in table("settings.md", "platform setting") for name in code(row[0])}
    assert GIVEN.keys() - ours - platforms == set()


def test_the_product_accepts_what_it_is_given_in_azure() -> None:
    """The values that the template would make, written out as a deployment would."""
    client, account = "0b5c1d2e-aaaa-4bbb-8ccc-dddd00000001", "https://arch.blob.core.windows.net/"
    made = {
        "AZURE_TENANT_ID": "c0ffee00-1111-4222-8333-444455556666",
        "AZURE_CLIENT_ID": client,
        "API_AUDIENCE": f"api://{client}",
        "ARCHIVE_URL": f"{account}archive",
        "DATABASE_URL": "postgresql://tarasul:p%40ss@db.postgres.database.azure.com/tarasul?sslmode=require",
        "GRAPH_CLIENT_STATE": "k" * 32,
        "ORGANISATION": "{}",
        "PUBLIC_URL": "https://tarasul.azurewebsites.net",
        "REGISTRY_MAILBOXES": "registry@ministry.example",
        "STATEMENT_KEY": "s" * 32,
        "TIME_ZONE": "Asia/Kuwait",
    }
    ours = {field.name.upper() for field in dataclasses.fields(Settings)}
    assert made.keys() == ALWAYS.keys() & ours
    Settings.from_environ(made | {"WEBSITE_SITE_NAME": "tarasul"})
    word = {
        "DRAFTS_IN_WORD": "true",
        "LIBRARY_DRIVE_ID": "b!bGlicmFyeS1vZi1kcmFmdHM",
        "SHAREPOINT_HOSTS": "ministry.sharepoint.com ministry-my.sharepoint.com *.svc.ms",
        "WATCH_DRIVES": "True",  # as Bicep writes a truth
    }
    assert word.keys() == FOR_WORD.keys()
    settings = Settings.from_environ(made | word | {"WEBSITE_SITE_NAME": "tarasul"})
    assert (settings.drafts_in_word, settings.watch_drives) == (True, True)


def test_the_vault_is_looked_into_only_where_the_bot_has_a_secret_there() -> None:
    """With a vault to look in, the bot signs in with the secret of that name, and a managed identity has none."""
    assert FOR_BOT.keys() == {"BOT_APP_ID", "KEY_VAULT_URL"}
    assert f"name: '{BOT_SECRET}'" in BICEP


def test_what_is_secret_comes_from_the_vault() -> None:
    assert {name for name, value in GIVEN.items() if "@Microsoft.KeyVault" in value} == {
        "DATABASE_URL",
        "GRAPH_CLIENT_STATE",
        "STATEMENT_KEY",
    }
    secure = re.findall(r"@secure\(\)\n(?:@.*\n)*param (\w+)", BICEP)
    assert set(secure) == {"graphClientState", "statementKey", "databasePassword", "botAppSecret"}


def test_the_identity_signs_in_and_no_key_or_secret_does() -> None:
    assert GIVEN["AzureWebJobsStorage__credential"] == "'managedidentity'"
    assert "AZURE_CLIENT_SECRET" not in GIVEN
    assert BICEP.count("allowSharedKeyAccess: false") == BICEP.count("'Microsoft.Storage/storageAccounts@")
    assert not re.search(r"listKeys|AccountKey", BICEP)


def test_every_queue_and_its_poison_queue_are_made() -> None:
    made = re.search(r"var queues = \[(.+)\]", BICEP)
    queues = {worker["queueName"] for worker in bound("queueTrigger")}
    assert made is not None
    assert set(re.findall(r"'([\w-]+)'", made[1])) == queues | {f"{queue}-poison" for queue in queues}


def test_the_functions_run_on_the_python_that_the_project_names() -> None:
    pyproject = (REPOSITORY / "pyproject.toml").read_text()
    version = re.search(r"runtime: \{ name: 'python', version: '([\d.]+)' \}", BICEP)
    assert version is not None
    assert f'requires-python = ">={version[1]}"' in pyproject


def test_the_archive_is_written_once_and_keeps_versions() -> None:
    assert "isVersioningEnabled: true" in BICEP
    assert "immutableStorageWithVersioning: { enabled: true }" in BICEP
    assert "immutabilityPeriodSinceCreationInDays: archiveDays" in BICEP


def test_the_bot_is_reached_at_the_door_for_activities() -> None:
    (door,) = [http["route"] for http in bound("httpTrigger") if http["function"] == "receive_activity"]
    assert f"endpoint: '${{publicUrl}}/api/{door}'" in BICEP


def test_the_scripts_grant_the_permissions_of_the_docs_and_no_others() -> None:
    rows = {code(row[0])[0]: row[1] for row in table("tenant.md", "permission")}
    by_exchange = {name for name, how in rows.items() if how.startswith("Exchange")}
    assert set(re.findall(r"'Application ([\w.]+)'", SCOPE)) == by_exchange
    listed = re.search(r"\$permissions = @\((.*?)\)", PERMISSIONS, re.DOTALL)
    assert listed is not None
    by_choice = {name for name, how in rows.items() if "only where" in how}
    assert set(re.findall(r"\{ \$permissions \+= '([\w.]+)' \}", PERMISSIONS)) == by_choice
    assert set(re.findall(r"'([\w.]+)'", listed[1])) == rows.keys() - by_exchange - by_choice


def test_the_docs_name_the_permissions_that_the_sandbox_gives_and_enforces() -> None:
    app = json.loads((REPOSITORY / "sandbox" / "ministry" / "people.json").read_text())["app"]
    rows = [code(row[0])[0] for row in table("tenant.md", "permission")]
    assert sorted(rows) == sorted([*app["roles"], *app["mailbox_roles"]])
