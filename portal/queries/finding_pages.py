"""Reading one finding: its life, and what the reader may do about it now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import NotFound
from portal.domain.workflow import FINDING_TRANSITIONS, FindingSource, FindingState, Severity
from portal.models.evidence import Evidence
from portal.models.finding_life import FindingRequest
from portal.models.findings import Finding, Rectification
from portal.models.organisations import Organisation
from portal.models.users import User
from portal.queries.finding_access import require_finding
from portal.queries.finding_owners import Candidate, candidates
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
class AskedFor:
    """A request that waits for the regulator."""

    until: date
    reason: str
    by: str


@dataclass(frozen=True)
class Measure:
    """What the pack proposes, and what it should bring; each text also in English."""

    text: str
    text_en: str
    effect: str
    effect_en: str


@dataclass(frozen=True)
class FindingPage:
    """One finding with all that was said and done, and what this reader may do now."""

    line: FindingLine
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
    #: What was asked for and waits for an answer, by kind: extension, waiver.
    asked: Mapping[str, AskedFor]
    #: Names of the acts that this reader may do now.
    acts: frozenset[str]
    measures: tuple[Measure, ...]
    others: tuple[Candidate, ...]
    #: Whether this reader may open the files that were given.
    opens_files: bool = True

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
    finding = row[0]
    whole = require_finding(session, actor, finding)
    line = finding_line(*row)
    people = _people(session, finding)
    asked = _asked(session, finding)
    return FindingPage(
        line=line,
        row_version=finding.row_version,
        slot=finding.slot,
        recheck=finding.recheck,
        rechecked_at=finding.rechecked_at,
        opened_at=finding.opened_at,
        opened_by=people.get(finding.opened_by_id or 0, ("", "", None))[0],
        closed_at=finding.closed_at,
        closed_by=people.get(finding.closed_by_id or 0, ("", "", None))[0],
        responded_by_me=finding.responded_by_id == actor.user_id,
        steps=_steps(session, finding, people),
        asked=asked,
        acts=frozenset(_acts(actor, line, asked)) if whole else frozenset({"comment"}),
        measures=_measures(finding),
        others=candidates(session, {finding.enterprise_id}) if whole else (),
        opens_files=whole,
    )


def _acts(actor: Actor, line: FindingLine, asked: Mapping[str, AskedFor]) -> Iterator[str]:
    """The moves of the table that this person may make now, and the acts that move nothing."""
    state = FindingState.OPEN if line.waiver_past else FindingState(line.state)
    for (origin, action), step in FINDING_TRANSITIONS.items():
        if origin is state and step.permission is not None and actor.may(step.permission):
            yield action.value
    responds, closes = actor.may(Permission.FINDING_RESPOND), actor.may(Permission.FINDING_CLOSE)
    if not (responds or closes):
        return
    yield "comment"
    if not line.settled:
        yield "assign"
        if line.source == FindingSource.CHECK:
            yield "recheck"
        if closes and "extension" in asked:
            yield "decide_extension"
        theirs = state in {FindingState.OPEN, FindingState.RETURNED, FindingState.WAIVER_ASKED}
        if responds and theirs and "extension" not in asked and not line.overdue:
            yield "ask_extension"


def _asked(session: Session, finding: Finding) -> dict[str, AskedFor]:
    rows = session.execute(
        sa.select(FindingRequest, User.name)
        .join(User, User.id == FindingRequest.asked_by_id)
        .where(FindingRequest.finding_id == finding.id, FindingRequest.decided_at.is_(None))
    )
    return {row.kind: AskedFor(row.until, row.reason, name) for row, name in rows}


def _measures(finding: Finding) -> tuple[Measure, ...]:
    held = (finding.detail or {}).get("measures") or ()
    names = ("text", "text_en", "effect", "effect_en")
    return tuple(Measure(*(str(entry.get(name) or "") for name in names)) for entry in held)


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
