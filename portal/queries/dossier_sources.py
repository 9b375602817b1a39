"""Gathering what a dossier is made from: accepted months, the enterprise, findings, answers."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.dossiers import document_number
from portal.domain.errors import DomainError
from portal.domain.periods import Month, shanghai_date, today
from portal.dossiers.source import AcceptedMonth, EnterpriseFacts, FindingFacts, Source
from portal.models.dossiers import Dossier
from portal.models.findings import Finding
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.queries.check_background import enterprise_told
from portal.queries.dossier_extras import EXTRAS
from portal.reference.dossiers import DossierKind, load_kind

#: Kinds about a span of time, which is compared with the same span a year earlier.
SPANS = frozenset({"year", "quarter", "month", "period"})


def gather(session: Session, dossier: Dossier) -> Source:
    """All that the assembler of the dossier's kind may read, as it is now.

    The caller has authorised the reader. What the kind's own extras refuse stands in ``refusal``.
    """
    kind = load_kind(dossier.kind)
    first = Month.parse(dossier.first_month) if dossier.first_month else None
    last = Month.parse(dossier.last_month) if dossier.last_month else None
    extras, refusal = _extras(session, dossier)
    return Source(
        kind=kind,
        enterprise=enterprise_facts(session, dossier.enterprise_id, last),
        subject=dossier.subject,
        edition=dossier.edition,
        first=first,
        last=last,
        months=_months(session, dossier.enterprise_id, kind, first, last),
        earlier_months=_earlier_months(session, dossier.enterprise_id, kind, first, last),
        findings=_findings(session, dossier.enterprise_id, first, last),
        answers=dossier.answers,
        prepared_on=today(),
        extras=extras,
        number=number_of(session, dossier),
        refusal=refusal,
    )


def _extras(session: Session, dossier: Dossier) -> tuple[Mapping[str, Any], DomainError | None]:
    read = EXTRAS.get(dossier.kind)
    if read is None:
        return {}, None
    try:
        return read(session, dossier), None
    except DomainError as refused:
        return {}, refused


def number_of(session: Session, dossier: Dossier) -> str:
    """The number that the dossier's document bears.

    A product and an event stand in it by a number of ours: their names are no part of a number.
    """
    kind = load_kind(dossier.kind)
    subject = dossier.subject
    if dossier.product_id is not None:
        span = "" if dossier.first_month is None else f"{dossier.first_month}{dossier.last_month}"
        subject = f"P{dossier.product_id:04d}{span}"
    elif kind.named and " " in subject:
        subject = f"{subject.partition(' ')[0]}N{_first_edition(session, dossier):06d}"
    elif kind.subject not in SPANS:
        subject = f"N{_first_edition(session, dossier):06d}"
    return document_number(kind.prefix, subject, dossier.enterprise_id, dossier.edition)


def enterprise_facts(session: Session, enterprise_id: int, last: Month | None) -> EnterpriseFacts:
    """The enterprise as its file says on the last day of the period; today when there is no period."""
    organisation = session.get_one(Organisation, enterprise_id)
    profile = session.get(EnterpriseProfile, enterprise_id)
    told = enterprise_told(session, enterprise_id, min(last.last, today()) if last else today())
    return EnterpriseFacts(
        name=organisation.name,
        uscc=organisation.uscc,
        district=organisation.district,
        legal_representative=told["legal_representative"],
        address=told["address"],
        industry_code=profile.industry_code if profile else "",
        industry_name=told["industry_name"],
        contact_name=told["contact_name"],
        contact_phone=told["contact_phone"],
        ets_member=bool(profile and profile.ets_member),
        guideline=profile.guideline if profile else "",
        key_unit_lists=tuple(told["lists"]),
        permits=tuple(told["permits"]),
        facilities=tuple(told["facilities"]),
        outlets=tuple(told["outlets"]),
    )


def accepted_months(session: Session, enterprise_id: int, first: Month, last: Month) -> tuple[str, ...]:
    """Which months of a span are accepted, such as 2026-10."""
    return tuple(
        session.scalars(
            sa.select(MonthlyRecord.month)
            .where(
                MonthlyRecord.enterprise_id == enterprise_id,
                MonthlyRecord.month.between(str(first), str(last)),
                MonthlyRecord.official_version_id.is_not(None),
            )
            .order_by(MonthlyRecord.month)
        )
    )


def _months(
    session: Session, enterprise_id: int, kind: DossierKind, first: Month | None, last: Month | None
) -> tuple[AcceptedMonth, ...]:
    if kind.months == "none" or first is None or last is None:
        return ()
    return official_months(session, enterprise_id, first, last)


def official_months(
    session: Session, enterprise_id: int, first: Month, last: Month
) -> tuple[AcceptedMonth, ...]:
    """The months of a span as they are accepted now, in order. The caller has authorised the reader."""
    rows = session.execute(
        sa.select(MonthlyRecord, RecordVersion, Snapshot)
        .join(RecordVersion, RecordVersion.id == MonthlyRecord.official_version_id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.month.between(str(first), str(last)),
        )
        .order_by(MonthlyRecord.month)
    )
    return tuple(
        AcceptedMonth(
            month=Month.parse(record.month),
            record_id=record.id,
            version_id=version.id,
            version=version.number,
            sha256=snapshot.sha256,
            receipt_number=snapshot.receipt_number,
            content=json.loads(snapshot.content),
        )
        for record, version, snapshot in rows
    )


def _earlier_months(
    session: Session, enterprise_id: int, kind: DossierKind, first: Month | None, last: Month | None
) -> tuple[AcceptedMonth, ...]:
    if kind.subject not in SPANS or first is None or last is None:
        return ()
    return _months(session, enterprise_id, kind, first.same_last_year(), last.same_last_year())


def _findings(
    session: Session, enterprise_id: int, first: Month | None, last: Month | None
) -> tuple[FindingFacts, ...]:
    if first is None or last is None:
        return ()
    rows = session.execute(
        sa.select(Finding, MonthlyRecord.month)
        .join(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .where(
            Finding.enterprise_id == enterprise_id,
            MonthlyRecord.month.between(str(first), str(last)),
        )
        .order_by(Finding.id)
    )
    return tuple(
        FindingFacts(
            number=finding.number,
            title=finding.title,
            severity=finding.severity.value,
            state=finding.state.value,
            clause=str(finding.detail.get("clause", "")),
            month=month,
            closed_on=shanghai_date(finding.closed_at) if finding.closed_at else None,
        )
        for finding, month in rows
    )


def _first_edition(session: Session, dossier: Dossier) -> int:
    return session.scalars(
        sa.select(Dossier.id).where(
            Dossier.enterprise_id == dossier.enterprise_id,
            Dossier.kind == dossier.kind,
            Dossier.subject == dossier.subject,
            Dossier.edition == 1,
        )
    ).one()
