"""Starting a registration and handing it in."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission, Role, authorize
from portal.domain.errors import Failure, GuardFailed, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, today
from portal.domain.registration import Task, TaskState, tasks_of
from portal.domain.registration_questions import SECTIONS
from portal.domain.workflow import Decision, RegistrationState
from portal.models.organisations import Organisation
from portal.models.registrations import Registration, RegistrationSection
from portal.models.users import User
from portal.queries.registration_faults import TAKEN, filed_of
from portal.services.events import record_event
from portal.services.notifications import notify_roles
from portal.services.numbers import next_number
from portal.services.registration_sections import locked_registration
from portal.services.rows import check_version

UNDER_WAY = (RegistrationState.DRAFT, RegistrationState.SUBMITTED, RegistrationState.RETURNED)
REGULATORS = (Role.DISTRICT_REGULATOR, Role.CITY_REGULATOR)


def start_registration(session: Session, actor: Actor) -> Registration:
    """Begin an application, or give the one that the actor has under way already.

    Raises Refused for an account that belongs to an organisation.
    """
    authorize(actor, Permission.REGISTRATION_APPLY)
    if actor.organisation_id is not None:
        raise Refused(
            N_("您的账户已经属于%(organisation)s，不能再为别的企业登记"),
            params={"organisation": actor.organisation_name},
        )
    # The person's row is the lock: a button pressed twice begins one application.
    session.execute(sa.select(User.id).where(User.id == actor.user_id).with_for_update())
    under_way = session.scalar(
        sa.select(Registration)
        .where(Registration.applicant_id == actor.user_id, Registration.state.in_(UNDER_WAY))
        .order_by(Registration.id)
    )
    if under_way is not None:
        return under_way
    year = today().year
    row = Registration(
        number=f"REG-{year}-{next_number(session, f'registration:{year}'):04d}",
        applicant_id=actor.user_id,
        sections=[RegistrationSection(key=key, answers={}) for key in SECTIONS],
    )
    session.add(row)
    session.flush()
    record_event(session, actor, "registration.started", "registration", row.id, after={"number": row.number})
    return row


def submit_registration(
    session: Session, actor: Actor, registration_id: int, row_version: int
) -> Registration:
    """Hand the application in and give it a receipt; pressing twice gives the same receipt.

    Raises NotFound, Conflict, Refused (already decided) or GuardFailed with every section that is not
    complete, or when another application for the same uscc was faster.
    """
    authorize(actor, Permission.REGISTRATION_APPLY)
    row = locked_registration(session, registration_id, Registration.applicant_id == actor.user_id)
    if row.state is RegistrationState.SUBMITTED:
        return row
    if row.state not in (RegistrationState.DRAFT, RegistrationState.RETURNED):
        raise Refused(N_("这份登记已经办结，不能再提交"))
    check_version(row, row_version)
    failures = [
        Failure(task.state.value, _reason(task), {"section": task.spec.name}, section=task.spec.key)
        for task in tasks_of(row.state, filed_of(session, row), today())
        if task.gaps or task.state is TaskState.RETURNED
    ]
    if failures:
        raise GuardFailed(failures)
    again = row.state is RegistrationState.RETURNED
    _hand_in(session, row)
    record_event(
        session,
        actor,
        "registration.submitted",
        "registration",
        row.id,
        after={"receipt_number": row.receipt_number, "uscc": row.uscc, "name": row.name},
    )
    _tell_regulators(session, row, again=again)
    return row


def _reason(task: Task) -> str:
    if task.state is TaskState.RETURNED:
        return N_("“%(section)s”被退回，还没有修改")
    if task.state is TaskState.NEEDS_ATTENTION:
        return N_("“%(section)s”有内容要改")
    return N_("“%(section)s”还没有填好")


def _hand_in(session: Session, row: Registration) -> None:
    """Move the row; the unique index on uscc decides when two applications come at once."""
    moment, day = now(), today()
    for section in row.sections:
        if section.decision is not Decision.ACCEPT:
            section.decision = Decision.UNDECIDED
    try:
        with session.begin_nested():
            row.state, row.submitted_at = RegistrationState.SUBMITTED, moment
            number = next_number(session, f"registration-receipt:{day:%Y%m%d}")
            row.receipt_number = f"DJ-{day:%Y%m%d}-{number:04d}"
            session.flush()
    except IntegrityError as error:
        raise GuardFailed([Failure("duplicate_uscc", TAKEN, section="enterprise")]) from error


def _tell_regulators(session: Session, row: Registration, *, again: bool) -> None:
    authorities = session.scalars(
        sa.select(Organisation.id).where(
            Organisation.kind == OrganisationKind.AUTHORITY,
            Organisation.active,
            Organisation.district == row.district,
        )
    ).all()
    text = N_("%(name)s 补正后重新提交了登记 %(number)s") if again else N_("%(name)s 提交了登记 %(number)s")
    for authority in authorities:
        notify_roles(
            session,
            authority,
            REGULATORS,
            text,
            {"name": row.name, "number": row.number},
            f"/registrations/{row.id}/review",
        )
