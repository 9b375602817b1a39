"""Accounts: signing in, signing up, passwords and what a person changes about themselves."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from portal.domain.access import Actor
from portal.domain.errors import DomainError, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.users import OneTimeLink, SignInAttempt, User
from portal.queries.access import actor_of, find_actor
from portal.services import totp
from portal.services.events import record_event
from portal.services.mail import queue_mail
from portal.services.passwords import check_new_password, hash_password, is_outdated, password_fits
from portal.services.sessions import end_sessions

#: Failures within this time count.
WINDOW = timedelta(minutes=15)
#: Failures since the last success: of one account from one address, of one account from anywhere,
#: from one address for any account. The second limit is wide, so that a stranger cannot lock
#: somebody out cheaply; the third lets a whole office sit behind one address.
MOST_PAIR, MOST_ACCOUNT, MOST_ADDRESS = 5, 20, 60
#: Stands for the address of attempts within a session, such as at the signing page.
WITHIN = "session"
KEPT_ATTEMPTS = timedelta(days=30)
LINK_LIFE = timedelta(hours=1)
#: Reset mails to one account within the life of a link.
MOST_LINKS = 3

Compose = Callable[[str, str, str], tuple[str, str]]
"""Gives subject and body of a mail from the link's secret, the person's name and their locale."""


class Throttled(Refused):
    """Too many failures; the same for accounts that exist and those that do not."""

    code: ClassVar[str] = "throttled"

    def __init__(self) -> None:
        """Say how long to wait."""
        minutes = int(WINDOW.total_seconds()) // 60
        super().__init__(
            N_("尝试次数太多，请 %(minutes)s 分钟后再试，或重设密码"), params={"minutes": minutes}
        )


class WrongCredentials(DomainError):
    """Address and password do not fit; which of the two is not said."""

    code: ClassVar[str] = "wrong_credentials"

    def __init__(self) -> None:
        """Say the same for every cause."""
        super().__init__(N_("邮箱或密码不对"), path="password")


@dataclass(frozen=True)
class SignedIn:
    """The first step succeeded; with ``needs_code`` the second is still to come."""

    user_id: int
    needs_code: bool


def normal_email(email: str) -> str:
    """The address as it is kept: lower-cased, without blanks, as long as the column."""
    return email.strip().lower()[:200]


def new_token() -> tuple[str, str]:
    """A secret for a link, and its hash to keep."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """SHA-256 of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(database: Database, email: str, password: str, address: str) -> SignedIn:
    """First step of signing in.

    The attempt is written down as failed before the password is looked at, so that many at once do not
    slip through, and no transaction is open while the hash is computed.
    Raises Throttled or WrongCredentials.
    """
    email = normal_email(email)
    with database.writing() as session:
        attempt_id = _attempt(session, email, address)
        user = session.scalar(sa.select(User).where(User.email == email))
        may_enter = user is not None and find_actor(session, user.id) is not None
    if attempt_id is None:
        raise Throttled
    fits = password_fits(user.password_hash if user else None, password)
    if user is None or not fits or not may_enter:
        raise WrongCredentials
    needs_code = user.totp_confirmed_at is not None
    fresh_hash = hash_password(password) if is_outdated(user.password_hash) else ""
    with database.writing() as session:
        if fresh_hash:
            session.execute(sa.update(User).where(User.id == user.id).values(password_hash=fresh_hash))
        if not needs_code:
            _succeed(session, attempt_id)
    return SignedIn(user.id, needs_code)


def check_code(database: Database, user_id: int, code: str, address: str) -> None:
    """Second step of signing in; raises Throttled, Invalid (wrong code) or WrongCredentials (shut out)."""
    with database.writing() as session:
        user = session.get(User, user_id)
        attempt_id = _attempt(session, user.email, address) if user else None
    if user is None or not user.active:
        raise WrongCredentials
    if attempt_id is None:
        raise Throttled
    with database.writing() as session:
        totp.use_code(session.get_one(User, user_id, with_for_update=True), code)
        _succeed(session, attempt_id)


