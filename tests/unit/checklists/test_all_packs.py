"""What holds of every pack whatever the facts are, alone and in bulk."""

import copy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.engine import affected, run, run_many
from checklists.loader import load_pack, pack_ids
from checklists.model import CheckPack
from tests.unit.checklists.facts import any_facts

PACKS = [pack for pack in map(load_pack, pack_ids()) if pack.checks]
Path = tuple[Any, ...]


@given(any_facts)
@settings(max_examples=60, deadline=None)
def test_no_pack_raises_on_any_facts_and_none_passes_over_a_missing_datum(facts: dict[str, Any]) -> None:
    for outcome in next(run_many(PACKS, [facts])):
        assert bool(outcome.missing) == (outcome.outcome == "undecidable")
        assert (outcome.outcome == "passed") == (not outcome.message)


@given(st.lists(any_facts, min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_a_month_answers_in_bulk_as_it_does_alone(months: list[dict[str, Any]]) -> None:
    alone = [tuple(outcome for pack in PACKS for outcome in run(pack, facts)) for facts in months]
    assert list(run_many(PACKS, months)) == alone


@pytest.mark.parametrize("facts", [{}, {"enterprise": {"permits": [None, 3]}}, {"year": []}, None, 7])
def test_senseless_facts_are_answered_by_every_pack(facts: Any) -> None:
    for pack in PACKS:
        assert {outcome.check_id for outcome in run(pack, facts)} == {check.id for check in pack.checks}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_nothing_fails_or_is_open_on_the_facts_that_cases_start_from(pack: CheckPack) -> None:
    bad = [
        outcome.check_id for outcome in run(pack, pack.base) if outcome.outcome in {"failed", "undecidable"}
    ]
    assert bad == []


@pytest.mark.parametrize("pack", [p for p in PACKS if p.base.get("rows")], ids=lambda pack: pack.id)
def test_the_answer_to_one_saved_value_is_that_of_a_whole_run(pack: CheckPack) -> None:
    for place, cell in enumerate(row["cell"] for row in pack.base["rows"]):
        for value in (None, Decimal(0), Decimal(10**6)):
            facts = copy.deepcopy(dict(pack.base))
            facts["rows"][place]["value"] = value
            before = {(o.check_id, o.subject): o for o in run(pack, pack.base)}
            after = {(o.check_id, o.subject): o for o in run(pack, facts) if o.outcome != "not_applicable"}
            limited = run(pack, facts, only=affected(pack, [cell]), cells=[cell])
            told = {(o.check_id, o.subject): o for o in limited}
            assert told.items() <= after.items()
            changed = {
                key for key, o in after.items() if key not in before or before[key].outcome != o.outcome
            }
            assert changed <= set(told), (cell, value)


def _leaves(value: Any, path: Path = ()) -> list[Path]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in _leaves(inner, (*path, index))]
    return [path]


def _holder(facts: Any, path: Path) -> Any:
    for step in path[:-1]:
        facts = facts[step]
    return facts


def _other(value: Any, turn: int) -> Any:
    """The value itself, or another one of its kind."""
    if isinstance(value, bool):
        return value if turn else not value
    if isinstance(value, Decimal | int):
        return [value, value * 3, Decimal(-1), Decimal(0)][turn]
    if isinstance(value, date):
        return value + timedelta(days=[0, 45, -500, 500][turn])
    return [value, "default", "registered", "other"][turn]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_pass_while_data_are_missing_never_turns_out_wrong(pack: CheckPack, data: st.DataObject) -> None:
    """What passed over blanks does not fail once the blanks are known, whatever they are."""
    leaves = st.sampled_from(_leaves(pack.base))
    full, blank = copy.deepcopy(dict(pack.base)), copy.deepcopy(dict(pack.base))
    for path, turn in data.draw(st.dictionaries(leaves, st.integers(0, 3), min_size=1, max_size=4)).items():
        holder = _holder(full, path)
        holder[path[-1]] = _other(holder[path[-1]], turn)
        _holder(blank, path)[path[-1]] = None
    passed = {(o.check_id, o.subject) for o in run(pack, blank) if o.outcome == "passed"}
    failed = {(o.check_id, o.subject) for o in run(pack, full) if o.outcome == "failed"}
    assert passed & failed == set()
