"""The yearly disclosure: twelve months added up as the engine does, outlets, allowances, what applies."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.year import YearResult, calculate_year
from portal.domain.errors import Invalid
from portal.domain.periods import Month
from portal.dossiers.annual_carbon import change
from portal.dossiers.annual_disclosure import assemble, due_on, facts
from portal.dossiers.source import Answer, Source
from portal.queries.dossier_checks import check_contents
from reports.document import load_report
from reports.filters import as_given
from tests.factories.dossiers import (
    STEEL,
    STEEL_GUIDELINE,
    Pollutant,
    accepted_month,
    dyeing_source,
    steel_payload,
    steel_source,
    with_answers,
    without_months,
)
from tests.unit.dossiers.documents import (
    blocks,
    demo_answers,
    is_rebuilt_from_json,
    printed,
    titles,
    words,
)

KIND = "annual_disclosure"
CONDITIONAL = ("强制性清洁生产审核信息", "相关投融资的生态环保信息")
#: Every stream of the factory's months at an outlet, with a permitted amount where one is known.
OUTLETS = [
    ("DA001", "air", "二氧化硫", "W-01", "412.00"),
    ("DA001", "air", "氮氧化物", "W-02", ""),
    ("DW001", "water", "化学需氧量", "W-03", "20.00"),
]


def outlet_rows(**changes: str) -> Answer:
    """Rows of outlets whose amounts come from the months; ``changes`` apply to the first."""
    rows = [
        {
            "outlet": outlet, "name": "示例", "medium": medium, "pollutant": pollutant, "limit": "35",
            "mean": "11.9", "most": "31.2", "permitted": permitted, "stream": stream, "reported": "",
            "exceeded": "0",
        }
        for outlet, medium, pollutant, stream, permitted in OUTLETS
    ]  # fmt: skip
    rows[0] |= changes
    return rows


@pytest.fixture(scope="module")
def steel() -> Source:
    answers = {**demo_answers(KIND, "steel"), "pollutants": outlet_rows()}
    return steel_source(KIND, answers=answers)


@pytest.fixture(scope="module")
def engine() -> YearResult:
    """The same months, counted by the engine."""
    months = [{"month": f"2026-{number:02}", **steel_payload(Month(2026, number))} for number in range(1, 13)]
    for month in months:
        del month["guideline"]
    return calculate_year({"guideline": STEEL_GUIDELINE, "months": months})


def filed(source: Source, code: str) -> list[Decimal]:
    """The amounts of a pollutant stream in the months' snapshots."""
    return [
        Decimal(stream["rows"][0]["value"])
        for month in source.months
        for stream in month.content["streams"]
        if stream["code"] == code
    ]


def column(block: Any, place: int) -> list[Decimal]:
    """A column of a table as numbers."""
    return [Decimal(row[place].replace(",", "").replace("\N{MINUS SIGN}", "-")) for row in block["rows"]]


def test_every_carbon_figure_is_the_engines(steel: Source, engine: YearResult) -> None:
    contents = assemble(steel)
    found = blocks(contents.data)
    totals = {
        row[0]: row[2].replace(",", "").replace("\N{MINUS SIGN}", "-") for row in found["排放量"]["rows"]
    }
    assert totals["年度排放总量"] == str(engine.reported_total)
    assert totals["各月报告值之和"] == str(engine.total)
    assert totals["其中 化石燃料燃烧"] == str(engine.subtotals["fuel"])
    assert totals["产量"] == str(engine.output)
    assert totals["排放强度"] == str(engine.intensity)
    assert column(found["按排放源"], 5) == [*(line.summed for line in engine.lines), engine.total]
    months = [month.total for month in engine.months.values()]
    assert column(found["已受理的月度记录"], 1) == [*months, engine.total]
    figures = {figure.key: figure.value for figure in contents.figures}
    assert (figures["total"], figures["intensity"]) == (engine.total, engine.intensity)


