"""An enterprise's disclosures and dossiers: all of them with what it may prepare, and one with everything."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierState, Standing, period_of, surveillance_days
from portal.domain.errors import NotFound
from portal.domain.periods import Month, shanghai_date, today
from portal.dossiers.source import Answer, Figure
from portal.models.dossiers import Dossier, DossierBase, DossierSource
from portal.models.events import Event
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.products import Product
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.models.users import User
from portal.queries.access import require
from portal.queries.dossier_checks import ContentCheck, check_contents, due_on
from portal.queries.dossier_lines import Comparison, DossierLine, dossier_lines, newest_comparisons
from portal.queries.dossier_sources import gather
from portal.queries.jobs import JobView, newest_job
from portal.reference.dossiers import DossierKind, kinds, load_kind

ISSUE_JOB = "issue_dossier"
#: What a document may rest on holds today.
GOOD = frozenset({Standing.VALID, Standing.EXPIRING})
#: A span that is proposed where a kind asks for any: the last twelve whole months.
USUAL_SPAN = 12


@dataclass(frozen=True)
class ProductChoice:
    """A product that a dossier may be about."""

    id: int
    name: str


@dataclass(frozen=True)
class Offer:
    """A document that the enterprise may prepare, and what is missing for it."""

    kind: DossierKind
    #: The span that makes sense today; "" where a person names the subject.
    subject: str
    missing: tuple[Month, ...]
    due_on: date | None
    products: tuple[ProductChoice, ...]
    #: Issued documents that hold and that this kind may rest on.
    bases: tuple[DossierLine, ...]


@dataclass(frozen=True)
class DossiersPage:
    """All dossiers of an enterprise, newest change first, with how stale ones differ."""

    enterprise_id: int
    enterprise_name: str
    dossiers: tuple[DossierLine, ...]
    comparisons: Mapping[int, Comparison]
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class SourceLine:
    """An accepted month behind a dossier, and whether that version is still the official one."""

    month: str
    record_id: int
    version_id: int
    version: int
    sha256: str
    receipt_number: str
    official: bool


@dataclass(frozen=True)
class Signature:
    """Who signed, when, over which content."""

    name: str
    signed_at: datetime
    sha256: str


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to a dossier or to an edition before it."""

    at: datetime
    edition: int
    #: Such as dossier.signed.
    action: str
    actor: str
    organisation: str
    comment: str


@dataclass(frozen=True)
class DossierPage:
    """One dossier with all that its page shows."""

    line: DossierLine
    answers: Mapping[str, Answer]
    #: As things are now; without outcomes once it is signed.
    check: ContentCheck
    figures: tuple[Figure, ...]
    expected: tuple[Month, ...]
    missing: tuple[Month, ...]
    sources: tuple[SourceLine, ...]
    bases: tuple[DossierLine, ...]
    base_choices: tuple[DossierLine, ...]
    signatures: tuple[Signature, ...]
    #: The reviewer's last word.
    comment: str
    job: JobView | None
    comparison: Comparison | None
    surveillance: tuple[date, ...]
    timeline: tuple[TimelineEntry, ...]
    #: Newest first, this one among them.
    editions: tuple[DossierLine, ...]


def dossiers_page(session: Session, actor: Actor, enterprise_id: int) -> DossiersPage:
    """What an enterprise has prepared and may prepare; raises NotFound for a foreign one."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    lines = dossier_lines(session, Dossier.enterprise_id == enterprise_id)
    stale = [line.id for line in lines if line.issued and line.issued.standing is Standing.STALE]
    return DossiersPage(
        enterprise_id=enterprise_id,
        enterprise_name=session.get_one(Organisation, enterprise_id).name,
        dossiers=lines,
        comparisons=newest_comparisons(session, stale) if stale else {},
        offers=_offers(session, enterprise_id, kinds(), lines),
    )


def due_offers(session: Session, actor: Actor, enterprise_id: int) -> tuple[Offer, ...]:
    """What an enterprise has to prepare by a date, without products and bases; raises NotFound."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    dated = tuple(kind for kind in kinds() if kind.due is not None)
    return _offers(session, enterprise_id, dated, ())


