"""The regulator's review of a submitted version, and the questions asked in it."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.periods import now
from portal.domain.workflow import Section
from portal.models.base import Base
from portal.models.types import UtcDateTime, choice
from portal.models.users import User


class Review(Base):
    """One review of one version; ``paused_days`` holds what questions have stopped the clock for."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"), unique=True)
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    due_on: Mapped[date]
    paused_days: Mapped[int] = mapped_column(default=0)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    countersigned_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: returned or accepted, once it is over
    outcome: Mapped[str] = mapped_column(sa.String(20), default="")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    comment: Mapped[str] = mapped_column(sa.Text, default="")

    reviewer: Mapped[User] = relationship(foreign_keys=[reviewer_id])
    questions: Mapped[list["Question"]] = relationship(back_populates="review", order_by="Question.id")


class Question(Base):
    """A question to the enterprise; while one is open the clock stands still."""

    __tablename__ = "questions"
    __table_args__ = (
        sa.Index(
            "uq_questions_open",
            "review_id",
            unique=True,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("reviews.id"))
    section: Mapped[Section] = mapped_column(choice(Section))
    text: Mapped[str] = mapped_column(sa.Text)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    answer_due_on: Mapped[date]
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    review: Mapped[Review] = relationship(back_populates="questions")
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id])
