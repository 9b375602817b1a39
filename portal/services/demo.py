"""The example world of a first start: two enterprises, their steward, their regulators.

Every name says that it is an example. Nothing here is loaded in production.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from portal.config import Settings
from portal.domain.access import Actor, EngagementScope, OrganisationKind, Role
from portal.domain.errors import Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.workflow import EngagementState
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.organisations import EnterpriseProfile, Facility, Organisation, Outlet, Permit, Site
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord
from portal.models.users import User, UserRole
from portal.queries.access import actor_of
from portal.services.demo_months import (
    DYEING_AMOUNTS,
    STEEL_AMOUNTS,
    People,
    accept_month,
    amounts_of,
    check_month,
    fill_month,
    lay_in_evidence,
    return_month,
    sign_month,
)
from portal.services.demo_plans import DYEING_CHOICES, STEEL_CHOICES, dyeing_meter, make_plan, steel_meter
from portal.services.demo_visits import DemoVisitors, add_visits
from portal.services.events import record_event
from portal.services.jobs import request_job
from portal.services.months import find_record, open_months
from portal.services.numbers import next_number
from portal.services.passwords import hash_password
from portal.storage import Storage, open_storage

PASSWORD = "huzhou-demo-2026"  # noqa: S105 - the example world's own, printed at its first start
DISTRICT = "330502"
#: How many months before the newest one the records begin.
STEEL_MONTHS, DYEING_MONTHS = 13, 5
#: What the officer of the example still has to fill in the newest month.
LEFT_BLANK = frozenset({"焦炭.purchased", "焦炉煤气.purchased", "粗钢.amount"})
LEFT_WITHOUT_EVIDENCE = frozenset({"焦炉煤气"})


@dataclass(frozen=True)
class Account:
    """A person of the example world who can sign in."""

    email: str
    password: str
    name: str
    role: str
    organisation: str


@dataclass(frozen=True)
class _World:
    """What the loader has made so far."""

    accounts: list[Account]
    actors: dict[str, Actor]


def load_demo(settings: Settings) -> list[dict[str, str]]:
    """Make the example world of an instance; returns its accounts. Raises Refused in production."""
    if settings.production:
        raise Refused(N_("生产环境不装入示例数据"))
    database = Database(settings.database_url)
    try:
        with database.writing() as session:
            return [asdict(account) for account in fill_world(session, open_storage(settings.storage_url))]
    finally:
        database.engine.dispose()


def fill_world(session: Session, storage: Storage) -> list[Account]:
    """Make the example world in an empty database; returns its accounts, or none when people are there."""
    if session.scalar(sa.select(sa.func.count(User.id))):
        return []
    world = _people(session)
    last = Month.of(today()).previous()
    steel = _enterprise(
        session,
        "示例钢铁有限公司",
        "9133050279000001",
        ("3120", "炼钢"),
        "CETS-AG-03.01-V01-2024",
        last.plus(-STEEL_MONTHS),
    )
    dyeing = _enterprise(
        session,
        "示例印染有限公司",
        "9133050279000002",
        ("1713", "棉印染精加工"),
        "industry-other-2015",
        last.plus(-DYEING_MONTHS),
    )
    _staff(session, world, steel, "steel", ("沈示例", "顾示例", "周示例"))
    _staff(session, world, dyeing, "dyeing", ("陈示例", "钱示例", "郑示例"))
    for enterprise in (steel, dyeing):
        _engage(session, world, enterprise)
    _steel_months(session, storage, world, steel.id, last)
    _dyeing_months(session, storage, world, dyeing.id, last)
    add_visits(session, _visitors(world), steel.id)
    return world.accounts


def _visitors(world: _World) -> DemoVisitors:
    return DemoVisitors(
        steward=world.actors["steward@firm.example"],
        officer=world.actors["officer@steel.example"],
        regulator=world.actors["reviewer@district.example"],
        password=PASSWORD,
    )


def _people(session: Session) -> _World:
    world = _World([], {})
    kind = OrganisationKind
    firm = _organisation(session, kind.STEWARD_FIRM, "示例碳管家服务有限公司", "9133050079000003")
    district = _organisation(session, kind.AUTHORITY, "示例区生态环境局", "1133050200000004", DISTRICT)
    city = _organisation(session, kind.AUTHORITY, "示例市生态环境局", "1133050000000005")
    platform = _organisation(session, kind.PLATFORM, "示例平台运营中心", "1233050000000006")
    _person(session, world, firm, "steward@firm.example", "李示例", Role.STEWARD)
    _person(session, world, firm, "lead@firm.example", "赵示例", Role.STEWARD_LEAD)
    _person(session, world, district, "reviewer@district.example", "王示例", Role.DISTRICT_REGULATOR)
    _person(session, world, district, "second@district.example", "吴示例", Role.DISTRICT_REGULATOR)
    _person(session, world, city, "reviewer@city.example", "冯示例", Role.CITY_REGULATOR)
    _person(session, world, platform, "admin@platform.example", "卫示例", Role.PLATFORM_ADMINISTRATOR)
    _person(session, world, None, "applicant@new.example", "许示例")
    return world


def _staff(
    session: Session, world: _World, enterprise: Organisation, place: str, names: tuple[str, str, str]
) -> None:
    roles = (
        ("officer", Role.ENTERPRISE_OFFICER),
        ("signatory", Role.ENTERPRISE_SIGNATORY),
        ("admin", Role.ENTERPRISE_ADMINISTRATOR),
    )
    for name, (word, role) in zip(names, roles, strict=True):
        _person(session, world, enterprise, f"{word}@{place}.example", name, role)


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
    session: Session, world: _World, organisation: Organisation | None, email: str, name: str, *roles: Role
) -> None:
    user = User(
        email=email,
        name=name,
        password_hash=_hash_of(session) if world.actors else hash_password(PASSWORD),
        organisation=organisation,
        roles=[UserRole(role=role) for role in roles],
    )
    session.add(user)
    session.flush()
    world.actors[email] = actor_of(user)
    world.accounts.append(
        Account(
            email,
            PASSWORD,
            name,
            ", ".join(role.value for role in roles) or "applicant",
            organisation.name if organisation else "",
        )
    )


def _hash_of(session: Session) -> str:
    """The hash made for the first person: all share one password, and a hash takes a tenth of a second."""
    return session.scalars(sa.select(User.password_hash).limit(1)).one()


def _enterprise(
    session: Session,
    name: str,
    stem: str,
    industry: tuple[str, str],
    guideline: str,
    first: Month,
) -> Organisation:
    organisation = _organisation(session, OrganisationKind.ENTERPRISE, name, stem, DISTRICT)
    started = first.first
    session.add(
        EnterpriseProfile(
            organisation_id=organisation.id,
            legal_representative="示例法人",
            address="示例区示例路 1 号",
            industry_code=industry[0],
            industry_name=industry[1],
            scale="large",
            contact_name="示例联系人",
            contact_phone="0572-0000000",
            ets_member=guideline.startswith("CETS"),
            guideline=guideline,
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
    return organisation


def _engage(session: Session, world: _World, enterprise: Organisation) -> None:
    lead, admin = world.actors["lead@firm.example"], world.actors["admin@steel.example"]
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


def _people_of(world: _World, place: str) -> People:
    return People(
        officer=world.actors[f"officer@{place}.example"],
        signatory=world.actors[f"signatory@{place}.example"],
        regulator=world.actors["reviewer@district.example"],
        countersigner=world.actors["second@district.example"],
    )


def _plan(
    session: Session, storage: Storage, people: People, enterprise_id: int, first: Month, *, steel: bool
) -> PlanVersion:
    return make_plan(
        session,
        storage,
        enterprise_id,
        people.officer,
        people.regulator,
        STEEL_CHOICES if steel else DYEING_CHOICES,
        steel_meter if steel else dyeing_meter,
        effective_from=str(first),
    )


def _steel_months(session: Session, storage: Storage, world: _World, enterprise_id: int, last: Month) -> None:
    """Accepted up to two months ago, last month's record signed, the newest one nearly filled."""
    people = _people_of(world, "steel")
    plan = _plan(session, storage, people, enterprise_id, last.plus(-STEEL_MONTHS), steel=True)
    open_months(session, enterprise_id)
    openings: dict[str, Decimal] = {}
    month = last.plus(-STEEL_MONTHS)
    while month <= last:
        record = find_record(session, enterprise_id, month)
        newest = month == last
        version, openings = fill_month(
            session,
            plan,
            record,
            people.officer,
            amounts_of(STEEL_AMOUNTS, month, last),
            openings,
            leave_blank=LEFT_BLANK if newest else frozenset(),
        )
        lay_in_evidence(
            session,
            storage,
            plan,
            record,
            version,
            people.officer,
            leave_empty=LEFT_WITHOUT_EVIDENCE if newest else frozenset(),
        )
        if not newest:
            check_month(session, version, people.officer)
            sign_month(session, record, version, people)
            _issue(session, record, people)
            if month < last.previous():
                accept_month(session, record, version, people)
        month = month.next()


