"""Running the checks of a pack over the facts of one month."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Context, DivisionByZero, InvalidOperation, Overflow, localcontext
from operator import attrgetter
from typing import Any, Final, NamedTuple

from checklists.closures import Env, Run
from checklists.model import RESULTS, Case, Check, CheckPack, Outcome
from checklists.patches import PathError, patched
from checklists.predicates import PREDICATES
from checklists.reading import path_words
from checklists.subjects import EDITED, Facts, Subject, Subjects
from checklists.templates import fill
from checklists.values import DIVISOR, Unknown, Value

#: Wide enough for any ledger; an operation that cannot be done becomes unknown instead of NaN.
CONTEXT: Final = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])


def run(
    pack: CheckPack, facts: Facts, only: Collection[str] | None = None, cells: Collection[str] | None = None
) -> tuple[Outcome, ...]:
    """Ask every check of ``pack`` about ``facts``; never raises on any facts.

    One outcome stands for each check and each subject that the check applies to; a check that
    applies to nothing in the month gives one outcome ``not_applicable`` that says why.
    ``only`` limits the run to these check ids; ``cells`` to the subjects that these cells (or
    slot codes) touch, for the answer to one saved value, and then ``not_applicable`` is left out.
    """
    return run_about(pack, Subjects(facts), only, cells)


def run_about(
    pack: CheckPack,
    subjects: Subjects,
    only: Collection[str] | None = None,
    cells: Collection[str] | None = None,
) -> tuple[Outcome, ...]:
    """As ``run``, about facts whose subjects were found already: several packs share them."""
    outcomes: list[Outcome] = []
    with localcontext(CONTEXT):
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


def run_many(packs: Sequence[CheckPack], months: Iterable[Facts]) -> Iterator[tuple[Outcome, ...]]:
    """Ask several packs about many months, one after the other; each month answers as it does alone.

    A month's facts are read once for all packs. Nothing is kept from one month to the next.
    """
    for facts in months:
        subjects = Subjects(facts)
        yield tuple(outcome for pack in packs for outcome in run_about(pack, subjects))


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
    blank = _prototype(check)
    for subject in asked:
        env.update(subject.env)
        meant = True if applies is None else applies(env)
        if meant is False:
            continue
        holds, values = _answer(check, env) if meant is True else (meant, _NOTHING)
        # The constructor of a frozen class sets its two dozen attributes one by one, which took
        # as long as all the asking; here they come from the prototype in one go.
        told = blank.copy()
        told["subject"] = subject.code
        told["cell"], told["slot"], told["section"], told["page"] = place_of(subject)
        told["values"] = _known(values) if check.predicate else values
        if holds is not True:
            told.update(_gap(check, holds, values, env))
        outcome = object.__new__(Outcome)
        object.__setattr__(outcome, "__dict__", told)
        found.append(outcome)
    return found


def _answer(check: Check, env: Env) -> tuple[Value, Mapping[str, object]]:
    """Whether the check holds, and the single values that it looked at."""
    if check.expression is not None:
        return check.expression.evaluate(env), _looked_at(check.expression.looks, env)
    predicate = PREDICATES[check.predicate]
    try:
        verdict = predicate.call(env)
    except ArithmeticError:  # a figure beyond all bounds
        return Unknown(predicate.reads), _NOTHING
    return verdict.holds, verdict.values


def _looked_at(looks: Sequence[tuple[str, Run]], env: Env) -> dict[str, object]:
    """The single values at the paths of ``looks``; what is unknown is None."""
    values: dict[str, object] = {}
    for path, look in looks:
        value = look(env)
        values[path] = None if type(value) is Unknown else value
    return values


def _known(values: Mapping[str, object]) -> dict[str, object]:
    """The values of a predicate; what is unknown is None."""
    return {name: None if type(value) is Unknown else value for name, value in values.items()}


def _prototype(check: Check) -> dict[str, object]:
    """What all outcomes of a check have in common, and blanks for the rest."""
    common = zip(_COMMON, _read_common(check), strict=True)
    return {**_BLANK, **dict(common), "check_id": check.id, "check_version": check.version}


def _gap(check: Check, holds: Value, values: Mapping[str, object], env: Env) -> dict[str, object]:
    """What an outcome says that is not a pass."""
    if isinstance(holds, Unknown):
        return {**_undecidable(holds), "outcome": "undecidable", "missing": holds.paths}
    # A predicate's texts may name its own values; those of an expression are paths and cannot collide.
    place: Env = {**env, **values}
    texts = {name: fill(getattr(check, name), place, english=name.endswith("_en")) for name in _TEXTS}
    return {**texts, "outcome": "failed"}


_COMMON: Final = ("severity", "title", "title_en", "clause", "source", "confidence", "mend", "mend_en")
_read_common: Final = attrgetter(*_COMMON)
_TEXTS: Final = ("message", "message_en", "expected", "expected_en", "actual", "actual_en")
_BLANK: Final[Mapping[str, object]] = {
    **{field.name: "" for field in fields(Outcome)},
    "outcome": "passed",
    "missing": (),
}


_NOTHING: Final[Mapping[str, object]] = {}


def _undecidable(unknown: Unknown) -> dict[str, str]:
    """Say which datum is missing, and what was to be divided by and is zero."""
    missing = [path for path in unknown.paths if not path.startswith(DIVISOR)]
    zero = [path.removeprefix(DIVISOR) for path in unknown.paths if path.startswith(DIVISOR)]
    chinese, english, english_short = [], [], []
    if missing:
        chinese.append(f"缺少{_names(missing)}")
        english.append(f"{_names(missing, english=True)} is missing")
        english_short.append(f"{_names(missing, english=True)} missing")
    if zero:
        names, names_en = _names(zero), _names(zero, english=True)
        chinese.append(f"除数为零（{names}）" if names else "除数为零")
        english.append(f"the divisor is zero ({names_en})" if names_en else "the divisor is zero")
        english_short.append(english[-1])
    return {
        "message": f"不能判断：{'；'.join(chinese)}",
        "message_en": f"Cannot be decided: {'; '.join(english)}",
        "actual": "；".join(chinese),
        "actual_en": "; ".join(english_short),
    }


def _names(paths: Sequence[str], *, english: bool = False) -> str:
    """The names of data, each once."""
    names = dict.fromkeys(path_words(path, english=english) for path in paths if path)
    return (", " if english else "、").join(names)


def _not_applicable(check: Check) -> Outcome:
    chinese, english = _NOUNS[check.per]
    message = (
        f"不适用，因为{chinese}：{check.applies_words}" if check.applies_words else f"不适用，因为{chinese}"
    )
    told = {
        "outcome": "not_applicable",
        "message": message,
        "message_en": f"Not applicable: {english}",
        "values": {},
    }
    return Outcome(**{**_prototype(check), **told})  # type: ignore[arg-type]  # every field, by its name


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
            problem = _case_problem(alone, case)
            if problem:
                failures.append(f"{check.id} “{case.name}”：{problem}")
    return CaseReport(count - len(failures), len(failures), tuple(failures))


def _case_problem(pack: CheckPack, case: Case) -> str:
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
