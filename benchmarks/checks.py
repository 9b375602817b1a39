"""How fast the checks are: 40 checks over a month, one saved value, compiling, refusing what is hostile.

Beside the engine stands its floor: the same expressions as plain Python over the same facts, with no
missing data, no messages and no outcomes.
"""

import argparse
import ast
import copy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.measure import Timing, print_machine, print_table, timed
from checklists.drafts import faults, library_draft
from checklists.engine import affected, run, run_many
from checklists.expression import Expression, Scope, compile_expression
from checklists.functions import FUNCTIONS
from checklists.loader import load_pack
from checklists.model import Check, CheckPack
from checklists.parsing import ExpressionError
from checklists.vocabulary import ROOTS

CHECKS = 40
LIMITS = {"40 checks, one month of 24 rows": 3.0, "one saved value": 3.0, "compile": 50.0, "refuse": 50.0}
COPIES = (1, 2, 4)

#: What somebody might type to bring the server down; each must be refused, soon.
HOSTILE = (
    "9 ** 9 ** 9 ** 9 > 1",
    "(" * 400 + "1" + ")" * 400,
    "not " * 300 + "true",
    " + ".join(["1"] * 400) + " > 0",
    "a" * 5_000,
    "'" + "x" * 900 + "' == 'y'",
    "row.__class__.__mro__",
    "__import__('os').system('true')",
    "[x for x in rows]",
    "(lambda: 1)()",
    "rows[0].value > 1",
    f"{'9' * 900} > 1",
    "all(all(all(all(r.value > 1 for r in rows) for s in rows) for t in rows) for t in rows)",
    "row.value.real > 0",
    "'%s' % row.name == ''",
    "f'{row.name}' == ''",
)


def month_of(pack: CheckPack, copies: int) -> dict[str, Any]:
    """The pack's base month with its rows and slots ``copies`` times, each copy with streams of its own."""
    facts = copy.deepcopy(dict(pack.base))
    rows, slots = facts["rows"], facts["slots"]
    facts["rows"] = [_moved(row, number) for number in range(copies) for row in rows]
    facts["slots"] = [_moved(slot, number) for number in range(copies) for slot in slots]
    streams = facts["plan"]["streams"]
    facts["plan"]["streams"] = [
        {**stream, "code": f"{stream['code']}{number or ''}"}
        for number in range(copies)
        for stream in streams
    ]
    return facts


