"""What a person sees of their own account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.access import Actor
from portal.domain.periods import now
from portal.models.users import OneTimeLink, User, UserSession


@dataclass(frozen=True)
class AccountPage:
    """The actor's own account."""

    email: str
    name: str
    title: str
    organisation: str
    since: datetime
    totp_since: datetime | None


@dataclass(frozen=True)
class TotpSetup:
    """A second factor on its way: the secret is shown until a first code confirms it."""

    email: str
    secret: str | None
    confirmed: bool


@dataclass(frozen=True)
class OpenSession:
    """A signed-in browser of the actor."""

    id: int
    address: str
    agent: str
    since: datetime
    last_seen: datetime
    current: bool


def account_page(session: Session, actor: Actor) -> AccountPage:
    """The actor's account."""
    user = session.get_one(User, actor.user_id)
    return AccountPage(
        email=user.email,
        name=user.name,
        title=user.title,
        organisation=actor.organisation_name,
        since=user.created_at,
        totp_since=user.totp_confirmed_at,
    )


def totp_setup(session: Session, actor: Actor) -> TotpSetup:
    """How far the actor's second factor is."""
    user = session.get_one(User, actor.user_id)
    confirmed = user.totp_confirmed_at is not None
    return TotpSetup(user.email, None if confirmed else user.totp_secret, confirmed)


def has_second_factor(session: Session, user_id: int) -> bool:
    """Whether a confirmed second factor is set."""
    query = sa.select(User.id).where(User.id == user_id, User.totp_confirmed_at.is_not(None))
    return session.scalar(query) is not None


def open_sessions(session: Session, actor: Actor, settings: Settings, token_hash: str) -> list[OpenSession]:
    """The actor's live sessions, the one with ``token_hash`` first, then the last seen."""
    moment = now()
    rows = session.scalars(
        sa.select(UserSession)
        .where(
            UserSession.user_id == actor.user_id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > moment,
            UserSession.last_seen_at > moment - timedelta(minutes=settings.session_idle_minutes),
        )
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    found = [
        OpenSession(
            id=row.id,
            address=row.address,
            agent=row.agent,
            since=row.created_at,
            last_seen=row.last_seen_at,
            current=row.token_hash == token_hash,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.current)


def link_is_live(session: Session, token_hash: str) -> bool:
    """Whether a mailed link can still set a password."""
    query = sa.select(OneTimeLink.id).where(
        OneTimeLink.token_hash == token_hash, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now()
    )
    return session.scalar(query) is not None
