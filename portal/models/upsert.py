"""INSERT … ON CONFLICT DO NOTHING in the dialect at hand."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models.base import Base


def insert_if_missing(session: Session, table: type[Base], **values: Any) -> None:
    """Insert a row unless one with the same key is there; safe when two sessions try at once."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(table).values(**values).on_conflict_do_nothing())
