"""From a month's typed values to the input of the calculation."""

from decimal import Decimal

from portal.accounting.calculation import calculate
from portal.accounting.streams import StreamValues, activity, derived, payload
from portal.reference.catalogue import load_catalogue

STEEL = load_catalogue("CETS-AG-03.01-V01-2024")
OTHER = load_catalogue("industry-other-2015")
D = Decimal


def coal(**values: Decimal | None) -> StreamValues:
    typed: dict[str, Decimal | None] = {
        "opening_stock": D("18406.20"),
        "purchased": D("121530.67"),
        "sold": D(0),
        "closing_stock": D("19748.44"),
        "net_calorific_value": D("23.736"),
        "carbon_content": D("0.02618"),
    }
    return StreamValues("S-02", "fuel", "烟煤", "t", {**typed, **values})


def test_consumption_of_a_solid_fuel_is_derived_from_its_stocks() -> None:
    kind = STEEL.kind_of("fuel", "烟煤")
    assert kind is not None
    assert derived(kind, coal().values) == {"consumed": D("120188.43")}


def test_a_default_is_left_to_the_pack_so_that_its_source_is_shown() -> None:
    assert activity(STEEL, coal()) == {
        "id": "S-02",
        "category": "fuel",
        "unit": "t",
        "item": "烟煤",
        "amount": "120188.43",
    }


def test_a_measured_heat_value_goes_into_the_calculation() -> None:
    stream = coal(net_calorific_value=D("23.1"))
    stream = StreamValues(
        stream.code, "fuel", "烟煤", "t", stream.values, {"net_calorific_value": "measured"}
    )
    made = activity(STEEL, stream)
    assert made is not None
    assert made["net_calorific_value"] == "23.1"


def test_a_stream_with_a_blank_part_is_not_counted_but_named() -> None:
    made, blank = payload(STEEL, [coal(closing_stock=None)])
    assert made["activities"] == []
    assert blank == ("S-02",)


def test_auxiliary_electricity_of_steel_is_neither_counted_nor_missing() -> None:
    power = StreamValues("S-90", "electricity", "电力", "MWh", {"amount": None})
    made, blank = payload(STEEL, [coal(), power])
    assert [line["id"] for line in made["activities"]] == ["S-02"]
    assert blank == ()


def test_a_dyeing_mill_month_is_counted_from_its_typed_values() -> None:
    streams = [
        StreamValues("gas", "fuel", "天然气", "10^4Nm3", {"purchased": D("35.2"), "sold": D(0)}),
        StreamValues("power", "electricity", "电力", "MWh", {"amount": D(1256)}),
        StreamValues("steam", "steam", "蒸汽", "t", {"amount": D(4200), "enthalpy": D(2778)}),
        StreamValues(
            "water",
            "wastewater",
            "工业废水",
            "m3",
            {"volume": D(60000), "cod_in": D("1.8"), "cod_out": D("0.3"), "mcf": D("0.3")},
        ),
        StreamValues("cloth", "output", "印染布", "10^4m", {"amount": D(320)}),
    ]
    grid = {"family": "mee-average", "year": 2023, "area": "浙江"}
    made, blank = payload(OTHER, streams, grid=grid, gwp="AR5")
    assert blank == ()
    result = calculate(made)
    assert result.total == D("2819.57")
    assert result.intensity == D("8.8112")
