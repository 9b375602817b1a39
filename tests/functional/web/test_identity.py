"""The door and one's own account, through the browser."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from portal.config import Settings
from portal.domain.access import Actor
from portal.domain.periods import now
from portal.models.users import SignInAttempt, User, UserSession
from portal.services.passwords import hash_password
from portal.services.sessions import start_session
from portal.web.entering import browser_name
from portal.web.even_time import EVEN_SECONDS
from tests.factories.world import PASSWORD, World, make_world
from tests.fixtures.application import Browser, settings_for
from tests.fixtures.reuse import lend_app

NEW = "another example phrase"
Browse = Callable[[int], Browser]


@lru_cache(maxsize=1)
def real_hash() -> str:
    """Made once: hashing takes a tenth of a second."""
    return hash_password(PASSWORD)


def set_user(app: Flask, actor: Actor, **values: Any) -> None:
    with app.extensions["portal.database"].writing() as session:
        session.execute(sa.update(User).where(User.id == actor.user_id).values(**values))


@pytest.fixture
def people(app: Flask, world: World) -> World:
    """The world, with a password that can be typed."""
    with app.extensions["portal.database"].writing() as session:
        session.execute(sa.update(User).values(password_hash=real_hash()))
    return world


def token_of(page: Any) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def submit(client: FlaskClient, path: str, page: str = "", **data: str) -> Any:
    """Open ``page`` (default: the form's own address), take its token, send the form."""
    token = token_of(client.get(page or path))
    return client.post(path, data={"csrf_token": token, **data})


def enter(
    client: FlaskClient, email: str = "officer@example.test", password: str = PASSWORD, **more: str
) -> Any:
    return submit(client, "/sign-in", email=email, password=password, **more)


def outbox(app: Flask) -> list[str]:
    settings: Settings = app.extensions["portal.settings"]
    files = sorted(settings.outbox_dir.glob("*.eml")) if settings.outbox_dir.exists() else []
    return [message_from_bytes(file.read_bytes(), policy=policy.default).get_content() for file in files]


def test_the_right_password_leads_to_the_page_that_was_asked_for(app: Flask, people: World) -> None:
    client = app.test_client()
    asked = client.get("/account/sessions")
    assert asked.status_code == 302
    door = client.get(asked.location)
    assert "登录" in door.text
    answer = enter(client, next="/account/sessions?")
    assert (answer.status_code, answer.location) == (303, "/account/sessions")
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/account",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/account\r\nX: y",
        "/nowhere",
        "/sign-out",
        "account",
        "/account?x=" + "y" * 3000,
    ],
)
def test_next_leads_to_own_pages_only(app: Flask, people: World, target: str) -> None:
    assert enter(app.test_client(), next=target).location == "/"


def test_a_wrong_password_keeps_the_address_and_says_nothing_else(app: Flask, people: World) -> None:
    known = enter(app.test_client(), password="wrong password")
    unknown = enter(app.test_client(), email="nobody@example.test", password="wrong password")
    assert known.status_code == unknown.status_code == 422
    assert 'value="officer@example.test"' in known.text
    assert "wrong password" not in known.text
    strip = re.compile(r"officer|nobody|csrf[^>]*>|content=\"[^\"]{40,}\"")
    assert strip.sub("", known.text) == strip.sub("", unknown.text)


def test_blank_fields_are_named_in_the_summary(app: Flask, people: World) -> None:
    page = enter(app.test_client(), email="", password="")
    assert page.status_code == 422
    assert 'href="#email"' in page.text
    assert 'href="#password"' in page.text


def test_too_many_failures_are_refused_with_429(app: Flask, people: World) -> None:
    client = app.test_client()
    for _ in range(5):
        assert enter(client, password="wrong password").status_code == 422
    answer = enter(client)
    assert answer.status_code == 429
    assert "尝试次数太多" in answer.text


