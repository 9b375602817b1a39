"""Organisations and what an enterprise consists of; parts are effective-dated."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.access import OrganisationKind
from portal.domain.periods import now
from portal.models.base import Base
from portal.models.types import UtcDateTime, choice


class Organisation(Base):
    """An enterprise, a steward firm, an authority, or the platform's own operator."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[OrganisationKind] = mapped_column(choice(OrganisationKind))
    name: Mapped[str] = mapped_column(sa.String(200))
    #: 统一社会信用代码; one organisation each.
    uscc: Mapped[str] = mapped_column(sa.String(18), unique=True)
    #: District code of an enterprise or a district authority; empty for a city authority.
    district: Mapped[str] = mapped_column(sa.String(12), default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    profile: Mapped["EnterpriseProfile | None"] = relationship(back_populates="organisation")


class EnterpriseProfile(Base):
    """What only an enterprise has: its industry, its guideline, its contacts."""

    __tablename__ = "enterprise_profiles"

    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), primary_key=True)
    legal_representative: Mapped[str] = mapped_column(sa.String(80), default="")
    address: Mapped[str] = mapped_column(sa.String(300), default="")
    #: GB/T 4754 class, such as 3120.
    industry_code: Mapped[str] = mapped_column(sa.String(8), default="")
    industry_name: Mapped[str] = mapped_column(sa.String(80), default="")
    scale: Mapped[str] = mapped_column(sa.String(20), default="")
    contact_name: Mapped[str] = mapped_column(sa.String(80), default="")
    contact_phone: Mapped[str] = mapped_column(sa.String(40), default="")
    contact_email: Mapped[str] = mapped_column(sa.String(200), default="")
    ets_member: Mapped[bool] = mapped_column(default=False)
    guideline: Mapped[str] = mapped_column(sa.String(60), default="")
    energy_kinds: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    key_unit_lists: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: First month that must be filed, such as 2026-01.
    first_month: Mapped[str] = mapped_column(sa.String(7))

    organisation: Mapped[Organisation] = relationship(back_populates="profile")


class Site(Base):
    """A place where an enterprise produces."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(300), default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Facility(Base):
    """A production or treatment facility at a site."""

    __tablename__ = "facilities"
    __table_args__ = (sa.UniqueConstraint("site_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"))
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    #: production or treatment
    purpose: Mapped[str] = mapped_column(sa.String(20))
    model: Mapped[str] = mapped_column(sa.String(120), default="")
    #: Kinds of emission sources in it: fuel, process, electricity …
    sources: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: Where a treatment facility discharges.
    outlet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outlets.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Outlet(Base):
    """A discharge outlet as its permit names it, such as DA003."""

    __tablename__ = "outlets"
    __table_args__ = (sa.UniqueConstraint("site_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"))
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    #: air or water
    medium: Mapped[str] = mapped_column(sa.String(20))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Permit(Base):
    """A pollutant discharge permit (排污许可证)."""

    __tablename__ = "permits"

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    #: key (重点管理), simplified (简化管理) or registered (登记管理)
    category: Mapped[str] = mapped_column(sa.String(20))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
