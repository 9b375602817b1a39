"""Documents across enterprises: a steward's clients, a regulator's register and queue."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierState
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.models.organisations import Organisation
from portal.queries.access import visible_enterprises
from portal.queries.dossier_lines import DossierLine, dossier_lines

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


def issued_register(session: Session, actor: Actor, wanted: RegisterFilters) -> tuple[DossierLine, ...]:
    """The issued documents of this actor's enterprises that fulfil the filters, newest issue first."""
    conditions: list[sa.ColumnElement[bool]] = [
        visible_enterprises(actor, Permission.DOCUMENT_VIEW),
        Dossier.state == DossierState.ISSUED,
    ]
    if wanted.kind:
        conditions.append(Dossier.kind == wanted.kind)
    if wanted.q:
        columns = (Organisation.name, IssuedDocument.number, Dossier.subject)
        conditions.append(sa.or_(*(column.icontains(wanted.q, autoescape=True) for column in columns)))
    lines = [line for line in dossier_lines(session, *conditions) if line.issued is not None]
    if wanted.standing:
        lines = [line for line in lines if line.issued and line.issued.standing.value == wanted.standing]
    return tuple(sorted(lines, key=_issued_at, reverse=True))


def _issued_at(line: DossierLine) -> str:
    return line.issued.issued_at.isoformat() if line.issued else ""
