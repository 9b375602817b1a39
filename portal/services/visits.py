"""Opening a visit (上门服务) or an inspection (现场检查), and the rules on who may carry it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.model import CheckPack
from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.domain.visits import InspectionAction, InspectionKind, InspectionState, next_state
from portal.models.draws import Draw
from portal.models.engagements import Engagement
from portal.models.evidence import Evidence
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion
from portal.models.visits import Checklist, Inspection
from portal.queries.access import engagement_in_force, require
from portal.queries.visit_packs import frozen_pack, visit_packs
from portal.services.events import record_event
from portal.services.notifications import notify_roles
from portal.services.numbers import next_number

MOST_PACKS = 6
#: A visit may be planned ahead, or entered after the fact, by this much.
REACH = timedelta(days=92)
NUMBER_LETTERS = {InspectionKind.SERVICE: "VS", InspectionKind.INSPECTION: "IN"}
ENTERPRISE_PEOPLE = frozenset(
    {Role.ENTERPRISE_OFFICER, Role.ENTERPRISE_SIGNATORY, Role.ENTERPRISE_ADMINISTRATOR}
)


@dataclass(frozen=True)
class VisitPlan:
    """What is known when a visit is opened; ``packs`` are ids of question packs."""

    packs: Sequence[str]
    visited_on: date
    scope: str = ""
    accompanied_by: str = ""
    draw_id: int | None = None


def open_visit(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    plan: VisitPlan,
    *,
    kind: InspectionKind | None = None,
) -> Inspection:
    """Open a visit with each pack pinned in the version in force; its kind follows from who comes.

    A form that was sent twice gives the visit that is open already. ``kind`` asks for a certain one:
    a steward firm only serves, it never inspects. Raises NotFound for a foreign enterprise, Refused when
    the actor prepared what would be inspected, Invalid with the field.
    """
    require(session, actor, Permission.VISIT_CONDUCT, enterprise_id)
    kind = _kind_for(actor, kind)
    if kind is InspectionKind.INSPECTION:
        check_independence(session, actor, enterprise_id)
    _check_day(plan.visited_on)
    packs = _packs(session, plan)
    draw = _draw(session, actor, enterprise_id, plan.draw_id)
    # The enterprise's row orders two that press at once.
    session.execute(sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update())
    there = _open_already(session, actor, enterprise_id, plan, packs)
    if there is not None:
        return there
    visit = Inspection(
        number=f"HZ-{NUMBER_LETTERS[kind]}-{plan.visited_on:%Y%m%d}-{next_number(session, 'visit'):04d}",
        enterprise_id=enterprise_id,
        kind=kind,
        visitor_id=actor.organisation_id or 0,
        engagement_id=_engagement_id(session, actor, enterprise_id),
        draw_id=draw.id if draw else None,
        visited_on=plan.visited_on,
        scope=plan.scope,
        accompanied_by=plan.accompanied_by,
        opened_by_id=actor.user_id,
        checklists=[
            Checklist(position=place, pack_id=p.id, pack_version=p.version, content=frozen_pack(p))
            for place, p in enumerate(packs, 1)
        ],
    )
    session.add(visit)
    session.flush()
    trace(session, actor, visit, "visit.opened", packs={p.id: p.version for p in packs}, draw=visit.draw_id)
    notify_roles(
        session,
        enterprise_id,
        ENTERPRISE_PEOPLE,
        N_("%(visitor)s 将于 %(day)s 上门，编号 %(number)s"),
        {"visitor": actor.organisation_name, "day": plan.visited_on.isoformat(), "number": visit.number},
        f"/enterprises/{enterprise_id}/visits/{visit.id}",
        enterprise_id,
    )
    return visit


def locked_visit(
    session: Session, actor: Actor, permission: Permission, enterprise_id: int, visit_id: int
) -> Inspection:
    """The visit's row, locked; raises NotFound for a foreign one, Refused when another firm's."""
    require(session, actor, permission, enterprise_id)
    visit = session.scalar(
        sa.select(Inspection)
        .where(Inspection.id == visit_id, Inspection.enterprise_id == enterprise_id)
        .with_for_update()
    )
    if visit is None:
        raise NotFound
    if permission is Permission.VISIT_CONDUCT and visit.visitor_id != actor.organisation_id:
        raise Refused(N_("只有开展这次检查的单位能这样做"))
    return visit


def move(visit: Inspection, action: InspectionAction) -> None:
    """Apply one move of the table; raises Refused when there is none."""
    visit.state = next_state(InspectionState(visit.state), action)


def trace(session: Session, actor: Actor, visit: Inspection, action: str, **after: object) -> None:
    """Write what happened to a visit into the enterprise's trace."""
    record_event(
        session,
        actor,
        action,
        "inspection",
        visit.id,
        enterprise_id=visit.enterprise_id,
        after={"number": visit.number, **after},
    )


