"""Searching the filed months for patterns, and what a regulator does with the doubtful points."""

import logging
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.pattern_model import Doubt, Material, Series
from checklists.pattern_values import QUALITY
from checklists.patterns import BY_ID, find_doubts
from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, due_on, now, today
from portal.domain.workflow import FindingSource, JobState, Severity
from portal.models.database import Database
from portal.models.findings import Finding
from portal.models.patterns import EvidenceImage, PatternRun, Suspicion
from portal.models.records import MonthlyRecord
from portal.queries import pattern_material as gather
from portal.queries.access import require
from portal.queries.jobs import newest_job
from portal.services.events import record_event
from portal.services.evidence_pictures import pictures_of
from portal.services.finding_opening import open_finding
from portal.services.finding_steps import written
from portal.services.jobs import request_job
from portal.storage import MissingObjectError, Storage

log = logging.getLogger(__name__)

JOB = "find_patterns"
BATCH = 50
MOST_FILES = 2000
NOTHING = "-"


def request_search(session: Session, actor: Actor, month: Month) -> PatternRun:
    """Ask for a search about ``month``, by a regulator; one at a time a month.

    A search whose job has failed is taken up again.
    """
    if not actor.may(Permission.SUSPICION_VIEW):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    if month > Month.of(today()):
        raise Invalid(N_("不能选将来的月份"), path="month")
    waiting = session.scalar(
        sa.select(PatternRun).where(PatternRun.month == str(month), PatternRun.finished_at.is_(None)).limit(1)
    )
    if waiting is None:
        return _request(session, actor, month)
    job = newest_job(session, JOB, waiting.id)
    if job is not None and job.state is JobState.FAILED:
        request_job(session, JOB, waiting.id, actor=actor)
    return waiting


def request_monthly_search(session: Session) -> PatternRun | None:
    """Ask, once, for a search about the newest month whose day of filing is past."""
    month = Month.of(today()).previous()
    while due_on(month) >= today():
        month = month.previous()
    held = session.scalar(sa.select(PatternRun.id).where(PatternRun.month == str(month)).limit(1))
    return None if held else _request(session, None, month)


def search(database: Database, storage: Storage, run_id: int) -> None:
    """Look through the months and write down new doubtful points; run again it adds nothing twice."""
    with database.reading() as session:
        run = session.get_one(PatternRun, run_id)
        month = Month.parse(run.month)
        files = gather.unread_files(session, month, MOST_FILES)
    _read_pictures(database, storage, files)
    with database.reading() as session:
        enterprises, doubts = find(session, month)
    with database.writing() as session:
        # Searches about one month come one after the other: neither tells what the other has told.
        runs = session.scalars(
            sa.select(PatternRun)
            .where(PatternRun.month == str(month))
            .order_by(PatternRun.id)
            .with_for_update()
        )
        run = next(row for row in runs if row.id == run_id)
        run.new = _keep(session, run, doubts)
        run.enterprises, run.found, run.finished_at = len(enterprises), len(doubts), now()


def find(session: Session, month: Month) -> tuple[list[int], list[Doubt]]:
    """The enterprises looked at and every doubt about ``month``; changes nothing."""
    enterprises = gather.enterprises_filed(session, month)
    documents = Material(
        str(month),
        reports=gather.lab_results(session, month),
        files=gather.files_used_again(session, month),
        pictures=gather.pictures_used_again(session, month),
    )
    doubts = list(find_doubts(documents))
    peers = _qualities(gather.filed_series(session, enterprises, month, back=1))
    for batch in gather.in_batches(enterprises, BATCH):
        own = gather.filed_series(session, batch, month)
        others = tuple(entry for entry in peers if entry.enterprise_id not in batch)
        found = find_doubts(Material(str(month), series=(*own, *others)))
        doubts += [doubt for doubt in found if doubt.enterprise_id in batch]
    return enterprises, doubts


