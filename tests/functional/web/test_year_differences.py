"""The year's differences: a part of the yearly page, a page of its own, nobody else's business."""

from collections.abc import Callable

from portal.services.months import find_record
from tests.fixtures.application import Browser
from tests.fixtures.filing import Filed, app, filed, reviewing_sqlite
from tests.fixtures.reviewing import MONTH

__all__ = ["app", "filed", "reviewing_sqlite"]

Browse = Callable[[int], Browser]
PART = {"HX-Request": "true"}


def accepted(filed: Filed) -> None:
    """The submitted version as the official one."""
    with filed.database.writing() as session:
        record = find_record(session, filed.world.steel_id, MONTH)
        record.official_version_id = record.current_version_id


def test_the_differences_of_a_year_are_shown_by_line(filed: Filed, browse: Browse) -> None:
    accepted(filed)
    path = f"/enterprises/{filed.world.steel_id}/year/differences?year={MONTH.year}"
    browser = browse(filed.world.officer.user_id)
    page = browser.get(path).text
    for words in ("月度合计", "年度重算", "来历", "合计", "已接受的 1 个月"):
        assert words in page
    part = browser.get(path, headers=PART).text
    assert "年度重算" in part
    assert "<html" not in part


def test_a_year_without_accepted_months_says_so(filed: Filed, browse: Browse) -> None:
    path = f"/enterprises/{filed.world.steel_id}/year/differences"
    browser = browse(filed.world.regulator.user_id)
    for year in ("2019", "", "x", "99999999999999999999"):
        assert "还没有已接受的月份" in browser.get(f"{path}?year={year}").text
    assert browse(filed.world.stranger_officer.user_id).get(path).status_code == 404
