"""The facts of filed months, kept as they were told to the checks."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from checklists.stored import deflate_facts
from portal.accounting.month import Figures, figures
from portal.domain.periods import shanghai_date
from portal.domain.sheet import Sheet
from portal.models.check_packs import MonthFacts
from portal.models.records import Snapshot
from portal.queries.sheets import load_sheet
from portal.services.evaluations import facts_told
from portal.services.facts import facts_hash


def keep_facts(session: Session, sheet: Sheet, month: Figures) -> MonthFacts:
    """Write down what the checks were told about a version; the caller is freezing it."""
    return _keep(session, sheet.version_id, facts_told(session, sheet, month))


def keep_facts_afterwards(session: Session, snapshot: Snapshot) -> MonthFacts:
    """The same for a version that was signed before facts were kept; it is told the day of its signing.

    Its values, evidence and plan are frozen; what hung on that day alone, such as the blocking gaps
    of earlier months that were open then, is told as it is now.
    """
    sheet = load_sheet(session, snapshot.version_id)
    facts = facts_told(session, sheet, figures(sheet))
    facts["record"]["today"] = shanghai_date(snapshot.submitted_at)
    return _keep(session, snapshot.version_id, facts)


def _keep(session: Session, version_id: int, facts: Mapping[str, Any]) -> MonthFacts:
    row = MonthFacts(version_id=version_id, input_hash=facts_hash(facts), content=deflate_facts(facts))
    session.add(row)
    session.flush()
    return row
