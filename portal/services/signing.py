"""Handing a month to its signatory, signing it, taking it back."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.errors import Conflict, Failure, GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now, shanghai_date
from portal.domain.workflow import Guard, RecordAction, VersionKind, VersionStanding
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion, Snapshot, StatementReading
from portal.models.reviews import Review
from portal.queries.sheets import load_sheet
from portal.reference.statements import Statement, load_statements
from portal.services.accounts import verify_credentials
from portal.services.calculations import keep_calculation, settle_values
from portal.services.evaluations import newest_evaluation
from portal.services.jobs import request_job
from portal.services.month_facts import keep_facts
from portal.services.months import COMMON_GUARDS, Move, make_move
from portal.services.notifications import notify, notify_roles
from portal.services.numbers import next_number
from portal.services.readiness import readiness_guards
from portal.services.record_access import current_version, editable_version, locked_record
from portal.services.snapshots import snapshot_content
from portal.services.versions import clone_version, returned_sections


def answer_section(
    session: Session, actor: Actor, version_id: int, section_id: str, response: str
) -> RecordSection:
    """Write what was done about a returned section; raises NotFound when the section is not there."""
    work = editable_version(session, actor, version_id, Permission.RECORD_EDIT)
    row = session.scalar(
        sa.select(RecordSection).where(
            RecordSection.version_id == version_id, RecordSection.section == section_id
        )
    )
    if row is None or not row.editable:
        raise NotFound
    response = response.replace("\0", "")  # PostgreSQL keeps no text with it
    if len(response) > 2000:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": 2000}, path="response")
    row.response = response.strip()
    work.version.revision += 1
    return row


def mark_ready(session: Session, actor: Actor, record_id: int, expected_version: int) -> RecordVersion:
    """Hand the month to the signatory; raises GuardFailed with everything that is still missing."""
    record = locked_record(session, actor, Permission.RECORD_EDIT, record_id)
    version = current_version(session, record)
    move = Move(session, actor, record, RecordAction.MARK_READY, details={"version": version.number})
    make_move(move, expected_version, readiness_guards())
    version.ready_at, version.ready_by_id = now(), actor.user_id
    notify_roles(
        session,
        record.enterprise_id,
        {Role.ENTERPRISE_SIGNATORY},
        N_("%(month)s 的月度记录待您签署"),
        {"month": record.month},
        f"/enterprises/{record.enterprise_id}/records/{record.month}/sign",
        record.enterprise_id,
    )
    return version


def reopen(session: Session, actor: Actor, record_id: int, expected_version: int, reason: str) -> None:
    """Take the month back to work, by the signatory (who will not sign it so) or by who prepared it."""
    record = locked_record(session, actor, Permission.RECORD_VIEW, record_id)
    if not (actor.may(Permission.RECORD_EDIT) or actor.may(Permission.RECORD_SIGN)):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    version = current_version(session, record)
    make_move(Move(session, actor, record, RecordAction.REOPEN, reason), expected_version, COMMON_GUARDS)
    session.execute(sa.delete(StatementReading).where(StatementReading.version_id == version.id))
    if version.ready_by_id and version.ready_by_id != actor.user_id:
        notify(
            session,
            [version.ready_by_id],
            N_("%(month)s 的月度记录被退回填报：%(reason)s"),
            {"month": record.month, "reason": reason[:120]},
            f"/enterprises/{record.enterprise_id}/records/{record.month}",
            record.enterprise_id,
        )
    version.ready_at = version.ready_by_id = None


def open_statement(session: Session, actor: Actor, record_id: int, key: str) -> StatementReading:
    """Note that the signatory opened a statement; it can be agreed to only after that."""
    record = locked_record(session, actor, Permission.RECORD_SIGN, record_id)
    version = current_version(session, record)
    _statement(key)
    reading = _reading(session, version.id, actor.user_id, key)
    if reading is None:
        reading = StatementReading(
            version_id=version.id, user_id=actor.user_id, statement=key, opened_at=now()
        )
        session.add(reading)
        session.flush()
    return reading


def agree_statement(session: Session, actor: Actor, record_id: int, key: str) -> StatementReading:
    """Note that the signatory agreed; raises Refused when the statement was not opened before."""
    record = locked_record(session, actor, Permission.RECORD_SIGN, record_id)
    _statement(key)
    reading = _reading(session, current_version(session, record).id, actor.user_id, key)
    if reading is None:
        raise Refused(N_("请先展开并读完这条声明"), path=key)
    reading.agreed_at = reading.agreed_at or now()
    return reading


def sign(
    session: Session,
    actor: Actor,
    record_id: int,
    expected_version: int,
    *,
    password: str,
    code: str,
    idempotency_key: str,
    pressed_at: datetime,
) -> Snapshot:
    """Sign and submit a month: freeze its snapshot and give the receipt.

    Only a signatory of the enterprise signs, with the password (and the code, where set) given again.
    The same ``idempotency_key`` gives the same receipt. ``pressed_at`` is the moment that counts for
    timeliness. Raises NotFound, Refused, Invalid (password), Conflict, or GuardFailed with all reasons.
    """
    record = locked_record(session, actor, Permission.RECORD_SIGN, record_id)
    _check_signer(actor)
    version = current_version(session, record)
    earlier = session.scalar(sa.select(Snapshot).where(Snapshot.idempotency_key == idempotency_key))
    if earlier is not None and earlier.version_id == version.id:
        return earlier
    if earlier is not None:
        raise Conflict(params={"who": "—", "when": "—"}, path="idempotency_key")  # the page of another one
    verify_credentials(session, actor.user_id, password, code)
    late = shanghai_date(pressed_at) > (record.amend_due_on or record.due_on)
    move = Move(session, actor, record, RecordAction.SIGN, details={"version": version.number, "late": late})
    guards = {**readiness_guards(), Guard.STATEMENTS_AGREED: _statements_agreed}
    make_move(move, expected_version, guards)
    snapshot = freeze_version(session, actor, record, version, idempotency_key, pressed_at, late=late)
    version.standing = VersionStanding.SUBMITTED
    request_job(session, "issue_monthly_report", version.id, actor=actor, enterprise_id=record.enterprise_id)
    return snapshot


def recall(
    session: Session, actor: Actor, record_id: int, expected_version: int, reason: str
) -> RecordVersion:
    """Take a submitted month back before its review began; the snapshot stays, a new version is made."""
    record = locked_record(session, actor, Permission.RECORD_SIGN, record_id)
    version = current_version(session, record)
    move = Move(session, actor, record, RecordAction.RECALL, reason, {"version": version.number})
    make_move(move, expected_version, {**COMMON_GUARDS, Guard.NOT_TAKEN: _not_taken})
    version.standing = VersionStanding.RECALLED
    return clone_version(session, record, version, VersionKind(version.kind), reason)


def start_amending(session: Session, actor: Actor, record_id: int, expected_version: int) -> RecordVersion:
    """Begin version n+1 of a returned month; only the returned sections can be changed."""
    record = locked_record(session, actor, Permission.RECORD_EDIT, record_id)
    version = current_version(session, record)
    move = Move(session, actor, record, RecordAction.AMEND, details={"version": version.number + 1})
    make_move(move, expected_version, COMMON_GUARDS)
    kind = VersionKind.RESTATEMENT if version.kind is VersionKind.RESTATEMENT else VersionKind.AMENDMENT
    return clone_version(
        session,
        record,
        version,
        kind,
        record.reason,
        open_sections=returned_sections(session, version),
    )


def _check_signer(actor: Actor) -> None:
    if actor.kind is not OrganisationKind.ENTERPRISE or Role.ENTERPRISE_SIGNATORY not in actor.roles:
        raise Refused(N_("管家机构账号不能签署；签署只能由企业负责人本人完成"))


def _not_taken(move: Move) -> Sequence[Failure]:
    """No reviewer has begun with this version, not even one who has laid it back since."""
    taken = sa.select(Review.id).where(Review.version_id == move.record.current_version_id)
    if move.session.scalar(taken) is None:
        return ()
    return [Failure("taken", N_("主管部门已开始审核这一版，不能再撤回"))]


def _statements_agreed(move: Move) -> Sequence[Failure]:
    agreed = set(
        move.session.scalars(
            sa.select(StatementReading.statement).where(
                StatementReading.version_id == move.record.current_version_id,
                StatementReading.user_id == move.actor.user_id,
                StatementReading.agreed_at.is_not(None),
            )
        )
    )
    return [
        Failure("statement_open", N_("声明“%(title)s”还没有同意"), {"title": statement.title})
        for statement in load_statements()
        if statement.key not in agreed
    ]


def freeze_version(
    session: Session,
    actor: Actor,
    record: MonthlyRecord,
    version: RecordVersion,
    idempotency_key: str,
    pressed_at: datetime,
    *,
    late: bool,
) -> Snapshot:
    """Settle, calculate and freeze the version as it is; the caller has run every guard."""
    sheet = load_sheet(session, version.id)
    month = figures(sheet)
    evaluation = newest_evaluation(session, version.id)
    if month.result is None or evaluation is None:
        raise GuardFailed([Failure("nothing_to_sign", N_("这个月没有可以提交的核算结果"))])
    settle_values(session, sheet, month)
    keep_calculation(session, sheet, month.result)
    keep_facts(session, sheet, month)
    readings = _statements_of(session, version.id, actor.user_id)
    receipt = f"HZ-{record.month}-{next_number(session, 'receipt'):06d}"
    content = snapshot_content(
        session,
        sheet,
        month,
        month.result,
        evaluation,
        signature={
            "signed_by": actor.name,
            "role": Role.ENTERPRISE_SIGNATORY.value,
            "submitted_at": pressed_at,
            "receipt_number": receipt,
            "late": late,
            "statements": readings,
        },
    )
    text = canonical_json(content)
    snapshot = Snapshot(
        version_id=version.id,
        content=text,
        sha256=sha256_text(text),
        receipt_number=receipt,
        submitted_at=pressed_at,
        signed_by_id=actor.user_id,
        statements=readings,
        idempotency_key=idempotency_key,
        evaluation_id=evaluation.id,
        late=late,
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def _statements_of(session: Session, version_id: int, user_id: int) -> list[dict[str, str | None]]:
    readings = {
        row.statement: row
        for row in session.scalars(
            sa.select(StatementReading).where(
                StatementReading.version_id == version_id, StatementReading.user_id == user_id
            )
        )
    }
    return [
        {
            "statement": statement.key,
            "title": statement.title,
            "sha256": statement.sha256,
            "opened_at": readings[statement.key].opened_at.isoformat(),
            "agreed_at": (readings[statement.key].agreed_at or now()).isoformat(),
        }
        for statement in load_statements()
    ]


def _statement(key: str) -> Statement:
    found = next((statement for statement in load_statements() if statement.key == key), None)
    if found is None:
        raise NotFound
    return found


def _reading(session: Session, version_id: int, user_id: int, key: str) -> StatementReading | None:
    return session.scalar(
        sa.select(StatementReading).where(
            StatementReading.version_id == version_id,
            StatementReading.user_id == user_id,
            StatementReading.statement == key,
        )
    )
