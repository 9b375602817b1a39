"""Each pattern catches its seeded case and leaves the clean neighbour alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from checklists.pattern_model import Doubt, FileUse, LabResult, Material, Reading, Series
from checklists.pattern_values import distance, uneven
from checklists.patterns import PATTERNS, find_doubts
from portal.domain.periods import Month

NOW = Month(2026, 9)
MONTH = str(NOW)


def series(
    values: Sequence[str], *, parameter: str = "moisture", enterprise: int = 1, **changes: object
) -> Series:
    """A series that ends this month, one value a month, all measured."""
    first = NOW.plus(1 - len(values))
    readings = tuple(
        Reading(str(first.plus(number)), Decimal(value), "measured") for number, value in enumerate(values)
    )
    made = Series(
        enterprise_id=enterprise,
        industry="3120",
        item="烟煤",
        name="S-02 烟煤 · 水分",
        cell=f"S-02.{parameter}",
        parameter=parameter,
        unit="%",
        digits=2,
        readings=readings,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as named


def report(**changes: object) -> LabResult:
    """A report in order: drawn, received, tested and reported in this month, by a valid laboratory."""
    made = LabResult(
        enterprise_id=1,
        number="JC-2026-0912",
        batch="B-09",
        laboratory="示例检测有限公司",
        accreditation="CMA 示例",
        accredited_until=date(2027, 12, 31),
        in_scope=True,
        sampled_on=date(2026, 9, 10),
        received_on=date(2026, 9, 11),
        tested_on=date(2026, 9, 14),
        reported_on=date(2026, 9, 16),
        month_from=MONTH,
        month_to=MONTH,
        cell="S-02.net_calorific_value",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # as named


def use(**changes: object) -> FileUse:
    """A file that proves this month."""
    made = FileUse(1, "a" * 64, "化验单.pdf", MONTH, "S-02.moisture.report", NOW.first, NOW.last)
    return replace(made, **changes)  # type: ignore[arg-type]  # as named


def of_reports(*reports: LabResult) -> Material:
    return Material(MONTH, reports=reports)


def of_series(*entries: Series) -> Material:
    return Material(MONTH, series=entries)


def peers(own: str) -> Material:
    others = [series([value], enterprise=number) for number, value in enumerate(OTHERS, 2)]
    return of_series(series([own]), *others)


OTHERS = ("8.1", "8.4", "8.6", "8.9", "9.2", "9.5")
MOVING = ("8.31", "8.52", "8.44", "8.61", "8.27", "8.48", "8.39", "8.55", "8.42", "8.66", "8.35", "8.50")
AMOUNTS = (
    "118406.25",
    "120188.43",
    "117250.11",
    "119873.68",
    "121004.92",
    "118930.37",
    "120455.06",
    "119002.74",
)
ROUND = ("118400", "120200", "117300", "119900", "121000", "118900", "120500", "119000")
#: Twelve months of a heating plant, twice: high in winter, low in summer.
WINTER = ("900", "870", "610", "320", "150", "90", "80", "85", "160", "380", "640", "880")
JULY_ENDS = tuple(
    str(Decimal(value) + number) for number, value in enumerate((*WINTER, *WINTER, *WINTER[:9]))
)
NEXT_MONTH, LAST_MONTH = str(NOW.next()), str(NOW.previous())

Maker = Callable[[], Material]
CASES: dict[str, tuple[Maker, Maker]] = {
    "date_order": (
        lambda: of_reports(report(received_on=date(2026, 9, 9))),
        lambda: of_reports(report(received_on=date(2026, 9, 10), tested_on=None)),
    ),
    "same_report": (
        lambda: of_reports(report(), report(enterprise_id=2)),
        lambda: of_reports(
            report(), report(cell="S-02.moisture"), report(enterprise_id=2, laboratory="另一检测公司")
        ),
    ),
    "same_file": (
        lambda: Material(MONTH, files=(use(), use(enterprise_id=2))),
        lambda: Material(
            MONTH,
            files=tuple(
                use(month=month, period_from=date(2026, 1, 1), period_to=date(2026, 12, 31))
                for month in (LAST_MONTH, MONTH)
            ),
        ),
    ),
    "same_picture": (
        lambda: Material(MONTH, pictures=(use(page=1), use(page=1, month=LAST_MONTH))),
        lambda: Material(MONTH, pictures=(use(page=1), use(page=2))),
    ),
    "one_batch": (
        lambda: of_reports(report(month_from="2026-07")),
        lambda: of_reports(report(), report(month_from=LAST_MONTH, month_to=LAST_MONTH, batch="B-08")),
    ),
    "laboratory": (
        lambda: of_reports(report(accredited_until=date(2026, 9, 13))),
        lambda: of_reports(report(accredited_until=None, in_scope=None)),
    ),
    "repeated": (
        lambda: of_series(series((*MOVING, "8.50", "8.50"))),
        lambda: of_series(series((*MOVING, "8.50"))),
    ),
    "still": (
        lambda: of_series(series((*AMOUNTS, *["119002.74"] * 3), parameter="purchased")),
        lambda: of_series(series((*AMOUNTS, *["119002.74"] * 2), parameter="purchased")),
    ),
    "rounded": (
        lambda: of_series(series(ROUND, parameter="purchased")),
        lambda: of_series(series((*AMOUNTS[:3], *ROUND[3:]), parameter="purchased")),
    ),
    "last_digits": (
        lambda: of_series(series([f"{number}.{number % 10}5" for number in range(20, 90)])),
        lambda: of_series(series([f"{number}.{number * 37 % 100:02d}" for number in range(20, 90)])),
    ),
    "to_default": (
        lambda: of_series(defaulted(series(MOVING), 1)),
        lambda: of_series(defaulted(series(MOVING), 2)),
    ),
    "own_step": (
        lambda: of_series(series((*MOVING, "14.90"))),
        lambda: of_series(series(JULY_ENDS, parameter="purchased")),
    ),
    "sector_step": (lambda: peers("21.0"), lambda: peers("9.9")),
}


def defaulted(entry: Series, last: int) -> Series:
    """The series with its last months taken from the default value."""
    kept = entry.readings[:-last]
    return replace(
        entry, readings=kept + tuple(replace(one, acquisition="default") for one in entry.readings[-last:])
    )


def fired(material: Material) -> set[str]:
    return {doubt.pattern for doubt in find_doubts(material)}


def test_every_pattern_has_its_case() -> None:
    assert list(CASES) == [pattern.id for pattern in PATTERNS]


@pytest.mark.parametrize("pattern", CASES)
def test_a_pattern_catches_its_case_and_says_why(pattern: str) -> None:
    doubts = [doubt for doubt in find_doubts(CASES[pattern][0]()) if doubt.pattern == pattern]
    assert doubts
    for doubt in doubts:
        said = doubt.message % doubt.params
        assert "%(" not in said
        assert doubt.month == MONTH
        assert doubt.picture["kind"] in {"dates", "pair", "months", "series", "digits", "band"}


@pytest.mark.parametrize("pattern", CASES)
def test_a_pattern_leaves_the_clean_neighbour_alone(pattern: str) -> None:
    assert pattern not in fired(CASES[pattern][1]())


def test_a_doubt_holds_the_numbers_of_other_enterprises_and_never_a_name() -> None:
    doubts = find_doubts(CASES["same_file"][0]())
    assert {(doubt.enterprise_id, doubt.others) for doubt in doubts} == {(1, (2,)), (2, (1,))}
    assert all("2" not in (doubt.message % doubt.params).replace("2026", "") for doubt in doubts[:1])


def test_nothing_is_said_about_a_month_without_data() -> None:
    later = NEXT_MONTH
    for caught, _ in CASES.values():
        assert find_doubts(replace(caught(), month=later)) == ()


def test_a_batch_report_is_not_taken_for_a_report_used_twice() -> None:
    assert fired(CASES["one_batch"][0]()) == {"one_batch"}


def test_a_season_is_no_step_and_a_break_of_it_is() -> None:
    season = series(JULY_ENDS, parameter="purchased")
    assert "own_step" not in fired(of_series(season))
    broken = season.readings[-1]
    winter = replace(season, readings=(*season.readings[:-1], replace(broken, value=Decimal(900))))
    assert "own_step" in fired(of_series(winter))


def test_the_same_doubt_is_told_once() -> None:
    twice = of_reports(report(received_on=date(2026, 9, 9)), report(received_on=date(2026, 9, 8)))
    assert [doubt.pattern for doubt in find_doubts(twice)].count("date_order") == 1


def test_the_robust_distance_and_the_unevenness_are_those_of_the_books() -> None:
    assert distance(Decimal(10), [Decimal(number) for number in (1, 2, 3, 4, 5)]) == Decimal("4.7215")
    assert distance(Decimal(5), [Decimal(5)] * 4) == 0
    assert distance(Decimal(6), [Decimal(5)] * 4) is None
    assert uneven([10] * 10) == 0
    assert uneven([100, *[0] * 9]) == 900


def test_what_a_doubt_is_about_fits_its_column() -> None:
    long = report(number="N" * 400, received_on=date(2026, 9, 9))
    doubt: Doubt = find_doubts(of_reports(long))[0]
    assert len(doubt.subject) <= 160
