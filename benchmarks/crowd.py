"""Many enterprises at once: copies of the example steel works, inserted in bulk.

Each copy has twelve months: ten accepted, one submitted, one being filled, with values, evidence,
calculations and their lines, check results, findings, reviews, snapshots and events. The copies share
one district; the first ones have a contract with the example firm.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from portal.models.base import Base
from portal.models.database import Database
from portal.models.evaluations import Calculation
from portal.models.events import Event, EventChain
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord
from portal.models.users import User

MONTHS = 12
#: With the two enterprises of the example world the firm has twenty clients.
CLIENTS = 18
#: Copies beyond this number carry short explanations: no page of the others reads them, and a gigabyte
#: of text would only make the disk the thing that is measured.
WHOLE = 25
SOURCE = "officer@steel.example"
CHUNK = 2000

#: Table → the column that says to which row of another table it belongs; in the order of dependence.
PARTS = {
    "enterprise_profiles": "organisation_id",
    "users": "organisation_id",
    "user_roles": "user_id",
    "sites": "enterprise_id",
    "outlets": "site_id",
    "facilities": "site_id",
    "permits": "enterprise_id",
    "evidence": "enterprise_id",
    "meters": "enterprise_id",
    "calibrations": "meter_id",
    "plan_versions": "enterprise_id",
    "source_streams": "plan_version_id",
    "parameters": "stream_id",
    "evidence_slots": "parameter_id",
    "monthly_records": "enterprise_id",
    "record_versions": "record_id",
    "record_values": "version_id",
    "record_sections": "version_id",
    "evidence_links": "version_id",
    "statement_readings": "version_id",
    "evaluations": "version_id",
    "check_results": "evaluation_id",
    "calculations": "version_id",
    "calculation_lines": "calculation_id",
    "snapshots": "version_id",
    "findings": "record_id",
    "rectifications": "finding_id",
    "reviews": "version_id",
    "engagements": "enterprise_id",
}
#: Columns that name a row of another table without a foreign key.
LOOSE = {
    ("monthly_records", "current_version_id"): "record_versions",
    ("monthly_records", "official_version_id"): "record_versions",
}
Row = dict[str, Any]


def add_copies(database: Database, count: int) -> int:
    """Add ``count`` copies of the example steel works; returns how many rows that were."""
    with database.engine.begin() as connection:
        source = _Source(connection)
        with _without_triggers(connection, sqlite=database.sqlite):
            rows = sum(source.copy(connection, number) for number in range(1, count + 1))
        if not database.sqlite:
            _set_sequences(connection)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return rows


class _Source:
    """The rows of the steel works, and how a copy of them is numbered."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read all rows that belong to the enterprise of SOURCE's person."""
        owner = connection.scalar(sa.select(User.organisation_id).where(User.email == SOURCE))
        organisations = Base.metadata.tables["organisations"]
        self.rows: dict[str, list[Row]] = {
            "organisations": _rows(connection, sa.select(organisations).where(organisations.c.id == owner))
        }
        self.span = {"organisations": _largest(connection, organisations)}
        self.own = {"organisations": {owner}}
        for name, column in PARTS.items():
            self._read(connection, name, column)
        self.first = min(row["month"] for row in self.rows["monthly_records"])
        self.chain = f"organisation:{owner}"
        self.events = _rows(
            connection, sa.select(Event.__table__).where(Event.__table__.c.chain == self.chain)
        )
        self.event_span = _largest(connection, Event.__table__)

    def _read(self, connection: sa.Connection, name: str, column: str) -> None:
        table = Base.metadata.tables[name]
        parent = next(iter(table.c[column].foreign_keys)).column.table.name
        query = sa.select(table).where(table.c[column].in_(self.own[parent]))
        if name == "monthly_records":
            query = query.order_by(MonthlyRecord.month.desc()).limit(MONTHS)
        if name == "calculations":
            query = query.where(
                Calculation.id.in_(sa.select(sa.func.max(Calculation.id)).group_by(Calculation.version_id))
            )
        self.rows[name] = _rows(connection, query)
        self.own[name] = {row["id"] for row in self.rows[name] if "id" in row}
        self.span[name] = _largest(connection, table) if "id" in table.c else 0

    def copy(self, connection: sa.Connection, number: int) -> int:
        """Insert copy ``number``; returns how many rows."""
        inserted = 0
        for name, rows in self.rows.items():
            if name == "engagements" and number > CLIENTS:
                continue
            table = Base.metadata.tables[name]
            copies = [self._copied(table, row, number) for row in rows]
            for start in range(0, len(copies), CHUNK):
                connection.execute(table.insert(), copies[start : start + CHUNK])
            inserted += len(copies)
        return inserted + self._copy_events(connection, number)

    def _copied(self, table: sa.Table, row: Row, number: int) -> Row:
        copied = dict(row)
        for column in table.columns:
            value = row[column.name]
            target = self._target(table, column)
            if target and value in self.own.get(target, ()):
                copied[column.name] = value + number * self.span[target]
            elif value is not None and _alone_unique(table, column):
                copied[column.name] = _other(value, number, column)
        return copied | self._changes(table.name, number)

    def _target(self, table: sa.Table, column: sa.Column[Any]) -> str | None:
        if column.name == "id":
            return table.name
        for key in column.foreign_keys:
            return key.column.table.name
        return LOOSE.get((table.name, column.name))

    def _changes(self, name: str, number: int) -> Row:
        if name == "organisations":
            return {"name": f"示例企业 {number:03d}"}
        if name == "enterprise_profiles":
            return {"first_month": self.first}
        if number > WHOLE and name in {"calculation_lines", "check_results"}:
            return {"detail": {}}
        if number > WHOLE and name == "snapshots":
            return {"content": "{}"}
        return {}

    def _copy_events(self, connection: sa.Connection, number: int) -> int:
        owner = self.rows["organisations"][0]["id"] + number * self.span["organisations"]
        chain = f"organisation:{owner}"
        connection.execute(
            sa.insert(EventChain), {"name": chain, "length": len(self.events), "head": "copied"}
        )
        copies = [
            {
                **row,
                "id": row["id"] + number * self.event_span,
                "chain": chain,
                "enterprise_id": owner,
                "subject_id": row["subject_id"] + number * self.span["monthly_records"],
            }
            for row in self.events
        ]
        connection.execute(sa.insert(Event), copies)
        return len(copies) + 1


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(query)]