def _dyeing_months(
    session: Session, storage: Storage, world: _World, enterprise_id: int, last: Month
) -> None:
    """Accepted up to two months ago, last month's record sent back with one section, the newest untouched."""
    people = _people_of(world, "dyeing")
    plan = _plan(session, storage, people, enterprise_id, last.plus(-DYEING_MONTHS), steel=False)
    open_months(session, enterprise_id)
    openings: dict[str, Decimal] = {}
    month = last.plus(-DYEING_MONTHS)
    while month < last:
        record = find_record(session, enterprise_id, month)
        version, openings = fill_month(
            session, plan, record, people.officer, amounts_of(DYEING_AMOUNTS, month, last), openings
        )
        lay_in_evidence(session, storage, plan, record, version, people.officer)
        check_month(session, version, people.officer)
        sign_month(session, record, version, people)
        if month < last.previous():
            accept_month(session, record, version, people)
        else:
            return_month(
                session, record, version, people, "power_heat", "蒸汽结算单缺最后一页，请补传完整的结算单"
            )
        month = month.next()


def _issue(session: Session, record: MonthlyRecord, people: People) -> None:
    """Print the reports of the last months only: a first start should not keep the worker busy for long."""
    if record.month >= str(Month.of(today()).plus(-3)) and record.current_version_id is not None:
        request_job(
            session,
            "issue_monthly_report",
            record.current_version_id,
            actor=people.signatory,
            enterprise_id=record.enterprise_id,
        )
