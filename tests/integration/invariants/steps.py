"""Ways to bring the submitted month where an invariant is tried, and to try it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.errors import DomainError
from portal.domain.periods import now
from portal.models.database import Database
from portal.reference.statements import load_statements
from portal.services.signing import agree_statement, mark_ready, open_statement, recall, sign
from tests.factories.months import evaluate, explain_all
from tests.factories.world import PASSWORD
from tests.fixtures.application import Browser
from tests.fixtures.reviewing import MONTH, Reviewing

Browse = Callable[[int], Browser]


def path_of(reviewing: Reviewing, rest: str = "") -> str:
    return f"/enterprises/{reviewing.world.steel_id}/records/{MONTH}{rest}"


def make_draft(reviewing: Reviewing) -> int:
    """Take the month back; gives the id of the version that is being worked on."""
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        return recall(session, reviewing.world.signatory, record.id, record.row_version, "示例").id


def make_ready(reviewing: Reviewing) -> int:
    """Take the month back and bring it before its signatory again, all statements agreed."""
    version_id = make_draft(reviewing)
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        evaluate(session, world.officer, version_id)
        explain_all(session, world.officer, record)
        mark_ready(session, world.officer, record.id, record.row_version)
        for statement in load_statements():
            open_statement(session, world.signatory, record.id, statement.key)
            agree_statement(session, world.signatory, record.id, statement.key)
    return version_id


def press(session: Session, reviewing: Reviewing, actor: Actor, key: str = "key", expected: int = 0) -> Any:
    """Sign the month as this actor."""
    record = reviewing.record(session)
    return sign(
        session,
        actor,
        record.id,
        expected or record.row_version,
        password=PASSWORD,
        code="",
        idempotency_key=key,
        pressed_at=now(),
    )


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment, each in its thread; gives results and refusals in their order."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[place] = act()
        except DomainError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def refused_by_the_database(database: Database, statement: str, **values: Any) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"frozen|signatory"), database.engine.begin() as connection:
        connection.execute(sa.text(statement), values)
