"""How an amount was metered and a value was tested goes into the line, its explanation and its result."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounting.calculation import calculate
from portal.accounting.explain import explain
from tests.unit.accounting.months import coal, other, steel

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
LATE = {"on": "2025-10-25", "until": "2026-10-24"}
WHOLE = {"on": "2026-01-05", "until": "2027-01-04"}


def metered(*calibrations: dict[str, str], required: str = "2", **changed: Any) -> dict[str, Any]:
    return coal(meter={**OCTOBER, "required_class": required, "calibrations": list(calibrations)}, **changed)


def test_the_two_halves_of_a_late_month_are_corrected_apart_in_the_line() -> None:
    line = calculate(steel(metered(LATE, amount="930"))).lines[0]
    # 24 days as measured 720; 7 days 210 × 1.02 = 214.2; 934.2 × 23.736 × 0.02618 × 44/12
    assert line.inputs[0].used == Decimal("934.2")
    assert line.emission == Decimal("2128.57")
    printed = line.as_json()["inputs"][0]
    assert (printed["converted"], printed["correction"]["corrected"]) == ("930", "934.20")
    assert [part["days"] for part in printed["correction"]["parts"]] == [24, 7]


def test_the_explanation_names_days_state_factor_and_clause() -> None:
    line = calculate(steel(metered(LATE, amount="930"))).lines[0]
    told = explain(line)
    assert told.numbers.startswith("934.20 × ")
    assert "7 天 未按期检定 210 × 1.02 (企业温室气体排放核查技术指南" in told.terms[0].source
    assert "7 days not calibrated in time 210 × 1.02" in explain(line, "en").terms[0].source


def test_an_output_by_a_late_meter_is_lowered() -> None:
    meter = {**OCTOBER, "required_class": "0.5", "calibrations": []}
    output = {"item": "粗钢", "amount": "1000", "unit": "t", "meter": meter}
    result = calculate(steel(coal(), output=output))
    assert result.output_amount == Decimal(995)  # 1000 × (1 − 0.5 %)


def test_what_leaves_in_products_by_a_late_meter_is_lowered() -> None:
    meter = {**OCTOBER, "required_class": "0.5", "calibrations": []}
    out = {"id": "o", "category": "product", "item": "粗钢", "amount": "1000", "unit": "t", "meter": meter}
    # 1000 × (1 − 0.5 %) × 0.037 = 36.815
    assert calculate(steel(out)).total == Decimal("-36.82")


def test_a_meter_in_class_leaves_the_line_alone() -> None:
    assert calculate(steel(metered(WHOLE))).total == calculate(steel(coal())).total


@given(
    st.decimals(min_value=0, max_value=10**5, places=2).map(str),
    st.decimals(min_value=0, max_value=5, places=1).map(str),
    st.decimals(min_value=0, max_value=5, places=1).map(str),
)
@settings(max_examples=50, deadline=None)
def test_a_stricter_calibration_state_never_lowers_emissions(amount: str, required: str, actual: str) -> None:
    over = {**WHOLE, "actual_class": actual}
    totals = [
        calculate(steel(metered(*calibrations, required=required, amount=amount))).lines[0].unrounded
        for calibrations in ([WHOLE], [over], [])
    ]
    assert totals[0] <= totals[1] + Decimal("1e-40")
    assert totals[0] <= totals[2] + Decimal("1e-40")


def test_batches_weigh_into_the_month_and_an_untested_one_takes_the_default() -> None:
    batches = [
        {"amount": "100", "net_calorific_value": "20"},
        {"amount": "300", "net_calorific_value": ""},
    ]
    line = calculate(steel(coal(batches=batches))).lines[0]
    # (100 × 20 + 300 × 23.736) / 400 = 22.802
    assert (line.factors[0].value, line.factors[0].confidence) == (Decimal("22.802"), "given")
    assert line.factors[0].source == "1 批实测按量加权，1 批未检测取缺省值"
    assert line.factors[1].confidence == "official"


def test_carbon_measured_dry_is_counted_as_received() -> None:
    line = calculate(other(coal(element_carbon="0.7", basis="d", moisture="10"))).lines[0]
    # 100 × 0.63 × 0.93 × 44/12 = 214.83
    assert line.emission == Decimal("214.83")
    assert (line.inputs[1].unit, line.inputs[1].converted_unit) == ("tC/t d", "tC/t ar")
    assert explain(line).numbers == "100 × 0.63 × 0.93 × 44/12"


def test_green_power_without_proof_changes_nothing_and_with_proof_is_taken_off() -> None:
    power = {"id": "e", "category": "electricity", "amount": "1000", "unit": "MWh"}
    proof = {"proof": "certificate", "reference": "GEC-2026-1", "amount": "400000", "unit": "kWh"}
    assert calculate(other(power)).total == Decimal("497.40")
    result = calculate(other({**power, "green_power": [proof]}))
    assert result.total == Decimal("298.44")  # (1000 − 400) × 0.4974
    assert result.unverified == ("e",)
    assert explain(result.lines[0]).numbers == "(1,000 − 400) × 0.4974"
