"""Broken copies of a check: one operator, literal or setting changed at a time."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from checklists.expression import Expression, Scope, compile_expression
from checklists.model import Check
from checklists.narrowing import parameters_meant

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


def _with(check: Check, part: str, expression: Expression) -> Check:
    """The check with one expression changed, its applicability narrowed anew."""
    changed = replace(check, **{part: expression})
    if part == "applies" and check.per == "row":
        changed = replace(changed, parameters=parameters_meant(expression))
    return changed


def mutants(check: Check) -> Iterator[tuple[str, Check]]:
    """Every mutant of ``check`` with a word on what was changed."""
    for part in ("applies", "expression"):
        expression: Expression | None = getattr(check, part)
        if expression is not None:
            yield from _of_tree(check, part, expression)
    for name, setting in check.settings.items():
        if isinstance(setting.value, Decimal):
            yield f"setting {name} doubled", _with_setting(check, name, setting.value * 2)
            yield f"setting {name} halved", _with_setting(check, name, setting.value / 2)
    if check.predicate:
        yield "always true", replace(check, predicate="", expression=compile_expression("1 == 1", Scope({})))


def _of_tree(check: Check, part: str, expression: Expression) -> Iterator[tuple[str, Check]]:
    nodes = list(ast.walk(expression.tree))
    for index, node in enumerate(nodes):
        tree = copy.deepcopy(expression.tree)
        twin = list(ast.walk(tree))[index]
        if isinstance(twin, ast.Compare):
            swap = _SWAPS.get(type(twin.ops[0]))
            if swap is None:
                continue
            twin.ops[0] = swap()  # type: ignore[call-overload]  # an operator node
        elif isinstance(twin, ast.BoolOp | ast.BinOp):
            swap = _SWAPS.get(type(twin.op))
            if swap is None:
                continue
            twin.op = swap()  # type: ignore[assignment]  # an operator node
        elif (
            isinstance(twin, ast.Call) and isinstance(twin.func, ast.Name) and twin.func.id in {"all", "any"}
        ):
            twin.func.id = "any" if twin.func.id == "all" else "all"
        else:
            continue
        changed = compile_expression(ast.unparse(tree), expression.scope, kind="flag")
        yield f"{part}: {ast.unparse(node)} -> {ast.unparse(twin)}", _with(check, part, changed)
    negated = compile_expression(f"not ({ast.unparse(expression.tree)})", expression.scope)
    yield f"{part}: negated", _with(check, part, negated)


def _with_setting(check: Check, name: str, value: Decimal) -> Check:
    for part in ("applies", "expression"):
        expression: Expression | None = getattr(check, part)
        if expression is not None:
            scope = _rescoped(expression.scope, name, value)
            check = _with(check, part, compile_expression(expression.source, scope, kind="flag"))
    return check


def _rescoped(scope: Scope, name: str, value: Decimal) -> Scope:
    """The same scope with one setting changed, its named parts compiled anew."""
    settings = {**scope.settings, name: value}
    fresh = Scope(scope.words, settings)
    for part, expression in scope.parts.items():
        compiled = compile_expression(expression.source, fresh)
        fresh = Scope(scope.words, settings, {**fresh.parts, part: compiled})
    return fresh
