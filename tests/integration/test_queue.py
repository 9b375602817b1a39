"""Ids through a real Valkey to a real worker, and what happens when either dies."""

import json
import logging
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.config import Settings
from portal.queue import DOCUMENTS, InlineQueue, RqQueue, connect
from tests.fixtures.processes import (
    PATIENCE,
    clean_environment,
    eventually,
    is_running,
    running_valkey,
)
from tests.fixtures.queue_tasks import ENDLESS

TASKS = "tests.fixtures.queue_tasks"
ROOT = Path(__file__).resolve().parents[2]
WORK = "import sys; from portal.config import Settings; from portal.queue import run_worker; "
WORK += f"run_worker(Settings.from_env(), burst='burst' in sys.argv, tasks={TASKS!r}, documents=False)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"INSTANCE_DIR": str(tmp_path), "SWEEP_SECONDS": "1"})


@pytest.fixture
def valkey(settings: Settings) -> Iterator[int]:
    with running_valkey(settings) as pid:
        yield pid


@pytest.fixture
def queue(settings: Settings, valkey: int) -> RqQueue:
    return RqQueue(settings.redis_url, TASKS)


def start_worker(settings: Settings, *arguments: str) -> "subprocess.Popen[bytes]":
    folder = str(settings.instance_dir)
    environment = clean_environment(
        INSTANCE_DIR=folder, TRACE_DIR=folder, SWEEP_SECONDS="1", PYTHONPATH=str(ROOT)
    )
    return subprocess.Popen([sys.executable, "-c", WORK, *arguments], env=environment)


