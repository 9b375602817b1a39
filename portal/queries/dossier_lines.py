"""Dossiers as lines of a list: their state, their issued document and what it is today."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, defer

from portal.domain.dossiers import EXPIRING_DAYS, DossierState, Standing, standing_of
from portal.domain.periods import today
from portal.domain.quantities import rounded
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.dossiers import Dossier, DossierBase, DossierComparison, DossierSource
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordVersion
from portal.models.users import User
from portal.reference.dossiers import DossierKind, load_kind


@dataclass(frozen=True)
class IssuedFacts:
    """The issued document of a dossier and what it is today."""

    document_id: int
    number: str
    code: str
    sha256: str
    size: int
    pages: int
    storage_key: str
    issued_at: datetime
    valid_until: date | None
    standing: Standing
    #: Fingerprint of the certificate that signed the file; "" when it bears no such signature.
    signed_with: str
    withdrawn_at: datetime | None
    reason: str


@dataclass(frozen=True)
class DossierLine:
    """One edition of a dossier."""

    id: int
    enterprise_id: int
    enterprise_name: str
    kind: DossierKind
    subject: str
    edition: int
    state: DossierState
    row_version: int
    changed_at: datetime
    changed_by: str
    #: None until it is issued.
    issued: IssuedFacts | None


@dataclass(frozen=True)
class FigureDifference:
    """A headline figure as it was signed and as the present sources give it; None where there is none."""

    key: str
    name: str
    name_en: str
    unit: str
    old: Decimal | None
    new: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """New less old."""
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def percent(self) -> Decimal | None:
        """Difference in per cent of the old figure, to two digits; None where nothing can be divided."""
        if self.difference is None or not self.old:
            return None
        return rounded(self.difference / abs(self.old) * 100, 2)


@dataclass(frozen=True)
class SourceChange:
    """A month that was restated after the document was signed."""

    month: str
    old_version: int
    new_version: int


@dataclass(frozen=True)
class Comparison:
    """How a document's figures moved, as far as the job has worked it out."""

    compared_at: datetime
    changes: tuple[SourceChange, ...]
    figures: tuple[FigureDifference, ...]
    #: Message id and parameters of what keeps the present sources from giving a document; "" when they do.
    problem: str
    problem_params: Mapping[str, object]


_Changer = aliased(User)
_Successor = aliased(Dossier)
_LINES = (
    sa.select(
        Dossier,
        Organisation.name,
        _Changer.name,
        IssuedDocument,
        DocumentWithdrawal,
        _Successor.id.label("successor_id"),
    )
    .join(Organisation, Organisation.id == Dossier.enterprise_id)
    .outerjoin(_Changer, _Changer.id == Dossier.changed_by_id)
    .outerjoin(IssuedDocument, IssuedDocument.dossier_id == Dossier.id)
    .outerjoin(DocumentWithdrawal, DocumentWithdrawal.document_id == IssuedDocument.id)
    .outerjoin(
        _Successor, sa.and_(_Successor.replaces_id == Dossier.id, _Successor.state == DossierState.ISSUED)
    )
    # A list says nothing of what was signed, and a signed content may be long.
    .options(defer(Dossier.content), defer(Dossier.answers))
)
Row = sa.Row[Dossier, str, str | None, IssuedDocument | None, DocumentWithdrawal | None, int | None]


def dossier_lines(
    session: Session,
    *conditions: sa.ColumnElement[bool],
    order: Sequence[sa.ColumnElement[Any]] = (),
    span: slice | None = None,
) -> tuple[DossierLine, ...]:
    """The dossiers that fulfil the conditions (on Dossier, Organisation or IssuedDocument).

    Newest change first, or by ``order``; all of them, or those of ``span``. The caller has authorised the
    reader.
    """
    query = _LINES.where(*conditions).order_by(*(order or (Dossier.changed_at.desc(), Dossier.id.desc())))
    rows = session.execute(query if span is None else query.slice(span.start, span.stop)).all()
    broken = broken_ids(session, [row[0].id for row in rows if row[3] is not None])
    return tuple(_line(row, row[0].id in broken) for row in rows)


def count_dossiers(session: Session, *conditions: sa.ColumnElement[bool]) -> int:
    """How many dossiers fulfil the conditions of ``dossier_lines``."""
    found = _LINES.with_only_columns(Dossier.id).where(*conditions).subquery()
    return session.scalars(sa.select(sa.func.count()).select_from(found)).one()


def has_standing(wanted: Standing, day: date) -> sa.ColumnElement[bool]:
    """Condition of ``dossier_lines``: an issued document is this on ``day``, as ``standing_of`` says."""
    valid_until = IssuedDocument.valid_until
    standing = sa.case(
        (DocumentWithdrawal.document_id.is_not(None), Standing.WITHDRAWN.value),
        (_Successor.id.is_not(None), Standing.SUPERSEDED.value),
        (Dossier.id.in_(_broken(Dossier.state == DossierState.ISSUED)), Standing.STALE.value),
        (valid_until < day, Standing.EXPIRED.value),
        (valid_until <= day + timedelta(days=EXPIRING_DAYS), Standing.EXPIRING.value),
        else_=Standing.VALID.value,
    )
    return sa.and_(Dossier.state == DossierState.ISSUED, standing == wanted.value)


