"""A person's own notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.models.notifications import Notification
from portal.models.organisations import Organisation

PER_PAGE = 30


@dataclass(frozen=True)
class Notice:
    """One line; ``text`` is a message id with ``params`` for its places."""

    id: int
    text: str
    params: Mapping[str, object]
    link: str
    enterprise: str
    at: datetime
    unread: bool


@dataclass(frozen=True)
class NoticePage:
    """A page of the list."""

    notices: list[Notice]
    page: int
    total: int
    unread: int
    per_page: int = PER_PAGE


def notice_page(session: Session, actor: Actor, page: int = 1, *, only_unread: bool = False) -> NoticePage:
    """The actor's notices, newest first."""
    mine = Notification.user_id == actor.user_id
    unread_only = sa.and_(mine, Notification.read_at.is_(None))
    shown = unread_only if only_unread else mine
    unread = session.scalars(sa.select(sa.func.count(Notification.id)).where(unread_only)).one()
    total = session.scalars(sa.select(sa.func.count(Notification.id)).where(shown)).one()
    page = max(1, min(page, -(-total // PER_PAGE)))
    rows = session.execute(
        sa.select(Notification, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Notification.enterprise_id)
        .where(shown)
        .order_by(Notification.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    notices = [
        Notice(
            id=row.id,
            text=row.text,
            params=row.params,
            link=row.link,
            enterprise=name or "",
            at=row.created_at,
            unread=row.read_at is None,
        )
        for row, name in rows
    ]
    return NoticePage(notices, page, total, unread)
