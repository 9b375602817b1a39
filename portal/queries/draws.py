"""Reading draws by lot, and proving one again from what is stored."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.draws import Announced, Drawn, draw, result_json
from portal.domain.errors import NotFound
from portal.models.draws import Draw
from portal.models.visits import Inspection


@dataclass(frozen=True)
class DrawLine:
    """One draw in the list."""

    id: int
    number: str
    title: str
    authority: str
    announced_at: datetime
    drawn_at: datetime | None
    enterprises: int
    count: int


@dataclass(frozen=True)
class DrawPage:
    """A draw with its lists, and whether it comes out the same when it is drawn again here and now."""

    id: int
    number: str
    title: str
    authority_id: int
    authority: str
    announced_at: datetime
    announced_by: str
    fingerprint: str
    lists_unchanged: bool
    seed: str
    seeded_at: datetime | None
    drawn_at: datetime | None
    drawn_by: str
    announced: Announced
    drawn: tuple[Drawn, ...]
    same_again: bool
    #: enterprise → the inspection that was opened for it.
    inspections: dict[int, int]

    @property
    def in_order(self) -> bool:
        """Lists, seed and result fit together."""
        return self.lists_unchanged and self.same_again


def draw_list(session: Session, actor: Actor) -> tuple[DrawLine, ...]:
    """The draws of the actor's authority, all of them for the city; newest first."""
    query = sa.select(Draw).where(_visible(actor)).options(joinedload(Draw.authority))
    lines = []
    for row in session.scalars(query.order_by(Draw.id.desc()).limit(200)):
        announced = Announced.from_json(json.loads(row.announcement))
        lines.append(
            DrawLine(
                id=row.id,
                number=row.number,
                title=row.title,
                authority=row.authority.name,
                announced_at=row.announced_at,
                drawn_at=row.drawn_at,
                enterprises=len(announced.enterprises),
                count=announced.enterprise_count,
            )
        )
    return tuple(lines)


def draw_page(session: Session, actor: Actor, draw_id: int) -> DrawPage:
    """One draw, recomputed from its stored lists and seed; raises NotFound for a foreign one."""
    row = session.scalar(sa.select(Draw).where(Draw.id == draw_id, _visible(actor)))
    if row is None:
        raise NotFound
    announced = Announced.from_json(json.loads(row.announcement))
    drawn = draw(announced, row.seed) if row.seed and row.drawn_at else ()
    return DrawPage(
        id=row.id,
        number=row.number,
        title=row.title,
        authority_id=row.authority_id,
        authority=row.authority.name,
        announced_at=row.announced_at,
        announced_by=row.announced_by.name,
        fingerprint=row.announcement_sha256,
        lists_unchanged=sha256_text(row.announcement) == row.announcement_sha256,
        seed=row.seed or "",
        seeded_at=row.seeded_at,
        drawn_at=row.drawn_at,
        drawn_by=row.drawn_by.name if row.drawn_by else "",
        announced=announced,
        drawn=drawn,
        same_again=canonical_json(result_json(drawn)) == canonical_json(row.result),
        inspections=_inspections(session, row.id),
    )


def draw_log(session: Session, actor: Actor, draw_id: int) -> dict[str, Any]:
    """Everything that somebody needs to draw again with their own program."""
    page = draw_page(session, actor, draw_id)
    return {
        "number": page.number,
        "title": page.title,
        "authority": page.authority,
        "announced_at": page.announced_at,
        "announcement": page.announced.as_json(),
        "announcement_sha256": page.fingerprint,
        "seeded_at": page.seeded_at,
        "seed": page.seed,
        "lot": "SHA-256 of the text seed:enterprise:ID, and of seed:inspector:ENTERPRISE:ID; smallest first",
        "drawn_at": page.drawn_at,
        "result": result_json(page.drawn),
    }


def _inspections(session: Session, draw_id: int) -> dict[int, int]:
    rows = session.execute(
        sa.select(Inspection.enterprise_id, Inspection.id).where(Inspection.draw_id == draw_id)
    )
    return {row.enterprise_id: row.id for row in rows}


def _visible(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.kind is not OrganisationKind.AUTHORITY or not actor.may(Permission.DRAW_CONDUCT):
        return sa.false()
    if Role.CITY_REGULATOR in actor.roles:
        return sa.true()
    return Draw.authority_id == actor.organisation_id
