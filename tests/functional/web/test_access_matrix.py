"""Every route × every role × one's own and a stranger's object; what is expected is computed from GRANTS.

A new route needs no line here while its arguments have usual names; otherwise the test says what it misses.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from portal.app import create_app
from portal.domain.access import (
    Actor,
    EngagementScope,
    EnterpriseScope,
    OrganisationKind,
    Permission,
    Role,
    in_scope,
)
from portal.domain.periods import Month
from portal.domain.workflow import RecordState
from portal.models.organisations import Organisation
from portal.models.users import UserSession
from portal.queue import InlineQueue
from portal.reference.statements import load_statements
from portal.services.months import find_record
from portal.services.sessions import start_session
from portal.web.access import PUBLIC, SIGNED_IN
from tests.factories.matrix import (
    DRAFT,
    FOREIGN_NAME,
    FOREIGN_USCC,
    MONTHS,
    RESET_TOKEN,
    SUBMITTED,
    MatrixWorld,
    Objects,
    add_reset_link,
    make_matrix_world,
)
from tests.factories.matrix_bundles import bundle_arguments
from tests.factories.matrix_dossiers import dossier_arguments
from tests.factories.matrix_products import product_arguments
from tests.factories.matrix_visits import sees_every_draw, visit_arguments
from tests.factories.world import DISTRICT, OTHER_DISTRICT
from tests.fixtures.application import Browser, settings_for

ANONYMOUS = "anonymous"
ROLES = (
    *(role.value for role in Role),
    "steward_for_environment_only",
    "applicant",
    ANONYMOUS,
)
SIDES = ("near", "far")

#: The month whose state fits a route; every other route gets the accepted one.
MONTH_OF: Mapping[RecordState, tuple[str, ...]] = {
    RecordState.NOT_STARTED: ("records.start",),
    RecordState.DRAFT: (
        *("records.save", "records.save_section", "records.respond", "records.evaluate", "records.ready"),
        "records.correct",
        *("evidence.upload", "evidence.choose", "evidence.link", "evidence.remove"),
        "evidence.spread",
    ),
    RecordState.READY_FOR_SIGNOFF: ("records.reopen_month", "signing.sign", "signing.statement_opened"),
    RecordState.SUBMITTED: ("signing.recall_month", "reviews.take"),
    RecordState.UNDER_REVIEW: (
        *("reviews.split", "reviews.decide", "reviews.ask", "reviews.send_back", "reviews.accept"),
        *("reviews.reassign", "reviews.release", "reviews.questions", "reviews.answer", "findings.raise_one"),
    ),
    RecordState.PENDING_COUNTERSIGN: ("reviews.countersign",),
    RecordState.RETURNED: ("records.amend",),
    RecordState.RESTATEMENT_REQUESTED: ("reviews.decide_restatement",),
}
DRAFT_PLAN = {
    *("plans.edit", "plans.fill", "plans.change_head", "plans.submit", "plans.discard", "plans.stream"),
    *("plans.rename_stream", "plans.remove_stream", "plans.add_streams", "plans.attach_drawing"),
}
SUBMITTED_PLAN = {"plans.review", "plans.decide"}
#: Routes of a registration that was handed in; the others are about one that is being written.
SUBMITTED_REGISTRATION = {
    *("registrations.task_list", "registrations.check_answers", "registrations.section"),
    *("registrations.file", "registrations.receipt", "registrations.review", "registrations.decide"),
    "registrations.finish",
}
#: Acts for which the route's permission is the first of two: the service asks for one of these as well.
ALSO: Mapping[str, frozenset[Permission]] = {
    "records.reopen_month": frozenset({Permission.RECORD_EDIT, Permission.RECORD_SIGN}),
    "dossiers.reopen": frozenset({Permission.DOSSIER_EDIT, Permission.DOSSIER_SIGN}),
    "dossiers.withdraw": frozenset({Permission.DOSSIER_SIGN, Permission.DOSSIER_REVIEW}),
    "findings.recheck": frozenset({Permission.FINDING_RESPOND, Permission.FINDING_CLOSE}),
    "findings.comment": frozenset({Permission.FINDING_RESPOND, Permission.FINDING_CLOSE}),
    "findings.bulk": frozenset({Permission.FINDING_RESPOND, Permission.FINDING_CLOSE}),
}
#: What a form must hold at least, where an empty one names no object.
BODIES: Mapping[str, Mapping[str, str]] = {
    "signing.statement_opened": {"statement": load_statements()[0].key},
    "reviews.answer": {"question_id": "0"},
}
#: What must not be in the way of an act that is allowed.
BEFORE: Mapping[str, str] = {
    "plans.clone": "UPDATE plan_versions SET state = 'superseded' WHERE state IN ('draft', 'submitted')",
}
#: A part of a stranger's name, for lists that can be searched; the page repeats what was typed.
SEARCH = {"q": FOREIGN_NAME[:4], "from": "1", "to": "1", "year": "2026"}


@dataclass(frozen=True)
class Case:
    """One address with one method, and whether its object is this person's business."""

    method: str
    endpoint: str
    path: str
    permission: object
    mine: bool
    has_object: bool


