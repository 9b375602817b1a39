"""Tables too long for paper: the sums are printed, the rows stand in the attached data."""

from typing import Any

from reports.blocks import MOST_ROWS, chapters


def ledger(rows: int) -> dict[str, Any]:
    """A chapter with a table of this many rows and a sum under them."""
    table = {
        "kind": "table",
        "caption": "检斤台账",
        "columns": [{"label": "日期"}, {"label": "数量", "align": "right", "decimals": 2}],
        "rows": [*([f"第 {number} 笔", "1"] for number in range(rows)), ["合计", str(rows)]],
        "totals": 1,
        "notes": ["原有的注"],
    }
    return {"title": "台账", "sections": [{"title": "检斤", "blocks": [table]}]}


def test_a_ledger_up_to_the_limit_is_printed_row_by_row() -> None:
    (chapter,) = chapters([ledger(MOST_ROWS - 1)])
    assert len(chapter["sections"][0]["blocks"][0]["rows"]) == MOST_ROWS
    assert chapter["notes"] == ["原有的注"]


def test_a_longer_one_prints_its_sums_and_says_where_the_rows_are() -> None:
    (chapter,) = chapters([ledger(MOST_ROWS + 500)])
    (row,) = chapter["sections"][0]["blocks"][0]["rows"]
    assert row["sum"]
    assert [cell["words"] for cell in row["cells"]] == ["合计", "2,500.00"]
    assert chapter["notes"][0] == "原有的注"
    assert "“检斤台账”共 2500 行" in chapter["notes"][1]
    assert "所附的数据" in chapter["notes"][1]
