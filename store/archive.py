################################################################
# The archive: bytes for ever, by their SHA-256
################################################################
#
# Rule 1: nothing is overwritten: the second one to put the same bytes finds them there.
# Rule 2: `put` returns when the bytes are on disk, or accepted by the storage account.
# Rule 3: `get` gives back what was put, or raises: bytes that no longer fit their name are never handed out.

import asyncio
import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from registry.errors import Gone, Misconfigured, Throttled, Unavailable
from service.ports import Archive
from store.folders import make_folder, sync_folder

_THERE = ("BlobAlreadyExists", "BlobImmutableDueToPolicy", "BlobArchived")  # what a conflict says of bytes we have
_WAIT_S = 5.0  # where the storage account asks for patience and does not say how much


def open_archive(url: str, credential: Any = None) -> Archive:
    """Return the archive at *url*: `file:///folder`, or the https URL of a blob container (a SAS may stand in it).

    Args:
        credential: For a container without a SAS: an async token credential of azure-identity.

    Raises:
        Misconfigured: The URL is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderArchive(Path(unquote(parts.path)))
    if parts.scheme in ("http", "https") and parts.path.strip("/"):
        return BlobArchive(url, credential)
    raise Misconfigured(f"ARCHIVE_URL: {parts.scheme or url}: is neither file:///folder nor the URL of a container")


class FolderArchive:
    """A folder; two levels of folders by the first digits of the hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, body: bytes) -> str:
        return await asyncio.to_thread(self._put, body)

    async def get(self, sha256: str) -> bytes:
        try:
            body = await asyncio.to_thread(self._path(sha256).read_bytes)
        except FileNotFoundError as error:
            raise Gone(f"the archive has no {sha256}") from error
        return _checked(body, sha256)

    async def close(self) -> None:
        """Nothing is held open."""

    def _path(self, sha256: str) -> Path:
        return self._folder / _name(sha256)

    def _put(self, body: bytes) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._path(sha256)
        make_folder(path.parent)
        if not path.exists():
            self._write(path, body)
        sync_folder(path.parent)  # also where it was there: whoever wrote it may not have come so far
        return sha256

    def _write(self, path: Path, body: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
            file.write(body)
            file.flush()
            os.fchmod(file.fileno(), 0o444)  # nobody writes it by mistake
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)  # unlike a rename, never takes another's place
        finally:
            os.unlink(file.name)


class BlobArchive:
    """A container of an Azure storage account. Its immutability policy is infra's; here nothing is ever overwritten."""

    def __init__(self, url: str, credential: Any) -> None:
        self._url, self._credential = url, credential
        self._container: Any = None

    async def put(self, body: bytes) -> str:
        from azure.core.exceptions import AzureError, ResourceExistsError

        sha256 = hashlib.sha256(body).hexdigest()
        try:
            await self._blob(sha256).upload_blob(body, overwrite=False)
        except ResourceExistsError as error:  # so the library calls every conflict, the container's own end as well
            if getattr(error, "error_code", None) not in _THERE:
                raise _told(error) from error
            return sha256
        except AzureError as error:
            raise _told(error) from error
        return sha256

    async def get(self, sha256: str) -> bytes:
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            stream = await self._blob(sha256).download_blob()
            body: bytes = await stream.readall()
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", None) == "ContainerNotFound":
                raise _told(error) from error
            raise Gone(f"the archive has no {sha256}") from error
        except AzureError as error:
            raise _told(error) from error
        return _checked(body, sha256)

    async def close(self) -> None:
        if self._container is not None:
            await self._container.close()
            self._container = None

    def _blob(self, sha256: str) -> Any:
        if self._container is None:
            from azure.storage.blob.aio import ContainerClient, ExponentialRetry

            # the library's own waits are 20 s and more; the outbox knows better when to come back
            retry = ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=2)
            self._container = ContainerClient.from_container_url(
                self._url, credential=self._credential, retry_policy=retry
            )
        return self._container.get_blob_client(_name(sha256))


def _name(sha256: str) -> str:
    """Where the bytes lie. Raises Gone for what is no hash: nothing was ever put there."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise Gone(f"{sha256[:80]!r} is no SHA-256")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _checked(body: bytes, sha256: str) -> bytes:
    if hashlib.sha256(body).hexdigest() != sha256:
        raise Unavailable(f"the archive's bytes of {sha256} are not what was put")
    return body


def _told(error: Any) -> Exception:
    """An error of the storage account, in our own words."""
    from azure.core.exceptions import ClientAuthenticationError

    status = getattr(error, "status_code", None)
    if status == 429:
        wait = str(error.response.headers.get("retry-after", ""))
        return Throttled(float(wait) if wait.isdecimal() else _WAIT_S)
    if status in (401, 403, 404) or isinstance(error, ClientAuthenticationError):
        return Misconfigured(f"the archive: {status} {getattr(error, 'error_code', '')}")
    return Unavailable(f"the archive: {status or type(error).__name__}")
