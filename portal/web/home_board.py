"""Words of the steward's board: what each client's next step is, and the board as a table to take away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext

from portal.domain.access import EngagementScope
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.domain.registration_questions import DISTRICTS
from portal.queries.board import Board, BoardFilters, BoardRow, Cell
from portal.services.csv_export import csv_bytes
from portal.web.formats import month_name, short_day
from portal.web.labels import SCOPES
from portal.web.marks import mark_of

SORT_WORDS = {
    "late": N_("逾期在前"),
    "due": N_("截止日期"),
    "name": N_("名称"),
    "district": N_("区县"),
    "contract": N_("合同到期"),
}
OUTSIDE = N_("合同外")
_WITH_CLIENT = "ready_for_signoff"
_WITH_AUTHORITY = ("submitted", "under_review", "pending_countersign", "restatement_requested")


@dataclass(frozen=True)
class NextStep:
    """The one thing to do next for a client, with its clock and the page where it is done."""

    words: str
    days: int | None = None
    url: str = ""


def district_word(code: str) -> str:
    """The district's name; its code where the name is not known."""
    return str(gettext(DISTRICTS[code])) if code in DISTRICTS else code


def scope_word(scope: str) -> str:
    """The contract's scope in words."""
    return str(gettext(SCOPES[EngagementScope(scope)]))


def months_word(cells: Sequence[Cell]) -> str:
    """8 月、9 月; only the first three by name."""
    names = str(gettext("、")).join(month_name(cell.month) for cell in cells[:3])
    if len(cells) > 3:
        return str(gettext("%(months)s等 %(count)s 个月", months=names, count=len(cells)))
    return names


def month_url(row: BoardRow, cell: Cell) -> str:
    """The month's page; empty while the month is not open."""
    if not cell.opened or cell.state == "outside":
        return ""
    return url_for("records.month", enterprise_id=row.enterprise_id, month=str(cell.month))


def next_step(row: BoardRow) -> NextStep:
    """The most urgent step: late, asked, returned, gaps, drafts, then what waits for others."""
    if not row.carbon:
        return NextStep(gettext("环保服务，不含月度碳记录"))
    steps = (_late(row), _asked(row), _returned(row), _findings(row), _open(row), _theirs(row))
    return next((step for step in steps if step is not None), NextStep(gettext("没有待办")))


def _late(row: BoardRow) -> NextStep | None:
    late = row.late
    if not late:
        return None
    ours = tuple(cell for cell in late if cell.state != _WITH_CLIENT)
    if ours:
        words = gettext("补 %(months)s存证", months=months_word(ours))
        return NextStep(words, late[0].days_left, month_url(row, ours[0]))
    words = gettext("催客户签署 %(months)s", months=months_word(late))
    return NextStep(words, late[0].days_left, month_url(row, late[0]))


def _asked(row: BoardRow) -> NextStep | None:
    asked = [cell for cell in row.cells if cell.question_due is not None]
    if not asked:
        return None
    first = min(asked, key=lambda cell: cell.question_due or date.max)
    words = gettext("答复 %(month)s的问询", month=month_name(first.month))
    days = ((first.question_due or today()) - today()).days
    url = url_for("reviews.questions", enterprise_id=row.enterprise_id, month=str(first.month))
    return NextStep(words, days, url)


def _returned(row: BoardRow) -> NextStep | None:
    returned = row.having("returned")
    if not returned:
        return None
    first = min(returned, key=lambda cell: cell.days_left)
    words = gettext("%(months)s补正 %(day)s 到期", months=months_word(returned), day=short_day(first.until))
    return NextStep(words, first.days_left, month_url(row, first))


def _findings(row: BoardRow) -> NextStep | None:
    if not row.findings or row.finding_due is None or row.finding_due >= today():
        return None
    words = gettext("%(count)s 项差距待整改", count=row.findings)
    url = url_for("findings.listing", enterprise=row.enterprise_id)
    return NextStep(words, (row.finding_due - today()).days, url)


def _open(row: BoardRow) -> NextStep | None:
    open_now = row.having("draft", "not_started")
    if not open_now:
        return None
    first = min(open_now, key=lambda cell: cell.days_left)
    words = (
        gettext("%(month)s填报中", month=month_name(first.month))
        if first.state == "draft"
        else gettext("开始 %(month)s填报", month=month_name(first.month))
    )
    return NextStep(words, first.days_left, month_url(row, first))


