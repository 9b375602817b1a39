"""Law as data: documents that are cited, figures that they fix, and the penalties of a regulation.

The laws are being renumbered, so no article number stands in code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from portal.domain.messages import N_
from portal.reference.loader import Source, Table, Value, open_pack, read_sources, source_of

LAW_FAMILY = "law"
PENALTY_FAMILY = "penalties"


@dataclass(frozen=True, slots=True)
class Citation:
    """A law, standard or notice: number, dates as far as known, and what it replaces or is replaced by."""

    code: str
    name: str
    name_en: str
    number: str
    issued: date | None
    valid_from: date | None
    valid_to: date | None
    replaces: str
    confidence: str
    note: str
    note_en: str


@dataclass(frozen=True, slots=True)
class LegalFigure:
    """A number that a rule fixes, such as the years that originals are kept."""

    code: str
    name: str
    name_en: str
    value: Value


@dataclass(frozen=True, slots=True)
class Law:
    """The state of the law that the portal cites."""

    id: str
    title: str
    title_en: str
    citations: Mapping[str, Citation]
    figures: Mapping[str, LegalFigure]
    sha256: str


@dataclass(frozen=True, slots=True)
class Penalty:
    """One article: fines in 万元, multiples of illegal gain or price; None where it has no such part.

    ``gain_below``: the fine replaces the multiple of the gain where the gain is none or under this many 万元.
    """

    article: str
    offence: str
    offence_en: str
    fine: tuple[Decimal, Decimal] | None
    gain_times: tuple[Decimal, Decimal] | None
    gain_below: Decimal | None
    person: tuple[Decimal, Decimal] | None
    price_times: tuple[Decimal, Decimal] | None
    quota_cut: tuple[Decimal, Decimal] | None
    further: str
    further_en: str
    source: Source


RANGES: Mapping[str, str] = {
    "fine": "万元",
    "gain_times": "倍违法所得",
    "person": "万元（责任人）",
    "price_times": "倍市场均价",
    "quota_cut": "%",
}


def _citations(top: Table) -> dict[str, Citation]:
    found: dict[str, Citation] = {}
    for table in top.tables("citation"):
        entry = Citation(
            code=table.text("code"),
            name=table.text("name"),
            name_en=table.text("name_en"),
            number=table.text("number", ""),
            issued=table.day("issued"),
            valid_from=table.day("valid_from"),
            valid_to=table.day("valid_to"),
            replaces=table.text("replaces", ""),
            confidence=table.word("confidence", ("official", "transcribed", "unverified")),
            note=table.text("note", ""),
            note_en=table.text("note_en", ""),
        )
        if entry.code in found:
            raise table.fail("code", N_("名称或代码重复：") + entry.code)
        table.close()
        found[entry.code] = entry
    return found


def read_law(name: str, *, data: Path | None = None) -> Law:
    """Read one state of the law from ``data``; raises PackError."""
    top, sha256 = open_pack(LAW_FAMILY, name, data=data)
    title, title_en = top.text("title"), top.text("title_en")
    citations = _citations(top)
    figures: dict[str, LegalFigure] = {}
    for table in top.tables("figure"):
        code, cited = table.text("code"), table.text("citation")
        if cited not in citations or code in figures:
            raise table.fail("citation", N_("没有登记这个来源"))
        act = citations[cited]
        source = Source(
            act.name, table.text("clause", ""), table.word("confidence", ("official", "transcribed"))
        )
        value = Value(table.decimal("value"), table.text("unit"), source)
        figures[code] = LegalFigure(code, table.text("name"), table.text("name_en"), value)
        table.close()
    top.close()
    return Law(name, title, title_en, citations, figures, sha256)


def _range(table: Table, key: str) -> tuple[Decimal, Decimal] | None:
    least, most = table.optional_decimal(f"{key}_least"), table.optional_decimal(f"{key}_most")
    if least is None and most is None:
        return None
    if least is None or most is None or most < least:
        raise table.fail(f"{key}_most", N_("上下限应成对，且上限不低于下限"))
    return least, most


def read_penalties(name: str, *, data: Path | None = None) -> tuple[Penalty, ...]:
    """Read the penalties of one regulation from ``data``, by article; raises PackError."""
    top, _ = open_pack(PENALTY_FAMILY, name, data=data)
    top.text("title")
    top.text("title_en")
    sources = read_sources(top)
    found: list[Penalty] = []
    for table in top.tables("penalty"):
        entry = Penalty(
            article=table.text("article"),
            offence=table.text("offence"),
            offence_en=table.text("offence_en"),
            gain_below=table.optional_decimal("gain_below"),
            further=table.text("further", ""),
            further_en=table.text("further_en", ""),
            source=source_of(table, sources),
            **{key: _range(table, key) for key in RANGES},
        )
        table.close()
        found.append(entry)
    top.close()
    return tuple(found)


@lru_cache(maxsize=4)
def load_law(name: str) -> Law:
    """The built-in state of the law ``name``; raises PackError."""
    return read_law(name)
