"""Running the checks of a pack over the facts of one month."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Context, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Any, Final, NamedTuple

from checklists.closures import Env
from checklists.model import RESULTS, Case, Check, CheckPack, Outcome, Result
from checklists.patches import PathError, patched
from checklists.predicates import PREDICATES, Verdict
from checklists.reading import path_words
from checklists.subjects import EDITED, Facts, Place, Subject, Subjects
from checklists.templates import fill
from checklists.values import Unknown, is_unknown

#: Wide enough for any ledger; an operation that cannot be done becomes unknown instead of NaN.
_CONTEXT: Final = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])


def run(
    pack: CheckPack, facts: Facts, only: Collection[str] | None = None, cells: Collection[str] | None = None
) -> tuple[Outcome, ...]:
    """Ask every check of ``pack`` about ``facts``; never raises on any facts.

    One outcome stands for each check and each subject that the check applies to; a check that
    applies to nothing in the month gives one outcome ``not_applicable`` that says why.
    ``only`` limits the run to these check ids; ``cells`` to the subjects that these cells (or
    slot codes) touch, for the answer to one saved value, and then ``not_applicable`` is left out.
    """
    outcomes: list[Outcome] = []
    with localcontext(_CONTEXT):
        subjects = Subjects(facts)
        env: Env = dict(subjects.roots)
        for check in pack.checks:
            if only is not None and check.id not in only:
                continue
            asked = subjects.of(check) if cells is None else subjects.touched(check, cells)
            found = _ask(check, asked, subjects, env)
            if not found and cells is None:
                found = [_not_applicable(check)]
            outcomes += found
    return tuple(outcomes)


def affected(pack: CheckPack, cells: Collection[str]) -> frozenset[str]:
    """Ids of the checks whose answer may change when the values in ``cells`` change.

    A cell is ``stream.parameter``; a slot's code (``10.2.1b:S-02``) stands for its files.
    """
    slots = {cell for cell in cells if ":" in cell}
    parameters = {cell.rpartition(".")[2] for cell in cells} - slots
    return frozenset(check.id for check in pack.checks if _reads(check, parameters, bool(slots)))


def _reads(check: Check, parameters: Collection[str], slots: bool) -> bool:
    for path in check.reads:
        root = path.partition(".")[0]
        if root in {"slot", "slots[]", "slots"} or path == "stream.files":
            if slots:
                return True
        elif root == "totals" or path in {"rows", "stream.rows"}:
            if parameters:
                return True
        elif path.rpartition(".")[2] in EDITED:
            elsewhere = path.startswith(("rows", "stream.rows"))
            if parameters and (
                elsewhere or not check.parameters or check.parameters.intersection(parameters)
            ):
                return True
    return False


def _ask(check: Check, asked: Sequence[Subject], subjects: Subjects, env: Env) -> list[Outcome]:
    """Ask one check about its subjects, in the one environment that the run shares."""
    found = []
    applies = check.applies.evaluate if check.applies is not None else None
    place_of = subjects.placing(check)
    for subject in asked:
        env.update(subject.env)
        meant = True if applies is None else applies(env)
        if meant is not False:
            verdict = _verdict(check, env) if meant is True else Verdict(meant)
            found.append(_outcome(check, subject.code, place_of(subject), verdict, env))
    return found


def _verdict(check: Check, env: Env) -> Verdict:
    if check.expression is not None:
        return Verdict(check.expression.evaluate(env), _NOTHING)
    predicate = PREDICATES[check.predicate]
    try:
        return predicate.call(env)
    except ArithmeticError:  # a figure beyond all bounds
        return Verdict(Unknown(predicate.reads))


def _outcome(check: Check, code: str, place: Place, verdict: Verdict, env: Env) -> Outcome:
    holds = verdict.holds
    result: Result = "passed"
    texts = _NO_TEXTS
    missing: tuple[str, ...] = ()
    if holds is False:
        result, texts = "failed", _texts(check, verdict, env)
    elif isinstance(holds, Unknown):
        result, texts, missing = "undecidable", _undecidable(check, holds), holds.paths
    return Outcome(
        check.id,
        check.version,
        result,
        check.severity,
        code,
        *place,
        check.title,
        check.title_en,
        *texts,
        missing,
        _looked_at(check, verdict, env),
        check.clause,
        check.source,
        check.confidence,
        check.mend,
        check.mend_en,
    )


_NOTHING: Final[Mapping[str, object]] = {}
_Texts = tuple[str, str, str, str, str, str]
_NO_TEXTS: Final[_Texts] = ("", "", "", "", "", "")


def _texts(check: Check, verdict: Verdict, env: Env) -> _Texts:
    """Message, expected and actual, each in Chinese and English, with the predicate's values at hand."""
    place: Env = {**env, **verdict.values}
    return (
        fill(check.message, place),
        fill(check.message_en, place, english=True),
        fill(check.expected, place),
        fill(check.expected_en, place, english=True),
        fill(check.actual, place),
        fill(check.actual_en, place, english=True),
    )


