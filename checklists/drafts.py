"""Packs that are being written: read leniently, changed piece by piece, compared with what they came from.

A draft is the mapping of a pack's TOML file, its cases' facts included under ``base``; as text it is
that file. Every function here gives a new mapping and leaves the old one as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

from checklists.engine import run, worst
from checklists.loader import LIBRARY, pack_ids, pack_of, pack_versions
from checklists.model import Case, Check, CheckPack, Outcome, Result
from checklists.pack_file import toml_of
from checklists.patches import PathError, patched
from checklists.toml_text import toml_text
from portal.domain.errors import NotFound, PackError
from portal.domain.messages import N_

Raw = dict[str, Any]
Kind = Literal["checks", "questions"]
KINDS: Final[tuple[Kind, ...]] = ("checks", "questions")

#: Stands in for a case that is still to be written, so that the rest of a draft can be run.
_MISSING_CASE: Final = "\N{HORIZONTAL ELLIPSIS}"
#: No text of a check or question has more characters; a longer one is not even looked at.
_LONGEST: Final = 5000
#: What takes the place of a wrong value, so that the next one can be looked at too.
_REPAIRS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("title", "title_en", "clause", "source", "mend", "mend_en"), "—"),
    **dict.fromkeys(("message", "message_en", "expected", "expected_en", "actual", "actual_en"), "—"),
    "confidence": "unverified",
    "severity": "note",
    "expression": "1 == 1",
    "applies": None,
    "points_to": "page:record",
    "cases": None,
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one key of a check or question; ``key`` may lead inside (``cases[0].name``)."""

    key: str
    problem: str


@dataclass(frozen=True)
class CaseResult:
    """How one case of a check went; ``problem`` is empty when it came out as it should."""

    name: str
    wanted: Result
    found: Result
    problem: str


@dataclass(frozen=True)
class KeyChange:
    """One key of an entry before and after; None where there is none."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """An entry (check or question) that is new, gone or different."""

    kind: Kind
    id: str
    title: str
    title_en: str
    what: Literal["added", "removed", "changed"]
    keys: tuple[KeyChange, ...] = ()


def library_draft(pack_id: str, version: str = "") -> Raw:
    """The mapping of a pack in the library with its cases' facts; raises NotFound."""
    if pack_id not in pack_ids():
        raise NotFound
    versions = pack_versions(pack_id)
    if version and version not in versions:
        raise NotFound
    folder = LIBRARY / pack_id
    raw = parse_pack((folder / f"{version or versions[-1]}.toml").read_text(encoding="utf-8"))
    base = folder / "base.toml"
    if base.exists():
        raw["base"] = parse_pack(base.read_text(encoding="utf-8"))
    return raw


def parse_pack(text: str) -> Raw:
    """The mapping of a pack's text; raises PackError when it is no TOML."""
    return toml_of(N_("草稿"), text)


def compile_pack(raw: Mapping[str, Any], *, lenient: bool = False) -> CheckPack:
    """The pack of a mapping; ``lenient`` lets checks pass that still lack cases. Raises PackError."""
    return compile_text(toml_text(raw), lenient=lenient)


@lru_cache(maxsize=64)
def compile_text(text: str, *, lenient: bool = False) -> CheckPack:
    """The pack of a text, compiled once as long as the text stays; raises PackError."""
    raw = parse_pack(text)
    name = f"{raw.get('id', '')}/{raw.get('version', '')}.toml"
    if not lenient:
        return pack_of(text, name)
    raw["checks"] = [_with_cases(check) for check in raw.get("checks", [])]
    pack = pack_of(toml_text(raw), name)
    return replace(pack, checks=tuple(_without_fillers(check) for check in pack.checks))


def _with_cases(check: Raw) -> Raw:
    cases = list(check.get("cases", []))
    found = {case.get("outcome") for case in cases if isinstance(case, Mapping)}
    lacking = [wanted for wanted in ("passed", "failed") if wanted not in found]
    return {**check, "cases": cases + [{"name": _MISSING_CASE, "outcome": wanted} for wanted in lacking]}


def _without_fillers(check: Check) -> Check:
    return replace(check, cases=tuple(case for case in check.cases if case.name != _MISSING_CASE))


def entry(raw: Mapping[str, Any], kind: Kind, entry_id: str) -> Raw:
    """The check or question with this id; raises NotFound."""
    found = next((item for item in raw.get(kind, []) if item.get("id") == entry_id), None)
    if found is None:
        raise NotFound
    return dict(found)


def put_entry(raw: Mapping[str, Any], kind: Kind, item: Mapping[str, Any], replaced: str = "") -> Raw:
    """``raw`` with ``item`` in the place of the entry ``replaced``, or at the end when none is named."""
    items = list(raw.get(kind, []))
    place = next((index for index, old in enumerate(items) if old.get("id") == replaced), None)
    if place is None:
        items.append(dict(item))
    else:
        items[place] = dict(item)
    return {**raw, kind: items}


