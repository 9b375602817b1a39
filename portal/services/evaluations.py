"""Running the check packs over a month, pinned to the data that they saw."""

from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, lazyload

from checklists.engine import run_many
from checklists.model import Outcome
from portal.accounting.month import Figures, figures
from portal.domain.access import Actor, Permission
from portal.domain.periods import now
from portal.domain.sheet import Sheet
from portal.domain.workflow import FindingState, JobState, RecordAction, RecordState, Severity, next_step
from portal.models.evaluations import CheckResult, Evaluation
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.check_background import background
from portal.queries.jobs import EVALUATION_JOB, newest_job
from portal.queries.sheets import load_sheet
from portal.services.calculations import keep_calculation, settle_values
from portal.services.check_findings import blocks, outcome_detail, sync_findings
from portal.services.events import record_event
from portal.services.facts import facts_hash, facts_of
from portal.services.jobs import request_job
from portal.services.packs_in_force import packs_for
from portal.services.record_access import editable_version


def request_evaluation(session: Session, actor: Actor, version_id: int) -> Evaluation:
    """Ask for a run over a month that is being worked on; a run still waiting serves again.

    One whose job has failed waits for nobody any more: it is laid aside, and a new one is asked for.
    """
    work = editable_version(session, actor, version_id, Permission.RECORD_EDIT)
    next_step(work.record.state, RecordAction.EVALUATE)
    waiting = session.scalars(
        sa.select(Evaluation).where(
            Evaluation.version_id == version_id, Evaluation.state.in_((JobState.QUEUED, JobState.RUNNING))
        )
    ).all()
    for run in waiting:
        job = newest_job(session, EVALUATION_JOB, run.id)
        if job is None or job.state is not JobState.FAILED:
            return run
        run.state, run.finished_at = JobState.FAILED, now()
    evaluation = Evaluation(version_id=version_id, requested_by_id=actor.user_id)
    session.add(evaluation)
    session.flush()
    request_job(session, EVALUATION_JOB, evaluation.id, actor=actor, enterprise_id=work.enterprise_id)
    return evaluation


