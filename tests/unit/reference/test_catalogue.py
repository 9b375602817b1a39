"""The catalogue of parameters that plans and monthly forms are made of."""

from decimal import Decimal
from pathlib import Path

import pytest

from portal.accounting.streams import StreamValues, activity
from portal.domain.errors import PackError
from portal.domain.workflow import Acquisition, Section
from portal.reference.catalogue import (
    ACQUISITIONS,
    SECTIONS,
    list_catalogues,
    load_catalogue,
    read_catalogue,
)
from portal.reference.guidelines import list_guidelines, load_guideline
from portal.reference.loader import DATA

STEEL = load_catalogue("CETS-AG-03.01-V01-2024")
OTHER = load_catalogue("industry-other-2015")


def test_every_guideline_has_a_catalogue() -> None:
    assert list_catalogues() == list_guidelines()


def test_words_are_those_of_the_domain() -> None:
    assert set(ACQUISITIONS) == {str(value) for value in Acquisition}
    assert set(SECTIONS) == {str(value) for value in Section} - {"evidence"}


@pytest.mark.parametrize("name", list_guidelines())
def test_every_counted_category_has_a_kind_of_stream_that_feeds_it(name: str) -> None:
    catalogue, guideline = load_catalogue(name), load_guideline(name)
    for category in guideline.formulas:
        kind = catalogue.kind_of(category)
        assert kind is not None
        assert kind.counted
        fed = {entry.feeds for entry in kind.parameters}
        assert fed & {"amount", "volume"}


@pytest.mark.parametrize("name", list_guidelines())
def test_every_text_fits_where_it_is_kept(name: str) -> None:
    for kind in load_catalogue(name).kinds.values():
        for entry in kind.parameters:
            assert len(entry.clause) <= 60
            assert len(entry.missing_rule) <= 300
            assert len(entry.unit_for("10^4Nm3")) <= 30
            assert entry.name_en
            assert all(len(need.code) <= 40 and len(need.clause) <= 60 for need in entry.evidence)


def test_a_solid_fuel_of_steel_asks_for_its_stocks() -> None:
    kind = STEEL.kind_of("fuel", "烟煤")
    assert kind is not None
    assert [entry.key for entry in kind.parameters] == [
        "opening_stock",
        "purchased",
        "sold",
        "closing_stock",
        "consumed",
        "net_calorific_value",
        "carbon_content",
        "moisture",
        "emission",
    ]
    consumed = kind.parameter("consumed")
    assert consumed is not None
    assert (consumed.derived, consumed.rule, consumed.feeds) == (True, "stock_identity", "amount")
    opening = kind.parameter("opening_stock")
    assert opening is not None
    assert opening.carried_from == "closing_stock"
    assert kind.parameter("colour") is None


def test_a_gas_meter_of_steel_must_be_of_class_two() -> None:
    kind = STEEL.kind("gas_fuel")
    assert kind is not None
    purchased = kind.parameter("purchased")
    assert purchased is not None
    assert purchased.required_class("gas_ultrasonic") == Decimal("2.0")
    assert purchased.required_class("belt_scale") is None
    assert purchased.unit_for(kind.unit) == "10^4Nm3"


def test_carbon_content_of_steel_is_default_only_and_coke_also_its_heat_value() -> None:
    kind = STEEL.kind_of("fuel", "焦炭")
    assert kind is not None
    carbon = kind.parameter("carbon_content")
    assert carbon is not None
    assert carbon.acquisitions == ("default",)
    coke = STEEL.item("fuel", "coke")
    assert coke is not None
    assert coke.default_only == ("net_calorific_value",)


def test_defaults_come_with_their_source() -> None:
    value = STEEL.default("fuel", "烟煤", "net_calorific_value")
    assert value is not None
    assert (value.amount, value.unit, value.confidence) == (Decimal("23.736"), "GJ/t", "official")
    capacity = OTHER.default("wastewater", "工业废水", "bo")
    assert capacity is not None
    assert capacity.amount == Decimal("0.25")
    assert STEEL.default("fuel", "nothing", "net_calorific_value") is None


def test_a_dyeing_mill_finds_all_its_streams() -> None:
    for category, item, section in (
        ("fuel", "天然气", "energy"),
        ("electricity", "电力", "power_heat"),
        ("steam", "蒸汽", "power_heat"),
        ("wastewater", "工业废水", "process"),
        ("output", "印染布", "output"),
        ("pollutant", "化学需氧量", "pollutants"),
    ):
        assert OTHER.item(category, item) is not None
        kind = OTHER.kind_of(category, item)
        assert kind is not None
        assert kind.section == section
    assert [kind.key for kind in OTHER.kinds_in("power_heat")] == [
        "electricity",
        "steam",
        "heat",
        "hot_water",
        "net_electricity",
        "net_heat",
    ]


def test_power_that_is_sold_on_is_taken_off_what_was_bought() -> None:
    sold = {"purchased": Decimal(900), "sold": Decimal(100)}
    made = activity(OTHER, StreamValues("E", "electricity", "净购入电力", "MWh", sold))
    assert made is not None
    assert (made["category"], made["amount"]) == ("electricity", "800")
    assert (
        activity(OTHER, StreamValues("E", "electricity", "净购入电力", "MWh", {"purchased": Decimal(9)}))
        is None
    )


def test_electricity_of_steel_is_offered_but_not_counted() -> None:
    kind = STEEL.kind("electricity")
    assert kind is not None
    assert not kind.counted
    assert not kind.parameters[0].required


def test_mandatory_evidence_of_steel_is_that_of_clause_10_2_1() -> None:
    kind = STEEL.kind("gas_fuel")
    assert kind is not None
    purchased = kind.parameter("purchased")
    assert purchased is not None
    assert [(need.code, need.clause, need.mandatory) for need in purchased.evidence] == [
        ("fuel_ledger", "10.2.1 b)", True),
        ("calibration", "10.2.1 b)", True),
    ]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('meters = "solid"', 'meters = "liquids"', "meters"),
        ('"fuel_ledger", "calibration"', '"fuel_ledger", "hearsay"', "evidence"),
        ('missing_rule = "plan"', 'missing_rule = "guess"', "missing_rule"),
        ('acquisitions = ["measured"]', 'acquisitions = ["felt"]', "acquisitions"),
        ('derivation = "期初', 'reason = "期初', "derivation"),
        ('section = "energy"', 'section = "kitchen"', "section"),
        ('category = "output"', 'category = "outputs"', "kind"),
        ('key = "sold"', 'key = "purchased"', "parameter"),
        ('"weigh_feeder", ', '"feeder", ', "solid"),
    ],
)
def test_a_wrong_catalogue_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = (DATA / "catalogue" / f"{STEEL.guideline}.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "catalogue").mkdir()
    file = tmp_path / "catalogue" / f"{STEEL.guideline}.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        read_catalogue(load_guideline(STEEL.guideline), data=tmp_path)
    assert refused.value.path.rsplit(".", 1)[-1] == key
    assert f"catalogue/{STEEL.guideline}.toml" in str(refused.value)
