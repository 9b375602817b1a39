"""Published disclosures as anybody may read them: issued documents of public kinds, out of frozen content."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.dossiers import DossierState
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.models.organisations import Organisation
from portal.queries.dossier_lines import DossierLine, dossier_lines
from portal.reference.dossiers import kinds

PER_PAGE = 20


@dataclass(frozen=True)
class PublishedLine:
    """A published document and its enterprise."""

    line: DossierLine
    uscc: str


@dataclass(frozen=True)
class PublishedList:
    """A page of published documents, the newest first, with the years that there are."""

    lines: tuple[PublishedLine, ...]
    total: int
    years: tuple[str, ...]


@dataclass(frozen=True)
class PublishedDocument:
    """One published document with the content that was signed."""

    line: DossierLine
    uscc: str
    content: Mapping[str, Any]
    content_sha256: str
    #: Code of the edition that took its place; "" when none did.
    successor_code: str


def published(
    session: Session, *, q: str = "", year: str = "", kind: str = "", page: int = 1
) -> PublishedList:
    """The documents that fulfil the filters: part of a name or number, a year of the period, a kind."""
    conditions = [_is_published()]
    if q:
        conditions.append(
            sa.or_(
                *(
                    column.icontains(q, autoescape=True)
                    for column in (Organisation.name, Organisation.uscc, IssuedDocument.number)
                )
            )
        )
    if kind:
        conditions.append(Dossier.kind == kind)
    years = tuple(sorted(set(session.scalars(_joined(_year()).where(*conditions))), reverse=True))
    if year:
        conditions.append(_year() == year)
    total = session.scalar(_joined(sa.func.count(Dossier.id)).where(*conditions)) or 0
    rows = session.execute(
        _joined(Dossier.id, Organisation.uscc)
        .where(*conditions)
        .order_by(IssuedDocument.issued_at.desc(), IssuedDocument.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    lines = {line.id: line for line in dossier_lines(session, Dossier.id.in_([row[0] for row in rows]))}
    return PublishedList(tuple(PublishedLine(lines[row[0]], row[1]) for row in rows), total, years)


def published_document(session: Session, code: str) -> PublishedDocument | None:
    """The published document with this code; None for any other, withdrawn ones come with their reason."""
    successor, document = aliased(Dossier), aliased(IssuedDocument)
    row = session.execute(
        _joined(Dossier.id, Organisation.uscc, Dossier.content, Dossier.content_sha256, document.code)
        .outerjoin(successor, successor.replaces_id == Dossier.id)
        .outerjoin(document, document.dossier_id == successor.id)
        .where(_is_published(), IssuedDocument.code == code)
    ).one_or_none()
    if row is None:
        return None
    (line,) = dossier_lines(session, Dossier.id == row[0])
    return PublishedDocument(line, row[1], json.loads(row[2]), row[3], row[4] or "")


def _joined(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(Dossier)
        .join(IssuedDocument, IssuedDocument.dossier_id == Dossier.id)
        .join(Organisation, Organisation.id == Dossier.enterprise_id)
    )


def _is_published() -> sa.ColumnElement[bool]:
    public = [kind.id for kind in kinds() if kind.public]
    return sa.and_(Dossier.state == DossierState.ISSUED, Dossier.kind.in_(public))


def _year() -> sa.ColumnElement[str]:
    """Year in which the period ends; of what has no period the year of issue."""
    return sa.func.substr(
        sa.func.coalesce(Dossier.last_month, sa.cast(IssuedDocument.issued_at, sa.String)), 1, 4
    )
