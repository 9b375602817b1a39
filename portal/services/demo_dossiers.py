"""Drafts of every kind of document in the example world, answered from ``portal/demo_answers``.

An officer completes each as it is. What rests on an issued document (a reduction, neutrality) names it on its
page once that document is there.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import today
from portal.dossiers.source import Answer
from portal.models.products import Product, ProductSystem
from portal.reference.dossiers import load_kind
from portal.reference.loader import names
from portal.services.demo_people import BATTERY, DYEING, STEEL
from portal.services.dossiers import create_dossier, save_answers

FOLDER = Path(__file__).parents[1] / "demo_answers"
_DATED = re.compile(r"\{(year|day)([+-]\d+)?\}")


@dataclass(frozen=True)
class Draft:
    """A document to prepare: its kind, whose it is, and what it is about (a product's is its product)."""

    kind: str
    place: str
    subject: str = "{year}"
    #: About the product's first system instead of its newest.
    earlier: bool = False


DRAFTS = (
    Draft("annual_disclosure", STEEL.place),
    Draft("annual_disclosure", DYEING.place),
    Draft("ad_hoc_disclosure", STEEL.place, "示例：行政处罚"),
    Draft("ad_hoc_disclosure", DYEING.place, "示例：排污许可变更"),
    Draft("carbon_market_disclosure", STEEL.place),
    Draft("emission_report", STEEL.place),
    Draft("emission_report", DYEING.place),
    Draft("quality_report", STEEL.place, "{year}-Q4"),
    Draft("quality_report", DYEING.place, "{year}-12"),
    Draft("carbon_efficiency", DYEING.place),
    Draft("carbon_footprint", DYEING.place),
    Draft("carbon_footprint", BATTERY.place, earlier=True),
    Draft("carbon_footprint", BATTERY.place),
    Draft("reduction_product", BATTERY.place),
    Draft("carbon_neutrality", DYEING.place),
    Draft("carbon_management", DYEING.place),
)


def add_dossiers(
    session: Session, officers: Mapping[str, Actor], places: Mapping[str, int], year: int
) -> None:
    """Prepare all drafts about ``year``; ``places`` are the enterprises' ids.

    Raises what creating and answering raise, such as Invalid for an answer that its question does not take.
    """
    known = names("dossiers")
    for draft in DRAFTS:
        if draft.kind in known:
            _add(session, officers[draft.place], places[draft.place], draft, year)


def demo_answers(
    kind: str, place: str, *, year: int | None = None, day: date | None = None
) -> Mapping[str, Answer]:
    """The example's answers to a kind; a file has them once for all, or in a table for each place.

    ``{year}`` in them is the year of the example's documents (the one before ``day`` unless given), ``{day}``
    is ``day`` (today unless given); ``{year-1}`` and ``{day-4}`` lie a year and four days earlier.
    """
    moment = day or today()
    held = _file(kind, year or moment.year - 1, moment)
    found: Mapping[str, Answer] = held.get(place, held)
    return found


@lru_cache(maxsize=32)
def _file(kind: str, year: int, day: date) -> dict[str, Any]:
    def dated(found: re.Match[str]) -> str:
        shift = int(found[2] or 0)
        return str(year + shift) if found[1] == "year" else str(day + timedelta(days=shift))

    return tomllib.loads(_DATED.sub(dated, (FOLDER / f"{kind}.toml").read_text(encoding="utf-8")))


def _add(session: Session, actor: Actor, enterprise_id: int, draft: Draft, year: int) -> None:
    if load_kind(draft.kind).subject == "product":
        system = _system(session, enterprise_id, earlier=draft.earlier)
        dossier = create_dossier(
            session,
            actor,
            enterprise_id,
            draft.kind,
            "",
            product_id=system.product_id,
            period=f"{system.first_month}/{system.last_month}",
        )
    else:
        dossier = create_dossier(session, actor, enterprise_id, draft.kind, draft.subject.format(year=year))
    answers = demo_answers(draft.kind, draft.place, year=year)
    save_answers(session, actor, enterprise_id, dossier.id, dossier.row_version, answers)


def _system(session: Session, enterprise_id: int, *, earlier: bool) -> ProductSystem:
    """The newest system of the enterprise's product, or its first one."""
    systems = session.scalars(
        sa.select(ProductSystem)
        .join(Product, Product.id == ProductSystem.product_id)
        .where(Product.enterprise_id == enterprise_id)
        .order_by(ProductSystem.product_id, ProductSystem.number)
    ).all()
    return systems[0] if earlier else systems[-1]
