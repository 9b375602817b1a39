"""Reads a data pack exactly and refuses whatever is wrong in it, naming file and key."""

import hashlib
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from portal.domain.errors import PackError
from portal.domain.messages import N_

DATA = Path(__file__).parent / "data"
CONFIDENCES = ("official", "transcribed", "unverified")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was taken from, how sure we are of it, and when it holds where that is known."""

    title: str
    clause: str
    confidence: str
    valid_from: date | None = None
    valid_to: date | None = None

    def __str__(self) -> str:
        return f"{self.title} {self.clause}".strip()


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a pack, with its unit and its source."""

    amount: Decimal
    unit: str
    source: Source

    @property
    def confidence(self) -> str:
        """``official``, ``transcribed`` or ``unverified``."""
        return self.source.confidence


def pack_error(file: str, key: str, reason: str) -> PackError:
    """The one shape of a pack error: file, key, what is wrong."""
    return PackError(
        N_("数据包 %(file)s 的 %(key)s 有误：%(reason)s"),
        params={"file": file, "key": key or "—", "reason": reason},
        path=key,
    )


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A name as it is compared: full-width and half-width, upper and lower case and spaces are one.

    ``液化天然气（LNG）`` and ``液化天然气 (lng)`` are the same writing; nothing that could be another thing
    is taken together.
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Table:
    """One TOML table being read: every key is taken once, and ``close`` refuses what is left."""

    def __init__(self, file: str, key: str, values: Mapping[str, Any]) -> None:
        """Wrap ``values`` of the table at ``key`` in ``file``."""
        self.file = file
        self.key = key
        self._values = dict(values)

    def fail(self, key: str, reason: str) -> PackError:
        """An error about ``key`` of this table."""
        return pack_error(self.file, f"{self.key}.{key}" if self.key else key, reason)

    def held(self) -> tuple[str, ...]:
        """Keys not yet taken."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Whether the key is there and not yet taken."""
        return key in self._values

    def _take(self, key: str, kinds: tuple[type, ...], wanted: str) -> Any:
        if key not in self._values:
            raise self.fail(key, N_("缺少这个键"))
        value = self._values.pop(key)
        if isinstance(value, bool) and bool not in kinds:
            raise self.fail(key, wanted)
        if not isinstance(value, kinds):
            raise self.fail(key, wanted)
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; blank text is refused unless a default is allowed."""
        if default is not None and key not in self._values:
            return default
        value: str = self._take(key, (str,), N_("应为文字"))
        if not value.strip() and default is None:
            raise self.fail(key, N_("不能为空"))
        return value

    def word(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """A text out of a closed list."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.fail(key, N_("只能是其中之一：") + "、".join(allowed))
        return value

    def decimal(self, key: str) -> Decimal:
        """An exact number; integers are taken as they are."""
        value = self._take(key, (Decimal, int), N_("应为数值"))
        number = Decimal(value)
        if not number.is_finite():
            raise self.fail(key, N_("应为有限数值"))
        return number

    def optional_decimal(self, key: str) -> Decimal | None:
        """An exact number, or None where the pack leaves it out."""
        return self.decimal(key) if key in self._values else None

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        if default is not None and key not in self._values:
            return default
        value: int = self._take(key, (int,), N_("应为整数"))
        return value

    def optional_integer(self, key: str) -> int | None:
        """A whole number, or None where the pack leaves it out."""
        return self.integer(key) if key in self._values else None

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """true or false."""
        if default is not None and key not in self._values:
            return default
        value: bool = self._take(key, (bool,), N_("应为 true 或 false"))
        return value

    def day(self, key: str) -> date | None:
        """A date, or None where the pack leaves it out."""
        if key not in self._values:
            return None
        value: date = self._take(key, (date,), N_("应为日期"))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the pack leaves it out."""
        if key not in self._values:
            return ()
        values = self._take(key, (list,), N_("应为文字列表"))
        if not all(isinstance(value, str) and value for value in values):
            raise self.fail(key, N_("应为文字列表"))
        return tuple(values)

    def table(self, key: str) -> "Table":
        """A sub-table; an empty one where the pack leaves it out."""
        if key not in self._values:
            return Table(self.file, f"{self.key}.{key}" if self.key else key, {})
        values = self._take(key, (dict,), N_("应为表"))
        return Table(self.file, f"{self.key}.{key}" if self.key else key, values)

    def named_tables(self, key: str) -> dict[str, "Table"]:
        """All sub-tables of a table, by name."""
        parent = self.table(key)
        return {name: parent.table(name) for name in parent.held()}

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables; empty where the pack leaves it out."""
        if key not in self._values:
            return ()
        values = self._take(key, (list,), N_("应为表的列表"))
        if not all(isinstance(value, dict) for value in values):
            raise self.fail(key, N_("应为表的列表"))
        prefix = f"{self.key}.{key}" if self.key else key
        return tuple(Table(self.file, f"{prefix}[{place}]", value) for place, value in enumerate(values))

    def close(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._values:
            raise self.fail(key, N_("不认识这个键"))


@lru_cache(maxsize=16)
def names(family: str) -> tuple[str, ...]:
    """Ids of the packs of one family, sorted."""
    return tuple(sorted(path.stem for path in (DATA / family).glob("*.toml")))


def open_pack(family: str, name: str, *, data: Path | None = None) -> tuple[Table, str]:
    """The top table of ``<data>/<family>/<name>.toml`` and the SHA-256 of the file's bytes.

    Raises PackError where the file is missing, is not TOML, or says that it is another pack.
    """
    file = f"{family}/{name}.toml"
    path = (data or DATA) / family / f"{name}.toml"
    if name not in {entry.stem for entry in path.parent.glob("*.toml")}:
        raise pack_error(file, "", N_("没有这个文件"))
    content = path.read_bytes()
    try:
        values = tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise pack_error(file, "", str(error)) from error
    top = Table(file, "", values)
    if top.text("id") != name:
        raise pack_error(file, "id", N_("应与文件名一致"))
    return top, hashlib.sha256(content).hexdigest()


def read_sources(top: Table) -> dict[str, Source]:
    """The ``[source.<key>]`` tables of a pack: title, clause, confidence and, where known, validity."""
    sources = {}
    for key, table in top.named_tables("source").items():
        sources[key] = Source(
            table.text("title"),
            table.text("clause", ""),
            table.word("confidence", CONFIDENCES),
            table.day("valid_from"),
            table.day("valid_to"),
        )
        table.close()
    return sources


def source_of(table: Table, sources: Mapping[str, Source], named: str = "source") -> Source:
    """The source that an entry names in its ``source`` key; a pack's own top names it elsewhere."""
    key = table.text(named)
    if key not in sources:
        raise table.fail(named, N_("没有登记这个来源"))
    return sources[key]
