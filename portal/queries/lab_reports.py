"""Reading the test reports of an enterprise, and the parameters that a laboratory gives."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.pattern_values import QUALITY
from portal.domain.access import Actor, Permission
from portal.domain.workflow import PlanState
from portal.models.organisations import Organisation
from portal.models.patterns import LabReport
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.queries.access import require


@dataclass(frozen=True)
class MeasuredCell:
    """A parameter of quality of the plan in force."""

    cell: str
    name: str


@dataclass(frozen=True)
class LabReportPage:
    """The reports, the newest first, and what can be chosen for a new one."""

    enterprise_id: int
    enterprise: str
    reports: tuple[LabReport, ...]
    cells: tuple[MeasuredCell, ...]
    may_note: bool

    def name_of(self, report: LabReport) -> str:
        """The parameter's name; its code where the plan has it no more."""
        cell = f"{report.stream_code}.{report.parameter_key}"
        return next((entry.name for entry in self.cells if entry.cell == cell), cell)


def lab_report_page(session: Session, actor: Actor, enterprise_id: int) -> LabReportPage:
    """The enterprise's test reports."""
    require(session, actor, Permission.EVIDENCE_VIEW, enterprise_id)
    reports = session.scalars(
        sa.select(LabReport)
        .where(LabReport.enterprise_id == enterprise_id)
        .order_by(LabReport.month_from.desc(), LabReport.id.desc())
        .limit(500)
    )
    return LabReportPage(
        enterprise_id=enterprise_id,
        enterprise=session.get_one(Organisation, enterprise_id).name,
        reports=tuple(reports),
        cells=measured_cells(session, enterprise_id),
        may_note=actor.may(Permission.EVIDENCE_UPLOAD),
    )


def measured_cells(session: Session, enterprise_id: int) -> tuple[MeasuredCell, ...]:
    """The qualities (moisture, calorific value, carbon content) in the newest approved plan."""
    plan = (
        sa.select(PlanVersion.id)
        .where(PlanVersion.enterprise_id == enterprise_id, PlanVersion.state == PlanState.APPROVED)
        .order_by(PlanVersion.effective_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(SourceStream.code, SourceStream.name, Parameter.key, Parameter.name)
        .join(Parameter, Parameter.stream_id == SourceStream.id)
        .where(SourceStream.plan_version_id == plan, Parameter.key.in_(QUALITY))
        .order_by(SourceStream.position, Parameter.position)
    )
    return tuple(
        MeasuredCell(f"{code}.{key}", f"{code} {stream} · {name}") for code, stream, key, name in rows
    )