def test_a_pollutants_year_adds_its_months(steel: Source) -> None:
    contents = assemble(steel)
    found = blocks(contents.data)
    rows = {row["pollutant"]: row for row in found["有组织排放"]["rows"] + found["废水排放"]["rows"]}
    for _, medium, pollutant, code, permitted in OUTLETS:
        whole = sum(filed(steel, code), Decimal(0))
        assert rows[pollutant]["actual"] == str(whole)
        assert rows[pollutant]["permitted"] == permitted
        figures = {figure.key: figure.value for figure in contents.figures}
        assert figures[f"{medium}.{pollutant}"] == whole
    assert {f.name_en for f in contents.figures} >= {
        "Nitrogen oxides, to air",
        "Chemical oxygen demand, to water",
    }
    monthly = found["源流 W-01 至 W-03"]
    assert column(monthly | {"rows": monthly["rows"][:-1]}, 1) == filed(steel, "W-01")
    assert "超过许可排放量：DW001 化学需氧量" in words(contents.data)


def test_an_execution_report_comes_first_and_its_difference_is_told(steel: Source) -> None:
    data = assemble(with_answers(steel, pollutants=outlet_rows(reported="150.00"))).data
    whole = sum(filed(steel, "W-01"), Decimal(0))
    rows = blocks(data)["有组织排放"]["rows"]
    assert rows[0]["actual"] == "150.00"
    assert f"执行报告 150.00 t，月度记录合计 {whole} t，差 {Decimal('150.00') - whole} t" in words(data)


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"stream": "W-77"}, "pollutants[0].stream", "没有源流 W-77"),
        ({"stream": "W-02"}, "pollutants[1].stream", "列了两次"),
        ({"stream": ""}, "pollutants[0].reported", "没有年排放量"),
    ],
)
def test_an_amount_that_cannot_be_told_is_refused(
    steel: Source, changes: dict[str, str], path: str, told: str
) -> None:
    with pytest.raises(Invalid, match=told) as raised:
        assemble(with_answers(steel, pollutants=outlet_rows(**changes)))
    assert raised.value.path == path


def test_a_month_without_the_amount_does_not_count_as_nothing(steel: Source) -> None:
    march = steel.months[2]
    streams = [stream for stream in march.content["streams"] if stream["code"] != "W-01"]
    holed = replace(march, content={**march.content, "streams": streams})
    source = replace(steel, months=(*steel.months[:2], holed, *steel.months[3:]))
    with pytest.raises(Invalid, match="W-01 在 2026-03 没有排放量"):
        assemble(source)
    data = assemble(with_answers(source, pollutants=outlet_rows(reported="140.00"))).data
    rows = blocks(data)["源流 W-01 至 W-03"]["rows"]
    assert (rows[2][1], rows[-1][1]) == ("—", "—")


def test_many_outlets_are_told_with_their_months_a_few_streams_a_table() -> None:
    pollutants = tuple(
        Pollutant(f"W-{place:03}", "颗粒物", f"DA{place:03} 示例排口", f"{place}.5") for place in range(1, 43)
    )
    months = tuple(
        accepted_month(steel_payload(month), month, STEEL, pollutants=pollutants)
        for month in (Month(2026, number) for number in range(1, 13))
    )
    rows = [
        {
            "outlet": entry.name[:5],
            "medium": "air",
            "pollutant": "颗粒物",
            "stream": entry.code,
            "exceeded": "0",
        }
        for entry in pollutants
    ]
    source = steel_source(KIND, months=months, answers={"pollutants": rows})
    contents = assemble(source)
    found = blocks(contents.data)
    assert len([caption for caption in found if caption.startswith("源流 W-")]) == 9
    whole = sum((sum(filed(source, entry.code), Decimal(0)) for entry in pollutants), Decimal(0))
    assert found["有组织排放"]["sums"][0]["actual"] == str(whole)
    assert {figure.key: figure.value for figure in contents.figures}["air.颗粒物"] == whole


def test_missing_months_are_named(steel: Source) -> None:
    with pytest.raises(Invalid, match="2026-11、2026-12") as raised:
        assemble(without_months(steel, 11, 12))
    assert raised.value.path == "months"


