"""The two commands as plain functions: JSON text in; JSON text and exit code out."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from portal.accounting.calculation import calculate
from portal.accounting.faults import fault, in_english
from portal.accounting.footprint import footprint
from portal.accounting.reading import shown
from portal.domain.errors import DomainError, InputError
from portal.domain.messages import N_

BAD_INPUT = 2
_LONGEST_INTEGER = 64
_LONGEST_EXPONENT = 3


def run_calculate(text: str) -> tuple[str, int]:
    """``portal calculate``: emissions of the JSON input ``text``; exit code 0, or 2 for bad input."""
    return _run(text, lambda payload: calculate(payload).as_json())


def run_footprint(text: str) -> tuple[str, int]:
    """``portal footprint``: footprint of the JSON input ``text``; exit code 0, or 2 for bad input."""
    return _run(text, lambda payload: footprint(payload).as_json())


def _run(text: str, work: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> tuple[str, int]:
    try:
        return _printed(work(_parsed(text))), 0
    except DomainError as error:
        told: dict[str, object] = {"code": error.code, "message": str(error), "path": error.path}
        if isinstance(error, InputError):
            told["message_en"] = in_english(error)
        return _printed({"error": told}), BAD_INPUT


def _printed(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=False, indent=1)
    # A lone surrogate of the input must not break the terminal that this is printed on.
    return text.encode("utf-8", "replace").decode("utf-8")


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        payload = json.loads(
            text,
            parse_float=_exact,
            parse_int=_exact_integer,
            parse_constant=Decimal,
            object_pairs_hook=_once,
        )
    except json.JSONDecodeError as error:
        detail = f"line {error.lineno} column {error.colno}"
        raise fault("not_json", "", detail=detail) from error
    except RecursionError as error:
        raise fault("not_json", "", detail=N_("嵌套过深")) from error
    if not isinstance(payload, dict):
        raise fault("wrong_type", "", wanted=N_("对象"))
    return payload


def _exact(text: str) -> Decimal:
    """A JSON number as written; an absurd exponent becomes a number that its reader will refuse."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent.lstrip("+-")) > _LONGEST_EXPONENT:
        return Decimal(f"{mantissa}e999")
    return Decimal(text)


def _exact_integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise fault("duplicate_key", shown(key), key=shown(key))
        found[key] = value
    return found
