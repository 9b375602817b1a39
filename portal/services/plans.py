"""Drawing up, submitting and deciding versions of the quality-control plan."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, now
from portal.domain.workflow import PlanState
from portal.models.events import Event
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.plans import EvidenceSlot, Parameter, PlanVersion, SourceStream
from portal.queries.access import require
from portal.queries.plan_guards import submission_failures
from portal.queries.plans import EDITABLE, UNDER_WAY, content_sha256, load_plan, with_content
from portal.reference.catalogue import load_catalogue
from portal.services.events import record_event
from portal.services.evidence import store_file
from portal.services.plan_notices import tell_authority, tell_preparers
from portal.services.plan_template import StreamChoice, build_fixed_stream, build_stream
from portal.services.rows import check_version
from portal.storage import Storage

#: Drawings that lie with a plan (annex B.2).
DRAWINGS = ("organisation_chart", "site_plan", "process_chart")
FIRST_REASON = "首次编制"


def create_plan(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    choices: Sequence[StreamChoice],
    *,
    effective_from: str,
    boundary: str = "",
    reason: str = FIRST_REASON,
    guideline: str = "",
) -> PlanVersion:
    """A draft with a stream for each choice, its parameters and evidence slots from the catalogue.

    ``guideline`` is that of the enterprise unless given; streams get codes S-01… in the order of the
    choices, and QT-01 for changes of production. Raises Invalid for an unknown item or month, Refused
    while another version is under way.
    """
    require(session, actor, Permission.PLAN_EDIT, enterprise_id)
    Month.parse(effective_from)
    if not choices:
        raise Invalid(N_("请至少选一项"), path="items")
    _refuse_second_draft(session, enterprise_id)
    guideline = guideline or _guideline_of(session, enterprise_id)
    catalogue = load_catalogue(guideline)
    plan = _new_version(session, actor, enterprise_id, guideline, effective_from)
    plan.boundary, plan.reason = boundary, reason
    plan.streams = [
        build_stream(catalogue, choice, f"S-{place:02d}", place)
        for place, choice in enumerate(choices, start=1)
    ]
    plan.streams.append(build_fixed_stream(len(choices) + 1))
    session.add(plan)
    session.flush()
    trace_plan(session, actor, plan, "plan.created", after=_head(plan) | {"streams": len(plan.streams)})
    return plan


def clone_plan(session: Session, actor: Actor, enterprise_id: int, plan_id: int) -> PlanVersion:
    """A new draft with the content of an approved or superseded version; its reason starts empty."""
    require(session, actor, Permission.PLAN_EDIT, enterprise_id)
    old = load_plan(session, enterprise_id, plan_id)
    if old.state in UNDER_WAY:
        raise Refused(N_("只有已批准过的版本可以复制成新版本"))
    _refuse_second_draft(session, enterprise_id)
    plan = _new_version(session, actor, enterprise_id, old.guideline, old.effective_from)
    plan.boundary, plan.drawings = old.boundary, dict(old.drawings or {})
    plan.streams = [_copy_stream(stream) for stream in old.streams]
    session.add(plan)
    session.flush()
    trace_plan(session, actor, plan, "plan.copied", after=_head(plan) | {"copied_from": old.number})
    return plan


def change_head(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    *,
    row_version: int,
    effective_from: str,
    boundary: str,
    reason: str,
) -> PlanVersion:
    """Set first month, boundary and reason of a draft; raises Invalid, Refused or Conflict."""
    Month.parse(effective_from)
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    before = _head(plan)
    plan.effective_from, plan.boundary, plan.reason = effective_from, boundary, reason
    trace_plan(session, actor, plan, "plan.head_changed", before=before, after=_head(plan))
    return plan


def attach_drawing(
    session: Session,
    storage: Storage,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    kind: str,
    stream: BinaryIO,
    filename: str,
    *,
    row_version: int,
    most_bytes: int = 20 * 1024 * 1024,
) -> PlanVersion:
    """Lay a drawing with a draft, in place of an earlier one of its kind; raises Invalid at ``kind``."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    if kind not in DRAWINGS:
        raise NotFound
    try:
        evidence = store_file(
            session, storage, actor, stream, filename, enterprise_id=enterprise_id, most_bytes=most_bytes
        )
    except Invalid as error:
        raise Invalid(error.message, params=error.params, path=kind) from error
    before = dict(plan.drawings or {})
    plan.drawings = {**before, kind: evidence.id}
    after = {"drawings": plan.drawings, "sha256": evidence.sha256}
    trace_plan(session, actor, plan, "plan.drawing_attached", before={"drawings": before}, after=after)
    return plan


