"""Questions that a person answers on a visit: what they are, which are asked, and what an answer means.

Pure: a visit keeps the answers; everything that follows from them is told here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, NamedTuple

from checklists.grades import SEVERITIES, Confidence, Severity

AnswerType = Literal["yes_no", "choice", "number", "date", "text"]
ANSWER_TYPES: Final[tuple[AnswerType, ...]] = ("yes_no", "choice", "number", "date", "text")

YES: Final = "yes"
NO: Final = "no"
NOT_APPLICABLE: Final = "na"  #: allowed for every answer type; the question then does not count

#: Answers as they are kept: ``yes`` ``no`` ``na``, an option's code, a plain decimal, an ISO date, a text.
Answers = Mapping[str, str]


@dataclass(frozen=True)
class Measure:
    """A way to mend a gap that a finding proposes, with the effect to be expected of it."""

    text: str
    text_en: str
    effect: str
    effect_en: str


@dataclass(frozen=True)
class Area:
    """A group of questions with a score of its own."""

    code: str
    title: str
    title_en: str


@dataclass(frozen=True)
class Option:
    """One answer of a choice."""

    code: str
    text: str
    text_en: str


@dataclass(frozen=True)
class AnswerRule:
    """Which answers make a finding, and how severe it is.

    ``answers`` are codes (``no``, an option's code); a number is a finding ``below`` or ``above``
    a limit; a date when it lies before the day of the visit (``expired``). One of them is set.
    """

    severity: Severity
    answers: tuple[str, ...] = ()
    below: Decimal | None = None
    above: Decimal | None = None
    expired: bool = False

    def meets(self, answer: str, day: date) -> bool:
        """Whether ``answer`` is one that this rule is about; ``day`` is the day of the visit."""
        if answer in self.answers:
            return True
        if self.expired:
            return date.fromisoformat(answer) < day
        if self.below is None and self.above is None:
            return False
        number = Decimal(answer)
        return (self.below is not None and number < self.below) or (
            self.above is not None and number > self.above
        )


@dataclass(frozen=True)
class Condition:
    """A question is asked when an earlier one was answered with one of ``answers``."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question of a pack.

    ``text`` asks in one sentence; ``evidence`` says what is usually shown. ``weight`` counts in
    the score. ``unit`` stands behind the number that is asked for, empty for the other types.
    ``measures`` are ways to mend what a finding says.
    """

    id: str
    version: str
    area: str
    clause: str
    source: str
    confidence: Confidence
    text: str
    text_en: str
    answer_type: AnswerType
    evidence: str
    evidence_en: str
    weight: int
    findings: tuple[AnswerRule, ...]
    options: tuple[Option, ...] = ()
    unit: str = ""
    depends_on: Condition | None = None
    measures: tuple[Measure, ...] = ()

    @property
    def severity(self) -> Severity:
        """The heaviest severity that an answer can have; ``note`` when none makes a finding."""
        found = [rule.severity for rule in self.findings]
        return min(found, key=SEVERITIES.index, default="note")


class Score(NamedTuple):
    """How a list of questions went: weights met and asked, and how many are still open.

    ``share`` is met / asked, or None when nothing that counts has been answered.
    """

    met: int
    asked: int
    open: int

    @property
    def share(self) -> Decimal | None:
        """Share of the weights that were met, 0 … 1; unrounded."""
        return Decimal(self.met) / Decimal(self.asked) if self.asked else None


def is_valid(question: Question, answer: str) -> bool:
    """Whether ``answer`` is one that ``question`` can have; a blank is not an answer."""
    if answer == NOT_APPLICABLE:
        return True
    if question.answer_type == "yes_no":
        return answer in {YES, NO}
    if question.answer_type == "choice":
        return answer in {option.code for option in question.options}
    if question.answer_type == "text":
        return bool(answer.strip())
    try:
        return _parses(question.answer_type, answer)
    except (ValueError, InvalidOperation):
        return False


def _parses(answer_type: AnswerType, answer: str) -> bool:
    if answer_type == "date":
        return bool(date.fromisoformat(answer))
    return Decimal(answer).is_finite()


def asked(questions: Iterable[Question], answers: Answers) -> tuple[Question, ...]:
    """The questions that are to be answered, given the answers so far.

    A question whose condition is not met, or whose condition's question is itself not asked, is left out.
    """
    found: dict[str, Question] = {}
    for question in questions:
        condition = question.depends_on
        if condition is None or (
            condition.question in found and answers.get(condition.question) in condition.answers
        ):
            found[question.id] = question
    return tuple(found.values())


def finding_of(question: Question, answer: str, day: date) -> Severity | None:
    """The severity of the finding that ``answer`` makes on the visit's ``day``, or None.

    An answer that is not valid, or ``na``, makes none.
    """
    if answer == NOT_APPLICABLE or not is_valid(question, answer):
        return None
    met = [rule.severity for rule in question.findings if rule.meets(answer, day)]
    return min(met, key=SEVERITIES.index, default=None)


def score(questions: Iterable[Question], answers: Answers, day: date) -> Score:
    """Add up the weights of what is asked; an answer without a finding meets its own, ``na`` has none."""
    return _added(asked(questions, answers), answers, day)


def scores_by_area(questions: Iterable[Question], answers: Answers, day: date) -> dict[str, Score]:
    """The score of each area, in the order of the questions."""
    by_area: dict[str, list[Question]] = {}
    for question in asked(questions, answers):
        by_area.setdefault(question.area, []).append(question)
    return {area: _added(listed, answers, day) for area, listed in by_area.items()}


def _added(questions: Iterable[Question], answers: Answers, day: date) -> Score:
    met = weights = unanswered = 0
    for question in questions:
        answer = answers.get(question.id, "")
        if not is_valid(question, answer):
            unanswered += 1
        elif answer != NOT_APPLICABLE and question.findings:
            weights += question.weight
            met += 0 if finding_of(question, answer, day) else question.weight
    return Score(met, weights, unanswered)