def test_signing_in_starts_a_new_browser_session(app: Flask, people: World) -> None:
    client = app.test_client()
    before = token_of(client.get("/sign-in"))
    enter(client)
    stale = client.post("/account/profile", data={"csrf_token": before, "name": "冒名"})
    assert stale.status_code == 400


def test_a_second_factor_is_asked_for_and_its_code_works_once(app: Flask, people: World) -> None:
    secret = pyotp.random_base32()
    set_user(app, people.signatory, totp_secret=secret, totp_confirmed_at=now())
    client = app.test_client()
    step = enter(client, email="signatory@example.test", next="/account")
    assert step.location == "/sign-in/code"
    assert client.get("/account").status_code == 302
    assert submit(client, "/sign-in/code", code="000000").status_code == 422
    code = pyotp.TOTP(secret).now()
    entered = submit(client, "/sign-in/code", code=f"{code[:3]} {code[3:]}")
    assert entered.location == "/account"
    assert client.get("/account").status_code == 200
    other = app.test_client()
    enter(other, email="signatory@example.test")
    assert submit(other, "/sign-in/code", code=code).status_code == 422


def test_the_code_page_needs_the_password_first_and_soon(app: Flask, people: World) -> None:
    set_user(app, people.signatory, totp_secret=pyotp.random_base32(), totp_confirmed_at=now())
    client = app.test_client()
    assert client.get("/sign-in/code").location == "/sign-in"
    enter(client, email="signatory@example.test")
    with time_machine.travel(now() + timedelta(minutes=6)):
        assert client.get("/sign-in/code").location == "/sign-in"


def test_signing_out_ends_the_session_itself(app: Flask, people: World, browse: Browse) -> None:
    browser = browse(people.officer.user_id)
    with browser.client.session_transaction() as kept:
        copied = dict(kept)
    assert browser.post("/sign-out").status_code == 303
    thief = app.test_client()
    with thief.session_transaction() as stolen:
        stolen.update(copied)
    assert thief.get("/account").status_code == 302


def test_a_lost_session_leads_back_to_the_form(app: Flask, people: World, browse: Browse) -> None:
    browser = browse(people.officer.user_id)
    with app.extensions["portal.database"].writing() as session:
        session.execute(sa.update(UserSession).values(ended_at=now()))
    lost = browser.post(
        "/account/profile", {"name": "沈示例"}, headers={"Referer": "http://localhost/account"}
    )
    assert lost.status_code == 302
    door = browser.get(lost.location, headers={"Referer": "http://localhost/account"})
    assert "登录已结束" in door.text
    assert 'value="/account"' in door.text
    assert enter(browser.client, next="/account").location == "/account"


def test_a_forged_referrer_leads_nowhere(app: Flask, people: World, browse: Browse) -> None:
    browser = browse(people.officer.user_id)
    with app.extensions["portal.database"].writing() as session:
        session.execute(sa.update(UserSession).values(ended_at=now()))
    door = browser.get("/sign-in", headers={"Referer": "https://evil.example/account"})
    assert "evil.example" not in door.text


def test_the_language_is_switched_and_remembered(app: Flask, people: World, browse: Browse) -> None:
    browser = browse(people.officer.user_id)
    answer = browser.post("/language", {"locale": "en", "next": "/account?"})
    assert (answer.status_code, answer.location) == (303, "/account")
    cookie = answer.headers["Set-Cookie"]
    assert "locale=en" in cookie
    assert "Max-Age=31536000" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="en">' in browser.get("/account").text
    with app.extensions["portal.database"].reading() as session:
        assert session.get_one(User, people.officer.user_id).locale == "en"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/account/profile"])
def test_the_language_form_leads_to_pages_that_can_be_opened(app: Flask, world: World, target: str) -> None:
    client = app.test_client()
    token = token_of(client.get("/sign-in"))
    sent = {"csrf_token": token, "locale": "xx", "next": target}
    answer = client.post(
        "/language", data=sent, headers={"Referer": "http://localhost/sign-in?next=/account"}
    )
    assert answer.location == "/sign-in?next=/account"
    assert "locale=zh" in answer.headers["Set-Cookie"]


