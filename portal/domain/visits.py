"""A visit (上门服务) or inspection (现场检查): its moves, its questions, which answer counts, the score."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from portal.domain.access import Permission
from portal.domain.errors import Invalid, Refused
from portal.domain.messages import N_

YES, NO, NOT_APPLICABLE = "yes", "no", "na"
LONGEST_VALUE, LONGEST_NOTE = 500, 2000
#: Photos that one question takes; more belong into the enterprise's evidence.
MOST_PHOTOS = 12


class InspectionKind(StrEnum):
    """Who comes: a steward to serve, or the authority to inspect."""

    SERVICE = "service"
    INSPECTION = "inspection"


class InspectionState(StrEnum):
    """Where a visit stands."""

    OPEN = "open"
    VISITOR_SIGNED = "visitor_signed"
    SIGNED = "signed"


class InspectionAction(StrEnum):
    """What can be done with a visit."""

    ANSWER = "answer"
    FINISH = "finish"
    REOPEN = "reopen"
    CONFIRM = "confirm"
    DECLINE = "decline"


class Side(StrEnum):
    """The two who sign."""

    VISITOR = "visitor"
    ENTERPRISE = "enterprise"


class AnswerType(StrEnum):
    """What an answer looks like."""

    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    CHOICE = "choice"


_S, _A = InspectionState, InspectionAction
#: The only table of a visit's moves: (state, action) → (next state, permission).
TRANSITIONS: Final[Mapping[tuple[InspectionState, InspectionAction], tuple[InspectionState, Permission]]] = {
    (_S.OPEN, _A.ANSWER): (_S.OPEN, Permission.VISIT_CONDUCT),
    (_S.OPEN, _A.FINISH): (_S.VISITOR_SIGNED, Permission.VISIT_CONDUCT),
    (_S.VISITOR_SIGNED, _A.REOPEN): (_S.OPEN, Permission.VISIT_CONDUCT),
    (_S.VISITOR_SIGNED, _A.CONFIRM): (_S.SIGNED, Permission.VISIT_SIGN),
    (_S.VISITOR_SIGNED, _A.DECLINE): (_S.SIGNED, Permission.VISIT_CONDUCT),
}


def next_state(state: InspectionState, action: InspectionAction) -> InspectionState:
    """Where ``action`` leads from ``state``; raises Refused when the table has no such move."""
    move = TRANSITIONS.get((state, action))
    if move is None:
        if state is InspectionState.SIGNED:
            raise Refused(N_("这次检查双方已签字，不能再改"), path="state")
        if action is InspectionAction.ANSWER:
            raise Refused(N_("检查人已签字；要改答案请先撤回签字"), path="state")
        raise Refused(N_("这次检查现在不能这样做"), path="state")
    return move[0]


@dataclass(frozen=True)
class Option:
    """An answer that can be chosen."""

    value: str
    label: str
    label_en: str


@dataclass(frozen=True)
class Question:
    """One question of a pinned pack version.

    ``findings`` maps the answers that make a finding to its severity (blocking, explain, note); a
    question without any is noted but not scored. ``shown_when`` names the answers of ``depends_on``
    (a question of the same checklist) for which it is asked. ``weight`` has no unit.
    """

    key: str
    id: str
    area: str
    area_en: str
    text: str
    text_en: str
    clause: str
    source: str
    confidence: str
    evidence: str
    evidence_en: str
    type: AnswerType
    weight: Decimal
    allows_na: bool = False
    unit: str = ""
    options: tuple[Option, ...] = ()
    findings: Mapping[str, str] = field(default_factory=dict)
    depends_on: str = ""
    shown_when: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The question as it is frozen into a checklist."""
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "type": self.type.value,
            "weight": format(self.weight, "f"),
            "allows_na": self.allows_na,
            "options": [[one.value, one.label, one.label_en] for one in self.options],
            "findings": dict(self.findings),
            "shown_when": list(self.shown_when),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Question":
        """Read what ``as_json`` wrote."""
        return cls(
            **{name: str(data[name]) for name in _TEXTS},
            type=AnswerType(data["type"]),
            weight=Decimal(data["weight"]),
            allows_na=bool(data["allows_na"]),
            options=tuple(Option(*one) for one in data["options"]),
            findings=dict(data["findings"]),
            shown_when=tuple(data["shown_when"]),
        )


_TEXTS: Final = (
    *("key", "id", "area", "area_en", "text", "text_en", "clause", "source", "confidence"),
    *("evidence", "evidence_en", "unit", "depends_on"),
)


@dataclass(frozen=True)
class Given:
    """An answer as somebody gave it; ``id`` is the order in which the portal received it."""

    id: int
    question: str
    value: str
    note: str
    at: datetime
    by: str
    device: str = ""


def check_value(question: Question, value: str) -> str:
    """The answer in its one form; raises Invalid (path ``value``) when the question does not take it.

    An empty text takes an answer back. n/a is taken only where the question allows it.
    """
    value = value.replace("\0", "").strip()
    if value == "":
        return ""
    if value == NOT_APPLICABLE:
        if question.allows_na:
            return value
        raise Invalid(N_("这一题不能答“不适用”"), path="value")
    if len(value) > LONGEST_VALUE:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_VALUE}, path="value")
    match question.type:
        case AnswerType.YES_NO if value not in {YES, NO}:
            raise Invalid(N_("请从列出的选项中选择"), path="value")
        case AnswerType.CHOICE if value not in {one.value for one in question.options}:
            raise Invalid(N_("请从列出的选项中选择"), path="value")
        case AnswerType.NUMBER:
            return _number(value)
        case AnswerType.DATE:
            return _date(value)
    return value


