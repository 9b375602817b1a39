"""Words, links and lines of the findings' pages, made ready for their templates."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext

from portal.domain.messages import N_
from portal.domain.workflow import FindingSource, Severity
from portal.queries.finding_pages import FindingPage, FindingStep
from portal.queries.findings import PER_PAGE, FindingLine, FindingList
from portal.web.formats import day, month, short_moment
from portal.web.labels import SEVERITIES
from portal.web.marks import mark_of
from portal.web.review_display import english, section_names
from portal.web.terms import term

SOURCES = {
    FindingSource.CHECK: N_("检查"),
    FindingSource.REVIEW: N_("审核人员"),
    FindingSource.VISIT: N_("上门或现场检查"),
    FindingSource.PATTERN: N_("数据疑点"),
}
BULK_ACTS = {"assign": N_("指定责任人"), "remind": N_("催办"), "extend": N_("延长期限")}
STATE_CHOICES = (
    ("unsettled", N_("未关闭")),
    ("overdue", N_("已逾期")),
    ("open", N_("未回应")),
    ("responded", N_("待复核")),
    ("returned", N_("回应被退回")),
    ("explained", N_("已说明")),
    ("waiver_asked", N_("申请豁免")),
    ("asked", N_("有申请待答复")),
    ("look_back", N_("到期回头看")),
    ("waived", N_("已豁免")),
    ("closed", N_("已关闭")),
    ("", N_("全部")),
)
SORT_CHOICES = (
    ("due", N_("按到期先后")),
    ("severity", N_("按严重程度")),
    ("opened", N_("新的在前")),
    ("number", N_("按编号")),
)
STEP_WORDS = {
    "opened": N_("开具差距"),
    "response": N_("回应"),
    "explanation": N_("说明原因"),
    "recheck": N_("重跑检查"),
    "returned": N_("退回回应"),
    "waived": N_("豁免"),
    "waiver_ended": N_("豁免到期，恢复为未关闭"),
    "closed": N_("关闭"),
    "reopened": N_("检查再次不通过，重新打开"),
    "waiver_asked": N_("申请豁免"),
    "waiver_refused": N_("不同意豁免"),
    "extension_asked": N_("申请延期"),
    "extension_granted": N_("同意延期"),
    "extension_refused": N_("不同意延期"),
    "dismissed": N_("按误报撤销"),
    "comment": N_("留言"),
    "assigned": N_("指定责任人"),
    "reminded": N_("催办"),
    "escalated": N_("逾期未改，已报主管部门"),
    "look_back": N_("回头看"),
}
STEP_TONES = {
    "opened": "amber",
    "response": "now",
    "explanation": "now",
    "returned": "amber",
    "reopened": "amber",
    "waiver_ended": "amber",
    "closed": "green",
    "waiver_asked": "now",
    "extension_asked": "now",
    "extension_granted": "green",
    "extension_refused": "amber",
    "waiver_refused": "amber",
    "escalated": "red",
}
#: Steps whose day is told: until when, or to when.
UNTIL_STEPS = frozenset({"waived", "waiver_asked", "extension_asked", "extension_granted"})
EXPORTED = (
    *(N_("编号"), N_("企业"), N_("月份"), N_("节"), N_("程度"), N_("差距"), N_("现值"), N_("应为")),
    *(N_("条款"), N_("状态"), N_("到期"), N_("责任人"), N_("来源")),
)


def list_words(found: FindingList) -> dict[str, Any]:
    """What the list needs beside its rows."""
    filters = found.filters

    def address(**changes: object) -> str:
        return url_for("findings.listing", **filters.arguments(page=None, **changes))

    def page_address(number: int) -> str:
        return url_for("findings.listing", **filters.arguments(page=number if number > 1 else None))

    return {
        "filters": filters,
        "english": english(),
        "section_names": section_names(),
        "per_page": PER_PAGE,
        "page_address": page_address,
        "address": address,
        "kept": filters.arguments(),
        "bulk": bool(found.people) and bool(found.lines),
        "workbook_url": url_for("findings.workbook", **filters.arguments(page=None)),
        "export_url": url_for("findings.export", **filters.arguments(page=None)),
        "picks": _picks(found),
        "keep": {"sort": filters.sort} if filters.sort != "due" else {},
        "sorts": [(key, gettext(text), address(sort=key)) for key, text in SORT_CHOICES],
        "sources": {key.value: gettext(text) for key, text in SOURCES.items()},
        "bulk_acts": [(key, gettext(text)) for key, text in BULK_ACTS.items()],
    }


def _picks(found: FindingList) -> list[dict[str, Any]]:
    filters, everything = found.filters, ("", gettext("全部"))
    picks = [
        _pick("state", gettext("状态"), filters.state, [(k, gettext(v)) for k, v in STATE_CHOICES]),
        _pick(
            "severity",
            gettext("严重程度"),
            filters.severity,
            [everything, *((item.value, severity_label(item)) for item in Severity)],
        ),
        _pick(
            "source",
            gettext("来源"),
            filters.source,
            [everything, *((key.value, gettext(text)) for key, text in SOURCES.items())],
        ),
        _pick("month", gettext("月份"), filters.month, [everything, *((m, month(m)) for m in found.months)]),
    ]
    if len(found.enterprises) > 1:
        names = [(str(number), name) for number, name in found.enterprises]
        picks.append(
            _pick("enterprise", gettext("企业"), str(filters.enterprise_id or ""), [everything, *names])
        )
    return picks


def _pick(name: str, text: str, value: str, options: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"name": name, "label": text, "value": value, "options": list(options)}


def texts_of(line: FindingLine) -> dict[str, str]:
    """The finding's texts in the reader's language."""
    names = ("title", "message", "expected", "actual", "mend")
    return {name: term(line.text(name, english())) for name in names}


def measures_of(page: FindingPage) -> list[tuple[str, str]]:
    """Measures that the pack proposes, each with what it should bring, in the reader's language."""
    if english():
        return [(one.text_en or one.text, one.effect_en or one.effect) for one in page.measures]
    return [(one.text, one.effect) for one in page.measures]


