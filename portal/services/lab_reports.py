"""Writing down what stands on test reports, so that the search for patterns can compare them."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.models.patterns import LabReport
from portal.queries.access import require
from portal.queries.lab_reports import measured_cells
from portal.services.events import record_event

#: A value stands for a year at the most.
LONGEST = 12


@dataclass(frozen=True)
class ReportContent:
    """What stands on the report; a date that it does not show is None."""

    report_number: str
    laboratory: str
    accreditation: str
    accredited_until: date | None
    in_scope: bool | None
    batch: str
    sampled_on: date | None
    received_on: date | None
    tested_on: date | None
    reported_on: date | None
    value: Decimal | None


def note_lab_report(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    cell: str,
    months: tuple[Month, Month],
    content: ReportContent,
) -> LabReport:
    """Write a report down as it is; whether its dates make sense is for the search to say.

    Raises Invalid for a parameter that the plan does not have, and for months the wrong way round.
    """
    require(session, actor, Permission.EVIDENCE_UPLOAD, enterprise_id)
    if cell not in {entry.cell for entry in measured_cells(session, enterprise_id)}:
        raise Invalid(N_("请选择参数"), path="cell")
    first, last = months
    if not first <= last <= first.plus(LONGEST - 1):
        raise Invalid(N_("结束月份不能早于开始月份，最多 12 个月"), path="month_to")
    stream, _, key = cell.partition(".")
    row = LabReport(
        enterprise_id=enterprise_id,
        stream_code=stream,
        parameter_key=key,
        month_from=str(first),
        month_to=str(last),
        noted_by_id=actor.user_id,
        **asdict(content),
    )
    session.add(row)
    session.flush()
    after = {"number": row.report_number, "cell": cell, "months": f"{first}/{last}"}
    record_event(
        session, actor, "lab_report.noted", "lab_report", row.id, enterprise_id=enterprise_id, after=after
    )
    return row
