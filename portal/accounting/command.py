"""The commands as plain functions: what stands on standard input in; text and exit code out.

A JSON number is taken exactly as it was written, so ``12.30`` and ``"12.30"`` are the same; NaN, Infinity and
booleans are not numbers. Whatever is wrong gives one JSON object and exit code 2, never a traceback.
"""

import json
import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from portal.accounting.calculation import calculate
from portal.accounting.faults import fault, in_english
from portal.accounting.footprint import footprint
from portal.accounting.footprint_reading import read_system
from portal.accounting.footprint_telling import tell_footprint
from portal.accounting.printed import mismatches, read_result, told
from portal.accounting.reading import Fields, shown
from portal.accounting.setting import named_guideline
from portal.accounting.telling import tell_result, tell_year
from portal.accounting.year import calculate_year
from portal.domain.errors import DomainError, InputError
from portal.domain.messages import N_

BAD_INPUT = 2
#: ``portal explain`` found a printed figure that does not follow from the others
MISMATCH = 1
_LONGEST_INTEGER = 64
_LONGEST_EXPONENT = 3
_LARGEST_MB = 64
_READABLE = 2000
_NO = frozenset({"0", "false", "no", "off"})


def run_calculate(text: str | bytes) -> tuple[str, int]:
    """``portal calculate``: emissions of a month, or of a year given by its months."""
    return _run(text, lambda payload: _printed(_calculated(payload)))


def run_footprint(text: str | bytes) -> tuple[str, int]:
    """``portal footprint``: footprint of a product system."""
    return _run(text, lambda payload: _printed(footprint(payload).as_json()))


def run_explain(text: str | bytes, language: str = "zh") -> tuple[str, int]:
    """``portal explain``: an input or a printed result, line by line as a person would check it.

    Exit code 1 where a printed result does not follow from its own figures.
    """
    checked = 0

    def work(payload: Mapping[str, Any]) -> str:
        nonlocal checked
        if "functional_unit" in payload:
            return tell_footprint(read_system(payload), language)
        if "months" in payload:
            return tell_year(calculate_year(payload, allow_unverified=unverified_allowed()), language)
        if "lines" not in payload:
            return tell_result(calculate(payload, allow_unverified=unverified_allowed()), language)
        result = read_result(payload)
        found = mismatches(result, named_guideline(Fields(payload, "", None)))
        checked = MISMATCH if found else 0
        return "\n\n".join([tell_result(result, language), *(told(entry, language) for entry in found)])

    answer, code = _run(text, work)
    return answer, code or checked


def unverified_allowed() -> bool:
    """Whether unverified values may be used: yes, and marked, unless ``ALLOW_UNVERIFIED`` says no."""
    return os.environ.get("ALLOW_UNVERIFIED", "").strip().lower() not in _NO


def _calculated(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    if "months" in payload:
        return calculate_year(payload, allow_unverified=unverified_allowed()).as_json()
    return calculate(payload, allow_unverified=unverified_allowed()).as_json()


def _run(text: str | bytes, work: Callable[[Mapping[str, Any]], str]) -> tuple[str, int]:
    try:
        return _printable(_guarded(text, work)), 0
    except DomainError as error:
        said: dict[str, object] = {"code": error.code, "message": str(error), "path": error.path}
        if isinstance(error, InputError):
            said["message_en"] = in_english(error)
        return _printable(_printed({"error": said})), BAD_INPUT


def _guarded(text: str | bytes, work: Callable[[Mapping[str, Any]], str]) -> str:
    try:
        return work(_parsed(_decoded(text)))
    except RecursionError as error:
        raise fault("not_json", "", detail=N_("嵌套过深")) from error


def _decoded(text: str | bytes) -> str:
    if len(text) > _LARGEST_MB * 1_000_000:
        raise fault("too_large", "", limit=_LARGEST_MB)
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fault("not_utf8", "") from error


def _printed(values: Mapping[str, Any]) -> str:
    # Indenting is for readers; of a very long result it would take longer than the counting.
    indent = 1 if len(values.get("lines", ())) <= _READABLE else None
    return json.dumps(values, ensure_ascii=False, indent=indent)


def _printable(text: str) -> str:
    """A lone surrogate of the input must not break the terminal that this is printed on."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _Twice(dict[str, Any]):
    """An object in which a key was given twice."""

    key = ""


def _parsed(text: str) -> Mapping[str, Any]:
    doubled: list[_Twice] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        twice = _Twice(found)
        keys = [key for key, _ in pairs]
        twice.key = next(key for place, key in enumerate(keys) if key in keys[:place])
        doubled.append(twice)
        return twice

    try:
        payload = json.loads(
            text,
            parse_float=_exact,
            parse_int=_exact_integer,
            parse_constant=Decimal,
            object_pairs_hook=once,
        )
    except json.JSONDecodeError as error:
        detail = f"line {error.lineno} column {error.colno}"
        raise fault("not_json", "", detail=detail) from error
    if doubled:
        key = shown(doubled[0].key)
        raise fault("duplicate_key", f"{_place(payload, doubled[0])}{key}", key=key)
    if not isinstance(payload, dict):
        raise fault("wrong_type", "", wanted=N_("对象"))
    return payload


def _place(held: Any, wanted: _Twice, path: str = "") -> str:
    """Path of ``wanted`` inside ``held``, ready for a key to follow; empty where it is not in there."""
    if held is wanted:
        return f"{path}." if path else ""
    if isinstance(held, dict):
        inner = [(value, f"{path}.{shown(key)}" if path else shown(key)) for key, value in held.items()]
    elif isinstance(held, list):
        inner = [(value, f"{path}[{place}]") for place, value in enumerate(held)]
    else:
        return ""
    return next((found for value, where in inner if (found := _place(value, wanted, where))), "")


def _exact(text: str) -> Decimal:
    """A JSON number as written; an absurd exponent becomes a number that its reader will refuse."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent.lstrip("+-")) > _LONGEST_EXPONENT:
        return Decimal(f"{mantissa}e999")
    return Decimal(text)


def _exact_integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)