def _theirs(row: BoardRow) -> NextStep | None:
    signing = row.having(_WITH_CLIENT)
    if signing:
        first = min(signing, key=lambda cell: cell.days_left)
        return NextStep(gettext("客户签署"), first.days_left, month_url(row, first))
    waiting = row.having(*_WITH_AUTHORITY)
    if waiting:
        words = gettext("等主管部门受理") if waiting[-1].state == "submitted" else gettext("等主管部门审核")
        return NextStep(words, None, month_url(row, waiting[-1]))
    if row.findings and row.finding_due is not None:
        words = gettext("%(count)s 项差距待整改", count=row.findings)
        url = url_for("findings.listing", enterprise=row.enterprise_id)
        return NextStep(words, (row.finding_due - today()).days, url)
    return None


def counts(found: Board) -> list[dict[str, object]]:
    """The figures on top, each a filter of the board."""
    firms = gettext("家")
    late = gettext("家 · %(count)s 个月份", count=found.late_months)
    first = found.first_signing
    signing = gettext("家 · 最早 %(day)s", day=short_day(first)) if first else firms
    entries = (
        ("overdue", gettext("已逾期"), late if found.late_months else firms, "red"),
        ("returned", gettext("被退回，待补正"), firms, "amber"),
        ("me", gettext("等我处理"), firms, ""),
        ("signing", gettext("待客户签署"), signing, ""),
        ("contract", gettext("合同 60 天内到期"), firms, ""),
    )
    return [
        {
            "show": show,
            "label": label,
            "value": found.count(show),
            "unit": unit,
            "tone": tone if found.count(show) else "",
            "url": board_url(found.filters, show="" if found.filters.show == show else show, page=None),
        }
        for show, label, unit, tone in entries
    ]


def switches(found: Board) -> list[dict[str, object]]:
    """The filter "needs me", and with it the count that was chosen on top, to be taken off again."""
    chosen = found.filters.show
    shown = [entry for entry in counts(found) if entry["show"] in ("me", chosen)]
    return [
        {
            "label": entry["label"],
            "count": entry["value"],
            "url": entry["url"],
            "on": entry["show"] == chosen,
            "dot": entry["show"] == "me",
        }
        for entry in shown
    ]


def picks(found: Board) -> list[dict[str, object]]:
    """The filters that are chosen from a list."""
    everything = ("", gettext("全部"))
    districts = [(code, district_word(code)) for code in found.districts]
    scopes = [(key.value, gettext(word)) for key, word in SCOPES.items()]
    sorts = [(key, gettext(word)) for key, word in SORT_WORDS.items()]
    return [
        _pick("district", gettext("区县"), found.filters.district, [everything, *districts]),
        _pick("scope", gettext("服务范围"), found.filters.scope, [everything, *scopes]),
        _pick("sort", gettext("排序"), found.filters.sort, sorts),
    ]


def _pick(name: str, label: str, value: str, options: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {"name": name, "label": label, "value": value, "options": options}


def board_url(filters: BoardFilters, endpoint: str = "home.home", **changes: object) -> str:
    """The board's address with ``changes`` to its filters."""
    return url_for(endpoint, **filters.arguments(**changes))  # type: ignore[arg-type]  # words of the address


def export(found: Board) -> bytes:
    """The board as it is filtered and sorted, all pages of it, as CSV."""
    head = [
        gettext("客户"),
        gettext("统一社会信用代码"),
        gettext("区县"),
        gettext("服务范围"),
        gettext("合同到期"),
        *(str(month) for month in found.months),
        gettext("等我处理"),
        gettext("下一步"),
        gettext("余（天）"),
    ]
    return csv_bytes(head, (_exported(row, len(found.months)) for row in found.chosen))


def _exported(row: BoardRow, months: int) -> list[object]:
    step = next_step(row)
    cells = [_cell_word(cell) for cell in row.cells] or [""] * months
    return [
        row.name,
        row.uscc,
        district_word(row.district),
        scope_word(row.scope),
        row.ends_on,
        *cells,
        gettext("是") if row.needs_me else gettext("否"),
        step.words,
        step.days,
    ]


def _cell_word(cell: Cell) -> str:
    return str(gettext(OUTSIDE)) if cell.state == "outside" else mark_of(cell.mark).word
