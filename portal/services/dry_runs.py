"""Trying a draft on all filed months: asked for by a regulator, done by a worker, stored with its draft."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.trial import ChangedAnswer, MonthAnswers
from portal.domain.access import Actor, Permission, authorize
from portal.domain.errors import Conflict, NotFound
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.workflow import JobState, Severity, VersionStanding
from portal.models.check_packs import DryRun, DryRunChange, MonthFacts, PackVersion
from portal.models.database import Database
from portal.models.jobs import Job
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.queries.check_packs import pack_text
from portal.queries.jobs import newest_job
from portal.services.dry_run_workers import asked_in_processes
from portal.services.events import record_event
from portal.services.jobs import LEASE, request_job
from portal.services.month_facts import keep_facts_afterwards

JOB = "dry_run"
_CHANGES = DryRunChange.metadata.tables[DryRunChange.__tablename__]
_SEVERITIES = {severity.value: severity for severity in Severity}
#: Months read, asked and counted at a time: progress moves, and memory stays small.
CHUNK = 500


class _Month(NamedTuple):
    """A filed month and where it belongs."""

    version_id: int
    enterprise_id: int
    month: str
    district: str
    industry: str


def request_dry_run(
    session: Session, actor: Actor, draft_id: int, *, first_month: str = "", last_month: str = ""
) -> DryRun:
    """Ask for a run over the filed months of ``first_month`` … ``last_month``, all when blank.

    Raises Refused, NotFound, and Conflict while another run of this draft is under way.
    """
    authorize(actor, Permission.CHECK_PACK_WRITE)
    draft = session.get(PackVersion, draft_id)
    if draft is None:
        raise NotFound
    if _under_way(session, draft):
        raise Conflict(N_("这个草稿的试运行正在进行，完成后会自动出现"))
    run = DryRun(
        pack_version_id=draft.id,
        content_sha256=draft.content_sha256,
        compared_with=draft.based_on,
        first_month=first_month,
        last_month=last_month,
        requested_by_id=actor.user_id,
    )
    session.add(run)
    session.flush()
    request_job(session, JOB, run.id, actor=actor)
    record_event(
        session,
        actor,
        "check_pack.dry_run_asked",
        "check_pack",
        draft.id,
        after={"dry_run": run.id, "content_sha256": run.content_sha256},
    )
    return run


def _under_way(session: Session, draft: PackVersion) -> bool:
    """Whether a run on this very text is waiting or working; one whose job has failed is laid aside."""
    waiting = session.scalars(
        sa.select(DryRun).where(
            DryRun.pack_version_id == draft.id,
            DryRun.content_sha256 == draft.content_sha256,
            DryRun.state.in_((JobState.QUEUED, JobState.RUNNING)),
        )
    ).all()
    for run in waiting:
        job = newest_job(session, JOB, run.id)
        if job is not None and job.state is JobState.FAILED:
            run.state, run.finished_at = JobState.FAILED, now()
    return any(run.state is not JobState.FAILED for run in waiting)


def run_dry_run(database: Database, dry_run_id: int) -> None:
    """Do a run in short transactions, so that its progress is seen and no lock is held.

    May run twice: a run that is done is left alone, one that died half-way begins anew.
    """
    begun = _begin(database, dry_run_id)
    if begun is None:
        return
    texts, months = begun
    counts = _Counts()
    done = 0
    for chunk, answers in _answers(database, texts, months):
        rows = counts.add(chunk, answers, dry_run_id)
        done += len(chunk)
        _progress(database, dry_run_id, done, rows)
    with database.writing() as session:
        run = session.get_one(DryRun, dry_run_id)
        run.summary, run.state, run.finished_at = counts.summary(), JobState.DONE, now()


def _begin(database: Database, dry_run_id: int) -> tuple[tuple[str, str], list[_Month]] | None:
    """Mark the run as begun and tell the texts and the months; None when there is nothing to do."""
    with database.writing() as session:
        run = session.get(DryRun, dry_run_id)
        if run is None or run.state is JobState.DONE:
            return None
        draft = session.get_one(PackVersion, run.pack_version_id)
        if draft.content_sha256 != run.content_sha256:
            run.state, run.finished_at = JobState.FAILED, now()  # it would speak for nothing
            return None
        months = _filed_months(session, run)
        session.execute(sa.delete(DryRunChange).where(DryRunChange.dry_run_id == run.id))
        run.state, run.started_at, run.months, run.months_done = JobState.RUNNING, now(), len(months), 0
        return (draft.content, pack_text(session, draft.pack_id, run.compared_with)), months


def _filed_months(session: Session, run: DryRun) -> list[_Month]:
    """The newest signed version of every month, but for those that were taken back."""
    newest = (
        sa.select(sa.func.max(RecordVersion.id).label("id"))
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(RecordVersion.standing != VersionStanding.RECALLED)
        .group_by(RecordVersion.record_id)
        .subquery()
    )
    query = (
        sa.select(
            RecordVersion.id,
            MonthlyRecord.enterprise_id,
            MonthlyRecord.month,
            Organisation.district,
            EnterpriseProfile.industry_code,
        )
        .join(newest, newest.c.id == RecordVersion.id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
        .join(EnterpriseProfile, EnterpriseProfile.organisation_id == Organisation.id)
        .order_by(RecordVersion.id)
    )
    if run.first_month:
        query = query.where(MonthlyRecord.month >= run.first_month)
    if run.last_month:
        query = query.where(MonthlyRecord.month <= run.last_month)
    return [_Month(*row) for row in session.execute(query)]


def _answers(
    database: Database, texts: tuple[str, str], months: Sequence[_Month]
) -> Iterator[tuple[Sequence[_Month], list[MonthAnswers]]]:
    """The months in chunks, each with what both versions say about it."""
    chunks = [months[start : start + CHUNK] for start in range(0, len(months), CHUNK)]
    contents = (_contents(database, chunk) for chunk in chunks)
    yield from zip(chunks, asked_in_processes(texts, contents, len(months)), strict=True)


def _contents(database: Database, chunk: Sequence[_Month]) -> list[bytes]:
    """The stored facts of a chunk; what was signed before facts were kept gets them now."""
    ids = [month.version_id for month in chunk]
    query = sa.select(MonthFacts.version_id, MonthFacts.content).where(MonthFacts.version_id.in_(ids))
    with database.reading() as session:
        found = {row.version_id: row.content for row in session.execute(query)}
    missing = [version_id for version_id in ids if version_id not in found]
    if missing:
        with database.writing() as session:
            for version_id in missing:
                kept = session.get(MonthFacts, version_id) or keep_facts_afterwards(
                    session, session.get_one(Snapshot, version_id)
                )
                found[version_id] = kept.content
    return [found[version_id] for version_id in ids]


def _progress(database: Database, dry_run_id: int, done: int, rows: list[dict[str, Any]]) -> None:
    """Write down what was found so far, and that this worker is alive."""
    with database.writing() as session:
        if rows:
            # Into the table itself: the mapped class would look at every row on its way.
            session.execute(sa.insert(_CHANGES), rows)
        session.execute(sa.update(DryRun).where(DryRun.id == dry_run_id).values(months_done=done))
        session.execute(
            sa.update(Job)
            .where(Job.kind == JOB, Job.subject_id == dry_run_id, Job.state == JobState.RUNNING)
            .values(lease_until=now() + LEASE)
        )


class _Counts:
    """Months by place, and for each check the months that have a gap before, after, or no answer."""

    def __init__(self) -> None:
        self.months: Counter[tuple[str, str]] = Counter()
        self.before: Counter[tuple[str, str, str]] = Counter()
        self.after: Counter[tuple[str, str, str]] = Counter()
        self.undecided: Counter[tuple[str, str, str]] = Counter()

    def add(
        self, months: Sequence[_Month], answers: Sequence[MonthAnswers], dry_run_id: int
    ) -> list[dict[str, Any]]:
        """Count some months; returns the rows of their changed answers."""
        rows = []
        for month, said in zip(months, answers, strict=True):
            place = (month.district, month.industry)
            self.months[place] += 1
            for counter, checks in (
                (self.before, said.before),
                (self.after, said.after),
                (self.undecided, said.undecided),
            ):
                counter.update((check_id, *place) for check_id in checks)
            rows += [_row(dry_run_id, month, answer) for answer in said.changed]
        return rows

    def summary(self) -> dict[str, Any]:
        """As lists: ``months`` of (district, industry, number); ``checks`` of (check, district,
        industry, before, after, undecided).
        """
        keys = sorted({*self.before, *self.after, *self.undecided})
        return {
            "months": [[*place, number] for place, number in sorted(self.months.items())],
            "checks": [[*key, self.before[key], self.after[key], self.undecided[key]] for key in keys],
        }


def _row(dry_run_id: int, month: _Month, answer: ChangedAnswer) -> dict[str, Any]:
    return {
        "dry_run_id": dry_run_id,
        "enterprise_id": month.enterprise_id,
        "month": month.month,
        "district": month.district,
        "industry_code": month.industry,
        "check_id": answer.check_id,
        "subject": answer.subject[:120],
        "severity": _SEVERITIES[answer.severity],
        "is_new": answer.is_new,
        "detail": {
            "message": answer.message,
            "message_en": answer.message_en,
            "values": {name: None if value is None else str(value) for name, value in answer.values.items()},
        },
    }
