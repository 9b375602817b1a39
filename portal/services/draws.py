"""Drawing by lot (双随机): announce the lists, store a seed, draw. The rules are in portal.domain.draws."""

import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.canonical import canonical_json
from portal.domain.draws import Announced, Drawn, Listed, check_announcement, draw, new_seed, result_json
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.models.draws import Draw
from portal.models.organisations import Organisation
from portal.models.users import User, UserRole
from portal.queries.access import visible_enterprises
from portal.services.events import record_event
from portal.services.notifications import notify
from portal.services.numbers import next_number

INSPECTORS = frozenset({Role.DISTRICT_REGULATOR, Role.CITY_REGULATOR})


@dataclass(frozen=True)
class DrawPlan:
    """What is announced: who is left out of the lists (a reason belongs in the title), and the counts."""

    title: str
    enterprise_count: int
    inspectors_each: int
    without_enterprises: frozenset[int] = frozenset()
    without_inspectors: frozenset[int] = frozenset()


def announce_draw(session: Session, actor: Actor, plan: DrawPlan) -> Draw:
    """Fix the lists of enterprises and inspectors with their fingerprint; nothing is drawn yet.

    The lists are everything of the authority's area and all of its inspectors, but for those left out.
    Raises Refused for anybody but an authority, Invalid with the field.
    """
    _check_authority(actor)
    if not plan.title.strip():
        raise Invalid(N_("请写明这次抽取的名称"), path="title")
    announced = Announced(
        enterprises=tuple(e for e in candidates(session, actor) if e.id not in plan.without_enterprises),
        inspectors=tuple(i for i in inspectors_of(session, actor) if i.id not in plan.without_inspectors),
        enterprise_count=plan.enterprise_count,
        inspectors_each=plan.inspectors_each,
    )
    check_announcement(announced)
    row = Draw(
        number=f"HZ-DR-{today():%Y%m%d}-{next_number(session, 'draw'):04d}",
        authority_id=actor.organisation_id,
        title=plan.title.strip()[:200],
        announcement=canonical_json(announced.as_json()),
        announcement_sha256=announced.fingerprint,
        announced_by_id=actor.user_id,
        result=[],
    )
    session.add(row)
    session.flush()
    _trace(session, actor, row, "draw.announced", fingerprint=row.announcement_sha256)
    return row


def store_seed(session: Session, actor: Actor, draw_id: int) -> Draw:
    """Take a seed from the system's randomness and store it, once; a second call leaves it as it is.

    The caller commits before ``draw_lots``: the seed is in the database before anything is drawn by it.
    """
    row = _locked(session, actor, draw_id)
    if row.seed is None:
        row.seed, row.seeded_at = new_seed(), now()
        session.flush()
        _trace(session, actor, row, "draw.seeded", seed=row.seed)
    return row


def draw_lots(session: Session, actor: Actor, draw_id: int) -> Draw:
    """Draw by the stored seed, once; pressing again gives the same result. Raises Refused without a seed."""
    row = _locked(session, actor, draw_id)
    if row.seed is None:
        raise Refused(N_("还没有存下种子，不能抽取"))
    if row.drawn_at is None:
        drawn = draw(announced_of(row), row.seed)
        row.result, row.drawn_at, row.drawn_by_id = result_json(drawn), now(), actor.user_id
        session.flush()
        _trace(session, actor, row, "draw.drawn", result=row.result)
        for one in drawn:
            _tell(session, row, one)
    return row


def announced_of(row: Draw) -> Announced:
    """The announced lists, read back from what was stored."""
    return Announced.from_json(json.loads(row.announcement))


def candidates(session: Session, actor: Actor) -> tuple[Listed, ...]:
    """The active enterprises of the authority's area, by id."""
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name, Organisation.uscc)
        .where(visible_enterprises(actor, Permission.DRAW_CONDUCT), Organisation.active)
        .order_by(Organisation.id)
    )
    return tuple(Listed(*row) for row in rows)


def inspectors_of(session: Session, actor: Actor) -> tuple[Listed, ...]:
    """The active regulators of the actor's own authority, by id."""
    rows = session.execute(
        sa.select(User.id, User.name)
        .join(UserRole)
        .where(User.organisation_id == actor.organisation_id, User.active, UserRole.role.in_(INSPECTORS))
        .distinct()
        .order_by(User.id)
    )
    return tuple(Listed(*row) for row in rows)


def _locked(session: Session, actor: Actor, draw_id: int) -> Draw:
    _check_authority(actor)
    row = session.scalar(
        sa.select(Draw)
        .where(Draw.id == draw_id, Draw.authority_id == actor.organisation_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


def _check_authority(actor: Actor) -> None:
    if actor.kind is not OrganisationKind.AUTHORITY or not actor.may(Permission.DRAW_CONDUCT):
        raise Refused(N_("只有主管部门能开展双随机抽取"))


def _tell(session: Session, row: Draw, drawn: Drawn) -> None:
    notify(
        session,
        [person.id for person, _ in drawn.inspectors],
        N_("双随机抽取 %(number)s：由您检查 %(enterprise)s"),
        {"number": row.number, "enterprise": drawn.enterprise.name},
        f"/draws/{row.id}",
    )


def _trace(session: Session, actor: Actor, row: Draw, action: str, **after: object) -> None:
    record_event(session, actor, action, "draw", row.id, after={"number": row.number, **after})
