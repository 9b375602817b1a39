"""Reading one visit with its questions, photos and signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import NotFound
from portal.domain.visits import Given, InspectionKind, InspectionState, Side, answers_in_force
from portal.models.draws import Draw
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.models.users import User
from portal.models.visits import (
    Answer,
    Inspection,
    VisitFinding,
    VisitPhoto,
    VisitReport,
    VisitSignature,
)
from portal.queries.access import require
from portal.queries.jobs import JobView, newest_job
from portal.queries.visit_packs import pinned_pack
from portal.queries.visit_sheet import VisitSheet, visit_sheet

REPORT_JOB = "issue_visit_report"


@dataclass(frozen=True)
class PhotoView:
    """A photo of a visit."""

    id: int
    question: str
    filename: str
    sha256: str
    size: int
    media_type: str
    storage_key: str
    taken_at: datetime
    taken_by: str


@dataclass(frozen=True)
class SignatureView:
    """Who signed for a side."""

    side: Side
    name: str
    organisation: str
    signed_at: datetime
    opinion: str
    declined: bool
    content_sha256: str


@dataclass(frozen=True)
class FindingLink:
    """The finding that an answer made."""

    id: int
    number: str
    due_on: date


@dataclass(frozen=True)
class VisitPage:
    """One visit with everything that its pages show."""

    id: int
    number: str
    enterprise_id: int
    enterprise: str
    uscc: str
    visitor_id: int
    visitor: str
    kind: InspectionKind
    state: InspectionState
    row_version: int
    visited_on: date
    scope: str
    accompanied_by: str
    opened_at: datetime
    opened_by: str
    engagement: str
    draw_id: int | None
    draw: str
    content_sha256: str
    sheet: VisitSheet
    given: tuple[Given, ...]
    photos: tuple[PhotoView, ...]
    signatures: tuple[SignatureView, ...]
    findings: Mapping[str, FindingLink]
    report: VisitReport | None
    job: JobView | None
    previous: "PreviousScore | None"

    @property
    def waits_for_enterprise(self) -> bool:
        """Whether the visitor has signed and the enterprise has not."""
        return self.state is InspectionState.VISITOR_SIGNED

    def photos_of(self, key: str) -> tuple[PhotoView, ...]:
        """The photos of one question."""
        return tuple(photo for photo in self.photos if photo.question == key)

    def signature(self, side: str) -> SignatureView | None:
        """The signature of a side."""
        return next((one for one in self.signatures if one.side == side), None)

    def earlier(self, key: str) -> tuple[Given, ...]:
        """The answers to a question that no longer count, newest first."""
        item = self.sheet.item(key)
        counts = item.given.id if item and item.given else 0
        found = [one for one in self.given if one.question == key and one.id != counts]
        return tuple(sorted(found, key=lambda one: (one.at, one.id), reverse=True))


@dataclass(frozen=True)
class PreviousScore:
    """The score of the last signed visit by the same visitor with the same packs."""

    visited_on: date
    points: str


def visit_page(session: Session, actor: Actor, enterprise_id: int, visit_id: int) -> VisitPage:
    """One visit; raises NotFound for a foreign one."""
    require(session, actor, Permission.VISIT_VIEW, enterprise_id)
    row = session.scalar(
        sa.select(Inspection)
        .where(Inspection.id == visit_id, Inspection.enterprise_id == enterprise_id)
        .options(joinedload(Inspection.enterprise), joinedload(Inspection.visitor))
    )
    if row is None:
        raise NotFound
    return page_of(session, row)


def page_of(session: Session, row: Inspection) -> VisitPage:
    """The page of a visit whose reader has been authorised, or of the job that prints it."""
    given = given_answers(session, [row.id]).get(row.id, ())
    engagement = session.get(Engagement, row.engagement_id) if row.engagement_id else None
    draw = session.get(Draw, row.draw_id) if row.draw_id else None
    return VisitPage(
        id=row.id,
        number=row.number,
        enterprise_id=row.enterprise_id,
        enterprise=row.enterprise.name,
        uscc=row.enterprise.uscc,
        visitor_id=row.visitor_id,
        visitor=row.visitor.name,
        kind=InspectionKind(row.kind),
        state=InspectionState(row.state),
        row_version=row.row_version,
        visited_on=row.visited_on,
        scope=row.scope,
        accompanied_by=row.accompanied_by,
        opened_at=row.opened_at,
        opened_by=row.opened_by.name,
        engagement=engagement.number if engagement else "",
        draw_id=row.draw_id,
        draw=draw.number if draw else "",
        content_sha256=row.content_sha256,
        sheet=sheet_of(row, given),
        given=tuple(given),
        photos=_photos(session, row.id),
        signatures=tuple(_signature(one) for one in row.signatures),
        findings=_findings(session, row.id),
        report=session.scalar(sa.select(VisitReport).where(VisitReport.inspection_id == row.id)),
        job=newest_job(session, REPORT_JOB, row.id),
        previous=_previous(session, row),
    )


def sheet_of(row: Inspection, given: Sequence[Given]) -> VisitSheet:
    """The sheet of a visit from its pinned packs and the answers in force."""
    packs = [pinned_pack(checklist.content) for checklist in row.checklists]
    return visit_sheet(packs, answers_in_force(given), row.visited_on)


def may_conduct(actor: Actor, page: VisitPage) -> bool:
    """Whether this person belongs to those who carry the visit out."""
    return actor.may(Permission.VISIT_CONDUCT) and actor.organisation_id == page.visitor_id


def may_sign(actor: Actor, page: VisitPage) -> bool:
    """Whether this person can sign for the enterprise now."""
    mine = actor.kind is OrganisationKind.ENTERPRISE and actor.organisation_id == page.enterprise_id
    return mine and actor.may(Permission.VISIT_SIGN) and page.waits_for_enterprise


def find_photo(session: Session, actor: Actor, enterprise_id: int, visit_id: int, photo_id: int) -> PhotoView:
    """One photo; raises NotFound for a foreign one."""
    page = visit_page(session, actor, enterprise_id, visit_id)
    found = next((photo for photo in page.photos if photo.id == photo_id), None)
    if found is None:
        raise NotFound
    return found


def given_answers(session: Session, visit_ids: Sequence[int]) -> dict[int, list[Given]]:
    """Every answer of each visit, in the order of arrival."""
    rows = session.execute(
        sa.select(Answer, User.name)
        .join(User, User.id == Answer.given_by_id)
        .where(Answer.inspection_id.in_(visit_ids))
        .order_by(Answer.id)
    )
    found: dict[int, list[Given]] = {}
    for row, name in rows:
        given = Given(row.id, row.question, row.value, row.note, row.given_at, name, row.device)
        found.setdefault(row.inspection_id, []).append(given)
    return found


def _photos(session: Session, visit_id: int) -> tuple[PhotoView, ...]:
    rows = session.scalars(
        sa.select(VisitPhoto)
        .where(VisitPhoto.inspection_id == visit_id, VisitPhoto.removed_at.is_(None))
        .options(joinedload(VisitPhoto.evidence), joinedload(VisitPhoto.taken_by))
        .order_by(VisitPhoto.taken_at, VisitPhoto.id)
    )
    return tuple(
        PhotoView(
            id=row.id,
            question=row.question,
            filename=row.evidence.filename,
            sha256=row.evidence.sha256,
            size=row.evidence.size,
            media_type=row.evidence.media_type,
            storage_key=row.evidence.storage_key,
            taken_at=row.taken_at,
            taken_by=row.taken_by.name,
        )
        for row in rows
    )


def _signature(row: VisitSignature) -> SignatureView:
    return SignatureView(
        Side(row.side),
        row.name,
        row.organisation,
        row.signed_at,
        row.opinion,
        row.declined,
        row.content_sha256,
    )


def _findings(session: Session, visit_id: int) -> dict[str, FindingLink]:
    rows = session.execute(
        sa.select(VisitFinding.question, Finding.id, Finding.number, Finding.due_on)
        .join(Finding, Finding.id == VisitFinding.finding_id)
        .where(VisitFinding.inspection_id == visit_id)
    )
    return {
        question: FindingLink(finding_id, number, due_on) for question, finding_id, number, due_on in rows
    }


def _previous(session: Session, row: Inspection) -> PreviousScore | None:
    rows = session.scalars(
        sa.select(Inspection)
        .where(
            Inspection.enterprise_id == row.enterprise_id,
            Inspection.visitor_id == row.visitor_id,
            Inspection.state == InspectionState.SIGNED,
            Inspection.visited_on < row.visited_on,
        )
        .order_by(Inspection.visited_on.desc(), Inspection.id.desc())
        .limit(5)
    ).all()
    wanted = {checklist.pack_id for checklist in row.checklists}
    for other in rows:
        if {checklist.pack_id for checklist in other.checklists} == wanted:
            points = sheet_of(other, given_answers(session, [other.id]).get(other.id, ())).total.points
            return None if points is None else PreviousScore(other.visited_on, format(points, "f"))
    return None
