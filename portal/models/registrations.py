"""The combined registration: one application for the environmental and the carbon steward."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.workflow import Decision, RegistrationState
from portal.models.base import Base
from portal.models.types import UtcDateTime, choice
from portal.models.users import User


class Registration(Base):
    """An application; ``organisation_id`` is set once it was accepted."""

    __tablename__ = "registrations"
    __table_args__ = (
        # One application at a time for one enterprise, whoever files it.
        sa.Index(
            "uq_registrations_uscc_open",
            "uscc",
            unique=True,
            sqlite_where=sa.text("state IN ('submitted', 'returned', 'accepted')"),
            postgresql_where=sa.text("state IN ('submitted', 'returned', 'accepted')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Shown to people, such as REG-2026-0088.
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    applicant_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    state: Mapped[RegistrationState] = mapped_column(
        choice(RegistrationState), default=RegistrationState.DRAFT
    )
    row_version: Mapped[int] = mapped_column(default=1)
    uscc: Mapped[str] = mapped_column(sa.String(18), default="")
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    district: Mapped[str] = mapped_column(sa.String(12), default="", index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    receipt_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    applicant: Mapped[User] = relationship(foreign_keys=[applicant_id])
    sections: Mapped[list["RegistrationSection"]] = relationship(
        back_populates="registration", lazy="selectin", order_by="RegistrationSection.id"
    )


class RegistrationSection(Base):
    """One task of the application: its answers and the reviewer's word on it."""

    __tablename__ = "registration_sections"
    __table_args__ = (sa.UniqueConstraint("registration_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(sa.ForeignKey("registrations.id"))
    key: Mapped[str] = mapped_column(sa.String(30))
    answers: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    complete: Mapped[bool] = mapped_column(default=False)
    decision: Mapped[Decision] = mapped_column(choice(Decision), default=Decision.UNDECIDED)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    row_version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    registration: Mapped[Registration] = relationship(back_populates="sections")