def severity_label(severity: Severity) -> str:
    """The severity in the reader's language."""
    return str(gettext(SEVERITIES[severity]))


def state_word(line: FindingLine) -> str:
    """The state that counts today, in words."""
    return str(gettext("已逾期")) if line.overdue else mark_of(line.standing, "finding").word


def export_head() -> list[str]:
    """Heads of the exported columns."""
    return [gettext(text) for text in EXPORTED]


def export_row(line: FindingLine) -> list[object]:
    """One finding as the export has it."""
    return [
        line.number,
        line.enterprise,
        str(line.month or ""),
        section_names().get(line.section, ""),
        severity_label(Severity(line.severity)),
        term(line.headline(english())),
        term(line.text("actual", english())),
        term(line.text("expected", english())),
        line.clause,
        state_word(line),
        day(line.due_on),
        line.owner,
        gettext(SOURCES[FindingSource(line.source)]),
    ]


def life_steps(page: FindingPage) -> list[dict[str, Any]]:
    """发现 → 已回应 → 复核 → 关闭, with what is known of each."""
    answer = page.last("response", "explanation")
    standing, closed = page.line.standing, page.line.settled
    answered = answer is not None and standing != "returned"
    first = page.opened_by or gettext("检查")
    review_notes = []
    if page.recheck:
        passed = gettext("检查已重跑：通过") if page.recheck == "passed" else gettext("检查已重跑：未通过")
        review_notes.append(passed)
    if standing == "responded":
        review_notes.append(gettext("等主管部门确认"))
    elif standing == "explained":
        review_notes.append(gettext("审核时查看"))
    return [
        _station(gettext("发现"), "done", [short_moment(page.opened_at), first]),
        _station(
            gettext("已回应") if answered or closed else gettext("回应"),
            "done" if answered or (closed and answer) else "later" if closed else "now",
            _answer_notes(answer),
        ),
        _station(
            gettext("复核"),
            "done" if closed else "now" if page.answered else "later",
            review_notes,
        ),
        _station(
            gettext("关闭"),
            "done" if closed else "later",
            [short_moment(page.closed_at), page.closed_by or gettext("检查通过，自动关闭")]
            if closed
            else [gettext("到期 %(day)s", day=short_day_of(page))],
        ),
    ]


def short_day_of(page: FindingPage) -> str:
    """The due date without its year."""
    return page.line.due_on.isoformat()[5:]


def _station(name: str, state: str, notes: list[str]) -> dict[str, Any]:
    return {"name": name, "state": state, "notes": notes}


def _answer_notes(answer: FindingStep | None) -> list[str]:
    return [short_moment(answer.at), answer.by] if answer else []


def story_items(page: FindingPage) -> list[dict[str, Any]]:
    """Everything that was said and done, newest first, as the macro takes it."""
    return [_story_item(page, step) for step in reversed(page.steps)]


def _story_item(page: FindingPage, step: FindingStep) -> dict[str, Any]:
    who = step.by or gettext("系统")
    if step.firm and step.kind != "opened":
        who = gettext("%(name)s（%(firm)s）代办", name=step.by, firm=step.firm)
    words, tone, text = gettext(STEP_WORDS[step.kind]), STEP_TONES.get(step.kind, ""), step.text
    if step.kind == "recheck":
        words = gettext("重跑检查：通过") if step.addressed else gettext("重跑检查：未通过")
        tone = "green" if step.addressed else "amber"
    elif step.kind == "response":
        words = gettext("回应：已整改") if step.addressed else gettext("回应：未整改")
    elif step.kind == "look_back":
        words = gettext("回头看：仍然有效") if step.addressed else gettext("回头看：问题又出现")
        tone = "green" if step.addressed else "amber"
    elif step.kind == "opened" and not step.by:
        text = term(page.line.text("message", english()))
    where = (
        [gettext("完成于 %(day)s", day=day(step.done_on))] if step.kind == "response" and step.done_on else []
    )
    if step.kind in UNTIL_STEPS and step.done_on:
        where = [gettext("至 %(day)s", day=day(step.done_on))]
    return {
        "title": f"{who} {words}",
        "when": short_moment(step.at),
        "when_after": True,
        "where": " · ".join(where),
        "text": text,
        "tone": tone,
        "files": [
            (
                file.filename,
                url_for("evidence.download", enterprise_id=page.line.enterprise_id, evidence_id=file.id),
            )
            for file in (step.files if page.opens_files else ())
        ],
    }
