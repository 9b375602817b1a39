"""Messages with names in them, in the reader's language."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from portal.queries.finding_statistics import Group, Repeat
from portal.web.statistic_tables import check_title
from portal.web.terms import filled

GAP = {"number": "GAP-2026-000007", "title": "进销存平衡", "title_en": "Stock account balances"}


@pytest.fixture(autouse=True)
def page() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app, default_locale="zh")
    with app.test_request_context():
        yield


@pytest.mark.parametrize(("locale", "told"), [("zh", "进销存平衡"), ("en", "Stock account balances")])
def test_a_parameter_with_its_english_beside_it_is_told_in_the_readers_language(
    locale: str, told: str
) -> None:
    with force_locale(locale):
        assert filled("%(number)s：%(title)s", GAP) == f"GAP-2026-000007：{told}"


def test_without_english_the_chinese_stays() -> None:
    with force_locale("en"):
        assert filled("%(title)s", {"title": "企业自己写的话", "title_en": ""}) == "企业自己写的话"
        assert filled("100%", {}) == "100%"


@pytest.mark.parametrize(("locale", "told"), [("zh", "进销存平衡"), ("en", "Stock account balances")])
def test_boards_name_checks_in_the_readers_language(locale: str, told: str) -> None:
    group = Group("CK-AD-001", "进销存平衡", 1, 1, 1, 1, 0, "Stock account balances")
    repeat = Repeat(1, "示例", "CK-AD-001", "进销存平衡", ("2026-01",), "Stock account balances")
    with force_locale(locale):
        assert check_title(group.label, group.label_en) == told
        assert check_title(repeat.title, repeat.title_en) == told
