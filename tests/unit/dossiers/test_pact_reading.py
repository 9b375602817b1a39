"""A supplier's PACT file: what is read, what is refused and where, what does not fit together."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.dossiers.pact_facts import Reading
from portal.dossiers.pact_json import MOST_BYTES, MOST_VALUES
from portal.dossiers.pact_reading import read_pact

CASES = Path(__file__).parents[2] / "cases" / "pact"
BARE, RESPONSE = ((CASES / f"{name}.json").read_bytes() for name in ("bare_footprint", "response"))
TODAY = date(2026, 11, 22)


def changed(change: Callable[[dict[str, Any]], object], content: bytes = BARE) -> Reading:
    value = json.loads(content)
    change(value)
    return read_pact(json.dumps(value).encode(), TODAY)


def pcf(**fields: object) -> Reading:
    """The bare footprint with fields of its figures changed; None takes one out."""

    def change(value: dict[str, Any]) -> None:
        value["pcf"].update(fields)
        value["pcf"] = {key: held for key, held in value["pcf"].items() if held is not None}

    return changed(change)


def codes(reading: Reading) -> list[tuple[str, str]]:
    return [(note.code, note.pointer) for note in (*reading.errors, *reading.warnings)]


def test_a_bare_footprint_is_read_with_what_does_not_fit_in_it() -> None:
    reading = read_pact(BARE, TODAY)
    facts = reading.facts
    assert facts is not None
    assert (facts.supplier, facts.product) == ("示例化纤有限公司", "示例再生涤纶长丝")
    assert (facts.unit, facts.symbol, facts.amount) == ("kilogram", "kg", Decimal(2))
    assert (facts.excluding_uptake, facts.including_uptake) == (Decimal("2.764"), Decimal("2.26"))
    assert facts.per_unit == Decimal("1.382")
    assert (facts.geography, facts.primary_share) == ("CN-ZJ", Decimal("61.5"))
    assert facts.valid_until == datetime.fromisoformat("2028-03-10T00:00:00+00:00")
    assert codes(reading) == [
        ("missing", "/pcf/ccsTechnologicalCO2CaptureIncluded"),
        ("operator", "/pcf/productOrSectorSpecificRules/0/otherOperatorName"),
        ("unknown", "/pcf/otherOperatorName"),
    ]


def test_the_answer_of_an_interface_is_read_and_its_sums_are_doubted() -> None:
    reading = read_pact(RESPONSE, TODAY)
    assert reading.facts is not None
    assert reading.facts.symbol == "L"
    assert ("sum_including", "/pcf/pcfIncludingBiogenicUptake") in codes(reading)
    assert ("unknown", "/pcf/biogenicCO2Withdrawal") in codes(reading)
    assert ("sum_components", "/pcf/pcfExcludingBiogenicUptake") not in codes(reading)


def test_bare_numbers_in_extensions_are_kept_as_texts() -> None:
    reading = read_pact(RESPONSE, TODAY)
    assert reading.facts is not None
    assert reading.facts.raw["extensions"][0]["data"] == {
        "shipmentId": "S-0001",
        "weight": "10.5",
        "count": 3,
    }


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "specVersion",
        "created",
        "status",
        "companyName",
        "companyIds",
        "productDescription",
        "productIds",
        "productNameCompany",
        "pcf",
    ],
)
def test_each_required_field_of_the_footprint_is_missed_by_name(field: str) -> None:
    reading = changed(lambda value: value.pop(field))
    assert reading.facts is None
    assert ("required", f"/{field}") in codes(reading)
    assert reading.errors[0].params == {"what": field}


@pytest.mark.parametrize(
    "field",
    [
        "declaredUnitOfMeasurement",
        "declaredUnitAmount",
        "productMassPerDeclaredUnit",
        "referencePeriodStart",
        "referencePeriodEnd",
        "pcfExcludingBiogenicUptake",
        "pcfIncludingBiogenicUptake",
        "fossilCarbonContent",
        "fossilGhgEmissions",
        "ipccCharacterizationFactors",
        "crossSectoralStandards",
        "exemptedEmissionsPercent",
    ],
)
def test_each_required_figure_is_missed_by_name(field: str) -> None:
    assert codes(pcf(**{field: None})) == [("required", f"/pcf/{field}")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("pcfExcludingBiogenicUptake", 2.764, "type"),
        ("pcfExcludingBiogenicUptake", "1e5", "pattern"),
        ("pcfExcludingBiogenicUptake", "٣", "pattern"),
        ("pcfExcludingBiogenicUptake", "9" * 61, "too_long"),
        ("declaredUnitAmount", "0", "pattern"),
        ("declaredUnitAmount", "-1", "pattern"),
        ("declaredUnitAmount", "0.05x", "pattern"),
        ("fossilCarbonContent", "-0.1", "pattern"),
        ("biogenicCO2Uptake", "0.5", "pattern"),
        ("declaredUnitOfMeasurement", "gram", "enum"),
        ("referencePeriodStart", "2025-01-01", "format"),
        ("geographyCountrySubdivision", "zj", "pattern"),
        ("ipccCharacterizationFactors", [], "minitems"),
        ("crossSectoralStandards", ["ISO14067", "ISO14067"], "uniqueitems"),
        ("packagingEmissionsIncluded", "true", "type"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(field: str, value: object, code: str) -> None:
    reading = pcf(**{field: value})
    assert reading.facts is None
    assert [(note.code, note.pointer.split("/")[2]) for note in reading.errors] == [(code, field)]


def test_the_place_is_a_json_pointer_into_rows() -> None:
    reading = changed(lambda value: value["pcf"]["productOrSectorSpecificRules"][0].pop("ruleNames"))
    assert codes(reading) == [("required", "/pcf/productOrSectorSpecificRules/0/ruleNames")]


def test_two_geographies_are_refused_and_none_is_right() -> None:
    assert codes(pcf(geographyCountry="CN")) == [("not", "/pcf")]
    reading = pcf(geographyCountrySubdivision=None)
    assert reading.facts is not None
    assert reading.facts.geography == ""


def test_an_older_version_is_refused_with_one_word() -> None:
    reading = changed(lambda value: value.update(specVersion="2.2.0", pcf={}))
    assert codes(reading) == [("version", "/specVersion")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"PK\x03\x04" + bytes(100), "not_json"),
        (b"\x1f\x8b\x08\x00\xff\xfe", "not_utf8"),
        (b"null", "no_footprint"),
        (b"[]", "several"),
        (b"[{}, {}]", "several"),
        (b'{"data": [1]}', "no_footprint"),
        (BARE.replace(b'"2.764"', b"NaN"), "not_finite"),
        (BARE.replace(b'"2.764"', b"-Infinity"), "not_finite"),
        (BARE.replace(b'"2.764"', b"1e999"), "not_finite"),
        (BARE.replace(b'"2.764"', b"9" * 5000), "not_finite"),
        (BARE.replace(b'"status"', b'"id": "x", "status"'), "duplicate_key"),
        (BARE.replace(b'"AR6"', b'"\\u0000"'), "bad_text"),
        (BARE.replace(b'"AR6"', b'"\\ud800"'), "bad_text"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
        (b'"' + b"x" * MOST_BYTES + b'"', "too_large"),
        (BARE.replace(b'["AR6"]', b"[" + b"1," * MOST_VALUES + b"1]"), "too_many"),
        (BARE.replace(b"2025-01-01T00", b"0000-01-01T00"), "moment"),
        (BARE.replace(b"2025-01-01T00", b"2027-01-01T00"), "period"),
    ],
)
def test_a_hostile_or_broken_file_gets_one_clear_word(content: bytes, code: str) -> None:
    reading = read_pact(content, TODAY)
    assert reading.facts is None
    assert [note.code for note in reading.errors] == [code]


def test_at_most_thirty_errors_are_listed() -> None:
    reading = pcf(ipccCharacterizationFactors=[f"x{number}" for number in range(5000)])
    assert len(reading.errors) == 30


def test_sums_within_the_rounding_of_their_figures_are_not_doubted() -> None:
    assert codes(pcf(pcfIncludingBiogenicUptake="2.26")) == codes(pcf(pcfIncludingBiogenicUptake="2.260"))
    doubted = pcf(pcfIncludingBiogenicUptake="2.27")
    note = next(note for note in doubted.warnings if note.code == "sum_including")
    assert note.params == {"sum": "2.260", "difference": "−0.010"}


def test_components_that_do_not_add_up_are_told_with_their_difference() -> None:
    note = next(note for note in pcf(fossilGhgEmissions="2.60").warnings if note.code == "sum_components")
    assert note.params == {"sum": "2.614", "difference": "−0.150"}


@pytest.mark.parametrize(
    ("field", "rule"),
    [("primaryDataShare", "SHALL"), ("packagingEmissionsIncluded", "SHALL"), ("dqi", "SHALL-2027")],
)
def test_what_the_specification_asks_for_beside_the_schema_is_missed(field: str, rule: str) -> None:
    found = {note.pointer: note.params for note in pcf(**{field: None}).warnings if note.code == "missing"}
    assert found[f"/pcf/{field}"] == {"rule": rule}


def test_what_contradicts_or_cannot_be_is_told() -> None:
    reading = pcf(
        packagingEmissionsIncluded=False,
        packagingGhgEmissions="0.1",
        primaryDataShare="161.5",
        dqi={"technologicalDQR": "0", "geographicalDQR": "2", "temporalDQR": "2"},
    )
    assert {("contradiction", "/pcf/packagingGhgEmissions"), ("range", "/pcf/primaryDataShare"),
            ("range", "/pcf/dqi/technologicalDQR")} <= set(codes(reading))  # fmt: skip


def test_a_footprint_out_of_use_or_out_of_date_is_told() -> None:
    assert ("deprecated", "/status") in codes(changed(lambda value: value.update(status="Deprecated")))
    late = read_pact(BARE, date(2028, 3, 11))
    assert ("expired", "/validityPeriodEnd") in codes(late)


def test_without_a_validity_it_holds_three_years_after_its_period() -> None:
    reading = changed(lambda value: value.pop("validityPeriodEnd"))
    assert reading.facts is not None
    assert reading.facts.valid_until == datetime.fromisoformat("2029-01-01T00:00:00+00:00")


def test_a_unit_that_the_portal_has_not_cannot_be_an_input() -> None:
    reading = pcf(declaredUnitOfMeasurement="megabit second")
    assert reading.facts is not None
    assert reading.facts.symbol == ""
    assert ("unit", "/pcf/declaredUnitOfMeasurement") in codes(reading)
