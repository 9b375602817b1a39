"""Predicates: days without cover, stock accounts, files used twice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.predicates import PREDICATES, Verdict
from checklists.values import Unknown, environment

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def covered(calibrations: list[dict[str, Any]] | None) -> Verdict:
    meter = {"code": "LL-02", "calibrations": calibrations}
    facts = {"record": {"first": FIRST, "last": LAST}, "rows": [{"meter": meter}]}
    env = environment(facts)
    rows = env["rows"]
    assert isinstance(rows, list)
    return PREDICATES["calibration_covers_month"].call({**env, "row": rows[0]})


_DAYS = st.dates(date(2026, 9, 20), date(2026, 11, 10))
_CALIBRATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "calibrated_on": _DAYS | st.none(),
            "valid_until": _DAYS | st.none(),
            "result": st.sampled_from(["pass", "over_class", "fail", None]),
        }
    ),
    max_size=5,
)


def _day_by_day(calibrations: list[dict[str, Any]]) -> bool:
    """The plain way: is each day within a calibration that did not fail."""
    days = [FIRST + timedelta(days=count) for count in range((LAST - FIRST).days + 1)]
    held = [c for c in calibrations if c["result"] != "fail"]
    return all(any(c["calibrated_on"] <= day <= c["valid_until"] for c in held) for day in days)


def _filled(calibrations: list[dict[str, Any]], **blanks: Any) -> list[dict[str, Any]]:
    return [{key: blanks[key] if value is None else value for key, value in c.items()} for c in calibrations]


@given(_CALIBRATIONS)
def test_cover_agrees_with_counting_the_days_whatever_the_blanks_are(
    calibrations: list[dict[str, Any]],
) -> None:
    holds = covered(calibrations).holds
    best = _day_by_day(_filled(calibrations, calibrated_on=date.min, valid_until=date.max, result="pass"))
    worst = _day_by_day(_filled(calibrations, calibrated_on=date.max, valid_until=date.min, result="fail"))
    if holds is True:
        assert worst
    elif holds is False:
        assert not best
    else:
        assert isinstance(holds, Unknown)
        assert holds.paths


def test_a_certificate_without_end_covers_the_month() -> None:
    assert covered([{"calibrated_on": date.min, "valid_until": date.max, "result": "pass"}]).holds is True


def test_calibrations_that_nobody_listed_are_unknown() -> None:
    holds = covered(None).holds
    assert isinstance(holds, Unknown)
    assert holds.paths == ("row.meter.calibrations",)


def account(**values: Decimal | None) -> Verdict:
    rows = [{"parameter": name, "value": value, "digits": 2, "unit": "t"} for name, value in values.items()]
    read = environment({"rows": rows})["rows"]
    return PREDICATES["stock_account_closes"].call({"stream": {"rows": read}})


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        (
            {"opening_stock": "10", "purchased": "5", "sold": "1", "closing_stock": "4", "consumed": "10"},
            True,
        ),
        (
            {
                "opening_stock": "10",
                "purchased": "5",
                "produced": "2",
                "closing_stock": "4",
                "consumed": "13",
            },
            True,
        ),
        ({"opening_stock": "10", "purchased": "5", "closing_stock": "4", "consumed": "11.004"}, True),
        ({"opening_stock": "10", "purchased": "5", "closing_stock": "4", "consumed": "11.005"}, False),
        ({"purchased": "5", "sold": "5", "consumed": "0"}, True),
    ],
)
def test_a_stock_account_is_closed_at_the_digits_laid_down(values: dict[str, str], holds: bool) -> None:
    assert account(**{name: Decimal(value) for name, value in values.items()}).holds is holds


def test_a_blank_stock_leaves_the_account_open_and_is_named() -> None:
    holds = account(opening_stock=None, purchased=Decimal(5), consumed=Decimal(5)).holds
    assert isinstance(holds, Unknown)
    assert holds.paths == ("row.value#opening_stock",)
    nothing = account(purchased=Decimal(5)).holds
    assert isinstance(nothing, Unknown)


def test_the_same_file_twice_in_one_slot_is_no_matter_here() -> None:
    slots = [{"code": "a", "title": "台账", "evidence": [{"sha256": "1"}, {"sha256": "1"}]}]
    env = environment({"slots": slots})
    assert PREDICATES["files_stand_once"].call(env).holds is True