@dataclass
class Matrix:
    """The application, its world, and a clean copy of its database to go back to."""

    app: Flask
    world: MatrixWorld
    clean: Path
    file: Path
    tokens: Mapping[str, str]

    def browser(self, role: str) -> Browser:
        """A fresh browser in which this person is signed in."""
        client = self.app.test_client()
        with self.app.test_request_context():
            from flask import session as flask_session
            from flask_wtf.csrf import generate_csrf

            csrf_token, raw = generate_csrf(), flask_session["csrf_token"]
        with client.session_transaction() as stored:
            stored["csrf_token"] = raw
            if role != ANONYMOUS:
                stored["_user_id"], stored["_fresh"] = self.tokens[role], True
        return Browser(client, csrf_token)

    def ask(self, role: str, case: Case, **keywords: Any) -> Any:
        """What a fresh browser of this person gets; read to its end and closed."""
        who = self.world.actors.get(role)
        held = isinstance(case.permission, Permission) and who is not None and who.may(case.permission)
        if case.endpoint in BEFORE and case.mine and held:
            with self.app.extensions["portal.database"].engine.begin() as connection:
                connection.exec_driver_sql(BEFORE[case.endpoint])
        browser = self.browser(role)
        if case.method == "GET":
            answer = browser.get(case.path, **keywords)
        else:
            answer = browser.post(case.path, dict(BODIES.get(case.endpoint, {})), **keywords)
        answer.get_data()
        answer.close()
        return answer

    def restore(self) -> None:
        """Put the database back as it was."""
        self.app.extensions["portal.database"].engine.dispose()
        shutil.copy(self.clean, self.file)

    def content(self) -> dict[str, list[str]]:
        """Every row, but for what reading a page may note: when somebody was last seen."""
        with self.app.extensions["portal.database"].engine.connect() as connection:
            names = set(sa.inspect(connection).get_table_names()) - {"user_sessions", "sign_in_attempts"}
            return {
                name: sorted(str(tuple(row)) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
                for name in names
            }


@pytest.fixture(scope="module")
def matrix(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """The world, made once."""
    folder = tmp_path_factory.mktemp("matrix")
    file = folder / "portal.db"
    shutil.copy(sqlite_template, file)
    app = create_app(settings_for(f"sqlite:///{file}", folder), queue=InlineQueue(lambda job_id: None))
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)
    database = app.extensions["portal.database"]
    with database.writing() as session:
        world = make_matrix_world(session, app.extensions["portal.storage"])
        add_reset_link(session, world.actors["applicant"].user_id)
        settings = app.extensions["portal.settings"]
        for person in world.sessions:
            start_session(session, person, settings)
            world.sessions[person] = session.scalars(sa.select(sa.func.max(UserSession.id))).one()
        tokens = {role: start_session(session, who.user_id, settings) for role, who in world.actors.items()}
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    clean = folder / "clean.db"
    shutil.copy(file, clean)
    yield Matrix(app, world, clean, file, tokens)
    database.engine.dispose()


def rules(app: Flask, method: str) -> list[Rule]:
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and method in (rule.methods or ())
    ]
    return sorted(found, key=lambda rule: (str(rule), rule.endpoint))


