"""The findings that the answers of a visit make: each opened once, when both sides have signed."""

import json
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, in_scope
from portal.domain.periods import today
from portal.domain.workflow import FindingSource, Severity
from portal.models.findings import Finding
from portal.models.visits import Inspection, VisitFinding
from portal.queries.access import enterprise_scope, find_actor
from portal.queries.visit_content import answer_words
from portal.queries.visit_sheet import Item
from portal.queries.visits import VisitPage
from portal.services.finding_opening import open_finding


def open_findings(session: Session, actor: Actor, page: VisitPage) -> list[Finding]:
    """Open a finding for each gap that has none yet; it is the visitor's finding, not the enterprise's.

    The severity and the day are those that both sides have signed; a day that has passed while the visit
    waited for the second signature is set anew from the severity.
    """
    visit = session.get_one(Inspection, page.id)
    signed = {gap["key"]: gap for gap in json.loads(visit.content)["gaps"]}
    opener = _visitor(session, visit) or actor
    opened = []
    for item in page.sheet.gaps:
        if item.key in page.findings:
            continue
        finding = _open(session, opener, page, item, signed[item.key])
        session.add(VisitFinding(inspection_id=page.id, question=item.key, finding_id=finding.id))
        opened.append(finding)
    session.flush()
    return opened


def _open(session: Session, opener: Actor, page: VisitPage, item: Item, signed: dict[str, Any]) -> Finding:
    due_on = date.fromisoformat(signed["due_on"])
    return open_finding(
        session,
        opener,
        page.enterprise_id,
        source=FindingSource.VISIT,
        record_id=None,
        check_id=item.question.id[:40],
        subject=f"visit:{page.id}:{item.key}"[:120],
        severity=Severity(signed["severity"]),
        title=item.question.text,
        detail=_detail(page, item),
        due_on=due_on if due_on >= today() else None,
    )


def _detail(page: VisitPage, item: Item) -> dict[str, Any]:
    question = item.question
    note = item.given.note if item.given else ""
    answered, answered_en = (answer_words(question, item.value, english=flag) for flag in (False, True))
    measures = [
        {"text": m.text, "text_en": m.text_en, "effect": m.effect, "effect_en": m.effect_en}
        for m in question.measures
    ]
    return {
        "title_en": question.text_en,
        "message": f"{page.number} · {question.id}：{answered}。{note}",
        "message_en": f"{page.number} · {question.id}: {answered_en}. {note}".strip(),
        "clause": question.clause,
        "source": question.source,
        "actual": answered,
        "actual_en": answered_en,
        "expected": question.evidence,
        "expected_en": question.evidence_en,
        "mend": "；".join(measure.text for measure in question.measures),
        "mend_en": "; ".join(measure.text_en for measure in question.measures),
        "measures": measures,
    }


def _visitor(session: Session, visit: Inspection) -> Actor | None:
    """Who carried the visit out, while the enterprise is still their business."""
    signed = next((one for one in visit.signatures if one.side == "visitor"), None)
    who = find_actor(session, signed.user_id) if signed else None
    if who is None:
        return None
    scope = enterprise_scope(session, who, visit.enterprise_id)
    return who if in_scope(who, Permission.ENTERPRISE_VIEW, scope) else None
