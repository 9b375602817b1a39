"""Measuring instruments and their calibrations."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.models.base import Base
from portal.models.types import DecimalText, UtcDateTime


class Meter(Base):
    """A measuring instrument (计量器具) of an enterprise."""

    __tablename__ = "meters"
    __table_args__ = (sa.UniqueConstraint("enterprise_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    #: The enterprise's own number, such as LL-07.
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    #: Kind as in annex F, such as 皮带秤.
    type: Mapped[str] = mapped_column(sa.String(60), default="")
    model: Mapped[str] = mapped_column(sa.String(120), default="")
    location: Mapped[str] = mapped_column(sa.String(200), default="")
    #: Accuracy class in per cent: 0.5 is 0.5级.
    accuracy_class: Mapped[Decimal | None] = mapped_column(DecimalText)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    row_version: Mapped[int] = mapped_column(default=1)

    calibrations: Mapped[list["Calibration"]] = relationship(
        back_populates="meter", order_by="Calibration.calibrated_on"
    )


class Calibration(Base):
    """A verification or calibration of a meter and how long it holds."""

    __tablename__ = "calibrations"
    __table_args__ = (sa.CheckConstraint("valid_until >= calibrated_on", name="dates_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meter_id: Mapped[int] = mapped_column(sa.ForeignKey("meters.id"), index=True)
    calibrated_on: Mapped[date]
    valid_until: Mapped[date]
    #: pass, over_class or fail
    result: Mapped[str] = mapped_column(sa.String(20))
    #: Largest error in per cent, as the certificate gives it.
    max_error: Mapped[Decimal | None] = mapped_column(DecimalText)
    body: Mapped[str] = mapped_column(sa.String(200), default="")
    certificate_number: Mapped[str] = mapped_column(sa.String(80), default="")
    remark: Mapped[str] = mapped_column(sa.Text, default="")
    evidence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("evidence.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    meter: Mapped[Meter] = relationship(back_populates="calibrations")
