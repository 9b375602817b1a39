"""What a letter that asks for mending is made of: a gap, or a month that was returned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import OrganisationKind
from portal.domain.errors import Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month, shanghai_date, today
from portal.domain.workflow import Decision, EngagementState, FindingSource, FindingState, Section
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion, Snapshot
from portal.models.reviews import Review
from portal.models.users import User


class About(StrEnum):
    """What a letter is about."""

    FINDING = "finding"
    RETURN = "return"


@dataclass(frozen=True)
class Returned:
    """What the reviewer said of a returned section."""

    section: Section
    comment: str


@dataclass(frozen=True)
class Parties:
    """Who writes, to whom, and who gets a copy."""

    authority: str
    enterprise_id: int
    enterprise: str
    copies: tuple[str, ...]


@dataclass(frozen=True)
class FindingMatter:
    """A gap that is not closed."""

    parties: Parties
    number: str
    month: Month | None
    source: FindingSource
    title: str
    detail: Mapping[str, str]
    due_on: date
    at: datetime


@dataclass(frozen=True)
class ReturnMatter:
    """A signed version that was returned and waits for its amendment."""

    parties: Parties
    receipt_number: str
    submitted_on: date
    month: Month
    sections: tuple[Returned, ...]
    due_on: date
    filing_due_on: date
    at: datetime


def finding_matter(session: Session, finding_id: int) -> FindingMatter:
    """The gap; raises NotFound, and Invalid once it is closed."""
    finding = session.get(Finding, finding_id)
    if finding is None:
        raise NotFound
    if finding.state is FindingState.CLOSED:
        raise Invalid(N_("这项差距已经关闭，不再需要整改通知"))
    record = session.get(MonthlyRecord, finding.record_id) if finding.record_id else None
    texts = {key: str(text) for key, text in finding.detail.items() if isinstance(text, str)}
    return FindingMatter(
        parties=_parties(session, finding.enterprise_id, finding.opened_by_id),
        number=finding.number,
        month=Month.parse(record.month) if record else None,
        source=finding.source,
        title=finding.title,
        detail=texts,
        due_on=finding.due_on,
        at=finding.opened_at,
    )


def return_matter(session: Session, version_id: int) -> ReturnMatter:
    """The return; raises NotFound where the version was not returned, Invalid once it was amended."""
    found = session.execute(
        sa.select(MonthlyRecord, Review, Snapshot)
        .join(RecordVersion, RecordVersion.record_id == MonthlyRecord.id)
        .join(Review, Review.version_id == RecordVersion.id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(RecordVersion.id == version_id, Review.outcome == "returned")
    ).one_or_none()
    if found is None:
        raise NotFound
    record, review, snapshot = found
    if record.amend_due_on is None or record.current_version_id != version_id or review.finished_at is None:
        raise Invalid(N_("这一版已经补正或重新提交，不再需要退回通知"))
    sections = session.execute(
        sa.select(RecordSection.section, RecordSection.comment)
        .where(RecordSection.version_id == version_id, RecordSection.decision == Decision.RETURN)
        .order_by(RecordSection.id)
    )
    month = Month.parse(record.month)
    return ReturnMatter(
        parties=_parties(session, record.enterprise_id, review.reviewer_id),
        receipt_number=snapshot.receipt_number,
        submitted_on=shanghai_date(snapshot.submitted_at),
        month=month,
        sections=tuple(Returned(section, comment) for section, comment in sections),
        due_on=record.amend_due_on,
        filing_due_on=record.due_on,
        at=review.finished_at,
    )


def _parties(session: Session, enterprise_id: int, writer_id: int | None) -> Parties:
    enterprise = session.get_one(Organisation, enterprise_id)
    firms = session.scalars(
        sa.select(Organisation.name)
        .join(Engagement, Engagement.firm_id == Organisation.id)
        .where(
            Engagement.enterprise_id == enterprise_id,
            Engagement.state == EngagementState.ACTIVE,
            Engagement.starts_on <= today(),
            Engagement.ends_on >= today(),
        )
        .order_by(Organisation.name)
        .distinct()
    )
    authority = _authority(session, enterprise.district, writer_id)
    return Parties(authority, enterprise_id, enterprise.name, tuple(firms))


def _authority(session: Session, district: str, writer_id: int | None) -> str:
    """The authority of the person who found it; else that of the enterprise's district, else the city's."""
    authorities = sa.select(Organisation.name).where(Organisation.kind == OrganisationKind.AUTHORITY)
    if writer_id is not None:
        own = session.scalar(
            authorities.join(User, User.organisation_id == Organisation.id).where(User.id == writer_id)
        )
        if own is not None:
            return own
    nearest = authorities.where(Organisation.district.in_((district, "")), Organisation.active)
    found = session.scalar(nearest.order_by(Organisation.district.desc(), Organisation.id).limit(1))
    if found is None:
        raise NotFound
    return found
