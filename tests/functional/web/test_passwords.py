"""A forgotten password: the same answer to all, a link that works once, and no way to guess."""

import re
import time

import pytest
from flask import Flask

from portal.web.even_time import EVEN_SECONDS
from tests.factories.world import World
from tests.fixtures.application import Browse
from tests.fixtures.entering import NEW, enter, outbox, submit, token_of


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


def test_asking_too_often_from_one_address_is_refused_in_words(app: Flask, people: World) -> None:
    client = app.test_client()
    sent = {"csrf_token": token_of(client.get("/password/forgotten")), "email": "nobody@example.test"}
    answers = [client.post("/password/forgotten", data=sent) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert "请求太频繁" in answers[-1].text


@pytest.mark.parametrize("email", ["officer@example.test", "nobody@example.test"])
def test_whether_an_address_is_known_cannot_be_told_from_the_time(
    app: Flask, people: World, email: str
) -> None:
    begun = time.monotonic()
    assert submit(app.test_client(), "/password/forgotten", email=email).status_code == 303
    assert time.monotonic() - begun >= EVEN_SECONDS
