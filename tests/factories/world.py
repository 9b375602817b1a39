"""A small world of made-up people and firms: two of each kind, so that there is always a stranger."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, OrganisationKind, Role
from portal.domain.periods import now, today
from portal.domain.workflow import EngagementState
from portal.models.engagements import Engagement
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.users import User, UserRole
from portal.queries.access import actor_of

#: Argon2id of "example-password-1", made once and with the least of work: a real one takes 0.3 s to check.
PASSWORD = "example-password-1"
PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$w81gzgsN3E3h3ji1JENUhQ$KXjyS70OvUvGP+Qpu0KYD0s7dNcf12WvfbbvSTI+9dM"
)
DISTRICT, OTHER_DISTRICT = "330502", "330503"


@dataclass(frozen=True)
class World:
    """Ids of the people; ``actor_*`` are made by ``actor()``."""

    steel_id: int
    dyeing_id: int
    firm_id: int
    other_firm_id: int
    district_id: int
    other_district_id: int
    city_id: int
    officer: Actor
    signatory: Actor
    administrator: Actor
    stranger_officer: Actor
    stranger_signatory: Actor
    steward: Actor
    steward_lead: Actor
    other_steward: Actor
    regulator: Actor
    second_regulator: Actor
    other_regulator: Actor
    city_regulator: Actor
    platform_administrator: Actor
    engagement_id: int


def make_organisation(
    session: Session,
    kind: OrganisationKind,
    name: str,
    uscc: str,
    *,
    district: str = "",
    guideline: str = "",
    first_month: str = "2026-01",
) -> Organisation:
    """An organisation; with ``guideline`` also its enterprise profile."""
    organisation = Organisation(kind=kind, name=name, uscc=uscc, district=district)
    session.add(organisation)
    session.flush()
    if kind is OrganisationKind.ENTERPRISE:
        session.add(
            EnterpriseProfile(
                organisation_id=organisation.id,
                guideline=guideline,
                first_month=first_month,
                legal_representative="顾示例",
                industry_code="3120" if "03.01" in guideline else "1713",
                ets_member="03.01" in guideline,
            )
        )
    return organisation


def make_user(
    session: Session, organisation: Organisation | None, email: str, name: str, *roles: Role
) -> User:
    """A person with roles."""
    user = User(email=email, name=name, password_hash=PASSWORD_HASH, organisation=organisation)
    user.roles = [UserRole(role=role) for role in roles]
    session.add(user)
    session.flush()
    return user


def make_engagement(
    session: Session,
    firm_id: int,
    enterprise_id: int,
    *,
    scope: EngagementScope = EngagementScope.BOTH,
    starts_on: date | None = None,
    ends_on: date | None = None,
    state: EngagementState = EngagementState.ACTIVE,
    number: str = "EG-2026-0001",
) -> Engagement:
    """An engagement, in force unless said otherwise."""
    engagement = Engagement(
        number=number,
        firm_id=firm_id,
        enterprise_id=enterprise_id,
        scope=scope,
        starts_on=starts_on or today() - timedelta(days=400),
        ends_on=ends_on or today() + timedelta(days=365),
        state=state,
        decided_at=now(),
    )
    session.add(engagement)
    session.flush()
    return engagement


def make_world(session: Session) -> World:
    """Two enterprises in two districts, two firms (one engaged by the first), regulators of each."""
    kind = OrganisationKind
    steel = make_organisation(
        session,
        kind.ENTERPRISE,
        "示例钢铁有限公司",
        "91330500MA28C4XX0E",
        district=DISTRICT,
        guideline="CETS-AG-03.01-V01-2024",
    )
    dyeing = make_organisation(
        session,
        kind.ENTERPRISE,
        "示例印染有限公司",
        "91330502MA0000002X",
        district=OTHER_DISTRICT,
        guideline="industry-other-2015",
    )
    firm = make_organisation(session, kind.STEWARD_FIRM, "示例碳管家服务有限公司", "91330500MA0000003X")
    other_firm = make_organisation(session, kind.STEWARD_FIRM, "另一示例管家有限公司", "91330500MA0000004X")
    district = make_organisation(
        session, kind.AUTHORITY, "示例区生态环境局", "11330502000000005X", district=DISTRICT
    )
    other = make_organisation(
        session, kind.AUTHORITY, "另一示例区生态环境局", "11330503000000006X", district=OTHER_DISTRICT
    )
    city = make_organisation(session, kind.AUTHORITY, "示例市生态环境局", "11330500000000007X")
    platform = make_organisation(session, kind.PLATFORM, "示例平台运营中心", "12330500000000008X")
    engagement = make_engagement(session, firm.id, steel.id)

    def person(organisation: Organisation, email: str, name: str, *roles: Role) -> Actor:
        return actor_of(make_user(session, organisation, f"{email}@example.test", name, *roles))

    return World(
        steel_id=steel.id,
        dyeing_id=dyeing.id,
        firm_id=firm.id,
        other_firm_id=other_firm.id,
        district_id=district.id,
        other_district_id=other.id,
        city_id=city.id,
        officer=person(steel, "officer", "沈示例", Role.ENTERPRISE_OFFICER),
        signatory=person(steel, "signatory", "顾示例", Role.ENTERPRISE_SIGNATORY),
        administrator=person(steel, "administrator", "周示例", Role.ENTERPRISE_ADMINISTRATOR),
        stranger_officer=person(
            dyeing, "stranger", "陈示例", Role.ENTERPRISE_OFFICER, Role.ENTERPRISE_ADMINISTRATOR
        ),
        stranger_signatory=person(dyeing, "stranger-signatory", "钱示例", Role.ENTERPRISE_SIGNATORY),
        steward=person(firm, "steward", "李示例", Role.STEWARD),
        steward_lead=person(firm, "lead", "赵示例", Role.STEWARD_LEAD),
        other_steward=person(other_firm, "other-steward", "孙示例", Role.STEWARD, Role.STEWARD_LEAD),
        regulator=person(district, "regulator", "王示例", Role.DISTRICT_REGULATOR),
        second_regulator=person(district, "regulator2", "吴示例", Role.DISTRICT_REGULATOR),
        other_regulator=person(other, "other-regulator", "郑示例", Role.DISTRICT_REGULATOR),
        city_regulator=person(city, "city", "冯示例", Role.CITY_REGULATOR),
        platform_administrator=person(platform, "platform", "卫示例", Role.PLATFORM_ADMINISTRATOR),
        engagement_id=engagement.id,
    )
