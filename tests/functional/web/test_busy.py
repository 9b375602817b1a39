"""A database that is gone or held by others: a page that says so, no server error, nothing half-written."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from portal.domain.periods import Month
from portal.services.months import find_record, open_months, start_month
from tests.factories.plans import make_steel_plan
from tests.factories.world import World
from tests.fixtures.application import Browser

MONTH = Month(2026, 9)


@pytest.fixture
def place(app: Flask, world: World) -> str:
    """A started month."""
    with app.extensions["portal.database"].writing() as session:
        plan = make_steel_plan(session, world)
        open_months(session, plan.enterprise_id)
        record = find_record(session, plan.enterprise_id, MONTH)
        start_month(session, world.officer, record.id, record.row_version)
    return f"/enterprises/{world.steel_id}/records/{MONTH}"


def go_away(app: Flask) -> None:
    """From now on the database is where nobody can open it."""
    app.extensions["portal.database"].move("sqlite:////nowhere/portal.db")


def test_a_page_says_that_the_portal_is_busy(
    app: Flask, world: World, browse: Callable[[int], Browser]
) -> None:
    browser = browse(world.officer.user_id)
    go_away(app)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "系统正忙" in answer.text
    assert answer.headers["Retry-After"] == "10"


def test_a_saved_value_is_answered_so_that_the_browser_keeps_it(
    app: Flask, world: World, browse: Callable[[int], Browser], place: str
) -> None:
    browser = browse(world.officer.user_id)
    go_away(app)
    form = {"value": "5", "row_version": "0"}
    answer = browser.post(f"{place}/values/S-02.purchased", form, headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "busy"


def test_a_file_that_stays_locked_is_busy_and_takes_the_value_later(
    app: Flask, world: World, browse: Callable[[int], Browser], place: str
) -> None:
    browser = browse(world.officer.user_id)
    engine = app.extensions["portal.database"].engine
    event.listen(engine, "connect", _impatient)
    engine.dispose()
    form = {"value": "5", "row_version": "0"}
    holder = sa.create_engine(engine.url)
    with holder.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        assert browser.post(f"{place}/values/S-02.purchased", form).status_code == 503
    holder.dispose()
    assert browser.post(f"{place}/values/S-02.purchased", form).status_code == 200
    event.remove(engine, "connect", _impatient)


def _impatient(connection: object, record: object) -> None:
    """Ten seconds of waiting are the portal's; a test waits less."""
    connection.execute("PRAGMA busy_timeout=20")  # type: ignore[attr-defined]  # a driver's connection
