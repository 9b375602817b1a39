"""The combined registration as rules: what is missing or wrong, which task can be done, what may be edited.

Answers are what forms keep: texts, lists of texts, dates as ``2026-11-22``. A list section keeps
``{"rows": [{"id": "1", …}], "none": False}``; the evidence section ``{"licence": [file ids], …}``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default_of
from datetime import date
from enum import StrEnum
from typing import Any

from stdnum.cn import uscc as _uscc

from portal.domain.messages import N_
from portal.domain.registration_questions import (
    FILE_SLOTS,
    SECTIONS,
    Kind,
    Question,
    SectionSpec,
)
from portal.domain.workflow import Decision, RegistrationState

Answers = Mapping[str, Any]

_SHAPES: Mapping[Kind, tuple[re.Pattern[str], str]] = {
    Kind.INDUSTRY: (re.compile(r"\d{4}"), N_("行业代码是 4 位数字，例如 3120")),
    Kind.PERMIT: (
        re.compile(r"[0-9A-Z]{18}\d{3}[A-Z]"),
        N_("编号是 22 位：18 位统一社会信用代码、3 位数字、1 位大写字母"),
    ),
    Kind.OUTLET: (re.compile(r"(DA|DW|YS)\d{3,4}"), N_("编号写成 DA003、DW001 的样子，与许可证一致")),
    Kind.CODE: (re.compile(r"[0-9A-Za-z#._-]+"), N_("编号只用字母、数字和 # . _ -")),
    Kind.PHONE: (re.compile(r"\+?[0-9][0-9 -]{5,}"), N_("电话只用数字、空格和短横，例如 0572-2000000")),
    Kind.EMAIL: (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}"), N_("邮箱写成 name@example.cn 的样子")),
}
#: Which medium the first letters of an outlet's code stand for.
_OUTLET_MEDIA = {"DA": "air", "DW": "water", "YS": "water"}


class GapKind(StrEnum):
    """Whether something was not filled in yet, or cannot stay as it is."""

    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Gap:
    """One thing that stands between a section and being complete."""

    kind: GapKind
    message: str
    question: str = ""
    row: str = ""
    params: Mapping[str, object] = default_of(default_factory=dict)


class TaskState(StrEnum):
    """Tag of a task."""

    LOCKED = "locked"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    NEEDS_ATTENTION = "needs_attention"
    RETURNED = "returned"


@dataclass(frozen=True)
class Task:
    """A section as it stands."""

    spec: SectionSpec
    number: int
    state: TaskState
    gaps: tuple[Gap, ...]
    editable: bool
    waits_for: tuple[str, ...] = ()
    filled: int = 0
    wanted: int = 0


@dataclass(frozen=True)
class Filed:
    """What is kept of one section."""

    answers: Answers
    decision: Decision = Decision.UNDECIDED
    comment: str = ""
    #: Faults that only the database knows, such as a code that is taken.
    faults: tuple[Gap, ...] = ()


def uscc_is_right(text: str) -> bool:
    """Whether ``text`` is a 统一社会信用代码 with the right check digit (GB 32100-2015)."""
    return bool(_uscc.is_valid(text))


def asked(question: Question, answers: Answers) -> bool:
    """Whether the question is raised by the other answers of its section."""
    if question.asked_if is None:
        return True
    other, values = question.asked_if
    return answers.get(other) in values


def _blank(value: object) -> bool:
    return value is None or value == "" or value == []


def fault_of(question: Question, value: str) -> str:
    """What is wrong with the writing of a filled-in answer; empty when nothing is."""
    if len(value) > question.longest:
        return N_("太长了，最多 %(longest)s 个字")
    if question.kind is Kind.USCC and not uscc_is_right(value):
        return N_("统一社会信用代码不对：18 位，请核对每一位（最后一位是校验位）")
    if question.kind is Kind.DATE:
        return "" if day_of(value) else N_("日期写成 2026-11-22 的样子")
    shape = _SHAPES.get(question.kind)
    return "" if shape is None or shape[0].fullmatch(value) else shape[1]


def day_of(value: object) -> date | None:
    """The date that an answer holds; None when it is blank or is none."""
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def gaps_of(key: str, filed: Mapping[str, Filed], today: date) -> tuple[Gap, ...]:
    """Everything that keeps section ``key`` from being complete; ``filed`` holds all sections by key."""
    spec, answers = SECTIONS[key], filed[key].answers
    if spec.files:
        found = _file_gaps(answers, filed)
    elif spec.rows:
        found = _row_gaps(spec, answers, filed)
    else:
        found = [gap for question in spec.questions for gap in _answer_gaps(question, answers)]
        found += _sense(key, answers, today)
    return (*found, *filed[key].faults)


def _answer_gaps(question: Question, answers: Answers, row: str = "") -> list[Gap]:
    if not asked(question, answers):
        return []
    value = answers.get(question.key)
    if _blank(value):
        if question.required:
            return [Gap(GapKind.MISSING, N_("还没有填"), question.key, row)]
        return []
    fault = fault_of(question, value) if isinstance(value, str) else ""
    if not fault:
        return []
    return [Gap(GapKind.WRONG, fault, question.key, row, {"longest": question.longest})]


def rows_of(answers: Answers) -> Sequence[Answers]:
    """The rows of a list section."""
    rows: Sequence[Answers] = answers.get("rows", ())
    return rows


def _row_gaps(spec: SectionSpec, answers: Answers, filed: Mapping[str, Filed]) -> list[Gap]:
    rows = rows_of(answers)
    if not rows:
        declared = spec.none_allowed and answers.get("none")
        return [] if declared else [Gap(GapKind.MISSING, N_("至少要有一行"))]
    found = []
    for row in rows:
        found += [gap for question in spec.questions for gap in _answer_gaps(question, row, row["id"])]
        found += _reference_gaps(spec, row, filed)
    return found + _code_gaps(spec, rows, filed)


def _reference_gaps(spec: SectionSpec, row: Answers, filed: Mapping[str, Filed]) -> list[Gap]:
    """Rows that hang on a site or an outlet which is no longer there."""
    found = []
    for key, source in (("site", "sites"), ("outlet", "outlets")):
        if not row.get(key) or key not in {question.key for question in spec.questions}:
            continue
        if row[key] not in {other["id"] for other in rows_of(filed[source].answers)}:
            found.append(Gap(GapKind.WRONG, N_("原来选的那一项已经删去，请重新选"), key, row["id"]))
    if spec.key == "outlets" and row.get("code") and row.get("medium"):
        medium = _OUTLET_MEDIA.get(row["code"][:2])
        if medium is not None and medium != row["medium"]:
            found.append(
                Gap(GapKind.WRONG, N_("DA 是废气排放口，DW 是废水排放口，与介质不符"), "medium", row["id"])
            )
    return found


def _code_gaps(spec: SectionSpec, rows: Sequence[Answers], filed: Mapping[str, Filed]) -> list[Gap]:
    """One code once at a site; treatment and production facilities share their codes."""
    seen: set[tuple[str, str]] = set()
    if spec.key == "facilities":
        seen = {(row.get("site", ""), row.get("code", "")) for row in rows_of(filed["treatment"].answers)}
    found = []
    for row in rows:
        if "code" in row:
            place = (row.get("site", ""), row["code"])
            if place in seen:
                found.append(
                    Gap(
                        GapKind.WRONG,
                        N_("编号 %(code)s 在这个厂区用了两次"),
                        "code",
                        row["id"],
                        {"code": place[1]},
                    )
                )
            seen.add(place)
    return found


def _file_gaps(answers: Answers, filed: Mapping[str, Filed]) -> list[Gap]:
    return [
        Gap(GapKind.MISSING, N_("还没有上传"), slot)
        for slot in file_slots(filed["permit"].answers)
        if not answers.get(slot)
    ]


def file_slots(permit: Answers) -> tuple[str, ...]:
    """The files that must be there: no permit, no permit file."""
    return tuple(slot for slot in FILE_SLOTS if slot != "permit" or permit.get("category") != "none")


def _sense(key: str, answers: Answers, today: date) -> list[Gap]:
    """What single answers cannot tell: dates in order, lists that exclude each other."""
    if key == "permit" and answers.get("category") != "none":
        return _period_gaps(
            answers, "valid_from", "valid_to", today, N_("许可证已经过期，请填换发后的有效期")
        )
    if key == "service" and answers.get("mode") == "steward":
        return _service_gaps(answers, today)
    if key == "key_units" and "none" in answers.get("lists", ()) and len(answers["lists"]) > 1:
        return [Gap(GapKind.WRONG, N_("选了“都不在名录内”，就不能再选别的名录"), "lists")]
    return []


def _period_gaps(answers: Answers, first: str, last: str, today: date, over: str) -> list[Gap]:
    start, end = day_of(answers.get(first)), day_of(answers.get(last))
    if start and end and end < start:
        return [Gap(GapKind.WRONG, N_("结束不能早于开始"), last)]
    if end and end < today:
        return [Gap(GapKind.WRONG, over, last)]
    return []


def _service_gaps(answers: Answers, today: date) -> list[Gap]:
    found = []
    for place in ("1", "2"):
        found += _period_gaps(answers, f"starts_{place}", f"ends_{place}", today, N_("合同已经到期"))
    second = [f"{part}_2" for part in ("firm", "scope", "starts", "ends")]
    if any(answers.get(key) for key in second):
        found += [
            Gap(GapKind.MISSING, N_("第二家机构的四项要填全，或都留空"), key)
            for key in second
            if not answers.get(key)
        ]
    if answers.get("firm_2") and answers.get("firm_2") == answers.get("firm_1"):
        found.append(Gap(GapKind.WRONG, N_("两家不能是同一家机构；同一家的两份合同请受理后再提出"), "firm_2"))
    return found


def may_edit(state: RegistrationState, decision: Decision) -> bool:
    """Whether the applicant may change a section: a draft's all, a returned one's unless accepted."""
    if state is RegistrationState.DRAFT:
        return True
    return state is RegistrationState.RETURNED and decision is not Decision.ACCEPT


def tasks_of(state: RegistrationState, filed: Mapping[str, Filed], today: date) -> tuple[Task, ...]:
    """All sections in their order, each with its tag."""
    gaps = {key: gaps_of(key, filed, today) for key in SECTIONS}
    tasks = []
    for number, spec in enumerate(SECTIONS.values(), 1):
        waiting = tuple(key for key in spec.waits_for if gaps[key])
        started = not _nothing(filed[spec.key].answers)
        filled, wanted = _count(spec, filed[spec.key].answers, filed)
        tasks.append(
            Task(
                spec=spec,
                number=number,
                state=_task_state(state, filed[spec.key], gaps[spec.key], waiting, started=started),
                gaps=gaps[spec.key],
                editable=may_edit(state, filed[spec.key].decision) and (not waiting or started),
                waits_for=waiting,
                filled=filled,
                wanted=wanted,
            )
        )
    return tuple(tasks)


def _nothing(answers: Answers) -> bool:
    return all(_blank(value) or value is False for value in answers.values())


def _task_state(
    state: RegistrationState, filed: Filed, gaps: Sequence[Gap], waiting: Sequence[str], *, started: bool
) -> TaskState:
    if state is RegistrationState.RETURNED and filed.decision is Decision.RETURN:
        return TaskState.RETURNED
    if waiting and not started:
        return TaskState.LOCKED
    if not started:
        return TaskState.NOT_STARTED
    if any(gap.kind is GapKind.WRONG for gap in gaps):
        return TaskState.NEEDS_ATTENTION
    return TaskState.IN_PROGRESS if gaps else TaskState.COMPLETE


def _count(spec: SectionSpec, answers: Answers, filed: Mapping[str, Filed]) -> tuple[int, int]:
    """Required answers given, and all of them; rows are not counted."""
    if spec.files:
        keys = file_slots(filed["permit"].answers)
    elif spec.rows:
        return len(rows_of(answers)), 0
    else:
        keys = tuple(q.key for q in spec.questions if q.required and asked(q, answers))
    return sum(not _blank(answers.get(key)) for key in keys), len(keys)
