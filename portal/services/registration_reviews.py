"""A regulator's word on a registration: section by section, then as a whole."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, authorize
from portal.domain.errors import Failure, GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.registration_questions import SECTIONS
from portal.domain.workflow import Decision, RegistrationState
from portal.models.registrations import Registration, RegistrationSection
from portal.models.users import User
from portal.queries.registrations import reviewable
from portal.services.events import record_event
from portal.services.mail import queue_mail
from portal.services.notifications import notify
from portal.services.registration_sections import locked_registration
from portal.services.rows import check_version


def decide_section(
    session: Session,
    actor: Actor,
    registration_id: int,
    key: str,
    decision: Decision,
    comment: str,
    row_version: int,
) -> RegistrationSection:
    """Accept a section, return it with a comment, or take the word back (undecided).

    Raises NotFound, Refused, Conflict, or Invalid when a return has no comment.
    """
    registration = reviewed_registration(session, actor, registration_id)
    section = next((kept for kept in registration.sections if kept.key == key), None)
    if section is None:
        raise NotFound
    check_version(section, row_version)
    if decision is Decision.RETURN and not comment.strip():
        raise Invalid(N_("退回要写明哪里要改"), path="comment")
    before = {"decision": section.decision.value, "comment": section.comment}
    section.decision = decision
    section.comment = comment.strip() if decision is Decision.RETURN else ""
    record_event(
        session,
        actor,
        "registration.section_decided",
        "registration",
        registration.id,
        before={"section": key, **before},
        after={"section": key, "decision": decision.value, "comment": section.comment},
    )
    return section


def return_registration(
    session: Session, actor: Actor, registration_id: int, row_version: int
) -> Registration:
    """Give the returned sections back to the applicant; the accepted ones stay closed.

    Raises GuardFailed while a section is undecided or none is returned.
    """
    row = reviewed_registration(session, actor, registration_id)
    check_version(row, row_version)
    returned = {kept.key: kept.comment for kept in row.sections if kept.decision is Decision.RETURN}
    failures = undecided(row)
    if not returned:
        failures.append(Failure("nothing_returned", N_("没有退回任何一项；全部通过时请受理")))
    if failures:
        raise GuardFailed(failures)
    _decide(session, actor, row, RegistrationState.RETURNED, {"comments": returned})
    tell_applicant(
        session,
        row,
        N_("登记 %(number)s 有 %(count)s 项被退回，请修改后重新提交"),
        {"number": row.number, "count": len(returned)},
        "\n".join(f"- {SECTIONS[key].name}: {comment}" for key, comment in returned.items()),
    )
    return row


def reject_registration(
    session: Session, actor: Actor, registration_id: int, row_version: int, reason: str
) -> Registration:
    """Turn the application down for good; raises Invalid without a reason."""
    row = reviewed_registration(session, actor, registration_id)
    check_version(row, row_version)
    if not reason.strip():
        raise Invalid(N_("不予受理要写明理由和依据，申请人会看到"), path="reason")
    row.reason = reason.strip()
    _decide(session, actor, row, RegistrationState.REJECTED, {"reason": row.reason})
    tell_applicant(session, row, N_("登记 %(number)s 不予受理"), {"number": row.number}, row.reason)
    return row


def reviewed_registration(session: Session, actor: Actor, registration_id: int) -> Registration:
    """The submitted application, locked; raises NotFound outside the actor's area."""
    row = locked_registration(session, registration_id, reviewable(actor))
    authorize(actor, Permission.REGISTRATION_DECIDE)
    if row.state is not RegistrationState.SUBMITTED:
        raise Refused(N_("这份登记现在不在审核中；它可能刚由别人办结，请刷新"))
    return row


def undecided(row: Registration) -> list[Failure]:
    """A failure for each section without a word on it."""
    return [
        Failure(
            "undecided", N_("“%(section)s”还没有决定"), {"section": SECTIONS[kept.key].name}, section=kept.key
        )
        for kept in row.sections
        if kept.decision is Decision.UNDECIDED
    ]


def _decide(
    session: Session, actor: Actor, row: Registration, state: RegistrationState, after: dict[str, object]
) -> None:
    row.state, row.decided_at, row.decided_by_id = state, now(), actor.user_id
    record_event(
        session,
        actor,
        f"registration.{state.value}",
        "registration",
        row.id,
        before={"state": RegistrationState.SUBMITTED.value},
        after={"state": state.value, **after},
    )


def tell_applicant(
    session: Session, row: Registration, text: str, params: dict[str, object], details: str = ""
) -> None:
    """A line in the applicant's list and a mail."""
    notify(session, [row.applicant_id], text, params, f"/registrations/{row.id}")
    email = session.scalar(sa.select(User.email).where(User.id == row.applicant_id))
    if email:
        sentence = text % params
        queue_mail(session, email, sentence, f"{sentence}\n\n{details}\n".replace("\n\n\n", "\n"))
