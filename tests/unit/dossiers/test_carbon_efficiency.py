"""The efficiency sheet: energy from the months, value added and average from answers, one page."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.efficiency import Performance, assess
from portal.domain.errors import Invalid
from portal.dossiers.carbon_efficiency import assemble, energy_of, facts
from portal.dossiers.source import Answer, Source
from portal.dossiers.year_sums import year_of
from portal.reference.efficiency import load_efficiency
from portal.reference.loader import Source as Origin
from portal.reference.loader import Value
from reports.document import load_sample
from reports.filters import number
from reports.pdf import render_pdf
from tests.factories.dossiers import dyeing_source, steel_source, with_answers, without_months
from tests.unit.reports.conftest import page_texts

ANSWERS: dict[str, Answer] = {
    "value_added": "28460.00",
    "value_added_method": "income",
    "value_added_source": "示例报表",
    "sector_average": "1.562",
    "sector_average_of": "示例行业",
}
POWER = {"item": "购入电力", "amount": "100.5", "unit": "MWh", "factor": "0.4974", "factor_source": "示例"}


@pytest.fixture(scope="module")
def dyeing() -> Source:
    return dyeing_source("carbon_efficiency", answers=ANSWERS)


def test_energy_is_that_of_the_months_and_the_grade_the_engines(dyeing: Source) -> None:
    year = year_of(dyeing)
    contents = assemble(dyeing)
    result = contents.data["result"]
    assert Decimal(result["emission"]) == year.total == sum(line.summed for line in year.lines)
    average = Value(Decimal("1.562"), "tCO2/万元", Origin("", "", "unverified", None, None))
    performance = Performance(year.total, Decimal(0), Decimal("28460.00"))
    found = assess(performance, load_efficiency("industry-efficiency"), average=average)
    assert found.grade is not None
    assert str(result["grade"]) == found.grade.code
    assert Decimal(result["value"]) == round(found.intensity, 3)
    figures = {figure.key: figure.value for figure in contents.figures}
    assert abs(figures["value"] - found.intensity) < Decimal("1e-20")


def test_process_emissions_and_products_are_not_energy() -> None:
    source = steel_source("carbon_efficiency", answers=ANSWERS)
    year = year_of(source)
    energy = energy_of(source, year)
    assert sum(entry.emission for entry in energy) == year.subtotals["fuel"] != year.total
    assert facts(source)["figures"] == 5


def test_energy_that_the_months_leave_out_is_added_and_marked(dyeing: Source) -> None:
    before = Decimal(assemble(dyeing).data["result"]["emission"])
    data = assemble(with_answers(dyeing, other_energy=(POWER,), own_renewable="12.5")).data
    added, own = data["lines"][-2:]
    assert (added["emission"], added["confidence"]) == ("49.99", "given")  # 100.5 × 0.4974 = 49.9887
    assert (own["amount"], own["emission"]) == ("12.5", "0.00")
    assert Decimal(data["result"]["emission"]) == before + Decimal("49.99")


def test_sinks_are_taken_off_and_their_proof_is_told(dyeing: Source) -> None:
    data = assemble(with_answers(dyeing, sinks="1000", sinks_proof="示例凭证")).data
    plain = assemble(dyeing).data
    assert data["result"]["deducted"] == "1000"
    assert Decimal(data["result"]["value"]) < Decimal(plain["result"]["value"])
    assert any("示例凭证" in note["text"] for note in data["notes"])


def test_rounding_never_puts_a_coefficient_on_the_other_side_of_a_limit(dyeing: Source) -> None:
    total = year_of(dyeing).total
    # K = total / added / average = 0.80004: three decimals would read 0.800, which is grade 2.
    added = (total / Decimal("0.80004")).quantize(Decimal("0.01"))
    result = assemble(with_answers(dyeing, value_added=str(added), sector_average="1")).data["result"]
    assert result["grade"] == 3
    assert Decimal(result["coefficient"]) > Decimal("0.8")


def test_earlier_years_come_in_order_and_five_at_most(dyeing: Source) -> None:
    rows = [{"year": str(year), "value": f"{year - 2000}", "average": ""} for year in range(2025, 2018, -1)]
    years = assemble(with_answers(dyeing, earlier_years=rows)).data["years"]
    assert [entry["year"] for entry in years] == [2021, 2022, 2023, 2024, 2025, 2026]
    assert "average" not in years[0]


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ({"value_added": ""}, "value_added"),
        ({"sector_average": ""}, "sector_average"),
        ({"value_added": "0"}, "value_added"),
        ({"sector_average": "0"}, "average"),
        ({"earlier_years": ({"year": "2026", "value": "1"},)}, "earlier_years[0].year"),
        ({"other_energy": ({**POWER, "amount": "-1"},)}, "other_energy[0].amount"),
    ],
)
def test_a_wrong_answer_is_refused_at_its_place(dyeing: Source, answers: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        assemble(with_answers(dyeing, **answers))
    assert refused.value.path == path


def test_a_missing_month_is_named(dyeing: Source) -> None:
    with pytest.raises(Invalid, match="2026-07"):
        assemble(without_months(dyeing, 7))
    assert facts(without_months(dyeing, 7)) == {}


def test_the_sheet_is_one_page_with_every_figure(dyeing: Source, font_cache: Path) -> None:
    """Filled as far as it goes: more kinds of energy than there are lines, six years, every deduction."""
    kinds = tuple(
        {**POWER, "factor_source": "示例来源" * 9, "item": f"示例能源 {place}"} for place in range(9)
    )
    rows = [{"year": str(year), "value": "1.5", "average": "1.6"} for year in range(2021, 2026)]
    source = with_answers(
        dyeing, other_energy=kinds, earlier_years=rows, sinks="10", sinks_proof="示" * 200, own_renewable="5"
    )
    data = json.loads(json.dumps(assemble(source).data))
    assert data == assemble(source).data
    assert sum(Decimal(line["emission"]) for line in data["lines"]) == Decimal(data["result"]["emission"])
    stamped = {**data, "document": load_sample("carbon_efficiency")["document"]}
    pages = page_texts(render_pdf("carbon_efficiency", stamped, font_cache=font_cache))
    assert len(pages) == 1
    for line in data["lines"]:
        assert number(line["amount"], line["decimals"]) in pages[0]
        assert number(line["emission"], 2) in pages[0]
    for key in ("value", "coefficient", "sector_average"):
        assert data["result"][key] in pages[0]
    assert number(data["result"]["emission"], 2) in pages[0]
