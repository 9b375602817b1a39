"""What a worker runs. A task takes an id, may run twice, and calls one service."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic

from portal.config import Settings
from portal.domain.errors import DomainError
from portal.models.database import Database
from portal.queries.notices import About
from portal.queue import JobQueue, RqQueue
from portal.services import jobs
from portal.services.bundles import build_bundle
from portal.services.demo_keys import make_demo_keys
from portal.services.documents import issue_monthly_report
from portal.services.dossier_issuing import issue_dossier
from portal.services.dossier_previews import print_dossier_preview
from portal.services.dossier_staleness import compare_dossier, tell_of_expiring_dossiers
from portal.services.dry_runs import run_dry_run
from portal.services.evaluations import run_evaluation
from portal.services.finding_rounds import tell_of_due_findings
from portal.services.finding_waivers import end_waivers
from portal.services.mail import send_mail
from portal.services.months import open_months
from portal.services.notices import print_notice
from portal.services.patterns import request_monthly_search, search
from portal.services.previews import print_preview
from portal.services.products import run_calculation
from portal.services.visit_reports import issue_visit_report
from portal.storage import Storage, open_storage

log = logging.getLogger(__name__)

HOUR = 3600


@dataclass(frozen=True)
class TaskContext:
    """What a task works with."""

    database: Database
    storage: Storage
    settings: Settings


Task = Callable[[TaskContext, int], None]


def evaluate(database: Database, evaluation_id: int) -> None:
    """Run the checks of an evaluation in one transaction."""
    with database.writing() as session:
        run_evaluation(session, evaluation_id)


#: Kind of a job row → the function that does it; the argument is the row's subject.
TASKS: Mapping[str, Task] = {
    "build_bundle": lambda context, bundle_id: build_bundle(
        context.database, context.storage, context.settings, bundle_id
    ),
    "send_mail": lambda context, mail_id: send_mail(context.database, context.settings, mail_id),
    "calculate_footprint": lambda context, system_id: run_calculation(context.database, system_id),
    "dry_run": lambda context, dry_run_id: run_dry_run(context.database, dry_run_id),
    "evaluate": lambda context, evaluation_id: evaluate(context.database, evaluation_id),
    "find_patterns": lambda context, run_id: search(context.database, context.storage, run_id),
    "compare_dossier": lambda context, dossier_id: compare_dossier(context.database, dossier_id),
    "issue_dossier": lambda context, dossier_id: issue_dossier(
        context.database, context.storage, context.settings, dossier_id
    ),
    "make_demo_keys": lambda context, _enterprise_id: make_demo_keys(context.database, context.settings),
    "preview_dossier": lambda context, dossier_id: print_dossier_preview(
        context.database, context.storage, context.settings, dossier_id
    ),
    "issue_monthly_report": lambda context, version_id: issue_monthly_report(
        context.database, context.storage, context.settings, version_id
    ),
    "issue_visit_report": lambda context, visit_id: issue_visit_report(
        context.database, context.storage, context.settings, visit_id
    ),
    "print_finding_notice": lambda context, finding_id: print_notice(
        context.database, context.storage, context.settings, About.FINDING, finding_id
    ),
    "print_return_notice": lambda context, version_id: print_notice(
        context.database, context.storage, context.settings, About.RETURN, version_id
    ),
    "preview_monthly_report": lambda context, version_id: print_preview(
        context.database, context.storage, context.settings, version_id
    ),
}


class Runner:
    """Runs jobs and finds those left behind; one a process."""

    def __init__(self, context: TaskContext, queue: JobQueue, tasks: Mapping[str, Task] = TASKS) -> None:
        """Work on ``context``'s database and hand ids to ``queue``."""
        self.context = context
        self.queue = queue
        self.tasks = tasks
        self._next_round = 0.0

    def run(self, job_id: int) -> None:
        """Claim the job, do its work, and write down how it ended.

        A job that another worker holds, or that is done, is left alone. Work that fails leaves the
        job failed with a code, for a person to see and to start again.
        """
        with self.context.database.writing() as session:
            job = jobs.claim_job(session, job_id)
            if job is None:
                return
            kind, subject_id, attempt = job.kind, job.subject_id, job.attempts
        error = self._work(self.tasks[kind], subject_id, job_id)
        with self.context.database.writing() as session:
            jobs.finish_job(session, job_id, error, attempt=attempt)

    def _work(self, task: Task, subject_id: int, job_id: int) -> str:
        try:
            task(self.context, subject_id)
        except DomainError as refused:
            log.warning("job refused", extra={"job_id": job_id, "code": refused.code})
            return f"{refused.code}: {refused}"
        except Exception:
            log.exception("job failed", extra={"job_id": job_id})
            return "internal"
        return ""

    def sweep(self) -> int:
        """Hand jobs to the queue again that died or never got there; returns how many.

        Once an hour it also opens the months that have ended, ends the waivers that have run out and
        tells people of findings that are due and of documents that expire.
        """
        with self.context.database.writing() as session:
            calls = jobs.take_overdue_jobs(session)
            if monotonic() >= self._next_round:
                open_months(session)
                end_waivers(session)
                tell_of_due_findings(session)
                tell_of_expiring_dossiers(session)
                request_monthly_search(session)
                self._next_round = monotonic() + HOUR
        for call in calls:
            self.queue.push(call.job_id, queue=call.queue, attempt=call.attempt)
        return len(calls)


@lru_cache(maxsize=1)
def runner() -> Runner:
    """The runner of this worker process, made from its environment."""
    settings = Settings.from_env()
    queue = RqQueue(settings.redis_url)
    context = TaskContext(
        database=Database(
            settings.database_url, push=queue_pusher(queue), allow_unverified=settings.allow_unverified
        ),
        storage=open_storage(settings.storage_url),
        settings=settings,
    )
    return Runner(context, queue)


def queue_pusher(queue: JobQueue) -> Callable[[list[jobs.Call]], None]:
    """The function that a Database calls after a commit with the jobs that it asked for."""

    def push(calls: list[jobs.Call]) -> None:
        for call in calls:
            queue.push(call.job_id, queue=call.queue, attempt=call.attempt)

    return push


def run_job(job_id: int) -> None:
    """Entry point named in the queue."""
    runner().run(job_id)


def sweep() -> int:
    """Entry point of the worker's sweep thread."""
    return runner().sweep()
