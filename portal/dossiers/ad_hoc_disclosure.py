"""临时环境信息依法披露报告: one event, its deadline counted in working days from the receipt."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.errors import Invalid
from portal.dossiers import answers, blocks_of
from portal.dossiers.blocks_of import column
from portal.dossiers.source import Contents, Source
from portal.reference.working_days import working_day_after, working_days_between

#: Working days from the receipt of the legal document (部令第24号 第十七条, transcribed).
DAYS = 5
#: Kinds of events that were not seen in the text of the measures.
_UNVERIFIED_EVENTS = frozenset({"detention", "emergency", "financing"})
_STATES = {"done": "met", "doing": "notice", "planned": "not_met"}
_DUTY = "企业环境信息依法披露管理办法（部令第24号）第十七条"


def assemble(source: Source) -> Contents:
    """The disclosure's data; raises Invalid for a wrong answer, and without the day of receipt."""
    answers.check_answers(source)
    received = answers.needed_day(source, "received_on")
    due = due_on(received)
    data = {
        "cover": _cover(source, received, due),
        "chapters": [_matter(source, received, due), _account(source), _measures(source)],
        "signatures": [
            blocks_of.signer("企业负责人", "对信息真实、准确、完整负责", seal=True),
            blocks_of.signer("编制", source.enterprise.name),
        ],
    }
    return Contents(data, figures=())


def due_on(received: date) -> date:
    """The last day for the disclosure: the fifth working day after ``received``."""
    return working_day_after(received, DAYS)


def facts(source: Source) -> Mapping[str, Any]:
    """The event and its days, the measures, rows that are half filled; nothing when an answer is wrong."""
    try:
        answers.check_answers(source)
    except Invalid:
        return {}
    received = answers.day(source, "received_on")
    return {
        "lacking": answers.half_filled(source),
        "event": source.text("event"),
        "received_on": received,
        "due_on": due_on(received) if received else None,
        "prepared_on": source.prepared_on,
        "measures": Decimal(len(source.rows("measures"))),
    }


def _cover(source: Source, received: date, due: date) -> dict[str, Any]:
    return {
        "owner": source.enterprise.name,
        "period": source.prepared_on.isoformat(),
        "line": answers.choice(source, "event"),
        "facts": [
            ["企业名称", source.enterprise.name],
            ["统一社会信用代码", source.enterprise.uscc],
            ["收到法律文书", received.isoformat()],
            ["披露时限", f"{due.isoformat()}（收到之日起五个工作日）"],
            ["编制日期", source.prepared_on.isoformat()],
        ],
    }


def _matter(source: Source, received: date, due: date) -> dict[str, Any]:
    rows = [
        ("事项种类", answers.choice(source, "event")),
        ("事项名称", source.subject),
        ("法律文书名称", answers.shown(source, "document_name")),
        ("文号", answers.shown(source, "document_number")),
        ("决定机关", answers.shown(source, "authority")),
        ("收到日期", received.isoformat()),
    ]
    fine = answers.amount(source, "penalty_amount")
    if fine is not None:
        rows.append(("罚款或赔偿金额", f"{blocks_of.grouped(fine)} 元"))
    return blocks_of.chapter(
        "披露事项",
        [
            blocks_of.section("基本情况", blocks_of.facts(rows)),
            blocks_of.section("披露时限", blocks_of.text([_reckoning(source, received, due)])),
        ],
        lead=f"本企业于 {received} 收到{answers.shown(source, 'document_name')}，"
        f"自收到之日起五个工作日内披露，最迟 {due}。",
        notes=_notes(source),
    )


def _reckoning(source: Source, received: date, due: date) -> str:
    """How the deadline was counted, and where the day of preparation lies in it."""
    used = working_days_between(received, source.prepared_on)
    standing = (
        f"编制日 {source.prepared_on} 为第 {used} 个工作日，在时限之内"
        if source.prepared_on <= due
        else f"编制日 {source.prepared_on} 为第 {used} 个工作日，已过时限"
    )
    return f"{received} 收到，次日起算第 {DAYS} 个工作日为 {due}（{_DUTY}）；{standing}。"


def _notes(source: Source) -> list[str]:
    notes = ["披露字段依公开摘要编排，办法第十六、十七条正文未见；工作日按国务院办公厅放假通知计算。"]
    if source.text("event") in _UNVERIFIED_EVENTS:
        notes.append("本事项种类未核实办法原文。")
    return notes


def _account(source: Source) -> dict[str, Any]:
    reason = answers.paragraphs(source, "reason")
    sections = [
        blocks_of.section("事由", blocks_of.text(answers.lines_or_dash(source, "reason"))),
        blocks_of.section("内容", blocks_of.text(answers.lines_or_dash(source, "content"))),
    ]
    if impact := answers.paragraphs(source, "impact"):
        sections.append(blocks_of.section("对环境和生产的影响", blocks_of.text(impact)))
    return blocks_of.chapter("事项说明", sections, lead=reason[0] if reason else "")


def _measures(source: Source) -> dict[str, Any]:
    rows = answers.rows(source, "measures")
    if not rows:
        block, lead = blocks_of.text(["本事项没有需要整改的内容。"]), "没有需要整改的内容。"
    else:
        done = sum(row.text("state") == "done" for row in rows)
        lead = f"{len(rows)} 项措施，{done} 项已完成。"
        block = blocks_of.table(
            "措施",
            [column("措施", 5), column("完成日期", 2), column("状态", 2, kind="state")],
            [[row.text("measure"), row.text("done_on") or answers.NOTHING, _state(row)] for row in rows],
        )
    return blocks_of.chapter("整改情况", [blocks_of.section("采取的措施", block)], lead=lead)


def _state(row: answers.Row) -> str:
    return f"{_STATES.get(row.text('state'), 'none')}:{row.choice('state') or answers.NOTHING}"
