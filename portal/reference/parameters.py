"""The register of parameters that a guideline's annexes name: the whole report, row by row.

Plans and monthly forms are made from the catalogue (portal.reference.catalogue). The register says what else
the report asks for, at which level, by which ways, with which digits, evidence and meters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.domain.messages import N_
from portal.reference.loader import CONFIDENCES, Table, open_pack

FAMILY = "parameters"
KINDS = ("number", "text", "date", "file")
LEVELS = ("enterprise", "process", "unit", "plan")
PERIODS = (
    "annual",
    "monthly",
    "monthly-annual",
    "monthly-changes",
    "daily-monthly",
    "daily-monthly-annual",
    "event",
)
#: how a value may be had; ``ways`` says it in the guideline's words
ACQUISITIONS = ("measured", "calculated", "design", "default", "settled", "ledger", "filled", "uploaded")
METER_GROUPS = ("solid", "liquid", "gas", "electricity", "heat")


@dataclass(frozen=True, slots=True)
class RegisteredParameter:
    """One parameter; ``digits`` is None where none are fixed, ``meters`` are groups of the catalogue."""

    code: str
    name: str
    name_en: str
    kind: str
    unit: str
    level: str
    process: str
    process_en: str
    tables: tuple[str, ...]
    digits: int | None
    ways: tuple[str, ...]
    acquisitions: tuple[str, ...]
    evidence: tuple[str, ...]
    evidence_clause: str
    meters: tuple[str, ...]
    meter_types: tuple[str, ...]
    period: str
    mandatory: bool
    clause: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Register:
    """All parameters of one guideline by code, in the order of its annexes."""

    id: str
    title: str
    title_en: str
    parameters: Mapping[str, RegisteredParameter]
    sha256: str

    def at(self, level: str) -> tuple[RegisteredParameter, ...]:
        """The parameters of one level."""
        return tuple(entry for entry in self.parameters.values() if entry.level == level)


def _words(table: Table, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    found = table.texts(key)
    if not set(found) <= set(allowed):
        raise table.fail(key, N_("只能是其中之一：") + "、".join(allowed))
    return found


def _parameter(table: Table) -> RegisteredParameter:
    entry = RegisteredParameter(
        code=table.text("code"),
        name=table.text("name"),
        name_en=table.text("name_en"),
        kind=table.word("kind", KINDS),
        unit=table.text("unit", ""),
        level=table.word("level", LEVELS),
        process=table.text("process", ""),
        process_en=table.text("process_en", ""),
        tables=table.texts("tables"),
        digits=table.optional_integer("digits"),
        ways=table.texts("ways"),
        acquisitions=_words(table, "acquisitions", ACQUISITIONS),
        evidence=table.texts("evidence"),
        evidence_clause=table.text("evidence_clause", ""),
        meters=_words(table, "meters", METER_GROUPS),
        meter_types=table.texts("meter_types"),
        period=table.word("period", PERIODS),
        mandatory=table.flag("mandatory"),
        clause=table.text("clause"),
        confidence=table.word("confidence", CONFIDENCES),
    )
    if not entry.acquisitions:
        raise table.fail("acquisitions", N_("不能为空"))
    table.close()
    return entry


def read_register(name: str, *, data: Path | None = None) -> Register:
    """Read one register from ``data``; raises PackError."""
    top, sha256 = open_pack(FAMILY, name, data=data)
    title, title_en = top.text("title"), top.text("title_en")
    found: dict[str, RegisteredParameter] = {}
    for table in top.tables("parameter"):
        entry = _parameter(table)
        if entry.code in found:
            raise table.fail("code", N_("名称或代码重复：") + entry.code)
        found[entry.code] = entry
    top.close()
    return Register(name, title, title_en, found, sha256)


@lru_cache(maxsize=8)
def load_register(name: str) -> Register:
    """The built-in register of a guideline; raises PackError."""
    return read_register(name)
