"""Signing a visit: the visitor first, then a person of the enterprise; then it stands still."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.canonical import sha256_text
from portal.domain.errors import Conflict, GuardFailed, Invalid, Refused
from portal.domain.errors import Failure as Reason
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.visits import InspectionAction, InspectionKind, InspectionState, Side, next_state
from portal.models.visits import Inspection, VisitSignature
from portal.queries.visit_content import content_text
from portal.queries.visits import REPORT_JOB, page_of
from portal.services.accounts import verify_credentials
from portal.services.jobs import request_job
from portal.services.notifications import notify, notify_roles
from portal.services.rows import check_version
from portal.services.visit_findings import open_findings
from portal.services.visits import ENTERPRISE_PEOPLE, locked_visit, move, trace

LONGEST_OPINION = 1000


def sign_as_visitor(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    visit_id: int,
    expected_version: int,
    *,
    password: str,
    code: str = "",
    shown_sha256: str | None = None,
) -> Inspection:
    """Close the visit with the visitor's signature: its content is written down and hashed.

    ``shown_sha256`` is the hash of the canonical content that the visitor had before them: what arrived
    since from another phone is not signed unseen. Raises Invalid (password, code),
    Refused, Conflict, and GuardFailed while nothing has been answered.
    """
    visit = locked_visit(session, actor, Permission.VISIT_CONDUCT, enterprise_id, visit_id)
    next_state(InspectionState(visit.state), InspectionAction.FINISH)
    page = page_of(session, visit)
    if page.sheet.total.open == page.sheet.total.asked:
        raise GuardFailed([Reason("nothing_answered", N_("还没有一题作答"))])
    verify_credentials(session, actor.user_id, password, code)
    move(visit, InspectionAction.FINISH)
    check_version(visit, expected_version)
    visit.content = content_text(page)
    visit.content_sha256 = sha256_text(visit.content)
    if shown_sha256 not in {None, visit.content_sha256}:
        raise Conflict(N_("又收到了新的回答或照片，请核对后再签字"), path="row_version")
    _sign(session, visit, actor, Side.VISITOR)
    trace(session, actor, visit, "visit.visitor_signed", sha256=visit.content_sha256)
    notify_roles(
        session,
        enterprise_id,
        ENTERPRISE_PEOPLE,
        N_("%(visitor)s 的检查记录 %(number)s 待企业签字"),
        {"visitor": actor.organisation_name, "number": visit.number},
        f"/enterprises/{enterprise_id}/visits/{visit.id}/confirm",
        enterprise_id,
    )
    return visit


def take_back(
    session: Session, actor: Actor, enterprise_id: int, visit_id: int, expected_version: int
) -> Inspection:
    """Take the visitor's signature back, as long as the enterprise has not signed, to answer on."""
    visit = locked_visit(session, actor, Permission.VISIT_CONDUCT, enterprise_id, visit_id)
    move(visit, InspectionAction.REOPEN)
    check_version(visit, expected_version)
    session.execute(sa.delete(VisitSignature).where(VisitSignature.inspection_id == visit.id))
    session.expire(visit, ["signatures"])
    visit.content = visit.content_sha256 = ""
    trace(session, actor, visit, "visit.reopened")
    return visit


def sign_as_enterprise(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    visit_id: int,
    expected_version: int,
    *,
    password: str,
    code: str = "",
    opinion: str = "",
) -> Inspection:
    """Confirm the visit for the enterprise: it is frozen, its findings are opened, its report is printed.

    Raises Invalid (password, code, opinion), Refused for anybody but a person of the enterprise, Conflict.
    """
    visit = locked_visit(session, actor, Permission.VISIT_SIGN, enterprise_id, visit_id)
    if actor.kind is not OrganisationKind.ENTERPRISE:
        raise Refused(N_("企业一方的签字只能由企业人员完成"))
    words = _opinion(opinion)
    return _close(session, visit, actor, InspectionAction.CONFIRM, expected_version, words, (password, code))


def close_without_enterprise(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    visit_id: int,
    expected_version: int,
    *,
    password: str,
    code: str = "",
    reason: str = "",
) -> Inspection:
    """Close an inspection whose record the enterprise refused to sign; the record says so and why.

    Only an authority's inspection: a steward's visit without its client's signature stays open.
    """
    visit = locked_visit(session, actor, Permission.VISIT_CONDUCT, enterprise_id, visit_id)
    if visit.kind is not InspectionKind.INSPECTION:
        raise Refused(N_("上门服务要由企业签字；企业不签时记录保持未完成"))
    if not reason.strip():
        raise Invalid(N_("请写明企业拒绝签字的情况"), path="reason")
    words = _opinion(reason, "reason")
    return _close(session, visit, actor, InspectionAction.DECLINE, expected_version, words, (password, code))


def _close(
    session: Session,
    visit: Inspection,
    actor: Actor,
    action: InspectionAction,
    expected_version: int,
    words: str,
    credentials: tuple[str, str],
) -> Inspection:
    closed = next_state(InspectionState(visit.state), action)
    verify_credentials(session, actor.user_id, *credentials)
    check_version(visit, expected_version)
    declined = action is InspectionAction.DECLINE
    _sign(session, visit, actor, Side.ENTERPRISE, words, declined=declined)
    page = page_of(session, visit)
    opened = open_findings(session, actor, page)
    visit.state = closed  # last: from here on the database refuses every change
    session.flush()
    trace(
        session,
        actor,
        visit,
        "visit.declined" if declined else "visit.enterprise_signed",
        sha256=visit.content_sha256,
        findings=[finding.number for finding in opened],
    )
    notify(
        session,
        [visit.opened_by_id],
        N_("检查记录 %(number)s 已完成签字"),
        {"number": visit.number},
        f"/enterprises/{visit.enterprise_id}/visits/{visit.id}",
        visit.enterprise_id,
    )
    request_job(session, REPORT_JOB, visit.id, actor=actor, enterprise_id=visit.enterprise_id)
    return visit


def _sign(
    session: Session,
    visit: Inspection,
    actor: Actor,
    side: Side,
    opinion: str = "",
    *,
    declined: bool = False,
) -> None:
    session.add(
        VisitSignature(
            inspection_id=visit.id,
            side=side,
            user_id=actor.user_id,
            name=actor.name,
            organisation=actor.organisation_name,
            signed_at=now().replace(microsecond=0),
            opinion=opinion,
            declined=declined,
            content_sha256=visit.content_sha256,
        )
    )
    session.flush()
    session.expire(visit, ["signatures"])


def _opinion(text: str, path: str = "opinion") -> str:
    words = text.replace("\0", "").strip()
    if len(words) > LONGEST_OPINION:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_OPINION}, path=path)
    return words
