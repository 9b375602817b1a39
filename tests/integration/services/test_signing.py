"""Handing over, signing, taking back: every reason at once, statements, password, lateness, receipt."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.errors import Conflict, DomainError, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import SHANGHAI, due_on, now
from portal.domain.workflow import RecordState, VersionKind, VersionStanding
from portal.models.database import Database
from portal.models.events import Event
from portal.models.jobs import Job
from portal.models.notifications import Notification
from portal.models.records import RecordSection, RecordValue, RecordVersion, Snapshot, StatementReading
from portal.reference.statements import load_statements
from portal.services import reviews
from portal.services.evaluations import newest_evaluation
from portal.services.months import find_record, open_months, start_month
from portal.services.signing import (
    agree_statement,
    mark_ready,
    open_statement,
    recall,
    reopen,
    sign,
)
from portal.services.values import save_value
from tests.factories.months import STEEL_TOTAL, evaluate, explain_all
from tests.factories.plans import make_steel_plan
from tests.factories.world import PASSWORD, make_world
from tests.fixtures.failures import codes
from tests.fixtures.reviewing import MONTH, Reviewing


def make_draft(reviewing: Reviewing) -> int:
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        return recall(session, reviewing.world.signatory, record.id, record.row_version, "示例").id


def make_ready(reviewing: Reviewing, *, agreed: bool = True) -> int:
    version_id = make_draft(reviewing)
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        evaluate(session, world.officer, version_id)
        explain_all(session, world.officer, record)
        mark_ready(session, world.officer, record.id, record.row_version)
        if agreed:
            for statement in load_statements():
                open_statement(session, world.signatory, record.id, statement.key)
                agree_statement(session, world.signatory, record.id, statement.key)
    return version_id


def press(session: Session, reviewing: Reviewing, actor: Actor | None = None, **changes: Any) -> Snapshot:
    record = reviewing.record(session)
    given = {"password": PASSWORD, "code": "", "idempotency_key": "key", "pressed_at": now(), **changes}
    expected = given.pop("expected", record.row_version)
    return sign(session, actor or reviewing.world.signatory, record.id, expected, **given)


def reopen_as(session: Session, reviewing: Reviewing, actor: Actor, reason: str) -> None:
    record = reviewing.record(session)
    reopen(session, actor, record.id, record.row_version, reason)


def recall_as(session: Session, reviewing: Reviewing, actor: Actor, reason: str) -> None:
    record = reviewing.record(session)
    recall(session, actor, record.id, record.row_version, reason)


def press_and_fail(session: Session, reviewing: Reviewing) -> None:
    press(session, reviewing)
    raise ZeroDivisionError


def test_everything_that_is_missing_is_said_at_once(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        make_steel_plan(session, world)
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, MONTH)
        start_month(session, world.officer, record.id, record.row_version)
        number, version = record.id, record.row_version
    with pytest.raises(GuardFailed) as caught, database.writing() as session:
        mark_ready(session, world.officer, number, version)
    assert codes(caught) >= {"not_evaluated", "section_blank", "evidence_missing"}
    assert len([failure for failure in caught.value.failures if failure.code == "section_blank"]) > 1
    with database.reading() as session:
        assert find_record(session, world.steel_id, MONTH).state is RecordState.DRAFT


def test_findings_and_staleness_join_the_list(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        save_value(session, world.officer, version_id, "S-02.purchased", None, 1)
        evaluate(session, world.officer, version_id)
        save_value(session, world.officer, version_id, "S-01.purchased", Decimal(1), 1)
        number, version = record.id, record.row_version
    with pytest.raises(GuardFailed) as caught, reviewing.database.writing() as session:
        mark_ready(session, world.officer, number, version)
    assert codes(caught) >= {"finding", "evaluation_stale", "section_blank"}


def test_handing_over_tells_the_signatory_and_locks_the_month(reviewing: Reviewing) -> None:
    version_id = make_ready(reviewing)
    with reviewing.database.reading() as session:
        told = session.scalars(
            sa.select(Notification.user_id).where(Notification.text.contains("待您签署"))
        ).all()
        assert reviewing.world.signatory.user_id in told
        version = session.get_one(RecordVersion, version_id)
        assert version.ready_by_id == reviewing.world.officer.user_id
    with pytest.raises(Refused), reviewing.database.writing() as session:
        save_value(session, reviewing.world.officer, version_id, "S-02.purchased", Decimal(1), 1)


def test_a_statement_that_was_not_opened_cannot_be_agreed_to(reviewing: Reviewing) -> None:
    make_ready(reviewing, agreed=False)
    key = load_statements()[0].key
    with pytest.raises(Refused, match="先展开"), reviewing.database.writing() as session:
        agree_statement(session, reviewing.world.signatory, reviewing.record(session).id, key)
    with pytest.raises(NotFound), reviewing.database.writing() as session:
        open_statement(session, reviewing.world.signatory, reviewing.record(session).id, "no/such")
    with reviewing.database.writing() as session:
        record_id = reviewing.record(session).id
        one = open_statement(session, reviewing.world.signatory, record_id, key)
        assert open_statement(session, reviewing.world.signatory, record_id, key).id == one.id
        assert agree_statement(session, reviewing.world.signatory, record_id, key).agreed_at


def test_nobody_else_opens_or_agrees_for_the_signatory(reviewing: Reviewing) -> None:
    make_ready(reviewing, agreed=False)
    key = load_statements()[0].key
    for actor in (reviewing.world.officer, reviewing.world.steward, reviewing.world.administrator):
        for act in (open_statement, agree_statement):
            with pytest.raises(Refused), reviewing.database.writing() as session:
                act(session, actor, reviewing.record(session).id, key)


def test_signing_names_every_statement_that_is_open(reviewing: Reviewing) -> None:
    make_ready(reviewing, agreed=False)
    with pytest.raises(GuardFailed) as caught, reviewing.database.writing() as session:
        press(session, reviewing)
    assert codes(caught) == {"statement_open"}
    titles = {failure.params["title"] for failure in caught.value.failures}
    assert titles == {statement.title for statement in load_statements()}


@pytest.mark.parametrize("password", ["", "wrong-password-1", PASSWORD.upper(), f"{PASSWORD} "])
def test_a_wrong_password_signs_nothing(reviewing: Reviewing, password: str) -> None:
    version_id = make_ready(reviewing)
    with pytest.raises(DomainError) as caught, reviewing.database.writing() as session:
        press(session, reviewing, password=password)
    assert isinstance(caught.value, Invalid | Refused)
    with reviewing.database.reading() as session:
        assert session.get(Snapshot, version_id) is None
        assert reviewing.record(session).state is RecordState.READY_FOR_SIGNOFF


def test_a_signature_freezes_the_snapshot_its_hash_and_the_moment_of_pressing(reviewing: Reviewing) -> None:
    version_id = make_ready(reviewing)
    pressed = now() - timedelta(seconds=40)
    with reviewing.database.writing() as session:
        receipt = press(session, reviewing, pressed_at=pressed).receipt_number
    with reviewing.database.reading() as session:
        snapshot = session.get_one(Snapshot, version_id)
        content = json.loads(snapshot.content)
        assert hashlib.sha256(snapshot.content.encode()).hexdigest() == snapshot.sha256
        assert snapshot.submitted_at == pressed
        assert snapshot.receipt_number == receipt
        assert receipt.startswith(f"HZ-{MONTH}-")
        assert content["signature"]["receipt_number"] == receipt
        assert content["signature"]["signed_by"] == reviewing.world.signatory.name
        assert content["record"] | {"month": "2026-09", "version": 2} == content["record"]
        assert Decimal(content["calculation"]["total"]) == STEEL_TOTAL
        run = newest_evaluation(session, version_id)
        assert run is not None
        assert content["evaluation"]["input_hash"] == run.input_hash
        assert [entry["statement"] for entry in snapshot.statements] == [s.key for s in load_statements()]
        assert all(entry["opened_at"] <= entry["agreed_at"] for entry in snapshot.statements)
        version = session.get_one(RecordVersion, version_id)
        assert version.standing is VersionStanding.SUBMITTED
        job = session.scalars(sa.select(Job).where(Job.subject_id == version_id, Job.kind.contains("report")))
        assert len(job.all()) == 1
        event = session.scalars(
            sa.select(Event).where(Event.action == "record.sign").order_by(Event.id.desc())
        ).first()
        assert event is not None
        assert event.actor_id == reviewing.world.signatory.user_id


def test_the_same_key_gives_the_same_receipt(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    with reviewing.database.writing() as session:
        seen = reviewing.record(session).row_version
        first = press(session, reviewing, expected=seen).receipt_number
    with reviewing.database.writing() as session:
        assert press(session, reviewing, expected=seen, password="forgotten").receipt_number == first
        assert session.scalar(sa.select(sa.func.count()).select_from(Snapshot)) == 2


def test_an_old_page_does_not_sign(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    with pytest.raises(Conflict), reviewing.database.writing() as session:
        press(session, reviewing, expected=1)


def on_day(day: int, hour: int) -> Callable[[], datetime]:
    """A moment, by Shanghai's clock, ``day`` days after the due date of the month."""

    def moment() -> datetime:
        last = due_on(MONTH) + timedelta(days=day)
        return datetime(last.year, last.month, last.day, hour, 59, tzinfo=SHANGHAI)

    return moment


