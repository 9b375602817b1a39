"""From the monthly report's data (see sample.toml) to what its template prints."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.domain.errors import PackError
from portal.domain.messages import N_
from portal.domain.periods import Month
from reports import charts, filters, messages, timeline
from reports.columns import cover_is_crammed
from reports.document import need
from reports.messages import MonthPoint

_SHOWN_MONTHS = 12
_MARKS = {"official": "A", "transcribed": "B", "unverified": "C", "given": "E"}
_ACQUISITIONS = {"measured": "实测", "calculated": "计算", "design": "设计", "default": "缺省"}
_CONCLUSIONS = {
    "met": ("met", "符合"),
    "notice": ("notice", "提示"),
    "not_met": ("not_met", "不符合"),
    "not_applicable": ("none", "不适用"),
}
_HELD = {
    "complete": ("met", "齐全"),
    "supplemented": ("met", "补传"),
    "expiring": ("notice", "将到期"),
    "missing": ("not_met", "缺失"),
    "not_needed": ("none", "无须"),
}
_CLOSINGS = {
    "closed": ("met", "已整改符合"),
    "responded": ("notice", "已回应待复核"),
    "explained": ("met", "已说明"),
    "rejected": ("not_met", "已整改不符合"),
    "open": ("not_met", "未整改"),
    "waived": ("none", "已豁免"),
}
_REQUIRED = (
    "document.number", "document.snapshot_sha256", "document.verify_url", "enterprise.name", "record.month",
    "record.due_on", "result.total", "groups", "history", "evaluation.rows", "quality.parameters", "findings",
    "evidence", "timeline", "signatures", "signing.notes", "signing.attachments", "calculation.columns",
)  # fmt: skip


def view(data: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template names; raises PackError for a missing key or an unknown word."""
    for path in _REQUIRED:
        need(data, path)
    try:
        return {
            **_cover(data),
            **_overview(data),
            **_calculation(data),
            **_quality(data),
            **_evidence(data),
        }
    except KeyError as missing:
        key = str(missing.args[0])
        raise PackError(N_("报告数据缺少或不认识 %(key)s"), params={"key": key}, path=key) from missing
    except (InvalidOperation, ValueError) as wrong:
        raise PackError(N_("报告数据有写错的值：%(what)s"), params={"what": wrong}) from wrong


def _cover(data: Mapping[str, Any]) -> dict[str, Any]:
    record = data["record"]
    accepted = filters.day(record["accepted_at"])
    in_time = ""
    if accepted:
        in_time = messages.against_deadline(
            date.fromisoformat(accepted), date.fromisoformat(record["due_on"])
        )
    enterprise, steward = data["enterprise"], data.get("steward")
    helped_by = f"{steward['name']}（合同 {steward['contract']}）" if steward else ""
    return {
        "document": data["document"],
        "enterprise": enterprise,
        "steward": steward,
        "is_crammed": cover_is_crammed(
            (enterprise["name"], "", "", helped_by, enterprise["authority"], data["document"]["number"])
        ),
        "record": record,
        "footer_note": data["document"].get("footer_note", ""),
        "in_time": in_time,
    }


def _point(row: Mapping[str, Any]) -> MonthPoint:
    return MonthPoint(
        row["month"], Decimal(row["total"]), _optional(row, "intensity"), _optional(row, "output")
    )


def _optional(row: Mapping[str, Any], key: str) -> Decimal | None:
    value = row.get(key)
    return None if value in (None, "") else Decimal(value)


def _overview(data: Mapping[str, Any]) -> dict[str, Any]:
    result, record = data["result"], data["record"]
    intensity, output = result.get("intensity"), result.get("output")
    now = MonthPoint(
        record["month"],
        Decimal(result["total"]),
        Decimal(intensity["value"]) if intensity else None,
        Decimal(output["amount"]) if output else None,
    )
    history = [_point(row) for row in sorted(data["history"], key=lambda row: str(row["month"]))]
    shown = [*history, now][-_SHOWN_MONTHS:]
    rows = messages.sources(data["groups"], now.total)
    trend, top = messages.trend_title(now, history), messages.sources_title(rows)
    quality = messages.quality_words(data["findings"])
    name = intensity["name"].replace("排放强度", "强度") if intensity else ""
    return {
        "result": result,
        "intensity": intensity,
        "output": output,
        "intensity_compared": _intensity_compared(now, history),
        "lead": messages.overview_lead(now, history, result["level"], name, quality),
        "trend_title": trend,
        "earlier_months": len(shown) - 1,
        "month_bars": charts.report_bars(shown, title=trend, gas=result["gas"]),
        "intensity_panel": charts.intensity_line(
            shown,
            title=f"{name}逐月变化",
            unit=intensity["unit"].replace(result["gas"], "") if intensity else "",
        ),
        "sources_title": top,
        "has_deducted": any(row.deducted for row in rows),
        "source_chart": charts.source_bars(rows, now.total, title=top),
        "evaluation": data["evaluation"],
        "checks": _checks(data["evaluation"]["rows"]),
        "evaluation_rows": [
            {**row, "mark": _CONCLUSIONS[row["state"]]} for row in data["evaluation"]["rows"]
        ],
    }


