"""A product system as people enter it: references resolved, faults told at their place."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from portal.accounting.footprint import footprint
from portal.accounting.footprint_stored import stored_footprint
from portal.accounting.product_rows import SupplierFactor
from portal.accounting.product_system import resolve
from portal.domain.errors import DomainError, InputError, Invalid
from tests.factories.products import example_footprint, example_months, example_system, goal_of, resolved


@pytest.fixture
def system() -> dict[str, Any]:
    """The fabric's system, fed by twelve months."""
    return example_system("dyeing")


def _worked(system: dict[str, Any]) -> Decimal:
    return footprint(resolved("dyeing", system | {"runs": ""}).payload).total


def _wrong(system: dict[str, Any]) -> DomainError:
    """What is refused, its path being one of the system as it was entered."""
    try:
        made = resolved("dyeing", system)
    except DomainError as error:
        return error
    with pytest.raises(InputError) as refused:
        footprint(made.payload)
    refused.value.path = made.place_of(refused.value.path)
    return refused.value


def test_the_fabric_is_what_a_pencil_finds(system: dict[str, Any]) -> None:
    months = example_months()
    made, share = Decimal(3441000), Decimal(3441) / Decimal(11470)
    power = sum((month.filed().inputs["electricity"][0] for month in months), Decimal(0))
    steam = sum((month.filed().inputs["steam"][0] for month in months), Decimal(0))
    gas = sum((month.cells["S-01.amount"][0] for month in months), Decimal(0))
    own = sum((month.filed().emissions["CO2"] for month in months), Decimal(0))
    dyeing = (
        power * 1000 * Decimal("0.5777") + steam * 311 + gas * 3900 + (own + Decimal("73.6")) * 1000
    ) * share
    cloth = Decimal("1.03") * (
        Decimal("1.12") * Decimal("0.5777") + Decimal("0.31") * Decimal("0.0520")
        + Decimal("1.04") * (Decimal("0.965") * Decimal("1.38") + Decimal("0.035") * Decimal("6.12")
                             + Decimal("0.186") * Decimal("0.083"))
    )  # fmt: skip
    finish = Decimal("0.045") * Decimal("2.95") + Decimal("0.032") * Decimal("2.08")
    assert abs(_worked(system) - (dyeing / made + cloth + finish)) < Decimal("1e-20")


def test_every_month_keeps_its_version_at_its_figure(system: dict[str, Any]) -> None:
    process = next(one for one in resolved("dyeing", system).payload["processes"] if one["id"] == "P4")
    assert [entry["source"] for entry in process["inputs"][:2]] == [
        "2026-01 v1 HZ-2026-01-000001",
        "2026-02 v1 HZ-2026-02-000002",
    ]
    assert len({entry["source"] for entry in process["emissions"]}) == 13


def test_marks_are_turned_for_the_engine_and_kept_for_people(system: dict[str, Any]) -> None:
    made = resolved("dyeing", system)
    assert made.payload["processes"][0]["quality"]["technological"] == "2"
    assert made.flows[0]["marks"]["technological"] == "4"


def test_a_supplier_footprint_counts_for_its_own_amount(system: dict[str, Any]) -> None:
    row = system["processes"][0]["inputs"][0]
    row.clear()
    row |= {"name": "长丝", "amount": "0.965", "unit": "kg", "from": "supplier", "supplier": "7"}
    supplier = SupplierFactor(Decimal("2.76"), Decimal(2), "kg", "示例供应商")
    made = resolve(system | {"runs": ""}, goal_of("dyeing"), example_months(), {7: supplier})
    assert footprint(made.payload).total == _worked(example_system("dyeing"))
    with pytest.raises(Invalid) as refused:
        resolve(system, goal_of("dyeing"), example_months(), {})
    assert refused.value.path == "processes[0].inputs[0].supplier"


def _input(process: int, row: int, **changes: str) -> Any:
    """A change of one input."""

    def change(system: dict[str, Any]) -> None:
        system["processes"][process]["inputs"][row].update(changes)

    return change


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_input(0, 1, unit="公里"), "processes[0].inputs[1].unit"),
        (_input(0, 1, amount=""), "processes[0].inputs[1].amount"),
        (_input(0, 1, amount="-1"), "processes[0].inputs[1].amount"),
        (_input(0, 1, factor="x"), "processes[0].inputs[1].factor"),
        (_input(0, 1, factor_source=""), "processes[0].inputs[1].factor_source"),
        (_input(1, 0, maker="P9"), "processes[1].inputs[0].maker"),
        (_input(2, 1, grid=""), "processes[2].inputs[1].grid"),
        (_input(3, 2, month="S-88.amount"), "processes[3].inputs[2].month"),
        (lambda s: s["processes"][3]["inputs"].pop(1), "processes[3].inputs"),
        (lambda s: s["processes"][3].update(own="99999"), "processes[3].own"),
        (lambda s: s["processes"][3].update(whole=""), "processes[3].whole"),
        (lambda s: s["processes"][4].update(output_amount="0"), "processes[4].output_amount"),
        (lambda s: s["processes"][4]["marks"].update(temporal="6"), "processes[4].marks"),
        (lambda s: s.update(goal="P9"), "goal"),
        (lambda s: s.update(processes=[]), "processes"),
    ],
)
def test_a_fault_names_its_place(system: dict[str, Any], change: Any, path: str) -> None:
    change(system)
    assert _wrong(system).path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_input(1, 0, unit="kWh"), "processes[1].inputs[0].unit"),
        (_input(0, 1, gsd="0.5"), "processes[0].inputs[1].factor.uncertainty.gsd"),
        (_input(2, 1, grid="mee-footprint/1999/全国"), "processes[2].inputs[1].factor.grid.year"),
        (_input(2, 1, grid="mee-average/2023/浙江"), "processes[2].inputs[1].factor.grid.family"),
        (lambda s: s["processes"][3]["emissions"][0].update(gas="xx"), "processes[3].emissions[0].gas"),
    ],
)
def test_a_fault_that_the_engine_finds_is_told_where_it_was_entered(
    system: dict[str, Any], change: Any, path: str
) -> None:
    change(system)
    assert _wrong(system).path == path


def test_a_loop_that_eats_what_it_makes_has_no_solution(system: dict[str, Any]) -> None:
    loop = {"name": "回用", "amount": "5", "unit": "kg", "from": "process", "maker": "P5"}
    system["processes"][0]["inputs"].append(loop)
    assert _wrong(system).code == "unsolvable"


def test_without_months_nothing_that_needs_them_is_worked_out(system: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        resolve(system, goal_of("dyeing"), (), {})


def test_resolving_changes_nothing_of_the_system(system: dict[str, Any]) -> None:
    before = copy.deepcopy(system)
    resolved("dyeing", system)
    assert system == before


def test_a_stored_result_is_read_back_to_the_last_digit() -> None:
    printed = example_footprint("dyeing")["result"]
    again = stored_footprint(printed).as_json()
    assert {key: value for key, value in again.items() if key != "allocations"} == {
        key: value for key, value in printed.items() if key != "allocations"
    }
    assert again["allocations"]["P4"]["basis"] == printed["allocations"]["P4"]["basis"]
