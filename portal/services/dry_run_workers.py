"""Asking about many months at once, in two processes where there are enough of them."""

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from checklists.trial import MonthAnswers, Trial

PROCESSES = 2
#: Below this many months the processes would take longer to start than to work.
WORTH_IT = 1500

_trial: Trial | None = None


def asked_in_processes(
    texts: tuple[str, str], chunks: Iterable[list[bytes]], months: int
) -> Iterator[list[MonthAnswers]]:
    """What a draft and its parent (``texts``) say about each chunk of stored months, in their order.

    ``months`` is how many there are in all. Only a few chunks are read ahead. Raises PackError.
    """
    if months < WORTH_IT:
        trial = Trial(*texts)
        for chunk in chunks:
            yield [trial.ask(content) for content in chunk]
        return
    # Not forked from here: the worker that runs this job has threads of its own. The server that
    # forks the two loads what they need once.
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(PROCESSES, context, _prepare, texts) as pool:
        waiting: deque[Future[list[MonthAnswers]]] = deque()
        source = iter(chunks)
        for chunk in islice(source, 2 * PROCESSES):
            waiting.append(pool.submit(_ask, chunk))
        while waiting:
            yield waiting.popleft().result()
            for chunk in islice(source, 1):
                waiting.append(pool.submit(_ask, chunk))


def _prepare(draft: str, parent: str) -> None:
    global _trial  # noqa: PLW0603 - one trial a process, made when it starts
    _trial = Trial(draft, parent)
    # Facts are trees without circles: counting references frees them, the collector would only look on.
    gc.disable()


def _ask(chunk: list[bytes]) -> list[MonthAnswers]:
    if _trial is None:
        raise RuntimeError("the process was not prepared")
    return [_trial.ask(content) for content in chunk]