def _intensity_compared(now: MonthPoint, history: Sequence[MonthPoint]) -> str:
    before, year_ago = messages.previous(history, now.month), messages.last_year(history, now.month)
    parts = []
    if before and before.intensity is not None:
        parts.append(f"上月 {filters.as_given(before.intensity)}")
    percent = messages.change(now.intensity, year_ago.intensity if year_ago else None)
    if percent is not None:
        parts.append(f"同比 {filters.rounded(percent, 2)}{filters.NO_BREAK}%")
    return "，".join(parts)


def _checks(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of the evaluation; a row counts under its own conclusion with the checks that did not pass."""
    open_ = {
        state: sum(row["applicable"] - row["passed"] for row in rows if row["state"] == state)
        for state in ("notice", "not_met")
    }
    parts = [
        f"{word} {open_[state]} 项"
        for state, word in (("notice", "提示"), ("not_met", "不符合"))
        if open_[state]
    ]
    return {
        "passed": sum(row["passed"] for row in rows),
        "applicable": sum(row["applicable"] for row in rows),
        "words": "，".join(parts) or "全部通过",
    }


def _calculation(data: Mapping[str, Any]) -> dict[str, Any]:
    calculation, groups = data["calculation"], data["groups"]
    columns = calculation["columns"]
    numbered, count = [], 0
    for group in groups:
        lines = []
        for line in group["lines"]:
            count += 1
            factors = {factor["column"]: factor for factor in line["factors"]}
            lines.append(
                {
                    **line,
                    "number": count,
                    "mark": _MARKS[line["confidence"]],
                    "cells": [factors.get(column["key"]) for column in columns],
                }
            )
        numbered.append({**group, "lines": lines})
    every = [line for group in numbered for line in group["lines"]]
    zero = [
        line["item"] for line in every if line["amount"] not in (None, "") and not Decimal(line["amount"])
    ]
    note = messages.zero_note(zero, deducted=any(group["deducted"] for group in groups))
    return {
        "calculation": calculation,
        "columns": columns,
        "groups": numbered,
        "line_count": count,
        "calculation_lead": messages.calculation_lead(count),
        "marks_used": [
            {"mark": mark, "words": f"{messages.counted(number)}条"}
            for mark in "ABC"
            if (number := sum(line["mark"] == mark for line in every))
        ],
        "calculation_notes": [
            *calculation["notes"][:1],
            *([note] if note else []),
            *calculation["notes"][1:],
        ],
        "example": _example(numbered),
    }


def _example(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The largest line with its operands, when they really give its result."""
    candidates = [(Decimal(line["emission"]), line, group) for group in groups for line in group["lines"]]
    for emission, line, group in sorted(candidates, key=lambda candidate: -abs(candidate[0])):
        if line["amount"] in (None, ""):
            continue
        constant = None
        if group["constant"]:
            over, _, under = group["constant"].partition("/")
            constant = (Decimal(over), Decimal(under or 1))
        factors = [Decimal(cell["value"]) for cell in line["cells"] if cell is not None]
        words = messages.worked_example(Decimal(line["amount"]), factors, constant, emission)
        return {"number": line["number"], "words": words} if words else None
    return None


def _quality(data: Mapping[str, Any]) -> dict[str, Any]:
    quality = data["quality"]
    return {
        "quality": quality,
        "quality_lead": messages.quality_lead(
            quality["plan_version"], quality["plan_approved_on"], quality["acquisition_changes"]
        ),
        "parameters": [
            {**row, "acquired": _ACQUISITIONS[row["acquisition"]], "held": _HELD[row["evidence_state"]]}
            for row in quality["parameters"]
        ],
        "findings": [{**row, "closing": _CLOSINGS[row["state"]]} for row in data["findings"]],
        "findings_notes": messages.findings_note(data["findings"], data["result"]["level"]),
    }


def _evidence(data: Mapping[str, Any]) -> dict[str, Any]:
    evidence = data["evidence"]
    held = sum(bool(row["sha256"]) for row in evidence)
    month = Month.parse(data["record"]["month"])
    events = [
        timeline.TimelineEvent(date.fromisoformat(row["on"]), row["label"], row.get("actor", ""))
        for row in data["timeline"]
    ]
    return {
        "evidence": evidence,
        "evidence_lead": messages.evidence_lead(data["signing"]["attachments"]),
        "evidence_count": messages.evidence_count(held, len(evidence) - held),
        "timeline_chart": timeline.timeline(
            month.last, date.fromisoformat(data["record"]["due_on"]), events, title="办理时间线"
        ),
        "signatures": data["signatures"],
        "signing": data["signing"],
    }
