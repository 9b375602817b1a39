"""Sharing a process between its products."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.footprint import footprint
from tests.unit.accounting.months import flow, process, system

AMOUNTS = st.decimals("0.01", 1000, places=2)


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
