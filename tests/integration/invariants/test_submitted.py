"""What is submitted or issued stands still, and the accepted months make the year: invariants 2, 3 and 10."""

import hashlib
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from portal.domain.periods import now
from portal.domain.workflow import RecordState
from portal.models.documents import IssuedDocument
from portal.models.evaluations import Calculation
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.records import year_page
from portal.services.documents import issue_monthly_report
from portal.services.months import find_record
from tests.factories.months import make_submitted_month
from tests.factories.reviews import accept
from tests.fixtures.reviewing import MONTH, Reviewing
from tests.integration.invariants.steps import Browse, make_draft, refused_by_the_database


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
        accept(session, reviewing.world, reviewing.record(session))
        first_total = annual_total(session, reviewing)
        assert first_total == Decimal("1214057.49")
        accept(session, reviewing.world, second)
        totals = official_totals(session)
        assert len(totals) == 2
        assert totals[0] != totals[1]
        assert annual_total(session, reviewing) == sum(totals)


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


def test_the_month_of_these_tests_is_the_one_that_was_submitted(reviewing: Reviewing) -> None:
    with reviewing.database.reading() as session:
        record = find_record(session, reviewing.world.steel_id, MONTH)
        assert record.state is RecordState.SUBMITTED
