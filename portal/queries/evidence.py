"""Reading the archive of evidence files."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.periods import Month
from portal.models.evidence import Evidence
from portal.models.users import User
from portal.queries.access import require

#: How many files are offered for a slot.
MOST_CHOICES = 50


@dataclass(frozen=True)
class ArchivedFile:
    """A file that the enterprise has."""

    id: int
    filename: str
    size: int
    sha256: str
    period_from: date | None
    period_to: date | None
    uploaded_at: datetime
    uploaded_by: str


def evidence_choices(session: Session, actor: Actor, enterprise_id: int, month: Month) -> list[ArchivedFile]:
    """Files whose period reaches into the month, the newest ``MOST_CHOICES`` of them."""
    require(session, actor, Permission.EVIDENCE_VIEW, enterprise_id)
    rows = session.execute(
        sa.select(Evidence, User.name)
        .join(User, User.id == Evidence.uploaded_by_id)
        .where(
            Evidence.enterprise_id == enterprise_id,
            Evidence.period_from <= month.last,
            Evidence.period_to >= month.first,
        )
        .order_by(Evidence.id.desc())
        .limit(MOST_CHOICES)
    )
    return [
        ArchivedFile(
            file.id,
            file.filename,
            file.size,
            file.sha256,
            file.period_from,
            file.period_to,
            file.uploaded_at,
            name,
        )
        for file, name in rows
    ]
