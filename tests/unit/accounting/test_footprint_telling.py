"""A footprint told so that a person can check it with a pencil."""

import json
from pathlib import Path

import pytest

from portal.accounting.command import run_explain
from portal.accounting.footprint import footprint
from tests.unit.accounting.months import flow, process, system
from tests.unit.accounting.worked import cases

FOOTPRINTS = [path for path in cases("calculations") if path.stem.startswith("footprint-")]


@pytest.mark.parametrize("path", FOOTPRINTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_worked_footprint_can_be_told(path: Path, language: str) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    text, code = run_explain(json.dumps(case["input"]), language)
    assert code == 0
    assert "kgCO2e" in text
    for name, runs in footprint(case["input"]).scaling.items():
        assert (f"\n{name} [" in text) == (runs > 0)


def test_a_loop_is_told_with_who_takes_what() -> None:
    payload = system(
        process("a", inputs=[flow("b", "500", "g")], stage="make"),
        process("b", inputs=[flow("a", "0.4")], emissions=[{"gas": "CH4", "amount": "20", "unit": "g"}]),
        process("idle"),
    )
    text, _ = run_explain(json.dumps(payload), "en")
    # a = 1 + 0.4 b and b = 0.5 a, so a = 1.25 and b = 0.625
    assert "For: 1 (the functional unit) + 0.625 × 0.4 (b)" in text
    assert "Makes: 0.625 kg b" in text
    assert "For: 1.25 × 0.5 (a)" in text
    assert "Lets out: 0.625 × (0.02 kg CH4 × 27.9) = 0.34875 kgCO2e" in text
    assert "Total: 1.25 + 0.34875 = 1.59875 kgCO2e" in text
    assert "idle [" not in text


def test_what_is_left_out_shared_and_taken_in_is_told() -> None:
    basis = {"method": "mass", "basis": [flow("a", "1"), flow("b", "3")]}
    emissions = [
        {"gas": "CO2", "amount": "4", "unit": "kg", "source": "meter 7"},
        {"gas": "CO2", "amount": "2", "unit": "kg", "origin": "biogenic_uptake"},
    ]
    payload = system(
        process("a", allocation=basis, emissions=emissions),
        boundary="gate",
        cut_offs=[{"what": "labels", "reason": "light"}],
    )
    text, _ = run_explain(json.dumps(payload), "en")
    for told in (
        "Boundary: gate",
        "Allocation: by mass 0.001 ÷ (a 0.001 + b 0.003) t = 0.25",
        "Takes in (not in the total): 0.25 × (2 kg CO2 × 1)",
        "Source: meter 7",
        "Less biogenic uptake: 0.5 kgCO2e",
        "Left out: labels (light)",
    ):
        assert told in text, told


def test_a_faulty_system_is_refused_as_by_the_command() -> None:
    text, code = run_explain(json.dumps(system(process("b"))), "en")
    assert code == 2
    assert json.loads(text)["error"]["code"] == "no_maker"
