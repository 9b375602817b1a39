"""The statements that a signatory agrees to; each text has a version and a hash."""

import hashlib
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from portal.reference.loader import DATA, names, pack_error

FAMILY = "statements"
_KEYS = ("id", "version", "title", "title_en", "text", "text_en", "basis", "basis_en", "confidence")


@dataclass(frozen=True)
class Statement:
    """One statement in both languages, with the rule that asks for it."""

    id: str
    version: str
    title: str
    title_en: str
    text: str
    text_en: str
    basis: str
    basis_en: str
    confidence: str

    @property
    def key(self) -> str:
        """Id and version, such as truth/1."""
        return f"{self.id}/{self.version}"

    @property
    def sha256(self) -> str:
        """Hash of the Chinese text, which is the one that is signed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_statements(name: str, *, data: Path | None = None) -> tuple[Statement, ...]:
    """Read the statements of one year from ``data``, in their order; raises PackError naming file and key."""
    path = (data or DATA) / FAMILY / f"{name}.toml"
    entries = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal).get("statement", [])
    found = []
    for number, entry in enumerate(entries):
        for key in _KEYS:
            if not isinstance(entry.get(key), str) or not entry[key]:
                raise pack_error(path.name, f"statement[{number}].{key}", "missing")
        found.append(Statement(**{key: entry[key] for key in _KEYS}))
    return tuple(found)


@cache
def load_statements() -> tuple[Statement, ...]:
    """All statements in force, in their order; raises PackError naming file and key."""
    return read_statements(names(FAMILY)[-1])
