"""Products of the example world: a dyed fabric fed by the mill's months, a battery of two years."""

import copy
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import Month, today
from portal.domain.products import Boundary
from portal.models.products import Product, ProductFootprint
from portal.models.records import MonthlyRecord
from portal.queries.product_inputs import work_out
from portal.services.products import (
    ProductData,
    SystemData,
    add_product,
    keep_footprint,
    newest_row_version,
    save_system,
)

PATH = Path(__file__).parents[1] / "demo_answers" / "products.toml"
#: Months of a footprint's period.
YEAR = 12
_NOT_OF_THE_SYSTEM = frozenset({"years_back", "note", "based_on_previous", "changed"})
_TEXTS = ("name", "model", "unit", "unit_words", "hs_code", "cn_code", "rules", "description")


def example_products(place: str) -> list[dict[str, Any]]:
    """The products of a place (dyeing, battery), each with its systems from the oldest on."""
    data = tomllib.loads(PATH.read_text(encoding="utf-8"))
    found = [product for product in data["products"] if product["place"] == place]
    for product in found:
        product["systems"] = _whole(product["systems"])
    return found


def add_demo_products(
    session: Session, actor: Actor, enterprise_id: int, place: str
) -> list[ProductFootprint]:
    """Enter the products of a place with their systems, and work out each footprint; oldest first.

    The newest period ends with the enterprise's newest accepted month, or with last month where the system
    takes nothing from months. Raises what ``work_out`` raises, such as Invalid for a month not accepted.
    """
    last = _last_month(session, enterprise_id)
    made: list[ProductFootprint] = []
    for entry in example_products(place):
        product = add_product(session, actor, enterprise_id, _product_data(entry))
        made += [_footprint(session, actor, product, system, last) for system in entry["systems"]]
    return made


def _footprint(
    session: Session, actor: Actor, product: Product, system: Mapping[str, Any], last: Month
) -> ProductFootprint:
    end = last.plus(-YEAR * system["years_back"])
    data = SystemData(str(end.plus(1 - YEAR)), str(end), payload_of(system), system.get("note", ""))
    held = newest_row_version(session, product.id)
    saved = save_system(session, actor, product.enterprise_id, product.id, held, data)
    return keep_footprint(session, actor, product, saved, work_out(session, product, saved))


def payload_of(system: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a system of the file."""
    return {key: value for key, value in system.items() if key not in _NOT_OF_THE_SYSTEM}


def _whole(systems: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each system in full; one that is based on the one before says only what has changed."""
    found: list[dict[str, Any]] = []
    for system in systems:
        if not system.get("based_on_previous"):
            found.append(dict(system))
            continue
        made = copy.deepcopy(found[-1]) | {
            key: value for key, value in system.items() if key not in {"changed", "based_on_previous"}
        }
        for change in system["changed"]:
            process = next(entry for entry in made["processes"] if entry["key"] == change["key"])
            row = next(entry for entry in process["inputs"] if entry["name"] == change["name"])
            row["amount"] = change["amount"]
        found.append(made)
    return found


def _last_month(session: Session, enterprise_id: int) -> Month:
    newest = session.scalar(
        sa.select(sa.func.max(MonthlyRecord.month)).where(
            MonthlyRecord.enterprise_id == enterprise_id, MonthlyRecord.official_version_id.is_not(None)
        )
    )
    return Month.parse(newest) if newest else Month.of(today()).previous()


def _product_data(entry: Mapping[str, Any]) -> ProductData:
    return ProductData(
        **{key: entry.get(key, "") for key in _TEXTS},
        unit_amount=Decimal(entry["unit_amount"]),
        functional=entry.get("functional", False),
        mass=Decimal(entry["mass"]) if entry.get("mass") else None,
        boundary=Boundary(entry["boundary"]),
        place=entry["place_words"],
        details=entry.get("details", {}),
    )