def _largest(connection: sa.Connection, table: Any) -> int:
    return connection.scalar(sa.select(sa.func.max(table.c.id))) or 0


def _alone_unique(table: sa.Table, column: sa.Column[Any]) -> bool:
    if column.foreign_keys or not isinstance(column.type, sa.String):
        return False
    constraints = (held for held in table.constraints if isinstance(held, sa.UniqueConstraint))
    return bool(column.unique) or any(list(held.columns) == [column] for held in constraints)


def _other(value: str, number: int, column: sa.Column[Any]) -> str:
    longer = f"{number}-{value}"
    length = getattr(column.type, "length", None)
    # A code of fixed length keeps it: its first four characters make room.
    return longer if length is None or len(longer) <= length else f"{number:04d}{value[4:]}"


@contextmanager
def _without_triggers(connection: sa.Connection, *, sqlite: bool) -> Iterator[None]:
    """Frozen rows are only ever made by signing and approving; here they come from nowhere."""
    if not sqlite:
        connection.exec_driver_sql("SET session_replication_role = replica")
        yield
        connection.exec_driver_sql("SET session_replication_role = origin")
        return
    triggers: Sequence[Any] = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def _set_sequences(connection: sa.Connection) -> None:
    for table in Base.metadata.sorted_tables:
        if "id" in table.c and isinstance(table.c.id.type, sa.Integer):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                f"(SELECT coalesce(max(id), 1) FROM {table.name}))"
            )


def enterprise_of(database: Database, email: str) -> int:
    """The organisation of a person."""
    with database.reading() as session:
        return session.scalars(
            sa.select(Organisation.id)
            .join(User, User.organisation_id == Organisation.id)
            .where(User.email == email)
        ).one()
