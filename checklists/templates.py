"""Texts with places: ``{row.name}``, or ``{change:+%1}`` with a format."""

import re
from decimal import Decimal
from typing import Final

from checklists.closures import Env
from checklists.expression import Scope, compile_expression
from checklists.functions import round_half_up
from checklists.model import Template
from checklists.parsing import ExpressionError
from checklists.reading import say
from portal.domain.messages import N_

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_FORMAT: Final = re.compile(r"(\+?)(%?)(\d?)")
_HUNDRED: Final = Decimal(100)


def compile_template(source: str, scope: Scope) -> Template:
    """Cut ``source`` at its places and compile each; raises ExpressionError.

    A format is ``[+][%][digits]``: ``+`` shows the sign, ``%`` a share as per cent, digits round half up.
    """
    parts: list[str | tuple[object, str]] = []
    end = 0
    for place in _PLACE.finditer(source):
        parts.append(source[end : place.start()])
        inner, _, shape = place[1].partition(":")
        if not _FORMAT.fullmatch(shape):
            raise ExpressionError(N_("“%(place)s”的写法不对，冒号后可写 +、%%、位数"), place=place[0])
        parts.append((compile_expression(inner, scope), shape))
        end = place.end()
    rest = source[end:]
    if "{" in rest or "}" in "".join(part for part in parts if isinstance(part, str)) + rest:
        raise ExpressionError(N_("花括号没有成对：%(text)s"), text=source)
    return Template(source, (*parts, rest))  # type: ignore[arg-type]  # alternating, as built above


def fill(template: Template, env: Env, *, english: bool = False) -> str:
    """The text with every place filled from ``env``; a blank datum is said to be blank."""
    if len(template.parts) == 1:
        return template.source
    pieces = []
    for part in template.parts:
        if isinstance(part, str):
            pieces.append(part)
        else:
            expression, shape = part
            pieces.append(_shaped(expression.evaluate(env), shape, english=english))
    return "".join(pieces)


def _shaped(value: object, shape: str, *, english: bool) -> str:
    match = _FORMAT.fullmatch(shape)
    if not shape or match is None or not isinstance(value, Decimal):
        return say(value, english=english)
    sign, percent, digits = match.groups()
    try:
        number = value * _HUNDRED if percent else value
        number = round_half_up(number, Decimal(digits)) if digits else number
    except ArithmeticError:
        return say(value, english=english)
    text = say(number, english=english) + ("\N{NO-BREAK SPACE}%" if percent else "")
    return f"+{text}" if sign and number > 0 else text