def offer_of(session: Session, actor: Actor, enterprise_id: int, kind: str) -> Offer:
    """One kind as this enterprise may prepare it now; raises NotFound for an unknown kind or enterprise."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    lines = dossier_lines(session, Dossier.enterprise_id == enterprise_id)
    offers = _offers(session, enterprise_id, (load_kind(kind),), lines)
    begun = {line.subject for line in lines if line.kind.id == kind}
    return next((offer for offer in offers if offer.subject not in begun), offers[-1])


def dossier_page(session: Session, actor: Actor, enterprise_id: int, dossier_id: int) -> DossierPage:
    """One dossier of an enterprise; raises NotFound for a foreign one."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    dossier = session.scalar(
        sa.select(Dossier).where(Dossier.id == dossier_id, Dossier.enterprise_id == enterprise_id)
    )
    if dossier is None:
        raise NotFound
    editions = _editions(session, dossier)
    line = next(one for one in editions if one.id == dossier_id)
    check, sources = _state_of_contents(session, dossier, line.kind)
    held = {source.month for source in sources}
    expected = _expected(dossier)
    stale = line.issued is not None and line.issued.standing is Standing.STALE
    bases = sa.select(DossierBase.base_id).where(DossierBase.dossier_id == dossier_id)
    return DossierPage(
        line=line,
        answers=dossier.answers,
        check=check,
        figures=_figures(dossier, check),
        expected=expected,
        missing=tuple(month for month in expected if str(month) not in held)
        if line.kind.months == "all"
        else (),
        sources=sources,
        bases=dossier_lines(session, Dossier.id.in_(bases)),
        base_choices=_base_choices(session, dossier, line.kind),
        signatures=_signatures(session, dossier),
        comment=dossier.review_comment,
        job=newest_job(session, ISSUE_JOB, dossier_id) if line.issued is None else None,
        comparison=newest_comparisons(session, [dossier_id]).get(dossier_id) if stale else None,
        surveillance=_surveillance(line),
        timeline=_timeline(session, editions),
        editions=editions,
    )


def _offers(
    session: Session, enterprise_id: int, wanted: Sequence[DossierKind], lines: Sequence[DossierLine]
) -> tuple[Offer, ...]:
    accepted = frozenset(
        session.scalars(
            sa.select(MonthlyRecord.month).where(
                MonthlyRecord.enterprise_id == enterprise_id, MonthlyRecord.official_version_id.is_not(None)
            )
        )
    )
    profile = session.get(EnterpriseProfile, enterprise_id)
    begins = profile.first_month if profile else ""
    products = _products(session, enterprise_id) if any(kind.subject == "product" for kind in wanted) else ()
    return tuple(
        Offer(
            kind=kind,
            subject=subject,
            missing=missing_months(kind, subject, accepted),
            due_on=due_on(kind.due, period_of(subject)[1]) if kind.due and subject else None,
            products=products if kind.subject == "product" else (),
            bases=_holding(kind, lines),
        )
        for kind in wanted
        for subject in subjects_of(kind, accepted, begins, Month.of(today()))
    )


def subjects_of(kind: DossierKind, accepted: frozenset[str], begins: str, month: Month) -> tuple[str, ...]:
    """The subjects that make sense in ``month`` for an enterprise that files since ``begins``.

    A kind with a date is proposed for the year before too, as long as the enterprise had to file in it.
    """
    last = month.previous()
    if kind.subject == "year":
        before, this = str(month.year - 1), str(month.year)
        had = any(one.startswith(before) for one in accepted)
        if kind.due is not None:
            return (before, this) if had or begins[:4] <= before else (this,)
        return (before,) if had else (this,)
    if kind.subject == "quarter":
        ended = month.plus(-((month.number - 1) % 3) - 1)
        return (f"{ended.year}-Q{ended.number // 3}",)
    if kind.subject == "month":
        return (max(accepted, default=str(last)),)
    if kind.subject == "period":
        return (f"{last.plus(1 - USUAL_SPAN)}/{last}",)
    return ("",)


def missing_months(kind: DossierKind, subject: str, accepted: frozenset[str]) -> tuple[Month, ...]:
    """Months of the subject's span that a kind needs and that are not accepted."""
    if kind.months == "none" or not subject:
        return ()
    first, last = period_of(subject)
    span = _span(first, last)
    lacking = tuple(month for month in span if str(month) not in accepted)
    if kind.months == "some" and len(lacking) < len(span):
        return ()
    return lacking


def _span(first: Month, last: Month) -> tuple[Month, ...]:
    count = (last.year - first.year) * 12 + last.number - first.number + 1
    return tuple(first.plus(place) for place in range(count))


