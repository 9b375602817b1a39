"""Question packs for visits: which there are, and how one is copied into a checklist and read back.

A checklist keeps the questions as they were on the day, so that a visit that is resumed a month later,
or read years later, asks what it asked then.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from checklists.loader import load_pack, pack_ids
from checklists.model import CheckPack
from checklists.questions import AnswerRule, Area, Condition, Measure, Option, Question
from portal.domain.periods import Month
from portal.queries.packs_in_force import packs_in_force

_HEAD = (
    *("title", "title_en", "body", "legal_status", "legal_status_en", "source", "confidence"),
    *("id", "version"),
)


@dataclass(frozen=True)
class PinnedPack:
    """A pack as it stands in a checklist."""

    id: str
    version: str
    title: str
    title_en: str
    body: str
    legal_status: str
    legal_status_en: str
    source: str
    confidence: str
    areas: tuple[Area, ...]
    questions: tuple[Question, ...]

    def area(self, code: str) -> Area:
        """The area with this code; raises KeyError."""
        return next((area for area in self.areas if area.code == code), Area(code, code, code))


def visit_packs(session: Session, day: date) -> tuple[CheckPack, ...]:
    """The packs that are asked on a visit on this day, each in the version that holds in its month."""
    in_force = packs_in_force(session, shipped_visit_packs(), str(Month.of(day)))
    return tuple(pack for pack in in_force if pack.questions)


@cache
def shipped_visit_packs() -> tuple[str, ...]:
    """Ids of the packs of the library that are asked on a visit."""
    packs = (load_pack(pack_id) for pack_id in pack_ids())
    return tuple(pack.id for pack in packs if pack.occasion == "visit" and pack.questions)


def frozen_pack(pack: CheckPack | PinnedPack) -> dict[str, Any]:
    """Plain data of a pack, to be kept in a checklist."""
    return {
        **{name: str(getattr(pack, name)) for name in _HEAD},
        "areas": [asdict(area) for area in pack.areas],
        "questions": [_plain(asdict(question)) for question in pack.questions],
    }


def pinned_pack(content: Mapping[str, Any]) -> PinnedPack:
    """The pack that ``frozen_pack`` wrote."""
    return PinnedPack(
        **{name: str(content[name]) for name in _HEAD},
        areas=tuple(Area(**area) for area in content["areas"]),
        questions=tuple(_question(item) for item in content["questions"]),
    )


def pinned_question(content: Mapping[str, Any], question_id: str) -> Question | None:
    """One question of the pack that ``frozen_pack`` wrote; None when it has no such question."""
    found = (item for item in content["questions"] if item["id"] == question_id)
    return next((_question(item) for item in found), None)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return format(value, "f") if isinstance(value, Decimal) else value


def _question(item: Mapping[str, Any]) -> Question:
    condition = item["depends_on"]
    return Question(
        **{
            **item,
            "findings": tuple(_rule(rule) for rule in item["findings"]),
            "options": tuple(Option(**option) for option in item["options"]),
            "measures": tuple(Measure(**measure) for measure in item["measures"]),
            "depends_on": Condition(condition["question"], tuple(condition["answers"]))
            if condition
            else None,
        }
    )


def _rule(rule: Mapping[str, Any]) -> AnswerRule:
    below, above = (None if rule[name] is None else Decimal(rule[name]) for name in ("below", "above"))
    return AnswerRule(rule["severity"], tuple(rule["answers"]), below, above, bool(rule["expired"]))
