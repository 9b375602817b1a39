"""The reduction report: two footprints of the engine beside each other, or a refusal with its reason."""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.footprint import footprint
from portal.accounting.product_system import Goal, resolve
from portal.domain.errors import Invalid
from portal.dossiers.reduction_product import assemble, facts
from portal.dossiers.source import Source
from portal.services.demo_dossiers import demo_answers
from portal.services.demo_products import example_products
from reports.document import load_sample
from reports.pdf import render_pdf
from tests.factories.dossiers import steel_source, with_answers
from tests.unit.reports.conftest import page_texts

ANSWERS = demo_answers("reduction_product", "battery", day=date(2026, 11, 22))
PRODUCT = {
    "name": "示例电池包",
    "model": "LFP-60",
    "unit": "kWh",
    "unit_amount": "1",
    "unit_words": "使用寿命内提供的 1 kWh 总能量",
}
Change = Callable[[dict[str, Any]], object]


def side(which: int, change: Change = lambda payload: None, runs: int = 0, **more: Any) -> dict[str, Any]:
    """A footprint report of the example battery: 0 the year before, 1 the newest; not simulated."""
    system = example_products("battery")[0]["systems"][which]
    goal = Goal("示例电池包", Decimal(1), "kWh", "摇篮到坟墓", "示例规则")
    payload = deepcopy(dict(resolve({**system, "runs": str(runs or "")}, goal, (), {}).payload))
    change(payload)
    told = {
        "first_month": f"{2024 + which}-11",
        "last_month": f"{2025 + which}-10",
        "product": PRODUCT,
        "payload": payload,
        "result": footprint(payload).as_json(),
    }
    return {
        "number": f"HZ-CFP-{2025 + which}-0007-E1",
        "valid": True,
        "valid_until": date(2028, 11, 9),
        "content_sha256": str(which) * 64,
        "footprint": told,
    } | more


def source_of(*bases: dict[str, Any]) -> Source:
    source = steel_source("reduction_product", subject="示例电池包", answers=ANSWERS)
    return replace(source, extras={"bases": bases}, number="HZ-CRP-P0001-E1")


@pytest.fixture(scope="module")
def source() -> Source:
    return source_of(side(1, runs=100), side(0, runs=100))


def totals(source: Source) -> tuple[Decimal, Decimal]:
    earlier, later = sorted(source.extras["bases"], key=lambda base: base["number"])
    return tuple(Decimal(base["footprint"]["result"]["total_kgco2e"]) for base in (earlier, later))  # type: ignore[return-value]  # two of two


def refusal(*bases: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as refused:
        assemble(source_of(*bases))
    assert refused.value.path == "bases"
    return str(refused.value)


def tables(data: Any) -> dict[str, list[list[str]]]:
    return {
        block["caption"]: block["rows"]
        for chapter in data["chapters"]
        for part in chapter["sections"]
        for block in part["blocks"]
        if block["kind"] == "table"
    }


def test_the_earlier_footprint_is_the_baseline_and_the_figures_are_the_engines(source: Source) -> None:
    base, reporting = totals(source)
    assert base > reporting
    found = {figure.key: figure.value for figure in assemble(source).figures}
    assert (found["base"], found["reporting"]) == (base, reporting)
    assert found["reduction"] == base - reporting
    assert abs(found["rate"] - (base - reporting) / base * 100) < Decimal("1e-20")


def test_the_stages_add_up_to_what_is_printed_as_their_sum(source: Source) -> None:
    data = assemble(source).data
    stages = tables(data)["按生命周期阶段的变化"]
    printed = [[Decimal(cell.replace("−", "-")) for cell in row[1:]] for row in stages]
    for column in range(3):
        parts, total = sum(row[column] for row in printed[:-1]), printed[-1][column]
        assert abs(parts - total) <= len(stages) * Decimal(5).scaleb(total.as_tuple().exponent - 1)  # type: ignore[operator]  # printed figures are finite


def test_what_measures_do_not_explain_is_shown_apart(source: Source) -> None:
    base, reporting = totals(source)
    told = str(assemble(source).data["chapters"][3])
    assert f"'未归因到措施', '{base - reporting - Decimal('0.00323512'):.7f} " in told


def test_two_simulations_apart_are_judged_significant_and_near_ones_are_not(source: Source) -> None:
    def wide(payload: dict[str, Any]) -> None:
        for process in payload["processes"]:
            if "factor" in process:
                process["factor"]["uncertainty"] = {"distribution": "lognormal", "gsd": "3"}

    doubtful = [side(which, wide, runs=100) for which in (0, 1)]
    assert "不能判定为有意义" in str(assemble(source_of(*doubtful)).data)
    assert "未作判定" in str(assemble(source_of(side(0), doubtful[1])).data)
    narrow = [
        side(which, lambda payload: [_still(process) for process in payload["processes"]], runs=100)
        for which in (0, 1)
    ]
    assert "判定为有意义" in str(assemble(source_of(*narrow)).data)


def _still(process: dict[str, Any]) -> None:
    process.get("factor", {}).pop("uncertainty", None)
    for row in process.get("inputs", ()):
        row.pop("uncertainty", None)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda p: p.update(boundary="摇篮到大门"), "系统边界"),
        (lambda p: p.update(boundary=""), "系统边界"),
        (lambda p: p.update(rules="另一规则"), "核算规则"),
        (lambda p: p.update(gwp="AR5"), "全球增温潜势"),
        (lambda p: p["functional_unit"].update(amount="2"), "功能单位"),
    ],
    ids=["boundary", "no boundary", "rules", "potentials", "unit"],
)
def test_what_was_made_otherwise_is_refused_with_the_reason(change: Change, word: str) -> None:
    assert f"不可比，以下不一致：{word}" in refusal(side(0, change), side(1))