def arguments(rule: Rule, world: MatrixWorld, who: Actor | None, side: str) -> dict[str, Any]:
    """The ids that the address needs, of this person's own things or of a stranger's."""
    objects: Objects = getattr(world, side)
    given = {**objects.usual, **_personal(world, who, side, objects), **_by_state(rule.endpoint, objects)}
    given |= visit_arguments(rule.endpoint, who, objects.at)
    given |= bundle_arguments(rule.endpoint, who, objects.at)
    given |= product_arguments(rule.endpoint)
    given |= dossier_arguments(rule.endpoint, objects.at)
    missing = sorted(name for name in rule.arguments if name not in given)
    if missing:
        raise AssertionError(
            f"{rule} ({rule.endpoint}) needs {', '.join(missing)}: give the world of "
            "tests/factories/matrix.py such an object and name its id in Objects.usual, "
            "or in _by_state here when only one state fits"
        )
    return {name: given[name] for name in rule.arguments}


def _personal(world: MatrixWorld, who: Actor | None, side: str, objects: Objects) -> dict[str, Any]:
    """What belongs to a person or an organisation rather than to an enterprise."""
    far = side == "far"
    person = world.foreign_officer_id if far or who is None else who.user_id
    organisation = objects.enterprise_id
    platform = who is not None and who.kind is OrganisationKind.PLATFORM  # it cannot shut itself
    if not far and who is not None and who.organisation_id is not None and not platform:
        organisation = who.organisation_id
    return {
        "organisation_id": organisation,
        "user_id": world.colleagues[organisation],
        "invitation_id": world.invitations[organisation],
        "notification_id": world.notices[person],
        "session_id": world.sessions[person],
        "token": objects.invitation_token,
    }


def _by_state(endpoint: str, objects: Objects) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for state, endpoints in MONTH_OF.items():
        if endpoint in endpoints:
            given["month"] = MONTHS[state]
    if endpoint in DRAFT_PLAN:
        given["plan_id"] = objects.at["draft_plan", "plan_id"]
    if endpoint in SUBMITTED_PLAN:
        given["plan_id"] = objects.at["submitted_plan", "plan_id"]
    if endpoint == "statistics.board_file":
        given["table"] = "sections"
    if endpoint == "documents.retry":
        given["version_id"] = objects.at["unprinted", "version_id"]
    if endpoint in {"registrations.remove_row", "registrations.declare_none"}:
        given["key"] = "treatment"
    if endpoint in {"registrations.upload", "registrations.remove_file"}:
        given["slot"] = "licence"
    if endpoint in {"identity.reset", "identity.reset_submit"}:
        given["token"] = RESET_TOKEN
    state = SUBMITTED if endpoint in SUBMITTED_REGISTRATION else DRAFT
    return {**given, "registration_id": objects.registrations[state]}


def engaged(who: Actor, world: MatrixWorld, objects: Objects) -> EngagementScope | None:
    """The contract in force between this person's firm and the enterprise, as the world was made."""
    if who.organisation_id == objects.firm_id:
        return EngagementScope.BOTH
    if who is world.actors["steward_for_environment_only"] and objects is world.near:
        return EngagementScope.ENVIRONMENT
    return None


