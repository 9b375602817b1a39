"""Sharing a process between products, and processes made of filed months."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.allocation import FiledMonth, filed_process
from portal.accounting.footprint import footprint
from portal.domain.errors import InputError
from portal.domain.quantities import rounded
from tests.unit.accounting.months import flow, process, system

MONTHS = (
    FiledMonth("2026-01", "v1", {"CO2": Decimal(60)}, {"power": (Decimal(100), "MWh")}, Decimal(40)),
    FiledMonth("2026-02", "v2", {"CO2": Decimal(40)}, {"power": (Decimal(50), "MWh")}, Decimal(60)),
)
BASIS = {"method": "mass", "basis": [flow("cloth", "100", "t"), flow("yarn", "300", "t")]}
AMOUNTS = st.decimals("0.01", 1000, places=2)


def test_filed_months_become_one_process_and_keep_their_months() -> None:
    mill = filed_process("mill", "manufacturing", "cloth", "t", MONTHS, BASIS)
    grid = process(
        "power", output=flow("power", "1", "kWh"), emissions=[], factor={"kgco2e": "0.5", "per": "kWh"}
    )
    result = footprint(system(mill, grid, functional_unit=flow("cloth", "1", "t")))
    # cloth bears 100 / 400 = 0.25 of 100 t CO2 and 150 MWh, for 100 t:
    # 0.25 × 100 000 kg / 100 t = 250; 0.25 × 150 000 kWh × 0.5 / 100 t = 187.5
    assert result.by_process["mill"] == 250
    assert result.by_process["power"] == Decimal("187.5")
    assert result.sources["mill"] == ("2026-01 v1", "2026-02 v2")
    assert result.primary_share is not None
    assert rounded(result.primary_share, 6) == Decimal("0.571429")


def test_a_month_given_twice_or_no_month_is_refused() -> None:
    with pytest.raises(InputError) as none:
        filed_process("mill", "", "cloth", "t", [])
    with pytest.raises(InputError) as twice:
        filed_process("mill", "", "cloth", "t", [MONTHS[0], MONTHS[0]])
    assert (none.value.code, twice.value.code) == ("empty_list", "duplicate_id")


@given(AMOUNTS, AMOUNTS, AMOUNTS)
@settings(max_examples=60, deadline=None)
def test_the_shares_of_all_products_make_up_the_whole(one: Decimal, other: Decimal, burden: Decimal) -> None:
    def share(product: str, made: Decimal) -> Decimal:
        emissions = [{"gas": "CO2", "amount": str(burden), "unit": "kg"}]
        basis = [flow("a", str(one)), flow("b", str(other))]
        allocated = process(
            "p",
            output=flow(product, str(made)),
            emissions=emissions,
            allocation={"method": "mass", "basis": basis},
        )
        return footprint(system(allocated, functional_unit=flow(product, str(made)))).total

    assert abs(share("a", one) + share("b", other) - burden) < Decimal("1e-60")


def test_a_sole_product_bears_everything() -> None:
    alone = {"method": "economic", "basis": [flow("a", "7", "元")]}
    assert footprint(system(process("a", allocation=alone))).total == 1
