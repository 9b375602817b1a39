"""碳数据质量报告: how well the data of a month, a quarter or a year were kept.

From the accepted months themselves, and from ``extras``: ``accepted_on`` (month → day), ``failed`` (month →
severity → failed checks), ``meters`` (code, name, accuracy_class, covered_until, standing on the last day)
and ``plans`` (version, effective_from, approved_on).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.workflow import UNSETTLED_FINDINGS, FindingState
from portal.dossiers import answers, blocks_of, year_sums
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column
from portal.dossiers.source import AcceptedMonth, Contents, Figure, FindingFacts, Source

SEVERITIES = {"blocking": "阻断", "explain": "应说明", "note": "提示"}
_STATES = {
    FindingState.OPEN: "not_met:待整改",
    FindingState.RESPONDED: "notice:已回应，待确认",
    FindingState.RETURNED: "not_met:整改被退回",
    FindingState.EXPLAINED: "met:已说明",
    FindingState.WAIVER_ASKED: "notice:申请豁免",
    FindingState.WAIVED: "none:已豁免",
    FindingState.CLOSED: "met:已关闭",
}
_METERS = {
    "valid": "met:有效",
    "expiring": "notice:将到期",
    "expired": "not_met:已过期",
    "uncalibrated": "not_met:没有检定记录",
    "retired": "none:已停用",
}
_ACQUISITIONS = {"measured": "实测", "calculated": "计算", "design": "设计值", "default": "缺省值"}
#: Rows of findings and meters that are listed one by one; the counts above them hold for all.
_LISTED = 60


@dataclass(frozen=True)
class Counts:
    """What the checks of one month, or of all, came to; ``failed`` by severity."""

    passed: int
    failed: Mapping[str, int]
    undecidable: int

    @property
    def applicable(self) -> int:
        """Checks that applied."""
        return self.passed + sum(self.failed.values()) + self.undecidable


def assemble(source: Source) -> Contents:
    """The report's data; raises Invalid for missing months or a wrong answer."""
    answers.check_answers(source)
    year_sums.need_months(source)
    counts = {str(entry.month): _counts(source, entry) for entry in source.months}
    whole = _whole(counts.values())
    data = {
        "cover": _cover(source, whole),
        "chapters": [
            _months(source),
            _checks(counts, whole),
            _findings(source),
            _meters(source),
            _plan(source),
            _assessment(source),
        ],
        "signatures": [blocks_of.signer("企业负责人", "对数据质量负责", seal=True)],
    }
    return Contents(data, _figures(source, whole))


def facts(source: Source) -> Mapping[str, Any]:
    """How many values of the months lead back to their row."""
    return {"figures": Decimal(sum(sum(_acquired(entry).values()) for entry in source.months))}


def period_words(source: Source) -> str:
    """2026 年度, 2026 年第 3 季度, 2026 年 10 月, or from one month to another."""
    if "/" in source.subject:
        return source.subject.replace("/", " 至 ")
    year, _, part = source.subject.partition("-")
    if not part:
        return f"{year} 年度"
    return f"{year} 年第 {part[1:]} 季度" if part.startswith("Q") else f"{year} 年 {int(part)} 月"


def _counts(source: Source, entry: AcceptedMonth) -> Counts:
    """The pinned counts of the month; failures by severity as the run that was signed has them."""
    held = entry.content["evaluation"]
    by_severity = source.extras.get("failed", {}).get(str(entry.month), {})
    return Counts(int(held["passed"]), dict(by_severity), int(held["undecidable"]))


def _whole(counts: Any) -> Counts:
    failed: Counter[str] = Counter()
    passed = undecidable = 0
    for entry in counts:
        failed.update(entry.failed)
        passed, undecidable = passed + entry.passed, undecidable + entry.undecidable
    return Counts(passed, failed, undecidable)


def _figures(source: Source, whole: Counts) -> tuple[Figure, ...]:
    late = sum(bool(entry.content["signature"]["late"]) for entry in source.months)
    unsettled = sum(entry.state in UNSETTLED_FINDINGS for entry in source.findings)
    return (
        Figure("applicable", "适用检查", "Checks that applied", Decimal(whole.applicable), "项"),
        Figure("passed", "通过检查", "Checks passed", Decimal(whole.passed), "项"),
        Figure("findings", "差距", "Findings", Decimal(len(source.findings)), "项"),
        Figure("unsettled", "未了结差距", "Unsettled findings", Decimal(unsettled), "项"),
        Figure("late", "逾期报送月数", "Months filed late", Decimal(late), "个月"),
    )


def _cover(source: Source, whole: Counts) -> dict[str, Any]:
    enterprise, words = source.enterprise, period_words(source)
    settled = sum(entry.state not in UNSETTLED_FINDINGS for entry in source.findings)
    total = len(source.findings)
    remark = f"差距 {total} 项，已了结 {settled} 项，{total - settled} 项未了结" if total else "期内没有差距"
    facts_of = [
        ["报告企业", enterprise.name],
        ["统一社会信用代码", enterprise.uscc],
        ["报告期", f"{source.months[0].month.first} 至 {source.months[-1].month.last}"],
        ["核算依据", enterprise.guideline],
        ["编制", answers.shown(source, "prepared_by")],
    ]
    return {
        "owner": enterprise.name,
        "period": words,
        "line": f"{words}　{enterprise.industry_name}",
        "facts": facts_of,
        "result": {
            "name": "适用检查通过",
            "value": f"{whole.passed:,} / {whole.applicable:,}",
            "unit": "项",
            "remark": remark,
        },
    }


