"""From an empty application to an enterprise, on both databases."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.domain.access import OrganisationKind, Role
from portal.domain.errors import Conflict, GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import Month, today
from portal.domain.workflow import Decision, EngagementState, RegistrationState
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.events import Event
from portal.models.evidence import Evidence
from portal.models.notifications import Mail, Notification
from portal.models.organisations import Facility, Organisation, Outlet, Permit, Site
from portal.models.registrations import Registration
from portal.models.users import Invitation, User
from portal.queries.registrations import own_registrations, registration_page, registration_queue
from portal.services.events import verify_trace
from portal.services.registration_acceptance import accept_registration
from portal.services.registration_reviews import decide_section, reject_registration, return_registration
from portal.services.registration_sections import (
    SectionIncomplete,
    add_file,
    declare_none,
    remove_row,
    save_row,
    save_section,
)
from portal.services.registrations import start_registration, submit_registration
from portal.storage import Storage, open_storage
from tests.factories.registrations import (
    ROWS,
    USCC,
    accepted,
    decide,
    mail,
    newcomer,
    plain_answers,
    submitted,
    version,
)
from tests.factories.world import make_world


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A folder for files."""
    return open_storage(f"file://{tmp_path / 'files'}")


def test_an_accepted_application_becomes_an_enterprise(database: Database, storage: Storage) -> None:
    with database.writing() as session:
        world = make_world(session)
        applicant = newcomer(session)
        row_id = accepted(session, storage, world, applicant).id
    with database.reading() as session:
        row = session.get_one(Registration, row_id)
        organisation = session.scalars(sa.select(Organisation).where(Organisation.uscc == USCC)).one()
        assert row.organisation_id == organisation.id
        assert organisation.kind is OrganisationKind.ENTERPRISE
        profile = organisation.profile
        assert profile is not None
        assert profile.first_month == str(Month.of(today()).next())
        assert profile.energy_kinds == ["natural_gas", "electricity"]
        assert profile.key_unit_lists == ["air", "water"]
        site = session.scalars(sa.select(Site).where(Site.enterprise_id == organisation.id)).one()
        outlets = session.scalars(sa.select(Outlet.code).where(Outlet.site_id == site.id)).all()
        assert outlets == ["DA001"]
        facilities = session.execute(
            sa.select(Facility.code, Facility.purpose, Facility.sources, Outlet.code)
            .outerjoin(Outlet, Outlet.id == Facility.outlet_id)
            .where(Facility.site_id == site.id)
            .order_by(Facility.code)
        ).all()
        assert [tuple(f) for f in facilities] == [
            ("MF0001", "production", ["electricity"], None),
            ("TA001", "treatment", [], "DA001"),
        ]
        permit = session.scalars(sa.select(Permit).where(Permit.enterprise_id == organisation.id)).one()
        assert permit.number == f"{USCC}001P"
        user = session.get_one(User, applicant.user_id)
        assert user.organisation_id == organisation.id
        assert {held.role for held in user.roles} == {
            Role.ENTERPRISE_ADMINISTRATOR,
            Role.ENTERPRISE_OFFICER,
        }
        invitation = session.scalars(
            sa.select(Invitation).where(Invitation.organisation_id == organisation.id)
        ).one()
        assert (invitation.email, invitation.roles) == ("signs@example.test", ["enterprise_signatory"])
        files = session.scalars(sa.select(Evidence.enterprise_id).where(Evidence.registration_id == row_id))
        assert set(files) == {organisation.id}
        chain = session.scalars(
            sa.select(Event.action)
            .where(Event.chain == f"organisation:{organisation.id}")
            .order_by(Event.sequence)
        ).all()
        assert chain[0] == "enterprise.registered"
        assert list(verify_trace(session)) == []


def test_stewards_named_in_the_application_are_proposed_and_not_yet_in_force(
    database: Database, storage: Storage
) -> None:
    with database.writing() as session:
        world = make_world(session)
        day = today()
        row = accepted(
            session,
            storage,
            world,
            newcomer(session),
            service__mode="steward",
            service__firm_1=str(world.firm_id),
            service__scope_1="both",
            service__starts_1=day.isoformat(),
            service__ends_1=(day + timedelta(days=365)).isoformat(),
            service__firm_2=str(world.other_firm_id),
            service__scope_2="carbon",
            service__starts_2=day.isoformat(),
            service__ends_2=(day + timedelta(days=365)).isoformat(),
        )
        engagements = session.scalars(
            sa.select(Engagement).where(Engagement.enterprise_id == row.organisation_id)
        ).all()
        assert {engagement.firm_id for engagement in engagements} == {world.firm_id, world.other_firm_id}
        assert {engagement.state for engagement in engagements} == {EngagementState.PROPOSED}


