"""The same behaviour from a local folder and from an S3 server."""

import io
import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from portal.storage import BadKeyError, MissingObjectError, Storage, StorageError, open_storage
from tests.fixtures.object_store import BUCKET, running_s3

CONTENT = "湖州市".encode() * 1000
KEY = f"evidence/{sha256(CONTENT).hexdigest()}"


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[dict[str, str]]:
    with running_s3() as environment:
        yield environment


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage((tmp_path / "文件").as_uri())
    environment = request.getfixturevalue("s3_environment")
    return open_storage(f"s3://{BUCKET}/{tmp_path.name}", environment)


def test_what_was_put_is_read_back_whole(storage: Storage) -> None:
    assert storage.put(KEY, CONTENT) == len(CONTENT)

    assert storage.get(KEY) == CONTENT
    assert storage.size(KEY) == len(CONTENT)
    assert storage.exists(KEY)


def test_a_stream_is_stored_from_its_start(storage: Storage) -> None:
    stream = io.BytesIO(CONTENT)
    stream.read(10)

    assert storage.put(KEY, stream) == len(CONTENT)
    assert storage.get(KEY) == CONTENT


def test_a_large_stream_goes_in_parts(storage: Storage) -> None:
    large = os.urandom(1024) * 1024 * 12
    storage.put("evidence/large", io.BytesIO(large))

    with storage.open("evidence/large") as file:
        assert file.read(10) == large[:10]
        file.seek(11 * 1024 * 1024)
        assert file.read() == large[11 * 1024 * 1024 :]


def test_an_empty_file_is_a_file(storage: Storage) -> None:
    storage.put("evidence/empty", b"")

    assert storage.get("evidence/empty") == b""
    with storage.open("evidence/empty") as file:
        assert file.read() == b""


def test_a_missing_object_is_named_as_such(storage: Storage) -> None:
    assert not storage.exists(KEY)
    with pytest.raises(MissingObjectError):
        storage.get(KEY)
    with pytest.raises(MissingObjectError):
        storage.size(KEY)
    with pytest.raises(MissingObjectError):
        storage.open(KEY).read()


def test_putting_the_same_content_again_changes_nothing(storage: Storage) -> None:
    storage.put(KEY, CONTENT)
    storage.put(KEY, io.BytesIO(CONTENT))

    assert storage.get(KEY) == CONTENT


def test_other_bytes_under_a_taken_key_are_refused(storage: Storage) -> None:
    storage.put(KEY, CONTENT)
    with pytest.raises(StorageError, match="already holds"):
        storage.put(KEY, b"other")

    assert storage.get(KEY) == CONTENT


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../secret-key",
        "a/../../b",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\\b",
        "a\0b",
        "证据",
        "a b",
        "a\n",
        "a/%2e%2e/b",
        "x" * 600,
    ],
)
def test_path_tricks_are_refused(storage: Storage, key: str) -> None:
    for action in (storage.get, storage.open, storage.size, storage.exists):
        with pytest.raises(BadKeyError):
            action(key)
    with pytest.raises(BadKeyError):
        storage.put(key, b"x")


def test_a_store_that_answers_says_so(storage: Storage) -> None:
    assert storage.ping()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    storage = open_storage((tmp_path / "store").as_uri())
    (tmp_path / "store" / "link").symlink_to(outside)

    for action in (storage.open, storage.get, storage.size):
        with pytest.raises(BadKeyError):
            action("link/secret")


def test_the_folder_is_for_its_owner_only_and_holds_no_scraps(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    storage = open_storage(folder.as_uri())
    storage.put(KEY, CONTENT)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [KEY]


def test_an_interrupted_stream_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the client went away")

    storage = open_storage((tmp_path / "store").as_uri())
    with pytest.raises(StorageError):
        storage.put(KEY, Broken(CONTENT))

    assert not storage.exists(KEY)


def test_a_store_that_is_down_raises_its_own_error_and_ping_says_no() -> None:
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "example",
        "AWS_SECRET_ACCESS_KEY": "example",
    }
    storage = open_storage("s3://evidence", environment)

    assert not storage.ping()
    with pytest.raises(StorageError):
        storage.put(KEY, CONTENT)


def test_another_kind_of_address_is_refused() -> None:
    with pytest.raises(StorageError):
        open_storage("ftp://example/files")
