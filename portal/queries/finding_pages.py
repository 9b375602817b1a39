"""Reading one finding: its life, and what the reader may do about it now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import NotFound
from portal.domain.workflow import FindingSource, RecordState, Severity
from portal.models.evidence import Evidence
from portal.models.findings import Finding, Rectification
from portal.models.organisations import Organisation
from portal.models.users import User
from portal.queries.access import require
from portal.queries.findings import FindingLine, finding_line, select_findings


@dataclass(frozen=True)
class StepFile:
    """A file given with a response."""

    id: int
    filename: str
    media_type: str
    period_from: date | None
    period_to: date | None


@dataclass(frozen=True)
class FindingStep:
    """One step of a finding's life; ``firm`` is set when a steward acted for the enterprise."""

    kind: str
    at: datetime
    by: str
    organisation: str
    firm: str
    addressed: bool | None
    text: str
    done_on: date | None
    files: tuple[StepFile, ...]


@dataclass(frozen=True)
class FindingPage:
    """One finding with all that was said and done, and what this reader may do now."""

    line: FindingLine
    record_id: int
    record_state: RecordState
    row_version: int
    slot: str
    recheck: str
    rechecked_at: datetime | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    responded_by_me: bool
    steps: tuple[FindingStep, ...]
    may_respond: bool
    may_close: bool
    may_waive: bool
    may_recheck: bool

    @property
    def explains(self) -> bool:
        """Whether a response to it is an explanation."""
        return self.line.source == FindingSource.CHECK and self.line.severity == Severity.EXPLAIN

    @property
    def answered(self) -> bool:
        """Whether a response waits for a regulator's word."""
        return self.line.standing in {"responded", "explained"}

    def last(self, *kinds: str) -> FindingStep | None:
        """The newest step of these kinds."""
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)


def finding_page(session: Session, actor: Actor, finding_id: int) -> FindingPage:
    """One finding; raises NotFound for what is foreign."""
    row = session.execute(select_findings(sa.true()).where(Finding.id == finding_id)).one_or_none()
    if row is None:
        raise NotFound
    finding, record = row[0], row[1]
    require(session, actor, Permission.FINDING_VIEW, finding.enterprise_id)
    line = finding_line(*row)
    people = _people(session, finding)
    opened_by = people.get(finding.opened_by_id or 0, ("", "", None))[0]
    open_now = line.standing in {"open", "returned", "responded", "explained"}
    waits = line.standing in {"responded", "explained"}
    is_check = finding.source is FindingSource.CHECK
    return FindingPage(
        line=line,
        record_id=record.id,
        record_state=record.state,
        row_version=finding.row_version,
        slot=finding.slot,
        recheck=finding.recheck,
        rechecked_at=finding.rechecked_at,
        opened_at=finding.opened_at,
        opened_by=opened_by,
        closed_at=finding.closed_at,
        closed_by=people.get(finding.closed_by_id or 0, ("", "", None))[0],
        responded_by_me=finding.responded_by_id == actor.user_id,
        steps=_steps(session, finding, people),
        may_respond=open_now and actor.may(Permission.FINDING_RESPOND),
        may_close=waits and actor.may(Permission.FINDING_CLOSE),
        may_waive=line.standing != "closed" and actor.may(Permission.FINDING_WAIVE),
        may_recheck=is_check
        and line.standing != "closed"
        and (actor.may(Permission.FINDING_RESPOND) or actor.may(Permission.FINDING_CLOSE)),
    )


Person = tuple[str, str, OrganisationKind | None]


def _people(session: Session, finding: Finding) -> dict[int, Person]:
    steps = session.scalars(
        sa.select(Rectification.by_id).where(Rectification.finding_id == finding.id)
    ).all()
    wanted = {*steps, finding.opened_by_id, finding.closed_by_id} - {None}
    rows = session.execute(
        sa.select(User.id, User.name, Organisation.name, Organisation.kind)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(User.id.in_(wanted))
    )
    return {number: (name, organisation or "", kind) for number, name, organisation, kind in rows}


def _steps(session: Session, finding: Finding, people: Mapping[int, Person]) -> tuple[FindingStep, ...]:
    steps = session.scalars(
        sa.select(Rectification).where(Rectification.finding_id == finding.id).order_by(Rectification.id)
    ).all()
    ids = {number for step in steps for number in step.evidence_ids or ()}
    files = {
        row.id: StepFile(row.id, row.filename, row.media_type, row.period_from, row.period_to)
        for row in session.scalars(
            sa.select(Evidence).where(Evidence.id.in_(ids), Evidence.enterprise_id == finding.enterprise_id)
        )
    }
    firm_ids = {step.for_firm_id for step in steps if step.for_firm_id}
    firms = {
        row.id: row.name
        for row in session.execute(
            sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(firm_ids))
        )
    }
    return tuple(
        FindingStep(
            kind=step.kind,
            at=step.at,
            by=people.get(step.by_id or 0, ("", "", None))[0],
            organisation=people.get(step.by_id or 0, ("", "", None))[1],
            firm=firms.get(step.for_firm_id or 0, ""),
            addressed=step.addressed,
            text=step.text,
            done_on=step.done_on,
            files=tuple(files[number] for number in step.evidence_ids or () if number in files),
        )
        for step in steps
    )
