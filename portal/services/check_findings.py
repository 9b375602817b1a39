"""Findings that a check run opens, keeps up to date, reopens and closes by itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.loader import load_pack, pack_ids
from checklists.model import Outcome
from portal.domain.canonical import canonical_json
from portal.domain.periods import now, today
from portal.domain.workflow import ClosedAs, FindingAction, FindingSource, FindingState, Section, Severity
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord
from portal.services.events import record_event
from portal.services.finding_opening import finding_number
from portal.services.finding_steps import add_step, move, settle
from portal.services.finding_waivers import waive_by_scope

Key = tuple[str, str]


def outcome_detail(outcome: Outcome) -> dict[str, Any]:
    """The outcome as primitives, for storing."""
    return dict(json.loads(canonical_json(vars(outcome))))


@cache
def proposed_measures() -> Mapping[str, list[dict[str, str]]]:
    """What the shipped packs propose against the gap of each check, by the check's id."""
    checks = [check for pack_id in pack_ids() for check in load_pack(pack_id).checks]
    return {check.id: [asdict(measure) for measure in check.measures] for check in checks}


def sync_findings(session: Session, record: MonthlyRecord, outcomes: Sequence[Outcome]) -> None:
    """Bring the month's check findings in line with a run.

    A gap opens a finding or reopens a closed one; an explanation holds while the gap is the same and
    is asked for again when its figures changed; a finding whose check no longer fails is closed.
    Notes are shown with the run and open nothing.
    """
    gaps = {
        (outcome.check_id, outcome.subject): outcome
        for outcome in outcomes
        if outcome.is_gap and outcome.severity != "note"
    }
    known: dict[Key, Finding] = {
        (finding.check_id, finding.subject): finding
        for finding in session.scalars(
            sa.select(Finding)
            .where(Finding.record_id == record.id, Finding.source == FindingSource.CHECK)
            .order_by(Finding.id)
            .with_for_update()
            # People act on findings meanwhile: what one has just closed is not opened and closed anew.
            .execution_options(populate_existing=True)
        )
    }
    for key, outcome in gaps.items():
        if key in known:
            _refresh(session, record, known[key], outcome)
        else:
            _open(session, record, outcome)
    for key, finding in known.items():
        if key not in gaps and finding.state is not FindingState.CLOSED:
            _close(session, finding)


def blocks(finding: Finding, day: date | None = None) -> bool:
    """Whether the finding stops signing on ``day``: a waiver past its last day holds no longer."""
    if finding.severity is not Severity.BLOCKING or finding.state is FindingState.CLOSED:
        return False
    return finding.waived_until is None or finding.waived_until < (day or today())


def _finding_detail(outcome: Outcome) -> dict[str, Any]:
    return {**outcome_detail(outcome), "measures": proposed_measures().get(outcome.check_id, [])}


def _open(session: Session, record: MonthlyRecord, outcome: Outcome) -> None:
    """Open a finding; it is due with its month, since the month cannot be signed without it."""
    finding = Finding(
        number=finding_number(session, record.month[:4]),
        enterprise_id=record.enterprise_id,
        record_id=record.id,
        source=FindingSource.CHECK,
        check_id=outcome.check_id,
        subject=outcome.subject,
        section=Section(outcome.section) if outcome.section else None,
        cell=outcome.cell,
        slot=outcome.slot,
        severity=Severity(outcome.severity),
        title=outcome.title[:300],
        detail=_finding_detail(outcome),
        due_on=max(record.amend_due_on or record.due_on, today()),
    )
    add_step(finding, None, "opened", outcome.message)
    session.add(finding)
    session.flush()
    _trace(session, finding, "finding.opened", {"check": outcome.check_id, "subject": outcome.subject})
    waive_by_scope(session, finding, record.month)


def _refresh(session: Session, record: MonthlyRecord, finding: Finding, outcome: Outcome) -> None:
    detail = _finding_detail(outcome)
    changed = (finding.detail.get("actual"), finding.detail.get("message")) != (
        detail["actual"],
        detail["message"],
    )
    finding.detail, finding.title, finding.severity = detail, outcome.title[:300], Severity(outcome.severity)
    finding.recheck, finding.rechecked_at = "failed", now()
    if finding.state is FindingState.CLOSED:
        # A false alarm stays one while the figures are the same.
        if changed or finding.closed_as != ClosedAs.FALSE_ALARM:
            _reopen(session, finding, outcome.message)
            waive_by_scope(session, finding, record.month)
    elif finding.state is FindingState.EXPLAINED and changed:
        _reopen(session, finding, outcome.message)


def _reopen(session: Session, finding: Finding, text: str) -> None:
    move(finding, FindingAction.REOPEN)
    finding.due_on = max(finding.due_on, today())
    finding.row_version += 1
    add_step(finding, None, "reopened", text)
    _trace(session, finding, "finding.reopened", {"check": finding.check_id})


def _close(session: Session, finding: Finding) -> None:
    move(finding, FindingAction.CLOSE_BY_CHECK)
    settle(finding, None, ClosedAs.MENDED)
    finding.recheck, finding.rechecked_at = "passed", now()
    finding.row_version += 1
    add_step(finding, None, "closed", "")
    _trace(session, finding, "finding.closed_by_check", {"check": finding.check_id})


def _trace(session: Session, finding: Finding, action: str, after: Mapping[str, Any]) -> None:
    record_event(
        session, None, action, "finding", finding.id, enterprise_id=finding.enterprise_id, after=after
    )
