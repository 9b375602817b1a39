"""The fourteen things that must hold whatever is tried, by a service, by a form sent directly, or by SQL."""

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, Role
from portal.domain.errors import Conflict, DomainError, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import now, today
from portal.domain.workflow import (
    Decision,
    FindingSource,
    FindingState,
    JobState,
    RecordState,
    Section,
    Severity,
)
from portal.models.database import Database
from portal.models.documents import IssuedDocument
from portal.models.engagements import Engagement
from portal.models.evaluations import Calculation, CheckResult, Evaluation
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.findings import Finding
from portal.models.jobs import Job
from portal.models.plans import SourceStream
from portal.models.records import MonthlyRecord, RecordSection, RecordValue, RecordVersion, Snapshot
from portal.models.users import User
from portal.queries.access import actor_of
from portal.queries.records import year_page
from portal.queue import InlineQueue
from portal.reference.statements import load_statements
from portal.services import reviews
from portal.services.documents import issue_monthly_report
from portal.services.engagements import EngagementAction, move_engagement
from portal.services.evaluations import request_evaluation, run_evaluation
from portal.services.evidence import fill_slot, link_existing
from portal.services.months import find_record
from portal.services.plan_streams import remove_stream
from portal.services.plans import approve_plan, change_head, clone_plan, submit_plan
from portal.services.signing import (
    agree_statement,
    mark_ready,
    open_statement,
    recall,
    sign,
    start_amending,
)
from portal.services.values import save_value
from portal.tasks import Runner, TaskContext
from tests.factories.months import (
    evaluate,
    explain_all,
    make_submitted_month,
    pdf,
    temporary_storage,
)
from tests.factories.world import PASSWORD, make_user
from tests.fixtures.application import Browser, settings_for
from tests.fixtures.processes import eventually
from tests.fixtures.reuse import lend_app
from tests.fixtures.reviewing import MONTH, Reviewing, reviewing, reviewing_postgresql, reviewing_sqlite

__all__ = ["reviewing", "reviewing_postgresql", "reviewing_sqlite"]

Browse = Callable[[int], Browser]


@pytest.fixture
def app(reviewing: Reviewing, tmp_path: Path) -> Iterator[Flask]:
    """The application on the database of the submitted month; its jobs stay in their rows."""
    url = reviewing.database.engine.url.render_as_string(hide_password=False)
    lent = lend_app(settings_for(url, tmp_path))
    lent.extensions["portal.database"].push = None
    yield lent
    lent.extensions["portal.database"].engine.dispose()


def path_of(reviewing: Reviewing, rest: str = "") -> str:
    return f"/enterprises/{reviewing.world.steel_id}/records/{MONTH}{rest}"


def make_draft(reviewing: Reviewing) -> int:
    """Take the month back; gives the id of the version that is being worked on."""
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        return recall(session, reviewing.world.signatory, record.id, record.row_version, "示例").id


def make_ready(reviewing: Reviewing) -> int:
    """Take the month back and bring it before its signatory again, all statements agreed."""
    version_id = make_draft(reviewing)
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        evaluate(session, world.officer, version_id)
        explain_all(session, world.officer, record)
        mark_ready(session, world.officer, record.id, record.row_version)
        for statement in load_statements():
            open_statement(session, world.signatory, record.id, statement.key)
            agree_statement(session, world.signatory, record.id, statement.key)
    return version_id


def press(session: Session, reviewing: Reviewing, actor: Actor, key: str = "key", expected: int = 0) -> Any:
    """Sign the month as this actor."""
    record = reviewing.record(session)
    return sign(
        session,
        actor,
        record.id,
        expected or record.row_version,
        password=PASSWORD,
        code="",
        idempotency_key=key,
        pressed_at=now(),
    )


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment, each in its thread; gives results and refusals in their order."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[place] = act()
        except DomainError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def refused_by_the_database(database: Database, statement: str, **values: Any) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"frozen|signatory"), database.engine.begin() as connection:
        connection.execute(sa.text(statement), values)


