"""The expressions of checks: compiled once from their syntax tree into closures with three truth values.

An expression says what must hold. A datum that is blank is *unknown*, and unknown is not
false: ``and``, ``or``, ``all`` and ``any`` follow Kleene's strong logic, everything else that
touches an unknown is unknown itself and names the datum that is missing. Whether something was
filled in at all is asked with ``given(…)``, the only function that an unknown does not pass through.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeVar

from checklists.closures import (
    BUDGET,
    BUDGET_KEY,
    Env,
    Loop,
    Node,
    Run,
    always,
    comparison,
    conditional,
    divisor,
    gathered,
    given,
    greatest,
    how_many,
    how_many_hold,
    how_many_kinds,
    least,
    reading,
    settled_by,
    settled_list,
    strict,
    total,
    within,
)
from checklists.functions import FUNCTIONS, Function
from checklists.parsing import ExpressionError, number, parse
from checklists.values import Unknown, Value, taker
from checklists.vocabulary import (
    DATE,
    FLAG,
    MONTH,
    NUMBER,
    ROOTS,
    SCALARS,
    SHAPES,
    SUBJECTS,
    TEXT,
    Word,
    element_kind,
)
from portal.domain.messages import N_

LIST_FUNCTIONS: Final = frozenset({"all", "any", "count", "sum", "min", "max", "distinct"})

_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[object, object], object]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,  # type: ignore[dict-item]  # kinds are checked when compiling
    ast.LtE: operator.le,  # type: ignore[dict-item]  # kinds are checked when compiling
    ast.Gt: operator.gt,  # type: ignore[dict-item]  # kinds are checked when compiling
    ast.GtE: operator.ge,  # type: ignore[dict-item]  # kinds are checked when compiling
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Scope:
    """The names that an expression may use besides functions: words, settings and named parts.

    ``settings`` are a check's parameters; ``parts`` are expressions with a name, in order.
    """

    words: Mapping[str, Word]
    settings: Mapping[str, object] = field(default_factory=dict)
    parts: Mapping[str, "Expression"] = field(default_factory=dict)

    @classmethod
    def of(cls, per: str, settings: Mapping[str, object] | None = None) -> "Scope":
        """The scope of checks asked per ``record``, ``row``, ``slot`` or ``stream``."""
        return cls({**ROOTS, **SUBJECTS[per]}, settings or {})


@dataclass(frozen=True)
class Expression:
    """A compiled expression: its source, kind, what it reads, and how to evaluate it."""

    source: str
    kind: str
    tree: ast.expr = field(repr=False)
    scope: Scope = field(repr=False)
    reads: frozenset[str]  #: every path, ``rows[].value`` for those of list elements
    looks: tuple[tuple[str, Run], ...] = field(repr=False)  #: the single values it looks at
    run: Run = field(repr=False)  #: as ``evaluate``, within the allowance of whoever calls it
    evaluate: Run = field(repr=False)  #: the value in an environment, or Unknown; raises on no facts


def kind_of(value: object) -> str:
    """Kind of a setting or literal; raises ExpressionError for anything else."""
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, Decimal | int):
        return NUMBER
    if isinstance(value, str):
        return TEXT
    if isinstance(value, list | tuple) and value and len({kind_of(item) for item in value}) == 1:
        return f"list:{kind_of(value[0])}"
    if hasattr(value, "isoformat"):
        return DATE
    raise ExpressionError(N_("参数的值要是数、文字、日期、是否，或一列同类的值"))


def compile_expression(source: str, scope: Scope, *, kind: str | None = None) -> Expression:
    """Compile ``source`` within ``scope``; raises ExpressionError, also when it does not give ``kind``."""
    tree = parse(source)
    compiler = _Compiler(" ".join(source.split("\n")).strip(), scope)
    node = compiler.visit(tree)
    if kind is not None and node.kind != kind:
        raise ExpressionError(N_("结果应是%(wanted)s，现在是%(found)s"), wanted=kind, found=node.kind)
    looks = tuple(compiler.looks.items())
    evaluate = _budgeted(node.run) if compiler.walks else node.run
    return Expression(source, node.kind, tree, scope, frozenset(compiler.reads), looks, node.run, evaluate)


def _budgeted(run: Run) -> Run:
    """Give each evaluation its own allowance of list elements, so that loops in loops cannot run away."""

    def evaluate(env: Env) -> Value:
        env[BUDGET_KEY] = BUDGET
        return run(env)

    return evaluate


class _Compiler:
    """Walks a checked tree once and gives nested closures."""

    def __init__(self, line: str, scope: Scope) -> None:
        self.line = line
        self.scope = scope
        self.loops: dict[str, tuple[str, str]] = {}  # variable -> kind, path
        self.reads: set[str] = set()
        self.looks: dict[str, Run] = {}
        self.walks = False

    def visit(self, node: ast.expr) -> Node:
        visitor: Callable[[ast.expr], Node] = getattr(
            self, f"visit_{type(node).__name__.lower()}", self._refuse
        )
        return visitor(node)

    def _refuse(self, node: ast.expr) -> Node:
        raise ExpressionError.at(node, N_("这里不能用 %(construct)s"), construct=type(node).__name__)

    def _expect(self, node: ast.expr, kind: str) -> Node:
        found = self.visit(node)
        if kind == MONTH and _is_month(found):
            return found
        if found.kind != kind:
            raise ExpressionError.at(
                node, N_("结果应是%(wanted)s，现在是%(found)s"), wanted=kind, found=found.kind
            )
        return found

    # leaves

    def visit_constant(self, node: ast.Constant) -> Node:
        value = node.value
        return _constant(value if isinstance(value, bool | str) else number(node, self.line))

    def visit_tuple(self, node: ast.Tuple | ast.List) -> Node:
        items = [self.visit(item) for item in node.elts]
        if not items or len({item.kind for item in items}) > 1 or not all(item.constant for item in items):
            raise ExpressionError.at(node, N_("括号里的一列值要写明，并且是同一类"))
        return Node(f"list:{items[0].kind}", always(tuple(item.run({}) for item in items)), constant=True)

    visit_list = visit_tuple

    def visit_name(self, node: ast.Name) -> Node:
        name = node.id
        if name in self.scope.settings:
            return _constant(self.scope.settings[name])
        if name in self.scope.parts:
            part = self.scope.parts[name]
            self.reads |= part.reads
            self.looks.update(part.looks)
            self.walks |= part.evaluate is not part.run
            return Node(part.kind, part.run)
        return self._path(node, name, [])

    def visit_attribute(self, node: ast.Attribute) -> Node:
        keys: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            keys.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise ExpressionError.at(node, N_("点号前只能是数据的名称"))
        return self._path(node, inner.id, keys[::-1])

    def _path(self, node: ast.expr, name: str, keys: list[str]) -> Node:
        if name in self.loops:
            kind, path = self.loops[name]
        elif name in self.scope.words:
            kind, path = self.scope.words[name].kind, name
        else:
            raise ExpressionError.at(node, N_("没有“%(name)s”这个名称"), name=name)
        for key in keys:
            shape = kind.removeprefix("map:")
            if not kind.startswith("map:") or key not in SHAPES[shape]:
                raise ExpressionError.at(node, N_("“%(path)s”没有“%(key)s”这一项"), path=path, key=key)
            kind, path = SHAPES[shape][key].kind, f"{path}.{key}"
        run = reading(name, keys)
        self.reads.add(path)
        if kind in SCALARS and "[]" not in path:
            self.looks[path] = run
        return Node(kind, run, leaf=(name, keys[0]) if len(keys) == 1 else None)

    # operators

    def visit_boolop(self, node: ast.BoolOp) -> Node:
        parts = [self._expect(value, FLAG).run for value in node.values]
        return Node(FLAG, settled_by(parts, stop=isinstance(node.op, ast.Or)))

    def visit_unaryop(self, node: ast.UnaryOp) -> Node:
        if isinstance(node.op, ast.Not):
            return Node(FLAG, strict((self._expect(node.operand, FLAG).run,), operator.not_))
        operand = self._expect(node.operand, NUMBER)
        run = strict((operand.run,), operator.neg)
        return _constant(run({})) if operand.constant else Node(NUMBER, run)

    def visit_binop(self, node: ast.BinOp) -> Node:
        (left,), above = self._noting(lambda: [self.visit(node.left)])
        (right,), below = self._noting(lambda: [self.visit(node.right)])
        if left.kind == right.kind == DATE and isinstance(node.op, ast.Sub):
            return Node(NUMBER, strict((right.run, left.run), FUNCTIONS["days"].call))
        if not left.kind == right.kind == NUMBER:
            raise ExpressionError.at(node, N_("加减乘除只用于数"))
        other = divisor(right.run, below) if isinstance(node.op, ast.Div) else right.run
        missing = tuple(sorted({*above, *below}))
        return Node(NUMBER, strict((left.run, other), _ARITHMETIC[type(node.op)], missing))

    def visit_compare(self, node: ast.Compare) -> Node:
        pairs = []
        left_node = node.left
        for symbol, right_node in zip(node.ops, node.comparators, strict=True):
            pairs.append(self._pair(left_node, symbol, right_node))
            left_node = right_node
        return Node(FLAG, pairs[0] if len(pairs) == 1 else settled_by(pairs, stop=False))

    def _pair(self, left_node: ast.expr, symbol: ast.cmpop, right_node: ast.expr) -> Run:
        left, right = self.visit(left_node), self.visit(right_node)
        if isinstance(symbol, ast.In | ast.NotIn):
            if right.kind != f"list:{left.kind}":
                raise ExpressionError.at(right_node, N_("in 的右边要是一列同类的值"))
            return within(left, right, negate=isinstance(symbol, ast.NotIn))
        kinds = {left.kind, right.kind}
        alike = len(kinds) == 1 or (kinds == {MONTH, TEXT} and (_is_month(left) or _is_month(right)))
        ordered = kinds <= {NUMBER, DATE, MONTH, TEXT} and kinds != {TEXT}
        if not alike or not kinds <= SCALARS or not (ordered or isinstance(symbol, ast.Eq | ast.NotEq)):
            raise ExpressionError.at(
                left_node, N_("%(left)s 与 %(right)s 不能这样比较"), left=left.kind, right=right.kind
            )
        return comparison(left, _COMPARE[type(symbol)], right)

    def visit_ifexp(self, node: ast.IfExp) -> Node:
        test = self._expect(node.test, FLAG).run
        then, other = self.visit(node.body), self.visit(node.orelse)
        if then.kind != other.kind:
            raise ExpressionError.at(node, N_("if 的两边要是同一类的值"))
        return Node(then.kind, conditional(test, then.run, other.run))

    # calls

    def visit_call(self, node: ast.Call) -> Node:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "given" and len(node.args) == 1:
            return Node(FLAG, given(self.visit(node.args[0])))
        if name in LIST_FUNCTIONS:
            return self._list_call(node, name)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError.at(node, N_("没有“%(name)s”这个函数"), name=name)
        return self._plain_call(node, name, function)

    def _plain_call(self, node: ast.Call, name: str, function: Function) -> Node:
        if len(node.args) != len(function.takes):
            raise ExpressionError.at(
                node, N_("%(name)s 要 %(wanted)s 个值"), name=name, wanted=len(function.takes)
            )
        runs, missing = self._noting(
            lambda: [self._expect(arg, kind).run for arg, kind in zip(node.args, function.takes, strict=True)]
        )
        return Node(function.gives, strict(runs, function.call, missing))

    def _noting(self, compile_parts: Callable[[], list[_Part]]) -> tuple[list[_Part], tuple[str, ...]]:
        """Compile parts and tell which data they read: to be named when the operation cannot be done."""
        outer, self.reads = self.reads, set()
        parts = compile_parts()
        missing = tuple(sorted(self.reads))
        self.reads |= outer
        return parts, missing

    # lists

    def _list_call(self, node: ast.Call, name: str) -> Node:
        if name in {"min", "max"} and len(node.args) > 1:
            args = [self.visit(arg) for arg in node.args]
            if len({arg.kind for arg in args}) > 1 or args[0].kind not in {NUMBER, DATE}:
                raise ExpressionError.at(node, N_("%(name)s 只比较数或日期"), name=name)
            return Node(args[0].kind, strict([arg.run for arg in args], min if name == "min" else max))
        if len(node.args) != 1:
            raise ExpressionError.at(node, N_("%(name)s 要 %(wanted)s 个值"), name=name, wanted=1)
        self.walks = True
        loop, kind = self._loop(node.args[0], name)
        if name in {"all", "any"}:
            return Node(FLAG, settled_list(loop, stop=name == "any"))
        if name == "count":
            told = how_many_hold if kind == FLAG and isinstance(node.args[0], ast.GeneratorExp) else how_many
            return Node(NUMBER, gathered(loop, told))
        if name == "distinct":
            return Node(NUMBER, gathered(loop, how_many_kinds))
        if name == "sum":
            return Node(NUMBER, gathered(loop, total))
        return Node(kind, gathered(loop, least if name == "min" else greatest, empty=loop.asked))

    def _loop(self, node: ast.expr, name: str) -> tuple[Loop, str]:
        """Compile the one argument of a list function: a generator, or a plain list for ``count``."""
        if not isinstance(node, ast.GeneratorExp):
            listed = self.visit(node)
            if name != "count" or not listed.kind.startswith("list:"):
                raise ExpressionError.at(node, N_("%(name)s 里要写“… for x in 一列”"), name=name)
            kind = element_kind(listed.kind)
            return Loop(_ELEMENT, listed.run, None, _itself_known, Unknown(tuple(sorted(self.reads)))), kind
        clause = node.generators[0]
        if len(node.generators) > 1 or clause.is_async or not isinstance(clause.target, ast.Name):
            raise ExpressionError.at(node, N_("一处只能写一个 for，变量只能是一个名称"))
        return self._generator(node, clause, clause.target.id, name)

    def _generator(
        self, node: ast.GeneratorExp, clause: ast.comprehension, variable: str, name: str
    ) -> tuple[Loop, str]:
        scope = self.scope
        if variable in self.loops or variable in {*scope.words, *scope.settings, *scope.parts, *FUNCTIONS}:
            raise ExpressionError.at(clause.target, N_("变量名 %(name)s 已有别的意思"), name=variable)
        (listed,), paths = self._noting(lambda: [self.visit(clause.iter)])
        if not listed.kind.startswith("list:"):
            raise ExpressionError.at(clause.iter, N_("in 的右边要是一列值"))
        kind = element_kind(listed.kind)
        path = f"{paths[0]}[]" if len(paths) == 1 else "[]"
        self.loops[variable] = (kind, path)
        conditions = [self._expect(test, FLAG).run for test in clause.ifs]
        body = self._body(node.elt, name)
        del self.loops[variable]
        condition = settled_by(conditions, stop=False) if conditions else None
        return Loop(variable, listed.run, condition, body.run, Unknown((path,))), body.kind

    def _body(self, node: ast.expr, name: str) -> Node:
        """What is asked of each element, of the kind that the function takes."""
        if name in {"all", "any"}:
            return self._expect(node, FLAG)
        if name == "sum":
            return self._expect(node, NUMBER)
        body = self.visit(node)
        takes = {"min": {NUMBER, DATE}, "max": {NUMBER, DATE}, "distinct": SCALARS}.get(name)
        if takes is not None and body.kind not in takes:
            raise ExpressionError.at(node, N_("%(name)s 只比较数或日期"), name=name)
        return body


_ELEMENT: Final = "#element"


def _itself_known(env: Env) -> Value:
    """For a plain list in ``count``: every element counts, unless it cannot be read."""
    element = env[_ELEMENT]
    return element if type(element) is Unknown else True


def _is_month(node: Node) -> bool:
    """Whether a literal text is a month, as ``'2026-10'``."""
    return node.constant and taker(MONTH, "")(node.run({})) == node.run({})


def _constant(value: object) -> Node:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    return Node(kind_of(value), always(value), constant=True)
