"""Figures come back digit by digit, moments with their zone, choices only from their list."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal.domain.periods import SHANGHAI
from portal.models.database import Database
from portal.models.meters import Meter
from portal.models.organisations import Organisation
from tests.factories.world import make_world

FIGURES = [
    "12345678901234.123456",
    "0.00000001",
    "1E-8",
    "0.10",
    "0",
    "0.000",
    "-1214057.49",
    "99999999999999999999999999.99999999",
    "1E+3",
]


def _store(database: Database, figure: Decimal | None) -> Decimal | None:
    with database.writing() as session:
        world = make_world(session)
        meter = Meter(
            enterprise_id=world.steel_id,
            code="LL-01",
            name="示例流量计",
            accuracy_class=figure,
            valid_from=date(2025, 1, 1),
        )
        session.add(meter)
        session.flush()
        number = meter.id
    with database.reading() as session:
        return session.get_one(Meter, number).accuracy_class


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_comes_back_as_it_was_written(database: Database, figure: str) -> None:
    back = _store(database, Decimal(figure))
    assert back == Decimal(figure)
    assert back is not None
    assert format(back, "f") == format(Decimal(figure), "f")


def test_a_blank_comes_back_blank(database: Database) -> None:
    assert _store(database, None) is None


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_number_is_not_stored(sqlite_database: Database, figure: str) -> None:
    with pytest.raises(sa.exc.StatementError, match="finite"):
        _store(sqlite_database, Decimal(figure))


def test_sqlite_keeps_figures_as_text(sqlite_database: Database) -> None:
    _store(sqlite_database, Decimal("0.10"))
    with sqlite_database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT typeof(accuracy_class), accuracy_class FROM meters").one()
    assert tuple(kept) == ("text", "0.10")


def _organisation(moment: datetime, **changes: str) -> Organisation:
    columns = {"kind": "platform", "name": "示例", "uscc": "12330500000000009X", **changes}
    return Organisation(created_at=moment, **columns)


def test_a_moment_comes_back_in_utc(database: Database) -> None:
    with database.writing() as session:
        session.add(_organisation(datetime(2026, 11, 1, 0, 30, 15, 123456, tzinfo=SHANGHAI)))
    with database.reading() as session:
        back = session.scalars(sa.select(Organisation.created_at)).one()
    assert back == datetime(2026, 10, 31, 16, 30, 15, 123456, tzinfo=UTC)
    assert back.utcoffset() is not None
    assert back.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"), database.writing() as session:
        session.add(_organisation(datetime(2026, 11, 1, 0, 30)))  # noqa: DTZ001 - this is the fault


def test_a_word_outside_its_list_is_refused_by_the_model_and_by_the_database(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError), database.writing() as session:
        session.add(_organisation(datetime.now(UTC), kind="club"))
    with pytest.raises(sa.exc.IntegrityError), database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO organisations (kind, name, uscc, district, active, created_at) "
            "VALUES ('club', 'x', 'y', '', true, '2026-10-31 00:00:00')"
        )
