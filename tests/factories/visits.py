"""A small question pack and visits made with it, so that no test hangs on the shipped packs' wording."""

import io
from datetime import date

from PIL import Image
from sqlalchemy.orm import Session

from checklists.questions import AnswerRule, Area, Condition, Measure, Option, Question
from portal.domain.access import Actor
from portal.domain.periods import today
from portal.models.visits import Inspection
from portal.queries.visit_packs import PinnedPack, frozen_pack
from portal.services.visit_answers import AnswerSent, give_answer
from portal.services.visit_signing import sign_as_enterprise, sign_as_visitor
from portal.services.visits import VisitPlan, open_visit
from tests.factories.world import PASSWORD

PACK = "example-visit"


def question(name: str, kind: str = "yes_no", severity: str = "explain", **changes: object) -> Question:
    """A question that ``no`` fails, unless ``changes`` say otherwise."""
    values = {
        "id": name,
        "version": "1",
        "area": "meters",
        "clause": "6.2.1",
        "source": "示例依据",
        "confidence": "official",
        "text": f"示例问题 {name} 是否符合？",
        "text_en": f"Is example question {name} met?",
        "answer_type": kind,
        "evidence": "示例凭证",
        "evidence_en": "Example evidence",
        "weight": 3,
        "findings": (AnswerRule(severity, ("no",)),) if severity else (),  # type: ignore[arg-type]
    }
    return Question(**{**values, **changes})  # type: ignore[arg-type]  # typed by the caller's words


def example_pack() -> PinnedPack:
    """Two areas; Q-03 is asked when Q-02 is ``own``; Q-04 is a figure, Q-05 a date that may expire."""
    own = (Option("own", "有，自己检测", "Yes"), Option("none", "没有，全部委外", "No"))
    measure = Measure("补写化验室制度", "Write laboratory rules", "可追溯", "Traceable")
    return PinnedPack(
        id=PACK,
        version="1",
        title="示例检查包",
        title_en="Example pack",
        body="示例机关",
        legal_status="示例，严重程度和权重是平台的建议。",
        legal_status_en="Example; severities and weights are proposals.",
        source="示例来源",
        confidence="transcribed",
        areas=(Area("meters", "计量器具", "Meters"), Area("evidence", "存证", "Evidence")),
        questions=(
            question("Q-01", severity="blocking", weight=5),
            question("Q-02", "choice", "", options=own),
            question("Q-03", weight=1, depends_on=Condition("Q-02", ("own",)), measures=(measure,)),
            question("Q-04", "number", "", unit="台", area="evidence"),
            question("Q-05", "date", "", findings=(AnswerRule("note", expired=True),), area="evidence"),
            question("Q-06", area="evidence", confidence="unverified"),
        ),
    )


def make_visit(session: Session, actor: Actor, enterprise_id: int, day: date | None = None) -> Inspection:
    """An open visit with the example pack pinned in the place of a shipped one."""
    plan = VisitPlan(["carbon-steward-visit"], day or today(), "1 号厂区", "王示例")
    visit = open_visit(session, actor, enterprise_id, plan)
    pinned = visit.checklists[0]
    pinned.pack_id, pinned.content = PACK, frozen_pack(example_pack())
    session.flush()
    return visit


def key_of(name: str) -> str:
    """How the question is named on the visit."""
    return f"{PACK}:{name}"


def answer(
    session: Session, actor: Actor, visit: Inspection, name: str, value: str, note: str = "", age_ms: int = 0
) -> None:
    """Give one answer with a key of its own."""
    key = f"{name}-{value}-{age_ms}-{visit.id}".ljust(12, "x").replace(".", "_").replace(" ", "_")
    give_answer(
        session,
        actor,
        visit.enterprise_id,
        visit.id,
        AnswerSent(key_of(name), value, note, key, age_ms=age_ms),
    )


def make_signed_visit(session: Session, visitor: Actor, confirmer: Actor) -> Inspection:
    """A visit of the confirmer's enterprise with one gap (Q-01), signed by both sides."""
    visit = make_visit(session, visitor, confirmer.organisation_id or 0)
    answer(session, visitor, visit, "Q-01", "no")
    answer(session, visitor, visit, "Q-06", "yes")
    place = (visit.enterprise_id, visit.id)
    sign_as_visitor(session, visitor, *place, 1, password=PASSWORD)
    sign_as_enterprise(session, confirmer, *place, 2, password=PASSWORD, opinion="对事实无异议")
    return visit


def jpeg(colour: str = "#3F8F85", side: int = 400) -> io.BytesIO:
    """A small photo."""
    stream = io.BytesIO()
    Image.new("RGB", (side, side * 3 // 4), colour).save(stream, "JPEG")
    stream.seek(0)
    return stream
