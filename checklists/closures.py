"""The small functions that a compiled expression is made of.

Each takes the environment and gives a value or Unknown; none of them raises, whatever the
facts are, because every datum was read by its kind before it gets here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from checklists.values import Unknown, Value, is_unknown, merged

Env = dict[str, object]
Run = Callable[[Env], Value]

BUDGET: Final = 100_000  #: list elements that one evaluation may walk over
BUDGET_KEY: Final = "#"


@dataclass(frozen=True)
class Node:
    """A compiled part: what kind of value it gives, how, and whether it is always the same."""

    kind: str
    run: Run
    constant: bool = False


@dataclass(frozen=True)
class Loop:
    """``for variable in source if condition``; elements are read with ``reader``."""

    variable: str
    source: Run
    reader: Callable[[object], object]
    condition: Run | None
    body: Run
    bad: Unknown  #: what an element of another kind becomes


def always(value: Value) -> Run:
    """The constant ``value``."""
    return lambda _env: value


def reading(steps: Sequence[tuple[str, Callable[[object], object], Unknown]]) -> Run:
    """Read a name and then key after key; the first step that gives nothing names what is missing."""
    name, head, missing = steps[0]
    if len(steps) == 1:

        def root(env: Env) -> Value:
            value = head(env.get(name))
            return missing if value is None else value

        return root
    if len(steps) == 2:
        key, reader, blank = steps[1]

        def leaf(env: Env) -> Value:
            holder = head(env.get(name))
            if holder is None:
                return missing
            value = reader(holder.get(key))  # type: ignore[attr-defined]  # head reads a mapping
            return blank if value is None else value

        return leaf
    rest = tuple(steps[1:])

    def chain(env: Env) -> Value:
        holder = head(env.get(name))
        if holder is None:
            return missing
        for key, reader, blank in rest:
            holder = reader(holder.get(key))  # type: ignore[attr-defined]  # all but the last read mappings
            if holder is None:
                return blank
        return holder

    return chain


def strict(runs: Sequence[Run], call: Callable[..., object], undoable: tuple[str, ...] = ()) -> Run:
    """Call with the values of ``runs``; unknown when one is, or when the operation cannot be done."""

    def run(env: Env) -> Value:
        values = [part(env) for part in runs]
        unknowns = [value for value in values if is_unknown(value)]
        if unknowns:
            return merged(unknowns)
        try:
            return call(*values)
        except (ArithmeticError, ValueError):
            return Unknown(undoable)

    return run


def comparison(left: Node, compare: Callable[[object, object], object], right: Node) -> Run:
    """Compare two values of the same kind."""
    first, second = left.run, right.run
    if right.constant:
        fixed = second({})

        def against(env: Env) -> Value:
            value = first(env)
            return value if type(value) is Unknown else compare(value, fixed)

        return against
    return strict((first, second), compare)


def settled_by(parts: Sequence[Run], *, stop: bool) -> Run:
    """``or`` when ``stop`` is true, ``and`` when it is false: one such part settles it, whatever the rest."""

    def run(env: Env) -> Value:
        unknown: Unknown | None = None
        for part in parts:
            value = part(env)
            if value is stop:
                return stop
            if type(value) is Unknown:
                unknown = value if unknown is None else merged((unknown, value))
        return (not stop) if unknown is None else unknown

    return run


def conditional(test: Run, then: Run, other: Run) -> Run:
    """``then if test else other``."""

    def run(env: Env) -> Value:
        chosen = test(env)
        if chosen is True:
            return then(env)
        return other(env) if chosen is False else chosen

    return run


def within(item: Run, items: Run, reader: Callable[[object], object], bad: Unknown, *, negate: bool) -> Run:
    """``item in items``; an element that cannot be read leaves it open unless another one is equal."""

    def run(env: Env) -> Value:
        value, listed = item(env), items(env)
        unknowns = [found for found in (value, listed) if is_unknown(found)]
        if unknowns:
            return merged(unknowns)
        read = [reader(element) for element in listed]  # type: ignore[attr-defined]  # a list by its kind
        if value in read:
            return not negate
        return bad if None in read else negate

    return run


def given(part: Run) -> Run:
    """Whether there is a value at all; a text of blanks counts as none."""

    def run(env: Env) -> Value:
        value = part(env)
        if type(value) is Unknown:
            return False
        return bool(value.strip()) if isinstance(value, str) else True

    return run


def elements(loop: Loop, env: Env) -> list[tuple[Value, Value]] | Unknown:
    """For each element: whether it is meant (true or unknown), and the body's value there."""
    listed = loop.source(env)
    if type(listed) is Unknown:
        return listed
    left = env.get(BUDGET_KEY, BUDGET) - len(listed)  # type: ignore[operator,arg-type]  # a list, an int
    env[BUDGET_KEY] = left
    if left < 0:
        return loop.bad
    found: list[tuple[Value, Value]] = []
    for raw in listed:  # type: ignore[attr-defined]  # a list by its kind
        element = loop.reader(raw)
        if element is None:
            found.append((loop.bad if loop.condition else True, loop.bad))
            continue
        env[loop.variable] = element
        meant = True if loop.condition is None else loop.condition(env)
        if meant is not False:
            found.append((meant, loop.body(env)))
    return found


def settled_list(loop: Loop, *, stop: bool) -> Run:
    """``any`` when ``stop`` is true, ``all`` when it is false, over the elements that are meant."""

    def run(env: Env) -> Value:
        found = elements(loop, env)
        if isinstance(found, Unknown):
            return found
        unknowns: list[Unknown] = []
        for meant, value in found:
            if value is stop and meant is True:
                return stop
            if value is not (not stop):
                unknowns += [part for part in (meant, value) if is_unknown(part)]
        return merged(unknowns) if unknowns else not stop

    return run


def gathered(loop: Loop, fold: Callable[[list[Value]], Value], empty: Unknown | None = None) -> Run:
    """Fold the values of the elements that are meant; unknown when one of them is.

    ``empty`` is what an empty list gives, for folds that have no value then.
    """

    def run(env: Env) -> Value:
        found = elements(loop, env)
        if isinstance(found, Unknown):
            return found
        unknowns = [part for pair in found for part in pair if is_unknown(part)]
        if unknowns:
            return merged(unknowns)
        if not found and empty is not None:
            return empty
        try:
            return fold([value for _, value in found])
        except (ArithmeticError, ValueError):
            return loop.bad

    return run


# Folds over the values of a list; their kinds were checked when compiling.


def total(values: list[Value]) -> Value:
    """Sum of numbers; nothing sums to zero."""
    return sum((value for value in values if isinstance(value, Decimal)), Decimal(0))


def how_many(values: list[Value]) -> Value:
    """Number of elements."""
    return Decimal(len(values))


def how_many_hold(values: list[Value]) -> Value:
    """Number of elements that are true."""
    return Decimal(sum(value is True for value in values))


def how_many_kinds(values: list[Value]) -> Value:
    """Number of different values."""
    return Decimal(len(set(values)))


def least(values: list[Value]) -> Value:
    """The smallest number or the earliest date."""
    return min(values)  # type: ignore[type-var]  # numbers or dates


def greatest(values: list[Value]) -> Value:
    """The largest number or the latest date."""
    return max(values)  # type: ignore[type-var]  # numbers or dates
