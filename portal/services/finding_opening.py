"""Opening findings: the one way in for visits, patterns and reviewers; a check run opens its own."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.domain.workflow import FindingSource, Section, Severity
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord
from portal.queries.access import require
from portal.reference.rectification import load_rectification
from portal.services.events import record_event
from portal.services.finding_steps import add_step, told_of
from portal.services.numbers import next_number
from portal.services.record_notices import tell_preparers

LONGEST_TITLE = 300


def open_finding(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    *,
    source: FindingSource,
    record_id: int | None,
    check_id: str,
    subject: str,
    severity: Severity,
    title: str,
    detail: Mapping[str, Any],
    due_on: date | None = None,
    section: Section | None = None,
    cell: str = "",
) -> Finding:
    """Open a finding by a person and tell those who prepare the enterprise's months.

    The caller has asked for its own permission (conducting a visit, reviewing a month); this only makes
    sure that the enterprise and the month are this actor's business. ``record_id`` is None where the gap
    is not about one month. ``detail`` holds texts: ``message``, ``clause``, ``mend``, ``expected``,
    ``actual`` (each also with ``_en``) and ``measures``, a list of {text, text_en, effect, effect_en}.
    ``subject`` is empty for one of its own kind: its number then stands there. Without ``due_on`` the
    severity decides (portal.reference.rectification). Raises NotFound, and Invalid with title or due_on.
    """
    _check_scope(session, actor, enterprise_id, record_id)
    if not title.strip():
        raise Invalid(N_("请写明差距是什么"), path="title")
    if len(title) > LONGEST_TITLE:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": LONGEST_TITLE}, path="title")
    if due_on is not None and due_on < today():
        raise Invalid(N_("期限不能早于今天"), path="due_on")
    number = finding_number(session, today().year)
    finding = Finding(
        number=number,
        enterprise_id=enterprise_id,
        record_id=record_id,
        source=source,
        check_id=check_id,
        subject=subject or number,
        section=section,
        cell=cell[:80],
        slot="",
        severity=severity,
        title=title,
        detail=dict(detail),
        due_on=due_on or load_rectification().due_on(severity, today()),
        opened_by_id=actor.user_id,
    )
    session.add(finding)
    add_step(finding, actor, "opened", str(detail.get("message", "")))
    session.flush()
    _tell(session, actor, finding)
    return finding


def finding_number(session: Session, year: int | str) -> str:
    """The next number of the year, such as GAP-2026-0121."""
    return f"GAP-{year}-{next_number(session, f'finding-{year}'):04d}"


def _check_scope(session: Session, actor: Actor, enterprise_id: int, record_id: int | None) -> None:
    require(session, actor, Permission.ENTERPRISE_VIEW, enterprise_id)
    if record_id is None:
        return
    record = session.get(MonthlyRecord, record_id)
    if record is None or record.enterprise_id != enterprise_id:
        raise NotFound


def _tell(session: Session, actor: Actor, finding: Finding) -> None:
    record_event(
        session,
        actor,
        "finding.raised",
        "finding",
        finding.id,
        enterprise_id=finding.enterprise_id,
        after={
            "state": finding.state,
            "title": finding.title,
            "source": finding.source,
            "severity": finding.severity,
            "due_on": finding.due_on,
        },
    )
    tell_preparers(
        session,
        finding.enterprise_id,
        N_("开具了差距 %(number)s：%(title)s"),
        told_of(finding),
        f"/findings/{finding.id}",
    )
