"""A month on a reviewer's desk: getting hold of it, and the conditions of a review's steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, authorize
from portal.domain.errors import Failure, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.workflow import Decision, Guard, RecordAction
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord, RecordSection, RecordValue, RecordVersion, Snapshot
from portal.models.reviews import Question, Review
from portal.queries.access import enterprise_scope
from portal.services.check_findings import blocks
from portal.services.finding_steps import told_of
from portal.services.months import GuardFunction, Move, make_move, reason_given
from portal.services.record_access import current_version, locked_record


@dataclass
class Desk:
    """What a step of a review works on; the record is locked for this transaction."""

    record: MonthlyRecord
    version: RecordVersion
    review: Review

    def open_question(self) -> Question | None:
        """The question that the enterprise has not answered yet."""
        return next((entry for entry in self.review.questions if entry.answered_at is None), None)


def open_desk(session: Session, actor: Actor, permission: Permission, record_id: int) -> Desk:
    """The month under review, locked; raises NotFound for what is foreign or not being reviewed.

    Whoever prepared the version, and everybody of a firm that did, is refused as a reviewer.
    """
    record = locked_record(session, actor, permission, record_id)
    version = current_version(session, record)
    if permission is Permission.RECORD_REVIEW:
        check_independence(session, actor, record, version)
    review = session.scalar(sa.select(Review).where(Review.version_id == version.id))
    if review is None:
        raise NotFound(N_("这个月现在不在审核中"))
    return Desk(record, version, review)


def check_independence(session: Session, actor: Actor, record: MonthlyRecord, version: RecordVersion) -> None:
    """Refuse who prepared or signed what they would review (State Council order 775, article 13)."""
    people, firms = _preparers(session, version)
    scope = enterprise_scope(session, actor, record.enterprise_id)
    authorize(actor, Permission.RECORD_REVIEW, type(scope)(scope.enterprise_id, scope.district, None, firms))
    if actor.user_id in people:
        raise Refused(N_("您参与编制或签署过这份记录，不能审核它"))


def _preparers(session: Session, version: RecordVersion) -> tuple[set[int], frozenset[int]]:
    typed = session.execute(
        sa.select(RecordValue.updated_by_id, RecordValue.updated_for_firm_id)
        .where(RecordValue.version_id == version.id)
        .distinct()
    ).all()
    uploaded = session.execute(
        sa.select(Evidence.uploaded_by_id, Evidence.uploaded_for_firm_id)
        .join(EvidenceLink, EvidenceLink.evidence_id == Evidence.id)
        .where(EvidenceLink.version_id == version.id)
        .distinct()
    ).all()
    signer = session.scalar(sa.select(Snapshot.signed_by_id).where(Snapshot.version_id == version.id))
    people = {person for person, _ in (*typed, *uploaded)} | {signer, version.ready_by_id}
    return {person for person in people if person}, frozenset(firm for _, firm in (*typed, *uploaded) if firm)


def move_on(
    session: Session,
    actor: Actor,
    desk: Desk,
    action: RecordAction,
    expected_version: int,
    *,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """Make a step of the review with all its guards; raises Refused, Conflict or GuardFailed."""
    move = Move(
        session, actor, desk.record, action, reason, {"version": desk.version.number, **(details or {})}
    )
    make_move(move, expected_version, review_guards(desk))


def review_guards(desk: Desk) -> Mapping[Guard, GuardFunction]:
    """Every condition that a step of a review can have."""
    return {
        Guard.REASON_GIVEN: reason_given,
        Guard.IS_ASSIGNEE: lambda move: _is_assignee(move, desk),
        Guard.IS_NOT_PROPOSER: lambda move: _is_not_proposer(move, desk),
        Guard.NO_OPEN_QUESTION: lambda move: _no_open_question(desk),
        Guard.ALL_SECTIONS_DECIDED: lambda move: _undecided(move, desk),
        Guard.ALL_SECTIONS_ACCEPTED: lambda move: [*_undecided(move, desk), *_sent_back(move, desk)],
        Guard.A_SECTION_RETURNED: lambda move: _nothing_to_return(move, desk),
        Guard.NO_REVIEW_BLOCKING_FINDING: blocking_findings,
    }


def sections_of(session: Session, version: RecordVersion) -> list[RecordSection]:
    """The version's sections as they stand."""
    return list(
        session.scalars(
            sa.select(RecordSection).where(RecordSection.version_id == version.id).order_by(RecordSection.id)
        )
    )


def blocking_findings(move: Move) -> Sequence[Failure]:
    """Findings of the month that still block; a waiver past its date holds no longer."""
    findings = move.session.scalars(
        sa.select(Finding).where(Finding.record_id == move.record.id).order_by(Finding.id)
    )
    return [
        Failure(
            "blocking_finding",
            N_("阻断性差距 %(number)s 还没有关闭：%(title)s"),
            told_of(finding),
            section=finding.section.value if finding.section else "",
            cell=finding.cell or finding.slot,
        )
        for finding in findings
        if blocks(finding)
    ]


def _is_assignee(move: Move, desk: Desk) -> Sequence[Failure]:
    if desk.review.reviewer_id == move.actor.user_id:
        return ()
    return (Failure("not_assignee", N_("这份审核由 %(name)s 承办"), {"name": desk.review.reviewer.name}),)


def _is_not_proposer(move: Move, desk: Desk) -> Sequence[Failure]:
    if move.actor.user_id not in {desk.review.proposed_by_id, desk.review.reviewer_id}:
        return ()
    return (Failure("is_proposer", N_("提出接受的人不能同时复核，请由另一位审核人员复核")),)


def _no_open_question(desk: Desk) -> Sequence[Failure]:
    if desk.open_question() is None:
        return ()
    return (Failure("question_open", N_("向企业的问询还没有答复")),)


def _undecided(move: Move, desk: Desk) -> Sequence[Failure]:
    return [
        Failure("section_undecided", N_("这一节还没有决定"), section=row.section.value)
        for row in sections_of(move.session, desk.version)
        if row.decision is Decision.UNDECIDED
    ]


def _sent_back(move: Move, desk: Desk) -> Sequence[Failure]:
    return [
        Failure("section_returned", N_("这一节的决定是退回"), section=row.section.value)
        for row in sections_of(move.session, desk.version)
        if row.decision is Decision.RETURN
    ]


def _nothing_to_return(move: Move, desk: Desk) -> Sequence[Failure]:
    back = [row for row in sections_of(move.session, desk.version) if row.decision is Decision.RETURN]
    if not back:
        return (Failure("nothing_returned", N_("没有一节被决定退回")),)
    return [
        Failure("comment_missing", N_("退回要写明意见"), section=row.section.value)
        for row in back
        if not row.comment.strip()
    ]
