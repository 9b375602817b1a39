"""The steel pack holds what the guideline prints and nothing else; figures by figure see test_mutations."""

from decimal import Decimal

from portal.reference.catalogue import load_catalogue
from portal.reference.guidelines import load_guideline
from portal.reference.parameters import load_register
from portal.reference.tax import load_tax
from tests.unit.reference.printed import STEEL, code_of, rows

GUIDELINE = load_guideline(STEEL)


def test_the_steel_pack_holds_no_row_that_is_not_printed() -> None:
    fuels = {code_of("fuel", row["fuel"]) for row in rows("steel_table_a1.csv")}
    assert {item.code for item in GUIDELINE.items["fuel"]} == fuels
    for category in ("process", "product"):
        printed = {
            code_of(category, row["item"])
            for row in rows("steel_table_a2.csv")
            if row["category"] == category
        }
        assert {item.code for item in GUIDELINE.items[category]} == printed


def test_a_meter_of_steel_has_a_class_only_where_annex_f_prints_one() -> None:
    printed = rows("steel_table_f_meters.csv")
    held = [meter for meter in load_catalogue(STEEL).meters.values() if meter.accuracy_class is not None]
    assert len(held) == len({(row["group"], row["meter"]) for row in printed}) - 1  # the belt scale twice


def test_the_register_of_steel_holds_every_parameter_of_the_annexes() -> None:
    register = load_register(STEEL)
    assert len(register.parameters) == 254
    assert {entry.confidence for entry in register.parameters.values()} == {"official"}
    fixed = {code for code, entry in register.parameters.items() if entry.digits is not None}
    assert fixed == {row["parameter"] for row in rows("steel_parameter_digits.csv")}
    units = {row["parameter"]: row["unit"] for row in rows("steel_parameter_digits.csv")}
    assert {code: register.parameters[code].unit for code in fixed} == units


def test_the_register_of_power_fixes_no_digits_because_none_were_read() -> None:
    register = load_register("CETS-AG-01.01-V04-2026")
    assert len(register.parameters) == 68
    assert all(entry.digits is None for entry in register.parameters.values())
    assert register.parameters["coal_qty"].meter_types == ("皮带秤", "耐压式计量给煤机", "汽车衡")


def test_the_amounts_of_pollutants_are_sought_in_the_order_of_the_law() -> None:
    tax = load_tax("environmental-tax")
    assert tax.preference == (("automatic",), ("monitoring",), ("coefficient", "balance"), ("sampling",))
    assert [(cut.below, cut.payable) for cut in tax.reductions] == [
        (Decimal("0.5"), Decimal("0.5")),
        (Decimal("0.7"), Decimal("0.75")),
    ]
