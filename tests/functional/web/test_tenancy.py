"""Ids of others in forms, fields and addresses: whoever sends them gets no further than with no id at all."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.access import EngagementScope
from portal.domain.periods import Month, today
from portal.models.engagements import Engagement
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.meters import Meter
from portal.models.notifications import Notification
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordVersion
from portal.models.reviews import Question, Review
from portal.models.users import User, UserSession
from portal.queries.sheets import load_sheet
from portal.services.months import find_record, start_month
from portal.services.plans import clone_plan
from portal.services.reviews import ask, take_for_review
from tests.factories.months import pdf
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, reviewing_sqlite  # noqa: F401 - a fixture

Browse = Callable[[int], Browser]
#: A month that the officer works on.
OPEN = Month(2026, 8)


@pytest.fixture
def sqlite_url(reviewing_sqlite: tuple[Path, World, int], tmp_path: Path) -> str:  # noqa: F811 - asks for it
    """The database in which a month is submitted."""
    path = tmp_path / "portal.db"
    shutil.copy(reviewing_sqlite[0], path)
    return f"sqlite:///{path}"


@pytest.fixture
def world(reviewing_sqlite: tuple[Path, World, int]) -> World:  # noqa: F811 - asks for it
    """The people of that database."""
    return reviewing_sqlite[1]


@pytest.fixture
def theirs(app: Flask, world: World) -> dict[str, int]:
    """Ids of things that belong to the dyeing mill."""
    with app.extensions["portal.database"].writing() as session:
        meter = Meter(
            enterprise_id=world.dyeing_id,
            code="DN-09",
            name="外人电能表",
            type="other",
            model="",
            location="",
            valid_from=date(2024, 1, 1),
        )
        plan = PlanVersion(
            enterprise_id=world.dyeing_id,
            number=1,
            guideline="industry-other-2015",
            effective_from="2026-01",
            reason="",
            boundary="",
            drawings={},
            row_version=1,
            comment="",
            created_by_id=world.stranger_officer.user_id,
        )
        record = MonthlyRecord(enterprise_id=world.dyeing_id, month=str(OPEN), due_on=today())
        file = Evidence(
            enterprise_id=world.dyeing_id,
            filename="外人台账.pdf",
            media_type="application/pdf",
            size=9,
            sha256="0" * 64,
            storage_key="evidence/00/" + "0" * 64,
            period_from=OPEN.first,
            period_to=OPEN.last,
            uploaded_by_id=world.stranger_officer.user_id,
        )
        session.add_all([meter, plan, record, file])
        session.flush()
        version = RecordVersion(record_id=record.id, number=1, plan_version_id=plan.id)
        session.add(version)
        session.flush()
        return {"meter": meter.id, "plan": plan.id, "evidence": file.id, "version": version.id}


@pytest.fixture
def work(app: Flask, world: World) -> str:
    """Address of a month of the steel works that is being filled."""
    with app.extensions["portal.database"].writing() as session:
        record = find_record(session, world.steel_id, OPEN)
        start_month(session, world.officer, record.id, record.row_version)
    return f"/enterprises/{world.steel_id}/records/{OPEN}"


def look(app: Flask, query: Any) -> Any:
    """One value from the database."""
    with app.extensions["portal.database"].reading() as session:
        return session.scalar(query)


def slot_of(app: Flask, world: World) -> str:
    """A slot of the open month."""
    with app.extensions["portal.database"].reading() as session:
        record = find_record(session, world.steel_id, OPEN)
        assert record.current_version_id is not None
        return str(load_sheet(session, record.current_version_id).slots()[0].code)


def test_a_stranger_s_file_fills_no_slot(
    app: Flask, world: World, browse: Browse, work: str, theirs: dict[str, int]
) -> None:
    officer, slot = browse(world.officer.user_id), slot_of(app, world)
    foreign = theirs["evidence"]
    assert officer.post(f"{work}/slots/{slot}/link/{foreign}").status_code == 404
    assert officer.post(f"{work}/slots/{slot}/remove/{foreign}").status_code == 404
    replacing = {
        "file": (pdf("a"), "a.pdf"),
        "period_from": str(OPEN.first),
        "period_to": str(OPEN.last),
        "replaces": str(foreign),
    }
    assert officer.post(f"{work}/slots/{slot}/choose", replacing).status_code == 422
    for kind in ("download", "inline"):
        own_path = f"/enterprises/{world.steel_id}/evidence/{foreign}/{kind}"
        assert officer.get(own_path).status_code == 404
    assert look(app, sa.select(EvidenceLink.id).where(EvidenceLink.evidence_id == foreign)) is None


def test_a_stranger_s_meter_comes_into_no_plan(
    app: Flask, world: World, browse: Browse, theirs: dict[str, int]
) -> None:
    with app.extensions["portal.database"].writing() as session:
        old = session.scalars(sa.select(PlanVersion).where(PlanVersion.enterprise_id == world.steel_id)).one()
        plan = clone_plan(session, world.officer, world.steel_id, old.id)
        stream = plan.streams[0]
        rows = [row for row in stream.parameters if not row.derived]
        other_row = old.streams[0].parameters[0].id
        plan_id, stream_id, old_id, old_stream = plan.id, stream.id, old.id, old.streams[0].id
        form = {"row_version": str(plan.row_version)}
        for row in rows:
            form |= {f"p{row.id}-acquisition": row.acquisition.value, f"p{row.id}-meter_id": ""}
        form |= {f"p{rows[0].id}-meter_id": str(theirs["meter"]), f"p{other_row}-department": "外人部门"}
    officer, plans = browse(world.officer.user_id), f"/enterprises/{world.steel_id}/plans"
    assert officer.post(f"{plans}/{plan_id}/streams/{stream_id}", form).status_code == 422
    assert look(app, sa.select(Parameter.id).where(Parameter.meter_id == theirs["meter"])) is None
    assert look(app, sa.select(Parameter.id).where(Parameter.department == "外人部门")) is None
    assert officer.get(f"{plans}/{plan_id}/streams/{old_stream}").status_code == 404
    assert officer.post(f"{plans}/{old_id}/head", form).status_code in {403, 422}
    for path in (f"{theirs['plan']}", f"{theirs['plan']}/edit", f"{plan_id}/compare/{theirs['plan']}"):
        assert officer.get(f"{plans}/{path}").status_code == 404
    for path in ("clone", "discard", "submit", "fill", "head", "drawings/site_plan"):
        sent = {"row_version": "1", "effective_from": "2027-01", "section": "all", "department": "x"}
        assert officer.post(f"{plans}/{theirs['plan']}/{path}", sent).status_code == 404
    assert officer.get(f"/enterprises/{world.steel_id}/meters/{theirs['meter']}").status_code == 404
    for path in ("edit", "retire", "calibrations/new"):
        address = f"/enterprises/{world.steel_id}/meters/{theirs['meter']}/{path}"
        assert officer.post(address, {"row_version": "1"}).status_code == 404


def test_a_stranger_s_version_is_printed_for_nobody_else(
    app: Flask, world: World, browse: Browse, theirs: dict[str, int]
) -> None:
    officer = browse(world.officer.user_id)
    base = f"/enterprises/{world.steel_id}/documents/versions/{theirs['version']}"
    for path in ("status", "preview", "preview.pdf"):
        assert officer.get(f"{base}/{path}", headers={"HX-Request": "true"}).status_code == 404
    for path in ("retry", "preview"):
        assert officer.post(f"{base}/{path}").status_code == 404


def test_a_question_is_answered_only_by_those_it_was_put_to(
    app: Flask, world: World, browse: Browse, work: str
) -> None:
    with app.extensions["portal.database"].writing() as session:
        record = find_record(session, world.steel_id, MONTH)
        take_for_review(session, world.regulator, record.id, record.row_version)
        assert record.current_version_id is not None
        section = load_sheet(session, record.current_version_id).sections[0].section
        due = today() + timedelta(days=3)
        question = ask(session, world.regulator, record.id, record.row_version, section, "示例？", due)
        number = question.id
    said = {"question_id": str(number), "answer": "替人回答"}
    assert browse(world.officer.user_id).post(f"{work}/questions", said).status_code == 404
    foreign = f"/enterprises/{world.dyeing_id}/records/{MONTH}/questions"
    for who in (world.stranger_officer, world.officer, world.other_steward):
        assert browse(who.user_id).post(foreign, said).status_code == 404
    assert look(app, sa.select(Question.answer).where(Question.id == number)) in {None, ""}


def test_a_review_goes_to_nobody_outside_the_area(app: Flask, world: World, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        record = find_record(session, world.steel_id, MONTH)
        take_for_review(session, world.regulator, record.id, record.row_version)
        version = record.row_version
    regulator = browse(world.regulator.user_id)
    review = f"/enterprises/{world.steel_id}/records/{MONTH}/review"
    for other in (world.other_regulator, world.officer, world.steward, world.platform_administrator):
        form = {"row_version": version, "reviewer": str(other.user_id)}
        assert regulator.post(f"{review}/reassign", form).status_code == 422
    assert look(app, sa.select(Review.reviewer_id)) == world.regulator.user_id
    outsider = browse(world.other_regulator.user_id)
    for path in ("take", "accept", "return", "ask", "reassign", "countersign"):
        form = {"row_version": version, "comment": "x", "body": "x", "section": "energy"}
        assert outsider.post(f"{review}/{path}", form).status_code == 404


def test_fields_that_the_form_does_not_have_change_nothing(app: Flask, world: World, browse: Browse) -> None:
    before = look(app, sa.select(User.password_hash).where(User.id == world.officer.user_id))
    sent = {
        "name": "沈示例",
        "title": "主管",
        "id": str(world.signatory.user_id),
        "active": "",
        "email": "other@example.test",
        "organisation_id": str(world.dyeing_id),
        "password_hash": "x",
        "roles": "platform_administrator",
        "totp_confirmed_at": "2026-01-01",
    }
    assert browse(world.officer.user_id).post("/account/profile", sent).status_code == 303
    with app.extensions["portal.database"].reading() as session:
        user = session.get_one(User, world.officer.user_id)
        assert (user.title, user.email, user.organisation_id) == (
            "主管",
            "officer@example.test",
            world.steel_id,
        )
        assert (user.active, user.password_hash, user.totp_confirmed_at) == (True, before, None)
        assert [held.role.value for held in user.roles] == ["enterprise_officer"]
        assert session.get_one(User, world.signatory.user_id).name == "顾示例"


def test_a_contract_is_proposed_for_oneself_and_to_a_steward_firm_only(
    app: Flask, world: World, browse: Browse
) -> None:
    terms = {
        "scope": "both",
        "starts_on": str(today() + timedelta(days=500)),
        "ends_on": str(today() + timedelta(days=600)),
    }
    administrator = browse(world.administrator.user_id)
    for firm in (world.dyeing_id, world.district_id, world.steel_id, "99999999999999999999", "x"):
        extra = {"firm_id": str(firm), "enterprise_id": str(world.dyeing_id)}
        assert administrator.post("/engagements/new", terms | extra).status_code == 422
    own = terms | {
        "firm_id": str(world.other_firm_id),
        "enterprise_id": str(world.dyeing_id),
        "state": "active",
    }
    assert administrator.post("/engagements/new", own).status_code == 303
    made = look(app, sa.select(Engagement).order_by(Engagement.id.desc()).limit(1))
    assert (made.enterprise_id, made.state.value) == (world.steel_id, "proposed")


def test_filters_by_another_enterprise_find_nothing(
    app: Flask, world: World, browse: Browse, theirs: dict[str, int]
) -> None:
    for who in (world.officer, world.steward, world.regulator):
        browser = browse(who.user_id)
        for path in (
            f"/findings?enterprise={world.dyeing_id}&state=",
            f"/findings.csv?enterprise={world.dyeing_id}",
        ):
            assert "示例印染" not in browser.get(path).text
    for path in ("/enterprises", "/enterprises?q=印染&district=330503", "/enterprises.csv?district=330503"):
        assert "示例印染有限公司" not in browse(world.regulator.user_id).get(path).text
    queue = browse(world.regulator.user_id).get("/registrations/queue?state=all&district=330503")
    assert queue.status_code == 200


def test_another_s_notice_and_session_are_out_of_reach(app: Flask, world: World, browse: Browse) -> None:
    browse(world.signatory.user_id)
    with app.extensions["portal.database"].writing() as session:
        notice = Notification(user_id=world.signatory.user_id, text="示例", params={}, link="/")
        session.add(notice)
        session.flush()
        number = notice.id
    held = look(app, sa.select(UserSession.id).where(UserSession.user_id == world.signatory.user_id))
    officer = browse(world.officer.user_id)
    assert officer.post(f"/notifications/{number}/read").status_code == 404
    assert officer.post(f"/account/sessions/{held}/end").status_code == 404
    assert look(app, sa.select(UserSession.ended_at).where(UserSession.id == held)) is None


@pytest.mark.parametrize("change", ["ended", "environment", "suspended", "future"])
def test_a_steward_without_a_carbon_contract_in_force_reaches_nothing(
    app: Flask, world: World, browse: Browse, work: str, change: str
) -> None:
    steward = browse(world.steward.user_id)
    cell = f"{work}/values/S-02.purchased"
    assert steward.post(cell, {"value": "5", "row_version": "0"}).status_code == 200
    changes: dict[str, dict[str, Any]] = {
        "ended": {"ends_on": today() - timedelta(days=1)},
        "environment": {"scope": EngagementScope.ENVIRONMENT},
        "suspended": {"state": "suspended"},
        "future": {"starts_on": today() + timedelta(days=1)},
    }
    with app.extensions["portal.database"].writing() as session:
        session.execute(
            sa.update(Engagement).where(Engagement.id == world.engagement_id).values(**changes[change])
        )
    base = f"/enterprises/{world.steel_id}"
    for path in (
        "/records",
        f"/records/{OPEN}",
        f"/records/{OPEN}/energy",
        "/plans",
        "/meters",
        "/documents",
    ):
        assert steward.get(f"{base}{path}").status_code == 404
    assert steward.post(cell, {"value": "6", "row_version": "1"}).status_code == 404
    for path in (f"/records/{OPEN}/evaluate", f"/records/{OPEN}/ready", f"/records/{MONTH}/restatement"):
        assert steward.post(f"{base}{path}", {"row_version": "2", "reason": "x"}).status_code == 404
    assert "S-02" not in steward.get("/findings?state=").text
    assert str(OPEN) not in steward.get("/").text
    if change != "environment":
        assert steward.get(base).status_code == 404


def test_nobody_but_the_signatory_signs_and_nobody_changes_what_is_signed(
    app: Flask, world: World, browse: Browse
) -> None:
    month = f"/enterprises/{world.steel_id}/records/{MONTH}"
    form = {"row_version": "1", "idempotency_key": "k", "password": "example-password-1", "reason": "示例"}
    for who in (world.officer, world.administrator, world.steward, world.steward_lead, world.regulator):
        browser = browse(who.user_id)
        for path in ("sign", "statements", "recall"):
            assert browser.post(f"{month}/{path}", form).status_code == 403
    officer = browse(world.officer.user_id)
    assert (
        officer.post(f"{month}/values/S-02.purchased", {"value": "5", "row_version": "1"}).status_code == 403
    )
    for path in ("start", "ready", "amend", "reopen"):
        assert officer.post(f"{month}/{path}", form | {"row_version": "2"}).status_code in {403, 409}
    state = look(app, sa.select(MonthlyRecord.state).where(MonthlyRecord.month == str(MONTH)))
    assert state.value == "submitted"
    assert look(app, sa.select(SourceStream.id).limit(1)) is not None
