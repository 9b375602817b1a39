"""The gaps of a month at this moment, for its pages: nothing is asked again that cannot have changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from checklists.engine import affected, run_about
from checklists.model import CheckPack, Outcome
from checklists.subjects import EDITED, Subjects
from portal.accounting.month import Figures
from portal.domain.sheet import Sheet
from portal.services.evaluations import facts_told
from portal.services.facts import facts_hash
from portal.services.packs_in_force import packs_for

#: How many months a process remembers; about 400 KB each.
MOST_KEPT = 64
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class _Seen:
    """What was asked about a month last, and what came of it."""

    digest: str
    packs: tuple[CheckPack, ...]
    facts: Facts
    subjects: Subjects
    gaps: tuple[Outcome, ...]


#: By enterprise, month and version. An entry is only ever used after its facts were compared, so that it
#: does not matter which database they came from.
_seen: dict[tuple[str, str, int], _Seen] = {}


def gaps_now(session: Session, sheet: Sheet, month: Figures) -> tuple[tuple[Outcome, ...], str]:
    """The gaps, in the order of the packs, and the hash of the facts.

    The same facts on the same day give the gaps of before. Where only values have changed, only the
    checks that read them are asked, about the rows that they touch. Anything else asks all.
    """
    facts = facts_told(session, sheet, month)
    digest = facts_hash(facts)
    packs = packs_for(session, sheet)
    key = (sheet.uscc, str(sheet.month), sheet.version_number)
    seen = _seen.pop(key, None)
    now = _answered(seen, digest, packs, facts)
    while len(_seen) >= MOST_KEPT:
        _seen.pop(next(iter(tuple(_seen))), None)  # a copy: another thread may be adding
    _seen[key] = now
    return now.gaps, digest


def _answered(seen: _Seen | None, digest: str, packs: tuple[CheckPack, ...], facts: Facts) -> _Seen:
    # Some checks look at the calendar, and the hash leaves the day out.
    if seen is not None and seen.packs == packs and seen.facts["record"]["today"] == facts["record"]["today"]:
        if seen.digest == digest:
            return seen
        cells = changed_cells(seen.facts, facts)
        if cells:
            subjects = seen.subjects.again(facts, cells)
            again = (_asked_again(pack, subjects, cells, seen.gaps) for pack in packs)
            return _Seen(digest, packs, facts, subjects, tuple(gap for gaps in again for gap in gaps))
    subjects = Subjects(facts)
    outcomes = (outcome for pack in packs for outcome in run_about(pack, subjects))
    return _Seen(digest, packs, facts, subjects, tuple(outcome for outcome in outcomes if outcome.is_gap))


def changed_cells(before: Facts, after: Facts) -> frozenset[str]:
    """The cells whose values differ, when nothing else does but the totals that follow; else none."""
    if any(before[name] != after[name] for name in after if name not in {"rows", "totals"}):
        return frozenset()
    if len(before["rows"]) != len(after["rows"]):
        return frozenset()
    cells = set()
    for old, new in zip(before["rows"], after["rows"], strict=True):
        if old != new:
            if any(old[name] != new[name] for name in new if name not in EDITED):
                return frozenset()
            cells.add(new["cell"])
    return frozenset(cells)


def _asked_again(
    pack: CheckPack, subjects: Subjects, cells: Collection[str], gaps: Collection[Outcome]
) -> list[Outcome]:
    """The gaps of before without those that were asked about again, and the new ones, in their order."""
    only = affected(pack, cells)
    checks = {check.id: (number, check) for number, check in enumerate(pack.checks)}
    asked = {
        (check.id, subject.code)
        for check in pack.checks
        if check.id in only
        for subject in subjects.touched(check, cells)
    }
    found = [gap for gap in gaps if gap.check_id in checks and (gap.check_id, gap.subject) not in asked]
    found += [outcome for outcome in run_about(pack, subjects, only, cells) if outcome.is_gap]
    places = {
        name: {subject.code: place for place, subject in enumerate(subjects.of(checks[name][1]))}
        for name in {gap.check_id for gap in found}
    }
    return sorted(found, key=lambda gap: (checks[gap.check_id][0], places[gap.check_id][gap.subject]))