def test_an_allowance_is_surrendered_only_when_its_day_has_come(steel: Source) -> None:
    def row(source: Source) -> list[str]:
        cells: list[str] = blocks(assemble(source).data)["配额清缴"]["rows"][0]
        return cells

    assert row(steel)[3:5] == ["14581650", "2026-11-12"]
    assert "2025 年度配额提前 49 天清缴" in words(assemble(steel).data)
    before = replace(steel, prepared_on=date(2026, 11, 11))
    assert row(before)[3:5] == ["未清缴", "—"]
    assert "天清缴" not in words(assemble(before).data)
    undated = [{"year": "2025", "due": "14581650", "surrendered": "14581650", "surrendered_on": ""}]
    assert row(with_answers(steel, quotas=undated))[3:5] == ["未清缴", "—"]


def test_an_enterprise_outside_the_market_has_no_allowances() -> None:
    dyeing = dyeing_source(KIND, answers=demo_answers(KIND, "dyeing"))
    data = assemble(with_answers(dyeing, quotas=demo_answers(KIND, "steel")["quotas"])).data
    assert "没有配额清缴" in words(data)
    assert "配额清缴" not in blocks(data)


def test_the_chapters_of_articles_14_and_15_stand_only_where_they_apply(steel: Source) -> None:
    assert set(CONDITIONAL) <= set(titles(assemble(steel).data))
    neither = assemble(with_answers(steel, cleaner="no", financing="no")).data
    assert not set(CONDITIONAL) & set(titles(neither))
    assert [note.partition("（")[0] for note in neither["disclosure"]["left_out"]] == list(CONDITIONAL)
    wanted = [content.chapter for content in load_report(KIND).contents]
    assert set(wanted) - set(CONDITIONAL) <= set(titles(neither))


def test_the_year_before_comes_from_months_else_from_an_answer_else_from_nowhere(steel: Source) -> None:
    def before(source: Source) -> list[str]:
        rows: list[list[str]] = blocks(assemble(source).data)["排放量"]["rows"]
        return [rows[0][1], rows[0][4]]

    last_year = sum((Decimal(m.content["calculation"]["total"]) for m in steel.earlier_months), Decimal(0))
    assert before(steel)[0] == as_given(last_year.to_integral_value(rounding="ROUND_HALF_UP"))
    fewer = replace(steel, earlier_months=steel.earlier_months[:11])
    assert before(fewer) == ["14,581,650", "\N{MINUS SIGN}0.94 %"]
    assert before(with_answers(fewer, earlier_totals=[])) == ["—", "—"]


def test_years_counted_by_different_guidelines_are_not_compared(steel: Source) -> None:
    data = assemble(replace(steel, earlier_months=dyeing_source(KIND).earlier_months)).data
    assert {row[4] for row in blocks(data)["排放量"]["rows"]} == {"—"}
    assert "较上年" not in words(data)
    assert "两年核算依据不同，不作比较" in words(data)


def test_a_change_too_small_to_show_is_no_fall() -> None:
    assert change(Decimal(1000000), Decimal(999999)) == "0.00 %"
    assert change(Decimal(-100), Decimal(-90)) == "10.00 %"
    assert change(Decimal(0), Decimal(5)) == "—"


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({}, []),
        ({"insurances": []}, [("management", "insurances")]),
        ({"quotas": []}, [("carbon", "quotas")]),
        ({"cleaner_acceptance": ""}, [("cleaner", "cleaner_acceptance")]),
        ({"penalties": [], "other_offences": ""}, [("offences", "penalties")]),
        ({"incident": "yes"}, [("emergency", "incidents")]),
        ({"cleaner": "no"}, [("cleaner", "cleaner")]),
        ({"financing": "no"}, [("financing", "financing")]),
        ({"pollutants": outlet_rows()[:2]}, [("pollution", "pollutants")]),
        ({"financings": [{"form": "note", "amount": "1"}]}, [("financing", "financings")]),
    ],
)
def test_what_applies_and_is_blank_is_named(
    steel: Source, changes: dict[str, Any], lacking: list[tuple[str, str]]
) -> None:
    told = facts(with_answers(steel, **changes))
    assert [(entry["section"], entry["key"]) for entry in told["lacking"]] == lacking
    failed = {failure.code for failure in check_contents(with_answers(steel, **changes)).failures}
    assert failed == ({"check"} if lacking else set())


