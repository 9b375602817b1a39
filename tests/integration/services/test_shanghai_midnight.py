"""Moments are stored in UTC and told by the Shanghai calendar: until eight in the morning the two differ."""

import json
from datetime import date

import pytest
import time_machine

from portal.domain.errors import Conflict
from portal.domain.workflow import FindingSource, Severity
from portal.models.bundles import Bundle
from portal.models.database import Database
from portal.queries.sheets import load_sheet
from portal.services.bundle_contents import produce
from portal.services.finding_opening import open_finding
from portal.services.months import find_record, open_months, start_month
from portal.services.products import SystemData, calculate_footprint, save_system
from tests.factories.plans import make_steel_plan
from tests.factories.world import World
from tests.fixtures.reviewing import MONTH
from tests.integration.services.test_products import battery, made

#: Six in the morning of 1 March in Shanghai; in UTC it is February still.
EARLY = "2026-02-28T22:00:00Z"


def test_a_plan_handed_in_before_eight_in_the_morning_bears_the_day_of_shanghai(
    database: Database, world: World
) -> None:
    with time_machine.travel(EARLY, tick=False), database.writing() as session:
        plan_id = make_steel_plan(session, world).id
    with database.writing() as session:
        open_months(session, world.steel_id)
        record = find_record(session, world.steel_id, MONTH)
        version = start_month(session, world.officer, record.id, record.row_version)
        sheet = load_sheet(session, version.id)
        assert (sheet.plan_id, sheet.plan_submitted_on) == (plan_id, date(2026, 3, 1))


@pytest.mark.parametrize(("month", "held"), [("2026-02", 0), ("2026-03", 1)])
def test_a_finding_of_a_visit_lies_in_the_bundle_of_the_month_in_which_it_was_opened(
    database: Database, world: World, month: str, held: int
) -> None:
    with time_machine.travel(EARLY, tick=False), database.writing() as session:
        open_finding(
            session,
            world.regulator,
            world.steel_id,
            source=FindingSource.VISIT,
            record_id=None,
            check_id="Q-01",
            subject="visit:1:Q-01",
            severity=Severity.EXPLAIN,
            title="示例差距",
            detail={"message": "示例"},
        )
    with database.reading() as session:
        bundle = Bundle(enterprise_id=world.steel_id, first_month=month, last_month=month)
        assert len(json.loads(b"".join(produce(session, bundle, "findings")))) == held


def test_who_saves_a_system_second_is_told_the_hour_of_shanghai(database: Database, world: World) -> None:
    with time_machine.travel(EARLY, tick=False), database.writing() as session:
        product_id = made(session, world)
        calculate_footprint(session, world.officer, world.steel_id, product_id)
    again = SystemData("2025-01", "2025-12", battery())
    with database.writing() as session, pytest.raises(Conflict) as late:
        save_system(session, world.officer, world.steel_id, product_id, 7, again)
    assert late.value.params["when"] == "03-01 06:00"
