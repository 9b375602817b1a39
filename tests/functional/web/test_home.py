"""The first page of each kind of account: its own things, never a stranger's, in both languages."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.access import Actor, Role
from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import RecordState
from portal.models.database import Database
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord
from portal.queries.access import actor_of
from portal.services.months import open_months
from portal.web.home import QUEUE_SHOWN
from tests.factories.months import evaluate, explain_all, make_filled_month, make_submitted_month
from tests.factories.plans import make_steel_plan
from tests.factories.states import make_finding, make_plan_version, make_record, make_submitted
from tests.factories.world import World, make_user
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]
LAST = Month.of(today()).previous()
STEEL, DYEING = "示例钢铁有限公司", "示例印染有限公司"


def people(world: World) -> dict[str, Actor]:
    """Everybody who has a home of their own."""
    return {
        "officer": world.officer,
        "administrator": world.administrator,
        "signatory": world.signatory,
        "steward": world.steward,
        "steward_lead": world.steward_lead,
        "district": world.regulator,
        "city": world.city_regulator,
    }


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(
    "who", ["officer", "administrator", "signatory", "steward", "steward_lead", "district", "city"]
)
def test_every_home_renders_in_both_languages(
    who: str, locale: str, app: Flask, world: World, browse: Browse
) -> None:
    browser = browse(people(world)[who].user_id)
    browser.client.set_cookie("locale", locale)
    page = browser.get("/")
    assert page.status_code == 200
    assert f'<html lang="{"en" if locale == "en" else "zh-CN"}">' in page.text
    assert page.text.count("<h1>") == 1


@pytest.mark.parametrize(
    ("who", "path", "entry"),
    [
        ("officer", "/findings/board", "差距与整改"),
        ("steward", "/findings/board", "差距"),
        ("district", "/findings/board", "统计"),
        ("officer", "/enterprises/{steel}/lab-reports", "月度填报"),
        ("officer", "/enterprises/{steel}/credits", "报告与认证"),
    ],
)
def test_the_menu_marks_where_one_is(who: str, path: str, entry: str, world: World, browse: Browse) -> None:
    page = browse(people(world)[who].user_id).get(path.format(steel=world.steel_id)).text
    assert set(re.findall(r'aria-current="page">([^<\s]+)', page)) == {entry}


def test_a_stranger_is_sent_to_the_door(app: Flask) -> None:
    answer = app.test_client().get("/")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_the_platform_and_an_applicant_go_to_their_own_pages(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        applicant = actor_of(make_user(session, None, "new@example.test", "杨示例"))
    assert browse(world.platform_administrator.user_id).get("/").headers["Location"] == "/organisations"
    assert browse(applicant.user_id).get("/").headers["Location"] == "/registrations"


def test_an_account_without_a_role_is_told_whom_to_ask(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        user = make_user(
            session, session.get_one(Organisation, world.steel_id), "none@example.test", "无示例"
        )
    page = browse(user.id).get("/")
    assert page.status_code == 200
    assert "您的账户还没有角色" in page.text


def test_a_new_enterprise_learns_how_to_begin(database: Database, world: World, browse: Browse) -> None:
    with database.writing() as session:
        profile = session.get_one(EnterpriseProfile, world.steel_id)
        profile.first_month = str(Month.of(today()))
    page = browse(world.officer.user_id).get("/")
    assert "从这里开始" in page.text
    assert f"/enterprises/{world.steel_id}/plans/new" in page.text
    assert "还没有排放数据" in page.text
    assert "没有待整改的差距" in page.text
    assert f"于 {Month.of(today()).next().first} 开放" in page.text


def test_the_home_opens_the_months_that_have_ended(database: Database, world: World, browse: Browse) -> None:
    with database.writing() as session:
        make_plan_version(session, world.steel_id)
    page = browse(world.officer.user_id).get("/")
    with database.reading() as session:
        opened = session.scalars(
            sa.select(MonthlyRecord.month).where(MonthlyRecord.enterprise_id == world.steel_id)
        ).all()
    assert str(LAST) in opened
    assert "开始填报" in page.text
    assert f"/enterprises/{world.steel_id}/records/{LAST}/start" in page.text


def test_the_officer_sees_the_month_its_days_and_what_blocks(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        make_filled_month(session, world, plan, LAST)
    page = browse(world.officer.user_id).get("/")
    days = (due_on(LAST) - today()).days
    assert page.status_code == 200
    assert f">{abs(days)}</span>" in page.text
    assert "还没有评估" in page.text
    assert f"/enterprises/{world.steel_id}/records/{LAST}/evaluation" in page.text
    assert "继续填报" in page.text
    assert "tCO<sub>2</sub>" in page.text
    assert (
        page.text.count('class="btn btn-primary') == 2
    )  # one button, drawn once for desks and once for phones


def test_gaps_of_earlier_months_stand_at_the_head_and_a_strangers_never(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        make_plan_version(session, world.steel_id)
        open_months(session, world.steel_id)
        records = {
            row.month: row
            for row in session.scalars(
                sa.select(MonthlyRecord).where(MonthlyRecord.enterprise_id == world.steel_id)
            )
        }
        make_finding(session, records[str(LAST.previous())], "GAP-1", -3, title="地磅校准证书缺页")
        foreign = make_record(session, world.dyeing_id, LAST, RecordState.NOT_STARTED)
        make_finding(session, foreign, "GAP-2", 3, title="印染厂的差距")
    mine = browse(world.officer.user_id).get("/").text
    assert "以前月份还有 1 项差距未关闭" in mine
    assert "地磅校准证书缺页" in mine
    assert "逾期 3 天" in mine
    assert "印染厂的差距" not in mine
    assert DYEING not in mine
    assert "印染厂的差距" in browse(world.stranger_officer.user_id).get("/").text


def test_an_administrator_without_the_pen_gets_no_button_to_fill(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        make_plan_version(session, world.steel_id)
    page = browse(world.administrator.user_id).get("/")
    assert "查看本月" in page.text
    assert "/start" not in page.text


def test_the_table_behind_the_chart_is_the_enterprises_own(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        make_submitted_month(session, world, plan, LAST)
    page = browse(world.officer.user_id).get("/chart")
    assert page.status_code == 200
    assert "1,214,057.49" in page.text
    assert "合计（1 个月）" in page.text
    assert "1,214,057.49" not in browse(world.stranger_officer.user_id).get("/chart").text
    for outsider in (world.steward, world.regulator):
        assert browse(outsider.user_id).get("/chart").status_code == 404
    assert browse(world.platform_administrator.user_id).get("/chart").status_code == 403


def test_the_signatory_has_the_figures_before_and_the_receipt_after(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        make_submitted_month(session, world, plan, LAST.previous())
        record = make_filled_month(session, world, plan, LAST)
        assert record.current_version_id is not None
        evaluate(session, world.officer, record.current_version_id)
        explain_all(session, world.officer, record)
        record.state = RecordState.READY_FOR_SIGNOFF
        make_record(session, world.dyeing_id, LAST, RecordState.READY_FOR_SIGNOFF)
    page = browse(world.signatory.user_id).get("/").text
    assert f"/enterprises/{world.steel_id}/records/{LAST}/sign" in page
    assert page.count("1,214,057.49") >= 3  # this month, last month, and the signed line
    assert f"/records/{LAST.previous()}/receipts/1" in page
    assert f"/enterprises/{world.dyeing_id}/" not in page


def test_a_signatory_with_nothing_to_sign_is_told_what_would_be_here(world: World, browse: Browse) -> None:
    page = browse(world.signatory.user_id).get("/").text
    assert "现在没有等您签署的月份" in page
    assert "还没有签署过月份" in page


def test_a_regulators_queue_shows_the_district_and_not_its_neighbour(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        plan = make_steel_plan(session, world)
        make_submitted_month(session, world, plan, LAST)
    mine = browse(world.regulator.user_id).get("/").text
    assert STEEL in mine
    assert f"/enterprises/{world.steel_id}/records/{LAST}/review" in mine
    assert "1,214,057.49" in mine
    assert "没有待受理的登记" in mine
    other = browse(world.other_regulator.user_id).get("/").text
    assert STEEL not in other
    assert "没有等您审核的月份" in other
    assert STEEL in browse(world.city_regulator.user_id).get("/").text


def test_a_long_queue_is_cut_at_fifty_and_listed_whole_on_demand(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        for back in range(1, QUEUE_SHOWN + 3):
            make_submitted(session, world, world.steel_id, Month.of(today()).plus(-back), "1")
    browser = browse(world.regulator.user_id)
    first, whole = browser.get("/").text, browser.get("/?all=1").text
    assert "另有 2 个月份，全部列出" in first
    assert "全部列出" not in whole
    assert (first.count("第 1 版"), whole.count("第 1 版")) == (QUEUE_SHOWN, QUEUE_SHOWN + 2)


def test_an_officer_who_also_signs_is_told_what_waits(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        make_plan_version(session, world.steel_id)
        make_record(session, world.steel_id, LAST, RecordState.READY_FOR_SIGNOFF)
        user = make_user(
            session,
            session.get_one(Organisation, world.steel_id),
            "both@example.test",
            "双示例",
            Role.ENTERPRISE_SIGNATORY,
            Role.ENTERPRISE_OFFICER,
        )
    page = browse(user.id).get("/").text
    assert "工作台" in page
    assert f"/enterprises/{world.steel_id}/records/{LAST}/sign" in page
    assert "没有等您填报的月份" in page
