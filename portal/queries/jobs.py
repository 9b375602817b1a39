"""Reading jobs: the rows are the truth about work that takes time."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.workflow import JobState
from portal.models.jobs import Job

#: Kind of the jobs that run the checks over a month; the subject is the evaluation.
EVALUATION_JOB = "evaluate"


@dataclass(frozen=True)
class JobView:
    """A job as a page shows it."""

    id: int
    kind: str
    subject_id: int
    state: JobState
    attempts: int
    queued_at: datetime
    finished_at: datetime | None
    error: str

    @property
    def under_way(self) -> bool:
        """Whether the page should look again soon."""
        return self.state in {JobState.QUEUED, JobState.RUNNING}


def newest_job(session: Session, kind: str, subject_id: int) -> JobView | None:
    """The last job of a kind about a subject; None when none was asked for."""
    job = session.scalar(
        sa.select(Job).where(Job.kind == kind, Job.subject_id == subject_id).order_by(Job.id.desc()).limit(1)
    )
    return _view(job) if job is not None else None


def newest_jobs(session: Session, kind: str, subject_ids: list[int]) -> dict[int, JobView]:
    """The last job of a kind about each of several subjects."""
    rows = session.scalars(
        sa.select(Job).where(Job.kind == kind, Job.subject_id.in_(subject_ids)).order_by(Job.id)
    )
    return {job.subject_id: _view(job) for job in rows}


def _view(job: Job) -> JobView:
    return JobView(
        job.id,
        job.kind,
        job.subject_id,
        job.state,
        job.attempts,
        job.queued_at,
        job.finished_at,
        job.error,
    )