def _months(source: Source) -> dict[str, Any]:
    accepted_on: Mapping[str, date] = source.extras.get("accepted_on", {})
    rows = []
    for entry in source.months:
        signature, accepted = entry.content["signature"], accepted_on.get(str(entry.month))
        rows.append(
            [
                str(entry.month),
                entry.content["record"]["due_on"],
                signature["submitted_at"][:10],
                accepted.isoformat() if accepted else NOTHING,
                f"V{entry.version}",
                entry.receipt_number,
                "notice:逾期" if signature["late"] else "met:按时",
            ]
        )
    columns = [
        column("月份", 2),
        column("时限", 3),
        column("报送", 3),
        column("受理", 3),
        column("版本", 2),
        column("回执号", 4),
        column("状态", 2, kind="state"),
    ]
    late = sum(row[-1].startswith("notice") for row in rows)
    again = sum(entry.version > 1 for entry in source.months)
    told = "均在 40 个自然日时限内报送" if not late else f"{late} 个月逾期报送"
    revised = f"，{again} 个月采用第 1 版之后的版本" if again else "，均采用第 1 版"
    return blocks_of.chapter(
        "月度记录",
        [blocks_of.section("报送与受理", blocks_of.table("各月", columns, rows)), _versions(source)],
        lead=f"{len(rows)} 个月{told}{revised}。",
        clause="CETS-AG-03.01-V01-2024 10.2",
    )


def _versions(source: Source) -> dict[str, Any]:
    lines = [
        f"{entry.month} 采用第 {entry.version} 版：{entry.content['record']['reason'] or '没有写明理由'}"
        for entry in source.months
        if entry.version > 1
    ]
    return blocks_of.section("补正与更正", blocks_of.text(lines or ["期内没有补正或更正。"]))


def _checks(counts: Mapping[str, Counts], whole: Counts) -> dict[str, Any]:
    rows = [_count_row(month, entry) for month, entry in counts.items()]
    rows.append(_count_row("合计", whole))
    words = ("适用", "通过", *SEVERITIES.values(), "无法判断")
    columns = [column("月份", 2), *(column(word, 2, align="right") for word in words)]
    return blocks_of.chapter(
        "检查结果",
        [blocks_of.section("各月", blocks_of.table("检查通过情况", columns, rows, totals=1))],
        lead=f"{whole.applicable:,} 项适用检查中 {whole.passed:,} 项通过。",
        clause="CETS-AG-03.01-V01-2024 9.2",
        notes=["检查按“检查条目 × 检查对象”计数，为签署时固定的那次评估；无法判断为缺少所需数据。"],
    )


def _count_row(name: str, counts: Counts) -> list[str]:
    failed = (str(counts.failed.get(severity, 0)) for severity in SEVERITIES)
    return [name, str(counts.applicable), str(counts.passed), *failed, str(counts.undecidable)]


def _findings(source: Source) -> dict[str, Any]:
    settled = sum(entry.state not in UNSETTLED_FINDINGS for entry in source.findings)
    if not source.findings:
        block, lead = blocks_of.text(["期内没有差距。"]), "期内没有差距。"
    else:
        ordered = sorted(
            source.findings, key=lambda entry: (entry.state not in UNSETTLED_FINDINGS, entry.number)
        )
        block = _finding_table(ordered[:_LISTED])
        lead = f"{len(ordered)} 项差距，{settled} 项已了结。"
    notes = [f"只列前 {_LISTED} 项，未了结的在前。"] if len(source.findings) > _LISTED else []
    return blocks_of.chapter(
        "差距与整改",
        [blocks_of.section("清单", block)],
        lead=lead,
        clause="CETS-VG-01.01-V02-2026 附件 3",
        notes=notes,
    )


def _finding_table(findings: Sequence[FindingFacts]) -> blocks_of.Block:
    columns = [
        column("编号", 3),
        column("月份", 2),
        column("差距", 6),
        column("条款", 4),
        column("严重性", 2),
        column("关闭日期", 2),
        column("结论", 3, kind="state"),
    ]
    rows = [
        [
            entry.number,
            entry.month or NOTHING,
            entry.title,
            entry.clause or NOTHING,
            SEVERITIES.get(entry.severity, entry.severity),
            entry.closed_on.isoformat() if entry.closed_on else NOTHING,
            _STATES[FindingState(entry.state)],
        ]
        for entry in findings
    ]
    return blocks_of.table("差距", columns, rows)


