"""What the checks are told beside the sheet: permits, facilities, certificates, test reports, the year."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.month import figures
from portal.domain.errors import NotFound, Refused
from portal.domain.periods import Month
from portal.models.database import Database
from portal.models.meters import Calibration, Meter
from portal.models.organisations import Facility, Outlet, Permit, Site
from portal.models.patterns import LabReport
from portal.queries.sheets import load_sheet
from portal.services.evaluations import check, facts_told
from portal.services.months import find_record, open_months, start_month
from portal.services.year_facts import check_disclosure, year_facts
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world

MONTH = Month(2026, 9)
CELL = "S-02.net_calorific_value"


def make_place(session: Session, world: World) -> None:
    """A site with a permit, an outlet, a facility in use and one that was taken down before."""
    site = Site(enterprise_id=world.steel_id, name="示例厂区", valid_from=date(2020, 1, 1))
    session.add(site)
    session.flush()
    session.add(
        Outlet(site_id=site.id, code="DA001", name="示例排放口", medium="air", valid_from=date(2020, 1, 1))
    )
    for code, until in (("MF0001", None), ("MF0000", date(2024, 12, 31))):
        session.add(
            Facility(
                site_id=site.id,
                code=code,
                name="示例设施",
                purpose="production",
                valid_from=date(2020, 1, 1),
                valid_to=until,
            )
        )
    session.add(
        Permit(
            enterprise_id=world.steel_id,
            number="示例证",
            category="key",
            valid_from=date(2025, 1, 1),
            valid_to=date(2026, 9, 29),
        )
    )


def make_report(session: Session, world: World, *, months: tuple[str, str]) -> None:
    """A test report of the coal's heat value."""
    session.add(
        LabReport(
            enterprise_id=world.steel_id,
            stream_code="S-02",
            parameter_key="net_calorific_value",
            month_from=months[0],
            month_to=months[1],
            report_number="示例 1",
            laboratory="示例检测公司",
            accreditation="示例号",
            sampled_on=date(2026, 9, 3),
            reported_on=date(2026, 9, 20),
            value=Decimal("23.7"),
            noted_by_id=world.officer.user_id,
        )
    )


def started(session: Session) -> tuple[World, int]:
    world = make_world(session)
    make_steel_plan(session, world)
    open_months(session, world.steel_id)
    record = find_record(session, world.steel_id, MONTH)
    return world, start_month(session, world.officer, record.id, record.row_version).id


def test_a_month_is_told_what_other_tables_hold(database: Database) -> None:
    with database.writing() as session:
        world, version_id = started(session)
        make_place(session, world)
        make_report(session, world, months=("2026-08", "2026-09"))
        make_report(session, world, months=("2026-10", "2026-10"))
        session.execute(sa.update(Meter).values(model="示例型号"))
        session.execute(sa.update(Calibration).values(certificate_number="示例号"))
        session.flush()
        sheet = load_sheet(session, version_id)
        facts = facts_told(session, sheet, figures(sheet))
        outcomes, packs, _ = check(session, sheet, figures(sheet))
    assert [one["code"] for one in facts["enterprise"]["facilities"]] == ["MF0001"]
    assert [one["medium"] for one in facts["enterprise"]["outlets"]] == ["air"]
    rows = {row["cell"]: row for row in facts["rows"]}
    assert [one["month_to"] for one in rows[CELL]["test_reports"]] == ["2026-09"]
    assert rows[CELL]["test_reports"][0]["cma_or_cnas"] is True
    metered = next(row for row in facts["rows"] if row["meter"])
    assert metered["meter"]["model"] == "示例型号"
    assert {one["certificate"] for one in metered["meter"]["calibrations"]} <= {"示例号"}
    assert [one["month"] for one in facts["year"]["months"]] == [
        f"2026-{number:02d}" for number in range(1, 9)
    ]
    assert set(packs) == {"carbon-data-quality", "data-quality-plan", "environment-month", "steel-month"}
    permit = next(one for one in outcomes if one.check_id == "CK-EN-001")
    assert (permit.outcome, permit.severity) == ("failed", "explain")


def test_a_year_is_told_for_its_disclosure(database: Database) -> None:
    with database.writing() as session:
        world, _ = started(session)
        make_place(session, world)
        session.flush()
        facts = year_facts(session, world.steel_id, 2026)
        outcomes = {
            one.check_id: one for one in check_disclosure(session, world.officer, world.steel_id, 2026)
        }
        with pytest.raises((Refused, NotFound)):
            check_disclosure(session, world.stranger_officer, world.steel_id, 2026)
    assert facts["record"]["due_on"] == date(2027, 3, 15)
    assert len(facts["year"]["months"]) >= 9
    assert facts["year"]["open_findings"] == 0
    assert outcomes["CK-YD-001"].outcome == "failed"
    assert outcomes["CK-YD-005"].outcome == "failed"
    assert outcomes["CK-YD-009"].outcome == "passed"