def verify_credentials(session: Session, user_id: int, password: str, code: str | None) -> None:
    """Ask a signed-in person for their password again, and for a code where a second factor is set.

    Raises Throttled, or Invalid with path ``password`` or ``code``. A failure counts towards throttling
    even though the caller's transaction is rolled back by it.
    """
    user = session.get_one(User, user_id, with_for_update=True)
    _password_again(session, user, password, "password")
    if user.totp_confirmed_at is None:
        return
    try:
        totp.use_code(user, code or "")
    except Invalid:
        _count_failure_afterwards(session, user.email)
        raise


def sign_up(session: Session, name: str, email: str, password: str) -> int:
    """Open an account for somebody who will register their enterprise; returns its id.

    Raises Invalid for an address that is taken or a password against the rules.
    """
    email = normal_email(email)
    check_new_password(password, email)
    if session.scalar(sa.select(User.id).where(User.email == email)) is not None:
        raise Invalid(N_("这个邮箱已有账户，请直接登录；忘了密码可以重设"), path="email")
    return add_user(session, name, email, password).id


def add_user(session: Session, name: str, email: str, password: str) -> User:
    """A new account with its event; the caller has checked address and password."""
    user = User(email=email, name=name, password_hash=hash_password(password))
    session.add(user)
    try:
        session.flush()
    except sa.exc.IntegrityError as taken:  # somebody else was faster with the same address
        raise Invalid(N_("这个邮箱已有账户，请直接登录；忘了密码可以重设"), path="email") from taken
    record_event(session, actor_of(user), "account.created", "user", user.id, after={"email": email})
    return user


def request_password_reset(session: Session, email: str, compose: Compose) -> None:
    """Mail a one-time link to the account with this address; without one, or too often, do nothing."""
    user = session.scalar(sa.select(User).where(User.email == normal_email(email), User.active))
    if user is None:
        return
    recent = sa.select(sa.func.count(OneTimeLink.id)).where(
        OneTimeLink.user_id == user.id, OneTimeLink.created_at > now() - LINK_LIFE
    )
    if session.scalars(recent).one() >= MOST_LINKS:
        return
    token, kept = new_token()
    session.add(OneTimeLink(token_hash=kept, user_id=user.id, expires_at=now() + LINK_LIFE))
    queue_mail(session, user.email, *compose(token, user.name, user.locale))


def set_password(session: Session, token: str, password: str) -> int:
    """Set a password by a mailed link; every session of the account ends. Returns the account's id.

    Raises NotFound when the link is unknown, used or too old, Invalid for a password against the rules.
    """
    link = session.scalar(
        sa.select(OneTimeLink)
        .where(
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now(),
        )
        .with_for_update()
    )
    user = session.get(User, link.user_id) if link else None
    if user is None or not user.active:
        raise NotFound(N_("这个链接已经用过或已过期，请重新申请"))
    check_new_password(password, user.email)
    user.password_hash = hash_password(password)
    session.execute(
        sa.update(OneTimeLink)
        .where(OneTimeLink.user_id == user.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now())
    )
    end_sessions(session, user.id)
    record_event(session, actor_of(user), "account.password_reset", "user", user.id)
    return user.id


def change_password(session: Session, actor: Actor, old: str, new: str, token: str) -> None:
    """Change the actor's own password; their other sessions end, the one with ``token`` goes on.

    Raises Throttled, or Invalid with path ``current`` or ``password``.
    """
    user = session.get_one(User, actor.user_id)
    _password_again(session, user, old, "current")
    check_new_password(new, user.email)
    user.password_hash = hash_password(new)
    end_sessions(session, user.id, except_token=token)
    record_event(session, actor, "account.password_changed", "user", user.id)


def remove_totp(session: Session, actor: Actor, password: str) -> None:
    """Turn the actor's own second factor off; raises Throttled, or Invalid for a wrong password."""
    user = session.get_one(User, actor.user_id)
    _password_again(session, user, password, "password")
    totp.clear(session, actor, user)


