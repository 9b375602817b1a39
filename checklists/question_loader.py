"""The questions of a pack, read from its TOML."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from checklists.grades import SEVERITIES
from checklists.pack_file import PackFile
from checklists.questions import ANSWER_TYPES, NO, YES, AnswerRule, Area, Condition, Option, Question
from portal.domain.messages import N_

_QUESTION_KEYS: Final = frozenset(
    {
        "id",
        "area",
        "clause",
        "source",
        "confidence",
        "text",
        "text_en",
        "answer_type",
        "evidence",
        "evidence_en",
    }
    | {"weight", "findings", "options", "unit", "depends_on", "measures"}
)
_AREA_KEYS: Final = frozenset({"code", "title", "title_en"})
_OPTION_KEYS: Final = frozenset({"code", "text", "text_en"})
_RULE_KEYS: Final = frozenset({"severity", "answers", "below", "above", "expired"})
_CONDITION_KEYS: Final = frozenset({"question", "answers"})
_HEAVIEST: Final = 5


def read_areas(file: PackFile, raw: Mapping[str, Any]) -> tuple[Area, ...]:
    """The areas of a pack's questions; raises PackError."""
    areas = []
    for index, item in enumerate(file.tables(raw, "areas")):
        key = f"areas[{index}]"
        file.known(item, _AREA_KEYS, key)
        areas.append(Area(*(file.text(item, name, key) for name in ("code", "title", "title_en"))))
    return tuple(areas)


def read_questions(
    file: PackFile, raw: Mapping[str, Any], areas: Sequence[Area], version: str
) -> tuple[Question, ...]:
    """The questions of a pack in their order; raises PackError."""
    codes = tuple(area.code for area in areas)
    sources = raw.get("sources", {})
    found: dict[str, Question] = {}
    for item in file.tables(raw, "questions"):
        file.at = ""
        file.at = file.text(item, "id")
        if file.at in found:
            raise file.wrong("id", N_("编号重复：%(ids)s"), ids=file.at)
        question = _question(file, item, codes, sources, version)
        _earlier(file, question, found)
        found[question.id] = question
    file.at = ""
    return tuple(found.values())


def _question(
    file: PackFile, raw: Mapping[str, Any], areas: tuple[str, ...], sources: Mapping[str, str], version: str
) -> Question:
    file.known(raw, _QUESTION_KEYS)
    source = file.text(raw, "source")
    weight = raw.get("weight")
    if type(weight) is not int or not 1 <= weight <= _HEAVIEST:
        raise file.wrong("weight", N_("要是 1 到 %(most)s 的整数"), most=_HEAVIEST)
    answer_type = file.one_of(raw, "answer_type", ANSWER_TYPES)
    options = _options(file, raw)
    if (answer_type == "choice") != bool(options):
        raise file.wrong("options", N_("choice 要有选项，其他类型不写选项"))
    codes = tuple(option.code for option in options) if options else (YES, NO)
    return Question(
        id=file.at,
        version=version,
        area=file.one_of(raw, "area", areas),
        clause=file.text(raw, "clause"),
        source=sources.get(source, source),
        confidence=file.confidence(raw),
        text=file.text(raw, "text"),
        text_en=file.text(raw, "text_en"),
        answer_type=answer_type,
        evidence=file.text(raw, "evidence"),
        evidence_en=file.text(raw, "evidence_en"),
        weight=weight,
        findings=tuple(
            _rule(file, item, f"findings[{index}]", answer_type, codes)
            for index, item in enumerate(file.tables(raw, "findings"))
        ),
        options=options,
        unit=raw.get("unit", ""),
        depends_on=_condition(file, raw),
        measures=file.measures(raw),
    )


def _options(file: PackFile, raw: Mapping[str, Any]) -> tuple[Option, ...]:
    options = []
    for index, item in enumerate(file.tables(raw, "options")):
        key = f"options[{index}]"
        file.known(item, _OPTION_KEYS, key)
        options.append(Option(*(file.text(item, name, key) for name in ("code", "text", "text_en"))))
    return tuple(options)


def _rule(
    file: PackFile, raw: Mapping[str, Any], key: str, answer_type: str, codes: tuple[str, ...]
) -> AnswerRule:
    """One rule; what it asks of an answer must suit the answer's type."""
    file.known(raw, _RULE_KEYS, key)
    suits = {
        "yes_no": {"answers"},
        "choice": {"answers"},
        "number": {"below", "above"},
        "date": {"expired"},
        "text": set(),
    }
    asked = set(raw) - {"severity"}
    answers = file.texts(raw, "answers", key)
    if not asked or not asked <= suits[answer_type] or not set(answers) <= set(codes):
        raise file.wrong(key, N_("与 %(type)s 类的答案不相称"), type=answer_type)
    return AnswerRule(
        severity=file.one_of(raw, "severity", SEVERITIES, key),
        answers=answers,
        below=_decimal(raw.get("below")),
        above=_decimal(raw.get("above")),
        expired=raw.get("expired", False) is True,
    )


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _condition(file: PackFile, raw: Mapping[str, Any]) -> Condition | None:
    item = raw.get("depends_on")
    if item is None:
        return None
    if not isinstance(item, dict):
        raise file.wrong("depends_on", N_("要写成 { question = …, answers = […] }"))
    file.known(item, _CONDITION_KEYS, "depends_on")
    return Condition(file.text(item, "question", "depends_on"), file.texts(item, "answers", "depends_on"))


def _earlier(file: PackFile, question: Question, found: Mapping[str, Question]) -> None:
    """A condition asks about a question that stands before, and about answers that it can have."""
    condition = question.depends_on
    if condition is None:
        return
    asked = found.get(condition.question)
    if asked is None or not condition.answers:
        raise file.wrong("depends_on", N_("要是排在前面的一个问题，并写明答案"))
    codes = {option.code for option in asked.options} or {YES, NO}
    if asked.answer_type not in {"yes_no", "choice"} or not set(condition.answers) <= codes:
        raise file.wrong("depends_on", N_("问题 %(question)s 没有这样的答案"), question=asked.id)
