"""What an applicability narrows the rows to, told from its tree, so that other rows are never asked."""

import ast

from checklists.expression import Expression


def parameters_meant(applies: Expression) -> frozenset[str]:
    """The row parameters outside which ``applies`` is false for certain; empty when it does not tell.

    Only ``row.parameter == "…"`` and ``row.parameter in (…)`` that every path must pass are looked at.
    """
    tree = applies.tree
    conjuncts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    for part in conjuncts:
        found = _named(part)
        if found:
            return found
    return frozenset()


def _named(part: ast.expr) -> frozenset[str]:
    if not isinstance(part, ast.Compare) or len(part.ops) != 1 or ast.unparse(part.left) != "row.parameter":
        return frozenset()
    right = part.comparators[0]
    if isinstance(part.ops[0], ast.Eq):
        values: list[ast.expr] = [right]
    elif isinstance(part.ops[0], ast.In) and isinstance(right, ast.Tuple | ast.List):
        values = right.elts
    else:
        return frozenset()
    texts = [value.value for value in values if isinstance(value, ast.Constant)]
    if len(texts) != len(values):
        return frozenset()
    return frozenset(text for text in texts if isinstance(text, str))
