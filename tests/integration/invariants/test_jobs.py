"""A worker that dies: invariant 13."""

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.domain.periods import now
from portal.domain.workflow import JobState
from portal.models.database import Database
from portal.models.evaluations import CheckResult, Evaluation
from portal.models.jobs import Job
from portal.queue import InlineQueue
from portal.services.evaluations import request_evaluation, run_evaluation
from portal.tasks import Runner, TaskContext
from tests.factories.months import temporary_storage
from tests.fixtures.application import settings_for
from tests.fixtures.reviewing import Reviewing
from tests.integration.invariants.steps import make_draft


def _die_while_evaluating(url: str, folder: str, job_id: int) -> None:
    """In a child: claim the job, do all of its work, and be killed before the commit."""
    settings = settings_for(url, Path(folder))
    database = Database(url)
    context = TaskContext(database=database, storage=temporary_storage(), settings=settings)

    def work(context: TaskContext, evaluation_id: int) -> None:
        with context.database.writing() as session:
            run_evaluation(session, evaluation_id)
            session.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    Runner(context, InlineQueue(lambda number: None), {"evaluate": work}).run(job_id)


def test_13_a_worker_that_dies_leaves_the_old_state_and_the_job_runs_again(
    reviewing: Reviewing, tmp_path: Path
) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.writing() as session:
        session.execute(sa.update(Job).values(state=JobState.DONE))  # those of making this world
        evaluation_id = request_evaluation(session, reviewing.world.officer, version_id).id
        job_id = session.scalars(sa.select(Job.id).where(Job.subject_id == evaluation_id)).one()
    url = reviewing.database.engine.url.render_as_string(hide_password=False)
    reviewing.database.engine.dispose()  # no connection is open while the process is copied
    child = multiprocessing.get_context("fork").Process(
        target=_die_while_evaluating, args=(url, str(tmp_path), job_id)
    )
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL

    def results(session: Session) -> int:
        return session.scalars(
            sa.select(sa.func.count())
            .select_from(CheckResult)
            .where(CheckResult.evaluation_id == evaluation_id)
        ).one()

    with reviewing.database.reading() as session:
        assert session.get_one(Job, job_id).state is JobState.RUNNING
        assert session.get_one(Evaluation, evaluation_id).state is JobState.QUEUED
        assert results(session) == 0
    runner: list[Runner] = []
    context = TaskContext(reviewing.database, temporary_storage(), settings_for(url, tmp_path))
    runner.append(Runner(context, InlineQueue(lambda number: runner[0].run(number))))
    assert runner[0].sweep() == 0  # its lease still runs: it may be alive
    with time_machine.travel(now() + timedelta(minutes=2), tick=True):
        assert runner[0].sweep() >= 1  # jobs of the hour may come with it
        with reviewing.database.reading() as session:
            assert session.get_one(Job, job_id).state is JobState.DONE  # the sweep alone has seen to it
        runner[0].run(job_id)  # and once more: it is done
    with reviewing.database.reading() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts) == (JobState.DONE, 2)
        assert session.get_one(Evaluation, evaluation_id).state is JobState.DONE
        assert results(session) > 0
