"""Running a pack over the facts of a month."""

import copy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.engine import affected, count_by_result, run, worst
from checklists.expression import Scope, compile_expression
from checklists.loader import load_pack
from checklists.model import CheckPack, Outcome
from portal.domain.workflow import Section
from tests.unit.checklists.facts import any_facts


@pytest.fixture(scope="module")
def pack() -> CheckPack:
    return load_pack("carbon-data-quality")


@pytest.fixture
def month(pack: CheckPack) -> dict[str, Any]:
    return copy.deepcopy(dict(pack.base))


def row(month: dict[str, Any], cell: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in month["rows"] if row["cell"] == cell)
    return found


def one(outcomes: tuple[Outcome, ...], check_id: str, subject: str = "") -> Outcome:
    (found,) = [o for o in outcomes if o.check_id == check_id and (not subject or o.subject == subject)]
    return found


def test_a_clean_month_has_no_gap(pack: CheckPack, month: dict[str, Any]) -> None:
    outcomes = run(pack, month)
    assert [o.check_id for o in outcomes if o.outcome in ("failed", "undecidable")] == []
    assert {o.check_id for o in outcomes} == {check.id for check in pack.checks}


def test_a_gap_says_what_where_and_how_to_mend_it_in_two_languages(
    pack: CheckPack, month: dict[str, Any]
) -> None:
    row(month, "S-05.purchased")["meter"]["calibrations"][0]["valid_until"] = date(2026, 10, 24)
    gap = one(run(pack, month), "CK-MT-001", "S-05.purchased")
    assert (gap.outcome, gap.severity, gap.cell, gap.section) == (
        "failed",
        "blocking",
        "S-05.purchased",
        "energy",
    )
    assert gap.message == "天然气流量计 LL-07 的检定或校准未覆盖 2026-10-25 至 2026-10-31"
    assert gap.message_en == "天然气流量计 LL-07: no valid calibration from 2026-10-25 to 2026-10-31"
    assert (gap.expected, gap.actual) == ("覆盖 2026-10-01 至 2026-10-31", "2026-10-25 至 2026-10-31 没有")
    assert gap.clause == "6.2.1.4"
    assert "CETS-AG-03.01-V01-2024" in gap.source
    assert gap.mend
    assert gap.mend_en
    assert gap.is_gap


def test_figures_are_shown_with_thousands_commas_and_a_true_minus(
    pack: CheckPack, month: dict[str, Any]
) -> None:
    row(month, "S-02.consumed")["value"] = Decimal("120000.00")
    gap = one(run(pack, month), "CK-AD-001", "S-02")
    assert "120,188.43 t" in gap.message
    assert "\N{MINUS SIGN}188.43" in gap.message
    assert gap.values["difference"] == Decimal("-188.43")
    assert gap.cell == "S-02.consumed"


def test_blank_is_not_zero(pack: CheckPack, month: dict[str, Any]) -> None:
    row(month, "S-02.closing_stock")["value"] = None
    outcomes = run(pack, month)
    assert one(outcomes, "CK-AD-003", "S-02.closing_stock").outcome == "failed"
    account = one(outcomes, "CK-AD-001", "S-02")
    assert account.outcome == "undecidable"
    assert account.missing == ("row.value#closing_stock",)
    assert account.message == "不能判断：缺少期末库存的本月数值"
    assert account.message_en.endswith("closing stock – value of the month is missing")
    assert account.is_gap  # a blocking check that cannot be decided is not passed


def test_zero_is_a_value(pack: CheckPack, month: dict[str, Any]) -> None:
    row(month, "S-02.sold")["value"] = 0
    assert one(run(pack, month), "CK-AD-003", "S-02.sold").outcome == "passed"


def test_a_divisor_of_zero_is_told_as_what_it_is_and_not_as_a_blank(
    pack: CheckPack, month: dict[str, Any]
) -> None:
    row(month, "S-02.consumed")["previous"] = Decimal(0)
    outcome = one(run(pack, month), "CK-AD-007", "S-02.consumed")
    assert (outcome.outcome, outcome.missing) == ("undecidable", ("/row.previous",))
    assert outcome.message == "不能判断：除数为零（上月数值）"
    assert outcome.message_en == "Cannot be decided: the divisor is zero (value of the month before)"
    assert (outcome.actual, outcome.actual_en) == (
        "除数为零（上月数值）",
        "the divisor is zero (value of the month before)",
    )


