"""The enterprise file (一企一档): the list of enterprises in the actor's reach, and one on a page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.periods import today
from portal.domain.workflow import UNSETTLED_FINDINGS
from portal.models.findings import Finding
from portal.models.organisations import EnterpriseProfile, Facility, Organisation, Outlet, Permit, Site
from portal.models.users import User
from portal.queries.access import require, visible_enterprises
from portal.queries.engagements import EngagementLine, engagements_of

PER_PAGE = 25
#: A file of everything is cut off here, and says so by its length.
MOST_EXPORTED = 20_000


@dataclass(frozen=True)
class EnterpriseLine:
    """One enterprise in the list; ``permit_until`` is the latest end of its permits."""

    id: int
    name: str
    uscc: str
    district: str
    industry_code: str
    industry_name: str
    guideline: str
    ets_member: bool
    first_month: str
    permit_until: date | None
    permit_days: int | None
    open_findings: int
    active: bool


@dataclass(frozen=True)
class EnterpriseList:
    """One page of the list."""

    lines: tuple[EnterpriseLine, ...]
    total: int
    page: int


@dataclass(frozen=True)
class PermitLine:
    """A discharge permit with the days that it is still good for."""

    number: str
    category: str
    valid_from: date
    valid_to: date
    days_left: int


@dataclass(frozen=True)
class PartLine:
    """A facility or an outlet, at a site, from a day to a day."""

    code: str
    name: str
    kind: str
    model: str
    site: str
    valid_from: date
    valid_to: date | None
    #: Kinds of emission sources in a production facility.
    sources: tuple[str, ...] = ()
    #: Code of the outlet that a treatment facility discharges through.
    outlet: str = ""


@dataclass(frozen=True)
class SiteLine:
    """A site with the number of what stands on it."""

    name: str
    address: str
    facilities: int
    outlets: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class EnterprisePage:
    """One enterprise on one page."""

    id: int
    name: str
    uscc: str
    district: str
    profile: Mapping[str, object]
    permits: tuple[PermitLine, ...]
    sites: tuple[SiteLine, ...]
    facilities: tuple[PartLine, ...]
    outlets: tuple[PartLine, ...]
    engagements: tuple[EngagementLine, ...]
    people: int
    open_findings: int


Part = TypeVar("Part", Facility, Outlet)

#: Columns by which the list can be sorted, by the word in the address.
_UNTIL = (
    sa.select(sa.func.max(Permit.valid_to))
    .where(Permit.enterprise_id == Organisation.id)
    .correlate(Organisation)
    .scalar_subquery()
)
_FINDINGS = (
    sa.select(sa.func.count(Finding.id))
    .where(Finding.enterprise_id == Organisation.id, Finding.state.in_(UNSETTLED_FINDINGS))
    .correlate(Organisation)
    .scalar_subquery()
)
SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": Organisation.name.expression,
    "district": Organisation.district.expression,
    "industry": EnterpriseProfile.industry_code.expression,
    "permit": _UNTIL,
    "findings": _FINDINGS,
}


def enterprise_list(
    session: Session,
    actor: Actor,
    *,
    search: str = "",
    district: str = "",
    sort: str = "name",
    page: int = 1,
    per_page: int = PER_PAGE,
) -> EnterpriseList:
    """Enterprises that the actor may list; ``sort`` is a word of SORTS, with - before it from the end."""
    conditions = [visible_enterprises(actor, Permission.ENTERPRISE_LIST)]
    if district:
        conditions.append(Organisation.district == district)
    if search:
        columns = (Organisation.name, Organisation.uscc, EnterpriseProfile.industry_name)
        conditions.append(sa.or_(*(column.icontains(search, autoescape=True) for column in columns)))
    base = sa.outerjoin(Organisation, EnterpriseProfile, EnterpriseProfile.organisation_id == Organisation.id)
    total = session.scalar(sa.select(sa.func.count()).select_from(base).where(*conditions)) or 0
    page = max(1, min(page, -(-total // per_page) or 1))
    column = SORTS.get(sort.removeprefix("-"), SORTS["name"])
    order = column.desc().nulls_last() if sort.startswith("-") else column.asc().nulls_last()
    rows = session.execute(
        sa.select(Organisation, EnterpriseProfile, _UNTIL, _FINDINGS)
        .select_from(base)
        .where(*conditions)
        .order_by(order, Organisation.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return EnterpriseList(tuple(_line(*row) for row in rows), total, page)


def _line(
    row: Organisation, profile: EnterpriseProfile | None, until: date | None, findings: int
) -> EnterpriseLine:
    return EnterpriseLine(
        id=row.id,
        name=row.name,
        uscc=row.uscc,
        district=row.district,
        industry_code=profile.industry_code if profile else "",
        industry_name=profile.industry_name if profile else "",
        guideline=profile.guideline if profile else "",
        ets_member=bool(profile and profile.ets_member),
        first_month=profile.first_month if profile else "",
        permit_until=until,
        permit_days=(until - today()).days if until else None,
        open_findings=findings,
        active=row.active,
    )


def enterprise_page(session: Session, actor: Actor, enterprise_id: int) -> EnterprisePage:
    """Everything on one enterprise; raises NotFound for a stranger's."""
    require(session, actor, Permission.ENTERPRISE_VIEW, enterprise_id)
    row = session.get_one(Organisation, enterprise_id)
    profile = session.get(EnterpriseProfile, enterprise_id)
    facilities = _parts(session, enterprise_id, Facility)
    outlets = _parts(session, enterprise_id, Outlet)
    codes = {part.id: part.code for part, _site in outlets}
    contracts = engagements_of(session, enterprise_id) if actor.may(Permission.ENGAGEMENT_VIEW) else ()
    own = {actor.organisation_id}
    return EnterprisePage(
        id=row.id,
        name=row.name,
        uscc=row.uscc,
        district=row.district,
        profile={
            column.key: getattr(profile, column.key)
            for column in (sa.inspect(EnterpriseProfile).column_attrs if profile else ())
        },
        permits=_permits(session, enterprise_id),
        sites=_sites(session, enterprise_id),
        facilities=tuple(_facility(part, site, codes) for part, site in facilities),
        outlets=tuple(_part(part, site, part.medium, "") for part, site in outlets),
        # A firm sees its own contracts with this client, not those of other firms.
        engagements=tuple(line for line in contracts if actor.kind != "steward_firm" or line.firm_id in own),
        people=session.scalar(
            sa.select(sa.func.count(User.id)).where(User.organisation_id == enterprise_id, User.active)
        )
        or 0,
        open_findings=session.scalar(
            sa.select(sa.func.count(Finding.id)).where(
                Finding.enterprise_id == enterprise_id, Finding.state.in_(UNSETTLED_FINDINGS)
            )
        )
        or 0,
    )


