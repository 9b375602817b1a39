"""The neutrality report: one base document, what remains of it, what was cancelled, each with its reason."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from checklists.engine import run
from checklists.loader import load_pack
from portal.domain.errors import Invalid
from portal.dossiers import carbon_management, emission_report
from portal.dossiers.carbon_neutrality import assemble, facts
from portal.dossiers.source import Contents, Figure, Source
from reports.document import load_sample
from reports.filters import number
from tests.factories.dossiers import dyeing_source, with_answers
from tests.factories.neutrality import base_document, cancelled, neutrality_source
from tests.unit.dossiers.documents import demo_answers, is_rebuilt_from_json, printed, tables


def demo(kind: str) -> dict[str, Any]:
    return dict(demo_answers(kind, "dyeing"))


@pytest.fixture(scope="module")
def yearly() -> Contents:
    """The yearly report of the dyeing mill, assembled from its months."""
    return emission_report.assemble(dyeing_source("emission_report", answers=demo("emission_report")))


@pytest.fixture(scope="module")
def source(yearly: Contents) -> Source:
    base = base_document("emission_report", yearly)
    return neutrality_source(demo("carbon_neutrality"), [base], cancelled("30000"), cancelled("10400.50"))


def asked(source: Source) -> dict[str, str]:
    """What each check of the pack answers."""
    enterprise = {"name": source.enterprise.name, "uscc": source.enterprise.uscc}
    told = {"enterprise": enterprise, "dossier": {"kind": "carbon_neutrality", **facts(source)}}
    return {outcome.check_id: outcome.outcome for outcome in run(load_pack("carbon-neutrality"), told)}


def with_credits(source: Source, *found: dict[str, Any]) -> Source:
    return replace(source, extras={**source.extras, "credits": list(found)})


def with_bases(source: Source, *found: dict[str, Any]) -> Source:
    return replace(source, extras={**source.extras, "bases": list(found)})


def test_what_remains_is_the_base_documents_own_figure(source: Source, yearly: Contents) -> None:
    total = next(figure.value for figure in yearly.figures if figure.key == "total")
    contents = assemble(source)
    assert {figure.key: figure.value for figure in contents.figures} == {
        "residual": total,
        "cancelled": Decimal("40400.50"),
        "reduced": Decimal("1260.55"),
    }
    found = tables(contents.data)
    assert found["量化结果的来源"][0][3:] == [str(total), "tCO2e"]
    assert [row[5] for row in found["已注销的信用与碳汇"]] == ["30000", "10400.50", "40400.50"]
    assert [row[4] for row in found["已实现的减排"]] == ["1204.30", "56.25", "1260.55"]


def test_an_inventory_counts_with_all_that_it_quantified() -> None:
    answers = demo("carbon_management")
    inventory = carbon_management.assemble(dyeing_source("carbon_management", answers=answers))
    base = base_document("carbon_management", inventory)
    found = facts(neutrality_source(demo("carbon_neutrality"), [base]))
    assert found["residual"] == inventory.figures[0].value


def test_a_footprint_counts_by_the_amount_of_product(source: Source) -> None:
    footprint = Contents({}, (Figure("total", "产品碳足迹", "Footprint", Decimal("3.1416"), "kgCO2e"),))
    base = base_document("carbon_footprint", footprint, title="产品碳足迹研究报告", subject="示例面料 2026")
    held = with_bases(source, base)
    with pytest.raises(Invalid) as refused:
        assemble(held)
    assert refused.value.path == "product_quantity"
    contents = assemble(with_answers(held, product_quantity="12000.5"))
    assert contents.figures[0].value == Decimal("3.1416") * Decimal("12000.5") / 1000
    assert contents.data["cover"]["line"].endswith("产品层级")


def test_a_year_by_name_tells_of_that_product_or_event_and_rests_on_its_footprint(source: Source) -> None:
    named = replace(source, subject="2026 示例展会")
    with pytest.raises(Invalid, match="自己的碳足迹") as refused:
        assemble(named)
    assert refused.value.path == "bases"
    footprint = Contents({}, (Figure("total", "产品碳足迹", "Footprint", Decimal(2500), "kgCO2e"),))
    base = base_document("carbon_footprint", footprint, title="产品碳足迹报告", subject="示例展会 2026")
    data = assemble(with_answers(with_bases(named, base), product_quantity="4")).data
    assert data["cover"]["period"] == "2026 年度"
    assert data["cover"]["facts"][0] == ["主体", f"{source.enterprise.name}（示例展会）"]
    assert data["cover"]["facts"][2] == ["期间", "2026-01-01 至 2026-12-31"]
    assert "（示例展会） 2026 年度产品层级" in data["chapters"][-1]["lead"]


def test_a_complete_dossier_passes_every_check(source: Source) -> None:
    assert set(asked(source).values()) == {"passed"}


@pytest.mark.parametrize(
    ("credits_given", "check"),
    [
        ((cancelled("40365.78"),), "CK-CN-003"),
        ((), "CK-CN-003"),
        ((cancelled("50000", proof=None),), "CK-CN-004"),
        ((cancelled("50000", beneficiary="别的示例公司"),), "CK-CN-005"),
    ],
)
def test_each_lack_of_the_offset_fails_its_own_check(
    source: Source, credits_given: tuple[dict[str, Any], ...], check: str
) -> None:
    outcomes = asked(with_credits(source, *credits_given))
    assert [name for name, outcome in outcomes.items() if outcome != "passed"] == [check]


def test_exactly_what_remains_is_enough(source: Source) -> None:
    exact = with_credits(source, cancelled("40365.79", beneficiary=" 示例印染 有限公司 "))
    assert set(asked(exact).values()) == {"passed"}
    assert assemble(exact).data["chapters"][-1]["lead"].endswith("已抵消剩余排放。")
    short = assemble(with_credits(source, cancelled("1"))).data
    assert short["cover"]["result"]["name"] == "注销量少于剩余排放"
    assert short["chapters"][-1]["lead"].endswith("尚未抵消全部剩余排放。")


def test_green_power_that_was_sold_cannot_be_claimed(source: Source) -> None:
    row = {"certificate": "示例绿证", "quantity": "3", "unit": "张", "fate": "sold", "claimed": "yes"}
    assert asked(with_answers(source, green_power=[row]))["CK-CN-006"] == "failed"
    kept = {**row, "fate": "kept"}
    assert asked(with_answers(source, green_power=[kept]))["CK-CN-006"] == "passed"


def test_offsetting_alone_is_not_enough(source: Source) -> None:
    row = {"measure": "示例", "done_on": "2026-01-01", "base": "10", "actual": "10", "evidence": "示例"}
    assert asked(with_answers(source, reductions=[row]))["CK-CN-007"] == "failed"


def test_without_one_fitting_base_nothing_is_put_together(source: Source, yearly: Contents) -> None:
    base = base_document("emission_report", yearly)
    other = base_document("quality_report", yearly)
    for bases in ((), (other,), (base, base)):
        held = with_bases(source, *bases)
        with pytest.raises(Invalid) as refused:
            assemble(held)
        assert refused.value.path == "bases"
        assert asked(held)["CK-CN-002"] == "failed"
        assert asked(held)["CK-CN-003"] == "undecidable"
    wrong: tuple[dict[str, Any], ...] = ({"subject": "2025"}, {"figures": []})
    for changes in wrong:
        with pytest.raises(Invalid) as refused:
            assemble(with_bases(source, {**base, **changes}))
        assert refused.value.path == "bases"


def test_a_base_that_holds_no_more_fails_and_is_still_printed(source: Source, yearly: Contents) -> None:
    stale = with_bases(source, base_document("emission_report", yearly, good=False))
    assert asked(stale)["CK-CN-002"] == "failed"
    assert assemble(stale).figures == assemble(source).figures


def test_a_wrong_answer_is_refused_at_its_cell(source: Source) -> None:
    row = {"measure": "示例", "done_on": "2026-01-01", "base": "十", "actual": "1", "evidence": "示例"}
    wrong = with_answers(source, reductions=[row])
    with pytest.raises(Invalid) as refused:
        assemble(wrong)
    assert refused.value.path == "reductions[0].base"
    assert "reductions" not in facts(wrong)


def test_the_print_holds_every_figure_and_its_data_make_it_again(source: Source, font_cache: Path) -> None:
    data = assemble(source).data
    assert is_rebuilt_from_json("carbon_neutrality", data)
    text = "".join(printed("carbon_neutrality", data, font_cache).split())
    for rows in tables(data).values():
        for row in rows:
            for cell in (words.partition(":")[2] if ":" in words else words for words in row):
                bare = "".join(cell.split())
                assert bare in text or number(cell, 2) in text, cell
    assert "40,365.79" in text
    assert "未核实" in text


def test_the_sample_has_the_shape_of_what_is_assembled(source: Source) -> None:
    sample: Any = load_sample("carbon_neutrality")
    data: Any = assemble(source).data
    assert set(sample) - {"document"} == set(data)
    for key in ("title", "clause"):
        assert [chapter.get(key) for chapter in sample["chapters"]] == [
            chapter.get(key) for chapter in data["chapters"]
        ]
    assert set(tables(sample)) == set(tables(data))