def _products(session: Session, enterprise_id: int) -> tuple[ProductChoice, ...]:
    rows = session.execute(
        sa.select(Product.id, Product.name, Product.model)
        .where(Product.enterprise_id == enterprise_id)
        .order_by(Product.name, Product.model)
    )
    return tuple(ProductChoice(product_id, f"{name} {model}".strip()) for product_id, name, model in rows)


def _holding(kind: DossierKind, lines: Sequence[DossierLine]) -> tuple[DossierLine, ...]:
    return tuple(
        line
        for line in lines
        if line.kind.id in kind.bases and line.issued is not None and line.issued.standing in GOOD
    )


def _base_choices(session: Session, dossier: Dossier, kind: DossierKind) -> tuple[DossierLine, ...]:
    if dossier.state is not DossierState.DRAFT or not kind.bases:
        return ()
    conditions = (Dossier.enterprise_id == dossier.enterprise_id, Dossier.kind.in_(kind.bases))
    return _holding(kind, dossier_lines(session, *conditions))


def _editions(session: Session, dossier: Dossier) -> tuple[DossierLine, ...]:
    lines = dossier_lines(
        session,
        Dossier.enterprise_id == dossier.enterprise_id,
        Dossier.kind == dossier.kind,
        Dossier.subject == dossier.subject,
    )
    return tuple(sorted(lines, key=lambda line: line.edition, reverse=True))


def _expected(dossier: Dossier) -> tuple[Month, ...]:
    if dossier.first_month is None or dossier.last_month is None:
        return ()
    return _span(Month.parse(dossier.first_month), Month.parse(dossier.last_month))


def _state_of_contents(
    session: Session, dossier: Dossier, kind: DossierKind
) -> tuple[ContentCheck, tuple[SourceLine, ...]]:
    """What is checked as things are now; of a signed dossier only what it was made from."""
    if dossier.content is not None:
        required = sum(1 for question in kind.questions if question.required)
        return ContentCheck((), (), None, None, required), _kept_sources(session, dossier.id)
    source = gather(session, dossier)
    lines = tuple(
        SourceLine(
            str(month.month),
            month.record_id,
            month.version_id,
            month.version,
            month.sha256,
            month.receipt_number,
            official=True,
        )
        for month in source.months
    )
    return check_contents(source), lines


def _kept_sources(session: Session, dossier_id: int) -> tuple[SourceLine, ...]:
    rows = session.execute(
        sa.select(
            DossierSource.month,
            MonthlyRecord.id,
            RecordVersion.id,
            RecordVersion.number,
            Snapshot.sha256,
            Snapshot.receipt_number,
            MonthlyRecord.official_version_id == RecordVersion.id,
        )
        .join(RecordVersion, RecordVersion.id == DossierSource.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(DossierSource.dossier_id == dossier_id)
        .order_by(DossierSource.month)
    )
    return tuple(SourceLine(*row[:6], official=bool(row[6])) for row in rows)


def _figures(dossier: Dossier, check: ContentCheck) -> tuple[Figure, ...]:
    if dossier.content is None:
        return check.contents.figures if check.contents is not None else ()
    signed: list[dict[str, Any]] = json.loads(dossier.content)["figures"]
    return tuple(Figure(**{**figure, "value": Decimal(figure["value"])}) for figure in signed)


def _signatures(session: Session, dossier: Dossier) -> tuple[Signature, ...]:
    if dossier.signed_by_id is None or dossier.signed_at is None or dossier.content_sha256 is None:
        return ()
    name = session.get_one(User, dossier.signed_by_id).name
    return (Signature(name, dossier.signed_at, dossier.content_sha256),)


def _surveillance(line: DossierLine) -> tuple[date, ...]:
    if line.issued is None:
        return ()
    issued_on = shanghai_date(line.issued.issued_at)
    return surveillance_days(issued_on, line.kind.surveillance_months, line.issued.valid_until)


def _timeline(session: Session, editions: Sequence[DossierLine]) -> tuple[TimelineEntry, ...]:
    numbers = {line.id: line.edition for line in editions}
    organisation = aliased(Organisation)
    rows = session.execute(
        sa.select(Event, organisation.name)
        .outerjoin(organisation, organisation.id == Event.actor_organisation_id)
        .where(Event.subject_kind == "dossier", Event.subject_id.in_(numbers))
        .order_by(Event.id.desc())
    )
    return tuple(
        TimelineEntry(
            at=event.at,
            edition=numbers[event.subject_id],
            action=event.action,
            actor=event.actor_name,
            organisation=name or "",
            comment=str(json.loads(event.after).get("comment", "")),
        )
        for event, name in rows
    )
