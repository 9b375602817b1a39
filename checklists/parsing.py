"""From the source of an expression to a syntax tree that holds only what the language allows.

The language is a subset of Python expressions. Everything here is decided before anything is
evaluated, and each bound is checked before the work that it bounds, so that a hostile source
is refused in a few milliseconds.
"""

import ast
from decimal import Decimal
from typing import Final

from portal.domain.errors import Invalid
from portal.domain.messages import N_

MAX_SOURCE: Final = 1000  #: characters
MAX_NODES: Final = 250
MAX_DEPTH: Final = 24
MAX_TEXT: Final = 200  #: characters of one text literal
MAX_DIGITS: Final = 30  #: digits of one number literal

_ALLOWED: Final = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div,
    ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
    ast.IfExp, ast.Call, ast.GeneratorExp, ast.comprehension,
    ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Constant, ast.Tuple, ast.List,
)  # fmt: skip


class ExpressionError(Invalid):
    """An expression that the language does not allow; ``column`` counts from 1, 0 when unknown."""

    code = "expression"

    def __init__(self, message: str, *, column: int = 0, **params: object) -> None:
        """Keep the message id, what is put into it, and where in the source it happened."""
        # A message may name the place itself: 第 %(column)s 个字符附近.
        told = {**params, "column": column} if "%(column)s" in message else params
        super().__init__(message, params=told, path="expression")
        self.column = column

    @classmethod
    def at(cls, node: ast.AST, message: str, **params: object) -> "ExpressionError":
        """The error at the place of ``node``."""
        return cls(message, column=getattr(node, "col_offset", -1) + 1, **params)


def parse(source: str) -> ast.expr:
    """Parse ``source`` and refuse every construct outside the language; raises ExpressionError."""
    if not source.strip():
        raise ExpressionError(N_("表达式是空的"))
    if len(source) > MAX_SOURCE:
        raise ExpressionError(N_("表达式太长，最多 %(most)s 个字符"), most=MAX_SOURCE)
    # One line for the parser: a rule may be laid out over several lines.
    line = " ".join(source.split("\n")).strip()
    try:
        tree = ast.parse(line, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # What is missing something is wrong at its end, and there the parser names no place.
        column = getattr(error, "offset", 0) or len(line)
        raise ExpressionError(N_("表达式写法不对（第 %(column)s 个字符附近）"), column=column) from None
    if not line.isascii():
        _count_characters(tree, line)
    _bound(tree)
    return tree.body


def _count_characters(tree: ast.Expression, line: str) -> None:
    """Turn the parser's places, which count UTF-8 bytes, into places that a person counts."""
    coded = line.encode()
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.end_col_offset = len(coded[: node.end_col_offset].decode(errors="ignore"))
            node.col_offset = len(coded[: node.col_offset].decode(errors="ignore"))


def _bound(tree: ast.Expression) -> None:
    """Count nodes and depth with a stack of our own; recursion is what a hostile source is after."""
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    count = 0
    while stack:
        node, depth = stack.pop()
        count += 1
        if count > MAX_NODES:
            raise ExpressionError(N_("表达式太大，最多 %(most)s 个成分"), most=MAX_NODES)
        if depth > MAX_DEPTH:
            raise ExpressionError(N_("表达式套得太深，最多 %(most)s 层"), most=MAX_DEPTH)
        _allow(node)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _allow(node: ast.AST) -> None:
    if not isinstance(node, _ALLOWED):
        raise ExpressionError.at(node, N_("这里不能用 %(construct)s"), construct=type(node).__name__)
    name = getattr(node, "attr", None) or getattr(node, "id", None)
    if isinstance(name, str) and name.startswith("_"):
        raise ExpressionError.at(node, N_("名称不能以下划线开头：%(name)s"), name=name)
    if isinstance(node, ast.Constant):
        _allow_constant(node)
    if isinstance(node, ast.Call) and (node.keywords or not isinstance(node.func, ast.Name)):
        raise ExpressionError.at(node, N_("只能按“函数名(值, …)”的样子调用列出的函数"))


def _allow_constant(node: ast.Constant) -> None:
    value = node.value
    if value is None:
        raise ExpressionError.at(node, N_("不能写 None；判断有没有填写请用 given(…)"))
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ExpressionError.at(node, N_("文字太长，最多 %(most)s 个字符"), most=MAX_TEXT)
    if not isinstance(value, bool | int | float | str):
        raise ExpressionError.at(node, N_("这里不能用 %(construct)s"), construct=type(value).__name__)


def number(node: ast.Constant, line: str) -> Decimal:
    """The exact decimal that stands in the source for ``node``.

    The syntax tree holds a binary float for ``0.1``; the digits are taken from ``line`` instead.
    """
    text = line[node.col_offset : node.end_col_offset].replace("_", "")
    if len(text) > MAX_DIGITS or not all(sign in "0123456789." for sign in text):
        raise ExpressionError.at(node, N_("数要写成普通小数，最多 %(most)s 位"), most=MAX_DIGITS)
    return Decimal(text)