def check_independence(session: Session, actor: Actor, enterprise_id: int) -> None:
    """Refuse an inspection by whoever prepared the enterprise's records, as a firm or in person.

    The rule of the reviews (State Council order 775, article 13) holds on site as well.
    """
    typed = sa.select(RecordValue.updated_by_id, RecordValue.updated_for_firm_id).join(
        RecordVersion, RecordVersion.id == RecordValue.version_id
    )
    typed = typed.join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id).where(
        MonthlyRecord.enterprise_id == enterprise_id
    )
    laid_in = sa.select(Evidence.uploaded_by_id, Evidence.uploaded_for_firm_id).where(
        Evidence.enterprise_id == enterprise_id,
        # Photos of earlier inspections are the authority's own: only what was prepared for the enterprise.
        Evidence.uploaded_for_firm_id.is_not(None),
    )
    for person, firm in (
        *session.execute(typed.distinct()).all(),
        *session.execute(laid_in.distinct()).all(),
    ):
        if person == actor.user_id or (firm is not None and firm == actor.organisation_id):
            raise Refused(N_("编制过这家企业记录的机构或个人，不能对它开展现场检查"))


def _kind_for(actor: Actor, wanted: InspectionKind | None) -> InspectionKind:
    steward = actor.kind is OrganisationKind.STEWARD_FIRM
    kind = InspectionKind.SERVICE if steward else InspectionKind.INSPECTION
    if wanted is not None and wanted is not kind:
        raise Refused(N_("管家机构只能上门服务，不能开展主管部门的现场检查"))
    return kind


def _packs(session: Session, plan: VisitPlan) -> list[CheckPack]:
    wanted = list(dict.fromkeys(plan.packs))
    if not wanted:
        raise Invalid(N_("请至少选择一个检查包"), path="packs")
    if len(wanted) > MOST_PACKS:
        raise Invalid(N_("一次最多选 %(most)s 个检查包"), params={"most": MOST_PACKS}, path="packs")
    offered = {pack.id: pack for pack in visit_packs(session, plan.visited_on)}
    if not offered.keys() >= set(wanted):
        raise Invalid(N_("请从列出的选项中选择"), path="packs")
    return [offered[pack_id] for pack_id in wanted]


def _check_day(day: date) -> None:
    if abs(day - today()) > REACH:
        raise Invalid(N_("上门日期离今天太远，请检查年份"), path="visited_on")


def _draw(session: Session, actor: Actor, enterprise_id: int, draw_id: int | None) -> Draw | None:
    if draw_id is None:
        return None
    draw = session.get(Draw, draw_id)
    if draw is None or draw.authority_id != actor.organisation_id or draw.drawn_at is None:
        raise NotFound
    for row in draw.result:
        if row["enterprise"] == enterprise_id:
            if actor.user_id in [person for person, _ in row["inspectors"]]:
                return draw
            raise Refused(N_("这家企业的检查人由抽签决定，您没有被抽中"))
    raise NotFound


def _open_already(
    session: Session, actor: Actor, enterprise_id: int, plan: VisitPlan, packs: Sequence[CheckPack]
) -> Inspection | None:
    rows = session.scalars(
        sa.select(Inspection).where(
            Inspection.enterprise_id == enterprise_id,
            Inspection.visitor_id == actor.organisation_id,
            Inspection.visited_on == plan.visited_on,
            Inspection.state == InspectionState.OPEN,
        )
    )
    wanted = {pack.id for pack in packs}
    return next((row for row in rows if {c.pack_id for c in row.checklists} == wanted), None)


def _engagement_id(session: Session, actor: Actor, enterprise_id: int) -> int | None:
    return session.scalar(
        sa.select(Engagement.id)
        .where(
            Engagement.firm_id == actor.organisation_id,
            Engagement.enterprise_id == enterprise_id,
            engagement_in_force(),
        )
        .order_by(Engagement.id)
        .limit(1)
    )