def test_waste_that_does_not_balance_is_told(steel: Source) -> None:
    assert facts(steel)["unbalanced"] == 0
    waste = {**demo_answers(KIND, "steel")["hazardous"][0], "stored": "1.29"}  # type: ignore[dict-item]
    wrong = with_answers(steel, hazardous=[waste])
    assert facts(wrong)["unbalanced"] == 1
    assert "数量不平衡，须核对：示例：废矿物油" in words(assemble(wrong).data)


def test_ad_hoc_disclosures_issued_here_are_listed_by_themselves(steel: Source) -> None:
    issued = {"number": "HZ-AH-N000001", "subject": "示例许可变更", "issued_on": date(2026, 6, 20)}
    data = assemble(replace(steel, extras={"disclosures": [issued]})).data
    assert blocks(data)["临时披露清单"]["rows"] == [
        ["2026-04-14", "示例：受到行政处罚", "示例链接"],
        ["2026-06-20", "示例许可变更", "HZ-AH-N000001"],
    ]


def test_it_is_due_on_15_march(steel: Source) -> None:
    assert due_on(steel) == date(2027, 3, 15)


@pytest.mark.parametrize("place", ["steel", "dyeing"])
def test_the_answers_of_the_demo_leave_nothing_blank(place: str) -> None:
    make = {"steel": steel_source, "dyeing": dyeing_source}[place]
    source = make(KIND, answers=demo_answers(KIND, place))
    lacking = {entry["key"] for entry in facts(source)["lacking"]}
    assert lacking == {"pollutants"}, "only the factory's streams, which the demo's months do not have"
    plain = [
        replace(
            month,
            content={
                **month.content,
                "streams": [s for s in month.content["streams"] if s["category"] != "pollutant"],
            },
        )
        for month in source.months
    ]
    assert check_contents(replace(source, months=tuple(plain))).failures == ()


@pytest.mark.parametrize(
    ("key", "answer", "path"),
    [
        ("plan_filed_on", "2024", "plan_filed_on"),
        ("insured", "perhaps", "insured"),
        ("duties", "W1", "duties"),
        ("duties", [{"duty": "W9"}], "duties[0].duty"),
        ("taxes", [{"item": "示例", "amount": "viel"}], "taxes[0].amount"),
        ("quotas", [{"year": "2025", "surrendered_on": "31.12.2026"}], "quotas[0].surrendered_on"),
    ],
)
def test_a_wrong_answer_is_told_at_its_place(steel: Source, key: str, answer: Any, path: str) -> None:
    wrong = with_answers(steel, **{key: answer})
    with pytest.raises(Invalid) as raised:
        assemble(wrong)
    assert raised.value.path == path
    assert facts(wrong) == {}


def test_a_blank_document_can_be_shown_and_claims_nothing(steel: Source) -> None:
    data = assemble(replace(steel, answers={})).data
    said = words(data)
    claims = ("未发生突发环境事件", "没有生态环境违法信息", "未投保", "没有有毒有害物质", "超标 0 次", "0 元")
    for claim in claims:
        assert claim not in said
    assert not set(CONDITIONAL) & set(titles(data))


def test_the_print_holds_every_figure_of_the_months(
    steel: Source, engine: YearResult, font_cache: Path
) -> None:
    data = assemble(steel).data
    text = printed(KIND, data, font_cache)
    for line in engine.lines:
        assert as_given(line.summed) in text
    for month in engine.months.values():
        assert as_given(month.total) in text
    for code in ("W-01", "W-02", "W-03"):
        assert all(as_given(amount) in text for amount in filed(steel, code))
        assert as_given(sum(filed(steel, code), Decimal(0))) in text
    assert is_rebuilt_from_json(KIND, data)
