"""A wrong pack is refused with its file and the key at fault."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.domain.errors import PackError
from portal.reference.factors import load_grid, load_gwp
from portal.reference.guidelines import read_guideline
from portal.reference.loader import DATA, open_pack

STEEL = "CETS-AG-03.01-V01-2024"
OTHER = "industry-other-2015"


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of a guideline pack with one text in it replaced."""

    def spoil(name: str, old: str, new: str) -> Path:
        text = (DATA / "guidelines" / f"{name}.toml").read_text(encoding="utf-8")
        assert old in text
        folder = tmp_path / "guidelines"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return spoil


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        (STEEL, 'id = "CETS-AG-03.01-V01-2024"', 'id = "other"', "id"),
        (STEEL, 'title = "企业', 'titel = "企业', "title"),
        (STEEL, 'emission_unit = "tCO2"', 'emission_unit = "kg"', "emission_unit"),
        (STEEL, "line = 2", 'line = "2"', "rounding.line"),
        (STEEL, "line = 2", "lines = 2", "rounding.line"),
        (STEEL, "carbon_content = 0.02749", 'carbon_content = "0.02749"', "fuel[0].carbon_content"),
        (STEEL, "carbon_content = 0.02749", "carbon_content = -1", "fuel[0].carbon_content"),
        (STEEL, "carbon_content = 0.02749", "carbon_content = nan", "fuel[0].carbon_content"),
        (STEEL, "carbon_content = 0.02749", "carbon_contents = 0.02749", "fuel[0].carbon_contents"),
        (STEEL, 'unit = "t"', 'unit = "ton"', "fuel[0].unit"),
        (STEEL, 'state = "solid"', 'state = "dust"', "fuel[0].state"),
        (STEEL, 'name = "无烟煤"', 'name = ""', "fuel[0].name"),
        (STEEL, 'name = "无烟煤"', 'name = "烟煤"', "fuel"),
        (STEEL, 'source = "fuels"', 'source = "hearsay"', "fuel[0].source"),
        (STEEL, 'confidence = "official"', 'confidence = "sure"', "formula.fuel.confidence"),
        (STEEL, 'method = "heat-value"', 'method = "guess"', "formula.fuel.method"),
        (STEEL, "[formula.fuel]", "[formula.fuels]", "formula.fuels.method"),
        (STEEL, "gaps = []", "gaps = [1]", "gaps"),
        (STEEL, "gaps = []", "gaps = []\nvalid_from = 2024", "valid_from"),
        (OTHER, "[constant.heat.emission_factor]", "[constant.heat.factor]", "constant.heat.emission_factor"),
        (OTHER, "[constant.wastewater.bo]", "[constant.water.bo]", "constant.wastewater.bo"),
    ],
)
def test_a_wrong_pack_is_refused_with_file_and_key(
    spoiled: Callable[[str, str, str], Path], name: str, old: str, new: str, key: str
) -> None:
    with pytest.raises(PackError) as refused:
        read_guideline(name, data=spoiled(name, old, new))
    assert refused.value.path == key
    assert f"guidelines/{name}.toml" in str(refused.value)
    assert key in str(refused.value)


def test_what_is_not_toml_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "guidelines").mkdir()
    (tmp_path / "guidelines" / "x.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(PackError, match=r"guidelines/x\.toml"):
        open_pack("guidelines", "x", data=tmp_path)


@pytest.mark.parametrize("name", ["nothing", "../gwp/AR5", ""])
def test_a_pack_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(PackError):
        open_pack("guidelines", name)
    with pytest.raises(PackError):
        load_grid(name)
    with pytest.raises(PackError):
        load_gwp(name)
