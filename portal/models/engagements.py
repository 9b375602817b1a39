"""Engagements (托管服务合同): which steward firm may act for which enterprise, and until when."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.access import EngagementScope
from portal.domain.periods import now
from portal.domain.workflow import EngagementState
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.types import UtcDateTime, choice


class Engagement(Base):
    """Steward firm × enterprise × scope × dates."""

    __tablename__ = "engagements"
    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="dates_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Shown to people, such as EG-2026-0018.
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    firm_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    scope: Mapped[EngagementScope] = mapped_column(choice(EngagementScope))
    starts_on: Mapped[date]
    #: Last day on which it is in force.
    ends_on: Mapped[date]
    state: Mapped[EngagementState] = mapped_column(choice(EngagementState), default=EngagementState.PROPOSED)
    row_version: Mapped[int] = mapped_column(default=1)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    firm: Mapped[Organisation] = relationship(foreign_keys=[firm_id])
    enterprise: Mapped[Organisation] = relationship(foreign_keys=[enterprise_id])
