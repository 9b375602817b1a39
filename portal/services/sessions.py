"""Signed-in browsers: starting, resuming, listing and ending their sessions."""

import hashlib
import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.users import UserSession
from portal.queries.access import find_actor

TOUCH_AFTER = timedelta(minutes=1)


def start_session(
    session: Session, user_id: int, settings: Settings, *, address: str = "", agent: str = ""
) -> str:
    """Open a session for the user and return the secret for their cookie; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            token_hash=_hash(token),
            user_id=user_id,
            expires_at=now() + timedelta(hours=settings.session_hours),
            address=address[:64],
            agent=agent[:300],
        )
    )
    return token


def resume_session(database: Database, settings: Settings, token: str) -> Actor | None:
    """The actor of a live session; None when it ended, expired, idled or its person is shut out.

    Roles are read anew at each request, so that a role taken away is gone at once.
    """
    moment = now()
    idle = moment - timedelta(minutes=settings.session_idle_minutes)
    with database.reading() as session:
        row = session.scalar(
            sa.select(UserSession).where(
                UserSession.token_hash == _hash(token),
                UserSession.ended_at.is_(None),
                UserSession.expires_at > moment,
                UserSession.last_seen_at > idle,
            )
        )
        actor = find_actor(session, row.user_id) if row else None
    if row is not None and actor is not None and row.last_seen_at < moment - TOUCH_AFTER:
        with database.writing() as session:
            session.execute(
                sa.update(UserSession).where(UserSession.id == row.id).values(last_seen_at=moment)
            )
    return actor


def end_session(session: Session, token: str) -> None:
    """Sign this browser out."""
    session.execute(
        sa.update(UserSession)
        .where(UserSession.token_hash == _hash(token), UserSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def end_sessions(
    session: Session, user_id: int, *, except_token: str = "", only_id: int | None = None
) -> int:
    """End the user's sessions (or the one with ``only_id``), keeping ``except_token``; returns how many."""
    query = sa.update(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.ended_at.is_(None),
        UserSession.token_hash != _hash(except_token),
    )
    if only_id is not None:
        query = query.where(UserSession.id == only_id)
    return len(session.scalars(query.values(ended_at=now()).returning(UserSession.id)).all())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
