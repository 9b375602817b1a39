"""What belongs into a bundle: the files of an enterprise and a period, and what is made for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.bundles import PartKind, safe_name
from portal.domain.periods import SHANGHAI, Month
from portal.models.bundles import Bundle
from portal.models.documents import IssuedDocument
from portal.models.dossiers import Dossier
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.visits import Inspection, VisitPhoto, VisitReport

#: Origin of a part that lies in the store already.
STORED = "stored"


@dataclass(frozen=True)
class Source:
    """One file that a bundle is to hold; the last three are known of stored files only."""

    kind: PartKind
    name: str
    origin: str
    storage_key: str = ""
    sha256: str = ""
    size: int = 0


def sources(session: Session, bundle: Bundle) -> Iterator[Source]:
    """Every file of the bundle in its order. The caller has authorised the reader."""
    yield Source(PartKind.PROOF, "README.txt", "readme")
    yield Source(PartKind.PROOF, "verify_bundle.py", "verifier")
    yield from _months(session, bundle)
    yield from _dossiers(session, bundle)
    yield from _documents(session, bundle)
    yield from _visit_reports(session, bundle)
    yield from _evidence(session, bundle)
    yield Source(PartKind.CHECKS, "checks/findings.json", "findings")
    yield Source(PartKind.EVENTS, "events/events.jsonl", "events")


def _months(session: Session, bundle: Bundle) -> Iterator[Source]:
    """Every signed version of every month, whatever became of it later."""
    rows = session.execute(
        sa.select(MonthlyRecord.month, RecordVersion.number, RecordVersion.id, Snapshot.evaluation_id)
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(_in_period(bundle))
        .order_by(MonthlyRecord.month, RecordVersion.number)
    )
    for month, number, version_id, evaluation_id in rows.all():
        folder = f"data/{month}/V{number}"
        yield Source(PartKind.DATA, f"{folder}/record.json", f"snapshot:{version_id}")
        yield Source(PartKind.DATA, f"{folder}/values.xlsx", f"values:{version_id}")
        yield Source(PartKind.DATA, f"{folder}/calculation.xlsx", f"calculation:{version_id}")
        yield Source(PartKind.CHECKS, f"checks/{month}/V{number}.json", f"evaluation:{evaluation_id}")


def _dossiers(session: Session, bundle: Bundle) -> Iterator[Source]:
    rows = session.execute(
        sa.select(Dossier.id, Dossier.kind, Dossier.edition)
        .where(Dossier.enterprise_id == bundle.enterprise_id, Dossier.content_sha256 != "", _about(bundle))
        .order_by(Dossier.id)
    )
    for dossier_id, kind, edition in rows.all():
        name = f"data/dossiers/{dossier_id:06d}-{kind}-{edition}.json"
        yield Source(PartKind.DATA, name, f"dossier:{dossier_id}")


def _documents(session: Session, bundle: Bundle) -> Iterator[Source]:
    """Issued PDFs about the period, superseded and withdrawn ones among them."""
    start, end = _moments(bundle)
    issued_then = sa.and_(
        Dossier.first_month.is_(None), IssuedDocument.issued_at >= start, IssuedDocument.issued_at < end
    )
    rows = session.scalars(
        sa.select(IssuedDocument)
        .outerjoin(RecordVersion, RecordVersion.id == IssuedDocument.version_id)
        .outerjoin(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .outerjoin(Dossier, Dossier.id == IssuedDocument.dossier_id)
        .where(
            IssuedDocument.enterprise_id == bundle.enterprise_id,
            sa.or_(_in_period(bundle), _about(bundle), issued_then),
        )
        .order_by(IssuedDocument.id)
    )
    for row in rows.all():
        name = f"documents/{safe_name(row.number + '.pdf')}"
        yield Source(PartKind.DOCUMENT, name, STORED, row.storage_key, row.sha256, row.size)


def _visit_reports(session: Session, bundle: Bundle) -> Iterator[Source]:
    rows = session.execute(
        sa.select(Inspection.number, VisitReport)
        .join(VisitReport, VisitReport.inspection_id == Inspection.id)
        .where(Inspection.enterprise_id == bundle.enterprise_id, _visited(bundle))
        .order_by(Inspection.id)
    )
    for number, report in rows.all():
        name = f"documents/visits/{safe_name(number + '.pdf')}"
        yield Source(PartKind.DOCUMENT, name, STORED, report.storage_key, report.sha256, report.size)


def _evidence(session: Session, bundle: Bundle) -> Iterator[Source]:
    """Files in a slot of a month, files that prove days of the period, photos of visits in it."""
    linked = (
        sa.select(EvidenceLink.evidence_id)
        .join(RecordVersion, RecordVersion.id == EvidenceLink.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .where(_in_period(bundle))
    )
    photos = (
        sa.select(VisitPhoto.evidence_id)
        .join(Inspection, Inspection.id == VisitPhoto.inspection_id)
        .where(Inspection.enterprise_id == bundle.enterprise_id, _visited(bundle))
    )
    first, last = Month.parse(bundle.first_month).first, Month.parse(bundle.last_month).last
    proves = sa.and_(Evidence.period_from <= last, Evidence.period_to >= first)
    rows = session.scalars(
        sa.select(Evidence)
        .where(
            Evidence.enterprise_id == bundle.enterprise_id,
            sa.or_(Evidence.id.in_(linked), Evidence.id.in_(photos), proves),
        )
        .order_by(Evidence.id)
    )
    for row in rows.all():
        name = f"evidence/{row.id:06d}-{safe_name(row.filename)}"
        yield Source(PartKind.EVIDENCE, name, STORED, row.storage_key, row.sha256, row.size)


def _in_period(bundle: Bundle) -> sa.ColumnElement[bool]:
    return sa.and_(
        MonthlyRecord.enterprise_id == bundle.enterprise_id,
        MonthlyRecord.month >= bundle.first_month,
        MonthlyRecord.month <= bundle.last_month,
    )


def _about(bundle: Bundle) -> sa.ColumnElement[bool]:
    """A dossier whose period and the bundle's have a month in common."""
    return sa.and_(Dossier.first_month <= bundle.last_month, Dossier.last_month >= bundle.first_month)


def _visited(bundle: Bundle) -> sa.ColumnElement[bool]:
    first, last = Month.parse(bundle.first_month).first, Month.parse(bundle.last_month).last
    return Inspection.visited_on.between(first, last)


def _moments(bundle: Bundle) -> tuple[datetime, datetime]:
    """From the start of the first day to the end of the last, in Shanghai."""
    first, after = Month.parse(bundle.first_month).first, Month.parse(bundle.last_month).next().first
    start, end = (datetime.combine(day, time.min, SHANGHAI) for day in (first, after))
    return start, end
