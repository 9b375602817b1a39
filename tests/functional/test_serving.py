"""The whole portal as a person starts it: one command, real children, real signals."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.config import embedded_socket
from portal.queue import count_workers
from portal.serving import account_table
from tests.fixtures.object_store import BUCKET, running_s3
from tests.fixtures.processes import (
    PATIENCE,
    clean_environment,
    command_of,
    descendants,
    eventually,
    free_port,
    is_running,
    running_tcp_valkey,
)

pytestmark = pytest.mark.valkey


#: An application that takes a second over one address; it marks the beginning.
SLOW_APPLICATION = """
import pathlib, time

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        pathlib.Path("begun").write_text("yes")
        time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
"""


@dataclass
class Portal:
    """One started portal."""

    instance: Path
    port: int
    process: "subprocess.Popen[str]"

    def child(self, word: str) -> int | None:
        """Process id of the direct child whose command line holds ``word``."""
        for pid in descendants(self.process.pid):
            if is_running(pid) and word in command_of(pid) and parent_of(pid) == self.process.pid:
                return pid
        return None

    def is_ready(self) -> bool:
        return is_ready(self.port)

    def is_whole(self) -> bool:
        return self.is_ready() and bool(self.child("valkey-server")) and bool(self.child("portal.cli worker"))


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def start(instance: Path, port: int, *options: str, folder: Path | None = None) -> "subprocess.Popen[str]":
    environment = clean_environment(INSTANCE_DIR=str(instance), PORT=str(port))
    return subprocess.Popen(
        [sys.executable, "-m", "portal.cli", "serve", *options],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_whole(instance: Path, port: int, *options: str) -> Portal:
    portal = Portal(instance, port, start(instance, port, *options))
    try:
        eventually(portal.is_whole)
    except AssertionError:
        portal.process.kill()
        pytest.fail(portal.process.communicate()[0])
    return portal


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    started = start_whole(tmp_path_factory.mktemp("instance"), free_port(), "--empty")
    yield started
    started.process.kill()
    started.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_orphan_is_left_and_the_next_start_works(tmp_path: Path, number: signal.Signals) -> None:
    portal = start_whole(tmp_path, free_port(), "--empty")
    below = descendants(portal.process.pid)
    assert len(below) >= 2
    portal.process.send_signal(number)
    portal.process.communicate(timeout=PATIENCE)

    assert portal.process.returncode == (-9 if number == signal.SIGKILL else 0)
    eventually(lambda: not any(is_running(pid) for pid in below))
    again = start_whole(tmp_path, portal.port, "--empty")
    again.process.terminate()
    again.process.communicate(timeout=PATIENCE)
    assert again.process.returncode == 0


def test_a_request_in_hand_is_answered_before_the_end(tmp_path: Path) -> None:
    (tmp_path / "wsgi.py").write_text(SLOW_APPLICATION)
    (tmp_path / "begun").touch()
    port = free_port()
    process = start(tmp_path / "instance", port, "--empty", folder=tmp_path)
    try:
        eventually(lambda: answers(port))
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
            eventually(lambda: (tmp_path / "begun").read_text())
            process.terminate()
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        process.communicate(timeout=PATIENCE)
    finally:
        process.kill()

    assert answer.endswith(b"done")
    assert process.returncode == 0


def test_a_second_start_on_the_same_instance_says_who_holds_it(portal: Portal) -> None:
    second = start(portal.instance, free_port())
    output, _ = second.communicate(timeout=PATIENCE)

    assert second.returncode == 1
    assert f"process {portal.process.pid} already serves {portal.instance}" in output
    assert portal.is_ready()


def test_a_taken_port_is_named(portal: Portal, tmp_path: Path) -> None:
    second = start(tmp_path, portal.port)
    output, _ = second.communicate(timeout=PATIENCE)

    assert second.returncode == 1
    assert f"port {portal.port} on 127.0.0.1 is in use" in output


@pytest.mark.parametrize("word", ["valkey-server", "portal.cli worker"])
def test_a_killed_child_is_started_again(portal: Portal, word: str) -> None:
    killed = portal.child(word)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)

    eventually(lambda: portal.child(word) not in {None, killed})
    eventually(portal.is_whole)


def test_the_first_start_prints_the_accounts_of_the_demo_world_and_the_second_where_they_are(
    tmp_path: Path,
) -> None:
    outputs = []
    for _ in range(2):
        started = start_whole(tmp_path, free_port())
        started.process.terminate()
        outputs.append(started.process.communicate(timeout=PATIENCE)[0])
    kept = tmp_path / "demo-accounts.txt"

    assert kept.stat().st_mode & 0o777 == 0o600
    assert "@" in kept.read_text("utf-8")
    assert kept.read_text("utf-8") in outputs[0]
    assert str(kept) in outputs[1]


def test_an_instance_that_began_empty_gets_no_demo_world_later(portal: Portal) -> None:
    assert (portal.instance / "without-demo").exists()
    assert not (portal.instance / "demo-accounts.txt").exists()


def test_nobody_else_may_look_into_the_instance(portal: Portal) -> None:
    assert embedded_socket(portal.instance).stat().st_mode & 0o777 == 0o700
    assert (portal.instance / "secret-key").stat().st_mode & 0o777 == 0o600


def test_bad_settings_are_all_named_before_anything_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli", "serve"],
        env=clean_environment(INSTANCE_DIR=str(tmp_path / "instance"), PORT="http", LOG_LEVEL="loud"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 78
    assert "PORT" in done.stderr
    assert "LOG_LEVEL" in done.stderr
    assert not (tmp_path / "instance").exists()


@pytest.mark.postgresql
def test_the_same_code_runs_on_postgresql_an_outside_queue_and_s3(
    tmp_path: Path, postgresql_url: str
) -> None:
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "wsgi:app", "--worker-class", "gthread", "--workers", "2"]
    with running_tcp_valkey() as queue_url, running_s3() as store, ExitStack() as stack:
        environment = clean_environment(
            PORTAL_ENV="production",
            INSTANCE_DIR=str(tmp_path / "portal"),
            SECRET_KEY="k" * 40,
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            DATABASE_URL=postgresql_url,
            REDIS_URL=queue_url,
            STORAGE_URL=f"s3://{BUCKET}/portal",
            **store,
        )
        commands = (
            [*gunicorn, "--threads", "4", "--bind", f"127.0.0.1:{port}"],
            [sys.executable, "-m", "portal.cli", "worker"],
        )
        started = [subprocess.Popen(command, env=environment) for command in commands]
        for process in started:
            stack.callback(process.wait)
            stack.callback(process.terminate)
        eventually(lambda: is_ready(port))
        eventually(lambda: count_workers(queue_url) == 1)

        assert [process.poll() for process in started] == [None, None]


def test_accounts_stand_in_columns_whatever_their_script() -> None:
    accounts = ({"role": "企业管理员", "name": "a"}, {"role": "steward", "name": "b"})

    assert account_table(accounts) == "role        name\n企业管理员  a\nsteward     b\n"
