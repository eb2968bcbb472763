"""The same way with the register in PostgreSQL, and the queues and the archive in Azure Storage."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from tests.acceptance.ministry import REGISTRY, nothing, opened
from tests.acceptance.way import go, judge, numbers_have_no_gap
from tests.stores import empty_postgres_url


def archive_url(connection_string: str, container: str) -> str:
    """A new container, opened by a shared access signature."""
    service = BlobServiceClient.from_connection_string(connection_string)
    service.create_container(container)
    permitted = ContainerSasPermissions(read=True, write=True, create=True, list=True)
    signature = generate_container_sas(
        str(service.account_name),
        container,
        account_key=service.credential.account_key,
        permission=permitted,
        expiry=datetime.now(UTC) + timedelta(days=7),
    )
    return f"{service.url.rstrip('/')}/{container}?{signature}"


def test_the_whole_way_on_postgresql_and_azure_storage(tmp_path: Path, postgres: str, azurite: str) -> None:
    archive = archive_url(azurite, "archive")
    env = {
        "DATABASE_URL": empty_postgres_url(postgres),
        "ARCHIVE_URL": archive,
        "AzureWebJobsStorage": azurite,
    }
    with opened(tmp_path, env=env) as ministry:
        after = {"referred": ministry.the_product_dies}
        went = go(ministry, "كتاب رقم 1/2026 بشأن المخازن", after=lambda step: after.get(step, nothing)())
        ministry.at_rest()
        judge(ministry, went, twice=1)
        numbers_have_no_gap(ministry)

        record_id = went.record["record_id"]
        spoilt = ministry.control("POST", "host/tamper", json={"record_id": record_id})["seq"]
        assert ministry.sheet(record_id)["broken"]["seq"] == spoilt
        ministry.control("POST", "host/untamper", json={})
        assert ministry.sheet(record_id)["verified"]

        (entered,) = ministry.mails(REGISTRY)
        token = ministry.stage.token(roles=["Records.Read.All"], audience="api")
        path = f"/api/v1/records/{record_id}/documents/{went.record['source']['sha256']}"
        kept = ministry.stage.product("GET", path, token=token)
        sent = ministry.stage.tenant(
            "GET",
            f"/v1.0/users/{REGISTRY}/messages/{entered['id']}/$value",
            token=ministry.stage.token(upn=REGISTRY),
            headers={"X-Sandbox-Spared": "1", "Prefer": 'IdType="ImmutableId"'},
        )
        assert (kept.status, kept.body) == (200, sent.body)
        container = BlobServiceClient.from_connection_string(azurite).get_container_client("archive")
        assert any(went.record["source"]["sha256"] in blob.name for blob in container.list_blobs())
    assert not (tmp_path / "state" / "tarasul.db").exists()
    assert not (tmp_path / "state" / "archive").exists()
