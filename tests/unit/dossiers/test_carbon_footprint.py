"""The footprint report: every figure the engine's, every chapter that the standard's outline names."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.domain.quantities import rounded
from portal.dossiers import footprint_tables as tables
from portal.dossiers.carbon_footprint import assemble, facts
from portal.dossiers.source import Source
from portal.queries.dossier_checks import check_contents
from reports.document import load_report
from tests.factories.dossiers import dyeing_source, with_answers
from tests.factories.products import example_footprint
from tests.unit.dossiers.documents import blocks, demo_answers, is_rebuilt_from_json, printed, titles

KIND = "carbon_footprint"


def _source(footprint: dict[str, Any] | None, earlier: dict[str, Any] | None = None) -> Source:
    return dyeing_source(
        KIND,
        subject="示例产品",
        first=Month(2026, 1),
        last=Month(2026, 12),
        answers=demo_answers(KIND, "dyeing"),
        extras={"footprint": footprint, "earlier_footprint": earlier},
    )


@pytest.fixture(scope="module")
def fabric() -> Source:
    """The dyed fabric, fed by the mill's months."""
    return _source(example_footprint("dyeing"))


@pytest.fixture(scope="module")
def battery() -> Source:
    """The battery beside that of the year before."""
    return _source(example_footprint("battery"), example_footprint("battery", 0))


@pytest.mark.parametrize("name", ["fabric", "battery"])
def test_every_figure_of_the_tables_is_the_engines(name: str, request: pytest.FixtureRequest) -> None:
    source: Source = request.getfixturevalue(name)
    footprint = source.extras["footprint"]
    result, total = footprint["result"], tables.total_of(footprint)
    digits = tables.decimals_of(total)
    contents = assemble(source)
    found = blocks(contents.data)
    rows = found["单元过程贡献"]["rows"]
    expected = [text for text in result["by_process"].values() if Decimal(text)]
    assert sorted(Decimal(row[-1]) for row in rows[:-1]) == sorted(
        rounded(Decimal(text), digits) for text in expected
    )
    assert Decimal(rows[-1][-1]) == rounded(total, digits)
    assert sum((entry.result for entry in tables.contributions(footprint)), Decimal(0)) - total < Decimal(
        "1e-20"
    )
    stages = next(
        block for chapter in contents.data["chapters"] for section in chapter["sections"]
        for block in section["blocks"] if block["kind"] == "stages"
    )  # fmt: skip
    assert [Decimal(row[1]) for row in stages["rows"]] == [
        rounded(Decimal(text), digits) for text in result["by_stage"].values()
    ]
    assert contents.figures[0].value == Decimal(result["total_kgco2e"])


def test_what_months_gave_is_shown_with_its_allocation(fabric: Source) -> None:
    rows = blocks(assemble(fabric).data)["取自月度记录的数据"]["rows"]
    power = next(row for row in rows if row[0] == "外购电力")
    months = [Decimal(flow[1]) for flow in _flow(fabric, "P4.1")["monthly"]]
    assert power[2].replace(",", "") == format(sum(months, Decimal(0)), "f")
    assert power[4:6] == ["按质量", "0.3"]
    per_unit = Decimal(fabric.extras["footprint"]["result"]["scaling"]["P4.1"])
    assert power[6] == f"{tables.short(per_unit)} kWh"


def _flow(source: Source, which: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        flow for flow in source.extras["footprint"]["sources"]["flows"] if flow["id"] == which
    )
    return found


def test_the_printed_text_says_the_same_figures(fabric: Source, font_cache: Path) -> None:
    contents, footprint = assemble(fabric), fabric.extras["footprint"]
    text = printed(KIND, contents.data, font_cache).replace("\u00a0", " ")
    digits = tables.decimals_of(tables.total_of(footprint))
    for entry in tables.contributions(footprint):
        assert format(rounded(entry.result, digits), "f") in text
    for _, value in tables.origins(footprint):
        assert format(rounded(value, digits), "f") in text
    for said in ("mean", "2.5", "97.5"):
        uncertainty = footprint["result"]["uncertainty"]
        assert {**uncertainty["percentiles"], **uncertainty}[said] in text
    assert is_rebuilt_from_json(KIND, contents.data)


def test_it_has_every_chapter_that_its_report_promises(fabric: Source) -> None:
    report = load_report(KIND)
    assert {entry.chapter for entry in report.contents} <= set(titles(assemble(fabric).data))


def test_two_comparable_footprints_stand_beside_each_other(battery: Source) -> None:
    rows = blocks(assemble(battery).data)["两期碳足迹"]["rows"]
    total, before = (tables.total_of(battery.extras[name]) for name in ("footprint", "earlier_footprint"))
    assert [Decimal(text) for text in rows[-1][1:]] == [
        rounded(before, 5), rounded(total, 5), rounded(total - before, 5),
    ]  # fmt: skip
    assert facts(battery)["comparable"] is True


def test_footprints_of_other_rules_are_not_compared(battery: Source) -> None:
    other = example_footprint("battery", 0)
    other["result"] = {**other["result"], "rules": "别的规则"}
    source = replace(battery, extras={**battery.extras, "earlier_footprint": other})
    assert facts(source)["comparable"] is False
    data = assemble(source).data
    assert "两期碳足迹" not in blocks(data)
    assert "不可比：核算规则" in str(data)


def test_factors_that_a_person_typed_are_marked_unverified(fabric: Source) -> None:
    rows = blocks(assemble(fabric).data)["单元过程贡献"]["rows"]
    marks = {row[1]: row[6] for row in rows}
    assert marks["外购电力"] == "official"
    assert marks["外购蒸汽"] == "unverified"
    assert facts(fabric)["unverified"] == 7


def test_a_complete_dossier_passes_its_content_check(fabric: Source) -> None:
    check = check_contents(fabric)
    assert check.passed, check.failures
    open_ones = {outcome.check_id for outcome in check.asked if outcome.outcome != "passed"}
    assert open_ones == {"CK-CF-005"}


def test_without_a_footprint_nothing_is_put_together() -> None:
    source = _source(None)
    with pytest.raises(Invalid) as refused:
        assemble(source)
    assert refused.value.path == "footprint"
    codes = {failure.code for failure in check_contents(source).failures}
    assert {"invalid", "check"} <= codes


def test_an_answer_that_is_not_offered_is_refused(fabric: Source) -> None:
    with pytest.raises(Invalid) as refused:
        assemble(with_answers(fabric, file_licence="perhaps"))
    assert refused.value.path == "file_licence"