# 1


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


# 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record_values SET value = '1' WHERE version_id = :version",
        "UPDATE record_values SET text = 'x' WHERE version_id = :version",
        "DELETE FROM record_values WHERE version_id = :version",
        "INSERT INTO record_values (version_id, stream_code, parameter_key, text, unit, acquisition, "
        "row_version, updated_at) VALUES (:version, 'S-99', 'purchased', '', 't', 'measured', 1, :moment)",
        "UPDATE evidence_links SET slot = 'x' WHERE version_id = :version",
        "DELETE FROM evidence_links WHERE version_id = :version",
        "INSERT INTO evidence_links (version_id, slot, evidence_id, linked_at) "
        "SELECT :version, 'x', max(id), :moment FROM evidence",
        "UPDATE snapshots SET content = '{}' WHERE version_id = :version",
        "UPDATE snapshots SET late = late WHERE version_id = :version",
        "DELETE FROM snapshots WHERE version_id = :version",
        "UPDATE events SET actor_name = 'x'",
        "DELETE FROM events WHERE id = (SELECT max(id) FROM events)",
        "UPDATE issued_documents SET sha256 = 'x'",
        "DELETE FROM issued_documents",
    ],
)
def test_2_what_is_submitted_issued_or_traced_cannot_be_changed_by_sql(
    reviewing: Reviewing, statement: str
) -> None:
    with reviewing.database.writing() as session:
        version_id = reviewing.record(session).current_version_id
        session.add(
            IssuedDocument(
                enterprise_id=reviewing.world.steel_id,
                version_id=version_id,
                kind="monthly_report",
                number="HZ-1",
                code="7K2M-4QXF-9RWT",
                title="示例",
                sha256="0" * 64,
                size=1,
                pages=1,
                storage_key="documents/x",
                snapshot_sha256="0" * 64,
            )
        )
    given = {"version": version_id} if ":version" in statement else {}
    if ":moment" in statement:
        given["moment"] = "2026-11-01 00:00:00" if reviewing.database.sqlite else now()
    refused_by_the_database(reviewing.database, statement, **given)


