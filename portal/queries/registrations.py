"""Reading registrations: the applicant's own, and those that a regulator may decide."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.errors import NotFound
from portal.domain.periods import today
from portal.domain.registration import Task, TaskState, tasks_of
from portal.domain.registration_questions import SECTIONS
from portal.domain.workflow import Decision, RegistrationState
from portal.models.events import Event
from portal.models.evidence import Evidence
from portal.models.organisations import Organisation
from portal.models.registrations import Registration, RegistrationSection
from portal.models.users import User
from portal.queries.registration_faults import filed_of

PER_PAGE = 20


@dataclass(frozen=True)
class RegistrationLine:
    """One registration in a list."""

    id: int
    number: str
    name: str
    uscc: str
    district: str
    state: str
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    applicant: str


@dataclass(frozen=True)
class Step:
    """One line of the timeline; ``comments`` holds section key and text of what was returned."""

    action: str
    at: datetime
    who: str
    organisation: str
    reason: str = ""
    receipt: str = ""
    comments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FilePage:
    """An uploaded file of the application."""

    id: int
    filename: str
    media_type: str
    size: int
    sha256: str
    storage_key: str
    uploaded_at: datetime


@dataclass(frozen=True)
class SectionPage:
    """A section with what is kept of it."""

    task: Task
    answers: Mapping[str, Any]
    decision: Decision
    comment: str
    row_version: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True)
class RegistrationPage:
    """Everything that the pages of one registration show."""

    id: int
    number: str
    state: RegistrationState
    row_version: int
    name: str
    uscc: str
    district: str
    organisation_id: int | None
    receipt_number: str | None
    submitted_at: datetime | None
    decided_at: datetime | None
    reason: str
    applicant_id: int
    applicant: str
    applicant_email: str
    authority: str
    sections: Mapping[str, SectionPage]
    files: Mapping[int, FilePage]
    steps: tuple[Step, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The sections as tasks, in their order."""
        return tuple(section.task for section in self.sections.values())

    @property
    def done(self) -> int:
        """How many sections are complete."""
        return sum(not task.gaps and task.state is not TaskState.RETURNED for task in self.tasks)

    @property
    def ready(self) -> bool:
        """Whether nothing keeps it from being submitted."""
        return self.editable and self.done == len(self.tasks)

    @property
    def editable(self) -> bool:
        """Whether it lies with the applicant."""
        return self.state in (RegistrationState.DRAFT, RegistrationState.RETURNED)


@dataclass(frozen=True)
class QueuePage:
    """One page of the regulator's list."""

    lines: tuple[RegistrationLine, ...]
    total: int
    page: int
    counts: Mapping[str, int]


def own_registrations(session: Session, actor: Actor) -> tuple[RegistrationLine, ...]:
    """The actor's applications, newest first."""
    rows = session.scalars(
        sa.select(Registration)
        .where(Registration.applicant_id == actor.user_id)
        .options(joinedload(Registration.applicant))
        .order_by(Registration.id.desc())
    )
    return tuple(_line(row) for row in rows)


def reviewable(actor: Actor) -> sa.ColumnElement[bool]:
    """Condition on Registration: handed in, and in the actor's area."""
    handed_in = Registration.state != RegistrationState.DRAFT
    if not actor.may(Permission.REGISTRATION_DECIDE) or actor.kind is not OrganisationKind.AUTHORITY:
        return sa.false()
    if Role.CITY_REGULATOR in actor.roles:
        return handed_in
    return sa.and_(handed_in, Registration.district == (actor.district or "-"))


def find_registration(session: Session, actor: Actor, registration_id: int) -> Registration:
    """The applicant's own, or one that the regulator may see; raises NotFound for anything else."""
    row = session.scalar(
        sa.select(Registration)
        .where(
            Registration.id == registration_id,
            sa.or_(Registration.applicant_id == actor.user_id, reviewable(actor)),
        )
        .options(joinedload(Registration.applicant))
    )
    if row is None:
        raise NotFound
    return row


