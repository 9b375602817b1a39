"""Evidence and issued files, in a local folder or in an S3-compatible store.

Keys are chosen by the caller from the content's hash, so bytes once stored never change:
putting the same content again is harmless, putting other bytes under a key is refused.
Nothing here deletes.
"""

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

#: Folders and a name of ASCII letters, digits, dot, dash and underscore; no part starts with a dot.
KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
KEY_LENGTH = 512
#: An S3 store that does not answer in this time counts as down.
CLIENT: "ClientConfig" = {"timeout": "30s", "connect_timeout": "3s"}
RETRY: "RetryConfig" = {"max_retries": 3}


class StorageError(Exception):
    """The store cannot do what it was asked."""


class MissingObjectError(StorageError):
    """Nothing is stored under this key."""


class BadKeyError(StorageError, ValueError):
    """The key is not one that this portal makes."""


class Storage(Protocol):
    """What services and pages know of a store."""

    def put(self, key: str, data: bytes | BinaryIO) -> int:
        """Store all of ``data`` or nothing, and give its size in bytes.

        Raises BadKeyError for a key of the wrong form and StorageError when the key holds bytes
        of another size or the store fails.
        """

    def get(self, key: str) -> bytes:
        """Give the whole content. Raises MissingObjectError or StorageError."""

    def open(self, key: str) -> BinaryIO:
        """Give a file to read from its start; the caller closes it. Raises MissingObjectError."""

    def exists(self, key: str) -> bool:
        """Say whether something is stored under ``key``."""

    def size(self, key: str) -> int:
        """Give the size in bytes. Raises MissingObjectError."""

    def ping(self) -> bool:
        """Say whether the store answers now."""


class ObjectStorage:
    """A store on any backend of obstore."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        """Take an opened backend; ``open_storage`` makes one from an address."""
        self._store = store

    def put(self, key: str, data: bytes | BinaryIO) -> int:
        """Store whole or not at all (see Storage)."""
        length = len(data) if isinstance(data, bytes) else data.seek(0, io.SEEK_END)
        if not isinstance(data, bytes):
            data.seek(0)
        if self.exists(key):
            kept = self.size(key)
            if kept != length:
                raise StorageError(f"{key} already holds {kept} bytes, not {length}")
            return length
        with _translated(key):
            obstore.put(self._store, key, data)
        return length

    def get(self, key: str) -> bytes:
        """Give the whole content (see Storage)."""
        with _translated(self._key(key)):
            return bytes(obstore.get(self._store, key).bytes())

    def open(self, key: str) -> BinaryIO:
        """Give a file that fetches as it is read (see Storage)."""
        with _translated(self._key(key)):
            return io.BufferedReader(_RemoteFile(obstore.open_reader(self._store, key)))

    def exists(self, key: str) -> bool:
        """Say whether something is stored under ``key``."""
        try:
            self.size(key)
        except MissingObjectError:
            return False
        return True

    def size(self, key: str) -> int:
        """Give the size in bytes (see Storage)."""
        with _translated(self._key(key)):
            return int(obstore.head(self._store, key)["size"])

    def ping(self) -> bool:
        """Ask for a key that is never there: an answer of any kind will do."""
        try:
            self.exists("ping")
        except StorageError:
            return False
        return True

    def _key(self, key: str) -> str:
        if len(key) > KEY_LENGTH or not KEY.fullmatch(key):
            raise BadKeyError("a key holds only letters, digits, dots, dashes and slashes")
        return key


class FolderStorage(ObjectStorage):
    """A local folder; what was put is on the disk before put returns."""

    def __init__(self, folder: Path) -> None:
        """Make ``folder`` (mode 700) when it is missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder.resolve()
        super().__init__(LocalStore(self._folder))

    def put(self, key: str, data: bytes | BinaryIO) -> int:
        """Store and flush file and folder, so that a power cut loses nothing acknowledged."""
        length = super().put(key, data)
        path = self._path(key)
        for flushed in (path, path.parent):
            descriptor = os.open(flushed, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return length

    def open(self, key: str) -> BinaryIO:
        """Give the real file, which a server may hand to the kernel."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise MissingObjectError(key) from error

    def ping(self) -> bool:
        """Say whether the folder is there and can be written to."""
        return os.access(self._folder, os.W_OK | os.X_OK)

    def _key(self, key: str) -> str:
        """Also refuse a key whose folder is a link that leads elsewhere."""
        if not (self._folder / super()._key(key)).resolve().is_relative_to(self._folder):
            raise BadKeyError(f"{key} leads out of the store")
        return key

    def _path(self, key: str) -> Path:
        return self._folder / self._key(key)


class _RemoteFile(io.RawIOBase):
    """Makes obstore's reader a Python file."""

    def __init__(self, reader: Any) -> None:
        super().__init__()
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        return int(self._reader.tell())

    def readinto(self, buffer: Any, /) -> int:
        with _translated("stream"):
            chunk = bytes(self._reader.read(len(buffer)))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def open_storage(url: str, environ: Mapping[str, str] | None = None) -> Storage:
    """Open ``file:///folder`` or ``s3://bucket/prefix``.

    For S3, region, endpoint and keys come from the usual AWS_* variables of ``environ``
    (default: the process's own); an endpoint that starts with http:// allows plain HTTP.
    Raises StorageError for another kind of address or a bucket that cannot be addressed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStorage(Path(unquote(parts.path)))
    if parts.scheme != "s3" or not parts.netloc:
        raise StorageError("STORAGE_URL must start with file:// or s3://")
    known = os.environ if environ is None else environ
    options: dict[str, Any] = {
        "region": known.get("AWS_REGION") or known.get("AWS_DEFAULT_REGION") or "us-east-1",
        "endpoint": known.get("AWS_ENDPOINT_URL_S3") or known.get("AWS_ENDPOINT_URL"),
        "access_key_id": known.get("AWS_ACCESS_KEY_ID"),
        "secret_access_key": known.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": known.get("AWS_SESSION_TOKEN"),
    }
    plain = str(options["endpoint"] or "").startswith("http://")
    try:
        store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={**CLIENT, "allow_http": plain},
            retry_config=RETRY,
            **{name: value for name, value in options.items() if value},
        )
    except exceptions.BaseError as error:
        raise StorageError(f"{parts.netloc} cannot be opened") from error
    return ObjectStorage(store)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn the backend's errors into this module's own."""
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError) as error:
        raise MissingObjectError(key) from error
    except (exceptions.BaseError, OSError) as error:
        raise StorageError(f"{key}: the store failed") from error
