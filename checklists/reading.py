"""Expressions read out in plain Chinese, made from their tree, for people who write no code."""

import ast
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from checklists.expression import Expression
from checklists.functions import FUNCTIONS
from checklists.values import Unknown
from checklists.vocabulary import CODES, ROOTS, SHAPES, SUBJECTS, Word

_MOST_DIGITS: Final = 24  # beyond this a figure is an accident, and is said in powers of ten
_WORDS: Final[Mapping[str, Word]] = {
    **ROOTS,
    **{k: w for names in SUBJECTS.values() for k, w in names.items()},
}
_SIGNS: Final[Mapping[type[ast.AST], str]] = {
    ast.Eq: "等于",
    ast.NotEq: "不等于",
    ast.Lt: "小于",
    ast.LtE: "不大于",
    ast.Gt: "大于",
    ast.GtE: "不小于",
    ast.In: "属于",
    ast.NotIn: "不属于",
    ast.Add: "加",
    ast.Sub: "减",
    ast.Mult: "乘",
    ast.Div: "除以",
}
_LISTS: Final[Mapping[str, str]] = {
    "all": "{each}每一项都满足：{body}",
    "any": "{each}至少有一项满足：{body}",
    "count": "{each}满足“{body}”的项数",
    "sum": "{each}各项“{body}”之和",
    "min": "{each}各项“{body}”中最小的",
    "max": "{each}各项“{body}”中最大的",
    "distinct": "{each}各项“{body}”的种数",
}


@lru_cache(maxsize=2048)  # months with many blanks name the same few data again and again
def path_words(path: str, *, english: bool = False) -> str:
    """The name of a datum for people: ``row.meter.accuracy_class`` gives 计量器具的准确度等级."""
    path, _, parameter = path.partition("#")
    parts = path.replace("[]", "").split(".")
    word = _WORDS.get(parts[0])
    if word is None:
        return path
    names = [word.en if english else word.zh]
    for key in parts[1:]:
        shape = SHAPES.get(word.kind.partition(":")[2], {})
        if key not in shape:
            return path
        word = shape[key]
        names.append(word.en if english else word.zh)
    told = names[1:] or names  # the words of a subject speak for themselves
    if parameter:
        told = [say(parameter, english=english), told[-1]]
    return " – ".join(told) if english else "的".join(told)


def say(value: object, *, english: bool = False) -> str:
    """A value for people: thousands commas, a true minus, dates and codes in words, blanks said."""
    if value is None or isinstance(value, Unknown):
        return "blank" if english else "空白"
    if isinstance(value, bool):
        return ("yes" if value else "no") if english else ("是" if value else "否")
    if isinstance(value, Decimal):
        plain = abs(value.adjusted()) <= _MOST_DIGITS
        return (f"{value:,f}" if plain else f"{value:.3e}").replace("-", "\u2212")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value in CODES:
        return CODES[value][1 if english else 0]
    if isinstance(value, list | tuple):
        return (", " if english else "、").join(say(item, english=english) for item in value)
    return str(value)


def read_out(expression: Expression) -> str:
    """Say in Chinese what ``expression`` asks; made from the tree, so it cannot drift from it."""
    return _Reader(expression).visit(expression.tree)


class _Reader:
    def __init__(self, expression: Expression) -> None:
        self.scope = expression.scope
        self.variables: dict[str, str] = {}

    def visit(self, node: ast.AST) -> str:
        visitor: Callable[[ast.AST], str] = getattr(self, f"visit_{type(node).__name__.lower()}")
        return visitor(node)

    def inner(self, node: ast.AST) -> str:
        """A part within a larger one, in brackets when it has parts itself."""
        text = self.visit(node)
        quantified = isinstance(node, ast.Call) and isinstance(node.args[0], ast.GeneratorExp)
        return f"（{text}）" if quantified or isinstance(node, ast.BoolOp | ast.BinOp | ast.IfExp) else text

    def visit_constant(self, node: ast.Constant) -> str:
        value = node.value
        if isinstance(value, str):
            return f"“{say(value)}”"
        return say(value) if isinstance(value, bool) else say(Decimal(str(value)))

    def visit_tuple(self, node: ast.Tuple) -> str:
        return "、".join(self.visit(item) for item in node.elts)

    visit_list = visit_tuple

    def visit_name(self, node: ast.Name) -> str:
        if node.id in self.scope.settings:
            return f"参数 {node.id}（{say(self.scope.settings[node.id])}）"
        if node.id in self.scope.parts:
            return f"“{read_out(self.scope.parts[node.id])}”"
        return f" {node.id} " if node.id in self.variables else path_words(node.id)

    def visit_attribute(self, node: ast.Attribute) -> str:
        path = ast.unparse(node)
        root, _, rest = path.partition(".")
        if root in self.variables:
            return f" {root} 的{path_words(f'{self.variables[root]}.{rest}').rpartition('的')[2]}"
        return path_words(path)

    def visit_boolop(self, node: ast.BoolOp) -> str:
        sign = "，且" if isinstance(node.op, ast.And) else "，或者"
        return sign.join(self.inner(value) for value in node.values)

    def visit_unaryop(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Not):
            return f"并非（{self.visit(node.operand)}）"
        return f"\u2212{self.inner(node.operand)}"

    def visit_binop(self, node: ast.BinOp) -> str:
        return f"{self.inner(node.left)}{_SIGNS[type(node.op)]}{self.inner(node.right)}"

    def visit_compare(self, node: ast.Compare) -> str:
        left, told = node.left, []
        for sign, right in zip(node.ops, node.comparators, strict=True):
            told.append(f"{self.inner(left)}{_SIGNS[type(sign)]}{self.inner(right)}")
            left = right
        return "，且".join(told)

    def visit_ifexp(self, node: ast.IfExp) -> str:
        return f"如果{self.inner(node.test)}则{self.inner(node.body)}，否则{self.inner(node.orelse)}"

    def visit_call(self, node: ast.Call) -> str:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "given":
            return f"已填写{self.visit(node.args[0])}"
        if name in FUNCTIONS:
            return FUNCTIONS[name].reading.format(*(self.inner(arg) for arg in node.args))
        first = node.args[0]
        if isinstance(first, ast.GeneratorExp):
            return self._loop(name, first)
        if name == "count":
            return f"{self.visit(first)}的个数"
        values = "、".join(self.visit(arg) for arg in node.args)
        return f"{values}中{'最小' if name == 'min' else '最大'}的"

    def _loop(self, name: str, node: ast.GeneratorExp) -> str:
        clause = node.generators[0]
        variable = clause.target.id if isinstance(clause.target, ast.Name) else ""
        source = self.visit(clause.iter)
        self.variables[variable] = self._path(clause.iter)
        conditions = "".join(f"中满足“{self.visit(test).strip()}”的" for test in clause.ifs)
        middle = conditions or ("中" if name in {"any", "count"} else "")
        each = f"{source}（每一项记作 {variable}）{middle}"
        return _LISTS[name].format(each=each, body=self.visit(node.elt).strip())

    def _path(self, node: ast.expr) -> str:
        """The path of the list walked over, through the variables of loops around it."""
        path = ast.unparse(node)
        root, dot, rest = path.partition(".")
        return f"{self.variables[root]}{dot}{rest}" if root in self.variables else path
