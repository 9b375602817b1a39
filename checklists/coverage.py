"""Which check or question stands for each item of the public checklists, and what is not covered yet.

The lists are those of the national verification guideline and of the local services; their items
are named by our own ids and words in ``coverage.toml``.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from checklists.pack_file import PackFile
from portal.domain.messages import N_

FILE: Final = Path(__file__).parent / "coverage.toml"
_LIST_KEYS: Final = frozenset({"id", "title", "title_en", "items"})
_ITEM_KEYS: Final = frozenset({"id", "about", "checks", "questions", "reason"})
_REASON_KEYS: Final = frozenset({"text", "text_en"})


@dataclass(frozen=True)
class Reason:
    """Why an item has neither check nor question."""

    text: str
    text_en: str


@dataclass(frozen=True)
class Item:
    """One item of a list: the checks and questions that stand for it, or the reason why none does."""

    id: str
    about: str
    checks: tuple[str, ...]
    questions: tuple[str, ...]
    reason: Reason | None


@dataclass(frozen=True)
class CoveredList:
    """A public checklist."""

    id: str
    title: str
    title_en: str
    items: tuple[Item, ...]


def load_coverage(path: Path = FILE) -> tuple[CoveredList, ...]:
    """The mapping in ``path``; raises PackError with file and key when it is wrong."""
    file = PackFile(path.name, path.read_text(encoding="utf-8"))
    raw = file.tables_of_file()
    reasons = {}
    for code, item in raw.get("reasons", {}).items():
        file.known(item, _REASON_KEYS, f"reasons.{code}")
        reasons[code] = Reason(file.text(item, "text", code), file.text(item, "text_en", code))
    return tuple(_list(file, item, reasons) for item in file.tables(raw, "lists"))


def _list(file: PackFile, raw: dict[str, Any], reasons: dict[str, Reason]) -> CoveredList:
    file.known(raw, _LIST_KEYS)
    return CoveredList(
        id=file.text(raw, "id"),
        title=file.text(raw, "title"),
        title_en=file.text(raw, "title_en"),
        items=tuple(_item(file, item, reasons) for item in file.tables(raw, "items")),
    )


def _item(file: PackFile, raw: dict[str, Any], reasons: dict[str, Reason]) -> Item:
    name = file.text(raw, "id")
    file.known(raw, _ITEM_KEYS, name)
    checks, questions = file.texts(raw, "checks", name), file.texts(raw, "questions", name)
    reason = raw.get("reason", "")
    if bool(checks or questions) == bool(reason):
        raise file.wrong(name, N_("要写检查、问题，或者理由"))
    if reason and reason not in reasons:
        raise file.wrong(f"{name}.reason", N_("没有理由“%(reason)s”"), reason=reason)
    return Item(name, file.text(raw, "about", name), checks, questions, reasons.get(reason))


def faults(
    lists: Collection[CoveredList], checks: Collection[str], questions: Collection[str]
) -> Iterator[str]:
    """What is wrong with a coverage: items named twice, checks and questions that do not exist."""
    for covered in lists:
        seen: set[str] = set()
        for item in covered.items:
            if item.id in seen:
                yield f"{covered.id} {item.id}: named twice"
            seen.add(item.id)
            yield from (
                f"{covered.id} {item.id}: no check {name}" for name in item.checks if name not in checks
            )
            yield from (
                f"{covered.id} {item.id}: no question {name}"
                for name in item.questions
                if name not in questions
            )
