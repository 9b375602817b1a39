"""JSON from strangers, read so that nothing in it is taken for something else."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NoReturn

from portal.domain.errors import InputError
from portal.domain.messages import N_

#: A footprint is a few thousand bytes; extensions may make it longer.
MOST_BYTES: Final = 1024 * 1024
MOST_DEPTH: Final = 32
#: Values, keys counted in; a footprint has about a hundred. Each may become an error with a copy of it.
MOST_VALUES: Final = 10_000
#: Digits of one number, written out; real ones have fewer than twenty.
MOST_DIGITS: Final = 60


def strict_json(content: bytes) -> Any:
    """The value that ``content`` holds as UTF-8 JSON; fractions come as Decimal.

    Raises InputError: ``too_large`` (over 1 MB, before anything is read), ``not_utf8``, ``not_json``,
    ``duplicate_key``, ``not_finite`` (NaN, Infinity, 1e999), ``too_deep``, ``too_many`` (values),
    ``bad_text`` (half a character, control characters).
    """
    if len(content) > MOST_BYTES:
        raise InputError(
            "too_large", N_("文件超过 %(most)s MB，没有读入"), params={"most": MOST_BYTES // 1024**2}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not_utf8", N_("文件不是 UTF-8 编码的文本，请确认选的是 JSON 文件")) from error
    value = _parsed(text)
    _check(value)
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_float=_fraction,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        raise InputError(
            "not_json",
            N_("第 %(line)s 行第 %(column)s 列起不是 JSON"),
            params={"line": error.lineno, "column": error.colno},
        ) from error
    except RecursionError as error:
        raise _too_deep() from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for twice, _ in pairs:
        if twice in seen:
            break
        seen.add(twice)
    raise InputError(
        "duplicate_key", N_("同一处有两个“%(key)s”，不知道该取哪一个"), params={"key": twice[:60]}
    )


def _no_number(word: str) -> NoReturn:
    raise InputError("not_finite", N_("“%(value)s”不是数值"), params={"value": word[:20]})


def _fraction(text: str) -> Decimal:
    number = Decimal(text)
    if len(text) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        _no_number(text)
    return number


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        _no_number(text)
    return int(text)


def _check(value: Any) -> None:
    """Depth, number and texts, without recursion."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    seen = 0
    while waiting:
        held, depth = waiting.pop()
        seen += 1
        if seen + len(waiting) > MOST_VALUES:
            raise InputError(
                "too_many", N_("文件里超过 %(most)s 个值，没有读入"), params={"most": MOST_VALUES}
            )
        if isinstance(held, str):
            _check_text(held)
        elif isinstance(held, dict | list):
            if depth > MOST_DEPTH:
                raise _too_deep()
            waiting += ((inner, depth + 1) for inner in _within(held))


def _within(held: dict[str, Any] | list[Any]) -> Iterator[Any]:
    if isinstance(held, list):
        yield from held
    else:
        yield from held
        yield from held.values()


def _check_text(text: str) -> None:
    if any((letter < " " and letter not in "\n\r\t") or "\ud800" <= letter <= "\udfff" for letter in text):
        raise InputError("bad_text", N_("文件里有不能显示的控制字符或残缺的字符"))


def _too_deep() -> InputError:
    return InputError("too_deep", N_("JSON 嵌套超过 %(most)s 层，没有读入"), params={"most": MOST_DEPTH})
