"""Pages of check packs: written by the city, seen by all regulators, published by another person."""

import html
from collections.abc import Callable
from typing import Any

import pytest

from checklists.drafts import entry, parse_pack
from portal.models.check_packs import PackVersion
from portal.models.database import Database
from portal.web.check_pack_entries import check_data
from tests.factories.packs import CHECK_ID, NEW_CHECK, PACK, make_draft, make_second_city_regulator
from tests.factories.world import World
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH

Browse = Callable[[int], Browser]


@pytest.fixture
def draft_id(database: Database, world: World) -> int:
    """A draft of the city regulator with one check of its own."""
    with database.writing() as session:
        return make_draft(session, world.city_regulator).id


def posted(check: dict[str, Any], row_version: int) -> dict[str, Any]:
    """The form of a check as a browser sends it."""
    data = check_data(check)
    sent: dict[str, Any] = {"row_version": str(row_version)}
    for key, value in data.items():
        if isinstance(value, list):
            for index, row in enumerate(value):
                sent |= {f"{key}-{index}-{name}": text for name, text in row.items()}
        else:
            sent[key] = value
    return sent


def text_of(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def test_the_list_offers_a_copy_to_the_city_only(browse: Browse, world: World) -> None:
    city = text_of(browse(world.city_regulator.user_id).get("/check-packs"))
    district = text_of(browse(world.regulator.user_id).get("/check-packs"))
    assert "复制为草稿" in city
    assert "复制为草稿" not in district
    assert "碳数据质量月度检查" in district
    assert browse(world.officer.user_id).get("/check-packs").status_code == 403


def test_every_page_of_a_draft_opens(browse: Browse, world: World, draft_id: int) -> None:
    browser = browse(world.city_regulator.user_id)
    for path in (
        f"/check-packs/packs/{PACK}/1",
        f"/check-packs/versions/{draft_id}",
        f"/check-packs/versions/{draft_id}/differences",
        f"/check-packs/versions/{draft_id}/file",
        f"/check-packs/versions/{draft_id}/dry-run",
        f"/check-packs/versions/{draft_id}/dry-run/progress?check_id={CHECK_ID}",
        f"/check-packs/versions/{draft_id}/names?per=slot",
        f"/check-packs/versions/{draft_id}/checks/new",
        f"/check-packs/versions/{draft_id}/checks/{CHECK_ID}",
        f"/check-packs/versions/{draft_id}/questions/new",
    ):
        assert browser.get(path).status_code == 200, path
    assert browser.get("/check-packs/versions/999").status_code == 404
    assert browser.get(f"/check-packs/versions/{draft_id}/checks/CK-NO-1").status_code == 404
    assert browser.get("/check-packs/packs/no-such-pack/1").status_code == 404


def test_a_check_is_written_in_the_page_and_comes_back_as_it_was(
    browse: Browse, world: World, draft_id: int, database: Database
) -> None:
    browser = browse(world.city_regulator.user_id)
    item = {**NEW_CHECK, "id": "CK-EX-002", "title": "另一条"}
    answer = browser.post(f"/check-packs/versions/{draft_id}/checks/new", posted(item, 2))
    assert answer.status_code == 303, text_of(answer)
    with database.reading() as session:
        content = session.get_one(PackVersion, draft_id).content
    assert entry(parse_pack(content), "checks", "CK-EX-002") == item
    assert "CK-EX-002" in text_of(browser.get(f"/check-packs/versions/{draft_id}/differences"))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("expression", "row.values == 1", "“row”没有“values”这一项"),
        ("expression", "9 ** 9 ** 9 == 1", "这里不能用 Pow"),
        ("expression", "(" * 900, "表达式写法不对"),
        ("expression", "9 ** 9 ** 9 ** 9 > 1", "这里不能用 Pow"),
        ("applies", "(" * 400 + "1" + ")" * 400, "表达式写法不对（第"),
        ("message", "{row.nothing}", "“row”没有“nothing”这一项"),
        ("title", "", "请填写名称"),
        ("cases-0-name", "", "要有文字"),
        ("settings-0-source", "", "要有文字"),
    ],
)
def test_a_wrong_check_is_told_beside_its_field_and_what_was_typed_stays(
    browse: Browse, world: World, draft_id: int, key: str, value: str, said: str
) -> None:
    browser = browse(world.city_regulator.user_id)
    sent = posted(NEW_CHECK, 2) | {key: value}
    answer = browser.post(f"/check-packs/versions/{draft_id}/checks/{CHECK_ID}", sent)
    page = text_of(answer)
    assert answer.status_code == 422
    assert said in page
    assert f'id="{key}-error"' in page
    assert NEW_CHECK["mend"] in page


