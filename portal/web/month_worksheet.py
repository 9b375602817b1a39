"""A month as rows of a workbook: what was filled in, from what, and what proves it."""

from collections.abc import Iterator

from flask_babel import gettext

from portal.domain.sheet import SheetRow
from portal.services.cells import MonthView
from portal.web.labels import ACQUISITIONS, SECTIONS
from portal.web.terms import term


def worksheet_head() -> list[str]:
    """The names of the columns."""
    return [
        gettext("节"),
        gettext("源流编号"),
        gettext("源流"),
        gettext("参数"),
        gettext("本月"),
        gettext("单位"),
        gettext("获取方式"),
        gettext("计量器具"),
        gettext("上月"),
        gettext("支撑材料"),
    ]


def worksheet_rows(view: MonthView) -> Iterator[list[object]]:
    """One row a parameter, in the order of the plan; figures stay figures, a blank stays blank."""
    for stream in view.sheet.streams:
        for row in stream.rows:
            yield [
                gettext(SECTIONS[stream.section]),
                stream.code,
                term(stream.name),
                term(row.name),
                row.text or view.figures.values[row.cell],
                row.unit,
                gettext(ACQUISITIONS[row.acquisition]),
                f"{row.meter.code} {row.meter.name}" if row.meter else "",
                row.previous,
                _evidence(row),
            ]


def _evidence(row: SheetRow) -> str:
    """The files that prove the row, each once."""
    names = (file.filename for slot in row.slots for file in slot.files)
    return str(gettext("；")).join(dict.fromkeys(names))