def _moved(thing: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A row or slot of the stream's ``number``-th copy."""
    if not number:
        return dict(thing)
    moved = dict(thing)
    for key in ("cell", "stream"):
        if isinstance(moved.get(key), str):
            stream, dot, rest = moved[key].partition(".")
            moved[key] = f"{stream}{number}{dot}{rest}"
    return moved


class _Plain(ast.NodeTransformer):
    """Turns a check's tree into plain Python: named parts put in, paths read as dictionaries."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def visit_Name(self, node: ast.Name) -> ast.expr:
        part = self.scope.parts.get(node.id)
        if part is not None:
            return _Plain(part.scope).visit(copy.deepcopy(part.tree))  # type: ignore[no-any-return]  # an expr
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        holder = self.visit(node.value)
        return ast.Call(ast.Attribute(holder, "get", ast.Load()), [ast.Constant(node.attr)], [])

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, float):
            return ast.Call(ast.Name("Decimal", ast.Load()), [ast.Constant(str(node.value))], [])
        return node


def plain(expression: Expression) -> Callable[..., object]:
    """The expression as a plain Python function that takes its names as keywords."""
    body = _Plain(expression.scope).visit(copy.deepcopy(expression.tree))
    names = [ast.arg(name) for name in expression.scope.words]
    arguments = ast.arguments([], names, None, [], [], None, [])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    known = {**_PLAIN_NAMES, **expression.scope.settings}
    for part in expression.scope.parts.values():
        known.update(part.scope.settings)
    # The source is a shipped pack's, already parsed and bounded by the loader.
    function: Callable[..., object] = eval(compile(tree, "<floor>", "eval"), known)
    return function


def _counted(values: Any) -> int:
    return len(values) if isinstance(values, list) else sum(value is not False for value in values)


_PLAIN_NAMES: dict[str, Any] = {
    "Decimal": __import__("decimal").Decimal,
    "given": lambda value: value is not None and value != "",
    "count": _counted,
    "distinct": lambda values: len(set(values)),
    **{name: function.call for name, function in FUNCTIONS.items()},
}


def floor(checks: Sequence[Check], facts: Mapping[str, Any]) -> Callable[[], None]:
    """A function that asks the checks with an expression of ``facts`` in plain Python."""
    streams = [{**one, "rows": [], "files": 2, "planned": True} for one in facts["plan"]["streams"]]
    by_code = {one["code"]: one for one in streams}
    for row in facts["rows"]:
        by_code[row["stream"]]["rows"].append(row)
    subjects: dict[str, list[dict[str, Any]]] = {
        "record": [{}],
        "row": [{"row": row, "stream": by_code[row["stream"]]} for row in facts["rows"]],
        "slot": [{"slot": slot} for slot in facts["slots"]],
        "stream": [{"stream": stream} for stream in streams],
    }
    roots = {name: facts.get(name) for name in ROOTS}
    asked = [
        (check.per, plain(check.applies) if check.applies else None, plain(check.expression))
        for check in checks
        if check.expression is not None
    ]

    def ask() -> None:
        for per, applies, expression in asked:
            for subject in subjects[per]:
                env = {**roots, **subject}
                try:
                    if applies is None or applies(**env):
                        expression(**env)
                except (TypeError, ArithmeticError, ValueError, AttributeError):  # a blank: not its business
                    continue

    return ask


def measure(runs: int) -> dict[str, Timing]:
    """All times, by what was done."""
    pack = load_pack("carbon-data-quality")
    forty = replace(pack, checks=pack.checks[:CHECKS])
    found = {}
    for copies in COPIES:
        facts = month_of(pack, copies)
        rows = len(facts["rows"])
        found[f"40 checks, one month of {rows} rows"] = timed(lambda f=facts: run(forty, f), runs)  # type: ignore[misc]  # bound now
        found[f"  the floor of it, {rows} rows"] = timed(floor(forty.checks, facts), runs)
    found["40 checks, 25 months in bulk, each"] = _each(
        timed(lambda: list(run_many([forty], [pack.base] * 25)), max(runs // 10, 5)), 25
    )
    cells = ["S-02.consumed"]
    ids = affected(forty, cells)
    found["one saved value"] = timed(lambda: run(forty, pack.base, only=ids, cells=cells), runs)
    longest = max((c for c in pack.checks if c.expression), key=lambda c: len(c.expression.source))  # type: ignore[union-attr]  # told by the filter
    found["compile the longest expression"] = timed(lambda: _compiled(longest), runs)
    slowest = max((timed(lambda s=source: refused(s), 5) for source in HOSTILE), key=lambda one: one.p50)  # type: ignore[misc]  # bound now
    found["refuse the slowest of the hostile"] = slowest
    raw = library_draft(pack.id)
    check = next(item for item in raw["checks"] if item.get("expression"))
    found["refuse the slowest of them in the authoring form"] = max(
        (timed(lambda s=source: faults(raw, "checks", {**check, "expression": s}), 5) for source in HOSTILE),  # type: ignore[misc]  # bound now
        key=lambda one: one.p50,
    )
    return found


def _each(timing: Timing, count: int) -> Timing:
    return Timing(tuple(one / count for one in timing.wall), tuple(one / count for one in timing.cpu))


def _compiled(check: Check) -> object:
    assert check.expression is not None
    return compile_expression(check.expression.source, check.expression.scope, kind="flag")


def refused(source: str) -> None:
    """Raise when ``source`` is accepted."""
    try:
        compile_expression(source, Scope.of("row"), kind="flag")
    except ExpressionError:
        return
    raise AssertionError(source)


def main() -> None:
    """Print the table; exit 1 when a limit is missed by the processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    found = measure(parser.parse_args().runs)
    print_machine()
    rows = []
    missed = []
    for what, timing in found.items():
        times = (timing.p50, timing.p95, timing.cpu_p50, min(timing.cpu))
        rows.append((what, *(f"{value:.2f}" for value in times)))
        limit = next((most for name, most in LIMITS.items() if what.startswith(name)), None)
        if limit is not None and timing.cpu_p50 > limit:
            missed.append(f"{what}: {timing.cpu_p50:.2f} ms of processor time, limit {limit} ms")
    print_table("Checks, milliseconds", ("what", "p50", "p95", "processor p50", "fastest"), rows)
    print("\n".join(missed) or "all limits kept")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
