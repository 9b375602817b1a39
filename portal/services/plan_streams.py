"""Streams and parameter rows of a draft: added, renamed, removed, changed, filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.errors import Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.workflow import Acquisition
from portal.models.meters import Meter
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.queries.plan_choices import allowed_acquisitions
from portal.reference.catalogue import Catalogue, load_catalogue
from portal.services.plan_template import FIXED_CODE, StreamChoice, build_stream
from portal.services.plans import editable_plan, trace_plan


@dataclass(frozen=True)
class RowChange:
    """What a person sets in one parameter's row; ``meter_id`` None means no meter."""

    acquisition: str
    meter_id: int | None
    frequency: str
    department: str
    source_record: str
    missing_rule: str


def add_streams(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    choices: Sequence[StreamChoice],
    *,
    row_version: int,
) -> PlanVersion:
    """Add a stream for each choice, under codes that no stream of this enterprise's plan has had."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    catalogue = load_catalogue(plan.guideline)
    if not choices:
        raise Invalid(N_("请至少选一项"), path="items")
    last = _last_code_number(session, enterprise_id)
    fixed = [stream for stream in plan.streams if stream.code == FIXED_CODE]
    position = max((stream.position for stream in plan.streams if stream not in fixed), default=0)
    for offset, choice in enumerate(choices, start=1):
        stream = build_stream(catalogue, choice, f"S-{last + offset:02d}", position + offset)
        plan.streams.append(stream)
    for stream in fixed:
        stream.position = position + len(choices) + 1
    session.flush()
    added = [choice.name or choice.item for choice in choices]
    trace_plan(session, actor, plan, "plan.streams_added", after={"streams": added})
    return plan


def rename_stream(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    stream_id: int,
    *,
    row_version: int,
    name: str,
) -> PlanVersion:
    """Give a stream the enterprise's own name; its code and item stay."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    stream = _stream(plan, stream_id)
    if not name.strip():
        raise Invalid(N_("排放源流要有名称"), path="name")
    before, stream.name = stream.name, name.strip()
    trace_plan(
        session,
        actor,
        plan,
        "plan.stream_renamed",
        before={"code": stream.code, "name": before},
        after={"code": stream.code, "name": stream.name},
    )
    return plan


def remove_stream(
    session: Session, actor: Actor, enterprise_id: int, plan_id: int, stream_id: int, *, row_version: int
) -> PlanVersion:
    """Take a stream with all its parameters out of a draft; months under older versions keep theirs."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    stream = _stream(plan, stream_id)
    if stream.code == FIXED_CODE:
        raise Invalid(N_("每份方案都要有「生产变化情况」，不能移除"), path="stream")
    before = {"code": stream.code, "name": stream.name, "item": stream.item}
    plan.streams.remove(stream)
    session.flush()
    trace_plan(session, actor, plan, "plan.stream_removed", before=before)
    return plan


def change_rows(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    stream_id: int,
    changes: Mapping[int, RowChange],
    *,
    row_version: int,
) -> PlanVersion:
    """Set the rows of one stream; ``changes`` is by parameter id. Raises Invalid at the row at fault."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    stream = _stream(plan, stream_id)
    catalogue = load_catalogue(plan.guideline)
    rows = {parameter.id: parameter for parameter in stream.parameters if not parameter.derived}
    if not set(changes) <= set(rows):
        raise NotFound
    before, after = {}, {}
    for parameter_id, change in changes.items():
        parameter = rows[parameter_id]
        old = _row_values(parameter)
        _check_change(session, catalogue, stream, parameter, change, enterprise_id)
        parameter.acquisition, parameter.meter_id = Acquisition(change.acquisition), change.meter_id
        parameter.frequency, parameter.department = change.frequency, change.department
        parameter.source_record, parameter.missing_rule = change.source_record, change.missing_rule
        new = _row_values(parameter)
        if new != old:
            key = f"{stream.code}.{parameter.key}"
            before[key], after[key] = old, new
    trace_plan(session, actor, plan, "plan.rows_changed", before=before, after=after)
    session.flush()
    return plan


def fill_rows(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    *,
    row_version: int,
    section: str = "",
    department: str = "",
    frequency: str = "",
    missing_rule: str = "",
    overwrite: bool = False,
) -> int:
    """Fill department, frequency and missing-data rule of all rows (of one section) at once.

    Only blank cells are filled unless ``overwrite``; a text left empty fills nothing. Returns how many
    rows changed.
    """
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    texts = {"department": department, "frequency": frequency, "missing_rule": missing_rule}
    texts = {name: text.strip() for name, text in texts.items() if text.strip()}
    changed = 0
    for stream in plan.streams:
        if section and stream.section != section:
            continue
        for parameter in stream.parameters:
            changed += not parameter.derived and _fill(parameter, texts, overwrite)
    trace_plan(session, actor, plan, "plan.rows_filled", after={**texts, "section": section, "rows": changed})
    return changed


def _fill(parameter: Parameter, texts: Mapping[str, str], overwrite: bool) -> bool:
    new = {name: text for name, text in texts.items() if overwrite or not getattr(parameter, name)}
    new = {name: text for name, text in new.items() if getattr(parameter, name) != text}
    for name, text in new.items():
        setattr(parameter, name, text)
    return bool(new)


def _check_change(
    session: Session,
    catalogue: Catalogue,
    stream: SourceStream,
    parameter: Parameter,
    change: RowChange,
    enterprise_id: int,
) -> None:
    allowed = allowed_acquisitions(catalogue, stream.category, stream.item, parameter.key)
    if change.acquisition not in allowed and change.acquisition != parameter.acquisition:
        raise Invalid(N_("核算指南不允许这样获取这个参数"), path=f"p{parameter.id}-acquisition")
    if change.meter_id is not None:
        meter = session.get(Meter, change.meter_id)
        if meter is None or meter.enterprise_id != enterprise_id:
            raise Invalid(N_("没有这件计量器具，请重新选择"), path=f"p{parameter.id}-meter_id")


def _row_values(parameter: Parameter) -> dict[str, Any]:
    names = ("acquisition", "meter_id", "frequency", "department", "source_record", "missing_rule")
    return {name: getattr(parameter, name) for name in names}


def _stream(plan: PlanVersion, stream_id: int) -> SourceStream:
    stream = next((stream for stream in plan.streams if stream.id == stream_id), None)
    if stream is None:
        raise NotFound
    return stream


def _last_code_number(session: Session, enterprise_id: int) -> int:
    """The greatest number of a code S-… in any version: a code means one stream for ever."""
    codes = session.scalars(
        sa.select(SourceStream.code)
        .join(PlanVersion)
        .where(PlanVersion.enterprise_id == enterprise_id, SourceStream.code.startswith("S-"))
    )
    return max((int(code[2:]) for code in codes if code[2:].isdigit()), default=0)
