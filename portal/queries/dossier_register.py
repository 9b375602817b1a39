"""Documents across enterprises: a steward's clients, a regulator's register and queue."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierState, Standing
from portal.domain.periods import today
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.models.organisations import Organisation
from portal.queries.access import visible_enterprises
from portal.queries.dossier_lines import DossierLine, count_dossiers, dossier_lines, has_standing

PER_PAGE = 50


@dataclass(frozen=True)
class RegisterFilters:
    """What the address asks for."""

    q: str = ""
    kind: str = ""
    standing: str = ""


def clients(session: Session, actor: Actor) -> tuple[tuple[int, str], ...]:
    """Id and name of the enterprises whose documents are this actor's business, by name."""
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name)
        .where(visible_enterprises(actor, Permission.DOCUMENT_VIEW))
        .order_by(Organisation.name)
    )
    return tuple((row[0], row[1]) for row in rows)


def dossiers_across(session: Session, actor: Actor) -> tuple[DossierLine, ...]:
    """The documents of all of this actor's enterprises, in whatever state, newest change first."""
    return dossier_lines(session, visible_enterprises(actor, Permission.DOCUMENT_VIEW))


def waiting_for_review(session: Session, actor: Actor) -> tuple[DossierLine, ...]:
    """Documents that were handed in and nobody has decided, the oldest first."""
    found = dossier_lines(
        session,
        visible_enterprises(actor, Permission.DOSSIER_REVIEW),
        Dossier.state == DossierState.SUBMITTED,
    )
    return tuple(reversed(found))


def waiting_for_signature(session: Session, actor: Actor) -> tuple[DossierLine, ...]:
    """Complete documents that nobody has signed, the oldest first."""
    found = dossier_lines(
        session,
        visible_enterprises(actor, Permission.DOSSIER_SIGN),
        Dossier.state == DossierState.COMPLETE,
    )
    return tuple(reversed(found))


def issued_register(
    session: Session, actor: Actor, wanted: RegisterFilters, page: int | None = None
) -> tuple[DossierLine, ...]:
    """The issued documents of this actor's enterprises that fulfil the filters, newest issue first.

    Those of one page of ``PER_PAGE`` (from 1), or all of them.
    """
    newest_first = (IssuedDocument.issued_at.desc(), IssuedDocument.id.desc())
    span = None if page is None else slice((page - 1) * PER_PAGE, page * PER_PAGE)
    return dossier_lines(session, *_registered(actor, wanted), order=newest_first, span=span)


def count_issued(session: Session, actor: Actor, wanted: RegisterFilters) -> int:
    """How many ``issued_register`` has on all of its pages."""
    return count_dossiers(session, *_registered(actor, wanted))


def _registered(actor: Actor, wanted: RegisterFilters) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        visible_enterprises(actor, Permission.DOCUMENT_VIEW),
        Dossier.state == DossierState.ISSUED,
        IssuedDocument.id.is_not(None),
    ]
    if wanted.kind:
        conditions.append(Dossier.kind == wanted.kind)
    if wanted.q:
        columns = (Organisation.name, IssuedDocument.number, Dossier.subject)
        conditions.append(sa.or_(*(column.icontains(wanted.q, autoescape=True) for column in columns)))
    if wanted.standing:
        known = wanted.standing in set(Standing)
        conditions.append(has_standing(Standing(wanted.standing), today()) if known else sa.false())
    return conditions
