"""The printed tables (CSV, apart from the packs) as one list of values, by the place they have in a pack."""

import csv
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from portal.reference.catalogue import load_catalogue
from portal.reference.entries import Entry
from portal.reference.guidelines import list_guidelines, load_guideline

TABLES = Path(__file__).parents[2] / "cases" / "official"
STEEL = "CETS-AG-03.01-V01-2024"
#: family, pack, place in the pack
Place = tuple[str, str, str]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one printed table."""
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def code_of(category: str, name: str) -> str:
    """The steel pack's code of a row that the guideline prints under ``name``."""
    item = load_guideline(STEEL).item(category, name)
    assert item is not None, name
    return item.code


def _steel_fuels() -> Iterator[tuple[Place, str]]:
    for row in rows("steel_table_a1.csv"):
        place = f"fuel/{code_of('fuel', row['fuel'])}"
        yield ("guidelines", STEEL, f"{place}/net_calorific_value"), row["GJ_per_unit"]
        yield ("guidelines", STEEL, f"{place}/carbon_content"), row["tC_per_GJ"]
        share = Decimal(row["oxidation_percent"]) / 100
        yield ("guidelines", STEEL, f"{place}/oxidation_rate"), str(share)


def _steel_materials() -> Iterator[tuple[Place, str]]:
    for row in rows("steel_table_a2.csv"):
        place = f"{row['category']}/{code_of(row['category'], row['item'])}/emission_factor"
        yield ("guidelines", STEEL, place), row["tCO2_per_t"]


def _steel_digits() -> Iterator[tuple[Place, str]]:
    for row in rows("steel_decimals.csv"):
        yield ("guidelines", STEEL, f"rounding/{row['figure']}/digits"), row["decimals"]
    for row in rows("steel_monthly_decimals.csv"):
        yield ("catalogue", STEEL, f"{row['kind']}/{row['parameter']}/digits"), row["decimals"]
    for row in rows("steel_parameter_digits.csv"):
        yield ("parameters", STEEL, f"parameter/{row['parameter']}/digits"), row["decimals"]


def _steel_meters() -> Iterator[tuple[Place, str]]:
    meters = load_catalogue(STEEL).meters
    for row in rows("steel_table_f_meters.csv"):
        keys = [key for key, meter in meters.items() if _is_called(row, meter.name)]
        assert len(keys) == 1, row
        yield ("catalogue", STEEL, f"meter/{keys[0]}/class"), row["class"]


def _is_called(row: Mapping[str, str], name: str) -> bool:
    state = {"liquid": "（液体）", "gas": "（气体）"}.get(row["group"], "")
    return name in (row["meter"], row["meter"] + state)


def _conversions() -> Iterator[tuple[Place, str]]:
    for guideline in list_guidelines():
        for row in rows("steel_formulas_e2_e3.csv"):
            if load_guideline(guideline).counts(row["category"]):
                place = f"constant/{row['category']}/{row['constant']}"
                yield ("guidelines", guideline, place), row["value"]


def _factors() -> Iterator[tuple[Place, str]]:
    for row in rows("mee_2023_grid_factors.csv"):
        yield ("grid", row["family"], f"factor/2023 {row['area']}/value"), row["kgCO2_per_kWh"]
    for row in rows("mee_2024_electricity_footprint.csv"):
        yield ("grid", "mee-footprint", f"factor/2024 {row['area']}/value"), row["kgCO2e_per_kWh"]
    for row in rows("ipcc_gwp100.csv"):
        yield ("gwp", row["assessment"], f"gas/{row['gas']}/gwp100"), row["kgCO2e_per_kg"]


def _tax_and_efficiency() -> Iterator[tuple[Place, str]]:
    for row in rows("environmental_tax_rules.csv"):
        if row["rule"] == "counted":
            place = f"counted/{row['group']}/count"
        else:
            place = f"reduction/{int(row['group']) - 1}/{row['rule']}"
        yield ("tax", "environmental-tax", place), row["value"]
    for row in rows("carbon_efficiency.csv"):
        yield ("efficiency", "industry-efficiency", f"{row['scale']}/{row['band']}/upper"), row["upper"]


def _law() -> Iterator[tuple[Place, str]]:
    for row in rows("calibration_corrections.csv"):
        for field in ("sign", "actual_share", "required_share"):
            place = f"rule/{row['kind']} {row['state']}/{field}"
            yield ("conservative", "CETS-VG-01.01-V02-2026", place), row[field]
    for row in rows("calendar_2026.csv"):
        yield ("deadlines", "2026", f"deadline/{row['duty']}/rule"), row["rule"]
    for row in rows("legal_figures.csv"):
        yield ("law", "2026", f"figure/{row['figure']}/value"), row["value"]
    for row in rows("order_775_penalties.csv"):
        yield ("penalties", "order-775", f"penalty/{row['article']}/{row['figure']}"), row["value"]


_TABLES: tuple[Callable[[], Iterator[tuple[Place, str]]], ...] = (
    _steel_fuels,
    _steel_materials,
    _steel_digits,
    _steel_meters,
    _conversions,
    _factors,
    _tax_and_efficiency,
    _law,
)


def printed_values() -> dict[Place, str]:
    """Every printed value by its place."""
    return dict(pair for table in _TABLES for pair in table())


def is_figure(entry: Entry) -> bool:
    """Whether an entry is a number, or a date by which something is due; the rest are words."""
    return isinstance(entry.amount, Decimal) or entry.section == "deadline"


def objections(family: str, pack: str, entries: tuple[Entry, ...], printed: Mapping[Place, str]) -> set[str]:
    """Places of official figures that are not as printed, or printed nowhere, or printed but not held."""
    held = {entry.key: entry for entry in entries if entry.confidence == "official" and is_figure(entry)}
    wanted = {
        place: value for (kind, name, place), value in printed.items() if (kind, name) == (family, pack)
    }
    all_held = {entry.key: entry for entry in entries}
    wrong = {key for key in held if key not in wanted}
    for key, value in wanted.items():
        entry = all_held.get(key)
        if entry is None or _amount(value) != entry.amount:
            wrong.add(key)
    return wrong


def _amount(value: str) -> Decimal | str:
    return Decimal(value) if value.replace(".", "").removeprefix("-").isdecimal() else value