def test_another_product_is_refused() -> None:
    other = side(0)
    other["footprint"]["result"]["functional_unit"]["product"] = "另一产品"
    assert "产品" in refusal(other, side(1))


def test_another_version_of_a_factor_is_refused_with_both_versions() -> None:
    def older(payload: dict[str, Any]) -> None:
        for process in payload["processes"]:
            if "grid" in process.get("factor", {}):
                process["factor"]["grid"]["year"] = 2023

    words = refusal(side(0, older), side(1))
    assert "背景因子版本" in words
    assert "（电力碳足迹因子 2023 全国） / " in words
    assert "（电力碳足迹因子 2024 全国）" in words


def test_a_factor_is_compared_by_its_name_wherever_it_stands() -> None:
    def moved(payload: dict[str, Any]) -> None:
        for process in payload["processes"]:
            if process["name"] == "其余部件":
                process["factor"]["kgco2e"] = "5.30"
            for row in (process["output"], *process.get("inputs", ())):
                row["product"] = row["product"].replace("P1.4", "P1.9")

    assert "其余部件 5.30 kgCO2e/kg" in refusal(side(0, moved), side(1))


def test_a_typed_factor_that_changed_is_refused_and_its_spread_does_not_matter() -> None:
    def dearer(payload: dict[str, Any]) -> None:
        payload["processes"][1]["factor"]["kgco2e"] = "6.50"

    assert "6.50 kgCO2e/kg" in refusal(side(0, dearer), side(1))
    assert assemble(source_of(side(0, lambda p: [_still(process) for process in p["processes"]]), side(1)))


def test_a_reduction_needs_two_periods_and_a_lower_figure() -> None:
    assert "现在选了 0 份" in refusal()
    assert "现在选了 1 份" in refusal(side(0))
    assert "同一期" in refusal(side(1), side(1))
    assert "没有可比较的产品碳足迹数据" in refusal(side(0, footprint=None), side(1))
    later = side(0)
    later["footprint"] |= {"first_month": "2026-11", "last_month": "2027-10"}
    assert "没有低于基准期" in refusal(later, side(1))


def test_the_content_check_is_told_what_it_asks_for(source: Source) -> None:
    base, reporting = totals(source)
    said = facts(source)
    assert said["comparable"] is True
    assert said["base_valid"] is True
    assert said["reduced"] == base - reporting
    assert said["measures"] == 1
    assert 0 < said["primary_share"] <= 1
    assert facts(source_of(side(0, valid=False), side(1)))["base_valid"] is False
    differing = facts(source_of(side(0, lambda p: p.update(rules="另一规则")), side(1)))
    assert (differing["comparable"], differing["reduced"]) == (False, None)
    assert facts(source_of())["comparable"] is None


def test_a_wrong_answer_is_refused_at_its_place(source: Source) -> None:
    row = {**source.rows("measures")[0], "reduction": "很多"}
    with pytest.raises(Invalid) as refused:
        assemble(with_answers(source, measures=(row,)))
    assert refused.value.path == "measures[0].reduction"


def test_every_figure_stands_in_the_pdfs_text_to_the_last_digit(source: Source, font_cache: Path) -> None:
    contents = assemble(source)
    stamp = load_sample("reduction_product")["document"]
    pdf = render_pdf("reduction_product", {"document": stamp, **contents.data}, font_cache=font_cache)
    text = re.sub(r"\s+", "", "".join(page_texts(pdf)))
    values = {figure.key: figure.value for figure in contents.figures}
    for key in ("base", "reporting", "reduction"):
        assert f"{values[key].normalize():f}" in text
    assert f"{values['rate']:.2f}%" in text
    for rows in tables(contents.data).values():
        for cell in (cell for row in rows for cell in row if re.fullmatch(r"−?[\d,]+(\.\d+)?", cell)):
            assert cell in text
    for base in source.extras["bases"]:
        assert base["content_sha256"] in text
        assert base["number"] in text