def discard_plan(
    session: Session, actor: Actor, enterprise_id: int, plan_id: int, *, row_version: int
) -> None:
    """Throw a draft away that was never submitted; the trace keeps that it was there."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    if plan.submitted_at is not None:
        raise Refused(N_("提交过的方案不能删除，只能改好后再提交"))
    trace_plan(session, actor, plan, "plan.discarded", before=_head(plan))
    session.delete(plan)
    session.flush()


def submit_plan(
    session: Session, actor: Actor, enterprise_id: int, plan_id: int, *, row_version: int
) -> PlanVersion:
    """Hand a draft to the regulator; raises GuardFailed with everything that is still missing."""
    plan = editable_plan(session, actor, enterprise_id, plan_id, row_version)
    failures = submission_failures(session, plan)
    if failures:
        raise GuardFailed(failures)
    before = plan.state
    plan.state, plan.submitted_at, plan.comment = PlanState.SUBMITTED, now(), ""
    plan.decided_at = plan.decided_by_id = None
    trace_plan(session, actor, plan, "plan.submitted", before={"state": before}, after={"state": plan.state})
    tell_authority(session, plan)
    return plan


def approve_plan(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan_id: int,
    *,
    row_version: int,
    comment: str = "",
) -> PlanVersion:
    """Approve a submitted version: its content is hashed and frozen, older versions are superseded.

    A superseded version still rules the months before this one's first month. Raises GuardFailed when
    something changed since it was submitted, such as a month accepted in between.
    """
    plan = _submitted_plan(session, actor, enterprise_id, plan_id, row_version)
    failures = submission_failures(session, plan)
    if failures:
        raise GuardFailed(failures)
    superseded = session.scalars(
        sa.update(PlanVersion)
        .where(PlanVersion.enterprise_id == enterprise_id, PlanVersion.state == PlanState.APPROVED)
        .values(state=PlanState.SUPERSEDED)
        .returning(PlanVersion.number)
    ).all()
    plan.state, plan.content_sha256 = PlanState.APPROVED, content_sha256(plan)
    plan.decided_at, plan.decided_by_id, plan.comment = now(), actor.user_id, comment
    session.flush()
    after = {"state": plan.state, "sha256": plan.content_sha256, "superseded": sorted(superseded)}
    trace_plan(session, actor, plan, "plan.approved", before={"state": PlanState.SUBMITTED}, after=after)
    tell_preparers(session, plan, N_("质量控制方案第 %(number)s 版已批准，自 %(month)s 起执行"))
    return plan


def return_plan(
    session: Session, actor: Actor, enterprise_id: int, plan_id: int, *, row_version: int, comment: str
) -> PlanVersion:
    """Give a submitted version back with a comment; raises Invalid without one."""
    if not comment.strip():
        raise Invalid(N_("退回时要写明要改什么"), path="comment")
    plan = _submitted_plan(session, actor, enterprise_id, plan_id, row_version)
    plan.state, plan.comment = PlanState.RETURNED, comment.strip()
    plan.decided_at, plan.decided_by_id = now(), actor.user_id
    after = {"state": plan.state, "comment": plan.comment}
    trace_plan(session, actor, plan, "plan.returned", before={"state": PlanState.SUBMITTED}, after=after)
    tell_preparers(session, plan, N_("质量控制方案第 %(number)s 版被退回，请按意见修改后再提交"))
    return plan


def editable_plan(
    session: Session, actor: Actor, enterprise_id: int, plan_id: int, row_version: int
) -> PlanVersion:
    """The draft or returned version, locked and its row version counted up.

    Raises NotFound for what is foreign, Refused for what is frozen, Conflict when somebody was faster.
    """
    require(session, actor, Permission.PLAN_EDIT, enterprise_id)
    plan = _locked(session, enterprise_id, plan_id)
    if plan.state not in EDITABLE:
        raise Refused(N_("这一版方案已提交或已批准，不能再改；请复制成新版本后修改"))
    _count_up(session, plan, row_version)
    return plan


def _submitted_plan(
    session: Session, actor: Actor, enterprise_id: int, plan_id: int, row_version: int
) -> PlanVersion:
    require(session, actor, Permission.PLAN_APPROVE, enterprise_id)
    plan = _locked(session, enterprise_id, plan_id)
    if plan.state is not PlanState.SUBMITTED:
        raise Refused(N_("这一版方案不在待审核状态"))
    _count_up(session, plan, row_version)
    return plan


def _locked(session: Session, enterprise_id: int, plan_id: int) -> PlanVersion:
    plan = session.scalars(
        sa.select(PlanVersion)
        .where(PlanVersion.id == plan_id, PlanVersion.enterprise_id == enterprise_id)
        .with_for_update(of=PlanVersion)
        .options(*with_content())
        .execution_options(populate_existing=True)
    ).first()
    if plan is None:
        raise NotFound
    return plan


def _count_up(session: Session, plan: PlanVersion, row_version: int) -> None:
    who, when = "", None
    if plan.row_version != row_version:
        last = session.scalars(
            sa.select(Event)
            .where(Event.subject_kind == "plan", Event.subject_id == plan.id)
            .order_by(Event.id.desc())
            .limit(1)
        ).first()
        who, when = (last.actor_name, last.at) if last else ("", None)
    check_version(plan, row_version, who=who, when=when)


def _refuse_second_draft(session: Session, enterprise_id: int) -> None:
    # The enterprise's row is the lock: of two people who begin at once, the second is told.
    session.execute(sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update())
    number = session.scalar(
        sa.select(PlanVersion.number).where(
            PlanVersion.enterprise_id == enterprise_id, PlanVersion.state.in_(UNDER_WAY)
        )
    )
    if number is not None:
        raise Refused(N_("第 %(number)s 版还在编制或审核，先完成它再开始新版本"), params={"number": number})


def _guideline_of(session: Session, enterprise_id: int) -> str:
    guideline = session.scalar(
        sa.select(EnterpriseProfile.guideline).where(EnterpriseProfile.organisation_id == enterprise_id)
    )
    if not guideline:
        raise Invalid(N_("企业档案里还没有选定核算指南"), path="guideline")
    return guideline


def _new_version(
    session: Session, actor: Actor, enterprise_id: int, guideline: str, effective_from: str
) -> PlanVersion:
    last = session.scalar(
        sa.select(sa.func.max(PlanVersion.number)).where(PlanVersion.enterprise_id == enterprise_id)
    )
    return PlanVersion(
        enterprise_id=enterprise_id,
        number=(last or 0) + 1,
        state=PlanState.DRAFT,
        guideline=guideline,
        effective_from=effective_from,
        reason="",
        boundary="",
        drawings={},
        row_version=1,
        comment="",
        created_by_id=actor.user_id,
    )


_STREAM_COLUMNS = ("position", "code", "name", "category", "item", "section")
_PARAMETER_COLUMNS = (
    *("position", "key", "name", "unit", "digits", "derived", "required", "acquisition", "meter_id"),
    *("frequency", "department", "source_record", "missing_rule", "clause"),
)
_SLOT_COLUMNS = ("code", "title", "clause", "mandatory")


def _copy_stream(stream: SourceStream) -> SourceStream:
    copy = SourceStream(**_columns(stream, _STREAM_COLUMNS))
    for parameter in stream.parameters:
        twin = Parameter(**_columns(parameter, _PARAMETER_COLUMNS))
        twin.slots = [EvidenceSlot(**_columns(slot, _SLOT_COLUMNS)) for slot in parameter.slots]
        copy.parameters.append(twin)
    return copy


def _columns(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _head(plan: PlanVersion) -> dict[str, Any]:
    return {
        "number": plan.number,
        "effective_from": plan.effective_from,
        "boundary": plan.boundary,
        "reason": plan.reason,
    }


def trace_plan(
    session: Session,
    actor: Actor,
    plan: PlanVersion,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one event about a plan."""
    record_event(
        session,
        actor,
        action,
        "plan",
        plan.id,
        enterprise_id=plan.enterprise_id,
        before=before,
        after=after,
    )
