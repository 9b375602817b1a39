"""From a signed month to the data of its report (see reports/monthly_report/sample.toml).

Nothing here reads a database: ``load_material`` did, and the same material and stamp give the same data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.domain.periods import FILING_DAYS, SHANGHAI, shanghai_date
from portal.domain.sheet import Totals
from portal.domain.workflow import VersionStanding
from portal.queries.monthly_report import Happening, ReportMaterial
from portal.reference.catalogue import load_catalogue
from portal.reference.guidelines import Guideline, load_guideline
from portal.reference.industries import industries
from portal.reference.statements import load_statements
from portal.services.monthly_report_lines import calculation_part
from portal.services.monthly_report_quality import (
    evaluation_part,
    evidence_part,
    findings_part,
    quality_part,
)

REPORT = "monthly_report"
#: What the time line tells; the rest of the trace is on the month's page.
LABELS: Mapping[str, str] = {
    "record.start": "开始填报",
    "record.mark_ready": "提交待签",
    "record.recall": "撤回",
    "record.return": "退回补正",
    "record.amend": "开始补正",
    "record.accept": "接受",
    "record.agree": "接受",
    "record.grant_restatement": "同意更正",
}
SIGN = "record.sign"
#: The clause that sets the time for filing a month; guidelines without one follow the same rule here.
FILING_CLAUSE = "CETS-AG-03.01-V01-2024 10.2.1"


@dataclass(frozen=True)
class Stamp:
    """What a document gets when it is issued: its number, its code, the moment and where it is verified."""

    number: str
    code: str
    issued_at: datetime
    verify_url: str
    note: str = ""
    kind: str = "正式件"
    attachments: tuple[str, ...] = ()


def build_report(material: ReportMaterial, stamp: Stamp) -> dict[str, Any]:
    """The whole data of the monthly report; raises PackError when a pack that it was made with is gone."""
    signed = material.signed
    guideline = load_guideline(signed["calculation"]["guideline"])
    findings = findings_part(material)
    data = {
        "document": _document(material, stamp),
        "enterprise": _enterprise(material),
        "record": _record(material, guideline),
        "result": _result(material, guideline),
        "history": [_earlier_month(entry) for entry in material.history],
        **calculation_part(signed, guideline),
        "evaluation": evaluation_part(material),
        "quality": quality_part(material, load_catalogue(material.sheet.guideline)),
        "findings": findings,
        "evidence": evidence_part(material, findings),
        "timeline": _timeline(material),
        "signatures": _signatures(material),
        "signing": {"notes": _signing_notes(material), "attachments": list(stamp.attachments)},
    }
    if material.firms:
        names, contracts = zip(*material.firms, strict=True)
        data["steward"] = {"name": "、".join(names), "contract": "、".join(contracts)}
    return data


def _document(material: ReportMaterial, stamp: Stamp) -> dict[str, Any]:
    return {
        "number": stamp.number,
        "kind": stamp.kind,
        "version": material.number,
        "issued_at": stamp.issued_at.isoformat(),
        "snapshot_sha256": material.sha256,
        "verify_code": stamp.code,
        "verify_url": stamp.verify_url,
        "brand": "湖州碳管家",
        "service": "减污降碳协同服务平台",
        "footer_note": stamp.note,
    }


def _enterprise(material: ReportMaterial) -> dict[str, str]:
    enterprise = material.signed["enterprise"]
    known = industries().get(enterprise["industry_code"])
    return {
        "name": enterprise["name"],
        "uscc": enterprise["uscc"],
        "industry": known.name if known else "",
        "authority": material.authority or "—",
    }


def _record(material: ReportMaterial, guideline: Guideline) -> dict[str, Any]:
    record = material.signed["record"]
    receipt = material.signed["signature"]["receipt_number"]  # "" in a preview
    due = date.fromisoformat(record["due_on"])
    return {
        "month": record["month"],
        "guideline": guideline.id,
        "receipt_number": receipt,
        "accepted_at": material.submitted_at.isoformat() if receipt else "",
        "due_on": due.isoformat(),
        "filing_days": FILING_DAYS,
        "filing_clause": FILING_CLAUSE,
    }


def _result(material: ReportMaterial, guideline: Guideline) -> dict[str, Any]:
    calculation = material.signed["calculation"]
    gas = calculation["unit"].removeprefix("t")
    result: dict[str, Any] = {
        "gas": gas,
        "level": "企业层级",
        "name": "企业二氧化碳排放量" if gas == "CO2" else "企业温室气体排放量",
        "total": calculation["total"],
        "reported_total": calculation["reported_total"],
    }
    intensity = calculation.get("intensity")
    if intensity is not None:
        item = "吨钢" if guideline.sector == "steel" else f"单位{material.output_item}"
        result["intensity"] = {
            "name": f"{item}排放强度",
            "value": intensity,
            "unit": calculation["intensity_unit"],
        }
    if material.output is not None and "intensity_unit" in calculation:
        result["output"] = {
            "name": f"{material.output_item}产量",
            "amount": format(material.output, "f"),
            "unit": calculation["intensity_unit"].partition("/")[2],
            "source": _output_source(material),
        }
    return result


def _output_source(material: ReportMaterial) -> str:
    """The record that the plan names for the output."""
    rows = [row for stream in material.sheet.streams if stream.category == "output" for row in stream.rows]
    return next((row.source_record for row in rows if row.source_record), "")


def _earlier_month(entry: Totals) -> dict[str, str]:
    row = {"month": entry.month, "total": format(entry.total, "f")}
    optional: tuple[tuple[str, Decimal | None], ...] = (
        ("intensity", entry.intensity),
        ("output", entry.output),
    )
    return row | {key: format(value, "f") for key, value in optional if value is not None}


def _timeline(material: ReportMaterial) -> list[dict[str, str]]:
    """The stations of the month from its end to this signing; what was earlier has no place on the scale."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for event in material.happenings:
        day, label = shanghai_date(event.at), _label(event, material.number)
        if not label or day < material.month.last:
            continue
        # Several on one day by one person would cover each other.
        row = rows.setdefault((day.isoformat(), event.actor), {"on": day.isoformat(), "label": ""})
        row["label"] = f"{row['label']}、{label}" if row["label"] else label
        row["actor"] = event.actor
    return list(rows.values())


