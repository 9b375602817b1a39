"""The one door to RQ.

Job rows in our own table are the truth; RQ only carries their ids to a worker. So a push
that fails loses nothing: the worker's sweep finds rows that were never pushed, and rows
whose worker died, and pushes them again.
"""

import ctypes
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from pkgutil import resolve_name
from threading import Event, Thread
from typing import Protocol

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus

from portal.config import Settings
from portal.domain.errors import DomainError

logger = logging.getLogger(__name__)

DEFAULT = "default"
DOCUMENTS = "documents"
#: Order of importance: a worker takes quick jobs before documents.
QUEUES = (DEFAULT, DOCUMENTS)
#: Module of the functions that a worker calls by name: run_job(job_id) and sweep().
TASKS = "portal.tasks"
#: RQ stops a job that runs longer than this many seconds; less than the lease of a job row, so that
#: no job is taken for dead while it runs.
JOB_SECONDS = 50
#: RQ forgets failed jobs after this many seconds: our own rows keep what happened.
FAILURE_SECONDS = 3600

PR_SET_PDEATHSIG = 1


class JobQueue(Protocol):
    """What services know of the queue."""

    def push(self, job_id: int, *, queue: str = DEFAULT, attempt: int = 1) -> bool:
        """Tell a worker that the job row ``job_id`` waits; call it after the commit.

        Pushing the same ``attempt`` twice runs it once, so a row whose worker died is pushed
        with the next attempt. Gives False, and never raises, when the server cannot be reached:
        the sweep will push the row later.
        """

    def ping(self) -> bool:
        """Say whether the queue answers now."""


class QueueLostError(Exception):
    """The worker cannot go on without its server."""


class RqQueue:
    """Pushes ids to Valkey or Redis."""

    def __init__(self, url: str, tasks: str = TASKS) -> None:
        """Take the server's address and the module of the tasks; connects at the first push."""
        self._connection = connect(url)
        self._run_job = f"{tasks}.run_job"

    def push(self, job_id: int, *, queue: str = DEFAULT, attempt: int = 1) -> bool:
        """Push once for each attempt (see JobQueue)."""
        name = f"job-{job_id}-{attempt}"
        try:
            self._push(name, job_id, queue)
        except (RedisError, OSError) as error:
            logger.warning(
                "job not pushed", extra={"job_id": job_id, "attempt": attempt, "reason": type(error).__name__}
            )
            return False
        return True

    def ping(self) -> bool:
        """Say whether the server answers now."""
        try:
            return bool(self._connection.ping())
        except (RedisError, OSError):
            return False

    def _push(self, name: str, job_id: int, queue: str) -> None:
        rq_queue = Queue(queue, connection=self._connection, serializer="json")
        if self._is_over(name):
            Job(name, connection=self._connection, serializer="json").delete()
        try:
            rq_queue.enqueue_call(
                self._run_job,
                args=(job_id,),
                job_id=name,
                unique=True,
                timeout=JOB_SECONDS,
                result_ttl=0,
                failure_ttl=FAILURE_SECONDS,
                description=f"job {job_id}",
            )
        except DuplicateJobError:
            logger.debug("job already pushed", extra={"job_id": job_id, "rq_job": name})

    def _is_over(self, name: str) -> bool:
        """Say whether RQ still remembers this attempt but will not run it any more."""
        try:
            job = Job.fetch(name, connection=self._connection, serializer="json")
        except NoSuchJobError:
            return False
        status = job.get_status()
        if status == JobStatus.QUEUED:
            return job.get_position() is None  # taken by a worker that died before it began
        return status not in {JobStatus.STARTED, JobStatus.SCHEDULED, JobStatus.DEFERRED}


class InlineQueue:
    """Runs each job at once in the caller's process; for tests and one-off commands.

    A job that is pushed by a running job waits until that one is done.
    """

    def __init__(self, run: Callable[[int], object]) -> None:
        """Take the function that runs a job row by its id."""
        self._run = run
        self._waiting: deque[int] = deque()
        self._running = False

    def push(self, job_id: int, *, queue: str = DEFAULT, attempt: int = 1) -> bool:
        """Run the job now, or after the one that runs (see JobQueue)."""
        logger.debug("job runs inline", extra={"job_id": job_id, "queue": queue, "attempt": attempt})
        self._waiting.append(job_id)
        if self._running:
            return True
        self._running = True
        try:
            while self._waiting:
                self._run(self._waiting.popleft())
        finally:
            self._running = False
            self._waiting.clear()
        return True

    def ping(self) -> bool:
        """It is always there."""
        return True