def _undecidable(check: Check, missing: Unknown) -> _Texts:
    """Say which datum is missing."""
    names = "、".join(dict.fromkeys(path_words(path) for path in missing.paths))
    english = ", ".join(dict.fromkeys(path_words(path, english=True) for path in missing.paths))
    return (
        f"不能判断：缺少{names}",
        f"Cannot be decided: {english} is missing",
        "",
        "",
        f"缺少{names}",
        f"{english} missing",
    )


def _looked_at(check: Check, verdict: Verdict, env: Env) -> Mapping[str, object]:
    """The single values that the check looked at, by path; blank ones are None."""
    if check.expression is None:
        return {name: None if is_unknown(value) else value for name, value in verdict.values.items()}
    values: dict[str, object] = {}
    for path, look in check.expression.looks:
        value = look(env)
        values[path] = None if type(value) is Unknown else value
    return values


def _not_applicable(check: Check) -> Outcome:
    chinese, english = _NOUNS[check.per]
    message = (
        f"不适用，因为{chinese}：{check.applies_words}" if check.applies_words else f"不适用，因为{chinese}"
    )
    # Nothing was looked at: the check is turned into an outcome without its expression.
    blank = _outcome(replace(check, expression=None), "", Place(), Verdict(True), {})
    english_message = f"Not applicable: {english}"
    return replace(blank, outcome="not_applicable", message=message, message_en=english_message)


_NOUNS: Final = {
    "record": ("不是这样", "the month is not of that kind"),
    "row": ("没有这样的参数行", "there is no such row"),
    "slot": ("没有这样的材料位", "there is no such evidence slot"),
    "stream": ("没有这样的源流", "there is no such stream"),
}


class CaseReport(NamedTuple):
    """How a pack's own cases went; ``failures`` say which and why."""

    passed: int
    failed: int
    failures: tuple[str, ...]


def run_cases(pack: CheckPack) -> CaseReport:
    """Run every case of every check of ``pack``."""
    failures: list[str] = []
    count = 0
    for check in pack.checks:
        alone = replace(pack, checks=(check,))
        for case in check.cases:
            count += 1
            problem = _case_problem(alone, check, case)
            if problem:
                failures.append(f"{check.id} “{case.name}”：{problem}")
    return CaseReport(count - len(failures), len(failures), tuple(failures))


def _case_problem(pack: CheckPack, check: Check, case: Case) -> str:
    try:
        facts = patched(pack.base, case)
    except PathError as error:
        return f"改不了 {error}"
    outcomes = run(pack, facts)
    if case.at:
        outcomes = tuple(outcome for outcome in outcomes if outcome.subject == case.at)
    found = worst(outcomes)
    # A subject that the check does not apply to has no outcome of its own.
    result, message = (found.outcome, found.message) if found is not None else ("not_applicable", "")
    if result != case.outcome:
        return f"应为 {case.outcome}，实为 {result} {message}"
    return "" if case.says in message else f"应说到“{case.says}”，实为“{message}”"


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The heaviest of ``outcomes``: failed before undecidable before passed; None of none."""
    return min(outcomes, key=lambda outcome: RESULTS.index(outcome.outcome), default=None)


def count_by_result(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many outcomes of each result there are, every result named."""
    counts: dict[str, Any] = dict.fromkeys(RESULTS, 0)
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    return counts
