"""The trace: what is written stays written, and a change is found."""

import pytest
import sqlalchemy as sa

from portal.models.database import Database
from portal.services.events import record_event, verify_trace
from tests.factories.world import make_world


def _write_three(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        for number in range(3):
            record_event(
                session,
                world.steward,
                "record.value_saved",
                "record",
                7,
                enterprise_id=world.steel_id,
                after={"number": number},
            )


def _faults(database: Database) -> list[tuple[int, str]]:
    with database.reading() as session:
        return [(fault.sequence, fault.problem) for fault in verify_trace(session)]


def _without_triggers(database: Database, *statements: str) -> None:
    """Do what only somebody with the database's own keys can do."""
    with database.engine.begin() as connection:
        if database.sqlite:
            connection.exec_driver_sql("DROP TRIGGER events_refuse_update")
            connection.exec_driver_sql("DROP TRIGGER events_refuse_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_untouched_trace_has_no_faults(database: Database) -> None:
    _write_three(database)

    assert _faults(database) == []


def test_the_database_refuses_to_change_or_remove_an_event(database: Database) -> None:
    _write_three(database)

    for statement in ("UPDATE events SET action = 'x'", "DELETE FROM events"):
        with pytest.raises(sa.exc.DBAPIError, match="frozen"), database.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_changed_event_is_named(database: Database) -> None:
    _write_three(database)
    _without_triggers(database, "UPDATE events SET after = '{\"number\":9}' WHERE sequence = 2")

    assert _faults(database) == [(2, "altered")]


def test_a_removed_event_is_named(database: Database) -> None:
    _write_three(database)
    _without_triggers(database, "DELETE FROM events WHERE sequence = 2")

    assert _faults(database) == [(2, "removed: 2 to 2")]


def test_the_last_event_cannot_be_removed_unseen(database: Database) -> None:
    _write_three(database)
    _without_triggers(database, "DELETE FROM events WHERE sequence = 3")

    assert _faults(database) == [(3, "removed at the end: 3 to 3")]


def test_two_swapped_events_are_named(database: Database) -> None:
    _write_three(database)
    _without_triggers(
        database,
        "UPDATE events SET sequence = 99 WHERE sequence = 1",
        "UPDATE events SET sequence = 1 WHERE sequence = 2",
        "UPDATE events SET sequence = 2 WHERE sequence = 99",
    )

    assert {sequence for sequence, _ in _faults(database)} >= {1, 2}


def test_a_steward_acts_on_behalf_of_the_enterprise(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        event = record_event(
            session, world.steward, "record.started", "record", 1, enterprise_id=world.steel_id
        )

    assert (event.on_behalf_of_id, event.actor_organisation_id) == (world.steel_id, world.firm_id)
