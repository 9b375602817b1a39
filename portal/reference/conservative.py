"""Conservative corrections as data: which factor a meter's calibration state calls for."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from portal.domain.messages import N_
from portal.reference.loader import Source, open_pack, read_sources, source_of

FAMILY = "conservative"
DEFAULT = "CETS-VG-01.01-V02-2026"
KINDS = ("activity", "production")
STATES = ("in_class", "over_class", "not_calibrated")


@dataclass(frozen=True, slots=True)
class Rule:
    """factor = 1 + sign × (actual_share × actual class + required_share × required class)."""

    kind: str
    state: str
    sign: int
    actual_share: Decimal
    required_share: Decimal
    source: Source


@dataclass(frozen=True, slots=True)
class Corrections:
    """All rules of one guideline, by kind of figure and state of the meter."""

    id: str
    title: str
    title_en: str
    rules: Mapping[tuple[str, str], Rule]
    sha256: str


def read_corrections(name: str, *, data: Path | None = None) -> Corrections:
    """Read the rules of one guideline from ``data``.

    Raises PackError, also where a kind or state has no rule.
    """
    top, sha256 = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    rules: dict[tuple[str, str], Rule] = {}
    for table in top.tables("rule"):
        rule = Rule(
            table.word("kind", KINDS),
            table.word("state", STATES),
            table.integer("sign"),
            table.decimal("actual_share"),
            table.decimal("required_share"),
            source_of(table, sources),
        )
        if (rule.kind, rule.state) in rules:
            raise table.fail("state", N_("规则重复"))
        rules[rule.kind, rule.state] = rule
        table.close()
    for kind in KINDS:
        for state in STATES:
            if (kind, state) not in rules:
                raise top.fail("rule", N_("缺少规则：") + f"{kind} {state}")
    found = Corrections(name, top.text("title"), top.text("title_en"), MappingProxyType(rules), sha256)
    top.close()
    return found


@lru_cache(maxsize=8)
def load_corrections(name: str = DEFAULT) -> Corrections:
    """The built-in rules of one guideline; raises PackError."""
    return read_corrections(name)
