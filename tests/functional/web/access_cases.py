"""Every address with the ids it needs, and what the table of rights expects of each person there."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from portal.domain.access import (
    Actor,
    EngagementScope,
    EnterpriseScope,
    OrganisationKind,
    Permission,
    Role,
    in_scope,
)
from portal.domain.workflow import RecordState
from portal.web.access import PUBLIC, SIGNED_IN
from tests.factories.matrix import MatrixWorld, Objects
from tests.factories.matrix_bundles import bundle_arguments
from tests.factories.matrix_dossiers import dossier_arguments
from tests.factories.matrix_months import MONTHS
from tests.factories.matrix_people import RESET_TOKEN
from tests.factories.matrix_plans import DRAFT, SUBMITTED
from tests.factories.matrix_products import product_arguments
from tests.factories.matrix_visits import sees_every_draw, visit_arguments
from tests.factories.world import DISTRICT, OTHER_DISTRICT
from tests.fixtures.matrix import ANONYMOUS, Case, Matrix

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


def rules(app: Flask, method: str) -> list[Rule]:
    """The addresses that answer to this method, by path."""
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
            "or in _by_state of access_cases.py when only one state fits"
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
    """Each address of this method with its ids filled in, as one person meets it."""
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
