"""Who signs, once, and on what: invariants 1, 4, 6 and 12."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.domain.access import Role
from portal.domain.errors import Conflict, GuardFailed, Refused
from portal.domain.periods import now, today
from portal.domain.workflow import FindingSource, FindingState, RecordState, Section, Severity
from portal.models.findings import Finding
from portal.models.jobs import Job
from portal.models.records import Snapshot
from portal.models.users import User
from portal.queries.access import actor_of
from portal.reference.statements import load_statements
from tests.factories.world import PASSWORD, make_user
from tests.fixtures.reviewing import Reviewing
from tests.integration.invariants.steps import (
    Browse,
    at_once,
    make_draft,
    make_ready,
    path_of,
    press,
    refused_by_the_database,
)


def test_1_no_service_lets_a_steward_sign(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    world = reviewing.world
    for actor in (world.steward, world.steward_lead, world.officer, world.administrator, world.regulator):
        with pytest.raises(Refused), reviewing.database.writing() as session:
            press(session, reviewing, actor)
    with reviewing.database.writing() as session:  # not even with the role of a signatory
        firm = session.get_one(User, world.steward.user_id).organisation
        impostor = actor_of(make_user(session, firm, "x@example.test", "假示例", Role.ENTERPRISE_SIGNATORY))
        with pytest.raises(Refused):
            press(session, reviewing, impostor)
    with reviewing.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Snapshot)) == 1


def test_1_the_database_refuses_a_signature_by_a_steward_or_a_strange_signatory(
    reviewing: Reviewing,
) -> None:
    version_id = make_draft(reviewing)
    world = reviewing.world
    columns = "content, sha256, submitted_at, statements, evaluation_id, late"
    for signer in (world.steward, world.officer, world.stranger_signatory, world.regulator):
        refused_by_the_database(
            reviewing.database,
            f"INSERT INTO snapshots (version_id, signed_by_id, receipt_number, idempotency_key, {columns}) "
            f"SELECT :version, :signer, 'R-2', 'K-2', {columns} FROM snapshots",
            version=version_id,
            signer=signer.user_id,
        )


def test_1_a_form_sent_by_a_steward_does_not_sign(reviewing: Reviewing, browse: Browse) -> None:
    make_ready(reviewing)
    with reviewing.database.reading() as session:
        version = reviewing.record(session).row_version
    form = {"row_version": str(version), "idempotency_key": "k", "password": PASSWORD, "agree": "truth/1"}
    for actor in (reviewing.world.steward, reviewing.world.steward_lead, reviewing.world.officer):
        assert browse(actor.user_id).post(path_of(reviewing, "/sign"), form).status_code == 403
    with reviewing.database.reading() as session:
        assert reviewing.record(session).state is RecordState.READY_FOR_SIGNOFF


@pytest.mark.parametrize("same_key", [True, False])
def test_4_two_submits_at_once_give_one_receipt(reviewing: Reviewing, same_key: bool) -> None:
    make_ready(reviewing)
    with reviewing.database.reading() as session:
        seen = reviewing.record(session).row_version

    def submit(key: str) -> Callable[[], str]:
        def act() -> str:
            with reviewing.database.writing() as session:
                snapshot = press(session, reviewing, reviewing.world.signatory, key, seen)
                return str(snapshot.receipt_number)

        return act

    results = at_once(submit("first"), submit("first" if same_key else "second"))
    receipts = [result for result in results if isinstance(result, str)]
    if same_key:
        assert len(receipts) == 2
        assert len(set(receipts)) == 1
    else:
        assert len(receipts) == 1
        assert sum(isinstance(result, Refused | Conflict) for result in results) == 1
    with reviewing.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Snapshot)) == 2
        assert session.scalar(
            sa.select(sa.func.count()).select_from(Job).where(Job.kind == "issue_monthly_report")
        ) == (2)
        assert reviewing.record(session).state is RecordState.SUBMITTED


def test_4_the_form_sent_twice_leads_to_the_same_receipt(reviewing: Reviewing, browse: Browse) -> None:
    make_ready(reviewing)
    with reviewing.database.reading() as session:
        version = reviewing.record(session).row_version
    form = {
        "row_version": str(version),
        "idempotency_key": "once",
        "password": PASSWORD,
        "agree": [statement.key for statement in load_statements()],
    }
    browser = browse(reviewing.world.signatory.user_id)
    first = browser.post(path_of(reviewing, "/sign"), form)
    second = browser.post(path_of(reviewing, "/sign"), form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert "/receipts/2" in first.location


def make_stale(reviewing: Reviewing) -> None:
    """Something under the month changes after it was handed to the signatory."""
    with reviewing.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE calibrations SET result = 'over_class'"))


def test_6_a_stale_evaluation_is_not_signed_on(reviewing: Reviewing, browse: Browse) -> None:
    make_ready(reviewing)
    make_stale(reviewing)
    with pytest.raises(GuardFailed) as caught, reviewing.database.writing() as session:
        press(session, reviewing, reviewing.world.signatory)
    assert "evaluation_stale" in {failure.code for failure in caught.value.failures}
    with reviewing.database.reading() as session:
        version = reviewing.record(session).row_version
    answer = browse(reviewing.world.signatory.user_id).post(
        path_of(reviewing, "/sign"),
        {
            "row_version": str(version),
            "idempotency_key": "k",
            "password": PASSWORD,
            "agree": [statement.key for statement in load_statements()],
        },
    )
    assert answer.status_code == 422
    assert "评估已过期" in answer.text
    with reviewing.database.reading() as session:
        assert reviewing.record(session).state is RecordState.READY_FOR_SIGNOFF


def test_12_a_waiver_past_its_last_day_blocks_again(reviewing: Reviewing) -> None:
    make_ready(reviewing)
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        session.add(
            Finding(
                number="GAP-2026-9999",
                enterprise_id=record.enterprise_id,
                record_id=record.id,
                source=FindingSource.CHECK,
                check_id="XX-01",
                subject="x",
                section=Section.ENERGY,
                severity=Severity.BLOCKING,
                state=FindingState.WAIVED,
                waived_until=today(),
                title="示例差距已豁免",
                due_on=today(),
            )
        )
    tomorrow = now() + timedelta(days=1)
    with time_machine.travel(tomorrow, tick=True):
        with pytest.raises(GuardFailed) as caught, reviewing.database.writing() as session:
            press(session, reviewing, reviewing.world.signatory)
        assert [str(failure) for failure in caught.value.failures] == ["示例差距已豁免"]
    with reviewing.database.writing() as session:  # on its last day it still holds
        assert press(session, reviewing, reviewing.world.signatory).receipt_number
