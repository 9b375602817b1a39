"""Proofs of green power as data: without one of them purchased power is never counted as zero."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.domain.messages import N_
from portal.reference.loader import Source, open_pack, read_sources, source_of

FAMILY = "green-power"


@dataclass(frozen=True, slots=True)
class Proof:
    """One kind of proof, and the kind of green power that it stands for."""

    code: str
    name: str
    name_en: str
    power: str
    power_en: str
    source: Source


def read_proofs(name: str, *, data: Path | None = None) -> tuple[Proof, ...]:
    """Read the kinds of proof from ``data``, in their order; raises PackError."""
    top, _ = open_pack(FAMILY, name, data=data)
    top.text("title")
    top.text("title_en")
    sources = read_sources(top)
    found: dict[str, Proof] = {}
    for table in top.tables("proof"):
        proof = Proof(
            table.text("code"),
            table.text("name"),
            table.text("name_en"),
            table.text("power"),
            table.text("power_en"),
            source_of(table, sources),
        )
        if proof.code in found:
            raise table.fail("code", N_("名称或代码重复：") + proof.code)
        table.close()
        found[proof.code] = proof
    top.close()
    return tuple(found.values())


@lru_cache(maxsize=4)
def load_proofs(name: str) -> tuple[Proof, ...]:
    """The built-in kinds of proof ``name``; raises PackError."""
    return read_proofs(name)
