"""What an enterprise may prepare today, and how figures are compared: no database."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.domain.periods import Month
from portal.queries.dossier_lines import FigureDifference
from portal.queries.dossiers import missing_months, subjects_of
from portal.reference.dossiers import DossierKind, load_kind

NOVEMBER = Month(2026, 11)
YEAR = frozenset(f"2025-{number:02d}" for number in range(1, 13))


def kind(subject: str, *, months: str = "all", due: tuple[int, int] | None = None) -> DossierKind:
    return replace(load_kind("quality_report"), subject=subject, months=months, due=due)


@pytest.mark.parametrize(
    ("subject", "accepted", "expected"),
    [
        ("year", YEAR, ("2025",)),
        ("year", frozenset(), ("2026",)),
        ("quarter", frozenset(), ("2026-Q3",)),
        ("month", frozenset({"2026-08", "2026-09"}), ("2026-09",)),
        ("month", frozenset(), ("2026-10",)),
        ("period", frozenset(), ("2025-11/2026-10",)),
        ("event", frozenset(), ("",)),
        ("product", frozenset(), ("",)),
    ],
)
def test_the_span_that_makes_sense_is_proposed(
    subject: str, accepted: frozenset[str], expected: tuple[str, ...]
) -> None:
    assert subjects_of(kind(subject), accepted, "2026-01", NOVEMBER) == expected


def test_the_quarter_before_january_is_last_years_last() -> None:
    assert subjects_of(kind("quarter"), frozenset(), "", Month(2027, 1)) == ("2026-Q4",)
    assert subjects_of(kind("quarter"), frozenset(), "", Month(2027, 4)) == ("2027-Q1",)


def test_a_kind_with_a_date_is_due_for_last_year_only_to_who_had_to_file_in_it() -> None:
    dated = kind("year", due=(3, 15))
    assert subjects_of(dated, frozenset(), "2025-06", NOVEMBER) == ("2025", "2026")
    assert subjects_of(dated, YEAR, "2026-01", NOVEMBER) == ("2025", "2026")
    assert subjects_of(dated, frozenset(), "2026-01", NOVEMBER) == ("2026",)


def test_missing_months_are_named_where_the_kind_needs_them() -> None:
    held = YEAR - {"2025-03"}
    assert missing_months(kind("year"), "2025", held) == (Month(2025, 3),)
    assert missing_months(kind("year", months="some"), "2025", held) == ()
    assert len(missing_months(kind("year", months="some"), "2025", frozenset())) == 12
    assert missing_months(kind("year", months="none"), "2025", frozenset()) == ()
    assert missing_months(kind("event"), "", frozenset()) == ()


def test_a_difference_is_told_in_value_and_in_per_cent_of_the_old_figure() -> None:
    def figure(old: str | None, new: str | None) -> FigureDifference:
        old_value, new_value = (None if text is None else Decimal(text) for text in (old, new))
        return FigureDifference("total", "总量", "Total", "tCO2", old_value, new_value)

    assert (figure("200", "210").difference, figure("200", "210").percent) == (Decimal(10), Decimal("5.00"))
    assert figure("-200", "-210").percent == Decimal("-5.00")
    assert figure("0", "10").percent is None
    assert figure(None, "10").difference is None
    assert figure("3", "3").percent == Decimal("0.00")
