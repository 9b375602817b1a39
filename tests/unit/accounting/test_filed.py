"""Processes of a product system that are made of filed months."""

from decimal import Decimal

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.filed import FiledMonth, filed_month, filed_process
from portal.accounting.footprint import footprint
from portal.domain.errors import InputError, Invalid
from portal.domain.quantities import rounded
from tests.unit.accounting.months import coal, flow, other, process, steel, system, water

MONTHS = (
    FiledMonth("2026-01", "v1", {"CO2": Decimal(60)}, {"power": (Decimal(100), "MWh")}, Decimal(40)),
    FiledMonth("2026-02", "v2", {"CO2": Decimal(40)}, {"power": (Decimal(50), "MWh")}, Decimal(60)),
)
BASIS = {"method": "mass", "basis": [flow("cloth", "100", "t"), flow("yarn", "300", "t")]}


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


def test_a_calculated_month_gives_its_gases_and_the_energy_it_bought() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000000", "unit": "kWh"}
    cooling = {"id": "r", "category": "refrigerant", "item": "HFC134a", "amount": "2", "unit": "kg"}
    result = calculate(other(coal(), water(), power, cooling))
    month = filed_month("2026-10", "v1", result, Decimal(40))
    assert month.emissions["CO2"] == result.lines[0].unrounded
    assert month.emissions["CH4"] == Decimal("0.125")
    assert sum(month.emissions.values()) == result.lines[0].unrounded + Decimal("0.125") + Decimal("0.002")
    assert dict(month.inputs) == {"electricity": (1000, "MWh")}


def test_a_calculated_month_goes_into_a_footprint() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000", "unit": "MWh"}
    cooling = {"id": "r", "category": "refrigerant", "item": "HFC134a", "amount": "2", "unit": "kg"}
    month = filed_month("2026-10", "v1", calculate(other(water(), power, cooling)), Decimal(40))
    grid = {"grid": {"family": "mee-footprint", "year": 2024, "area": "全国"}}
    made = process("electricity", output=flow("electricity", "1", "MWh"), emissions=[], factor=grid)
    mill = filed_process("mill", "make", "cloth", "t", [month])
    result = footprint(system(mill, made, functional_unit=flow("cloth", "40", "t")))
    # 125 kg CH4 × 27.9 + 2 kg × 1 530 + 1 000 000 kWh × 0.5777
    assert result.total == Decimal("3487.5") + 3060 + 577_700


def test_a_month_that_takes_up_more_than_it_lets_out_is_refused() -> None:
    crude = {"id": "p", "category": "product", "item": "粗钢", "amount": "100000", "unit": "t"}
    with pytest.raises(Invalid):
        filed_month("2026-10", "v1", calculate(steel(coal(), crude)), Decimal(1))