def _meters(source: Source) -> dict[str, Any]:
    meters: Sequence[Mapping[str, Any]] = source.extras.get("meters", ())
    standing = Counter(str(meter["standing"]) for meter in meters)
    in_use = len(meters) - standing["retired"]
    good = standing["valid"] + standing["expiring"]
    rows = [
        [
            meter["code"],
            meter["name"],
            blocks_of.plain(meter["accuracy_class"]),
            meter["covered_until"].isoformat() if meter["covered_until"] else NOTHING,
            _METERS[meter["standing"]],
        ]
        for meter in meters[:_LISTED]
    ]
    columns = [
        column("编号", 2),
        column("名称", 4),
        column("准确度等级", 2),
        column("有效期至", 3),
        column("期末状态", 2, kind="state"),
    ]
    block = blocks_of.table("在用器具", columns, rows) if rows else blocks_of.text(["没有登记计量器具。"])
    return blocks_of.chapter(
        "计量器具",
        [blocks_of.section("检定与校准", block)],
        lead=f"在用 {in_use} 台，期末在检定或校准有效期内 {good} 台，30 天内到期 {standing['expiring']} 台。",
        clause="CETS-AG-03.01-V01-2024 附表 F",
    )


def _plan(source: Source) -> dict[str, Any]:
    plans: Sequence[Mapping[str, Any]] = source.extras.get("plans", ())
    rows = [
        (
            f"第 {entry['version']} 版",
            f"自 {entry['effective_from']} 起执行，批准于 {entry['approved_on'] or NOTHING}",
        )
        for entry in plans
    ] or [(f"第 {version} 版", "期内执行") for version in _plan_versions(source)]
    changes = _acquisition_changes(source)
    return blocks_of.chapter(
        "控制方案",
        [
            blocks_of.section("版本", blocks_of.facts(rows)),
            blocks_of.section("数据获取方式", _acquisition_table(source), blocks_of.text(changes)),
            blocks_of.section("证据", blocks_of.text(_evidence(source))),
        ],
        lead=f"期内执行 {len(rows)} 个版本的数据质量控制方案。",
        clause="CETS-AG-03.01-V01-2024 9.3、9.4",
    )


def _plan_versions(source: Source) -> list[str]:
    return list(dict.fromkeys(str(entry.content["plan"]["version"]) for entry in source.months))


def _acquired(entry: AcceptedMonth) -> Counter[str]:
    """How the values of a month were acquired; what the portal derived does not count."""
    return Counter(
        str(row["acquisition"])
        for stream in entry.content["streams"]
        for row in stream["rows"]
        if row["value"] is not None and row["origin"] != "derived"
    )


def _acquisition_table(source: Source) -> blocks_of.Block:
    rows, whole = [], Counter[str]()
    for entry in source.months:
        found = _acquired(entry)
        whole.update(found)
        rows.append([str(entry.month), *_acquisition_cells(found)])
    rows.append(["合计", *_acquisition_cells(whole)])
    words = ("参数值", *_ACQUISITIONS.values())
    columns = [column("月份", 2), *(column(word, 2, align="right") for word in words)]
    return blocks_of.table("参数值的获取方式", columns, rows, totals=1, remark="单位：个")


def _acquisition_cells(found: Counter[str]) -> list[str]:
    return [str(sum(found.values())), *(str(found[key]) for key in _ACQUISITIONS)]


def _acquisition_changes(source: Source) -> list[str]:
    """Parameters whose acquisition changed from one month to the next."""
    lines: list[str] = []
    before: dict[str, str] = {}
    for entry in source.months:
        present = {
            f"{stream['name']}{row['name']}": str(row["acquisition"])
            for stream in entry.content["streams"]
            for row in stream["rows"]
        }
        lines += [
            f"{entry.month} {name}由{_ACQUISITIONS.get(before[name], before[name])}改为"
            f"{_ACQUISITIONS.get(how, how)}。"
            for name, how in present.items()
            if name in before and before[name] != how
        ]
        before = present
    return lines or ["各月之间没有参数改变获取方式。"]


def _evidence(source: Source) -> list[str]:
    files = {file["sha256"] for entry in source.months for file in entry.content["evidence"]}
    lacking = [
        f"{entry.month}：{'、'.join(dict.fromkeys(entry.content['missing_evidence']))}"
        for entry in source.months
        if entry.content["missing_evidence"]
    ]
    told = (
        ["必备的支撑材料各月齐全。"] if not lacking else [f"缺少必备的支撑材料 {line}。" for line in lacking]
    )
    return [f"期内归档证据 {len(files)} 个文件。", *told]


def _assessment(source: Source) -> dict[str, Any]:
    sections = [blocks_of.section("自评", blocks_of.text(answers.paragraphs(source, "summary") or [NOTHING]))]
    if rows := answers.rows(source, "improvements"):
        columns = (
            ("measure", column("措施", 6)),
            ("responsible", column("负责人或部门", 3)),
            ("due_on", column("完成期限", 2)),
        )
        sections.append(blocks_of.section("改进措施", blocks_of.answered("下一期改进措施", columns, rows)))
    return blocks_of.chapter("自评与改进", sections, lead="本章由企业填写。")