class PortalWorker(Worker):
    """An RQ worker whose work horse never outlives it, and that looks often for a server that went away."""

    max_connection_wait_time = 4.0

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run in the fork: die with the worker, then work."""
        die_with_parent(int(self.pid or 0))
        super().main_work_horse(job, queue)


def connect(url: str) -> "Redis":
    """Open a connection that gives up soon: a person may be waiting for the answer."""
    return Redis.from_url(
        url,
        socket_connect_timeout=1,
        socket_timeout=3,
        retry=Retry(NoBackoff(), 1),  # once, for a pooled connection that died with the old server
        health_check_interval=30,
    )


def count_workers(url: str) -> int:
    """Count the workers that serve this queue now."""
    return int(Worker.count(connection=connect(url)))


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent, process ``parent``, dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)


def run_worker(
    settings: Settings, *, burst: bool = False, tasks: str = TASKS, documents: bool = True
) -> None:
    """Take jobs until SIGTERM or SIGINT; with ``burst``, until the queues are empty.

    With ``documents`` the printer is loaded first. Raises QueueLostError when the server is away at
    a moment that RQ does not bridge; whoever keeps the worker starts it again.

    Meanwhile a child sweeps every ``settings.sweep_seconds`` for jobs left behind. It is a process
    of its own because the worker forks for every job: a database connection open at that moment
    would be shared by two processes.
    """
    sweeper = _start_sweeper(tasks, settings.sweep_seconds)
    stopping = Event()
    Thread(target=_watch, args=(sweeper, stopping), name="sweeper-watch", daemon=True).start()
    try:
        import_module(tasks)
        if documents:
            warm_up(settings.font_dir)
        worker = PortalWorker(QUEUES, connection=connect(settings.redis_url), serializer="json")
        logger.info("worker takes jobs from %s", ", ".join(QUEUES))
        worker.work(burst=burst, logging_level="DEBUG" if settings.log_level == "DEBUG" else "WARNING")
    except RedisError as error:
        raise QueueLostError(f"the queue is out of reach: {error}") from error
    finally:
        stopping.set()
        sweeper.terminate()
        sweeper.join()


def warm_up(font_dir: Path) -> None:
    """Load the printer and what seals need before the first fork, so that no job pays for it.

    A machine without Pango still runs every other job: each PDF job then says what is missing.
    """
    try:
        resolve_name("portal.services.signing_key_seals:warm_up")()
        resolve_name("reports.pdf:warm_up")(font_dir)
    except (ImportError, OSError, DomainError) as error:
        logger.warning("documents cannot be made here: %s", error)


def _start_sweeper(tasks: str, seconds: int) -> BaseProcess:
    arguments = (tasks, seconds, os.getpid())
    sweeper = get_context("fork").Process(target=_sweep_forever, args=arguments, name="sweeper", daemon=True)
    sweeper.start()
    return sweeper


def _sweep_forever(tasks: str, seconds: int, worker: int) -> None:
    """Run in a child; an error in a sweep is logged and the next one comes all the same."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which ends this child
    die_with_parent(worker)
    sweep: Callable[[], object] = resolve_name(f"{tasks}:sweep")
    with ThreadPoolExecutor(1, thread_name_prefix="sweep") as pool:
        while True:
            error = pool.submit(sweep).exception()
            if error is not None:
                logger.error("sweep failed", exc_info=error)
            time.sleep(seconds)


def _watch(sweeper: BaseProcess, stopping: Event) -> None:
    """End the worker when its sweeper is gone; whoever keeps the worker starts both again."""
    wait([sweeper.sentinel])
    if not stopping.is_set():
        logger.error("the sweeper died with %s, so the worker stops", sweeper.exitcode)
        os.kill(os.getpid(), signal.SIGTERM)