def _label(event: Happening, number: int) -> str:
    if event.action == SIGN:
        return f"签发 V{event.version or number}"
    if event.action == "record.mark_ready" and event.version not in {None, number}:
        return ""
    return LABELS.get(event.action, "")


def _signatures(material: ReportMaterial) -> list[dict[str, Any]]:
    signature = material.signed["signature"]
    signed: list[dict[str, Any]] = []
    if (preparer := material.preparer) is not None:
        row: dict[str, Any] = {
            "role": "编制",
            "basis": "第三方管家（受托编制）" if preparer.firm else "企业碳管理员",
            "name": preparer.name,
            "signed_at": preparer.at.isoformat(),
        }
        if material.firms:
            row |= {"assisted_by": "、".join(name for name, _ in material.firms), "remark": "管家不具签发权"}
        signed.append(row)
    issued = {"role": "企业负责人签发", "basis": "真实、完整、准确", "seal": True}
    if signature["receipt_number"]:
        issued |= {
            "name": signature["signed_by"],
            "signed_at": material.submitted_at.isoformat(),
            "digest": material.sha256,
        }
    else:
        issued |= {"name": "", "signed_at": "", "remark": "尚未签署"}
    return [*signed, issued]


def _signing_notes(material: ReportMaterial) -> list[str]:
    signature = material.signed["signature"]
    agreed = [entry["title"] for entry in signature["statements"]]
    known = {statement.key: statement.basis for statement in load_statements()}
    basis = dict.fromkeys(
        part
        for entry in signature["statements"]
        for part in known.get(entry["statement"], "").split("；")
        if part
    )
    notes = ["预览：数据还可能改变，声明在签署时逐条同意。"]
    if agreed:
        told = f"（依据：{'；'.join(basis)}）" if basis else ""
        notes = [f"签发人逐条展开并同意声明：{'；'.join(agreed)}{told}。"]
    if material.earlier:
        words = "；".join(
            f"V{entry.number}（{entry.submitted_at.astimezone(SHANGHAI):%Y-%m-%d} 提交，"
            f"{_STANDINGS.get(entry.standing, '已提交')}）"
            for entry in material.earlier
        )
        reason = material.signed["record"]["reason"]
        notes.append(f"本版之前有 {words}。" + (f"本版理由：{reason}" if reason else ""))
    if signature["late"]:
        notes.append("本月在存证时限之后提交。")
    return notes


_STANDINGS = {
    VersionStanding.RECALLED: "已撤回",
    VersionStanding.RETURNED: "已退回补正",
    VersionStanding.ACCEPTED: "已接受",
    VersionStanding.SUPERSEDED: "已被取代",
}