@pytest.mark.parametrize(
    ("moment", "late"), [(on_day(0, 23), False), (on_day(1, 0), True), (on_day(-20, 12), False)]
)
def test_lateness_counts_by_the_press_and_the_day_in_shanghai(
    reviewing: Reviewing, moment: Callable[[], datetime], late: bool
) -> None:
    version_id = make_ready(reviewing)
    with reviewing.database.writing() as session:
        press(session, reviewing, pressed_at=moment())
    with reviewing.database.reading() as session:
        snapshot = session.get_one(Snapshot, version_id)
        assert snapshot.late is late
        assert json.loads(snapshot.content)["signature"]["late"] is late


def test_only_the_enterprises_own_signatory_signs(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    world = reviewing.world
    for actor in (
        world.steward,
        world.steward_lead,
        world.officer,
        world.administrator,
        world.city_regulator,
    ):
        with pytest.raises(Refused), reviewing.database.writing() as session:
            press(session, reviewing, actor)
    for stranger in (world.stranger_signatory, world.other_steward, world.platform_administrator):
        with pytest.raises(NotFound), reviewing.database.writing() as session:
            press(session, reviewing, stranger)


def test_a_month_that_was_not_handed_over_is_not_signed(reviewing: Reviewing) -> None:
    make_draft(reviewing)
    with pytest.raises(Refused), reviewing.database.writing() as session:
        press(session, reviewing)


def test_reopening_needs_a_reason_tells_who_prepared_and_forgets_the_readings(reviewing: Reviewing) -> None:
    version_id = make_ready(reviewing)
    world = reviewing.world
    with pytest.raises(GuardFailed), reviewing.database.writing() as session:
        reopen_as(session, reviewing, world.signatory, " ")
    for actor in (world.administrator, world.regulator):
        with pytest.raises(Refused), reviewing.database.writing() as session:
            reopen_as(session, reviewing, actor, "理由")
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        reopen(session, world.signatory, record.id, record.row_version, "烟煤数量不对")
        assert record.state is RecordState.DRAFT
    with reviewing.database.reading() as session:
        assert not session.scalars(
            sa.select(StatementReading).where(StatementReading.version_id == version_id)
        ).all()
        assert session.get_one(RecordVersion, version_id).ready_at is None
        told = session.scalars(
            sa.select(Notification.user_id).where(Notification.text.contains("退回填报"))
        ).all()
        assert list(told) == [world.officer.user_id]


def test_a_recall_keeps_the_snapshot_and_makes_the_next_version_of_the_same_data(
    reviewing: Reviewing,
) -> None:
    with reviewing.database.reading() as session:
        old = reviewing.record(session).current_version_id
    new = make_draft(reviewing)
    with reviewing.database.reading() as session:
        assert session.get_one(Snapshot, old)
        assert session.get_one(RecordVersion, old).standing is VersionStanding.RECALLED
        version = session.get_one(RecordVersion, new)
        assert (version.number, version.kind, version.based_on_id) == (2, VersionKind.ORIGINAL, old)
        assert all(session.scalars(sa.select(RecordSection.editable).where(RecordSection.version_id == new)))

        def cells(version_id: int | None) -> set[tuple[str, str, Decimal | None, str]]:
            rows = session.scalars(sa.select(RecordValue).where(RecordValue.version_id == version_id))
            return {(row.stream_code, row.parameter_key, row.value, row.text) for row in rows}

        assert cells(old) == cells(new)


def test_a_recall_needs_a_reason_and_ends_when_a_reviewer_has_taken_it(reviewing: Reviewing) -> None:
    world = reviewing.world
    with pytest.raises(GuardFailed), reviewing.database.writing() as session:
        recall_as(session, reviewing, world.signatory, "")
    for actor in (world.officer, world.steward, world.administrator):
        with pytest.raises(Refused), reviewing.database.writing() as session:
            recall_as(session, reviewing, actor, "理由")
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        reviews.take_for_review(session, world.regulator, record.id, record.row_version)
    with pytest.raises(Refused), reviewing.database.writing() as session:
        recall_as(session, reviewing, world.signatory, "理由")


def test_two_receipts_have_numbers_in_their_order(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    with reviewing.database.writing() as session:
        press(session, reviewing)
        numbers = session.scalars(sa.select(Snapshot.receipt_number).order_by(Snapshot.submitted_at)).all()
    assert [number[-6:] for number in numbers] == ["000001", "000002"]


def test_a_signature_of_a_refused_transaction_leaves_no_number_behind(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    with pytest.raises(ZeroDivisionError), reviewing.database.writing() as session:
        press_and_fail(session, reviewing)
    with reviewing.database.writing() as session:
        assert press(session, reviewing).receipt_number.endswith("000002")


def test_a_signature_after_the_amend_date_is_late_even_when_the_month_is_not_yet_due(
    reviewing: Reviewing,
) -> None:
    with reviewing.database.writing() as session:
        reviewing.record(session).amend_due_on = MONTH.last
    version_id = make_ready(reviewing)
    with reviewing.database.writing() as session:
        press(session, reviewing, pressed_at=on_day(-20, 12)())
    with reviewing.database.reading() as session:
        assert session.get_one(Snapshot, version_id).late
