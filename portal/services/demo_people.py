"""The people and organisations of the example world."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from portal.domain.access import Actor, EngagementScope, OrganisationKind, Role
from portal.domain.periods import Month, today
from portal.domain.workflow import EngagementState
from portal.models.engagements import Engagement
from portal.models.organisations import EnterpriseProfile, Facility, Organisation, Outlet, Permit, Site
from portal.models.users import User, UserRole
from portal.queries.access import actor_of
from portal.services.demo_months import People
from portal.services.events import record_event
from portal.services.numbers import next_number

PASSWORD = "huzhou-demo-2026"  # noqa: S105 - the example world's own, printed at its first start
DISTRICT = "330502"
#: Everybody can read the password: a hash that takes a tenth of a second would guard nothing. It is made
#: anew with today's parameters when its owner first signs in.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_STAFF = (
    ("officer", Role.ENTERPRISE_OFFICER),
    ("signatory", Role.ENTERPRISE_SIGNATORY),
    ("admin", Role.ENTERPRISE_ADMINISTRATOR),
)


@dataclass(frozen=True)
class Account:
    """A person of the example world who can sign in."""

    email: str
    password: str
    name: str
    role: str
    organisation: str


@dataclass(frozen=True)
class EnterpriseSpec:
    """An example enterprise: the word in its people's addresses, its name and what it makes."""

    place: str
    name: str
    #: First digits of its credit code.
    stem: str
    industry_code: str
    industry_name: str
    guideline: str
    #: Officer, signatory, administrator.
    people: tuple[str, str, str]


STEEL = EnterpriseSpec(
    "steel",
    "示例钢铁有限公司",
    "9133050279000001",
    "3120",
    "炼钢",
    "CETS-AG-03.01-V01-2024",
    ("沈示例", "顾示例", "周示例"),
)
DYEING = EnterpriseSpec(
    "dyeing",
    "示例印染有限公司",
    "9133050279000002",
    "1713",
    "棉印染精加工",
    "industry-other-2015",
    ("陈示例", "钱示例", "郑示例"),
)
BATTERY = EnterpriseSpec(
    "battery",
    "示例电池有限公司",
    "9133050279000007",
    "3841",
    "锂离子电池制造",
    "industry-other-2015",
    ("蒋示例", "韩示例", "杨示例"),
)


@dataclass
class World:
    """Who has been made so far."""

    accounts: list[Account] = field(default_factory=list)
    #: By address.
    actors: dict[str, Actor] = field(default_factory=dict)

    def people(self, place: str) -> People:
        """Who acts in the months of an enterprise."""
        return People(
            officer=self.actors[f"officer@{place}.example"],
            signatory=self.actors[f"signatory@{place}.example"],
            regulator=self.actors["reviewer@district.example"],
            countersigner=self.actors["second@district.example"],
        )


def add_firm_and_authorities(session: Session) -> World:
    """The steward firm, the authorities and the platform, with their people, and one applicant."""
    world, kind = World(), OrganisationKind
    firm = _organisation(session, kind.STEWARD_FIRM, "示例碳管家服务有限公司", "9133050079000003")
    district = _organisation(session, kind.AUTHORITY, "示例区生态环境局", "1133050200000004", DISTRICT)
    city = _organisation(session, kind.AUTHORITY, "示例市生态环境局", "1133050000000005")
    platform = _organisation(session, kind.PLATFORM, "示例平台运营中心", "1233050000000006")
    for organisation, email, name, role in (
        (firm, "steward@firm.example", "李示例", Role.STEWARD),
        (firm, "lead@firm.example", "赵示例", Role.STEWARD_LEAD),
        (district, "reviewer@district.example", "王示例", Role.DISTRICT_REGULATOR),
        (district, "second@district.example", "吴示例", Role.DISTRICT_REGULATOR),
        (city, "reviewer@city.example", "冯示例", Role.CITY_REGULATOR),
        (platform, "admin@platform.example", "卫示例", Role.PLATFORM_ADMINISTRATOR),
    ):
        _person(session, world, organisation, email, name, role)
    _person(session, world, None, "applicant@new.example", "许示例")
    return world


