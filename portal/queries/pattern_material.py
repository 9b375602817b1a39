"""Gathering what the search for patterns looks at: filed values, test reports, files used more than once."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.pattern_model import FileUse, LabResult, Reading, Series
from portal.domain.periods import Month
from portal.domain.workflow import RecordState
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.organisations import EnterpriseProfile
from portal.models.patterns import EvidenceImage, LabReport
from portal.models.plans import Parameter, SourceStream
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion

#: How far back a series goes.
MONTHS = 36
#: Months in these states have been handed in; drafts are nobody's business yet.
FILED = (
    RecordState.SUBMITTED,
    RecordState.UNDER_REVIEW,
    RecordState.PENDING_COUNTERSIGN,
    RecordState.ACCEPTED,
    RecordState.RESTATEMENT_REQUESTED,
)
#: The version of a month that counts: the accepted one, else the one handed in.
FILED_VERSION = sa.case(
    (MonthlyRecord.official_version_id.is_not(None), MonthlyRecord.official_version_id),
    (MonthlyRecord.state.in_(FILED), MonthlyRecord.current_version_id),
)


def enterprises_filed(session: Session, month: Month) -> list[int]:
    """Enterprises that have handed in ``month``."""
    return list(
        session.scalars(
            sa.select(MonthlyRecord.enterprise_id)
            .where(
                MonthlyRecord.month == str(month),
                FILED_VERSION.is_not(None),
            )
            .order_by(MonthlyRecord.enterprise_id)
        )
    )


def filed_series(
    session: Session, enterprises: Collection[int], month: Month, *, back: int = MONTHS
) -> tuple[Series, ...]:
    """The typed values of these enterprises by cell, up to ``month`` and ``back`` months of them."""
    found: dict[tuple[int, str], list[Reading]] = defaultdict(list)
    about: dict[tuple[int, str], Any] = {}
    for row in session.execute(_values(enterprises, month, back)):
        key = (row.enterprise_id, f"{row.stream_code}.{row.parameter_key}")
        found[key].append(Reading(row.month, row.value, row.acquisition.value))
        about[key] = row  # the newest month's names stand
    return tuple(
        Series(
            enterprise_id=key[0],
            industry=row.industry_code or "",
            item=row.item,
            name=f"{row.stream_code} {row.stream_name} · {row.name}",
            cell=key[1],
            parameter=row.parameter_key,
            unit=row.unit,
            digits=row.digits,
            readings=tuple(found[key]),
        )
        for key, row in about.items()
    )


def _values(enterprises: Collection[int], month: Month, back: int) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            MonthlyRecord.enterprise_id,
            MonthlyRecord.month,
            RecordValue.stream_code,
            RecordValue.parameter_key,
            RecordValue.value,
            RecordValue.unit,
            RecordValue.acquisition,
            SourceStream.item,
            SourceStream.name.label("stream_name"),
            Parameter.name,
            Parameter.digits,
            EnterpriseProfile.industry_code,
        )
        .join(RecordVersion, RecordVersion.id == FILED_VERSION)
        .join(RecordValue, RecordValue.version_id == RecordVersion.id)
        .join(
            SourceStream,
            sa.and_(
                SourceStream.plan_version_id == RecordVersion.plan_version_id,
                SourceStream.code == RecordValue.stream_code,
            ),
        )
        .join(
            Parameter,
            sa.and_(Parameter.stream_id == SourceStream.id, Parameter.key == RecordValue.parameter_key),
        )
        .outerjoin(EnterpriseProfile, EnterpriseProfile.organisation_id == MonthlyRecord.enterprise_id)
        .where(
            MonthlyRecord.enterprise_id.in_(enterprises),
            MonthlyRecord.month.between(str(month.plus(1 - back)), str(month)),
            RecordValue.value.is_not(None),
            ~Parameter.derived,
        )
        .order_by(MonthlyRecord.month)
    )


def lab_results(session: Session, month: Month) -> tuple[LabResult, ...]:
    """Test reports used for ``month``, and every other with the number or the batch of one of them."""
    here = (
        sa.select(LabReport)
        .where(LabReport.month_from <= str(month), LabReport.month_to >= str(month))
        .subquery()
    )
    rows = session.scalars(
        sa.select(LabReport)
        .where(
            sa.or_(
                LabReport.id.in_(sa.select(here.c.id)),
                LabReport.report_number.in_(sa.select(here.c.report_number)),
                sa.and_(
                    LabReport.batch != "",
                    sa.tuple_(LabReport.enterprise_id, LabReport.batch).in_(
                        sa.select(here.c.enterprise_id, here.c.batch)
                    ),
                ),
            )
        )
        .order_by(LabReport.id)
    )
    return tuple(_lab_result(row) for row in rows)


def _lab_result(row: LabReport) -> LabResult:
    return LabResult(
        enterprise_id=row.enterprise_id,
        number=row.report_number,
        batch=row.batch,
        laboratory=row.laboratory,
        accreditation=row.accreditation,
        accredited_until=row.accredited_until,
        in_scope=row.in_scope,
        sampled_on=row.sampled_on,
        received_on=row.received_on,
        tested_on=row.tested_on,
        reported_on=row.reported_on,
        month_from=row.month_from,
        month_to=row.month_to,
        cell=f"{row.stream_code}.{row.parameter_key}",
    )


def files_used_again(session: Session, month: Month) -> tuple[FileUse, ...]:
    """Every use of the files of ``month`` that are used by two enterprises, or in two months."""
    digests = repeated_digests(session, month)
    uses = _uses(Evidence.sha256.label("digest"), sa.literal(0).label("page"))
    return _file_uses(session, uses.where(Evidence.sha256.in_(digests)))


def repeated_digests(session: Session, month: Month, enterprise_id: int | None = None) -> list[str]:
    """Hashes of files of ``month`` of which there is another row, or which lie in another version too.

    The month's versions are read first, so that every step goes by an index: what it takes grows with
    the month's files, not with all there are.
    """
    versions = filed_versions(session, month, enterprise_id)
    here = (
        sa.select(Evidence.id, Evidence.sha256, EvidenceLink.version_id)
        .join(EvidenceLink, EvidenceLink.evidence_id == Evidence.id)
        .where(EvidenceLink.version_id.in_(versions))
        .subquery()
    )
    twin, link = sa.orm.aliased(Evidence), sa.orm.aliased(EvidenceLink)
    copied = sa.exists().where(twin.sha256 == here.c.sha256, twin.id != here.c.id)
    again = sa.exists().where(link.evidence_id == here.c.id, link.version_id != here.c.version_id)
    # Two questions, not one with "or": each is a join by an index then.
    found = sa.union(*(sa.select(here.c.sha256).where(one) for one in (copied, again)))
    return list(session.scalars(found))


def filed_versions(session: Session, month: Month, enterprise_id: int | None = None) -> list[int]:
    """The versions of ``month`` that count, of one enterprise or of all."""
    return list(
        session.scalars(
            sa.select(FILED_VERSION).where(
                MonthlyRecord.month == str(month),
                FILED_VERSION.is_not(None),
                *([MonthlyRecord.enterprise_id == enterprise_id] if enterprise_id else []),
            )
        )
    )


def pictures_used_again(session: Session, month: Month) -> tuple[FileUse, ...]:
    """Every use of the embedded pictures of ``month`` that lie in another file too."""
    mine = (
        sa.select(EvidenceImage.sha256)
        .join(EvidenceLink, EvidenceLink.evidence_id == EvidenceImage.evidence_id)
        .join(MonthlyRecord, EvidenceLink.version_id == FILED_VERSION)
        .where(MonthlyRecord.month == str(month), EvidenceImage.page > 0)
    )
    files = sa.func.count(sa.distinct(EvidenceImage.evidence_id))
    twice = (
        sa.select(EvidenceImage.sha256)
        .where(EvidenceImage.sha256.in_(mine))
        .group_by(EvidenceImage.sha256)
        .having(files > 1)
    )
    uses = _uses(EvidenceImage.sha256.label("digest"), EvidenceImage.page)
    return _file_uses(
        session,
        uses.join(EvidenceImage, EvidenceImage.evidence_id == Evidence.id).where(
            EvidenceImage.sha256.in_(twice)
        ),
    )


def _uses(*columns: Any) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            *columns,
            MonthlyRecord.enterprise_id,
            MonthlyRecord.month,
            Evidence.filename,
            EvidenceLink.slot,
            Evidence.period_from,
            Evidence.period_to,
        )
        .select_from(Evidence)
        .join(EvidenceLink, EvidenceLink.evidence_id == Evidence.id)
        .join(MonthlyRecord, EvidenceLink.version_id == FILED_VERSION)
        .order_by(MonthlyRecord.month, MonthlyRecord.enterprise_id, EvidenceLink.id)
    )


def _file_uses(session: Session, query: sa.Select[*tuple[Any, ...]]) -> tuple[FileUse, ...]:
    return tuple(
        FileUse(
            enterprise_id=row.enterprise_id,
            sha256=row.digest,
            filename=row.filename,
            month=row.month,
            slot=row.slot,
            period_from=row.period_from,
            period_to=row.period_to,
            page=row.page,
        )
        for row in session.execute(query)
    )


def unread_files(session: Session, month: Month, most: int) -> Sequence[tuple[int, str]]:
    """PDFs of ``month`` whose pictures were not looked at yet: id and storage key."""
    rows = session.execute(
        sa.select(Evidence.id, Evidence.storage_key)
        .join(EvidenceLink, EvidenceLink.evidence_id == Evidence.id)
        .join(MonthlyRecord, EvidenceLink.version_id == FILED_VERSION)
        .where(
            MonthlyRecord.month == str(month),
            Evidence.media_type == "application/pdf",
            ~sa.exists().where(EvidenceImage.evidence_id == Evidence.id),
        )
        .distinct()
        .order_by(Evidence.id)
        .limit(most)
    )
    return [(number, key) for number, key in rows]


def in_batches(enterprises: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The enterprises, ``size`` at a time, so that a search holds no more than their values."""
    for start in range(0, len(enterprises), size):
        yield enterprises[start : start + size]
