"""Published disclosures as anybody may read them: issued documents of public kinds, out of frozen content."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.dossiers import DossierState
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier, DossierSource
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion
from portal.models.reviews import Review
from portal.queries.dossier_lines import DossierLine, FigureDifference, dossier_lines, newest_comparisons
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


@dataclass(frozen=True)
class ConfirmedDossier:
    """An issued dossier as whoever holds its code sees it: no person, and no figure that is not public."""

    line: DossierLine
    uscc: str
    signed_at: datetime
    successor_code: str
    #: Since when one of its sources is no longer the accepted version.
    restated_since: datetime | None
    #: How its figures would be today; empty for a kind that the public does not read.
    figures: tuple[FigureDifference, ...]


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
    row = session.execute(
        _joined(Dossier.id, Organisation.uscc, Dossier.content, Dossier.content_sha256).where(
            _is_published(), IssuedDocument.code == code
        )
    ).one_or_none()
    if row is None:
        return None
    (line,) = dossier_lines(session, Dossier.id == row[0])
    return PublishedDocument(line, row[1], json.loads(row[2]), row[3], _successor_code(session, row[0]))


def confirmed_dossier(session: Session, code: str) -> ConfirmedDossier | None:
    """What anybody may know who holds the code of an issued dossier; None for any other code."""
    row = session.execute(
        _joined(Dossier.id, Organisation.uscc, Dossier.signed_at).where(
            Dossier.state == DossierState.ISSUED, IssuedDocument.code == code
        )
    ).one_or_none()
    if row is None:
        return None
    (line,) = dossier_lines(session, Dossier.id == row[0])
    comparison = newest_comparisons(session, [line.id]).get(line.id)
    return ConfirmedDossier(
        line=line,
        uscc=row[1],
        signed_at=row[2],
        successor_code=_successor_code(session, line.id),
        restated_since=_restated_since(session, line.id),
        figures=comparison.figures if comparison is not None and line.kind.public else (),
    )


def _successor_code(session: Session, dossier_id: int) -> str:
    """Code of the issued edition that took the place of a dossier."""
    return (
        session.scalar(
            sa.select(IssuedDocument.code)
            .join(Dossier, Dossier.id == IssuedDocument.dossier_id)
            .where(Dossier.replaces_id == dossier_id)
        )
        or ""
    )


def _restated_since(session: Session, dossier_id: int) -> datetime | None:
    """When the first of its sources was replaced by another accepted version; None when none was."""
    present = aliased(Review)
    return session.scalar(
        sa.select(sa.func.min(present.finished_at))
        .select_from(DossierSource)
        .join(RecordVersion, RecordVersion.id == DossierSource.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(present, present.version_id == MonthlyRecord.official_version_id)
        .where(
            DossierSource.dossier_id == dossier_id,
            MonthlyRecord.official_version_id != DossierSource.version_id,
        )
    )


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
