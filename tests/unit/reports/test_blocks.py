"""Blocks of chapters: numbered captions, computed shares and titles, and errors that name their place."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from portal.domain.errors import PackError
from reports.block_drawing import permit_bar
from reports.blocks import chapters, years_title

TABLE = {
    "kind": "table",
    "caption": "去向",
    "columns": [
        {"label": "名称", "width": 3},
        {"label": "产生", "align": "right", "decimals": 2},
        {"label": "整改", "kind": "state"},
    ],
    "rows": [["高炉渣", "1804220", "met:已整改"], ["合计", "待核定", "none:不适用"]],
    "totals": 1,
    "notes": ["第一条注"],
}
PERMITS = {
    "kind": "permits",
    "caption": "有组织排放",
    "unit": "mg/m3",
    "rows": [
        {
            "outlet": "DA001",
            "pollutant": "氮氧化物",
            "limit": "50",
            "mean": "28",
            "most": "47",
            "permitted": "280.25",
            "actual": "259.25",
            "exceeded": "0",
        },
        {
            "outlet": "DA001",
            "pollutant": "颗粒物",
            "limit": "10",
            "mean": "4",
            "most": "9",
            "permitted": "",
            "actual": "1",
            "exceeded": "0",
        },
    ],
}


def _chapter(*blocks: dict[str, Any]) -> dict[str, Any]:
    section = {"title": "节", "blocks": [deepcopy(block) for block in blocks]}
    return chapters([{"title": "空章", "sections": []}, {"title": "章", "sections": [section]}])[1]


def test_tables_and_figures_are_numbered_by_chapter_each_in_its_own_row() -> None:
    years = {"kind": "years", "subject": "排放量", "unit": "tCO2", "rows": [[2024, "2"], [2025, "1"]]}
    blocks = _chapter(TABLE, years, TABLE)["sections"][0]["blocks"]
    assert [block["number"] for block in blocks] == ["表 2-1", "图 2-1", "表 2-2"]


def test_figures_of_a_column_get_its_decimals_and_words_stay_words() -> None:
    table = _chapter(TABLE)["sections"][0]["blocks"][0]
    assert [row["cells"][1]["words"] for row in table["rows"]] == ["1,804,220.00", "待核定"]
    assert [row["sum"] for row in table["rows"]] == [False, True]
    assert table["rows"][0]["cells"][2] == {
        "align": "left",
        "kind": "state",
        "state": "met",
        "words": "已整改",
        "breaks": False,
    }
    assert [column["share"] for column in table["columns"]] == ["60.00%", "20.00%", "20.00%"]


def test_the_share_of_a_permit_is_computed_and_watched_above_ninety() -> None:
    rows = _chapter(PERMITS)["sections"][0]["blocks"][0]["groups"][0]["rows"]
    assert (rows[0]["share"], rows[0]["watched"]) == ("92.5", True)
    assert (rows[1]["share"], rows[1]["watched"]) == ("", False)


def test_a_bar_beyond_its_permit_stays_in_its_cell() -> None:
    assert 'width="112"' in permit_bar(Decimal(400), watched=True)


def test_notes_of_all_blocks_are_gathered_under_the_chapter_each_once() -> None:
    other = {**TABLE, "notes": ["第二条注"]}
    assert _chapter(TABLE, other, TABLE)["notes"] == ["第一条注", "第二条注"]


@pytest.mark.parametrize(
    ("totals", "title"),
    [
        (("3", "2", "1"), "排放量连续二年下降"),
        (("1", "2"), "排放量较上年上升"),
        (("3", "1", "2"), "排放量较上年上升"),
        (("1",), "排放量逐年变化"),
        (("1", "1"), "排放量逐年变化"),
    ],
)
def test_the_title_of_the_years_says_what_they_do(totals: tuple[str, ...], title: str) -> None:
    rows = [(2020 + place, Decimal(total)) for place, total in enumerate(totals)]
    assert years_title("排放量", rows) == title


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "pie"}, "章: pie"),
        ({"columns": [{"align": "right"}]}, "章: label"),
        ({"rows": [["只有一格"]]}, "章"),
        ({"columns": [{"label": "可信", "kind": "confidence"}], "rows": [["guessed"]]}, "章: guessed"),
    ],
)
def test_a_wrong_block_names_its_chapter(change: dict[str, Any], named: str) -> None:
    with pytest.raises(PackError) as raised:
        _chapter({**TABLE, **change})
    assert named in str(raised.value.params)


def test_a_table_of_a_years_months_and_their_sum_stays_on_one_page() -> None:
    thirteen, sixteen = (
        _chapter({**TABLE, "rows": TABLE["rows"][:1] * count})["sections"][0]["blocks"][0]
        for count in (13, 16)
    )
    assert (thirteen["together"], sixteen["together"]) == (True, False)


def test_a_remark_that_the_table_repeats_is_said_once() -> None:
    table = {**TABLE, "remark": "排放量单位 tCO2e"}
    section = {"title": "节", "remark": "tCO2e", "blocks": [table]}
    other = {**section, "remark": "纳管排放"}
    said = [
        part["remark"] for part in chapters([{"title": "章", "sections": [section, other]}])[0]["sections"]
    ]
    assert said == ["", "纳管排放"]


def test_stages_are_named_by_their_largest_and_share_the_whole() -> None:
    stages = {"kind": "stages", "total": "4", "rows": [["织造", "1"], ["染整", "3"]]}
    block = _chapter(stages)["sections"][0]["blocks"][0]
    assert block["caption"] == "染整是最大的排放阶段"
    assert "75.0\N{NO-BREAK SPACE}%" in block["drawing"]


def test_the_boundary_draws_each_process_with_what_goes_in_and_out() -> None:
    process = {
        "name": "4 染整",
        "hot": True,
        "inputs": [["电力", "0.860 kWh"]],
        "outputs": [["废气", "已治理"]],
    }
    block = {
        "kind": "boundary",
        "caption": "图题",
        "words": "摇篮到大门",
        "processes": [process],
        "excluded": ["分销"],
    }
    drawing = _chapter(block)["sections"][0]["blocks"][0]["drawing"]
    for words in ("4 染整", "0.860 kWh", "废气", "摇篮到大门", "分销"):
        assert words in drawing


def test_a_mark_outside_one_to_five_is_refused() -> None:
    matrix = {"kind": "matrix", "caption": "矩阵", "columns": ["时间"], "rows": [["染整", "6", "6.0", "1"]]}
    with pytest.raises(PackError, match="染整"):
        _chapter(matrix)


def test_the_swing_that_moves_most_gives_the_title() -> None:
    swings = {"kind": "swings", "rows": [["用电 ±5 %", "-1", "1"], ["蒸汽 ±15 %", "-4", "4"]]}
    assert "蒸汽 ±15 %" in _chapter(swings)["sections"][0]["blocks"][0]["caption"]


def test_the_axis_of_swings_is_named_and_the_largest_stands_first() -> None:
    swings = {"kind": "swings", "rows": [["用电 ±5 %", "-1", "1"], ["蒸汽 ±15 %", "-3.8", "3.8"]]}
    drawing = _chapter(swings)["sections"][0]["blocks"][0]["drawing"]
    for mark in ("\N{MINUS SIGN}5", "+5"):
        assert f"{mark}\N{NO-BREAK SPACE}%" in drawing
    assert drawing.index("蒸汽") < drawing.index("用电")


def test_a_name_too_long_for_its_place_in_a_drawing_is_set_smaller_and_then_cut() -> None:
    stages = {
        "kind": "stages",
        "total": "4",
        "rows": [["织造", "1"], ["染色与后整理加工", "3"], ["长" * 30, "0"]],
    }
    drawing = _chapter(stages)["sections"][0]["blocks"][0]["drawing"]
    assert 'font-size="7.5"' in drawing
    assert "长…" in drawing
