"""Reviews brought to an end, and restatements granted, through the services."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import today
from portal.domain.workflow import Decision, Section
from portal.models.records import MonthlyRecord, RecordSection, RecordVersion
from portal.models.reviews import Review
from portal.services import reviews
from portal.services.restatements import grant_restatement, request_restatement
from tests.factories.world import World

REASON = "原料部复核发现烟煤购入量漏记一船"


def granted(session: Session, world: World, record: MonthlyRecord) -> RecordVersion:
    """Ask for a restatement of an accepted month and grant it; gives the new draft."""
    request_restatement(session, world.signatory, record.id, record.row_version, REASON)
    return grant_restatement(
        session, world.regulator, record.id, record.row_version, today() + timedelta(days=20)
    )


def take(session: Session, actor: Actor, record: MonthlyRecord) -> Review:
    """Take the month for review."""
    return reviews.take_for_review(session, actor, record.id, record.row_version)


def decide(
    session: Session,
    actor: Actor,
    record: MonthlyRecord,
    section: Section,
    decision: Decision,
    comment: str = "",
) -> None:
    """Decide one section."""
    reviews.decide_section(session, actor, record.id, record.row_version, section, decision, comment)


def sections(session: Session, record: MonthlyRecord) -> dict[Section, RecordSection]:
    """The sections of the present version."""
    rows = session.scalars(
        sa.select(RecordSection).where(RecordSection.version_id == record.current_version_id)
    )
    return {row.section: row for row in rows}


def decide_all(session: Session, actor: Actor, record: MonthlyRecord, *returned: Section) -> None:
    """Accept every section but the ``returned`` ones."""
    for section in sections(session, record):
        if section in returned:
            decide(session, actor, record, section, Decision.RETURN, "请核对期末库存")
        else:
            decide(session, actor, record, section, Decision.ACCEPT)


def accept(session: Session, world: World, record: MonthlyRecord) -> RecordVersion:
    """Take the month, accept all of it; gives the version that is official now."""
    take(session, world.regulator, record)
    decide_all(session, world.regulator, record)
    return reviews.accept(session, world.regulator, record.id, record.row_version, countersign_required=False)
