"""All packs in one list, the check that every one of them is right, and what moved between two of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.domain.errors import NotFound, PackError
from portal.domain.messages import N_
from portal.reference.entries import READERS, Entry, read_entries
from portal.reference.loader import DATA, open_pack

#: what a family of packs is called, in Chinese and English
FAMILIES: Mapping[str, tuple[str, str]] = {
    "guidelines": ("核算指南", "Accounting guidelines"),
    "catalogue": ("参数目录", "Parameters of plans"),
    "parameters": ("参数登记", "Registers of parameters"),
    "grid": ("电网因子", "Grid factors"),
    "gwp": ("全球增温潜势", "Global warming potentials"),
    "tax": ("环境保护税", "Environmental tax"),
    "efficiency": ("碳效界限", "Carbon efficiency"),
    "conservative": ("保守修正", "Conservative corrections"),
    "deadlines": ("时限", "Deadlines"),
    "law": ("法规引用", "Laws cited"),
    "penalties": ("罚则", "Penalties"),
    "green-power": ("绿电凭证", "Proofs of green power"),
    "industries": ("行业分类", "Industry classes"),
    "statements": ("声明", "Statements"),
    "dossiers": ("披露与认证材料", "Disclosures and dossiers"),
}


@dataclass(frozen=True, slots=True)
class PackState:
    """One pack and what is wrong with it; an empty ``error`` means that it is right."""

    family: str
    id: str
    error: str


@dataclass(frozen=True, slots=True)
class PackSummary:
    """One pack in the list, with the number of its values by confidence."""

    family: str
    id: str
    title: str
    title_en: str
    valid_from: date | None
    valid_to: date | None
    confidences: Mapping[str, int]
    gaps: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Move:
    """A value that differs between two packs; None where one of them has no such value."""

    family: str
    key: str
    old: Entry | None
    new: Entry | None


def pack_ids(data: Path | None = None) -> tuple[tuple[str, str], ...]:
    """Family and id of every pack in ``data`` (the built-in packs by default)."""
    folder = data or DATA
    held = sorted(path.name for path in folder.iterdir() if path.is_dir())
    families = [*FAMILIES, *(name for name in held if name not in FAMILIES)]
    return tuple(
        (family, path.stem) for family in families for path in sorted((folder / family).glob("*.toml"))
    )


def check_packs(data: Path | None = None) -> tuple[PackState, ...]:
    """Read every pack with all its values; of a family that has no reader here, its form and id."""
    return tuple(PackState(family, name, _error(family, name, data)) for family, name in pack_ids(data))


def _error(family: str, name: str, data: Path | None) -> str:
    try:
        if family in READERS:
            read_entries(family, name, data=data)
        else:
            open_pack(family, name, data=data)
    except PackError as error:
        return str(error)
    return ""


def summaries(data: Path | None = None) -> tuple[PackSummary, ...]:
    """Every pack with its title, validity and number of values by confidence; raises PackError."""
    return tuple(summary(family, name, data) for family, name in pack_ids(data) if family in READERS)


def summary(family: str, name: str, data: Path | None = None) -> PackSummary:
    """One pack with its title, validity, gaps and number of values by confidence; raises PackError."""
    counted = Counter(entry.confidence for entry in read_entries(family, name, data=data))
    top, sha256 = open_pack(family, name, data=data)
    return PackSummary(
        family,
        name,
        top.text("title", name),
        top.text("title_en", name),
        top.day("valid_from"),
        top.day("valid_to"),
        {word: counted[word] for word in ("official", "transcribed", "unverified")},
        top.texts("gaps"),
        sha256,
    )


def families_of(text: str, data: Path | None = None) -> dict[str, str]:
    """Family → id of the packs meant by ``text``: an id, or family/id; raises NotFound."""
    found = {family: name for family, name in pack_ids(data) if text in (name, f"{family}/{name}")}
    if not found:
        raise NotFound(N_("没有数据包“%(pack)s”"), params={"pack": text}, path=text)
    return found


def moved(old: str, new: str, data: Path | None = None) -> tuple[Move, ...]:
    """What differs between two packs, in every family that has both; raises NotFound, PackError."""
    before, after = families_of(old, data), families_of(new, data)
    shared = [family for family in before if family in after]
    if not shared:
        raise NotFound(N_("“%(old)s”与“%(new)s”不是同一类数据包，无法比较"), params={"old": old, "new": new})
    return tuple(
        move
        for family in shared
        for move in _moves(
            family,
            {entry.key: entry for entry in read_entries(family, before[family], data=data)},
            {entry.key: entry for entry in read_entries(family, after[family], data=data)},
        )
    )


def _moves(family: str, old: Mapping[str, Entry], new: Mapping[str, Entry]) -> tuple[Move, ...]:
    """Values that changed (by unit or amount; 0.50 is 0.5), then those that are gone, then the new ones."""
    changed = [key for key in old if key in new and _differ(old[key], new[key])]
    gone, added = [key for key in old if key not in new], [key for key in new if key not in old]
    return tuple(Move(family, key, old.get(key), new.get(key)) for key in (*changed, *gone, *added))


def _differ(old: Entry, new: Entry) -> bool:
    return (old.amount, old.unit) != (new.amount, new.unit)
