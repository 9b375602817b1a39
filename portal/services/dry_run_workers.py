"""Asking about many months at once, in two processes where there are enough of them.

Each is a Python of its own that loads this module and nothing of its caller's: what multiprocessing
starts would load the caller's whole program first, which takes longer than a small run.
"""

import gc
import multiprocessing
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection

from checklists.trial import MonthAnswers, Trial

PROCESSES = 2
#: Below this many months the processes would take longer to start than to work.
WORTH_IT = 1500


def asked_in_processes(
    texts: tuple[str, str], chunks: Iterable[list[bytes]], months: int
) -> Iterator[list[MonthAnswers]]:
    """What a draft and its parent (``texts``) say about each chunk of stored months, in their order.

    ``months`` is how many there are in all. Raises PackError, and EOFError when a process has died.
    """
    if months < WORTH_IT:
        trial = Trial(*texts)
        for chunk in chunks:
            yield [trial.ask(content) for content in chunk]
        return
    with ExitStack() as stack:
        idle = [stack.enter_context(_Asker(texts)) for _ in range(PROCESSES)]
        busy: deque[_Asker] = deque()
        for chunk in chunks:
            answers = None
            if idle:
                asker = idle.pop()
            else:
                asker = busy.popleft()
                answers = asker.answers()
            asker.ask(chunk)
            busy.append(asker)
            if answers is not None:
                yield answers
        for asker in busy:
            yield asker.answers()


class _Asker:
    """A process that holds the trial and answers one chunk after the other."""

    def __init__(self, texts: tuple[str, str]) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            end = theirs.fileno()
            command = [sys.executable, "-c", _PROGRAM, str(end)]
            self._process = subprocess.Popen(command, pass_fds=[end])  # noqa: S603 - our own program
        self._connection.send((sys.path, texts))

    def __enter__(self) -> "_Asker":
        return self

    def __exit__(self, *_error: object) -> None:
        """Hang up, upon which the process ends, whatever it was at."""
        self._connection.close()
        self._process.wait()

    def ask(self, chunk: list[bytes]) -> None:
        """Hand a chunk over; only when the one before it was answered, or both ends would wait."""
        self._connection.send(chunk)

    def answers(self) -> list[MonthAnswers]:
        """What is said about the chunk; waits for it. Raises EOFError when the process has died."""
        found: list[MonthAnswers] = self._connection.recv()
        return found


#: Finds this module where its caller found it, then serves.
_PROGRAM = """
import sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
sys.path[:], texts = connection.recv()
from portal.services.dry_run_workers import serve
serve(connection, texts)
"""


def serve(connection: Connection, texts: tuple[str, str]) -> None:
    """Answer chunk after chunk until the caller hangs up."""
    trial = Trial(*texts)
    # Facts are trees without circles: counting references frees them, the collector would only look on.
    gc.disable()
    try:
        while True:
            connection.send([trial.ask(content) for content in connection.recv()])
    except (EOFError, ConnectionError):
        return
