"""What a dry-run found: counts by place and check, and the answers that would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.domain.access import Actor, Permission, Role, authorize
from portal.domain.workflow import JobState
from portal.models.check_packs import DryRun, DryRunChange, PackVersion
from portal.models.jobs import Job

PER_PAGE = 50


@dataclass(frozen=True)
class PlaceCount:
    """Months of one district or industry, and how many have a gap before, after, or no answer."""

    place: str
    months: int
    before: int
    after: int
    undecided: int
    added: int
    gone: int


@dataclass(frozen=True)
class ChangeRow:
    """One answer that would become another."""

    enterprise_id: int
    enterprise: str
    month: str
    district: str
    industry: str
    check_id: str
    subject: str
    severity: str
    is_new: bool
    message: str
    message_en: str
    values: dict[str, str | None]


@dataclass(frozen=True)
class DryRunView:
    """A run as pages show it; counts are of one check, or of all that differ."""

    id: int
    draft_id: int
    state: str
    error: str
    stale: bool
    compared_with: str
    first_month: str
    last_month: str
    requested_at: datetime
    finished_at: datetime | None
    seconds: int
    months: int
    done: int
    checks: tuple[str, ...]
    total: PlaceCount
    districts: tuple[PlaceCount, ...]
    industries: tuple[PlaceCount, ...]

    @property
    def under_way(self) -> bool:
        """Whether the page should look again soon."""
        return self.state in {JobState.QUEUED, JobState.RUNNING}

    @property
    def percent(self) -> int | None:
        """How far it is; None before it began."""
        return self.done * 100 // self.months if self.months else None


def newest_dry_run(session: Session, draft_id: int) -> DryRun | None:
    """The last run that was asked for."""
    return session.scalar(
        sa.select(DryRun).where(DryRun.pack_version_id == draft_id).order_by(DryRun.id.desc()).limit(1)
    )


def speaks_for(run: DryRun, version: PackVersion) -> bool:
    """Whether the run is done, over all filed months, on exactly this text."""
    whole = not run.first_month and not run.last_month
    return run.state is JobState.DONE and whole and run.content_sha256 == version.content_sha256


def dry_run_view(session: Session, actor: Actor, draft_id: int, check_id: str = "") -> DryRunView | None:
    """The newest run of a draft, within the actor's area; None when none was asked for."""
    authorize(actor, Permission.CHECK_PACK_VIEW)
    run = newest_dry_run(session, draft_id)
    if run is None:
        return None
    version = session.get_one(PackVersion, draft_id)
    job = session.scalar(
        sa.select(Job).where(Job.kind == "dry_run", Job.subject_id == run.id).order_by(Job.id.desc()).limit(1)
    )
    failed = job is not None and job.state is JobState.FAILED and run.state is not JobState.DONE
    moved = _moved(session, run.id, check_id)
    checks = [row for row in run.summary.get("checks", []) if not check_id or row[0] == check_id]
    months = run.summary.get("months", [])
    if not _sees_all(actor):
        months = [row for row in months if row[0] == actor.district]
        checks = [row for row in checks if row[1] == actor.district]
        moved = [row for row in moved if row[0] == actor.district]
    begun, ended = run.started_at, run.finished_at
    return DryRunView(
        id=run.id,
        draft_id=draft_id,
        state=JobState.FAILED.value if failed else run.state.value,
        error=job.error if failed and job is not None else "",
        stale=run.content_sha256 != version.content_sha256,
        compared_with=run.compared_with,
        first_month=run.first_month,
        last_month=run.last_month,
        requested_at=run.requested_at,
        finished_at=ended,
        seconds=round((ended - begun).total_seconds()) if begun and ended else 0,
        months=run.months,
        done=run.months_done,
        checks=tuple(dict.fromkeys(row[0] for row in checks)),
        total=_count("", months, checks, moved),
        districts=_by(0, months, checks, moved),
        industries=_by(1, months, checks, moved),
    )


def _sees_all(actor: Actor) -> bool:
    return Role.CITY_REGULATOR in actor.roles


def _moved(session: Session, run_id: int, check_id: str) -> list[tuple[str, str, bool, int]]:
    """Enterprise-months with a changed answer, by district, industry and direction."""
    query = (
        sa.select(
            DryRunChange.district,
            DryRunChange.industry_code,
            DryRunChange.is_new,
            sa.func.count(
                sa.distinct(sa.cast(DryRunChange.enterprise_id, sa.String).concat(DryRunChange.month))
            ),
        )
        .where(DryRunChange.dry_run_id == run_id)
        .group_by(DryRunChange.district, DryRunChange.industry_code, DryRunChange.is_new)
    )
    if check_id:
        query = query.where(DryRunChange.check_id == check_id)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def _by(place: int, months: list[Any], checks: list[Any], moved: list[Any]) -> tuple[PlaceCount, ...]:
    return tuple(
        _count(
            name,
            [row for row in months if row[place] == name],
            [row for row in checks if row[place + 1] == name],
            [row for row in moved if row[place] == name],
        )
        for name in dict.fromkeys(row[place] for row in months)
    )


def _count(name: str, months: Sequence[Any], checks: Sequence[Any], moved: Sequence[Any]) -> PlaceCount:
    return PlaceCount(
        place=name,
        months=sum(row[2] for row in months),
        before=sum(row[3] for row in checks),
        after=sum(row[4] for row in checks),
        undecided=sum(row[5] for row in checks),
        added=sum(row[3] for row in moved if row[2]),
        gone=sum(row[3] for row in moved if not row[2]),
    )


@dataclass(frozen=True)
class ChangeList:
    """One page of changed answers."""

    rows: tuple[ChangeRow, ...]
    total: int


def changed_answers(
    session: Session,
    actor: Actor,
    run_id: int,
    *,
    check_id: str = "",
    district: str = "",
    industry: str = "",
    is_new: bool | None = None,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> ChangeList:
    """The answers that would change, within the actor's area, filtered and paged."""
    authorize(actor, Permission.CHECK_PACK_VIEW)
    wanted = [DryRunChange.dry_run_id == run_id]
    if not _sees_all(actor):
        wanted.append(DryRunChange.district == (actor.district or "-"))
    for column, value in (
        (DryRunChange.check_id, check_id),
        (DryRunChange.district, district),
        (DryRunChange.industry_code, industry),
    ):
        if value:
            wanted.append(column == value)
    if is_new is not None:
        wanted.append(DryRunChange.is_new == is_new)
    total = session.scalar(sa.select(sa.func.count()).select_from(DryRunChange).where(*wanted)) or 0
    rows = session.scalars(
        sa.select(DryRunChange)
        .where(*wanted)
        .options(joinedload(DryRunChange.enterprise))
        .order_by(DryRunChange.month.desc(), DryRunChange.enterprise_id, DryRunChange.id)
        .limit(per_page)
        .offset((max(page, 1) - 1) * per_page)
    )
    return ChangeList(tuple(map(_row, rows)), total)


def _row(row: DryRunChange) -> ChangeRow:
    return ChangeRow(
        enterprise_id=row.enterprise_id,
        enterprise=row.enterprise.name,
        month=row.month,
        district=row.district,
        industry=row.industry_code,
        check_id=row.check_id,
        subject=row.subject,
        severity=row.severity.value,
        is_new=row.is_new,
        message=row.detail["message"],
        message_en=row.detail["message_en"],
        values=row.detail["values"],
    )