def test_a_stale_page_meets_a_conflict_not_a_lost_change(browse: Browse, world: World, draft_id: int) -> None:
    browser = browse(world.city_regulator.user_id)
    path = f"/check-packs/versions/{draft_id}/checks/{CHECK_ID}"
    assert browser.post(path, posted({**NEW_CHECK, "title": "一"}, 2)).status_code == 303
    assert browser.post(path, posted({**NEW_CHECK, "title": "二"}, 2)).status_code == 409


def test_an_expression_is_read_out_and_tried_as_it_is_typed(
    browse: Browse, world: World, draft_id: int
) -> None:
    browser = browse(world.city_regulator.user_id)
    sent = posted({**NEW_CHECK, "expression": "row.value <= most and given(row.meter)"}, 2)
    told = text_of(browser.post(f"/check-packs/versions/{draft_id}/reading", sent))
    assert "本月数值不大于参数 most（1）" in told
    assert "用到：" in told
    wrong = text_of(browser.post(f"/check-packs/versions/{draft_id}/reading", sent | {"expression": "row."}))
    assert 'data-reading="wrong"' in wrong
    foreign = sent | {"trial_enterprise": str(world.steel_id), "trial_month": str(MONTH)}
    assert "没有数据" in text_of(browser.post(f"/check-packs/versions/{draft_id}/trial", foreign))


def test_a_button_adds_an_empty_row_and_keeps_what_was_typed(
    browse: Browse, world: World, draft_id: int
) -> None:
    browser = browse(world.city_regulator.user_id)
    sent = posted({**NEW_CHECK, "title": "还没存"}, 2) | {"add": "cases"}
    answer = browser.post(f"/check-packs/versions/{draft_id}/checks/{CHECK_ID}", sent)
    assert answer.status_code == 200
    page = text_of(answer)
    assert 'name="cases-2-name"' in page
    assert "还没存" in page


def test_what_stands_in_the_way_is_listed_and_the_author_finds_no_button(
    browse: Browse, world: World, draft_id: int, database: Database
) -> None:
    author = browse(world.city_regulator.user_id)
    path = f"/check-packs/versions/{draft_id}"
    answer = author.post(f"{path}/propose", {"row_version": "2"})
    assert answer.status_code == 409
    assert "还没有在历史数据上试运行" in text_of(answer)
    assert author.post(f"{path}/dry-run").status_code == 303
    assert "已完成" in text_of(author.get(path))
    assert author.post(f"{path}/propose", {"row_version": "2"}).status_code == 303
    assert "须由另一人发布" in text_of(author.get(path))
    assert author.post(f"{path}/publish", {"row_version": "3"}).status_code == 409
    with database.writing() as session:
        second = make_second_city_regulator(session, world)
    other = browse(second.user_id)
    assert other.post(f"{path}/publish", {"row_version": "3"}).status_code == 303
    assert "已发布" in text_of(other.get(path))
    assert other.post(f"{path}/withdraw", {"row_version": "4", "reason": ""}).status_code == 422
    assert other.post(f"{path}/withdraw", {"row_version": "4", "reason": "示例"}).status_code == 303
    assert "已撤回" in text_of(other.get("/check-packs"))
