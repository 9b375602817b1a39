"""Answers that take the same time whatever was done for them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Far longer than writing a letter takes.
EVEN_SECONDS = 0.25


@contextmanager
def even_time() -> Iterator[None]:
    """Leave after EVEN_SECONDS at the earliest: whether there was anything to do cannot be told."""
    begun = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, begun + EVEN_SECONDS - time.monotonic()))
