"""The boards' tables: one making for the page, the CSV and the workbook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import get_locale, gettext

from portal.queries.finding_statistics import FirmScore, Group, Repeat, Statistics
from portal.queries.gap_board import GapBoard
from portal.queries.home_queue import QueueEntry
from portal.reference.industries import industries
from portal.reference.rectification import load_rectification
from portal.web.formats import day
from portal.web.home_board import district_word
from portal.web.review_display import section_names
from portal.web.terms import filled, term


@dataclass(frozen=True)
class Cell:
    """A value of a table, with the page that it leads to."""

    value: object
    url: str = ""

    @property
    def number(self) -> bool:
        """Whether it is a figure, which stands at the right."""
        return not isinstance(self.value, str)


@dataclass(frozen=True)
class Table:
    """A table with its name in addresses, its title and what it says of itself."""

    key: str
    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def plain_rows(self) -> list[list[object]]:
        """The values alone, for a file."""
        return [[cell.value for cell in row] for row in self.rows]


def board_tables(board: GapBoard) -> list[Table]:
    """By section, the trend, and one row a client where there are several."""
    tables = [_sections(board), _trend(board)]
    return [_clients(board), *tables] if len(board.clients) > 1 else tables


def statistic_tables(found: Statistics, ranking: Sequence[QueueEntry]) -> list[Table]:
    """The regulator's tables."""
    return [
        _ranking(ranking),
        _groups("districts", gettext("按区县"), gettext("区县"), found.districts, district_word),
        _groups("industries", gettext("按行业"), gettext("行业"), found.industries, _industry),
        _groups("checks", gettext("按检查"), gettext("检查"), found.checks, None),
        _repeats(found.repeats),
        _firms(found.firms),
    ]


def _sections(board: GapBoard) -> Table:
    names = section_names()
    return Table(
        "sections",
        gettext("按到期和节"),
        gettext("未关闭的差距"),
        (
            *(gettext("节"), gettext("已逾期"), gettext("7 天内到期"), gettext("30 天内到期")),
            *(gettext("更晚"), gettext("合计")),
        ),
        tuple(
            (
                Cell(names.get(row.section, "") or gettext("不属于某一节")),
                *(Cell(row.counts.get(name, 0)) for name in ("overdue", "week", "month", "later")),
                Cell(row.total),
            )
            for row in board.sections
        ),
    )


def _trend(board: GapBoard) -> Table:
    return Table(
        "trend",
        gettext("近 12 个月的走势"),
        gettext("按开具和关闭的月份"),
        (gettext("月份"), gettext("新开"), gettext("关闭")),
        tuple((Cell(str(one.month)), Cell(one.opened), Cell(one.closed)) for one in board.trend),
    )


def _clients(board: GapBoard) -> Table:
    return Table(
        "clients",
        gettext("按企业"),
        gettext("未关闭的差距；点企业名看清单并导出"),
        (
            *(gettext("企业"), gettext("未关闭"), gettext("阻断"), gettext("已逾期")),
            *(gettext("未指定责任人"), gettext("最近到期")),
        ),
        tuple(
            (
                Cell(row.name, url_for("findings.listing", enterprise=row.enterprise_id)),
                Cell(row.total),
                Cell(row.blocking),
                Cell(row.overdue),
                Cell(row.unassigned),
                Cell(day(row.next_due.due_on) if row.next_due else ""),
            )
            for row in board.clients
        ),
    )


def _ranking(ranking: Sequence[QueueEntry]) -> Table:
    rows = []
    for one in ranking:
        line = one.line
        url = url_for("reviews.split", enterprise_id=line.enterprise_id, month=str(line.month))
        reasons = [
            gettext(
                "%(reason)s（%(points)s 分）",
                reason=filled(reason.message, {"count": reason.count}),
                points=reason.points,
            )
            for reason in one.reasons
        ]
        rows.append(
            (
                Cell(line.enterprise, url),
                Cell(str(line.month)),
                Cell(one.points),
                Cell(gettext("；").join(reasons) or gettext("没有加分项")),
                Cell(day(line.clock.effective_due_on)),
            )
        )
    return Table(
        "ranking",
        gettext("待审月份的风险排序"),
        gettext("分值是本平台的默认值，没有法规规定；只定先后，不作结论"),
        (
            *(gettext("企业"), gettext("月份"), gettext("分值")),
            *(gettext("理由"), gettext("审核期限")),
        ),
        tuple(rows),
    )


def _groups(
    key: str, title: str, head: str, groups: Sequence[Group], name: Callable[[str], str] | None
) -> Table:
    return Table(
        key,
        title,
        gettext("近 12 个月的差距，不含误报"),
        (
            *(head, gettext("涉及企业")),
            *(gettext("差距"), gettext("未关闭"), gettext("阻断"), gettext("已逾期")),
        ),
        tuple(
            (
                Cell(name(group.key) if name else f"{group.key} {check_title(group.label, group.label_en)}"),
                *(Cell(value) for value in (group.enterprises, group.total, group.unsettled)),
                *(Cell(value) for value in (group.blocking, group.overdue)),
            )
            for group in groups
        ),
    )


def check_title(chinese: str, english: str) -> str:
    """A check's title in the reader's language."""
    return english if english and str(get_locale()) == "en" else term(chinese)


def _industry(code: str) -> str:
    """The first two digits, with a few of the classes that the portal knows of it."""
    if not code:
        return str(gettext("未填"))
    english = str(get_locale()) == "en"
    known = [
        entry.name_en if english else entry.name
        for number, entry in industries().items()
        if number.startswith(code)
    ]
    names = gettext("、").join(known[:3])
    return f"{code} {names}{'…' if len(known) > 3 else ''}".strip()


def _repeats(repeats: Sequence[Repeat]) -> Table:
    return Table(
        "repeats",
        gettext("反复出现"),
        gettext("同一企业近 12 个月有 3 个月以上不通过的检查"),
        (gettext("企业"), gettext("检查"), gettext("月数"), gettext("月份")),
        tuple(
            (
                Cell(one.enterprise, url_for("findings.listing", enterprise=one.enterprise_id, state="")),
                Cell(f"{one.check_id} {check_title(one.title, one.title_en)}"),
                Cell(len(one.months)),
                Cell(gettext("、").join(one.months)),
            )
            for one in repeats
        ),
    )


def _firms(firms: Sequence[FirmScore]) -> Table:
    return Table(
        "firms",
        gettext("管家质量分"),
        gettext(
            "100 分减去：退回占审核 × %(returned)s、反复差距占差距 × %(repeated)s、逾期占差距 × %(overdue)s；"
            "分值是本平台的默认值",
            **load_rectification().score,
        ),
        (
            *(gettext("管家机构"), gettext("客户"), gettext("已审月份"), gettext("退回")),
            *(gettext("差距"), gettext("反复"), gettext("逾期"), gettext("质量分")),
        ),
        tuple(
            (
                Cell(firm.name),
                *(Cell(value) for value in (firm.clients, firm.reviewed, firm.returned)),
                *(Cell(value) for value in (firm.findings, firm.repeated, firm.overdue)),
                Cell(firm.score if firm.score is not None else gettext("尚无审核")),
            )
            for firm in firms
        ),
    )
