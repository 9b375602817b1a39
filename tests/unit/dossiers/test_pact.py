"""A footprint of ours in the PACT format: it validates, its figures are the engine's, its gaps are named."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest

from portal.accounting.footprint import footprint
from portal.domain.errors import Invalid
from portal.dossiers.pact import FootprintFacts, declared_unit, identifier, to_pact
from portal.dossiers.pact_reading import read_pact
from portal.reference.pact import load_pact, pact_schema

PAYLOAD: dict[str, Any] = {
    "functional_unit": {"product": "fabric", "amount": "1", "unit": "kg"},
    "gwp": "AR6",
    "boundary": "cradle_to_gate",
    "rules": "示例规则",
    "processes": [
        {
            "id": "yarn",
            "output": {"product": "yarn", "amount": "1", "unit": "kg"},
            "factor": {"kgco2e": "1.38", "per": "kg", "source": "示例因子"},
            "primary": False,
        },
        {
            "id": "dyeing",
            "output": {"product": "fabric", "amount": "3", "unit": "kg"},
            "inputs": [{"product": "yarn", "amount": "3.3", "unit": "kg"}],
            "emissions": [
                {"gas": "CO2", "amount": "2", "unit": "kg"},
                {"gas": "CO2", "amount": "0.4", "unit": "kg", "origin": "biogenic"},
                {"gas": "CH4", "amount": "0.01", "unit": "kg", "origin": "biogenic"},
                {"gas": "CO2", "amount": "0.2", "unit": "kg", "origin": "aircraft"},
                {"gas": "CO2", "amount": "0.1", "unit": "kg", "origin": "land_use"},
                {"gas": "CO2", "amount": "0.5", "unit": "kg", "origin": "biogenic_uptake"},
            ],
            "primary": True,
            "quality": dict.fromkeys(
                ("technological", "geographical", "temporal", "completeness", "reliability"), "2"
            ),
        },
    ],
    "cut_offs": [{"what": "示例助剂", "reason": "低于百分之一", "share": "0.004"}],
}
RESULT = footprint(PAYLOAD)
FACTS = FootprintFacts(
    id=identifier("footprint", 1),
    created=datetime(2026, 11, 1, 2, tzinfo=UTC),
    active=True,
    preceding=(),
    valid_from=date(2026, 11, 1),
    valid_until=date(2028, 11, 1),
    company="示例印染有限公司",
    uscc="91330500MA28C4XX1C",
    product_id=identifier("product", 1),
    product="示例面料",
    description="示例",
    cn_code="5407 52 00",
    hs_code="",
    unit="kg",
    amount=Decimal(1),
    mass=Decimal(1),
    first=date(2025, 10, 1),
    until=date(2026, 10, 1),
    country="CN",
    rules="示例规则",
    boundary="纺纱、染整",
    allocation="",
    result=RESULT.as_json(),
    factors=(("示例因子", "2024"),),
    fossil_carbon=Decimal("0.62"),
)


def errors(told: dict[str, Any]) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(dict(pact_schema()), validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(told)]


def test_the_export_is_right_by_the_schema_and_can_be_read_back() -> None:
    told = to_pact(FACTS)
    assert errors(told) == []
    reading = read_pact(json.dumps(told).encode(), date(2026, 11, 22))
    assert reading.facts is not None
    assert (reading.facts.supplier, reading.facts.geography) == ("示例印染有限公司", "CN")
    # Burnt biogenic carbon dioxide has no component in the format: the one thing that its formula leaves out.
    assert [note.code for note in reading.warnings] == ["sum_components", "missing"]


def test_every_figure_is_the_engines() -> None:
    pcf = to_pact(FACTS)["pcf"]
    exact = Decimal("1e-12")
    assert Decimal(pcf["pcfExcludingBiogenicUptake"]) == RESULT.total.quantize(exact)
    assert Decimal(pcf["pcfIncludingBiogenicUptake"]) == RESULT.total_with_uptake.quantize(exact)
    assert pcf["fossilGhgEmissions"] == "2.251333333333"  # 1.1 × 1.38 + 2 / 3 + 0.2 / 3 − rounding
    assert pcf["aircraftGhgEmissions"] == "0.066666666667"
    assert pcf["landUseChangeGhgEmissions"] == "0.033333333333"
    assert pcf["biogenicCO2Uptake"] == "-0.166666666667"
    assert Decimal(pcf["biogenicNonCO2Emissions"]) == (
        RESULT.by_origin_gas["biogenic"]["CH4"].quantize(exact).normalize()
    )
    assert pcf["exemptedEmissionsPercent"] == "0.4"
    assert pcf["dqi"] == {"technologicalDQR": "2", "geographicalDQR": "2", "temporalDQR": "2"}
    assert pcf["ipccCharacterizationFactors"] == ["AR6"]


def test_a_period_begins_at_midnight_in_shanghai_and_ends_before_the_next_day() -> None:
    pcf = to_pact(FACTS)["pcf"]
    assert pcf["referencePeriodStart"] == "2025-10-01T00:00:00+08:00"
    assert pcf["referencePeriodEnd"] == "2026-10-01T00:00:00+08:00"


def test_a_newer_footprint_names_the_one_that_it_replaces_and_the_old_one_is_deprecated() -> None:
    old = identifier("footprint", 1)
    told = to_pact(replace(FACTS, id=identifier("footprint", 2), preceding=(old,)))
    assert told["precedingPfIds"] == [old]
    assert to_pact(replace(FACTS, active=False))["status"] == "Deprecated"
    assert "precedingPfIds" not in to_pact(FACTS)


def test_packaging_is_told_only_where_it_is_included() -> None:
    told = to_pact(replace(FACTS, packaging_included=True, packaging=Decimal("0.07")))
    assert told["pcf"]["packagingGhgEmissions"] == "0.07"
    told = to_pact(replace(FACTS, packaging_included=False, packaging=Decimal("0.07")))
    assert "packagingGhgEmissions" not in told["pcf"]
    assert errors(told) == []


@pytest.mark.parametrize(("field", "path"), [("mass", "mass"), ("fossil_carbon", "fossil_carbon")])
def test_what_the_format_requires_is_asked_for(field: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_pact(replace(FACTS, **{field: None}))
    assert refused.value.path == path


def test_units_are_turned_into_those_of_the_format() -> None:
    assert declared_unit("kg", Decimal(1)) == ("kilogram", Decimal(1))
    assert declared_unit("t", Decimal("0.5")) == ("kilogram", Decimal(500))
    assert declared_unit("MWh", Decimal(1)) == ("kilowatt hour", Decimal(1000))
    assert declared_unit("piece", Decimal(1)) == ("piece", Decimal(1))
    with pytest.raises(Invalid):
        declared_unit("km", Decimal(1))


def test_an_identifier_stays_the_same_for_ever() -> None:
    assert identifier("footprint", 1) == identifier("footprint", 1) != identifier("footprint", 2)


def test_the_schema_knows_the_required_fields_and_the_levels_of_the_others() -> None:
    pact = load_pact()
    required = {owner: sum(f.required for f in fields.values()) for owner, fields in pact.fields.items()}
    assert required["ProductFootprint"] == 10
    assert required["CarbonFootprint"] == 12
    assert {f.key for f in pact.fields["CarbonFootprint"].values() if f.rule == "SHALL-2027"} == {"dqi"}
    assert len(pact.units) == 9
