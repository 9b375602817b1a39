"""All organisations, for the platform's administrator."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission, authorize
from portal.models.organisations import Organisation
from portal.models.users import User

PER_PAGE = 50


@dataclass(frozen=True)
class OrganisationRow:
    """One organisation of the list."""

    id: int
    kind: OrganisationKind
    name: str
    uscc: str
    district: str
    active: bool
    since: datetime
    people: int


@dataclass(frozen=True)
class OrganisationPage:
    """A page of the list."""

    rows: list[OrganisationRow]
    page: int
    total: int
    per_page: int = PER_PAGE


def organisation_page(
    session: Session, actor: Actor, *, search: str = "", kind: OrganisationKind | None = None, page: int = 1
) -> OrganisationPage:
    """Organisations by name; ``search`` looks into name and code. Raises Refused for other roles."""
    authorize(actor, Permission.ORGANISATION_MANAGE)
    conditions: list[sa.ColumnElement[bool]] = []
    if kind is not None:
        conditions.append(Organisation.kind == kind)
    if search:
        conditions.append(
            sa.or_(
                Organisation.name.icontains(search, autoescape=True),
                Organisation.uscc.icontains(search, autoescape=True),
            )
        )
    total = session.scalars(sa.select(sa.func.count(Organisation.id)).where(*conditions)).one()
    page = max(1, min(page, -(-total // PER_PAGE)))
    people = (
        sa.select(sa.func.count(User.id))
        .where(User.organisation_id == Organisation.id, User.active)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Organisation, people)
        .where(*conditions)
        .order_by(Organisation.kind, Organisation.name, Organisation.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    found = [
        OrganisationRow(
            id=row.id,
            kind=row.kind,
            name=row.name,
            uscc=row.uscc,
            district=row.district,
            active=row.active,
            since=row.created_at,
            people=count,
        )
        for row, count in rows
    ]
    return OrganisationPage(found, page, total)
