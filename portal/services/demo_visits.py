"""The visits of the example world: one that both sides have signed, one half answered, one draw by lot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.questions import Question
from portal.domain.access import Actor
from portal.domain.periods import now, today
from portal.models.visits import Answer, Inspection
from portal.queries.visit_packs import pinned_pack
from portal.queries.visit_sheet import question_key
from portal.services.draws import DrawPlan, announce_draw, draw_lots, store_seed
from portal.services.visit_signing import sign_as_enterprise, sign_as_visitor
from portal.services.visits import VisitPlan, open_visit

#: Every so many-th question that can fail does, in the signed visit.
EVERY_GAP = 13
NOTE = "示例：现场查看，凭证在设备科，尚未归入证据库。"


@dataclass(frozen=True)
class DemoVisitors:
    """Who takes part, and the password that all of them have."""

    steward: Actor
    officer: Actor
    regulator: Actor
    password: str


def add_visits(session: Session, people: DemoVisitors, enterprise_id: int) -> None:
    """Make the example visits of an enterprise, through the same services as everybody."""
    _signed_visit(session, people, enterprise_id)
    _half_answered_visit(session, people, enterprise_id)
    plan = DrawPlan("示例：第四季度碳数据质量双随机检查", enterprise_count=1, inspectors_each=2)
    draw = announce_draw(session, people.regulator, plan)
    store_seed(session, people.regulator, draw.id)
    draw_lots(session, people.regulator, draw.id)


def _signed_visit(session: Session, people: DemoVisitors, enterprise_id: int) -> None:
    plan = VisitPlan(["carbon-steward-visit"], today() - timedelta(days=10), "1 号厂区", "示例碳管理员")
    visit = open_visit(session, people.steward, enterprise_id, plan)
    can_fail, given = 0, []
    for key, question in _questions(visit):
        can_fail += bool(question.findings) and question.answer_type == "yes_no"
        fails = can_fail and can_fail % EVERY_GAP == 0 and question.answer_type == "yes_no"
        given.append((key, "no", NOTE) if fails else (key, _good_answer(question), ""))
    _answer(session, people.steward, visit, given)
    sign_as_visitor(
        session, people.steward, enterprise_id, visit.id, visit.row_version, password=people.password
    )
    sign_as_enterprise(
        session,
        people.officer,
        enterprise_id,
        visit.id,
        visit.row_version,
        password=people.password,
        opinion="对事实无异议（示例）",
    )


def _half_answered_visit(session: Session, people: DemoVisitors, enterprise_id: int) -> None:
    plan = VisitPlan(["environment-steward-visit"], today(), "1 号厂区", "示例碳管理员")
    visit = open_visit(session, people.steward, enterprise_id, plan)
    questions = _questions(visit)
    given = [(key, _good_answer(question), "") for key, question in questions[: len(questions) // 3]]
    _answer(session, people.steward, visit, given)


def _questions(visit: Inspection) -> list[tuple[str, Question]]:
    return [
        (question_key(checklist.pack_id, question.id), question)
        for checklist in visit.checklists
        for question in pinned_pack(checklist.content).questions
    ]


def _good_answer(question: Question) -> str:
    """An answer that makes no finding; where only the enterprise could know, the question is left out."""
    if question.answer_type == "yes_no":
        return "yes" if "yes" not in [one for rule in question.findings for one in rule.answers] else "no"
    if question.answer_type == "choice":
        failing = {one for rule in question.findings for one in rule.answers}
        return next((option.code for option in question.options if option.code not in failing), "na")
    return "na"


def _answer(session: Session, actor: Actor, visit: Inspection, given: Sequence[tuple[str, str, str]]) -> None:
    """Keep question, value and note of each answer; all at once, for they are a tenth of the first start."""
    rows = [
        {
            "inspection_id": visit.id,
            "question": question,
            "value": value,
            "note": note,
            "idempotency_key": f"demo-{visit.id}-{number:04d}",
            "given_at": now(),
            "given_by_id": actor.user_id,
        }
        for number, (question, value, note) in enumerate(given)
    ]
    session.execute(sa.insert(Answer), rows)
