"""Who may do what: the table, the scope of each kind of actor, and the order of the two questions."""

import pytest

from portal.domain.access import (
    CARBON_ONLY,
    EVERYONE,
    GRANTS,
    ROLE_KINDS,
    Actor,
    EngagementScope,
    EnterpriseScope,
    OrganisationKind,
    Permission,
    Role,
    authorize,
    in_scope,
)
from portal.domain.errors import NotFound, Refused

P, K = Permission, OrganisationKind
STEWARDS = {Role.STEWARD, Role.STEWARD_LEAD}
REGULATORS = {Role.DISTRICT_REGULATOR, Role.CITY_REGULATOR}


def person(*roles: Role, organisation: int = 1, district: str | None = None) -> Actor:
    kind = ROLE_KINDS[roles[0]] if roles else None
    return Actor(7, "示例", organisation, "示例机构", kind, frozenset(roles), district)


def test_every_role_has_a_line_in_the_table_and_a_kind_of_organisation() -> None:
    assert set(GRANTS) == set(ROLE_KINDS) == set(Role)


def test_every_permission_is_held_by_somebody() -> None:
    assert set().union(*GRANTS.values()) | EVERYONE == set(Permission)


def test_only_a_signatory_signs() -> None:
    assert {role for role in Role if P.RECORD_SIGN in GRANTS[role]} == {Role.ENTERPRISE_SIGNATORY}


def test_only_regulators_decide() -> None:
    for permission in (
        P.REGISTRATION_DECIDE,
        P.PLAN_APPROVE,
        P.RECORD_REVIEW,
        P.FINDING_CLOSE,
        P.FINDING_WAIVE,
    ):
        assert {role for role in Role if permission in GRANTS[role]} == REGULATORS


def test_nobody_who_reviews_changes_figures() -> None:
    writes = {P.RECORD_EDIT, P.EVIDENCE_UPLOAD, P.PLAN_EDIT, P.METER_EDIT, P.FINDING_RESPOND, P.RECORD_SIGN}
    for role in REGULATORS:
        assert not GRANTS[role] & writes


def test_the_platform_sees_no_enterprise_data() -> None:
    assert GRANTS[Role.PLATFORM_ADMINISTRATOR] == {P.ORGANISATION_MANAGE, P.MEMBER_MANAGE}


def test_everybody_manages_their_own_account_and_nobody_more_without_a_role() -> None:
    nobody = Actor(7, "示例", None, "", None)
    assert {permission for permission in Permission if nobody.may(permission)} == EVERYONE


def test_roles_add_up() -> None:
    both = person(Role.ENTERPRISE_OFFICER, Role.ENTERPRISE_SIGNATORY)
    assert both.may(P.RECORD_EDIT)
    assert both.may(P.RECORD_SIGN)


@pytest.mark.parametrize("role", [role for role in Role if ROLE_KINDS[role] is K.ENTERPRISE])
def test_an_enterprises_people_reach_their_own_enterprise_only(role: Role) -> None:
    for permission in Permission:
        assert in_scope(person(role), permission, EnterpriseScope(1, "330502"))
        assert not in_scope(person(role), permission, EnterpriseScope(2, "330502"))


@pytest.mark.parametrize("role", sorted(STEWARDS))
@pytest.mark.parametrize("permission", sorted(Permission))
def test_a_steward_reaches_what_the_contract_holds(role: Role, permission: Permission) -> None:
    def reached(scope: EngagementScope | None) -> bool:
        return in_scope(person(role), permission, EnterpriseScope(2, "330502", scope))

    assert not reached(None)
    assert reached(EngagementScope.BOTH)
    assert reached(EngagementScope.CARBON)
    assert reached(EngagementScope.ENVIRONMENT) is (permission not in CARBON_ONLY)


def test_all_that_a_steward_prepares_or_reads_of_a_month_is_the_carbon_side() -> None:
    outside = {
        *(P.ENTERPRISE_VIEW, P.ENTERPRISE_LIST, P.ENGAGEMENT_VIEW, P.ENGAGEMENT_PROPOSE, P.ENGAGEMENT_END),
        *(P.BOARD_VIEW, P.MEMBER_MANAGE, P.VISIT_VIEW, P.VISIT_CONDUCT),
    }
    assert GRANTS[Role.STEWARD_LEAD] - CARBON_ONLY == outside


def test_a_district_regulator_reaches_the_district_only() -> None:
    actor = person(Role.DISTRICT_REGULATOR, district="330502")
    assert in_scope(actor, P.RECORD_REVIEW, EnterpriseScope(2, "330502"))
    assert not in_scope(actor, P.RECORD_REVIEW, EnterpriseScope(2, "330503"))


def test_a_regulator_without_a_district_does_not_reach_an_enterprise_without_one() -> None:
    assert not in_scope(person(Role.DISTRICT_REGULATOR), P.RECORD_REVIEW, EnterpriseScope(2, ""))


def test_a_city_regulator_reaches_every_district() -> None:
    assert in_scope(person(Role.CITY_REGULATOR), P.RECORD_REVIEW, EnterpriseScope(2, "330503"))


def test_the_platform_and_people_without_an_organisation_reach_no_enterprise() -> None:
    for actor in (person(Role.PLATFORM_ADMINISTRATOR), Actor(7, "示例", None, "", None)):
        assert not in_scope(actor, P.ENTERPRISE_VIEW, EnterpriseScope(1, "330502"))


def test_a_stranger_learns_nothing_not_even_that_the_role_would_not_do() -> None:
    with pytest.raises(NotFound):
        authorize(person(Role.ENTERPRISE_OFFICER), P.RECORD_SIGN, EnterpriseScope(2, "330502"))


def test_ones_own_without_the_permission_is_refused() -> None:
    with pytest.raises(Refused):
        authorize(person(Role.ENTERPRISE_OFFICER), P.RECORD_SIGN, EnterpriseScope(1, "330502"))
    with pytest.raises(Refused):
        authorize(person(Role.ENTERPRISE_OFFICER), P.QUEUE_VIEW)


def test_who_prepared_it_does_not_review_it() -> None:
    actor = person(Role.DISTRICT_REGULATOR, organisation=5, district="330502")
    mine = EnterpriseScope(2, "330502", prepared_by=frozenset({5}))
    with pytest.raises(Refused):
        authorize(actor, P.RECORD_REVIEW, mine)
    authorize(actor, P.RECORD_VIEW, mine)
    authorize(actor, P.RECORD_REVIEW, EnterpriseScope(2, "330502", prepared_by=frozenset({6})))
