"""Two people, or two workers, at the same moment: the second sees what the first has left, and is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, BinaryIO

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Role
from portal.domain.errors import Conflict, GuardFailed, Invalid, Refused
from portal.domain.periods import now, today
from portal.domain.workflow import FindingState, JobState, Section
from portal.models.database import Database
from portal.models.evaluations import CheckResult
from portal.models.findings import Finding
from portal.models.jobs import Job
from portal.models.organisations import Organisation
from portal.models.products import Product, ProductFootprint
from portal.models.records import RecordValue
from portal.models.reviews import Question
from portal.models.users import UserRole
from portal.queries.access import actor_of
from portal.services import findings, reviews
from portal.services.bundles import build_bundle
from portal.services.check_packs import copy_pack
from portal.services.evaluations import request_evaluation, run_evaluation
from portal.services.jobs import claim_job, finish_job, request_job, take_overdue_jobs
from portal.services.members import change_roles
from portal.services.products import (
    SystemData,
    add_product,
    calculate_footprint,
    run_calculation,
    save_system,
)
from portal.services.signing import recall
from portal.storage import StorageError
from tests.factories.months import evaluate, save_cell
from tests.factories.packs import make_second_city_regulator
from tests.factories.reviews import take
from tests.factories.world import World, make_user
from tests.fixtures.at_once import while_it_lasts
from tests.fixtures.reviewing import Reviewing
from tests.integration.services.test_bundles import Bench, any_bench
from tests.integration.services.test_products import DATA, battery, made

__all__ = ["any_bench"]

CELL = "S-02.purchased"


def test_a_question_is_answered_once_and_the_first_answer_stays(reviewing: Reviewing) -> None:
    world, database = reviewing.world, reviewing.database
    with database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        ask = (Section.ENERGY, "8 月换秤了吗？", today() + timedelta(days=3))
        number = reviews.ask(session, world.regulator, record.id, record.row_version, *ask).id

    def answer(actor: Actor, words: str) -> Callable[[Session], Question]:
        return lambda session: reviews.answer(session, actor, number, words)

    second = answer(world.steward, "没有换")
    refused = while_it_lasts(database, answer(world.officer, "换了"), written(database, second))
    assert isinstance(refused, Refused)
    with database.reading() as session:
        kept = session.get_one(Question, number)
        assert (kept.answer, kept.answered_by_id) == ("换了", world.officer.user_id)


def test_a_check_run_that_two_workers_have_is_done_once(reviewing: Reviewing) -> None:
    run_id = asked_again(reviewing)
    run = written(reviewing.database, lambda session: run_evaluation(session, run_id))
    assert while_it_lasts(reviewing.database, lambda session: run_evaluation(session, run_id), run) is None
    with reviewing.database.reading() as session:
        results = session.scalars(sa.select(CheckResult).where(CheckResult.evaluation_id == run_id)).all()
        told = [(result.check_id, result.cell, result.slot, str(result.detail)) for result in results]
        assert told
        assert len(told) == len(set(told))
        ran = sa.text("SELECT count(*) FROM events WHERE action = 'record.evaluated' AND after LIKE :hash")
        digest = session.scalar(
            sa.text("SELECT input_hash FROM evaluations WHERE id = :id").bindparams(id=run_id)
        )
        assert session.scalar(ran.bindparams(hash=f"%{digest}%")) == 1


def test_a_check_run_goes_on_from_what_a_person_has_just_done_with_a_finding(reviewing: Reviewing) -> None:
    world, database = reviewing.world, reviewing.database
    run_id = asked_again(reviewing)
    with database.reading() as session:
        # What it finds is mended; the run that will close it is asked for.
        finding = session.scalars(sa.select(Finding).where(Finding.state == FindingState.OPEN)).first()
        assert finding is not None
        number, version = finding.id, finding.row_version

    def comment(session: Session) -> None:
        findings.comment(session, world.regulator, number, version, "请核对示例")

    run = written(database, lambda session: run_evaluation(session, run_id))
    assert while_it_lasts(database, comment, run) is None
    with database.reading() as session:
        kept = session.get_one(Finding, number)
        assert (kept.state, kept.row_version) == (FindingState.CLOSED, version + 2)
        assert [step.kind for step in kept.steps][-2:] == ["comment", "closed"]


def test_of_two_who_enter_the_same_product_the_second_is_told(database: Database, world: World) -> None:
    def add(session: Session) -> Product:
        return add_product(session, world.officer, world.steel_id, DATA)

    refused = while_it_lasts(database, add, written(database, add))
    assert isinstance(refused, Invalid)
    assert refused.field == "model"


def test_no_footprint_rests_on_a_system_that_was_changed_while_it_was_worked_out(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        product_id = made(session, world, battery() | {"runs": "3000"})
        job = calculate_footprint(session, world.officer, world.steel_id, product_id).job
        assert job is not None
        assert claim_job(session, job.id) is not None
        system_id = job.subject_id

    def change(session: Session) -> None:
        changed = SystemData("2025-01", "2025-12", battery() | {"runs": "4000"})
        save_system(session, world.officer, world.steel_id, product_id, 1, changed)

    refused = while_it_lasts(database, change, lambda: run_calculation(database, system_id))
    assert refused is None or isinstance(refused, Conflict)  # None: it has read only what came of the change
    with database.reading() as session:
        for kept in session.scalars(sa.select(ProductFootprint)):
            assert kept.result["uncertainty"]["runs"] == 4000


def test_of_two_who_begin_a_draft_of_one_pack_the_second_is_told(database: Database, world: World) -> None:
    with database.writing() as session:
        other = make_second_city_regulator(session, world)
    first, second = (
        lambda session, who=who: copy_pack(session, who, "annual-disclosure", "1")
        for who in (world.city_regulator, other)
    )
    refused = while_it_lasts(database, first, written(database, second))
    assert isinstance(refused, GuardFailed)


def test_two_administrators_do_not_take_each_other_s_last_right_away(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        steel = session.get_one(Organisation, world.steel_id)
        role = Role.ENTERPRISE_ADMINISTRATOR
        other = actor_of(make_user(session, steel, "second@example.test", "韩示例", role))

    def demote(actor: Actor, target: Actor) -> Callable[[Session], None]:
        officer = [Role.ENTERPRISE_OFFICER]
        return lambda session: change_roles(session, actor, world.steel_id, target.user_id, officer)

    back = written(database, demote(other, world.administrator))
    assert isinstance(while_it_lasts(database, demote(world.administrator, other), back), Refused)
    with database.reading() as session:
        held = sa.select(UserRole.user_id).where(UserRole.role == Role.ENTERPRISE_ADMINISTRATOR)
        assert other.user_id not in session.scalars(held).all()
        assert world.administrator.user_id in session.scalars(held).all()


def test_a_worker_that_was_taken_for_dead_says_nothing_of_the_job_that_another_does(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        number = request_job(session, "evaluate", 1, actor=None).id
        assert claim_job(session, number) is not None
        session.execute(sa.update(Job).values(lease_until=now() - timedelta(seconds=1)))
        take_overdue_jobs(session)
        assert claim_job(session, number) is not None
    for attempt, state in ((1, JobState.RUNNING), (2, JobState.DONE)):
        with database.writing() as session:
            finish_job(session, number, "internal" if attempt == 1 else "", attempt=attempt)
            assert session.get_one(Job, number, populate_existing=True).state is state


def test_a_bundle_that_another_worker_has_finished_stays_finished(any_bench: Bench) -> None:
    bundle_id = any_bench.ask()

    class Slow:
        """A store that answers no more when the other worker is done."""

        def open(self, key: str) -> BinaryIO:
            any_bench.build(bundle_id)
            raise StorageError(key)

        def put(self, key: str, data: object) -> Any:
            return self.open(key)

    with pytest.raises(StorageError):
        build_bundle(any_bench.database, Slow(), any_bench.settings, bundle_id)  # type: ignore[arg-type]
    assert any_bench.state(bundle_id) == "ready"


def written(database: Database, act: Callable[[Session], object]) -> Callable[[], None]:
    """The act in a transaction of its own."""

    def run() -> None:
        with database.writing() as session:
            act(session)

    return run


def asked_again(reviewing: Reviewing) -> int:
    """The month taken back, found wrong in a cell and mended; the run that was then asked for."""
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version_id = recall(session, world.signatory, record.id, record.row_version, "示例").id
        value = sa.select(RecordValue.value).where(
            RecordValue.version_id == version_id,
            RecordValue.stream_code == "S-02",
            RecordValue.parameter_key == "purchased",
        )
        usual = session.scalars(value).one()
        save_cell(session, world.officer, version_id, CELL, "")
        evaluate(session, world.officer, version_id)
    with reviewing.database.writing() as session:
        save_cell(session, world.officer, version_id, CELL, str(usual))
        return request_evaluation(session, world.officer, version_id).id
