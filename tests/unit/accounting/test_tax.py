"""Environmental tax: what is taxed at an outlet, how much, and what a reduction needs."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounting.tax import Discharge, Outlet, Tax, environmental_tax, equivalents_of
from portal.domain.errors import Invalid
from portal.reference.loader import Source, Value
from portal.reference.tax import load_tax
from tests.unit.accounting.worked import cases, exact, read

RULES = load_tax("environmental-tax")


def outlet(values: Any) -> Outlet:
    discharges = tuple(
        Discharge(
            entry["pollutant"],
            Decimal(entry["kilograms"]),
            exact(entry["concentration"]),
            exact(entry["limit"]),
            entry["complied"],
        )
        for entry in values["discharges"]
    )
    return Outlet(values["id"], values["medium"], discharges)


def stack(*discharges: Discharge) -> Tax:
    return environmental_tax([Outlet("A1", "air", discharges)], RULES, "浙江")


@pytest.mark.parametrize("path", cases("tax"), ids=lambda path: path.stem)
def test_a_tax_is_what_was_worked_out_by_hand(path: Path) -> None:
    given, expected = read(path)
    tax = environmental_tax([outlet(values) for values in given["outlets"]], RULES, given["area"])
    assert tax.total == Decimal(expected["total"])
    lines = {f"{line.outlet}.{line.pollutant.code}": line for line in tax.lines}
    for name, wanted in expected["lines"].items():
        for key, value in wanted.items():
            assert getattr(lines[name], key) == (Decimal(value) if isinstance(value, str) else value), (
                name,
                key,
            )


def test_a_tax_says_which_lines_stand_on_unverified_values() -> None:
    tax = stack(Discharge("SO2", Decimal(95)))
    assert tax.unverified == (("A1", "SO2"),)
    official = Value(Decimal("1.2"), "元/污染当量", Source("公报", "", "official"))
    sure = environmental_tax(
        [Outlet("A1", "air", (Discharge("SO2", Decimal(95)),))], RULES, "浙江", {"air": official}
    )
    assert sure.unverified == ()
    assert sure.total == tax.total == 120


@pytest.mark.parametrize(
    "wrong",
    [
        (Discharge("VOCs", Decimal(1)),),
        (Discharge("SO2", Decimal(-1)),),
        (Discharge("SO2", Decimal(1)), Discharge("SO2", Decimal(1))),
    ],
)
def test_what_has_no_item_is_negative_or_stands_twice_is_refused(wrong: tuple[Discharge, ...]) -> None:
    with pytest.raises(Invalid):
        stack(*wrong)


def test_an_area_without_a_rate_is_refused() -> None:
    with pytest.raises(Invalid):
        environmental_tax([Outlet("A1", "air", ())], RULES, "月球")


def test_without_a_measured_concentration_nothing_is_reduced() -> None:
    assert stack(Discharge("SO2", Decimal(95), None, Decimal(100), complied=True)).total == 120
    assert stack(Discharge("SO2", Decimal(95), Decimal(1), None, complied=True)).total == 120
    assert stack(Discharge("SO2", Decimal(95), Decimal(1), Decimal(100), complied=True)).total == 60


@given(st.lists(st.decimals(0, 5000, places=2), min_size=1, max_size=6), st.randoms())
def test_the_order_of_pollutants_leaves_the_tax_alone(amounts: list[Decimal], shuffling: Any) -> None:
    codes = ["SO2", "NOx", "CO", "smoke", "dust", "HCl"]
    discharges = [Discharge(code, amount) for code, amount in zip(codes, amounts, strict=False)]
    mixed = list(discharges)
    shuffling.shuffle(mixed)
    assert stack(*discharges).total == stack(*mixed).total
    assert sum(line.taxed for line in stack(*discharges).lines) == min(3, len(discharges))


def test_equivalents_are_kilograms_over_their_value() -> None:
    assert equivalents_of({"SO2": Decimal("1.9"), "CO": Decimal("16.7")}, "air", RULES) == {"SO2": 2, "CO": 1}
