"""The same button pressed twice at once: it happens once, and nobody sees a failure of ours."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.access import EngagementScope, Role
from portal.domain.periods import Month, today
from portal.domain.workflow import EngagementState
from portal.models.records import MonthlyRecord
from portal.reference.statements import load_statements
from portal.services.months import find_record, open_months
from portal.services.signing import open_statement
from tests.factories.months import evaluate, explain_all, make_filled_month
from tests.factories.plans import make_steel_plan
from tests.factories.world import PASSWORD, World, make_engagement, make_user, make_world
from tests.fixtures.application import Browser, settings_for
from tests.fixtures.reuse import lend_app

Browse = Callable[[int], Browser]
MONTH = Month(2026, 9)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on each database: they make the second one wait in different ways."""
    lent = lend_app(settings_for(database_url, tmp_path))
    yield lent
    lent.extensions["portal.database"].engine.dispose()


@pytest.fixture
def world(app: Flask) -> World:
    """The people."""
    with app.extensions["portal.database"].writing() as session:
        return make_world(session)


def at_once(*browsers: Browser, path: str, data: dict[str, Any] | None = None) -> Counter[int]:
    """Post the same form from all browsers at the same moment; the answers' numbers."""
    together, answers = threading.Barrier(len(browsers)), []

    def press(browser: Browser) -> None:
        together.wait(timeout=30)
        answers.append(browser.post(path, dict(data or {})).status_code)

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == len(browsers)
    assert max(answers) < 500
    return Counter(answers)


def twice(browse: Browse, user_id: int, path: str, data: dict[str, Any] | None = None) -> Counter[int]:
    """One person's double click."""
    return at_once(browse(user_id), browse(user_id), path=path, data=data)


def count(app: Flask, query: str) -> int:
    """What a counting query gives."""
    with app.extensions["portal.database"].reading() as session:
        return int(session.scalar(sa.text(query)) or 0)


def test_a_month_starts_once_and_a_cell_is_saved_once(app: Flask, world: World, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        plan = make_steel_plan(session, world)
        open_months(session, plan.enterprise_id)
        version = find_record(session, world.steel_id, MONTH).row_version
    month, officer = f"/enterprises/{world.steel_id}/records/{MONTH}", world.officer.user_id
    assert twice(browse, officer, f"{month}/start", {"row_version": version})[303] == 1
    assert count(app, "SELECT count(*) FROM record_versions") == 1
    saved = twice(browse, officer, f"{month}/values/S-02.purchased", {"value": "5", "row_version": "0"})
    assert saved == {200: 1, 409: 1}


def test_a_month_is_signed_and_taken_once(app: Flask, world: World, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        plan = make_steel_plan(session, world)
        record = make_filled_month(session, world, plan, MONTH)
        assert record.current_version_id is not None
        evaluate(session, world.officer, record.current_version_id)
        explain_all(session, world.officer, record)
        ready, record_id = record.row_version, record.id
    month = f"/enterprises/{world.steel_id}/records/{MONTH}"
    assert twice(browse, world.officer.user_id, f"{month}/ready", {"row_version": ready})[303] == 1
    with app.extensions["portal.database"].writing() as session:
        for statement in load_statements():
            open_statement(session, world.signatory, record_id, statement.key)
        signing = {
            "row_version": session.get_one(MonthlyRecord, record_id).row_version,
            "idempotency_key": "one-press",
            "password": PASSWORD,
            "agree": [statement.key for statement in load_statements()],
        }
    assert twice(browse, world.signatory.user_id, f"{month}/sign", signing)[303] >= 1
    assert count(app, "SELECT count(*) FROM snapshots") == 1
    assert count(app, "SELECT last FROM counters WHERE name = 'receipt'") == 1
    with app.extensions["portal.database"].reading() as session:
        submitted = session.get_one(MonthlyRecord, record_id).row_version
    first, second = browse(world.regulator.user_id), browse(world.second_regulator.user_id)
    taken = at_once(first, second, path=f"{month}/review/take", data={"row_version": submitted})
    assert taken[303] == 1
    assert count(app, "SELECT count(*) FROM reviews") == 1


def test_an_application_is_begun_once(app: Flask, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        applicant = make_user(session, None, "applicant@example.test", "申请示例").id
    assert twice(browse, applicant, "/registrations") == {303: 2}
    assert count(app, "SELECT count(*) FROM registrations") == 1


def test_a_person_is_invited_once_and_joins_once(app: Flask, world: World, browse: Browse) -> None:
    people = f"/organisations/{world.steel_id}/members"
    invitation = {"name": "新人示例", "email": "new@example.test", "roles": Role.ENTERPRISE_OFFICER.value}
    twice(browse, world.administrator.user_id, f"{people}/invitations", invitation)
    still_open = "SELECT count(*) FROM invitations WHERE revoked_at IS NULL AND accepted_at IS NULL"
    assert count(app, still_open) == 1
    with app.extensions["portal.database"].reading() as session:
        letter = session.scalar(sa.text("SELECT body FROM mails ORDER BY id DESC LIMIT 1"))
    token = str(letter).partition("/invitations/")[2].split()[0]
    joining = {"name": "新人示例", "password": "a-long-example-1", "again": "a-long-example-1"}
    with app.extensions["portal.database"].writing() as session:
        other = make_user(session, None, "other@example.test", "旁人示例").id
    answers = twice(browse, other, f"/invitations/{token}", joining)
    assert answers[303] <= 1
    assert count(app, "SELECT count(*) FROM users WHERE email = 'new@example.test'") == 1


def test_a_contract_is_proposed_once_and_accepted_once(app: Flask, world: World, browse: Browse) -> None:
    terms = {
        "scope": "both",
        "firm_id": world.other_firm_id,
        "starts_on": today().isoformat(),
        "ends_on": (today() + timedelta(days=90)).isoformat(),
    }
    administrator = world.administrator.user_id
    assert twice(browse, administrator, "/engagements/new", terms)[303] == 1
    with app.extensions["portal.database"].writing() as session:
        proposed = make_engagement(
            session,
            world.other_firm_id,
            world.steel_id,
            scope=EngagementScope.CARBON,
            starts_on=today() + timedelta(days=200),
            ends_on=today() + timedelta(days=300),
            state=EngagementState.PROPOSED,
            number="EG-2026-0900",
        )
        form = {"row_version": proposed.row_version}
    assert twice(browse, administrator, f"/engagements/{proposed.id}/accept", form)[303] == 1


def test_many_writers_wait_for_each_other(app: Flask, world: World, browse: Browse) -> None:
    browsers = [browse(world.officer.user_id) for _ in range(8)]
    assert at_once(*browsers, path="/account/profile", data={"name": "同名示例", "title": "主管"}) == {303: 8}
    events = count(app, "SELECT count(*) FROM events WHERE action = 'account.changed'")
    assert events == 8
