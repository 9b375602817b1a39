"""The pages of one's own account: name, password, second factor, sessions."""

from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.periods import now
from portal.models.users import User, UserSession
from portal.web.entering import browser_name
from tests.factories.world import PASSWORD, World, make_world
from tests.fixtures.application import Browse, settings_for
from tests.fixtures.entering import NEW, set_user, signed_in_client, token_of
from tests.fixtures.reuse import lend_app


def test_the_account_page_changes_name_and_password(app: Flask, people: World, browse: Browse) -> None:
    browser, other = browse(people.officer.user_id), browse(people.officer.user_id)
    assert browser.post("/account/profile", {"name": " ", "title": "科长"}).status_code == 422
    assert browser.post("/account/profile", {"name": "沈新名", "title": "科长"}).status_code == 303
    assert "沈新名" in browser.get("/account").text
    wrong = browser.post("/account/password", {"current": "wrong", "password": NEW, "again": NEW})
    assert wrong.status_code == 422
    assert 'id="current-error"' in wrong.text
    assert (
        browser.post("/account/password", {"current": PASSWORD, "password": NEW, "again": NEW}).status_code
        == 303
    )
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


def test_guessing_the_old_password_is_throttled(app: Flask, people: World, browse: Browse) -> None:
    browser = browse(people.officer.user_id)
    guess = {"current": "wrong", "password": NEW, "again": NEW}
    for _ in range(5):
        assert "密码不对" in browser.post("/account/password", guess).text
    assert "尝试次数太多" in browser.post("/account/password", {**guess, "current": PASSWORD}).text


def test_a_second_factor_is_set_up_with_a_picture_and_removed_with_the_password(
    app: Flask, people: World, browse: Browse
) -> None:
    browser = browse(people.officer.user_id)
    assert browser.post("/account/totp/begin").status_code == 303
    page = browser.get("/account/totp").text
    assert "<svg" in page
    assert "style=" not in page
    with app.extensions["portal.database"].reading() as session:
        secret = session.get_one(User, people.officer.user_id).totp_secret or ""
    assert browser.post("/account/totp", {"code": "123"}).status_code == 422
    assert browser.post("/account/totp", {"code": pyotp.TOTP(secret).now()}).status_code == 303
    assert secret[:4] not in browser.get("/account/totp").text
    assert browser.post("/account/totp/begin").status_code == 400
    assert browser.post("/account/totp/remove", {"off-password": "wrong"}).status_code == 422
    assert browser.post("/account/totp/remove", {"off-password": PASSWORD}).status_code == 303
    assert "未开启" in browser.get("/account").text


def test_sessions_are_listed_and_ended_one_by_one_or_all(app: Flask, people: World, browse: Browse) -> None:
    here, there, far = (browse(people.officer.user_id) for _ in range(3))
    foreign = browse(people.stranger_officer.user_id)
    with app.extensions["portal.database"].reading() as session:
        rows = session.execute(sa.select(UserSession.id, UserSession.user_id).order_by(UserSession.id)).all()
    ids = [identity for identity, _ in rows]
    assert here.get("/account/sessions").text.count('/end"') == 2
    assert here.post(f"/account/sessions/{ids[3]}/end").status_code == 404
    assert foreign.get("/account").status_code == 200
    assert here.post(f"/account/sessions/{ids[1]}/end").status_code == 303
    assert there.get("/account").status_code == 302
    assert here.post("/account/sessions/end-others").status_code == 303
    assert far.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_a_form_without_its_token_changes_nothing(app: Flask, people: World, browse: Browse) -> None:
    browser = browse(people.officer.user_id)
    for path in ("/account/profile", "/account/sessions/end-others", "/sign-out", "/language"):
        assert browser.client.post(path, data={"name": "冒名"}).status_code == 400
    assert "沈示例" in browser.get("/account").text


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_is_drawn_in_both_languages(
    app: Flask, people: World, browse: Browse, locale: str
) -> None:
    stranger, browser = app.test_client(), browse(people.officer.user_id)
    for client in (stranger, browser.client):
        client.set_cookie("locale", locale)
    language = 'lang="en"' if locale == "en" else 'lang="zh-CN"'
    for path in ("/sign-in", "/sign-up", "/password/forgotten", "/password/sent"):
        page = stranger.get(path)
        assert page.status_code == 200
        assert f"<html {language}>" in page.text
    for path in ("/account", "/account/totp", "/account/sessions"):
        page = browser.get(path)
        assert page.status_code == 200
        assert f"<html {language}>" in page.text


def strict_app(url: str, folder: Path) -> tuple[Flask, World]:
    """An application that asks signatories and regulators for a second factor."""
    app = lend_app(settings_for(url, folder, REQUIRE_TOTP="on"))
    with app.extensions["portal.database"].writing() as session:
        return app, make_world(session)


def test_who_needs_a_second_factor_is_led_to_it_before_anything_else(sqlite_url: str, tmp_path: Path) -> None:
    app, world = strict_app(sqlite_url, tmp_path)
    for actor in (world.signatory, world.regulator, world.city_regulator):
        client = signed_in_client(app, actor.user_id)
        for path in ("/account", "/notifications", "/help/roles"):
            assert client.get(path).location == "/account/totp"
        assert client.get("/account/totp").status_code == 200
        assert client.get("/notifications", headers={"HX-Request": "true"}).status_code == 403
    assert signed_in_client(app, world.officer.user_id).get("/account").status_code == 200
    set_user(app, world.signatory, totp_secret=pyotp.random_base32(), totp_confirmed_at=now())
    assert signed_in_client(app, world.signatory.user_id).get("/account").status_code == 200
    app.extensions["portal.database"].engine.dispose()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "Chrome · Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge · Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0", "WeChat · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Firefox/130.0", "Firefox · Android"),
        ("", ""),
    ],
)
def test_a_browser_gets_a_short_name(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_a_long_or_odd_browser_name_does_not_keep_anybody_out(app: Flask, people: World) -> None:
    client = app.test_client()
    sent = {
        "csrf_token": token_of(client.get("/sign-in")),
        "email": "officer@example.test",
        "password": PASSWORD,
    }
    headers = {"User-Agent": "<script>" + "长x" * 400}
    assert client.post("/sign-in", data=sent, headers=headers).status_code == 303
    page = client.get("/account/sessions", headers=headers)
    assert page.status_code == 200
    assert "<script>长" not in page.text
