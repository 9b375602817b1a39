"""Pages of visits: answers sent by a script or a form, bad input, both signatures, the report, the draw."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import today
from portal.models.visits import Answer, Inspection, VisitReport
from tests.factories.visits import answer, jpeg, key_of, make_visit
from tests.factories.world import PASSWORD, World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]
JSON = {"Accept": "application/json"}
KEY = "key-of-one-answer"


@pytest.fixture
def visit_id(app: Flask, world: World) -> int:
    with app.extensions["portal.database"].writing() as session:
        visit = make_visit(session, world.steward, world.steel_id)
        answer(session, world.steward, visit, "Q-06", "no", "示例说明")
        return visit.id


@pytest.fixture
def place(world: World, visit_id: int) -> str:
    return f"/enterprises/{world.steel_id}/visits/{visit_id}"


def answers(app: Flask) -> int:
    with app.extensions["portal.database"].reading() as session:
        return session.scalar(sa.select(sa.func.count(Answer.id))) or 0


def body(name: str = "Q-01", value: str = "no", key: str = KEY, **more: Any) -> dict[str, Any]:
    return {"question": key_of(name), "value": value, "key": key, **more}


def test_the_page_holds_every_question_and_hides_what_does_not_apply(
    world: World, browse: Browse, place: str
) -> None:
    page = browse(world.steward.user_id).get(f"{place}/walk").get_data(as_text=True)
    for name in ("Q-01", "Q-02", "Q-03", "Q-04", "Q-05", "Q-06"):
        assert f'data-question="{key_of(name)}"' in page
    hidden = page.split(f'data-question="{key_of("Q-03")}"')[1].split(">")[0]
    assert " hidden" in hidden
    assert "未核实" in page
    assert "<script>" not in page


def test_an_answer_sent_five_times_is_answered_five_times_and_counted_once(
    app: Flask, world: World, browse: Browse, place: str
) -> None:
    steward, before = browse(world.steward.user_id), answers(app)
    found = [steward.post(f"{place}/answers", body(), headers=JSON).json for _ in range(5)]
    assert [one["repeated"] for one in found] == [False, True, True, True, True]
    assert all(one["ok"] and one["outcome"] == "gap" for one in found)
    assert answers(app) == before + 1


def test_a_stale_answer_is_told_what_counts_instead(world: World, browse: Browse, place: str) -> None:
    steward, lead = browse(world.steward.user_id), browse(world.steward_lead.user_id)
    steward.post(f"{place}/answers", body(value="yes", key="key-of-tablet"), headers=JSON)
    late = lead.post(f"{place}/answers", body(key="key-of-phone", age_ms="600000"), headers=JSON).json
    assert (late["stale"], late["value"]) == (True, "yes")
    assert "李示例" in late["by"]


def test_a_browser_without_scripts_comes_back_to_the_same_question(
    world: World, browse: Browse, place: str
) -> None:
    answered = browse(world.steward.user_id).post(f"{place}/answers", body("Q-04", "", na="1"))
    assert answered.status_code == 303
    assert answered.location == f"{place}/walk#q-example-visit-Q-04"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        (body(value="maybe"), 422),
        (body(key="x"), 422),
        (body("Q-99"), 422),
        (body(note="长" * 3000), 422),
        (body(age_ms="not a number"), 200),
        (body(age_ms="9" * 400), 200),
        (body(value="no\0"), 200),
    ],
)
def test_bad_input_is_answered_and_never_breaks(
    world: World, browse: Browse, place: str, sent: dict[str, Any], status: int
) -> None:
    answered = browse(world.steward.user_id).post(f"{place}/answers", sent, headers=JSON)
    assert answered.status_code == status, answered.json
    assert answered.json["ok"] is (status == 200)


@pytest.mark.parametrize(
    ("stream", "name", "status"),
    [
        (jpeg(), "照片.jpg", 200),
        (BytesIO(b"%PDF-1.7 not a photo at all"), "照片.jpg", 422),
        (BytesIO(b"<svg onload=alert(1)>"), "照片.png", 422),
        (BytesIO(b"x"), "照片.svg", 422),
    ],
)
def test_a_photo_is_what_its_bytes_are(
    world: World, browse: Browse, place: str, stream: BytesIO, name: str, status: int
) -> None:
    stream.seek(0)
    sent = {"question": key_of("Q-01"), "key": KEY, "file": (BytesIO(stream.read()), name)}
    steward = browse(world.steward.user_id)
    answered = steward.post(f"{place}/photos", sent, headers=JSON)
    assert answered.status_code == status, answered.json
    if status == 200:
        shown = steward.get(answered.json["url"])
        assert shown.mimetype == "image/jpeg"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert browse(world.officer.user_id).get(answered.json["url"]).status_code == 200
        assert browse(world.stranger_officer.user_id).get(answered.json["url"]).status_code == 404
        assert steward.post(answered.json["remove_url"], headers=JSON).json == {"ok": True}
        assert steward.get(answered.json["url"]).status_code == 404


def test_two_hundred_megabytes_are_refused(app: Flask, world: World, browse: Browse, place: str) -> None:
    app.config["MAX_CONTENT_LENGTH"] = (
        200_000  # the limit is the application's; the test need not send 200 MB
    )
    sent = {"question": key_of("Q-01"), "key": KEY, "file": (BytesIO(bytes(300_000)), "照片.jpg")}
    answered = browse(world.steward.user_id).post(f"{place}/photos", sent, headers=JSON)
    assert answered.status_code == 413


def test_other_people_neither_answer_nor_sign(world: World, browse: Browse, place: str) -> None:
    for who, status in (
        (world.officer, 403),
        (world.regulator, 403),
        (world.stranger_officer, 404),
        (world.other_steward, 404),
    ):
        browser = browse(who.user_id)
        for path in ("answers", "photos", "finish", "reopen"):
            assert browser.post(f"{place}/{path}", body(), headers=JSON).status_code == status, (
                who.name,
                path,
            )
        assert browser.get(f"{place}/walk").status_code == status


def sign(browser: Browser, place: str, act: str, version: int, **more: str) -> Any:
    """Sign what the page shows at this moment."""
    shown = re.search(r'name="shown_sha256" value="(\w+)"', browser.get(f"{place}/{act}").text)
    sent = {"shown_sha256": shown[1] if shown else "", "row_version": str(version), "password": PASSWORD}
    return browser.post(f"{place}/{act}", {**sent, **more})


def test_an_answer_that_arrives_while_the_signing_page_is_open_is_not_signed_unseen(
    world: World, browse: Browse, place: str
) -> None:
    steward = browse(world.steward.user_id)
    sent = {"row_version": "1", "password": PASSWORD}
    shown = re.search(r'name="shown_sha256" value="(\w+)"', steward.get(f"{place}/finish").text)
    assert shown is not None
    assert steward.post(f"{place}/answers", body(), headers=JSON).json["ok"]
    late = steward.post(f"{place}/finish", {**sent, "shown_sha256": shown[1]})
    assert late.status_code == 409
    assert "又收到了新的回答或照片" in late.text
    assert sign(steward, place, "finish", 1).status_code == 303


def test_both_sign_the_findings_are_linked_and_the_stored_report_is_served(
    app: Flask, world: World, browse: Browse, place: str
) -> None:
    steward, officer = browse(world.steward.user_id), browse(world.officer.user_id)
    assert "还有 4 题未答" in steward.get(f"{place}/finish").get_data(as_text=True)
    assert sign(steward, place, "finish", 1).status_code == 303
    refused = steward.post(f"{place}/answers", body(), headers=JSON)
    assert (refused.status_code, refused.json["code"]) == (403, "refused")
    assert sign(officer, place, "confirm", 2, opinion="对事实无异议").status_code == 303
    page = officer.get(place).get_data(as_text=True)
    assert "GAP-" in page
    assert "对事实无异议" in page
    with app.extensions["portal.database"].reading() as session:
        report = session.scalars(sa.select(VisitReport)).one()
    served = officer.get(f"{place}/report.pdf")
    assert served.headers["X-Document-SHA256"] == report.sha256
    assert served.data.startswith(b"%PDF-")
    public = app.test_client().get(f"/v/{report.code}").get_data(as_text=True)
    assert report.sha256 in public
    assert "李示例" not in public
    assert app.test_client().get("/v/AAAA-AAAA-AAAA-AAAA").status_code == 404


def test_a_wrong_password_keeps_the_page_and_signs_nothing(
    app: Flask, world: World, browse: Browse, place: str, visit_id: int
) -> None:
    wrong = browse(world.steward.user_id).post(f"{place}/finish", {"row_version": "1", "password": "wrong"})
    assert wrong.status_code == 422
    assert "error-summary" in wrong.get_data(as_text=True)
    stale = sign(browse(world.steward.user_id), place, "finish", 9)
    assert stale.status_code == 409
    with app.extensions["portal.database"].reading() as session:
        assert session.get_one(Inspection, visit_id).state == "open"


def test_a_visit_is_opened_from_the_form_and_a_foreign_enterprise_is_no_choice(
    world: World, browse: Browse
) -> None:
    steward = browse(world.steward.user_id)
    form = {
        "enterprise": str(world.steel_id),
        "packs": "carbon-steward-visit",
        "visited_on": today().isoformat(),
    }
    empty = steward.post("/visits/new", {})
    assert empty.status_code == 422
    assert "请选择企业" in empty.get_data(as_text=True)
    assert steward.post("/visits/new", {**form, "enterprise": str(world.dyeing_id)}).status_code == 422
    assert steward.post("/visits/new", {**form, "packs": "carbon-data-quality"}).status_code == 422
    far = steward.post("/visits/new", {**form, "visited_on": "2006-11-22"})
    assert "请检查年份" in far.get_data(as_text=True)


def test_the_menu_leads_each_side_to_its_visits(world: World, browse: Browse, place: str) -> None:
    for who, word in ((world.steward, "上门服务"), (world.regulator, "检查"), (world.officer, "上门检查")):
        page = browse(who.user_id).get("/visits").get_data(as_text=True)
        assert f'href="/visits" aria-current="page">{word}' in page
        assert place in page


def test_a_draw_is_announced_drawn_and_its_log_given_out(world: World, browse: Browse) -> None:
    regulator = browse(world.regulator.user_id)
    wrong = regulator.post("/draws/new", {"title": "示例", "enterprise_count": "9", "inspectors_each": "1"})
    assert "1 到 1 之间" in wrong.get_data(as_text=True)
    made = regulator.post("/draws/new", {"title": "示例", "enterprise_count": "1", "inspectors_each": "2"})
    assert made.status_code == 303
    assert "谁也不知道" in regulator.get(made.location).get_data(as_text=True)
    assert regulator.post(f"{made.location}/draw").status_code == 303
    assert "重算一致" in regulator.get(made.location).get_data(as_text=True)
    log = regulator.get(f"{made.location}/log.json").json
    assert len(log["seed"]) == 64
    assert log["result"][0]["enterprise"] == world.steel_id
    assert browse(world.steward.user_id).get(made.location).status_code == 403


def test_the_worker_is_served_from_the_root(app: Flask) -> None:
    with app.test_client().get("/visit-worker.js") as answered:
        assert answered.mimetype == "text/javascript"
        assert answered.headers["Cache-Control"] == "no-cache"
