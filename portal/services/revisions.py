"""Telling months that something under them changed, so that their evaluation turns stale."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.workflow import VersionStanding
from portal.models.plans import Parameter, SourceStream
from portal.models.records import RecordVersion


def touch_months_using_meter(session: Session, meter_id: int) -> None:
    """Count up the revision of each working month whose plan uses the meter."""
    plans = (
        sa.select(SourceStream.plan_version_id)
        .join(Parameter, Parameter.stream_id == SourceStream.id)
        .where(Parameter.meter_id == meter_id)
    )
    session.execute(
        sa.update(RecordVersion)
        .where(RecordVersion.standing == VersionStanding.WORKING, RecordVersion.plan_version_id.in_(plans))
        .values(revision=RecordVersion.revision + 1)
        .execution_options(synchronize_session=False)
    )
