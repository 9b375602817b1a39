"""What a visit amounts to: the questions that apply, the answers in force, the score, the gaps.

Pure: from pinned packs and answers. The page, the signed content and the report all read this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from checklists.grades import SEVERITIES, Severity
from checklists.questions import NOT_APPLICABLE, Question, asked, finding_of
from portal.domain.visits import Given
from portal.queries.visit_packs import PinnedPack

Outcome = Literal["met", "gap", "noted", "not_applicable", "open"]
Conclusion = Literal["met", "gaps", "rectify"]
#: The one digit after the point that a score is shown with.
_TENTH: Final = Decimal("0.1")


@dataclass(frozen=True)
class Item:
    """A question on a visit. ``shown`` is False while the answer that it depends on leaves it out."""

    key: str
    pack: PinnedPack
    question: Question
    given: Given | None
    shown: bool
    severity: Severity | None

    @property
    def value(self) -> str:
        """The answer in force; empty when there is none."""
        return self.given.value if self.given else ""

    @property
    def outcome(self) -> Outcome:
        """What the answer means for the score; a question that no answer can fail is only noted."""
        if not self.value:
            return "open"
        if self.value == NOT_APPLICABLE:
            return "not_applicable"
        if self.severity:
            return "gap"
        return "met" if self.question.findings else "noted"


@dataclass(frozen=True)
class Tally:
    """One area, or everything: counts of questions, and points out of 100 with one digit."""

    title: str
    title_en: str
    asked: int
    applicable: int
    met: int
    gaps: int
    noted: int
    not_applicable: int
    open: int
    points: Decimal | None


@dataclass(frozen=True)
class VisitSheet:
    """Every question of a visit with its answer, and what follows."""

    items: tuple[Item, ...]
    areas: tuple[Tally, ...]
    total: Tally
    conclusion: Conclusion

    @property
    def shown(self) -> tuple[Item, ...]:
        """The questions that apply."""
        return tuple(item for item in self.items if item.shown)

    @property
    def gaps(self) -> tuple[Item, ...]:
        """The answers that make a finding, heaviest first."""
        found = [item for item in self.shown if item.outcome == "gap"]
        return tuple(sorted(found, key=lambda item: SEVERITIES.index(item.severity or "note")))

    def item(self, key: str) -> Item | None:
        """The question with this key."""
        return next((item for item in self.items if item.key == key), None)


def question_key(pack_id: str, question_id: str) -> str:
    """How a question is named across the packs of a visit."""
    return f"{pack_id}:{question_id}"


def visit_sheet(packs: Sequence[PinnedPack], answers: Mapping[str, Given], day: date) -> VisitSheet:
    """Lay the answers in force to the questions; ``day`` is the day of the visit (Shanghai).

    Points are Σ(weight of met) ÷ Σ(weight of applicable and answered) × 100, rounded half up to one
    digit; weights and this formula are the portal's proposal, no official rule. One gap of blocking
    severity makes the conclusion ``rectify`` whatever the points.
    """
    items: list[Item] = []
    areas: list[Tally] = []
    for pack in packs:
        mine = _items(pack, answers, day)
        items += mine
        for code in dict.fromkeys(item.question.area for item in mine if item.shown):
            area = pack.area(code)
            listed = [item for item in mine if item.question.area == code]
            areas.append(_tally(area.title, area.title_en, listed))
    found = {item.severity for item in items if item.shown and item.severity}
    return VisitSheet(
        items=tuple(items),
        areas=tuple(areas),
        total=_tally("合计", "Total", items),
        conclusion="rectify" if "blocking" in found else "gaps" if found else "met",
    )


def _items(pack: PinnedPack, answers: Mapping[str, Given], day: date) -> list[Item]:
    given = {question.id: answers.get(question_key(pack.id, question.id)) for question in pack.questions}
    values = {name: answer.value for name, answer in given.items() if answer and answer.value}
    shown = {question.id for question in asked(pack.questions, values)}
    return [
        Item(
            key=question_key(pack.id, question.id),
            pack=pack,
            question=question,
            given=given[question.id],
            shown=question.id in shown,
            severity=finding_of(question, values.get(question.id, ""), day),
        )
        for question in pack.questions
    ]


def _tally(title: str, title_en: str, items: Sequence[Item]) -> Tally:
    shown = [item for item in items if item.shown]
    count = {
        name: sum(1 for item in shown if item.outcome == name)
        for name in ("met", "gap", "noted", "not_applicable", "open")
    }
    counted = [item for item in shown if item.outcome in {"met", "gap"}]
    weights = sum(item.question.weight for item in counted)
    met = sum(item.question.weight for item in counted if item.outcome == "met")
    points = Decimal(met) / Decimal(weights) * 100 if weights else None
    return Tally(
        title=title,
        title_en=title_en,
        asked=len(shown),
        applicable=count["met"] + count["gap"],
        met=count["met"],
        gaps=count["gap"],
        noted=count["noted"],
        not_applicable=count["not_applicable"],
        open=count["open"],
        points=None if points is None else points.quantize(_TENTH, ROUND_HALF_UP),
    )
