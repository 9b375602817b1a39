"""A spreadsheet program must find nothing to run in an exported table."""

import pytest

from portal.services.csv_export import csv_bytes, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_ordinary_cells_stay_as_they_are() -> None:
    assert safe_cell("示例, 有限公司") == "示例, 有限公司"
    assert safe_cell(None) == ""
    assert safe_cell(0) == "0"


def test_the_file_starts_with_a_byte_order_mark_and_quotes_commas() -> None:
    content = csv_bytes(["名称"], [["=cmd|' /C calc'!A0"], ["a,b"]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1:] == ["'=cmd|' /C calc'!A0", '"a,b"']
