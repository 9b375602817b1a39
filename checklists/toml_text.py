"""A pack's mapping written down as TOML, so that a draft is the same kind of text as a shipped file."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(table: Mapping[str, Any]) -> str:
    """``table`` as TOML that ``tomllib`` reads back equal; what is None is left out.

    Raises TypeError for a value that TOML has no form for.
    """
    return "\n".join(_table(table, ())).strip() + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The lines of a table: its own values first, since a header ends them."""
    for key, value in table.items():
        if value is not None and not isinstance(value, Mapping) and not _is_list_of_tables(value):
            yield f"{_key(key)} = {toml_value(value)}"
    for key, value in table.items():
        here = (*path, key)
        name = ".".join(_key(part) for part in here)
        if isinstance(value, Mapping):
            yield from ("", f"[{name}]", *_table(value, here))
        elif _is_list_of_tables(value):
            for item in value:
                yield from ("", f"[[{name}]]", *_table(item, here))


def _is_list_of_tables(value: object) -> bool:
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def toml_value(value: Any) -> str:
    """One value as TOML; raises TypeError for what TOML has no form for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        digits = format(value, "f")
        return digits if "." in digits else f"{digits}.0"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(
            f"{_key(key)} = {toml_value(item)}" for key, item in value.items() if item is not None
        )
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    raise TypeError(f"{type(value).__name__} has no TOML form")


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for the one control character that JSON lets through.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
