"""What still keeps a version of a plan from being submitted or approved; all of it, not the first."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import Failure
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.workflow import Acquisition, PlanState
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.queries.plan_choices import entry_of, needs_meter
from portal.queries.plans import last_accepted_month
from portal.reference.catalogue import Catalogue, load_catalogue


def submission_failures(session: Session, plan: PlanVersion) -> list[Failure]:
    """Every reason why this version cannot be submitted now, with the row where it can be mended."""
    catalogue = load_catalogue(plan.guideline)
    failures = list(_head_failures(session, plan))
    if not any(_is_from_guideline(catalogue, stream) for stream in plan.streams):
        failures.append(Failure("plan_empty", N_("方案里还没有排放源流")))
    for stream in plan.streams:
        for parameter in stream.parameters:
            if not parameter.derived:
                failures += _row_failures(catalogue, plan, stream, parameter)
    return failures


def _is_from_guideline(catalogue: Catalogue, stream: SourceStream) -> bool:
    return catalogue.kind_of(stream.category, stream.item) is not None


def _head_failures(session: Session, plan: PlanVersion) -> Iterator[Failure]:
    if not plan.boundary.strip():
        yield Failure("boundary_missing", N_("还没有写核算边界和主要排放设施"), section="head")
    if not plan.reason.strip():
        yield Failure("reason_missing", N_("还没有写修订原因"), section="head")
    accepted = last_accepted_month(session, plan.enterprise_id)
    if accepted is not None and plan.effective_from <= accepted:
        yield Failure(
            "month_accepted",
            N_("%(month)s 已被接受，新方案最早从下一个月起执行；要改已接受的月份，先申请更正"),
            {"month": accepted},
            section="head",
        )
    ruling = session.scalar(
        sa.select(sa.func.max(PlanVersion.effective_from)).where(
            PlanVersion.enterprise_id == plan.enterprise_id,
            PlanVersion.state == PlanState.APPROVED,
            PlanVersion.id != plan.id,
        )
    )
    if ruling is not None and plan.effective_from < ruling:
        yield Failure(
            "month_before_ruling",
            N_("现行方案从 %(month)s 起执行，新方案不能比它更早"),
            {"month": ruling},
            section="head",
        )


def _row_failures(
    catalogue: Catalogue, plan: PlanVersion, stream: SourceStream, parameter: Parameter
) -> Iterator[Failure]:
    place = {"stream": f"{stream.code} {stream.name}", "parameter": parameter.name}
    where = {"section": stream.section.value, "cell": f"{stream.code}.{parameter.key}"}
    needed = needs_meter(catalogue, stream.category, stream.item, parameter.key, parameter.acquisition)
    if needed and parameter.meter is None:
        yield Failure(
            "meter_missing", N_("%(stream)s 的%(parameter)s：实测的参数要指定计量器具"), place, **where
        )
    if _is_retired(plan, parameter):
        yield Failure(
            "meter_retired", N_("%(stream)s 的%(parameter)s：计量器具在执行月份前已停用"), place, **where
        )
    if _lacks_default(catalogue, stream, parameter):
        yield Failure("default_missing", N_("%(stream)s 的%(parameter)s：指南没有缺省值"), place, **where)
    for name, text in (
        ("department", N_("%(stream)s 的%(parameter)s：还没有负责部门")),
        ("frequency", N_("%(stream)s 的%(parameter)s：还没有记录频次")),
        ("missing_rule", N_("%(stream)s 的%(parameter)s：还没有数据缺失处理方式")),
    ):
        if not getattr(parameter, name).strip():
            yield Failure(f"{name}_missing", text, place, **where)


def _is_retired(plan: PlanVersion, parameter: Parameter) -> bool:
    meter = parameter.meter
    return (
        meter is not None
        and meter.valid_to is not None
        and meter.valid_to < Month.parse(plan.effective_from).first
    )


def _lacks_default(catalogue: Catalogue, stream: SourceStream, parameter: Parameter) -> bool:
    entry = entry_of(catalogue, stream.category, stream.item, parameter.key)
    if parameter.acquisition is not Acquisition.DEFAULT or entry is None or len(entry.acquisitions) == 1:
        return False  # where the guideline leaves no choice, its own constant is used
    return catalogue.default(stream.category, stream.item, parameter.key) is None