def test_a_blank_beside_a_divisor_of_zero_is_told_too(pack: CheckPack, month: dict[str, Any]) -> None:
    row(month, "S-02.consumed")["last_year"] = None
    asked = compile_expression("row.last_year / (row.value - row.value) > 1", Scope.of("row"))
    alone = replace(pack, checks=(replace(pack.check("CK-AD-007"), expression=asked),))
    outcome = one(run(alone, month), "CK-AD-007", "S-02.consumed")
    assert outcome.missing == ("row.last_year", "/row.value")
    assert outcome.message == "不能判断：缺少上年同月数值；除数为零（本月数值）"
    assert outcome.message_en == (
        "Cannot be decided: value of the same month last year is missing;"
        " the divisor is zero (value of the month)"
    )


def test_an_undecidable_hint_opens_no_gap(pack: CheckPack, month: dict[str, Any]) -> None:
    row(month, "S-02.consumed")["previous"] = None
    outcome = one(run(pack, month), "CK-AD-007", "S-02.consumed")
    assert (outcome.outcome, outcome.is_gap) == ("undecidable", False)


def test_a_june_document_cannot_fill_a_may_slot(pack: CheckPack, month: dict[str, Any]) -> None:
    month["record"] |= {"month": "2026-05", "first": date(2026, 5, 1), "last": date(2026, 5, 31)}
    slot = month["slots"][0]
    for document in slot["evidence"]:
        document |= {"period_from": date(2026, 6, 1), "period_to": date(2026, 6, 30)}
    gap = one(run(pack, month), "CK-SB-002", slot["code"])
    assert (gap.outcome, gap.severity, gap.slot) == ("failed", "blocking", slot["code"])


def test_late_filing_is_marked_and_blocks_nothing(pack: CheckPack, month: dict[str, Any]) -> None:
    month["record"]["today"] = date(2027, 1, 5)
    late = one(run(pack, month), "CK-SB-003")
    assert (late.outcome, late.severity) == ("failed", "note")


def test_a_check_that_means_nothing_in_the_month_says_so_once(pack: CheckPack, month: dict[str, Any]) -> None:
    outcome = one(run(pack, month), "CK-SB-004")
    assert outcome.outcome == "not_applicable"
    assert outcome.message == "不适用，因为不是这样：生产状况有变化"
    assert outcome.message_en


def test_output_is_mended_at_the_output_cell(pack: CheckPack, month: dict[str, Any]) -> None:
    row(month, "O-01.amount")["value"] = None
    gap = one(run(pack, month), "CK-PR-001")
    assert (gap.outcome, gap.cell, gap.section) == ("failed", "O-01.amount", "output")


def test_a_gap_of_the_plan_is_mended_on_the_plan(pack: CheckPack, month: dict[str, Any]) -> None:
    month["plan"]["state"] = "draft"
    gap = one(run(pack, month), "CK-QP-001")
    assert (gap.page, gap.section, gap.cell) == ("plan", "", "")


@given(any_facts)
@settings(max_examples=40, deadline=None)
def test_a_section_is_one_of_the_month_or_what_the_facts_say(facts: dict[str, Any]) -> None:
    rows = facts.get("rows")
    slots = facts.get("slots")
    told = [*(rows if isinstance(rows, list) else []), *(slots if isinstance(slots, list) else [])]
    known = ["", *Section, *(one.get("section") for one in told if isinstance(one, dict))]
    assert all(outcome.section in known for outcome in run(load_pack("carbon-data-quality"), facts))


