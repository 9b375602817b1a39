"""Draws by lot (双随机): the announced lists, the seed, the result. See portal.domain.draws."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.types import UtcDateTime
from portal.models.users import User


class Draw(Base):
    """A draw: announced, then seeded once, then drawn once; never removed."""

    __tablename__ = "draws"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Such as HZ-DR-20261122-0003.
    number: Mapped[str] = mapped_column(sa.String(30), unique=True)
    authority_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    #: Canonical JSON of portal.domain.draws.Announced and its SHA-256.
    announcement: Mapped[str] = mapped_column(sa.Text)
    announcement_sha256: Mapped[str] = mapped_column(sa.String(64))
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    announced_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: Hex digits from the system's randomness; None until the lists are fixed, stored before the draw.
    seed: Mapped[str | None] = mapped_column(sa.String(64))
    seeded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    drawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    result: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)

    authority: Mapped[Organisation] = relationship()
    announced_by: Mapped[User] = relationship(foreign_keys=[announced_by_id])
    drawn_by: Mapped[User | None] = relationship(foreign_keys=[drawn_by_id])
