"""Telling people: a line in their list, with a link to the place."""

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Role
from portal.domain.errors import NotFound
from portal.domain.periods import now
from portal.models.notifications import Notification
from portal.models.users import User, UserRole


def notify(
    session: Session,
    user_ids: Iterable[int],
    text: str,
    params: Mapping[str, object] | None = None,
    link: str = "",
    enterprise_id: int | None = None,
) -> int:
    """Write a line into the list of each person, once each; returns how many.

    ``text`` is a message id with ``%(name)s`` places that the page translates, ``link`` a path of the
    portal. Raises ValueError for a link that leads elsewhere: that is an error of ours.
    """
    if link and not is_own_path(link):
        raise ValueError(f"a notice links within the portal only, not to {link!r}")
    people = sorted(set(user_ids))
    session.add_all(
        Notification(
            user_id=user_id, enterprise_id=enterprise_id, text=text, params=dict(params or {}), link=link
        )
        for user_id in people
    )
    return len(people)


def notify_roles(
    session: Session,
    organisation_id: int,
    roles: Collection[Role],
    text: str,
    params: Mapping[str, object] | None = None,
    link: str = "",
    enterprise_id: int | None = None,
    *,
    except_user_id: int | None = None,
) -> int:
    """Notify every active person of the organisation who holds one of ``roles``; returns how many.

    ``except_user_id`` leaves out the person who did it and knows already.
    """
    people = session.scalars(
        sa.select(User.id)
        .join(UserRole)
        .where(User.organisation_id == organisation_id, User.active, UserRole.role.in_(list(roles)))
        .distinct()
    )
    wanted = [user_id for user_id in people if user_id != except_user_id]
    return notify(session, wanted, text, params, link, enterprise_id)


def mark_read(session: Session, actor: Actor, notification_id: int) -> str:
    """Mark one of the actor's own lines as read and return its link; raises NotFound for another's."""
    row = session.scalar(
        sa.select(Notification).where(
            Notification.id == notification_id, Notification.user_id == actor.user_id
        )
    )
    if row is None:
        raise NotFound
    row.read_at = row.read_at or now()
    return row.link


def mark_all_read(session: Session, actor: Actor) -> int:
    """Mark all of the actor's lines as read; returns how many were not."""
    changed = session.scalars(
        sa.update(Notification)
        .where(Notification.user_id == actor.user_id, Notification.read_at.is_(None))
        .values(read_at=now())
        .returning(Notification.id)
    )
    return len(changed.all())


def is_own_path(link: str) -> bool:
    """Whether ``link`` is a path within this portal: no other host, no scheme, no tricks.

    Browsers read a backslash as a slash and drop tabs and line ends, so neither may occur.
    """
    return link.startswith("/") and not link.startswith("//") and link.isprintable() and "\\" not in link
