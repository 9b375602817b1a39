"""The list of all packs, their check, and what moved between two of them."""

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.accounting.calculation import calculate_under
from portal.domain.errors import NotFound
from portal.reference.command import packs
from portal.reference.entries import READERS
from portal.reference.guidelines import METHODS, list_guidelines, load_guideline, read_guideline
from portal.reference.loader import DATA
from portal.reference.packs import FAMILIES, check_packs, moved, pack_ids


def run(*arguments: str) -> Result:
    return CliRunner().invoke(packs, list(arguments))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a few packs, to be spoiled."""
    for family in ("gwp", "grid", "tax"):
        shutil.copytree(DATA / family, tmp_path / family)
    return tmp_path


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def test_every_built_in_pack_is_right() -> None:
    states = check_packs()
    assert [state for state in states if state.error] == []
    assert {state.family for state in states} >= set(FAMILIES)


def test_every_data_file_is_checked() -> None:
    held = {(state.family, state.id) for state in check_packs()}
    assert held == {(path.parent.name, path.stem) for path in DATA.glob("*/*.toml")}


def test_no_guideline_counts_what_the_contract_does_not_name() -> None:
    for name in list_guidelines():
        assert load_guideline(name).formulas.keys() <= METHODS.keys()


def test_the_list_counts_the_values_of_each_pack_by_confidence() -> None:
    printed = run("list")
    assert printed.exit_code == 0
    assert "核算指南" in printed.output
    told = json.loads(run("list", "--json").output)
    steel = next(pack for pack in told if pack["family"] == "guidelines" and "03.01" in pack["id"])
    assert steel["entries"] == {"official": steel["entries"]["official"], "transcribed": 0, "unverified": 0}
    assert [(pack["family"], pack["id"]) for pack in told] == [
        place for place in pack_ids() if place[0] in READERS
    ]


def test_a_pack_is_shown_with_units_sources_and_gaps() -> None:
    shown = run("show", "guidelines/CETS-AG-02.01-V01-2024").output
    assert "constant/clinker/emission_factor" in shown
    assert "0.535" in shown
    assert "未核实" in shown
    assert "缺口 · gap：" in shown
    told = json.loads(run("show", "AR6", "--json").output)
    methane = next(entry for entry in told["gwp"] if entry["key"] == "gas/CH4/gwp100")
    assert (methane["value"], methane["unit"], methane["confidence"]) == ("27.9", "kgCO2e/kg", "official")


def test_a_right_folder_passes_the_check_and_a_wrong_one_does_not(copy: Path) -> None:
    assert run("check", "--data", str(copy)).exit_code == 0
    spoil(copy, "tax/environmental-tax.toml", "air = 3", 'air = "three"')
    failed = run("check", "--data", str(copy))
    assert failed.exit_code == 1
    assert "tax/environmental-tax.toml" in failed.output
    assert "counted.air" in failed.output
    assert "1 个有误" in failed.output


def test_the_difference_names_old_and_new_value_unit_and_source(copy: Path) -> None:
    shutil.copy(copy / "gwp/AR6.toml", copy / "gwp/AR7.toml")
    spoil(copy, "gwp/AR7.toml", 'id = "AR6"', 'id = "AR7"')
    spoil(copy, "gwp/AR7.toml", "value = 27.9", "value = 28.5")
    spoil(copy, "gwp/AR7.toml", 'code = "N2O"', 'code = "N2O-new"')
    moves = moved("AR6", "AR7", copy)
    assert [move.key for move in moves] == ["gas/CH4/gwp100", "gas/N2O/gwp100", "gas/N2O-new/gwp100"]
    assert moves[0].old is not None
    assert moves[0].old.amount == Decimal("27.9")
    assert moves[1].new is None
    printed = run("diff", "AR6", "AR7", "--data", str(copy)).output
    assert "27.9 → 28.5" in printed
    assert "kgCO2e/kg" in printed
    assert "变动 1，删去 1，新增 1" in printed


def test_a_new_version_leaves_the_old_one_and_its_results_as_they_were(tmp_path: Path) -> None:
    shutil.copytree(DATA / "guidelines", tmp_path / "guidelines")
    file = tmp_path / "guidelines/industry-2013.toml"
    before = read_guideline("industry-2013", data=tmp_path)
    text = file.read_text("utf-8").replace('id = "industry-2013"', 'id = "industry-2013-2"')
    (tmp_path / "guidelines/industry-2013-2.toml").write_text(
        text.replace("net_calorific_value = 20.304", "net_calorific_value = 21"), "utf-8"
    )
    coal = {"id": "a", "category": "fuel", "item": "无烟煤", "amount": "1000", "unit": "t"}
    month = {"guideline": "industry-2013", "activities": [coal]}
    after = read_guideline("industry-2013", data=tmp_path)
    assert after.sha256 == before.sha256
    # 1000 × 20.304 × 0.02749 × 0.94 × 44/12 = 1923.78; with 21 in its place 1989.73
    assert calculate_under(after, month).total == Decimal("1923.78")
    newer = read_guideline("industry-2013-2", data=tmp_path)
    assert calculate_under(newer, month).total == Decimal("1989.73")
    assert [move.key for move in moved("industry-2013", "industry-2013-2", tmp_path)] == [
        "fuel/anthracite/net_calorific_value"
    ]


def test_a_pack_does_not_differ_from_itself() -> None:
    assert moved("industry-2013", "industry-2013") == ()
    assert "nothing moved" in run("diff", "AR5", "AR5").output


def test_packs_of_two_kinds_are_not_compared() -> None:
    with pytest.raises(NotFound):
        moved("AR5", "mee-average")
    refused = run("diff", "AR5", "nothing")
    assert refused.exit_code == 1
    assert "nothing" in refused.output


def test_figures_written_with_more_noughts_are_the_same(copy: Path) -> None:
    shutil.copy(copy / "gwp/AR6.toml", copy / "gwp/AR7.toml")
    spoil(copy, "gwp/AR7.toml", 'id = "AR6"', 'id = "AR7"')
    spoil(copy, "gwp/AR7.toml", "value = 27.9", "value = 27.900")
    assert moved("AR6", "AR7", copy) == ()
