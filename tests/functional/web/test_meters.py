"""The pages of meters, through the browser's eyes."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import today
from portal.models.evidence import Evidence
from portal.models.meters import Calibration, Meter
from tests.factories.plans import GAS, make_meter
from tests.factories.world import World
from tests.fixtures.application import Browser

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
Browse = Callable[[int], Browser]


@pytest.fixture
def meter_id(app: Flask, world: World) -> int:
    """A gas meter of the steel works, calibrated until next year."""
    with app.extensions["portal.database"].writing() as session:
        return make_meter(session, world.steel_id, GAS).id


def _form(**changes: Any) -> dict[str, Any]:
    day = today()
    return {
        "body": "示例计量检测有限公司",
        "calibrated_on": str(day - timedelta(days=30)),
        "valid_until": str(day + timedelta(days=300)),
        "result": "pass",
        "max_error": "1.35",
        "certificate_number": "示检字 2026-LL-00417",
        "remark": "",
        "certificate": (io.BytesIO(PDF), "证书.pdf"),
        **changes,
    }


def _send(browser: Browser, world: World, meter_id: int, **changes: Any) -> Any:
    path = f"/enterprises/{world.steel_id}/meters/{meter_id}/calibrations/new"
    return browser.post(path, _form(**changes), content_type="multipart/form-data")


def test_an_empty_ledger_says_how_to_begin(world: World, browse: Browse) -> None:
    page = browse(world.officer.user_id).get(f"/enterprises/{world.steel_id}/meters")
    assert page.status_code == 200
    assert "登记第一件" in page.text
    assert (
        "登记第一件" not in browse(world.regulator.user_id).get(f"/enterprises/{world.steel_id}/meters").text
    )


def test_a_meter_is_entered_and_leads_to_its_calibration(app: Flask, world: World, browse: Browse) -> None:
    data = {
        "code": "DN-01",
        "name": "总电能表",
        "type": "electricity_meter",
        "model": "",
        "location": "",
        "accuracy_class": "０．５",
        "valid_from": "2025-01-01",
    }
    answer = browse(world.officer.user_id).post(f"/enterprises/{world.steel_id}/meters/new", data)
    assert answer.status_code == 303
    with app.extensions["portal.database"].reading() as session:
        meter = session.scalars(sa.select(Meter)).one()
    assert str(meter.accuracy_class) == "0.5"
    assert answer.location.endswith(f"/meters/{meter.id}/calibrations/new")


def test_a_taken_number_is_said_at_its_field_and_the_rest_stays(
    world: World, browse: Browse, meter_id: int
) -> None:
    data = {
        "code": "LL-07",
        "name": "另一件",
        "type": "gas_turbine",
        "model": "",
        "location": "二号炉",
        "accuracy_class": "",
        "valid_from": "2025-01-01",
    }
    page = browse(world.officer.user_id).post(f"/enterprises/{world.steel_id}/meters/new", data)
    assert page.status_code == 422
    assert "编号 LL-07 已被另一件计量器具使用" in page.text
    assert 'value="二号炉"' in page.text


def test_every_mistake_of_a_calibration_is_summed_up_and_nothing_typed_is_lost(
    app: Flask, world: World, browse: Browse, meter_id: int
) -> None:
    start = today() + timedelta(days=31)
    page = _send(
        browse(world.officer.user_id),
        world,
        meter_id,
        calibrated_on=str(start),
        valid_until=str(start.replace(year=start.year + 2)),
        max_error="一点三五",
        certificate=(io.BytesIO(b""), ""),
    )
    assert page.status_code == 422
    for words in (
        "还没有保存：有 4 处要改",
        f'<a href="#calibrated_on">校准日期不能晚于今天（{today()}）</a>',
        '<a href="#valid_until">有效期最长 12 个月，现在填了 24 个月</a>',
        '<a href="#max_error">最大误差要填数字，例如 1.35</a>',
        '<a href="#certificate">缺少校准证书文件</a>',
        "缺少文件。请上传含结论页的完整证书",
        'value="一点三五"',
        f'value="{start}"',
        "您填的内容都还在，改好这 4 处即可保存",
    ):
        assert words in page.text
    with app.extensions["portal.database"].reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 0


def test_a_calibration_is_saved_with_its_file(
    app: Flask, world: World, browse: Browse, meter_id: int
) -> None:
    browser = browse(world.steward.user_id)
    answer = _send(browser, world, meter_id)
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert "证书.pdf" in page.text
    with app.extensions["portal.database"].reading() as session:
        row = session.scalars(sa.select(Calibration).order_by(Calibration.id.desc())).first()
        assert row is not None
        assert str(row.max_error) == "1.35"
        assert row.evidence_id is not None


def test_a_file_that_lies_about_its_kind_is_said_at_its_field(
    world: World, browse: Browse, meter_id: int
) -> None:
    page = _send(
        browse(world.officer.user_id), world, meter_id, certificate=(io.BytesIO(b"MZ\x90"), "证书.pdf")
    )
    assert page.status_code == 422
    assert '<a href="#certificate">校准证书：' in page.text


def test_search_and_filter_stand_in_the_address(world: World, browse: Browse, meter_id: int) -> None:
    browser = browse(world.officer.user_id)
    path = f"/enterprises/{world.steel_id}/meters"
    assert "LL-07" in browser.get(path, query_string={"q": "焦炉", "standing": "valid"}).text
    nothing = browser.get(path, query_string={"q": "没有这件"})
    assert "没有符合条件的计量器具" in nothing.text
    assert browser.get(path, query_string={"standing": "' OR 1=1"}).status_code == 200


def test_an_old_form_meets_the_newer_row(world: World, browse: Browse, meter_id: int) -> None:
    path = f"/enterprises/{world.steel_id}/meters/{meter_id}/edit"
    data = {
        "code": "LL-07",
        "name": "改过的名字",
        "type": "gas_differential",
        "model": "",
        "location": "",
        "accuracy_class": "2.0",
        "valid_from": "2024-01-01",
        "row_version": "1",
    }
    first, second = browse(world.officer.user_id), browse(world.steward.user_id)
    assert first.post(path, data).status_code == 303
    refused = second.post(path, data)
    assert refused.status_code == 409
    assert "沈示例" in refused.text


def test_a_form_opens_with_what_the_ledger_holds(world: World, browse: Browse, meter_id: int) -> None:
    browser = browse(world.officer.user_id)
    path = f"/enterprises/{world.steel_id}/meters/{meter_id}"
    page = browser.get(f"{path}/edit").text
    assert re.search(r'name="row_version"[^>]*value="1"', page)
    assert 'value="LL-07"' in page
    assert re.search(r'<option selected value="gas_differential">', page)
    assert re.search(r'name="row_version"[^>]*value="1"', browser.get(f"{path}/retire").text)


def test_a_meter_is_taken_out_of_use_after_being_asked(world: World, browse: Browse, meter_id: int) -> None:
    browser = browse(world.officer.user_id)
    path = f"/enterprises/{world.steel_id}/meters/{meter_id}/retire"
    assert "这一步不能撤销" in browser.get(path).text
    yesterday = str(today() - timedelta(days=1))
    assert browser.post(path, {"row_version": "1", "last_day": yesterday}).status_code == 303
    assert "已停用" in browser.get(f"/enterprises/{world.steel_id}/meters").text


@pytest.mark.parametrize("page", ["", "/new", "/{meter}", "/{meter}/edit", "/{meter}/calibrations/new"])
def test_strangers_find_nothing_and_readers_cannot_write(
    world: World, browse: Browse, meter_id: int, page: str
) -> None:
    path = f"/enterprises/{world.steel_id}/meters" + page.format(meter=meter_id)
    for stranger in (world.stranger_officer, world.other_steward, world.other_regulator):
        assert browse(stranger.user_id).get(path).status_code == 404
    writes = page not in ("", "/{meter}")
    for reader in (world.regulator, world.signatory):
        assert browse(reader.user_id).get(path).status_code == (403 if writes else 200)
    assert browse(world.officer.user_id).get(path).status_code == 200


def test_a_meter_is_not_reached_through_another_enterprise(
    world: World, browse: Browse, meter_id: int
) -> None:
    path = f"/enterprises/{world.dyeing_id}/meters/{meter_id}"
    assert browse(world.stranger_officer.user_id).get(path).status_code == 404
