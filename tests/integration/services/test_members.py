"""Inviting, joining, roles and shutting out, on both databases."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.domain.access import Actor, OrganisationKind, Role
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.events import Event
from portal.models.notifications import Mail, Notification
from portal.models.organisations import Organisation
from portal.models.users import Invitation, User, UserSession
from portal.queries.access import find_actor
from portal.queries.members import invitation_page, members_page
from portal.services import members
from portal.services.accounts import token_hash
from tests.factories.world import World, make_user

PHRASE = "another example phrase"


def compose(token: str, name: str, organisation: str) -> tuple[str, str]:
    return "subject", f"/{token}/ {name} {organisation}"


def invite(
    database: Database, actor: Actor, organisation_id: int, *roles: Role, email: str = "new@example.test"
) -> str:
    """Send an invitation and return the secret of its link."""
    with database.writing() as session:
        members.invite(session, actor, organisation_id, email, "新示例", roles, compose)
    with database.reading() as session:
        body = session.scalars(sa.select(Mail.body).order_by(Mail.id.desc())).first()
    return re.findall(r"/(\S+)/", body or "")[0]


def actor_now(database: Database, user_id: int) -> Actor:
    with database.reading() as session:
        found = find_actor(session, user_id)
    assert found is not None
    return found


def test_an_invited_person_joins_with_the_roles_they_were_given(database: Database, world: World) -> None:
    token = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER)
    with database.writing() as session:
        user_id = members.join_with_new_account(session, token, "新示例", PHRASE)
    joined = actor_now(database, user_id)
    assert joined.organisation_id == world.steel_id
    assert joined.roles == {Role.ENTERPRISE_OFFICER}
    with database.reading() as session:
        told = session.scalars(sa.select(Notification.user_id)).all()
    assert told == [world.administrator.user_id]


def test_an_invitation_works_once(database: Database, world: World) -> None:
    token = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER)
    with database.writing() as session:
        members.join_with_new_account(session, token, "新示例", PHRASE)
    with pytest.raises(NotFound), database.writing() as session:
        members.join_with_new_account(session, token, "另一人", PHRASE)


def test_an_invitation_ends_after_a_week(database: Database, world: World) -> None:
    token = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER)
    with (
        time_machine.travel(now() + timedelta(days=8)),
        pytest.raises(NotFound),
        database.writing() as session,
    ):
        members.join_with_new_account(session, token, "新示例", PHRASE)


def test_a_revoked_invitation_opens_nothing(database: Database, world: World) -> None:
    token = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER)
    with database.writing() as session:
        invitation_id = session.scalars(sa.select(Invitation.id)).one()
        members.revoke_invitation(session, world.administrator, world.steel_id, invitation_id)
    with pytest.raises(NotFound), database.writing() as session:
        members.join_with_new_account(session, token, "新示例", PHRASE)
    with pytest.raises(NotFound), database.reading() as session:
        invitation_page(session, token_hash(token))


def test_a_second_invitation_replaces_the_first(database: Database, world: World) -> None:
    first = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER)
    second = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_SIGNATORY)
    with pytest.raises(NotFound), database.writing() as session:
        members.join_with_new_account(session, first, "新示例", PHRASE)
    with database.writing() as session:
        user_id = members.join_with_new_account(session, second, "新示例", PHRASE)
    assert actor_now(database, user_id).roles == {Role.ENTERPRISE_SIGNATORY}


@pytest.mark.parametrize(
    ("who", "where", "role"),
    [
        ("administrator", "steel_id", Role.STEWARD),
        ("administrator", "steel_id", Role.PLATFORM_ADMINISTRATOR),
        ("steward_lead", "firm_id", Role.ENTERPRISE_SIGNATORY),
        ("steward_lead", "firm_id", Role.CITY_REGULATOR),
        ("city_regulator", "district_id", Role.CITY_REGULATOR),
        ("city_regulator", "city_id", Role.PLATFORM_ADMINISTRATOR),
        ("platform_administrator", "firm_id", Role.ENTERPRISE_SIGNATORY),
        ("platform_administrator", "district_id", Role.CITY_REGULATOR),
    ],
)
def test_an_invitation_cannot_give_roles_of_another_kind_of_organisation(
    database: Database, world: World, who: str, where: str, role: Role
) -> None:
    with pytest.raises(Invalid) as refused:
        invite(database, getattr(world, who), getattr(world, where), role)
    assert refused.value.field == "roles"


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("administrator", "dyeing_id"),
        ("administrator", "firm_id"),
        ("steward_lead", "other_firm_id"),
        ("steward_lead", "steel_id"),
        ("city_regulator", "steel_id"),
        ("city_regulator", "firm_id"),
    ],
)
def test_the_people_of_a_foreign_organisation_are_not_found(
    database: Database, world: World, who: str, where: str
) -> None:
    actor, organisation_id = getattr(world, who), getattr(world, where)
    with pytest.raises(NotFound), database.reading() as session:
        members_page(session, actor, organisation_id)
    with pytest.raises(NotFound):
        invite(database, actor, organisation_id, Role.STEWARD)


@pytest.mark.parametrize("who", ["officer", "signatory", "steward", "regulator"])
def test_roles_without_the_permission_manage_nobody(database: Database, world: World, who: str) -> None:
    actor = getattr(world, who)
    with pytest.raises(Refused), database.reading() as session:
        members_page(session, actor, actor.organisation_id)


@pytest.mark.parametrize(
    ("who", "where", "role"),
    [
        ("administrator", "steel_id", Role.ENTERPRISE_SIGNATORY),
        ("steward_lead", "firm_id", Role.STEWARD),
        ("city_regulator", "district_id", Role.DISTRICT_REGULATOR),
        ("city_regulator", "city_id", Role.CITY_REGULATOR),
        ("platform_administrator", "dyeing_id", Role.ENTERPRISE_ADMINISTRATOR),
        ("platform_administrator", "city_id", Role.CITY_REGULATOR),
    ],
)
def test_each_inviter_reaches_their_own_people(
    database: Database, world: World, who: str, where: str, role: Role
) -> None:
    assert invite(database, getattr(world, who), getattr(world, where), role)


def test_an_applicant_without_organisation_joins_with_their_own_account(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        applicant = make_user(session, None, "new@example.test", "新示例")
        applicant_id = applicant.id
    token = invite(database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER)
    with pytest.raises(Invalid), database.writing() as session:
        members.join_with_new_account(session, token, "冒名", PHRASE)
    with pytest.raises(Refused), database.writing() as session:
        members.join_with_own_account(session, world.stranger_officer, token)
    with database.writing() as session:
        members.join_with_own_account(session, actor_now(database, applicant_id), token)
    assert actor_now(database, applicant_id).roles == {Role.ENTERPRISE_OFFICER}


def test_nobody_joins_a_second_organisation(database: Database, world: World) -> None:
    token = invite(
        database, world.administrator, world.steel_id, Role.ENTERPRISE_OFFICER, email="steward@example.test"
    )
    with pytest.raises(Refused), database.writing() as session:
        members.join_with_own_account(session, world.steward, token)


def test_who_is_here_already_is_not_invited(database: Database, world: World) -> None:
    with pytest.raises(Invalid) as refused:
        invite(
            database,
            world.administrator,
            world.steel_id,
            Role.ENTERPRISE_OFFICER,
            email="Officer@example.test",
        )
    assert refused.value.field == "email"


def test_roles_change_with_the_next_look(database: Database, world: World) -> None:
    both = [Role.ENTERPRISE_OFFICER, Role.ENTERPRISE_SIGNATORY]
    with database.writing() as session:
        members.change_roles(session, world.administrator, world.steel_id, world.officer.user_id, both)
    assert actor_now(database, world.officer.user_id).roles == set(both)
    with database.writing() as session:
        one = [Role.ENTERPRISE_SIGNATORY]
        members.change_roles(session, world.administrator, world.steel_id, world.officer.user_id, one)
    assert actor_now(database, world.officer.user_id).roles == {Role.ENTERPRISE_SIGNATORY}
    with database.reading() as session:
        events = session.scalars(sa.select(Event).where(Event.action == "member.roles_changed")).all()
    assert [event.enterprise_id for event in events] == [world.steel_id] * 2
    assert "enterprise_officer" in events[0].before


def test_the_last_right_to_manage_cannot_be_given_away_by_oneself(database: Database, world: World) -> None:
    me = world.administrator
    with pytest.raises(Refused), database.writing() as session:
        members.change_roles(session, me, world.steel_id, me.user_id, [Role.ENTERPRISE_OFFICER])
    with database.writing() as session:
        more = [Role.ENTERPRISE_OFFICER, Role.ENTERPRISE_ADMINISTRATOR]
        members.change_roles(session, me, world.steel_id, me.user_id, more)


def test_everybody_keeps_at_least_one_role(database: Database, world: World) -> None:
    with pytest.raises(Invalid), database.writing() as session:
        members.change_roles(session, world.administrator, world.steel_id, world.officer.user_id, [])


def test_a_person_of_another_organisation_is_not_found_by_their_id(database: Database, world: World) -> None:
    for act in (members.reset_totp, lambda *given: members.set_active(*given, False)):
        with pytest.raises(NotFound), database.writing() as session:
            act(session, world.administrator, world.steel_id, world.stranger_officer.user_id)
    with pytest.raises(NotFound), database.writing() as session:
        members.change_roles(
            session,
            world.administrator,
            world.steel_id,
            world.stranger_officer.user_id,
            [Role.ENTERPRISE_OFFICER],
        )


def test_shutting_out_ends_the_sessions_and_can_be_undone(database: Database, world: World) -> None:
    officer = world.officer.user_id
    with database.writing() as session:
        session.add(UserSession(token_hash="a" * 64, user_id=officer, expires_at=now() + timedelta(hours=1)))
    with database.writing() as session:
        members.set_active(session, world.administrator, world.steel_id, officer, False)
    with database.reading() as session:
        assert find_actor(session, officer) is None
        assert session.scalars(sa.select(UserSession.ended_at)).one() is not None
    with database.writing() as session:
        members.set_active(session, world.administrator, world.steel_id, officer, True)
    assert actor_now(database, officer).roles == {Role.ENTERPRISE_OFFICER}


def test_nobody_shuts_themselves_out(database: Database, world: World) -> None:
    me = world.administrator
    with pytest.raises(Refused), database.writing() as session:
        members.set_active(session, me, world.steel_id, me.user_id, False)
    with pytest.raises(Refused), database.writing() as session:
        members.reset_totp(session, me, world.steel_id, me.user_id)


def test_a_lost_phone_is_helped_by_the_administrator(database: Database, world: World) -> None:
    with database.writing() as session:
        user = session.get_one(User, world.signatory.user_id)
        user.totp_secret, user.totp_confirmed_at, user.totp_last_step = "JBSWY3DPEHPK3PXP", now(), 1
    with database.writing() as session:
        members.reset_totp(session, world.administrator, world.steel_id, world.signatory.user_id)
    with database.reading() as session:
        user = session.get_one(User, world.signatory.user_id)
        assert (user.totp_secret, user.totp_confirmed_at, user.totp_last_step) == (None, None, None)
        told = session.scalars(sa.select(Notification.user_id)).all()
    assert told == [world.signatory.user_id]


def test_an_organisation_that_is_shut_invites_nobody(database: Database, world: World) -> None:
    token = invite(database, world.steward_lead, world.firm_id, Role.STEWARD)
    with database.writing() as session:
        session.get_one(Organisation, world.firm_id).active = False
    with pytest.raises(Refused):
        invite(database, world.platform_administrator, world.firm_id, Role.STEWARD)
    with pytest.raises(NotFound), database.writing() as session:
        members.join_with_new_account(session, token, "新示例", PHRASE)


def test_the_list_shows_the_roles_that_can_be_given(database: Database, world: World) -> None:
    with database.reading() as session:
        page = members_page(session, world.administrator, world.steel_id)
        authorities = members_page(session, world.city_regulator, world.city_id).others
    assert page.kind is OrganisationKind.ENTERPRISE
    assert {person.email for person in page.members} == {
        "officer@example.test",
        "signatory@example.test",
        "administrator@example.test",
    }
    assert set(page.roles) == {
        Role.ENTERPRISE_OFFICER,
        Role.ENTERPRISE_SIGNATORY,
        Role.ENTERPRISE_ADMINISTRATOR,
    }
    assert {identity for identity, _ in authorities} == {world.district_id, world.other_district_id}
