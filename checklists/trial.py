"""Two versions of a pack asked about the same month: which answers would become others.

A dry-run asks about tens of thousands of months: only the checks that differ are asked, only what
they read is read, and texts are made only for answers that have changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import localcontext
from typing import Any, Final

from checklists.drafts import compile_text, parse_pack
from checklists.engine import CONTEXT, run_about
from checklists.model import Check, CheckPack, Outcome, Template
from checklists.predicates import PREDICATES
from checklists.stored import inflate_roots
from checklists.subjects import Subjects
from checklists.values import Unknown, Value

Answers = dict[tuple[str, str], bool]  #: (check id, subject) → whether it could be decided

#: What finding the subjects reads besides, by what the paths of a check hold (see ``Subjects``).
_FOR_SUBJECTS: Final[Mapping[str, frozenset[str]]] = {
    "row": frozenset({"rows", "cell", "section", "parameter", "stream"}),
    "stream": frozenset(
        {
            *("plan", "streams", "code", "name", "item", "category", "state_of_matter"),
            *("rows", "cell", "section", "parameter", "stream", "stream_name"),
        }
    ),
    "slot": frozenset({"slots", "code", "cell", "section"}),
    "files": frozenset({"slots", "code", "cell", "evidence", "sha256"}),
}
_NO_TEXT: Final = Template("", ("",))


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
        self._draft, self._parent = (
            _alone(compile_text(text, lenient=True), self.differ) for text in (draft, parent)
        )
        self.after, self.before = _checks(self._draft), _checks(self._parent)
        self.words: Final = words_read([*self.after.values(), *self.before.values()])

    def ask(self, content: bytes) -> MonthAnswers:
        """What both versions say about a stored month."""
        with localcontext(CONTEXT):
            subjects = Subjects({}, inflate_roots(content, self.words))
            before, after = dict(gaps(self.before, subjects)), dict(gaps(self.after, subjects))
        old, new = _failing(self.before, before), _failing(self.after, after)
        changed = [
            *_told(self._draft, new - old, subjects, is_new=True),
            *_told(self._parent, old - new, subjects, is_new=False),
        ]
        return MonthAnswers(
            frozenset(check_id for check_id, _ in old),
            frozenset(check_id for check_id, _ in new),
            frozenset(check_id for (check_id, _), decided in after.items() if not decided),
            tuple(changed),
        )


def _entries(text: str) -> dict[str, Mapping[str, Any]]:
    return {item["id"]: item for item in parse_pack(text).get("checks", [])}


def words_read(checks: Iterable[Check]) -> frozenset[str] | None:
    """The names that asking ``checks`` and telling their answers can read; None for all of them.

    Names are told apart only by how they are called, so that rather too much is read. What a
    predicate reads is known to itself alone.
    """
    found: set[str] = set()
    for check in checks:
        if check.expression is None:
            return None
        found.add(check.per)
        parts = (part for text in (check.message, check.message_en) for part in text.parts)
        places = (part[0] for part in parts if not isinstance(part, str))
        for path in (*check.reads, *(path for place in places for path in place.reads)):
            found.update(path.partition("#")[0].replace("[]", "").split("."))
    return frozenset(found).union(*(_FOR_SUBJECTS.get(word, ()) for word in found))


def _alone(pack: CheckPack, ids: frozenset[str]) -> Mapping[str, CheckPack]:
    """Packs of one check each, by its id, without the texts that a dry-run does not keep."""
    return {check.id: replace(pack, checks=(_short(check),)) for check in pack.checks if check.id in ids}


def _short(check: Check) -> Check:
    return replace(check, expected=_NO_TEXT, expected_en=_NO_TEXT, actual=_NO_TEXT, actual_en=_NO_TEXT)


def _checks(packs: Mapping[str, CheckPack]) -> Mapping[str, Check]:
    return {check_id: pack.checks[0] for check_id, pack in packs.items()}


def _failing(checks: Mapping[str, Check], answers: Answers) -> set[tuple[str, str]]:
    """As ``Outcome.is_gap``: a failure, or a blocking check that lacks a datum."""
    return {key for key, decided in answers.items() if decided or checks[key[0]].severity == "blocking"}


def gaps(checks: Mapping[str, Check], subjects: Subjects) -> Iterator[tuple[tuple[str, str], bool]]:
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
    packs: Mapping[str, CheckPack], wanted: set[tuple[str, str]], subjects: Subjects, *, is_new: bool
) -> list[ChangedAnswer]:
    """The changed answers with their texts and the values looked at, in the order of the pack."""
    about: dict[str, set[str]] = {}
    for check_id, subject in wanted:
        about.setdefault(check_id, set()).add(subject)
    return [
        _changed(found, is_new=is_new)
        for check_id, pack in packs.items()
        if check_id in about
        for found in run_about(pack, subjects, cells=about[check_id])
        if found.subject in about[check_id]
    ]


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
