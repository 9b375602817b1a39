"""What the checks are told about a month: plain facts made from its sheet and its figures."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from portal.accounting.month import Figures, carried_opening, entry_of
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.periods import shanghai_date, today
from portal.domain.sheet import Sheet, SheetRow, SheetSlot, SheetStream, Totals
from portal.domain.workflow import Acquisition
from portal.queries.check_background import Background
from portal.reference.catalogue import Catalogue, ParameterEntry, StreamKind

PRODUCTION_CHANGE = "QT-01"
YES = "yes"


def facts_of(
    sheet: Sheet, figures: Figures, beside: Background | None = None, *, open_blocking_earlier: int = 0
) -> dict[str, Any]:
    """The facts of a month, as the check packs read them; blank figures are None.

    ``beside`` is what other tables hold; without it those data are unknown.
    """
    known = beside or Background()
    return {
        "enterprise": {
            "uscc": sheet.uscc,
            "name": sheet.enterprise_name,
            "industry_code": sheet.industry_code,
            "ets_member": sheet.ets_member,
            "guideline": sheet.guideline,
            **known.enterprise,
        },
        "record": {
            "month": str(sheet.month),
            "first": sheet.month.first,
            "last": sheet.month.last,
            "due_on": sheet.amend_due_on or sheet.due_on,
            "today": today(),
            "version": sheet.version_number,
            "preparer_firm": next((str(firm) for firm in sorted(sheet.prepared_by_firms)), None),
            "reviewing_firm": None,
        },
        "plan": {**_plan(sheet, figures.catalogue), **known.plan},
        "rows": [
            _row(stream, row, figures, kind, known)
            for stream in sheet.streams
            if stream.code != PRODUCTION_CHANGE
            for kind in (figures.catalogue.kind_of(stream.category, stream.item),)
            for row in stream.rows
        ],
        "slots": [_slot(slot) for slot in sheet.slots()],
        "totals": _totals(sheet, figures),
        "changes": _changes(sheet),
        "year": {"year": f"{sheet.month.year:04d}", "months": list(known.year)},
        "findings": {"open_blocking_earlier": open_blocking_earlier},
    }


def facts_hash(facts: Mapping[str, Any]) -> str:
    """SHA-256 of the facts, leaving out the day on which they are read: time alone stales nothing."""
    timeless = dict(facts)
    timeless["record"] = {key: value for key, value in facts["record"].items() if key != "today"}
    return sha256_text(canonical_json(timeless))


def _plan(sheet: Sheet, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "version": str(sheet.plan_number),
        "state": "approved" if sheet.plan_state in {"approved", "superseded"} else sheet.plan_state,
        "effective_from": sheet.plan_effective_from,
        "guideline": sheet.guideline,
        "revision_reason": sheet.plan_reason,
        "submitted_on": sheet.plan_submitted_on,
        "organisation_chart": "organisation_chart" in sheet.drawings,
        "site_plan": "site_plan" in sheet.drawings,
        "process_chart": "process_chart" in sheet.drawings,
        "streams": [
            {
                "code": stream.code,
                "name": stream.name,
                "item": stream.item,
                "category": stream.category,
                "state_of_matter": _state(catalogue, stream),
            }
            for stream in sheet.streams
        ],
    }


def _state(catalogue: Catalogue, stream: SheetStream) -> str | None:
    kind = catalogue.kind_of(stream.category, stream.item)
    return (kind.state or None) if kind else None


def _row(
    stream: SheetStream, row: SheetRow, figures: Figures, kind: StreamKind | None, known: Background
) -> dict[str, Any]:
    entry = entry_of(kind, row.key)
    default = figures.catalogue.default(stream.category, stream.item, row.key)
    return {
        "cell": row.cell,
        "stream": stream.code,
        "stream_name": stream.name,
        "item": stream.item,
        "category": stream.category,
        "section": stream.section.value,
        "parameter": row.key,
        "name": row.name,
        "unit": row.unit,
        "value": figures.values[row.cell],
        "required": row.required,
        "derived": row.derived,
        "acquisition": row.acquisition.value,
        "planned_acquisition": row.planned_acquisition.value,
        "default_value": default.amount if default is not None else None,
        "digits": row.digits,
        "meter": _meter(row, entry, known),
        "department": row.department,
        "frequency": row.frequency,
        "missing_rule": row.missing_rule,
        "source_record": row.source_record,
        "previous": row.previous if row.key != "emission" else stream.previous_emission,
        "last_year": row.last_year if row.key != "emission" else stream.last_year_emission,
        "year_acquisitions": list(row.year_acquisitions),
        "previous_closing": carried_opening(stream, entry),
        "test_reports": list(known.reports.get(row.cell, ())),
        "explanation": "",
        "corrected": row.correction is not None,
    }


def _meter(row: SheetRow, entry: ParameterEntry | None, known: Background) -> dict[str, Any] | None:
    if row.meter is None or row.acquisition is not Acquisition.MEASURED:
        return None
    return {
        "code": row.meter.code,
        "name": row.meter.name,
        "type": row.meter.type,
        **known.meters.get(row.meter.code, {}),
        "accuracy_class": row.meter.accuracy_class,
        "required_class": entry.required_class(row.meter.type) if entry else None,
        "calibrations": [
            {
                "calibrated_on": calibration.calibrated_on,
                "valid_until": calibration.valid_until,
                "result": calibration.result,
                "max_error": calibration.max_error,
                **known.calibrations.get((row.meter.code, calibration.calibrated_on), {}),
            }
            for calibration in row.meter.calibrations
        ],
    }


def _slot(slot: SheetSlot) -> dict[str, Any]:
    return {
        "code": slot.code,
        "title": slot.title,
        "clause": slot.clause,
        "mandatory": slot.mandatory,
        "cell": slot.cell,
        "section": slot.section.value,
        "evidence": [
            {
                "id": file.id,
                "title": file.filename,
                "sha256": file.sha256,
                "period_from": file.period_from,
                "period_to": file.period_to,
                "uploaded_on": shanghai_date(file.uploaded_at),
                "media_type": file.media_type,
                "size": file.size,
            }
            for file in slot.files
        ],
    }


def _totals(sheet: Sheet, figures: Figures) -> dict[str, Any]:
    # A total that lacks a counted stream is not a total: undecidable, not small.
    result = figures.result if not figures.blank else None
    facts: dict[str, Any] = {
        "total": result.total if result else None,
        "intensity": result.intensity if result else None,
        "output": result.output_amount if result else None,
    }
    for name, earlier in (("previous", sheet.previous), ("last_year", sheet.last_year)):
        facts |= _compared(name, earlier)
    return facts


def _compared(name: str, earlier: Totals | None) -> dict[str, Decimal | None]:
    return {
        f"{name}_total": earlier.total if earlier else None,
        f"{name}_intensity": earlier.intensity if earlier else None,
        f"{name}_output": earlier.output if earlier else None,
    }


def _changes(sheet: Sheet) -> dict[str, Any]:
    stream = sheet.stream(PRODUCTION_CHANGE)
    changed = stream.row("production_changed") if stream else None
    note = stream.row("shutdown_note") if stream else None
    return {
        "production_changed": bool(changed and changed.text == YES),
        "shutdown_note": note.text if note else "",
    }


def days_left(due_on: date) -> int:
    """Days until ``due_on``, counted in Shanghai; negative when past."""
    return (due_on - today()).days
