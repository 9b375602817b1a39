"""A person's notices, through the browser."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.models.notifications import Notification
from portal.services.notifications import notify
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]


@pytest.fixture
def told(app: Flask, world: World) -> World:
    """The officer has two notices, the stranger one."""
    with app.extensions["portal.database"].writing() as session:
        params = {"who": "<b>王示例</b>"}
        notify(
            session, [world.officer.user_id], "%(who)s 退回了 100%% 的值", params, "/account", world.steel_id
        )
        notify(session, [world.officer.user_id], "没有链接的消息")
        notify(session, [world.stranger_officer.user_id], "别人的消息", link="/account")
    return world


def test_one_sees_ones_own_and_values_are_escaped(app: Flask, told: World, browse: Browse) -> None:
    page = browse(told.officer.user_id).get("/notifications").text
    assert "&lt;b&gt;王示例&lt;/b&gt; 退回了 100% 的值" in page
    assert "没有链接的消息" in page
    assert "别人的消息" not in page
    assert "2 条未读" in page


def test_following_a_notice_marks_it_and_leads_there(app: Flask, told: World, browse: Browse) -> None:
    browser = browse(told.officer.user_id)
    assert browser.post("/notifications/1/read").location == "/account"
    assert browser.post("/notifications/2/read").location == "/notifications"
    assert "0 条未读" in browser.get("/notifications").text
    assert "没有消息" in browser.get("/notifications?unread=1").text


def test_a_foreign_notice_is_not_found(app: Flask, told: World, browse: Browse) -> None:
    assert browse(told.officer.user_id).post("/notifications/3/read").status_code == 404


def test_all_are_marked_but_only_ones_own(app: Flask, told: World, browse: Browse) -> None:
    assert browse(told.officer.user_id).post("/notifications/read").status_code == 303
    with app.extensions["portal.database"].reading() as session:
        unread = session.scalars(sa.select(Notification.id).where(Notification.read_at.is_(None))).all()
    assert unread == [3]


def test_a_link_that_leads_nowhere_any_more_leads_to_the_list(
    app: Flask, told: World, browse: Browse
) -> None:
    with app.extensions["portal.database"].writing() as session:
        session.execute(sa.update(Notification).values(link="//evil.example"))
    assert browse(told.officer.user_id).post("/notifications/1/read").location == "/notifications"


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(
    "query", ["", "?unread=1", "?page=0", "?page=-5", "?page=99999999999999999999", "?page=x"]
)
def test_the_list_is_drawn_whatever_the_address_says(
    app: Flask, told: World, browse: Browse, locale: str, query: str
) -> None:
    browser = browse(told.officer.user_id)
    browser.client.set_cookie("locale", locale)
    assert browser.get(f"/notifications{query}").status_code == 200
