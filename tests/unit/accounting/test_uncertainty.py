"""Monte Carlo: repeatable, unbiased where it must be, and quiet where nothing is uncertain."""

from decimal import Decimal
from typing import Any

import pytest

from portal.accounting.footprint import footprint
from portal.accounting.footprint_result import Uncertainty
from tests.unit.accounting.months import flow, process, system

RUNS = 4000


def simulated(spread: dict[str, str] | None, *, seed: int = 7, runs: int = RUNS) -> Uncertainty:
    emission: dict[str, Any] = {"gas": "CO2", "amount": "10", "unit": "kg"}
    if spread is not None:
        emission["uncertainty"] = spread
    payload = system(process("a", emissions=[emission]), uncertainty={"runs": runs, "seed": str(seed)})
    found = footprint(payload).uncertainty
    assert found is not None
    return found


def test_the_same_seed_gives_the_same_figures_and_another_gives_others() -> None:
    spread = {"distribution": "lognormal", "gsd": "1.3"}
    assert simulated(spread, runs=200) == simulated(spread, runs=200)
    assert simulated(spread, seed=8, runs=200).mean != simulated(spread, runs=200).mean


@pytest.mark.parametrize(
    "spread", [None, {"distribution": "lognormal", "gsd": "1"}, {"distribution": "normal", "sd": "0"}]
)
def test_without_uncertainty_every_run_gives_the_footprint(spread: dict[str, str] | None) -> None:
    found = simulated(spread, runs=50)
    assert found.mean == 10
    assert found.deviation == 0
    assert set(found.percentiles.values()) == {Decimal(10)}


# mean, standard deviation and 97.5 % point of each distribution around 10, from its textbook formula:
# lognormal: median 10, mean 10·exp(ln²1.2 / 2) = 10.1676, sd = mean·√(exp(ln²1.2) − 1) = 1.8692,
#   97.5 % 10·1.2^1.96 = 14.295; normal: 10, 2, 13.92; uniform 6…12: 9, 6/√12 = 1.7321, 11.85;
#   triangular 6, 10, 12: mean 28/3 = 9.3333, sd √((36+100+144−60−72−120)/18) = 1.2472,
#   97.5 % 12 − √(0.025·6·2) = 11.452
@pytest.mark.parametrize(
    ("spread", "mean", "deviation", "high"),
    [
        ({"distribution": "lognormal", "gsd": "1.2"}, 10.1676, 1.8692, 14.295),
        ({"distribution": "normal", "sd": "2"}, 10, 2, 13.92),
        ({"distribution": "uniform", "low": "6", "high": "12"}, 9, 1.7321, 11.85),
        ({"distribution": "triangular", "low": "6", "high": "12"}, 9.3333, 1.2472, 11.452),
    ],
)
def test_draws_have_the_moments_of_their_distribution(
    spread: dict[str, str], mean: float, deviation: float, high: float
) -> None:
    found = simulated(spread)
    assert float(found.mean) == pytest.approx(mean, rel=0.01)
    assert float(found.deviation) == pytest.approx(deviation, rel=0.05)
    assert float(found.percentiles["97.5"]) == pytest.approx(high, rel=0.02)


def test_uncertain_inputs_go_through_a_loop() -> None:
    uncertain = {**flow("b", "0.5"), "uncertainty": {"distribution": "uniform", "low": "0.4", "high": "0.6"}}
    payload = system(
        process("a", inputs=[uncertain]),
        process("b", inputs=[flow("a", "0.5")]),
        process("nobody needs it", inputs=[flow("nobody needs it")]),
        uncertainty={"runs": 2000, "seed": 1},
    )
    found = footprint(payload)
    assert found.uncertainty is not None
    # (1 + x) / (1 − x/2): 1.75 at 0.4, 2.285714 at 0.6
    low, high = (float(found.uncertainty.percentiles[key]) for key in ("2.5", "97.5"))
    assert 1.75 < low < 1.78
    assert 2.25 < high < 2.2858
    assert float(found.uncertainty.mean) == pytest.approx(float(found.total), rel=0.01)


def test_draws_without_a_solution_are_counted_and_left_out() -> None:
    uncertain = {**flow("b", "0.9"), "uncertainty": {"distribution": "uniform", "low": "0.8", "high": "1.2"}}
    payload = system(
        process("a", inputs=[uncertain]),
        process("b", inputs=[flow("a")]),
        uncertainty={"runs": 400, "seed": 1},
    )
    found = footprint(payload).uncertainty
    assert found is not None
    assert 120 < found.failed < 280
    assert found.mean > 0


def test_a_factor_may_be_uncertain_and_nothing_is_negative() -> None:
    factor = {"kgco2e": "1", "per": "kg", "uncertainty": {"distribution": "normal", "sd": "3"}}
    payload = system(process("a", emissions=[], factor=factor), uncertainty={"runs": 500, "seed": 1})
    found = footprint(payload).uncertainty
    assert found is not None
    assert found.percentiles["2.5"] == 0


def test_a_simulation_is_printed_as_text() -> None:
    printed = simulated({"distribution": "normal", "sd": "1"}, runs=20).as_json()
    assert printed["runs"] == 20
    assert printed["seed"] == "7"
    assert isinstance(printed["mean"], str)
    assert all(isinstance(value, str) for value in printed["percentiles"].values())