def is_mine(rule: Rule, permission: object, who: Actor, world: MatrixWorld, side: str) -> bool:
    """Whether the object of the address is this person's business, by the scope rules."""
    objects: Objects = getattr(world, side)
    district = DISTRICT if side == "near" else OTHER_DISTRICT
    names, endpoint = rule.arguments, rule.endpoint
    scope = EnterpriseScope(objects.enterprise_id, district, engaged(who, world, objects))
    if "registration_id" in names:
        return _registration_is_mine(rule, permission, who, objects, district)
    if "engagement_id" in names:
        sides = {objects.enterprise_id, objects.firm_id}
        if rule.methods is not None and "POST" in rule.methods:
            return who.organisation_id in sides
        if who.kind is OrganisationKind.STEWARD_FIRM:
            return who.organisation_id == objects.firm_id
    if "organisation_id" in names:
        return side == "near" or Role.PLATFORM_ADMINISTRATOR in who.roles
    if names & {"notification_id", "session_id", "draw_id"}:
        return side == "near" or sees_every_draw(rule, who)
    if endpoint == "members.accept_with_own_account":
        return who.user_id == objects.applicant_id
    if names & {"enterprise_id", "finding_id", "suspicion_id", "engagement_id"}:
        assert isinstance(permission, Permission)
        return in_scope(who, permission, scope)
    if endpoint == "home.chart_table":
        return who.kind is OrganisationKind.ENTERPRISE
    return True


def _registration_is_mine(
    rule: Rule, permission: object, who: Actor, objects: Objects, district: str
) -> bool:
    decides = who.kind is OrganisationKind.AUTHORITY and (
        Role.CITY_REGULATOR in who.roles or who.district == district
    )
    if permission is Permission.REGISTRATION_DECIDE:
        return decides
    return who.user_id == objects.applicant_id or (decides and rule.endpoint == "registrations.file")


def cases(matrix: Matrix, role: str, method: str, side: str) -> Iterator[Case]:
    who = matrix.world.actors.get(role)
    adapter = matrix.app.url_map.bind("localhost")
    for rule in rules(matrix.app, method):
        permission = getattr(matrix.app.view_functions[rule.endpoint], "permission", None)
        given = arguments(rule, matrix.world, who, side)
        yield Case(
            method=method,
            endpoint=rule.endpoint,
            path=adapter.build(rule.endpoint, given, method=method),
            permission=permission,
            mine=who is None or is_mine(rule, permission, who, matrix.world, side),
            has_object="enterprise_id" in rule.arguments,
        )


def wrong(case: Case, who: Actor | None, answer: Any) -> str:
    """What is wrong with an answer; empty when it is as the rules have it."""
    status = answer.status_code
    told = f"{case.method} {case.path} ({case.endpoint}) gave {status}"
    if status >= 500:
        return f"{told}: a server error"
    if case.permission == PUBLIC:
        return f"{told}: it is public" if status in {403, 404} else ""
    if who is None:
        led = status in {302, 303} and "/sign-in" in answer.location
        return "" if led else f"{told}: a visitor belongs on the sign-in page"
    may = case.permission == SIGNED_IN or who.may(Permission(str(case.permission)))
    if not case.mine:
        # Without an enterprise in the address a role may be told no before anything is looked up.
        refused = {404} if case.has_object or may else {403, 404}
        if case.endpoint in PRIVATE:
            refused = {403, 404}
        return "" if status in refused else f"{told}: it is a stranger's, expected {refused}"
    if not may or not _fits(case, who):
        return "" if status == 403 else f"{told}: it is not allowed, expected 403"
    also = ALSO.get(case.endpoint)
    if also is not None and not any(who.may(one) for one in also):
        return ""  # the form is looked at first; a filled one is tried below
    return f"{told}: it is allowed" if status in {403, 404} else ""


#: Routes about one person's own thing, where "not yours" may be said as a refusal.
PRIVATE = {"members.accept_with_own_account"}


def _fits(case: Case, who: Actor) -> bool:
    """Rules of single acts that have nothing to do with an enterprise."""
    if case.endpoint == "dossiers.submit":
        return False  # none of today's kinds is reviewed by an authority
    if case.endpoint == "registrations.start":
        return who.organisation_id is None
    return True


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
