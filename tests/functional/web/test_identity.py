"""The door: signing in, the second factor, signing out, the language, an account of one's own."""

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.domain.periods import now
from portal.models.users import SignInAttempt, User, UserSession
from tests.factories.world import World
from tests.fixtures.application import Browse
from tests.fixtures.entering import NEW, enter, set_user, submit, token_of


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


def test_old_attempts_are_swept_away(app: Flask, people: World) -> None:
    with app.extensions["portal.database"].writing() as session:
        old = now() - timedelta(days=31)
        session.add(SignInAttempt(email="x@example.test", at=old, succeeded=False))
    enter(app.test_client())
    with app.extensions["portal.database"].reading() as session:
        assert session.scalars(sa.select(SignInAttempt.email)).all() == ["officer@example.test"]
