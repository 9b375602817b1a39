"""Each family of packs refuses what is wrong in one of its files, naming the file and the key."""

import shutil
from pathlib import Path

import pytest

from portal.domain.errors import PackError
from portal.reference.entries import read_entries
from portal.reference.loader import DATA

TAX, EFFICIENCY = ("tax", "environmental-tax"), ("efficiency", "industry-efficiency")
LAW, PENALTIES = ("law", "2026"), ("penalties", "order-775")
PROOFS, REGISTER = ("green-power", "2026"), ("parameters", "CETS-AG-03.01-V01-2024")
GWP, GRID, OTHER = ("gwp", "AR5"), ("grid", "mee-ets"), ("guidelines", "industry-other-2015")

WRONG = [
    (TAX, "water-1 = 5", 'water-1 = "five"', "counted.water-1"),
    (TAX, "value = 0.95", "value = 0", "equivalent[0].value"),
    (TAX, 'code = "NOx"', 'code = "SO2"', "equivalent[1].code"),
    (TAX, 'group = "air"', 'group = "water-1"', "equivalent[0].group"),
    (TAX, "below = 0.70", "below = 70", "reduction[0].below"),
    (TAX, 'methods = ["sampling"]', 'methods = ["guessing"]', "preference[3].methods"),
    (TAX, 'area = "浙江"\nmedium = "water"', 'area = "浙江"\nmedium = "air"', "rate[1].area"),
    (TAX, 'source = "preference"', 'source = "hearsay"', "preference[0].source"),
    (EFFICIENCY, "upper = 0.8", "upper = 0.5", "grade[1].upper"),
    (EFFICIENCY, 'name_en = "High-carbon"', 'name_en = "High-carbon"\nupper = 3', "level"),
    (LAW, 'code = "steel-2024"', 'code = "order-775"', "citation[1].code"),
    (LAW, 'citation = "gbt-32150-2025"', 'citation = "nothing"', "figure[1].citation"),
    (LAW, "issued = 2025-12-31", 'issued = "2025"', "citation[29].issued"),
    (PENALTIES, "fine_most = 50", "fine_most = 4", "penalty[0].fine_most"),
    (PENALTIES, "fine_least = 5\n", "", "penalty[0].fine_most"),
    (PROOFS, 'code = "certificate"', 'code = "contract"', "proof[1].code"),
    (REGISTER, 'level = "enterprise"', 'level = "county"', "parameter[0].level"),
    (REGISTER, 'acquisitions = ["filled"]', 'acquisitions = ["felt"]', "parameter[0].acquisitions"),
    (REGISTER, 'acquisitions = ["filled"]', "acquisitions = []", "parameter[0].acquisitions"),
    (REGISTER, 'code = "ent_uscc"', 'code = "ent_name"', "parameter[1].code"),
    (REGISTER, 'meters = ["solid", "liquid", "gas"]', 'meters = ["dust"]', "parameter[40].meters"),
    (GWP, 'name = "甲烷"', 'name = "二氧化碳"', "gas[1].aliases"),
    (GWP, "value = 28\n", "value = -28\n", "gas[1].value"),
    (GWP, 'code = "N2O"', 'code = "CH4"', "gas[2].code"),
    (GRID, "value = 0.5810", "value = -0.5810", "factor[1].value"),
    (GRID, "year = 2021", "year = 2015", "factor[1].area"),
    (OTHER, 'kind = "sector"', 'kind = "village"', "mcf[7].kind"),
    (OTHER, "value = 0.3\n", "value = 3\n", "mcf[2].value"),
    (OTHER, 'code = "tobacco"', 'code = "paper"', "mcf[9].code"),
    (OTHER, "[alternative.fuel]", "[alternative.heat]", "alternative.heat.method"),
    (OTHER, "[alternative.fuel]", "[alternative.clinker]", "alternative.clinker.method"),
    (OTHER, "[formula.electricity]", "[formula.electric]", "formula.electric.method"),
    (
        OTHER,
        "[constant.co2_recovery.density]",
        "[constant.co2_recovery.mass]",
        "constant.co2_recovery.density",
    ),
    (OTHER, 'aliases = ["煤油"]', 'aliases = ["Diesel"]', "fuel"),
]


@pytest.mark.parametrize(("pack", "old", "new", "key"), WRONG)
def test_a_wrong_pack_is_refused(tmp_path: Path, pack: tuple[str, str], old: str, new: str, key: str) -> None:
    family, name = pack
    shutil.copytree(DATA / family, tmp_path / family)
    file = tmp_path / family / f"{name}.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PackError) as refused:
        read_entries(family, name, data=tmp_path)
    assert refused.value.path == key
    assert f"{family}/{name}.toml" in str(refused.value)


def test_an_alternative_needs_the_formula_that_it_stands_in_for(tmp_path: Path) -> None:
    shutil.copytree(DATA / "guidelines", tmp_path / "guidelines")
    file = tmp_path / "guidelines" / "CETS-AG-02.01-V01-2024.toml"
    text = file.read_text("utf-8").replace("[alternative.clinker]", "[alternative.electricity]")
    file.write_text(text.replace('"clinker-oxides"', '"grid-market"'), "utf-8")
    with pytest.raises(PackError) as refused:
        read_entries("guidelines", "CETS-AG-02.01-V01-2024", data=tmp_path)
    assert refused.value.path == "alternative.electricity"


def test_a_source_may_say_when_it_holds(tmp_path: Path) -> None:
    shutil.copytree(DATA / "grid", tmp_path / "grid")
    file = tmp_path / "grid" / "mee-ets.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("[source.y2021]", "[source.y2021]\nvalid_from = 2022-01-01"), "utf-8")
    held = {entry.code: entry for entry in read_entries("grid", "mee-ets", data=tmp_path)}
    assert str(held["2021 全国"].valid_from) == "2022-01-01"
    assert held["2022 全国"].valid_from is None


def test_a_value_holds_as_long_as_its_guideline() -> None:
    entries = read_entries("guidelines", "CETS-AG-01.01-V04-2026")
    assert {str(entry.valid_from) for entry in entries} == {"2026-01-01"}
