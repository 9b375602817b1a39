"""One plain row for each table, made without the models' classes, so that any revision can hold data."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portal.models import Base
from portal.models.types import DecimalText, UtcDateTime

MOMENT = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)


def insert_rows(connection: sa.Connection, tables: set[str]) -> None:
    """Insert one row into each of the tables, the ones that others need first.

    Only what the database has now is filled: an older revision lacks columns, and may demand more.
    """
    inspector = sa.inspect(connection)
    for table in Base.metadata.sorted_tables:
        if table.name in tables:
            held = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
            values = {
                c.name: _value(connection, c, nullable=held[c.name]) for c in table.columns if c.name in held
            }
            # Without the model's own defaults, which would name newer columns.
            plain = sa.table(table.name, *(sa.column(c.name, c.type) for c in table.columns))
            connection.execute(plain.insert().values(**values))


def columns_of(engine: sa.Engine, tables: set[str]) -> dict[str, list[str]]:
    """The columns that the tables have now."""
    inspector = sa.inspect(engine)
    return {name: [column["name"] for column in inspector.get_columns(name)] for name in tables}


def dump(engine: sa.Engine, columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these tables and columns as the database keeps it."""
    with engine.connect() as connection:
        return {
            name: sorted(
                tuple(row) for row in connection.exec_driver_sql(f'SELECT {", ".join(wanted)} FROM "{name}"')
            )
            for name, wanted in columns.items()
        }


def tables_of(engine: sa.Engine) -> set[str]:
    """Names of our tables in the database."""
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def _value(connection: sa.Connection, column: sa.Column[Any], *, nullable: bool) -> Any:
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        if nullable:
            return None
        return connection.execute(sa.select(target).limit(1)).scalar_one()
    kind = column.type
    if isinstance(kind, sa.Enum):
        return kind.python_type(kind.enums[0])
    if isinstance(kind, DecimalText):
        return Decimal("0.10")
    if isinstance(kind, UtcDateTime):
        return MOMENT
    if nullable:
        return None
    plain: dict[type[Any], Any] = {
        sa.Boolean: True,
        sa.Integer: 1,
        sa.Date: date(2026, 10, 31),
        sa.JSON: {"a": "一"},
        sa.String: "示例",
        sa.LargeBinary: b"1",
    }
    return next(value for type_, value in plain.items() if isinstance(kind, type_))