# Put together once, as those of a sheet: asked again with every saved value.
_NEWEST = (
    sa.select(Evaluation)
    .where(Evaluation.version_id == sa.bindparam("version_id"), Evaluation.state == JobState.DONE)
    .order_by(Evaluation.id.desc())
    .limit(1)
)
_OPEN_BLOCKING_EARLIER = (
    sa.select(Finding)
    .join(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
    .where(
        Finding.enterprise_id == sa.bindparam("enterprise_id"),
        Finding.severity == Severity.BLOCKING,
        Finding.state != FindingState.CLOSED,
        MonthlyRecord.month < sa.bindparam("month"),
    )
    .options(lazyload(Finding.steps))
)


def run_evaluation(session: Session, evaluation_id: int) -> None:
    """Do a run: settle and calculate the month, ask the checks, open and close findings.

    May run twice: a run that is done is left alone. A month that has moved on since is not touched.
    """
    record = session.scalar(
        sa.select(MonthlyRecord)
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(Evaluation, Evaluation.version_id == RecordVersion.id)
        .where(Evaluation.id == evaluation_id)
        .with_for_update(of=MonthlyRecord)
    )
    # Everything else is read after the lock: another worker, or a value saved meanwhile, was there first.
    evaluation = session.get(Evaluation, evaluation_id)
    if record is None or evaluation is None or evaluation.state is JobState.DONE:
        return
    version = session.get_one(RecordVersion, evaluation.version_id)
    if record.state is not RecordState.DRAFT or record.current_version_id != version.id:
        evaluation.state, evaluation.finished_at = JobState.FAILED, now()
        return
    sheet = load_sheet(session, version.id)
    month = figures(sheet)
    settle_values(session, sheet, month)
    if month.result is not None:
        keep_calculation(session, sheet, month.result)
    outcomes, packs, digest = check(session, sheet, month)
    _keep_results(session, evaluation, outcomes)
    evaluation.packs, evaluation.input_hash, evaluation.revision = packs, digest, sheet.revision
    evaluation.state, evaluation.finished_at = JobState.DONE, now()
    sync_findings(session, record, outcomes)
    record_event(
        session,
        None,
        "record.evaluated",
        "record",
        record.id,
        enterprise_id=record.enterprise_id,
        after={"version": version.number, "input_hash": digest, "failed": evaluation.failed},
    )


def check(session: Session, sheet: Sheet, month: Figures) -> tuple[list[Outcome], dict[str, str], str]:
    """Ask every pack about the month; returns the outcomes, the packs' versions and the facts' hash."""
    facts = facts_told(session, sheet, month)
    packs = packs_for(session, sheet)
    outcomes = list(next(run_many(packs, [facts])))
    return outcomes, {pack.id: pack.version for pack in packs}, facts_hash(facts)


def facts_told(session: Session, sheet: Sheet, month: Figures) -> dict[str, Any]:
    """The facts of a month with all that other tables hold of its enterprise."""
    beside = background(session, sheet.enterprise_id, sheet.month, sheet.plan_id)
    return facts_of(sheet, month, beside, open_blocking_earlier=open_blocking_earlier(session, sheet))


def current_hash(session: Session, sheet: Sheet, month: Figures) -> str:
    """Hash of the facts as they are now; an evaluation with another one is stale."""
    return facts_hash(facts_told(session, sheet, month))


def newest_evaluation(session: Session, version_id: int) -> Evaluation | None:
    """The last run over a version that was finished."""
    return session.scalar(_NEWEST, {"version_id": version_id})


def open_blocking_earlier(session: Session, sheet: Sheet) -> int:
    """How many blocking findings of earlier months are still open."""
    findings = session.scalars(
        _OPEN_BLOCKING_EARLIER, {"enterprise_id": sheet.enterprise_id, "month": str(sheet.month)}
    )
    return sum(1 for finding in findings if blocks(finding))


def _keep_results(session: Session, evaluation: Evaluation, outcomes: list[Outcome]) -> None:
    counts = Counter(outcome.outcome for outcome in outcomes)
    rows = [
        _result_row(evaluation.id, outcome, outcome_detail(outcome))
        for outcome in outcomes
        if outcome.outcome != "passed"
    ] + _passed_rows(evaluation.id, outcomes)
    if rows:
        session.execute(sa.insert(CheckResult), rows)
    evaluation.passed, evaluation.failed = counts["passed"], counts["failed"]
    evaluation.undecidable, evaluation.not_applicable = counts["undecidable"], counts["not_applicable"]
    session.flush()


def _passed_rows(evaluation_id: int, outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """One row a check that passed, naming the subjects: most of a month passes, and is told briefly."""
    subjects: dict[str, list[str]] = defaultdict(list)
    first: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.outcome == "passed":
            subjects[outcome.check_id].append(outcome.subject)
            first.setdefault(outcome.check_id, outcome)
    return [
        _result_row(
            evaluation_id,
            outcome,
            {
                "title": outcome.title,
                "title_en": outcome.title_en,
                "clause": outcome.clause,
                "subjects": subjects[check_id],
            },
        )
        for check_id, outcome in first.items()
    ]


def _result_row(evaluation_id: int, outcome: Outcome, detail: dict[str, Any]) -> dict[str, Any]:
    passed = outcome.outcome == "passed"
    return {
        "evaluation_id": evaluation_id,
        "check_id": outcome.check_id,
        "check_version": outcome.check_version,
        "outcome": outcome.outcome,
        "severity": Severity(outcome.severity),
        "section": outcome.section,
        "cell": "" if passed else outcome.cell,
        "slot": "" if passed else outcome.slot,
        "detail": detail,
    }