def raise_suspicion(session: Session, actor: Actor, suspicion_id: int, words: str) -> Finding:
    """Make a finding of a doubtful point; the enterprise reads of itself, and no other's name."""
    suspicion = open_suspicion(session, actor, suspicion_id)
    pattern = BY_ID[suspicion.pattern]
    text = written(words, "words", N_("请写明要企业说明或改正什么"))
    record_id = session.scalar(
        sa.select(MonthlyRecord.id).where(
            MonthlyRecord.enterprise_id == suspicion.enterprise_id, MonthlyRecord.month == suspicion.month
        )
    )
    detail = suspicion.detail
    finding = open_finding(
        session,
        actor,
        suspicion.enterprise_id,
        source=FindingSource.PATTERN,
        record_id=record_id,
        check_id=pattern.id,
        subject=f"suspicion:{suspicion.id}",
        severity=suspicion.severity,
        title=pattern.name,
        detail={
            "message": f"{detail['message'] % detail['params']}。{text}",
            "clause": "",
            "mend": pattern.why,
            "picture": detail["picture"],
        },
    )
    suspicion.finding_id = finding.id
    _decide(session, actor, suspicion, "raised", text)
    return finding


def set_aside(session: Session, actor: Actor, suspicion_id: int, reason: str) -> Suspicion:
    """Set a doubtful point aside, with a reason; it is not told again."""
    suspicion = open_suspicion(session, actor, suspicion_id)
    _decide(session, actor, suspicion, "set_aside", written(reason, "words", N_("请写明为什么不追究")))
    return suspicion


def _request(session: Session, actor: Actor | None, month: Month) -> PatternRun:
    run = PatternRun(month=str(month), asked_by_id=actor.user_id if actor else None)
    session.add(run)
    session.flush()
    request_job(session, JOB, run.id, actor=actor)
    return run


def _read_pictures(database: Database, storage: Storage, files: Iterable[tuple[int, str]]) -> None:
    """Note the pictures of each file; a file without any leaves a row of page 0, so that it is read once."""
    for evidence_id, key in files:
        try:
            data = storage.get(key)
        except MissingObjectError:
            # A lost file is told by the daily check of the store; the search goes on without it.
            log.warning("evidence is missing", extra={"evidence_id": evidence_id})
            continue
        found = set(pictures_of(data)) or {(0, NOTHING)}
        with database.writing() as session:
            held = sa.select(EvidenceImage.id).where(EvidenceImage.evidence_id == evidence_id).limit(1)
            if session.scalar(held) is None:
                session.add_all(
                    EvidenceImage(evidence_id=evidence_id, page=page, sha256=digest)
                    for page, digest in sorted(found)
                )


def _qualities(series: Iterable[Series]) -> tuple[Series, ...]:
    return tuple(entry for entry in series if entry.parameter in QUALITY)


def _keep(session: Session, run: PatternRun, doubts: Iterable[Doubt]) -> int:
    held = {
        tuple(row)
        for row in session.execute(
            sa.select(Suspicion.enterprise_id, Suspicion.pattern, Suspicion.subject).where(
                Suspicion.month == run.month
            )
        )
    }
    fresh = [one for one in doubts if (one.enterprise_id, one.pattern, one.subject) not in held]
    session.add_all(
        Suspicion(
            enterprise_id=doubt.enterprise_id,
            pattern=doubt.pattern,
            month=doubt.month,
            subject=doubt.subject,
            severity=Severity(BY_ID[doubt.pattern].severity),
            detail={
                "message": doubt.message,
                "params": dict(doubt.params),
                "picture": dict(doubt.picture),
                "others": list(doubt.others),
            },
            run_id=run.id,
        )
        for doubt in fresh
    )
    return len(fresh)


def open_suspicion(session: Session, actor: Actor, suspicion_id: int) -> Suspicion:
    """The doubtful point, still undecided; raises NotFound for a foreign one, Refused for a decided one."""
    suspicion = session.scalar(sa.select(Suspicion).where(Suspicion.id == suspicion_id).with_for_update())
    if suspicion is None:
        raise NotFound
    require(session, actor, Permission.SUSPICION_VIEW, suspicion.enterprise_id)
    if suspicion.state != "open":
        raise Refused(N_("这个疑点已经处理过了"))
    return suspicion


def _decide(session: Session, actor: Actor, suspicion: Suspicion, state: str, reason: str) -> None:
    suspicion.state, suspicion.reason = state, reason
    suspicion.decided_at, suspicion.decided_by_id = now(), actor.user_id
    record_event(
        session,
        actor,
        f"suspicion.{state}",
        "suspicion",
        suspicion.id,
        enterprise_id=suspicion.enterprise_id,
        after={"pattern": suspicion.pattern, "month": suspicion.month, "reason": reason},
    )
