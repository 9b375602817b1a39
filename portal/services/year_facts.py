"""What the checks of an annual disclosure are told about an enterprise's year."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.engine import run
from checklists.loader import load_pack
from checklists.model import Outcome
from portal.domain.access import Actor, Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month, today
from portal.domain.workflow import FindingState
from portal.models.findings import Finding
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord
from portal.queries.access import require
from portal.queries.check_background import enterprise_told, months_told, pollutants_told

PACK = "annual-disclosure"
#: The yearly report is due by 15 March of the year after (令24号).
DUE_MONTH, DUE_DAY = 3, 15


def check_disclosure(session: Session, actor: Actor, enterprise_id: int, year: int) -> tuple[Outcome, ...]:
    """Ask the checks of the annual disclosure about a year; raises Refused and NotFound."""
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    return run(load_pack(PACK), year_facts(session, enterprise_id, year))


def year_facts(session: Session, enterprise_id: int, year: int) -> dict[str, Any]:
    """The facts of a calendar year: the enterprise, its months and those of the year before."""
    enterprise = session.get(Organisation, enterprise_id)
    if enterprise is None:
        raise NotFound
    profile = session.get(EnterpriseProfile, enterprise_id)
    last = Month(year, 12)
    return {
        "enterprise": {
            "uscc": enterprise.uscc,
            "name": enterprise.name,
            "industry_code": profile.industry_code if profile else "",
            "ets_member": bool(profile and profile.ets_member),
            "guideline": profile.guideline if profile else "",
            **enterprise_told(session, enterprise_id, last.last),
        },
        "record": {
            "month": str(last),
            "first": last.first,
            "last": last.last,
            "due_on": last.last.replace(year=year + 1, month=DUE_MONTH, day=DUE_DAY),
            "today": today(),
        },
        "year": {
            "year": f"{year:04d}",
            "months": list(months_told(session, enterprise_id, f"{year:04d}-01", str(last))),
            "previous_months": list(
                months_told(session, enterprise_id, f"{year - 1:04d}-01", f"{year - 1:04d}-12")
            ),
            "pollutants": pollutants_told(session, enterprise_id, year),
            "open_findings": _open_findings(session, enterprise_id, year),
        },
    }


def _open_findings(session: Session, enterprise_id: int, year: int) -> int:
    """Findings of the year's months that are not closed yet."""
    found = session.scalar(
        sa.select(sa.func.count())
        .select_from(Finding)
        .join(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .where(
            Finding.enterprise_id == enterprise_id,
            Finding.state != FindingState.CLOSED,
            MonthlyRecord.month.between(f"{year:04d}-01", f"{year:04d}-12"),
        )
    )
    return found or 0