def _permits(session: Session, enterprise_id: int) -> tuple[PermitLine, ...]:
    rows = session.scalars(
        sa.select(Permit).where(Permit.enterprise_id == enterprise_id).order_by(Permit.valid_to.desc())
    )
    day = today()
    return tuple(
        PermitLine(row.number, row.category, row.valid_from, row.valid_to, (row.valid_to - day).days)
        for row in rows
    )


def _sites(session: Session, enterprise_id: int) -> tuple[SiteLine, ...]:
    facilities, outlets = (
        sa.select(sa.func.count(part.id)).where(part.site_id == Site.id).correlate(Site).scalar_subquery()
        for part in (Facility, Outlet)
    )
    rows = session.execute(
        sa.select(Site, facilities, outlets).where(Site.enterprise_id == enterprise_id).order_by(Site.id)
    )
    return tuple(
        SiteLine(site.name, site.address, number, more, site.valid_from, site.valid_to)
        for site, number, more in rows
    )


def _parts(session: Session, enterprise_id: int, part: type[Part]) -> list[tuple[Part, str]]:
    rows = session.execute(
        sa.select(part, Site.name)
        .join(Site, Site.id == part.site_id)
        .where(Site.enterprise_id == enterprise_id)
        .order_by(Site.id, part.code)
    )
    return [(row[0], row[1]) for row in rows]


def _part(part: Facility | Outlet, site: str, kind: str, model: str) -> PartLine:
    return PartLine(part.code, part.name, kind, model, site, part.valid_from, part.valid_to)


def _facility(part: Facility, site: str, codes: Mapping[int, str]) -> PartLine:
    line = _part(part, site, part.purpose, part.model)
    return replace(line, sources=tuple(part.sources), outlet=codes.get(part.outlet_id or 0, ""))
