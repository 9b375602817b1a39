"""Industry classes of GB/T 4754: a short selection to choose from; other codes are written by hand."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.domain.messages import N_
from portal.reference.loader import Source, open_pack, read_sources, source_of

FAMILY = "industries"
CURRENT = "GBT-4754-2017"


@dataclass(frozen=True, slots=True)
class IndustryClass:
    """One class (小类) with its four-digit code."""

    code: str
    name: str
    name_en: str
    source: Source


def read_industries(name: str, *, data: Path | None = None) -> dict[str, IndustryClass]:
    """Classes by code; raises PackError for a wrong pack, such as a code given twice."""
    top, _sha256 = open_pack(FAMILY, name, data=data)
    top.text("title")
    top.text("title_en")
    sources = read_sources(top)
    found: dict[str, IndustryClass] = {}
    for table in top.tables("class"):
        entry = IndustryClass(
            table.text("code"), table.text("name"), table.text("name_en"), source_of(table, sources)
        )
        if not (len(entry.code) == 4 and entry.code.isdecimal()) or entry.code in found:
            raise table.fail("code", N_("应为 4 位数字，且不重复"))
        table.close()
        found[entry.code] = entry
    top.close()
    return found


@lru_cache(maxsize=1)
def industries() -> dict[str, IndustryClass]:
    """The built-in selection in force."""
    return read_industries(CURRENT)
