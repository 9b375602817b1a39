"""Every golden case: its input through the command, its answer compared to the last digit."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.command import run_calculate, run_footprint
from portal.reference.guidelines import list_guidelines, load_guideline

CASES = sorted((Path(__file__).parents[2] / "cases" / "calculations").glob("*.json"))
COMMANDS = {"calculate": run_calculate, "footprint": run_footprint}


def assert_holds(expected: Any, got: Any, path: str = "") -> None:
    """Named keys only; numbers given as text are compared as decimals."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if key != "note":
                assert key in got, f"{path}.{key} is missing"
                assert_holds(value, got[key], f"{path}.{key}")
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        by_id = {entry["id"]: entry for entry in got}
        for value in expected:
            assert_holds(value, by_id[value["id"]], f"{path}[{value['id']}]")
    elif isinstance(expected, str) and _is_decimal(expected):
        assert Decimal(got) == Decimal(expected), path
    else:
        assert got == expected, path


def _is_decimal(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_gives_its_known_answer(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    printed, code = COMMANDS[case["command"]](json.dumps(case["input"]))
    assert code == 0, printed
    assert_holds(case["expected"], json.loads(printed))


def test_every_formula_of_every_guideline_has_a_case_with_its_arithmetic() -> None:
    shown = set()
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        if case["command"] == "calculate" and "activities" in case["input"]:
            assert case.get("arithmetic") or case["source"] != "computed by hand", path.stem
            shown |= {(line.category, line.method) for line in calculate(case["input"]).lines}
    wanted = set()
    for guideline in map(load_guideline, list_guidelines()):
        for formulas in (guideline.formulas, guideline.alternatives):
            wanted |= {(category, formula.method) for category, formula in formulas.items()}
    assert wanted <= shown