def test_a_saved_value_reruns_only_the_checks_that_read_it(pack: CheckPack, month: dict[str, Any]) -> None:
    ids = affected(pack, ["S-02.consumed"])
    assert {"CK-AD-001", "CK-AD-003", "CK-AD-004", "CK-AD-007", "CK-YY-001"} <= ids
    assert ids.isdisjoint({"CK-QP-001", "CK-QP-004", "CK-SB-001", "CK-SB-002", "CK-EF-002", "CK-AD-002"})
    assert "CK-SB-001" in affected(pack, ["10.2.1b:S-02"])
    assert affected(pack, []) == frozenset()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("S-02.consumed", Decimal(1)),
        ("S-02.consumed", None),
        ("S-02.opening_stock", Decimal(1)),
        ("S-05.purchased", Decimal(-1)),
        ("S-05.net_calorific_value", Decimal("38.9")),
        ("O-01.amount", None),
    ],
)
def test_the_limited_run_says_what_the_full_run_says(
    pack: CheckPack, month: dict[str, Any], cell: str, value: Decimal | None
) -> None:
    before = run(pack, month)
    row(month, cell)["value"] = value
    after = run(pack, month)
    ids = affected(pack, [cell])
    limited = run(pack, month, only=ids, cells=[cell])
    known = {(o.check_id, o.subject): o for o in after}
    assert limited
    assert all(known[o.check_id, o.subject] == o for o in limited)
    told = {(o.check_id, o.subject) for o in limited}
    was = {(o.check_id, o.subject): o.outcome for o in before}
    changed = {key for key, o in known.items() if was.get(key) != o.outcome and o.outcome != "not_applicable"}
    assert changed <= told


def test_the_facts_stay_as_they_were(pack: CheckPack, month: dict[str, Any]) -> None:
    before = copy.deepcopy(month)
    run(pack, month)
    assert month == before


def test_the_worst_outcome_is_the_failure(pack: CheckPack, month: dict[str, Any]) -> None:
    row(month, "S-02.sold")["value"] = Decimal(-1)
    outcomes = run(pack, month)
    heaviest = worst(outcomes)
    assert heaviest is not None
    assert heaviest.outcome == "failed"
    assert sum(count_by_result(outcomes).values()) == len(outcomes)
    assert worst(()) is None


@given(any_facts)
@settings(max_examples=150, deadline=None)
def test_no_facts_make_the_engine_raise(facts: dict[str, Any]) -> None:
    pack = load_pack("carbon-data-quality")
    outcomes = run(pack, facts)
    assert {o.check_id for o in outcomes} == {check.id for check in pack.checks}
    for outcome in outcomes:
        assert bool(outcome.missing) == (outcome.outcome == "undecidable")
        assert (outcome.outcome == "passed") == (not outcome.message)


@pytest.mark.parametrize("facts", [{}, {"rows": [None, 1, {}, []]}, {"plan": 3, "slots": {}}, None, 7, []])
def test_senseless_facts_are_answered_too(pack: CheckPack, facts: Any) -> None:
    assert run(pack, facts)


@given(any_facts)
@settings(max_examples=40, deadline=None)
def test_a_check_alone_answers_as_it_does_among_the_others(facts: dict[str, Any]) -> None:
    pack = load_pack("carbon-data-quality")
    together = run(pack, facts)
    for check in pack.checks[::7]:
        assert run(pack, facts, only=[check.id]) == tuple(o for o in together if o.check_id == check.id)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every leaf of the facts."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _paths(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in _paths(inner, (*path, index))]
    return [path]


_PACK = load_pack("carbon-data-quality")
_LEAVES = _paths(_PACK.base)


def _put(facts: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    holder: Any = facts
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value


def _other(value: Any, turn: int) -> Any:
    """The value itself, or another one of its kind."""
    if isinstance(value, bool):
        return value if turn else not value
    if isinstance(value, Decimal | int):
        return [value, value * 3, Decimal(-1), Decimal(0)][turn]
    if isinstance(value, date):
        return value + timedelta(days=[0, 45, -500, 500][turn])
    return value if isinstance(value, list) else [value, "default", "over_class", "other"][turn]


@given(st.dictionaries(st.sampled_from(_LEAVES), st.integers(0, 3), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_a_pass_never_leans_on_a_blank(blanked: dict[tuple[Any, ...], int]) -> None:
    """What passed while data were missing does not fail once they are known, whatever they are."""
    full = copy.deepcopy(dict(_PACK.base))
    blank = copy.deepcopy(full)
    for path, turn in blanked.items():
        value: Any = full
        for step in path:
            value = value[step]
        _put(full, path, _other(value, turn))
        _put(blank, path, None)
    passed = {(o.check_id, o.subject) for o in run(_PACK, blank) if o.outcome == "passed"}
    failed = {(o.check_id, o.subject) for o in run(_PACK, full) if o.outcome == "failed"}
    assert passed & failed == set()
