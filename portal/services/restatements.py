"""Correcting an accepted month: asking for it, granting or refusing it; the old version stays official."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.errors import Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.domain.workflow import RecordAction, VersionKind
from portal.models.records import MonthlyRecord, RecordVersion
from portal.services.months import COMMON_GUARDS, Move, make_move
from portal.services.record_access import locked_record
from portal.services.record_notices import record_path, tell_preparers, tell_regulators, tell_signatories
from portal.services.review_desk import check_independence
from portal.services.versions import clone_version

LONGEST_REASON = 2000


def request_restatement(
    session: Session, actor: Actor, record_id: int, expected_version: int, reason: str
) -> MonthlyRecord:
    """Ask to correct an accepted month, by officer, steward or signatory; the reason is needed."""
    record = locked_record(session, actor, Permission.RECORD_RESTATE, record_id)
    words = _reason(reason)
    make_move(
        Move(session, actor, record, RecordAction.REQUEST_RESTATEMENT, words), expected_version, COMMON_GUARDS
    )
    record.reason = words
    tell_regulators(
        session,
        record.enterprise_id,
        N_("企业申请更正 %(month)s：%(reason)s"),
        {"month": record.month, "reason": words[:120]},
        record_path(record, "restatement"),
    )
    return record


def grant_restatement(
    session: Session, actor: Actor, record_id: int, expected_version: int, amend_due_on: date
) -> RecordVersion:
    """Open version n+1 as a clone of the official one, all sections to be changed, until ``amend_due_on``.

    The official version stays official until the new one is accepted.
    """
    record, official = _requested(session, actor, record_id)
    if amend_due_on < today():
        raise Invalid(N_("补正期限不能早于今天"), path="amend_due_on")
    details = {"amend_due_on": amend_due_on, "from_version": official.number}
    make_move(
        Move(session, actor, record, RecordAction.GRANT_RESTATEMENT, details=details),
        expected_version,
        COMMON_GUARDS,
    )
    record.amend_due_on = amend_due_on
    version = clone_version(session, record, official, VersionKind.RESTATEMENT, record.reason)
    params = {"month": record.month, "day": str(amend_due_on)}
    text = N_("%(month)s 的更正申请已同意，请在 %(day)s 前改好、签署并提交")
    tell_preparers(session, record.enterprise_id, text, params, record_path(record))
    tell_signatories(session, record.enterprise_id, text, params, record_path(record))
    return version


def refuse_restatement(
    session: Session, actor: Actor, record_id: int, expected_version: int, reason: str
) -> MonthlyRecord:
    """Refuse the correction with a reason; the month stays accepted as it is."""
    record, _ = _requested(session, actor, record_id)
    words = _reason(reason)
    make_move(
        Move(session, actor, record, RecordAction.REFUSE_RESTATEMENT, words), expected_version, COMMON_GUARDS
    )
    record.reason = ""
    params = {"month": record.month, "reason": words[:120]}
    text = N_("%(month)s 的更正申请没有同意：%(reason)s")
    tell_preparers(session, record.enterprise_id, text, params, record_path(record))
    tell_signatories(session, record.enterprise_id, text, params, record_path(record))
    return record


def _requested(session: Session, actor: Actor, record_id: int) -> tuple[MonthlyRecord, RecordVersion]:
    record = locked_record(session, actor, Permission.RECORD_REVIEW, record_id)
    official = session.scalar(sa.select(RecordVersion).where(RecordVersion.id == record.official_version_id))
    if official is None:
        raise NotFound
    check_independence(session, actor, record, official)
    return record, official


def _reason(reason: str) -> str:
    words = reason.strip()
    if len(words) > LONGEST_REASON:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": LONGEST_REASON}, path="reason")
    return words
