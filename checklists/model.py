"""What a check pack, a check and the outcome of a check are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from checklists.expression import Expression
from checklists.grades import CONFIDENCES, SEVERITIES, Confidence, Severity
from checklists.questions import Area, Measure, Question

__all__ = [
    "CONFIDENCES", "OCCASIONS", "RESULTS", "SEVERITIES",
    "Area", "Case", "Check", "CheckPack", "Confidence", "Measure", "Occasion", "Outcome", "Per",
    "Question", "Result", "Setting", "Severity", "Template",
]  # fmt: skip

Result = Literal["passed", "failed", "not_applicable", "undecidable"]
Per = Literal["record", "row", "slot", "stream"]
Occasion = Literal["month", "plan", "visit", "disclosure"]

#: From the heaviest, for telling the worst of several outcomes.
RESULTS: Final[tuple[Result, ...]] = ("failed", "undecidable", "passed", "not_applicable")
OCCASIONS: Final[tuple[Occasion, ...]] = ("month", "plan", "visit", "disclosure")


@dataclass(frozen=True)
class Setting:
    """A figure of a check that a regulator may change; ``confidence`` tells how well it is founded."""

    name: str
    value: object
    title: str
    title_en: str
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class Template:
    """A text with places, cut up once: ``parts`` alternate plain text and (expression, format)."""

    source: str
    parts: tuple[str | tuple[Expression, str], ...]


@dataclass(frozen=True)
class Case:
    """An example inside the pack: the base facts with changes, and what the check must say.

    ``at`` names one subject (a cell, a slot's or a stream's code); without it the worst outcome counts.
    """

    name: str
    outcome: Result
    at: str = ""
    put: Mapping[str, object] = field(default_factory=dict)
    blank: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Check:
    """One rule. ``expression`` or ``predicate`` says what must hold wherever ``applies`` is true.

    ``reads`` are paths of the facts (``row.value``); ``parameters`` and ``categories`` are what
    ``applies`` narrows the rows to, empty when it does not. ``points_to`` says where a gap is mended.
    """

    id: str
    version: str
    title: str
    title_en: str
    clause: str
    source: str
    confidence: Confidence
    severity: Severity
    per: Per
    applies: Expression | None
    applies_words: str
    expression: Expression | None
    predicate: str
    settings: Mapping[str, Setting]
    message: Template
    message_en: Template
    expected: Template
    expected_en: Template
    actual: Template
    actual_en: Template
    mend: str
    mend_en: str
    points_to: str
    reads: tuple[str, ...]
    parameters: frozenset[str]
    cases: tuple[Case, ...]
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class CheckPack:
    """Checks and questions issued together; ``base`` are the facts that its cases start from.

    ``occasion`` says when the pack is asked. A pack of the month applies to the accounting
    guidelines whose ids begin with one of ``guidelines``, to all of them when it names none.
    """

    id: str
    version: str
    title: str
    title_en: str
    body: str
    legal_status: str
    legal_status_en: str
    source: str
    confidence: Confidence
    valid_from: date
    valid_to: date | None
    checks: tuple[Check, ...]
    base: Mapping[str, Any] = field(repr=False, default_factory=dict)
    areas: tuple[Area, ...] = ()
    questions: tuple[Question, ...] = ()
    occasion: Occasion = "month"
    guidelines: tuple[str, ...] = ()

    def check(self, check_id: str) -> Check:
        """The check with this id; raises KeyError."""
        try:
            return next(check for check in self.checks if check.id == check_id)
        except StopIteration:
            raise KeyError(check_id) from None

    def question(self, question_id: str) -> Question:
        """The question with this id; raises KeyError."""
        try:
            return next(question for question in self.questions if question.id == question_id)
        except StopIteration:
            raise KeyError(question_id) from None

    def applies_to(self, guideline: str) -> bool:
        """Whether a month that is accounted by ``guideline`` is asked this pack."""
        return not self.guidelines or guideline.startswith(self.guidelines)


@dataclass(frozen=True)
class Outcome:
    """What one check said about one subject.

    ``subject`` is the cell, slot or stream code that was asked about, empty for the month as a
    whole; ``cell``, ``slot`` and ``section`` are where a gap is mended, or else ``page`` (``plan``,
    ``record``, ``result``, ``findings``). Texts are filled in.
    ``missing`` are the paths of the data that an undecidable check lacks (``/row.value``: a divisor worked
    out from it is zero), ``values`` what it looked at.
    """

    check_id: str
    check_version: str
    outcome: Result
    severity: Severity
    subject: str
    cell: str
    slot: str
    section: str
    page: str
    title: str
    title_en: str
    message: str
    message_en: str
    expected: str
    expected_en: str
    actual: str
    actual_en: str
    missing: tuple[str, ...]
    values: Mapping[str, object]
    clause: str
    source: str
    confidence: Confidence
    mend: str
    mend_en: str

    @property
    def is_gap(self) -> bool:
        """Whether a finding is opened: a failure, or a blocking check that lacks a datum."""
        return self.outcome == "failed" or (self.outcome == "undecidable" and self.severity == "blocking")
