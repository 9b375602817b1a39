"""Hand-made facts of a small month, and a strategy for months of any shape."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from checklists.vocabulary import DATE, FLAG, MONTH, NUMBER, ROOTS, SCALARS, SHAPES, TEXT


def small_month(**row: Any) -> dict[str, Any]:
    """One coal row in October 2026, changed by ``row``."""
    cell = {
        "cell": "S-02.consumed",
        "stream": "S-02",
        "stream_name": "烟煤",
        "item": "烟煤",
        "category": "fuel",
        "section": "energy",
        "parameter": "consumed",
        "name": "消耗量",
        "unit": "t",
        "value": Decimal("100.00"),
        "previous": Decimal("90.00"),
        "required": True,
        "derived": False,
        "acquisition": "measured",
        "year_acquisitions": ["measured"],
        "meter": {"code": "LL-02", "calibrations": [{"valid_until": date(2027, 1, 31), "result": "pass"}]},
    }
    return {
        "record": {"month": "2026-10", "first": date(2026, 10, 1), "last": date(2026, 10, 31)},
        "rows": [{**cell, **row}],
        "slots": [],
        "totals": {"total": Decimal(200), "previous_total": None},
    }


_SCALAR_VALUES = {
    NUMBER: st.decimals(allow_nan=True, allow_infinity=True) | st.integers(),
    TEXT: st.sampled_from(
        ["", " ", "measured", "default", "fuel", "output", "consumed", "purchased", "gas", "pass"]
    )
    | st.text(max_size=4),
    DATE: st.dates() | st.dates(date(2026, 9, 20), date(2026, 11, 10)),
    MONTH: st.sampled_from(["2026-10", "2026-11", "2025-12", "2026-13", ""]),
    FLAG: st.booleans(),
}
_JUNK = st.none() | st.floats() | st.integers() | st.text(max_size=2) | st.lists(st.none(), max_size=1)


def _any_of(kind: str, depth: int = 0) -> st.SearchStrategy[Any]:
    if kind in SCALARS:
        return _SCALAR_VALUES[kind] | st.none()
    sort, _, name = kind.partition(":")
    one = _any_of(name) if name in SCALARS else any_shape(name, depth + 1)
    return st.lists(one, max_size=3) if sort == "list" else one | st.none()


def any_shape(name: str, depth: int = 0) -> st.SearchStrategy[Any]:
    """A mapping of a shape, most of it of the right kind, some of it blank, absent or junk."""
    words = {key: _any_of(word.kind, depth) | _JUNK for key, word in SHAPES[name].items()}
    return st.fixed_dictionaries({}, optional=words) if depth < 4 else st.just({})


any_facts = st.fixed_dictionaries(
    {}, optional={name: _any_of(word.kind) | _JUNK for name, word in ROOTS.items()}
)