def registration_page(session: Session, actor: Actor, registration_id: int) -> RegistrationPage:
    """The registration with its tasks, files and timeline; raises NotFound when it is foreign."""
    row = find_registration(session, actor, registration_id)
    people = dict(
        session.execute(
            sa.select(User.id, User.name).where(
                User.id.in_({s.updated_by_id for s in row.sections if s.updated_by_id})
            )
        ).all()
    )
    tasks = {task.spec.key: task for task in tasks_of(row.state, filed_of(session, row), today())}
    kept = {section.key: section for section in row.sections}
    return RegistrationPage(
        id=row.id,
        number=row.number,
        state=row.state,
        row_version=row.row_version,
        name=row.name,
        uscc=row.uscc,
        district=row.district,
        organisation_id=row.organisation_id,
        receipt_number=row.receipt_number,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        reason=row.reason,
        applicant_id=row.applicant_id,
        applicant=row.applicant.name,
        applicant_email=row.applicant.email,
        authority=_authority(session, row.district),
        sections={key: _section(kept[key], tasks[key], people) for key in SECTIONS},
        files={file.id: file for file in _files(session, row.id)},
        steps=_steps(session, row.id),
    )


def registration_queue(
    session: Session,
    actor: Actor,
    *,
    state: str = "submitted",
    search: str = "",
    district: str = "",
    page: int = 1,
) -> QueuePage:
    """Applications of the regulator's area, those waiting longest first; ``state`` may be ``all``."""
    mine = reviewable(actor)
    counts = {
        str(key): number
        for key, number in session.execute(
            sa.select(Registration.state, sa.func.count()).where(mine).group_by(Registration.state)
        )
    }
    conditions = [mine]
    if state in set(RegistrationState):
        conditions.append(Registration.state == RegistrationState(state))
    if district:
        conditions.append(Registration.district == district)
    if search:
        columns = (Registration.name, Registration.uscc, Registration.number)
        conditions.append(sa.or_(*(column.icontains(search, autoescape=True) for column in columns)))
    total = session.scalar(sa.select(sa.func.count(Registration.id)).where(*conditions)) or 0
    page = max(1, min(page, -(-total // PER_PAGE) or 1))
    rows = session.scalars(
        sa.select(Registration)
        .where(*conditions)
        .options(joinedload(Registration.applicant))
        .order_by(Registration.submitted_at, Registration.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return QueuePage(tuple(_line(row) for row in rows), total, page, counts)


def _line(row: Registration) -> RegistrationLine:
    return RegistrationLine(
        id=row.id,
        number=row.number,
        name=row.name,
        uscc=row.uscc,
        district=row.district,
        state=row.state.value,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        applicant=row.applicant.name,
    )


def _section(row: RegistrationSection, task: Task, people: Mapping[int, str]) -> SectionPage:
    return SectionPage(
        task=task,
        answers=row.answers,
        decision=row.decision,
        comment=row.comment,
        row_version=row.row_version,
        updated_at=row.updated_at,
        updated_by=people.get(row.updated_by_id or 0, ""),
    )


def _files(session: Session, registration_id: int) -> list[FilePage]:
    rows = session.scalars(
        sa.select(Evidence).where(Evidence.registration_id == registration_id).order_by(Evidence.id)
    )
    return [
        FilePage(row.id, row.filename, row.media_type, row.size, row.sha256, row.storage_key, row.uploaded_at)
        for row in rows
    ]


def _authority(session: Session, district: str) -> str:
    if not district:
        return ""
    name = session.scalar(
        sa.select(Organisation.name)
        .where(
            Organisation.kind == OrganisationKind.AUTHORITY,
            Organisation.district == district,
            Organisation.active,
        )
        .order_by(Organisation.id)
    )
    return name or ""


#: What the timeline tells; saving a section is not told.
TOLD = ("started", "submitted", "returned", "rejected", "accepted")


def _steps(session: Session, registration_id: int) -> tuple[Step, ...]:
    rows = session.execute(
        sa.select(Event, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Event.actor_organisation_id)
        .where(
            Event.subject_kind == "registration",
            Event.subject_id == registration_id,
            Event.action.in_([f"registration.{action}" for action in TOLD]),
        )
        .order_by(Event.id)
    )
    return tuple(_step(event, organisation or "") for event, organisation in rows)


def _step(event: Event, organisation: str) -> Step:
    after = json.loads(event.after)
    return Step(
        action=event.action.removeprefix("registration."),
        at=event.at,
        who=event.actor_name,
        organisation=organisation,
        reason=after.get("reason", ""),
        receipt=after.get("receipt_number", ""),
        comments=tuple(sorted(after.get("comments", {}).items())),
    )


def find_file(session: Session, actor: Actor, registration_id: int, file_id: int) -> FilePage:
    """A file of a registration that the actor may see; raises NotFound."""
    row = find_registration(session, actor, registration_id)
    for file in _files(session, row.id):
        if file.id == file_id:
            return file
    raise NotFound