def add_enterprise(session: Session, world: World, spec: EnterpriseSpec, first: Month) -> Organisation:
    """An accepted enterprise that files from ``first`` on, its people, and the firm that serves it."""
    organisation = _organisation(session, OrganisationKind.ENTERPRISE, spec.name, spec.stem, DISTRICT)
    _add_file(session, organisation, spec, first)
    for name, (word, role) in zip(spec.people, _STAFF, strict=True):
        _person(session, world, organisation, f"{word}@{spec.place}.example", name, role)
    _engage(session, world, organisation, world.actors[f"admin@{spec.place}.example"])
    return organisation


def _organisation(
    session: Session, kind: OrganisationKind, name: str, stem: str, district: str = ""
) -> Organisation:
    number = stem.ljust(17, "0")
    organisation = Organisation(
        kind=kind, name=name, uscc=number + uscc.calc_check_digit(number), district=district
    )
    session.add(organisation)
    session.flush()
    return organisation


def _person(
    session: Session, world: World, organisation: Organisation | None, email: str, name: str, *roles: Role
) -> None:
    user = User(
        email=email,
        name=name,
        password_hash=_QUICK.hash(PASSWORD),
        organisation=organisation,
        roles=[UserRole(role=role) for role in roles],
    )
    session.add(user)
    session.flush()
    world.actors[email] = actor_of(user)
    words = ", ".join(role.value for role in roles) or "applicant"
    world.accounts.append(Account(email, PASSWORD, name, words, organisation.name if organisation else ""))


def _add_file(session: Session, organisation: Organisation, spec: EnterpriseSpec, first: Month) -> None:
    started = first.first
    session.add(
        EnterpriseProfile(
            organisation_id=organisation.id,
            legal_representative="示例法人",
            address="示例区示例路 1 号",
            industry_code=spec.industry_code,
            industry_name=spec.industry_name,
            scale="large",
            contact_name="示例联系人",
            contact_phone="0572-0000000",
            ets_member=spec.guideline.startswith("CETS"),
            guideline=spec.guideline,
            first_month=str(first),
        )
    )
    site = Site(
        enterprise_id=organisation.id, name="示例厂区", address="示例区示例路 1 号", valid_from=started
    )
    session.add(site)
    session.flush()
    session.add_all(
        [
            Facility(
                site_id=site.id, code="MF0001", name="示例主要设施", purpose="production", valid_from=started
            ),
            Facility(
                site_id=site.id, code="TA001", name="示例治理设施", purpose="treatment", valid_from=started
            ),
            Outlet(site_id=site.id, code="DA001", name="示例废气排放口", medium="air", valid_from=started),
            Outlet(site_id=site.id, code="DW001", name="示例废水排放口", medium="water", valid_from=started),
            Permit(
                enterprise_id=organisation.id,
                number=f"{organisation.uscc}001P",
                category="key",
                valid_from=started,
                valid_to=date(started.year + 5, 1, 1) - timedelta(days=1),
            ),
        ]
    )
    session.flush()


def _engage(session: Session, world: World, enterprise: Organisation, admin: Actor) -> None:
    lead = world.actors["lead@firm.example"]
    number = next_number(session, f"engagement-{today().year}")
    row = Engagement(
        number=f"EG-{today().year}-{number:04d}",
        firm_id=lead.organisation_id or 0,
        enterprise_id=enterprise.id,
        scope=EngagementScope.BOTH,
        starts_on=date(today().year - 1, 1, 1),
        ends_on=date(today().year + 1, 12, 31),
        state=EngagementState.ACTIVE,
        proposed_by_id=lead.user_id,
        decided_by_id=admin.user_id,
    )
    session.add(row)
    session.flush()
    record_event(session, lead, "engagement.proposed", "engagement", row.id, enterprise_id=enterprise.id)


def is_empty(session: Session) -> bool:
    """Whether nobody is in the database yet."""
    return not session.scalar(sa.select(sa.func.count(User.id)))
