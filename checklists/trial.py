"""Two versions of a pack asked about the same month: which answers would become others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import localcontext
from typing import Any, Final

from checklists.drafts import compile_text, parse_pack
from checklists.engine import _CONTEXT, run
from checklists.model import Check, CheckPack, Outcome
from checklists.predicates import PREDICATES
from checklists.stored import inflate_facts, inflate_roots
from checklists.subjects import Subjects
from checklists.values import Unknown, Value

Answers = dict[tuple[str, str], bool]  #: (check id, subject) → whether it could be decided


@dataclass(frozen=True)
class ChangedAnswer:
    """A gap that the draft would make, or would no longer make, about one subject of a month."""

    check_id: str
    subject: str
    severity: str
    is_new: bool
    message: str
    message_en: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class MonthAnswers:
    """What both versions said about one month, for the checks that differ; the sets hold their ids.

    ``before`` and ``after`` found at least one gap; ``undecided`` are checks of the draft that
    lack a datum for some subject.
    """

    before: frozenset[str]
    after: frozenset[str]
    undecided: frozenset[str]
    changed: tuple[ChangedAnswer, ...]


class Trial:
    """A draft and the version that it came from, ready to be asked about many months.

    Only checks that differ are asked: one that stands in both word for word cannot answer otherwise.
    Each is asked whether it holds; texts are made only where the answer has changed.
    """

    def __init__(self, draft: str, parent: str) -> None:
        """Compile both texts; raises PackError."""
        old, new = _entries(draft), _entries(parent)
        self.differ: Final = frozenset(name for name in {*old, *new} if old.get(name) != new.get(name))
        self.draft, self.parent = compile_text(draft, lenient=True), compile_text(parent, lenient=True)
        self.after, self.before = _only(self.draft, self.differ), _only(self.parent, self.differ)

    def ask(self, content: bytes) -> MonthAnswers:
        """What both versions say about a stored month."""
        with localcontext(_CONTEXT):
            subjects = Subjects({}, inflate_roots(content))
            before, after = dict(_gaps(self.before, subjects)), dict(_gaps(self.after, subjects))
        old, new = _failing(self.before, before), _failing(self.after, after)
        changed = [
            *_told(self.draft, new - old, content, is_new=True),
            *_told(self.parent, old - new, content, is_new=False),
        ]
        return MonthAnswers(
            frozenset(check_id for check_id, _ in old),
            frozenset(check_id for check_id, _ in new),
            frozenset(check_id for (check_id, _), decided in after.items() if not decided),
            tuple(changed),
        )


def _entries(text: str) -> dict[str, Mapping[str, Any]]:
    return {item["id"]: item for item in parse_pack(text).get("checks", [])}


def _only(pack: CheckPack, ids: frozenset[str]) -> Mapping[str, Check]:
    return {check.id: check for check in pack.checks if check.id in ids}


def _failing(checks: Mapping[str, Check], answers: Answers) -> set[tuple[str, str]]:
    """As ``Outcome.is_gap``: a failure, or a blocking check that lacks a datum."""
    return {key for key, decided in answers.items() if decided or checks[key[0]].severity == "blocking"}


def _gaps(checks: Mapping[str, Check], subjects: Subjects) -> Iterator[tuple[tuple[str, str], bool]]:
    """The subjects that a check does not pass for, each with whether that could be decided."""
    env = dict(subjects.roots)
    for check in checks.values():
        applies = check.applies.evaluate if check.applies is not None else None
        for subject in subjects.of(check):
            env.update(subject.env)
            meant = True if applies is None else applies(env)
            if meant is False:
                continue
            holds = _holds(check, env) if meant is True else meant
            if holds is not True:
                yield (check.id, subject.code), not isinstance(holds, Unknown)


def _holds(check: Check, env: dict[str, Value]) -> Value:
    if check.expression is not None:
        return check.expression.evaluate(env)
    predicate = PREDICATES[check.predicate]
    try:
        return predicate.call(env).holds
    except ArithmeticError:  # a figure beyond all bounds
        return Unknown(predicate.reads)


def _told(
    pack: CheckPack, wanted: set[tuple[str, str]], content: bytes, *, is_new: bool
) -> list[ChangedAnswer]:
    """The changed answers with their texts and the values looked at."""
    if not wanted:
        return []
    outcomes = run(pack, inflate_facts(content), only={check_id for check_id, _ in wanted})
    return [_changed(found, is_new=is_new) for found in outcomes if (found.check_id, found.subject) in wanted]


def _changed(outcome: Outcome, *, is_new: bool) -> ChangedAnswer:
    return ChangedAnswer(
        outcome.check_id,
        outcome.subject,
        outcome.severity,
        is_new,
        outcome.message,
        outcome.message_en,
        outcome.values,
    )