def test_an_applicant_opens_an_account_and_is_in(app: Flask, people: World) -> None:
    client = app.test_client()
    data = {"name": "新示例", "email": "New@example.test", "password": NEW, "again": NEW}
    wrong = submit(client, "/sign-up", **{**data, "again": "other"})
    assert wrong.status_code == 422
    assert "两次输入的密码不一样" in wrong.text
    assert 'value="新示例"' in wrong.text
    assert (
        submit(client, "/sign-up", **{**data, "password": "1234567890", "again": "1234567890"}).status_code
        == 422
    )
    assert submit(client, "/sign-up", **{**data, "email": "officer@example.test"}).status_code == 422
    assert submit(client, "/sign-up", **data).location == "/"
    assert "new@example.test" in client.get("/account").text


def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, people: World) -> None:
    answers = [
        submit(app.test_client(), "/password/forgotten", email=email)
        for email in ("officer@example.test", "nobody@example.test")
    ]
    assert {(answer.status_code, answer.location, answer.text) for answer in answers} == {
        (303, "/password/sent", answers[0].text)
    }
    assert len(outbox(app)) == 1


def test_the_mailed_link_sets_a_password_once(app: Flask, people: World, browse: Browse) -> None:
    elsewhere = browse(people.officer.user_id)
    client = app.test_client()
    headers = {"Host": "evil.example"}
    token = token_of(client.get("/password/forgotten", headers=headers))
    client.post(
        "/password/forgotten", data={"csrf_token": token, "email": "officer@example.test"}, headers=headers
    )
    (body,) = outbox(app)
    assert "evil.example" not in body
    link = re.findall(r"http://127\.0\.0\.1:\d+(/password/reset/\S+)", body)[0]
    assert submit(client, link, password="short", again="short").status_code == 422
    assert submit(client, link, password=NEW, again=NEW).location == "/sign-in?next=/"
    assert client.get(link).status_code == 404
    assert "链接不能用了" in client.get(link).text
    assert elsewhere.get("/account").status_code == 302
    assert enter(app.test_client(), password=NEW).status_code == 303
    assert enter(app.test_client()).status_code == 422


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


def signed_in_client(app: Flask, user_id: int) -> FlaskClient:
    with app.extensions["portal.database"].writing() as session:
        token = start_session(session, user_id, app.extensions["portal.settings"])
    client = app.test_client()
    with client.session_transaction() as stored:
        stored["_user_id"], stored["_fresh"] = token, True
    return client


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


def test_old_attempts_are_swept_away(app: Flask, people: World) -> None:
    with app.extensions["portal.database"].writing() as session:
        old = now() - timedelta(days=31)
        session.add(SignInAttempt(email="x@example.test", at=old, succeeded=False))
    enter(app.test_client())
    with app.extensions["portal.database"].reading() as session:
        assert session.scalars(sa.select(SignInAttempt.email)).all() == ["officer@example.test"]


def test_asking_too_often_from_one_address_is_refused_in_words(app: Flask, people: World) -> None:
    client = app.test_client()
    sent = {"csrf_token": token_of(client.get("/password/forgotten")), "email": "nobody@example.test"}
    answers = [client.post("/password/forgotten", data=sent) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert "请求太频繁" in answers[-1].text


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


@pytest.mark.parametrize("email", ["officer@example.test", "nobody@example.test"])
def test_whether_an_address_is_known_cannot_be_told_from_the_time(
    app: Flask, people: World, email: str
) -> None:
    begun = time.monotonic()
    assert submit(app.test_client(), "/password/forgotten", email=email).status_code == 303
    assert time.monotonic() - begun >= EVEN_SECONDS