def test_a_section_can_be_left_half_done_and_taken_up_again(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row = start_registration(session, actor)
        save_section(session, actor, row.id, "enterprise", {"name": "示例铸造有限公司"}, 1, later=True)
        page = registration_page(session, actor, row.id)
        task = page.sections["enterprise"].task
        assert (task.state, task.filled, task.wanted) == ("in_progress", 1, 10)
        assert page.sections["permit"].task.state == "locked"
        assert own_registrations(session, actor)[0].name == "示例铸造有限公司"


def test_a_section_that_is_not_complete_is_not_kept_as_finished(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row_id = start_registration(session, actor).id
    with pytest.raises(SectionIncomplete) as caught, database.writing() as session:
        save_section(session, actor, row_id, "people", {"signatory_name": "韩示例"}, 1)
    assert [gap.question for gap in caught.value.gaps] == ["signatory_email"]
    with database.reading() as session:
        assert registration_page(session, actor, row_id).sections["people"].answers == {}


def test_the_second_of_two_tabs_gets_a_conflict_that_names_the_first(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row_id = start_registration(session, actor).id
        save_section(session, actor, row_id, "key_units", {"lists": ["air"]}, 1)
    with pytest.raises(Conflict) as caught, database.writing() as session:
        save_section(session, actor, row_id, "key_units", {"lists": ["water"]}, 1)
    assert caught.value.params["who"] == "杨示例"


def test_an_incomplete_application_is_not_handed_in_and_names_every_section(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row_id = start_registration(session, actor).id
    with pytest.raises(GuardFailed) as caught, database.writing() as session:
        submit_registration(session, actor, row_id, 1)
    assert len(caught.value.failures) == 12


def test_pressing_submit_twice_gives_one_receipt(database: Database, storage: Storage) -> None:
    with database.writing() as session:
        make_world(session)
        actor = newcomer(session)
        row = submitted(session, storage, actor)
        receipt = row.receipt_number
        again = submit_registration(session, actor, row.id, 1)
        assert again.receipt_number == receipt
        assert receipt is not None


def test_a_code_that_is_taken_is_said_early_without_a_name_and_stopped_at_submission(
    database: Database, storage: Storage
) -> None:
    with database.writing() as session:
        make_world(session)
        first, second = newcomer(session), newcomer(session, "second@example.test")
        submitted(session, storage, first)
        row = start_registration(session, second)
        row_id = row.id
    with pytest.raises(SectionIncomplete) as caught, database.writing() as session:
        save_section(session, second, row_id, "enterprise", plain_answers()["enterprise"], 1)
    gap = caught.value.gaps[0]
    assert gap.question == "uscc"
    assert "杨示例" not in gap.message
    with database.writing() as session:
        save_section(session, second, row_id, "enterprise", plain_answers()["enterprise"], 1, later=True)
        page = registration_page(session, second, row_id)
        assert page.sections["enterprise"].task.state == "needs_attention"
    with pytest.raises(GuardFailed), database.writing() as session:
        submit_registration(session, second, row_id, page.row_version)


def test_the_database_itself_refuses_a_second_application_for_one_code(
    database: Database, storage: Storage
) -> None:
    with database.writing() as session:
        make_world(session)
        submitted(session, storage, newcomer(session))
        other = newcomer(session, "second@example.test")
        row_id = start_registration(session, other).id
    with pytest.raises(sa.exc.IntegrityError), database.writing() as session:
        session.execute(
            sa.update(Registration)
            .where(Registration.id == row_id)
            .values(uscc=USCC, state=RegistrationState.SUBMITTED)
        )


def test_only_returned_sections_open_again_and_their_comments_reach_the_applicant(
    database: Database, storage: Storage
) -> None:
    with database.writing() as session:
        world = make_world(session)
        actor = newcomer(session)
        row = submitted(session, storage, actor)
        decide(session, world.regulator, row, returned={"permit": "有效期与许可证不一致"})
        return_registration(session, world.regulator, row.id, row.row_version)
        page = registration_page(session, actor, row.id)
        assert page.sections["permit"].task.state == "returned"
        assert [task.spec.key for task in page.tasks if task.editable] == ["permit"]
        assert page.steps[-1].comments == (("permit", "有效期与许可证不一致"),)
        row_id = row.id
        assert "有效期与许可证不一致" in session.scalars(sa.select(Mail.body)).all()[-1]
    with pytest.raises(Refused), database.writing() as session:
        save_section(session, actor, row_id, "energy", {"kinds": ["coal"]}, 9)
    with pytest.raises(GuardFailed), database.writing() as session:
        submit_registration(session, actor, row_id, session.get_one(Registration, row_id).row_version)
    with database.writing() as session:
        row = session.get_one(Registration, row_id)
        save_section(session, actor, row_id, "permit", plain_answers()["permit"], version(row, "permit"))
        submit_registration(session, actor, row_id, row.row_version)
        assert [s.key for s in row.sections if s.decision is not Decision.ACCEPT] == ["permit"]
        decide(session, world.regulator, row)
        accept_registration(session, world.regulator, row_id, row.row_version, mail)
        assert row.state is RegistrationState.ACCEPTED


def test_an_accepted_section_opens_again_when_what_it_hangs_on_is_taken_away(
    database: Database, storage: Storage
) -> None:
    with database.writing() as session:
        world = make_world(session)
        actor = newcomer(session)
        row = submitted(session, storage, actor)
        decide(session, world.regulator, row, returned={"sites": "地址不对"})
        return_registration(session, world.regulator, row.id, row.row_version)
        save_row(session, actor, row.id, "sites", ROWS["sites"][0], version(row, "sites"))
        remove_row(session, actor, row.id, "sites", "1", version(row, "sites"))
        tasks = {task.spec.key: task for task in registration_page(session, actor, row.id).tasks}
        assert tasks["outlets"].state == "needs_attention"
        assert tasks["outlets"].editable
        assert not tasks["energy"].editable


def test_a_rejection_needs_a_reason_and_ends_the_application(database: Database, storage: Storage) -> None:
    with database.writing() as session:
        world = make_world(session)
        actor = newcomer(session)
        row_id = submitted(session, storage, actor).id
    with pytest.raises(Invalid), database.writing() as session:
        reject_registration(session, world.regulator, row_id, 2, " ")
    with database.writing() as session:
        reject_registration(session, world.regulator, row_id, 2, "不在本区")
        notices = session.scalars(
            sa.select(Notification.link).where(Notification.user_id == actor.user_id)
        ).all()
        assert notices == [f"/registrations/{row_id}"]
        # The code is free again: somebody may apply anew.
        again = submitted(session, storage, actor)
        assert again.id != row_id


def test_acceptance_with_a_section_undecided_is_refused(database: Database, storage: Storage) -> None:
    with database.writing() as session:
        world = make_world(session)
        row = submitted(session, storage, newcomer(session))
        row_id, row_version = row.id, row.row_version
    with pytest.raises(GuardFailed) as caught, database.writing() as session:
        accept_registration(session, world.regulator, row_id, row_version, mail)
    assert len(caught.value.failures) == 12
    with database.reading() as session:
        assert session.scalar(sa.select(Organisation).where(Organisation.uscc == USCC)) is None


def test_a_regulator_of_another_district_learns_nothing(database: Database, storage: Storage) -> None:
    with database.writing() as session:
        world = make_world(session)
        row_id = submitted(session, storage, newcomer(session)).id
    with database.reading() as session:
        assert registration_queue(session, world.other_regulator).total == 0
        assert registration_queue(session, world.city_regulator).total == 1
        assert registration_queue(session, world.regulator, search="铸造").total == 1
        assert registration_queue(session, world.regulator, search="%").total == 0
        with pytest.raises(NotFound):
            registration_page(session, world.other_regulator, row_id)
        with pytest.raises(NotFound):
            registration_page(session, world.officer, row_id)
    with pytest.raises(NotFound), database.writing() as session:
        decide_section(session, world.other_regulator, row_id, "permit", Decision.ACCEPT, "", 1)


def test_a_regulator_does_not_see_a_draft(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        actor = newcomer(session)
        row_id = start_registration(session, actor).id
        save_section(session, actor, row_id, "enterprise", plain_answers()["enterprise"], 1)
    with database.reading() as session, pytest.raises(NotFound):
        registration_page(session, world.regulator, row_id)


def test_somebody_with_an_organisation_cannot_apply(database: Database) -> None:
    with pytest.raises(Refused), database.writing() as session:
        start_registration(session, make_world(session).officer)


def test_starting_twice_gives_the_same_application(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        assert start_registration(session, actor).id == start_registration(session, actor).id


def test_a_list_can_be_declared_empty_but_not_with_rows_in_it(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row = start_registration(session, actor)
        save_row(session, actor, row.id, "sites", ROWS["sites"][0], 1)
        declare_none(session, actor, row.id, "outlets", 1)
        assert registration_page(session, actor, row.id).sections["outlets"].task.state == "complete"
        save_row(session, actor, row.id, "outlets", ROWS["outlets"][0], 2)
        row_id = row.id
    with pytest.raises(Refused), database.writing() as session:
        declare_none(session, actor, row_id, "outlets", 3)
    with pytest.raises(NotFound), database.writing() as session:
        declare_none(session, actor, row_id, "sites", 2)


def test_a_file_that_lies_about_its_kind_is_refused_at_its_slot(database: Database, storage: Storage) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row_id = start_registration(session, actor).id
    for name, content in (("licence.pdf", b"MZ\x90\x00 this is a program"), ("empty.pdf", b"")):
        with pytest.raises(Invalid) as caught, database.writing() as session:
            add_file(session, storage, actor, row_id, "licence", BytesIO(content), name, 1, most_bytes=10_000)
        assert caught.value.path == "licence"
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Evidence.id))) == 0


def test_the_signatory_must_be_somebody_else_than_the_applicant(database: Database) -> None:
    with database.writing() as session:
        actor = newcomer(session)
        row_id = start_registration(session, actor).id
    people = {"signatory_name": "杨示例", "signatory_email": "NEW@example.test"}
    with pytest.raises(SectionIncomplete) as caught, database.writing() as session:
        save_section(session, actor, row_id, "people", people, 1)
    assert caught.value.gaps[0].question == "signatory_email"