def drop_entry(raw: Mapping[str, Any], kind: Kind, entry_id: str) -> Raw:
    """``raw`` without an entry; raises NotFound when there is none of this id."""
    entry(raw, kind, entry_id)
    return {**raw, kind: [item for item in raw[kind] if item.get("id") != entry_id]}


def faults(raw: Mapping[str, Any], kind: Kind, item: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Everything that is wrong with one entry within the pack ``raw``; cases may still be missing.

    The loader tells the first fault it meets. Here the wrong value is repaired and the entry read
    again, as far as one fault does not hide the next.
    """
    long = [key for key, value in item.items() if _too_long(value)]
    if long:
        return tuple(Fault(key, N_("这里的写法不对")) for key in long)
    # A check is read alone; a question may hang on those before it.
    context = raw.get("questions", []) if kind == "questions" else []
    alone: Raw = {key: value for key, value in raw.items() if key not in {*KINDS, "base"}} | {kind: context}
    replaced = str(item.get("id", ""))
    tried = dict(item)
    found: list[Fault] = []
    for _ in range(len(_REPAIRS)):
        try:
            compile_pack(put_entry(alone, kind, tried, replaced), lenient=True)
        except PackError as error:
            fault = _fault(error, str(item.get("id", "")))
            found.append(fault)
            key = fault.key.partition(".")[0].partition("[")[0]
            if key not in _REPAIRS or tried.get(key) == _REPAIRS[key]:
                break
            tried[key] = _REPAIRS[key]
            if key == "expression":
                tried.pop("predicate", None)
        except (TypeError, ValueError, AttributeError):
            return (*found, Fault("", N_("这里的写法不对")))
        else:
            break
    return tuple(found)


def _too_long(value: Any) -> bool:
    """Whether a text, or one within a list or table, is longer than any that is meant."""
    if isinstance(value, str):
        return len(value) > _LONGEST
    if isinstance(value, Mapping):
        return any(map(_too_long, value.values()))
    return isinstance(value, list | tuple) and any(map(_too_long, value))


def _fault(error: PackError, entry_id: str) -> Fault:
    key = error.path.removeprefix(entry_id).removeprefix(".")
    return Fault(key or error.path, str(error.params.get("problem", error)))


def run_check_cases(pack: CheckPack, check: Check) -> tuple[CaseResult, ...]:
    """Run the cases of one check on the pack's base facts."""
    alone = replace(pack, checks=(check,))
    return tuple(_case_result(alone, case) for case in check.cases)


def _case_result(pack: CheckPack, case: Case) -> CaseResult:
    try:
        facts = patched(pack.base, case)
    except (PathError, TypeError) as error:
        return CaseResult(case.name, case.outcome, "undecidable", f"改不了 {error}")
    outcomes: Sequence[Outcome] = run(pack, facts)
    if case.at:
        outcomes = [outcome for outcome in outcomes if outcome.subject == case.at]
    heaviest = worst(outcomes)
    found, message = (heaviest.outcome, heaviest.message) if heaviest else ("not_applicable", "")
    if found != case.outcome:
        return CaseResult(case.name, case.outcome, found, message or found)
    missed = case.says not in message
    return CaseResult(
        case.name, case.outcome, found, f"应说到“{case.says}”，实为“{message}”" if missed else ""
    )


def lacks_cases(check: Check) -> bool:
    """Whether a check still has no passing or no failing case."""
    return not {"passed", "failed"} <= {case.outcome for case in check.cases}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What an author has done: entries added, changed and removed, in the order of the new pack."""
    found: list[Change] = []
    for kind in KINDS:
        old = {item["id"]: item for item in before.get(kind, [])}
        new = {item["id"]: item for item in after.get(kind, [])}
        for entry_id, item in new.items():
            if entry_id not in old:
                found.append(Change(kind, entry_id, *_titles(item), "added", _keys({}, item)))
            elif old[entry_id] != item:
                found.append(Change(kind, entry_id, *_titles(item), "changed", _keys(old[entry_id], item)))
        found += [
            Change(kind, entry_id, *_titles(item), "removed")
            for entry_id, item in old.items()
            if entry_id not in new
        ]
    return tuple(found)


def _titles(item: Mapping[str, Any]) -> tuple[str, str]:
    """What an entry is called in Chinese and English: a check by its title, a question by its text."""
    return (
        str(item.get("title") or item.get("text") or ""),
        str(item.get("title_en") or item.get("text_en") or ""),
    )


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[KeyChange, ...]:
    names: Iterable[str] = dict.fromkeys((*after, *before))
    return tuple(
        KeyChange(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def case_results(raw: Mapping[str, Any]) -> dict[str, tuple[CaseResult, ...]]:
    """How the cases of every check went; a check that has not changed is not run again."""
    context = toml_text({key: value for key, value in raw.items() if key not in KINDS})
    return {item["id"]: _results_of(toml_text(item), context) for item in raw.get("checks", [])}


@lru_cache(maxsize=512)
def _results_of(item: str, context: str) -> tuple[CaseResult, ...]:
    pack = compile_pack({**parse_pack(context), "checks": [parse_pack(item)]}, lenient=True)
    return run_check_cases(pack, pack.checks[0])
