"""A figure of a late meter is offered its correction, and carries it into totals, snapshot and report."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal.accounting.lines import plain
from portal.accounting.month import Figures, figures
from portal.models.database import Database
from portal.models.events import Event
from portal.models.meters import Calibration, Meter
from portal.models.records import RecordValue
from portal.queries.sheets import load_sheet
from portal.reference.guidelines import load_guideline
from portal.services.evaluations import request_evaluation, run_evaluation
from portal.services.monthly_report_lines import calculation_part
from portal.services.snapshots import snapshot_content
from tests.fixtures.application import Browser
from tests.fixtures.filing import Filed, app, filed, reviewing_sqlite

__all__ = ["app", "filed", "reviewing_sqlite"]

CELL = "S-02.purchased"
OFFER, TAKEN, BACK = "按保守方法，活动数据应为", "活动数据已按保守方法修正为", "撤销修正"


def shorten(database: Database) -> None:
    """Let the certificate of the rail scale end on 20 September: ten of thirty days are not covered."""
    with database.writing() as session:
        meter = session.scalars(sa.select(Meter.id).where(Meter.code == "GD-01")).one()
        session.execute(
            sa.update(Calibration)
            .where(Calibration.meter_id == meter, Calibration.valid_until > date(2026, 9, 20))
            .values(valid_until=date(2026, 9, 20))
        )


@pytest.fixture
def officer(filed: Filed, browse: Callable[[int], Browser]) -> Browser:
    """The officer's browser; the month is back in work and the rail scale is late."""
    filed.draft()
    shorten(filed.database)
    return browse(filed.world.officer.user_id)


def row_of(filed: Filed) -> RecordValue:
    with filed.database.reading() as session:
        return session.scalars(
            sa.select(RecordValue).where(
                RecordValue.version_id == filed.record().current_version_id,
                RecordValue.stream_code == "S-02",
                RecordValue.parameter_key == "purchased",
            )
        ).one()


def now(filed: Filed) -> Figures:
    with filed.database.reading() as session:
        return figures(load_sheet(session, filed.record().current_version_id or 0))


def press(officer: Browser, filed: Filed, corrected: str = "yes", version: int | None = None) -> int:
    fields = {"corrected": corrected, "section": "energy"}
    fields["row_version"] = str(row_of(filed).row_version if version is None else version)
    answer = officer.post(filed.path(f"/values/{CELL}/correction"), fields)
    return int(answer.status_code)


def test_a_late_meter_offers_the_corrected_figure_and_its_clause(officer: Browser, filed: Filed) -> None:
    page = officer.get(filed.path("/energy")).text
    assert OFFER in page
    assert "3.4.1.1" in page
    assert TAKEN not in page


def test_the_correction_moves_the_line_and_the_total_but_neither_stocks_nor_what_was_typed(
    officer: Browser, filed: Filed
) -> None:
    before, typed = now(filed), row_of(filed).value
    assert press(officer, filed) == 303
    after = now(filed)
    assert row_of(filed).value == after.values[CELL] == typed
    used = after.values["S-02.consumed"]
    assert used is not None
    assert used == before.values["S-02.consumed"]
    assert after.result is not None
    assert before.result is not None
    # ten of thirty days by 0.5 % more
    line = after.result.line("S-02").inputs[0]
    assert abs(line.used - used * (1 + Decimal("0.005") / 3)) < Decimal("1e-20")
    assert after.corrections[CELL].corrected == line.used
    assert after.result.total > before.result.total
    page = officer.get(filed.path("/energy")).text
    assert TAKEN in page
    assert BACK in page
    assert "10 天 未按期检定" in page
    with filed.database.reading() as session:
        told = session.scalars(sa.select(Event).where(Event.action == "record.value_corrected")).one()
    assert "2026-09-20" in told.after


def test_the_correction_can_be_taken_back(officer: Browser, filed: Filed) -> None:
    before = now(filed).result
    press(officer, filed)
    assert press(officer, filed, "no") == 303
    assert row_of(filed).correction is None
    after = now(filed).result
    assert before is not None
    assert after is not None
    assert after.total == before.total


def test_a_correction_on_an_old_page_is_a_conflict(officer: Browser, filed: Filed) -> None:
    assert press(officer, filed, version=77) == 409
    assert row_of(filed).correction is None


def test_a_meter_in_order_is_not_corrected(filed: Filed, browse: Callable[[int], Browser]) -> None:
    filed.draft()
    officer = browse(filed.world.officer.user_id)
    assert OFFER not in officer.get(filed.path("/energy")).text
    assert press(officer, filed) == 403


def test_what_is_signed_and_printed_holds_the_correction(officer: Browser, filed: Filed) -> None:
    press(officer, filed)
    version_id = filed.record().current_version_id or 0
    with filed.database.writing() as session:
        evaluation = request_evaluation(session, filed.world.officer, version_id)
        run_evaluation(session, evaluation.id)
        sheet = load_sheet(session, version_id)
        month = figures(sheet)
        assert month.result is not None
        signed = snapshot_content(session, sheet, month, month.result, evaluation, signature={})
    rows = {f"{stream['code']}.{row['key']}": row for stream in signed["streams"] for row in stream["rows"]}
    assert [part["state"] for part in rows[CELL]["correction"]["parts"]] == ["in_class", "not_calibrated"]
    assert "correction" not in rows["S-01.purchased"]
    part = calculation_part(signed, load_guideline(sheet.guideline))
    line = next(line for group in part["groups"] for line in group["lines"] if line["id"] == "S-02")
    assert line["amount"] == plain(month.corrections[CELL].corrected)
