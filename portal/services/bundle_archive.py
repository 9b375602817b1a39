"""A ZIP archive that is written while it is read, from parts whose sizes and sums are known.

Nothing is compressed: most parts are PDFs, pictures and workbooks, which are so already. That makes the
place of every byte known beforehand, so a download can begin anywhere (RFC 9110, section 14) and no copy of
the whole is kept. Layout after PKWARE's APPNOTE 6.3.3; large archives in its 64-bit form.
"""

import io
import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, BinaryIO

from portal.domain.periods import SHANGHAI
from portal.storage import StorageError

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
#: Fields that hold this value have theirs in the 64-bit form.
_FULL, _MANY = 0xFFFFFFFF, 0xFFFF
_UTF_8 = 0x800
_VERSION = 45
_MADE_BY = 3 << 8 | _VERSION
_PLAIN_FILE = 0o100644 << 16


@dataclass(frozen=True)
class Member:
    """A file of the archive; ``open`` gives its bytes from the start."""

    name: str
    size: int
    crc32: int
    open: Callable[[], BinaryIO]


class ArchiveFile(io.RawIOBase):
    """The archive as a file to read: seekable, with one part open at a time."""

    def __init__(self, members: Sequence[Member], moment: datetime) -> None:
        """Lay the members out in their order; every one bears ``moment`` as its time."""
        super().__init__()
        self._members = members
        self._stamp = _dos_time(moment)
        self._heads = [self._head(member) for member in members]
        lengths = (len(head) + member.size for head, member in zip(self._heads, members, strict=True))
        #: Where each member begins, and where the last one ends.
        self._starts = list(accumulate(lengths, initial=0))
        self._tail = self._directory()
        self.size = self._starts[-1] + len(self._tail)
        self._position = 0
        self._opened: tuple[int, BinaryIO] | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Offset of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; raises ValueError before the start."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise ValueError("before the start")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill ``buffer`` as far as one piece reaches; raises StorageError when a part has become shorter."""
        target = memoryview(buffer).cast("B")
        if self._position >= self.size or not target:
            return 0
        piece = self._piece(len(target))
        target[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        """Close the part that is open."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None
        super().close()

    def _piece(self, most: int) -> bytes:
        if self._position >= self._starts[-1]:
            start = self._position - self._starts[-1]
            return self._tail[start : start + most]
        index = bisect_right(self._starts, self._position) - 1
        within = self._position - self._starts[index]
        head = self._heads[index]
        if within < len(head):
            return head[within : within + most]
        return self._content(index, within - len(head), most)

    def _content(self, index: int, offset: int, most: int) -> bytes:
        if self._opened is None or self._opened[0] != index:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = (index, self._members[index].open())
        file = self._opened[1]
        if file.tell() != offset:
            file.seek(offset)
        piece = file.read(min(most, self._members[index].size - offset))
        if not piece:
            raise StorageError(f"{self._members[index].name} has become shorter")
        return piece

    def _head(self, member: Member) -> bytes:
        name, large = member.name.encode(), member.size >= _FULL
        extra = struct.pack("<2H2Q", 1, 16, member.size, member.size) if large else b""
        size = _FULL if large else member.size
        fixed = (
            b"PK\3\4",
            _VERSION,
            _UTF_8,
            0,
            *self._stamp,
            member.crc32,
            size,
            size,
            len(name),
            len(extra),
        )
        return _LOCAL.pack(*fixed) + name + extra

    def _entry(self, member: Member, start: int) -> bytes:
        name = member.name.encode()
        given = (member.size, member.size, start)
        large = [value for value in given if value >= _FULL]
        extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        packed, unpacked, place = (min(value, _FULL) for value in given)
        return (
            _CENTRAL.pack(
                b"PK\1\2",
                _MADE_BY,
                _VERSION,
                _UTF_8,
                0,
                *self._stamp,
                member.crc32,
                packed,
                unpacked,
                len(name),
                len(extra),
                0,
                0,
                0,
                _PLAIN_FILE,
                place,
            )
            + name
            + extra
        )

    def _directory(self) -> bytes:
        entries = b"".join(map(self._entry, self._members, self._starts))
        start, count = self._starts[-1], len(self._members)
        end = _END.pack(
            b"PK\5\6",
            0,
            0,
            min(count, _MANY),
            min(count, _MANY),
            min(len(entries), _FULL),
            min(start, _FULL),
            0,
        )
        if count < _MANY and start < _FULL:
            return entries + end
        large = (b"PK\6\6", _END_64.size - 12, _MADE_BY, _VERSION, 0, 0, count, count, len(entries), start)
        return entries + _END_64.pack(*large) + _LOCATOR_64.pack(b"PK\6\7", 0, start + len(entries), 1) + end


def _dos_time(moment: datetime) -> tuple[int, int]:
    """Time and date as the format writes them, in Shanghai, to two seconds."""
    local = moment.astimezone(SHANGHAI)
    time = local.hour << 11 | local.minute << 5 | local.second // 2
    return time, (local.year - 1980) << 9 | local.month << 5 | local.day
