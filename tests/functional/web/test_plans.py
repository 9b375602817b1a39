"""The pages of the quality-control plan, from the template to the regulator's decision."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.workflow import PlanState
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.services.plans import clone_plan, submit_plan
from tests.factories.plans import STEEL_CHOICES, draft_plan, fill_plan, make_steel_plan, steel_meter
from tests.factories.world import World
from tests.fixtures.application import Browser

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
Browse = Callable[[int], Browser]


def _plans(world: World) -> str:
    return f"/enterprises/{world.steel_id}/plans"


@pytest.fixture
def draft_id(app: Flask, world: World) -> int:
    """A draft of the steel works straight from the template."""
    with app.extensions["portal.database"].writing() as session:
        return draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES).id


@pytest.fixture
def waiting_id(app: Flask, world: World) -> int:
    """A version that waits for the regulator."""
    with app.extensions["portal.database"].writing() as session:
        plan = draft_plan(session, world.officer, world.steel_id, STEEL_CHOICES)
        fill_plan(session, plan, world.officer, steel_meter)
        submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
        return plan.id


def _plan(app: Flask, plan_id: int) -> PlanVersion:
    with app.extensions["portal.database"].reading() as session:
        plan: PlanVersion = session.get_one(PlanVersion, plan_id)
        return plan


def _rows(app: Flask, plan_id: int, code: str) -> tuple[int, list[Parameter]]:
    with app.extensions["portal.database"].reading() as session:
        stream = session.scalars(
            sa.select(SourceStream).where(SourceStream.plan_version_id == plan_id, SourceStream.code == code)
        ).one()
        return stream.id, list(stream.parameters)


def test_a_plan_is_made_from_the_template_in_a_few_clicks(app: Flask, world: World, browse: Browse) -> None:
    browser = browse(world.officer.user_id)
    assert "从模板新建" in browser.get(_plans(world)).text
    page = browser.get(f"{_plans(world)}/new")
    assert 'value="fuel:烟煤"' in page.text
    answer = browser.post(
        f"{_plans(world)}/new",
        {
            "items": ["fuel:烟煤", "process:石灰石", "output:粗钢"],
            "effective_from": "2026年1月",
            "boundary": "示例厂区",
        },
    )
    assert answer.status_code == 303
    edit = browser.get(answer.location)
    assert "S-01 烟煤" in edit.text
    assert "QT-01 生产变化情况" in edit.text
    assert "个参数还没有负责部门" in edit.text


def test_nothing_ticked_and_a_wrong_month_are_said_at_their_place(world: World, browse: Browse) -> None:
    page = browse(world.officer.user_id).post(
        f"{_plans(world)}/new", {"effective_from": "2026-13", "boundary": "留着的文字"}
    )
    assert page.status_code == 422
    assert "月份要写成 2026-10 的样子" in page.text
    assert "留着的文字" in page.text
    assert 'value="2026-13"' in page.text
    page = browse(world.officer.user_id).post(f"{_plans(world)}/new", {"effective_from": "2026-12"})
    assert page.status_code == 422
    assert "请至少选一项" in page.text


def test_submitting_a_bare_draft_lists_what_is_missing(
    app: Flask, world: World, browse: Browse, draft_id: int
) -> None:
    page = browse(world.officer.user_id).post(
        f"{_plans(world)}/{draft_id}/submit", {"row_version": _plan(app, draft_id).row_version}
    )
    assert page.status_code == 422
    assert re.search(r"还不能提交：有 \d+ 件事要先做", page.text)
    assert "个实测参数还没有指定计量器具" in page.text
    assert _plan(app, draft_id).state is PlanState.DRAFT


def test_sixty_rows_are_filled_with_one_form(app: Flask, world: World, browse: Browse, draft_id: int) -> None:
    browser = browse(world.officer.user_id)
    data: dict[str, Any] = {"row_version": _plan(app, draft_id).row_version, "section": "all"}
    path = f"{_plans(world)}/{draft_id}/fill"
    empty = browser.post(path, {**data, "department": ""})
    assert empty.status_code == 422
    assert "至少填一项" in empty.text
    assert browser.post(path, {**data, "department": "能源管理部"}).status_code == 303
    assert "个参数还没有负责部门" not in browser.get(f"{_plans(world)}/{draft_id}/edit").text


def test_a_streams_rows_are_changed_in_one_form(
    app: Flask, world: World, browse: Browse, draft_id: int
) -> None:
    stream_id, rows = _rows(app, draft_id, "S-02")
    browser = browse(world.officer.user_id)
    path = f"{_plans(world)}/{draft_id}/streams/{stream_id}"
    assert "购入量 获取方式" not in browser.get(path).text  # the guideline leaves one way only
    data: dict[str, Any] = {"row_version": _plan(app, draft_id).row_version, "next": "1"}
    for row in rows:
        if not row.derived:
            data |= {f"p{row.id}-acquisition": row.acquisition.value, f"p{row.id}-meter_id": ""}
            data |= {f"p{row.id}-department": "煤场", f"p{row.id}-frequency": "每日"}
    measured = next(row for row in rows if row.key == "net_calorific_value")
    data[f"p{measured.id}-acquisition"] = "measured"
    answer = browser.post(path, data)
    assert answer.status_code == 303
    assert "/streams/" in answer.location
    _, after = _rows(app, draft_id, "S-02")
    changed = next(row for row in after if row.key == "net_calorific_value")
    assert (changed.acquisition.value, changed.department) == ("measured", "煤场")


def test_a_way_that_the_guideline_forbids_is_refused_at_its_row(
    app: Flask, world: World, browse: Browse, draft_id: int
) -> None:
    stream_id, rows = _rows(app, draft_id, "S-04")
    data: dict[str, Any] = {"row_version": _plan(app, draft_id).row_version}
    for row in rows:
        if not row.derived:
            data |= {f"p{row.id}-acquisition": row.acquisition.value, f"p{row.id}-meter_id": ""}
            data[f"p{row.id}-source_record"] = "留着的台账"
    coke = next(row for row in rows if row.key == "net_calorific_value")
    data[f"p{coke.id}-acquisition"] = "measured"
    page = browse(world.officer.user_id).post(f"{_plans(world)}/{draft_id}/streams/{stream_id}", data)
    assert page.status_code == 422
    assert f"#p{coke.id}-acquisition" in page.text
    assert "留着的台账" in page.text


def test_a_stale_form_keeps_what_was_typed(app: Flask, world: World, browse: Browse, draft_id: int) -> None:
    stream_id, rows = _rows(app, draft_id, "S-18")
    data: dict[str, Any] = {"row_version": _plan(app, draft_id).row_version}
    for row in rows:
        if not row.derived:
            data |= {f"p{row.id}-acquisition": row.acquisition.value, f"p{row.id}-meter_id": ""}
            data[f"p{row.id}-department"] = "炼钢厂"
    path = f"{_plans(world)}/{draft_id}/streams/{stream_id}"
    assert browse(world.steward.user_id).post(path, data).status_code == 303
    for row in rows:
        data[f"p{row.id}-department"] = "质检部"
    page = browse(world.officer.user_id).post(path, data)
    assert page.status_code == 409
    assert "李示例" in page.text
    assert 'value="质检部"' in page.text
    data["row_version"] = _plan(app, draft_id).row_version
    assert browse(world.officer.user_id).post(path, data).status_code == 303


def test_streams_are_added_renamed_and_removed(
    app: Flask, world: World, browse: Browse, draft_id: int
) -> None:
    browser = browse(world.officer.user_id)
    path = f"{_plans(world)}/{draft_id}/streams"
    version = {"row_version": _plan(app, draft_id).row_version}
    assert browser.post(f"{path}/new", {**version, "items": ["fuel:柴油"]}).status_code == 303
    stream_id, _ = _rows(app, draft_id, "S-22")
    version = {"row_version": _plan(app, draft_id).row_version}
    browser.post(f"{path}/{stream_id}/name", {**version, "name": "厂内车辆柴油"})
    assert "S-22 厂内车辆柴油" in browser.get(f"{_plans(world)}/{draft_id}/edit").text
    version = {"row_version": _plan(app, draft_id).row_version}
    assert browser.post(f"{path}/{stream_id}/remove", version).status_code == 303
    assert "S-22" not in browser.get(f"{_plans(world)}/{draft_id}").text


@pytest.mark.parametrize("page", ["edit", "streams/new", "streams/{stream}"])
def test_every_form_carries_the_version_that_it_was_made_from(
    app: Flask, world: World, browse: Browse, draft_id: int, page: str
) -> None:
    stream_id, _ = _rows(app, draft_id, "S-02")
    path = f"{_plans(world)}/{draft_id}/{page.format(stream=stream_id)}"
    text = browse(world.officer.user_id).get(path).text
    carried = re.findall(r'name="row_version"[^>]*value="(\d*)"', text)
    assert carried
    assert set(carried) == {str(_plan(app, draft_id).row_version)}


def test_the_regulator_approves_and_the_version_stands_still(
    app: Flask, world: World, browse: Browse, waiting_id: int
) -> None:
    browser = browse(world.regulator.user_id)
    review = browser.get(f"{_plans(world)}/{waiting_id}/review")
    assert "退回修改" in review.text
    data = {"row_version": _plan(app, waiting_id).row_version, "decision": "approve", "comment": ""}
    assert browser.post(f"{_plans(world)}/{waiting_id}/decision", data).status_code == 303
    assert _plan(app, waiting_id).state is PlanState.APPROVED
    page = browser.get(f"{_plans(world)}/{waiting_id}")
    assert "已批准" in page.text
    officer = browse(world.officer.user_id)
    assert officer.get(f"{_plans(world)}/{waiting_id}/edit").status_code == 403
    assert "复制成新版本" in officer.get(f"{_plans(world)}/{waiting_id}").text


def test_returning_needs_a_comment_which_the_officer_then_reads(
    app: Flask, world: World, browse: Browse, waiting_id: int
) -> None:
    browser = browse(world.regulator.user_id)
    path = f"{_plans(world)}/{waiting_id}/decision"
    data = {"row_version": _plan(app, waiting_id).row_version, "decision": "return", "comment": ""}
    page = browser.post(path, data)
    assert page.status_code == 422
    assert "退回时要写明要改什么" in page.text
    assert browser.post(path, {**data, "comment": "请补取样点说明"}).status_code == 303
    edit = browse(world.officer.user_id).get(f"{_plans(world)}/{waiting_id}/edit")
    assert "请补取样点说明" in edit.text


def test_a_copy_is_compared_with_the_version_in_force(app: Flask, world: World, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        first_id = make_steel_plan(session, world).id
    browser = browse(world.officer.user_id)
    copied = browser.post(f"{_plans(world)}/{first_id}/clone")
    assert copied.status_code == 303
    draft = int(copied.location.split("/")[-2])
    head = {"row_version": 1, "effective_from": "2026-12", "boundary": "新增一条轧线", "reason": "扩建"}
    assert browser.post(f"{_plans(world)}/{draft}/head", head).status_code == 303
    page = browse(world.regulator.user_id).get(f"{_plans(world)}/{draft}/compare/{first_id}")
    assert "2 处不同" in page.text
    assert "新增一条轧线" in page.text
    again = browser.post(f"{_plans(world)}/{draft}/head", head)
    assert again.status_code == 409
    assert "新增一条轧线" in again.text


def test_a_drawing_lies_with_the_version_and_its_copy(
    app: Flask, world: World, browse: Browse, draft_id: int
) -> None:
    browser = browse(world.officer.user_id)
    path = f"{_plans(world)}/{draft_id}/drawings"
    version = {"row_version": _plan(app, draft_id).row_version}
    wrong = browser.post(
        f"{path}/site_plan",
        {**version, "file": (io.BytesIO(b"MZ"), "图.pdf")},
        content_type="multipart/form-data",
    )
    assert wrong.status_code == 422
    assert "#drawing-site_plan" in wrong.text
    good = browser.post(
        f"{path}/site_plan",
        {**version, "file": (io.BytesIO(PDF), "厂区平面图.pdf")},
        content_type="multipart/form-data",
    )
    assert good.status_code == 303
    assert "厂区平面图.pdf" in browser.get(f"{_plans(world)}/{draft_id}").text
    assert browser.post(f"{path}/anything", version).status_code == 404
    assert "还没有选文件" in browser.post(f"{path}/site_plan", version).text


def test_a_draft_is_discarded(app: Flask, world: World, browse: Browse, draft_id: int) -> None:
    browser = browse(world.officer.user_id)
    answer = browser.post(f"{_plans(world)}/{draft_id}/discard", {"row_version": 1})
    assert answer.status_code == 303
    assert browser.get(f"{_plans(world)}/{draft_id}").status_code == 404


@pytest.mark.parametrize(
    ("page", "readers", "regulator"),
    [
        ("", 200, 200),
        ("/{plan}", 200, 200),
        ("/{plan}/edit", 403, 403),
        ("/{plan}/streams/new", 403, 403),
        ("/{plan}/review", 403, 200),
    ],
)
def test_strangers_find_nothing_and_each_role_sees_its_pages(
    world: World, browse: Browse, waiting_id: int, page: str, readers: int, regulator: int
) -> None:
    path = _plans(world) + page.format(plan=waiting_id)
    for stranger in (world.stranger_officer, world.other_steward, world.other_regulator):
        assert browse(stranger.user_id).get(path).status_code == 404
    assert browse(world.signatory.user_id).get(path).status_code == readers
    assert browse(world.regulator.user_id).get(path).status_code == regulator


def test_strangers_and_wrong_roles_cannot_decide(
    app: Flask, world: World, browse: Browse, waiting_id: int
) -> None:
    data = {"row_version": _plan(app, waiting_id).row_version, "decision": "approve"}
    path = f"{_plans(world)}/{waiting_id}/decision"
    assert browse(world.other_regulator.user_id).post(path, data).status_code == 404
    assert browse(world.officer.user_id).post(path, data).status_code == 403
    assert browse(world.steward_lead.user_id).post(path, data).status_code == 403
    assert _plan(app, waiting_id).state is PlanState.SUBMITTED


def test_a_plan_is_not_reached_through_another_enterprise(
    world: World, browse: Browse, waiting_id: int
) -> None:
    path = f"/enterprises/{world.dyeing_id}/plans/{waiting_id}"
    assert browse(world.stranger_officer.user_id).get(path).status_code == 404


def test_a_copy_of_a_foreign_version_is_refused(app: Flask, world: World, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        plan = make_steel_plan(session, world)
        copy = clone_plan(session, world.officer, world.steel_id, plan.id)
    path = f"/enterprises/{world.dyeing_id}/plans/{copy.id}/clone"
    assert browse(world.stranger_officer.user_id).post(path).status_code == 404
