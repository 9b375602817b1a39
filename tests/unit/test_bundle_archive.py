"""The archive that is written while it is read: what ZIP readers make of it, from any byte on."""

import io
import zipfile
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.bundles import safe_name
from portal.services.bundle_archive import ArchiveFile, Member
from portal.storage import StorageError

MOMENT = datetime(2026, 11, 22, 10, 30, 20, tzinfo=UTC)
CONTENTS = {
    "manifest.json": b"{}",
    "evidence/000001-示例台账.pdf": bytes(range(256)) * 700,
    "data/empty.json": b"",
    "events/events.jsonl": b"a\n" * 5,
}


def members(contents: dict[str, bytes]) -> list[Member]:
    return [
        Member(name, len(content), zlib.crc32(content), lambda content=content: io.BytesIO(content))  # type: ignore[misc]
        for name, content in contents.items()
    ]


def whole(archive: ArchiveFile) -> bytes:
    archive.seek(0)
    return io.BufferedReader(archive, 1000).read()


def test_any_zip_reader_finds_the_files_as_they_are() -> None:
    content = whole(ArchiveFile(members(CONTENTS), MOMENT))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == CONTENTS
        assert archive.infolist()[0].date_time == (2026, 11, 22, 18, 30, 20)
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


def test_an_archive_without_files_is_one_too() -> None:
    with zipfile.ZipFile(io.BytesIO(whole(ArchiveFile([], MOMENT)))) as archive:
        assert archive.namelist() == []


@given(st.data())
def test_a_range_gives_the_same_bytes_as_the_whole(data: st.DataObject) -> None:
    archive = ArchiveFile(members(CONTENTS), MOMENT)
    content = whole(ArchiveFile(members(CONTENTS), MOMENT))
    assert archive.size == len(content)
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 2000))
    archive.seek(start)
    assert io.BufferedReader(archive, 512).read(length) == content[start : start + length]


class Zeros(io.RawIOBase):
    """A file of nothing but zeros, as long as one likes."""

    def __init__(self) -> None:
        super().__init__()
        self.place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.place = offset
        return offset

    def tell(self) -> int:
        return self.place

    def read(self, size: int = -1, /) -> bytes:
        self.place += size
        return b"\0" * size


def test_what_is_larger_than_four_gigabytes_is_found_in_the_64_bit_form() -> None:
    huge: Any = Member("evidence/huge.bin", 5 * 1024**3, 0, Zeros)  # type: ignore[arg-type]  # a file enough
    last = members({"manifest.json": b'{"schema":""}'})
    with zipfile.ZipFile(ArchiveFile([huge, huge, *last], MOMENT)) as archive:
        infos = archive.infolist()
        assert [info.file_size for info in infos] == [5 * 1024**3, 5 * 1024**3, 13]
        assert infos[2].header_offset > 10 * 1024**3
        assert archive.read(infos[2]) == b'{"schema":""}'
        with archive.open(infos[1]) as file:
            assert file.read(10) == b"\0" * 10


def test_more_files_than_two_bytes_can_count_are_found() -> None:
    many = [Member(f"{number}", 0, 0, io.BytesIO) for number in range(70_000)]
    with zipfile.ZipFile(ArchiveFile(many, MOMENT)) as archive:
        assert len(archive.infolist()) == 70_000


def test_a_part_that_became_shorter_stops_the_reading() -> None:
    short = Member("a", 100, 0, lambda: io.BytesIO(b"1234"))
    with pytest.raises(StorageError, match="shorter"):
        whole(ArchiveFile([short], MOMENT))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("示例台账-2026-09.pdf", "示例台账-2026-09.pdf"),
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\windows\\x.dll", "windows_x.dll"),
        ("/absolute.pdf", "absolute.pdf"),
        ("C:\\a.pdf", "C_a.pdf"),
        (" 发票 (1).PDF", "发票_(1).PDF"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "file.htaccess"),
        ("a\0b\n.txt", "a_b.txt"),
        ("a.", "a"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
    ],
)
def test_a_files_name_leads_nowhere_else(typed: str, kept: str) -> None:
    assert safe_name(typed) == kept


@given(st.text(max_size=200))
def test_no_name_can_leave_its_folder(text: str) -> None:
    name = safe_name(text)
    assert name
    assert not set(name) & set('/\\:*?"<>|\0\n\r')
    assert name not in {".", ".."}
    assert not name.startswith(".")
    assert len(name) <= 112
