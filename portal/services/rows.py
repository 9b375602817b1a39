"""Optimistic locking: a change is refused when the row was changed since it was read."""

from datetime import datetime
from typing import Protocol

from portal.domain.errors import Conflict
from portal.domain.periods import SHANGHAI


class Versioned(Protocol):
    """A row that counts its changes."""

    row_version: int


def check_version(row: Versioned, expected: int, *, who: str = "", when: datetime | None = None) -> None:
    """Count the row's version up, or raise Conflict when it is not ``expected``.

    ``who`` and ``when`` name the last change for the person who lost the race.
    """
    if row.row_version != expected:
        moment = when.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if when else "—"
        raise Conflict(params={"who": who or "—", "when": moment}, path="row_version")
    row.row_version = expected + 1
