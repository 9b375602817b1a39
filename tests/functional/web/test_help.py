"""The help pages say what the rules say."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from portal.domain.access import Permission, Role
from portal.web.help import may
from portal.web.labels import PERMISSIONS, ROLES
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]


def test_the_table_shows_every_right_of_every_role_as_the_rules_decide(
    app: Flask, world: World, browse: Browse
) -> None:
    page = browse(world.officer.user_id).get("/help/roles").text
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    rows = {
        re.findall(r'<th scope="row">(.*?)</th>', row)[0]: re.findall(r'aria-label="(可以|不可以)"', row)
        for row in body.split("<tr>")[1:]
    }
    assert list(rows) == [PERMISSIONS[permission] for permission in Permission]
    for permission in Permission:
        shown = [word == "可以" for word in rows[PERMISSIONS[permission]]]
        assert shown == [may(role, permission) for role in Role]
    assert all(name in page for name in ROLES.values())


def test_a_steward_does_not_sign_by_the_table() -> None:
    assert not may(Role.STEWARD, Permission.RECORD_SIGN)
    assert not may(Role.STEWARD_LEAD, Permission.RECORD_SIGN)
    assert may(Role.ENTERPRISE_SIGNATORY, Permission.RECORD_SIGN)


def test_the_help_is_for_those_who_are_in(app: Flask, world: World) -> None:
    assert app.test_client().get("/help/roles").status_code == 302
    assert app.test_client().get("/help/words").status_code == 302


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("who", ["officer", "steward", "regulator", "platform_administrator"])
def test_everybody_reads_it_in_both_languages(
    app: Flask, world: World, browse: Browse, who: str, locale: str
) -> None:
    browser = browse(getattr(world, who).user_id)
    browser.client.set_cookie("locale", locale)
    assert browser.get("/help/roles").status_code == 200
    assert browser.get("/help/words").status_code == 200