def change_profile(session: Session, actor: Actor, name: str, title: str) -> None:
    """Change the actor's own name and position."""
    user = session.get_one(User, actor.user_id)
    before = {"name": user.name, "title": user.title}
    user.name, user.title = name, title
    after = {"name": name, "title": title}
    record_event(session, actor, "account.changed", "user", user.id, before=before, after=after)


def choose_language(session: Session, actor: Actor, locale: str) -> None:
    """Remember the language for mails."""
    session.execute(sa.update(User).where(User.id == actor.user_id).values(locale=locale))


def end_own_session(session: Session, actor: Actor, session_id: int, token: str) -> None:
    """End one other session of the actor; raises NotFound when it is not theirs or has ended."""
    if not end_sessions(session, actor.user_id, except_token=token, only_id=session_id):
        raise NotFound(N_("这个会话已经结束"))
    record_event(
        session, actor, "account.session_ended", "user", actor.user_id, after={"session": session_id}
    )


def end_other_sessions(session: Session, actor: Actor, token: str) -> int:
    """End every session of the actor but the one with ``token``; returns how many."""
    ended = end_sessions(session, actor.user_id, except_token=token)
    if ended:
        record_event(session, actor, "account.sessions_ended", "user", actor.user_id, after={"count": ended})
    return ended


def _password_again(session: Session, user: User, password: str, path: str) -> None:
    # Only failures of signed-in browsers count here: a stranger at the sign-in page stops nobody's work.
    mine = (SignInAttempt.email == user.email, SignInAttempt.address == WITHIN)
    if _failures(session, *mine, since=_last_success(session, user.email)) >= MOST_PAIR:
        raise Throttled
    if not password_fits(user.password_hash, password):
        _count_failure_afterwards(session, user.email)
        raise Invalid(N_("密码不对"), path=path)


def _attempt(session: Session, email: str, address: str) -> int | None:
    """Write an attempt down as failed and return its id; None when there were too many before it."""
    since = _last_success(session, email)
    of_account, of_address = SignInAttempt.email == email, SignInAttempt.address == address
    if (
        _failures(session, of_account, of_address, since=since) >= MOST_PAIR
        or _failures(session, of_account, since=since) >= MOST_ACCOUNT
        or _failures(session, of_address) >= MOST_ADDRESS
    ):
        return None
    attempt = SignInAttempt(email=email, address=address[:64], succeeded=False)
    session.add(attempt)
    session.flush()
    return attempt.id


def _succeed(session: Session, attempt_id: int) -> None:
    session.execute(sa.update(SignInAttempt).where(SignInAttempt.id == attempt_id).values(succeeded=True))
    session.execute(sa.delete(SignInAttempt).where(SignInAttempt.at < now() - KEPT_ATTEMPTS))


def _last_success(session: Session, email: str) -> int:
    query = sa.select(sa.func.max(SignInAttempt.id)).where(
        SignInAttempt.email == email, SignInAttempt.succeeded
    )
    return session.scalar(query) or 0


def _failures(session: Session, *conditions: sa.ColumnElement[bool], since: int = 0) -> int:
    query = sa.select(sa.func.count(SignInAttempt.id)).where(
        *conditions,
        SignInAttempt.succeeded.is_(False),
        SignInAttempt.at > now() - WINDOW,
        SignInAttempt.id > since,
    )
    return session.scalars(query).one()


def _count_failure_afterwards(session: Session, email: str) -> None:
    """Write a failure down in a transaction of its own, once the caller's has ended.

    The error rolls the caller's transaction back, and a row in it would go with it; a second
    connection before its end would wait for the first one for ever on SQLite.
    """

    waiting = [SignInAttempt(email=email, address=WITHIN, succeeded=False)]

    def count(_: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None and waiting:
            with Session(session.get_bind()) as own, own.begin():
                own.add(waiting.pop())

    event.listen(session, "after_transaction_end", count)
