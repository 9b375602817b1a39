"""Setting organisations up and shutting them out, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.domain.access import OrganisationKind
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.events import Event
from portal.models.organisations import Organisation
from portal.models.users import UserSession
from portal.queries.access import find_actor
from portal.queries.organisations import organisation_page
from portal.services import organisations
from tests.factories.world import World

USCC = "91330500MA0000009X"
FIRM, AUTHORITY = OrganisationKind.STEWARD_FIRM, OrganisationKind.AUTHORITY


def test_an_authority_has_its_district_and_a_firm_has_none(database: Database, world: World) -> None:
    admin = world.platform_administrator
    with database.writing() as session:
        bureau = organisations.create_organisation(session, admin, AUTHORITY, "新区局", USCC, "330521")
        firm = organisations.create_organisation(
            session, admin, FIRM, "新管家", "91330500MA000000AX", "330521"
        )
    with database.reading() as session:
        assert session.get_one(Organisation, bureau).district == "330521"
        assert session.get_one(Organisation, firm).district == ""
        actions = session.scalars(sa.select(Event.action)).all()
    assert actions == ["organisation.created"] * 2


@pytest.mark.parametrize("kind", [OrganisationKind.ENTERPRISE, OrganisationKind.PLATFORM])
def test_only_firms_and_authorities_are_set_up_here(
    database: Database, world: World, kind: OrganisationKind
) -> None:
    with pytest.raises(Invalid), database.writing() as session:
        organisations.create_organisation(session, world.platform_administrator, kind, "某", USCC)


def test_a_code_is_given_once_and_the_holder_is_named(database: Database, world: World) -> None:
    taken = "91330500MA0000003X"
    with pytest.raises(Invalid, match="示例碳管家") as refused, database.writing() as session:
        organisations.create_organisation(session, world.platform_administrator, FIRM, "某", taken)
    assert refused.value.field == "uscc"


@pytest.mark.parametrize("who", ["administrator", "steward_lead", "city_regulator", "officer"])
def test_nobody_else_sets_organisations_up_or_lists_them(database: Database, world: World, who: str) -> None:
    actor = getattr(world, who)
    with pytest.raises(Refused), database.writing() as session:
        organisations.create_organisation(session, actor, FIRM, "某", USCC)
    with pytest.raises(Refused), database.writing() as session:
        organisations.set_active(session, actor, world.firm_id, False)
    with pytest.raises(Refused), database.reading() as session:
        organisation_page(session, actor)


def test_shutting_an_organisation_out_signs_its_people_out(database: Database, world: World) -> None:
    person = world.steward.user_id
    with database.writing() as session:
        session.add(UserSession(token_hash="a" * 64, user_id=person, expires_at=now() + timedelta(hours=1)))
    with database.writing() as session:
        organisations.set_active(session, world.platform_administrator, world.firm_id, False)
    with database.reading() as session:
        assert find_actor(session, person) is None
        assert session.scalars(sa.select(UserSession.ended_at)).one() is not None
    with database.writing() as session:
        organisations.set_active(session, world.platform_administrator, world.firm_id, True)
    with database.reading() as session:
        assert find_actor(session, person) is not None


def test_the_platform_itself_cannot_be_shut_out(database: Database, world: World) -> None:
    me = world.platform_administrator
    assert me.organisation_id is not None
    with pytest.raises(Refused), database.writing() as session:
        organisations.set_active(session, me, me.organisation_id, False)
    with pytest.raises(NotFound), database.writing() as session:
        organisations.set_active(session, me, 99_999, False)


def test_the_list_is_searched_by_name_and_code_literally(database: Database, world: World) -> None:
    me = world.platform_administrator
    with database.reading() as session:
        assert organisation_page(session, me).total == 8
        assert [row.id for row in organisation_page(session, me, search="钢铁").rows] == [world.steel_id]
        assert [row.id for row in organisation_page(session, me, search="ma28c4xx0e").rows] == [
            world.steel_id
        ]
        assert organisation_page(session, me, search="%").total == 0
        firms = organisation_page(session, me, kind=FIRM).rows
        assert {row.id: row.people for row in firms} == {world.firm_id: 2, world.other_firm_id: 1}
        assert organisation_page(session, me, page=99).page == 1