@contextmanager
def working(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    process = start_worker(settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def work_off(settings: Settings) -> None:
    process = start_worker(settings, "burst")
    assert process.wait(timeout=PATIENCE) == 0


def runs(settings: Settings) -> list[tuple[int, int]]:
    """Give (job id, process id of the work horse) of each run so far."""
    path = settings.instance_dir / "runs"
    if not path.exists():
        return []
    return [(int(job), int(pid)) for job, pid in (line.split() for line in path.read_text().splitlines())]


def jobs_run(settings: Settings) -> list[int]:
    return [job for job, _ in runs(settings)]


@pytest.mark.valkey
def test_a_pushed_job_runs_once_for_each_attempt(settings: Settings, queue: RqQueue) -> None:
    assert queue.push(7)
    assert queue.push(7)
    assert queue.push(7, attempt=2)
    assert queue.push(8, queue=DOCUMENTS)
    work_off(settings)

    assert jobs_run(settings) == [7, 7, 8]


@pytest.mark.valkey
def test_an_attempt_that_is_over_can_be_pushed_again(settings: Settings, queue: RqQueue) -> None:
    queue.push(7)
    work_off(settings)
    queue.push(7)
    work_off(settings)

    assert jobs_run(settings) == [7, 7]


@pytest.mark.valkey
def test_nothing_but_ids_travels_and_never_as_pickle(settings: Settings, queue: RqQueue) -> None:
    queue.push(7)
    carried = connect(settings.redis_url).hget("rq:job:job-7-1", "data")

    assert json.loads(zlib.decompress(carried)) == [f"{TASKS}.run_job", None, [7], {}]


@pytest.mark.valkey
def test_a_job_taken_by_a_worker_that_died_before_it_began_is_pushed_again(
    settings: Settings, queue: RqQueue
) -> None:
    queue.push(7)
    connect(settings.redis_url).delete("rq:queue:default")
    queue.push(7)
    work_off(settings)

    assert jobs_run(settings) == [7]


@pytest.mark.valkey
def test_a_killed_work_horse_leaves_the_worker_at_work(settings: Settings, queue: RqQueue) -> None:
    queue.push(ENDLESS)
    with working(settings) as worker:
        eventually(lambda: jobs_run(settings) == [ENDLESS])
        os.kill(runs(settings)[0][1], signal.SIGKILL)
        queue.push(7)
        eventually(lambda: jobs_run(settings) == [ENDLESS, 7])
        queue.push(ENDLESS, attempt=2)
        eventually(lambda: jobs_run(settings) == [ENDLESS, 7, ENDLESS])

        assert worker.poll() is None


@pytest.mark.valkey
def test_a_killed_worker_takes_its_work_horse_and_its_sweeper_along(
    settings: Settings, queue: RqQueue
) -> None:
    queue.push(ENDLESS)
    sweeper = settings.instance_dir / "sweeper"
    with working(settings) as worker:
        eventually(lambda: jobs_run(settings) == [ENDLESS] and sweeper.exists())
        below = [runs(settings)[0][1], int(sweeper.read_text())]
        assert all(is_running(pid) for pid in below)
        worker.kill()
        eventually(lambda: not any(is_running(pid) for pid in below))


@pytest.mark.valkey
def test_a_failing_sweep_is_followed_by_the_next(settings: Settings, valkey: int) -> None:
    sweeper = settings.instance_dir / "sweeper"
    with working(settings):
        eventually(sweeper.exists)
        sweeper.unlink()
        eventually(sweeper.exists)


@pytest.mark.valkey
def test_a_worker_whose_sweeper_was_killed_ends_so_that_both_are_started_again(
    settings: Settings, valkey: int
) -> None:
    sweeper = settings.instance_dir / "sweeper"
    with working(settings) as worker:
        eventually(lambda: sweeper.exists() and sweeper.read_text())
        os.kill(int(sweeper.read_text()), signal.SIGKILL)

        worker.wait(timeout=PATIENCE)


@pytest.mark.valkey
def test_a_killed_valkey_comes_back_with_what_was_acknowledged(settings: Settings, valkey: int) -> None:
    queue = RqQueue(settings.redis_url, TASKS)
    assert queue.push(7)
    os.kill(valkey, signal.SIGKILL)
    eventually(queue.ping)
    assert queue.push(8)
    work_off(settings)

    assert jobs_run(settings) == [7, 8]


@pytest.mark.valkey
def test_a_worker_that_finds_no_server_says_so_and_ends(settings: Settings) -> None:
    worker = start_worker(settings)

    assert worker.wait(timeout=PATIENCE) == 1


@pytest.mark.valkey
def test_a_log_that_valkey_cannot_read_is_set_aside(settings: Settings) -> None:
    with running_valkey(settings):
        RqQueue(settings.redis_url, TASKS).push(7)
    logs = settings.valkey_dir / "appendonlydir"
    (damaged,) = logs.glob("*.incr.aof")
    damaged.write_bytes(b"*3\r\nnonsense" + damaged.read_bytes())

    with running_valkey(settings):
        assert RqQueue(settings.redis_url).ping()
    assert (settings.valkey_dir / "appendonlydir.broken").is_dir()


@pytest.mark.valkey
def test_valkey_is_reached_only_through_a_socket_of_its_owner(settings: Settings, valkey: int) -> None:
    assert settings.valkey_socket.stat().st_mode & 0o777 == 0o700
    assert settings.valkey_socket.parent.stat().st_mode & 0o777 == 0o700
    assert connect(settings.redis_url).config_get("port")["port"] == "0"


def test_a_push_to_a_server_that_is_down_is_told_and_logged_but_never_raised(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "portal.queue")
    queue = RqQueue(settings.redis_url)

    assert queue.push(7) is False
    assert not queue.ping()
    assert [record.getMessage() for record in caplog.records] == ["job not pushed"]


def test_an_inline_queue_runs_a_job_at_once_and_its_followers_after_it() -> None:
    trace: list[str] = []

    def run(job_id: int) -> None:
        trace.append(f"begin {job_id}")
        if job_id == 1:
            queue.push(2)
        trace.append(f"end {job_id}")

    queue = InlineQueue(run)

    assert queue.push(1)
    assert trace == ["begin 1", "end 1", "begin 2", "end 2"]


def test_an_inline_queue_is_usable_after_a_job_that_failed() -> None:
    def run(job_id: int) -> None:
        if job_id == 1:
            raise ValueError("no such thing")

    queue = InlineQueue(run)
    with pytest.raises(ValueError, match="no such thing"):
        queue.push(1)

    assert queue.push(2)
