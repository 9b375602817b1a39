"""What must hold before a finding is closed: its check on the data of now, its files, who closes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.domain.access import Actor
from portal.domain.errors import Failure
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.workflow import FindingSource, FindingState
from portal.models.evidence import Evidence
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord
from portal.queries.sheets import load_sheet
from portal.services.evaluations import check

RESPONSES = frozenset({"response", "explanation"})


@dataclass(frozen=True)
class Again:
    """What the finding's check says about the month as it is now."""

    passed: bool
    text: str


def run_check_again(session: Session, finding: Finding) -> Again | None:
    """Ask the finding's check about the month's current version; None for one that no check opened."""
    if finding.source is not FindingSource.CHECK:
        return None
    record = session.get_one(MonthlyRecord, finding.record_id)
    if record.current_version_id is None:
        return None
    sheet = load_sheet(session, record.current_version_id)
    outcomes, _, _ = check(session, sheet, figures(sheet))
    gap = next(
        (
            outcome
            for outcome in outcomes
            if outcome.check_id == finding.check_id and outcome.subject == finding.subject and outcome.is_gap
        ),
        None,
    )
    return Again(passed=gap is None, text=gap.message if gap else "")


def closing_failures(session: Session, actor: Actor, finding: Finding, comment: str) -> list[Failure]:
    """Everything that still stands against closing the finding, by this actor, with this comment."""
    failures = [*_by_another(actor, finding), *_was_answered(finding)]
    if failures:
        return failures
    files = _files(session, finding)
    month = _month_of(session, finding)
    if files and month and not covers(((file.period_from, file.period_to) for file in files), month):
        failures.append(
            Failure(
                "evidence_period",
                N_("回应所附材料证明的期间没有覆盖 %(month)s"),
                {"month": str(month)},
            )
        )
    if finding.source is FindingSource.CHECK and finding.recheck != "passed" and not comment:
        failures.append(
            Failure("recheck_failed", N_("重跑检查没有通过；如仍认可，请写明理由"), cell=finding.cell)
        )
    if finding.source is not FindingSource.CHECK and not files and not comment:
        failures.append(Failure("comment_missing", N_("回应没有附材料；请写明核对了什么")))
    return failures


def covers(periods: Iterable[tuple[date | None, date | None]], month: Month) -> bool:
    """Whether the periods together hold every day of the month."""
    wanted = month.first
    for start, end in sorted((start, end) for start, end in periods if start and end):
        if start > wanted:
            return False
        if end >= month.last:
            return True
        wanted = max(wanted, end + timedelta(days=1))
    return False


def _month_of(session: Session, finding: Finding) -> Month | None:
    if finding.record_id is None:
        return None
    return Month.parse(session.get_one(MonthlyRecord, finding.record_id).month)


def _by_another(actor: Actor, finding: Finding) -> Sequence[Failure]:
    responders = {step.by_id for step in finding.steps if step.kind in RESPONSES} | {finding.responded_by_id}
    if actor.user_id not in responders:
        return ()
    return (Failure("closer_is_responder", N_("回应人不能自己关闭，请由另一位审核人员关闭")),)


def _was_answered(finding: Finding) -> Sequence[Failure]:
    if finding.state in {FindingState.RESPONDED, FindingState.EXPLAINED}:
        return ()
    return (Failure("no_response", N_("企业还没有回应，不能关闭")),)


def _files(session: Session, finding: Finding) -> list[Evidence]:
    ids = [number for step in finding.steps if step.kind in RESPONSES for number in step.evidence_ids]
    if not ids:
        return []
    return list(
        session.scalars(
            sa.select(Evidence).where(Evidence.id.in_(ids), Evidence.enterprise_id == finding.enterprise_id)
        )
    )
