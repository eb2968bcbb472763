"""The archive port: what every archive does (a folder, a blob container, the one in memory), and each one's own."""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from registry.errors import Gone, Misconfigured, Unavailable
from store.archive import FolderArchive, open_archive
from tests.fakes.archive import FakeArchive

type Spoil = Callable[[str, bytes], None]  # changes what lies under a hash
_FOR_EVER = "2999-01-01T00:00:00Z"


@pytest.fixture(params=["folder", "container", "fake"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Any, Spoil]]:
    """An archive, and a way to spoil what it keeps."""
    if request.param == "fake":
        fake = FakeArchive()
        yield fake, fake.kept.__setitem__
        return
    if request.param == "folder":
        folder = tmp_path / "the archive" / "of letters"
        archive = open_archive(folder.as_uri())
        yield archive, lambda sha256, body: _spoil(_at(folder, sha256), body)
        return
    service = BlobServiceClient.from_connection_string(request.getfixturevalue("azurite"))
    url, container = _container(service)
    archive = open_archive(url)
    yield archive, lambda sha256, body: (container.upload_blob(_name(sha256), body, overwrite=True), None)[1]
    await archive.close()  # type: ignore[attr-defined]
    service.close()


def _spoil(path: Path, body: bytes) -> None:
    path.unlink()
    path.write_bytes(body)


def _at(folder: Path, sha256: str) -> Path:
    return folder / _name(sha256)


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _container(service: BlobServiceClient) -> tuple[str, Any]:
    container = service.create_container(f"archive-{uuid.uuid4()}")
    sas = generate_container_sas(
        str(service.account_name),
        container.container_name,
        account_key=service.credential.account_key,
        permission=ContainerSasPermissions(read=True, create=True, write=True),
        expiry=_FOR_EVER,
    )
    return f"{container.url}?{sas}", container


@pytest.mark.parametrize("body", [b"", b"a letter", bytes(range(256)) * 20_000])
async def test_what_was_put_is_given_back_by_its_hash(kept: tuple[Any, Spoil], body: bytes) -> None:
    archive, _ = kept
    sha256 = await archive.put(body)
    assert sha256 == hashlib.sha256(body).hexdigest()
    assert await archive.get(sha256) == body


async def test_putting_it_again_even_at_the_same_moment_keeps_it_once(kept: tuple[Any, Spoil]) -> None:
    archive, _ = kept
    names = await asyncio.gather(*(archive.put(b"the same letter") for _ in range(8)))
    assert len(set(names)) == 1
    assert await archive.get(names[0]) == b"the same letter"


@pytest.mark.parametrize("strange", ["0" * 64, "", "x" * 64, "../../../etc/passwd", "A" * 64, "0" * 63])
async def test_what_was_never_put_is_gone(kept: tuple[Any, Spoil], strange: str) -> None:
    archive, _ = kept
    await archive.put(b"something else")
    with pytest.raises(Gone):
        await archive.get(strange)


async def test_bytes_that_are_not_what_was_put_are_not_handed_out(kept: tuple[Any, Spoil]) -> None:
    archive, spoil = kept
    sha256 = await archive.put(b"a letter")
    spoil(sha256, b"another letter")
    with pytest.raises(Unavailable):
        await archive.get(sha256)


async def test_what_lies_there_is_never_overwritten(kept: tuple[Any, Spoil]) -> None:
    archive, spoil = kept
    sha256 = await archive.put(b"a letter")
    spoil(sha256, b"spoilt")
    await archive.put(b"a letter")
    with pytest.raises(Unavailable):
        await archive.get(sha256)


# ---------------------------------------------------------------- a folder


async def test_a_folder_keeps_nothing_half_and_nothing_besides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = FolderArchive(tmp_path)
    monkeypatch.setattr(os, "link", _fails)
    with pytest.raises(OSError, match="no space"):
        await archive.put(b"a letter")
    assert files_in(tmp_path) == []


async def test_a_file_of_the_archive_is_written_once_and_can_only_be_read(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    await archive.put(b"a letter")
    await archive.put(b"a letter")
    (file,) = files_in(tmp_path)
    assert file.stat().st_mode & 0o222 == 0
    assert file.stat().st_nlink == 1


def files_in(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def _fails(*_: object) -> None:
    raise OSError("no space left")


async def test_bytes_and_names_are_on_disk_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    honest = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        honest(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    sha256 = await FolderArchive(tmp_path / "archive").put(b"a letter")
    folder = _at(tmp_path / "archive", sha256).parent
    assert {str(tmp_path), str(folder.parent.parent), str(folder.parent), str(folder)} <= set(synced)
    assert any("/new-" in path for path in synced)
    synced.clear()
    await FolderArchive(tmp_path / "archive").put(b"a letter")
    assert str(folder) in synced  # whoever wrote it may have been killed before


# ---------------------------------------------------------------- a container


async def test_a_container_that_is_not_there_is_the_operator_s_turn(azurite: str) -> None:
    with BlobServiceClient.from_connection_string(azurite) as service:
        url, container = _container(service)
        container.delete_container()
    archive = open_archive(url)
    with pytest.raises(Misconfigured):
        await archive.put(b"a letter")
    with pytest.raises(Misconfigured):
        await archive.get("0" * 64)
    await archive.close()  # type: ignore[attr-defined]


async def test_a_container_that_refuses_us_is_the_operator_s_turn(azurite: str) -> None:
    with BlobServiceClient.from_connection_string(azurite) as service:
        url, _ = _container(service)
    archive = open_archive(url[:-8] + "AAAAAA%3D")  # a signature of somebody else's
    with pytest.raises(Misconfigured):
        await archive.put(b"a letter")
    await archive.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "there"),
    [
        ("BlobAlreadyExists", True),
        ("BlobImmutableDueToPolicy", True),
        ("ContainerBeingDeleted", False),
        ("AccountBeingCreated", False),
        ("PublicAccessNotPermitted", False),
    ],
)
async def test_only_bytes_that_are_there_count_as_kept(code: str, there: bool) -> None:
    """Every conflict is "it exists" to the library, and none of the others keeps a letter."""

    async def conflict(request: web.BaseRequest) -> web.Response:
        await request.read()
        return web.Response(status=409, headers={"x-ms-error-code": code})

    server = web.Server(conflict)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    archive = open_archive(f"http://127.0.0.1:{runner.addresses[0][1]}/account/archive?sig=x")
    try:
        if there:
            assert await archive.put(b"a letter") == hashlib.sha256(b"a letter").hexdigest()
        else:
            with pytest.raises(Unavailable, match="409"):
                await archive.put(b"a letter")
    finally:
        await archive.close()  # type: ignore[attr-defined]
        await runner.cleanup()


@pytest.mark.parametrize("url", ["", "archive", "ftp://host/x", "https://host", "http://host/"])
def test_an_address_that_is_no_archive_is_the_operator_s_turn(url: str) -> None:
    with pytest.raises(Misconfigured):
        open_archive(url)