def _line(row: Row, stale: bool) -> DossierLine:
    dossier, enterprise, changer, document, withdrawal, successor_id = row
    return DossierLine(
        id=dossier.id,
        enterprise_id=dossier.enterprise_id,
        enterprise_name=enterprise,
        kind=load_kind(dossier.kind),
        subject=dossier.subject,
        edition=dossier.edition,
        state=dossier.state,
        row_version=dossier.row_version,
        changed_at=dossier.changed_at,
        changed_by=changer or "",
        issued=_issued(document, withdrawal, successor_id, stale) if document is not None else None,
    )


def _issued(
    document: IssuedDocument, withdrawal: DocumentWithdrawal | None, successor_id: int | None, stale: bool
) -> IssuedFacts:
    return IssuedFacts(
        document_id=document.id,
        number=document.number,
        code=document.code,
        sha256=document.sha256,
        size=document.size,
        pages=document.pages,
        storage_key=document.storage_key,
        issued_at=document.issued_at,
        valid_until=document.valid_until,
        standing=standing_of(
            today(),
            withdrawn=withdrawal is not None,
            superseded=successor_id is not None,
            stale=stale,
            valid_until=document.valid_until,
        ),
        signed_with=document.signed_with,
        withdrawn_at=withdrawal.withdrawn_at if withdrawal else None,
        reason=withdrawal.reason if withdrawal else "",
    )


def restated_sources() -> sa.Exists:
    """Condition on Dossier: one of its sources is no longer its month's official version."""
    return (
        sa.select(DossierSource.version_id)
        .join(RecordVersion, RecordVersion.id == DossierSource.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .where(
            DossierSource.dossier_id == Dossier.id,
            MonthlyRecord.official_version_id.is_distinct_from(DossierSource.version_id),
        )
        .exists()
    )


def replaced_or_withdrawn() -> sa.ColumnElement[bool]:
    """Condition on Dossier: an edition that follows it was issued, or its document was withdrawn."""
    following = aliased(Dossier)
    replaced = sa.select(following.id).where(
        following.replaces_id == Dossier.id, following.state == DossierState.ISSUED
    )
    withdrawn = (
        sa.select(DocumentWithdrawal.document_id)
        .join(IssuedDocument, IssuedDocument.id == DocumentWithdrawal.document_id)
        .where(IssuedDocument.dossier_id == Dossier.id)
    )
    return sa.or_(replaced.correlate(Dossier).exists(), withdrawn.correlate(Dossier).exists())


def broken_ids(session: Session, wanted: Collection[int]) -> frozenset[int]:
    """Issued dossiers of those ``wanted`` whose ground has moved.

    A source was restated; or a dossier that it rests on was withdrawn, superseded or is stale itself. Those
    that were withdrawn or superseded themselves are among them; their standing says that first.
    """
    return frozenset(session.scalars(_broken(Dossier.id.in_(wanted)))) if wanted else frozenset()


def _broken(which: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Ids of those of ``which`` that moved themselves, or rest on one that did, through every floor."""
    grounds = sa.select(Dossier.id.label("top"), Dossier.id.label("ground")).where(which).cte(recursive=True)
    below = sa.select(grounds.c.top, DossierBase.base_id).join(
        DossierBase, DossierBase.dossier_id == grounds.c.ground
    )
    grounds = grounds.union(below)
    return sa.select(grounds.c.top).where(grounds.c.ground.in_(_moved())).distinct()


def _moved() -> sa.Select[int]:
    """Issued dossiers with a restated source, and those that were withdrawn or superseded."""
    return sa.select(Dossier.id).where(
        Dossier.state == DossierState.ISSUED, sa.or_(restated_sources(), replaced_or_withdrawn())
    )


def newest_comparisons(session: Session, dossier_ids: Iterable[int]) -> dict[int, Comparison]:
    """The last stored comparison of each dossier that has one."""
    rows = session.scalars(
        sa.select(DossierComparison)
        .where(DossierComparison.dossier_id.in_(list(dossier_ids)))
        .order_by(DossierComparison.id)
    )
    return {row.dossier_id: _comparison(row) for row in rows}


def _comparison(row: DossierComparison) -> Comparison:
    return Comparison(
        compared_at=row.compared_at,
        changes=tuple(SourceChange(**change) for change in row.changes),
        figures=tuple(
            FigureDifference(
                figure["key"],
                figure["name"],
                figure["name_en"],
                figure["unit"],
                _decimal(figure["old"]),
                _decimal(figure["new"]),
            )
            for figure in row.figures
        ),
        problem=row.problem,
        problem_params=row.problem_params,
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
