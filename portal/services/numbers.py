"""Running numbers that people read: receipts, registrations, findings."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models.events import Counter
from portal.models.upsert import insert_if_missing


def next_number(session: Session, name: str) -> int:
    """The next number of the series ``name``; a rolled-back use case gives its number back."""
    insert_if_missing(session, Counter, name=name, last=0)
    return session.scalars(
        sa.update(Counter).where(Counter.name == name).values(last=Counter.last + 1).returning(Counter.last)
    ).one()
