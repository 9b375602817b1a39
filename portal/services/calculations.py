"""Keeping a month's figures: settled values, the calculation and its lines."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.explain import Explanation, Term, explain
from portal.accounting.lines import Line, Result
from portal.accounting.month import Figures, Origin
from portal.domain.periods import now
from portal.domain.sheet import Sheet, SheetRow
from portal.domain.workflow import Acquisition
from portal.models.evaluations import Calculation, CalculationLine
from portal.models.records import RecordValue

_EXPLANATION = tuple(field.name for field in fields(Explanation))
_TERM = tuple(field.name for field in fields(Term))


def settle_values(session: Session, sheet: Sheet, figures: Figures) -> None:
    """Write the carried, derived and default cells into the version, as they are now.

    From then on the version holds every figure itself, and later changes elsewhere leave it alone.
    The caller has locked the month and read ``sheet`` after that.
    """
    new: list[dict[str, Any]] = []
    for row in sheet.rows():
        if figures.origins[row.cell] is Origin.TYPED or row.key == "emission":
            continue
        value = figures.values[row.cell]
        if row.updated_at is None:  # never written
            new.append(
                {
                    "version_id": sheet.version_id,
                    "stream_code": row.stream_code,
                    "parameter_key": row.key,
                    "value": value,
                    "unit": row.unit,
                    "acquisition": Acquisition(row.acquisition),
                }
            )
        elif row.stored != value:
            _rewrite(session, sheet.version_id, row, value)
    if new:
        session.execute(sa.insert(RecordValue), new)
    session.flush()


def _rewrite(session: Session, version_id: int, row: SheetRow, value: Decimal | None) -> None:
    session.execute(
        sa.update(RecordValue)
        .where(
            RecordValue.version_id == version_id,
            RecordValue.stream_code == row.stream_code,
            RecordValue.parameter_key == row.key,
        )
        .values(value=value, updated_at=now(), row_version=row.row_version + 1)
    )


def keep_calculation(session: Session, sheet: Sheet, result: Result) -> Calculation:
    """Store the emissions of a version at its present revision, line by line."""
    calculation = Calculation(
        version_id=sheet.version_id,
        revision=sheet.revision,
        guideline=result.guideline,
        unit=result.unit,
        total=result.total,
        reported_total=result.reported_total,
        intensity=result.intensity,
        output=result.output_amount,
        output_item=result.output_item or "",
        subtotals={key: format(value, "f") for key, value in result.subtotals.items()},
    )
    session.add(calculation)
    session.flush()
    rows = [
        {
            "calculation_id": calculation.id,
            "position": position,
            "stream_code": line.id,
            "category": line.category,
            "item": line.item,
            "emission": line.emission,
            "unrounded": line.unrounded,
            "detail": line_detail(line),
        }
        for position, line in enumerate(result.lines, 1)
    ]
    if rows:
        session.execute(sa.insert(CalculationLine), rows)
    return calculation


def line_detail(line: Line) -> dict[str, Any]:
    """All that explains a line later, without the packs of today."""
    return {
        "line": line.as_json(),
        "explanation": {language: _plain(explain(line, language)) for language in ("zh", "en")},
    }


def _plain(said: Explanation) -> dict[str, Any]:
    """As ``dataclasses.asdict``, without its deep copy of each text."""
    return {
        name: [{part: getattr(term, part) for part in _TERM} for term in said.terms]
        if name == "terms"
        else getattr(said, name)
        for name in _EXPLANATION
    }