def _number(value: str) -> str:
    try:
        number = Decimal(value.replace(",", ""))
    except InvalidOperation:
        raise Invalid(N_("要填数字，例如 121,530.67"), path="value") from None
    exponent = number.as_tuple().exponent
    if not number.is_finite() or number.adjusted() > 15 or not isinstance(exponent, int) or exponent < -12:
        raise Invalid(N_("要填数字，例如 121,530.67"), path="value")
    return format(number, "f")


def _date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Invalid(N_("日期要写成 2026-11-22 的样子"), path="value") from None


def moment_given(received: datetime, age_ms: int) -> datetime:
    """When an answer was given: ``age_ms`` milliseconds before ``received``, by one clock.

    The browser sends how long ago it was, not what its clock says, so that a wrong clock on one of two
    phones does not decide which answer counts. A negative age counts as none.
    """
    return received - timedelta(milliseconds=max(age_ms, 0))


def answers_in_force(given: Iterable[Given]) -> dict[str, Given]:
    """The answer that counts for each question: the one given last, not the one received last."""
    newest: dict[str, Given] = {}
    for answer in given:
        other = newest.get(answer.question)
        if other is None or (answer.at, answer.id) > (other.at, other.id):
            newest[answer.question] = answer
    return newest


def shown_questions(questions: Sequence[Question], values: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions that apply: those whose parent applies and was answered so that they are asked."""
    by_key = {question.key: question for question in questions}
    shown: dict[str, bool] = {}

    def applies(question: Question) -> bool:
        if question.key not in shown:
            shown[question.key] = False  # a circle of dependencies shows nothing
            parent = by_key.get(question.depends_on)
            shown[question.key] = not question.depends_on or (
                parent is not None and applies(parent) and values.get(parent.key, "") in question.shown_when
            )
        return shown[question.key]

    return tuple(question for question in questions if applies(question))


@dataclass(frozen=True)
class AreaScore:
    """One area, or all of them: how many questions, what became of them, the points out of 100."""

    area: str
    area_en: str
    asked: int
    applicable: int
    met: int
    not_met: int
    unanswered: int
    score: Decimal | None


@dataclass(frozen=True)
class Score:
    """The score of a visit: ``total`` over everything, ``areas`` in the packs' order."""

    total: AreaScore
    areas: tuple[AreaScore, ...]
    conclusion: str


def score_visit(questions: Sequence[Question], values: Mapping[str, str]) -> Score:
    """Points by area and in all: Σ(weight of met) ÷ Σ(weight of applicable and answered) × 100.

    A proposal of the portal, no official rule: a figure, date or text is noted and not scored, n/a and
    questions without an answer do not count. One failed question of blocking severity makes the
    conclusion ``rectify`` whatever the points; other failures make it ``gaps``, none ``met``.
    """
    shown = shown_questions(questions, values)
    areas: dict[str, list[Question]] = {}
    for question in shown:
        areas.setdefault(question.area, []).append(question)
    failed = {values.get(q.key, "") and q.findings.get(values.get(q.key, ""), "") for q in shown} - {""}
    conclusion = "rectify" if "blocking" in failed else "gaps" if failed else "met"
    return Score(
        total=_score("", "", shown, values),
        areas=tuple(_score(name, asked[0].area_en, asked, values) for name, asked in areas.items()),
        conclusion=conclusion,
    )


def _score(area: str, area_en: str, questions: Sequence[Question], values: Mapping[str, str]) -> AreaScore:
    counted = [q for q in questions if q.findings and values.get(q.key, "") not in {"", NOT_APPLICABLE}]
    met = [q for q in counted if values[q.key] not in q.findings]
    whole = sum((q.weight for q in counted), Decimal(0))
    points = sum((q.weight for q in met), Decimal(0)) / whole * 100 if whole else None
    return AreaScore(
        area=area,
        area_en=area_en,
        asked=len(questions),
        applicable=len(counted),
        met=len(met),
        not_met=len(counted) - len(met),
        unanswered=sum(1 for q in questions if not values.get(q.key, "")),
        score=None if points is None else points.quantize(Decimal("0.1"), ROUND_HALF_UP),
    )


@dataclass(frozen=True)
class Gap:
    """A finding that an answer makes."""

    question: Question
    severity: str
    value: str
    note: str


def gaps_of(questions: Sequence[Question], answers: Mapping[str, Given]) -> tuple[Gap, ...]:
    """The findings that the answers in force make, heaviest first, then in the order of the packs."""
    values = {key: answer.value for key, answer in answers.items()}
    order = ("blocking", "explain", "note")
    found = [
        Gap(q, q.findings[values[q.key]], values[q.key], answers[q.key].note)
        for q in shown_questions(questions, values)
        if values.get(q.key, "") in q.findings
    ]
    return tuple(sorted(found, key=lambda gap: order.index(gap.severity)))
