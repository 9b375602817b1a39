"""The page of bundles: asked for, watched, fetched from any byte on."""

import io
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask

from portal.domain.bundles import BundleState
from portal.models.bundles import Bundle
from portal.models.jobs import Job
from tests.factories.matrix_bundles import make_bundle
from tests.factories.months import make_submitted_month
from tests.factories.plans import make_steel_plan
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH

Browse = Callable[[int], Browser]


@pytest.fixture
def month(app: Flask, world: World) -> str:
    """A month of the steel works that was signed, with its evidence in the store."""
    with app.extensions["portal.database"].writing() as session:
        plan = make_steel_plan(session, world)
        make_submitted_month(session, world, plan, MONTH, storage=app.extensions["portal.storage"])
    return str(MONTH)


@pytest.fixture
def ready(app: Flask, world: World) -> int:
    """A bundle of the officer's that can be fetched."""
    with app.extensions["portal.database"].writing() as session:
        storage = app.extensions["portal.storage"]
        return make_bundle(session, storage, world.steel_id, world.officer, BundleState.READY).id


def test_the_steward_asks_and_fetches(app: Flask, world: World, browse: Browse, month: str) -> None:
    browser, place = browse(world.steward.user_id), f"/enterprises/{world.steel_id}/bundles"
    assert f'value="{month}"' in browser.get(place).text
    assert browser.post(place, {"first": month, "last": month}).status_code == 303
    page = browser.get(place).text
    assert "下载资料包" in page
    assert "清单没有签名" in page
    with app.extensions["portal.database"].reading() as session:
        bundle_id = session.query(Bundle.id).scalar()
    answer = browser.get(f"{place}/{bundle_id}/download")
    assert answer.mimetype == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None


def test_a_bundle_under_way_is_watched_and_not_fetched(
    app: Flask, world: World, browse: Browse, month: str
) -> None:
    with app.extensions["portal.database"].writing() as session:
        storage = app.extensions["portal.storage"]
        made = make_bundle(session, storage, world.steel_id, world.officer, BundleState.BUILDING)
        session.add(Job(kind="build_bundle", subject_id=made.id, enterprise_id=world.steel_id))
    browser, place = browse(world.officer.user_id), f"/enterprises/{world.steel_id}/bundles"
    watched = browser.get(f"{place}/{made.id}/status", headers={"HX-Request": "true"}).text
    assert "hx-get" in watched
    assert 'value="100"' in watched
    assert "正在制作一个资料包" in browser.get(place).text
    assert browser.get(f"{place}/{made.id}/download").status_code == 404
    again = browser.post(place, {"first": month, "last": month}, follow_redirects=True)
    assert "另一个资料包正在制作" in again.text


def test_a_broken_download_goes_on_where_it_broke(world: World, browse: Browse, ready: int) -> None:
    browser = browse(world.officer.user_id)
    place = f"/enterprises/{world.steel_id}/bundles/{ready}/download"
    whole = browser.get(place)
    rest = browser.get(place, headers={"Range": "bytes=40-", "If-Range": whole.headers["ETag"]})
    assert (rest.status_code, rest.data) == (206, whole.data[40:])
    assert rest.headers["Content-Range"] == f"bytes 40-{len(whole.data) - 1}/{len(whole.data)}"
    part = browser.get(place, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data, part.headers["Content-Length"]) == (206, whole.data[10:20], "10")
    assert browser.get(place, headers={"Range": "bytes=-4"}).data == whole.data[-4:]
    assert browser.get(place, headers={"Range": "bytes=9999-"}).status_code == 416
    other = browser.get(place, headers={"Range": "bytes=40-", "If-Range": '"another"'})
    assert (other.status_code, other.data) == (200, whole.data)


def test_a_period_upside_down_is_sent_back_with_what_was_chosen(
    app: Flask, world: World, browse: Browse, month: str
) -> None:
    place = f"/enterprises/{world.steel_id}/bundles"
    answer = browse(world.officer.user_id).post(place, {"first": month, "last": "2031-01"})
    assert answer.status_code == 422
    assert "请从列出的选项中选择" in answer.text


def test_nobody_else_fetches_it(world: World, browse: Browse, ready: int) -> None:
    for actor in (world.stranger_officer, world.other_steward, world.steward, world.regulator):
        place = f"/enterprises/{world.steel_id}/bundles/{ready}"
        assert browse(actor.user_id).get(f"{place}/download").status_code == 404
        assert browse(actor.user_id).post(f"{place}/retry").status_code == 404
    other = f"/enterprises/{world.dyeing_id}/bundles/{ready}/download"
    assert browse(world.stranger_officer.user_id).get(other).status_code == 404
