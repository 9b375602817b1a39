"""Asking for work that takes time, and keeping count of it."""

from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.errors import NotFound
from portal.domain.periods import now
from portal.domain.workflow import JobState
from portal.models.jobs import Job

LEASE = timedelta(seconds=60)
#: A queued job that the queue should have handed out long ago is handed in again.
OVERDUE = timedelta(seconds=20)
MOST_ATTEMPTS = 5
#: Kinds of job that take a second or more; they have a queue of their own.
SLOW_KINDS = frozenset(
    {"calculate_footprint", "dry_run", "issue_monthly_report", "preview_monthly_report", "issue_visit_report"}
    | {"compare_dossier", "issue_dossier", "preview_dossier", "build_bundle"}
    | {"print_finding_notice", "print_return_notice"}
)


class Call(NamedTuple):
    """A job to hand to the queue after the commit."""

    job_id: int
    queue: str
    attempt: int


def _call(job: Job) -> Call:
    return Call(job.id, "documents" if job.kind in SLOW_KINDS else "default", job.attempts + 1)


def request_job(
    session: Session, kind: str, subject_id: int, *, actor: Actor | None, enterprise_id: int | None = None
) -> Job:
    """Write a job row; its id goes to the queue once the use case is committed."""
    job = Job(
        kind=kind,
        subject_id=subject_id,
        enterprise_id=enterprise_id,
        requested_by_id=actor.user_id if actor else None,
        pushed_at=now(),
    )
    session.add(job)
    session.flush()
    session.info.setdefault("jobs", []).append(_call(job))
    return job


def claim_job(session: Session, job_id: int) -> Job | None:
    """Take the job for this worker; None when it is done, running elsewhere or unknown."""
    moment = now()
    free = sa.or_(
        Job.state == JobState.QUEUED, sa.and_(Job.state == JobState.RUNNING, Job.lease_until < moment)
    )
    taken = session.execute(
        sa.update(Job)
        .where(Job.id == job_id, free)
        .values(
            state=JobState.RUNNING,
            attempts=Job.attempts + 1,
            started_at=moment,
            lease_until=moment + LEASE,
            error="",
        )
        .returning(Job.id)
    ).scalar()
    return session.get(Job, job_id, populate_existing=True) if taken else None


def finish_job(session: Session, job_id: int, error: str = "", *, attempt: int | None = None) -> None:
    """Mark the job done, or failed with ``error``.

    With ``attempt`` only while that attempt holds it: a worker that was taken for dead says nothing any more.
    """
    state = JobState.FAILED if error else JobState.DONE
    held = sa.true() if attempt is None else sa.and_(Job.state == JobState.RUNNING, Job.attempts == attempt)
    session.execute(
        sa.update(Job)
        .where(Job.id == job_id, held)
        .values(state=state, finished_at=now(), lease_until=None, error=error[:300])
    )


def retry_job(session: Session, job_id: int) -> Job:
    """Queue a failed job again; raises NotFound when it did not fail."""
    job = session.scalar(
        sa.select(Job).where(Job.id == job_id, Job.state == JobState.FAILED).with_for_update()
    )
    if job is None:
        raise NotFound
    job.state, job.error, job.pushed_at, job.finished_at = JobState.QUEUED, "", now(), None
    session.info.setdefault("jobs", []).append(_call(job))
    return job


def take_overdue_jobs(session: Session) -> list[Call]:
    """Jobs whose worker died or which never reached the queue; they go there again.

    A job that has died MOST_ATTEMPTS times is marked failed and waits for a person.
    """
    moment = now()
    dead = sa.and_(Job.state == JobState.RUNNING, Job.lease_until < moment)
    lost = sa.and_(
        Job.state == JobState.QUEUED, sa.or_(Job.pushed_at.is_(None), Job.pushed_at < moment - OVERDUE)
    )
    session.execute(
        sa.update(Job)
        .where(dead, Job.attempts >= MOST_ATTEMPTS)
        .values(state=JobState.FAILED, finished_at=moment, lease_until=None, error="worker_died")
    )
    jobs = session.scalars(
        sa.update(Job)
        .where(sa.or_(dead, lost))
        .values(state=JobState.QUEUED, pushed_at=moment, lease_until=None)
        .returning(Job)
    )
    return [_call(job) for job in jobs]