def test_2_a_working_version_can_be_changed_so_the_refusals_mean_something(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.engine.begin() as connection:
        for table in ("record_values", "evidence_links"):
            done = connection.execute(
                sa.text(f"DELETE FROM {table} WHERE version_id = :version"), {"version": version_id}
            )
            assert done.rowcount > 0


# 3


def accept(session: Session, reviewing: Reviewing, record: MonthlyRecord) -> None:
    actor = reviewing.world.regulator
    reviews.take_for_review(session, actor, record.id, record.row_version)
    decide_all(session, actor, record)
    reviews.accept(session, actor, record.id, record.row_version, countersign_required=False)


def decide_all(session: Session, actor: Actor, record: MonthlyRecord, *returned: Section) -> None:
    for section in session.scalars(
        sa.select(RecordSection.section).where(RecordSection.version_id == record.current_version_id)
    ).all():
        verdict = (Decision.RETURN, "请核对") if section in returned else (Decision.ACCEPT, "")
        reviews.decide_section(session, actor, record.id, record.row_version, section, *verdict)


def annual_total(session: Session, reviewing: Reviewing) -> Decimal:
    return year_page(session, reviewing.world.officer, reviewing.world.steel_id, 2026).accepted_total


def official_totals(session: Session) -> list[Decimal]:
    """The totals of the official versions as they were signed."""
    return list(
        session.scalars(
            sa.select(Calculation.total)
            .join(MonthlyRecord, MonthlyRecord.official_version_id == Calculation.version_id)
            .where(
                Calculation.id.in_(sa.select(sa.func.max(Calculation.id)).group_by(Calculation.version_id))
            )
        )
    )


def test_3_the_accepted_months_add_up_to_the_year(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        plan = session.get_one(RecordVersion, reviewing.record(session).current_version_id).plan
        second = make_submitted_month(
            session, world, plan, MONTH.next(), changes={"S-02.purchased": "100000.5"}
        )
        assert annual_total(session, reviewing) == 0  # submitted is not accepted
        accept(session, reviewing, reviewing.record(session))
        first_total = annual_total(session, reviewing)
        assert first_total == Decimal("1214057.49")
        accept(session, reviewing, second)
        totals = official_totals(session)
        assert len(totals) == 2
        assert totals[0] != totals[1]
        assert annual_total(session, reviewing) == sum(totals)


# 4


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


# 5


def test_5_the_second_of_two_edits_is_told_who_was_first_and_when(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    cell = "S-02.purchased"
    with reviewing.database.reading() as session:
        seen = session.scalars(
            sa.select(RecordValue.row_version).where(
                RecordValue.version_id == version_id,
                RecordValue.stream_code == "S-02",
                RecordValue.parameter_key == "purchased",
            )
        ).one()

    def save(actor: Actor, value: str) -> Callable[[], str]:
        def act() -> str:
            with reviewing.database.writing() as session:
                save_value(session, actor, version_id, cell, Decimal(value), seen)
                return actor.name

        return act

    world = reviewing.world
    results = at_once(save(world.officer, "1"), save(world.steward, "2"))
    winner = next(result for result in results if isinstance(result, str))
    loser = next(result for result in results if isinstance(result, Conflict))
    assert loser.params["who"] == winner
    assert str(loser.params["when"]).startswith(today().strftime("%m-%d"))
    expected = Decimal(1) if winner == world.officer.name else Decimal(2)
    assert loser.current == {"value": expected, "text": "", "row_version": seen + 1}


def test_5_two_edits_of_different_cells_are_both_kept_and_both_counted(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.reading() as session:
        before = session.get_one(RecordVersion, version_id).revision

    def second() -> None:
        with reviewing.database.writing() as session:
            save_value(session, reviewing.world.steward, version_id, "S-02.purchased", Decimal(7), 1)

    thread = threading.Thread(target=second)
    with reviewing.database.writing() as session:
        save_value(session, reviewing.world.officer, version_id, "S-01.purchased", Decimal(7), 1)
        thread.start()
        if not reviewing.database.sqlite:  # there it waits before it has read anything
            eventually(lambda: waiting_for_a_lock(reviewing.database))
    thread.join()
    with reviewing.database.reading() as session:
        assert session.get_one(RecordVersion, version_id).revision == before + 2


def waiting_for_a_lock(database: Database) -> bool:
    """Whether somebody waits in this PostgreSQL database for a row that another holds."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    with database.engine.connect() as connection:
        return bool(connection.exec_driver_sql(query).scalar())


def test_5_the_page_that_comes_second_gets_what_stands_there(reviewing: Reviewing, browse: Browse) -> None:
    make_draft(reviewing)
    path = path_of(reviewing, "/values/S-02.purchased")
    first, second = browse(reviewing.world.officer.user_id), browse(reviewing.world.steward.user_id)
    assert first.post(path, {"value": "120", "row_version": "1"}).status_code == 200
    answer = second.post(path, {"value": "130", "row_version": "1"})
    assert answer.status_code == 409
    assert answer.json["conflict"]["who"] == reviewing.world.officer.name
    assert answer.json["conflict"]["display"] == "120"
    assert answer.json["conflict"]["row_version"] == 2


# 6


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


# 7: every address as every role is in test_access_matrix.py; here a few are tried on both databases


def test_7_a_stranger_gets_404_for_pages_files_and_acts(reviewing: Reviewing, browse: Browse) -> None:
    with reviewing.database.reading() as session:
        evidence_id = session.scalars(sa.select(sa.func.min(Evidence.id))).one()
    base = f"/enterprises/{reviewing.world.steel_id}"
    month = [f"/records/{MONTH}{rest}" for rest in ("", "/energy", "/receipts/1", "/evaluation")]
    pages = ("", "/records", *month, f"/evidence/{evidence_id}/download", "/meters", "/plans", "/documents")
    world = reviewing.world
    for stranger in (world.stranger_officer, world.other_steward, world.other_regulator):
        browser = browse(stranger.user_id)
        for page in pages:
            assert browser.get(base + page).status_code == 404, page
        assert browser.post(f"{base}/records/{MONTH}/values/S-02.purchased").status_code == 404


# 8


def test_8_a_review_is_not_finished_while_a_section_is_undecided(
    reviewing: Reviewing, browse: Browse
) -> None:
    actor = reviewing.world.regulator
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        reviews.take_for_review(session, actor, record.id, record.row_version)
        reviews.decide_section(
            session, actor, record.id, record.row_version, Section.ENERGY, Decision.RETURN, "请核对"
        )
        number, version = record.id, record.row_version
    finishes: list[Callable[[Session], object]] = [
        lambda session: reviews.accept(session, actor, number, version, countersign_required=False),
        lambda session: reviews.propose_acceptance(session, actor, number, version),
        lambda session: reviews.return_for_amends(session, actor, number, version, today()),
    ]
    for finish in finishes:
        with pytest.raises(GuardFailed), reviewing.database.writing() as session:
            finish(session)
    browser = browse(actor.user_id)
    form = {"row_version": str(version), "amend_due_on": str(today())}
    for act in ("accept", "return"):
        assert browser.post(path_of(reviewing, f"/review/{act}"), form).status_code == 422
    with reviewing.database.reading() as session:
        assert reviewing.record(session).state is RecordState.UNDER_REVIEW


# 9


def end_by_word(session: Session, reviewing: Reviewing) -> None:
    row = session.get_one(Engagement, reviewing.world.engagement_id)
    administrator = reviewing.world.administrator
    move_engagement(session, administrator, row.id, EngagementAction.END, row.row_version, "合同到此为止")


def suspend_by_word(session: Session, reviewing: Reviewing) -> None:
    row = session.get_one(Engagement, reviewing.world.engagement_id)
    move_engagement(
        session, reviewing.world.administrator, row.id, EngagementAction.SUSPEND, row.row_version, "暂停"
    )


def end_by_date(session: Session, reviewing: Reviewing) -> None:
    session.get_one(Engagement, reviewing.world.engagement_id).ends_on = today() - timedelta(days=1)


def narrow_to_environment(session: Session, reviewing: Reviewing) -> None:
    session.get_one(Engagement, reviewing.world.engagement_id).scope = EngagementScope.ENVIRONMENT


@pytest.mark.parametrize("end", [end_by_word, suspend_by_word, end_by_date, narrow_to_environment])
def test_9_a_contract_that_ends_now_gives_no_access_now(
    reviewing: Reviewing, browse: Browse, end: Callable[[Session, Reviewing], None]
) -> None:
    version_id = make_draft(reviewing)
    browser = browse(reviewing.world.steward.user_id)
    cell = path_of(reviewing, "/values/S-02.purchased")
    assert browser.get(path_of(reviewing)).status_code == 200
    assert browser.post(cell, {"value": "1", "row_version": "1"}).status_code == 200
    with reviewing.database.writing() as session:
        end(session, reviewing)
    assert browser.get(path_of(reviewing)).status_code == 404
    assert browser.post(cell, {"value": "2", "row_version": "2"}).status_code == 404
    with pytest.raises(NotFound), reviewing.database.writing() as session:
        save_value(session, reviewing.world.steward, version_id, "S-02.purchased", Decimal(2), 2)


# 10


def test_10_a_downloaded_document_has_the_hash_that_was_stored(
    reviewing: Reviewing, app: Flask, browse: Browse
) -> None:
    with reviewing.database.reading() as session:
        version_id = reviewing.record(session).current_version_id
    extensions = app.extensions
    for _ in range(2):  # the second run of the job finds the document
        issue_monthly_report(
            extensions["portal.database"],
            extensions["portal.storage"],
            extensions["portal.settings"],
            version_id or 0,
        )
    with reviewing.database.reading() as session:
        row = session.scalars(sa.select(IssuedDocument)).one()
    answer = browse(reviewing.world.officer.user_id).get(
        f"/enterprises/{reviewing.world.steel_id}/documents/{row.id}/download"
    )
    assert answer.status_code == 200
    assert hashlib.sha256(answer.data).hexdigest() == row.sha256
    assert len(answer.data) == row.size


# 11


def amended_under(reviewing: Reviewing, removed: Callable[[SourceStream], bool]) -> dict[Section, Decision]:
    """Return the energy section, approve a plan without some streams, begin to amend; what stays decided."""
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        reviews.take_for_review(session, world.regulator, record.id, record.row_version)
        decide_all(session, world.regulator, record, Section.ENERGY)
        reviews.return_for_amends(session, world.regulator, record.id, record.row_version, today())
    with reviewing.database.writing() as session:
        plan = clone_plan(session, world.officer, world.steel_id, reviewing.plan_id)
        change_head(
            session,
            world.officer,
            world.steel_id,
            plan.id,
            row_version=plan.row_version,
            effective_from=str(MONTH),
            boundary=plan.boundary,
            reason="产量改由另一套系统报送",
        )
        for stream in [stream for stream in plan.streams if removed(stream)]:
            remove_stream(
                session, world.officer, world.steel_id, plan.id, stream.id, row_version=plan.row_version
            )
        session.flush()
        submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
        approve_plan(session, world.regulator, world.steel_id, plan.id, row_version=plan.row_version)
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version = start_amending(session, world.officer, record.id, record.row_version)
        rows = session.scalars(sa.select(RecordSection).where(RecordSection.version_id == version.id))
        return {row.section: row.decision for row in rows}


def sections_of_plan(reviewing: Reviewing) -> set[Section]:
    with reviewing.database.reading() as session:
        version_id = reviewing.record(session).current_version_id
        return set(
            session.scalars(sa.select(RecordSection.section).where(RecordSection.version_id == version_id))
        )


def test_11_a_section_that_is_removed_while_amending_takes_its_decision_with_it(reviewing: Reviewing) -> None:
    before = sections_of_plan(reviewing)
    after = amended_under(reviewing, lambda stream: stream.section is Section.OUTPUT)
    assert before - set(after) == {Section.OUTPUT}
    assert after[Section.ENERGY] is Decision.UNDECIDED
    assert after[Section.PROCESS] is Decision.ACCEPT


def test_11_a_section_whose_plan_changed_while_amending_is_decided_anew(reviewing: Reviewing) -> None:
    gone: list[str] = []

    def first_of_process(stream: SourceStream) -> bool:
        if stream.section is Section.PROCESS and not gone:
            gone.append(stream.code)
            return True
        return False

    after = amended_under(reviewing, first_of_process)
    assert gone
    assert after[Section.PROCESS] is Decision.UNDECIDED
    assert after[Section.OUTPUT] is Decision.ACCEPT


# 12


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


# 13


def _die_while_evaluating(url: str, folder: str, job_id: int) -> None:
    """In a child: claim the job, do all of its work, and be killed before the commit."""
    settings = settings_for(url, Path(folder))
    database = Database(url)
    context = TaskContext(database=database, storage=temporary_storage(), settings=settings)

    def work(context: TaskContext, evaluation_id: int) -> None:
        with context.database.writing() as session:
            run_evaluation(session, evaluation_id)
            session.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    Runner(context, InlineQueue(lambda number: None), {"evaluate": work}).run(job_id)


def test_13_a_worker_that_dies_leaves_the_old_state_and_the_job_runs_again(
    reviewing: Reviewing, tmp_path: Path
) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.writing() as session:
        session.execute(sa.update(Job).values(state=JobState.DONE))  # those of making this world
        evaluation_id = request_evaluation(session, reviewing.world.officer, version_id).id
        job_id = session.scalars(sa.select(Job.id).where(Job.subject_id == evaluation_id)).one()
    url = reviewing.database.engine.url.render_as_string(hide_password=False)
    reviewing.database.engine.dispose()  # no connection is open while the process is copied
    child = multiprocessing.get_context("fork").Process(
        target=_die_while_evaluating, args=(url, str(tmp_path), job_id)
    )
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL

    def results(session: Session) -> int:
        return session.scalars(
            sa.select(sa.func.count())
            .select_from(CheckResult)
            .where(CheckResult.evaluation_id == evaluation_id)
        ).one()

    with reviewing.database.reading() as session:
        assert session.get_one(Job, job_id).state is JobState.RUNNING
        assert session.get_one(Evaluation, evaluation_id).state is JobState.QUEUED
        assert results(session) == 0
    runner: list[Runner] = []
    context = TaskContext(reviewing.database, temporary_storage(), settings_for(url, tmp_path))
    runner.append(Runner(context, InlineQueue(lambda number: runner[0].run(number))))
    assert runner[0].sweep() == 0  # its lease still runs: it may be alive
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        assert runner[0].sweep() >= 1  # jobs of the hour may come with it
        with reviewing.database.reading() as session:
            assert session.get_one(Job, job_id).state is JobState.DONE  # the sweep alone has seen to it
        runner[0].run(job_id)  # and once more: it is done
    with reviewing.database.reading() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts) == (JobState.DONE, 2)
        assert session.get_one(Evaluation, evaluation_id).state is JobState.DONE
        assert results(session) > 0


# 14


def test_14_a_document_of_another_month_cannot_fill_a_slot(reviewing: Reviewing, browse: Browse) -> None:
    version_id = make_draft(reviewing)
    officer, storage = reviewing.world.officer, temporary_storage()
    with reviewing.database.reading() as session:
        slot = session.scalars(
            sa.select(EvidenceLink.slot).where(EvidenceLink.version_id == version_id)
        ).first()
        count = session.scalar(sa.select(sa.func.count()).select_from(EvidenceLink))
    assert slot is not None
    after = {"period_from": MONTH.next().first, "period_to": MONTH.next().last}
    with pytest.raises(Invalid, match="不在 2026-09 之内"), reviewing.database.writing() as session:
        fill_slot(session, storage, officer, version_id, slot, pdf("x"), "十月.pdf", **after)
    with reviewing.database.writing() as session:
        row = _other_month_file(session, reviewing, date(2026, 8, 31))
        with pytest.raises(Invalid, match="不在本月之内"):
            link_existing(session, officer, version_id, slot, row.id)
        evidence_id = row.id
    browser = browse(officer.user_id)
    path = path_of(reviewing, f"/slots/{slot}")
    form = {"file": (pdf("x"), "十月.pdf"), **{key: str(day) for key, day in after.items()}, "replaces": ""}
    answer = browser.post(f"{path}/choose", form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "不在 2026-09 之内" in answer.text
    assert browser.post(f"{path}/link/{evidence_id}").status_code == 303
    with reviewing.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(EvidenceLink)) == count


def _other_month_file(session: Session, reviewing: Reviewing, last: date) -> Evidence:
    row = Evidence(
        enterprise_id=reviewing.world.steel_id,
        filename="八月.pdf",
        media_type="application/pdf",
        size=1,
        sha256="1" * 64,
        storage_key="evidence/11/x",
        period_from=last.replace(day=1),
        period_to=last,
        uploaded_by_id=reviewing.world.officer.user_id,
    )
    session.add(row)
    session.flush()
    return row


def test_the_month_of_these_tests_is_the_one_that_was_submitted(reviewing: Reviewing) -> None:
    with reviewing.database.reading() as session:
        record = find_record(session, reviewing.world.steel_id, MONTH)
        assert record.state is RecordState.SUBMITTED
