"""Every route × every role × one's own and a stranger's object; what is expected is computed from GRANTS.

A new route needs no line in access_cases.py while its arguments have usual names; otherwise the test says
what it misses.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from portal.domain.access import Actor, Permission, Role
from portal.domain.periods import Month
from portal.domain.workflow import RecordState
from portal.models.organisations import Organisation
from portal.services.months import find_record
from portal.web.access import PUBLIC
from tests.factories.matrix_months import MONTHS
from tests.factories.matrix_people import FOREIGN_NAME, FOREIGN_USCC
from tests.fixtures.matrix import ANONYMOUS, BEFORE, Case, Matrix, matrix
from tests.functional.web.access_cases import ROLES, SIDES, arguments, cases, wrong

__all__ = ["matrix"]

#: A part of a stranger's name, for lists that can be searched; the page repeats what was typed.
SEARCH = {"q": FOREIGN_NAME[:4], "from": "1", "to": "1", "year": "2026"}


def sees_strangers(who: Actor | None) -> bool:
    """Whether this person may read the stranger's name somewhere."""
    return who is not None and bool(who.roles & {Role.CITY_REGULATOR, Role.PLATFORM_ADMINISTRATOR})


@pytest.mark.parametrize("role", ROLES)
def test_reading_follows_the_table_of_rights(matrix: Matrix, role: str) -> None:
    matrix.restore()
    who, faults = matrix.world.actors.get(role), []
    before = matrix.content()
    for side in SIDES:
        for case in cases(matrix, role, "GET", side):
            answer = matrix.ask(role, case, query_string=SEARCH)
            faults.append(wrong(case, who, answer))
            if case.permission != PUBLIC and not sees_strangers(who) and set(_words(answer)):
                faults.append(f"{case.path} shows the stranger's name or code")
    assert not any(faults), "\n".join(fault for fault in faults if fault)
    after = matrix.content()
    assert [name for name in before if before[name] != after[name]] == [], "a GET has changed rows"


def _words(answer: Any) -> Iterator[str]:
    if answer.mimetype in {"text/html", "text/csv", "application/json", "text/plain"}:
        yield from (word for word in (FOREIGN_NAME, FOREIGN_USCC) if word in answer.get_data(as_text=True))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("role", ROLES)
def test_writing_follows_the_table_of_rights(matrix: Matrix, role: str, side: str) -> None:
    """What is refused goes first, and leaves every row as it was; what is allowed starts afresh each time."""
    matrix.restore()
    who, faults = matrix.world.actors.get(role), []
    before = matrix.content()
    every = list(cases(matrix, role, "POST", side))
    refused = [case for case in every if _is_refused(case, who)]
    faults += [wrong(case, who, matrix.ask(role, case)) for case in refused]
    after = matrix.content()
    assert [name for name in before if before[name] != after[name]] == [], "a refused POST has changed rows"
    for case in (case for case in every if case not in refused):
        answer = matrix.ask(role, case)
        faults.append(wrong(case, who, answer))
        if answer.status_code < 400 or case.endpoint in BEFORE:
            matrix.restore()
    assert not any(faults), "\n".join(fault for fault in faults if fault)


def _is_refused(case: Case, who: Actor | None) -> bool:
    """Whether the table of rights or the scope forbids the act; rules of single acts come after these."""
    if case.permission == PUBLIC:
        return False
    if who is None or not case.mine:
        return True
    return isinstance(case.permission, Permission) and not who.may(case.permission)


@pytest.mark.parametrize("role", [role for role in ROLES if role != ANONYMOUS])
def test_json_and_parts_of_pages_are_as_shut_as_pages(matrix: Matrix, role: str) -> None:
    matrix.restore()
    who = matrix.world.actors[role]
    faults = []
    for headers in ({"Accept": "application/json"}, {"HX-Request": "true"}):
        for case in cases(matrix, role, "GET", "far"):
            if case.permission != PUBLIC and not case.mine:
                answer = matrix.ask(role, case, headers=headers)
                faults.append(wrong(case, who, answer))
                if set(_words(answer)):
                    faults.append(f"{case.path} shows the stranger's name or code")
    assert not any(faults), "\n".join(fault for fault in faults if fault)


def test_the_second_condition_of_an_act_is_asked_for_when_the_form_is_filled(matrix: Matrix) -> None:
    """What the first tests leave to the forms: a reader of the month cannot reopen it, nor recheck."""
    month, near = MONTHS[RecordState.READY_FOR_SIGNOFF], matrix.world.near
    with matrix.app.extensions["portal.database"].reading() as session:
        head = find_record(session, near.enterprise_id, Month.parse(month))
    reopen = f"/enterprises/{near.enterprise_id}/records/{month}/reopen"
    form = {"row_version": str(head.row_version), "reason": "示例"}
    recheck = f"/findings/{near.usual['finding_id']}/recheck"
    for role, path, filled in (
        ("enterprise_administrator", reopen, form),
        ("district_regulator", reopen, form),
        ("enterprise_administrator", recheck, {"row_version": "1"}),
    ):
        matrix.restore()
        assert matrix.browser(role).post(path, filled).status_code == 403, (role, path)
    matrix.restore()
    assert matrix.browser("enterprise_officer").post(reopen, form).status_code == 303


def test_a_route_without_an_object_in_the_world_is_named(matrix: Matrix) -> None:
    rule = Rule("/enterprises/<int:enterprise_id>/boilers/<int:boiler_id>", endpoint="boilers.show")
    matrix.app.url_map.bind("localhost")
    rule.bind(type(matrix.app.url_map)())
    with pytest.raises(AssertionError, match=r"boilers.show.*boiler_id.*matrix.py"):
        arguments(rule, matrix.world, None, "near")


def test_the_matrix_sees_a_leak(matrix: Matrix) -> None:
    class Answer:
        location = ""

        def __init__(self, status: int) -> None:
            self.status_code = status

    officer = matrix.world.actors["enterprise_officer"]
    theirs = Case("GET", "x", "/enterprises/2/x", Permission.METER_VIEW, mine=False, has_object=True)
    mine = Case("GET", "x", "/enterprises/1/x", Permission.RECORD_REVIEW, mine=True, has_object=True)
    assert "stranger" in wrong(theirs, officer, Answer(200))
    assert "stranger" in wrong(theirs, officer, Answer(403))
    assert wrong(theirs, officer, Answer(404)) == ""
    assert "not allowed" in wrong(mine, officer, Answer(200))
    assert wrong(mine, officer, Answer(403)) == ""
    assert "server error" in wrong(mine, officer, Answer(500))


def test_the_world_has_a_person_of_every_role(matrix: Matrix) -> None:
    for role in Role:
        assert matrix.world.actors[role.value].roles == {role}
    with matrix.app.extensions["portal.database"].reading() as session:
        assert session.scalar(sa.select(Organisation.uscc).where(Organisation.name == FOREIGN_NAME))
