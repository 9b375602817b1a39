"""What is made for a bundle: data as workbooks and JSON, check results, the chain of events, the manifest."""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal import verify_bundle
from portal.domain.canonical import canonical_json
from portal.domain.periods import Month, shanghai_date
from portal.models.bundles import Bundle
from portal.models.dossiers import Dossier
from portal.models.evaluations import CheckResult, Evaluation
from portal.models.events import Event
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord, Snapshot
from portal.services.events import EVENT_PARTS
from portal.services.xlsx_export import xlsx_bytes

#: What of an event a bundle holds for whoever may not read the trace: enough to see that none is missing.
EVENT_LINKS = ("sequence", "at", "previous_hash")

README = """资料包 · bundle

data/       每一版已签署的月度记录：record.json 是签署时冻结的原文，
            values.xlsx 与 calculation.xlsx 是同样的数字。
documents/  签发的 PDF，与签发时逐字节相同。
evidence/   支撑材料原件。
checks/     签署时的检查结果，以及差距。
events/     企业的事件链，每行一条；每条含前一条的指纹。
manifest.json  每个文件的 SHA-256 和大小；manifest.p7s 是对它的签名（机构没有密钥时没有）。

核验：python verify_bundle.py 资料包.zip   （只需 Python 3.9 以上）
To check: python verify_bundle.py BUNDLE.zip   (Python 3.9 or newer, nothing else)
"""

VALUES_HEAD = ("源流", "名称", "参数", "参数名称", "数值", "文字", "单位", "来源", "获取方式", "计量器具")
LINES_HEAD = ("行", "类别", "项目", "排放量", "单位", "公式", "条款", "可信度", "因子与来源")


def produce(session: Session, bundle: Bundle, origin: str) -> Iterator[bytes]:
    """The bytes of a part, piece by piece; ``origin`` is what its row names, such as snapshot:17."""
    kind, _, number = origin.partition(":")
    if kind in _OF_BUNDLE:
        return _OF_BUNDLE[kind](session, bundle)
    return iter([_OF_ROW[kind](session, int(number))])


def _readme(session: Session, bundle: Bundle) -> Iterator[bytes]:
    yield README.encode()


def _verifier(session: Session, bundle: Bundle) -> Iterator[bytes]:
    yield Path(verify_bundle.__file__).read_bytes()


def _snapshot(session: Session, version_id: int) -> bytes:
    return session.get_one(Snapshot, version_id).content.encode()


def _dossier(session: Session, dossier_id: int) -> bytes:
    return (session.get_one(Dossier, dossier_id).content or "").encode()


def _values(session: Session, version_id: int) -> bytes:
    """The signed figures as a sheet; what is blank stays blank."""
    content = json.loads(session.get_one(Snapshot, version_id).content)
    rows = [
        [
            stream["code"],
            stream["name"],
            row["key"],
            row["name"],
            _figure(row["value"]),
            row["text"],
            row["unit"],
            row["origin"],
            row["acquisition"],
            row["meter"],
        ]
        for stream in content["streams"]
        for row in stream["rows"]
    ]
    return xlsx_bytes(_title(content), VALUES_HEAD, rows)


def _calculation(session: Session, version_id: int) -> bytes:
    content = json.loads(session.get_one(Snapshot, version_id).content)
    rows = [
        [
            line["id"],
            line["category"],
            line["item"],
            _figure(line["emission"]),
            line["unit"],
            line["formula"],
            line["clause"],
            line.get("confidence", ""),
            "；".join(f"{f['name']} {f['value']} {f['unit']}（{f['source']}）" for f in line["factors"]),
        ]
        for line in content["calculation"]["lines"]
    ]
    return xlsx_bytes(_title(content), LINES_HEAD, rows)


def _title(content: Mapping[str, Any]) -> str:
    return f"{content['record']['month']} V{content['record']['version']}"


def _figure(text: object) -> object:
    """A decimal text as a number, so that a sheet can add it up; anything else as it is."""
    try:
        return Decimal(text) if isinstance(text, str) else text
    except InvalidOperation:
        return text


def _evaluation(session: Session, evaluation_id: int) -> bytes:
    found = session.get_one(Evaluation, evaluation_id)
    results = session.scalars(
        sa.select(CheckResult).where(CheckResult.evaluation_id == evaluation_id).order_by(CheckResult.id)
    )
    content = {
        "packs": found.packs,
        "input_hash": found.input_hash,
        "finished_at": found.finished_at,
        "passed": found.passed,
        "failed": found.failed,
        "undecidable": found.undecidable,
        "not_applicable": found.not_applicable,
        "results": [
            {
                "check": result.check_id,
                "version": result.check_version,
                "outcome": result.outcome,
                "severity": result.severity,
                "section": result.section,
                "cell": result.cell,
                "slot": result.slot,
                "detail": result.detail,
            }
            for result in results
        ],
    }
    return canonical_json(content).encode()


def _findings(session: Session, bundle: Bundle) -> Iterator[bytes]:
    """Findings about the months of the period, and those of visits that were opened in it."""
    rows = session.execute(
        sa.select(Finding, MonthlyRecord.month)
        .outerjoin(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .where(
            Finding.enterprise_id == bundle.enterprise_id,
            sa.or_(Finding.record_id.is_(None), MonthlyRecord.month >= bundle.first_month),
            sa.or_(Finding.record_id.is_(None), MonthlyRecord.month <= bundle.last_month),
        )
        .order_by(Finding.id)
    )
    first, last = Month.parse(bundle.first_month), Month.parse(bundle.last_month)
    told = [
        _finding(finding, month)
        for finding, month in rows
        if month or first <= Month.of(shanghai_date(finding.opened_at)) <= last
    ]
    yield canonical_json(told).encode()


def _finding(finding: Finding, month: str | None) -> dict[str, Any]:
    return {
        "number": finding.number,
        "month": month,
        "source": finding.source,
        "check": finding.check_id,
        "subject": finding.subject,
        "severity": finding.severity,
        "title": finding.title,
        "detail": finding.detail,
        "state": finding.state,
        "due_on": finding.due_on,
        "opened_at": finding.opened_at,
        "closed_at": finding.closed_at,
        "closed_as": finding.closed_as,
        "steps": [
            {"kind": step.kind, "at": step.at, "text": step.text, "done_on": step.done_on}
            for step in finding.steps
        ],
    }


def _events(session: Session, bundle: Bundle) -> Iterator[bytes]:
    """The whole chain, one event a line, in the canonical form that its hash was made of."""
    names = EVENT_PARTS if bundle.with_trace else EVENT_LINKS
    rows = session.scalars(
        sa.select(Event)
        .where(Event.chain == f"organisation:{bundle.enterprise_id}")
        .order_by(Event.sequence)
        .execution_options(yield_per=500)
    )
    for event in rows:
        line = {name: getattr(event, name) for name in names} | {"hash": event.hash}
        yield f"{canonical_json(line)}\n".encode()


_OF_BUNDLE: Mapping[str, Callable[[Session, Bundle], Iterator[bytes]]] = {
    "readme": _readme,
    "verifier": _verifier,
    "findings": _findings,
    "events": _events,
}
_OF_ROW: Mapping[str, Callable[[Session, int], bytes]] = {
    "snapshot": _snapshot,
    "dossier": _dossier,
    "values": _values,
    "calculation": _calculation,
    "evaluation": _evaluation,
}
