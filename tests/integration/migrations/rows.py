"""One plain row for each table, made without the models' classes, so that any revision can hold data."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portal.models import Base
from portal.models.types import DecimalText, UtcDateTime

MOMENT = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)


def insert_rows(connection: sa.Connection, tables: set[str]) -> None:
    """Insert one row into each of the tables, the ones that others need first."""
    for table in Base.metadata.sorted_tables:
        if table.name in tables:
            connection.execute(
                table.insert().values(**{c.name: _value(connection, c) for c in table.columns})
            )


def dump(engine: sa.Engine, tables: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables as the database keeps it."""
    with engine.connect() as connection:
        return {
            name: sorted(tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
            for name in tables
        }


def tables_of(engine: sa.Engine) -> set[str]:
    """Names of our tables in the database."""
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def _value(connection: sa.Connection, column: sa.Column[Any]) -> Any:
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        if column.nullable:
            return None
        return connection.execute(sa.select(target).limit(1)).scalar_one()
    kind = column.type
    if isinstance(kind, sa.Enum):
        return kind.python_type(kind.enums[0])
    if isinstance(kind, DecimalText):
        return Decimal("0.10")
    if isinstance(kind, UtcDateTime):
        return MOMENT
    if column.nullable:
        return None
    plain: dict[type[Any], Any] = {
        sa.Boolean: True,
        sa.Integer: 1,
        sa.Date: date(2026, 10, 31),
        sa.JSON: {"a": "一"},
        sa.String: "示例",
    }
    return next(value for type_, value in plain.items() if isinstance(kind, type_))
