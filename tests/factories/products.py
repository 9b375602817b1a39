"""Footprints of the example products without a database: the engine's own results over real months."""

import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from portal.accounting.footprint import footprint
from portal.accounting.product_months import MonthFigures, month_figures
from portal.accounting.product_system import Goal, Resolved, resolve
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.products import BOUNDARY_WORDS, Boundary
from portal.services.demo_products import example_products, payload_of
from tests.factories.dossiers import dyeing_months


def example_system(place: str, which: int = -1) -> dict[str, Any]:
    """A system of the example products; its gas stands where the factory's months have it."""
    system = payload_of(example_products(place)[0]["systems"][which])
    text = json.dumps(system, ensure_ascii=False).replace("S-01.consumed", "S-01.amount")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def example_months() -> tuple[MonthFigures, ...]:
    """Twelve months of the dyeing mill."""
    return tuple(
        month_figures(str(entry.month), f"v{entry.version} {entry.receipt_number}", entry.content)
        for entry in dyeing_months(2026)
    )


def goal_of(place: str) -> Goal:
    """What is asked of an example product."""
    entry = example_products(place)[0]
    words = BOUNDARY_WORDS[Boundary(entry["boundary"])]
    return Goal(entry["name"], Decimal(entry["unit_amount"]), entry["unit"], words, entry["rules"])


def resolved(place: str, system: Mapping[str, Any] | None = None) -> Resolved:
    """A system with its references resolved."""
    return resolve(system or example_system(place), goal_of(place), example_months(), {})


def example_footprint(place: str, which: int = -1) -> dict[str, Any]:
    """A footprint as ``told_of`` gives it; each caller gets a copy."""
    return copy.deepcopy(_footprint(place, which))


@cache
def _footprint(place: str, which: int) -> dict[str, Any]:
    entry, found = example_products(place)[0], example_system(place, which)
    made = resolved(place, found)
    uses_months = place == "dyeing"
    back = example_products(place)[0]["systems"][which]["years_back"]
    return {
        "id": 1,
        "stored": True,
        "system_number": 1,
        "first_month": f"{2026 - back}-01",
        "last_month": f"{2026 - back}-12",
        "computed_at": "2027-01-20T02:00:00+00:00",
        "computed_by": "沈示例",
        "input_sha256": sha256_text(canonical_json(made.payload)),
        "product": {
            "name": entry["name"], "model": entry["model"], "functional": entry.get("functional", False),
            "unit_amount": entry["unit_amount"], "unit": entry["unit"], "unit_words": entry["unit_words"],
            "mass": entry["mass"], "hs_code": entry["hs_code"], "cn_code": entry["cn_code"],
            "boundary": entry["boundary"], "rules": entry["rules"], "place": entry["place_words"],
            "country": "CN", "description": entry["description"], "details": entry.get("details", {}),
        },
        "payload": dict(made.payload),
        "result": footprint(made.payload).as_json(),
        "sources": {
            "months": [
                {
                    "month": str(month.month), "record_id": month.record_id, "version_id": month.version_id,
                    "version": month.version, "sha256": month.sha256, "receipt_number": month.receipt_number,
                }
                for month in (dyeing_months(2026) if uses_months else ())
            ],
            "flows": [dict(flow) for flow in made.flows],
            "excluded": found.get("excluded", []),
        },
    }  # fmt: skip
