"""The canonical snapshot: everything that a signature covers, written down in one way."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.lines import Result, corrected_json
from portal.accounting.month import Figures
from portal.domain.sheet import Sheet, SheetFile, SheetRow, SheetSlot
from portal.domain.workflow import FindingState
from portal.models.evaluations import Evaluation
from portal.models.findings import Finding

SCHEMA = "carbon-steward/monthly-record/1"


def snapshot_content(
    session: Session,
    sheet: Sheet,
    month: Figures,
    result: Result,
    evaluation: Evaluation,
    *,
    signature: Mapping[str, Any],
) -> dict[str, Any]:
    """The data of a version as they are signed; ``signature`` names signer, time, receipt, statements."""
    return {
        "schema": SCHEMA,
        "enterprise": {
            "name": sheet.enterprise_name,
            "uscc": sheet.uscc,
            "district": sheet.district,
            "industry_code": sheet.industry_code,
            "ets_member": sheet.ets_member,
        },
        "record": {
            "month": str(sheet.month),
            "version": sheet.version_number,
            "kind": sheet.kind.value,
            "reason": sheet.reason,
            "due_on": sheet.due_on,
        },
        "plan": {
            "version": sheet.plan_number,
            "effective_from": sheet.plan_effective_from,
            "guideline": sheet.guideline,
        },
        "streams": [
            {
                "code": stream.code,
                "name": stream.name,
                "category": stream.category,
                "item": stream.item,
                "section": stream.section.value,
                "rows": [_row(row, month) for row in stream.rows],
            }
            for stream in sheet.streams
        ],
        "calculation": result.as_json(),
        "evidence": [_file(slot, file) for slot in sheet.slots() for file in slot.files],
        "missing_evidence": [slot.title for slot in sheet.slots() if slot.mandatory and not slot.files],
        "evaluation": {
            "id": evaluation.id,
            "input_hash": evaluation.input_hash,
            "packs": evaluation.packs,
            "passed": evaluation.passed,
            "failed": evaluation.failed,
            "undecidable": evaluation.undecidable,
            "not_applicable": evaluation.not_applicable,
            "finished_at": evaluation.finished_at,
        },
        "findings": _findings(session, sheet.record_id),
        "sections": [
            {"section": entry.section.value, "response": entry.response} for entry in sheet.sections
        ],
        "signature": dict(signature),
    }


def _row(row: SheetRow, month: Figures) -> dict[str, Any]:
    corrected = month.corrections.get(row.cell)
    return {
        "key": row.key,
        "name": row.name,
        "unit": row.unit,
        "value": month.values[row.cell],
        "text": row.text,
        "origin": month.origins[row.cell].value,
        "acquisition": row.acquisition.value,
        "meter": row.meter.code if row.meter else None,
        # Only where there is one: months signed before keep their canonical form.
        **({"correction": corrected_json(corrected)} if corrected is not None else {}),
    }


def _file(slot: SheetSlot, file: SheetFile) -> dict[str, Any]:
    return {
        "slot": slot.code,
        "title": slot.title,
        "clause": slot.clause,
        "filename": file.filename,
        "sha256": file.sha256,
        "size": file.size,
        "period_from": file.period_from,
        "period_to": file.period_to,
        "uploaded_at": file.uploaded_at,
    }


def _findings(session: Session, record_id: int) -> Sequence[dict[str, Any]]:
    rows = session.scalars(
        sa.select(Finding)
        .where(Finding.record_id == record_id, Finding.state != FindingState.CLOSED)
        .order_by(Finding.id)
    )
    return [
        {
            "number": finding.number,
            "check": finding.check_id,
            "severity": finding.severity.value,
            "state": finding.state.value,
            "title": finding.title,
            "waived_until": finding.waived_until,
            "explanations": [step.text for step in finding.steps if step.kind in {"explanation", "response"}],
        }
        for finding in rows
    ]
