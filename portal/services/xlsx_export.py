"""Tables as a workbook: texts are texts, figures are figures, nothing in a cell runs or links."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

_SETTINGS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
WIDEST = 48


def xlsx_bytes(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One sheet with a bold first row that stays in sight; what somebody typed can be no formula."""
    import xlsxwriter  # costs what a whole page costs, and few ask for a workbook

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, _SETTINGS)
    sheet = book.add_worksheet(_sheet_name(title))
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    for column, text in enumerate(head):
        sheet.write_string(0, column, str(text), bold)
        sheet.set_column(column, column, min(WIDEST, 4 + 2 * len(str(text))))
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            elif value is not None:
                sheet.write_string(number, column, str(value))
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def _sheet_name(title: str) -> str:
    """A title that a sheet may have: 31 signs, without those of addresses."""
    return "".join("-" if sign in "[]:*?/\\'" else sign for sign in title)[:31] or "1"
