"""The small functions that a compiled expression is made of.

Each takes the environment and gives a value or Unknown; none of them raises, whatever the
facts are, because every datum was read by its kind before it gets here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from checklists.values import DIVISOR, Unknown, Value, is_unknown, merged

Env = dict[str, object]
Run = Callable[[Env], Value]

BUDGET: Final = 100_000  #: list elements that one evaluation may walk over
BUDGET_KEY: Final = "#"


@dataclass(frozen=True)
class Node:
    """A compiled part: what kind of value it gives, how, and whether it is always the same.

    ``leaf`` is the name and key of a plain reading like ``row.value``: those are most of what is
    asked, and reading them in place saves a call each.
    """

    kind: str
    run: Run
    constant: bool = False
    leaf: tuple[str, str] | None = None


@dataclass(frozen=True)
class Loop:
    """``body for variable in source if condition``; ``asked`` names the list itself."""

    variable: str
    source: Run
    condition: Run | None
    body: Run
    asked: Unknown


def always(value: Value) -> Run:
    """The constant ``value``."""
    return lambda _env: value


def reading(name: str, keys: Sequence[str]) -> Run:
    """Read a name and then key after key; what is missing on the way is unknown and names itself."""
    if not keys:
        return lambda env: env[name]
    if len(keys) == 1:
        key = keys[0]

        def leaf(env: Env) -> Value:
            holder = env[name]
            return holder if type(holder) is Unknown else holder[key]  # type: ignore[index]  # read as a dict

        return leaf

    def chain(env: Env) -> Value:
        holder = env[name]
        for key in keys:
            if type(holder) is Unknown:
                return holder
            holder = holder[key]  # type: ignore[index]  # read as a dict
        return holder

    return chain


def strict(runs: Sequence[Run], call: Callable[..., object], undoable: tuple[str, ...] = ()) -> Run:
    """Call with the values of ``runs``; unknown when one is, or when the operation cannot be done."""
    if len(runs) == 1:
        return _strict_one(runs[0], call, Unknown(undoable))
    if len(runs) == 2:
        return _strict_pair(runs[0], runs[1], call, Unknown(undoable))

    def run(env: Env) -> Value:
        values = [part(env) for part in runs]
        unknowns = [value for value in values if type(value) is Unknown]
        if unknowns:
            return merged(unknowns)
        try:
            return call(*values)
        except (ArithmeticError, ValueError):
            return Unknown(undoable)

    return run


def divisor(part: Run, paths: Sequence[str]) -> Run:
    """What is divided by: zero is unknown, and told as zero of the data at ``paths``, not as a blank."""
    zero = Unknown(tuple(f"{DIVISOR}{path}" for path in paths) or (DIVISOR,))

    def run(env: Env) -> Value:
        value = part(env)
        return value if type(value) is Unknown or value else zero

    return run


def _strict_one(first: Run, call: Callable[..., object], undoable: Unknown) -> Run:
    """As ``strict``, for a single value."""

    def run(env: Env) -> Value:
        value = first(env)
        if type(value) is Unknown:
            return value
        try:
            return call(value)
        except (ArithmeticError, ValueError):
            return undoable

    return run


def _strict_pair(first: Run, second: Run, call: Callable[..., object], undoable: Unknown) -> Run:
    """As ``strict``, for the two values that most operations have."""

    def run(env: Env) -> Value:
        one, other = first(env), second(env)
        if type(one) is Unknown:
            return merged((one, other)) if type(other) is Unknown else one
        if type(other) is Unknown:
            return other
        try:
            return call(one, other)
        except (ArithmeticError, ValueError):
            return undoable

    return run


def comparison(left: Node, compare: Callable[[object, object], object], right: Node) -> Run:
    """Compare two values of the same kind."""
    first, second = left.run, right.run
    if right.constant and left.leaf is not None:
        return _leaf_against(left.leaf, compare, second({}))
    if right.constant:
        fixed = second({})

        def against(env: Env) -> Value:
            value = first(env)
            return value if type(value) is Unknown else compare(value, fixed)

        return against
    return strict((first, second), compare)


def _leaf_against(leaf: tuple[str, str], compare: Callable[[object, object], object], fixed: Value) -> Run:
    name, key = leaf

    def run(env: Env) -> Value:
        holder = env[name]
        value = holder if type(holder) is Unknown else holder[key]  # type: ignore[index]  # read as a dict
        return value if type(value) is Unknown else compare(value, fixed)

    return run


def settled_by(parts: Sequence[Run], *, stop: bool) -> Run:
    """``or`` when ``stop`` is true, ``and`` when it is false: one such part settles it, whatever the rest."""
    if len(parts) == 2:
        return _settled_pair(parts[0], parts[1], stop=stop)

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


def _settled_pair(first: Run, second: Run, *, stop: bool) -> Run:
    """As ``settled_by``, for the two parts that most of them have."""

    def run(env: Env) -> Value:
        one = first(env)
        if one is stop:
            return stop
        other = second(env)
        if other is stop:
            return stop
        if type(one) is Unknown:
            return merged((one, other)) if type(other) is Unknown else one
        return other

    return run


def conditional(test: Run, then: Run, other: Run) -> Run:
    """``then if test else other``."""

    def run(env: Env) -> Value:
        chosen = test(env)
        if chosen is True:
            return then(env)
        return other(env) if chosen is False else chosen

    return run


def within(item: Node, items: Node, *, negate: bool) -> Run:
    """``item in items``; an unknown element leaves it open unless another one is equal."""
    if not items.constant:
        return _within_facts(item.run, items.run, negate=negate)
    fixed = items.run({})

    def held(value: object, listed: object) -> object:
        return (value in listed) is not negate  # type: ignore[operator]  # a list by its kind

    return comparison(item, held, Node(items.kind, always(fixed), constant=True))


def _within_facts(item: Run, items: Run, *, negate: bool) -> Run:
    def run(env: Env) -> Value:
        value, listed = item(env), items(env)
        unknowns = [found for found in (value, listed) if is_unknown(found)]
        if unknowns:
            return merged(unknowns)
        if value in listed:  # type: ignore[operator]  # a list by its kind
            return not negate
        blank = [element for element in listed if is_unknown(element)]  # type: ignore[attr-defined]  # as above
        return merged(blank) if blank else negate

    return run


def given(part: Node) -> Run:
    """Whether there is a value at all; a text of blanks counts as none."""
    evaluate = part.run

    def run(env: Env) -> Value:
        value = evaluate(env)
        if type(value) is Unknown:
            return False
        return bool(value.strip()) if isinstance(value, str) else True

    return run


def _walked(loop: Loop, env: Env) -> Value:
    """The list that ``loop`` walks over, its length taken off the allowance; unknown when that is used up."""
    listed = loop.source(env)
    if type(listed) is Unknown:
        return listed
    left = env[BUDGET_KEY] - len(listed)  # type: ignore[operator,arg-type]  # an int, a list by its kind
    env[BUDGET_KEY] = left
    return loop.asked if left < 0 else listed


def elements(loop: Loop, env: Env) -> list[tuple[Value, Value]] | Unknown:
    """For each element: whether it is meant (true or unknown), and the body's value there."""
    listed = _walked(loop, env)
    if type(listed) is Unknown:
        return listed
    found: list[tuple[Value, Value]] = []
    variable, condition, body = loop.variable, loop.condition, loop.body
    for element in listed:  # type: ignore[attr-defined]  # a list by its kind
        env[variable] = element
        meant = True if condition is None else condition(env)
        if meant is not False:
            found.append((meant, body(env)))
    return found


def settled_list(loop: Loop, *, stop: bool) -> Run:
    """``any`` when ``stop`` is true, ``all`` when it is false, over the elements that are meant."""
    variable, condition, body = loop.variable, loop.condition, loop.body

    def run(env: Env) -> Value:
        listed = _walked(loop, env)
        if type(listed) is Unknown:
            return listed
        unknowns: list[Unknown] = []
        for element in listed:  # type: ignore[attr-defined]  # a list by its kind
            env[variable] = element
            meant = True if condition is None else condition(env)
            if meant is False:
                continue
            value = body(env)
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
            return loop.asked

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
