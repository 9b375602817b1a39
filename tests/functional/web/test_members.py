"""The people of an organisation, through the browser."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.models.users import User
from portal.services.passwords import hash_password
from tests.factories.world import World, make_user
from tests.fixtures.application import Browser

PHRASE = "another example phrase"
Browse = Callable[[int], Browser]
OFFICER = {"name": "新示例", "email": "new@example.test", "roles": "enterprise_officer"}


def mailed_link(app: Flask) -> str:
    files = sorted(app.extensions["portal.settings"].outbox_dir.glob("*.eml"))
    body = message_from_bytes(files[-1].read_bytes(), policy=policy.default).get_content()
    return re.findall(r"http://127\.0\.0\.1:\d+(/invitations/\S+)", body)[0]


def token_of(page: Any) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def test_an_invitation_goes_by_mail_and_opens_the_door_once(app: Flask, world: World, browse: Browse) -> None:
    chief = browse(world.administrator.user_id)
    assert chief.post(f"/organisations/{world.steel_id}/members/invitations", OFFICER).location == "/members"
    assert "new@example.test" in chief.get("/members").text
    guest, link = app.test_client(), mailed_link(app)
    page = guest.get(link)
    assert "示例钢铁有限公司" in page.text
    assert "环保与碳管理员" in page.text
    sent = {"csrf_token": token_of(page), "name": "新示例", "password": "short", "again": "short"}
    assert guest.post(link, data=sent).status_code == 422
    assert guest.post(link, data={**sent, "password": PHRASE, "again": PHRASE}).location == "/"
    assert "示例钢铁有限公司" in guest.get("/account").text
    assert app.test_client().get(link).status_code == 404
    assert "新示例" in chief.get("/members").text


def test_a_form_with_faults_keeps_what_was_typed(app: Flask, world: World, browse: Browse) -> None:
    chief = browse(world.administrator.user_id)
    page = chief.post(
        f"/organisations/{world.steel_id}/members/invitations",
        {"name": "新示例", "email": "new@", "roles": []},
    )
    assert page.status_code == 422
    assert 'value="new@"' in page.text
    assert 'href="#email"' in page.text
    assert 'href="#roles"' in page.text


@pytest.mark.parametrize("role", ["steward", "city_regulator", "platform_administrator", "nonsense"])
def test_foreign_roles_are_not_on_offer(app: Flask, world: World, browse: Browse, role: str) -> None:
    chief = browse(world.administrator.user_id)
    path = f"/organisations/{world.steel_id}/members/invitations"
    assert chief.post(path, {**OFFICER, "roles": role}).status_code == 422
    path = f"/organisations/{world.steel_id}/members/{world.officer.user_id}/roles"
    assert chief.post(path, {"roles": role}).status_code == 422


def test_other_peoples_organisations_are_not_found(app: Flask, world: World, browse: Browse) -> None:
    chief = browse(world.administrator.user_id)
    foreign = f"/organisations/{world.dyeing_id}/members"
    person = f"{foreign}/{world.stranger_officer.user_id}"
    assert chief.get(foreign).status_code == 404
    assert chief.get(person).status_code == 404
    assert chief.post(f"{foreign}/invitations", OFFICER).status_code == 404
    for act in ("roles", "deactivate", "activate", "totp/reset"):
        assert chief.post(f"{person}/{act}", {"roles": "enterprise_officer"}).status_code == 404
    own = f"/organisations/{world.steel_id}/members/{world.stranger_officer.user_id}"
    assert chief.get(own).status_code == 404
    assert chief.post(f"{own}/deactivate").status_code == 404


@pytest.mark.parametrize("who", ["officer", "signatory", "steward", "regulator"])
def test_others_do_not_manage_people(app: Flask, world: World, browse: Browse, who: str) -> None:
    person = getattr(world, who)
    browser = browse(person.user_id)
    assert browser.get("/members").status_code == 403
    assert browser.get(f"/organisations/{person.organisation_id}/members").status_code == 403


def test_roles_change_without_signing_in_again(app: Flask, world: World, browse: Browse) -> None:
    chief, officer = browse(world.administrator.user_id), browse(world.officer.user_id)
    assert officer.get("/members").status_code == 403
    path = f"/organisations/{world.steel_id}/members/{world.officer.user_id}/roles"
    both = {"roles": ["enterprise_officer", "enterprise_administrator"]}
    assert chief.post(path, both).status_code == 303
    assert officer.get("/members").status_code == 200
    assert chief.post(path, {"roles": "enterprise_officer"}).status_code == 303
    assert officer.get("/members").status_code == 403
    assert officer.get("/notifications").status_code == 200


def test_the_last_own_right_stays(app: Flask, world: World, browse: Browse) -> None:
    chief = browse(world.administrator.user_id)
    me = f"/organisations/{world.steel_id}/members/{world.administrator.user_id}"
    refused = chief.post(f"{me}/roles", {"roles": "enterprise_officer"})
    assert refused.status_code == 422
    assert "最后一个管理角色" in refused.text
    chief.post(f"{me}/deactivate")
    assert "不能停用自己的账户" in chief.get("/members").text


def test_shutting_somebody_out_is_felt_at_once(app: Flask, world: World, browse: Browse) -> None:
    chief, officer = browse(world.administrator.user_id), browse(world.officer.user_id)
    person = f"/organisations/{world.steel_id}/members/{world.officer.user_id}"
    assert chief.post(f"{person}/deactivate").status_code == 303
    assert officer.get("/account").status_code == 302
    assert "已停用" in chief.get("/members").text
    assert chief.post(f"{person}/activate").status_code == 303
    assert browse(world.officer.user_id).get("/account").status_code == 200


def test_a_revoked_invitation_opens_nothing(app: Flask, world: World, browse: Browse) -> None:
    chief = browse(world.administrator.user_id)
    chief.post(f"/organisations/{world.steel_id}/members/invitations", OFFICER)
    path = f"/organisations/{world.steel_id}/members/invitations/1/revoke"
    assert browse(world.stranger_officer.user_id).post(path).status_code == 404
    assert chief.post(path).status_code == 303
    assert chief.post(path).status_code == 404
    assert app.test_client().get(mailed_link(app)).status_code == 404


def test_who_has_an_account_signs_in_and_joins(app: Flask, world: World, browse: Browse) -> None:
    with app.extensions["portal.database"].writing() as session:
        applicant = make_user(session, None, "new@example.test", "新示例")
        applicant.password_hash = hash_password(PHRASE)
        applicant_id = applicant.id
    browse(world.administrator.user_id).post(f"/organisations/{world.steel_id}/members/invitations", OFFICER)
    link = mailed_link(app)
    guest = app.test_client()
    page = guest.get(link)
    assert "请先登录" in page.text
    taking = {"csrf_token": token_of(page), "name": "冒名", "password": PHRASE, "again": PHRASE}
    assert guest.post(link, data=taking).status_code == 422
    wrong = browse(world.stranger_officer.user_id)
    assert "另一个账户" in wrong.get(link).text
    assert wrong.post(f"{link}/join").status_code == 403
    owner = browse(applicant_id)
    assert owner.post(f"{link}/join").status_code == 303
    with app.extensions["portal.database"].reading() as session:
        joined = session.scalars(sa.select(User.organisation_id).where(User.id == applicant_id)).one()
    assert joined == world.steel_id


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_is_drawn_in_both_languages(app: Flask, world: World, browse: Browse, locale: str) -> None:
    chief, city = browse(world.administrator.user_id), browse(world.city_regulator.user_id)
    chief.post(f"/organisations/{world.steel_id}/members/invitations", OFFICER)
    guest = app.test_client()
    for client in (chief.client, city.client, guest):
        client.set_cookie("locale", locale)
    assert chief.get("/members").status_code == 200
    assert city.get("/members").status_code == 200
    assert city.get(f"/organisations/{world.district_id}/members").status_code == 200
    assert chief.get(f"/organisations/{world.steel_id}/members/{world.officer.user_id}").status_code == 200
    assert guest.get(mailed_link(app)).status_code == 200
