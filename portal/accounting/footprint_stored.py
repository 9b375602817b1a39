"""Footprints as they were kept, read back from their JSON."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from portal.accounting.footprint_result import FootprintResult, Quality, Uncertainty
from portal.accounting.footprint_system import Allocation, CutOff


def stored_footprint(printed: Mapping[str, Any]) -> FootprintResult:
    """The footprint whose ``as_json`` was kept; its figures are those to the last digit that was printed."""
    unit = printed["functional_unit"]
    return FootprintResult(
        total=Decimal(printed["total_kgco2e"]),
        by_process=_figures(printed["by_process"]),
        by_stage=_figures(printed["by_stage"]),
        by_gas=_figures(printed["by_gas"]),
        by_origin=_figures(printed["by_origin"]),
        by_origin_gas={origin: _figures(gases) for origin, gases in printed["by_origin_gas"].items()},
        scaling=_figures(printed["scaling"]),
        inventory=_figures(printed["inventory"]),
        product=unit["product"],
        amount=Decimal(unit["amount"]),
        unit=unit["unit"],
        gwp=printed["gwp"],
        packs=dict(printed["packs"]),
        boundary=printed.get("boundary", ""),
        rules=printed.get("rules", ""),
        allocations={name: _allocation(entry) for name, entry in printed.get("allocations", {}).items()},
        cut_offs=tuple(_cut_off(entry) for entry in printed.get("cut_offs", ())),
        quality=_quality(printed.get("quality")),
        primary_share=_optional(printed.get("primary_share")),
        uncertainty=_uncertainty(printed.get("uncertainty")),
        sources={name: tuple(texts) for name, texts in printed.get("sources", {}).items()},
        unverified=tuple(printed["unverified"]),
    )


def _figures(texts: Mapping[str, str]) -> Mapping[str, Decimal]:
    return MappingProxyType({key: Decimal(text) for key, text in texts.items()})


def _optional(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _allocation(entry: Mapping[str, Any]) -> Allocation:
    basis = _figures(entry["basis"])
    return Allocation(entry["method"], next(iter(basis)), basis, entry["unit"])


def _cut_off(entry: Mapping[str, Any]) -> CutOff:
    return CutOff(entry["what"], entry["reason"], _optional(entry.get("share")))


def _quality(entry: Mapping[str, Any] | None) -> Quality | None:
    return Quality(_figures(entry["ratings"]), Decimal(entry["rated_share"])) if entry else None


def _uncertainty(entry: Mapping[str, Any] | None) -> Uncertainty | None:
    if not entry:
        return None
    return Uncertainty(
        runs=entry["runs"],
        seed=int(entry["seed"]),
        failed=entry["failed"],
        mean=Decimal(entry["mean"]),
        deviation=Decimal(entry["deviation"]),
        percentiles=_figures(entry["percentiles"]),
    )
