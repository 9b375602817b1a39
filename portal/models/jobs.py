"""Jobs: these rows are the truth, the queue only carries their ids."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.periods import now
from portal.domain.workflow import JobState
from portal.models.base import Base
from portal.models.types import UtcDateTime, choice


class Job(Base):
    """Work that takes time. A running job whose lease has ended is taken for dead and run again."""

    __tablename__ = "jobs"
    __table_args__ = (
        sa.Index("ix_jobs_state_lease", "state", "lease_until"),
        sa.Index("ix_jobs_kind_subject", "kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Name of the task: evaluate, issue_monthly_report, send_mail …
    kind: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]
    enterprise_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: When the id was last handed to the queue; None when that has not worked yet.
    pushed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Code of what went wrong, shown with a retry.
    error: Mapped[str] = mapped_column(sa.String(300), default="")
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
